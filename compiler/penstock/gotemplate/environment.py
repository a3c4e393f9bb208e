"""Sets of templates and their execution, which is what callers of this package work with."""

from collections.abc import Iterable, Mapping

from penstock.gotemplate import evaluator
from penstock.gotemplate.bounds import Bounds, Meter, size_of
from penstock.gotemplate.calls import Frame, Function, Services, Settings, Use
from penstock.gotemplate.evaluator import Code
from penstock.gotemplate.failures import Exceeded, ExecError, Failure, ParseError, Wrapped
from penstock.gotemplate.nodes import TPL, Namesake, Place, Tree
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.tracing import Chunk, Trace
from penstock.gotemplate.values import Value
from penstock.typed import Any

MOST_KEPT = 500_000
"""The total characters of the texts given to `tpl` whose templates are remembered; `LEAST_KEPT` counts for each."""

LEAST_KEPT = 250
"""The number of characters that take as much memory as what is remembered of a short text."""

COST_OF_PARSING = 100
"""The number of steps that parsing a text given to `tpl` costs at least."""

MAX_NESTED = 1_000
"""How deeply calls of `include` for one name may be nested (Helm's bound)."""


def code_of(tree: Tree, settings: Settings) -> Code:
    """Return a template as closures, compiled when it is first executed.

    Templates with the same text share their code. In a trace they do not: it records the text of each part.
    """
    if isinstance(tree, Namesake) and not settings.traced:
        tree = tree.of
    key = (settings.missing_key, settings.traced)
    code: Code | None = tree.code.get(key)
    if code is None:
        code = tree.code[key] = evaluator.compiled(tree, settings)
    return code


class Templates:
    """Templates by name. The templates of a text given to `tpl` hide those of the set in which `tpl` was called."""

    __slots__ = ("_known", "_outer")

    def __init__(self, outer: "Templates | None" = None) -> None:
        self._known: dict[str, Tree] = {}
        self._outer = outer

    def find(self, name: str) -> Tree | None:
        found = self._known.get(name)
        if found is None and self._outer is not None:
            return self._outer.find(name)
        return found

    def names(self) -> list[str]:
        return list(self._known)

    def add(self, trees: Iterable[Tree]) -> None:
        """Add templates. The last definition of a name counts, but an empty one replaces no earlier one."""
        for tree in trees:
            if self.find(tree.name) is None or not tree.is_empty():
                self._known[tree.name] = tree


class Environment:
    """A set of templates that see one another, as in one `Execute` of Go's package.

    `functions` are all functions that templates can call. `missing_key` is `default`, `zero` or `error`. The bounds
    apply to all executions of an environment together.
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
        """The templates that `tpl` has parsed, by text."""
        self.kept = 0
        self.calls: dict[tuple[str, int], int] = {}
        """How often each call site of a random function was reached."""

    def parse(self, name: str, text: str) -> dict[str, Tree]:
        """Parse a text and add the templates that it defines. Raises `ParseError`.

        The result can be stored (`stored`), and passed to `add` of another environment with the same functions.
        """
        from penstock.gotemplate.parser import parse  # not needed where all templates are stored

        trees = parse(name, text, self.settings.functions, self.meter)
        self.add(trees.values())
        return trees

    def add(self, trees: Iterable[Tree]) -> None:
        """Add parsed templates."""
        self.templates.add(trees)

    def keep(self, text: str, trees: dict[str, Tree]) -> None:
        """Remember the templates of a text given to `tpl`, up to a total size."""
        self.kept += LEAST_KEPT + len(text)
        if self.kept <= MOST_KEPT:
            self.parsed[text] = trees

    def execute(self, name: str, data: Value) -> str:
        """Return the output of a template. Raises `ExecError`."""
        out: list[str] = []
        template = self._execute(name, data, out, None)
        try:
            return joined(out, self.meter)
        except Failure as failure:
            raise ExecError("", template, template.root, failure) from None

    def trace(self, name: str, data: Value, trace: Trace) -> list[Chunk]:
        """Return the output of a template as chunks with their places. Raises `ExecError`."""
        out: list[Chunk] = []
        template = self._execute(name, data, out, trace)
        try:
            self.meter.write(sum([size_of(chunk.text) for chunk in out]))
        except Failure as failure:
            raise ExecError("", template, template.root, failure) from None
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
"""The text printed for nil. Helm removes it from results of `tpl`, and from each rendered file."""


class Execution:
    """One execution of a template with everything it calls."""

    def __init__(self, environment: Environment, trace: Trace | None) -> None:
        self.environment = environment
        self.meter = environment.meter
        self.services = environment.services
        self.settings = environment.settings._replace(traced=trace is not None)
        self._trace = trace
        self.depth = 0
        self.nested: dict[str, int] = {}
        self.caller: Place | None = None
        """The place in a template at which the outermost `tpl` was called."""

    @property
    def trace(self) -> Trace:
        assert self._trace is not None
        return self._trace

    def find(self, name: str, templates: Templates) -> Tree | None:
        return templates.find(name)

    def invoke(self, template: Tree, templates: Templates, dot: Value, write: Any) -> None:
        """Execute a template. Raises `ExecError`, and `Exceeded` where templates are nested too deeply."""
        code = code_of(template, self.settings)
        if self.depth >= self.environment.bounds.depth:
            raise Exceeded(f"exceeded maximum template depth ({self.environment.bounds.depth})")
        self.meter.spend(LEAST + code.weight)
        self.depth += 1
        frame = Frame(self, templates, dot, code.size, write)
        frame.tree = template
        try:
            code.run(frame)
        except ExecError as error:
            error.leave(template)
            raise
        except RecursionError:
            raise Exceeded("templates and expressions are nested too deeply") from None
        finally:
            self.depth -= 1

    def included(self, template: Tree, templates: Templates, dot: Value) -> str:
        """Return the output of a template as a text."""
        if self._trace is None:
            out: list[str] = []
            self.invoke(template, templates, dot, out.append)
            return joined(out, self.meter)
        chunks: list[Chunk] = []
        self._trace.left(dot)  # its lines tell which entries they have read
        self.invoke(template, templates, dot, chunks.append)
        self._trace.included(chunks)
        return joined([chunk.text for chunk in chunks], self.meter)

    def include(self, name: str, templates: Templates, dot: Value) -> str:
        """Return the result of Helm's `include`."""
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

    def evaluate(self, text: str, templates: Templates, dot: Value, caller: Place) -> str:
        """Return the result of Helm's `tpl`, which is called at a place."""
        if "{{" not in text:
            return text.replace(NO_VALUE, "")
        trees = self.parsed(text)
        template = trees[TPL]
        if len(trees) > 1:
            templates = Templates(templates)
            templates.add(trees.values())
        outer = self.caller
        self.caller = caller if caller.name != TPL else outer
        try:
            return self.included(template, templates, dot).replace(NO_VALUE, "")
        except (ExecError, Failure) as problem:
            raise Wrapped(f"error during tpl function execution for {quote(text)}: ", problem) from None
        finally:
            self.caller = outer

    def parsed(self, text: str) -> dict[str, Tree]:
        """Return the templates of a text, parsed when it first occurs."""
        known = self.environment.parsed.get(text)
        if known is not None:
            return known
        from penstock.gotemplate.parser import parse

        self.meter.spend(COST_OF_PARSING + len(text) // 16)
        try:
            trees = parse(TPL, text, self.settings.functions, self.meter)
        except ParseError as problem:
            raise Wrapped(f"cannot parse template {quote(text)}: ", problem) from None
        self.environment.keep(text, trees)
        return trees

    def report(self, function: str, place: Place) -> None:
        """Report a use of a function. One in a text given to `tpl` is at the place of that call."""
        self.services.report(Use(function, self.caller if place.name == TPL and self.caller else place))

    def ordinal(self, place: Place) -> int:
        """Return how often a function was called at a place before, and count this call."""
        key = (place.name, place.node.pos)
        number = self.environment.calls.get(key, 0)
        self.environment.calls[key] = number + 1
        return number


def joined(out: list[str], meter: Meter) -> str:
    """Join the pieces of an output. Raises `Exceeded` before the result gets too long."""
    if len(out) < 2:
        return out[0] if out else ""
    meter.write(sum(map(size_of, out)))
    return "".join(out)


LEAST = 10
"""The least number of steps that the execution of a template costs."""
