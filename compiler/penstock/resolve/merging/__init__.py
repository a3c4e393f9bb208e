"""Strategic merge and JSON 6902 patches, on plain trees: what a patch makes of a body."""
