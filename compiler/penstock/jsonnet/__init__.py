"""Jsonnet files of a repository to values: `evaluate.py` takes a request, `worker.py` has an engine do the work.

An engine runs in a process of its own, without files and without a network. What it imports comes from the sources of
the compile, by way of `imports.py`, so that every import is bounded, stays within the repository, and is part of what a
result depends on. This folder knows nothing of Kubernetes.
"""
