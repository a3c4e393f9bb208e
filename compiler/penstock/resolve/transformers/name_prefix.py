"""`namePrefix:` puts a text before the name of every object, and updates the references to it.

CustomResourceDefinitions, APIServices and Namespaces keep their names.
"""

from penstock.model import Origin
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.level import Level
from penstock.resolve.transformers import affix


def transform(level: Level) -> None:
    prefix = level.fields.get("namePrefix", "")
    if prefix:
        add(level, prefix, level.accumulation.specs.name_prefix, level.at("namePrefix"))
        level.ran("PrefixTransformer")


def add(level: Level, prefix: str, specs: tuple[FieldSpec, ...], where: Origin) -> None:
    """Put a prefix before the name of every object."""
    affix.rename(affix.Renaming(level, specs, where, prefix=prefix))
