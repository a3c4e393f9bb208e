"""`secretGenerator:` makes Secrets from literals, files and env files, as `configMapGenerator` makes ConfigMaps."""

from penstock.resolve.generators import generated
from penstock.resolve.level import Level


def generate(level: Level) -> None:
    generated.generate(level, "secretGenerator", "Secret")
