"""Charts and sources that lie elsewhere: a Helm repository, a registry and git repositories on loopback.

A folder of fixtures/remote_charts/stories is a story: `input` is our repository, and each line of `commands.txt` is
run in it. `charts/NAME-VERSION` is in the Helm repository http://charts.test:443/charts and in the registry
oci://charts.test:443/charts; `theirs` is the git repository http://charts.test:443/git/theirs.git with the tags v1.0.0
and v1.1.0. With `$HELM` (and `$KUSTOMIZE`), the real ones answer beside ours.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Golden
from tests.packed import Chart, packed, serve_registry, serve_repository
from tests.repository import Ran
from tests.test_remote import Place
from tests.web import Web, serve

FIXTURES = Path(__file__).parent.parent / "fixtures" / "remote_charts"
STORIES = sorted((FIXTURES / "stories").iterdir())
HOST = "charts.test:443"
"""What stands for the server in fixtures: as long as its address, so that tables stay as they are."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    with serve(place.root / "remote") as web:
        yield web


def here(web: Web, text: str) -> str:
    return text.replace(HOST, web.url.removeprefix("http://"))


def there(web: Web, text: str) -> str:
    """What is said, without the port of this run and the hashes that depend on it."""
    for chart in charts(web):
        for digest in (chart.sha256, chart.sha256[:12]):
            text = text.replace(digest, f"(that of {chart.name}-{chart.version})")
    text = re.sub("sha256:[0-9a-f]{64}", "sha256:(a manifest)", text)
    return text.replace(web.url.removeprefix("http://"), HOST)


def files_below(folder: Path, web: Web) -> dict[str, bytes | str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): here(web, path.read_text()) for path in files}


def charts(web: Web) -> list[Chart]:
    """Those of the fixtures, in the order of their names, which is not that of versions."""
    found = []
    for folder in sorted((FIXTURES / "charts").iterdir()):
        name, _, version = folder.name.partition("-")
        found.append(packed(name, version, files_below(folder, web)))
    return found


def furnish(place: Place, web: Web, story: Path) -> None:
    """Bring everything up that a story speaks of."""
    serve_repository(web, "/charts", charts(web))
    serve_registry(web, "charts", charts(web))
    theirs = place.remote("theirs.git")
    theirs.commit(files_below(FIXTURES / "theirs", web))
    theirs.git("tag", "v1.0.0")
    theirs.git("tag", "-m", "The next one", "v1.1.0")
    place.ours.commit(files_below(story / "input", web))


def told(command: str, ran: Ran) -> str:
    return f"$ penstock {command}\n{ran.out}{ran.err}exit status {ran.status}\n"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Path, place: Place, web: Web, golden: Golden) -> None:
    furnish(place, web, story)
    made = []
    for command in (story / "commands.txt").read_text().splitlines():
        before = web.requests.copy()
        ran = place.run(*shlex.split(command))
        asked = web.requests - before
        assert command.startswith("lock") or not asked, f"{command} asks the network: {asked}"
        made.append(told(command, ran))
    golden(story / "expected.txt", there(web, "\n".join(made)))
    lock = place.ours.path / "penstock.lock"
    golden(story / "expected.lock", there(web, lock.read_text()) if lock.exists() else "")
