"""What shells complete, asked of the real shells: a shell that is not installed leaves its tests out."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from penstock.cli.completions.words import Command, commands
from penstock.cli.main import COMMANDS, main
from penstock.cli.streams import Streams

CASES: Mapping[str, set[str]] = {
    "che": {"check"},
    "completion ": {"bash", "zsh", "fish"},
    "check --form": {"--format"},
    "check --format ": {"text", "json"},
    "check --format j": {"json"},
    "check sho": {"shop"},
    "build --load-restrictor LoadRestrictionsN": {"LoadRestrictionsNone"},
    "edit s": {"set"},
    "edit set im": {"image"},
    "edit add configmap --from-l": {"--from-literal"},
    "edit fix --v": {"--vars"},
    "sync pro": {"prod"},
    "hydrate --environment de": {"dev"},
    "rule PS40": {f"PS40{digit}" for digit in range(10)},
}
"""What stands behind `penstock`, and what may come of the last word."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory to complete in: with a folder `shop`, and rendered branches for dev and prod."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "shop").mkdir()
    (folder / "shop" / "README.md").touch()
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for command in (
        ("init", "--quiet"),
        (*identity, "commit", "--quiet", "--allow-empty", "-m", "Begin"),
        ("branch", "rendered/prod"),
        ("branch", "rendered/dev"),
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def script(shell: str) -> str:
    streams = Streams(StringIO(), StringIO(), {}, "/")
    assert main(["completion", shell], streams) == 0
    assert isinstance(streams.out, StringIO)
    return streams.out.getvalue()


def needs(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


@pytest.mark.parametrize("words", CASES)
def test_bash(words: str, here: Path) -> None:
    bash = needs("bash")
    given = ["penstock", *words.split(" ")]
    ask = (
        f"{script('bash')}\nCOMP_WORDS=({' '.join(map(repr, given))}); COMP_CWORD={len(given) - 1}\n"
        "_penstock\nprintf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run([bash, "-c", ask], cwd=here, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == CASES[words]


def test_bash_takes_an_equals_sign_for_a_word(here: Path) -> None:
    ask = f"{script('bash')}\nCOMP_WORDS=(penstock check --format =); COMP_CWORD=3\n_penstock\necho ${{COMPREPLY[@]}}"
    done = subprocess.run([needs("bash"), "-c", ask], cwd=here, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["text", "json"]


@pytest.mark.parametrize("words", CASES)
def test_fish(words: str, here: Path) -> None:
    ask = f"{script('fish')}\ncomplete -C 'penstock {words}'"
    environ = {"PATH": os.environ["PATH"], "HOME": str(here)}
    done = subprocess.run([needs("fish"), "-c", ask], cwd=here, env=environ, capture_output=True, text=True, check=True)
    found = {line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()}
    assert found - {".git", ".config", ".local"} == CASES[words]


@pytest.mark.parametrize("words", [words for words, meant in CASES.items() if len(meant) == 1])
def test_zsh(words: str, here: Path, tmp_path: Path) -> None:
    """On a terminal, since that is the only place where zsh completes."""
    zsh = needs("zsh")
    (tmp_path / "completion.zsh").write_text(script("zsh"))
    (tmp_path / ".zshrc").write_text(
        f"autoload -U compinit; compinit -u -d {tmp_path}/dump\nsource {tmp_path}/completion.zsh\n"
        "penstock() { print -r -- \"asked: $*\" }\nPS1='ready> '\n"
    )
    environ = {"PATH": os.environ["PATH"], "ZDOTDIR": str(tmp_path), "HOME": str(tmp_path), "TERM": "dumb"}
    *before, _ = words.split(" ")
    (wanted,) = CASES[words]
    expected = f"asked: {' '.join((*before, wanted))}"
    assert expected in typed(zsh, f"penstock {words}\t", expected, here, environ)


def typed(shell: str, keys: str, until: str, folder: Path, environ: Mapping[str, str]) -> str:
    """What a shell shows on a terminal where keys are typed, up to some text."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [shell, "-i"], cwd=folder, env=environ, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as process:
        os.close(slave)
        shown = read(master, "ready> ")
        os.write(master, keys.encode())
        time.sleep(0.5)  # zsh completes while nothing else is typed
        os.write(master, b"\n")
        shown = read(master, until)
        process.kill()
    os.close(master)
    return shown


def read(descriptor: int, until: str) -> str:
    shown = ""
    end = time.monotonic() + 20
    while until not in shown and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.5)[0]:
            shown += os.read(descriptor, 4096).decode(errors="replace").replace("\r", "")
    return shown


def test_every_command_is_there_with_its_options() -> None:
    found = {command.words: command for command in commands(COMMANDS, Streams(StringIO(), StringIO(), {}, "/"))}
    assert {words.split()[0] for words in found} == set(COMMANDS)
    assert names(found["build"]) > {"--output", "-o", "--load-restrictor", "--help"}
    assert names(found["edit add label"]) > {"--without-selector"}


def names(command: Command) -> set[str]:
    return {name for option in command.options for name in option.names}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("chek",), "did you mean check?"),
        (("edit", "set", "imgae"), "did you mean edit set image?"),
        (("check", "--ofline"), "did you mean --offline?"),
        (("check", ".", "--load-restricter=LoadRestrictionsNone"), "did you mean --load-restrictor?"),
        (("graph", "--format", "mermiad"), "did you mean mermaid?"),
        (("build", "shopp"), 'did you mean "shop"?'),
        (("check", "./shopp"), "did you mean ./shop?"),
        (("lock", "shopp"), 'did you mean "shop"?'),
        (("rule", "unknown-feild"), "did you mean unknown-field?"),
    ],
)
def test_a_misspelt_word_is_recognised(words: tuple[str, ...], meant: str, here: Path) -> None:
    streams = Streams(StringIO(), StringIO(), {}, str(here))
    assert main(words, streams) == 2
    assert isinstance(streams.err, StringIO)
    assert meant in streams.err.getvalue()


def test_edit_alone_says_what_there_is(here: Path) -> None:
    streams = Streams(StringIO(), StringIO(), {}, str(here))
    assert main(["edit"], streams) == 2
    assert isinstance(streams.err, StringIO)
    assert streams.err.getvalue().startswith("usage: penstock edit COMMAND")


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("command", [*COMMANDS, "edit set image", "edit"])
def test_help_is_no_wider_than_the_terminal(command: str, columns: int) -> None:
    environ = {**os.environ, "COLUMNS": str(columns)}
    asked = [sys.executable, "-m", "penstock", *command.split(), "--help"]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, check=True)
    assert max(map(len, done.stdout.splitlines())) <= columns
