"""What is not compiled again comes to the same as if it were: `penstock affected`, and `hydrate` with a cache.

A folder of fixtures/affected holds two states of a repository, `before.txt` and `after.txt` (paths and texts, as in
fixtures/targets), and `expected.txt`, what `penstock affected` says of the change.
"""

import json
import random
from pathlib import Path

import pytest
from tests.conftest import Golden
from tests.repository import Repository
from tests.test_hydrate import SERVICE, STORIES, _step

from penstock.files import Memory
from penstock.incremental import Incremental, Way, answers_of, known_of
from penstock.ledger import Draft, decode, encode
from penstock.model import Diagnostic, Embedded, First, Origin
from penstock.parse.project import Project
from penstock.plain_findings import as_plain, from_plain
from penstock.resolve.options import Options

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted((FIXTURES / "affected").iterdir())


def tree_of(text: str) -> dict[str, str]:
    """`== path` begins a file."""
    files = {}
    for block in text.split("== ")[1:]:
        path, _, content = block.partition("\n")
        files[path.strip()] = content.strip("\n") + "\n"
    return files


def committed(repository: Repository, files: dict[str, str], subject: str) -> str:
    repository.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    return repository.commit(files, subject)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_affected(case: Path, tmp_path: Path, golden: Golden) -> None:
    repository = Repository(tmp_path / "repository")
    before, after = (tree_of((case / name).read_text()) for name in ("before.txt", "after.txt"))
    committed(repository, before, "Before")
    of_before = cache(tmp_path / "before")
    repository.penstock("hydrate", "--create", environ=of_before)
    committed(repository, after, "After")
    environs = (cache(tmp_path), cache(tmp_path), of_before)
    said = [repository.penstock("affected", "--base", "HEAD~1", environ=environ) for environ in environs]
    assert said[0] == said[1] == said[2], "with a cache, the same is said"
    head, _, rest = said[0].out.partition("\n")
    golden(case / "expected.txt", f"{said[0].err}{head.rpartition(' (')[0]}\n{rest}exit status {said[0].status}\n")


def cache(folder: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(folder / "cache")}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_cache_changes_nothing(story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every story of `hydrate` is told the same with a cache that earlier steps have filled, and with one of the very
    same sources.
    """
    told = []
    for name, environ in (("plain", {}), ("cached", cache(tmp_path)), ("again", cache(tmp_path))):
        repository = Repository(tmp_path / name)
        run = repository.penstock
        monkeypatch.setattr(repository, "penstock", lambda *a, run=run, environ=environ: run(*a, environ=environ))
        told.append([_step(repository, step) for step in sorted(story.glob("[0-9]*"))])
    assert told[0] == told[1] == told[2]


OVERLAY = "namespace: {env}\nresources: [../../base]\ncomponents: [../../../../parts/labels]\n"
FLEET = {
    "parts/labels/kustomization.yaml": "kind: Component\nlabels: [{pairs: {team: a}}]\n",
    **{
        f"apps/{app}/base/{name}": text
        for app in ("cart", "shop")
        for name, text in {
            "kustomization.yaml": "resources: [service.yaml]\nconfigMapGenerator: [{name: c, files: [a.txt]}]\n",
            "service.yaml": SERVICE.replace("web", app),
            "a.txt": "text\n",
        }.items()
    },
    **{
        f"apps/{app}/overlays/{env}/kustomization.yaml": OVERLAY.format(env=env)
        for app in ("cart", "shop")
        for env in ("dev", "prod")
    },
}


def changed(files: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The files with one thing changed: a file's text, a file that goes, comes, or is renamed."""
    files = dict(files)
    path = rng.choice(sorted(files))
    match rng.randrange(5):
        case 0:
            del files[path]
        case 1:
            files[path.replace(".yaml", ".yml")] = files.pop(path)
        case 2:
            files[f"{path.rpartition('/')[0]}/kustomization.yml"] = "resources: []\n"
        case 3:
            files["penstock.yaml"] = "apiVersion: penstock.dev/v1\nkind: Project\nexclude: [apps/cart/overlays/dev]\n"
        case _:
            files[path] = files[path].replace("80", str(rng.randrange(1, 99))).replace("text", f"text {rng.random()}")
    return files


@pytest.mark.parametrize("seed", range(4))
def test_any_change_with_a_cache(seed: int, tmp_path: Path) -> None:
    """After changes at random, a run with a cache writes what one without does; what is not affected is the same."""
    rng = random.Random(seed)
    plain, cached = Repository(tmp_path / "plain"), Repository(tmp_path / "cached")
    files = FLEET
    for step in range(8):
        for repository in (plain, cached):
            committed(repository, files, f"Step {step}")
        said = plain.penstock("hydrate", "--create"), cached.penstock("hydrate", "--create", environ=cache(tmp_path))
        assert said[0] == said[1]
        assert plain.refs() == cached.refs()
        if step:
            check_affected(cached, tmp_path)
        files = changed(rng.choice([files, FLEET]), rng)


def check_affected(repository: Repository, folder: Path) -> None:
    """A target that is said not to be affected is built to the same before and after."""
    found = json.loads(repository.penstock("affected", "--base", "HEAD~1", "--format", "json").out)
    again = repository.penstock("affected", "--base", "HEAD~1", "--format", "json", environ=cache(folder))
    assert json.loads(again.out) == found
    for target in found["unaffected"]:
        outputs = []
        for commit in ("HEAD~1", "HEAD"):
            place = folder / "checkout"
            repository.git("worktree", "add", "--quiet", "--detach", "--force", str(place), commit)
            outputs.append(Repository(place).penstock("build", target["path"])[:3])
            repository.git("worktree", "remove", "--force", str(place))
        assert outputs[0] == outputs[1], target


def test_ledgers_come_back_from_their_text() -> None:
    files = Memory(FLEET)
    answers = answers_of(files)
    run = Incremental(Project(files), known_of([], files, answers, exact=False), answers, Way(Options()))
    for target in run.everything()[0]:
        run.compile(target)
    ledger = run.whole_ledger()
    assert len(ledger.settled) == 4
    again = Draft()
    again.number([(("read", f"of no use {number}"), "-") for number in range(len(ledger.looks))])
    for target, settled in ledger.settled.items():
        again.settle(target, settled, ledger.looks)
    smaller = again.finished()
    assert not any("of no use" in path for (_, path), _ in smaller.looks)
    for target, settled in smaller.settled.items():
        closure = [smaller.looks[at] for at in settled.closure]
        assert closure == [ledger.looks[at] for at in ledger.settled[target].closure]
    assert encode(decode(encode(ledger))) == encode(ledger)


def test_a_stored_finding_tells_the_first_of_two_equal_keys_from_the_last() -> None:
    where = Origin("patches.yaml", 1, ("patches", 0, "patch", Embedded(2), "data", First("010")))
    stored = as_plain(Diagnostic("PS238", "warning", "the key 010 is printed as '8'", where))
    again = from_plain(json.loads(json.dumps(stored))).where
    assert isinstance(again, Origin)
    assert again == where
    assert [*map(type, again.at)] == [*map(type, where.at)]
