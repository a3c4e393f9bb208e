"""`penstock status` and `sync`, as processes, against an API server that does what no API server should.

Whatever it does, the command ends in time (the timeout and five seconds, and what a busy machine has added), within
256 MiB, with a message and without a traceback, and sends nothing to another host. The cases are families of those that
have once hung, filled the memory or crashed.
"""

import base64
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from penstock.apply.inventory import parent_of
from penstock.emit.branch import Marker, write_marker
from penstock.model import MARKER

ROOT = Path(__file__).parents[1]

TIMEOUTS = (5, 20, 60)
"""Seconds that a command is given: on a busy machine, one that ended before it came to the point is given more."""

PROMISED = 5
"""Seconds that a command may take beyond its deadline."""

START, MOST_STALLED = 2.0, 18.0
"""Seconds to start Python and git, and the most that a busy machine may add."""

MEASURED = Path(__file__).with_name("measured.py")
MOST_MEMORY = 256 * 1024
"""KiB."""

GROUPS: dict[str, Any] = {
    "kind": "APIGroupDiscoveryList",
    "apiVersion": "apidiscovery.k8s.io/v2",
    "metadata": {},
    "items": [],
}


def resource(kind: str, plural: str, scope: str = "Namespaced") -> dict[str, Any]:
    names = {"resource": plural, "responseKind": {"group": "", "version": "v1", "kind": kind}}
    return {**names, "scope": scope, "verbs": ["get", "list"], "subresources": []}


KINDS = [
    resource("ConfigMap", "configmaps"),
    resource("Secret", "secrets"),
    resource("Namespace", "namespaces", "Cluster"),
]


def core(*more: Any) -> dict[str, Any]:
    version = {"version": "v1", "freshness": "Current", "resources": [*KINDS, *more]}
    return {**GROUPS, "items": [{"metadata": {"name": ""}, "versions": [version]}]}


class Asked(BaseHTTPRequestHandler):
    """A request to the server, which `answer` answers."""

    protocol_version = "HTTP/1.1"
    server: "Hostile"

    def do(self) -> None:
        self.data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        with suppress(ConnectionError):
            self.server.answer(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815  # the names that http.server asks for

    @property
    def place(self) -> str:
        return self.path.partition("?")[0]

    def say(self, body: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, reason: str, message: str = "no") -> None:
        self.say({"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": status}, status)

    def say_for_ever(self, data: bytes, pause: float) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.is_over.wait(pause):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None:
        pass


Answer = Callable[[Asked], None]


class Hostile(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answer = answer
        self.asked: list[str] = []
        self.is_over = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.is_over.set()
        self.shutdown()
        self.server_close()


def properly(asked: Asked) -> None:
    """As an API server answers that has nothing in it but the namespace of the inventory."""
    if asked.place == "/api":
        asked.say(core())
    elif asked.place == "/apis":
        asked.say(GROUPS)
    elif asked.command in ("POST", "PUT", "PATCH"):
        body = json.loads(asked.data)
        body.setdefault("metadata", {}).update(resourceVersion="5", uid="u")
        asked.say(body)
    elif asked.place in ("/api/v1/configmaps", "/api/v1/secrets"):
        asked.say({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {}, "items": []})
    elif asked.command == "GET" and asked.place.count("/") == 4 and "namespaces" in asked.place:
        name = asked.place.rpartition("/")[2]
        asked.say({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name, "uid": "n"}})
    else:
        asked.refuse(404, "NotFound", "not found")


DISCOVERY = "GET /api"
LIST = "GET /api/v1/configmaps"
PATCH = "PATCH /api/v1/namespaces/default/configmaps/a"
GET_LEASE = "GET /apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-prod"
PUT_LEASE = "PUT /apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-prod"
POST_LEASE = "POST /apis/coordination.k8s.io/v1/namespaces/penstock-system/leases"
HOME = "GET /api/v1/namespaces/penstock-system"


class Case(NamedTuple):
    """What the server does at some requests, and what Penstock may do about it."""

    at: str
    does: Answer
    command: str = "status"
    ends: tuple[int, ...] = (4,)
    says: str = ""


def saying(body: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return lambda asked: asked.say(body, status, headers)


def listing(*items: Any, **metadata: Any) -> Answer:
    return saying({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": list(items)})


def lease(**spec: Any) -> Answer:
    metadata = {"name": "penstock-prod", "namespace": "penstock-system", "resourceVersion": "1", "uid": "l"}
    return saying({"kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "metadata": metadata, "spec": spec})


def silence(asked: Asked) -> None:
    asked.server.is_over.wait(300)


def drip(asked: Asked) -> None:
    asked.say_for_ever(b" ", 1.0)


def flood(asked: Asked) -> None:
    asked.say_for_ever(b" " * 2**20, 0.0)


def bomb(asked: Asked) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(packer.compress(b" " * 2**20) for _ in range(1024)) + packer.flush()
    asked.say(data, 200, (("Content-Encoding", "gzip"),))


def packed_rubbish(asked: Asked) -> None:
    asked.say(gzip.compress(b"{}")[:-9], 200, (("Content-Encoding", "gzip"),))


def headers_without_end(asked: Asked) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not asked.server.is_over.wait(0.001):
        asked.wfile.write(b"X-A: b\r\n")


def pages_without_end(asked: Asked) -> None:
    items = [{"metadata": {"name": f"n{number}", "namespace": "default"}} for number in range(500)]
    token = str(len(asked.server.asked))
    asked.say({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"continue": token}, "items": items})


def an_error_of_a_hundred_megabytes(asked: Asked) -> None:
    asked.say(b"a\x1b[2J" * 20_000_000, 400)


def many_kinds(asked: Asked) -> None:
    asked.say(core(*(resource(f"K{number}", f"k{number}") for number in range(200_000))))


def busy(wait: str) -> Answer:
    return saying({"kind": "Status", "message": "slow down", "code": 429}, 429, ("Retry-After", wait))


def error(**status: Any) -> Answer:
    return saying({"kind": "Status", "code": 400, **status}, 400)


OTHERS = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "admin",
        "namespace": "kube-system",
        "uid": "u",
        "labels": {"applyset.kubernetes.io/part-of": "x"},
    },
}

NAMELESS: dict[str, Any] = {"versions": [{"resources": [{}]}]}


def one(**metadata: Any) -> Answer:
    return listing({"metadata": {"name": "a", "namespace": "default", **metadata}})


def refusal(status: int, reason: str, message: str = "no") -> Answer:
    return lambda asked: asked.refuse(status, reason, message)


MANY_GROUPS = {
    "kind": "APIGroupList",
    "groups": [{"name": f"g{number}.example.org", "versions": [{"version": "v1"}]} for number in range(10_000)],
}

ODD_LEASE = {"kind": "Lease", "metadata": {"resourceVersion": "1"}, "spec": "x"}
TEXTS = lease(holderIdentity="x", leaseDurationSeconds="abc", leaseTransitions="y")
ON_THE_SCREEN = lease(holderIdentity="\x1b[2J is synced, and healthy", leaseDurationSeconds=60)

INVENTORY = "GET /api/v1/namespaces/penstock-system/configmaps/penstock-prod"
OURS = parent_of("prod", "penstock-system")


def inventory(more: Any = None, **data: Any) -> Answer:
    """An inventory as whoever may edit the ConfigMap has written it."""
    metadata = {
        "name": OURS.name,
        "namespace": OURS.namespace,
        "uid": "i",
        "resourceVersion": "1",
        "labels": {"applyset.kubernetes.io/id": OURS.id},
        "annotations": {"applyset.kubernetes.io/tooling": "penstock/v0.1.0"},
    }
    whole = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {"members": "", **data}}
    return saying({**whole, **(more or {})})


def members(*written: str) -> str:
    return "".join(f"u{number} {each}\n" for number, each in enumerate(written))


MANY = 900_000
"""Characters; a ConfigMap holds a few more."""


def packed_zeros(megabytes: int) -> bytes:
    """Return what so many MiB of zeros are when packed. One of them is packed, since all are alike."""
    packer = zlib.compressobj(wbits=-15)
    one = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (megabytes * 2**20 % 65521 << 16) + 1
    return b"\x78\x9c" + one * megabytes + packer.flush() + checksum.to_bytes(4, "big")


PACKED: dict[str, Any] = {"data": {}, "binaryData": {"members": base64.b64encode(packed_zeros(512)).decode()}}
STRANGE = (
    "Secret/kube-system/..",
    "Secret/../admin",
    "Secret.a%2Fb/kube-system/x",
    "..//x",
    "ConfigMap/default/%2e%2e",
)
OF_ALL_GROUPS = members(*(f"K.g{number}.example.org/default/x" for number in range(10_000)))
OF_ALL_NAMESPACES = members(*(f"ConfigMap/n{number}/x" for number in range(10_000)))

NEVER_MIND = (0, 1, 4)
"""The command may go on without what it could not read, or not."""

CASES: dict[str, Case] = {
    "silence_at_discovery": Case(DISCOVERY, silence),
    "silence_at_a_list": Case(LIST, silence, ends=NEVER_MIND),
    "a_byte_a_second": Case(LIST, drip, ends=NEVER_MIND),
    "a_byte_a_second_at_discovery": Case(DISCOVERY, drip),
    "blanks_without_end": Case(LIST, flood, ends=NEVER_MIND),
    "a_bomb_of_gzip": Case(LIST, bomb, ends=NEVER_MIND),
    "half_of_a_gzip": Case(LIST, packed_rubbish, ends=NEVER_MIND),
    "headers_without_end": Case(DISCOVERY, headers_without_end),
    "pages_without_end": Case(LIST, pages_without_end, ends=NEVER_MIND),
    "the_same_page_for_ever": Case(LIST, listing(**{"continue": "x"}), ends=NEVER_MIND),
    "a_page_mark_of_another_type": Case(LIST, listing(**{"continue": 5}), ends=NEVER_MIND),
    "html_for_a_list": Case(LIST, saying(b"<html>\x1b[2J oops"), ends=NEVER_MIND),
    "html_for_discovery": Case(DISCOVERY, saying(b"<html>\x1b[2J oops")),
    "a_million_brackets": Case(LIST, saying(b"[" * 1_000_000), ends=NEVER_MIND),
    "a_long_number": Case(LIST, saying(b'{"items":[],"metadata":{"x":' + b"9" * 100_000 + b"}}"), ends=NEVER_MIND),
    "not_a_number": Case(LIST, saying(b'{"items":[{"metadata":{"name":NaN}}],"metadata":{}}'), ends=NEVER_MIND),
    "a_long_error": Case(LIST, an_error_of_a_hundred_megabytes, ends=NEVER_MIND),
    "patience_without_end": Case(DISCOVERY, busy("1000000000")),
    "patience_without_end_at_a_list": Case(LIST, busy("1000000000"), ends=NEVER_MIND),
    "patience_in_a_superscript": Case(DISCOVERY, busy("\xb2")),
    "patience_below_nothing": Case(DISCOVERY, busy("-5")),
    "patience_until_a_date": Case(DISCOVERY, busy("Fri, 31 Dec 9999 23:59:59 GMT")),
    "unavailable_for_ever": Case(DISCOVERY, saying(b"busy", 503)),
    "gone_for_ever_at_a_list": Case(LIST, error(code=410, reason="Expired", message="too old"), ends=NEVER_MIND),
    "unauthorized": Case(LIST, saying({"kind": "Status", "code": 401, "reason": "Unauthorized"}, 401), ends=(4,)),
    "items_are_a_text": Case(DISCOVERY, saying({**GROUPS, "items": "abc"}), ends=NEVER_MIND),
    "items_are_numbers": Case(DISCOVERY, saying({**GROUPS, "items": [1]}), ends=NEVER_MIND),
    "a_group_without_names": Case(DISCOVERY, saying({**GROUPS, "items": [NAMELESS]}), ends=NEVER_MIND),
    "versions_are_a_mapping": Case(DISCOVERY, saying({**GROUPS, "items": [{"versions": {"a": 1}}]}), ends=NEVER_MIND),
    "ten_thousand_groups_one_by_one": Case(DISCOVERY, saying(MANY_GROUPS), ends=NEVER_MIND),
    "discovery_of_many_kinds": Case(DISCOVERY, many_kinds, ends=NEVER_MIND),
    "elements_are_texts": Case(LIST, listing("x"), ends=NEVER_MIND),
    "elements_are_null": Case(LIST, listing(None), ends=NEVER_MIND),
    "metadata_is_a_text": Case(LIST, listing({"metadata": "x"}), ends=NEVER_MIND),
    "labels_are_a_list": Case(LIST, listing({"metadata": {"name": "q", "labels": ["a"]}}), ends=NEVER_MIND),
    "managers_are_numbers": Case(LIST, one(managedFields=[1]), ends=NEVER_MIND),
    "owners_are_a_text": Case(LIST, one(ownerReferences="x"), ends=NEVER_MIND),
    "objects_of_others_in_a_list": Case(LIST, listing(OTHERS), "sync", NEVER_MIND),
    "an_error_of_wrong_types": Case(LIST, error(message=["a"], details="x"), ends=NEVER_MIND),
    "causes_are_a_number": Case(LIST, error(message="m", details={"causes": 5}), ends=NEVER_MIND),
    "an_answer_without_metadata": Case(PATCH, saying({"kind": "ConfigMap"}), "sync", NEVER_MIND),
    "an_answer_that_is_a_list": Case(PATCH, saying([1]), "sync", NEVER_MIND),
    "another_object_for_an_answer": Case(PATCH, saying(OTHERS), "sync", NEVER_MIND),
    "a_write_without_an_answer": Case(PATCH, silence, "sync", NEVER_MIND),
    "patience_at_a_write": Case(PATCH, busy("1000000000"), "sync", NEVER_MIND),
    "unavailable_at_a_write": Case(PATCH, saying(b"busy", 503), "sync", NEVER_MIND),
    "a_lease_whose_spec_is_a_text": Case(GET_LEASE, saying(ODD_LEASE), "sync", NEVER_MIND),
    "a_lease_without_a_version": Case(GET_LEASE, saying({"kind": "Lease"}), "sync", NEVER_MIND),
    "a_lease_of_texts": Case(GET_LEASE, TEXTS, "sync", NEVER_MIND),
    "a_lease_for_ever": Case(GET_LEASE, lease(holderIdentity="x", leaseDurationSeconds=2**31 - 1), "sync", (4,)),
    "a_lease_of_no_time": Case(GET_LEASE, lease(holderIdentity="x", leaseDurationSeconds=-1), "sync", NEVER_MIND),
    "a_lease_at_the_end_of_its_count": Case(GET_LEASE, lease(leaseTransitions=2**31 - 1), "sync", NEVER_MIND),
    "a_holder_that_writes_on_the_screen": Case(GET_LEASE, ON_THE_SCREEN, "sync", (4,)),
    "a_lease_that_everybody_has": Case(PUT_LEASE, refusal(409, "Conflict"), "sync", NEVER_MIND),
    "a_lease_that_cannot_be_made": Case(POST_LEASE, refusal(409, "AlreadyExists"), "sync", (4,)),
    "a_home_that_is_being_deleted": Case(POST_LEASE, refusal(403, "Forbidden", "it is being terminated"), "sync", (4,)),
    "a_home_that_is_not_there": Case(POST_LEASE, refusal(404, "NotFound", "namespaces not found"), "sync", (4,)),
    "a_home_without_an_answer": Case(HOME, silence, "sync", (4,)),
    "an_inventory_of_a_long_commit": Case(INVENTORY, inventory(revision="a" * MANY), "sync", NEVER_MIND),
    "an_inventory_of_a_long_attempt": Case(INVENTORY, inventory(attempt="a" * MANY), "sync", NEVER_MIND),
    "an_inventory_of_a_long_pin": Case(INVENTORY, inventory(pin="a" * MANY), "sync", NEVER_MIND),
    "an_inventory_whose_commit_is_an_option": Case(INVENTORY, inventory(attempt="--output=/x"), "sync", NEVER_MIND),
    "an_inventory_of_escapes": Case(INVENTORY, inventory(attempt="\x1b[2J\0", pin="\x1b[2J\0"), "sync", NEVER_MIND),
    "an_inventory_of_numbers": Case(INVENTORY, inventory(attempt=5, phase=[1], members=7), "sync", NEVER_MIND),
    "an_inventory_without_data": Case(INVENTORY, inventory({"data": "x"}), "sync", NEVER_MIND),
    "an_inventory_of_zeros": Case(INVENTORY, inventory(PACKED), "sync", NEVER_MIND),
    "an_inventory_of_strange_names": Case(INVENTORY, inventory(members=members(*STRANGE)), "sync", NEVER_MIND),
    "an_inventory_of_all_groups": Case(INVENTORY, inventory(members=OF_ALL_GROUPS), "sync", NEVER_MIND),
    "an_inventory_of_all_namespaces": Case(INVENTORY, inventory(members=OF_ALL_NAMESPACES), "sync", NEVER_MIND),
    "an_inventory_of_another_namespace": Case(INVENTORY, inventory(namespace="../../secrets"), "sync", NEVER_MIND),
    "an_inventory_of_a_long_history": Case(INVENTORY, inventory(history="a b\n" * 200_000), "status", NEVER_MIND),
    "an_inventory_of_many_hooks": Case(INVENTORY, inventory(done=OF_ALL_GROUPS), "status", NEVER_MIND),
}  # fmt: skip


def is_at(asked: Asked, at: str) -> bool:
    return f"{asked.command} {asked.place}" == at


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose rendered branch has two ConfigMaps."""
    folder = tmp_path_factory.mktemp("hostile")
    environ = {**ENVIRON, "GIT_AUTHOR_DATE": "@1700000000 +0000", "GIT_COMMITTER_DATE": "@1700000000 +0000"}

    def git(*arguments: str, text: str = "") -> None:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=folder, env=environ, input=text, text=True, check=True)

    git("init", "--quiet", "--initial-branch=rendered/prod")
    (folder / "app").mkdir()
    for name in ("a", "b"):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {}}
        (folder / "app" / f"{name}.yaml").write_text(json.dumps(body))
    (folder / MARKER).write_bytes(write_marker(Marker("prod", frozenset({"app"}))))
    git("add", "--all")
    git("commit", "--quiet", "-m", "rendered")
    return folder


ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PYTHONPATH": str(ROOT / "compiler"),
}


class Ended(NamedTuple):
    """How a command has ended; `late` are the seconds that it took beyond its deadline."""

    status: int
    words: str
    late: float
    memory: int


def stalled() -> float:
    """Return for how many seconds since the start of this machine somebody has waited for a processor."""
    with suppress(OSError):
        total = Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]
        return int(total) / 1e6
    return time.monotonic()  # not known here, so all the time may have been spent so


@pytest.fixture
def elsewhere() -> Iterator[Hostile]:
    """Another host, which is to hear of nothing."""
    server = Hostile(properly)
    yield server
    server.close()


def run(command: str, server: Hostile, repository: Path, folder: Path, timeout: int) -> Ended:
    kubeconfig = folder / "kubeconfig"
    content = {
        "clusters": [{"name": "c", "cluster": {"server": server.url}}],
        "users": [{"name": "u", "user": {"token": "SECRETTOKEN123"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    }
    kubeconfig.write_text(json.dumps(content))
    times = ["--timeout", f"{timeout}s"]
    if command == "sync":
        # Each case is another server, and a clone remembers the last one.
        times += ["--lock-timeout", f"{timeout}s", "--another-cluster"]
    where = ("--kubeconfig", str(kubeconfig), "--context", "x")
    start, before = time.monotonic(), stalled()
    took = folder / "took"
    measured = [sys.executable, "-S", str(MEASURED), str(took)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*measured, sys.executable, "-m", "penstock", command, "prod", *where, *times],
            cwd=repository,
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        most = 2 * (timeout + PROMISED + START + MOST_STALLED)
        killer = threading.Timer(most, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        process.wait()
        killer.cancel()
        said.seek(0)
        words = said.read().decode(errors="replace")
    assert process.returncode == 0, f"it was killed after {most} s: {words}"
    status, _, memory = took.read_text().split()
    late = time.monotonic() - start - timeout - min(stalled() - before, MOST_STALLED)
    return Ended(int(status), words, late, int(memory) // 1024)


def tried(
    command: str, answer: Answer, comes_to: Callable[[str], bool], repository: Path, folder: Path
) -> tuple[Ended, Hostile]:
    """Run a command against a server, with more time where it ended before the request that the test is about."""
    for timeout in TIMEOUTS:
        server = Hostile(answer)
        try:
            ended = run(command, server, repository, folder, timeout)
        finally:
            server.close()
        if any(map(comes_to, server.asked)):
            return ended, server
    raise AssertionError(f"it never came to the point: {ended.words}")


def check_bounds(ended: Ended, server: Hostile) -> None:
    """What holds for every command, whatever the server does."""
    assert "Traceback" not in ended.words
    assert "\x1b" not in ended.words
    assert "SECRETTOKEN123" not in ended.words
    assert ended.words.strip()
    assert ended.late < PROMISED + START
    assert ended.memory < MOST_MEMORY
    # Nothing of others is deleted, whatever a list says is ours.
    assert not [line for line in server.asked if line.startswith("DELETE")]
    # However often the server says no, it is not asked without pause.
    assert len(server.asked) < 400


@pytest.mark.parametrize("name", CASES)
def test_whatever_the_server_does_the_command_ends(
    name: str, repository: Path, tmp_path: Path, elsewhere: Hostile
) -> None:
    case = CASES[name]

    def answer(asked: Asked) -> None:
        (case.does if is_at(asked, case.at) else properly)(asked)

    ended, server = tried(case.command, answer, lambda line: line.startswith(case.at), repository, tmp_path)
    assert ended.status in case.ends, ended.words
    assert "PS663" not in ended.words
    check_bounds(ended, server)


def test_a_redirect_is_not_followed(repository: Path, tmp_path: Path, elsewhere: Hostile) -> None:
    """The token goes to the server that the kubeconfig names, and to nobody else."""

    def answer(asked: Asked) -> None:
        moved = (("Location", f"{elsewhere.url}{asked.path}"),)
        asked.say(b"", 307, moved) if asked.place == "/api" else properly(asked)

    ended, _ = tried("status", answer, lambda line: line.startswith(DISCOVERY), repository, tmp_path)
    assert ended.status == 4
    assert elsewhere.asked == []


def test_a_server_that_behaves_is_synced(repository: Path, tmp_path: Path) -> None:
    """The cases fail by what they change, not by what the server lacks."""
    server = Hostile(properly)
    try:
        ended = run("sync", server, repository, tmp_path, timeout=60)
    finally:
        server.close()
    assert ended.status in (0, 1), ended.words
    assert sum(line.startswith("PATCH /api/v1/namespaces/default/configmaps/") for line in server.asked) == 2, (
        ended.words,
        server.asked,
    )
