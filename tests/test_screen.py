"""What people see: nothing that commands a terminal, colours on one and nowhere else, and what takes long."""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.cli.colours import painted
from penstock.cli.main import main
from penstock.cli.streams import Streams

ROOT = Path(__file__).parent.parent
ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "compiler"), "HOME": "/nonexistent", "TERM": "xterm"}


def run(directory: Path, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, Streams(out, err, {}, str(directory))), out.getvalue(), err.getvalue()


def on_terminal(directory: Path, *arguments: str, environ: Mapping[str, str] = {}) -> str:
    """What the program writes to a terminal."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "penstock", *arguments]
    with subprocess.Popen(
        command, cwd=directory, env={**ENVIRON, **environ}, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:  # the last writer is gone
                break
            if not read:
                break
            shown += read
        process.wait(timeout=30)
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    return tmp_path


@pytest.mark.parametrize("command", ["build", "check", "graph", "lock", "nonsense\x1b[2J", "rule"])
def test_nothing_that_is_named_on_the_command_line_reaches_the_terminal_raw(tmp_path: Path, command: str) -> None:
    status, out, err = run(tmp_path, command, "evil\x1b[2J\x07\u202e")
    assert status == 2
    assert {"\x1b", "\x07", "\u202e"} & set(out + err) == set()
    assert "\\x1b[2J" in err


def test_names_of_files_reach_the_terminal_escaped(tmp_path: Path) -> None:
    evil = tmp_path / "evil\x1b[2J"
    evil.mkdir()
    (evil / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    for command in ("build", "check", "graph"):
        _, out, err = run(tmp_path, command, evil.name)
        assert "evil\\x1b[2J" in out + err
        assert "\x1b" not in out + err


def test_manifests_are_bytes_and_not_for_the_screen(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [map.yaml]\n")
    (tmp_path / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \u3000b}\n")
    assert "\u3000" in run(tmp_path, "build", ".")[1]


def test_a_terminal_gets_colours(broken: Path) -> None:
    shown = on_terminal(broken, "check")
    assert "\x1b[31merror \x1b[0m\x1b[1mPS101\x1b[0m" in shown


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_unless_it_wants_none(broken: Path, environ: Mapping[str, str]) -> None:
    shown = on_terminal(broken, "check", environ=environ)
    assert "error PS101" in shown
    # What a command is doing may be shown without colours, but not on a terminal that cannot erase it.
    assert re.search("\x1b" if "TERM" in environ else "\x1b\\[[0-9;]*m", shown) is None


def test_a_pipe_gets_none(broken: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "check"], cwd=broken, env=ENVIRON, capture_output=True, check=False
    )
    assert b"error PS101" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("line", ["", "two targets", "error PS101 without a place", "  deployment.yaml: a note"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert painted(line) == line


def test_what_takes_long_says_so_on_a_terminal(tmp_path: Path) -> None:
    program = tmp_path / "slow.sh"
    program.write_text("#!/bin/sh\nsleep 1.6\ncat\n")
    program.chmod(0o755)
    function = "{name: slow, annotations: {config.kubernetes.io/function: 'exec: {path: ./slow.sh}'}}"
    (tmp_path / "slow.yaml").write_text(f"apiVersion: example.com/v1\nkind: Slow\nmetadata: {function}\n")
    (tmp_path / "kustomization.yaml").write_text("transformers: [slow.yaml]\n")
    options = ("--enable-alpha-plugins", "--enable-exec")
    shown = on_terminal(tmp_path, "check", *options)
    before, _, rest = shown.partition("\r\x1b[Kpenstock: checking 1 of 1 targets, 1 s")
    assert before == ""
    assert rest.endswith("\r\x1b[K1 target, 0 objects, no findings\n")
    assert "checking" not in "".join(run(tmp_path, "check", *options)[1:])


def test_of_one_code_a_thousand_findings_are_shown(tmp_path: Path) -> None:
    missing = "".join(f"- missing{number}.yaml\n" for number in range(1500))
    (tmp_path / "kustomization.yaml").write_text(f"resources:\n{missing}")
    for command in ("build", "check", "graph"):
        status, out, err = run(tmp_path, command, ".")
        lines = (out + err).splitlines()
        assert status == 3
        assert sum(" error PS101 " in line for line in lines) == 1000
        assert "and 500 more PS101; --all shows them" in lines
        _, out, err = run(tmp_path, command, "--all", ".")
        assert (out + err).count(" error PS101 ") == 1500
        assert "more PS101" not in out + err
