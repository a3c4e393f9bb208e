"""What is read of a rendered branch, and what is kept of it for the next run."""

from io import StringIO
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository

from penstock import rendered_branches
from penstock.cli.rendered import Rendered, Where, read_branch
from penstock.cli.streams import Streams
from penstock.emit.branch import Marker, write_marker
from penstock.model import MARKER, Refusal
from penstock.sources import Files

BRANCH = "rendered/prod"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {colour: blue}\n"
LIST = f"apiVersion: v1\nkind: List\nitems:\n- {CONFIG.replace(chr(10), chr(10) + '  ').strip()}\n"


class Stand:
    """A repository with a rendered branch, and a folder for caches beside it. `reads` counts the branches read anew."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "here")
        self.environ = {**ENVIRON, "XDG_CACHE_HOME": str(folder / "cache")}
        self.reads = 0

    def commit(self, *manifests: str, environment: str = "prod") -> str:
        files = {f"app/{number}.yaml": text for number, text in enumerate(manifests)}
        files[MARKER] = write_marker(Marker(environment, frozenset({"app"}))).decode()
        self.repository.git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        return self.repository.commit(files)

    def read(self, environment: str = "prod") -> Rendered:
        streams = Streams(StringIO(), StringIO(), self.environ, str(self.repository.path))
        return read_branch(streams, Where(BRANCH), environment)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    made, read = Stand(tmp_path), rendered_branches.branch

    def counted(files: Files, name: str, environment: str, folder: str = "") -> object:
        made.reads += 1
        return read(files, name, environment, folder)

    monkeypatch.setattr(rendered_branches, "branch", counted)
    return made


def shown(rendered: Rendered) -> list[tuple[object, ...]]:
    return [(each.id, each.version, each.origin, each.body) for each in rendered.resources]


@pytest.mark.parametrize("manifest", [CONFIG, f"# above\n---\n{CONFIG}---\n{CONFIG.replace('settings', 'b')}", LIST])
def test_an_unchanged_branch_is_read_once(stand: Stand, manifest: str) -> None:
    stand.commit(manifest)
    first, second = stand.read(), stand.read()
    assert stand.reads == 1
    assert shown(first) == shown(second)
    assert first.resources


def test_a_commit_of_the_same_files_needs_no_reading(stand: Stand) -> None:
    revisions = [stand.commit(CONFIG), stand.commit(CONFIG)]
    assert revisions[0] != revisions[1]
    for revision in revisions:
        stand.repository.git("reset", "--quiet", "--hard", revision)
        assert stand.read().revision == revision
    assert stand.reads == 1


def test_changed_files_are_read(stand: Stand) -> None:
    stand.commit(CONFIG)
    stand.read()
    stand.commit(CONFIG.replace("blue", "red"))
    assert stand.read().resources[0].body["data"] == {"colour": "red"}


def test_a_branch_of_another_environment_is_refused_however_often_it_was_read(stand: Stand) -> None:
    stand.commit(CONFIG, environment="staging")
    assert len(stand.read("staging").resources) == 1
    for _ in range(2):
        with pytest.raises(Refusal, match="rendered for the environment 'staging'"):
            stand.read("prod")


@pytest.mark.parametrize("manifest", [
    "apiVersion: v1\nkind: ConfigMap\n",
    f"{CONFIG}  - broken\n",
])  # fmt: skip
def test_a_branch_with_findings_is_read_again(stand: Stand, manifest: str) -> None:
    stand.commit(manifest)
    told = [stand.read().diagnostics for _ in range(2)]
    assert stand.reads == 2
    assert told[0] == told[1] != []


def test_what_json_cannot_hold_is_read_again(stand: Stand) -> None:
    stand.commit(CONFIG.replace("colour: blue", "colour: blue, colour: red"))
    for _ in range(2):
        stand.read()
    assert stand.reads == 2


@pytest.mark.parametrize(
    "value", ["1.0", "1", "1e3", "-0.0", ".inf", "'1'", "true", "~", "!!binary aGk=", "2001-01-01"]
)
def test_values_keep_their_types(stand: Stand, value: str) -> None:
    stand.commit(CONFIG.replace("blue", value))
    first, second = stand.read(), stand.read()
    assert repr(shown(first)) == repr(shown(second))


def test_a_cache_that_somebody_has_broken_is_not_used(stand: Stand) -> None:
    stand.commit(CONFIG)
    first = stand.read()
    kept = [path for path in Path(stand.environ["XDG_CACHE_HOME"]).rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        path.write_bytes(path.read_bytes().replace(b"blue", b"pink"))
    assert shown(stand.read()) == shown(first)
    assert stand.reads == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prd", 'there is no branch rendered/prd; did you mean "prod"?'),
        (
            "prod/web",
            "there is no branch rendered/prod/web; rendered/prod is one, and `--target` of `penstock sync` takes",
        ),
        ("test", "there is no branch rendered/test; `penstock hydrate` writes it, `git fetch` brings it here"),
    ],
)
def test_what_was_meant_by_a_branch_that_is_not_there_is_said(name: str, said: str, stand: Stand) -> None:
    stand.commit(CONFIG)
    streams = Streams(StringIO(), StringIO(), stand.environ, str(stand.repository.path))
    with pytest.raises(Refusal, match="there is no branch") as refused:
        read_branch(streams, Where(f"rendered/{name}"), name)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("remotes", "tracked", "read"),
    [
        (["origin"], "", "origin"),
        (["upstream"], "", "upstream"),
        (["fork", "origin"], "", "origin"),
        (["fork", "upstream"], "upstream", "upstream"),
        (["fork", "origin"], "fork", "fork"),
        (["another", "upstream"], "", "upstream"),
        (["another", "upstream"], "elsewhere", "upstream"),
    ],
)
def test_the_remote_whose_newer_branch_is_read(remotes: list[str], tracked: str, read: str, stand: Stand) -> None:
    """The remote called `another` has no such branch; all others have a newer commit."""
    git = stand.repository.git
    old = stand.commit(CONFIG)
    new = stand.commit(CONFIG.replace("settings", "b"))
    for name in remotes:
        git("remote", "add", name, "https://git.example.org/shop.git")
        if name != "another":
            git("update-ref", f"refs/remotes/{name}/{BRANCH}", new if name == read else old)
    git("update-ref", f"refs/heads/{BRANCH}", old)
    if tracked:
        git("config", f"branch.{BRANCH}.remote", tracked)
    rendered = stand.read()
    assert rendered.revision == new
    assert [found.message for found in rendered.diagnostics] == [
        f"the local branch is 1 commit behind that of {read}, which is read instead"
    ]
