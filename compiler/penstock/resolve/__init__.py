"""Project → Resources: how Penstock does what Kustomize does with bases, overlays, generators and transformers.

`build.py` is the recursion over kustomizations. `transformers/` and `generators/` hold one file per field that a user
writes.
"""
