"""The path from text to `Project`: YAML to plain trees, kustomization files to checked fields, and an Origin back to
its line.
"""
