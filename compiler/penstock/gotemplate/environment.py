"""Template sets and their execution: what callers of this package work with."""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.gotemplate import evaluator
from penstock.gotemplate.bounds import Bounds, Meter
from penstock.gotemplate.calls import Frame, Function, Services, Settings
from penstock.gotemplate.evaluator import Code
from penstock.gotemplate.failures import Exceeded, ExecError, Failure, ParseError, Wrapped
from penstock.gotemplate.nodes import Place, Tree
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.tracing import Chunk, Trace
from penstock.gotemplate.values import Value

MOST_KEPT = 500_000
"""Characters of the texts of `tpl` whose templates are remembered."""

MAX_NESTED = 1_000
"""How often `include` goes into a template of one name that it has not come out of (Helm's bound)."""


def code_of(tree: Tree, settings: Settings) -> Code:
    """A template as closures, made when it is first executed."""
    key = (settings.missing_key, settings.traced)
    code: Code | None = tree.code.get(key)
    if code is None:
        code = tree.code[key] = evaluator.compiled(tree, settings)
    return code


class Templates:
    """Templates by name. Those of `tpl` stand before those of the set that it was called in."""

    __slots__ = ("_known", "_outer")

    def __init__(self, outer: "Templates | None" = None) -> None:
        self._known: dict[str, Tree] = {}
        self._outer = outer

    def find(self, name: str) -> Tree | None:
        found = self._known.get(name)
        if found is None and self._outer is not None:
            return self._outer.find(name)
        return found

    def add(self, trees: Iterable[Tree]) -> None:
        """The last definition of a name counts, but an empty one takes the place of none."""
        for tree in trees:
            if self.find(tree.name) is None or not tree.is_empty():
                self._known[tree.name] = tree


class Environment:
    """A set of templates that see one another, as one `Execute` of Go's package has it.

    `functions` are all that templates can call. `missing_key` is `default`, `zero` or `error`. What bounds allow is
    for all executions of an environment together.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        missing_key: str = "default",
        bounds: Bounds = Bounds(),
        services: Services = Services(),
    ) -> None:
        self.settings = Settings(functions, missing_key)
        self.services = services
        self.bounds = bounds
        self.meter = Meter(bounds)
        self.templates = Templates()
        self.parsed: dict[str, dict[str, Tree]] = {}
        """What `tpl` has parsed, by text."""
        self.kept = 0
        self.calls: dict[tuple[str, int], int] = {}
        """How often each call site of a random function was reached."""

    def parse(self, name: str, text: str) -> dict[str, Tree]:
        """Parse a text and add what it defines. Raises `ParseError`.

        The result can be stored (`stored`), and given to `add` of another environment with the same functions.
        """
        from penstock.gotemplate.parser import parse  # not needed where all templates are stored

        trees = parse(name, text, self.settings.functions, self.meter)
        self.add(trees.values())
        return trees

    def add(self, trees: Iterable[Tree]) -> None:
        """Add parsed templates."""
        self.templates.add(trees)

    def keep(self, text: str, trees: dict[str, Tree]) -> None:
        """Remember what `tpl` has parsed, up to a size."""
        self.kept += len(text)
        if self.kept <= MOST_KEPT:
            self.parsed[text] = trees

    def execute(self, name: str, data: Value) -> str:
        """The output of a template. Raises `ExecError`."""
        out: list[str] = []
        template = self._execute(name, data, out, None)
        try:
            return joined(out, self.meter)
        except Failure as failure:
            raise ExecError("", template, template.root, failure) from None

    def trace(self, name: str, data: Value, trace: Trace) -> list[Chunk]:
        """The output in pieces that know where they come from. Raises `ExecError`."""
        out: list[Chunk] = []
        self._execute(name, data, out, trace)
        return out

    def _execute(self, name: str, data: Value, out: list[Any], trace: Trace | None) -> Tree:
        template = self.templates.find(name)
        if template is None:
            raise Failure(f"template: no template {quote(name)} associated with template {quote(TPL)}")
        try:
            execution = Execution(self, trace)
            execution.invoke(template, self.templates, data, out.append)
        except Failure as failure:
            raise ExecError("", template, template.root, failure) from None
        return template


NO_VALUE = "<no value>"
"""What is printed for nil. Helm takes it out of what `tpl` gives, and out of each rendered file."""

TPL = "gotpl"
"""What Helm calls each text that `tpl` is given."""


class Execution:
    """One execution of a template with all that it calls."""

    def __init__(self, environment: Environment, trace: Trace | None) -> None:
        self.environment = environment
        self.meter = environment.meter
        self.services = environment.services
        self.settings = environment.settings._replace(traced=trace is not None)
        self._trace = trace
        self.depth = 0
        self.nested: dict[str, int] = {}

    @property
    def trace(self) -> Trace:
        assert self._trace is not None
        return self._trace

    def find(self, name: str, templates: Templates) -> Tree | None:
        return templates.find(name)

    def invoke(self, template: Tree, templates: Templates, dot: Value, write: Any) -> None:
        """Execute a template. Raises `ExecError`, and `Exceeded` where it is too deep inside of others."""
        code = code_of(template, self.settings)
        if self.depth >= self.environment.bounds.depth:
            raise Exceeded(f"exceeded maximum template depth ({self.environment.bounds.depth})")
        self.meter.spend(LEAST)
        self.depth += 1
        try:
            code.run(Frame(self, templates, dot, code.size, write))
        except RecursionError:
            raise Exceeded("templates and expressions are nested too deeply") from None
        finally:
            self.depth -= 1

    def included(self, template: Tree, templates: Templates, dot: Value) -> str:
        """The output of a template as a text."""
        if self._trace is None:
            out: list[str] = []
            self.invoke(template, templates, dot, out.append)
            return joined(out, self.meter)
        chunks: list[Chunk] = []
        self.invoke(template, templates, dot, chunks.append)
        self._trace.included(chunks)
        return joined([chunk.text for chunk in chunks], self.meter)

    def include(self, name: str, templates: Templates, dot: Value) -> str:
        """What Helm's `include` gives."""
        count = self.nested.get(name, 0)
        if count > MAX_NESTED:
            raise Failure(f"rendering template has a nested reference name: {name}: unable to execute template")
        template = templates.find(name)
        if template is None:
            raise Failure(f"template: no template {quote(name)} associated with template {quote(TPL)}")
        self.nested[name] = count + 1
        text = self.included(template, templates, dot)
        self.nested[name] = count
        return text

    def evaluate(self, text: str, templates: Templates, dot: Value) -> str:
        """What Helm's `tpl` gives."""
        if "{{" not in text:
            return text.replace(NO_VALUE, "")
        trees = self.parsed(text)
        template = trees[TPL]
        if len(trees) > 1:
            templates = Templates(templates)
            templates.add(trees.values())
        try:
            return self.included(template, templates, dot).replace(NO_VALUE, "")
        except (ExecError, Failure) as problem:
            raise Wrapped(f"error during tpl function execution for {quote(text)}: ", problem) from None

    def parsed(self, text: str) -> dict[str, Tree]:
        """The templates of a text, parsed when it is first seen."""
        known = self.environment.parsed.get(text)
        if known is not None:
            return known
        from penstock.gotemplate.parser import parse

        self.meter.spend(len(text) // 16)
        try:
            trees = parse(TPL, text, self.settings.functions, self.meter)
        except ParseError as problem:
            raise Wrapped(f"cannot parse template {quote(text)}: ", problem) from None
        self.environment.keep(text, trees)
        return trees

    def ordinal(self, place: Place) -> int:
        """How often a function was called at a place before."""
        key = (place.name, place.node.pos)
        number = self.environment.calls.get(key, 0)
        self.environment.calls[key] = number + 1
        return number


def joined(out: list[str], meter: Meter) -> str:
    """The pieces of an output together. Raises `Exceeded` before that is too long."""
    if len(out) < 2:
        return out[0] if out else ""
    meter.write(sum(map(len, out)))
    return "".join(out)


LEAST = 4
"""Steps that the execution of a template costs at least."""
