"""Helm charts: files and values in, manifests out, as `helm template` v4.3.1 prints them.

`release.py` is the path from a chart to its manifests; read it first. Nothing here runs a program, opens a connection
or reads a file that is not part of the chart or named by the caller. Text becomes trees by `reading.Readers`, which
`pipeline` hands in.
"""
