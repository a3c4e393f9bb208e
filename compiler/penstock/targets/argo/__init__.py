"""Targets from definitions of Argo CD: Applications, what ApplicationSets make of them, and the source of each."""
