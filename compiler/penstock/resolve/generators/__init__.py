"""Generators make objects from files and literals: one file per field of the kustomization, with `generate(level)`."""

GENERATORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("config_map", ("configMapGenerator",)),
    ("secret", ("secretGenerator",)),
)
"""In Kustomize's order: the module of each generator, and the field that it is for."""
