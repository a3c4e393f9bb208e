"""`configMapGenerator:` makes ConfigMaps from literals, files and env files.

Each name gets a hash of the content as a suffix, so that a change of data rolls out the workloads that use the
ConfigMap; references to the name are rewritten.
"""

from penstock.resolve.generators import generated
from penstock.resolve.level import Level


def generate(level: Level) -> None:
    generated.generate(level, "configMapGenerator", "ConfigMap")
