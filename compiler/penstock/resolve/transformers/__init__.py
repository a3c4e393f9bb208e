"""Transformers change the objects of one kustomization: one file per field that a user writes, each with
`transform(level)`.
"""

from penstock.resolve.transformers import (
    common_annotations,
    images,
    labels,
    name_prefix,
    name_suffix,
    namespace,
    patches,
    patches_json6902,
    patches_strategic_merge,
    replacements,
    replicas,
)

ORDER = (
    patches_strategic_merge,
    patches,
    namespace,
    name_prefix,
    name_suffix,
    labels,
    common_annotations,
    patches_json6902,
    replicas,
    images,
    replacements,
)
"""Kustomize's order. Patches see names as the base wrote them; images and replicas see the result of all patches."""
