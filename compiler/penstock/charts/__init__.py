"""Helm charts: files and values in, manifests out, as `helm template` v4.3.1 prints them.

`release.py` is the path from a chart to its manifests; read it first. This package runs no program, opens no
connection, and reads only files that belong to the chart or that the caller names. It parses YAML by `reading.Readers`,
which `pipeline` passes in.
"""
