"""The definitions of Argo CD: `Application`, `ApplicationSet` and `AppProject`."""
