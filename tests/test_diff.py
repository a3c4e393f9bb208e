"""`penstock diff`: what it says of small changes, and the laws that every change obeys in every format.

A folder of fixtures/diff holds two states of a repository, `before.txt` and `after.txt`, and what is said of the change
as text (`expected.txt`) and as Markdown (`expected.md`).
"""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from tests.conftest import Golden
from tests.repository import ENVIRON, Ran, Repository
from tests.test_incremental import committed, tree_of

from penstock.changes import Difference, Failure
from penstock.differences import Lot, between_lots, way_of
from penstock.emit.yaml import dump_value
from penstock.kubernetes import identify
from penstock.model import Origin, Pos, Resource
from penstock.report.diff_lines import Writing
from penstock.report.diff_markdown import diff_markdown

ROOT = Path(__file__).parent.parent
CASES = sorted((ROOT / "fixtures" / "diff").iterdir())
SCHEMA = json.loads((ROOT / "schemas" / "diff.json").read_text())
SECRETS = ("hunter2", "correcthorse", "tttttttttt", "admin-user", "aHVudGVy", "Y29ycmVj")

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def play(repository: Repository, case: Path) -> None:
    """Commit both states of a case."""
    for name in ("before", "after"):
        committed(repository, tree_of((case / f"{name}.txt").read_text()), name)


def diff(repository: Repository, *arguments: str) -> Ran:
    return repository.penstock("diff", "--base", "HEAD~1", *arguments)


def without_ids(said: str) -> str:
    said = re.sub(r"\(secret [0-9a-f]{8}\)", "(secret <digest>)", said)
    return re.sub(r"\b(?:[0-9a-f]{10}|[0-9a-f]{12}|[0-9a-f]{40})\b", "<id>", said)


@each_case
def test_what_is_said(case: Path, repository: Repository, golden: Golden) -> None:
    play(repository, case)
    said = diff(repository)
    golden(case / "expected.txt", without_ids(f"{said.err}{said.out}exit status {said.status}\n"))
    golden(case / "expected.md", without_ids(diff(repository, "--format", "markdown").out))


@each_case
def test_what_is_said_is_the_same_without_a_cache(case: Path, repository: Repository) -> None:
    """There, the targets that both states share are proven to in another way: nothing of them is printed."""
    play(repository, case)
    kept, fresh = (diff(repository, "--format", "json", *more) for more in ((), ("--no-cache",)))
    assert (fresh.status, without_keys(fresh.out)) == (kept.status, without_keys(kept.out))


def without_keys(said: str) -> str:
    """Return a report without the digests of values of Secrets, whose key is another one without a cache."""
    return re.sub(r"\(secret [0-9a-f]{8}\)", "(secret <digest>)", said)


@each_case
def test_json_is_as_its_schema_says(case: Path, repository: Repository) -> None:
    play(repository, case)
    document = json.loads(diff(repository, "--format", "json").out)
    jsonschema.validate(document, SCHEMA)
    total = {name: sum(each[name] for each in document["environments"]) for name in ("added", "changed", "removed")}
    for action, number in total.items():
        assert number == sum(len(c["environments"]) for c in document["changes"] if c["action"] == action)


@each_case
def test_no_format_says_what_is_in_a_secret(case: Path, repository: Repository) -> None:
    play(repository, case)
    for form in ("text", "markdown", "json", "html", "patch"):
        said = diff(repository, "--format", form)
        assert said.status != 70, said.err
        assert not [value for value in SECRETS if value in said.out + said.err], form


@each_case
def test_the_patch_brings_branches_to_what_hydration_gives(case: Path, repository: Repository, tmp_path: Path) -> None:
    play(repository, case)
    assert repository.penstock("hydrate", "--create", "--revision", "HEAD~1", "--allow-secrets").status in (0, 1, 3)
    before = branches(repository)
    document = json.loads(diff(repository, "--trees", "all", "--allow-secrets", "--format", "json").out)
    patches = {name: diff(repository, "--environment", name, "--format", "patch") for name in before}
    repository.penstock("hydrate", "--create", "--allow-secrets")
    after = branches(repository)
    for environment in document["environments"]:
        if environment["tree"]:
            assert environment["tree"] == tree(repository, environment["name"]), environment["name"]
    left = {each["name"] for each in document["environments"] if each["state"] in ("failed", "removed")}
    for name in before.keys() & after.keys() - left:
        there = applied(repository, before[name], patches[name].out, tmp_path / name)
        wanted = {path: text for path, text in files(repository, after[name]).items() if not is_left_out(path, case)}
        assert {path: text for path, text in there.items() if not is_left_out(path, case)} == wanted


def is_left_out(path: str, case: Path) -> bool:
    """Whether a patch has nothing of a file, since there are values of Secrets in it."""
    return "secret_" in path or case.name == "a_secret_value_that_was_copied"


def branches(repository: Repository) -> dict[str, str]:
    prefix = "refs/heads/rendered/"
    return {ref.removeprefix(prefix): key for ref, key in repository.refs().items() if ref.startswith(prefix)}


def tree(repository: Repository, name: str) -> str:
    return repository.git("rev-parse", f"rendered/{name}^{{tree}}")


def files(repository: Repository, commit: str) -> dict[str, str]:
    return {path: text for path, text in repository.files(commit).items() if path != ".penstock"}


def applied(repository: Repository, commit: str, patch: str, place: Path) -> dict[str, str]:
    """The files of a commit after `git apply` of a patch."""
    repository.git("worktree", "add", "--quiet", "--detach", str(place), commit)
    if patch:
        subprocess.run(["git", "apply", "-"], cwd=place, input=patch, env=ENVIRON, check=True, encoding="utf-8")
    found = {
        str(path.relative_to(place)): path.read_text()
        for path in place.rglob("*")
        if path.is_file() and path.name not in (".git", ".penstock")
    }
    repository.git("worktree", "remove", "--force", str(place))
    return found


@pytest.mark.parametrize("limit", [300, 700, 2000])
@each_case
def test_markdown_keeps_within_its_limit(case: Path, limit: int, repository: Repository) -> None:
    play(repository, case)
    said = diff(repository, "--format", "markdown", "--limit", str(limit)).out
    assert len(said.encode()) <= limit
    assert said.count("<details") == said.count("</details>")


class Page(HTMLParser):
    """The tags of a page, and the addresses that it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "action", "style")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@each_case
def test_the_page_stands_alone(case: Path, repository: Repository) -> None:
    play(repository, case)
    said = diff(repository, "--format", "html").out
    page = Page(said)
    assert page.open == []
    assert page.addresses == []
    assert page.tags.count("script") <= 1
    assert "default-src 'none'" in said


def test_two_environments_and_two_commits(repository: Repository, golden: Golden) -> None:
    case = ROOT / "fixtures" / "diff" / "one_environment_differs"
    play(repository, case)
    repository.penstock("hydrate", "--create")
    said = []
    for sides in (["dev", "prod"], ["HEAD~1..HEAD"], ["rendered/prod", "prod"], ["dev", "nowhere"], ["apps", "prod"]):
        ran = repository.penstock("diff", *sides)
        said.append(f"$ penstock diff {' '.join(sides)}\n{ran.err}{ran.out}exit status {ran.status}\n")
    golden(ROOT / "fixtures" / "diff_of_sides.txt", without_ids("\n".join(said)))


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{k: v}}\n"
HOSTILE = {
    "apps/a\n## b/prod/kustomization.yaml": "resources: [pod.yaml]\n",
    "apps/a\n## b/prod/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {image: i, name: x}\n",
    "apps/<img src=x onerror=alert(1)>/prod/kustomization.yaml": "resources: [c.yaml]\n",
    "apps/<img src=x onerror=alert(1)>/prod/c.yaml": CONFIG.format("c"),
    "apps/`|`/prod/kustomization.yaml": "resources: [c.yaml]\n",
    "apps/`|`/prod/c.yaml": CONFIG.format("d"),
    **{f"case/{name}/prod/kustomization.yaml": "resources: []\n" for name in ("aa", "AA", "aA", "Aa")},
    "..x/prod/kustomization.yaml": "resources: []\n",
}


def test_hostile_names_are_no_markup(repository: Repository) -> None:
    repository.commit(HOSTILE)
    changed = {path: text.replace("image: i", "image: j").replace("k: v", "k: w") for path, text in HOSTILE.items()}
    repository.commit(changed)
    page = diff(repository, "--format", "html").out
    assert "<img" not in page
    assert Page(page).open == []
    said = diff(repository, "--format", "markdown").out
    outside = re.sub(r"(`+)[^`].*?\1", "", re.sub(r"^(`{3,}).*?^\1$", "", said, flags=re.MULTILINE | re.DOTALL))
    assert "<img" not in outside
    assert "\n## b" not in said
    assert "\n## b" not in diff(repository).out
    for command in ("affected", "diff"):
        assert repository.penstock(command, "--base", "HEAD~1", "--format", "json").status in (0, 1)


@pytest.mark.parametrize("name", ["--upload-pack=touch ran", "-x", "..", "HEAD~1:", "nowhere", "a b", ""])
def test_refs_that_look_like_options_are_none(name: str, repository: Repository) -> None:
    repository.commit(HOSTILE)
    for command in ("affected", "diff"):
        ran = repository.penstock(command, f"--base={name}")
        assert ran.status in (2, 4), ran
    assert repository.penstock("diff", "--", f"{name}..HEAD").status in (0, 2)
    assert not (repository.path / "ran").exists()


def many_changes(number: int) -> Difference:
    """Deployments that change in several environments, some dangerously, with targets that fail."""

    def lot(replicas: int, image: str) -> Lot:
        found = []
        for each in range(number):
            spec = {
                "replicas": replicas * (each % 3),
                "template": {"spec": {"containers": [{"name": "a", "image": image}]}},
            }
            body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"`shop`-{each}"}, "spec": spec}
            found.append(Resource(body, Origin(f"shop-{each}.yaml"), *identify(body)))
        return Lot("prod", found, (), lambda origin: Pos(origin.path, 1, 1))

    found = between_lots(lot(3, "shop:1"), lot(1, "shop:2\n|```|"), "prod → stage", way_of(b"a key"))
    failures = [
        Failure(f"prod/{each}", "after", "PS101", "there is no <file>", Pos(f"{each}.yaml"), ("b.yaml",))
        for each in range(number)
    ]
    return found._replace(failures=tuple(failures))


@pytest.mark.parametrize("number", [1, 40, 400])
def test_markdown_is_whole_at_every_limit(number: int) -> None:
    """Sections are never cut, every change is in one or counted, and so are targets that fail."""
    found = many_changes(number)
    for limit in (*range(500, 3_000, 50), *range(3_000, 65_001, 2_000)):
        said = diff_markdown(found, Writing(dump_value), limit)
        assert len(said.encode()) <= limit
        assert said.count("<details") == said.count("</details>")
        assert said.count("<summary>") == said.count("</summary>")
        more = re.search(r"_([0-9,]+) more changes do not fit", said)
        assert said.count("<details") + (int(more[1].replace(",", "")) if more else 0) == len(found.groups)
        failed = re.search(r"and ([0-9,]+) more reasons?\n", said)
        assert said.count(" PS101 ") + (int(failed[1].replace(",", "")) if failed else 0) == len(found.failures)
    assert ("do not fit" in diff_markdown(found, Writing(dump_value), 65_000)) == (number == 400)


def test_a_directory_without_a_target_is_named_with_the_reason(repository: Repository) -> None:
    config = "apiVersion: penstock.dev/v1\nkind: Project\ntargets: [{path: prod, environment: prod}]\n"
    repository.commit({"prod/kustomization.yaml": "resources: []\n"})
    repository.commit({"penstock.yaml": f"{config}unknown: 1\n"})
    ran = repository.penstock("diff", "prod", "prod")
    assert (ran.status, "prod has no target: penstock.yaml:4:1: unknown field" in ran.err) == (2, True), ran


def test_what_no_target_reads_is_named_beside_symbolic_links(repository: Repository) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 80}]}\n"
    repository.write(
        {
            "apps/prod/kustomization.yaml": "resources: [../../linked]\n",
            "base/kustomization.yaml": "resources: [service.yaml]\n",
            "base/service.yaml": service,
            "notes.md": "one\n",
        }
    )
    (repository.path / "linked").symlink_to("base")
    (repository.path / "README.md").symlink_to("notes.md")
    repository.commit()
    repository.commit({"base/service.yaml": service.replace("80", "81"), "notes.md": "two\n"})
    found = json.loads(diff(repository, "--format", "json").out)
    assert found["unread"] == ["notes.md"]
    assert len(found["changes"]) == 1
