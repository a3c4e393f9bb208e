"""A thin client of the Kubernetes API: requests, retries, credentials. It knows nothing about plans.

Answers are values: a tree, or a `Failure` that says whether a retry can help. `Refusal` (4) is raised only where no
request can be made at all.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import uniform
from typing import TypeVar
from urllib.parse import quote, urlencode

from penstock.apply.answers import event_of, items_of, parsed
from penstock.apply.body import encoded
from penstock.apply.failure import Failure, classify, no_answer, without_values
from penstock.apply.kubeconfig import Access
from penstock.apply.login import Login
from penstock.apply.shape import well_formed
from penstock.apply.wire import Answer, Broken, only_reads
from penstock.apply.workers import in_threads
from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.tree import get

WORKERS = 8
"""Requests at a time. An apply takes the server 2 to 4 ms of CPU, so more requests would only queue there."""

SERVER_TIMEOUT = 20.0
"""The longest timeout, in seconds, that is sent to the server: with a frozen etcd it would otherwise take a minute."""

SOCKET_TIMEOUT = 35.0
"""Seconds of silence after which a connection is given up; a slow webhook may take 30 seconds."""

PAGE = 500
"""Objects in one page of a LIST; fewer where the objects are so large that the page exceeds the limit of an answer."""

MAX_BODY = 3 * 1024 * 1024
"""The largest request in bytes; the API server closes the connection on a larger one."""

URGENT = 2.0
"""Seconds for an urgent request after the deadline of the run."""

SILENCE = 3.0
"""Seconds after which waiting is reported, and for which a result of the probe is reused."""

SHARE = 1 / 3
"""The share of the remaining time that may be spent waiting for a webhook that is down."""

TIME_IS_UP = Failure("never", 0, "", "the time is up (--timeout)")
RUN_HAS_ENDED = Failure("never", 0, "", "the run has ended")

UNHEARD = "the run ended before the answer came, so it is not known whether the cluster has done this"

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0

Query = Mapping[str, str]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Media(NamedTuple):
    """The media types of a request: `content` for its body, `accept` for the answer."""

    content: str = "application/json"
    accept: str = "application/json"


class Effort(NamedTuple):
    """How long a request is retried, and how much time one try gets.

    `patience` is in seconds; None means the patience of the client. An `urgent` request, such as a clean-up, gets a
    moment even after the deadline of the run. `each` is the limit of one try in seconds. `is_secret` marks a request
    that carries a Secret: the server's messages about it are withheld.
    """

    patience: float | None = None
    urgent: bool = False
    each: float = SOCKET_TIMEOUT
    is_secret: bool = False


JSON, APPLY_PATCH, USUAL = Media(), Media("application/apply-patch+yaml"), Effort()
PROBE = Effort(patience=0.0, urgent=True, each=URGENT)


class Client:
    """A client for one API server and one user. Safe for several threads.

    `patience` is how many seconds a request is retried after a failure that may pass; a caller that has seen the server
    alive may raise it, so that a restart of the API server does not end a sync. No request runs past `deadline`, by the
    monotonic clock. `fence` is called before each try of a write, and may raise `Refusal`. `probe` is the path of a
    small object that tells whether the server and its storage are well. `progress` is called with messages about what
    the client is waiting for.
    """

    def __init__(
        self,
        access: Access,
        environ: Mapping[str, str],
        agent: str,
        patience: float = 10.0,
        deadline: float = math.inf,
    ) -> None:
        self.access = access
        self.patience = patience
        self.deadline = deadline
        self.fence: Callable[[], None] = lambda: None
        self.progress: Callable[[str], None] = lambda _: None
        self.probe = ""
        self._probed = -math.inf
        self._is_well = False
        self._said = -math.inf
        self._failing: dict[str, float] = {}
        self._probing = threading.Lock()
        self._closed = threading.Event()
        # Two connections more than workers: for the lease, and for the probe.
        self._login = Login(access, environ, agent, WORKERS + 2, lambda: self.deadline - time.monotonic())

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._login.wire.close()

    def end(self) -> None:
        """Make threads that are still at work give up: nothing is sent any more but urgent requests.

        What is under way and only reads ends at once, and a write gets a moment.
        """
        self._closed.set()
        self._login.wire.hasten()

    @property
    def has_ended(self) -> bool:
        return self._closed.is_set()

    def get(self, path: str, query: Query = {}, accept: str = "application/json") -> Tree | Failure:
        return self.call("GET", path, query, media=Media(accept=accept))

    def objects(self, path: str, selector: str = "", accept: str = JSON.accept) -> Iterator[Tree | Failure]:
        """Yield the objects of a collection, page by page. A failure is the last value."""
        for page in self.pages(path, {"labelSelector": selector} if selector else {}, accept):
            yield from [page] if isinstance(page, Failure) else items_of(page)

    def pages(self, path: str, query: Query, accept: str = JSON.accept) -> Iterator[Tree | Failure]:
        """Yield the pages of a collection, optionally narrowed by `query`. A failure is the last value."""
        asked = {"limit": str(PAGE), **query}
        seen: set[str] = set()
        while True:
            page = self.get(path, asked, accept)
            # A page of large objects is asked for again in smaller pieces.
            if isinstance(page, Failure) and page.is_too_large and asked["limit"] != "1":
                asked["limit"] = str(max(1, int(asked["limit"]) // 8))
                continue
            yield page
            following = None if isinstance(page, Failure) else get(page, ("metadata", "continue"))
            if not following:
                return
            # A hostile server could give the same page for ever.
            if str(following) in seen:
                yield Failure("never", 200, "", "the server gives the same page of this list again and again")
                return
            seen.add(str(following))
            asked["continue"] = str(following)

    def events(
        self, path: str, query: Query, seconds: float, is_wanted: Callable[[], bool] = lambda: True
    ) -> Iterator[Tree | Failure]:
        """Yield the events of a watch as they arrive, for at most `seconds`. A failure is the last value.

        Nothing is retried: the caller decides from which version to continue. Where another thread may `hang_up`,
        `is_wanted` returns whether it has not yet done so.
        """
        limit = min(seconds, self.deadline - time.monotonic())
        if limit <= 0:
            yield TIME_IS_UP
            return
        asked = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": f"{max(1, int(limit))}", **query}
        url = f"{path}?{urlencode(asked)}"
        for line in self._login.wire.lines(url, self._login.headers.copy(), limit + URGENT, is_wanted):
            if isinstance(line, bytes):
                yield event_of(line)
            else:
                answer = self._judged(line, path)
                yield answer if isinstance(answer, Failure) else Failure("backoff", 0, "", "this is no watch")

    def hang_up(self, thread: int) -> None:
        """End the watch that another thread is following."""
        self._login.wire.hang_up(thread)

    def apply(
        self, path: str, body: Tree, manager: str, *, force: bool = False, dry_run: bool = False
    ) -> Tree | Failure:
        """Send a server-side apply. Unknown and duplicate fields are errors."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        return self.call("PATCH", path, query, body, media=APPLY_PATCH)

    def delete(self, path: str, uid: str, version: str = "", propagation: str = "Background") -> Tree | Failure:
        """Delete the object with this uid, never one that was re-created in the meantime.

        With `version` (its resourceVersion), delete the object only if it has not changed since either. By
        `propagation`, what it owns is deleted after it (`Background`) or before it (`Foreground`).
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, **({"resourceVersion": version} if version else {})},
            "propagationPolicy": propagation,
        }
        return self.call("DELETE", path, {}, options)

    def call(
        self,
        method: str,
        path: str,
        query: Query = {},
        body: Tree | list[Tree] | None = None,
        *,
        media: Media = JSON,
        effort: Effort = USUAL,
    ) -> Tree | Failure:
        """Send one request, and retry it while that can help. Only for requests that may safely arrive twice."""
        url = f"{path}?{urlencode(query)}{'&' if query else ''}"
        headers = {"Accept": media.accept, **({"Content-Type": media.content} if body is not None else {})}
        data = None if body is None else encoded(body)
        if data and len(data) > MAX_BODY:
            return Failure("never", 413, "", f"has {len(data)} bytes; an API server takes {MAX_BODY} at most")
        # A server quotes what it refuses, so its message about a Secret may hold the values of the Secret.
        is_secret = method != "GET" and _is_secret(path, body)
        answer = self._persist(method, url, headers, data, effort._replace(is_secret=is_secret))
        return without_values(answer) if is_secret and isinstance(answer, Failure) else answer

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield the result of `work` for every item, in the order of the items and as soon as each is ready.

        Several items are processed at a time. If the iteration ends early, by an interruption or a refusal, the client
        sends nothing more but urgent requests.
        """
        if len(items) < 2:
            yield from map(work, items)
        else:
            yield from in_threads(work, items, WORKERS, self.end)

    def _persist(
        self, method: str, url: str, headers: dict[str, str], data: bytes | None, effort: Effort
    ) -> Tree | Failure:
        start = time.monotonic()
        pause = FIRST_PAUSE
        renewed = False
        told: Failure | None = None
        while True:
            if method != "GET" and not effort.urgent:
                self.fence()
            last = max(self.deadline, start + URGENT) if effort.urgent else self.deadline
            left = last - time.monotonic()
            if left <= 0:
                return told or TIME_IS_UP
            if self.has_ended and not effort.urgent:
                return told or RUN_HAS_ENDED
            credential = self._login.credential
            limit = min(effort.each, left)
            answer = self._once(method, f"{url}timeout={_server_timeout(limit)}", headers, data, limit)
            if not isinstance(answer, Failure):
                return answer
            # The last attempt may have had no time at all; the one before it tells what is wrong.
            told = answer = answer if told is None or answer.status else told
            self._say_unknown(method, url, answer)
            if answer.status == 401 and not renewed and self._login.can_be_renewed:
                renewed = True
                self._login.renew(credential)
                continue
            wait = max(answer.after, pause * uniform(0.5, 1.0))  # jitter, so that clients do not retry all at once
            end = min(self._end_of_patience(answer, start, effort.patience), last)
            if answer.retry != "backoff" or time.monotonic() + wait > end or self._closed.wait(wait):
                return answer
            self._say_wait(without_values(answer) if effort.is_secret else answer, start)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _end_of_patience(self, failure: Failure, start: float, patience: float | None) -> float:
        """Return the moment after which a failed request is no longer retried.

        A webhook that is down is waited for once, not again for each object that it is asked about, and only for a
        share of the remaining time, so that there is time left for objects that do not concern it.
        """
        patience = self.patience if patience is None else patience
        if not failure.webhook:
            return start + patience
        return self._failing.setdefault(failure.webhook, start + min(patience, (self.deadline - start) * SHARE))

    def _say_unknown(self, method: str, url: str, failure: Failure) -> None:
        """Say that nobody knows whether a write has been done that an interruption has cut."""
        if self.has_ended and failure.is_silence and not only_reads(method, url):
            self.progress(f"{UNHEARD}: {method} {url.partition('?')[0]}")

    def _say_wait(self, failure: Failure, start: float) -> None:
        now = time.monotonic()
        if now - start > SILENCE and now - self._said > SILENCE * 3:
            self._said = now
            self.progress(f"waiting: {failure}")

    def about_object(self, answer: Tree | Failure) -> Tree | Failure:
        """Pass on an answer about one object or kind, but raise `Refusal` (4) where the cluster as a whole has failed.

        A broken webhook answers with the same statuses as a broken etcd. So before the run is ended, `probe` is
        requested, which no webhook is asked about.
        """
        if isinstance(answer, Failure) and (
            answer.retry == "abort" or (answer.retry == "backoff" and not self._answers_others())
        ):
            from penstock.apply.unreachable import refusal

            raise refusal(self.access.context, answer)
        return answer

    def _answers_others(self) -> bool:
        """Return whether the server answers the request for `probe`.

        The result, good or bad, is reused for SILENCE seconds, because many objects may fail at a time.
        """
        with self._probing:
            if self.probe and time.monotonic() - self._probed > SILENCE:
                answer = self.call("GET", self.probe, effort=PROBE)
                self._is_well = not isinstance(answer, Failure) or answer.status == 404
                self._probed = time.monotonic()
            return self._is_well

    def _once(
        self, method: str, url: str, headers: dict[str, str], data: bytes | None, seconds: float
    ) -> Tree | Failure:
        self._login.keep_fresh()
        asked = self._login.headers.copy()
        asked.update(headers)
        return self._judged(self._login.wire.send(method, url, asked, data, seconds), url.partition("?")[0])

    def _judged(self, answer: Answer | Broken, path: str) -> Tree | Failure:
        if isinstance(answer, Broken):
            message = f"no answer from {self.access.server}: {answer.message}"
            return no_answer(message, "never" if answer.large else "abort" if answer.final else "backoff", answer.large)
        body = parsed(answer.data)
        if 200 <= answer.status < 300 and isinstance(body, dict):
            return body if body.get("kind") == "Status" else well_formed(body)
        return classify(answer.status, body, answer.headers, path)


def _is_secret(path: str, body: Tree | list[Tree] | None) -> bool:
    """Return whether a request is about a Secret, so that the server's messages may quote its values."""
    of_kind = isinstance(body, dict) and body.get("kind") == "Secret"
    return of_kind or re.match(r"/api/v1/namespaces/[^/]+/secrets(/|$)", path) is not None


def segment(text: str) -> str:
    """Return a name as one segment of a path, escaped so that it cannot lead elsewhere."""
    return "%2E" * len(text) if text in (".", "..") else quote(text, safe=":")


def _server_timeout(limit: float) -> str:
    return f"{max(1, int(min(SERVER_TIMEOUT, limit)))}s"
