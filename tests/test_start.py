"""The program as a process: what it prints does not depend on the locale, and no end of it is a traceback."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from penstock.cli import template
from penstock.cli.streams import Streams

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "penstock"]
ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "compiler"), "HOME": "/nonexistent"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

CLOSED = "penstock: cannot write the output: standard output is closed\n"
FULL = "penstock: cannot write the output: No space left on device\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop")


def run(
    directory: Path, *arguments: str, environ: Mapping[str, str] = {}, shell: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """The program in a directory; `shell` is what follows it on a command line."""
    command = ["sh", "-c", f'"$@" {shell}', "sh", *PROGRAM, *arguments]
    return subprocess.run(
        command, cwd=directory, env={**ENVIRON, **environ}, capture_output=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "environ",
    [
        {},
        ASCII,
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp1252", **ASCII},
        {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-16"},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_cached", [False, True])
def test_output_is_utf8_whatever_the_locale(tmp_path: Path, environ: Mapping[str, str], is_cached: bool) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "kustomization.yaml").write_text("resources: [café.yaml]\n", encoding="utf-8")
    body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: drinks\ndata:\n  é: café → \U0001f375\n"
    (files / "café.yaml").write_text(body, encoding="utf-8")
    cached = {"XDG_CACHE_HOME": str(tmp_path / "cache")} if is_cached else {}
    for _ in range(2):
        done = run(files, "build", ".", environ={**environ, **cached})
        assert (done.returncode, done.stderr) == (0, b"")
        assert '  é: "café → \\U0001F375"\n' in done.stdout.decode("utf-8")


def test_other_commands_print_in_any_locale(shop: Path) -> None:
    done = run(shop, "graph", "prod", environ=ASCII)
    assert "└─ Deployment.apps/shop (selector)" in done.stdout.decode("utf-8")
    assert run(shop, "rule", "PS426", environ={"PYTHONIOENCODING": "ascii"}).returncode == 0


@pytest.mark.parametrize("words", ["build prod", "check", "graph", "rule", "--version", "--help"])
@pytest.mark.parametrize("environ", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_output_that_cannot_be_written_is_status_4(shop: Path, words: str, environ: Mapping[str, str]) -> None:
    closed = run(shop, *words.split(), environ=environ, shell=">&-")
    assert (closed.returncode, closed.stderr.decode()) == (4, CLOSED)
    full = run(shop, *words.split(), environ=environ, shell=">/dev/full")
    assert (full.returncode, full.stderr.decode()) == (4, FULL)


def test_a_large_output_that_cannot_be_written_is_status_4(tmp_path: Path) -> None:
    data = "".join(f"  key{number}: {'x' * 80}\n" for number in range(2000))
    (tmp_path / "map.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}")
    (tmp_path / "kustomization.yaml").write_text("resources: [map.yaml]\n")
    for shell, message in ((">&-", CLOSED), (">/dev/full", FULL)):
        done = run(tmp_path, "build", ".", shell=shell, environ={"PYTHONUNBUFFERED": "1"})
        assert (done.returncode, done.stderr.decode()) == (4, message)
    assert run(tmp_path, "build", ".", shell="| head -c 1").stderr == b""


@pytest.mark.parametrize("environ", [{}, {"PYTHONUNBUFFERED": "1"}], ids=str)
def test_an_output_that_is_cut_off_is_status_4(tmp_path: Path, environ: Mapping[str, str]) -> None:
    """A disk that becomes full takes the first part of a write, and says how much that was."""
    data = "".join(f"  key{number}: {'x' * 80}\n" for number in range(2000))
    (tmp_path / "map.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}")
    (tmp_path / "kustomization.yaml").write_text("resources: [map.yaml]\n")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(
            [*PROGRAM, "build", "."],
            cwd=tmp_path,
            env={**ENVIRON, "PYTHONDONTWRITEBYTECODE": "1", **environ},  # a cut file of it would last
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
            preexec_fn=limited,
        )
    assert (done.returncode, done.stderr.decode()) == (4, "penstock: cannot write the output: File too large\n")
    assert (tmp_path / "out").stat().st_size == 4096


def test_what_needs_no_output_works_without(shop: Path) -> None:
    done = run(shop, "build", "prod", "-o", "prod.yaml", shell="<&- >&- 2>&-")
    assert done.returncode == 0
    assert (shop / "prod.yaml").read_bytes() == run(shop, "build", "prod").stdout


ALWAYS = {"argparse", "gettext", "locale", "base64"}


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (
            ("build", "--no-cache", "operations"),
            {*ALWAYS, "re", "penstock.resolve.transformers.strategic_merge", "penstock.resolve.merging.merge_losses"},
        ),
        (("template", "web", "chart"), ALWAYS),
    ],
    ids=["build", "template"],
)
def test_what_a_small_command_needs_not_is_not_imported(tmp_path: Path, words: Sequence[str], heavy: set[str]) -> None:
    """Most of the time of a small command is that of its imports."""
    files = {
        "operations/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n",
        "operations/a.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}\n",
        "operations/p.yaml": "- {op: add, path: /spec/containers/0/image, value: web}\n",
        "chart/Chart.yaml": "{apiVersion: v2, name: chart, version: 1.0.0}\n",
        "chart/.helmignore": ".git\n*.tmp\n",
        "chart/templates/a.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: {{ .Release.Name }}}}\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    script = (
        "import sys; from penstock import start; start._end_early = lambda status: None\n"
        f"sys.argv = ['penstock', *{words!r}]; status = start.console()\n"
        f"print(*({heavy!r} & sys.modules.keys()), file=sys.stderr); sys.exit(status)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRON, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"\n")
    assert b"web" in done.stdout


def test_a_command_line_without_options_means_what_the_parser_says(tmp_path: Path) -> None:
    streams = Streams(sys.stdout, sys.stderr, {}, str(tmp_path))
    parsed = template._parse(["web", "chart", "--no-cache"], streams)
    parsed.no_cache = False
    assert vars(template._parse(["web", "chart"], streams)) == vars(parsed)


@pytest.mark.parametrize("words", ["check -", "health -"])
def test_standard_input_that_is_closed_is_status_4(shop: Path, words: str) -> None:
    done = run(shop, *words.split(), shell="<&-")
    assert (done.returncode, done.stderr) == (4, b"penstock: cannot read standard input: it is closed\n")


def test_no_file_takes_the_place_of_a_closed_stream(shop: Path) -> None:
    """A file that is opened next would get the number of standard error, and what is said there."""
    done = run(shop, "build", "nowhere", shell="2>&-")
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """An exec function that waits is a command at work; its directory is gone afterwards, and nothing is printed."""
    waits = tmp_path / "wait.sh"
    waits.write_text("#!/bin/sh\ntouch started\nsleep 60 >/dev/null 2>&1\n")
    waits.chmod(0o755)
    function = "{name: wait, annotations: {config.kubernetes.io/function: 'exec: {path: ./wait.sh}'}}"
    (tmp_path / "wait.yaml").write_text(f"apiVersion: example.com/v1\nkind: Wait\nmetadata: {function}\n")
    (tmp_path / "kustomization.yaml").write_text("generators: [wait.yaml]\n")
    command = [*PROGRAM, "build", ".", "--enable-alpha-plugins", "--enable-exec"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_for(lambda: (tmp_path / "started").exists())
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (status, b"")
    assert b"Traceback" not in err


TAKES_APART = """\
import os, signal, sys, time, weakref
from penstock import start
from penstock.cli import main

def interrupted(_):
    os.kill(os.getpid(), int(sys.argv[1]))
    while True:
        pass

class Thing:
    pass

def command(argv, streams):
    del streams
    if sys.argv[2] == "by its class":
        Thing.__del__ = interrupted
    thing = Thing()
    if sys.argv[2] == "by whoever refers to it":  # as for threads
        known = weakref.ref(thing, interrupted)
    del thing
    time.sleep(20)
    return 0

main.main = command
sys.exit(start.console())
"""


@pytest.mark.parametrize("way", ["by its class", "by whoever refers to it"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_python_ignores_ends_it_all_the_same(number: signal.Signals, status: int, way: str) -> None:
    """It comes while an object is being taken apart, where Python only prints an exception and goes on."""
    began = time.monotonic()
    command = [sys.executable, "-c", TAKES_APART, str(int(number)), way]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (status, b"")
    assert time.monotonic() - began < 10


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
