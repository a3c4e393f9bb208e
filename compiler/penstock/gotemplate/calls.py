"""What the evaluator and the functions of templates owe each other: signatures, and what a function may ask for.

The table of a group of functions is a literal `FUNCTIONS: dict[str, Function]`. A function gets its arguments as
values; types that are not `any` have been checked. It raises `Failure` with Go's words. One that says `site=True` gets
a `Frame` before its arguments: where it is called, the meter that counts what it spends, the services of the caller.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from penstock.gotemplate.bounds import Meter
from penstock.gotemplate.nodes import Place
from penstock.gotemplate.tracing import Read, Trace
from penstock.gotemplate.values import Value, type_of
from penstock.records import NamedTuple

PARAMETERS: dict[str, str] = {
    "any": "interface {}",
    "string": "string",
    "int": "int",
    "float": "float64",
    "bool": "bool",
    "map": "map[string]interface {}",
    "list": "[]interface {}",
    "time": "time.Time",
    "uint32": "uint32",
    "certificate": "sprig.certificate",
}
"""The words of signatures, and what Go calls the types."""

CAN_BE_NIL = frozenset(("any", "map", "list"))


SLOW, SLOWER = 64, 1024


class Function:
    """A function of templates.

    `signature` has a word of `PARAMETERS` for each parameter; the last one ends in `...` where any number may come.
    `weight` is how many steps 256 characters of a long argument cost: `SLOW` for what goes over a text character by
    character in Python, `SLOWER` for what does much with each.
    """

    __slots__ = ("call", "parameters", "rest", "site", "weight")

    def __init__(self, call: Callable[..., Value], signature: str = "", site: bool = False, weight: int = 1) -> None:
        words = signature.split()
        self.call = call
        self.site = site
        self.weight = weight
        self.rest = words.pop().removesuffix("...") if signature.endswith("...") else None
        self.parameters = tuple(words)

    def type_at(self, number: int) -> str:
        """The type of an argument."""
        if number < len(self.parameters):
            return self.parameters[number]
        return self.rest or "any"

    def complaint(self, count: int) -> str | None:
        """What is wrong with a number of arguments."""
        fixed = len(self.parameters)
        if self.rest is not None:
            return None if count >= fixed else f"want at least {fixed} got {{given}}"
        return None if count == fixed else f"want {fixed} got {count}"


def accepts(word: str, value: Value) -> bool:
    """Whether Go takes a value, which is not nil, for a parameter of that type."""
    if word == "any":
        return True
    if word == "map":
        return isinstance(value, dict) and getattr(value, "element", "interface {}") == "interface {}"
    return type_of(value) == PARAMETERS[word]


class Execution(Protocol):
    """What a frame is part of: one execution of a template with all that it calls."""

    @property
    def meter(self) -> Meter: ...

    @property
    def services(self) -> "Services": ...

    @property
    def trace(self) -> Trace:
        """What is noted, where the execution is traced."""

    def find(self, name: str, templates: Any) -> Any:
        """A template, or None."""

    def invoke(self, template: Any, templates: Any, dot: Value, write: Callable[[Any], None]) -> None:
        """Execute a template. Raises `ExecError` and `Exceeded`."""

    def include(self, name: str, templates: Any, dot: Value) -> str:
        """The output of a template. Raises `ExecError` and `Failure`."""

    def evaluate(self, text: str, templates: Any, dot: Value) -> str:
        """The output of a text that is a template of its own. Raises `Failure`."""

    def ordinal(self, place: Place) -> int:
        """How often a function was called at a place before."""


class Settings(NamedTuple):
    """What templates are compiled for."""

    functions: Mapping[str, Function]
    missing_key: str = "default"
    """What a key that a map does not have gives: `default` and `zero` differ for fields of it only; or `error`."""
    traced: bool = False


class Frame:
    """One execution of a template: what its closures work on, and what functions are told of where they are called."""

    __slots__ = (
        *("depth", "dot", "execution", "is_typed", "loops", "meter", "place", "sources", "templates", "variables"),
        "write",
    )

    def __init__(
        self, execution: Execution, templates: Any, dot: Value, size: int, write: Callable[[Any], None]
    ) -> None:
        self.execution = execution
        self.meter: Meter = execution.meter
        self.templates = templates
        self.dot = dot
        self.variables: list[Value] = [dot] + [None] * size
        self.write = write
        self.depth = 0
        self.is_typed = False
        """Whether all elements of what the innermost loop goes over have one type, so that errors name it."""
        self.place: Place
        self.sources: dict[int, tuple[Read, ...]] = {}
        """Where an execution is traced: what was read for dot and for variables, by their slot."""
        self.loops: list[Any] = []
        """The same for the loops under way, each with the elements that are still to come."""


class Use(NamedTuple):
    """That a function was called whose result depends on more than the templates and their data."""

    function: str
    place: Place


class Yaml(Protocol):
    """How YAML is written and read; the printing of Kubernetes' tools is not this package's business."""

    def dump(self, value: Value) -> str:
        """A document with its line break. Raises ValueError for what has no YAML."""

    def dump_indented(self, value: Value) -> str:
        """The same with lists that are indented under their key, as go-yaml v3 prints it."""

    def load(self, text: str) -> Value:
        """The value of a document, whose numbers are floats. Raises ValueError with the words of the reader."""


class NoYaml:
    """For callers whose templates need none."""

    def dump(self, value: Value) -> str:
        raise ValueError("YAML is not available here")

    def dump_indented(self, value: Value) -> str:
        raise ValueError("YAML is not available here")

    def load(self, text: str) -> Value:
        raise ValueError("YAML is not available here")


def _nothing(*_: object) -> Mapping[str, Value]:
    return {}


def _ignore(use: Use) -> None:
    return None


class Services(NamedTuple):
    """What functions may ask of the caller."""

    yaml: Yaml = NoYaml()
    lookup: Callable[[str, str, str, str], Mapping[str, Value]] = _nothing
    """API version, kind, namespace and name of what a template asks the cluster for."""
    seed: str | None = ""
    """What random functions depend on, beside the call site and the number of the call. None: on chance, as in Helm."""
    now: float | None = None
    """The time in seconds since 1970 that `now` gives; None for the clock."""
    report: Callable[[Use], None] = _ignore
    """Is told of each use of a function whose result depends on chance, the time or the cluster."""
