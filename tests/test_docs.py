"""The manual is true: what commands print, which commands and options there are, and where its links lead."""

import re
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from tests.conftest import Golden
from tests.manual import CONSOLE, PAGES, ROOT, commands, play, shop, with_outputs

from penstock import expression, files, git, git_files
from penstock.budget import Bounds
from penstock.charts import bounds as chart_bounds
from penstock.charts import strvals
from penstock.cli.main import COMMANDS, main
from penstock.cli.streams import Streams
from penstock.emit import repository as emit_repository
from penstock.parse.reading import faults
from penstock.remote import git as remote_git
from penstock.remote import remotes, transport
from penstock.resolve import level
from penstock.validate import patience

FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
INVOCATION = re.compile(r"(?:^|[$|&] |\(|run: )penstock ([a-z]+)\b((?:[^|`\n#]|\n +(?=\[))*)", re.MULTILINE)
"""A command line: the command, and its arguments, which in a usage go on in lines that begin with a bracket."""
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NEEDS_A_CLUSTER = " --context "


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def help_of(*command: str) -> str:
    out = StringIO()
    assert main([*command, "--help"], Streams(out, StringIO(), {}, ".")) == 0
    return out.getvalue()


# --- consoles


@pytest.mark.parametrize("page", [p for p in PAGES if CONSOLE.search(p.read_text())], ids=page_name)
def test_a_page_says_what_its_commands_print(page: Path, golden: Golden, tmp_path: Path) -> None:
    """All but those that need a cluster: these are played in `tests/cluster/test_readme.py`."""
    text = page.read_text()
    session = commands(text)
    played = [command for command in session if NEEDS_A_CLUSTER not in command]
    outputs = iter(play(played, shop(tmp_path)))
    golden(page, with_outputs(text, [next(outputs) if command in played else None for command in session]))


# --- commands, options and links


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_commands_and_options_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text()
    wrong = []
    for code in (*FENCED.findall(text), *INLINE.findall(FENCED.sub("", text))):
        for command, rest in INVOCATION.findall(code):
            if command not in COMMANDS:
                wrong.append(f"penstock {command}")
            elif command != "edit":
                wrong += [f"penstock {command} {o}" for o in OPTION.findall(rest) if o not in help_of(command)]
    assert wrong == []


@pytest.mark.parametrize("command", [name for name in COMMANDS if (ROOT / "docs" / f"{name}.md").exists()])
def test_the_page_of_a_command_has_all_its_options(command: str) -> None:
    page = (ROOT / "docs" / f"{command}.md").read_text()
    assert {option for option in re.findall(r"--[a-z][a-z-]+", help_of(command)) if option not in page} == {"--help"}


def test_every_command_and_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    assert [name for name in COMMANDS if f"`penstock {name}" not in index] == []
    others = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert others == {link for link in LINK.findall(index) if "/" not in link}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_link_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text())
    inside = [link for link in LINK.findall(text) if "://" not in link]
    assert [link for link in inside if not _is_there(page, *link.partition("#")[::2])] == []


def _is_there(page: Path, path: str, anchor: str) -> bool:
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    named = [name for name in INLINE.findall(page.read_text()) if re.fullmatch(r"[a-z_/]+/[a-z_]+\.(py|txt)", name)]
    roots = (ROOT, ROOT / "compiler" / "penstock")
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_the_pages_that_the_code_names_are_there() -> None:
    named = {
        name
        for path in (ROOT / "compiler").rglob("*.py")
        for name in re.findall(r"\bdocs/[a-z]+\.md", path.read_text())
    }
    assert {name for name in named if not (ROOT / name).exists()} == set()


BOUNDS = (
    ("bytes of a file |", files.MAX_BYTES >> 20),
    ("documents of a file", faults.MAX_DOCUMENTS),
    ("nesting of YAML", faults.MAX_DEPTH),
    ("values that aliases stand for", faults.MAX_ALIASED),
    ("kustomizations inside one another", Bounds().levels),
    ("kustomizations and components", Bounds().kustomizations),
    ("objects of a target", Bounds().objects),
    ("values that aliases, patches", Bounds().values),
    ("nesting that replacements", Bounds().depth),
    ("characters that generators read", Bounds().output >> 20),
    ("cost of the expressions of definitions", patience.PATIENCE),
    ("cost of the expressions of definitions", patience.FREE),
    ("steps of the templates of a chart", Bounds().steps),
    ("values and lines in the YAML", chart_bounds.MAX_MARKS),
    ("values and lines in the YAML", chart_bounds.MAX_DOCUMENTS),
    ("values and lines in the YAML", strvals.MAX_ELEMENTS),
    ("characters of a regular expression", expression.MAX_LENGTH),
    ("one match", expression.MAX_STEPS),
    ("all such matches", expression.MAX_STEPS_OF_MATCHES),
    ("the same with what compiling", expression.MAX_STEPS_OF_A_RUN),
    ("all such matches", expression.CHEAP_STEPS),
    ("files and directories of a commit", git_files.MAX_ENTRIES),
    ("bytes of a symlink", files.MAX_LINK),
    ("bytes of a directory object", emit_repository.MAX_TREE >> 20),
    ("bytes of a file on a rendered branch", emit_repository.MAX_FILE >> 20),
    ("seconds of a git command", int(git.NETWORK)),
    ("bytes that git may write", remote_git.MAX_PACK >> 30),
    ("submodules of a remote base", remote_git.MAX_SUBMODULES),
    ("repositories that name one another", level.MAX_CLONES),
    ("remote addresses", remotes.MAX_REMOTES),
    ("redirects of one file", transport.MAX_REDIRECTS),
)


@pytest.mark.parametrize(("row", "number"), BOUNDS)
def test_the_bounds_in_the_manual_are_those_of_the_code(row: str, number: int) -> None:
    page = (ROOT / "docs/security.md").read_text()
    found = [line for line in page.splitlines() if line.startswith(f"| {row}")]
    assert len(found) == 1
    assert re.search(rf"(?<![\d,]){number:,}(?!,?\d)", found[0])
