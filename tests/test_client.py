"""The client against a server that says what the test wants, and the sorting of what real API servers have said."""

import base64
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.listener import Listener

from penstock.apply import wire
from penstock.apply.body import encoded
from penstock.apply.client import PROBE, UNHEARD, Client, segment
from penstock.apply.conflicts import judge
from penstock.apply.direct import Direct, Reply
from penstock.apply.failure import Conflict, Failure, classify, without_values
from penstock.apply.health import health
from penstock.apply.kubeconfig import Access
from penstock.apply.ownership import controller, is_applied
from penstock.apply.workers import in_threads
from penstock.kubernetes import identify
from penstock.model import Refusal, Tree

OBSERVED = Path(__file__).parents[2] / "shared" / "conformance" / "apiserver" / "observed-1.34.json"


class Said(NamedTuple):
    """An answer of the server, after a pause in seconds. Status 0: it closes the connection instead."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    pause: float = 0.0


class Server:
    """Gives the answers of a script, one after the other and then the last for ever, and remembers the requests."""

    def __init__(self, *script: Said) -> None:
        self.script = list(script)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, dict(self.headers), data))
                said = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                time.sleep(said.pause)
                if said.status == 0:
                    self.connection.close()
                    return
                body = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
                self.send_response(said.status)
                for name, value in (*said.headers, ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                with suppress(OSError):  # the client may have gone meanwhile
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_PATCH = do_DELETE = do  # noqa: N815  # the names that http.server asks for

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def client(self, patience: float = 5.0, **access: Any) -> Client:
        where = f"http://127.0.0.1:{self.http.server_address[1]}"
        return Client(Access("test", where, "default", **access), {"PATH": "/usr/bin:/bin"}, "tests", patience)


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*script: Said) -> Server:
        servers.append(Server(*script))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


FINE = Said(200, {"kind": "ConfigMap", "metadata": {}})


def status(code: int, message: str = "", reason: str = "", **details: Any) -> Said:
    return Said(code, {"kind": "Status", "reason": reason, "message": message, "details": details})


@pytest.mark.parametrize(
    "trouble",
    [
        Said(429, "too many requests", (("Retry-After", "0"),)),
        Said(503, "<html>busy</html>"),
        status(500, "etcdserver: request timed out"),
        status(500, 'failed calling webhook "x"'),
        status(504, "timed out", "Timeout"),
        Said(0),
    ],
)
def test_trouble_that_may_pass_is_waited_for(serve: Serve, trouble: Said) -> None:
    server = serve(trouble, FINE)
    with server.client() as client:
        assert client.apply("/x", {"kind": "ConfigMap"}, "penstock") == FINE.body
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("trouble", "retry"),
    [
        (status(500, "failed to create typed patch object: .x: field not declared in schema"), "never"),
        (status(500, "mvcc: database space exceeded"), "abort"),
        (status(401, "Unauthorized", "Unauthorized"), "abort"),
        (status(403, "forbidden", "Forbidden"), "never"),
        (status(422, "denied by policy", "Invalid"), "never"),
        (status(409, "the object has been modified", "Conflict"), "replan"),
        (Said(404, "404 page not found"), "replan"),
        (Said(302, "", (("Location", "http://169.254.169.254/"),)), "never"),
    ],
)
def test_trouble_that_stays_is_not(serve: Serve, trouble: Said, retry: str) -> None:
    server = serve(trouble)
    with server.client() as client:
        answer = client.get("/x")
    assert isinstance(answer, Failure)
    assert answer.retry == retry
    assert len(server.requests) == 1


def test_patience_ends(serve: Serve) -> None:
    server = serve(Said(503, "busy"))
    start = time.monotonic()
    with server.client(patience=0.5) as client:
        answer = client.get("/x")
    assert isinstance(answer, Failure)
    assert answer.retry == "backoff"
    assert time.monotonic() - start < 10


def test_server_may_say_how_long_to_wait(serve: Serve) -> None:
    server = serve(Said(429, "", (("Retry-After", "1"),)), FINE)
    start = time.monotonic()
    with server.client() as client:
        client.get("/x")
    assert time.monotonic() - start >= 1


def test_unreachable_server_is_a_failure_of_the_world() -> None:
    with Client(Access("test", "http://127.0.0.1:1", "default"), {}, "tests", 0.2) as client:
        answer = client.get("/x")
    assert isinstance(answer, Failure)
    assert answer.retry == "backoff"
    assert "refused" in str(answer)


def test_writes_are_strict_bounded_and_not_forced(serve: Serve) -> None:
    server = serve(FINE)
    with server.client(token="hunter2") as client:
        client.apply("/x", {"kind": "ConfigMap", "data": {"a": "ü"}}, "penstock")
        client.delete("/x", "uid-1")
    (_, path, headers, data), (method, _, _, options) = server.requests
    query = path.partition("?")[2].split("&")
    assert {"fieldManager=penstock", "fieldValidation=Strict", "force=false", "timeout=20s"} <= set(query)
    assert headers["Content-Type"] == "application/apply-patch+yaml"
    assert headers["Authorization"] == "Bearer hunter2"
    assert json.loads(data)["data"] == {"a": "ü"}
    assert method == "DELETE"
    assert json.loads(options)["preconditions"] == {"uid": "uid-1"}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("ü", '"ü"'),
        ("🦊", '"🦊"'),  # as YAML, an escaped pair of surrogates is an error
        ("a\u2028b", '"a\\u2028b"'),  # as YAML, this breaks a line
        ("\x7f\x85\ufeff", '"\\u007f\\u0085\\ufeff"'),  # as YAML, these have to be escaped
        ("\ud83e", '"\\ud83e"'),  # no character; the server says so
        ("a\nb\t", '"a\\nb\\t"'),
    ],
)
def test_every_character_is_sent_as_json_that_is_yaml(text: str, sent: str) -> None:
    assert encoded({"a": text}) == f'{{"a":{sent}}}'.encode()


def test_impersonation_keeps_its_headers_apart(serve: Serve) -> None:
    server = serve(FINE)
    groups = (("Impersonate-User", "deployer"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    seen: list[list[str]] = []
    with server.client(impersonate=groups) as client:
        client.get("/x")
        seen.append(client._login.headers.getlist("Impersonate-Group"))
    assert server.requests[0][2]["Impersonate-User"] == "deployer"
    assert seen == [["a", "b"]]


def test_lists_come_page_by_page_and_items_know_their_kind(serve: Serve) -> None:
    first = {
        "apiVersion": "v1",
        "kind": "PodList",
        "metadata": {"continue": "more"},
        "items": [{"metadata": {"name": "a"}}],
    }
    last = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [{"metadata": {"name": "b"}}]}
    server = serve(Said(200, first), Said(200, last))
    with server.client() as client:
        items = [item for item in client.objects("/pods", "a=b") if not isinstance(item, Failure)]
    assert [(item["kind"], item["metadata"]["name"]) for item in items] == [("Pod", "a"), ("Pod", "b")]
    assert "continue=more" in server.requests[1][1]
    assert "labelSelector=a%3Db" in server.requests[1][1]


def test_token_file_is_read_again_once(serve: Serve, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    server = serve(status(401, "Unauthorized"), FINE)
    with server.client(token_file=str(token)) as client:
        token.write_text("new\n")
        assert client.get("/x") == FINE.body
    assert [request[2]["Authorization"] for request in server.requests] == ["Bearer old", "Bearer new"]
    rejected = serve(status(401, "Unauthorized"))
    with rejected.client(token_file=str(token)) as client:
        assert isinstance(client.get("/x"), Failure)
    assert len(rejected.requests) == 2


def test_missing_token_file_is_refused(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot read the token file"):
        serve(FINE).client(token_file=str(tmp_path / "none"))


def test_names_cannot_leave_their_segment() -> None:
    assert segment("../../secrets") == "..%2F..%2Fsecrets"
    assert segment("..") == "%2E%2E"
    assert segment("a?b#c%") == "a%3Fb%23c%25"


def test_results_come_in_order_and_interruption_stops_the_rest(serve: Serve) -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 3:
            raise Refusal("stop")
        time.sleep(0.01)
        done.append(number)
        return number

    with serve(FINE).client() as client:
        assert list(client.each(lambda n: n * 2, list(range(50)))) == list(range(0, 100, 2))
        with pytest.raises(Refusal):
            list(client.each(work, list(range(500))))
    assert len(done) < 100


# --- what the answers mean


EXPECTED = {
    "SSA conflict non-force other manager": "never",
    "SSA stale resourceVersion in body": "replan",
    "SSA with uid for absent obj (no resurrect)": "replan",
    "SSA into missing namespace": "replan",
    "impersonate-less dry-run create in nonexistent ns": "replan",
    "SSA unknown kind (no CRD)": "replan",
    "DELETE wrong uid precondition": "replan",
    "create in terminating ns": "replan",
    "bad token": "abort",
}
"""Of the recorded answers; every other refusal is for ever."""


def test_recorded_answers_are_sorted_as_observed() -> None:
    if not OBSERVED.exists():
        pytest.skip("../shared is not at hand")
    for answer in json.loads(OBSERVED.read_text()):
        if answer["http"] >= 300:
            failure = classify(answer["http"], answer["body"], answer["headers"])
            assert (answer["name"], failure.retry) == (answer["name"], EXPECTED.get(answer["name"], "never"))


def test_missing_namespace_is_told_from_a_missing_object() -> None:
    body = {
        "kind": "Status",
        "reason": "NotFound",
        "message": 'namespaces "x" not found',
        "details": {"kind": "namespaces"},
    }
    other = classify(404, body, {}, "/api/v1/namespaces/x/configmaps/a")
    same = classify(404, body, {}, "/api/v1/namespaces/x")
    assert (other.lacks_namespace, other.is_absent) == (True, False)
    assert (same.lacks_namespace, same.is_absent) == (False, True)


def test_conflicts_name_field_and_owner() -> None:
    cause = {
        "reason": "FieldManagerConflict",
        "field": ".spec.replicas",
        "message": 'conflict with "kubectl" with subresource "scale" using apps/v1',
    }
    failure = classify(409, {"kind": "Status", "message": "x", "details": {"causes": [cause]}}, {})
    assert failure.conflicts == (Conflict(".spec.replicas", "kubectl", "scale"),)


@pytest.mark.parametrize(
    ("conflict", "verdict"),
    [
        (Conflict(".data.a", "kubectl-edit"), "take"),
        (Conflict(".data.a", "kubectl"), "take"),
        (Conflict(".spec.replicas", "kubectl", "scale"), "take"),
        (Conflict(".spec.replicas", "kube-controller-manager", "scale"), "leave"),
        (Conflict(".spec.template", "kube-controller-manager", "scale"), "fail"),
        (Conflict(".data.a", "kubectlish-operator"), "fail"),
        (Conflict(".data.a", "penstock-applyset"), "fail"),
    ],
)
def test_only_what_people_changed_is_taken_back(conflict: Conflict, verdict: str) -> None:
    assert judge(conflict, force=False) == verdict
    assert judge(conflict, force=True) == "take"


@pytest.mark.parametrize(("message", "field", "immutable"), [
    ("Invalid value: 2000: may not be changed in an update.", "value", True),
    ("Forbidden: updates to parameters are forbidden.", "parameters", True),
    ("Forbidden: pod updates may not change fields other than `spec.x`\n@@ -1 +1 @@" + "x" * 400, "spec", True),
    ('Invalid value: "object": size is immutable', "spec", True),
    ("field is immutable", "", False),  # of a policy
    ("Invalid value: 3: must be less than 2", "spec.size", False),
])  # fmt: skip
def test_field_that_cannot_be_changed_is_told_from_a_wrong_one(message: str, field: str, immutable: bool) -> None:
    cause = {"reason": "FieldValueForbidden", "message": message, "field": field}
    body = {"kind": "Status", "reason": "Invalid", "message": message, "details": {"causes": [cause]}}
    assert classify(422, body, {}).is_immutable is immutable


def test_words_about_secrets_are_withheld() -> None:
    message = "failed to create typed patch object: .data.password: expected string, got &value{Value:hunter2}"
    cause = {"reason": "FieldValueInvalid", "field": "data[token]", "message": 'Invalid value: "hunter3"'}
    body: Tree = {"kind": "Status", "message": message, "details": {"causes": [cause]}}
    failure = without_values(classify(500, body, {}))
    assert "hunter" not in repr(failure)
    assert ".data.password, data[token]" in str(failure)


def test_words_about_secrets_are_withheld_while_waiting(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.apply.client.SILENCE", -1.0)
    server = serve(status(503, "hunter2 is busy"), FINE, status(503, "hunter3 is busy"), FINE)
    said: list[str] = []
    with server.client() as client:
        client.progress = said.append
        client.apply("/x", {"apiVersion": "v1", "kind": "Secret"}, "penstock")
        client.apply("/x", {"apiVersion": "v1", "kind": "ConfigMap"}, "penstock")
    assert len(said) == 2
    assert "hunter2" not in said[0]
    assert "hunter3" in said[1]


def test_what_a_quota_says_of_a_secret_is_kept() -> None:
    quota = "exceeded quota: few, requested: count/secrets=1, used: count/secrets=2, limited: count/secrets=2"
    body: Tree = {"kind": "Status", "message": f'secrets "login" is forbidden: {quota}'}
    assert quota in str(without_values(classify(403, body, {})))


def test_foreign_words_are_one_harmless_line() -> None:
    failure = classify(403, {"kind": "Status", "message": "a\x1b[2Jb\nc" + "d" * 5000}, {})
    assert str(failure).startswith("a [2Jb c")
    assert len(str(failure)) < 1100


# --- a server that means no good


@pytest.mark.parametrize(
    "way", ["silence", "header lines", "a byte a second", "a gigabyte", "an endless gigabyte", "gzip"]
)
def test_no_answer_outlives_its_time_or_its_size(way: str) -> None:
    def serve_badly(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\n"
        with suppress(OSError), connection:
            connection.recv(65536)
            if way == "header lines":
                connection.sendall(head)
                while True:
                    connection.sendall(b"X-A: b\r\n")
                    time.sleep(0.1)
            if way == "a byte a second":
                connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
                while True:
                    connection.sendall(b"1\r\n \r\n")
                    time.sleep(0.1)
            if way == "gzip":
                connection.sendall(head + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n123456789")
            if way.endswith("gigabyte"):
                length = b"\r\n" if "endless" in way else b"Content-Length: 1073741824\r\n\r\n"
                connection.sendall(head + length)
                while True:
                    connection.sendall(b" " * 65536)
            time.sleep(3)

    start = time.monotonic()
    with closing(Listener(serve_badly)) as listener:
        where = f"http://127.0.0.1:{listener.port}"
        with Client(Access("test", where, "default"), {}, "tests", 0.0) as client:
            client.deadline = start + 1
            answer = client.get("/x")
    assert isinstance(answer, Failure)
    assert time.monotonic() - start < 2.5


def test_large_pages_are_asked_for_in_smaller_ones(serve: Serve) -> None:
    large = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [{"data": "x" * 9 * 1024 * 1024}]}
    small = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [{"metadata": {"name": "a"}}]}
    server = serve(Said(200, large), Said(200, small))
    with server.client() as client:
        assert [item["metadata"]["name"] for item in client.objects("/pods") if not isinstance(item, Failure)] == ["a"]
    assert ["limit=500" in server.requests[0][1], "limit=62" in server.requests[1][1]] == [True, True]


def test_list_without_end_is_a_failure(serve: Serve) -> None:
    page = {"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": "again"}, "items": []}
    with serve(Said(200, page)).client() as client:
        assert [str(item) for item in client.objects("/pods")][-1].startswith("the server gives the same page")


@pytest.mark.parametrize(
    "item",
    [
        {"metadata": "x", "status": []},
        {"metadata": {"labels": ["a"], "annotations": 1, "name": 5, "ownerReferences": "x", "finalizers": 1}},
        {"metadata": {"managedFields": [1, {"fieldsV1": []}]}, "status": {"conditions": 7}},
        {"status": {"conditions": [1, None, {"type": "Ready"}]}},
    ],
)
def test_odd_objects_get_the_shape_of_one(serve: Serve, item: Tree) -> None:
    page = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [item, "x", None]}
    with serve(Said(200, page)).client() as client:
        (body,) = client.objects("/pods")
    assert isinstance(body, dict)
    assert identify(body)[0].kind == "Pod"
    assert health(body).word
    assert not is_applied(body)
    assert controller(body) == ""


def test_one_broken_webhook_is_waited_for_once(serve: Serve) -> None:
    server = serve(status(500, 'failed calling webhook "x.example.org": timed out', "InternalError"))
    start = time.monotonic()
    with server.client(patience=1.0) as client:
        answers = list(client.each(lambda n: client.apply("/x", {"kind": "ConfigMap"}, "penstock"), range(40)))
    assert all(isinstance(answer, Failure) and answer.webhook == "x.example.org" for answer in answers)
    assert time.monotonic() - start < 3


def test_a_webhook_that_is_down_leaves_time_for_the_rest(serve: Serve) -> None:
    """A third of what is left, by whichever object it is met first; the patience, where that is less."""
    down = classify(500, {"kind": "Status", "message": 'failed calling webhook "dead.example.org": refused'}, {})
    other = classify(503, {"kind": "Status", "message": "etcdserver: leader changed"}, {})
    client = serve().client(60.0)
    client.deadline = 100.0
    assert [client._end_of_patience(down, start, None) for start in (10.0, 50.0)] == [40.0, 40.0]
    assert client._end_of_patience(other, 10.0, None) == 70.0
    client = serve().client(60.0)
    assert client._end_of_patience(down, 10.0, None) == 70.0


def test_a_request_is_sent_in_one_piece() -> None:
    """Apart, headers and body would be two packets, for which the server wakes twice."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        near, _ = listener.accept()
        received.append(near.recv(65536))
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        near.close()

    thread = threading.Thread(target=answer)
    thread.start()
    where = f"http://127.0.0.1:{listener.getsockname()[1]}/prefix"
    with Client(Access("test", where, "default"), {}, "tests", 0.0) as client:
        assert client.call("POST", "/api/v1/namespaces", {}, {"kind": "Namespace"}) == {"metadata": {}}
    thread.join()
    listener.close()
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /prefix/api/v1/namespaces?")
    assert json.loads(body) == {"kind": "Namespace"}


def test_words_of_a_webhook_do_not_end_the_run(serve: Serve) -> None:
    words = 'admission webhook "x" denied the request: mvcc: database space exceeded'
    with serve(status(500, words)).client(patience=0.0) as client:
        answer = client.get("/x")
    assert isinstance(answer, Failure)
    assert answer.retry == "backoff"


def test_message_that_quotes_an_object_comes_to_its_point() -> None:
    value = "x" * 5000
    cause = {
        "reason": "FieldValueInvalid",
        "field": "spec.template",
        "message": f"Invalid value: {value}: field is immutable",
    }
    body = {"kind": "Status", "message": f'Job "a" is invalid: spec.template: {value}', "details": {"causes": [cause]}}
    assert str(classify(422, body, {})) == 'Job "a" is invalid: spec.template: field is immutable (HTTP 422)'


def test_threads_give_results_in_order_and_begin_nothing_after_an_error() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.01 if number % 2 else 0.0)
        if number == 5:
            raise ValueError("five")
        return number * 10

    results = in_threads(work, range(1000), 4)
    assert [next(results) for _ in range(5)] == [0, 10, 20, 30, 40]
    with pytest.raises(ValueError, match="five"):
        next(results)
    time.sleep(0.1)
    assert len(begun) < 20
    assert list(in_threads(str, range(100), 8)) == [str(number) for number in range(100)]
    assert list(in_threads(str, [], 8)) == []


def test_threads_begin_nothing_after_the_end_of_the_iteration() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.01)

    results = in_threads(work, range(1000), 2)
    next(results)
    del results
    time.sleep(0.1)
    assert len(begun) < 20


def test_threads_have_ended_their_work_where_the_iteration_ends_early() -> None:
    """A sync that is interrupted gives its lease back, and must write nothing after that."""
    begun: list[int] = []
    ended: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.2 if number else 0.01)
        ended.append(number)

    def interrupted() -> None:
        for _ in in_threads(work, range(100), 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sorted(ended) == sorted(begun)


def test_interrupted_client_sends_only_what_is_urgent(serve: Serve) -> None:
    """Threads that wait for a retry or for a deletion give up, and the lease can still be given back."""
    server = serve(FINE)
    with server.client() as client:

        def work(number: int) -> Tree | Failure:
            if number:
                while not isinstance(answer := client.get("/waits"), Failure):
                    time.sleep(0.01)
                return answer
            return client.get("/x")

        def interrupted() -> None:
            for _ in client.each(work, range(20)):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        asked = len(server.requests)
        assert isinstance(client.get("/x"), Failure)
        assert len(server.requests) == asked
        assert client.call("GET", "/x", effort=PROBE) == FINE.body


@pytest.mark.parametrize(
    ("method", "query", "reads"), [("GET", {}, True), ("PATCH", {"dryRun": "All"}, True), ("PATCH", {}, False)]
)
def test_interruption_ends_what_reads_and_gives_a_write_a_moment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, method: str, query: Mapping[str, str], reads: bool
) -> None:
    """The server is silent: what only reads is cut at once, and of a write it is said that nobody knows."""
    monkeypatch.setattr(wire, "MOMENT", 0.3 if not reads else 60.0)
    server = serve(Said(200, FINE.body, pause=20.0))
    said: list[str] = []
    found: list[Tree | Failure] = []
    with server.client() as client:
        client.progress = said.append
        thread = threading.Thread(target=lambda: found.append(client.call(method, "/x", query, {})))
        thread.start()
        while not server.requests:
            time.sleep(0.01)
        client.end()
        thread.join(timeout=15.0)
    assert [type(answer) for answer in found] == [Failure]
    assert said == ([] if reads else [f"{UNHEARD}: PATCH /x"])


def test_answer_is_closed_before_it_is_forgotten(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would close it in the main thread, and lose an interruption that comes just then."""
    closed: list[bool] = []
    release = Reply.release_conn

    def released(reply: Reply) -> None:
        release(reply)
        closed.append(reply._response.closed)

    monkeypatch.setattr(Reply, "release_conn", released)
    with serve(FINE).client() as client:
        for _ in range(3):
            assert client.get("/x") == FINE.body
    assert closed == [True] * 3


@pytest.mark.parametrize("login", ["me:secret", "ü:p€", "me:\ud800"])
def test_password_in_any_letters_is_sent_as_kubectl_sends_it(serve: Serve, login: str) -> None:
    server = serve(FINE)
    with server.client(login=login) as client:
        assert not isinstance(client.get("/x"), Failure)
    sent = base64.b64decode(server.requests[0][2]["Authorization"].removeprefix("Basic "))
    assert sent == login.encode(errors="replace")


def test_connection_of_a_request_that_outlives_its_client_is_closed() -> None:
    """A thread may end its request after the sync has ended, and nobody would ask for its connection again."""
    pool = Direct("http://127.0.0.1:1", ssl.create_default_context(), "", lambda _: None)
    kept, late = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    pool.take_back(kept)
    pool.clear()
    pool.take_back(late)
    assert kept.fileno() == late.fileno() == -1
