"""Jsonnet files of a repository → values. `evaluate.py` takes a request, and `worker.py` has an engine do the work.

An engine runs in a process of its own, without files and without a network. Its imports come from the sources of the
compile through `imports.py`, so every import is bounded, stays within the repository, and is part of what a result
depends on. This package knows nothing about Kubernetes.
"""
