"""What `kubeconform -strict` says of documents, with the schemas of the package kubernetes-validate on disk."""

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from penstock.model import Tree

NEWEST = "kubernetes-json-schema/v1.37.0-local-strict/_definitions.json"


def complaints(program: str, bodies: list[Tree], definitions: list[Tree], folder: Path) -> list[str]:
    """Of each document; empty where it has none. Files are written to the folder."""
    schemas, objects = folder / "schemas", folder / "objects"
    make_schemas(definitions, schemas)
    objects.mkdir()
    for index, body in enumerate(bodies):
        (objects / f"{index:06}.json").write_text(json.dumps(body))
    command = [program, "-strict", "-output", "json", "-schema-location", location(str(schemas)), str(objects)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [""] * len(bodies)
    for each in json.loads(done.stdout)["resources"] or ():
        if each["status"] in ("statusInvalid", "statusError"):
            found[int(Path(each["filename"]).stem)] = each["msg"] or each["status"]
    return found


def location(folder: str) -> str:
    """Return where kubeconform finds the files that `make_schemas` writes."""
    return f"{folder}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json"


def make_schemas(definitions: list[Tree], folder: Path) -> None:
    """One file for each kind, named by group, kind and version, that needs no other file."""
    folder.mkdir(parents=True)
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise SystemExit("kubernetes-validate is not installed: pip install -e .[dev]")
    text = (Path(spec.origin).parent / NEWEST).read_text()
    types = json.loads(re.sub(r'"/api/_definitions\.json#/\$defs/', '"#/$defs/', text))["$defs"]
    for name, body in types.items():
        for each in body.get("x-kubernetes-group-version-kind", ()) if ".apimachinery." not in name else ():
            schema = {"$ref": f"#/$defs/{name}", "$defs": {key: types[key] for key in reachable(name, types)}}
            file = f"{each['group'] or each['version']}_{each['kind'].lower()}_{each['version']}.json"
            (folder / file).write_text(json.dumps(schema))
    for each in definitions:
        for version in each["spec"]["versions"]:
            file = f"{each['spec']['group']}_{each['spec']['names']['kind'].lower()}_{version['name']}.json"
            (folder / file).write_text(json.dumps(strict(version["schema"]["openAPIV3Schema"])))


def reachable(name: str, types: dict[str, Tree]) -> set[str]:
    seen, left = {name}, [name]
    while left:
        for each in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(types[left.pop()])):
            if each not in seen:
                seen.add(each)
                left.append(each)
    return seen


def strict(node: Any, is_top: bool = True) -> Any:
    """What kubeconform's converter makes of a definition: no more fields, and a number or a text as a choice."""
    if isinstance(node, list):
        return [strict(each, False) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-kubernetes-int-or-string"):
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    result = {key: strict(each, False) for key, each in node.items()}
    is_open = is_top or node.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(node.get("properties"), dict) and "type" in node and not is_open:
        result.setdefault("additionalProperties", False)
    return result
