"""Hostile repositories, rendered branches and remotes: each run ends in seconds, and nothing that people made is lost.

The families are those of docs/security.md.
"""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cases import spent
from tests.repository import ENVIRON, Ran, Repository
from tests.test_hydrate import CHANGED, SERVICE, SOURCES, clone_of

from penstock.emit.layout import files_of
from penstock.emit.names import check_directory
from penstock.emit.record import read_record
from penstock.git import Git
from penstock.git_files import GitCommit, GitIndex
from penstock.model import Origin, Refusal, Resource, ResourceId, Unreadable

pytestmark = pytest.mark.usefixtures("uncollected")

SECONDS, MEMORY = 15.0, 512 * 1024 * 1024
"""How long each of these may take, and by how much Penstock may grow; git may be as large. 5 seconds are promised, a
machine of CI may be slow, and an attack takes minutes.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit(SOURCES, "Add web")
    repository.penstock("hydrate", "--create")
    return repository


@pytest.fixture
def remote(tmp_path: Path, repository: Repository) -> Repository:
    remote = Repository(tmp_path / "remote.git", "--bare")
    repository.git("remote", "add", "origin", str(remote.path))
    repository.git("push", "--quiet", "origin", "main")
    assert repository.penstock("hydrate", "--create", "--push").status == 0
    return remote


def put(repository: Repository, branch: str, tree: str) -> str:
    """A commit of people on a branch, with a tree that was made by hand."""
    commit = repository.git("commit-tree", "-p", branch, "-m", "By hand", tree)
    repository.git("update-ref", f"refs/heads/{branch}", commit)
    return commit


def blob(repository: Repository, content: str = "x\n") -> str:
    return repository.git("hash-object", "-w", "--stdin", stdin=content)


def with_entry(repository: Repository, branch: str, mode: str, name: str, key: str) -> str:
    """The tree of a branch with one more entry at its root, as a program writes it that does not ask git."""
    raw = subprocess.run(
        ["git", "cat-file", "tree", branch], cwd=repository.path, env=ENVIRON, capture_output=True, check=True
    ).stdout
    return write(repository, b"tree", raw + b"%s %s\0%s" % (mode.encode(), name.encode(), bytes.fromhex(key)))


def write(repository: Repository, kind: bytes, data: bytes) -> str:
    """A loose object of any content."""
    whole = b"%s %d\0%s" % (kind, len(data), data)
    key = hashlib.sha1(whole).hexdigest()
    path = repository.path / ".git" / "objects" / key[:2] / key[2:]
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_bytes(zlib.compress(whole))
    return key


def bomb(repository: Repository, leaf: str = "") -> str:
    """Ten trees that describe 10^10 directories."""
    tree = leaf or repository.git("mktree", stdin=f"100644 blob {blob(repository)}\tf\n")
    for _ in range(10):
        tree = repository.git("mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)))
    return tree


def commit_bomb(repository: Repository, leaf: str = "") -> None:
    """Put the trees into a commit on top of HEAD."""
    entries = f"{repository.git('ls-tree', 'HEAD')}\n040000 tree {bomb(repository, leaf)}\tbomb\n"
    root = repository.git("mktree", stdin=entries)
    repository.git("update-ref", "HEAD", repository.git("commit-tree", "-p", "HEAD", "-m", "Bomb", root))


def deep(repository: Repository, levels: int) -> str:
    tree = repository.git("mktree", stdin=f"100644 blob {blob(repository)}\tf\n")
    for _ in range(levels):
        tree = write(repository, b"tree", b"40000 d\0" + bytes.fromhex(tree))
    return tree


def timed(repository: Repository, *arguments: str, status: int, **options: Any) -> Ran:
    began, before = spent(), largest(resource.RUSAGE_SELF)
    of_others = largest(resource.RUSAGE_CHILDREN)
    ran = repository.penstock(*arguments, **options)
    assert spent() - began < SECONDS
    assert largest(resource.RUSAGE_SELF) - before < MEMORY
    # Programs that other tests have run count for ever, and each seems to need the memory of what starts it.
    assert largest(resource.RUSAGE_CHILDREN) <= max(MEMORY, of_others, largest(resource.RUSAGE_SELF))
    assert ran.status == status, ran
    return ran


def largest(whose: int) -> int:
    """The most memory that this process, or one of its children, has ever had."""
    return resource.getrusage(whose).ru_maxrss * 1024


# --- what others put on a rendered branch ----------------------------------------------------------------------------

SCALARS = (
    *(
        '"\\q"',
        '"\\UFFFFFFFF"',
        '"\\x00"',
        '"a\x01b"',
        '"\\uD800"',
        '"\\xZZ"',
        "'",
        "!!binary x",
        "*none",
        "&a",
        "{",
        "%",
    ),
    *("? x", "!!python/object:os.system x", "- - -", "|", '"' + "a" * 100_000),
)


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("form", ["kind: {}\nmetadata:\n  name: x\n", "kind: A\nmetadata:\n  name: {}\n"])
def test_a_foreign_yaml_file_is_left_alone(form: str, scalar: str, repository: Repository) -> None:
    text = f"apiVersion: v1\n{form.format(scalar)}"
    repository.add_to("rendered/prod", {"prod/a_x.yaml": text})
    repository.commit(CHANGED)
    timed(repository, "hydrate", "--create", status=0)
    assert repository.files("rendered/prod")["prod/a_x.yaml"] == text


FOREIGN: dict[str, Callable[[Repository], tuple[str, str]]] = {
    "an odd mode": lambda r: ("100664", blob(r)),
    "an executable": lambda r: ("100755", blob(r)),
    "an empty directory": lambda r: ("40000", r.git("mktree")),
    "a directory without end": lambda r: ("40000", bomb(r)),
    "empty directories without end": lambda r: ("40000", bomb(r, r.git("mktree"))),
    "a directory of many levels": lambda r: ("40000", deep(r, 3000)),
    "a directory that is missing": lambda r: ("40000", "1" * 40),
    "a file that is missing": lambda r: ("100644", "1" * 40),
    "a submodule": lambda r: ("160000", "1" * 40),
    "a symlink": lambda r: ("120000", blob(r, "/etc/passwd")),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_foreign_is_kept_as_it_is(what: str, repository: Repository) -> None:
    mode, key = FOREIGN[what](repository)
    put(repository, "rendered/prod", with_entry(repository, "rendered/prod", mode, "zzz", key))
    repository.commit(CHANGED)
    timed(repository, "hydrate", "--create", status=0)
    tree = subprocess.run(
        ["git", "cat-file", "tree", "rendered/prod"], cwd=repository.path, env=ENVIRON, capture_output=True, check=True
    ).stdout
    assert tree.endswith(b"%s zzz\0%s" % (mode.encode(), bytes.fromhex(key)))
    assert "port: 81" in repository.git("show", "rendered/prod:prod/service_prod_web.yaml")


ODD = {
    "a name twice": ("100644", ".penstock"),
    "a directory and a file of one name": ("40000", ".penstock"),
    "a name with a slash": ("100644", "z/z"),
    "a mode that is none": ("1x0644", "zzz"),
    "no mode": ("", "zzz"),
}


@pytest.mark.parametrize("what", ODD)
def test_a_tree_that_git_does_not_write_is_a_finding(what: str, repository: Repository) -> None:
    mode, name = ODD[what]
    put(repository, "rendered/prod", with_entry(repository, "rendered/prod", mode, name, blob(repository)))
    before = repository.refs()["refs/heads/rendered/prod"]
    repository.commit(CHANGED)
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "error PS510 the branch rendered/prod is left as it is" in ran.err
    assert repository.refs()["refs/heads/rendered/prod"] == before
    assert "port: 81" in repository.files("rendered/dev")["dev/service_dev_web.yaml"]


def test_names_that_are_not_in_order_are_put_in_order(repository: Repository) -> None:
    put(repository, "rendered/prod", with_entry(repository, "rendered/prod", "100644", "A", blob(repository)))
    repository.commit(CHANGED)
    timed(repository, "hydrate", "--create", status=0)
    assert repository.git("ls-tree", "--name-only", "rendered/prod").split() == [".penstock", "A", "prod"]
    assert repository.git("show", "rendered/prod:A") == "x"


def put_files(repository: Repository, key: str, paths: Sequence[str]) -> None:
    """Add files of one content to the rendered branch of prod."""
    lines = "".join(f"100644 {key}\t{path}\n" for path in paths)
    index = {"GIT_INDEX_FILE": str(repository.path / ".git" / "other")}
    repository.git("read-tree", "rendered/prod", environ=index)
    repository.git("update-index", "--index-info", stdin=lines, environ=index)
    put(repository, "rendered/prod", repository.git("write-tree", environ=index))


def test_a_directory_of_many_files_is_read_in_time(repository: Repository) -> None:
    key = blob(repository, "kind: A\n")
    put_files(repository, key, [f"prod/z_{number}.yaml" for number in range(50_000)])
    repository.commit(CHANGED)
    timed(repository, "hydrate", "--create", status=0)
    assert len(repository.git("ls-tree", "--name-only", "rendered/prod:prod").splitlines()) == 50_001


def test_one_large_file_of_many_names_is_read_once_or_not_at_all(repository: Repository) -> None:
    large = "kind: Service\nmetadata:\n  name: web\n" + "#" * 30_000_000
    key = blob(repository, large)
    put_files(repository, key, [f"prod/service_{number}.yaml" for number in range(60)])
    repository.commit(CHANGED)
    timed(repository, "hydrate", "--create", status=0)


# --- what others put into the commit or the index that is compiled ---------------------------------------------------


@pytest.mark.parametrize("leaf", ["a file", "nothing"])
def test_a_commit_without_end_is_refused(leaf: str, repository: Repository) -> None:
    commit_bomb(repository, repository.git("mktree") if leaf == "nothing" else "")
    for command in (("hydrate", "--create"), ("affected", "--base", "HEAD~1")):
        ran = timed(repository, *command, status=3)
        assert "has more than 500,000 files and directories" in ran.err


def test_no_command_of_git_outlives_a_refusal(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_bomb(repository)
    started: list[subprocess.Popen[bytes]] = []

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("penstock.git.Popen", noted)
    for command in (("hydrate", "--create"), ("diff", "--base", "HEAD~1")):
        assert repository.penstock(*command).status == 3
        assert any("diff-index" in str(process.args) for process in started)  # it would read the commit to the end
        assert [process.args for process in started if process.poll() is None] == []
        started.clear()


def test_long_and_many_symlinks_are_not_read(repository: Repository) -> None:
    long, large = blob(repository, "a/" * 500_000), blob(repository, "x" * 31_000_000)
    lines = f"120000 {long}\tprod/long\n" + "".join(f"120000 {large}\tprod/l{number}\n" for number in range(200))
    repository.git("update-index", "--index-info", stdin=lines)
    began = spent()
    with GitIndex(str(repository.path), ENVIRON) as files, pytest.raises(Unreadable, match="more than 4,096 bytes"):
        files.read("prod/l7")
    assert spent() - began < SECONDS


def test_symlinks_that_make_a_path_longer_and_longer_end(repository: Repository) -> None:
    lines = "".join(
        f"120000 {blob(repository, f'l{number + 1}/' + 'a/' * 2000 + 'x')}\tl{number}\n" for number in range(39)
    )
    repository.git("update-index", "--index-info", stdin=lines)
    began = spent()
    with GitIndex(str(repository.path), ENVIRON) as files, pytest.raises(Unreadable, match="leads to a path of more"):
        files.read("l0")
    assert spent() - began < SECONDS


@pytest.mark.parametrize(("target", "command"), [("../../x", "hydrate"), ("/etc/passwd", "check --staged")])
def test_a_symlink_out_of_the_repository_is_called_one(target: str, command: str, repository: Repository) -> None:
    (repository.path / "prod" / "kustomization.yaml").unlink()
    (repository.path / "prod" / "kustomization.yaml").symlink_to(target)
    repository.commit()
    ran = timed(repository, *command.split(), status=3)
    assert "kustomization.yaml is a symlink that leads outside of prod" in ran.err + ran.out


@pytest.mark.parametrize("target", ["nowhere", "a/" * 3000, ".penstock"])
def test_a_record_that_is_a_symlink_is_none(target: str, repository: Repository) -> None:
    tree = repository.git("ls-tree", "rendered/prod^{tree}").replace("100644 blob", "120000 blob", 1)
    record = next(line.split()[2] for line in tree.splitlines() if line.endswith("\t.penstock"))
    put(repository, "rendered/prod", repository.git("mktree", stdin=tree.replace(record, blob(repository, target))))
    assert (
        "is no environment, target, directory or rendered branch"
        in timed(repository, "diff", "rendered/prod", "prod", status=2).err
    )


# --- commits of people -----------------------------------------------------------------------------------------------


def test_a_directory_that_people_claim_for_a_target_is_left_alone(repository: Repository) -> None:
    folder = repository.path.parent / "by_hand"
    repository.git("worktree", "add", "--quiet", "--force", str(folder), "rendered/prod")
    tree = Repository(folder)
    kept = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: keep\n"
    marker = (tree.path / ".penstock").read_text()
    tree.write({"team/configmap_keep.yaml": kept, ".penstock": marker.replace("[\n", '[\n    "team",\n', 1)})
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=Keep")
    repository.git("worktree", "remove", str(tree.path))
    repository.commit(CHANGED)
    assert repository.penstock("hydrate", "--create").status == 0
    assert repository.git("show", "rendered/prod:team/configmap_keep.yaml") + "\n" == kept
    assert '"team"' not in repository.git("show", "rendered/prod:.penstock")
    assert repository.penstock("hydrate", "--create").out.count("unchanged") == 2


def test_a_rendered_commit_that_people_amend_is_theirs(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    other = clone_of(remote, tmp_path / "other")
    other.git("branch", "rendered/prod", "origin/rendered/prod")
    people = Repository(tmp_path / "people")
    other.git("worktree", "add", "--quiet", "--force", str(people.path / "tree"), "rendered/prod")
    tree = Repository(people.path / "tree")
    tree.write({"README": "notes of people\n"})
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--amend", "--no-edit")
    amended = tree.git("rev-parse", "HEAD")
    other.git("worktree", "remove", str(tree.path))
    repository.commit(CHANGED)
    repository.git("push", "--quiet", "origin", "main")
    repository.penstock("hydrate", "--create", "--push")
    other.git("pull", "--quiet")
    ran = timed(other, "hydrate", "--create", "--push", status=4)
    assert "gone apart" in ran.err
    assert other.refs()["refs/heads/rendered/prod"] == amended


def test_a_commit_of_people_below_a_thousand_rendered_ones_is_seen(repository: Repository, remote: Repository) -> None:
    base = repository.git("rev-parse", "rendered/prod")
    tree = repository.git("rev-parse", "rendered/prod^{tree}")
    hand = put(repository, "rendered/prod", tree)
    message = f"r\n\nDry-Sha: {repository.git('rev-parse', 'main')}\nRendered-Tree: {tree}\nEngine: penstock 0\n"
    committer = "committer Penstock <hydrate@penstock.dev> 1700000000 +0000"
    stream = "feature done\n"
    for number in range(1100):
        source = f"from {hand}\n" if not number else ""
        stream += f"commit refs/heads/rendered/prod\n{committer}\ndata {len(message)}\n{message}\n{source}"
    repository.git("fast-import", "--quiet", "--done", "--force", stdin=f"{stream}done\n")
    elsewhere = repository.git("commit-tree", "-p", base, "-m", "Elsewhere", tree)
    repository.git("push", "--quiet", "origin", f"{elsewhere}:refs/heads/rendered/prod")
    repository.commit(CHANGED)
    ran = timed(repository, "hydrate", "--create", "--push", status=4)
    assert "gone apart" in ran.err


@pytest.mark.parametrize("arguments", [("--dry-run",), ()])
def test_refspecs_of_the_user_move_no_branch(
    arguments: tuple[str, ...], repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    other = clone_of(remote, tmp_path / "other")
    other.commit(CHANGED)
    other.penstock("hydrate", "--create", "--push")
    repository.git("config", "remote.origin.fetch", "+refs/heads/*:refs/heads/*")
    repository.git("branch", "precious")
    hand = repository.add_to("rendered/dev", {"README": "of people\n"})
    before = {name: key for name, key in repository.refs().items() if "/remotes/" not in name}
    ran = repository.penstock("hydrate", "--create", "--push", *arguments)
    assert (ran.status, "gone apart" in ran.err) == (4, True)
    after = {name: key for name, key in repository.refs().items() if "/remotes/" not in name}
    assert after == before
    assert after["refs/heads/rendered/dev"] == hand


SETTINGS = (
    *("trailer.separators ==", "trailer.dry-sha.key x", "i18n.logOutputEncoding UTF-16", "i18n.commitEncoding UTF-16"),
    *("log.showSignature true", "color.ui always", "log.mailmap true", "core.quotePath false", "core.abbrev 4"),
    *("format.pretty %H", "core.commentChar D", "core.fileMode false", "core.ignoreCase true", "core.symlinks false"),
    *(
        "push.useForceIfIncludes true",
        "fetch.prune true",
        "push.default nothing",
        "core.autocrlf true",
        "core.eol crlf",
    ),
    *("core.precomposeUnicode true", "core.logAllRefUpdates false", "commit.gpgSign true", "core.splitIndex true"),
)


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_the_user_change_no_result(setting: str, repository: Repository, remote: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit(CHANGED)
    plain = Repository(Path(shutil.copytree(repository.path, repository.path.parent / "plain")))
    plain.penstock("hydrate", "--create")
    repository.git("config", *setting.split())
    assert repository.penstock("hydrate", "--create", "--push").status == 0
    assert repository.refs()["refs/heads/rendered/prod"] == plain.refs()["refs/heads/rendered/prod"]
    assert repository.penstock("hydrate", "--create", "--revision", first).out.count("which the later commit") == 2


def test_what_a_commit_says_is_believed_only_of_penstocks_own(repository: Repository) -> None:
    def raw(revision: str) -> bytes:
        return repository.git("cat-file", "commit", revision).encode() + b"\n"

    ours = raw("rendered/prod")
    record = read_record(ours)
    assert record is not None
    assert record.source == repository.git("rev-parse", "HEAD")
    assert record.tree == repository.git("rev-parse", "rendered/prod^{tree}")
    assert read_record(raw("HEAD")) is None
    assert read_record(ours.replace(b"committer Penstock", b"committer Pen")) is None
    assert read_record(ours.replace(b"Dry-Sha: ", b"Dry-Sha: 0")) is None
    assert read_record(ours.replace(f"tree {record.tree}".encode(), b"tree " + b"0" * 40)) is None
    assert read_record(b"") is None


# --- forged records --------------------------------------------------------------------------------------------------


def forged(repository: Repository, source: str, date: int, committer: str = "Penstock <hydrate@penstock.dev>") -> None:
    """A commit on rendered/prod that looks as if Penstock had made it."""
    parent, tree = repository.git("rev-parse", "rendered/prod", "rendered/prod^{tree}").split()
    text = f"Forged\n\nDry-Sha: {source}\nRendered-Tree: {tree}\nEngine: penstock 0\n"
    raw = f"tree {tree}\nparent {parent}\nauthor A <a> {date} +0000\ncommitter {committer} {date} +0000\n\n{text}"
    repository.git("update-ref", "refs/heads/rendered/prod", write(repository, b"commit", raw.encode()))


def test_a_commit_of_the_future_that_is_not_here_does_not_hold_back_all_others(repository: Repository) -> None:
    forged(repository, "0" * 39 + "1", 4_000_000_000)
    repository.commit(CHANGED)
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "error PS512 the branch rendered/prod holds what a later commit renders, 0000000000" in ran.err
    assert "--allow-older" in ran.err
    assert "rendered/dev: updated" in ran.out
    assert "rendered/prod: updated" in timed(repository, "hydrate", "--create", "--allow-older", status=0).out
    assert "rendered/prod: unchanged" in timed(repository, "hydrate", "--create", status=0).out


def test_a_forged_record_of_somebody_else_does_not_count(repository: Repository) -> None:
    forged(repository, "0" * 39 + "1", 4_000_000_000, "Carl <carl@example.com>")
    repository.commit(CHANGED)
    assert "rendered/prod: updated" in timed(repository, "hydrate", "--create", status=0).out


def test_a_side_branch_that_is_not_merged_does_not_stay_deployed(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create")
    repository.git("checkout", "--quiet", "main")
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "which is not merged into the branch here" in ran.err
    assert timed(repository, "hydrate", "--create", "--allow-older", status=0).out.count("updated") == 2
    assert "port: 80" in repository.files("rendered/prod")["prod/service_prod_web.yaml"]
    repository.git("merge", "--quiet", "side")
    assert timed(repository, "hydrate", "--create", status=0).out.count("updated") == 2


# --- names -----------------------------------------------------------------------------------------------------------

RESERVED = (
    *(".g\u200cit", "\ufeff.git", ".GIT ", ".git.", ".git . .", ".git::$INDEX_ALLOCATION", "git~1", "GIT~2", "a\\.git"),
    *(".gitmodules", ".GITMODULES", "gitmod~1", "gi7eba~1", ".gitattributes", "x" * 256, "\u00e9" * 128),
)


@pytest.mark.parametrize("name", RESERVED)
def test_a_directory_that_some_checkout_cannot_have_is_a_finding(name: str) -> None:
    assert [finding.code for finding in check_directory(f"apps/{name}/prod")] == ["PS503"]


@pytest.mark.parametrize("name", ["git", ".github", "git~x", ".gitignore", ".gitkeep", "legit", "x" * 255])
def test_an_ordinary_directory_is_none(name: str) -> None:
    assert check_directory(f"apps/{name}/prod") == []


def test_a_name_that_is_too_long_holds_up_no_other(repository: Repository) -> None:
    name = "x" * 252
    targets = "targets:\n- {path: prod, environment: prod}\n- {path: long, environment: " + name + "}\nexclude: [dev]\n"
    config = f"apiVersion: penstock.dev/v1\nkind: Project\n{targets}"
    repository.commit({"penstock.yaml": config, "long/kustomization.yaml": "resources: [../base]\n", **CHANGED})
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "PS507" in ran.err
    assert "rendered/prod: updated" in ran.out


def test_no_branch_is_called_head(repository: Repository) -> None:
    targets = "targets: [{path: prod, environment: prod}]\nenvironments: {prod: {branch: HEAD}}\nexclude: [dev]\n"
    repository.commit({"penstock.yaml": f"apiVersion: penstock.dev/v1\nkind: Project\n{targets}", **CHANGED})
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "PS507" in ran.err
    assert "refs/heads/HEAD" not in repository.refs()


def test_environments_that_differ_by_case_are_a_finding(repository: Repository) -> None:
    targets = "targets:\n- {path: prod, environment: prod}\n- {path: other, environment: PROD}\n- {path: dev}\n"
    config = f"apiVersion: penstock.dev/v1\nkind: Project\n{targets}"
    repository.commit({"penstock.yaml": config, "other/kustomization.yaml": "resources: [../base]\n", **CHANGED})
    ran = timed(repository, "hydrate", "--create", status=1)
    assert "error PS511" in ran.err
    assert ran.out.count("not written, see the findings") == 2
    assert "rendered/dev: updated" in ran.out


# --- Secrets ---------------------------------------------------------------------------------------------------------

SOPS = {"mac": "ENC[AES256_GCM,data:bWFj,iv:aXY=,tag:dGFn,type:str]"}
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def thing(kind: str, version: str = "v1", annotations: dict[str, str] = {}, **fields: Any) -> Resource:
    metadata: dict[str, Any] = {"name": "s", **({"annotations": annotations} if annotations else {})}
    body = {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
    group = version.rpartition("/")[0]
    return Resource(body, Origin("prod/all.yaml"), ResourceId(group, kind, "", "s"), version.rpartition("/")[2])


CLEAR = {
    "another case": thing("secret", data={"p": "aHVudGVyMg=="}),
    "a space": thing("Secret ", data={"p": "aHVudGVyMg=="}),
    "a group that is none": thing("Secret", "core/v1", data={"p": "aHVudGVyMg=="}),
    "binaryData": thing("Secret", binaryData={"p": "hunter2"}),
    "Data": thing("Secret", Data={"p": "hunter2"}),
    "any field": thing("Secret", spec={"password": "hunter2"}),
    "last applied": thing("Secret", annotations={LAST: '{"kind":"Secret","data":{"p":"hunter2"}}'}),
    "last applied, cut": thing("Secret", annotations={LAST: '{"kind":"Secret","data":{"p":"hunter2'}),
    "last applied, SOPS": thing(
        "Secret", annotations={LAST: '{"stringData":{"p":"hunter2"}}'}, data={"p": SOPS["mac"]}, sops=SOPS
    ),
    "another deployer's": thing("Secret", annotations={"kapp.k14s.io/original": '{"data":{"p":"hunter2"}}'}),
    "an annotation of anybody": thing("Secret", annotations={"x": ' {"data":{"p":"hunter2"}}'}),
    "no MAC": thing("Secret", stringData={"p": "ENC[hunter2"}, sops={}),
    "no MAC, but a true value": thing("Secret", stringData={"p": SOPS["mac"]}, sops={}),
    "only the beginning": thing("Secret", stringData={"p": "ENC[hunter2"}, sops=SOPS),
    "no base64": thing("Secret", stringData={"p": "ENC[AES256_GCM,data:hunter2]"}, sops=SOPS),
    "words in the form": thing("Secret", stringData={"p": SOPS["mac"].replace("bWFj", "hunter2!")}, sops=SOPS),
    "words behind": thing("Secret", stringData={"p": SOPS["mac"].replace("dGFn", "x,of:hunter2")}, sops=SOPS),
    "no type": thing("Secret", stringData={"p": "ENC[AES256_GCM,data:hunter2,iv:x,tag:y]"}, sops=SOPS),
    "a tail": thing("Secret", stringData={"p": SOPS["mac"] + "hunter2"}, sops=SOPS),
    "in a template": thing(
        "Template", "template.openshift.io/v1", objects=[{"apiVersion": "v1", "kind": "Secret", "data": {"p": "eA=="}}]
    ),
}


@pytest.mark.parametrize("name", CLEAR)
def test_clear_text_is_refused_however_it_is_spelt(name: str) -> None:
    _, findings = files_of("prod", [CLEAR[name]])
    assert [(finding.code, finding.severity) for finding in findings] == [("PS501", "error")]
    assert "hunter2" not in str(findings)
    assert files_of("prod", [CLEAR[name]], allow_secrets=True)[1] == []


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
SUSPECT = {
    "a private key": thing("ConfigMap", data={"k": f"x\n{PEM}"}),
    "a private key in base64": thing("ConfigMap", binaryData={"k": "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF"}),
    "an OpenSSH key": thing("ConfigMap", data={"k": "-----BEGIN OPENSSH PRIVATE KEY-----"}),
    "a key anywhere": thing("Deployment", "apps/v1", spec={"env": [{"value": PEM}]}),
    "a SealedSecret": thing("SealedSecret", "bitnami.com/v1alpha1", spec={"template": {"data": {"p": "hunter2"}}}),
    "an ExternalSecret": thing(
        "ExternalSecret", "external-secrets.io/v1", spec={"target": {"template": {"data": {"p": "hunter2"}}}}
    ),
}


@pytest.mark.parametrize("name", SUSPECT)
def test_what_looks_secret_elsewhere_is_a_warning(name: str) -> None:
    files, findings = files_of("prod", [SUSPECT[name]])
    assert [(finding.code, finding.severity) for finding in findings] == [("PS514", "warning")]
    assert "hunter2" not in str(findings)
    assert len(files) == 1


HARMLESS = (
    thing("ConfigMap", data={"k": "-----BEGIN CERTIFICATE-----\nMIIE\n"}),
    thing("ConfigMap", data={"k": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n"}),
    thing(
        "Gateway", "gateway.networking.k8s.io/v1", spec={"tls": {"certificateRefs": [{"kind": "Secret", "name": "s"}]}}
    ),
    thing(
        "ExternalSecret",
        "external-secrets.io/v1",
        spec={"target": {"template": {"data": {"p": "{{ .p }}", "type": "git", "repo": "https://example.com"}}}},
    ),
    thing("Secret", annotations={LAST: '{"kind":"Secret","metadata":{"name":"s"}}', "note": "{not json"}),
    thing("Secret", stringData={"p": SOPS["mac"]}, sops=SOPS),
)


@pytest.mark.parametrize("resource", HARMLESS, ids=lambda resource: resource.id.kind)
def test_what_is_not_secret_is_not_reported(resource: Resource) -> None:
    assert files_of("prod", [resource])[1] == []


LEAKED = """
resources: [secret.yaml, other.yaml]
replacements:
- source: {kind: Secret, fieldPath: stringData.password}
  targets:
  - {select: {kind: ConfigMap}, fieldPaths: [metadata.name, data.k], options: {create: true}}
  - {select: {kind: Pod}, fieldPaths: [spec.containers.0.image, spec.containers.0.name]}
"""
LEAKING = {
    "prod/kustomization.yaml": LEAKED,
    "prod/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    "stringData: {password: Hunter2-of-the-shop}\nspec: {password: Hunter2-of-the-shop}\n---\n"
    "apiVersion: v1\nkind: secret\nmetadata: {name: t}\nstringData: Hunter2-of-the-shop\n",
    "prod/other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n"
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n",
}


@pytest.mark.parametrize("form", ["text", "markdown", "json", "html", "patch"])
def test_a_difference_shows_no_value_of_a_secret(form: str, repository: Repository) -> None:
    repository.commit(LEAKING)
    ran = timed(repository, "diff", "--base", "HEAD~1", "--format", form, status=1)
    assert "unter2-of" not in ran.out + ran.err
    repository.commit({"prod/secret.yaml": LEAKING["prod/secret.yaml"].replace("Hunter2-of", "Gunter2-of")})
    ran = timed(repository, "diff", "--base", "HEAD~1", "--format", form, status=1)
    assert "unter2-of" not in ran.out + ran.err


# --- programs, locks, disks ------------------------------------------------------------------------------------------


def program(folder: Path, name: str) -> str:
    """A program that tells on itself, and hangs."""
    path = folder / f"{name}.sh"
    path.write_text(f"#!/bin/sh\necho {name} >> '{folder}/ran'\nsleep 60\n")
    path.chmod(0o755)
    return str(path)


def test_filters_and_the_like_do_not_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit({".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv"):
        repository.git("config", key, program(tmp_path, key))
    for key in ("core.fsmonitor", "diff.external", "core.pager", "core.editor", "core.askPass", "core.sshCommand"):
        repository.git("config", key, program(tmp_path, key))
    repository.git("config", "trailer.x.command", program(tmp_path, "trailer"))
    for path in repository.path.rglob("*.yaml"):
        os.utime(path)
    (repository.path / "base" / "service.yaml").write_text(SERVICE.replace("80", "99"))
    for command in ("hydrate", "hydrate --dry-run", "check", "check --staged", "graph", "build prod"):
        ran = repository.penstock(*command.split())
        assert ran.status in (0, 1), ran
    assert "1 file of the work tree differs" in repository.penstock("hydrate", "--create").err
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ["hydrate --offline", "hydrate", "check --staged", "diff --base rendered/prod"])
def test_what_a_partial_clone_lacks_is_not_fetched(command: str, repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "core.repositoryFormatVersion", "1")
    repository.git("config", "extensions.partialClone", "far")
    repository.git("config", "remote.far.url", "ssh://far.example.com/x")
    repository.git("config", "remote.far.promisor", "true")
    repository.git("config", "core.sshCommand", program(tmp_path, "ssh"))
    key = repository.git("rev-parse", "HEAD:base/service.yaml")
    (repository.path / ".git" / "objects" / key[:2] / key[2:]).unlink()
    ran = timed(repository, *command.split(), status=3)
    assert "base/service.yaml" in ran.err + ran.out
    assert "is missing from the repository" in ran.err + ran.out
    assert not (tmp_path / "ran").exists()


def start(repository: Repository, *arguments: str, limit: int) -> "subprocess.CompletedProcess[str]":
    """Penstock as a process that may write no file of more bytes than `limit`."""
    command = f'ulimit -f {limit // 1024}; exec "$@"'
    environ = {**ENVIRON, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["bash", "-c", command, "-", sys.executable, "-m", "penstock", *arguments],
        cwd=repository.path,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_a_pack_that_cannot_be_written_leaves_nothing_behind(repository: Repository) -> None:
    noise = "\n".join(hashlib.sha512(b"%d" % number).hexdigest() for number in range(10_000))
    repository.commit(
        {
            "base/noise.txt": noise,
            "base/kustomization.yaml": "resources: [service.yaml]\n"
            "configMapGenerator: [{name: big, files: [noise.txt]}]\n",
        }
    )
    before = repository.refs()
    ran = start(repository, "hydrate", "--create", limit=256 * 1024)
    assert ran.returncode == 4, ran
    assert "Traceback" not in ran.stderr
    left = [
        path.name for path in (repository.path / ".git").rglob("*") if path.name.startswith(("tmp_", "fast_import"))
    ]
    assert left == []
    assert repository.refs() == before
    assert repository.penstock("hydrate", "--create").status == 0


@pytest.mark.parametrize("words", ["Out of diskspace\nfatal: (disk corruption?)", "No space left on device"])
def test_a_full_disk_is_no_damage(words: str, repository: Repository, tmp_path: Path) -> None:
    """The words are those of git; it leaves files that nobody has open any more."""
    objects = repository.path / ".git" / "objects"
    script = f"""#!/bin/sh
    case "$*" in *fast-import*)
        mkdir -p {objects}/af; touch {objects}/af/tmp_obj_x {objects}/pack/tmp_idx_x {objects}/pack/tmp_pack_x
        echo 'fatal: loose object: {words}' >&2; exit 128
    esac
    exec {shutil.which("git")} "$@"
    """
    (tmp_path / "git").write_text(script)
    (tmp_path / "git").chmod(0o755)
    repository.commit(CHANGED)
    ran = repository.penstock("hydrate", "--create", environ={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (ran.status, "the disk is full" in ran.err, "fsck" in ran.err) == (4, True, False), ran.err
    assert [*objects.rglob("tmp_*")] == []


@pytest.mark.parametrize("command", [("set", "image", "web=web:2"), ("check", "--write-baseline", "known.json")])
def test_a_full_disk_takes_no_file_from_the_user(command: tuple[str, ...], tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    containers = "".join(f"  - {{name: c{number}, image: 'web:1', odd: 1}}\n" for number in range(50))
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{containers}"
    files = {"prod/kustomization.yaml": "resources: [pod.yaml]\n", "prod/pod.yaml": pod, "known.json": "x" * 2000}
    repository.commit(files)
    ran = start(repository, *command, limit=1024)
    assert (ran.returncode, "File too large" in ran.stderr) == (4, True), ran
    assert repository.git("status", "--short") == ""
    assert start(repository, *command, limit=1024 * 1024).returncode == 0
    assert repository.git("status", "--short") != ""


def test_packs_of_killed_hydrations_are_removed_when_they_are_old(repository: Repository) -> None:
    packs = repository.path / ".git" / "objects" / "pack"
    for name, age in (("tmp_pack_old", 48 * 3600), ("tmp_pack_new", 60)):
        (packs / name).write_bytes(b"x")
        os.utime(packs / name, (time.time() - age, time.time() - age))
    repository.commit(CHANGED)
    assert repository.penstock("hydrate", "--create").status == 0
    assert [path.name for path in packs.glob("tmp_*")] == ["tmp_pack_new"]


def lock_of(repository: Repository, branch: str) -> Path:
    """Return the file that git makes while it moves a branch, by the way in which the repository keeps its refs."""
    git = repository.path / ".git"
    return git / "reftable" / "tables.list.lock" if (git / "reftable").is_dir() else git / f"refs/heads/{branch}.lock"


def test_a_lock_that_was_left_over_is_said(repository: Repository, remote: Repository) -> None:
    lock = lock_of(repository, "rendered/prod")
    lock.touch()
    repository.commit(CHANGED)
    ran = timed(repository, "hydrate", "--create", "--push", status=4)
    assert "rendered/dev, rendered/prod were pushed to origin, but did not move here" in ran.err
    assert "lock" in ran.err
    lock.unlink()
    assert timed(repository, "hydrate", "--create", "--push", status=0).out.count("unchanged") == 2
    assert remote.refs()["refs/heads/rendered/prod"] == repository.refs()["refs/heads/rendered/prod"]


def test_a_git_that_is_killed_is_said(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "git").chmod(0o755)
    ran = repository.penstock("hydrate", "--create", environ={"PATH": str(tmp_path)})
    assert (ran.status, ran.err) == (4, "penstock: git rev-parse: ended by signal 9 (SIGKILL)\n")


def test_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        GitCommit(Git(str(tmp_path), {**ENVIRON, "GIT_CEILING_DIRECTORIES": "/"}), "HEAD")
