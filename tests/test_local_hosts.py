"""Nothing is fetched from this machine or its neighbours unless the user allows it, however a repository spells it."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.repository import Ran
from tests.test_remote import BASE, POD, PRINTED, Place
from tests.web import Page, Web, serve

from penstock.remote import http
from penstock.remote.failure import NotFollowed
from penstock.remote.permit import Hosts, is_local
from penstock.remote.request import Ask

LOCAL = (
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "127.1",
        "0.0.0.0",
        "0",
        "0.1.2.3",
    ),
    *("2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.0x0.0.0x1", "127.0.0.1."),
    *("169.254.169.254", "169.254.170.2", "2852039166", "0xa9fea9fe", "100.100.100.200", "168.63.129.16", "224.0.0.1"),
    *("::1", "::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "0:0:0:0:0:ffff:7f00:1"),
)
FAR = (
    *("example.com", "10.0.0.1", "192.168.1.1", "172.16.0.1", "1.1.1.1", "100.64.0.1", "registry.internal", "a.0x.com"),
    *(
        "2606:4700::1111",
        "fd12:3456::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "metadata",
        "x127.0.0.1x",
    ),
)


@pytest.mark.parametrize("host", LOCAL)
def test_a_spelling_of_this_machine(host: str) -> None:
    assert is_local(host.rstrip(".").lower())


@pytest.mark.parametrize("host", FAR)
def test_teams_have_servers_on_private_networks(host: str) -> None:
    assert not is_local(host)


class Listener:
    """A server that answers nothing, and remembers that somebody came."""

    def __init__(self, family: socket.AddressFamily, host: str) -> None:
        self.socket = socket.create_server((host, 0), family=family)
        self.socket.settimeout(0.05)
        self.port = self.socket.getsockname()[1]

    def was_asked(self) -> bool:
        with suppress(TimeoutError):
            self.socket.accept()[0].close()
            return True
        return False


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener(socket.AF_INET, "0.0.0.0")
    yield listener
    listener.socket.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    (tmp_path / "home" / ".config" / "penstock" / "hosts").unlink()
    return place


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    with serve(place.root / "remote") as web:
        yield web


def release(repository: str) -> dict[str, str]:
    """A HelmRelease with a chart of a repository or a registry."""
    kind = "oci" if repository.startswith("oci://") else "default"
    source = {"kind": "HelmRepository", "name": "r"}
    wanted = {"interval": "1m", "chart": {"spec": {"chart": "web", "version": "1.0.0", "sourceRef": source}}}
    own = {"kind": "GitRepository", "name": "flux-system"}
    objects = [
        flux("helm.toolkit.fluxcd.io/v2", "HelmRelease", "a", wanted),
        flux("source.toolkit.fluxcd.io/v1", "HelmRepository", "r", {"interval": "1m", "type": kind, "url": repository}),
    ]
    follows = {"interval": "1m", "path": "./app", "prune": True, "sourceRef": own}
    return {
        "app/release.yaml": "\n---\n".join(map(json.dumps, objects)),
        "app/kustomization.yaml": "resources: [release.yaml]\n",
        "flux.yaml": json.dumps(flux("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", follows)),
    }


def flux(version: str, kind: str, name: str, spec: object) -> dict[str, object]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "b"}, "spec": spec}


def chart(repository: str) -> dict[str, str]:
    fields = {"name": "web", "repo": repository, "version": "1.0.0", "releaseName": "a"}
    return {"kustomization.yaml": json.dumps({"helmCharts": [fields]}), "penstock.yaml": HELM}


HELM = "apiVersion: penstock.dev/v1\nkind: Project\nhelm: {enabled: true}\n"


def application(source: str) -> dict[str, str]:
    return {
        "app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
        f"spec: {{project: default, destination: {{server: x, namespace: y}}, source: {source}}}\n"
    }


def resource(address: str) -> dict[str, str]:
    return {"kustomization.yaml": json.dumps({"resources": [address]})}


NAMED = {
    "a file": lambda port: resource(f"http://127.0.0.1:{port}/a.yaml"),
    "a file by a name": lambda port: resource(f"http://localhost:{port}/a.yaml"),
    "a file by a number": lambda port: resource(f"http://2130706433:{port}/a.yaml"),
    "a file by zero": lambda port: resource(f"http://0.0.0.0:{port}/a.yaml"),
    "a repository": lambda port: resource(f"http://127.0.0.1:{port}/org/repo.git?ref=v1"),
    "a repository at a commit": lambda port: resource(f"http://127.0.0.1:{port}/org/repo.git?ref={'1' * 40}"),
    "a repository by ssh": lambda port: resource(f"ssh://git@127.0.0.1:{port}/org/repo.git?ref=v1"),
    "a chart": lambda port: chart(f"http://127.0.0.1:{port}"),
    "a chart of a registry": lambda port: chart(f"oci://127.0.0.1:{port}/charts"),
    "a chart of Flux": lambda port: release(f"http://127.0.0.1:{port}"),
    "a chart of Flux in a registry": lambda port: release(f"oci://localhost:{port}/charts"),
    "a chart of Argo CD": lambda port: application(
        f"{{repoURL: 'http://127.0.0.1:{port}', chart: web, targetRevision: 1.0.0}}"
    ),
    "a registry of Argo CD": lambda port: application(
        f"{{repoURL: '127.0.0.1:{port}/charts', chart: web, targetRevision: 1.0.0}}"
    ),
    "a source of Argo CD": lambda port: application(
        f"{{repoURL: 'http://127.0.0.1:{port}/org/repo', path: x, targetRevision: v1}}"
    ),
}


@pytest.mark.parametrize("what", NAMED)
def test_what_a_repository_names_on_this_machine_is_not_asked(what: str, place: Place, listener: Listener) -> None:
    place.ours.write(NAMED[what](listener.port))
    ran = place.run("lock")
    assert ran.status in (3, 4), ran
    assert ": error PS131 " in ran.err
    assert "--allow-host" in ran.err
    assert not listener.was_asked()


@pytest.mark.parametrize("what", [name for name in NAMED if "Argo" not in name and "Flux" not in name])
def test_no_build_asks_this_machine(what: str, place: Place, listener: Listener) -> None:
    place.ours.write(NAMED[what](listener.port))
    ran = place.run("build", "--fetch", "--enable-helm")
    assert ran.status == 3, ran
    assert ": error PS131 " in ran.err
    assert not listener.was_asked()


def pinned(monkeypatch: pytest.MonkeyPatch, host: str, *addresses: str) -> None:
    """A name server that gives a host these addresses."""
    asked = socket.getaddrinfo

    def answer(name: str, *more: object, **named: object) -> object:
        if name != host:
            return asked(name, *more, **named)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 80)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:169.254.169.254"]])
@pytest.mark.parametrize(
    "address", ["http://far.example.com:{port}/a.yaml", "ssh://git@far.example.com:{port}/a/b.git?ref=v1"]
)
def test_a_name_that_leads_here_is_not_asked(
    address: str, addresses: list[str], place: Place, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(monkeypatch, "far.example.com", *addresses)
    place.ours.write(resource(address.format(port=listener.port)))
    ran = place.run("lock")
    assert ran.status == 4, ran
    assert ": error PS131 " in ran.err
    assert addresses[-1] in ran.err
    assert not listener.was_asked()


def test_a_redirect_to_a_name_that_leads_here_is_not_followed(
    place: Place, web: Web, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(monkeypatch, "far.example.com", "127.0.0.1")
    web.pages["/a.yaml"] = Page(b"", 302, {"Location": f"http://far.example.com:{listener.port}/b.yaml"})
    pinned(monkeypatch, "near.example.com", "127.0.0.1")
    allowed = Ask(hosts=Hosts(frozenset({"near.example.com"})))
    with pytest.raises(NotFollowed, match=r"far\.example\.com is 127\.0\.0\.1"):
        http.get(f"{web.url.replace('127.0.0.1', 'near.example.com')}/a.yaml", 5, allowed)
    assert not listener.was_asked()


def test_a_redirect_from_an_allowed_host_to_another_one_is_not_followed(
    place: Place, web: Web, listener: Listener
) -> None:
    web.pages["/a.yaml"] = Page(b"", 302, {"Location": f"http://127.0.0.2:{listener.port}/b.yaml"})
    place.ours.write(resource(f"{web.url}/a.yaml"))
    assert ": error PS131 " in place.run("lock", "--allow-host", "127.0.0.1").err
    assert not listener.was_asked()


def locked(place: Place, web: Web, *options: str) -> Ran:
    web.pages["/a.yaml"] = Page(POD.encode())
    place.ours.write(resource(f"{web.url}/a.yaml"))
    return place.run("lock", *options)


def test_the_user_allows_a_host_by_an_option(place: Place, web: Web) -> None:
    assert locked(place, web).status == 4
    assert locked(place, web, "--allow-host", "127.0.0.1").status == 0
    assert place.run("build").out == PRINTED  # from the cache, for which nobody is asked


def test_the_user_allows_a_host_in_a_file(place: Place, web: Web, tmp_path: Path) -> None:
    allowed = tmp_path / "home" / ".config" / "penstock" / "hosts"
    allowed.write_text("# mine\n\n127.0.0.1\n")
    assert locked(place, web).status == 0


def test_a_repository_allows_itself_nothing(place: Place, web: Web) -> None:
    place.ours.write({"config/penstock/hosts": "127.0.0.1\n"})
    place.environ["XDG_CONFIG_HOME"] = str(place.ours.path / "config")
    assert ": error PS131 " in locked(place, web).err


def test_what_the_user_names_on_the_command_line_is_asked(place: Place, web: Web) -> None:
    web.pages["/a.yaml"] = Page(POD.encode())
    web.pages["/index.yaml"] = Page(b"apiVersion: v1\nentries: {}\n")
    told = place.run("template", "a", "web", "--repo", web.url, "--fetch")
    assert f"{web.url} has no chart web" in told.err
    place.remote().commit(BASE)
    place.remote().git("tag", "v1")
    assert place.run("build", "--fetch", f"{web.url}/git/base.git?ref=v1").out == PRINTED
