"""Files that change between two looks, and special files in the place of each file that Penstock reads."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.repository import Repository
from tests.test_links_out import TREE, endpoint, fifo, ran, sparse

from penstock.errors import Unreadable
from penstock.files import REPOSITORY, Disk, content_of

SECRET = b"password: hunter2\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    (top / ".git").mkdir(parents=True)
    (top / "a.yaml").write_bytes(b"a: 1\n")
    (tmp_path / "secret").write_bytes(SECRET)
    return top


def just_before(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[], object]) -> None:
    """Do something just before the next call of a function of the system."""
    original = getattr(os, name)

    def call(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(os, name, original)
        change()
        return original(*arguments, **named)

    monkeypatch.setattr(os, name, call)


def replaced(path: Path, make: Callable[[Path], object]) -> Callable[[], object]:
    def change() -> object:
        path.unlink()
        return make(path)

    return change


def bound(path: Path) -> None:
    endpoint(path, path)


SWAPS: dict[str, Callable[[Path], object]] = {
    "a link out": lambda path: path.symlink_to("../secret"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a pipe": os.mkfifo,
    "a socket": bound,
    "a folder": Path.mkdir,
    "a sparse file": lambda path: sparse(path, path),
}


@pytest.mark.parametrize("what", SWAPS)
def test_a_file_that_is_replaced_before_it_is_opened(what: str, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, "open", replaced(top / "a.yaml", SWAPS[what]))
    with pytest.raises(Unreadable):
        Disk(str(top), REPOSITORY).read("a.yaml")


def test_a_file_that_is_deleted_before_it_is_opened_is_not_there(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, "open", (top / "a.yaml").unlink)
    assert Disk(str(top), REPOSITORY).read("a.yaml") is None


def test_a_link_that_is_turned_before_it_is_opened(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (top / "link.yaml").symlink_to("a.yaml")
    turned = replaced(top / "link.yaml", SWAPS["a link out"])
    just_before(monkeypatch, "open", turned)
    assert Disk(str(top), REPOSITORY).read("link.yaml") == b"a: 1\n"


def test_a_file_that_is_saved_while_it_is_read_is_read_again(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, "read", lambda: (top / "a.yaml").write_bytes(b"a: 1\nb: 2\n"))
    assert content_of(str(top / "a.yaml")) == b"a: 1\nb: 2\n"


def test_a_file_that_grows_as_fast_as_it_is_read_is_bounded(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.read

    def read(number: int, size: int) -> bytes:
        with (top / "a.yaml").open("ab") as file:
            file.write(b"# more\n")
        return original(number, size)

    monkeypatch.setattr(os, "read", read)
    with pytest.raises(Unreadable, match=r"has 1,0.. bytes; the limit is 1,000"):
        content_of(str(top / "a.yaml"), 1_000)


def test_a_file_that_changes_each_time_is_not_read(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.fstat
    times = iter(range(100))

    def fstat(number: int) -> os.stat_result:
        os.utime(top / "a.yaml", (0, next(times)))
        return original(number)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(Unreadable, match="changes while it is read"):
        content_of(str(top / "a.yaml"))


def loop(path: Path, outside: Path) -> None:
    path.symlink_to(path.name)


def chain(path: Path, outside: Path) -> None:
    """Five hundred links, one after the other: more than any system follows."""
    path.symlink_to(outside / "0")
    for number in range(500):
        (outside / str(number)).symlink_to(str(number + 1))


SPECIAL: tuple[Callable[[Path, Path], None], ...] = (fifo, endpoint, sparse, loop, chain)
COMMANDS = (("check",), ("build", "prod"), ("template", "web", "chart"), ("lock",))


@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("name", TREE)
def test_no_special_file_stops_a_command(name: str, special: Callable[[Path, Path], None], tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.write(TREE)
    outside = repository.path / "links"
    outside.mkdir()
    (repository.path / name).unlink()
    special(repository.path / name, outside)
    for command in COMMANDS:
        ran(repository, command)


def test_thousands_of_links_in_a_chain_stop_no_command(tmp_path: Path) -> None:
    """No system follows so many; neither does Penstock, on disk or in a commit."""
    repository = Repository(tmp_path / "repository")
    links = repository.path / "links"
    links.mkdir()
    for number in range(8_000):
        (links / str(number)).symlink_to(str(number + 1))
    (repository.path / "prod").mkdir()
    (repository.path / "prod" / "kustomization.yaml").symlink_to("../links/0")
    (repository.path / "dev").symlink_to("links/0")
    repository.commit({"base/kustomization.yaml": "resources: [../links/0]\n", "penstock.lock": "{}\n"})
    for command in (("init",), ("images",), ("check",), ("check", "--staged"), ("hydrate", "--dry-run")):
        answer = ran(repository, command)
        assert "PS170" not in answer.out + answer.err, command
    assert "Too many levels of symbolic links" in ran(repository, ("check", "prod")).out


def tampered(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda git: (git / name).write_bytes(data)


def cut_object(git: Path) -> None:
    """Cut the tree of the commit."""
    name = Repository(git.parent).git("rev-parse", "HEAD^{tree}")
    path = git / "objects" / name[:2] / name[2:]
    path.chmod(0o600)
    path.write_bytes(b"garbage")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "index": (tampered("index", b"garbage"), "`git reset` writes it anew"),
    "index of 4 billion entries": (tampered("index", b"DIRC\0\0\0\2\xff\xff\xff\xff"), "`git reset` writes it anew"),
    "configuration": (tampered("config", b"[core\n"), "mend this line"),
    "format": (tampered("config", b"[core]\n\trepositoryformatversion = 9\n"), "a newer git"),
    "tree": (cut_object, "`git fsck` shows"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_in_git_is_named_with_what_helps(what: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit(TREE)
    harm, hint = BROKEN[what]
    harm(repository.path / ".git")
    answer = ran(repository, ("check", "--staged"))
    if what == "tree":
        answer = ran(repository, ("hydrate", "--dry-run"))
    assert answer.status == 4
    assert hint in answer.err
