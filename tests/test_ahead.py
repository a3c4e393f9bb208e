"""The law of building ahead: what `check` says does not depend on the number of processes that share the work."""

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.test_kept_checks import known
from tests.test_kept_verdicts import TEXTS, TREES, files_of

from penstock.cli import ahead
from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.pipeline import build_target

BUILDS = Path(__file__).parent.parent / "fixtures" / "build"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {replicas: 1}\n"


def check(root: Path, *arguments: str, store: Path | None = None) -> tuple[int, str, str]:
    """What `penstock check` prints in a directory, with its exit status."""
    out, err = io.StringIO(), io.StringIO()
    words = ["check", "--offline", "-o", "json", *arguments, *(() if store else ["--no-cache"])]
    status = main(words, Streams(out, err, {"XDG_CACHE_HOME": str(store)}, str(root)))
    return status, out.getvalue(), err.getvalue()


def divided(monkeypatch: pytest.MonkeyPatch, processes: int = 3) -> None:
    """Divide even two targets."""
    monkeypatch.setattr(ahead, "FEW", 1)
    monkeypatch.setattr(ahead, "FIRST", 0)
    monkeypatch.setattr(ahead, "_held", lambda: 1)
    monkeypatch.setattr(ahead, "_cores", lambda: processes)


def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_cores", lambda: 1)


def write(root: Path, files: Iterable[tuple[str, str]]) -> None:
    for path, text in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def fleet(root: Path, number: int) -> None:
    """Targets that share a base, and have a file each."""
    write(root, [("base/app.yaml", DEPLOYMENT), ("base/kustomization.yaml", "resources: [app.yaml]\n")])
    for name in (f"{each:02}" for each in range(number)):
        own = DEPLOYMENT.replace("name: app", f"name: app-{name}").replace("1}", "many}")
        kustomization = f"nameSuffix: -of-{name}\nresources: [../../base, own.yaml]\n"
        write(root / "env" / name, [("own.yaml", own), ("kustomization.yaml", kustomization)])


@pytest.mark.parametrize("fixture", [*TREES, *TEXTS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_any_number_of_processes_says_the_same(fixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, files_of(fixture).items())
    one_process(monkeypatch)
    expected = check(tmp_path)
    divided(monkeypatch)
    assert check(tmp_path) == expected


def test_all_builds_of_the_fixtures_in_one_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for case in sorted(BUILDS.iterdir()):
        if (case / "input").is_dir():
            shutil.copytree(case / "input", tmp_path / case.name, symlinks=True)
    one_process(monkeypatch)
    expected = check(tmp_path)
    divided(monkeypatch)
    answers = []
    read = ahead._read

    def noted(data: bytes) -> object:
        answers.append(read(data))
        return answers[-1]

    monkeypatch.setattr(ahead, "_read", noted)
    assert check(tmp_path) == expected
    assert len(answers) == 2
    assert all(answers)


def test_the_outcome_is_kept_with_all_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, store = tmp_path / "repository", tmp_path / "cache"
    fleet(root, 12)
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(store))
    divided(monkeypatch)
    words = ("--offline", "-o", "json")
    found = check(root, store=store)
    assert known(*words) == found
    for name in ("00", "06", "11"):  # whichever process has read it
        own = root / "env" / name / "own.yaml"
        own.write_text(own.read_text().replace("replicas", f"copies{name}"))
        assert known(*words) is None
        before, found = found, check(root, store=store)
        assert before != found == check(root) == known(*words)


def test_a_process_that_dies_leaves_its_part_to_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(tmp_path, 12)
    one_process(monkeypatch)
    expected = check(tmp_path)
    divided(monkeypatch)
    this = os.getpid()

    def dies_in_a_copy(*arguments: Any) -> object:
        if os.getpid() != this:
            os.kill(os.getpid(), signal.SIGKILL)
        return build_target(*arguments)

    monkeypatch.setattr("penstock.cli.ahead.build_target", dies_in_a_copy)
    assert check(tmp_path) == expected


def test_a_process_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(tmp_path, 12)
    one_process(monkeypatch)
    expected = check(tmp_path)
    divided(monkeypatch)
    monkeypatch.setattr(ahead, "PATIENCE", 0.1)
    this, parts = os.getpid(), ahead._build_parts

    def hangs_in_a_copy(*arguments: Any) -> object:
        while os.getpid() != this:
            signal.pause()
        return parts(*arguments)

    monkeypatch.setattr(ahead, "_build_parts", hangs_in_a_copy)
    assert check(tmp_path) == expected


def test_no_process_is_left_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(tmp_path, 12)
    divided(monkeypatch)
    this, copied, copies = os.getpid(), ahead._copied, list[ahead._Copy]()
    parts = ahead._build_parts

    def interrupted(*arguments: Any) -> object:
        if os.getpid() == this:  # however much of the queue the copies have taken before
            raise KeyboardInterrupt
        return parts(*arguments)

    def noted(*arguments: Any) -> object:
        copies.append(copied(*arguments))
        return copies[-1]

    monkeypatch.setattr(ahead, "_build_parts", interrupted)
    monkeypatch.setattr(ahead, "_copied", noted)
    status, _, err = check(tmp_path)
    assert (status, err) == (130, "penstock: interrupted\n")
    assert len(copies) == 2
    for each in copies:
        with pytest.raises(ChildProcessError):
            os.waitpid(each.pid, 0)


@pytest.mark.parametrize("bound", ["objects=3", "objects=30", "values=60", "files=1"])
def test_what_targets_leave_of_a_bound_counts_in_their_order(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet(tmp_path, 12)
    one_process(monkeypatch)
    expected = check(tmp_path, "--bound", bound)
    divided(monkeypatch)
    assert check(tmp_path, "--bound", bound) == expected


def test_few_targets_are_built_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    divided_into: list[int] = []
    monkeypatch.setattr(ahead, "_cores", lambda: 8)
    monkeypatch.setattr(ahead, "_held", lambda: 64 * 1024 * 1024)
    monkeypatch.setattr(ahead, "_divide", lambda *arguments: divided_into.append(arguments[-1]))
    for number, expected in ((12, []), (70, [2])):
        fleet(tmp_path / str(number), number)
        check(tmp_path / str(number))
        assert divided_into == expected


def test_processes_that_would_take_too_much_memory_are_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_cores", lambda: 4)
    divided_into: list[int] = []
    monkeypatch.setattr(ahead, "_divide", lambda *arguments: divided_into.append(arguments[-1]))
    fleet(tmp_path, 130)
    for held in (1, 80, 120, 200):
        monkeypatch.setattr(ahead, "_held", lambda held=held: held * 1024 * 1024)
        check(tmp_path)
    assert divided_into == [4, 3, 2]


def test_the_memory_of_what_has_started_the_process_does_not_count() -> None:
    ballast = bytearray(300 * 1024 * 1024)
    ballast[::4096] = b"x" * len(ballast[::4096])
    question = "from penstock.cli import ahead; print(ahead._held() // 1024 // 1024)"
    held = int(subprocess.run([sys.executable, "-c", question], capture_output=True, check=True).stdout)
    assert 1 < held < 200 < len(ballast)
