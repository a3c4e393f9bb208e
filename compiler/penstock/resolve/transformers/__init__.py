"""Transformers change the objects of one kustomization. There is one module per field, with `transform(level)`."""

ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("patches_strategic_merge", ("patchesStrategicMerge",)),
    ("patches", ("patches",)),
    ("namespace", ("namespace",)),
    ("name_prefix", ("namePrefix",)),
    ("name_suffix", ("nameSuffix",)),
    ("labels", ("labels", "commonLabels")),
    ("common_annotations", ("commonAnnotations",)),
    ("patches_json6902", ("patchesJson6902",)),
    ("replicas", ("replicas",)),
    ("images", ("images", "imageTags")),
    ("replacements", ("replacements",)),
)
"""Kustomize's order: the module of each transformer, and its fields. A module is imported if one of its fields is set.

Patches see names as the base wrote them; images and replicas see the result of all patches.
"""
