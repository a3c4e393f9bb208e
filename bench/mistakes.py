"""Mistakes that people make in manifests that are nearly right, one or two at a time.

The documents are those of `fixtures/check/agreement`. Each family of mistakes is a function that yields the values
which it puts in the place of one value, or the ways in which it changes one mapping or list.
"""

import copy
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from penstock.model import Pointer, Tree
from penstock.validate.limits import Node
from penstock.validate.schemas import Kind, Schemas


class Mistake(NamedTuple):
    """A document with a mistake: what it is called, the family of the mistake, and how it was made."""

    base: str
    family: str
    edit: str
    body: Tree


class Edit(NamedTuple):
    """What a mistake puts in a place, and how it is called. Only the mistakes that are chosen change a document."""

    family: str
    called: str
    at: Pointer
    value: Any


class Typed(NamedTuple):
    """One value of a document, with the schema of its field and the name of its type where these are known."""

    at: Pointer
    value: Any
    schema: Node
    type: str


def mistakes(documents: list[Tree], schemas: Schemas, count: int, seed: int) -> list[Mistake]:
    """`count` mistakes, of each document and family in turn; the same for the same seed."""
    rng = random.Random(seed)
    samples = _samples(documents, schemas)
    heaps: dict[tuple[int, str], list[tuple[Edit, ...]]] = defaultdict(list)
    for index, body in enumerate(documents):
        edits = list(_edits(body, schemas, samples))
        for each in edits:
            heaps[index, each.family].append((each,))
        for _ in range(min(len(edits), MOST)):
            heaps[index, "two mistakes"].append((rng.choice(edits), rng.choice(edits)))
    return list(islice(_chosen(documents, heaps, rng), count))


MOST = 60
"""Pairs of mistakes in one document."""


def _chosen(
    documents: list[Tree], heaps: dict[tuple[int, str], list[tuple[Edit, ...]]], rng: random.Random
) -> Iterator[Mistake]:
    """One of each document and family in turn, so that a large document does not outweigh the others."""
    for heap in heaps.values():
        rng.shuffle(heap)
    seen = {repr(body) for body in documents}
    while any(heaps.values()):
        for (index, family), heap in heaps.items():
            if heap and (found := _made(documents[index], family, heap.pop())) and repr(found.body) not in seen:
                seen.add(repr(found.body))
                yield found


def _made(body: Tree, family: str, edits: tuple[Edit, ...]) -> Mistake | None:
    """None where one of two edits has taken away the place of the other."""
    changed = body
    for each in edits:
        try:
            changed = put(changed, each.at, each.value)
        except (KeyError, IndexError, TypeError):
            return None
    return Mistake(_name(body), family, " & ".join(each.called for each in edits), changed)


def _name(body: Tree) -> str:
    return f"{body['kind']}/{body['metadata']['name']}"


def _samples(documents: list[Tree], schemas: Schemas) -> dict[tuple[str, str], list[Any]]:
    """Values that the documents have, by type and field; and all values of a field, by its name alone."""
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for body in documents:
        for each in typed(body, schemas):
            if isinstance(each.value, dict):
                for field, value in each.value.items():
                    for key in ((each.type, field), ("", field)):
                        if value not in found[key]:
                            found[key].append(value)
    return found


def typed(body: Tree, schemas: Schemas) -> Iterator[Typed]:
    """Every value of a document but those of its status."""
    group, _, version = body["apiVersion"].rpartition("/")
    known = schemas.find(Kind(group, version, body["kind"]))
    yield from _walk(body, known.schema if known else {}, (), schemas)


def _walk(value: Any, schema: Node, at: Pointer, schemas: Schemas) -> Iterator[Typed]:
    name = schema.get("$ref", "")
    node = schemas.definition(name) if name else schema
    yield Typed(at, value, node, name)
    if isinstance(value, dict):
        for field, child in value.items():
            if (*at, field) != ("status",):
                inner = node.get("properties", {}).get(field) or node.get("additionalProperties") or {}
                yield from _walk(child, inner if isinstance(inner, dict) else {}, (*at, field), schemas)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk(child, node.get("items") or {}, (*at, index), schemas)


Samples = dict[tuple[str, str], list[Any]]


def _edits(body: Tree, schemas: Schemas, samples: Samples) -> Iterator[Edit]:
    for each in typed(body, schemas):
        if each.at in (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
            continue
        for family, values in VALUES:
            for value in values(each, samples):
                if each.at and value != each.value:
                    yield Edit(family, f"{dotted(each.at)} = {value!r}"[:200], each.at, value)
        for family, changes in CHANGES:
            for called, value in changes(each, samples, schemas):
                yield Edit(family, f"{dotted(each.at)}: {called}"[:200], each.at, value)


def put(body: Tree, at: Pointer, value: Any) -> Tree:
    if not at:
        return copy.deepcopy(value)
    body = copy.deepcopy(body)
    parent: Any = body
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = copy.deepcopy(value)
    return body


def dotted(at: Pointer) -> str:
    return ".".join(f"`{step}`" if "." in str(step) else str(step) for step in at)


# What is put in the place of one value


def _near_texts(each: Typed, samples: Samples) -> Iterator[Any]:
    text = each.value
    if isinstance(text, str) and each.schema.get("type") != "quantity":
        yield from (f"{text}-", f"-{text}", f"{text}.", f"{text}_", f"{text} ", f" {text}", f"{text}\n", f"{text}\t")
        yield from (text.upper(), text.capitalize(), f"{text}ü", f"{text}/x", f"{text}//", f"/{text}", f"{text}:80")
        yield from ("\u200b" + text, text.replace("-", "_"), text.replace(".", ".."), text[:-1], f"{text}%", f"{text}*")


def _lengths(each: Typed, samples: Samples) -> Iterator[Any]:
    if isinstance(each.value, str) and each.schema.get("type") != "quantity":
        lengths = (15, 16, 63, 64, 128, 253, 254, 256, 1025, 4097)
        yield from ((each.value[:1] or "a") * length for length in lengths)
        yield from (
            f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}",
            f"{'a' * 64}.example.com",
            f"example.com/{'a' * 64}",
        )


def _words(each: Typed, samples: Samples) -> Iterator[Any]:
    """What other fields of that name have."""
    if isinstance(each.value, str | int) and each.at and isinstance(each.at[-1], str):
        yield from [other for other in samples["", each.at[-1]] if not isinstance(other, dict | list)][:8]
        if isinstance(each.value, str):
            yield from (each.value.lower(), each.value.swapcase(), f"{each.value}s", each.value[1:])


def _nothing(each: Typed, samples: Samples) -> Iterator[Any]:
    yield None
    if isinstance(each.value, dict):
        yield {}
    elif isinstance(each.value, list):
        yield []
    elif isinstance(each.value, str):
        yield from ("", " ")


def _numbers(each: Typed, samples: Samples) -> Iterator[Any]:
    value = each.value
    if type(value) is int:
        yield from (value - 1, value + 1, 0, 1, -1, 2, 5, 10, 11, 30, 31, 32, 63, 64, 100, 101, 255, 256, 511, 512)
        yield from (600, 599, 1000, 1001, 1800, 1801, 3600, 3601, 10000, 10001, 29999, 32767, 65535, 65536, 86400)
        yield from (86401, 1000000000, 1000000001, 2**31 - 1, 2**31, 2**32 - 1, 2**32 + 1, 2**63 - 1, str(value))
        yield from (float(value), value + 0.5)
    if type(value) is float:
        yield from (0, 1, -0.5, 1.5, 1e30, 5e-324)


def _quantities(each: Typed, samples: Samples) -> Iterator[Any]:
    if each.schema.get("type") == "quantity":
        number = str(each.value).rstrip("KMGTPEkimun") or "1"
        suffixes = (
            "",
            "m",
            "u",
            "n",
            "k",
            "K",
            "Ki",
            "ki",
            "M",
            "Mi",
            "mi",
            "G",
            "Gi",
            "T",
            "P",
            "E",
            "Ei",
            "Z",
            "i",
            "B",
        )
        yield from (f"{number}{suffix}" for suffix in suffixes)
        yield from (
            "0",
            "-1",
            "+1",
            "0.5",
            "1.",
            ".5",
            "1e3",
            "1e-3",
            "1E3",
            "1e+2",
            "1e",
            "1e3Ki",
            "1 Gi",
            "1Gi ",
            "½",
        )
        yield from (
            "9223372036854775807",
            "9223372036854775808",
            "0.0000000001",
            "1,5",
            "0x1",
            "1_000",
            1,
            1.5,
            -1,
            True,
        )
        yield from ("1000m", "1001m", "100n", "12345678901234567890123", "1e100", "-0", "00", "Infinity", "1h", "1Gib")


def _booleans(each: Typed, samples: Samples) -> Iterator[Any]:
    if type(each.value) is bool:
        yield from (not each.value, "true", "no", 1)


def _percentages(each: Typed, samples: Samples) -> Iterator[Any]:
    if each.schema.get("type") == "int-or-string":
        yield from (
            "0%",
            "100%",
            "101%",
            "-1%",
            "1.5%",
            "50 %",
            "%",
            "5",
            "http",
            "50%%",
            0,
            -1,
            65536,
            "1000%",
            "025%",
        )


def _addresses(each: Typed, samples: Samples) -> Iterator[Any]:
    if isinstance(each.value, str) and (":" in each.value or "/" in each.value or _is_address(each.value)):
        yield from ("10.0.0.1", "010.0.0.1", "10.0.0", "10.0.0.256", "::1", "fe80::1", "::ffff:1.2.3.4", "2001:DB8::1")
        yield from ("10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "2001:db8::/129", "::ffff:1.2.3.0/120")
        yield from ("127.0.0.1", "0.0.0.0", "224.0.0.1", "169.254.1.1", "255.255.255.255", "2001:db8:0::1", "[::1]")


def _is_address(value: str) -> bool:
    return value.count(".") == 3 and value.replace(".", "").isdigit()


def _times(each: Typed, samples: Samples) -> Iterator[Any]:
    texts = (
        "1h",
        "1h30",
        "90",
        "-1s",
        "1d",
        "1.5h",
        "1us",
        "1µs",
        "h",
        "1h 30m",
        "PT1H",
        "0",
        "1h30m0.5s",
        "9223372036s",
    )
    if isinstance(each.value, str) and each.value[:1].isdigit() and each.schema.get("type") != "quantity":
        yield from texts
        yield from (
            "2026-01-02",
            "2026-13-02T03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+02:00",
            "2026-01-02t03:04:05z",
        )
        yield from (
            "2026-02-30T03:04:05Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T03:04:05.1Z",
            "2026-01-02 03:04:05Z",
        )


VALUES: tuple[tuple[str, Callable[[Typed, Samples], Iterable[Any]]], ...] = (
    ("nearly that text", _near_texts),
    ("length of a text", _lengths),
    ("word of another field", _words),
    ("nothing", _nothing),
    ("number at a bound", _numbers),
    ("quantity", _quantities),
    ("boolean", _booleans),
    ("number or text", _percentages),
    ("address", _addresses),
    ("time", _times),
)


# How one mapping or list is changed


Changes = Iterator[tuple[str, Any]]


def _without(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    if isinstance(each.value, dict):
        for field in each.value:
            if (*each.at, field) not in (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
                yield f"without {field}", {key: value for key, value in each.value.items() if key != field}


def _swapped(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    """Two fields of one mapping with values of one type, the other way round."""
    fields = list(each.value) if isinstance(each.value, dict) and each.at else []
    for index, one in enumerate(fields):
        for two in fields[index + 1 :]:
            first, second = each.value[one], each.value[two]
            if type(first) is type(second) and first != second and each.at != ("metadata",):
                yield f"{one} and {two} swapped", each.value | {one: second, two: first}


def _repeated(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    """An entry of a list twice, nearly twice, and more often than may be."""
    if not isinstance(each.value, list) or not each.value:
        return
    for index, item in enumerate(each.value):
        yield f"item {index} twice", [*each.value, item]
        if isinstance(item, dict):
            for field in item:
                yield (
                    f"item {index} twice, once without {field}",
                    [*each.value, {k: v for k, v in item.items() if k != field}],
                )
                if isinstance(item[field], str):
                    yield f"item {index} twice, with another {field}", [*each.value, item | {field: f"{item[field]}x"}]
                elif type(item[field]) is int:
                    yield f"item {index} twice, with another {field}", [*each.value, item | {field: item[field] + 1}]
    yield "backwards", each.value[::-1]
    for length in (3, 9, 17, 33, 65, 129):
        yield f"{length} items", _many(each.value[0], length)


def _many(item: Any, length: int) -> list[Any]:
    if isinstance(item, str):
        return [f"{item}{index}" for index in range(length)]
    if isinstance(item, dict) and isinstance(item.get("name"), str):
        return [item | {"name": f"{item['name']}{index}"} for index in range(length)]
    return [item] * length


def _more(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    """One field more, with a value that it has elsewhere, or one of its type."""
    if not isinstance(each.value, dict):
        return
    for field, schema in each.schema.get("properties", {}).items():
        if field not in each.value and (each.at or field != "status"):
            for value in samples[each.type, field][:4] or [_any_of(schema, schemas)]:
                yield f"{field} more, {value!r}", each.value | {field: value}


def _any_of(schema: Node, schemas: Schemas) -> Any:
    node = schemas.definition(schema["$ref"]) if "$ref" in schema else schema
    if "enum" in node:
        return next(word for word in (*node["enum"], "a") if word)
    if node.get("format") == "date-time":
        return "2026-01-02T03:04:05Z"
    values = {
        "integer": 1,
        "boolean": True,
        "object": {},
        "array": [],
        "quantity": "1",
        "int-or-string": 1,
        "number": 1,
    }
    return values.get(node.get("type", ""), "a")


def _keys(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    """Another key in a mapping whose keys are free."""
    if isinstance(each.value, dict) and each.at and "properties" not in each.schema:
        first = next(iter(each.value.values()), "a")
        for key in (
            "",
            "A_b",
            "a/b/c",
            "a b",
            "a" * 64,
            "example.com/" + "a" * 64,
            "Example.com/a",
            "-a",
            "a.",
            "ü",
            "/a",
            "..",
            "a" * 254,
        ):
            yield f"the key {key!r}", each.value | {key: first}
        for key, value in each.value.items():
            for other in (key.upper(), f"{key}_", f"example.com/{key}", f"kubernetes.io/{key}", f"requests.{key}"):
                yield (
                    f"the key {key!r} as {other!r}",
                    {k: v for k, v in each.value.items() if k != key} | {other: value},
                )


def _none_inside(each: Typed, samples: Samples, schemas: Schemas) -> Changes:
    if isinstance(each.value, list):
        yield "an item of nothing", [*each.value, None]
        yield "an empty item", [*each.value, {} if each.value and isinstance(each.value[0], dict) else ""]


CHANGES: tuple[tuple[str, Callable[[Typed, Samples, Schemas], Changes]], ...] = (
    ("a field missing", _without),
    ("two fields swapped", _swapped),
    ("entries of a list", _repeated),
    ("a field more", _more),
    ("keys", _keys),
    ("nothing in a list", _none_inside),
)
