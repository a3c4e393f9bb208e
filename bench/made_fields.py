"""Documents in which one or two fields are made up from the schemas: fields that nobody has thought of.

Each mapping of a document gets each field of its type that it lacks, and each list or mapping that it has is replaced.
The values have the types that the schema wants, and mean nothing.
"""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from mistakes import Mistake, dotted, put, typed

from penstock.model import Pointer, Tree
from penstock.validate.limits import Node
from penstock.validate.schemas import Schemas

TEXTS = ("a", "a", "x-1", "example.com/a", "10.0.0.1", "/a", "2026-01-01T00:00:00Z", "A")
VALUES: dict[str, tuple[Any, ...]] = {
    "string": TEXTS,
    "integer": (1, 1, 2, 0, 5, 100),
    "number": (1.5,),
    "boolean": (True, True, False),
    "quantity": ("1", "100m", "1Gi"),
    "int-or-string": (1, "a", "25%", 80),
}
DEEPEST = 4
"""The depth from which a value has only the fields that its type requires."""

SECOND = 0.25
"""How many of the documents have two made fields."""


class Field(NamedTuple):
    """A place in a document, and the schema of what may stand there."""

    at: Pointer
    schema: Node


def made(documents: list[Tree], schemas: Schemas, count: int, seed: int) -> list[Mistake]:
    """`count` documents, of each of the given ones in turn; the same for the same seed."""
    maker = _Maker(schemas, random.Random(seed))
    heaps = [(body, maker.shuffled(list(_fields(body, schemas)))) for body in documents]
    found: list[Mistake] = []
    while len(found) < count and any(heap for _, heap in heaps):
        found += [maker.mistake(body, heap) for body, heap in heaps if heap]
    return found[:count]


def _fields(body: Tree, schemas: Schemas) -> Iterator[Field]:
    for each in typed(body, schemas):
        if not isinstance(each.value, dict) or not each.at or each.at[0] == "status":
            continue
        for name, schema in each.schema.get("properties", {}).items():
            if name != "status" and (name not in each.value or isinstance(each.value[name], dict | list)):
                yield Field((*each.at, name), schema)


class _Maker:
    """Makes values at random."""

    def __init__(self, schemas: Schemas, rng: random.Random) -> None:
        self._schemas = schemas
        self._rng = rng

    def shuffled(self, fields: list[Field]) -> list[Field]:
        self._rng.shuffle(fields)
        return fields

    def mistake(self, body: Tree, heap: list[Field]) -> Mistake:
        """Take a field from the heap, and perhaps another one of those that stay in it."""
        fields = [heap.pop()]
        if heap and self._rng.random() < SECOND:
            fields.append(self._rng.choice(heap))
        changed, called = body, []
        for each in fields:
            value = self.value(each.schema, 0)
            try:
                changed = put(changed, each.at, value)
            except (KeyError, IndexError, TypeError):
                continue  # the first field has taken away the place of the second
            called.append(f"{dotted(each.at)} = {value!r}"[:200])
        name = f"{body['kind']}/{body['metadata']['name']}"
        return Mistake(name, "a made field", " & ".join(called), changed)

    def value(self, schema: Node, depth: int) -> Any:
        while "$ref" in schema:
            schema = self._schemas.definition(schema["$ref"])
        kind = schema.get("type")
        if schema.get("enum"):
            return self._rng.choice(schema["enum"])
        if kind in VALUES:
            return self._rng.choice(VALUES[kind])
        if kind == "array":
            return [self.value(schema.get("items") or {"type": "string"}, depth + 1) for _ in range(self._length())]
        return self._mapping(schema, depth)

    def _length(self) -> int:
        return self._rng.choice((0, 1, 1, 1, 1, 1, 1, 2, 2))

    def _mapping(self, schema: Node, depth: int) -> Tree:
        fields = schema.get("properties") or {}
        if not fields:
            other = schema.get("additionalProperties")
            return {"a": self.value(other, depth + 1) if isinstance(other, dict) else 1}
        chosen = {*schema.get("required", ()), *schema.get("filled", ())}
        optional = [each for each in fields if each not in chosen]
        if depth < DEEPEST:
            chosen |= set(self._rng.sample(optional, min(len(optional), self._rng.choice((0, 1, 1, 2)))))
        return {name: self.value(each, depth + 1) for name, each in fields.items() if name in chosen}
