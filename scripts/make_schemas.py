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

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "schemas" / "kubernetes.pack"
CONSTRAINTS = ROOT / "scripts" / "constraints.yaml"
HEADER = "penstock kubernetes schemas 1:"

Node = dict[str, Any]
Bounds = dict[str, Node]
"""By field: what to add to its schema."""

REQUIRED: Node = {"required": True}
"""Of a constraint: the field must be there."""

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
    constraints = read_constraints()
    masks: dict[tuple[str, str, str], int] = {}
    for bit, (_, definitions) in enumerate(versions):
        for name, source in definitions.items():
            kinds = ",".join(sorted(kinds_of(name, source)))
            body = definition(name, source, constraints)
            key = name, kinds, json.dumps(body, sort_keys=True, separators=(",", ":"))
            masks[key] = masks.get(key, 0) | 1 << bit
    refuse_misspelt(constraints, versions)
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


def definition(name: str, source: Node, constraints: dict[str, Bounds]) -> Node:
    """One named type in the words of the pack, with what `constraints.yaml` says of its fields."""
    if name.endswith(".Quantity"):
        return {"type": "quantity", "nullable": True}
    if name.endswith(".IntOrString"):
        return {"type": "int-or-string", "format": "int32", "nullable": True}
    result = node(source)
    for field, extra in constraints.get(short(name), {}).items():
        add_constraint(result, name, field, extra)
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
        result["x-kubernetes-preserve-unknown-fields"] = True  # RawExtension and its like hold anything
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
    if "protocol" in result.get("x-kubernetes-list-map-keys", ()):
        result["keyDefaults"] = {"protocol": "TCP"}
    return result


def short(name: str) -> str:
    """`core.v1.Container` for `io.k8s.api.core.v1.Container`: how `constraints.yaml` names a type."""
    return ".".join(name.split(".")[-3:])


def add_constraint(body: Node, name: str, field: str, extra: Node) -> None:
    """Write it at the field, or in a list of strings at its items. Older versions may lack the field."""
    if field not in body["properties"]:
        return
    if extra == REQUIRED:
        body["required"] = sorted({*body.get("required", ()), field})
        return
    target = body["properties"][field]
    if "$ref" in target:
        raise SystemExit(f"{name}.{field} is a type of its own: constrain that")
    if "enum" in extra and target["type"] == "array":
        target = target["items"]
    target.update(extra)


def read_constraints() -> dict[str, Bounds]:
    table = yaml.load(CONSTRAINTS.read_text(), yaml.BaseLoader)  # BaseLoader: `None` and `Never` are words
    return {name: {field: constraint(each) for field, each in fields.items()} for name, fields in table.items()}


def refuse_misspelt(constraints: dict[str, Bounds], versions: list[tuple[str, dict[str, Node]]]) -> None:
    """Every field that `constraints.yaml` names is a field of some version."""
    named = {(name, field) for name, fields in constraints.items() for field in fields}
    for _, definitions in versions:
        named -= {(short(name), field) for name, body in definitions.items() for field in body.get("properties", ())}
    if named:
        raise SystemExit(f"constraints for fields that no version has: {sorted(named)}")


def constraint(written: str | list[str]) -> Node:
    if written == "required":
        return REQUIRED
    if isinstance(written, list):
        return {"enum": sorted({*written, ""})}
    match = re.fullmatch(r"(\d*)\.\.(\d*)( items)?", written)
    if not match:
        raise SystemExit(f"{written!r} is not a range")
    low, high = ("minItems", "maxItems") if match[3] else ("minimum", "maximum")
    return {word: int(number) for word, number in ((low, match[1]), (high, match[2])) if number}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
