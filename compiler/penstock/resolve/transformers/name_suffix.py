"""`nameSuffix:` puts a text after the name of every object, before the hash of a generated one, and updates
references.
"""

from penstock.model import Origin
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.level import Level
from penstock.resolve.transformers import affix


def transform(level: Level) -> None:
    suffix = level.fields.get("nameSuffix", "")
    if suffix:
        add(level, suffix, level.accumulation.specs.name_suffix, level.at("nameSuffix"))
        level.ran("SuffixTransformer")


def add(level: Level, suffix: str, specs: tuple[FieldSpec, ...], where: Origin) -> None:
    """Put a suffix after the name of every object."""
    affix.rename(affix.Renaming(level, specs, where, suffix=suffix))
