"""Hostile remotes, lock files and caches: each run ends in seconds, nothing is believed that was not checked."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Ran, Repository
from tests.test_hostile_git import SECONDS, bomb, deep, program
from tests.test_remote import BASE, PRINTED, Place
from tests.web import Page, Web, serve

from penstock.files import MAX_BYTES
from penstock.remote import lock
from penstock.remote.permit import shown, without_secrets


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def base(place: Place) -> Repository:
    repository = place.remote()
    repository.commit(BASE)
    repository.git("tag", "v1")
    return repository


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    (place.root / "remote").mkdir(exist_ok=True)
    with serve(place.root / "remote") as web:
        yield web


def timed(place: Place, *words: str, status: int) -> Ran:
    began = time.monotonic()
    ran = place.run(*words)
    assert time.monotonic() - began < SECONDS
    assert ran.status == status, ran
    return ran


# --- the objects of a base -------------------------------------------------------------------------------------------

TREES: dict[str, Callable[[Repository], str]] = {
    "files without end": bomb,
    "directories without end": lambda r: bomb(r, r.git("mktree")),
    "3,000 levels": lambda r: deep(r, 3000),
}


@pytest.mark.parametrize("query", ["", "&submodules=false"])
@pytest.mark.parametrize("what", TREES)
def test_a_base_beside_any_directory_is_read_or_refused(what: str, query: str, place: Place, base: Repository) -> None:
    tree = base.git("mktree", stdin=f"{base.git('ls-tree', 'v1')}\n040000 tree {TREES[what](base)}\tz\n")
    base.git("tag", "odd", base.git("commit-tree", "-m", "Odd", tree))
    place.uses(f"{place.url()}//dev?ref=odd{query}")
    if what == "3,000 levels" and not query:
        assert "PS131" in timed(place, "build", "--fetch", status=3).err
    else:
        assert timed(place, "build", "--fetch", status=0).out == PRINTED


def test_submodules_without_end_are_refused(place: Place, base: Repository) -> None:
    link = base.git("mktree", "--missing", stdin=f"160000 commit {'1' * 40}\tsub\n")
    tree = base.git("mktree", stdin=f"{base.git('ls-tree', 'v1')}\n040000 tree {bomb(base, link)}\tz\n")
    base.git("tag", "odd", base.git("commit-tree", "-m", "Odd", tree))
    place.uses(f"{place.url()}//dev?ref=odd")
    assert "has too many submodules" in timed(place, "build", "--fetch", status=3).err


def test_a_long_symlink_of_a_base_is_not_followed(place: Place, base: Repository) -> None:
    key = base.git("hash-object", "-w", "--stdin", stdin="a/" * 3_000_000)
    base.git("update-index", "--add", "--cacheinfo", f"120000,{key},dev/pod.yaml")
    base.git("tag", "odd", base.git("commit-tree", "-m", "Odd", base.git("write-tree")))
    place.uses(f"{place.url()}//dev?ref=odd")
    ran = timed(place, "build", "--fetch", status=3)
    assert "the limit is 4,096" in ran.err


# --- the cache -------------------------------------------------------------------------------------------------------


def locked(place: Place) -> Path:
    """A base that is locked; its repository in the cache."""
    place.uses(f"{place.url()}?ref=v1")
    assert place.run("lock").status == 0
    (entry,) = (place.cache / "git").iterdir()
    return entry


def test_the_configuration_of_the_cache_runs_nothing(place: Place, base: Repository, tmp_path: Path) -> None:
    entry = locked(place)
    command = f"[core]\nsshCommand = {program(tmp_path, 'ssh')}\n[extensions]\npartialClone = p\n"
    with (entry / "config").open("a") as file:
        file.write(f'{command}[remote "p"]\nurl = ssh://far.example.com/x\npromisor = true\n')
    for pack in (entry / "objects" / "pack").iterdir():
        pack.unlink()
    assert "is not in the cache" in timed(place, "build", "--no-cache", "--offline", status=4).err
    assert timed(place, "build", "--no-cache", status=0).out == PRINTED
    assert not (tmp_path / "ran").exists()


def put_symlink(entry: Path) -> None:
    moved = entry.rename(entry.parent.parent / "moved")
    entry.symlink_to(moved)


def endless(entry: Path) -> None:
    (entry / "config").unlink()
    (entry / "config").symlink_to("/dev/zero")


TAMPERED: dict[str, Callable[[Path], object]] = {
    "hooks": lambda entry: (entry / "hooks").mkdir(),
    "another common directory": lambda entry: (entry / "commondir").write_text("/tmp\n"),
    "alternates": lambda entry: (entry / "objects" / "info" / "alternates").write_text("/tmp\n"),
    "loose objects": lambda entry: (entry / "objects" / "00").mkdir(),
    "a fifo": lambda entry: os.mkfifo(entry / "objects" / "pack" / "pack-1.idx"),
    "a symlink": put_symlink,
    "a config without end": endless,
    "no config": lambda entry: (entry / "config").unlink(),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_repository_of_the_cache_that_was_changed_is_fetched_again(what: str, place: Place, base: Repository) -> None:
    TAMPERED[what](locked(place))
    assert timed(place, "build", "--no-cache", "--offline", status=4).out == ""
    assert timed(place, "build", "--no-cache", status=0).out == PRINTED


@pytest.mark.parametrize("what", ["a device", "a fifo", "a large file", "a directory"])
def test_a_file_of_the_cache_is_a_file(what: str, place: Place, web: Web) -> None:
    web.pages["/crds.yaml"] = Page(BASE["pod.yaml"].encode())
    place.uses(f"{web.url}/crds.yaml")
    assert place.run("lock").status == 0
    (entry,) = (place.cache / "files").iterdir()
    entry.unlink()
    match what:
        case "a device":
            entry.symlink_to("/dev/zero")
        case "a fifo":
            os.mkfifo(entry)
        case "a large file":
            with entry.open("wb") as file:
                file.truncate(MAX_BYTES * 4)
        case _:
            entry.mkdir()
    if what != "a directory":
        assert timed(place, "build", "--no-cache", status=0).out == PRINTED
    else:
        assert place.run("build", "--no-cache").status in (0, 4)


# --- the lock file ---------------------------------------------------------------------------------------------------


def test_nothing_is_written_through_a_symlink(place: Place, base: Repository, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious\n")
    names = (lock.NAME, *(f"{lock.NAME}.{os.getpid() + number}" for number in range(-5, 500)), f"{lock.NAME}.tmp")
    place.uses(f"{place.url()}?ref=v1")
    for name in names[1:]:
        (place.ours.path / name).symlink_to(precious)
    assert place.run("lock").status == 0
    assert precious.read_text() == "precious\n"
    assert not (place.ours.path / lock.NAME).is_symlink()
    (place.ours.path / lock.NAME).unlink()
    (place.ours.path / lock.NAME).symlink_to(precious)
    ran = place.run("lock")
    assert "Traceback" not in ran.err
    assert precious.read_text() == "precious\n"


def changed(place: Place, **fields: str | None) -> None:
    path = place.ours.path / lock.NAME
    content = json.loads(path.read_text())
    entry = content["remotes"][0]
    content["remotes"][0] = {key: value for key, value in {**entry, **fields}.items() if value is not None}
    path.write_text(json.dumps(content))


FORGED: dict[str, dict[str, str | None]] = {
    "a file": {"sha256": "0" * 64, "commit": None, "ref": None, "repository": None},
    "another repository": {"repository": "file:///elsewhere"},
    "another ref": {"ref": "refs/heads/evil"},
    "an option": {"ref": "--upload-pack=touch ran"},
    "a refspec": {"ref": "x:refs/heads/y"},
    "a pattern": {"ref": "refs/heads/*"},
    "an escape": {"ref": "refs/heads/\x1b[31m"},
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_entry_is_a_finding(what: str, place: Place, base: Repository) -> None:
    locked(place)
    changed(place, **FORGED[what])
    ran = timed(place, "build", "--no-cache", status=3)
    assert "error PS134" in ran.err
    assert "\x1b" not in ran.err


def test_another_commit_than_the_address_has_is_a_finding(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref={base.git('rev-parse', 'v1')}")
    assert place.run("lock").status == 0
    changed(place, commit=base.commit({"pod.yaml": "kind: Evil\n"}))
    assert "error PS134" in timed(place, "build", "--no-cache", status=3).err


def test_one_address_twice_is_a_finding(place: Place, base: Repository) -> None:
    locked(place)
    path = place.ours.path / lock.NAME
    content = json.loads(path.read_text())
    content["remotes"] *= 2
    path.write_text(json.dumps(content))
    assert "has two entries for one `url`" in timed(place, "build", "--no-cache", status=3).err


QUERIES = ("sig", "X-Amz-Signature", "sas", "code", "pwd", "token", "private_token", "api_key", "PASS", "sessionid")


@pytest.mark.parametrize("key", QUERIES)
def test_a_secret_of_a_query_is_neither_printed_nor_locked(key: str, place: Place, web: Web) -> None:
    path = f"/crds.yaml?{key}=hunter2&timeout=5"
    web.pages[path] = Page(BASE["pod.yaml"].encode())
    place.uses(f"{web.url}{path}")
    ran = place.run("lock")
    assert ran.status == 0
    assert "hunter2" not in ran.out + ran.err + (place.ours.path / lock.NAME).read_text()
    built = timed(place, "build", "--no-cache", status=0)
    assert built.out == PRINTED
    web.pages[path] = Page(b"", 404)
    assert "hunter2" not in place.run("lock", "--update").err
    assert place.run("lock", "--check").status == 0


def test_addresses_with_other_secrets_are_other_addresses() -> None:
    names = {without_secrets(f"https://example.com/x?sig={number}&ref=v1") for number in range(3)}
    assert len(names) == 3
    assert without_secrets("https://example.com/x?ref=v1&timeout=5") == "https://example.com/x?ref=v1&timeout=5"
    assert shown("https://example.com/x?design=a&sig=b#c") == "https://example.com/x?design=***&sig=***#c"


# --- redirects -------------------------------------------------------------------------------------------------------


def test_git_follows_no_redirect_that_the_web_client_refuses(place: Place, base: Repository, web: Web) -> None:
    web.pages["/x.git"] = Page(b"", 302, {"Location": "ftp://example.com/x"})
    web.pages["/x.git/info/refs?service=git-upload-pack"] = Page(
        b"", 302, {"Location": "http://me:hunter2@127.0.0.1/base.git/info/refs?service=git-upload-pack"}
    )
    place.uses(f"{web.url}/x.git?ref=v1")
    ran = timed(place, "build", "--fetch", status=4)
    assert "is not followed" in ran.err
    assert "hunter2" not in ran.err


def test_git_is_sent_where_a_redirect_may_lead(place: Place, base: Repository, web: Web) -> None:
    asked = "info/refs?service=git-upload-pack"
    web.pages[f"/old.git/{asked}"] = Page(b"", 301, {"Location": f"{web.url}/git/base.git/{asked}"})
    place.uses(f"{web.url}/old.git?ref=v1")
    assert timed(place, "build", "--fetch", status=0).out == PRINTED


def test_a_lock_that_many_write_at_once_is_whole(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    command = [os.path.join(os.path.dirname(sys.executable), "penstock"), "lock"]
    environ = {**ENVIRON, **place.environ}
    running = [subprocess.Popen(command, cwd=place.ours.path, env=environ) for _ in range(5)]
    assert [process.wait(60) for process in running] == [0] * 5
    assert len(place.pins()) == 1
    assert [path.name for path in place.ours.path.iterdir() if path.name.startswith(f".{lock.NAME}")] == []
