"""Jsonnet: what its files come to in small repositories, what is said of mistakes, and the laws of all of these.

A case is a list of paths and texts (`tree.txt`), and commands with what they print.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Golden
from tests.test_targets import run, tree_of, write

from penstock.files import Memory
from penstock.jsonnet import child
from penstock.jsonnet import worker as workers
from penstock.jsonnet.evaluate import Evaluator, given
from penstock.jsonnet.imports import Imports
from penstock.jsonnet.marks import Marked
from penstock.jsonnet.seconds import BYTES_OF_A_SECOND, Seconds
from penstock.jsonnet.syntax import parse
from penstock.jsonnet.tokens import Unparsed
from penstock.jsonnet.worker import Worker
from penstock.model import Origin, Resource
from penstock.natives import Natives
from penstock.parse.document import load_as_it_is
from penstock.parse.project import Project
from penstock.pipeline import open_project
from penstock.sources import JsonnetRequest
from penstock.targets.repository import everything
from penstock.tree import leaves, origin_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "jsonnet"
CASES = sorted(path.parent for path in FIXTURES.glob("*/tree.txt"))
SOUND = [case for case in CASES if case.name != "hostile"]
BOTH = [case for case in SOUND if case.name != "what_one_engine_lacks"]


@pytest.fixture
def low_bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a hostile case is to reach a bound, the bound is low: the way to it is the same, and takes no seconds."""
    if request.getfixturevalue("case").name == "hostile":
        monkeypatch.setitem(workers.SECONDS, "rjsonnet", 2)
        monkeypatch.setattr(workers, "MEMORY", 160 << 20)


@pytest.mark.usefixtures("low_bounds")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    write(tree_of(case), tmp_path / "repository")
    commands = (case / "commands.txt").read_text().splitlines()
    made = [run(tmp_path / "repository", *shlex.split(command)) for command in commands]
    golden(case / "expected.txt", "\n".join(made))


class PanicException(BaseException):  # the name that rjsonnet gives it
    """What a panic of rjsonnet looks like."""


def test_only_a_panic_of_the_engine_is_a_lack_of_memory() -> None:
    for words in child.NO_ROOM:
        assert child.is_no_room(PanicException(words))
        assert not child.is_no_room(RuntimeError(words)), "a file may say so by `error`"
    assert child.is_no_room(MemoryError())
    assert not child.is_no_room(PanicException("index out of bounds"))


def built(files: dict[str, str]) -> tuple[Project, dict[str, list[Resource]]]:
    """The objects of all targets that a repository has by configuration."""
    project = open_project(Memory(files))
    everything(project)
    return project, {target.name: made.resources for target, made in project.made.items()}


def with_engine(files: dict[str, str], engine: str) -> dict[str, str]:
    """The same repository, with an engine named in its penstock.yaml."""
    settings = files.get("penstock.yaml", "")
    return {**files, "penstock.yaml": f"{settings}jsonnet: {{engine: {engine}}}\n"}


@pytest.mark.parametrize("case", BOTH, ids=lambda case: case.name)
def test_both_engines_give_the_same_objects(case: Path) -> None:
    files = tree_of(case)
    first, second = (built(with_engine(files, engine))[1] for engine in ("rjsonnet", "gojsonnet"))
    assert {name: [each.body for each in objects] for name, objects in first.items()} == {
        name: [each.body for each in objects] for name, objects in second.items()
    }


OF_KSONNET = sorted(FIXTURES.glob("*/ks_show_*.yaml"))


@pytest.mark.parametrize("path", OF_KSONNET, ids=lambda path: path.stem)
def test_applications_come_to_what_ksonnet_shows(path: Path) -> None:
    """The files are what `ks show ENVIRONMENT` of ksonnet 0.13.1 has printed."""
    files = tree_of(path.parent)
    project = open_project(Memory(files))
    everything(project)
    environment = path.stem.removeprefix("ks_show_")
    (made,) = [made for target, made in project.made.items() if target.environment == environment]
    shown, _ = load_as_it_is(path.read_bytes(), str(path))
    assert made.printed is not None
    assert sorted(json.dumps(each.body, sort_keys=True) for each in made.printed) == sorted(
        json.dumps(document.body, sort_keys=True) for document in shown
    )


def evaluated_leaves(case: Path) -> Iterator[tuple[Project, Origin]]:
    project, targets = built(tree_of(case))
    for resources in targets.values():
        for resource in resources:
            if project.produced.is_value(resource.origin.path):
                yield from ((project, origin_of(resource, at)) for at, _ in leaves(resource.body))


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_a_place_has_a_step_of_the_way_to_its_value(case: Path) -> None:
    """Where a line and a column are said, a field on the way to the value begins there, or an element of a list."""
    files = tree_of(case)
    for project, origin in evaluated_leaves(case):
        place = project.place(origin)
        assert place.path in files
        if not place.line:
            continue
        text = files[place.path].split("\n")[place.line - 1][place.col - 1 :]
        names = [step for step in origin.at if isinstance(step, str)]
        is_field = any(text.startswith((name, f"'{name}'", f'"{name}"')) for name in names)
        assert is_field or any(isinstance(step, int) for step in origin.at), (origin, place, text)


MARKED = [case for case in BOTH if case.name not in ("mistakes_at_their_lines", "results_that_are_no_objects")]


@pytest.mark.parametrize("engine", ["rjsonnet", "gojsonnet"])
@pytest.mark.parametrize("case", MARKED, ids=lambda case: case.name)
def test_marks_change_nothing(case: Path, engine: str) -> None:
    """The evaluation that tells places gives the same value as the one whose value counts."""
    project, _ = built(with_engine(tree_of(case), engine))
    made = {request: found.value for request, (found, _, _) in project._evaluations.items() if found is not None}
    assert made
    worker = Worker(engine)
    for request, value in made.items():
        imports = Imports(project.files, request.file, request.libraries, request.packages)
        answer = worker.evaluate(request.file, given(request), Marked(imports, request).find, Natives())
        assert answer.value is not None, answer.failure
        assert json.loads(answer.value) == value


def test_a_value_that_is_written_out_is_found_where_it_stands() -> None:
    """Each leaf of a tree that is a literal is changed in its place, and only that leaf is another one then."""
    text = """local c = { inner: { number: 1, list: [10, 20] }, other: 5 };
local make(name, rest={}) = { kind: 'Made', metadata: { name: name, marks: [7] } } + rest;
[c { kind: 'A', inner+: { more: 2 } }, make('b', { rest: 3 }), { kind: 'C', sum: [1] + [4, 6] }]
"""
    value, place = evaluated(text)
    lines = text.split("\n")
    numbers = [(at, each) for at, each in leaves_of(value) if isinstance(each, int)]
    assert len(numbers) == 10
    for at, number in numbers:
        where = place(at)
        line = lines[where.line - 1]
        start = line.index(str(number), where.col - 1)
        changed = [*lines]
        changed[where.line - 1] = f"{line[:start]}99{line[start + len(str(number)) :]}"
        other, _ = evaluated("\n".join(changed))
        differing = [at for at, each in leaves_of(other) if each == 99]
        assert differing == [at]


def leaves_of(value: Any) -> list[tuple[tuple[Any, ...], Any]]:
    return list(leaves({"root": value}))


def evaluated(text: str) -> tuple[Any, Any]:
    """What a text comes to, and what finds its places."""
    made, findings = Evaluator()(Memory({"a.jsonnet": text}), JsonnetRequest("a.jsonnet"))
    assert made is not None, findings
    return made.value, lambda at: made.spot(Origin(made.path, 0, at[1:])).start


def test_the_time_of_a_run_grows_with_what_it_reads_and_not_with_how_often() -> None:
    seconds = Seconds()
    library = {"lib.libsonnet": b" " * 2 * BYTES_OF_A_SECOND}
    for _ in range(3):
        seconds.spend(2.0, library)
    assert not seconds.are_gone(4)
    seconds.spend(0.5, library)
    assert seconds.are_gone(4)


def test_a_file_behind_those_that_took_all_the_time_is_a_finding() -> None:
    made, findings = Evaluator()(Memory({"a.jsonnet": "{}"}), JsonnetRequest("a.jsonnet", seconds=-1))
    assert made is None
    assert [finding.code for finding in findings] == ["PS733"]
    assert "--bound seconds=" in findings[0].hint


WITHOUT = [
    "{",
    "[1, 2",
    "local a = 1",
    "a b",
    "{ a: 1 b: 2 }",
    "'open",
    "|||\n  x",
    "{ a }",
    "1 +",
    "((((",
    "\x00",
    "{ [a: 1 }",
]


@pytest.mark.parametrize("text", WITHOUT)
def test_a_text_that_is_no_jsonnet_is_not_read(text: str) -> None:
    with pytest.raises(Unparsed):
        parse(text)


def test_depth_is_no_crash() -> None:
    with pytest.raises(Unparsed):
        parse("[" * 100_000)


def test_a_worker_has_threads_but_no_files_and_no_network(tmp_path: Path) -> None:
    """What the engine cannot ask for is refused by the kernel, too; a thread is what gojsonnet cannot do without."""
    import subprocess
    import sys

    code = """
import ctypes, os, socket, sys, threading
from penstock.jsonnet import sandbox
locks = sandbox.lock()
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
tries = [
    lambda: os.open("/etc/passwd", os.O_RDONLY),
    lambda: os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", 1)),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.kill(os.getppid(), 0),
]
done = []
for number, one in enumerate(tries):
    try:
        one()
        done.append(number)
    except PermissionError:
        pass
print(locks, done)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "new")], capture_output=True, text=True, check=True
    )
    if "seccomp" in done.stdout:
        assert done.stdout.strip().endswith("[]")
    elif "landlock" in done.stdout:
        assert done.stdout.strip().endswith(("[2, 4]", "[4]", "[]"))
