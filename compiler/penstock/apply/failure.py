"""The errors of an API server as values, and whether a retry can help. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

from penstock.apply.shape import mappings
from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.regex import regex

Retry = Literal["never", "replan", "backoff", "abort"]
"""never: the same request always fails · replan: the cluster has changed, read it again · backoff: retry later ·
abort: no request of this run will succeed."""

PERMANENT = ("failed to create typed patch object", "not declared in schema", "failed to convert new object")
"""Errors of the object, although the status is 500: a retry cannot help."""

FULL = regex(r"(?:etcdserver: )?mvcc: database space exceeded")
"""The whole message of an API server whose storage is full."""

LOST_VERSION = regex(r"request to convert CR to an invalid group/version: ([^\s,;]+)")

QUOTA = regex(r"exceeded quota: [\w.-]+, requested: [\w./=,-]+, used: [\w./=,-]+, limited: [\w./=,-]+")
"""The message of a quota: its name, and names of resources with their amounts."""

MAX_WORDS = 1000
"""The number of characters of a server's message that are shown."""

IMMUTABLE = regex(
    "is immutable|immutable when|may not change once set|may not be changed in an update"
    r"|updates to \S+ are forbidden"
    "|updates to statefulset spec for fields|pod updates may not change fields"
)
"""What API servers, and rules of definitions, say about a field that cannot be changed, in the causes of a 422. The
message of a policy comes without a field."""

SAID_OF_FIELDS = ("FieldValueInvalid", "FieldValueForbidden")

MAX_START = 300
MAX_CAUSES = 100

TOO_LARGE = "too large"

CONFLICT = "FieldManagerConflict"
"""The reason of a cause that says who owns a field."""

SILENCE = "no answer"
"""Penstock's own reason where no answer came."""

NO_JSON = "the answer is no JSON, so no API server gives it"

TERMINATING = "Terminating"
"""Penstock's own reason for an apply whose answer was an object that is being deleted."""


class Conflict(NamedTuple):
    """A field that another manager owns with another value. `field` is written as by the server: `.spec.replicas`."""

    field: str
    manager: str
    subresource: str = ""


class Cause(NamedTuple):
    """One entry of `details.causes` in a Status."""

    reason: str
    field: str
    message: str


class Failure(NamedTuple):
    """An answer other than the one hoped for, as a value.

    `status` is the HTTP status, or 0 where no answer came. `reason` is the server's word for the error (`Conflict`,
    `Invalid`), where there is one. `about` is the resource that the answer is about (`namespaces`), where that differs
    from the resource of the request.
    """

    retry: Retry
    status: int
    reason: str
    message: str
    causes: tuple[Cause, ...] = ()
    about: str = ""
    after: float = 0.0
    """Seconds to wait before a retry, as the server asks."""

    def __str__(self) -> str:
        # Where no answer came, the message says so.
        parts = ("HTTP", str(self.status), self.reason) if self.status else ("" if self.is_silence else self.reason,)
        label = " ".join(filter(None, parts))
        return f"{self.message} ({label})" if label else self.message

    @property
    def is_silence(self) -> bool:
        """Whether no answer came."""
        return self.reason == SILENCE

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The fields that another manager owns, where an apply failed because of them."""
        return tuple(_conflict(c) for c in self.causes if c.reason == CONFLICT)

    def without_conflicts(self, managers: Collection[str]) -> "Failure":
        """Return the failure without its conflicts with some managers."""
        causes = (c for c in self.causes if c.reason != CONFLICT or _conflict(c).manager not in managers)
        return self._replace(causes=tuple(causes))

    @property
    def is_absent(self) -> bool:
        """Whether the object does not exist (as opposed to its namespace or its kind)."""
        return self.status == 404 and self.reason == "NotFound" and not self.lacks_namespace

    @property
    def lacks_namespace(self) -> bool:
        return self.status == 404 and self.about == "namespaces"

    @property
    def lacks_kind(self) -> bool:
        """Whether the server does not serve this path: then it answers in plain text, without a Status."""
        return self.status == 404 and not self.reason

    @property
    def meets_deletion(self) -> bool:
        """Whether the object or its namespace is being deleted."""
        return self.reason == TERMINATING or any(cause.reason == "NamespaceTerminating" for cause in self.causes)

    @property
    def is_immutable(self) -> bool:
        """Whether the server says that a field cannot be changed, as opposed to merely forbidding the change."""
        told = (cause for cause in self.causes if cause.field and cause.reason in SAID_OF_FIELDS)
        return self.status == 422 and any(IMMUTABLE.search(cause.message) for cause in told)

    @property
    def lost_version(self) -> str:
        """The version, dropped from its definition, to which the server cannot convert a custom resource, or ""."""
        found = LOST_VERSION.search(self.message)
        return found[1] if found and self.status == 500 else ""

    @property
    def is_too_large(self) -> bool:
        """Whether the answer exceeded the size limit."""
        return self.about == TOO_LARGE

    @property
    def webhook(self) -> str:
        """The webhook that did not answer, or "" where the message names none. Only how long to wait depends on it."""
        found = re.search(r'(?:calling|conversion) webhook (?:for )?"?([^\s",:]+)', self.message)
        return found[1] if found and self.status in (429, 500, 503, 504) else ""


def _causes(listed: Any) -> tuple[Cause, ...]:
    return tuple(_cause(cause) for cause in mappings(listed[:MAX_CAUSES] if isinstance(listed, list) else ()))


def _unsaid(status: int) -> str:
    """Return what an answer without a message means."""
    if status == 504:
        return "the server has not finished the request in time"
    return "no message"


def classify(status: int, body: Any, headers: Mapping[str, str], path: str = "") -> Failure:
    """Return the failure for an answer that is not 2xx. `body` is the parsed Status, or the text where it is not JSON.

    The rules were observed on real API servers: a schema error is a 500, a policy's denial a 422, an unknown API group
    a 404 in plain text, a webhook's denial a 403 without a reason.
    """
    stated = body if isinstance(body, dict) and body.get("kind") == "Status" else {}
    details = stated.get("details")
    details = details if isinstance(details, dict) else {}
    reason = one_line(str(stated.get("reason") or ""))
    causes = _causes(details.get("causes"))
    text = str(stated.get("message") or (body if isinstance(body, str) else "") or _unsaid(status))
    if status < 400:  # a web page, a login or a proxy
        text = f"{NO_JSON}: {text[:MAX_START]}"
    message = one_line(_to_the_point(text.partition("\n@@ ")[0], causes))  # the rest is a diff of Go values
    about = one_line(str(details.get("kind", "")))
    if re.search(rf"/{re.escape(about)}/[^/]+$", path):
        about = ""
    retry = _retry(status, reason, message, causes, about)
    return Failure(retry, status, reason, message, causes, about, _retry_after(headers))


def _cause(cause: Tree) -> Cause:
    reason, field = (one_line(str(cause.get(key, ""))) for key in ("reason", "field"))
    return Cause(reason, field, one_line(_point(str(cause.get("message", "")))))


def _to_the_point(text: str, causes: tuple[Cause, ...]) -> str:
    """Return the message, or a short one made from the causes where the message is too long.

    A message that quotes a whole object is cut off before it reaches its point; the causes state it in a few words.
    """
    if len(text) <= MAX_WORDS or not causes:
        return text
    points = (f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes)
    return f"{text[:MAX_START].partition(': ')[0]}: {'; '.join(points)}"


def _point(message: str) -> str:
    """Return the point of a cause's message, such as `field is immutable` in `Invalid value: {…}: field is immutable`.

    In long messages the point follows the value. Any further lines hold a diff.
    """
    line = message.partition("\n")[0]
    return line if len(line) <= MAX_START else line.rpartition(": ")[2][-MAX_START:]


def no_answer(message: str, retry: Retry = "backoff", large: bool = False) -> Failure:
    """Return the failure for a network error before an answer came, or for an answer that was too long to read."""
    return Failure(retry, 0, SILENCE, one_line(message), about=TOO_LARGE if large else "")


OF_WEBHOOK = re.compile(
    r'(?:Internal error occurred: )?failed calling webhook "(?P<down>[a-z0-9.-]{1,253})"'
    r'|admission webhook "(?P<denies>[a-z0-9.-]{1,253})" denied the request'
)
"""What the API server says of a webhook before it repeats the webhook's own words, which can quote any value."""


def without_values(failure: Failure) -> Failure:
    """Return the same failure without the server's message, which can quote the values of a Secret.

    Field paths, the message of a quota, the name of a webhook, and Penstock's own words about a server that does not
    answer are kept.
    """
    # The words are ours: no server has answered.
    if not failure.status:
        return failure
    fields = {cause.field for cause in failure.causes if cause.field}
    fields.update(re.findall(r"(\.[\w.\-]+): (?:field not declared|expected \w+)", failure.message))
    named = f" about {', '.join(sorted(fields))}" if fields else ""
    quota = QUOTA.search(failure.message)
    known = f": {quota[0]}" if quota else _about_webhook(failure.message)
    causes = tuple(
        cause if cause.reason == CONFLICT else cause._replace(message=_known_words(cause.message))
        for cause in failure.causes
    )
    return failure._replace(
        message=f"the API server refuses this Secret{named}{known} (its words are withheld: they can hold values)",
        causes=causes,
    )


def _about_webhook(message: str) -> str:
    """Return which admission webhook is in the way, by the words with which the API server begins, or ""."""
    found = OF_WEBHOOK.match(message)
    if not found:
        return ""
    name = found["down"] or found["denies"]
    return f": the admission webhook {name} {'fails' if found['down'] else 'denies it'}"


def _known_words(message: str) -> str:
    """Return the part of a message that cannot hold a value: the words that a field is immutable, or ""."""
    found = IMMUTABLE.search(message)
    return found[0] if found else ""


def one_line(text: str) -> str:
    """Return foreign text made fit for display: one line, without control characters, and cut at MAX_WORDS."""
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_WORDS])
    line = " ".join(line.split())
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1] + "…"


def _retry(status: int, reason: str, message: str, causes: tuple[Cause, ...], about: str) -> Retry:
    if status >= 500:
        return _retry_of_server_error(message)
    # No other request will do better: the credential is not accepted any more.
    if status == 401:
        return "abort"
    if status == 403:
        return _retry_of_forbidden(message, causes)
    # Somebody else has written meanwhile. A conflict of fields stays the same, however often it is tried.
    if status == 409:
        return "never" if any(c.reason == CONFLICT for c in causes) else "replan"
    # The kind, the namespace or the old state is gone, so the plan has to be made anew.
    if status == 410 or (status == 404 and (not reason or about == "namespaces")):
        return "replan"
    return "backoff" if status == 429 else "never"


def _retry_of_server_error(message: str) -> Retry:
    if FULL.fullmatch(message):
        return "abort"
    if LOST_VERSION.search(message):
        return "replan"
    return "never" if any(text in message for text in PERMANENT) else "backoff"


def _retry_of_forbidden(message: str, causes: tuple[Cause, ...]) -> Retry:
    if any(c.reason == "NamespaceTerminating" for c in causes):
        return "replan"
    return "backoff" if "exceeded quota" in message else "never"


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("Retry-After", "")
    return min(float(value[:9]), 60.0) if value.isascii() and value.isdigit() else 0.0


def _conflict(cause: Cause) -> Conflict:
    """Return the conflict that a cause reports.

    Only the message names the manager: `conflict with "kubectl" with subresource "scale" using apps/v1`.
    """
    manager = re.search(r'conflict with "([^"]*)"', cause.message)
    subresource = re.search(r'with subresource "([^"]*)"', cause.message)
    return Conflict(cause.field, manager[1] if manager else "unknown", subresource[1] if subresource else "")
