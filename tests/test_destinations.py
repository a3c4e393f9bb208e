"""Where `penstock hydrate` writes: folders of a branch, other repositories, and in the layout of Argo CD's hydrator."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.repository import ENVIRON, Repository

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
SOURCES = {
    "base/kustomization.yaml": "resources: [service.yaml, account.yaml]\n",
    "base/service.yaml": SERVICE,
    "base/account.yaml": ACCOUNT,
    "dev/kustomization.yaml": "namespace: dev\nresources: [../base]\n",
    "prod/kustomization.yaml": "namespace: prod\nresources: [../base]\n",
}
CHANGED = {"base/service.yaml": SERVICE.replace("80", "81")}
ADDRESS = "repository: [https://git.example.com/shop/fleet]\n"
HYDRATED = "environments: {prod: {branch: environment/prod, layout: argocd}}\n"


def repository_with(path: Path, settings: str) -> Repository:
    repository = Repository(path)
    repository.commit({**SOURCES, "penstock.yaml": settings}, "Add web\n\nIt serves.\n")
    return repository


def bare(path: Path, repository: Repository) -> Repository:
    remote = Repository(path, "--bare")
    repository.git("remote", "add", "origin", str(remote.path))
    repository.git("push", "--quiet", "origin", "main")
    return remote


# --- the layout of Argo CD -------------------------------------------------------------------------------------------


def test_a_branch_is_as_the_hydrator_of_argo_cd_writes_it(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED + ADDRESS)
    commit = repository.git("rev-parse", "HEAD")
    ran = repository.penstock("hydrate", "--environment", "prod")
    assert (ran.status, ran.err) == (0, "")
    files = repository.files("environment/prod")
    names = ["hydrator.metadata", "prod/README.md", "prod/hydrator.metadata", "prod/manifest.yaml"]
    assert sorted(files) == [".gitattributes", ".penstock", *names]
    objects = list(yaml.safe_load_all(files["prod/manifest.yaml"]))
    assert [each["kind"] for each in objects] == ["ServiceAccount", "Service"]
    assert files["prod/manifest.yaml"] == repository.penstock("build", "prod").out
    whole = json.loads(files["hydrator.metadata"])
    assert whole == {
        "repoURL": "https://git.example.com/shop/fleet",
        "drySha": commit,
        "author": "Ann Author <ann@example.com>",
        "date": "2023-11-14T23:13:20+01:00",
        "subject": "Add web",
        "body": "It serves.\n",
    }
    own = json.loads(files["prod/hydrator.metadata"])
    assert own["drySha"] == commit
    assert own["commands"] == ["penstock hydrate --create --target prod"]
    assert f"git checkout {commit}\npenstock hydrate --create --target prod\n```\n" in files["prod/README.md"]
    said = repository.git("log", "-1", "--format=%B", "environment/prod")
    assert said.startswith(
        f"{commit[:7]}: Add web\n\nIt serves.\n\nCo-authored-by: Ann Author <ann@example.com>\nDry-Sha: "
    )
    noted = repository.git("notes", "--ref=hydrator.metadata", "show", "environment/prod")
    assert noted == f'{{"drySha":"{commit}"}}'


def test_a_commit_that_changes_nothing_is_noted(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED)
    remote = bare(tmp_path / "remote.git", repository)
    repository.penstock("hydrate", "--create", "--push")
    head = repository.git("rev-parse", "environment/prod")
    other = repository.commit({"README": "Another file.\n"})
    ran = repository.penstock("hydrate", "--push")
    assert "environment/prod: unchanged" in ran.out
    assert remote.git("rev-parse", "environment/prod") == head
    assert remote.git("notes", "--ref=hydrator.metadata", "show", head) == f'{{"drySha":"{other}"}}'
    third = repository.commit(CHANGED, "Another port")
    repository.penstock("hydrate", "--push")
    files = repository.files("environment/prod")
    assert json.loads(files["hydrator.metadata"])["drySha"] == third
    assert json.loads(files["prod/hydrator.metadata"])["drySha"] == third
    assert remote.git("notes", "--ref=hydrator.metadata", "show", "environment/prod") == f'{{"drySha":"{third}"}}'


def test_only_a_manifest_that_changes_gets_new_metadata(tmp_path: Path) -> None:
    other = {"web/prod/kustomization.yaml": "resources: [account.yaml]\n", "web/prod/account.yaml": ACCOUNT}
    repository = Repository(tmp_path / "sources")
    first = repository.commit({**SOURCES, **other, "penstock.yaml": HYDRATED})
    assert repository.penstock("hydrate", "--environment", "prod").status == 0
    second = repository.commit({"web/prod/account.yaml": ACCOUNT.replace("web", "app")})
    assert repository.penstock("hydrate", "--environment", "prod").status == 0
    files = repository.files("environment/prod")
    told = {path: json.loads(text)["drySha"] for path, text in files.items() if path.endswith("hydrator.metadata")}
    assert told == {"hydrator.metadata": second, "prod/hydrator.metadata": first, "web/prod/hydrator.metadata": second}
    repository.git("rm", "-r", "--quiet", "web")
    repository.commit()
    assert repository.penstock("hydrate", "--environment", "prod").status == 0
    assert not [path for path in repository.files("environment/prod") if path.startswith("web")]


def test_a_change_of_the_layout_leaves_nothing_behind(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", "environments: {prod: {}}\n")
    for settings in ("layout: argocd", "", "layout: argocd, partial: true", "layout: objects"):
        repository.commit({"penstock.yaml": f"environments: {{prod: {{{settings}}}}}\n"})
        assert repository.penstock("hydrate", "--environment", "prod").status == 0
        names = [path for path in repository.files("rendered/prod") if path.endswith((".yaml", ".md", ".metadata"))]
        is_hydrated = "argocd" in settings
        assert ("prod/manifest.yaml" in names) == is_hydrated
        assert len(names) == (4 if is_hydrated else 2)


def test_a_proposed_branch_begins_as_the_active_one(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED)
    remote = bare(tmp_path / "remote.git", repository)
    repository.penstock("hydrate", "--environment", "prod", "--push")
    active = remote.git("rev-parse", "environment/prod")
    repository.commit({"penstock.yaml": HYDRATED.replace("layout:", "proposed: true, layout:"), **CHANGED})
    ran = repository.penstock("hydrate", "--environment", "prod", "--push")
    assert (ran.status, ran.err) == (0, "")
    assert "environment/prod-next: created" in ran.out
    assert remote.git("rev-parse", "environment/prod") == active
    assert remote.git("rev-parse", "environment/prod-next^") == active
    assert repository.penstock("hydrate", "--environment", "prod", "--check").out.startswith(
        "environment/prod-next: is"
    )


def test_a_branch_of_argo_cd_itself_is_gone_on_from(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED)
    theirs = {"hydrator.metadata": '{"drySha": "123"}\n', "prod/manifest.yaml": "a: 1\n", "CODEOWNERS": "* @shop\n"}
    head = repository.add_to("environment/prod", theirs)
    ran = repository.penstock("hydrate", "--environment", "prod")
    assert (ran.status, ran.err) == (0, "")
    assert repository.git("rev-parse", "environment/prod^") == head
    assert "CODEOWNERS" in repository.files("environment/prod")


def test_another_branch_of_people_is_not(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED)
    repository.add_to("environment/prod", {"prod/manifest.yaml": "a: 1\n"})
    assert "PS505" in repository.penstock("hydrate", "--environment", "prod").err


def test_trailers_refer_to_a_commit_elsewhere(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", HYDRATED)
    said = (
        "Bump web\n\nFor all.\n\nSigned-off-by: Ann Author <ann@example.com>\n"
        "Argocd-reference-commit-sha: abc123\nArgocd-reference-commit-author: Dan <dan@example.com>\n"
        'Argocd-reference-commit-body: "Fix\\n\\nMore"\nArgocd-reference-commit-date: yesterday\n'
    )
    repository.commit(subject=said)
    repository.penstock("hydrate", "--environment", "prod", "--create")
    told = json.loads(repository.files("environment/prod")["hydrator.metadata"])
    commit = {"author": "Dan <dan@example.com>", "body": "Fix\n\nMore", "sha": "abc123"}
    assert told["references"] == [{"commit": commit}]
    assert told["body"].endswith("Argocd-reference-commit-date: yesterday\n")
    assert "Co-authored-by: Dan <dan@example.com>" in repository.git("log", "-1", "--format=%B", "environment/prod")


# --- folders ---------------------------------------------------------------------------------------------------------

BESIDE = "environments: {prod: {branch: deploy, folder: fleet/prod}, dev: {branch: deploy, folder: fleet/dev}}\n"


def test_environments_share_a_branch_in_folders(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", BESIDE)
    repository.add_to("deploy", {"README.md": "Theirs.\n"})
    ran = repository.penstock("hydrate")
    assert (ran.status, ran.err) == (0, "")
    assert "deploy:fleet/dev: updated" in ran.out
    files = repository.files("deploy")
    assert sorted(files) == sorted(
        [
            "README.md",
            *(
                f"fleet/{env}/{name}"
                for env in ("dev", "prod")
                for name in (".penstock", f"{env}/service_{env}_web.yaml", f"{env}/serviceaccount_{env}_web.yaml")
            ),
        ]
    )
    assert repository.git("rev-list", "--count", "deploy") == "2", "one commit for both"
    again = repository.penstock("hydrate")
    assert again.out.count("unchanged") == 2
    assert repository.penstock("hydrate", "--check").status == 0
    repository.commit(CHANGED)
    ran = repository.penstock("hydrate", "--environment", "dev")
    assert "deploy:fleet/dev: updated" in ran.out
    assert "81" in repository.files("deploy")["fleet/dev/dev/service_dev_web.yaml"]
    assert "81" not in repository.files("deploy")["fleet/prod/prod/service_prod_web.yaml"]


@pytest.mark.parametrize("folder", ["fleet/prod", "fleet/prod/dev", "fleet", "fleet/Prod"])
def test_folders_of_environments_are_apart(folder: str, tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", BESIDE.replace("fleet/dev", folder))
    ran = repository.penstock("hydrate")
    assert ran.status == 1
    assert "PS515" in ran.err
    assert "deploy" not in repository.git("for-each-ref", "--format=%(refname:short)")


@pytest.mark.parametrize("folder", ["../prod", "/prod", "a/.git/b", "a*b", "a:b"])
def test_a_folder_is_one_of_a_branch(folder: str, tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", f"environments: {{prod: {{folder: '{folder}'}}}}\n")
    ran = repository.penstock("hydrate")
    assert "PS115" in ran.err


def test_a_folder_beside_the_sources(tmp_path: Path) -> None:
    """The branch is that of the sources, and checked out: the work tree goes along, and keeps edits of people."""
    repository = repository_with(tmp_path / "sources", "environments: {prod: {branch: main, folder: rendered/prod}}\n")
    repository.write({"notes.txt": "mine\n"})
    ran = repository.penstock("hydrate", "--environment", "prod")
    assert ran.status == 0
    assert (repository.path / "rendered/prod/prod/service_prod_web.yaml").exists()
    assert repository.git("status", "--porcelain") == "?? notes.txt"
    assert repository.git("log", "-1", "--format=%cn", "main") == "Penstock"
    again = repository.penstock("hydrate", "--environment", "prod")
    assert "main:rendered/prod: unchanged" in again.out
    assert repository.penstock("targets").out.count("rendered/prod/") == 0
    repository.commit(CHANGED)
    path = repository.path / "rendered/prod/prod/service_prod_web.yaml"
    path.write_text("edited: true\n")
    head = repository.git("rev-parse", "main")
    ran = repository.penstock("hydrate", "--environment", "prod")
    assert ran.status == 4
    assert "work tree" in ran.err
    assert (repository.git("rev-parse", "main"), path.read_text()) == (head, "edited: true\n")


def test_a_push_beside_the_sources_leaves_what_is_checked_out(tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", "environments: {prod: {branch: main, folder: rendered/prod}}\n")
    remote = bare(tmp_path / "remote.git", repository)
    head = repository.git("rev-parse", "main")
    ran = repository.penstock("hydrate", "--environment", "prod", "--push")
    assert (ran.status, ran.err) == (0, "")
    assert repository.git("rev-parse", "main") == head == remote.git("rev-parse", "main^")
    repository.commit(CHANGED)
    ran = repository.penstock("hydrate", "--environment", "prod", "--push")
    assert ran.status == 4
    assert "push that first" in ran.err


# --- other repositories ----------------------------------------------------------------------------------------------


def test_another_repository(tmp_path: Path) -> None:
    other = Repository(tmp_path / "other.git", "--bare")
    settings = f"environments: {{prod: {{branch: prod, repository: 'file://{other.path}'}}}}\n"
    repository = repository_with(tmp_path / "sources", settings)
    remote = bare(tmp_path / "remote.git", repository)
    ran = repository.penstock("hydrate", "--create", "--push")
    assert (ran.status, ran.err) == (0, "")
    assert f"prod: created {other.git('rev-parse', 'prod')[:10]} (3 files), pushed to file://{other.path}" in ran.out
    assert "refs/heads/prod" not in remote.refs()
    assert "refs/heads/prod" not in repository.refs()
    clone = Repository(tmp_path / "clone")
    clone.git("pull", "--quiet", str(remote.path), "main")
    clone.commit(CHANGED, "Another port")
    head = other.git("rev-parse", "prod")
    ran = clone.penstock("hydrate", "--environment", "prod", "--push")
    assert (ran.status, ran.err) == (0, "")
    assert other.git("rev-parse", "prod^") == head
    assert "another repository" in repository.penstock("sync", "prod").err


@pytest.mark.parametrize("address", ["ext::sh -c id", "-x", "--upload-pack=id", "a b", "fd::3"])
def test_an_address_runs_nothing(address: str, tmp_path: Path) -> None:
    repository = repository_with(tmp_path / "sources", f"environments: {{prod: {{repository: '{address}'}}}}\n")
    ran = repository.penstock("hydrate", "--push")
    assert "PS115" in ran.err


def test_git_takes_what_is_hydrated(tmp_path: Path) -> None:
    """`git fsck` finds nothing, and a fresh clone has the notes."""
    repository = repository_with(tmp_path / "sources", HYDRATED)
    remote = bare(tmp_path / "remote.git", repository)
    repository.penstock("hydrate", "--create", "--push")
    for each in (repository, remote):
        each.git("fsck", "--strict", "--no-dangling")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", f"file://{remote.path}", clone], check=True, env=ENVIRON)
    Repository(clone).git("fetch", "--quiet", "origin", "refs/notes/*:refs/notes/*")
    assert Repository(clone).git("notes", "--ref=hydrator.metadata", "show", "origin/environment/prod")
