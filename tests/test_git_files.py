"""A commit and the index as sources of files: the same answers as a directory gives, without a checkout."""

import os
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository

from penstock.commits import commit_id
from penstock.files import MAX_BYTES, Disk, Surveyed
from penstock.git import Git
from penstock.git_files import GitCommit, GitIndex
from penstock.model import Refusal, Unreadable
from penstock.sources import Files

TREE: dict[str, str | bytes] = {
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": "kind: A\n",
    "prod/kustomization.yaml": "resources: [../base]\n",
    "top.yaml": "top\n",
    "odd \"name'\t.yaml": b"\xff\x00\n",
    "empty": "",
}
LINKS = {
    "prod/link.yaml": "../base/a.yaml",
    "to-base": "base",
    "twice": "to-base/a.yaml",
    "broken": "nowhere/at/all",
    "loop": "loop",
    "outside": "../../etc/hostname",
    "absolute": "/etc/hostname",
}


@pytest.fixture(params=["sha1", "sha256"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository", f"--object-format={request.param}")
    repository.write(TREE)
    for name, target in LINKS.items():
        (repository.path / name).symlink_to(target)
    repository.commit()
    return repository


def answers(files: Files) -> dict[str, object]:
    """Everything that can be asked about the paths of the tree, and about some that it does not have."""
    names = [
        *TREE,
        *LINKS,
        "base",
        "prod",
        ".",
        "to-base/a.yaml",
        "to-base/../top.yaml",
        "prod/../base/a.yaml",
        "none",
        "a/b",
    ]
    told: dict[str, object] = {name: (_read(files, name), files.is_dir(name)) for name in names}
    told |= {f"real {name}": files.real(name) for name in names if name not in ("loop", "outside", "absolute")}
    told |= {f"walk {name}": list(files.walk(name)) for name in (".", "base", "prod", "to-base")}
    told |= {f"links {name}": sorted(files.links(name)) for name in (".", "base", "prod", "to-base")}
    return told


def _read(files: Files, name: str) -> object:
    if name in ("outside", "absolute"):
        return "out of the tree"
    try:
        return files.read(name)
    except Unreadable:
        return "unreadable"


def test_a_commit_answers_as_the_directory_does(repository: Repository) -> None:
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        assert answers(files) == answers(Disk(str(repository.path)))
        assert files.commit == repository.git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["top.yaml", "base", "none", "to-base", "sub", ".", "..", "", "base/", "./base"])
def test_the_first_question_has_the_same_answer_as_a_later_one(repository: Repository, name: str) -> None:
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as first, _listed(repository) as later:
        assert (first.is_dir(name), _read(first, name)) == (later.is_dir(name), _read(later, name))


def test_what_is_at_the_top_is_told_without_a_listing(repository: Repository) -> None:
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        assert not files.is_dir("penstock.yaml")
        assert not files.is_dir("top.yaml")
        assert files.read("top.yaml") is not None
        assert "_own" not in vars(files)
        assert files.is_dir("base")


def _listed(repository: Repository) -> GitCommit:
    files = GitCommit(Git(str(repository.path), ENVIRON), "HEAD")
    assert list(files.walk("."))
    return files


def test_the_index_answers_as_the_directory_does(repository: Repository) -> None:
    with GitIndex(str(repository.path / "base"), ENVIRON) as files:
        assert answers(files) == answers(Disk(str(repository.path)))


@pytest.mark.parametrize("has_links", [False, True])
def test_names_that_are_read_at_once_tell_what_the_directory_does(repository: Repository, *, has_links: bool) -> None:
    for link in LINKS if not has_links else ():
        (repository.path / link).unlink()
    (repository.path / "base-2").mkdir()
    (repository.path / "base-2" / "x.yaml").write_text("x")
    files, disk = Surveyed(str(repository.path)), Disk(str(repository.path))
    assert answers(files) == answers(disk)
    for directory in (".", "base"):
        assert list(files.walk(directory)) == list(disk.walk(directory))
        assert list(files.links(directory)) == list(disk.links(directory))
    for path in ("", "/base", "./base", "base/..", ".git", ".git/HEAD", "../x", "base/none/x", "/etc/hostname"):
        assert files.is_dir(path) == disk.is_dir(path)
        assert files.read(path) == disk.read(path)
        assert files.real(path) == disk.real(path)


def test_what_leads_out_of_the_tree_is_not_there(repository: Repository) -> None:
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        for name in ("outside", "absolute", "../x", "/etc/hostname", "base/../../x"):
            assert files.real(name).startswith("..")
            assert not files.is_dir(name)
        for name in ("../x", "/etc/hostname", "base/../../x"):
            assert files.read(name) is None
        for name in ("outside", "absolute"):
            with pytest.raises(Unreadable, match="is a symbolic link that leads out of the repository"):
                files.read(name)


def test_the_work_tree_is_not_looked_at(repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD")
    repository.write({"base/a.yaml": "staged\n"})
    repository.git("add", "base/a.yaml")
    repository.write({"base/a.yaml": "edited\n", "base/new.yaml": ""})
    with GitCommit(Git(str(repository.path), ENVIRON), commit) as files:
        assert files.read("base/a.yaml") == b"kind: A\n"
        assert files.read("base/new.yaml") is None
    with GitIndex(str(repository.path), ENVIRON) as files:
        assert files.read("base/a.yaml") == b"staged\n"
        assert files.read("base/new.yaml") is None


def test_the_index_of_a_hook_counts(repository: Repository, tmp_path: Path) -> None:
    other = {"GIT_INDEX_FILE": str(tmp_path / "index"), "GIT_DIR": str(repository.path / ".git")}
    repository.git("read-tree", "HEAD", environ=other)
    repository.write({"base/a.yaml": "in the other index\n"})
    repository.git("add", "base/a.yaml", environ=other)
    with GitIndex(str(repository.path), {**ENVIRON, **other}) as files:
        assert files.read("base/a.yaml") == b"in the other index\n"


def test_an_unmerged_index_is_refused(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:top.yaml")
    lines = "".join(f"100644 {blob} {stage}\ttop.yaml\n" for stage in (1, 2, 3))
    repository.git("update-index", "--force-remove", "top.yaml")
    repository.git("update-index", "--index-info", stdin=lines)
    with pytest.raises(Refusal, match=r"merge conflict in top\.yaml"):
        GitIndex(str(repository.path), ENVIRON)


def test_submodules_are_not_there(repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    with GitIndex(str(repository.path), ENVIRON) as files:
        assert (files.read("sub"), files.is_dir("sub"), "sub" in files.walk(".")) == (None, False, False)


def test_a_file_that_is_too_large_is_unreadable_and_the_rest_is_not(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit({"large.yaml": b"a" * (MAX_BYTES + 1), "small.yaml": "small"})
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        with pytest.raises(Unreadable, match="the limit is"):
            files.read("large.yaml")
        assert files.read("small.yaml") == b"small"


def test_a_missing_blob_is_unreadable(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit({"a.yaml": "a", "b.yaml": "b"})
    blob = repository.git("rev-parse", "HEAD:a.yaml")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        with pytest.raises(Unreadable, match="missing"):
            files.read("a.yaml")
        assert files.read("b.yaml") == b"b"


def test_replacement_objects_do_not_count(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.commit({"a.yaml": "true", "b.yaml": "false"})
    repository.git("replace", repository.git("rev-parse", "HEAD:a.yaml"), repository.git("rev-parse", "HEAD:b.yaml"))
    with GitCommit(Git(str(repository.path), ENVIRON), "HEAD") as files:
        assert files.read("a.yaml") == b"true"


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    git = Git(str(repository.path), ENVIRON)
    with pytest.raises(Refusal, match="did not end within 0 seconds") as caught:
        git.run("-c", "alias.wait=!sleep 60", "wait", seconds=0.2)
    git.limit = 0.2
    with pytest.raises(Refusal, match="did not end within 0 seconds"):
        git.run("-c", "alias.wait=!sleep 60", "wait")
    assert caught.value.status == 4


@pytest.mark.parametrize("directory", [os.devnull, "/nonexistent/none"])
def test_a_directory_that_is_not_there_is_said(directory: str) -> None:
    with pytest.raises(Refusal) as caught:
        Git(directory, ENVIRON).run("status")
    assert caught.value.status == 4


def test_without_git_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="git is not installed"):
        Git(str(tmp_path), {**ENVIRON, "PATH": "/nonexistent"}).run("status")


def test_a_revision_names_a_commit(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    commit = repository.commit({"a": "a"})
    repository.git("tag", "-a", "v1", "-m", "v1")
    git = Git(str(repository.path), ENVIRON)
    assert {commit_id(git, revision) for revision in ("HEAD", "main", "v1", commit, commit[:8], "HEAD~0")} == {commit}
    for revision in ("none", "HEAD:a", "HEAD^{tree}", "--all", "-1", "main\0"):
        with pytest.raises(Refusal) as caught:
            commit_id(git, revision)
        assert caught.value.status == 2


def test_a_complaint_of_git_is_fit_to_be_shown(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    url = "https://me:hunter2@localhost:1/x\x1b[31m.git"
    answer = Git(str(repository.path), ENVIRON).ask("ls-remote", "--", url)
    assert answer.status
    assert "hunter2" not in answer.complaint
    assert "\x1b" not in answer.complaint
