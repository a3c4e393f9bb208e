"""Flux: its definitions, and the changes its controllers make to a directory before and after Kustomize builds it."""
