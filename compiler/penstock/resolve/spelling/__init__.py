"""How Kustomize writes an object and reads it again: quotes, numbers, keys, folded text, and its own annotations."""
