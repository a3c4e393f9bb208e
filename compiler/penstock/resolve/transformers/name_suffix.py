"""`nameSuffix:` puts a text after the name of every object, before the hash of a generated one; references to it follow."""

from penstock.resolve.level import Level
from penstock.resolve.transformers import affix


def transform(level: Level) -> None:
    suffix = level.fields.get("nameSuffix", "")
    if suffix:
        affix.rename(
            level,
            level.accumulation.specs.name_suffix,
            lambda name: name + suffix,
            lambda lineage: lineage._replace(suffixes=(*lineage.suffixes, suffix)),
            level.at("nameSuffix"),
        )
