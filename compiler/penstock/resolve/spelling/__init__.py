"""How Kustomize writes an object and reads it again: quotes, numbers, keys, folded text, its own annotations."""
