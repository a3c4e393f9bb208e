"""The graph stage: what its fixtures say, what holds for every one of them, and its bounds of time."""

import io
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from tests.cases import memory, resource, resources
from tests.conftest import Apart, Golden

from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.graph.codes import PAGES
from penstock.graph.link import link
from penstock.graph.references import External
from penstock.graph.waves import ANSWERED, UNORDERED
from penstock.model import Compiled, Diagnostic, Edge, Resource, Target, Together, Tree
from penstock.parse.locate import locate
from penstock.report.graph_dot import graph_dot
from penstock.report.graph_json import graph_json
from penstock.report.graph_mermaid import graph_mermaid
from penstock.report.graph_text import graph_text
from penstock.report.text import text
from penstock.tree import get
from penstock.words import Nearest

FIXTURES = Path(__file__).parent.parent / "fixtures" / "graph"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/input.yaml"))
FORMATS = sorted((FIXTURES / "formats").iterdir())
EXAMPLE = re.compile(r"^(Bad|Good):\n```yaml\n(.*?)```", re.MULTILINE | re.DOTALL)

on_every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")


def read(case: Path) -> list[Resource]:
    return resources((case / "input.yaml").read_text())


def compiled(found: list[Resource], path: str = "shop") -> Compiled:
    graph, diagnostics = link(found)
    return Compiled(Target(path, path), found, graph, diagnostics)


def alone(made: Compiled) -> Together:
    return Together(made.target.environment, [made])


@on_every_case
def test_cases(case: Path, golden: Golden) -> None:
    source = (case / "input.yaml").read_text()
    made = compiled(resources(source))
    files = memory(source)
    findings = text(made.diagnostics, lambda where: locate(files, where))
    golden(case / "expected.txt", graph_text([alone(made)]) + (f"\n{findings}" if findings else ""))


@on_every_case
def test_every_edge_leads_from_a_written_field_to_an_object(case: Path) -> None:
    found = read(case)
    by_id = {each.id: each for each in found}
    for edge in link(found)[0].edges:
        assert get(by_id[edge.src].body, edge.at) is not None
        assert edge.dst in by_id


@on_every_case
def test_a_wave_needs_only_earlier_ones_unless_there_is_a_loop(case: Path) -> None:
    found = read(case)
    graph, diagnostics = link(found)
    assert sorted(key for wave in graph.waves for key in wave) == sorted(each.id for each in found)
    number = {key: number for number, wave in enumerate(graph.waves) for key in wave}
    if not codes(diagnostics) & {"PS306"}:
        for edge in ordering(graph.edges):
            assert number[edge.dst] < number[edge.src], edge


def ordering(edges: Sequence[Edge]) -> Iterator[Edge]:
    """What says who comes first, in a plain way of its own."""
    for edge in edges:
        if edge.why not in UNORDERED:
            yield edge
        if edge.why in ANSWERED:
            yield from (edge._replace(dst=other.dst) for other in edges if other[::3] == (edge.dst, "selector"))


@on_every_case
def test_the_order_of_the_manifests_changes_no_edge_and_no_wave(case: Path) -> None:
    found = read(case)
    graph, diagnostics = link(found)
    random.Random(1).shuffle(found)
    other, more = link(found)
    assert sorted(graph.edges, key=repr) == sorted(other.edges, key=repr)
    if not codes(diagnostics) & {"PS306"}:
        assert [set(wave) for wave in graph.waves] == [set(wave) for wave in other.waves]
    assert codes(diagnostics) == codes(more)


@on_every_case
def test_no_value_of_a_secret_is_said(case: Path) -> None:
    made = compiled(read(case))
    said = (
        repr(made.diagnostics)
        + graph_text([alone(made)])
        + graph_json([alone(made)], lambda where: locate(memory(""), where))
    )
    assert "not to be shown" not in said
    assert "bm90IHRvIGJlIHNob3du" not in said


def codes(diagnostics: Sequence[Diagnostic]) -> set[str]:
    return {each.code for each in diagnostics}


@pytest.mark.parametrize(("code", "page"), [(code, page) for code, _, page in PAGES if "Bad:" in page])
def test_the_examples_of_a_page_are_true(code: str, page: str) -> None:
    (_, bad), (_, good) = EXAMPLE.findall(page)
    assert codes(link(resources(bad))[1]) == {code}
    assert link(resources(good))[1] == []


# --- the bounds of the target


@pytest.mark.parametrize(
    ("external", "is_known"),
    [
        (External("Secret", "shop", "tls"), True),
        (External("Secret", "*", "tls"), True),
        (External("*", "*", "*"), True),
        (External("Secret", "sh*", "t*s"), True),
        (External("Secret", "shop", "t*l*s*"), True),
        (External("Secret", "shop", "tls*tls"), False),
        (External("Secret", "shop", "*tls-2"), False),
        (External("ConfigMap", "shop", "tls"), False),
        (External("Secret", "other", "tls"), False),
    ],
)
def test_an_external_object_is_made_elsewhere(external: External, is_known: bool) -> None:
    pod = pod_with(volumes=[{"name": "a", "secret": {"secretName": "tls"}}])
    assert codes(link([pod], [external])[1]) == (set() if is_known else {"PS302"})


def pod_with(name: str = "a", labels: Tree = {}, **spec: object) -> Resource:
    return made("v1", "Pod", name, spec, labels=labels)


def made(version: str, kind: str, name: str, spec: object, **metadata: object) -> Resource:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop", **metadata}}
    return resource({**body, "spec": spec})


# --- bounds of time: each of these takes minutes where a step is quadratic


@pytest.mark.parametrize("number", [20_000])
def test_many_objects_that_need_one_are_linked_in_linear_time(number: int) -> None:
    settings = resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}})
    settings.body["data"] = {f"k{index}": "" for index in range(number)}
    keys = [{"key": f"k{index}", "path": "a"} for index in range(number)]
    pods = [pod_with(f"p{n}", volumes=[{"name": "a", "configMap": {"name": "a"}}]) for n in range(number)]
    eager = pod_with("eager", volumes=[{"name": "a", "configMap": {"name": "a", "items": keys}}])
    graph, diagnostics = link([*pods, eager, settings])
    assert len(graph.edges) == number + 1
    assert [len(wave) for wave in graph.waves] == [1, number + 1]
    assert diagnostics == []
    wrong = [{"key": f"no{index}", "path": "a"} for index in range(number)]
    mistaken = pod_with("mistaken", volumes=[{"name": "a", "configMap": {"name": "a", "items": wrong}}])
    assert len(link([mistaken, settings])[1]) == number


def test_many_names_that_nothing_has_are_found_in_bounded_time() -> None:
    volumes = [{"name": "a", "secret": {"secretName": f"wrong-{number}-{number * 7}"}} for number in range(3000)]
    secrets = [made("v1", "Secret", f"right-{number}-{number * 7}", None) for number in range(3000)]
    assert len(link([pod_with(volumes=volumes), *secrets])[1]) == 3000


def test_selectors_that_choose_too_much_are_not_followed_and_that_is_said() -> None:
    services = [made("v1", "Service", f"s{number}", {"selector": {"app": "a"}}) for number in range(1500)]
    pods = [pod_with(f"p{number}", labels={"app": "a"}) for number in range(1000)]
    graph, diagnostics = link([*services, *pods])
    assert [each.code for each in diagnostics] == ["PS307"]
    assert len(graph.edges) == 1_000_000


def budget(name: str, expressions: Sequence[Mapping[str, object]]) -> Resource:
    return made("policy/v1", "PodDisruptionBudget", name, {"selector": {"matchExpressions": expressions}})


def test_a_selector_with_lists_of_values_chooses_what_each_list_has_in_the_order_of_the_workloads() -> None:
    pods = [pod_with(f"p{number}", labels={"a": f"v{number % 5}", "b": f"w{number % 3}"}) for number in range(30)]
    wanted = [{"key": "a", "operator": "In", "values": ["v3", "v1", "v3"]}]
    wanted += [{"key": "b", "operator": "In", "values": ["w2", "w0", "nothing"]}]
    graph, diagnostics = link([*pods, budget("all", wanted)])
    chosen = [f"p{number}" for number in range(30) if number % 5 in (1, 3) and number % 3 in (0, 2)]
    assert [edge.dst.name for edge in graph.edges] == chosen
    assert diagnostics == []


def test_each_expression_of_a_selector_counts_for_the_bound() -> None:
    pods = [pod_with(f"p{number}", labels={"a": "x"}) for number in range(1000)]
    many = [{"key": "a", "operator": "In", "values": ["x"]}] * 100
    graph, diagnostics = link([*pods, *(budget(f"b{number}", many) for number in range(20))])
    assert [each.code for each in diagnostics] == ["PS307"]
    assert len(graph.edges) == 10_000


def test_a_long_chain_and_a_long_loop_need_no_recursion() -> None:
    number = 5000
    names = [f"c{index}" for index in range(number)]
    chain = [claim(name, [needed]) for name, needed in pairwise(names)]
    last = claim(names[-1], [])
    assert len(link([*chain, last])[0].waves) == number
    assert len(graph_text([alone(compiled([*chain, last]))])) < 100 * 2 * number
    graph, [finding] = link([*chain, claim(names[-1], [names[0]])])
    assert len(finding.message) < 2000
    assert len(graph.waves) == number


def claim(name: str, needs: Sequence[str]) -> Resource:
    """A claim that is made from others; from several, since there may be two fields."""
    sources = {"dataSource": needs[:1], "dataSourceRef": needs[1:2]}
    spec = {f: {"kind": "PersistentVolumeClaim", "name": names[0]} for f, names in sources.items() if names}
    return made("v1", "PersistentVolumeClaim", name, spec)


@pytest.mark.parametrize("seed", range(60))
def test_loops_are_cut_so_that_everything_has_a_wave(seed: int) -> None:
    rng = random.Random(seed)
    names = [f"c{index}" for index in range(rng.randrange(1, 12))]
    found = [claim(name, rng.sample(names, min(len(names), rng.randrange(3)))) for name in names]
    graph, diagnostics = link(found)
    assert sorted(key.name for wave in graph.waves for key in wave) == sorted(names)
    for finding in diagnostics:
        if finding.code == "PS306":
            ids = finding.message.partition(": ")[0].split(" → ")
            needed = {(str(edge.src), str(edge.dst)) for edge in graph.edges}
            assert set(pairwise(ids)) <= needed
            assert ids[0] == ids[-1]
            assert len(set(ids)) == len(ids) - 1
    assert link(found) == (graph, diagnostics)


def test_a_hint_is_given_for_so_many_names_only() -> None:
    nearest = Nearest()
    assert [bool(nearest.to("shpo", ["shop"])) for _ in range(150)].count(True) == 100


# --- drawings


@pytest.mark.parametrize("case", FORMATS, ids=lambda case: case.name)
@pytest.mark.parametrize("form", ["text", "mermaid", "dot", "json"])
def test_formats(case: Path, form: str, golden: Golden, apart: Apart) -> None:
    status, out, err = run(apart(case / "input"), "--format", form)
    golden(case / f"expected.{form}", out)
    golden(case / "expected.findings", f"{err}exit status {status}\n")


def run(directory: Path, *arguments: str) -> tuple[int, str, str]:
    streams = Streams(io.StringIO(), io.StringIO(), {}, str(directory))
    status = main(["graph", *arguments], streams)
    return status, streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "penstock: there is no directory, environment or target absent"),
        (
            ["base/templates"],
            "there is no kustomization, chart or definition of Argo CD or Flux in or below base/templates",
        ),
        (["--format", "svg"], "invalid choice"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: Sequence[str], said: str) -> None:
    (tmp_path / "base" / "templates").mkdir(parents=True)
    status, out, err = run(tmp_path, *arguments)
    assert (status, out) == (2, "")
    assert said in err


HOSTILE = 'a"] --> b["<img src=x>\n"; \\N #35; `x` %% $(y)\x1b[31m'


def test_no_name_gets_out_of_its_box() -> None:
    pod = pod_with(HOSTILE, volumes=[{"name": "a", "configMap": {"name": HOSTILE}}])
    settings = resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": HOSTILE, "namespace": "shop"}})
    shown = [alone(compiled([pod, settings], path=HOSTILE))]
    mermaid = graph_mermaid(shown).splitlines()
    assert len(mermaid) == 6
    assert all(re.fullmatch(r"[\w \[\]\"#;>|,./-]*", line) for line in mermaid)
    assert all(line.count('"') in (0, 2) for line in mermaid)
    dot = graph_dot(shown).splitlines()
    assert len(dot) == 11
    assert all(re.fullmatch(r'[^"]*("([^"\\]|\\["\\])*")?[^"]*("([^"\\]|\\["\\])*")?[^"]*', line) for line in dot)
    assert "\x1b" not in graph_text(shown) + graph_json(shown, lambda where: locate(memory(""), where))
