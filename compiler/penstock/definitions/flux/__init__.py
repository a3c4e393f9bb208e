"""Flux: its `Kustomization`s, and what its controllers make of a directory before and after Kustomize builds it."""
