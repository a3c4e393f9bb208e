"""Generators make objects from files and literals. There is one module per field of the kustomization, with
`generate(level)`.
"""

GENERATORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("config_map", ("configMapGenerator",)),
    ("secret", ("secretGenerator",)),
    ("helm_chart", ("helmCharts", "helmChartInflationGenerator")),
)
"""Kustomize's order: the module of each generator, and its fields."""
