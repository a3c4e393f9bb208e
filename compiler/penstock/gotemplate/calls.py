"""The interface between the evaluator and the functions of templates: signatures, and what a function may ask for.

Each group of functions has a table, a literal `FUNCTIONS: dict[str, Function]`. A function gets its arguments as
values; the evaluator has checked all types but `any`. It raises `Failure` with Go's words. A function with `site=True`
gets a `Frame` before its arguments, which holds the call site, the meter that counts what the function spends, and the
services of the caller.
"""

from collections.abc import Callable, Mapping

from penstock.gotemplate.bounds import Meter
from penstock.gotemplate.nodes import Place, Tree
from penstock.gotemplate.tracing import Noted, Trace
from penstock.gotemplate.values import Value, type_of
from penstock.records import NamedTuple
from penstock.typed import Any, Protocol

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
"""The words of signatures, with Go's names of the types."""

CAN_BE_NIL = frozenset(("any", "map", "list"))


SLOW, SLOWER = 192, 1024


class Function:
    """A function of templates.

    `signature` has a word of `PARAMETERS` for each parameter; the last one ends in `...` where it takes any number of
    arguments. `weight` is the number of steps that 256 characters of a long argument cost: `SLOW` for a function that
    goes over a text character by character in Python, `SLOWER` for one that does much work for each character. `cost`
    is the number of steps that a call costs with short arguments (`bench/costs_of_functions.py` measures both).
    """

    __slots__ = ("call", "cost", "parameters", "rest", "site", "weight")

    def __init__(  # a literal table is read best with all of them
        self, call: Callable[..., Value], signature: str = "", site: bool = False, weight: int = 1, cost: int = 2
    ) -> None:
        words = signature.split()
        self.call = call
        self.site = site
        self.weight = weight
        self.cost = cost
        self.rest = words.pop().removesuffix("...") if signature.endswith("...") else None
        self.parameters = tuple(words)

    def type_at(self, number: int) -> str:
        """Return the type of the parameter that takes an argument."""
        if number < len(self.parameters):
            return self.parameters[number]
        return self.rest or "any"

    def complaint(self, count: int) -> str | None:
        """Return what is wrong with a number of arguments, or None where it fits."""
        fixed = len(self.parameters)
        if self.rest is not None:
            return None if count >= fixed else f"want at least {fixed} got {{given}}"
        return None if count == fixed else f"want {fixed} got {count}"


def accepts(word: str, value: Value) -> bool:
    """Return whether Go accepts a value other than nil for a parameter of a type."""
    if word == "any":
        return True
    if word == "map":
        return isinstance(value, dict) and getattr(value, "element", "interface {}") == "interface {}"
    return type_of(value) == PARAMETERS[word]


class Execution(Protocol):
    """One execution of a template with everything it calls. Frames are parts of it."""

    @property
    def meter(self) -> Meter: ...

    @property
    def services(self) -> "Services": ...

    @property
    def trace(self) -> Trace:
        """The trace of the execution, where it has one."""

    def find(self, name: str, templates: Any) -> Any:
        """Return a template by name, or None where there is none."""

    def invoke(self, template: Any, templates: Any, dot: Value, write: Callable[[Any], None]) -> None:
        """Execute a template. Raises `ExecError` and `Exceeded`."""

    def include(self, name: str, templates: Any, dot: Value) -> str:
        """Return the output of a template. Raises `ExecError` and `Failure`."""

    def evaluate(self, text: str, templates: Any, dot: Value, caller: Place) -> str:
        """Return the output of a text that is a template of its own. Raises `Failure`."""

    def report(self, function: str, place: Place) -> None:
        """Report a use of a function whose result depends on more than the templates and their data."""

    def ordinal(self, place: Place) -> int:
        """Return how often a function was called at a place before."""


class Settings(NamedTuple):
    """The settings for which templates are compiled."""

    functions: Mapping[str, Function]
    missing_key: str = "default"
    """The result of a missing key of a map: `default`, `zero` or `error`. The first two differ only for fields of that
    result.
    """
    traced: bool = False


class Frame:
    """One execution of a single template: the state of its closures, and what functions learn about their call site."""

    __slots__ = (
        *("depth", "dot", "execution", "is_typed", "loops", "meter", "place", "sources", "templates", "tree"),
        *("variables", "write"),
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
        """Whether the elements of the innermost loop all have one static type, which errors then name."""
        self.tree: Tree
        """The template that is executed. Its code may have been compiled for another one (`Namesake`)."""
        self.place: Place
        self.sources: dict[int, tuple[Noted, ...]] = {}
        """In a traced execution: what was read for dot and for variables, by their slot."""
        self.loops: list[Any] = []
        """In a traced execution: the loops that are running, each with the elements still to come."""


class Use(NamedTuple):
    """A call of a function whose result depends on more than the templates and their data."""

    function: str
    place: Place


class Yaml(Protocol):
    """Writes and reads YAML. This package leaves to its caller how Kubernetes' tools print YAML."""

    def dump(self, value: Value) -> str:
        """Return a value as a document that ends in a line break. Raises ValueError where YAML cannot express it."""

    def dump_indented(self, value: Value) -> str:
        """Do the same as `dump`, with lists indented under their key as go-yaml v3 prints them."""

    def load(self, text: str) -> Value:
        """Return the value of a document; its numbers are floats. Raises ValueError with the YAML parser's words."""


class NoYaml:
    """A `Yaml` for callers whose templates use no YAML: every method raises ValueError."""

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
    """The services of the caller that functions may use."""

    yaml: Yaml = NoYaml()
    lookup: Callable[[str, str, str, str], Mapping[str, Value]] = _nothing
    """Looks up an object of the cluster by API version, kind, namespace and name."""
    seed: str | None = ""
    """The seed of random functions, besides the call site and the number of the call. None for true randomness, as in
    Helm.
    """
    now: float | None = None
    """The time that `now` returns, in seconds since 1970; None for the time of the clock."""
    report: Callable[[Use], None] = _ignore
    """Called for each use of a function whose result depends on chance, the time or the cluster."""
