"""`commonAnnotations:` puts annotations on every object and on its pod template."""

from functools import partial

from penstock.resolve.level import Level
from penstock.resolve.transformers.labels import add, pairs_at


def transform(level: Level) -> None:
    pairs = level.fields.get("commonAnnotations", {})
    add(level, pairs_at(pairs, partial(level.at, "commonAnnotations")), level.accumulation.specs.common_annotations)
    if pairs:
        level.ran("AnnotationsTransformer")
