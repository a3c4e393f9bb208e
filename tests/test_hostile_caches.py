"""What lies in the cache, and what stands in a lock file: each run ends, overwrites nothing, and believes nothing that
was not checked.
"""

import json
import os
import resource
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cases import spent
from tests.repository import Ran, Repository
from tests.test_hostile_git import MEMORY, SECONDS, largest
from tests.test_remote import BASE, PRINTED, Place

from penstock.remote import lock

pytestmark = pytest.mark.usefixtures("uncollected")

SECONDS_BY_THE_CLOCK = 120.0
"""A machine that has much else to do is slow by the clock alone; what only waits uses no processor."""

SAID = 100_000
"""The most characters that are printed."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository of ours that uses a base, with a tag, and nothing in the cache."""
    place = Place(tmp_path)
    base = place.remote()
    base.commit(BASE)
    base.git("tag", "v1")
    place.uses(f"{place.url()}?ref=v1")
    return place


def ran(place: Place, *words: str, statuses: tuple[int, ...] = (3, 4)) -> Ran:
    """A run within the bounds, whose words are printable and have no password in them."""
    began, clock, before = spent(), time.monotonic(), largest(resource.RUSAGE_SELF)
    of_others = largest(resource.RUSAGE_CHILDREN)
    answer = place.run(*words)
    said = answer.out + answer.err
    assert answer.status in statuses, answer
    assert spent() - began < SECONDS
    assert time.monotonic() - clock < SECONDS_BY_THE_CLOCK
    assert largest(resource.RUSAGE_SELF) - before < MEMORY
    # Programs that other tests have run count for ever, and each seems to need the memory of what starts it.
    assert largest(resource.RUSAGE_CHILDREN) <= max(MEMORY, of_others, largest(resource.RUSAGE_SELF))
    assert not any(character < " " and character != "\n" for character in said), said
    assert "hunter2" not in said
    assert len(said) < SAID
    return answer


# --- the cache -------------------------------------------------------------------------------------------------------


def locked(place: Place) -> Path:
    """The repository of the base in the cache."""
    assert place.run("lock").status == 0
    (entry,) = (place.cache / "git").iterdir()
    return entry


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 36)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-30])


def flipped(path: Path) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes() or b"x")
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def emptied(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


HARMS: dict[str, Callable[[Path], None]] = {
    each.__name__: each for each in (pipe, sparse, folder, cut, flipped, emptied, gone)
}
PARTS = ("config", "HEAD", "packed-refs", "shallow", "objects/pack/*.pack", "objects/pack/*.idx")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_repository_of_the_cache_is_fetched_again(harm: str, part: str, place: Place) -> None:
    entry = locked(place)
    for path in list(entry.glob(part)) or [entry / part]:
        path.touch()
        HARMS[harm](path)
    offline = ran(place, "build", "--no-cache", "--offline", statuses=(0, 3, 4))
    assert offline.out in ("", PRINTED)
    assert ran(place, "build", "--no-cache", statuses=(0,)).out == PRINTED


MORE = (
    *("objects/pack/multi-pack-index", "objects/pack/pack-1.promisor", "objects/pack/pack-1.keep", "refs/heads/x"),
    *("refs/replace/" + "1" * 40, "objects/pack/pack-1.pack", "objects/pack/pack-1.idx", "objects/pack/tmp_pack_1"),
)


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("harm", ["pipe", "sparse", "emptied"])
def test_more_files_in_a_repository_of_the_cache_change_nothing(harm: str, name: str, place: Place) -> None:
    path = locked(place) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    HARMS[harm](path)
    ran(place, "build", "--no-cache", "--offline", statuses=(0, 3, 4))
    assert ran(place, "build", "--no-cache", statuses=(0,)).out == PRINTED


PLACES = ("git", "files", "tmp", ".")


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("what", ["a file", "a link to nothing", "a link elsewhere", "a pipe"])
def test_a_folder_of_the_cache_that_is_none_is_said(what: str, name: str, place: Place) -> None:
    at = Path(os.path.normpath(place.cache / name))
    at.parent.mkdir(parents=True, exist_ok=True)
    match what:
        case "a file":
            at.write_text("precious\n")
        case "a link to nothing":
            at.symlink_to(place.root / "nothing")
        case "a link elsewhere":
            (place.root / "elsewhere").mkdir()
            at.symlink_to(place.root / "elsewhere")
        case _:
            os.mkfifo(at)
    ran(place, "build", "--fetch", statuses=(0, 3, 4))
    ran(place, "lock", statuses=(0, 3, 4))
    if what == "a file":
        assert at.read_text() == "precious\n"


@pytest.mark.parametrize("what", ["a link", "a pipe", "a folder"])
def test_nothing_is_written_through_a_lock_of_the_cache(what: str, place: Place) -> None:
    precious = place.root / "precious"
    precious.write_text("precious\n")
    tmp = place.cache / "tmp"
    tmp.mkdir(parents=True)
    at = tmp / f"{Repository(place.root / 'remote' / 'base.git').git('rev-parse', 'v1')}.lock"
    match what:
        case "a link":
            at.symlink_to(precious)
        case "a pipe":
            os.mkfifo(at)
        case _:
            at.mkdir()
    ran(place, "build", "--fetch", statuses=(0, 4))
    assert precious.read_text() == "precious\n"


# --- the lock file ---------------------------------------------------------------------------------------------------

PIN = {"url": "https://example.com/x//?ref=v1", "repository": "https://example.com/x", "ref": "refs/tags/v1"}
PIN["commit"] = "1" * 40
LOCKS: dict[str, str] = {
    "many lists": '{"version": 1, "remotes": [' + "[]," * 10_000_000 + "1]}",
    "many mappings": '{"version": 1, "remotes": [' + "{}," * 10_000_000 + "1]}",
    "many entries": json.dumps(
        {"version": 1, "remotes": [{**PIN, "url": f"https://e.com/{n}"} for n in range(50_000)]}
    ),
    "deep": '{"version": 1, "remotes": ' + "[" * 1_000_000,
    "deep mappings": '{"version": 1, "remotes": ' + '{"a":' * 1_000_000,
    "digits": '{"version": ' + "1" * 5_000_000 + "}",
    "exponent": '{"version": 1e999999999, "remotes": []}',
    "a field twice": '{"version": 1, "remotes": [' + json.dumps(PIN)[:-1] + ', "commit": "' + "2" * 40 + '"}]}',
    "remotes twice": '{"version": 1, "remotes": [], "remotes": [' + json.dumps(PIN) + "]}",
    "a NUL": json.dumps({"version": 1, "remotes": [{**PIN, "url": "a\0b"}]}),
    "half a character": '{"version": 1, "remotes": [' + json.dumps(PIN)[:-1].replace("//?ref", "\\ud800//?ref") + "}]}",
    "escapes": json.dumps({"version": 1, "remotes": [{**PIN, "url": "\x1b[2J"}]}),
    "an escape as a field": json.dumps({"version": 1, "remotes": [{**PIN, "\x1b[2J": "x"}]}),
    "a mark": "\ufeff" + json.dumps({"version": 1, "remotes": [PIN]}),
    "UTF-16": json.dumps({"version": 1, "remotes": [PIN]}) + "\0",
    "a password": json.dumps({"version": 1, "remotes": [{**PIN, "url": "https://me:hunter2@example.com/x"}]}),
    "ext": json.dumps({"version": 1, "remotes": [{**PIN, "repository": "ext::sh -c touch% ran"}]}),
    "an option": json.dumps({"version": 1, "remotes": [{**PIN, "repository": "--upload-pack=touch ran"}]}),
    "nothing": "",
    "null": "null",
    "NaN": '{"version": NaN, "remotes": []}',
}


@pytest.mark.parametrize("what", LOCKS)
def test_no_lock_file_does_harm(what: str, place: Place) -> None:
    path = place.ours.path / lock.NAME
    path.write_bytes(LOCKS[what].encode())
    for command in ("build --fetch", "build --offline", "check", "lock --check", "lock"):
        ran(place, *command.split(), statuses=(0, 1, 2, 3, 4))
    assert not (place.ours.path / "ran").exists()
    is_kept = path.read_bytes() == LOCKS[what].encode()
    assert is_kept or len(place.pins()) == 1


@pytest.mark.parametrize("kind", ["pipe", "folder", "sparse", "zero", "itself"])
@pytest.mark.parametrize("command", ["build --fetch", "lock", "lock --check", "check"])
def test_a_lock_file_that_is_none_is_said(command: str, kind: str, place: Place) -> None:
    path = place.ours.path / lock.NAME
    match kind:
        case "zero":
            path.symlink_to("/dev/zero")
        case "itself":
            path.symlink_to(lock.NAME)
        case _:
            path.touch()
            HARMS[kind](path)
    ran(place, *command.split(), statuses=(0, 1, 2, 3, 4))
    assert kind != "pipe" or stat.S_ISFIFO(path.lstat().st_mode) or path.read_text().startswith("{")


def test_a_lock_file_with_a_key_twice_or_too_large_is_refused(place: Place) -> None:
    locked(place)
    path = place.ours.path / lock.NAME
    commit = json.loads(path.read_text())["remotes"][0]["commit"]
    path.write_text(path.read_text().replace(f'"commit": "{commit}"', f'"commit": "{commit}", "commit": "{commit}"'))
    assert "has the key 'commit' twice" in place.run("build", "--no-cache").err
    path.write_text('{"version": 1, "remotes": [' + "{}," * 3_000_000 + "{}]}")
    assert "the limit is 8,388,608" in place.run("build", "--no-cache").err


def test_of_many_entries_that_nothing_needs_the_first_are_listed(place: Place) -> None:
    pins = [{**PIN, "url": f"https://example.com/{number}"} for number in range(5_000)]
    (place.ours.path / lock.NAME).write_text(json.dumps({"version": 1, "remotes": pins}))
    said = ran(place, "lock", statuses=(0,)).out
    assert said.count("\n") == 1_002
    assert "and 4,001 more\n" in said
