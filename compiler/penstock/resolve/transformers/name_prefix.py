"""`namePrefix:` puts a text before the name of every object; references to it follow.

CustomResourceDefinitions, APIServices and Namespaces keep their names.
"""

from penstock.resolve.level import Level
from penstock.resolve.transformers import affix


def transform(level: Level) -> None:
    prefix = level.fields.get("namePrefix", "")
    if prefix:
        affix.rename(
            level,
            level.accumulation.specs.name_prefix,
            lambda name: prefix + name,
            lambda lineage: lineage._replace(prefixes=(*lineage.prefixes, prefix)),
            level.at("namePrefix"),
        )
