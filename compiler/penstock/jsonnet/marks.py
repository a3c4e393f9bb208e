"""Which objects of which files have made the objects of a result: a second evaluation answers this.

In it, each object that is written in a file has one more, hidden field: a list with its place, to which objects that
are laid over it add theirs. A program around the file reads these lists. So the answer is known even for objects that
come through `self`, conditions, comprehensions and functions of the library, as long as these hand them on unchanged.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.jsonnet.imports import Imports
from penstock.jsonnet.syntax import Array, Comprehension, Field, Literal, Node, literals
from penstock.jsonnet.tokens import Unparsed
from penstock.jsonnet.worker import Import
from penstock.model import Pos
from penstock.sources import JsonnetRequest

FIELD = "__penstock_places"

AROUND = "(places).jsonnet"
"""The name of the program around the file."""

LONGEST = 256 * 1024
"""Bytes of a file whose objects are marked. Larger ones are data, such as definitions of custom resources."""

_WALK = f"""
local walk(x) =
  if std.isObject(x) then {{
    places: if std.objectHasAll(x, '{FIELD}') then x.{FIELD} else [],
    inside: {{ [key]: walk(x[key]) for key in std.objectFields(x) if std.isObject(x[key]) || std.isArray(x[key]) }},
  }}
  else if std.isArray(x) then [walk(each) for each in x]
  else null;
"""


class Marked:
    """The imports of the second evaluation: the files of the first one, with marks."""

    def __init__(self, imports: Imports, request: JsonnetRequest) -> None:
        self._imports = imports
        self._around = _program(request).encode()
        self.files: list[str] = []
        self.literals: dict[str, Literal] = {}
        """By the mark of each object."""

    def find(self, directory: str, path: str) -> Import:
        """Return the answer to an import of an engine, as `Imports.find` does."""
        if path == AROUND:
            return Import(AROUND, self._around)
        found = self._imports.find(directory, path)
        return found if found.refusal else found._replace(content=self._marked(found.path, found.content))

    def _marked(self, path: str, content: bytes) -> bytes:
        """Return a file with marks. It is returned unchanged if it is data, or cannot be parsed."""
        if len(content) > LONGEST:
            return content
        try:
            text = content.decode()
            found = literals(text)
        except (Unparsed, UnicodeDecodeError):
            return content
        if path not in self.files:
            self.files.append(path)
        number = self.files.index(path)
        pieces: list[tuple[int, str]] = []
        for each in found:
            mark = f"{number}:{each.node.start}"
            self.literals[mark] = each
            pieces += _pieces(each, f"{FIELD}+:: ['{mark}']")
        return _with(text, pieces).encode()


def _program(request: JsonnetRequest) -> str:
    """Return a program that calls the file as the engine does, with the given arguments."""
    names = [each.name for each in request.arguments]
    call = f"(if std.isFunction(file) then file({', '.join(f'{name}={name}' for name in names)}) else file)"
    head = f"function({', '.join(names)})" if names else ""
    return f"{_WALK}{head} local file = import {json.dumps(request.file)}; walk{call}"


def _pieces(each: Literal, field: str) -> list[tuple[int, str]]:
    """Return the texts that are inserted into a file for an object, each with its position."""
    if not isinstance(each.node, Comprehension):
        return [(each.node.start + 1, f" {field},")]
    if each.is_applied:
        return []
    return [(each.node.start, "("), (each.end, f" + {{ {field} }})")]


def _with(text: str, pieces: list[tuple[int, str]]) -> str:
    parts: list[str] = []
    last = 0
    for at, piece in sorted(pieces, key=lambda pair: pair[0]):
        parts += text[last:at], piece
        last = at
    return "".join([*parts, text[last:]])


class Places:
    """The results of the second evaluation: for each object of the result, the marks of the objects that it was made
    of.
    """

    def __init__(self, tree: Any, marked: Marked, texts: Mapping[str, bytes]) -> None:
        self._tree = tree
        self._marked = marked
        self._texts = texts

    def place(self, at: Sequence[str | int]) -> Pos | None:
        """Return where a part of the value is written: an object at its brace, a field at its name, a list element
        where it begins. If that is not known, return the place of the innermost part around it that is.
        """
        best: Pos | None = None
        whole: Pos | None = None
        """The field whose expression has made all that lies in it, which one with `+:` has not."""
        here, mark = self._tree, ""
        value: Node | None = None
        for step in at:
            if isinstance(value, Array) and isinstance(step, int) and step < len(value.items):
                value = value.items[step]
                best = self._pos(mark, value.start)
            else:
                fields = self._fields(here["places"], str(step)) if isinstance(here, dict) else []
                mark, value = (fields[0][0], fields[0][1].value) if fields else ("", None)
                wholes = [self._pos(of, field.start) for of, field in fields if not field.adds]
                whole = wholes[0] if wholes else whole
                best = self._pos(mark, fields[0][1].start) if fields else whole
            here = _below(here, step)
        is_object = not at or isinstance(at[-1], int)
        return (self._object(here) if is_object else None) or best

    def _fields(self, marks: Sequence[str], name: str) -> list[tuple[str, Field]]:
        """Return the fields that may have written a field of this name, with the marks of their objects. The last one
        comes first, and fields with computed names come after the others.
        """
        known: list[tuple[str, Field]] = []
        open_ones: list[tuple[str, Field]] = []
        for mark in reversed(marks):
            node = self._marked.literals[mark].node
            is_open = isinstance(node, Comprehension)
            for field in [node.field] if isinstance(node, Comprehension) else node.fields:
                if field.name == name and not is_open:
                    known.append((mark, field))
                elif field.name is None or is_open:
                    open_ones.append((mark, field))
        return [*known, *open_ones]

    def _object(self, here: Any) -> Pos | None:
        """Return where an object is written. Of its parts, the one that contains its kind is chosen, if there is
        one.
        """
        if not isinstance(here, dict) or not here["places"]:
            return None
        kinds = self._fields(here["places"], "kind")
        mark = kinds[0][0] if kinds else here["places"][-1]
        return self._pos(mark, self._marked.literals[mark].node.start)

    def _pos(self, mark: str, start: int) -> Pos:
        path = self._marked.files[int(mark.partition(":")[0])]
        text = self._texts[path].decode()
        return Pos(path, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _below(here: Any, step: str | int) -> Any:
    """Return the results of the second evaluation for a part of an object or a list."""
    if isinstance(here, dict):
        return here["inside"].get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) and step < len(here) else None
