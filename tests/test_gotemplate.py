"""Go templates: what Go's text/template prints with the functions of Helm v4.3.1, and what it refuses.

A line of `fixtures/gotemplate/FAMILY/BEHAVIOUR.jsonl` is one case: a `template` (or several `templates` by name, of
which that called `t` is executed), `values`, and the `output` or the `error`, both recorded from Go. Numbers of values
are floats, as those of a values file are in Helm, unless `ints` is set. Where Penstock answers otherwise and means to,
`ours` says what, and `why`. What nobody should wait for is in `hostile`, recorded from Penstock: Go would go on until
the machine has no memory left. `ends` is the end of an error that is too long to be kept; `hostile` asks for small
bounds.
"""

import json
import pickle
import sys
import tracemalloc
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from penstock.emit.indented import dump_indented
from penstock.emit.yaml import Printer
from penstock.gotemplate import stored
from penstock.gotemplate.bounds import Bounds
from penstock.gotemplate.calls import Function, Services, Use
from penstock.gotemplate.environment import Environment
from penstock.gotemplate.failures import ExecError, ParseError, TemplateError
from penstock.gotemplate.functions import BUILTINS, HELM, RARE
from penstock.gotemplate.nodes import Source
from penstock.gotemplate.times import Time
from penstock.gotemplate.tracing import Line, Read, Trace, lines
from penstock.gotemplate.values import Int64, Object, Slice, Struct, Value, kind_of, named, type_of
from penstock.start import MOST_FRAMES

FIXTURES = Path(__file__).parent.parent / "fixtures" / "gotemplate"
GROUPS = (
    *("casing", "crypto", "dates", "defaults", "dicts", "encoding", "json_texts", "lists", "numbers", "paths"),
    *("randomness", "regexes", "strings", "templates", "toml", "urls", "versions"),
)
FILES = sorted(FIXTURES.rglob("*.jsonl"))


class Yaml:
    """YAML as the emitter prints it."""

    def dump(self, value: Value) -> str:
        return Printer().document(value)

    def dump_indented(self, value: Value) -> str:
        return dump_indented(value)

    def load(self, text: str) -> Value:
        raise ValueError("not read here")


def cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file. A `values.json` beside it has the values of those that name none."""
    shared = path.with_name("values.json")
    values = json.loads(shared.read_text(encoding="utf-8")) if shared.exists() else None
    lines_ = path.read_text(encoding="utf-8").split("\n")
    return [{"values": values, **json.loads(line)} for line in lines_ if line]


def values_of(value: Any, ints: bool) -> Value:
    if isinstance(value, dict):
        return {key: values_of(child, ints) for key, child in value.items()}
    if isinstance(value, list):
        return [values_of(child, ints) for child in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value) if ints else float(value)
    return value


SMALL = Bounds(steps=200_000, text=8 << 20)
"""Enough for all cases but the hostile ones, which take long to use up what is allowed otherwise."""


def environment(case: dict[str, Any]) -> Environment:
    functions = BUILTINS if case.get("plain") else HELM
    bounds = SMALL if "hostile" in case else Bounds()
    return Environment(functions, case.get("missingkey", "zero"), bounds, Services(yaml=Yaml()))


def texts(case: dict[str, Any]) -> dict[str, str]:
    found = dict(case.get("templates", {}))
    if "template" in case:
        found["t"] = case["template"]
    return {name: found[name] for name in sorted(found)}


def answer(case: dict[str, Any]) -> dict[str, str]:
    """What becomes of a case: its output, or its error."""
    made = environment(case)
    try:
        for name, text in texts(case).items():
            made.parse(name, text)
        return {"output": made.execute("t", values_of(case.get("values"), bool(case.get("ints"))))}
    except TemplateError as error:
        return {"error": str(error)}


@pytest.fixture(autouse=True)
def _frames() -> Iterator[None]:
    """As many calls inside one another as the program allows itself."""
    kept = sys.getrecursionlimit()
    sys.setrecursionlimit(MOST_FRAMES)
    yield
    sys.setrecursionlimit(kept)


def wanted(case: dict[str, Any]) -> dict[str, str]:
    if "ours" in case:
        return dict(case["ours"])
    return {key: case[key] for key in ("output", "error") if key in case}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_template_gives_what_go_gives(path: Path) -> None:
    differing = []
    for case in cases(path):
        found = printable(answer(case))
        if found != wanted(case) and not ("ends" in case and found["error"].endswith(case["ends"])):
            differing.append({**case, "found": found})
    assert differing == []


def printable(found: dict[str, str]) -> dict[str, str]:
    """Bytes that are no UTF-8 are replacement characters in the recorded answers."""
    return {key: text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for key, text in found.items()}


def successes() -> Iterator[dict[str, Any]]:
    for path in FILES:
        for case in cases(path):
            if "output" in case and "ours" not in case:
                yield case


def test_a_trace_gives_the_same_output() -> None:
    for case in successes():
        made = environment(case)
        for name, text in texts(case).items():
            made.parse(name, text)
        chunks = made.trace("t", values_of(case.get("values"), bool(case.get("ints"))), Trace())
        assert printable({"output": "".join([chunk.text for chunk in chunks])})["output"] == case["output"]


def test_parsed_templates_can_be_stored() -> None:
    for case in successes():
        made, again = environment(case), environment(case)
        for name, text in texts(case).items():
            trees = list(made.parse(name, text).values())
            again.add(stored.loads(stored.dumps(trees), Source(name, text)))
        output = again.execute("t", values_of(case.get("values"), bool(case.get("ints"))))
        assert printable({"output": output})["output"] == case["output"]


def executed_from(value: Any) -> str:
    made = Environment(HELM)
    made.add(stored.loads(pickle.dumps(value), Source("t", "")))
    return made.execute("t", None)


@pytest.mark.parametrize("value", [print, (1, 2), [("t", False, b"")], [(None, False, pickle.dumps(print))]])
def test_what_is_stored_runs_nothing(value: Any) -> None:
    with pytest.raises(stored.Unreadable):
        executed_from(value)


def test_stored_templates_belong_to_a_text_of_any_name() -> None:
    trees = list(Environment(HELM).parse("a/t", '{{ define "x" }}X{{ end }}{{ template "x" }}').values())
    made = Environment(HELM)
    made.add(stored.loads(stored.dumps(trees), Source("b/t", "")))
    assert made.execute("b/t", None) == "X"


@pytest.mark.parametrize("group", RARE)
def test_functions_that_are_imported_late_have_names_of_their_own(group: str) -> None:
    tables = {name: import_module(f"penstock.gotemplate.functions.{name}").FUNCTIONS for name in GROUPS}
    assert sorted(tables[group]) == sorted(RARE[group])
    others = {**BUILTINS, **{name: each for other in GROUPS if other != group for name, each in tables[other].items()}}
    assert others.keys() & set(RARE[group]) <= {"slice"}  # Sprig's replaces Go's
    assert all(HELM[name] is each for name, each in tables[group].items())


# What a template cannot reach.


class Box(Object):
    """An object with a field and a method, and more that Python knows of."""

    go_type = "test.Box"
    secret = "secret"
    FIELDS = {"Name": lambda box: "box"}  # noqa: RUF012
    METHODS = {"Twice": Function(lambda box, text: text * 2, "string")}  # noqa: RUF012


class Names(Slice):
    METHODS = {"Has": Function(lambda names, name: name in names, "string")}  # noqa: RUF012


def reachable() -> dict[str, Value]:
    """A value of each kind that templates can get."""
    return {
        "box": Box(),
        "struct": Struct("test.Struct", {"A": 1}),
        "names": Names(["a"]),
        "map": {"a": 1},
        "values": named("test.Values", {"a": 1}),
        "list": [1],
        "text": "text",
        "bytes": b"bytes",
        "int": 1,
        "int64": Int64(1),
        "float": 1.5,
        "bool": True,
        "time": Time(0),
        "none": None,
    }


def attributes() -> list[tuple[str, str]]:
    """Everything that Python finds in those values, by the names of the values."""
    return [(name, attribute) for name, value in reachable().items() for attribute in dir(value)]


def rendered(template: str, data: Value = None, **options: Any) -> str:
    made = Environment(HELM, "zero", **options)
    made.parse("t", template)
    return made.execute("t", reachable() if data is None else data)


@pytest.mark.parametrize("spelling", ["{{ .%s.%s }}", "{{ (.%s).%s }}", "{{ $x := .%s }}{{ $x.%s }}", "{{ .%s.%s 1 }}"])
def test_no_attribute_of_python_can_be_reached(spelling: str) -> None:
    declared = {"box": {*Box.FIELDS, *Box.METHODS}, "names": {*Names.METHODS}, "time": {*Time.METHODS}}
    for name, attribute in attributes():
        if attribute in declared.get(name, ()):
            continue
        try:
            output = rendered(spelling % (name, attribute))
        except TemplateError:
            continue
        assert output in ("<no value>", ""), (name, attribute, output)


def test_no_attribute_can_be_reached_by_index_or_format() -> None:
    for name, attribute in attributes():
        for template in (
            '{{ index .%s "%s" }}',
            '{{ get .%s "%s" }}',
            '{{ printf "{0.%s.%s}" . }}',
            '{{ dig "%s" "%s" 1 . }}',
        ):
            try:
                output = rendered(template % (name, attribute))
            except TemplateError:
                continue
            assert "object at 0x" not in output
            assert "<bound method" not in output
            assert "<class" not in output


def test_fields_and_methods_are_those_that_are_declared() -> None:
    assert (
        rendered('{{ .box.Name }} {{ .box.Twice "ab" }} {{ "x" | .box.Twice }} {{ .names.Has "a" }}')
        == "box abab xx true"
    )


def test_every_value_has_a_type_and_a_kind() -> None:
    for name, value in reachable().items():
        assert rendered(f"{{{{ typeOf .{name} }}}} {{{{ kindOf .{name} }}}}") == f"{type_of(value)} {kind_of(value)}"


# Chance.

RANDOM = (
    "{{ randAlphaNum 20 }} {{ randAlpha 20 }} {{ randNumeric 20 }} {{ randAscii 20 | b64enc }} {{ randBytes 20 }}",
    '{{ randInt 0 1000000000 }} {{ uuidv4 }} {{ shuffle "abcdefghijklmnop" }} {{ bcrypt "x" }} {{ htpasswd "a" "b" }}',
    '{{ encryptAES "a" "b" }} {{ genPrivateKey "ed25519" | b64enc }} {{ genPrivateKey "ecdsa" | b64enc }}',
    '{{ with genCA "a" 10 }}{{ .Key | b64enc }} {{ .Cert | b64enc }}{{ end }}',
)


def seeded(seed: str | None) -> list[str]:
    services = Services(seed=seed, now=1_700_000_000.0)
    return [word for template in RANDOM for word in rendered(template, services=services).split()]


def test_a_seed_gives_the_same_values_again() -> None:
    first = seeded("shop/web")
    assert first == seeded("shop/web")
    assert set(first).isdisjoint(seeded("shop/api"))


def test_without_a_seed_values_are_random() -> None:
    assert set(seeded(None)).isdisjoint(seeded(None))


def test_each_call_and_each_place_has_values_of_its_own() -> None:
    words = rendered("{{ range until 3 }}{{ randAlphaNum 20 }} {{ randAlphaNum 20 }} {{ end }}").split()
    assert len(set(words)) == 6


def test_uses_of_chance_and_time_are_reported_with_their_places() -> None:
    uses: list[Use] = []
    rendered(
        'a\n{{ uuidv4 }}\n{{ now | date "2006" }}{{ lookup "v1" "Pod" "" "" }}', services=Services(report=uses.append)
    )
    assert [(use.function, use.place.line, use.place.column) for use in uses] == [
        ("uuidv4", 2, 3),
        ("now", 3, 3),
        ("lookup", 3, 26),
    ]


def test_time_is_what_the_caller_says() -> None:
    services = Services(now=1_700_000_000.0)
    assert (
        rendered('{{ now | date "2006-01-02 15:04:05" }} {{ now.Unix }}', services=services)
        == "2023-11-14 22:13:20 1700000000"
    )


# Traces.

HELPERS = """{{- define "labels" -}}
app: {{ .Values.name }}
team: {{ .Values.team | default "none" }}
{{- end }}
"""
MANIFEST = """kind: ConfigMap
metadata:
  labels:
    {{- include "labels" . | nindent 4 }}
data:
{{- range $key, $value := .Values.data }}
  {{ $key }}: {{ $value | quote }}
{{- end }}
  text: {{ tpl .Values.text . }}
"""


def reads_of(line: Line) -> list[Read]:
    return [read for part in line.parts for read in part.reads]


def traced() -> tuple[list[tuple[str, str, int, tuple[str | int, ...]]], str]:
    """The lines of a manifest with the place that wrote each and the keys that were read for it; and the output."""
    made = Environment(HELM, "zero")
    made.parse("_helpers.tpl", HELPERS)
    made.parse("manifest.yaml", MANIFEST)
    data = {"Values": {"name": "web", "data": {"a": "1", "b": "2"}, "text": "t-{{ .Values.name }}"}}
    chunks = made.trace("manifest.yaml", data, Trace())
    found = [
        (line.text, line.place.name, line.place.line, tuple(sorted({key for _, key in reads_of(line)} - {"Values"})))
        for line in lines(chunks)
    ]
    return found, made.execute("manifest.yaml", data)


def test_each_line_knows_the_place_that_wrote_it_and_what_it_read() -> None:
    found, output = traced()
    assert "".join(f"{text}\n" for text, *_ in found) == output
    assert found == [
        ("kind: ConfigMap", "manifest.yaml", 1, ()),
        ("metadata:", "manifest.yaml", 2, ()),
        ("  labels:", "manifest.yaml", 3, ()),
        ("    app: web", "_helpers.tpl", 2, ("name",)),
        ("    team: none", "_helpers.tpl", 3, ("team",)),
        ("data:", "manifest.yaml", 5, ()),
        ('  a: "1"', "manifest.yaml", 7, ("a",)),
        ('  b: "2"', "manifest.yaml", 7, ("b",)),
        ("  text: t-web", "manifest.yaml", 9, ("name", "text")),
    ]


def test_a_trace_knows_all_that_was_read() -> None:
    made = Environment(HELM, "zero")
    made.parse("t", "{{ if .a.b }}{{ end }}{{ .c }}{{ range .d }}{{ .e }}{{ end }}")
    trace = Trace()
    made.trace("t", {"a": {}, "d": [{"e": 1}]}, trace)
    assert sorted(key for _, key in trace.reads) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    "again",
    ["$x = list $x $x", '$x = dict "a" $x "b" $x', '$_ := set $d "a" (list $d.a $d.a)', "$d = merge (dict) $d $d"],
)
def test_a_value_that_is_made_of_itself_does_not_double_what_was_read(again: str) -> None:
    loop = f"{{{{ range until 40 }}}}{{{{ {again} }}}}{{{{ end }}}}"
    text = f'{{{{ $x := .v }}}}{{{{ $d := dict "a" .v }}}}{loop}{{{{ kindOf $x }}}} {{{{ kindOf $d.a }}}}'
    data = {"v": "1"}
    trace = Trace()
    made = Environment(HELM, "zero")
    made.parse("t", text)
    reads = [read for chunk in made.trace("t", data, trace) for read in chunk.reads]
    assert (id(data), "v") in reads
    assert len(reads) < 100


# Errors and bounds.


def test_an_error_knows_its_place_and_the_innermost_one() -> None:
    made = Environment(HELM, "zero")
    made.parse("helpers", '\n{{ define "x" }}\n  {{ .a.b.c }}{{ end }}')
    made.parse("t", '\u00e9\n{{ include "x" . }}')
    with pytest.raises(ExecError) as caught:
        made.execute("t", {"a": {}})
    inner = caught.value.innermost()
    assert (caught.value.name, caught.value.line, caught.value.column) == ("t", 2, 3)
    assert (inner.name, inner.line, inner.column, inner.executed, inner.context) == ("helpers", 3, 7, "x", ".a.b.c")


def test_a_parse_error_knows_its_place() -> None:
    with pytest.raises(ParseError) as caught:
        Environment(HELM).parse("t", "a\n{{ nope }}")
    assert (caught.value.name, caught.value.line, caught.value.message) == ("t", 2, 'function "nope" not defined')


@pytest.mark.parametrize(
    ("bounds", "template"),
    [
        (Bounds(steps=100), "{{ range until 20 }}{{ add 1 2 3 4 5 6 }}{{ end }}"),
        (Bounds(text=1000), '{{ repeat 600 "x" }}{{ repeat 600 "x" }}'),
        (Bounds(depth=3), '{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}'),
    ],
)
def test_bounds_are_those_of_the_caller(bounds: Bounds, template: str) -> None:
    with pytest.raises(TemplateError):
        rendered(template, bounds=bounds)


def test_what_tpl_defines_is_seen_by_it_alone() -> None:
    assert rendered("""{{ tpl `{{ define "a" }}x{{ end }}{{ template "a" }}` . }}""") == "x"
    with pytest.raises(ExecError, match="not defined"):
        rendered("""{{ tpl `{{ define "a" }}x{{ end }}` . }}{{ template "a" }}""")


HUGE = "9" * 9_000
"""More digits than Python turns into an integer, and than anything here takes."""


@pytest.mark.parametrize(
    "template",
    [
        "{{ untilStep -9223372036854775807 9223372036854775807 1 }}",
        "{{ seq -9223372036854775807 9223372036854775807 }}",
        f"{{{{ {HUGE} }}}}",
        f'{{{{ printf "%[{HUGE}]d" 1 }}}}',
        f'{{{{ durationSeconds "{HUGE}h" }}}}',
        f'{{{{ toDate "2006" "{HUGE}" }}}}',
        f'{{{{ duration "{HUGE}" }}}}',
        f'{{{{ fromToml "a = {HUGE}" }}}}',
        f'{{{{ fromJson "{HUGE}" }}}}',
        f'{{{{ regexReplaceAll "a" "a" "${HUGE}" }}}}',
        "{{ mulf " + "1e308 " * 2_000 + "}}",
        '{{ genCA "a" 9223372036854775807 }}',
        '{{ dateInZone "2006" 9223372036854775807 "Europe/Berlin" }}',
        '{{ dateInZone "2006" 0 "../../etc/passwd" }}',
    ],
    ids=lambda template: template[:30],
)
def test_numbers_beyond_all_reason_end_in_a_result_or_an_error(template: str) -> None:
    try:
        said = rendered(template)
    except TemplateError as error:
        said = str(error)
    assert len(said) < 1_000_000


# Variables.

METHODS = (
    ('{{ .box.Twice ($x := "a") }}{{ $x }}', "aaa"),
    ('{{ .box.Twice (print ($y := "b") ($x := "a")) }}{{ $x }}{{ $y }}', "babaab"),
    ('{{ range until 3 }}{{ $.box.Twice ($x := "a") }}{{ $z := 4 }}{{ $x }}{{ $z }}{{ end }}', "aaa4aaa4aaa4"),
    ('{{ $x := "q" }}{{ .box.Twice ($x := print "a" $x) }}{{ $x }}', "aqaqaq"),
    ('{{ $y := "q" }}{{ .box.Twice ($y = "a") }}{{ $y }}', "aaa"),
)


@pytest.mark.parametrize(("template", "output"), METHODS)
def test_arguments_of_a_method_may_declare_variables(template: str, output: str) -> None:
    assert rendered(template) == output


DECLARED = "".join([f"{{{{ $x{number} := 1 }}}}" for number in range(5_000)])


def test_a_variable_is_found_as_fast_among_many() -> None:
    assert rendered(DECLARED + "{{ $x0 }}" * 5_000) == "1" * 5_000


def test_calls_of_methods_do_not_keep_all_variables() -> None:
    tracemalloc.start()
    try:
        rendered(DECLARED + '{{ $.box.Twice "a" }}' * 2_000)
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_a_string_that_is_not_closed_takes_no_memory_of_its_own() -> None:
    with pytest.raises(TemplateError, match="unterminated quoted string"):
        rendered('{{ "' + "a" * 5_000_000)
