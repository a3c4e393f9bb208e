"""The hostile expressions and the places that take one, as `fixtures/expressions` has them."""

import json
from pathlib import Path
from typing import NamedTuple

import yaml

FIXTURES = Path(__file__).parent.parent / "fixtures" / "expressions"
LONG = "ab" * 100
"""What expressions are compared to: long enough to be slow, and short enough for the name of a file."""

OBJECTS = """apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {k: TEXT}
---
apiVersion: v1
kind: Pod
metadata: {name: TEXT, labels: {a: b}, annotations: {a: TEXT}}
spec: {containers: [{name: ab, image: 'ab/TEXT:1'}]}
"""
USUAL = {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": OBJECTS}
"""What a place has, unless it says otherwise."""


class Place(NamedTuple):
    """`hurt` names the expressions that were slow in this place once, or ended in a crash."""

    name: str
    command: tuple[str, ...]
    files: dict[str, str]
    hurt: tuple[str, ...] = ()


def _read(name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = yaml.load((FIXTURES / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


def _place(entry: dict[str, object]) -> Place:
    files, hurt = entry["files"], entry.get("hurt", [])
    assert isinstance(files, dict)
    assert isinstance(hurt, list)
    return Place(
        str(entry["place"]), tuple(str(entry.get("command", "build --no-cache .")).split()), files, tuple(hurt)
    )


def _expression(entry: dict[str, object]) -> str:
    times = entry.get("times", 1)
    assert isinstance(times, int)
    return f"{entry.get('before', '')}{str(entry['text']) * times}{entry.get('after', '')}"


PLACES = tuple(_place(entry) for entry in _read("places.yaml"))
EXPRESSIONS = {str(entry["name"]): _expression(entry) for entry in _read("expressions.yaml")}


def laid_out(place: Place, expression: str) -> dict[str, str]:
    """Return the files of a place with an expression in it."""
    quoted = json.dumps(expression, ensure_ascii=all(character <= "\uffff" for character in expression))
    words = (("EXPRESSION", quoted), ("BARE", expression), ("TEXT", LONG))
    files = {}
    for path, text in {**USUAL, **place.files}.items():
        for word, meant in words:
            text = text.replace(word, meant)
        files[path.replace("TEXT", LONG)] = text
    return files
