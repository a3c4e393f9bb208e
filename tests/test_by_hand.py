"""Commits of people on a rendered branch: `sync` names the files and applies nothing, until it is told."""

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.cli.streams import Streams

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}

SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {colour: blue}\n"
EVIL = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil, namespace: shop}\n"


class Place:
    """A repository with one target of the environment prod, which is hydrated."""

    def __init__(self, folder: Path, settings: str = "", branch: str = "rendered/prod") -> None:
        self.folder, self.branch = folder, branch
        self.git("init", "--quiet", "--initial-branch=main")
        target = folder / "shop" / "overlays" / "prod"
        target.mkdir(parents=True)
        (target / "kustomization.yaml").write_text("resources: [settings.yaml]\n")
        (target / "settings.yaml").write_text(SETTINGS)
        self.settings = target / "settings.yaml"
        if settings:
            (folder / "penstock.yaml").write_text(settings)
        self.save("sources")
        self.hydrate("--create")

    def git(self, *arguments: str, at: str = "", text: str = "") -> str:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=at or self.folder,
            env=ENVIRON,
            input=text,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def save(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def hydrate(self, *options: str) -> None:
        status, said = self.penstock("hydrate", *options)
        assert status == 0, said

    def sync(self, *options: str) -> tuple[int, str]:
        return self.penstock("sync", "prod", "--context", "there-is-none", *options)

    def penstock(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        return main(arguments, Streams(out, out, ENVIRON, str(self.folder))), out.getvalue()

    def files(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", self.branch).split("\n")

    def by_hand(self, write: Callable[[Path], object]) -> None:
        """A commit of a person on the rendered branch."""
        tree = self.folder.parent / "by-hand"
        self.git("worktree", "add", "--quiet", str(tree), self.branch)
        write(tree)
        self.git("add", "--all", at=str(tree))
        self.git("commit", "--quiet", "--allow-empty", "-m", "by hand", at=str(tree))
        self.git("worktree", "remove", "--force", str(tree))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "repository").mkdir()
    return Place(tmp_path / "repository")


def manifest(tree: Path) -> Path:
    return next(tree.rglob("configmap_shop_settings.yaml"))


def add(tree: Path) -> None:
    manifest(tree).with_name("zz.yaml").write_text(EVIL)


def add_in_our_manner(tree: Path) -> None:
    manifest(tree).with_name("configmap_shop_evil.yaml").write_text(EVIL)


def edit(tree: Path) -> None:
    manifest(tree).write_text(SETTINGS.replace("blue", "red"))


def rename(tree: Path) -> None:
    manifest(tree).rename(manifest(tree).with_name("other.yaml"))


def add_many(tree: Path) -> None:
    for number in range(30):
        manifest(tree).with_name(f"z{number:02}.yaml").write_text(EVIL.replace("evil", f"evil-{number}"))


def explain(tree: Path) -> None:
    (tree / "README.md").write_text("Whoever reads this.\n")
    manifest(tree).with_name("OWNERS").write_text("approvers: []\n")


def add_files_of_tools(tree: Path) -> None:
    manifest(tree).with_name("kustomization.yaml").write_text("resources: [configmap_shop_settings.yaml]\n")
    manifest(tree).with_name("values.yaml").write_text("colour: red\n")


def change_nothing(tree: Path) -> None:
    pass


def is_let_through(said: tuple[int, str]) -> bool:
    """Whether the sync came to the cluster, which there is none of."""
    status, words = said
    return "PS644" not in words and "there-is-none" in words and status in (2, 4)


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (add, "zz.yaml"),
        (add_in_our_manner, "configmap_shop_evil.yaml"),
        (edit, "configmap_shop_settings.yaml"),
        (rename, "other.yaml"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_people_have_committed_is_named_and_not_applied(
    place: Place, write: Callable[[Path], None], name: str
) -> None:
    assert is_let_through(place.sync())
    place.by_hand(write)
    status, said = place.sync()
    assert status == 1
    assert f"{name}: error PS644" in said
    assert "--accept-edits" in said
    assert place.sync("--dry-run")[0] == 1
    assert is_let_through(place.sync("--accept-edits"))


def test_a_foreign_file_is_named_also_when_it_was_kept_by_a_hydration(place: Place) -> None:
    """The tree that the new commit names has it, too; its name has not become one of Penstock's."""
    place.by_hand(add)
    place.settings.write_text(SETTINGS.replace("blue", "green"))
    place.save("colour")
    place.hydrate()
    assert any(name.endswith("zz.yaml") for name in place.files())
    status, said = place.sync()
    assert status == 1
    assert "zz.yaml: error PS644" in said
    assert "configmap_shop_settings.yaml: error" not in said


def test_an_edit_that_a_hydration_has_overwritten_is_over(place: Place) -> None:
    place.by_hand(edit)
    place.settings.write_text(SETTINGS.replace("blue", "green"))
    place.save("colour")
    place.hydrate()
    assert is_let_through(place.sync())


@pytest.mark.parametrize("write", [explain, add_files_of_tools, change_nothing])
def test_what_reaches_no_cluster_does_not_matter(place: Place, write: Callable[[Path], None]) -> None:
    place.by_hand(write)
    assert is_let_through(place.sync())


def test_a_rendered_commit_that_a_service_has_merged_is_a_rendered_one(place: Place) -> None:
    """It has another committer, and the tree that its message names."""
    message = place.git("log", "-1", "--format=%B", "rendered/prod")
    merged = place.git("commit-tree", "rendered/prod^{tree}", "-p", "rendered/prod", "-F", "-", text=f"{message}\n")
    place.git("update-ref", "refs/heads/rendered/prod", merged)
    assert is_let_through(place.sync())


def test_a_branch_of_another_tool_is_not_compared(place: Place) -> None:
    tree = place.git("rev-parse", "rendered/prod^{tree}")
    place.git("update-ref", "refs/heads/rendered/prod", place.git("commit-tree", tree, "-m", "by another tool"))
    place.by_hand(edit)
    assert is_let_through(place.sync())


TARGETS = "targets:\n- {path: shop/overlays/prod, environment: prod}\nenvironments:\n"


def made(folder: Path, environments: str, branch: str) -> Place:
    (folder / "repository").mkdir()
    return Place(folder / "repository", TARGETS + environments, branch)


def test_a_branch_in_the_layout_of_argo_cd_has_other_names(tmp_path: Path) -> None:
    place = made(tmp_path, "  prod: {layout: argocd}\n", "rendered/prod")
    assert any(name.endswith("manifest.yaml") for name in place.files())
    assert is_let_through(place.sync())
    place.by_hand(lambda tree: (tree / "shop" / "overlays" / "prod" / "zz.yaml").write_text(EVIL))
    status, said = place.sync()
    assert status == 1
    assert "zz.yaml: error PS644" in said
    assert "manifest.yaml: error" not in said


def test_the_layout_is_what_a_hydration_has_said(place: Place) -> None:
    """A person who writes another one into the marker could otherwise add a file of another name."""

    def claim(tree: Path) -> None:
        marker = tree / ".penstock"
        marker.write_text(marker.read_text().replace('"schema"', '"layout": "argocd", "schema"'))

    place.by_hand(claim)
    status, said = place.sync()
    assert status == 1
    assert ".penstock: error PS644" in said


@pytest.fixture
def folders(tmp_path: Path) -> Place:
    """The environment in a folder of a branch that has another one, too."""
    environments = "  prod: {branch: deploy, folder: clusters/prod}\n  dev: {branch: deploy, folder: clusters/dev}\n"
    target = tmp_path / "repository" / "shop" / "overlays" / "dev"
    target.mkdir(parents=True)
    (target / "kustomization.yaml").write_text("resources: [settings.yaml]\n")
    (target / "settings.yaml").write_text(SETTINGS)
    targets = TARGETS.replace("environments", "- {path: shop/overlays/dev, environment: dev}\nenvironments")
    return Place(tmp_path / "repository", targets + environments, "deploy")


def test_only_the_folder_of_an_environment_counts(folders: Place) -> None:
    assert is_let_through(folders.sync())
    folders.by_hand(lambda tree: (tree / "clusters" / "dev" / "zz.yaml").write_text(EVIL))
    folders.by_hand(lambda tree: (tree / "zz.yaml").write_text(EVIL))
    assert is_let_through(folders.sync())


def test_a_hydration_of_another_folder_forgives_nothing(folders: Place) -> None:
    folders.by_hand(lambda tree: next((tree / "clusters" / "prod").rglob("*settings.yaml")).write_text(EVIL))
    dev = folders.folder / "shop" / "overlays" / "dev" / "settings.yaml"
    dev.write_text(SETTINGS.replace("blue", "green"))
    folders.save("colour")
    folders.hydrate("--environment", "dev")
    assert folders.sync()[0] == 1


def test_a_folder_beside_the_sources_is_not_edited_by_changes_of_these(tmp_path: Path) -> None:
    place = made(tmp_path, "  prod: {branch: main, folder: out/prod}\n", "main")
    place.git("reset", "--quiet", "--hard")
    place.settings.write_text(SETTINGS.replace("blue", "green"))
    place.save("colour")
    assert is_let_through(place.sync())


@pytest.mark.parametrize("ways", [("merge", "--no-ff"), ("merge", "--squash")])
def test_what_is_merged_from_the_proposed_branch_is_rendered(tmp_path: Path, ways: tuple[str, ...]) -> None:
    place = made(tmp_path, "  prod: {proposed: true}\n", "rendered/prod-next")
    place.git("branch", "rendered/prod", "rendered/prod-next")
    place.settings.write_text(SETTINGS.replace("blue", "green"))
    place.save("colour")
    place.hydrate()
    place.branch = "rendered/prod"
    place.by_hand(lambda tree: place.git(*ways, "-m", "merged", "rendered/prod-next", at=str(tree)))
    assert is_let_through(place.sync())
    place.by_hand(edit)
    assert place.sync()[0] == 1


def test_a_rollback_looks_at_the_commit_that_it_goes_back_to(place: Place) -> None:
    good = place.git("rev-parse", "rendered/prod")
    place.by_hand(edit)
    edited = place.git("rev-parse", "rendered/prod")
    place.settings.write_text(SETTINGS.replace("blue", "green"))
    place.save("colour")
    place.hydrate()
    back = ("rollback", "prod", "--context", "there-is-none")
    assert is_let_through(place.penstock(*back, good))
    status, said = place.penstock(*back, edited)
    assert status == 1
    assert "configmap_shop_settings.yaml: error PS644" in said
    assert is_let_through(place.penstock(*back, edited, "--accept-edits"))


def test_many_files_are_not_all_named(place: Place) -> None:
    place.by_hand(add_many)
    status, said = place.sync()
    assert status == 1
    assert said.count("PS644") == 20
    assert "so were 10 more files" in said
