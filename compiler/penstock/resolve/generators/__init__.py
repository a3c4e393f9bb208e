"""Generators make objects from files and literals: one file per field of the kustomization, with `generate(level)`."""

GENERATORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("config_map", ("configMapGenerator",)),
    ("secret", ("secretGenerator",)),
    ("helm_chart", ("helmCharts", "helmChartInflationGenerator")),
)
"""In Kustomize's order: the module of each generator, and the fields that it is for."""
