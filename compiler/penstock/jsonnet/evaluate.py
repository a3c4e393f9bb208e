"""A Jsonnet file → its value. A worker is asked, and its complaints become findings at the places that they are
about.
"""

import json
import math
import posixpath
import re
from collections.abc import Callable, Container, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from penstock.jsonnet import worker as workers
from penstock.jsonnet.engines import installed
from penstock.jsonnet.imports import Imports
from penstock.jsonnet.marks import AROUND, Marked, Places
from penstock.jsonnet.seconds import Seconds
from penstock.jsonnet.stack import Step, Trouble, read
from penstock.jsonnet.syntax import parse
from penstock.jsonnet.tokens import Token, Unparsed, tokens
from penstock.jsonnet.trace import Tracer
from penstock.jsonnet.worker import MOST, SECONDS, Answer, Import, Worker
from penstock.model import Diagnostic, Origin, Pos, Spot
from penstock.records import NamedTuple
from penstock.sources import Evaluated, Files, JsonnetRequest, JsonnetValue, Natives

MAX_VALUES = 2_000_000
"""Values of one result, counted by their separators, those in texts included."""

MAX_NOTES = 4
"""Places on the way to an error that are shown."""

MISSING = ("trim", "flattenDeepArray", "isNull", "log2", "log10", "pi", "hypot", "atan2", "deg2rad", "rad2deg")
"""Functions of the standard library that rjsonnet 0.5.6 does not have."""

INSTALL = "install penstock-gitops[jsonnet]"


class _Result(NamedTuple):
    """The result of an engine for one request."""

    engine: str
    answer: Answer
    imports: Imports
    natives: Container[str]
    """The names of the functions in `std.native`."""


class Evaluator:
    """The evaluations of one run. Each engine has one worker, which starts when it is needed."""

    def __init__(self, natives: Natives | None = None) -> None:
        self._natives = natives
        self._installed: list[str] | None = None
        self._workers: dict[str, Worker] = {}
        self._seconds = Seconds()

    def __call__(self, files: Files, request: JsonnetRequest) -> tuple[Evaluated | None, list[Diagnostic]]:
        """Return the value of a file, or None where a finding is an error."""
        if self._installed is None:
            self._installed = installed()
        engines = [request.engine] if request.engine else self._installed[:1]
        if not engines or engines[0] not in self._installed:
            return None, [_no_engine(request)]
        if self._seconds.are_gone(request.seconds):
            return None, [_too_late(request)]
        result, findings = self._evaluated(files, request, engines[0])
        return _judged(request, result, findings, lambda: self._places(request, result))

    def _evaluated(self, files: Files, request: JsonnetRequest, engine: str) -> tuple[_Result, list[Diagnostic]]:
        """Return the result of an engine. If the first engine lacks a feature, it is the result of the other one, with
        a finding that says so.
        """
        assert self._installed is not None
        result = self._by(files, request, engine)
        cannot = _cannot(result.answer) if engine == "rjsonnet" else ""
        if not cannot or request.engine or "gojsonnet" not in self._installed:
            return result, []
        other = self._by(files, request, "gojsonnet")
        message = f"gojsonnet evaluates this file, since rjsonnet {cannot}"
        is_able = other.answer.value is not None  # otherwise the file is at fault
        return other, [Diagnostic("PS731", "info", message, Pos(request.file))] if is_able else []

    def _by(self, files: Files, request: JsonnetRequest, engine: str) -> _Result:
        imports = Imports(files, request.file, request.libraries, request.packages)
        answer = self._answer(engine, request.file, request, imports.find)
        self._seconds.spend(_fair(engine, answer), imports.taken)
        natives = self._natives_for(request)
        return _Result(engine, answer, imports, natives.parameters if natives is not None else ())

    def _answer(self, engine: str, file: str, request: JsonnetRequest, find: Callable[[str, str], Import]) -> Answer:
        worker = self._workers.setdefault(engine, Worker(engine))
        return worker.evaluate(file, given(request), find, self._natives_for(request))

    def _natives_for(self, request: JsonnetRequest) -> Natives | None:
        return self._natives if request.has_natives else None

    def _places(self, request: JsonnetRequest, result: _Result) -> Places | None:
        """Return which objects have made the result, or None where that cannot be found out, for example in too little
        time.
        """
        if self._seconds.are_gone(request.seconds):
            return None
        marked = Marked(result.imports, request)
        answer = self._answer(result.engine, AROUND, request, marked.find)
        self._seconds.spend(_fair(result.engine, answer), result.imports.taken)
        try:
            tree = json.loads(answer.value) if answer.value is not None else None
        except (ValueError, RecursionError):
            tree = None
        return None if tree is None else Places(tree, marked, result.imports.taken)


def given(request: JsonnetRequest) -> dict[str, dict[str, str]]:
    """Return the variables in the form in which both engines take them."""

    def some(values: Sequence[JsonnetValue], is_code: bool) -> dict[str, str]:
        return {each.name: each.text for each in values if each.is_code == is_code}

    return {
        "ext_vars": some(request.variables, False),
        "ext_codes": some(request.variables, True),
        "tla_vars": some(request.arguments, False),
        "tla_codes": some(request.arguments, True),
    }


def _no_engine(request: JsonnetRequest) -> Diagnostic:
    wanted = request.engine or "rjsonnet or gojsonnet"
    message = f"this file is not evaluated, since the Python package {wanted} is not installed"
    hint = "install gojsonnet" if request.engine == "gojsonnet" else INSTALL
    return Diagnostic("PS730", "error", message, Pos(request.file), hint=hint, blame="world")


def _fair(engine: str, answer: Answer) -> float:
    """Return the seconds that an evaluation counts. Those of an engine that has more of them for a file count less."""
    return answer.seconds * SECONDS["rjsonnet"] / SECONDS[engine]


def _too_late(request: JsonnetRequest) -> Diagnostic:
    message = f"it is not evaluated: the files before it have taken more than {request.seconds} seconds"
    hint = "where this is meant, raise the bound with `--bound seconds=NUMBER`; it also grows with the files read"
    return Diagnostic("PS733", "error", message, Pos(request.file), hint=hint)


def _cannot(answer: Answer) -> str:
    """Return the feature that a file needs and rjsonnet lacks, or the empty string if the file is at fault."""
    for name in MISSING:
        if f"no such field: {name}" in answer.failure.splitlines()[:1]:
            return f"has no std.{name}"
    return "reads no file that is not UTF-8" if "UnicodeDecodeError" in answer.failure else ""


def _judged(
    request: JsonnetRequest, result: _Result, findings: list[Diagnostic], places: Callable[[], Places | None]
) -> tuple[Evaluated | None, list[Diagnostic]]:
    imports, answer = result.imports, result.answer
    if answer.limit:
        return None, [*findings, _over(request, result)]
    if imports.refused is not None:
        return None, [*findings, _refused(request, imports)]
    if answer.value is None:
        return None, [*findings, _failed(request, result)]
    if answer.value.count(",") + answer.value.count("{") > MAX_VALUES:
        message = f"the result has more than {MAX_VALUES:,} values"
        return None, [*findings, Diagnostic("PS733", "error", message, Pos(request.file))]
    try:
        value = json.loads(answer.value, parse_int=_number, parse_constant=str)
    except RecursionError:
        message = "the result is nested too deeply"
        return None, [*findings, Diagnostic("PS733", "error", message, Pos(request.file))]
    except ValueError:
        return None, [*findings, _infinite(request, result)]
    return _made(request, value, imports, places), findings


_INFINITY = re.compile(r"(?<![\w.])inf(?![\w.])")


def _infinite(request: JsonnetRequest, result: _Result) -> Diagnostic:
    """Return the finding about a number that is too large, which rjsonnet prints as `inf`, at the field that has it."""
    assert result.answer.value is not None
    try:
        value = json.loads(_INFINITY.sub("1e999", result.answer.value))  # a float that is infinite in Python, too
    except (ValueError, RecursionError):
        return Diagnostic("PS732", "error", "the result is no JSON", Pos(request.file))
    at = _infinity_in(value, ())
    return Diagnostic("PS732", "error", "overflow: a number is too large", _tracer(request, result.imports).place(at))


def _infinity_in(value: Any, at: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path of the first infinite number, or an empty path."""
    if isinstance(value, float):
        return at if math.isinf(value) else ()
    steps = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    return next((found for step, inner in steps if (found := _infinity_in(inner, (*at, step)))), ())


def _number(text: str) -> int | float:
    """Return a whole number as Argo CD reads it. If it does not fit into 64 bits, it becomes a float."""
    if len(text) <= 18:
        return int(text)
    number = float(text)
    return int(text) if -(2.0**63) <= number < 2.0**63 else number


def _made(request: JsonnetRequest, value: Any, imports: Imports, places: Callable[[], Places | None]) -> Evaluated:
    known = cache(places)
    tracer = cache(lambda: _tracer(request, imports))

    def spot(origin: Origin) -> Spot:
        at = [step for step in origin.at if isinstance(step, str | int)]
        found = known()
        place = (found.place(at) if found is not None else None) or tracer().place(at)
        place = place._replace(path=imports.real(place.path))
        subject, field = _named(value, origin)
        return Spot(place, place, subject, field)

    return Evaluated(f"{request.file} (evaluated)", value, lambda: json.dumps(value, ensure_ascii=False), spot)


def _tracer(request: JsonnetRequest, imports: Imports) -> Tracer:
    codes = {each.name: each.text for each in request.variables if each.is_code}
    return Tracer(request.file, imports.taken.get, imports.known, codes)


def _named(value: Any, origin: Origin) -> tuple[str, str]:
    """Return the name of a part of a value for people: its object, and the path from there."""
    names: list[str] = []
    here, subject, depth = value, "", 0
    for number, step in enumerate((None, *origin.at)):
        if step is not None:
            here = _child(here, step)
        if isinstance(here, dict) and isinstance(here.get("kind"), str) and not subject:
            subject, depth = _subject(here), number
        names.append(_step(step, here))
    return subject, "".join(names[depth + 1 :]).removeprefix(".")


def _child(here: Any, step: Any) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) and step < len(here) else None


def _step(step: Any, here: Any) -> str:
    if isinstance(step, str):
        return f".{step}"
    name = here.get("name") if isinstance(here, dict) else None
    return f"[{name}]" if isinstance(name, str) else "[]"


def _subject(body: dict[str, Any]) -> str:
    metadata = body.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    group, slash, _ = str(body.get("apiVersion") or "").partition("/")
    kind = f"{body['kind']}.{group}" if slash else body["kind"]
    names = [str(each) for each in (named.get("namespace"), named.get("name")) if isinstance(each, str)]
    return "/".join([kind, *names])


# --- what is said where something is wrong ----------------------------------------------------------------------------


def _over(request: JsonnetRequest, result: _Result) -> Diagnostic:
    said = {
        "time": f"this takes more than {SECONDS[result.engine]} seconds of processor time",
        "memory": f"this takes more than {workers.MEMORY >> 20} MiB of memory",
        "result": f"the result has more than {MOST:,} bytes",
        "crash": f"{result.engine} breaks off, as it does where functions call one another without end",
    }
    return Diagnostic("PS733", "error", said[result.answer.limit], Pos(request.file))


def _refused(request: JsonnetRequest, imports: Imports) -> Diagnostic:
    assert imports.refused is not None
    directory, path, reason = imports.refused
    if path == request.file and not imports.taken:
        return Diagnostic("PS732", "error", f"this cannot be evaluated: {reason}", Pos(path))
    where = _import_at(imports, directory, path) or Pos(request.file)
    return Diagnostic("PS732", "error", f"the import of {path!r} fails: {reason}", where)


def _import_at(imports: Imports, directory: str, path: str) -> Pos | None:
    """Return the first place at which a file of a directory imports a path."""
    for file, content in imports.taken.items():
        if posixpath.dirname(file) == directory and path.encode("utf-8", "surrogateescape") in content:
            text = content.decode(errors="replace")
            start = _import_in(text, path)
            if start is not None:
                return Pos(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
    return None


def _import_in(text: str, path: str) -> int | None:
    return next((word.start for word, name in _imports_in(text) if name.kind == "string" and name.text == path), None)


def _computed_import(imports: Imports) -> Pos | None:
    """Return the first place at which a file imports something else than a text."""
    for file, content in imports.taken.items():
        text = content.decode(errors="replace")
        for word, name in _imports_in(text):
            if name.kind != "string":
                return Pos(file, text.count("\n", 0, word.start) + 1, word.start - text.rfind("\n", 0, word.start))
    return None


def _imports_in(text: str) -> Iterator[tuple[Token, Token]]:
    """Yield each word that imports, with what comes after it."""
    try:
        read = tokens(text)
    except Unparsed:
        return
    for word, name in pairwise(read):
        if word.text in ("import", "importstr", "importbin") and word.kind != "string":
            yield word, name


def _failed(request: JsonnetRequest, result: _Result) -> Diagnostic:
    """Return the finding about an engine's complaint, at the innermost place that lies in a file or in a variable."""
    trouble = read(result.answer.failure, result.imports.taken)
    places = [found for step in trouble.steps if (found := _place(request, step)) is not None]
    computed = _computed_import(result.imports) if trouble.message.startswith("computed imports") else None
    places = places or ([computed] if computed else [])
    where = places[0] if places else _unread(request) or _by_fields(request, result.imports, trouble)
    notes = [(place, "on the way to it") for place in dict.fromkeys(places[1:]) if place != where]
    unknown = _unknown_native(trouble, result, where)
    if unknown:
        message = f"std.native has no function {unknown!r}"
        return Diagnostic("PS732", "error", message, where, notes=tuple(notes[:MAX_NOTES]), hint=_natives_of(request))
    message = _in_context(trouble, bool(places))
    return Diagnostic("PS732", "error", message, where, notes=tuple(notes[:MAX_NOTES]))


_NATIVE = re.compile(r"""std\.native\(\s*['"](\w{1,60})['"]""")
_NO_FUNCTION = ("only functions can be called, got null", "Unexpected type null, expected function")
"""What the engines say where null is called, which `std.native` returns for a name that it does not know."""


def _unknown_native(trouble: Trouble, result: _Result, where: Origin | Pos) -> str:
    """Return the name of the function of `std.native` that does not exist, or an empty text if that is not the
    trouble.
    """
    if not trouble.message.startswith(_NO_FUNCTION) or not isinstance(where, Pos) or not where.line:
        return ""
    lines = result.imports.taken.get(where.path, b"").decode(errors="replace").split("\n")
    named = _NATIVE.findall(lines[where.line - 1]) if where.line <= len(lines) else []
    return next((name for name in named if name not in result.natives), "")


def _natives_of(request: JsonnetRequest) -> str:
    if not request.has_natives:
        return "Argo CD has no functions there; in a directory that penstock.yaml names, Penstock has those of ksonnet"
    return "docs/jsonnet.md lists those that there are"


def _in_context(trouble: Trouble, is_placed: bool) -> str:
    way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in trouble.fields).removeprefix(".")
    return trouble.message if is_placed or not way else f"{trouble.message} (in {way} of the result)"


def _place(request: JsonnetRequest, step: Step) -> Origin | Pos | None:
    """Return where a step is written, or None if it is in no file, such as the code that Penstock itself adds."""
    kind, _, name = step.path.strip("<>").partition(":")
    if not step.path.startswith("<"):
        return step.place
    values = request.variables if kind == "extvar" else request.arguments
    return next((each.where for each in values if each.name == name and each.where.at), None)


def _unread(request: JsonnetRequest) -> Origin | None:
    """Return the finding about a variable or an argument whose code is no Jsonnet. rjsonnet does not say which one it
    is.
    """
    for each in (*request.variables, *request.arguments):
        if each.is_code and not _is_readable(each.text):
            return each.where
    return None


def _is_readable(code: str) -> bool:
    try:
        parse(code)
    except Unparsed:
        return False
    return True


def _by_fields(request: JsonnetRequest, imports: Imports, trouble: Trouble) -> Pos:
    """Return where the field is written that could not be made. Of some mistakes, rjsonnet tells no more than the
    field.

    It leaves out list elements, so only the path up to the first of them is known.
    """
    return _tracer(request, imports).place(trouble.fields)
