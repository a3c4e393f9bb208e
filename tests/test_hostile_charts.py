"""Hostile Helm repositories, registries, lock files and caches: each run ends in seconds, and nothing is believed that
was not checked.
"""

import base64
import gzip
import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.cases import spent
from tests.packed import archive, packed, serve_registry, serve_repository
from tests.repository import Ran
from tests.test_remote import Place
from tests.web import Page, Web, serve

from penstock.charted import template
from penstock.charts.archive import files_of
from penstock.charts.bounds import Room
from penstock.charts.chart import Refused
from penstock.files import Memory
from penstock.remote import charts as remote_charts
from penstock.remote import index, registry
from penstock.remote.charts import refusal_of_chart
from penstock.sources import ChartAddress, ChartRequest

SECONDS = 15.0
"""How long each of these may take: 5 seconds are promised, a machine of CI may be slow, and an attack takes minutes."""

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
WEB = packed("web", "1.0.0", {"values.yaml": "", "templates/map.yaml": MAP})
OTHER = packed("web", "1.0.0", {"values.yaml": "", "templates/map.yaml": MAP.replace("web", "other")})
PRINTED = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    with serve(place.root / "remote") as web:
        serve_repository(web, "/charts", [WEB])
        serve_registry(web, "charts", [WEB])
        yield web


def uses(place: Place, repository: str, version: str = "1.0.0", name: str = "web") -> None:
    entry = {"name": name, "repo": repository, "version": version, "releaseName": "web"}
    place.ours.write(
        {"kustomization.yaml": json.dumps({"helmCharts": [entry]}), "penstock.yaml": "helm: {enabled: true}"}
    )


def in_registry(web: Web) -> str:
    return f"oci{web.url.removeprefix('http')}/charts"


def timed(place: Place, *words: str, status: int) -> Ran:
    began = time.monotonic()
    ran = place.run(*words)
    assert time.monotonic() - began < SECONDS
    assert ran.status == status, ran
    assert "Traceback" not in ran.err
    return ran


# --- what a repository answers ----------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """A page of the server, and what is said about it."""

    page: Page
    said: str


INDEX, ARCHIVE = "/charts/index.yaml", "/charts/web-1.0.0.tgz"

LEADS_TO_A_FILE = Page(b"entries:\n  web:\n  - version: 1.0.0\n    urls: ['file:///etc/passwd']\n")
ENTRY = b"entries:\n  web:\n  - version: 1.0.0\n    urls: [web-1.0.0.tgz]\n"

ANSWERS: dict[str, tuple[str, Answer]] = {
    "an index that leads to a file": (INDEX, Answer(LEADS_TO_A_FILE, "PS131")),
    "a redirect of the index to a file": (
        INDEX,
        Answer(
            Page(b"", 302, {"Location": "file:///etc/passwd"}), "leads to file:///etc/passwd, which is not followed"
        ),
    ),
    "a redirect of the chart to a file": (
        ARCHIVE,
        Answer(
            Page(b"", 302, {"Location": "file:///etc/passwd"}), "leads to file:///etc/passwd, which is not followed"
        ),
    ),
    "a redirect without end": (INDEX, Answer(Page(b"", 302, {"Location": INDEX}), "PS132")),
    "an index that is too large": (
        INDEX,
        Answer(Page(b"#", headers={"Content-Length": str(index.MAX_INDEX + 2)}), "PS132"),
    ),
    "an index that ends early": (INDEX, Answer(Page(b"entries:", headers={"Content-Length": "99"}), "too early")),
    "an index that is a page": (INDEX, Answer(Page(b"<html>log in</html>"), "is no Helm repository")),
    "an index that is no YAML": (INDEX, Answer(Page(b"entries: [}"), "is no YAML")),
    "an index that is nested": (INDEX, Answer(Page(b"entries: " + b"[" * 500), "is nested too deeply")),
    "an index that refers to itself": (INDEX, Answer(Page(b"entries: &a\n  web: *a\n"), "has no chart web")),
    "an index of numbers": (INDEX, Answer(Page(b"entries: {web: [1, 2, [3], {version: {}}]}"), "has no chart web")),
    "an index that is JSON without end": (INDEX, Answer(Page(b'{"entries": ' + b"[" * 99_999), "is no JSON")),
    "a chart that is not what the index says": (ARCHIVE, Answer(Page(OTHER.data), "PS136")),
    "a chart that is not there": (ARCHIVE, Answer(Page(b"", 404), "gives the status 404")),
    "a login": (INDEX, Answer(Page(b"", 401), "`helm repo add`")),
    "a failing server": (INDEX, Answer(Page(b"", 500), "gives the status 500")),
    "a provenance file of another chart": (
        f"{ARCHIVE}.prov",
        Answer(Page(f"files:\n  web-1.0.0.tgz: sha256:{'0' * 64}\n".encode()), "PS136"),
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_of_a_repository_is_refused(what: str, place: Place, web: Web) -> None:
    path, answer = ANSWERS[what]
    web.pages[path] = answer.page
    uses(place, f"{web.url}/charts")
    ran = timed(place, "lock", status=4)
    assert answer.said in ran.err
    assert "kustomization.yaml:1:" in ran.err
    assert not (place.ours.path / "penstock.lock").exists()


def bomb() -> bytes:
    """1 GiB of zeros in one file, packed."""
    return gzip.compress(_header("web/files/zeros", 1 << 30) + bytes(64 << 20), compresslevel=9)


def compressed(stored: bytes) -> bytes:
    return gzip.compress(gzip.decompress(stored), compresslevel=1)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf()


def linked(target: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in ("Chart.yaml", "values.yaml"):
            data = b"apiVersion: v2\nname: web\nversion: 1.0.0\n" if name == "Chart.yaml" else b""
            info = tarfile.TarInfo(f"web/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("web/templates/map.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)
    return out.getvalue()


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a bomb": bomb,
    "no archive": lambda: b"#!/bin/sh\n",
    "an empty file": lambda: b"",
    "half an archive": lambda: WEB.data[: len(WEB.data) // 2],
    "30,000 files": lambda: compressed(archive({f"web/files/{n}": "" for n in range(30_000)})),
    "a path that leads up": lambda: archive({"web/Chart.yaml": "{}", "../../etc/passwd": "x"}),
    "no Chart.yaml": lambda: archive({"web/templates/map.yaml": MAP}),
    "a deep Chart.yaml": lambda: archive({"web/Chart.yaml": "[" * 100_000, "web/values.yaml": ""}),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_is_refused(what: str, place: Place, web: Web) -> None:
    data = ARCHIVES[what]()
    web.pages[INDEX], web.pages[ARCHIVE] = Page(ENTRY), Page(data)
    uses(place, f"{web.url}/charts")
    ran = timed(place, "lock", status=3)
    assert "error PS" in ran.err
    again = timed(place, "build", "--enable-helm", status=3)
    assert again.out == ""


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd"])
def test_a_symlink_of_an_archive_leads_nowhere(target: str, place: Place, web: Web) -> None:
    web.pages[INDEX], web.pages[ARCHIVE] = Page(ENTRY), Page(linked(target))
    uses(place, f"{web.url}/charts")
    assert "a packed chart has no links" in timed(place, "lock", status=3).err


def test_a_server_that_hardly_speaks_is_left(place: Place, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_charts, "SECONDS", 0.5)
    web.pages[INDEX] = Page(ENTRY, seconds=0.1)
    uses(place, f"{web.url}/charts")
    assert "did not answer in time" in timed(place, "lock", status=4).err


@pytest.mark.parametrize("url", ["http://127.0.0.1/a.tgz", "http://169.254.169.254/a.tgz", "http://[::1]/a.tgz"])
def test_an_index_from_elsewhere_leads_not_to_this_machine(url: str) -> None:
    address = ChartAddress("http://charts.example.com", "web", "1.0.0")
    assert "may not name this machine" in refusal_of_chart(address._replace(repository=url), address.repository)


# --- what a registry answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "page", "said"),
    [
        ("manifests/1.0.0", Page(b"{}"), "is no Helm chart: its layers are none"),
        ("manifests/1.0.0", Page(b"[" * 99_999), "is no JSON"),
        ("manifests/1.0.0", Page(b"", 500), "gives the status 500"),
        ("manifests/1.0.0", Page(b"", 401, {"WWW-Authenticate": 'Bearer realm="file:///etc/passwd"'}), "PS131"),
        ("manifests/1.0.0", Page(b"", 401, {"WWW-Authenticate": "Bearer"}), "helm registry login"),
        (
            "manifests/1.0.0",
            Page(b"", 307, {"Location": "file:///etc/passwd"}),
            "leads to file:///etc/passwd, which is not followed",
        ),
        ("manifests/1.0.0", Page(b"{}", headers={"Content-Length": "999999999"}), "PS132"),
        ("manifests/1.0.0", Page(b'{"layers": [{"mediaType": 3, "digest": []}]}'), "its layers are 3"),
        (f"blobs/sha256:{WEB.sha256}", Page(OTHER.data), "gives another layer"),
        (f"blobs/sha256:{WEB.sha256}", Page(b"", 404), "does not have the layer"),
    ],
)
def test_an_answer_of_a_registry_is_refused(path: str, page: Page, said: str, place: Place, web: Web) -> None:
    web.pages[f"/v2/charts/web/{path}"] = page
    uses(place, in_registry(web))
    assert said in timed(place, "lock", status=4).err


def test_a_registry_whose_list_of_tags_never_ends(place: Place, web: Web) -> None:
    first = "/v2/charts/web/tags/list?n=1000"
    web.pages[first] = Page(b'{"tags": ["1.0.0"]}', headers={"Link": f'<{first}>; rel="next"'})
    uses(place, in_registry(web), "1.x")
    timed(place, "lock", status=0)
    assert web.requests[first] <= registry.MAX_PAGES


# --- lock files and caches --------------------------------------------------------------------------------------------


def locked(place: Place, web: Web) -> dict[str, list[dict[str, str]]]:
    uses(place, f"{web.url}/charts")
    timed(place, "lock", status=0)
    tree: dict[str, list[dict[str, str]]] = json.loads((place.ours.path / "penstock.lock").read_text())
    return tree


def file_of(place: Place) -> Path:
    return place.cache / "files" / WEB.sha256


def test_a_chart_that_has_changed_since_it_was_locked_is_refused(place: Place, web: Web) -> None:
    locked(place, web)
    file_of(place).unlink()
    serve_repository(web, "/charts", [OTHER])
    assert "PS134" in timed(place, "lock", status=4).err
    assert "PS132" in timed(place, "build", "--enable-helm", status=4).err
    timed(place, "lock", "--update", status=0)
    assert "name: other" in timed(place, "build", "--enable-helm", status=0).out


def test_a_file_of_the_cache_that_was_changed_is_not_used(place: Place, web: Web) -> None:
    locked(place, web)
    file_of(place).write_bytes(OTHER.data)
    ran = timed(place, "build", "--enable-helm", status=4)
    assert "is not in the cache of this machine" in ran.err
    timed(place, "lock", status=0)
    assert timed(place, "build", "--enable-helm", "--offline", status=0).out == PRINTED


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 63},
        {"sha256": ""},
        {"url": "file:///etc/passwd"},
        {"url": "", "manifest": f"sha256:{'0' * 64}"},
        {"version": "2.0.0"},
        {"version": ""},
        {"more": "than is known"},
    ],
)
def test_an_entry_that_was_changed_is_refused(change: dict[str, str], place: Place, web: Web) -> None:
    tree = locked(place, web)
    entry = tree["charts"][0] | change
    tree["charts"] = [{name: value for name, value in entry.items() if value}]
    place.ours.write({"penstock.lock": json.dumps(tree)})
    assert "PS134" in timed(place, "build", "--enable-helm", status=3).err


# --- secrets ----------------------------------------------------------------------------------------------------------

SECRET = "hunter2"


def test_a_password_in_an_address_is_refused_and_not_shown(place: Place, web: Web) -> None:
    uses(place, f"http://ann:{SECRET}@{web.url.removeprefix('http://')}/charts")
    ran = timed(place, "lock", status=4)
    assert "PS131" in ran.err
    assert SECRET not in ran.out + ran.err
    assert not web.requests


def test_a_token_in_an_address_is_in_no_lock_file_and_not_shown(place: Place, web: Web) -> None:
    for path in (INDEX, ARCHIVE):
        web.pages[f"{path}?token={SECRET}"] = web.pages.pop(path)
    uses(place, f"{web.url}/charts?token={SECRET}")
    said = [timed(place, *words, status=0) for words in (["lock"], ["lock", "--check"], ["build", "--enable-helm"])]
    assert said[-1].out == PRINTED
    file_of(place).unlink()
    said.append(timed(place, "lock", status=0))
    assert SECRET not in "".join(ran.out + ran.err for ran in said) + (place.ours.path / "penstock.lock").read_text()


def test_the_user_of_a_repository_is_known_from_the_files_of_helm(place: Place, web: Web) -> None:
    entry = {"name": "ours", "url": f"{web.url}/charts", "username": "ann", "password": SECRET}
    config = place.root / "home" / ".config" / "helm" / "repositories.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"repositories": [entry]}))
    uses(place, f"{web.url}/charts")
    ran = timed(place, "lock", status=0)
    wanted = f"Basic {base64.b64encode(f'ann:{SECRET}'.encode()).decode()}"
    assert {web.sent[path].get("Authorization") for path in (INDEX, ARCHIVE)} == {wanted}
    assert SECRET not in ran.out + ran.err


def test_who_may_read_is_not_told_to_where_a_redirect_leads(place: Place, web: Web) -> None:
    entry = {"name": "ours", "url": f"{web.url}/charts", "username": "ann", "password": SECRET}
    config = place.root / "home" / ".config" / "helm" / "repositories.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"repositories": [entry]}))
    with serve(place.root / "other") as other:
        other.pages["/i.yaml"] = web.pages[INDEX]
        web.pages[INDEX] = Page(b"", 302, {"Location": f"{other.url}/i.yaml"})
        uses(place, f"{web.url}/charts")
        timed(place, "lock", status=0)
        assert "Authorization" not in other.sent["/i.yaml"]


def test_a_registry_is_given_a_token_for_the_user_of_docker(place: Place, web: Web) -> None:
    secret = base64.b64encode(f"ann:{SECRET}".encode()).decode()
    config = place.root / "home" / ".docker" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"auths": {web.url.removeprefix("http://"): {"auth": secret}}}))
    challenge = {"WWW-Authenticate": f'Bearer realm="{web.url}/token",service="ours"'}
    token = "/token?service=ours&scope=repository%3Acharts%2Fweb%3Apull"
    web.pages[token] = Page(b'{"token": "t0ken"}')
    web.guards["/v2/"] = ("Bearer t0ken", Page(b"", 401, challenge))
    uses(place, in_registry(web))
    ran = timed(place, "lock", status=0)
    assert web.sent[token]["Authorization"] == f"Basic {secret}"
    assert SECRET not in ran.out + ran.err
    assert "t0ken" not in ran.out + ran.err


def test_charts_are_fetched_several_at_once(place: Place, web: Web) -> None:
    slow = 40
    charts = [packed(f"web{number}", "1.0.0", {"templates/map.yaml": MAP}) for number in range(slow)]
    serve_registry(web, "charts", charts)
    for each in charts:
        path = f"/v2/charts/{each.name}/manifests/1.0.0"
        web.pages[path] = web.pages[path]._replace(delay=0.2)
        source = {"repoURL": in_registry(web), "chart": each.name, "targetRevision": "1.0.0"}
        destination = {"name": "east", "namespace": each.name}
        spec = {"project": "default", "source": source, "destination": destination}
        head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
        app = {**head, "metadata": {"name": each.name, "namespace": "argocd"}, "spec": spec}
        place.ours.write({f"apps/{each.name}.yaml": json.dumps(app)})
    ran = timed(place, "lock", status=0)  # one after the other takes eight seconds
    assert ran.out.count("added ") == slow
    assert all(web.requests[f"/v2/charts/{each.name}/manifests/1.0.0"] == 1 for each in charts)


# --- what a chart itself has ------------------------------------------------------------------------------------------

META = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
NEW_EXPRESSIONS = '{{ range $i := 1000000000 }}{{ $x := regexFind (printf "(a|b){1,500}%d" $i) "xa" }}{{ end }}'


def again(expression: str, start: str) -> str:
    """Return a template with a value that becomes what an expression makes of it, without end."""
    return f"{{{{ $x := {start} }}}}{{{{ range $i := 1000000000 }}}}{{{{ $x = {expression} }}}}{{{{ end }}}}"


MANY_NAMES = (
    '{{ $key := genPrivateKey "ecdsa" }}{{ $names := list }}{{ range $i := until 2000 }}'
    '{{ $names = append $names (printf "n%d" $i) }}{{ end }}{{ range $i := 1000000000 }}'
    '{{ $x := genSelfSignedCertWithKey "a" nil $names 365 $key }}{{ end }}'
)
TRIMMED = '{{ $a := repeat 100000 "a" }}{{ range $i := 1000000000 }}{{ $x := trimAll $a "b" }}{{ end }}'
MANY_KEYS = "".join(f"k{number}: 1\n" for number in range(20_000))
MANY_PATTERNS: dict[str, dict[str, str]] = {f"^k{number}.*x$": {} for number in range(3_000)}

SUBCHARTS_WITH_A_SCHEMA = {
    "Chart.yaml": META
    + "dependencies:\n"
    + "".join(f"- {{name: s, version: 1.0.0, alias: s{number}}}\n" for number in range(60)),
    "charts/s/Chart.yaml": META.replace("web", "s"),
    "charts/s/values.yaml": "m: {" + ", ".join(f"k{number}: 1" for number in range(900)) + "}\n",
    "charts/s/values.schema.json": json.dumps(
        {"properties": {"m": {"patternProperties": {f"^k.*x{number}$": {} for number in range(900)}}}}
    ),
}

CHARTS: dict[str, tuple[str, dict[str, str]]] = {
    "a version of many parts": ("PS700", {"Chart.yaml": META.replace("1.0.0", "1.0.0-" + "a." * 100_000 + "b")}),
    "a schema with a long reference": ("PS706", {"values.schema.json": json.dumps({"$ref": "#" + "/a" * 100_000})}),
    "a schema with many patterns of keys": (
        "PS706",
        {"values.yaml": MANY_KEYS, "values.schema.json": json.dumps({"patternProperties": MANY_PATTERNS})},
    ),
    "a schema with many patterns of keys, and none other": (
        "PS706",
        {
            "values.yaml": MANY_KEYS,
            "values.schema.json": json.dumps({"patternProperties": MANY_PATTERNS, "additionalProperties": False}),
        },
    ),
    "a schema with keys that none of its parts knows": (
        "PS706",
        {
            "values.yaml": MANY_KEYS,
            "values.schema.json": json.dumps({"patternProperties": {".*": {}}, "unevaluatedProperties": False}),
        },
    ),
    "a pattern of .helmignore that is very long": ("PS702", {".helmignore": "a" * 5_000_000}),
    "expressions that are large and new each time": ("PS714", {"templates/a.yaml": NEW_EXPRESSIONS}),
    "certificates with many names": ("PS714", {"templates/a.yaml": MANY_NAMES}),
    "text that is escaped for HTML again and again": ("PS714", {"templates/a.yaml": again("html $x", '"&"')}),
    "text that is trimmed of very many characters": ("PS714", {"templates/a.yaml": TRIMMED}),
    "a schema with an expression that is too long": (
        "PS706",
        {"values.yaml": "a: b\n", "values.schema.json": f'{{"properties": {{"a": {{"pattern": "{"a" * 5_000}"}}}}}}'},
    ),
    "a schema of a subchart with many names": ("PS706", SUBCHARTS_WITH_A_SCHEMA),
    "a list in many chunks": ("PS714", {"templates/a.yaml": again("chunk 1 (until 20000)", "list")}),
}


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("what", CHARTS)
def test_a_chart_that_takes_too_much_is_refused(what: str) -> None:
    code, files = CHARTS[what]
    start = spent()
    tree = Memory({f"chart/{path}": text for path, text in {"Chart.yaml": META, **files}.items()})
    printed = template(tree, ChartRequest(chart="chart", name="web", namespace="default"))
    assert [each.code for each in printed.findings if each.severity == "error"] == [code]
    assert printed.text == ""
    assert all(len(each.message) < 2_100 for each in printed.findings)
    assert spent() - start < SECONDS


def test_thousands_of_settings_that_nothing_reads_take_seconds() -> None:
    tree = Memory(
        {"chart/Chart.yaml": META, "chart/values.yaml": "a: b\n", "chart/templates/a.yaml": "a: {{ .Values.a }}"}
    )
    request = ChartRequest(chart="chart", name="web", namespace="default")
    start = spent()
    printed = template(tree, request._replace(settings=tuple(f"k{number}=x" for number in range(4_900))))
    assert [each.code for each in printed.findings] == ["PS719"] * 4_900
    assert spent() - start < SECONDS


def test_an_archive_of_very_many_streams_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="more than 1,000 streams"):
        files_of(gzip.compress(b"") * 200_000, str(tmp_path / "web.tgz"), Room())


def test_thousands_of_links_to_one_directory_are_an_error() -> None:
    chart = {"chart/Chart.yaml": META, f"chart/deep/{'x/' * 150}a.txt": "x"}
    start = spent()
    tree = Memory(chart, {f"chart/links/l{number}": "../deep" for number in range(9_000)})
    printed = template(tree, ChartRequest(chart="chart", name="web"))
    assert [finding.code for finding in printed.findings] == ["PS702"]
    assert spent() - start < SECONDS
