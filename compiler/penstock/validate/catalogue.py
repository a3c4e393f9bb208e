"""Schemas of custom resources from outside the sources: CustomResourceDefinitions, or a catalogue of JSON Schemas.

A location is a file or a folder with definitions as YAML, a folder that is laid out like the well-known catalogue
(`GROUP/KIND_VERSION.json`), or a path in which `{{.Group}}`, `{{.ResourceKind}}` and `{{.ResourceAPIVersion}}` stand
for parts of a kind, as in kubeconform. A file is read when the first object of its kind is checked.
"""

import json
from collections.abc import Callable, Iterable

from penstock.model import Tree
from penstock.validate.schemas import Kind

Read = Callable[[str], bytes | None]

MAX_BYTES = 4 * 1024 * 1024


class Catalogue:
    """The locations under `schemas:` in penstock.yaml that hold one file per kind."""

    def __init__(self, places: Iterable[str], read: Read) -> None:
        self._templates = [place if "{{" in place else f"{place}/{LAYOUT}" for place in places]
        self._read = read

    def find(self, kind: Kind) -> Tree | None:
        """Return the schema of a kind from the first location that has it, or None."""
        for template in self._templates:
            found = self._schema(_filled(template, kind))
            if found is not None:
                return found
        return None

    def _schema(self, path: str) -> Tree | None:
        data = self._read(path)
        if data is None or len(data) > MAX_BYTES:
            return None
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


LAYOUT = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


def _filled(template: str, kind: Kind) -> str:
    parts = {"Group": kind.group, "ResourceKind": kind.kind.lower(), "ResourceAPIVersion": kind.version}
    for name, text in parts.items():
        safe = text if not {"/", "\\", "\0"} & set(text) and text not in (".", "..") else "-"
        template = template.replace("{{." + name + "}}", safe).replace("{{ ." + name + " }}", safe)
    return template


def definition_files(places: Iterable[str], walk: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the YAML files among the locations, and those below locations that are folders."""
    found = []
    for place in places:
        if place.endswith(ENDINGS):
            found.append(place)
        elif "{{" not in place:
            found += [path for path in walk(place) if path.endswith(ENDINGS)]
    return found


ENDINGS = (".yaml", ".yml")
