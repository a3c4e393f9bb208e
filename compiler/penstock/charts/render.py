"""The interface to the template engine: templates and scopes go in, texts come out, errors are worded as Helm's."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from penstock import budget
from penstock.charts.chart import Refused, cut
from penstock.charts.hints import hint_for, value_in
from penstock.charts.reading import Readers
from penstock.charts.scopes import Renderable
from penstock.gotemplate.bounds import Bounds
from penstock.gotemplate.calls import Services, Use
from penstock.gotemplate.environment import Environment
from penstock.gotemplate.failures import Exceeded, ExecError, ParseError, TemplateError
from penstock.gotemplate.failures import Refused as Message
from penstock.gotemplate.functions import HELM
from penstock.gotemplate.tracing import Line, Trace, lines
from penstock.gotemplate.values import named
from penstock.model import Diagnostic, Origin, Pos
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.typed import Any

NO_VALUE = "<no value>"
NOTES = "NOTES.txt"
"""The template whose output Helm prints for people, and applies nothing of."""

TESTS = "/templates/tests/"
"""The folder with what only `helm test` applies."""

LOOKUP = "lookup"
STEPS = budget.Bounds().steps


class Allowance:
    """The steps that are left of those of one chart, however often it is rendered: once more to find a line, and
    several times to see whether values make a difference.
    """

    __slots__ = ("steps",)

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps


class Manner(NamedTuple):
    """How templates are executed. Without a seed, random functions and the clock give other results each time, as in
    Helm.
    """

    seed: str | None = None
    now: float | None = None
    traced: bool = False
    allowance: Allowance | None = None
    """Where the steps are counted; without it, the templates may take those of one chart."""


class Texts(NamedTuple):
    """The output of templates: the text of each by its name, and its lines if it was traced."""

    printed: dict[str, str]
    lines: dict[str, list[Line]]
    findings: list[Diagnostic]
    maps: Mapping[int, dict[str, Any]] = MappingProxyType({})
    """The maps that were read, by the identities that `lines` refers to."""
    reads: frozenset[tuple[int, str | int]] = frozenset()
    """All reads of values: (identity of a map, key)."""
    has_empty: bool = False
    """Whether a template has printed a value that is nil."""


class ChartYaml:
    """YAML for templates, by the functions of `Readers`."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def dump(self, value: Any) -> str:
        return self._readers.dump(value)

    def dump_indented(self, value: Any) -> str:
        return self._readers.dump_indented(value)

    def load(self, text: str) -> Any:
        data = text.encode("utf-8", "surrogateescape")
        documents, findings = self._readers.given(data, "")
        if not _errors(findings):
            return documents[0].body if documents else None
        words, first = self._readers.judged(data)
        if first is not None and first != data:  # what is wrong is behind the first document, where nobody reads
            documents, findings = self._readers.given(first, "")
        for finding in _errors(findings):
            raise ValueError(f"error converting YAML to JSON: yaml: {words}" if words else finding.message)
        return documents[0].body if documents else None


def _errors(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [finding for finding in findings if finding.severity == "error"]


def render(templates: Sequence[Renderable], readers: Readers, manner: Manner) -> Texts:
    """Parse all templates, then execute each that is not a partial. Raises `Refused`."""
    uses: list[Use] = []
    services = Services(yaml=ChartYaml(readers), seed=manner.seed, now=manner.now, report=uses.append)
    allowance = manner.allowance or Allowance()
    environment = Environment(HELM, missing_key="zero", bounds=Bounds(steps=allowance.steps), services=services)
    paths = {each.name: each.file.path for each in templates}
    try:
        readers.kept.parse(templates, environment)
        texts = _executed(templates, environment, paths, manner)
    except ParseError as error:
        raise _refused(_parse_words(error), error, paths) from None
    finally:
        allowance.steps = environment.meter.steps
    if manner.seed is None:  # random results were requested
        uses = [use for use in uses if use.function == LOOKUP]
    return texts._replace(findings=_used(uses, paths))


def _executed(
    templates: Sequence[Renderable], environment: Environment, paths: dict[str, str], manner: Manner
) -> Texts:
    printed: dict[str, str] = {}
    found: dict[str, list[Line]] = {}
    trace = Trace()
    has_empty = False
    for each in templates:
        if each.name.rpartition("/")[2].startswith("_"):
            continue
        each.scope["Template"] = named("common.Values", {"Name": each.name, "BasePath": each.base_path})
        try:
            if manner.traced:
                with each.scope:
                    chunks = environment.trace(each.name, each.scope, trace)
                found[each.name] = lines(chunks)
                text = "".join([chunk.text for chunk in chunks])
            else:
                with each.scope:
                    text = environment.execute(each.name, each.scope)
                has_empty = has_empty or NO_VALUE in text
            printed[each.name] = text.replace(NO_VALUE, "")
        except ExecError as error:
            refused = _refused(_exec_words(error), error.innermost(), paths, environment.templates.names())
            refused.about = (*each.at, *value_in(refused.findings[0].message))
            raise refused from None
        except Exceeded as reason:
            raise Refused("PS714", f"{each.name}: {reason}", Pos(each.file.path)) from None
    return Texts(printed, found, [], trace.maps, frozenset(trace.reads), has_empty)


def text_of(template: str, where: Origin) -> str:
    """Execute a template for the name of a release and return its output. Raises `Refused`."""
    environment = Environment(HELM)
    try:
        environment.parse("name-template", template)
        return environment.execute("name-template", None)
    except TemplateError as error:
        raise Refused("PS710", str(error), where) from None


def _used(uses: list[Use], paths: dict[str, str]) -> list[Diagnostic]:
    """Return a finding for each place that calls a function whose result depends on more than the sources. The notes of
    a chart are for people, and its tests for `helm test`: they are no part of its manifests.
    """
    found: dict[Diagnostic, None] = {}
    for use in uses:
        if use.place.name.endswith(NOTES) or TESTS in use.place.name:
            continue
        where = Pos(paths.get(use.place.name, use.place.name), use.place.line, use.place.column + 1)
        if use.function == LOOKUP:
            message = "`lookup` asks the cluster, and gets nothing here: with an answer the manifests may be others"
            found[Diagnostic("PS716", "info", message, where)] = None
        else:
            message = f"`{use.function}` gives something else each time that Helm runs; here it always gives the same"
            found[Diagnostic("PS715", "info", message, where)] = None
    return list(found)


# --- Helm's words -----------------------------------------------------------------------------------------------------


def _refused(message: str, error: TemplateError, paths: dict[str, str], templates: Iterable[str] = ()) -> Refused:
    column = 0 if error.column is None else error.column + 1
    code = "PS714" if _is_bound(error) else "PS710" if isinstance(error, ParseError) else "PS711"
    where = Pos(paths.get(error.name, error.name), error.line, column)
    return Refused(code, cut(message), where, hint_for(cut(message), HELM, templates))


def _is_bound(error: BaseException | None) -> bool:
    """Return whether an error was caused by an exceeded bound."""
    while error is not None:
        if isinstance(error, Exceeded):
            return True
        error = _next(error)
    return False


def _parse_words(error: ParseError) -> str:
    return f"parse error at ({error.location}): {str(error).split(': ')[-1]}"


def _exec_words(error: ExecError) -> str:
    """Return an error as Helm prints it: for `fail` and `required` their message, otherwise the chain of places, here
    on one line.
    """
    message = _message_of(error)
    if message is not None:
        return f"execution error at ({error.location}): {message}"
    places: list[str] = []
    current: BaseException | None = error
    while current is not None:
        text = _traced(str(current))
        if text is None:
            return str(error)
        if places[-1:] != [text]:
            places.append(text)
        current = _next(current)
    return ": ".join(places).strip()


def _message_of(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, Message):
            return str(error)
        error = _next(error)
    return None


def _next(error: BaseException) -> BaseException | None:
    failed = getattr(error, "failed", None)
    return failed if isinstance(failed, BaseException) else None


_AT = regex(r'(?s)(.*?): executing "([^"]*)" at <(.*?)>: (.*)')


def _traced(text: str) -> str | None:
    """Return one error of the chain as Helm prints it, or None if it is not an error of a template."""
    if not text.startswith("template: "):
        return None
    rest = text.removeprefix("template: ")
    if rest.startswith("no template "):
        return text
    found = _AT.fullmatch(rest)
    if found:
        message = found[4].partition(" template:")[0].removesuffix(":")
        return f'{found[1]}: executing "{found[2]}" at <{found[3]}>: {message}'
    place, colon, message = rest.rpartition(": ")
    return f"{place}: {message.partition(' template:')[0]}" if colon else None
