"""Charts and sources that lie elsewhere: a Helm repository, a registry and git repositories on loopback.

A folder of fixtures/remote_charts/stories is a story: `input` is our repository, and each line of `commands.txt` is
run in it. `charts/NAME-VERSION` is in the Helm repository http://charts.test:443/charts and in the registry
oci://charts.test:443/charts; `theirs` is the git repository http://charts.test:443/git/theirs.git with the tags v1.0.0
and v1.1.0, and the artifact oci://charts.test:443/theirs:v1.0.0; there is also http://charts.test:443/values.yaml. With
`$HELM` (and `$KUSTOMIZE`), the real ones answer beside ours.
"""

import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Golden
from tests.packed import FLUX_CONTENT, Chart, packed, serve_artifact, serve_registry, serve_repository
from tests.repository import Ran
from tests.test_remote import KUSTOMIZE, Place
from tests.web import Page, Web, serve

from penstock import charted
from penstock.gotemplate.semver import Invalid
from penstock.remote import index
from penstock.sources import ChartRequest, Files

FIXTURES = Path(__file__).parent.parent / "fixtures" / "remote_charts"
STORIES = sorted((FIXTURES / "stories").iterdir())
HELM, REGISTRY = os.environ.get("HELM", ""), os.environ.get("REGISTRY", "")
needs_helm = pytest.mark.skipif(not HELM, reason="$HELM does not name the helm to compare with")

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  version: {{ .Chart.Version }}\n"

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
    text = re.sub('sha256 [0-9a-f]{12}|(?<="sha256": ")[0-9a-f]{64}', "(another)", text)
    text = re.sub("sha256:[0-9a-f]{64}", "sha256:(a manifest)", text)
    text = re.sub(r"(?<=[0-9]\+)[0-9a-f]{12}\b", "(a digest)", text)
    return text.replace(web.url.removeprefix("http://"), HOST)


def files_below(folder: Path, web: Web) -> dict[str, bytes | str]:
    return {path: here(web, text) for path, text in read_below(folder).items()}


def read_below(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


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
    serve_artifact(web, "theirs", "v1.0.0", files_below(FIXTURES / "theirs", web))
    web.pages["/values.yaml"] = Page(b"replicas: 6\n")
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


# --- which version a range means --------------------------------------------------------------------------------------

VERSIONS = (FIXTURES / "versions.txt").read_text().splitlines()
RANGES = (FIXTURES / "ranges.txt").read_text().split("\n")[:-1]


def line(wanted: str, found: str | None) -> str:
    return f"{wanted!r:30} {found or '-'}\n"


def test_a_range_means_what_helm_takes_it_for(golden: Golden) -> None:
    def chosen(wanted: str) -> str | None:
        with suppress(Invalid):
            return index.chosen(VERSIONS, wanted)
        return None

    golden(FIXTURES / "expected_ranges.txt", "".join(line(wanted, chosen(wanted)) for wanted in RANGES))


@needs_helm
def test_helm_takes_a_range_for_the_same(place: Place, web: Web, golden: Golden) -> None:
    serve_repository(web, "/charts", [packed("web", version, {}) for version in VERSIONS])

    def pulled(wanted: str) -> str | None:
        folder = place.root / "pulled"
        shutil.rmtree(folder, ignore_errors=True)
        helm(place, "pull", "web", "--repo", f"{web.url}/charts", "--version", wanted, "--untar", "-d", str(folder))
        meta = folder / "web" / "Chart.yaml"
        return meta.read_text().partition("version: ")[2].strip() if meta.exists() else None

    golden(FIXTURES / "expected_ranges.txt", "".join(line(wanted, pulled(wanted)) for wanted in RANGES))


# --- beside the real ones ---------------------------------------------------------------------------------------------


def helm(place: Place, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([HELM, *words], cwd=place.ours.path, env=place.environ, capture_output=True, check=False)


@needs_helm
@pytest.mark.skipif(not KUSTOMIZE, reason="$KUSTOMIZE does not name the kustomize to compare with")
@pytest.mark.parametrize("name", ["repository", "registry"])
def test_kustomize_with_helm_builds_the_same(name: str, place: Place, web: Web) -> None:
    story = FIXTURES / "stories" / f"kustomize_names_a_chart_of_a_{name}"
    furnish(place, web, story)
    place.run("lock")
    ours = place.run("build", "--enable-helm", "--offline")
    program = place.root / "helm"  # which talks to registries by https, if it is not told otherwise
    program.write_text(f'#!/bin/sh\n[ "$1" = pull ] && set -- "$@" --plain-http\nexec {shlex.quote(HELM)} "$@"\n')
    program.chmod(0o755)
    command = [KUSTOMIZE, "build", "--enable-helm", "--helm-command", str(program)]
    theirs = subprocess.run(command, cwd=place.ours.path, env=place.environ, capture_output=True, check=False)
    assert theirs.returncode == 0, theirs.stderr
    assert ours.out == theirs.stdout.decode()


@pytest.fixture
def real_registry(tmp_path: Path) -> Iterator[str]:
    """The address of the registry of Docker's distribution, with what is pushed to it in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = tmp_path / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    config.write_text(json.dumps({"version": "0.1", "storage": storage, "http": {"addr": address}}))
    with subprocess.Popen(
        [REGISTRY, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until_it_answers(address)
            yield address
        finally:
            process.terminate()


def until_it_answers(address: str) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://{address}/v2/"):
            return
        time.sleep(0.05)
    raise AssertionError("the registry does not start")


@needs_helm
@pytest.mark.skipif(not REGISTRY, reason="$REGISTRY does not name a registry, such as that of Debian's docker-registry")
def test_a_real_registry_gives_what_helm_has_pushed(place: Place, real_registry: str) -> None:
    repository = f"oci://{real_registry}/charts"
    for version in VERSIONS:
        made = place.root / f"web-{version}.tgz"
        made.write_bytes(packed("web", version, {"values.yaml": "", "templates/map.yaml": MAP}).data)
        done = helm(place, "push", str(made), repository, "--plain-http")
        assert done.returncode == 0, done.stderr
    for wanted in ("1.2.0", "1.2.0+build.1", "^1.2", ">=2.0.0-0", "v1.1.0", "1.x"):
        entry = {"name": "web", "repo": repository, "version": wanted, "releaseName": "web"}
        place.ours.write({"kustomization.yaml": json.dumps({"helmCharts": [entry]})})
        place.ours.write({"penstock.yaml": "helm: {enabled: true}"})
        ran = place.run("lock")
        assert ran.status == 0, ran
        words = ("template", "web", f"{repository}/web", "--version", wanted, "--plain-http")
        theirs = helm(place, *words).stdout.decode()
        found = re.search(r"version: \S+", theirs)
        assert found is not None
        assert found[0] in place.run("build", "--enable-helm", "--offline").out
    assert "has no version 9.x of the chart web; it has" in lock_of(place, repository, "9.x").err
    assert "has no chart wep" in lock_of(place, repository, "1.x", "wep").err


def lock_of(place: Place, repository: str, wanted: str, name: str = "web") -> Ran:
    entry = {"name": name, "repo": repository, "version": wanted}
    place.ours.write({"kustomization.yaml": json.dumps({"helmCharts": [entry]})})
    return place.run("lock")


def test_an_update_shows_what_the_new_version_changes(place: Place, web: Web) -> None:
    furnish(place, web, FIXTURES / "stories" / "releases_of_flux_have_charts_elsewhere")
    place.run("lock")
    place.ours.commit(subject="Lock")
    created = place.run("hydrate", "--create")
    assert (created.status, created.err) == (0, "")
    newer = files_below(FIXTURES / "charts" / "web-1.10.0", web)
    serve_repository(web, "/charts", [*charts(web), packed("web", "1.11.0", newer)])
    assert "-> 1.11.0" in place.run("lock", "--update").out
    place.ours.commit(subject="Update")
    affected = place.run("affected", "--base", "HEAD~1").out
    assert affected.splitlines()[0].startswith("1 of 6 targets is affected")
    assert "data.version: 1.10.0 → 1.11.0" in place.run("diff", "--base", "HEAD~1").out
    assert "(1 file changed)" in place.run("hydrate").out


LAYERED = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: {name}, namespace: flux-system}}
spec: {{url: "oci://{host}/theirs", ref: {{tag: v1.0.0}}, layerSelector: {{mediaType: "{layer}"}}}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: ./, sourceRef: {{kind: OCIRepository, name: {name}}}}}
---
"""


def test_an_artifact_has_the_layer_that_is_selected(place: Place, web: Web) -> None:
    others = "application/vnd.example.other.tar+gzip"
    maps = {name: {f"{name}.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"} for name in "ab"}
    serve_artifact(web, "theirs", "v1.0.0", maps["a"], (others, maps["b"]))
    tree = files_below(FIXTURES / "stories" / "kustomizations_of_flux_have_files_of_a_registry" / "input", web)
    host = web.url.partition("://")[2]
    given = (("first", FLUX_CONTENT), ("second", others), ("none", "application/vnd.example.none"))
    tree["clusters/prod/theirs.yaml"] = "".join(
        LAYERED.format(name=name, host=host, layer=layer) for name, layer in given
    ).encode()
    place.ours.commit(tree)
    locked = place.run("lock")
    assert "is no application/vnd.example.none: its layers are application/vnd.cncf.flux" in locked.err
    assert "name: a" in place.run("build", "prod/first").out
    assert "name: b" in place.run("build", "prod/second").out


VERSIONED = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: shown, namespace: shop}}
spec: {{url: "oci://{host}/charts/shown", ref: {{tag: 1.2.0}}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: shown, namespace: shop}}
spec:
  chartRef: {{kind: OCIRepository, name: shown}}
  install: {{disableHooks: true, disableSchemaValidation: true}}
  values: {{size: large}}
---
"""
SHOWN = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: shown}
data: {chart: "{{ .Chart.Name }}-{{ .Chart.Version }}", size: {{ .Values.size }}}
"""
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: before, annotations: {helm.sh/hook: pre-install}}
"""


def test_a_chart_of_an_oci_repository_has_its_digest_in_its_version(place: Place, web: Web) -> None:
    """What helm-controller 1.5 does, so that a tag that moves is a change, and what `install` switches off."""
    schema = '{"properties": {"size": {"type": "number"}}}'
    files = {"templates/shown.yaml": SHOWN, "templates/hook.yaml": HOOK, "values.schema.json": schema}
    serve_registry(web, "charts", [packed("shown", "1.2.0", files)])
    tree = files_below(FIXTURES / "stories" / "kustomizations_of_flux_have_files_of_a_registry" / "input", web)
    tree["clusters/prod/shown.yaml"] = VERSIONED.format(host=web.url.partition("://")[2]).encode()
    place.ours.commit(tree)
    place.run("lock")
    locked = json.loads((place.ours.path / "penstock.lock").read_text())["charts"]
    digest = next(each["manifest"] for each in locked if each["chart"] == "shown").removeprefix("sha256:")
    built = place.run("build", "prod/shown")
    assert f"chart: shown-1.2.0+{digest[:12]}\n" in built.out
    assert "size: large" in built.out
    assert "kind: Job" not in built.out


# --- penstock template ------------------------------------------------------------------------------------------------

TEMPLATES = (
    "web web --repo http://charts.test:443/charts --version ^1.0.0",
    "web web --repo http://charts.test:443/charts --version 1.2.0 --set replicas=4",
    "web web --repo http://charts.test:443/charts --devel",
    "web web --repo http://charts.test:443/charts",
    "web oci://charts.test:443/charts/web --version ~1.2",
    "web oci://charts.test:443/charts/web --version 1.0.0 --plain-http",
    "web local --dependency-update",
)


@pytest.mark.parametrize("words", TEMPLATES)
def test_a_chart_elsewhere_is_printed_once_it_is_fetched(words: str, place: Place, web: Web, golden: Golden) -> None:
    furnish(place, web, FIXTURES / "stories" / "a_chart_depends_on_one_of_a_repository")
    given = shlex.split(here(web, words))
    refused = place.run("template", *given)
    assert (refused.status, refused.out) == (3, "")
    assert "is not in penstock.lock" in refused.err
    assert "hint: `--fetch` fetches it for this run" in refused.err
    assert not web.requests
    ran = place.run("template", *given, "--fetch")
    assert (ran.status, ran.err) == (0, "")
    if HELM:
        plain = ["--plain-http"] if "oci:" in words and "--plain-http" not in words else []
        theirs = helm(place, "template", *given, *plain)
        if theirs.returncode == 0:  # it does not fetch dependencies from a registry without a certificate
            assert ran.out == theirs.stdout.decode()
        assert "--dependency-update" in words or theirs.returncode == 0, theirs.stderr
    golden(FIXTURES / "templates" / f"{re.sub('[^a-z0-9]+', '_', words)}.yaml", ran.out)


def test_a_repository_has_the_name_that_helm_knows_it_by(place: Place, web: Web, tmp_path: Path) -> None:
    furnish(place, web, FIXTURES / "stories" / "kustomize_names_a_chart_of_a_repository")
    known = tmp_path / "repositories.yaml"
    known.write_text(f"repositories: [{{name: other, url: 'http://x'}}, {{name: team, url: '{web.url}/charts'}}]\n")
    place.environ["HELM_REPOSITORY_CONFIG"] = str(known)
    words = ("--version", "1.2.0", "--fetch")
    ran = place.run("template", "web", "team/web", *words)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == place.run("template", "web", "web", "--repo", f"{web.url}/charts", *words).out
    refused = place.run("template", "web", "teem/web", *words)
    assert refused.status == 2
    assert "there is no chart teem/web here, and no repository teem among those of `helm repo add`" in refused.err


def test_a_chart_that_is_locked_is_printed_without_network(place: Place, web: Web) -> None:
    furnish(place, web, FIXTURES / "stories" / "kustomize_names_a_chart_of_a_repository")
    place.run("lock")
    web.requests.clear()
    ran = place.run("template", "web", "web", "--repo", f"{web.url}/charts", "--version", "^1.0.0")
    assert (ran.status, ran.err) == (0, "")
    assert 'version: "1.10.0"' in ran.out
    assert not web.requests


@pytest.mark.parametrize("words", [["-f", "-"], ["-f", " - "], ["--values=-"], ["-f", "-", "-f", "-"]])
def test_values_come_from_standard_input(words: list[str], place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ours.write({f"web/{path}": data for path, data in read_below(FIXTURES / "charts" / "web-1.2.0").items()})
    for number in (4, 5):  # nothing of the first run is kept for the second
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"replicas: {number}\n".encode())))
        ran = place.run("template", "web", "./web", *words)
        assert (ran.status, ran.err) == (0, "")
        assert f'replicas: "{number}"' in ran.out


def test_a_mistake_in_standard_input_is_told_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ours.write({f"web/{path}": data for path, data in read_below(FIXTURES / "charts" / "web-1.2.0").items()})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"replicas: [\n")))
    ran = place.run("template", "web", "./web", "-f", "-")
    assert ran.status == 3
    assert ran.err.startswith("(standard input):2:1: error PS704 ")


def test_a_file_of_a_setting_comes_from_standard_input(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ours.write({f"web/{path}": data for path, data in read_below(FIXTURES / "charts" / "web-1.2.0").items()})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"many")))
    assert 'replicas: "many"' in place.run("template", "web", "./web", "--set-file", "replicas=-").out


# --- what is kept of a chart that was rendered ------------------------------------------------------------------------


def test_a_fetched_chart_is_rendered_once(place: Place, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(place, web, FIXTURES / "stories" / "releases_of_flux_have_charts_elsewhere")
    place.run("lock")
    first = [place.run("build", "prod/front"), place.run("check")]
    rendered: list[str] = []

    def render(files: Files, request: ChartRequest, *others: Any, **named: Any) -> Any:
        rendered.append(request.chart)
        return template(files, request, *others, **named)

    template = charted.template
    monkeypatch.setattr(charted, "template", render)
    assert [place.run("build", "prod/front"), place.run("check")] == first
    assert {path.rpartition("/")[2] for path in rendered} == {"chart"}  # a directory of a git repository
    apps = place.ours.path / "clusters" / "prod" / "apps.yaml"
    apps.write_text(apps.read_text().replace("replicas: 9", "replicas: 10\n    replicsa: 1"))
    rendered.clear()
    told = [place.run("check").err + place.run("check").out for _ in range(2)]
    assert told[0] == told[1]
    assert "no template reads the value replicsa" in told[0]
    assert [path.rpartition("/")[2] for path in rendered].count("web-1.10.0.tgz") == 1
    assert 'replicas: "10"' in place.run("build", "prod/front").out
