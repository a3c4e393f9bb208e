"""No program runs that nobody asked for, whatever a repository says of itself; and no text of it becomes an option.

The programs are all those that git knows by its configuration, by hooks and by attributes. Each tells on itself. They
are configured in the repository itself, in a file that it includes, for one work tree, and in a bare repository that
lies among the sources as ordinary files: that one comes with a pull request.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository
from tests.test_hydrate import CHANGED, SOURCES

PROGRAMS = (
    *("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand", "core.gitProxy"),
    *("core.alternateRefsCommand", "sequence.editor", "credential.helper", "gpg.program", "gpg.ssh.program"),
    *("gpg.x509.program", "gpg.ssh.defaultKeyCommand", "diff.external", "diff.evil.command", "diff.evil.textconv"),
    *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "interactive.diffFilter"),
    *("pager.log", "pager.diff", "pager.config", "uploadpack.packObjectsHook", "trailer.x.command", "trailer.x.cmd"),
    *("remote.origin.uploadpack", "remote.origin.receivepack", "web.browser", "browser.x.cmd", "man.x.cmd"),
    *("alias.rev-parse", "alias.cat-file", "alias.ls-files", "alias.for-each-ref", "alias.hydrate", "help.autoCorrect"),
    *("submodule.sub.update", "mergetool.x.cmd", "difftool.x.cmd", "tar.x.command", "sendemail.tocmd"),
)
"""The settings of git 2.50 whose value is a program."""

HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg"),
    *("commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "post-rewrite"),
    *("pre-auto-gc", "fsmonitor-watchman", "post-index-change", "reference-transaction", "push-to-checkout"),
    *("sendemail-validate", "proc-receive", "pre-receive", "update", "post-receive", "post-update"),
)
SWITCHES = {
    "log.showSignature": "true",
    "commit.gpgSign": "true",
    "push.gpgSign": "if-asked",
    "core.untrackedCache": "true",
    "gc.auto": "1",
    "maintenance.auto": "true",
    "core.fsmonitorHookVersion": "1",
    "diff.ignoreSubmodules": "none",
    "status.submoduleSummary": "true",
    "submodule.recurse": "true",
    "fetch.recurseSubmodules": "true",
    "core.splitIndex": "true",
    "protocol.allow": "always",
    "protocol.ext.allow": "always",
    "extensions.worktreeConfig": "true",
}
ATTRIBUTES = "* filter=evil diff=evil merge=evil export-subst\n"
COMMANDS = (
    ("check",),
    ("check", "--staged"),
    ("check", "--since", "HEAD~1"),
    ("check", "--base", "HEAD~1"),
    ("build", "prod"),
    ("graph",),
    ("images",),
    ("targets",),
    ("init",),
    ("lock",),
    ("affected", "--base", "HEAD~1"),
    ("diff", "--base", "HEAD~1"),
    ("diff", "HEAD~1..HEAD", "--format", "patch"),
    ("diff", "rendered/prod", "rendered/dev"),
    ("explain", "prod", "Service/web"),
    ("hydrate", "--dry-run"),
    ("hydrate", "--check"),
    ("hydrate", "--create"),
    ("hydrate", "--create", "--offline", "--allow-older", "--revision", "HEAD~1"),
    ("set", "image", "web=web:2"),
    ("--version",),
)


def program(folder: Path, name: str) -> str:
    """A program that tells on itself."""
    path = folder / f"{name}.sh"
    path.write_text(f"#!/bin/sh\necho {name} >> '{folder}/ran'\n")
    path.chmod(0o755)
    return str(path)


def settings(folder: Path) -> Iterator[tuple[str, str]]:
    for key in PROGRAMS:
        path = program(folder, key)
        yield key, f"!{path}" if key.startswith(("alias.", "submodule.", "credential.")) else path
    yield from SWITCHES.items()
    yield "remote.origin.url", f"ext::{program(folder, 'ext')}"
    yield "remote.origin.vcs", "evil"
    yield "core.attributesFile", str(folder / "attributes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "attributes").write_text(ATTRIBUTES)
    return tmp_path / "programs"


@pytest.fixture
def repository(tmp_path: Path, folder: Path) -> Repository:
    """A repository with all settings, in turns in its configuration, in that of the work tree and in included files."""
    made = Repository(tmp_path / "repository")
    made.commit({**SOURCES, ".gitattributes": ATTRIBUTES})
    made.penstock("hydrate", "--create")
    made.commit(CHANGED)
    made.git("config", "include.path", str(folder / "included"))
    made.git("config", f"includeIf.gitdir:{made.path}/.path", str(folder / "included_if"))
    made.git("config", "extensions.worktreeConfig", "true")
    own = made.path / ".git"
    configure(made, own, folder, (own / "config", own / "config.worktree", folder / "included", folder / "included_if"))
    return made


def configure(repository: Repository, own: Path, folder: Path, files: Sequence[Path]) -> None:
    """Put the hooks, the attributes and the settings into a git directory."""
    for name in ("hooks", "info"):
        (own / name).mkdir(exist_ok=True)
    (own / "info" / "attributes").write_text(ATTRIBUTES)
    for name in HOOKS:
        shutil.copy(program(folder, name), own / "hooks" / name)
    text = dict.fromkeys(files, "")
    for (key, value), file in zip(settings(folder), cycle(files), strict=False):
        section, _, name = key.rpartition(".")
        section, _, part = section.partition(".")
        head = f'{section} "{part}"' if part else section
        text[file] += f"[{head}]\n\t{name} = {value}\n"
    for file, added in text.items():
        with file.open("a") as opened:
            opened.write(added)
    assert repository.git("config", "--get", "core.fsmonitor").endswith("core.fsmonitor.sh")


def ran(folder: Path) -> list[str]:
    """The programs that have run since this was last asked."""
    told = folder / "ran"
    names = told.read_text().split() if told.exists() else []
    told.unlink(missing_ok=True)
    return names


def test_the_programs_would_run(repository: Repository, folder: Path) -> None:
    (repository.path / "base" / "service.yaml").write_text("x\n")
    subprocess.run(["git", "diff"], cwd=repository.path, env=ENVIRON, capture_output=True, check=False)
    assert {"core.fsmonitor", "filter.evil.process"} <= {*ran(folder)}


def test_nothing_runs(repository: Repository, folder: Path) -> None:
    found = {}
    for command in COMMANDS:
        answer = repository.penstock(*command)
        assert answer.status in (0, 1), answer
        if names := ran(folder):
            found[" ".join(command)] = names
    assert found == {}


def test_a_bare_repository_among_the_files_runs_nothing(tmp_path: Path, folder: Path) -> None:
    """It comes with the files of a pull request. Git takes it for the repository of whoever stands in its folder."""
    made = Repository(tmp_path / "repository")
    made.commit(SOURCES)
    bare = made.path / "vendor"
    made.git("clone", "--quiet", "--bare", ".", str(bare))
    configure(Repository(bare), bare, folder, (bare / "config",))
    ran(folder)
    for command in (*COMMANDS, ("hydrate", "--create", "--push"), ("set", "image", "web=web:2", "--push")):
        answer = made.penstock(*command, cwd="vendor")
        assert answer.status in (0, 1, 2, 3, 4), answer
        assert (ran(folder), command) == ([], command)
    answer = made.penstock("hydrate", "--create", "--push", cwd="vendor")
    assert (answer.status, "is a bare repository inside of another one" in answer.err) == (4, True)


def test_a_bare_repository_of_its_own_is_pushed_from(tmp_path: Path) -> None:
    made = Repository(tmp_path / "repository")
    made.commit(SOURCES)
    remote = Repository(tmp_path / "remote.git", "--bare")
    made.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = Repository(tmp_path / "bare.git")
    bare.git("remote", "set-url", "origin", str(remote.path))
    assert bare.penstock("hydrate", "--create", "--push").status == 0
    assert "refs/heads/rendered/prod" in remote.refs()


def test_a_bare_repository_beside_its_work_trees_is_pushed_from(tmp_path: Path) -> None:
    """Some keep the repository in a folder that the `.git` above it names."""
    made = Repository(tmp_path / "repository")
    made.commit(SOURCES)
    remote = Repository(tmp_path / "remote.git", "--bare")
    top = tmp_path / "project"
    made.git("clone", "--quiet", "--bare", ".", str(top / ".bare"))
    (top / ".git").write_text("gitdir: ./.bare\n")
    bare = Repository(top / ".bare")
    bare.git("remote", "set-url", "origin", str(remote.path))
    assert bare.penstock("hydrate", "--create", "--push").status == 0


ODD = (
    *("--output=OUT", "-x", "--upload-pack=PROGRAM", "--exec=PROGRAM", "--", "-", "", "..", "...", "^HEAD", "HEAD^@"),
    *("HEAD\n", "HEAD\nHEAD", "HEAD --all", "a b", "\0", "\udcff", "\x1b[2J", "\u202e", "x" * 5_000, "refs/heads/*"),
    *("$(touch OUT)", ";touch OUT", "ext::PROGRAM", "HEAD:base", ":0:base/kustomization.yaml", "@{-1}", ":/none"),
)
"""Names of commits, branches, remotes and targets that git, a shell or a parser could take for something else."""

PLACES: tuple[tuple[str, ...], ...] = (
    ("diff", "--base=%s"),
    ("diff", "--base=HEAD", "--head=%s"),
    ("diff", "HEAD..%s"),
    ("diff", "prod", "--", "%s"),
    ("affected", "--base=%s"),
    ("check", "--since=%s"),
    ("check", "--base=%s"),
    ("hydrate", "--revision=%s"),
    ("hydrate", "--push", "--remote=%s"),
    ("hydrate", "--environment=%s"),
    ("hydrate", "--expect=%s"),
    ("set", "image", "web=web:2", "--push", "--remote=%s"),
    ("set", "image", "web=web:2", "--push", "--branch=%s"),
    ("sync", "--dry-run", "--", "%s"),
    ("status", "--", "%s"),
    ("rollback", "prod", "--to=%s"),
    ("history", "--", "%s"),
    ("targets", "--using=%s"),
    ("explain", "--", "%s"),
)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_no_text_becomes_an_option(place: tuple[str, ...], tmp_path: Path, folder: Path) -> None:
    made = Repository(tmp_path / "repository")
    made.commit(SOURCES)
    made.penstock("hydrate", "--create")
    before = made.refs()
    out = tmp_path / "out"
    for odd in ODD:
        text = odd.replace("PROGRAM", program(folder, "program")).replace("OUT", str(out))
        answer = made.penstock(*(word.replace("%s", text) for word in place))
        said = answer.out + answer.err
        assert answer.status in (0, 1, 2, 3), (text, answer)
        assert not any(character < " " and character != "\n" for character in said), (text, answer)
        assert (ran(folder), out.exists(), made.refs()) == ([], False, before), text
        assert "usage: git" not in said, (text, answer)


def test_a_folder_that_git_takes_for_a_pattern_is_committed_alone(tmp_path: Path) -> None:
    made = Repository(tmp_path / "repository")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: %s:1}]}\n"
    overlay = "resources: [pod.yaml]\nimages: [{name: %s, newTag: '2'}]\n"
    for folder, image in ((":(top)*", "web"), ("ab", "other")):
        made.write({f"{folder}/pod.yaml": pod % image, f"{folder}/kustomization.yaml": overlay % image})
    targets = "targets: [{path: '*', environment: prod}]\n"
    made.commit({"penstock.yaml": f"apiVersion: penstock.dev/v1\nkind: Project\n{targets}"})
    made.write({"ab/kustomization.yaml": overlay % "other" + "# an edit\n"})
    answer = made.penstock("set", "image", "web=web:3", "--commit")
    assert answer.status == 0, answer
    assert "an edit" not in made.git("show", "HEAD:ab/kustomization.yaml")
