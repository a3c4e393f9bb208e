"""A real cluster for all tests of this folder, and for each test a namespace and a repository of its own.

Where the cluster's programs are not built, the tests are skipped; `make cluster` builds them.
"""

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from scripts.cluster import up
from tests.listener import Listener

from penstock.apply import lease
from penstock.apply.client import Client, Effort, Media
from penstock.apply.failure import Failure
from penstock.apply.kubeconfig import choose
from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.emit.branch import Marker, write_marker
from penstock.model import MARKER

ROOT = Path(__file__).parents[2]
UP = ROOT / "scripts" / "cluster" / "up.py"

BRANCH = "rendered/prod"

NAMESPACE = re.compile(r"\bNS\b")
"""Stands for the namespace of a test. The id of a set may have these letters, too."""


class Cluster(NamedTuple):
    """A cluster that is up. `admin` is a client that may do everything."""

    kubeconfig: Path
    admin: Client
    kubectl: Path | None


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


def _data(text: str) -> str:
    """A text as `git fast-import` reads it."""
    return f"data {len(text.encode())}\n{text}\n"


class Stand:
    """Where one test plays: a repository with rendered branches, and a namespace that also holds the inventory."""

    def __init__(self, cluster: Cluster, repository: Path, namespace: str) -> None:
        self.cluster = cluster
        self.repository = repository
        self.namespace = namespace
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(repository),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONPATH": str(ROOT / "compiler"),
        }
        self.git("init", "--quiet", "--initial-branch=main")

    def commit(self, *manifests: str, branch: str = BRANCH, orphan: bool = False, environment: str = "prod") -> str:
        """Put just these documents on the branch, as `penstock hydrate` would: one file each. `NS` is the namespace."""
        return self.commit_targets({"app": manifests}, branch, orphan, environment)

    def commit_targets(
        self,
        targets: Mapping[str, Sequence[str]],
        branch: str = BRANCH,
        orphan: bool = False,
        environment: str = "prod",
        folder: str = "",
    ) -> str:
        """The same for the documents of several targets, all of them in a folder such as `prod/`."""
        files = {
            f"{folder}{target}/{number:03}.yaml": NAMESPACE.sub(self.namespace, text)
            for target, manifests in targets.items()
            for number, text in enumerate(manifests)
        }
        files[f"{folder}{MARKER}"] = write_marker(Marker(environment, frozenset(targets))).decode()
        ref = f"refs/heads/{branch}"
        follows = not orphan and bool(self.git("for-each-ref", ref))
        commands = [
            f"commit {ref}\nmark :1\ncommitter test <test@example.org> {time.time():.0f} +0000\n{_data('rendered')}"
        ]
        commands += [f"from {ref}^0\n"] if follows else []
        commands.append("deleteall\n")
        commands += (f"M 100644 inline {path}\n{_data(text)}" for path, text in files.items())
        commands.append("get-mark :1\n")
        return self.git("fast-import", "--quiet", "--force", text="".join(commands))

    def commit_by_hand(self, path: str, text: str, branch: str = BRANCH) -> None:
        """A person's commit on the branch, with one more file."""
        ref = f"refs/heads/{branch}"
        start = f"commit {ref}\ncommitter person <person@example.org> {time.time():.0f} +0000\n{_data('by hand')}"
        file = f"M 100644 inline {path}\n{_data(text.replace('NS', self.namespace))}"
        self.git("fast-import", "--quiet", text=f"{start}from {ref}^0\n{file}")

    def save_sources(self) -> None:
        """Commit the work tree."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "sources")

    def sync(self, *options: str, context: str = "admin") -> Result:
        return self.penstock("sync", "prod", *self.where(context), *options)

    def status(self, *options: str, context: str = "admin") -> Result:
        return self.penstock("status", "prod", *self.where(context), *options)

    def diff(self, *arguments: str, context: str = "admin") -> Result:
        return self.penstock("diff", *arguments, "--cluster", *self.where(context))

    def write(self, path: str, text: str) -> None:
        """A file of the work tree. `NS` is the namespace."""
        place = self.repository / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("NS", self.namespace))

    def rollback(self, commit: str, *options: str) -> Result:
        return self.penstock("rollback", "prod", commit, *self.where("admin"), *options)

    def history(self, *options: str) -> Result:
        return self.penstock("history", "prod", *self.where("admin"), *options)

    def objects(self) -> dict[str, Any]:
        """What `penstock status` says of each object, by its kind and name."""
        found = json.loads(self.status("--format", "json").out)
        return {f"{item['kind']}/{item['name']}": item for item in found["objects"]}

    def start_sync(self, *options: str, before: str = "") -> "subprocess.Popen[str]":
        """A sync in a process of its own, in which some statements of Python run `before`."""
        return self.start("sync", "prod", *self.where("admin"), *options, before=before)

    def start(self, *arguments: str, before: str = "") -> "subprocess.Popen[str]":
        """A command in a process of its own, in which some statements of Python run `before`."""
        code = f"import sys\nfrom penstock.start import console\n{before}\nsys.exit(console())"
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(
            command, cwd=self.repository, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def penstock(self, *arguments: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        status = main(arguments, Streams(out, err, self.environ, str(self.repository)))
        return Result(status, out.getvalue(), err.getvalue())

    def get(self, resource: str, name: str, group: str = "") -> Any:
        """A live object of the namespace, or the failure; `resource` is like `deployments`, `group` like `apps/v1`."""
        return self.cluster.admin.get(self.path(resource, name, group))

    def path(self, resource: str, name: str = "", group: str = "") -> str:
        root = f"/apis/{group}" if group else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{resource}" + (f"/{name}" if name else "")

    def exists(self, resource: str, name: str, group: str = "") -> bool:
        return not isinstance(self.get(resource, name, group), Failure)

    def edit(
        self, resource: str, name: str, patch: Mapping[str, Any], group: str = "", manager: str = "kubectl-edit"
    ) -> Any:
        """Change a live object the way that `kubectl edit` does."""
        query = {"fieldManager": manager}
        content = "application/merge-patch+json"
        answer = self.cluster.admin.call(
            "PATCH", self.path(resource, name, group), query, dict(patch), media=Media(content)
        )
        assert not isinstance(answer, Failure), answer
        return answer

    def kubectl(self, *arguments: str, text: str = "") -> Result:
        """The real one, as an oracle. `NS` in `text` is the namespace."""
        where = ("--kubeconfig", str(self.cluster.kubeconfig), "--namespace", self.namespace)
        done = subprocess.run(
            [str(self.cluster.kubectl), *where, *arguments],
            env={**self.environ, "KUBECTL_APPLYSET": "true"},
            # What kubectl has printed itself may have these letters in a random id.
            input=text if text.startswith("{\n") else text.replace("NS", self.namespace),
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def where(self, context: str) -> tuple[str, ...]:
        """The options that name the cluster."""
        return (
            "--kubeconfig",
            str(self.cluster.kubeconfig),
            "--context",
            context,
            "--inventory-namespace",
            self.namespace,
        )

    def at(self, folder: str) -> "Stand":
        """The same place, seen from another clone below the repository."""
        other = copy(self)
        other.repository = self.repository / folder
        return other

    def git(self, *arguments: str, text: str | None = None, environ: Mapping[str, str] = {}) -> str:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        return subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.repository,
            env={**self.environ, **environ},
            input=text,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()


def until(is_so: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until something is so; fail after a time that is long on any machine."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not so after {seconds:.0f} s"
        time.sleep(0.02)


def until_said(process: "subprocess.Popen[str]", beginning: str) -> None:
    """Wait until a sync has printed a line that begins so; fail where it ends without."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith(beginning):
            return
    pytest.fail(f"the sync has ended without {beginning!r}: {process.communicate()[1]}")


def until_refused(stand: Stand, resource: str, labels: Mapping[str, str] = {}) -> None:
    """Wait until a webhook or policy has come into force that lets nobody make such an object in the namespace."""
    body = {"metadata": {"name": "probe", "labels": dict(labels)}}
    once = Effort(patience=0.0)

    def is_refused() -> bool:
        made = stand.cluster.admin.call("POST", stand.path(resource), {"dryRun": "All"}, body, effort=once)
        return isinstance(made, Failure)

    until(is_refused)


CLUSTERS = 2
"""How many clusters are started where several processes run the tests. Most of these tests wait, and one cluster after
the other would take longer than all other tests together.
"""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes run the tests, some of them take all that have to do with a cluster, file by file."""
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    files = sorted({item.path for item in ours})
    for item in ours:
        item.add_marker(pytest.mark.xdist_group(f"cluster-{files.index(item.path) % CLUSTERS}"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Started once in each process; killed with the pipe to it, however pytest ends."""
    process = subprocess.Popen([sys.executable, str(UP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        kubeconfig = process.stdout.readline().strip()
        if not kubeconfig:
            if process.wait() == 3:
                pytest.skip("the cluster's programs are not built; `make cluster` builds them")
            pytest.fail("the cluster did not come up")
        access = choose({}, "/", kubeconfig, "admin")
        with Client(access, {}, "tests") as admin:
            yield Cluster(Path(kubeconfig), admin, _kubectl())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


class Spare(NamedTuple):
    """A second cluster, which tests may break. `processes` kills, freezes and restarts its parts."""

    cluster: Cluster
    processes: up.Cluster

    def stand(self, folder: Path, namespace: str) -> Stand:
        """A place to play on it."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        self.cluster.admin.call("POST", "/api/v1/namespaces", {}, body)
        return Stand(self.cluster, folder, namespace)


@pytest.fixture(scope="session")
def spare(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spare]:
    """Started for the first test that needs it."""
    binaries = up.find_binaries()
    assert binaries
    data = tmp_path_factory.mktemp("spare")
    processes = up.Cluster(binaries, data)
    try:
        processes.start()
        path = data / "kubeconfig"
        with Client(choose({}, "/", str(path), "admin"), {}, "tests") as admin:
            yield Spare(Cluster(path, admin, cluster.kubectl), processes)
    finally:
        processes.kill()


class Wire:
    """A way to the API server that can be cut: a proxy on a port of its own, named by a kubeconfig of its own."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        content = json.loads(kubeconfig.read_text())
        cluster = content["clusters"][0]["cluster"]
        self._server = urlsplit(cluster["server"])
        self._open: set[socket.socket] = set()
        self._is_cut = threading.Event()
        self._listener = Listener(self._lead)
        cluster["server"] = f"https://127.0.0.1:{self._listener.port}"
        cluster["certificate-authority"] = str(kubeconfig.with_name("ca.crt"))
        content["users"] = [{"name": "admin", "user": {"token": "admintoken"}}]
        self.kubeconfig = folder / "wire.kubeconfig"
        self.kubeconfig.write_text(json.dumps(content))

    def cut(self, seconds: float) -> None:
        """Break all connections, and refuse new ones for a while."""
        self._is_cut.set()
        self._break()
        time.sleep(seconds)
        self._is_cut.clear()

    def close(self) -> None:
        self._listener.close()
        self._break()

    def _break(self) -> None:
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _lead(self, near: socket.socket) -> None:
        if self._is_cut.is_set():
            near.close()
            return
        try:
            far = socket.create_connection((self._server.hostname or "", self._server.port or 0))
        except OSError:  # the server is down
            near.close()
            return
        self._open |= {near, far}
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()


@pytest.fixture
def wire(cluster: Cluster, tmp_path: Path) -> Iterator[Wire]:
    way = Wire(cluster.kubeconfig, tmp_path)
    yield way
    way.close()


@pytest.fixture
def soon_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that its holder could not give back is waited for a second only, by a sync in this process."""
    monkeypatch.setattr(lease, "MAX_DURATION", 1)


@pytest.fixture
def stand(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_")).strip("-")[:40].strip("-")
    namespace = f"{name}-{uuid.uuid4().hex[:6]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    created = cluster.admin.call("POST", "/api/v1/namespaces", {}, body)
    assert not isinstance(created, Failure), created
    yield Stand(cluster, tmp_path, namespace)
    cluster.admin.call("DELETE", f"/api/v1/namespaces/{namespace}")  # and the cluster goes on with it by itself


def _kubectl() -> Path | None:
    where = subprocess.run(
        ["bash", str(UP.with_name("build.sh")), "--where"], capture_output=True, text=True, check=True
    )
    for folder in (os.environ.get("KUBEBUILDER_ASSETS"), where.stdout.strip()):
        if folder and os.access(Path(folder, "kubectl"), os.X_OK):
            return Path(folder, "kubectl")
    return None
