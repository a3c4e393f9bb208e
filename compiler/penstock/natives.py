"""The functions of Jsonnet's `std.native`: those of ksonnet 0.13.1, and what kubecfg and Tanka have besides.

Jsonnet has no such functions itself, and Argo CD adds none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from penstock.emit.yaml import Printer
from penstock.gotemplate.bounds import Bounds, Meter
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.functions.json_reading import read
from penstock.gotemplate.functions.regexes import must_regex_match, must_regex_replace_all
from penstock.parse.document import CHART, load_each

MOST = 4 * 1024 * 1024
"""Characters that the functions may read in one run."""

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_END = re.compile(r"---\s*")

PARAMETERS: dict[str, tuple[str, ...]] = {
    "parseJson": ("json",),
    "parseYaml": ("yaml",),
    "escapeStringRegex": ("str",),
    "regexMatch": ("regex", "string"),
    "regexSubst": ("regex", "src", "repl"),
    "manifestJsonFromJson": ("json", "indent"),
    "manifestYamlFromJson": ("json",),
    "sha256": ("str",),
    "helmTemplate": ("name", "chart", "opts"),
    "kustomizeBuild": ("path", "opts"),
    "renderHelmChart": ("repo", "name", "version", "values", "componentName"),
    "resolveImage": ("image",),
}
"""The functions and their parameters."""

_FORBIDDEN = ("helmTemplate", "kustomizeBuild", "renderHelmChart", "resolveImage")
"""Functions that run a program or open a connection elsewhere."""


class Natives:
    """The functions for one run. What they may read and make is bounded for all calls together; a call that is refused
    for it leaves what there was to the files after it.
    """

    parameters: Mapping[str, tuple[str, ...]] = PARAMETERS

    def __init__(self) -> None:
        self._frame: Any = SimpleNamespace(meter=Meter(Bounds()))
        self._left = MOST

    def __call__(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return the result of a function. Raises ValueError with what is wrong."""
        if name in _FORBIDDEN:
            raise ValueError("nothing is run or fetched from Jsonnet: make it a target of its own")
        size = sum(len(each) for each in arguments if isinstance(each, str))
        if size > self._left:
            raise ValueError(f"the functions of std.native read more than {MOST:,} characters")
        if not all(map(isinstance, arguments, _TYPES[name])):
            raise ValueError(f"wrong type for one of the arguments: {', '.join(PARAMETERS[name])}")
        self._left -= size
        meter = self._frame.meter
        text = meter.text
        try:
            return _FUNCTIONS[name](self._frame, *arguments)
        except (Failure, Exceeded, RecursionError) as problem:
            meter.text = text
            raise ValueError(str(problem)) from None


def _manifest_json(frame: Any, text: str, indent: float) -> str:
    """Return a JSON text with other indents. Keys, numbers and texts stay as they are written."""
    read(text)
    if indent < 0:
        raise ValueError("an indent cannot be negative")
    return "".join(_indented(_TOKEN.findall(text), int(indent), frame.meter)) + "\n"


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_OPENING, _CLOSING = ("{", "["), ("}", "]")


def _indented(tokens: Iterable[str], indent: int, meter: Meter) -> Iterator[str]:
    depth, before = 0, ""
    for token in tokens:
        depth -= token in _CLOSING
        is_first, is_last = before in _OPENING, token in _CLOSING
        if before == "," or is_first != is_last:  # nothing stands in an empty object or list
            meter.write(1 + depth * indent)
            yield "\n" + " " * (depth * indent)
        yield ": " if token == ":" else token
        depth += token in _OPENING
        before = token


def _manifest_yaml(text: str) -> str:
    import json

    read(text)
    return Printer().document(json.loads(text))  # whole numbers are printed as such


def _documents(text: str) -> Iterator[str]:
    """Yield the documents of a stream: a line of three dashes ends what comes before it, if there is any."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if lines and _END.fullmatch(line):
            yield "".join(lines)
            lines = []
        else:
            lines.append(line)
    if lines:
        yield "".join(lines)


def _parse_yaml(frame: Any, text: str) -> list[Any]:
    frame.meter.parse_yaml(text)
    return [_first_value(each) for each in _documents(text)]


def _first_value(text: str) -> Any:
    documents, findings = load_each(text.encode("utf-8", "surrogateescape"), "", CHART)
    for finding in findings:
        if finding.severity == "error":
            raise ValueError(finding.message)
    return documents[0].body if documents else None


def _sha256(text: str) -> str:
    import hashlib  # OpenSSL takes 3 ms to load

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "parseJson": lambda _, text: read(text),
    "parseYaml": _parse_yaml,
    "escapeStringRegex": lambda _, text: _SPECIAL.sub(r"\\\g<0>", text),
    "regexMatch": must_regex_match,
    "regexSubst": must_regex_replace_all,
    "manifestJsonFromJson": _manifest_json,
    "manifestYamlFromJson": lambda _, text: _manifest_yaml(text),
    "sha256": lambda _, text: _sha256(text),
}
_TYPES = {name: [float if each == "indent" else str for each in PARAMETERS[name]] for name in _FUNCTIONS}
