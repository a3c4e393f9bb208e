"""Pack the Kubernetes schemas of the `kubernetes-validate` package into `schemas/kubernetes.pack`.

    python scripts/make_schemas.py            write the pack
    python scripts/make_schemas.py --check    exit with 1 where the committed pack is not what would be written

The package holds 26 directories of 108 MB. From one version to the next few types change, so the pack keeps each
definition once, with the set of the versions that have it; `penstock.validate.schemas` describes the format and reads
it.
"""

import json
import re
import sys
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from penstock.validate.wording import WORDS

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "schemas" / "kubernetes.pack"
TABLE = ROOT / "schemas" / "validation.yaml"
HEADER = "penstock kubernetes schemas 1:"

Node = dict[str, Any]
Bounds = dict[str, Node]
"""By field: what to add to its schema."""

RELATIONS, SOURCE = "relations", "source"
"""Entries of a type in the table that are no fields: how its fields relate, and where the API server says so."""

DROPPED = {"description", "x-kubernetes-group-version-kind", "x-kubernetes-unions"}
KEPT = {
    "type",
    "format",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-patch-merge-key",
}
"""A keyword that is in neither set is news: stop rather than lose it."""


def main(arguments: list[str]) -> int:
    text = pack_text()
    if arguments == ["--check"]:
        # The text is compared, not the bytes: another release of zlib may compress the same text differently.
        if PACK.exists() and zlib.decompress(PACK.read_bytes()).decode() == text:
            return 0
        print(f"{PACK.relative_to(ROOT)} is stale: run python scripts/make_schemas.py", file=sys.stderr)
        return 1
    PACK.write_bytes(zlib.compress(text.encode(), 9))
    print(f"{PACK.relative_to(ROOT)}: {text.count(chr(10)) - 1} definitions, {PACK.stat().st_size:,} bytes")
    return 0


def pack_text() -> str:
    """The whole pack, uncompressed: the header, then one line per definition, sorted."""
    versions = list(source_versions())
    masks: dict[tuple[str, str, str], int] = {}
    for bit, (version, definitions) in enumerate(versions):
        constraints = read_constraints(version)
        for name, source in definitions.items():
            kinds = ",".join(sorted(kinds_of(name, source)))
            body = definition(name, source, constraints)
            body = with_unchecked(body, definitions)
            key = name, kinds, json.dumps(body, sort_keys=True, separators=(",", ":"))
            masks[key] = masks.get(key, 0) | 1 << bit
    refuse_misspelt(read_constraints(), versions)
    lines = [f"{name}\t{mask:x}\t{kinds}\t{body}" for (name, kinds, body), mask in sorted(masks.items())]
    return "\n".join([f"{HEADER} {' '.join(version for version, _ in versions)}", *lines, ""])


def source_versions() -> Iterator[tuple[str, dict[str, Node]]]:
    """Each version, oldest first, with the definitions of its strict variant."""
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise SystemExit("kubernetes-validate is not installed: pip install -e .[dev]")
    folders = Path(spec.origin).parent.glob("kubernetes-json-schema/v*-local-strict")
    for minor, folder in sorted((int(folder.name.split(".")[1]), folder) for folder in folders):
        yield f"1.{minor}", json.loads((folder / "_definitions.json").read_text())["$defs"]


def kinds_of(name: str, source: Node) -> Iterator[str]:
    """`group/version/kind` of what a manifest can hold. Status, DeleteOptions and their like belong to requests."""
    if ".apimachinery." in name or not {"apiVersion", "kind"} <= source.get("properties", {}).keys():
        return
    for each in source.get("x-kubernetes-group-version-kind", ()):
        yield f"{each['group']}/{each['version']}/{each['kind']}"


OPEN = "x-kubernetes-preserve-unknown-fields"

HOLD_ANYTHING = (".FieldsV1", ".Patch", ".RawExtension", ".CustomResourceSubresourceStatus")
"""The ends of the names of types that hold any object, which OpenAPI does not tell from types without fields; and of a
type without fields that is checked together with what else a definition may have.
"""


def definition(name: str, source: Node, constraints: dict[str, Bounds]) -> Node:
    """One named type in the words of the pack, with what `validation.yaml` says of its fields."""
    if name.endswith(".Quantity"):
        return {"type": "quantity", "nullable": True}
    if name.endswith(".IntOrString"):
        return {"type": "int-or-string", "format": "int32", "nullable": True}
    result = node(source)
    if not name.endswith(HOLD_ANYTHING):
        result.pop(OPEN, None)  # a type without fields
    complete(result, name, entries(short(name), constraints))
    return result


def node(source: Node) -> Node:
    """JSON Schema to OpenAPI: `type: [string, "null"]` is `nullable`, and unknown fields are refused without a word."""
    if "$ref" in source:
        return {"$ref": source["$ref"].rpartition("/")[2]}
    if unknown := source.keys() - KEPT - DROPPED:
        raise SystemExit(f"keywords that this script does not know: {sorted(unknown)}")
    result = {key: value for key, value in source.items() if key in KEPT}
    types = source.get("type", [])
    if isinstance(types, list):
        words = [each for each in types if each != "null"]
        result |= {"type": words[0], "nullable": True} if words else {}
    if "properties" in source:
        result["properties"] = {field: node(without_name(field, each)) for field, each in source["properties"].items()}
        result.pop("additionalProperties", None)
    elif isinstance(source.get("additionalProperties"), dict):
        result["additionalProperties"] = node(source["additionalProperties"])
    elif result.get("type") == "object":
        result[OPEN] = True
    if "items" in source:
        result["items"] = node(source["items"])
    return merge_key_as_list_key(result)


def without_name(field: str, source: Node) -> Node:
    """The API server does not read the apiVersion and kind of an object inside another, so any value will do."""
    return {key: value for key, value in source.items() if key != "enum"} if field in ("apiVersion", "kind") else source


def merge_key_as_list_key(result: Node) -> Node:
    """Before 1.30 many lists had only the marks of strategic merge; server-side apply read them as list keys."""
    key = result.get("x-kubernetes-patch-merge-key")
    if result.get("type") == "array" and key and "x-kubernetes-list-type" not in result:
        result |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
    keys = result.get("x-kubernetes-list-map-keys", ())
    if "protocol" in keys:
        result["keyDefaults"] = {"protocol": "TCP"}
    elif [*keys] == ["uid"] or (keys and names_an_object(result)):
        # A create takes two elements without these keys, and for server-side apply both have the same empty one.
        result["keyDefaults"] = dict.fromkeys(keys, "")
    return result


def names_an_object(result: Node) -> bool:
    reference: str = result.get("items", {}).get("$ref", "")
    return reference.endswith(".LocalObjectReference")


def short(name: str) -> str:
    """`core.v1.Container` for `io.k8s.api.core.v1.Container`: how `validation.yaml` names a type."""
    return ".".join(name.split(".")[-3:])


def with_unchecked(body: Node, definitions: dict[str, Node]) -> Node:
    """Unchecked fields have their types inside of them, without what the table and OpenAPI demand of these."""
    for field, child in body.get("properties", {}).items():
        if "unchecked" in child:
            body["properties"][field] = inlined({"$ref": child["$ref"]}, definitions)
    return body


def inlined(tree: Any, definitions: dict[str, Node]) -> Any:
    if isinstance(tree, list):
        return [inlined(each, definitions) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if "$ref" in tree:
        return inlined(node(definitions[tree["$ref"]]), definitions)
    return {key: inlined(each, definitions) for key, each in tree.items() if key != "required"}


def entries(name: str, constraints: dict[str, Bounds]) -> Node:
    """What the table says of a type: for all its versions (`resource.*.Device`), and for this one."""
    group, _, kind = name.split(".")
    general, special = constraints.get(f"{group}.*.{kind}", {}), constraints.get(name, {})
    merged = general | special
    if RELATIONS in general and RELATIONS in special:
        merged[RELATIONS] = [*general[RELATIONS], *special[RELATIONS]]  # type: ignore[assignment]
    return merged


def complete(body: Node, name: str, entry: Node) -> None:
    """Write what the table says of a type into its schema. Older versions may lack a field."""
    fields = body.get("properties", {})
    for field, extra in entry.items():
        if field == RELATIONS:
            relations = [each for each in extra if each[0] == "check" or named_by(each) & fields.keys()]
            body |= {"relations": relations} if relations else {}
        elif field in fields:
            add_constraint(body, name, field, extra)
    empty = {field for field, extra in entry.items() if field != RELATIONS and extra.get("may be empty")}
    empty |= {field for field in body.get("required", ()) if "enum" in fields[field]}
    filled = [field for field in body.get("required", ()) if field not in empty and can_be_empty(fields[field])]
    never_null = sorted(empty & {*body.get("required", ())})
    body |= {"filled": filled} if filled else {}
    body |= {"neverNull": never_null} if never_null else {}


def can_be_empty(node: Node) -> bool:
    """A mapping with fields of its own may be empty here: what is missing in it, its own schema says."""
    return node.get("type") != "boolean"


def add_constraint(body: Node, name: str, field: str, extra: Node) -> None:
    """Write it at the field, or in a list of strings at its items."""
    extra = dict(extra)
    extra.pop("may be empty", None)
    required = {*body.get("required", ())}
    if extra.get("required") is False:
        body["properties"][field]["nullable"] = True
    if "required" in extra:
        body["required"] = sorted(required | {field} if extra.pop("required") else required - {field})
    target = body["properties"][field]
    if "$ref" in target and extra.keys() - {"words", "unchecked"}:
        raise SystemExit(f"{name}.{field} is a type of its own: constrain that")
    if "enum" in extra and target["type"] == "array":
        target["items"] = target["items"] | {"enum": extra.pop("enum")}
    target.update(extra)


def read_constraints(version: str = "") -> dict[str, Bounds]:
    """What the table says of a version of Kubernetes; without one, all that it says of any."""
    table = yaml.load(TABLE.read_text(), yaml.BaseLoader)  # BaseLoader: `None` and `Never` are words
    found: dict[str, Bounds] = {}
    for name, fields in table.items():
        entries = {field: holding(each, version) for field, each in fields.items() if field != SOURCE}
        found[name] = {field: entry_of(field, each) for field, each in entries.items() if each}
    return found


_SPAN = re.compile(r"(?P<what>.*?)(?: since 1\.(?P<since>\d+))?(?: until 1\.(?P<until>\d+))?")


def holding(written: Any, version: str) -> Any:
    """What of an entry holds in a version: its parts, words or relations, each without the versions that it names."""
    if isinstance(written, list):
        return [word for each in written if (word := _part_holding(each, version)) is not None]
    if isinstance(written, dict):
        return {key: holding(each, version) for key, each in written.items()}
    parts = (_part_holding(each, version) for each in written.split(", "))
    return ", ".join(part for part in parts if part is not None)


def _part_holding(part: str, version: str) -> str | None:
    match = _SPAN.fullmatch(part)
    assert match is not None  # it takes any text
    minor = int(version.partition(".")[2]) if version else None
    if minor is not None and not int(match["since"] or 0) <= minor <= int(match["until"] or 99):
        return None
    return match["what"]


def refuse_misspelt(constraints: dict[str, Bounds], versions: list[tuple[str, dict[str, Node]]]) -> None:
    """Every field that `validation.yaml` names is a field of some version."""
    named = {(name, field) for name, fields in constraints.items() for field in fields if field != RELATIONS}
    for _, definitions in versions:
        for name, body in definitions.items():
            group, _, kind = short(name).split(".")
            for field in body.get("properties", ()):
                named -= {(short(name), field), (f"{group}.*.{kind}", field)}
    if named:
        raise SystemExit(f"constraints for fields that no version has: {sorted(named)}")


def entry_of(field: str, written: Any) -> Any:
    if field == RELATIONS:
        return [relation(each) for each in written]
    if isinstance(written, list):
        return {"enum": sorted(written)}
    if isinstance(written, dict):
        return {"enum": sorted(written["in"]), **constraint(written["is"])}
    return constraint(written)


def constraint(written: str) -> Node:
    """The parts of an entry, which commas separate."""
    result: dict[str, Any] = {}
    for part in written.split(", "):
        if part in ("required", "optional"):
            result["required"] = part == "required"
        elif part == "unchecked" or part == "may be empty":
            result[part] = True
        elif match := re.fullmatch(r"(-?\d*)\.\.(\d*)( items| characters)?", part):
            low, high = BOUNDS[match[3] or ""]
            result |= {word: int(number) for word, number in ((low, match[1]), (high, match[2])) if number}
        else:
            result.setdefault("words", []).append(known_word(part))
    return result


BOUNDS = {
    "": ("minimum", "maximum"),
    " items": ("minItems", "maxItems"),
    " characters": ("minLength", "maxLength"),
}


def known_word(part: str) -> str:
    if part.rpartition(" ")[2].rstrip("!") not in WORDS:
        raise SystemExit(f"{part!r} is no word of the table")
    return part


def relation(written: str) -> list[Any]:
    """One line of `relations`; see the head of the table."""
    for word in ("one of", "some of", "at most one of"):
        if written.startswith(f"{word} "):
            return [word, written.removeprefix(f"{word} ").split(", ")]
    if written.startswith("check "):
        return ["check", written.removeprefix("check ")]
    if match := re.fullmatch(r"unique (\S+)(?: by (.+))?", written):
        return ["unique", match[1], match[2].split(", ") if match[2] else []]
    if match := re.fullmatch(r"(.+?) (needs|forbids) (.+)", written):
        return [match[2], condition(match[1]), match[3].split(", ")]
    if match := re.fullmatch(r"(.+?) excludes (.+)", written):
        return ["excludes", condition(match[1]), condition(match[2])]
    if match := re.fullmatch(r"(\S+) (<=?) (\S+)", written):
        return ["ordered", match[1], match[2], match[3]]
    raise SystemExit(f"{written!r} is no relation")


def condition(written: str) -> list[Any]:
    """`field`, or `field=value|value`; nothing is the absence of the field, true and false are booleans."""
    field, sign, values = written.partition("=")
    scalars = {"": None, "true": True, "false": False}
    return [field, [scalars.get(each, each) for each in values.split("|")] if sign else None]


def named_by(relation: list[Any]) -> set[str]:
    """The fields that a relation is about."""
    found: set[str] = set()
    for each in relation[1:]:
        parts = each if isinstance(each, list) else [each]
        found |= {part for part in parts if isinstance(part, str)}
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
