"""Remote bases: real git repositories, a real web server, and hostile ones of both.

fixtures/remote/addresses.txt has addresses, expected_addresses.txt what they are cut into. A folder of
fixtures/remote/stories is a story: `remote/NAME` become git repositories (a folder NAME@BRANCH what a branch adds),
`input` is ours, and each line of `arguments.txt` is run in it. With `$KUSTOMIZE` set, Kustomize says the same.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.conftest import Golden
from tests.repository import ENVIRON, Ran, Repository
from tests.web import Page, Web, serve

from penstock import start
from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.files import MAX_BYTES, Disk
from penstock.git import Git
from penstock.model import Origin, Unreadable
from penstock.remote import git, lock, transport
from penstock.remote import remotes as remotes_module
from penstock.remote.commit import CommitFiles, Damaged
from penstock.remote.failure import Failure
from penstock.remote.permit import Hosts, is_private, refusal, refusal_of_url, shown
from penstock.remote.remotes import Policy, Remotes
from penstock.remote.store import Store
from penstock.resolve.addresses import address_of
from penstock.resolve.level import may_be_remote
from penstock.sources import Address

FIXTURES = Path(__file__).parent.parent / "fixtures" / "remote"
ADDRESSES = [line for line in (FIXTURES / "addresses.txt").read_text().splitlines() if not line.startswith("#")]
STORIES = sorted((FIXTURES / "stories").iterdir())
KUSTOMIZE = os.environ.get("KUSTOMIZE", "")
needs_kustomize = pytest.mark.skipif(not KUSTOMIZE, reason="$KUSTOMIZE does not name the kustomize to compare with")

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: 'nginx:1'}]}\n"
BASE = {
    "kustomization.yaml": "resources: [pod.yaml]\n",
    "pod.yaml": POD,
    "dev/kustomization.yaml": "resources: [pod.yaml]\n",
    "dev/pod.yaml": POD,
}
PRINTED = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - image: nginx:1\n    name: c\n"


class Place:
    """A repository of ours below `root`, others in `root/remote`, and a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {**ENVIRON, "HOME": str(root / "home"), "GIT_CONFIG_GLOBAL": str(root / "home" / "gitconfig")}
        allowed = root / "home" / ".config" / "penstock" / "hosts"
        allowed.parent.mkdir(parents=True)
        allowed.write_text("# the servers of these tests\n127.0.0.1\n")
        self.ours = Repository(root / "ours")
        self.cache = root / "home" / ".cache" / "penstock" / "remote"

    def remote(self, name: str = "base.git") -> Repository:
        return Repository(self.root / "remote" / name)

    def url(self, name: str = "base.git") -> str:
        return f"file://{self.root}/remote/{name}"

    def uses(self, *names: str, field: str = "resources") -> None:
        self.ours.write({"kustomization.yaml": json.dumps({field: names})})

    def run(self, *words: str, cwd: str = ".") -> Ran:
        streams = Streams(StringIO(), StringIO(), self.environ, str(self.ours.path / cwd))
        status = main(words, streams)
        assert isinstance(streams.out, StringIO)
        assert isinstance(streams.err, StringIO)
        return Ran(status, streams.out.getvalue(), streams.err.getvalue())

    def kustomize(self, directory: str = ".") -> str:
        done = subprocess.run(
            [KUSTOMIZE, "build", directory], cwd=self.ours.path, env=self.environ, capture_output=True, check=True
        )
        return done.stdout.decode()

    def pins(self) -> list[dict[str, str]]:
        pins: list[dict[str, str]] = json.loads((self.ours.path / lock.NAME).read_text())["remotes"]
        return pins

    def remotes(self, **policy: bool) -> Remotes:
        store = Store(str(self.cache), self.environ, Hosts(frozenset({"127.0.0.1"})))
        return Remotes(Disk(str(self.ours.path)), store, Policy(**policy))  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def base(place: Place) -> Repository:
    """A repository that is used, with a tag."""
    repository = place.remote()
    repository.commit(BASE)
    repository.git("tag", "v1")
    return repository


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    with serve(place.root / "remote") as web:
        yield web


def address(name: str) -> Address:
    found = address_of(name)
    assert found is not None
    return found


# --- addresses -------------------------------------------------------------------------------------------------------


def cut(name: str) -> str:
    found = address_of(name)
    if found is None:
        return f"{name}\n  local\n"
    words = (found.repository, found.path, found.ref, f"{found.timeout:g}", str(found.submodules).lower())
    return f"{name}\n  {' | '.join(words)}{' | file' if found.http else ''}\n"


def test_addresses_are_cut_as_kustomize_cuts_them(golden: Golden) -> None:
    golden(FIXTURES / "expected_addresses.txt", "".join(map(cut, ADDRESSES)))


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_quick_look_misses_no_address(name: str) -> None:
    assert may_be_remote(name) or address_of(name) is None


FAKE_GIT = """#!/bin/sh
printf '%s\\n' "$*" >> "$GIT_LOG"
"""


@needs_kustomize
@pytest.mark.parametrize("name", ADDRESSES)
def test_kustomize_cuts_an_address_in_the_same_way(name: str, tmp_path: Path) -> None:
    """A git that only writes down what it was asked for shows what Kustomize has made of an address."""
    (tmp_path / "git").write_text(FAKE_GIT)
    (tmp_path / "git").chmod(0o755)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "kustomization.yaml").write_text(json.dumps({"resources": [name]}))
    log = tmp_path / "log"
    nowhere = {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GIT_LOG": str(log), "TMPDIR": str(tmp_path), **nowhere}
    done = subprocess.run(
        [KUSTOMIZE, "build", str(tmp_path / "in")], env=environ, capture_output=True, text=True, check=False
    )
    asked = log.read_text().splitlines() if log.exists() else []
    found = address_of(name)
    if found is None or not found.repository:
        assert asked == []
        assert ("proxyconnect" in done.stderr) == (found is not None)
        return
    assert asked[1] == f"remote add origin {found.repository}"
    assert asked[2] == f"fetch --depth=1 {found.repository} {found.ref or 'HEAD'}"
    assert (asked[-1] == "submodule update --init --recursive") == found.submodules
    place = re.search(r"/kustomize-\d+(?:/([^':]*?))?(?:'|: no such file)", done.stderr)
    assert place, done.stderr
    assert os.path.normpath(place[1] or ".") == os.path.normpath(found.path or ".")
    assert ("proxyconnect" in done.stderr) == found.http


HOSTILE = (
    "https://github.com/org/repo?ref=--upload-pack=id",
    "https://github.com/org/repo?ref=-x",
    "https://github.com/org/repo?ref=a:refs/heads/b",
    "https://github.com/org/repo?ref=%2Ba",
    "https://github.com/org/repo?ref=a%0Ab",
    "https://github.com/org/repo?ref=a..b",
    "https://github.com/org/repo?ref=a*",
    "https://github.com/org/re po",
    "https://github.com/org/repo\n",
    "https://github.com\\@evil.example.com/org/repo",
    "https://user:password@example.com/org/repo",
    "https://token@example.com/org/repo.git",
    "ssh://git:password@example.com/org/repo",
    "ssh://-oProxyCommand=id/org/repo",
    "ssh://git@-oProxyCommand=id/org/repo",
    "git@-oProxyCommand=id:org/repo",
    "git@example.com:-oProxyCommand=id/repo",
    "git@ext::sh -c id/x",
    "git@ext::id/x",
    "git@example.com/org/repo.git",
    "https://[::1/org/repo",
    "https://exa$(id)mple.com/org/repo",
    "https://example.com:port/org/repo",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_address_is_refused_and_nothing_is_started(name: str, place: Place) -> None:
    assert refusal(address(name), "")
    place.environ["PATH"] = "/nonexistent"
    place.uses(name)
    for ran in (place.run("build", "--fetch"), place.run("lock"), place.run("build", name, "--fetch")):
        assert "PS131" in ran.err
        assert "password" not in ran.err.replace("a user or a password", "").replace("it has a password", "")
        assert ran.out == ""


@pytest.mark.parametrize(
    "name",
    [
        "https://github.com/org/repo//base?ref=v1.0.0",
        "https://example.com:8443/org/repo.git",
        "ssh://git@example.com:22/org/repo",
        "ssh://git@[2001:db8::1]/org/repo",
        "git@github.com:org/repo?ref=feature/x#1",
        "git@example.com:~me/repo.git",
        "file:///srv/git/repo?ref=0123456789abcdef0123456789abcdef01234567",
        "https://example.com/crds.yaml?token=x",
    ],
)
def test_an_ordinary_address_is_not_refused(name: str) -> None:
    assert refusal(address(name), "") == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://https://example.com/org/repo", '"https:" is no host'),
        ("https:///org/repo", "it names no host"),
    ],
)
def test_what_is_no_host_is_named(url: str, why: str) -> None:
    assert refusal_of_url(url, "") == why


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/repo",
        "http://localhost/org/repo",
        "http://LOCALHOST:80/org/repo",
        "https://a.localhost/org/repo",
        "http://127.0.0.1/org/repo",
        "http://127.1/org/repo",
        "http://2130706433/org/repo",
        "http://0x7f.1/org/repo",
        "http://0.0.0.0/org/repo",
        "http://[::1]:80/org/repo",
        "http://[::ffff:127.0.0.1]/org/repo",
        "http://169.254.169.254/latest/meta-data",
        "git@localhost:org/repo",
    ],
)
def test_a_repository_from_elsewhere_may_not_name_this_machine(url: str) -> None:
    assert is_private(url)
    assert refusal_of_url(url, "https://github.com/org/repo")
    assert refusal_of_url(url, "") == ""
    assert refusal_of_url(url, "file:///srv/git/repo") == ""


@pytest.mark.parametrize(
    "url", ["https://github.com/a/b", "https://10.0.0.1/a/b", "git@github.com:a/b", "http://1.1.1.1/a"]
)
def test_other_machines_are_not_this_one(url: str) -> None:
    assert not is_private(url)


def test_secrets_of_an_address_are_not_shown() -> None:
    name = "https://me:hunter2@example.com/a/b?private_token=s3cret&ref=v1&X-Amz-Signature=s1gn"
    assert shown(name) == "https://***@example.com/a/b?private_token=***&ref=v1&X-Amz-Signature=***"
    assert shown("me:hunter2@example.com:a/b") == "***@example.com:a/b"


# --- stories ---------------------------------------------------------------------------------------------------------


def set_up(story: Path, place: Place) -> None:
    place.ours.git("config", "--file", place.environ["GIT_CONFIG_GLOBAL"], "protocol.file.allow", "always")
    folders = sorted((story / "remote").iterdir())
    for folder in folders:
        name, _, branch = folder.name.partition("@")
        repository = place.remote(name)
        if branch:
            repository.git("checkout", "--quiet", "-b", branch)
        shutil.copytree(folder, repository.path, dirs_exist_ok=True)
        for path in sorted(repository.path.rglob("*.yaml")):
            path.write_text(path.read_text().replace("$REMOTE", f"file://{place.root}/remote"))
        links = repository.path / "submodules.txt"
        for line in links.read_text().splitlines() if links.exists() else ():
            url, path_of_link = line.replace("$REMOTE", f"{place.root}/remote").split()
            options = ("-c", "protocol.file.allow=always")
            repository.git(*options, "submodule", "--quiet", "add", url, path_of_link)
        symlinks = repository.path / "symlinks.txt"
        for line in symlinks.read_text().splitlines() if symlinks.exists() else ():
            link, target = line.split()
            (repository.path / link).symlink_to(target)
        repository.commit()
        if branch:
            repository.git("checkout", "--quiet", "main")
        else:
            repository.git("tag", "--annotate", "--message=v1", "v1")
    shutil.copytree(story / "input", place.ours.path, dirs_exist_ok=True)
    for path in sorted(place.ours.path.rglob("kustomization.yaml")):
        path.write_text(path.read_text().replace("$REMOTE", f"file://{place.root}/remote"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Path, place: Place, golden: Golden) -> None:
    set_up(story, place)
    said = []
    for line in (story / "arguments.txt").read_text().splitlines():
        ran = place.run(*line.split())
        said.append(f"$ penstock {line}\n{ran.out}{ran.err}exit status {ran.status}\n")
    text = "\n".join(said).replace(f"{place.root}/remote", "$ROOT").replace(str(place.root).lstrip("/"), "ROOT")
    golden(story / "expected.txt", re.sub(r"\b([0-9a-f]{40}|[0-9a-f]{12})\b", "COMMIT", text))


@needs_kustomize
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_kustomize_prints_the_same_bytes(story: Path, place: Place) -> None:
    set_up(story, place)
    ran = place.run("build", "--fetch")
    if ran.status == 0:
        assert ran.out == place.kustomize()
        return
    with pytest.raises(subprocess.CalledProcessError):
        place.kustomize()


# --- the lock file ---------------------------------------------------------------------------------------------------


def test_without_a_lock_nothing_is_fetched(place: Place, base: Repository) -> None:
    place.uses(place.url())
    ran = place.run("build")
    assert (ran.status, ran.out) == (3, "")
    assert "kustomization.yaml:1:16: error PS130" in ran.err
    assert not place.cache.exists()


def test_a_locked_branch_stays_where_it_was_until_update(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=main")
    assert place.run("lock").status == 0
    first = place.pins()
    base.commit({"pod.yaml": POD.replace("nginx:1", "nginx:2")})
    assert place.run("build").out == PRINTED
    assert place.run("lock").out == "penstock.lock: 1 remote\n"
    assert place.pins() == first
    ran = place.run("lock", "--update")
    assert re.fullmatch(r"updated \S+ \w{12} \(refs/heads/main\) -> \w{12} \(refs/heads/main\)\n.*changed\n", ran.out)
    assert "nginx:2" in place.run("build").out


def test_what_is_not_used_any_more_leaves_the_lock(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1", f"{place.url()}//dev?ref=v1")
    place.run("lock")
    assert len(place.pins()) == 2
    place.uses(f"{place.url()}?ref=v1")
    assert place.run("lock", "--check").status == 1
    assert place.run("lock").out.startswith("removed ")
    assert len(place.pins()) == 1
    assert place.run("lock", "--check").status == 0


def test_lock_of_one_directory_keeps_what_others_use(place: Place, base: Repository) -> None:
    place.ours.write(
        {
            "a/kustomization.yaml": f"resources: ['{place.url()}?ref=v1']\n",
            "b/kustomization.yaml": f"resources: ['{place.url()}//dev?ref=v1']\n",
        }
    )
    place.run("lock", "a")
    assert len(place.pins()) == 1
    place.run("lock", "b")
    assert len(place.pins()) == 2
    assert place.run("build", ".", cwd="b").out == PRINTED  # the lock file is at the top of the repository


def test_lock_takes_the_names_of_targets_and_sees_the_whole_repository_from_any_folder(
    place: Place, base: Repository
) -> None:
    place.ours.write(
        {
            "apps/web/dev/kustomization.yaml": f"resources: ['{place.url()}?ref=v1']\n",
            "apps/web/prod/kustomization.yaml": f"resources: ['{place.url()}//dev?ref=v1']\n",
        }
    )
    assert place.run("lock", "prod/web", cwd="apps").status == 0
    assert len(place.pins()) == 1
    assert "did you mean" in place.run("lock", "pord").err
    assert place.run("lock", cwd="apps/web/prod").out.endswith("../../../penstock.lock: 2 remotes, changed\n")


def test_lock_in_a_folder_follows_definitions_elsewhere(place: Place, base: Repository) -> None:
    source = {"repoURL": place.url(), "path": "dev", "targetRevision": "v1"}
    spec = {"source": source, "destination": {"name": "prod", "namespace": "web"}}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": spec}
    place.ours.write({"apps/web.yaml": json.dumps(body), "docs/README.md": "how to\n"})
    assert place.run("lock", cwd="docs").status == 0
    assert len(place.pins()) == 1


def test_a_new_path_of_a_locked_branch_gets_the_same_commit(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=main")
    place.run("lock")
    base.commit({"pod.yaml": POD.replace("nginx:1", "nginx:2")})
    place.uses(f"{place.url()}?ref=main", f"{place.url()}//dev?ref=main")
    place.run("lock")
    assert len({pin["commit"] for pin in place.pins()}) == 1


def test_a_commit_that_is_no_tip_is_fetched_by_its_id(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=main")
    place.run("lock")
    base.commit({"pod.yaml": POD.replace("nginx:1", "nginx:2")})
    shutil.rmtree(place.cache)
    assert place.run("build", "--no-cache").out == PRINTED


def test_a_commit_that_is_gone_is_said_to_be_gone(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=main")
    place.run("lock")
    base.git("commit", "--quiet", "--amend", "-m", "Another")
    base.git("tag", "--delete", "v1")
    base.git("reflog", "expire", "--expire=now", "--all")
    base.git("gc", "--quiet", "--prune=now")
    shutil.rmtree(place.cache)
    ran = place.run("build", "--no-cache")
    assert ran.status == 3
    assert "error PS134" in ran.err
    assert "no longer has the commit" in ran.err


def test_offline_the_cache_has_to_do(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.run("lock")
    assert place.run("build", "--offline", "--no-cache").out == PRINTED
    shutil.rmtree(place.cache)
    ran = place.run("build", "--offline", "--no-cache")
    assert ran.status == 4
    assert "error PS132" in ran.err
    assert "is not in the cache" in ran.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b'{"version": 2, "remotes": []}',
        b'{"version": 1, "remotes": [1]}',
        b'{"version": 1, "remotes": [{"url": "x", "commit": "--upload-pack"}]}',
        b'{"version": 1, "remotes": [{"url": "x", "commit": 1}]}',
        b'{"version": 1, "remotes": [{"url": "x", "other": "y"}]}',
        b'{"version": 1, "remotes": [{"url": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_a_broken_lock_is_a_finding_at_the_lock(content: bytes, place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.ours.write({lock.NAME: content})
    ran = place.run("build", "--fetch")
    assert ran.status == 3
    assert ran.err.startswith("penstock.lock: error PS134 this file ")
    assert place.run("lock").status == 2
    assert (place.ours.path / lock.NAME).read_bytes() == content


def test_a_lock_is_the_same_in_whatever_order(place: Place) -> None:
    pins = [
        lock.Pin("b", sha256="0" * 64),
        lock.Pin("a", "r", "refs/tags/v1", "1" * 40),
        lock.Pin("a", sha256="2" * 64),
    ]
    assert lock.write(pins) == lock.write(reversed(pins))
    assert set(lock.read(lock.write(pins).encode()).values()) == set(pins)


def test_unpinned_refs_are_warned_of(place: Place, base: Repository) -> None:
    commit = base.git("rev-parse", "HEAD")
    for query, warned in (("", True), ("?ref=main", True), ("?ref=v1", False), (f"?ref={commit}", False)):
        place.uses(place.url() + query)
        for ran in (place.run("lock", "--update"), place.run("build")):
            assert ("warning PS133" in ran.err) == warned
            assert ran.status == 0


def test_a_target_that_does_not_compile_does_not_drop_what_is_locked(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.run("lock")
    place.uses("missing.yaml", f"{place.url()}//dev?ref=v1")
    assert place.run("lock").status == 3
    assert len(place.pins()) == 2


def test_every_command_reads_the_lock(place: Place, base: Repository) -> None:
    place.ours.write({"prod/kustomization.yaml": f"resources: ['{place.url()}?ref=main']\n"})
    place.run("lock")
    commit = place.ours.commit()
    place.ours.write({lock.NAME: '{"version": 1, "remotes": []}'})
    hydrated = place.run("hydrate", "--create")
    assert hydrated.status == 0
    assert "PS133" in hydrated.err
    assert "prod/pod_web.yaml" in place.ours.files("rendered/prod")
    assert place.run("check", "--staged").status == 0
    assert "PS130" in place.run("check").out
    place.ours.git("checkout", "--quiet", commit, "--", ".")
    checked = place.run("check", cwd="prod")
    assert checked.status == 0
    assert "kustomization.yaml:1:13: warning PS133" in checked.out
    assert place.run("graph").status == 0


def test_several_directories_at_once(place: Place, base: Repository) -> None:
    names = [f"target{number}" for number in range(12)]
    place.ours.write({f"{name}/kustomization.yaml": f"resources: ['{place.url()}?ref=v1']\n" for name in names})
    place.run("lock")
    shutil.rmtree(place.cache)
    assert place.run("build", *names, "--output", "out", "--jobs", "3", "--no-cache").status == 0
    assert [(place.ours.path / "out" / f"{name}.yaml").read_text() for name in names] == [PRINTED] * 12


def test_a_result_of_the_cache_goes_with_the_lock(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=main")
    place.run("lock")
    assert place.run("build").out == PRINTED
    base.commit({"pod.yaml": POD.replace("nginx:1", "nginx:2")})
    place.environ["PATH"] = "/nonexistent"  # without git, only a result that was kept can be printed
    assert place.run("build").out == PRINTED
    place.environ["PATH"] = ENVIRON["PATH"]
    place.run("lock", "--update")
    assert "nginx:2" in place.run("build").out


def test_an_outcome_of_the_cache_goes_with_the_lock(
    place: Place, base: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place.ours.path)
    place.ours.write({"prod/kustomization.yaml": f"resources: ['{place.url()}?ref=main']\n"})
    place.run("lock")
    found = place.run("check")
    known = Ran(start._known(["check"], out := StringIO(), err := StringIO()) or 0, out.getvalue(), err.getvalue())
    assert known == found
    assert known.out
    base.commit({"pod.yaml": POD.replace("nginx:1", "nginx:2")})
    place.run("lock", "--update")
    assert start._known(["check"], StringIO(), StringIO()) is None


# --- the cache -------------------------------------------------------------------------------------------------------


def entries(place: Place) -> list[Path]:
    return sorted((place.cache / "git").iterdir())


def test_two_targets_fetch_one_remote_once(place: Place, base: Repository, web: Web) -> None:
    url = f"{web.url}/git/base.git//dev?ref=v1"
    web.pages["/files/pod.yaml"] = Page(POD.replace("web", "other").encode())
    place.ours.write(
        {
            "a/kustomization.yaml": f"resources: ['{url}', '{web.url}/files/pod.yaml']\n",
            "b/kustomization.yaml": f"resources: ['{url}', '{web.url}/files/pod.yaml']\nnamePrefix: b-\n",
        }
    )
    assert place.run("lock").status == 0
    asked = web.requests.copy()
    assert asked["/files/pod.yaml"] == 1
    assert asked["/git/base.git/git-upload-pack"] == 2  # what the ref leads to, and the commit
    assert place.run("build", "--no-cache", "a").status == 0
    assert place.run("build", "--no-cache", "b").out.count("name: b-") == 2
    assert web.requests == asked
    assert len(entries(place)) == 1


def test_a_damaged_entry_is_fetched_again(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.run("lock")
    for damage in (b"", b"PACK garbage"):
        (pack,) = (entries(place)[0] / "objects" / "pack").glob("*.pack")
        pack.chmod(0o644)
        pack.write_bytes(damage)
        ran = place.run("build", "--offline", "--no-cache")
        assert ran.status == 4
        assert "PS132" in ran.err
        assert place.run("build", "--no-cache").out == PRINTED


def test_another_object_in_the_place_of_one_is_found_out(place: Place, base: Repository) -> None:
    """A cache that somebody else can write must not decide what is deployed."""
    place.uses(f"{place.url()}?ref=v1")
    place.run("lock")
    evil = base.commit({"pod.yaml": POD.replace("nginx:1", "evil:1")})
    entry = entries(place)[0]
    commit = entry.name
    shutil.rmtree(entry)
    shutil.copytree(base.path / ".git", entry)
    (good,) = (p for p in entry.glob(f"objects/{commit[:2]}/{commit[2:]}"))
    bad = entry / "objects" / evil[:2] / evil[2:]
    good.chmod(0o644)
    good.write_bytes(bad.read_bytes())
    assert place.run("build", "--no-cache").out == PRINTED


def test_a_file_of_the_cache_is_hashed_again(place: Place, web: Web) -> None:
    web.pages["/pod.yaml"] = Page(POD.encode())
    place.uses(f"{web.url}/pod.yaml")
    place.run("lock")
    (file,) = (place.cache / "files").iterdir()
    file.write_text("kind: Evil\n")
    assert "is not in the cache" in place.run("build", "--offline", "--no-cache").err
    assert place.run("build", "--no-cache").out == PRINTED


def test_without_git_nothing_is_thrown_away(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.run("lock")
    place.environ["PATH"] = "/nonexistent"
    ran = place.run("build", "--no-cache")
    assert ran.status == 4
    assert "git is not installed" in ran.err
    assert len(entries(place)) == 1


def test_a_cache_that_cannot_be_written_is_said(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    place.environ["XDG_CACHE_HOME"] = "/dev/null/nowhere"
    ran = place.run("build", "--fetch")
    assert ran.status == 4
    assert "the cache of remote bases cannot be written" in ran.err


def test_several_processes_fill_the_cache_at_once(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1")
    outs: list[Ran] = []
    threads = [threading.Thread(target=lambda: outs.append(place.run("build", "--fetch"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ran.out for ran in outs] == [PRINTED] * 4
    assert len(entries(place)) == 1
    assert [p.name for p in (place.cache / "tmp").iterdir() if p.is_dir()] == []


def test_the_limit_of_files_is_lifted_by_the_last_one_who_needs_it() -> None:
    """Two threads that fetch end in any order."""
    limit = git._FileSize()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    first, second = limit.limited(), limit.limited()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == git.MAX_PACK
    second.__exit__(None, None, None)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_files_of_a_commit_are_those_of_a_checkout(algorithm: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", f"--object-format={algorithm}")
    links = {
        "to-base": "base",
        "base/up": "../top.yaml",
        "twice": "to-base/a.yaml",
        "broken": "no/where",
        "loop": "loop",
        "out": "../../etc/hostname",
        "absolute": "/etc/hostname",
        "round": "base/../base/./a.yaml",
    }
    repository.write({"base/a.yaml": "a\n", "top.yaml": "top\n", "empty": ""})
    for name, target in links.items():
        (repository.path / name).symlink_to(target)
    commit = repository.commit()
    files = CommitFiles(Git(str(repository.path), ENVIRON), str(repository.path / ".git"), commit, submodules=True)
    disk = Disk(str(repository.path))
    for path in (
        "base",
        "base/a.yaml",
        "to-base/a.yaml",
        "to-base",
        "twice",
        "base/up",
        "round",
        "empty",
        "missing",
        ".",
    ):
        assert files.read(path) == disk.read(path)
        assert files.real(path) == disk.real(path)
        assert files.is_dir(path) == disk.is_dir(path)
    for path in ("out", "absolute", "..", "base/../../x", "/etc/hostname"):
        assert files.read(path) is None
        assert files.real(path) == ".."
    assert files.read("broken") is None
    with pytest.raises(Unreadable, match="symbolic links"):
        files.read("loop")
    assert not files.is_dir("loop")
    assert list(files.walk("base")) == ["base/a.yaml", "base/up"]
    files.close()


def test_a_missing_object_is_damage(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    commit = repository.commit({"a.yaml": "a\n"})
    blob = repository.git("rev-parse", "HEAD:a.yaml")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    files = CommitFiles(Git(str(repository.path), ENVIRON), str(repository.path / ".git"), commit, submodules=True)
    with pytest.raises(Damaged):
        files.read("a.yaml")
    with pytest.raises(Damaged):
        CommitFiles(Git(str(repository.path), ENVIRON), str(repository.path / ".git"), "0" * 40, submodules=True)


# --- the network -----------------------------------------------------------------------------------------------------


def test_a_repository_and_a_file_over_http(place: Place, base: Repository, web: Web) -> None:
    web.pages["/org/repo/v1/other.yaml"] = Page(POD.replace("web", "other").encode())
    web.pages["/settings"] = Page(b"level=high\n")
    web.pages["/patch.yaml"] = Page(b"- {op: add, path: /metadata/labels, value: {from: web}}\n")
    place.ours.write(
        {
            "kustomization.yaml": f"""
resources:
- {web.url}/git/base.git//dev?ref=v1
- {web.url}/org/repo/v1/other.yaml
configMapGenerator:
- {{name: settings, files: ['{web.url}/settings'], envs: ['{web.url}/settings']}}
patches:
- {{path: '{web.url}/patch.yaml', target: {{kind: Pod}}}}
buildMetadata: [originAnnotations]
"""
        }
    )
    ran = place.run("build", "--fetch")
    assert ran.status == 0
    assert ran.out.count("from: web") == 2
    assert "level: high" in ran.out
    assert f"repo: {web.url}/org/repo" in ran.out
    assert place.run("lock").status == 0
    assert place.run("build").out == ran.out
    if KUSTOMIZE:
        assert place.kustomize() == ran.out


def test_a_page_for_people_is_no_file(place: Place, base: Repository, web: Web) -> None:
    web.pages["/git/base.git?ref=v1"] = Page(b"<!doctype html><html>", headers={"Content-Type": "text/html"})
    place.uses(f"{web.url}/git/base.git?ref=v1")
    assert place.run("build", "--fetch").out == PRINTED


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Page(b"gone", 404), "gives the status 404, not a file"),
        (Page(b"<html>", headers={"Content-Type": "text/html"}), "gives a page for people"),
        (Page(b"", 302, {"Location": "/crds.yaml"}), "gives the status 302"),
        (Page(b"", 302, {"Location": "file:///etc/passwd"}), "gives the status 302"),
        (Page(b"", 302, {"Location": "ftp://127.0.0.1/x"}), "is not followed"),
        (Page(b"", 302, {"Location": "http://me:hunter2@127.0.0.1/x"}), "is not followed"),
        (Page(b"x" * (MAX_BYTES + 1)), "has more than"),
        (Page(b"slow and slower", seconds=0.4), "did not answer in time"),
        (Page(b"short", headers={"Content-Length": "10"}), "it ends 5 bytes too early"),
    ],
)
def test_what_a_server_can_do_instead_of_a_file(page: Page, said: str, place: Place, web: Web) -> None:
    web.pages["/crds.yaml?timeout=1"] = web.pages["/crds.yaml"] = page
    place.uses(f"{web.url}/crds.yaml?timeout=1")
    ran = place.run("build", "--fetch")
    assert (ran.status, ran.out) == (4, "")
    assert "kustomization.yaml:1:16: error PS132" in ran.err
    assert said in ran.err
    assert "hunter2" not in ran.err


def test_a_file_that_has_changed_is_not_what_was_locked(place: Place, web: Web) -> None:
    web.pages["/pod.yaml"] = Page(POD.encode())
    place.uses(f"{web.url}/pod.yaml")
    place.run("lock")
    web.pages["/pod.yaml"] = Page(POD.replace("nginx:1", "evil:1").encode())
    assert place.run("build", "--no-cache").out == PRINTED
    shutil.rmtree(place.cache)
    ran = place.run("build", "--no-cache")
    assert (ran.status, ran.out) == (3, "")
    assert "error PS134" in ran.err


def test_a_redirect_is_followed(place: Place, web: Web) -> None:
    web.pages["/old.yaml"] = Page(b"", 301, {"Location": "/new.yaml"})
    web.pages["/new.yaml"] = Page(POD.encode())
    place.uses(f"{web.url}/old.yaml")
    assert place.run("build", "--fetch").out == PRINTED


def test_a_redirect_to_this_machine_is_not_followed() -> None:
    redirects = transport._Redirects("https://example.com/a.yaml")
    request = urllib.request.Request("https://example.com/a.yaml")
    for target in ("http://127.0.0.1/", "https://localhost/", "http://example.com/", "https://169.254.169.254/x"):
        with pytest.raises(Failure, match="is not followed"):
            redirects.redirect_request(request, StringIO(), 302, "", {}, target)  # type: ignore[arg-type]


def test_a_slow_repository_is_given_up(place: Place, web: Web) -> None:
    web.pages["/slow/repo.git/info/refs?service=git-upload-pack"] = Page(b"slow" * 99, seconds=0.5)
    place.uses(f"{web.url}/slow/repo.git?timeout=1")
    ran = place.run("build", "--fetch")
    assert ran.status == 4
    assert "did not answer in time" in ran.err


def test_a_repository_that_is_too_large_is_given_up(
    place: Place, base: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.commit({"large": os.urandom(300_000)})
    monkeypatch.setattr(git, "MAX_PACK", 100_000)
    place.uses(f"{place.url()}?ref=main")
    ran = place.run("build", "--fetch")
    assert ran.status == 4
    assert "is larger than 100,000 bytes" in ran.err


def test_a_repository_that_is_not_there(place: Place, web: Web) -> None:
    for url in (place.url("none.git"), f"{web.url}/git/none.git", f"{web.url}/org/repo.git"):
        place.uses(url)
        ran = place.run("build", "--fetch")
        assert ran.status == 4
        assert "kustomization.yaml:1:16: error PS132" in ran.err


def test_a_ref_or_directory_that_is_not_there(place: Place, base: Repository) -> None:
    commit = base.git("rev-parse", "HEAD")
    for query, said in (
        ("?ref=v9", "has no branch or tag v9"),
        (f"?ref={commit[:10]}", "write all of it"),
        (f"?ref={'0' * 40}", "no longer has the commit"),
        ("//nowhere?ref=v1", "there is no directory nowhere in"),
        ("//pod.yaml?ref=v1", "there is no directory pod.yaml in"),
    ):
        place.uses(place.url() + query)
        ran = place.run("build", "--fetch")
        assert ran.status in (3, 4)
        assert said in ran.err


def test_settings_of_the_user_count(place: Place, base: Repository) -> None:
    place.ours.git(
        *("config", "--file", place.environ["GIT_CONFIG_GLOBAL"]),
        *(f"url.file://{place.root}/remote/.insteadOf", "git@example.com:"),
    )
    place.uses("git@example.com:base.git//dev?ref=v1")
    assert place.run("build", "--fetch").out == PRINTED


def test_an_address_on_the_command_line(place: Place, base: Repository) -> None:
    url = f"{place.url()}//dev?ref=v1"
    assert place.run("build", url).status == 3
    assert place.run("build", "--fetch", url).out == PRINTED


def test_a_local_file_of_that_name_comes_first(place: Place) -> None:
    place.ours.write({"github.com/org/repo/pod.yaml": POD})
    place.uses("github.com/org/repo/pod.yaml")
    assert place.run("build").out == PRINTED


def test_odd_names_of_local_files_stay_local(place: Place) -> None:
    names = ["a@b.yaml", "a:b.yaml", "c?ref=v1.yaml"]
    for number, name in enumerate(names):
        place.ours.write({name: POD.replace("web", f"web{number}")})
    place.uses(*names)
    assert place.run("build").out.count("name: web") == 3


def test_a_local_name_cannot_reach_into_what_was_fetched(place: Place, base: Repository) -> None:
    place.uses(f"{place.url()}?ref=v1", f"//localhost{place.root}/remote/base.git@v1/pod.yaml")
    ran = place.run("build", "--fetch", "--load-restrictor", "LoadRestrictionsNone")
    assert ran.status == 3
    assert "PS120" in ran.err


# --- hostile repositories --------------------------------------------------------------------------------------------


def test_hooks_filters_and_configuration_of_a_repository_do_not_run(place: Place, base: Repository) -> None:
    mark = place.root / "ran"
    script = f"#!/bin/sh\ntouch {mark}\n"
    for hook in ("post-checkout", "post-upload-pack", "pre-receive", "reference-transaction"):
        base.write({f".git/hooks/{hook}": script})
        (base.path / ".git" / "hooks" / hook).chmod(0o755)
    base.git("config", "uploadpack.packObjectsHook", f"touch {mark}; exec")
    base.commit({".gitattributes": "* filter=evil\n", ".gitconfig": f"[filter 'evil']\nsmudge = touch {mark}\n"})
    mark.unlink(missing_ok=True)
    place.uses(f"{place.url()}?ref=main")
    assert place.run("build", "--fetch").out == PRINTED
    assert not mark.exists()


@pytest.mark.parametrize("reference", ["file:///etc/x.git", "http://127.0.0.1:1/org/repo", "http://localhost/x.yaml"])
def test_a_repository_from_elsewhere_that_names_this_machine(reference: str, place: Place, base: Repository) -> None:
    base.commit({"kustomization.yaml": f"resources: ['{reference}']\n"})
    place.ours.git(
        *("config", "--file", place.environ["GIT_CONFIG_GLOBAL"]),
        *(f"url.file://{place.root}/remote/.insteadOf", "git@example.com:"),
    )
    place.uses("git@example.com:base.git?ref=main")
    ran = place.run("build", "--fetch")
    assert ran.status == 3
    assert "//example.com/base.git@main/kustomization.yaml:1:" in ran.err
    assert "error PS131" in ran.err


def test_submodules_of_this_machine_are_what_git_allows(place: Place, base: Repository) -> None:
    top = place.remote("top.git")
    top.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(base.path), "part")
    top.commit()
    place.uses(f"{place.url('top.git')}//part?ref=main")
    ran = place.run("build", "--fetch")
    assert ran.status == 3
    assert "protocol.file.allow=always" in ran.err
    place.ours.git("config", "--file", place.environ["GIT_CONFIG_GLOBAL"], "protocol.file.allow", "always")
    assert place.run("build", "--fetch").out == PRINTED
    assert [path.name[40:] for path in entries(place)] == ["+submodules"]
    place.uses(f"{place.url('top.git')}//part?ref=main&submodules=0")
    ran = place.run("build", "--fetch")
    assert ran.status == 3
    assert "there is no kustomization.yaml in //" in ran.err


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "--upload-pack=id", "git://example.com/x", "https://a:b@example.com/x"]
)
def test_a_hostile_submodule_is_refused(url: str, place: Place, base: Repository) -> None:
    commit = base.git("rev-parse", "HEAD")
    base.git("update-index", "--add", "--cacheinfo", f"160000,{commit},part")
    base.write({".gitmodules": f'[submodule "part"]\npath = part\nurl = {url}\n'})
    base.git("add", ".gitmodules")
    base.git("commit", "--quiet", "-m", "Hostile")
    place.uses(f"{place.url()}?ref=main")
    ran = place.run("build", "--fetch")
    assert ran.status == 3
    assert "error PS131" in ran.err
    assert "a:b" not in ran.err
    place.uses(f"{place.url()}?ref=main&submodules=0")
    assert place.run("build", "--fetch").out == PRINTED


def test_addresses_without_end(place: Place, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server can make up a new address in each answer."""
    monkeypatch.setattr(remotes_module, "MAX_REMOTES", 20)
    findings = []
    remotes = place.remotes(fetch=True)
    for number in range(30):
        _, more = remotes.find(address(f"{web.url}/{quote(str(number))}.yaml"), Origin(""), "any", "")
        findings += more
    assert "there are more than 20 remote addresses" in findings[-1].message
    assert sum(web.requests.values()) == 20
