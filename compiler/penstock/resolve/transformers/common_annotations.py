"""`commonAnnotations:` puts annotations on every object and on its pod template."""

from penstock.resolve.level import Level
from penstock.resolve.transformers.labels import add


def transform(level: Level) -> None:
    pairs = level.fields.get("commonAnnotations", {})
    add(level, pairs, level.accumulation.specs.common_annotations, level.at("commonAnnotations"))
    if pairs:
        level.ran("AnnotationsTransformer")
