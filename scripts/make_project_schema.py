"""Write `schemas/project.json`, the JSON Schema of penstock.yaml, from the table that its reader goes by.

python scripts/make_project_schema.py            write the file
python scripts/make_project_schema.py --check    exit with 1 where the committed file is not what would be written
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "compiler"))

from penstock.parse.project_file.fields import (  # noqa: E402  # the checkout's own package, installed or not
    PROJECT,
    Either,
    Flag,
    Many,
    Mapping,
    Named,
    Shape,
    Words,
)

SCHEMA = ROOT / "schemas" / "project.json"


def main(arguments: list[str]) -> int:
    text = json.dumps(document(), indent=2) + "\n"
    if arguments == ["--check"]:
        if SCHEMA.exists() and SCHEMA.read_text(encoding="utf-8") == text:
            return 0
        print(f"{SCHEMA.relative_to(ROOT)} is stale: run python scripts/make_project_schema.py", file=sys.stderr)
        return 1
    SCHEMA.write_text(text, encoding="utf-8")
    return 0


def document() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "penstock.yaml",
        **schema_of(PROJECT),
    }


def schema_of(shape: Shape) -> dict[str, Any]:
    """The schema of one value."""
    described = {"description": shape.about}
    if isinstance(shape, Mapping):
        properties = {name: schema_of(inner) for name, inner in shape.fields.items()}
        required = [name for name, inner in shape.fields.items() if inner.required]
        more = {"required": required} if required else {}
        return {**described, "type": "object", "properties": properties, "additionalProperties": False, **more}
    if isinstance(shape, Named):
        inner = schema_of(shape.each)
        values = {**inner, "type": ["object", "null"]} if isinstance(shape.each, Mapping) else inner
        return {**described, "type": "object", "additionalProperties": values}
    if isinstance(shape, Many):
        return {**described, "type": "array", "items": schema_of(shape.each)}
    if isinstance(shape, Either):
        return {**described, "anyOf": [schema_of(shape.word), schema_of(shape.named)]}
    if isinstance(shape, Flag):
        return {**described, "type": "boolean"}
    if isinstance(shape, Words):
        return {**described, "enum": list(shape.words)}
    return {**described, "type": "string", "minLength": 1}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
