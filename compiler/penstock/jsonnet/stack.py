"""An engine's complaint about a file: its message, and the stack of places, parsed from the output of either engine."""

import re
from collections.abc import Container

from penstock.model import Pos
from penstock.records import NamedTuple

_PLACE = re.compile(
    r"\s*(?P<path>\S.*?|):\(?(?P<line>\d{1,9}):(?P<col>\d{1,9})\)?(?:-[\d:()]+)?(?:[:\s]\s*(?P<what>.*))?"
)
"""`shop.jsonnet:2:3-20: error statement` of rjsonnet; `shop.jsonnet:(1:1)-(2:3)	$` of gojsonnet."""

_FIELD = re.compile(r'\s+(?:field <(?P<rust>.*)> manifestification|Field "(?P<go>.*)"|Array element (?P<index>\d+))\s*')

_WITHOUT_PLACE = re.compile(r"error at \d+:\d+: ")
"""What rjsonnet says of an argument that is no Jsonnet, in front of the message."""

_BEGINNINGS = ("RUNTIME ERROR: ", "runtime error: ", "syntax error: ", "assert failed: ")

LONGEST = 400
"""Characters of a message."""


class Step(NamedTuple):
    """A place in a stack. `path` is a file, or a name such as `<extvar:NAME>`."""

    path: str
    line: int
    col: int
    what: str

    @property
    def place(self) -> Pos:
        return Pos(self.path, self.line, self.col)


class Trouble(NamedTuple):
    """The message, the places from the innermost one outwards, and the path through the value to the field that was
    being made. An engine may leave out list elements on that path.
    """

    message: str
    steps: list[Step]
    fields: tuple[str | int, ...]


def _step_of(field: "re.Match[str]") -> str | int:
    """Return the index or the name of a field, which the engines write in different ways."""
    return int(field["index"]) if field["index"] else field["rust"] or field["go"] or ""


def read(text: str, known: Container[str]) -> Trouble:
    """Return the complaint in an engine's output. Only places in known files count, since a message may look like
    anything.
    """
    message: list[str] = []
    steps: list[Step] = []
    fields: list[str | int] = []
    for line in text.splitlines():
        match = _PLACE.fullmatch(line)
        if match is not None and _is_known(match["path"], known):
            steps.append(Step(match["path"], int(match["line"]), int(match["col"]), (match["what"] or "").strip()))
        elif field := _FIELD.fullmatch(line):
            fields.append(_step_of(field))
        elif not steps and not fields:
            message.append(line)
    if steps and not "".join(message).strip():
        message = [steps[0].what]
    return Trouble(_message(message), steps, tuple(reversed(fields)))


def _is_known(path: str, known: Container[str]) -> bool:
    return path in known or (path.startswith("<") and path.endswith(">") and path != "<std>")


def _message(lines: list[str]) -> str:
    text = "; ".join(said for line in lines if (said := " ".join(line.split())))
    for beginning in _BEGINNINGS:
        text = text.removeprefix(beginning.strip()).strip() if text.startswith(beginning.strip()) else text
    text = _WITHOUT_PLACE.sub("", text, count=1) if _WITHOUT_PLACE.match(text) else text
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
