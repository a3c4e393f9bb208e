"""text → Project: YAML to plain trees, kustomization files to checked fields, and back from an Origin to a line."""
