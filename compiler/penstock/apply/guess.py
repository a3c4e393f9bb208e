"""Guesses the health of an object of a kind without rules, by the names and words that most controllers use. Pure.

The summary of most controllers is a condition such as `Ready`. Where there is none, anything in the status that speaks
of trouble or of work under way counts, so that an object which reports a problem is never called Healthy: other
conditions (also those of parts of the object), words such as `phase`, flags such as `valid: false`, texts of errors,
and numbers of replicas.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.judge import condition, status_of, words_of
from penstock.apply.shape import mappings
from penstock.model import Health, HealthWord, Tree
from penstock.tree import get

GOOD = frozenset(
    (
        *("ready", "running", "active", "available", "healthy", "bound", "deployed", "synced", "valid", "exists"),
        *("succeeded", "success", "successful", "complete", "completed", "finished", "done", "created", "provisioned"),
        *("operational", "green", "ok", "online", "normal", "enabled", "up", "open", "attached", "connected"),
        *("accepted", "installed", "compliant"),
    )
)
PAUSED = re.compile(r"paus|suspend|hibernat|^(stopped|disabled|cordoned)$")
UNDER_WAY = re.compile(
    r"pending|progress|provisioning|creating|connecting|initiali|updating|upgrading|deploying|waiting|queued|starting|installing"
    r"|scaling|partial|reconciling|building|bootstrap|restarting|validating|notready"
)
BAD = re.compile(
    r"fail|error|err$|invalid|degraded|fault|unavailable|unhealthy|crash|offline|broken|corrupt|stuck|expired|conflict"
    r"|reject|denied|abort|cancel|timeout|timedout|misconfigured|critical|noncompliant|inactive|inconclusive|warning|abnormal|disconnected|unreachable"
    r"|partial(ly)?succe|^warn$|^red$|^lost$|^down$"
)
MEANINGS: tuple[tuple[HealthWord, re.Pattern[str]], ...] = (
    ("Degraded", BAD),
    ("Suspended", PAUSED),
    ("Missing", re.compile("^notfound$")),
    ("Unknown", re.compile("^unknown$")),
)
"""The health that a word about the whole object means, the first that fits; any other word means Progressing."""

WORD_FIELDS = ("phase", "state", "status", "health", "currentState", "overallStatus", "appState", "deploymentStatus")
"""Fields of the status that often hold one word about the whole object."""

WORD_FIELD = re.compile(r"(phase|state|status|statuses|health|result|stage|verdict|outcome)$", re.IGNORECASE)
OF_ANOTHER_TIME = re.compile(r"last|previous|prior|old|history|desired|target|requested|expected", re.IGNORECASE)
"""A part of the names of fields that do not tell of the present."""

MAX_DEPTH = 3
"""How many mappings deep a word about a part of the object is looked for."""

POSITIVE = (
    "Ready", "Healthy", "Available", "Synced", "Succeeded", "Complete", "Completed", "Valid", "Accepted", "Programmed",
    "Installed", "Deployed", "Reconciled", "Established", "Synchronized", "Configured", "RevisionHealthy",
)  # fmt: skip
"""Conditions that an object which is well has as true, if it has them."""

SUMMARIES = ("Ready", "Healthy")
"""Conditions that sum up all others."""

ENDS = ("Complete", "Completed", "Finished", "Done")
"""Conditions that tell that work has ended; their reason tells how."""

NEGATIVE = ("Failed", "Failure", "Error", "ErrorOccurred", "Degraded", "Invalid", "NotReady", "HasErrors", "Stalled")
"""Conditions that tell of trouble where they are true, whatever others say."""

SPEAKS_OF_TROUBLE = re.compile(
    r"Fail(?!over)|Error|Invalid|Degraded|Conflict|Unavailable|Unsupported|Unhealthy|Stalled|Missing|NoMatch|NotReady"
    r"|NotFound|NoPods|Unschedulable|Revoked|Expired|TooMany|Exceeded|Denied|Rejected|Misconfigured|Unreachable|Abnormal"
    r"|Disconnected|NonCompliant"
)
SPEAKS_OF_NO_TROUBLE = re.compile(r"No(Fail|Error|Conflict|Warning|Issue)|ErrorFree")
SHOULD_BE_TRUE = re.compile(
    r"(Ready|Available|Healthy|Health|Satisfied|Accepted|Valid|Synced|Synchronized|Applied|Programmed|ResolvedRefs"
    r"|Reachable|Connected|Configured|Established|Reconciled|Initialized|Registered|Provided|Granted|Updated|Active|Passed|Validated"
    r"|Success|Installed|Verified|Imported|Provisioned|Resolved|Balanced|WellFormed)$"
)
IS_WORK = re.compile(
    r"^(Progressing|Updating|Upgrading|Pending\w*|Creating|Installing|Provisioning|Initializing|Deploying|Scaling"
    r"|Rolling\w*|InProgress|Restarting|Migrating)$"
)
IS_DONE = re.compile(r"complet|succe|available|finish|asexpected|uptodate", re.IGNORECASE)
"""Reasons with which `Progressing` stays true although the work is done, as that of a Deployment does."""

IS_PAUSED = re.compile(r"^(Paused|Suspended|Stopped|Hibernated|ReconciliationPaused)$")

SIGNS: tuple[tuple[re.Pattern[str], str, HealthWord], ...] = (
    (SPEAKS_OF_NO_TROUBLE, "False", "Degraded"),
    (SPEAKS_OF_TROUBLE, "True", "Degraded"),
    (IS_PAUSED, "True", "Suspended"),
    (IS_WORK, "True", "Progressing"),
)
"""Names of conditions, the status with which an object is not well, and what it is then. The first name decides."""

TROUBLE = re.compile(
    r"fail|error|invalid|notfound|missing|denied|unhealthy|rejected|conflict|abort|nomatch|unsupported|notsupported"
    r"|notallowed|notpermitted|notreachable|unreachable|forbidden|unauthorized|timeout|cancel|exceeded|expired"
)
"""Parts of a reason that show that waiting does not help."""

FLAG = re.compile(
    r"(?<!in)(?<!un)(?<!not)(?<!update)(?<!upgrade)"
    r"(ready|valid|available|healthy|applied|readytouse|synced|registered|created|accepted|connected|mounted)$"
)
"""The ends of names of fields that are false while an object is not well, in lower case."""

ERRORS = ("error", "errors", "errorMessage", "errorSummary", "failureMessage", "failureReason", "validationErrors")
"""Fields of the status that are there only where something is wrong."""

FAILURES = re.compile(r"^(failed|failing|\w+Failures)$")
"""Fields of the status with the number of things that have failed."""

NO_ERROR = ("none", "null", "false", "no error", "noerror", "ok", "success")
"""What such a field may hold although nothing is wrong."""

ORDER: tuple[HealthWord, ...] = ("Degraded", "Unknown", "Missing", "Suspended", "Progressing")
"""Which of several words counts."""


def guess(body: Tree) -> Health | None:
    """Return the health that the status of a kind without rules suggests, or None where it says nothing."""
    return _by_trouble(body) or _by_summary(body) or _by_the_rest(body)


def _by_trouble(body: Tree) -> Health | None:
    trouble = next((name for name in NEGATIVE if status_of(body, name) == "True"), None)
    trouble = trouble or next((name for name in ENDS if _has_failed(condition(body, name))), None)
    return Health("Degraded", words_of(body, trouble)) if trouble else None


def _has_failed(end: Tree) -> bool:
    return str(end.get("status")) == "True" and bool(TROUBLE.search(str(end.get("reason", "")).lower()))


def _by_summary(body: Tree) -> Health | None:
    """Return the health of an object of which a condition that should be true is not, else None."""
    # A condition that is Unknown counts as unmet, too.
    unmet = [name for name in POSITIVE if status_of(body, name) not in ("", "True")]
    if not unmet:
        return None
    return _past_help(body, unmet) or Health("Progressing", words_of(body, unmet[0]))


def _past_help(body: Tree, unmet: list[str]) -> Health | None:
    """Return why an object whose summary is not met does not become well by itself, or None."""
    conditions = [health for health in _by_conditions(body) if health.word in ("Degraded", "Suspended")]
    hopeless = [Health("Degraded", words_of(body, name)) for name in unmet if _is_hopeless(condition(body, name))]
    fields = [health for health in _by_fields(_status_of(body)) if health.word == "Degraded"]
    return _worst(conditions) or _worst(hopeless) or _worst(fields)


def _by_the_rest(body: Tree) -> Health | None:
    fields = _status_of(body)
    found = list(_by_words(body, fields))
    if not _is_true(body, SUMMARIES):
        found += [*_by_conditions(body), *_by_parts(body, fields), *_by_fields(fields)]
    return _worst(found) or (Health("Healthy") if _is_true(body, POSITIVE) else None)


def _status_of(body: Tree) -> Tree:
    status = body.get("status")
    return status if isinstance(status, dict) else {}


def _is_true(body: Tree, names: Iterable[str]) -> bool:
    return any(status_of(body, name) == "True" for name in names)


def _worst(found: list[Health]) -> Health | None:
    """Return the word that counts most, or None where nothing was found."""
    unwell = [health for word in ORDER for health in found if health.word == word]
    return next(iter((*unwell, *found)), None)


def _is_hopeless(found: Tree) -> bool:
    """Return whether the reason of a condition means that waiting does not help."""
    reason = str(found.get("reason", "")).lower()
    return str(found.get("status")) == "False" and bool(TROUBLE.search(reason))


# --- words


def _by_words(body: Tree, status: Tree) -> Iterator[Health]:
    """Yield the health that the words about the whole object mean."""
    for field in WORD_FIELDS:
        value = status.get(field)
        if isinstance(value, str) and value:
            word, said = _plain(value), f"its {field} is {one_line(value)}"
            # A word of the kind's own, such as Primary, tells of no work under way where all work is done.
            if word in GOOD or (not _clear_meaning(word) and _is_true(body, (*ENDS, "Available"))):
                yield Health("Healthy")
            else:
                yield Health(_meaning(word), said)


def _plain(text: str) -> str:
    """Return a word in lower case, without what joins its parts and without a prefix that is the field's name."""
    word = re.sub(r"[ _-]", "", text.lower())
    return re.sub(r"^(state|status|phase)(?=.)", "", word)


def _meaning(word: str) -> HealthWord:
    return next((meaning for meaning, pattern in MEANINGS if pattern.search(word)), "Progressing")


# --- conditions


def _by_conditions(body: Tree) -> Iterator[Health]:
    """Yield the health that conditions mean which do not sum up the whole object."""
    for listed in mappings(get(body, ("status", "conditions"))):
        name = str(listed.get("type"))
        found = condition(body, name)
        word = _meaning_of(name.rpartition("/")[2], found) if found else None
        if word:
            yield Health(word, words_of(body, name))


def _meaning_of(name: str, found: Tree) -> HealthWord | None:
    """Return the word for a condition that its name and status suggest, or None where it is as it should be."""
    status, reason = str(found.get("status")), str(found.get("reason") or "")
    for pattern, unwell, word in SIGNS:
        if pattern.search(name):
            is_done = pattern is IS_WORK and IS_DONE.search(reason)
            return word if status == unwell and not is_done else None
    if _is_hopeless(found) and not reason.startswith("No"):
        return "Degraded"
    return "Progressing" if SHOULD_BE_TRUE.search(name) and status != "True" else None


# --- parts


def _by_parts(body: Tree, status: Tree) -> Iterator[Health]:
    """Yield the health that the conditions, errors and replicas of parts of the object mean."""
    for name, value in status.items():
        for part in mappings(value) or ([value] if isinstance(value, dict) else []):
            # A status may hold what was before, or what went wrong last time.
            if name != "conditions" and not OF_ANOTHER_TIME.search(str(name)):
                yield from _by_part(body, str(name), part)


def _by_part(body: Tree, name: str, part: Tree) -> Iterator[Health]:
    if mappings(part.get("conditions")):
        inner = {"metadata": body.get("metadata") or {}, "status": {"conditions": part["conditions"]}}
        found = guess(inner)
        if found and found.word != "Healthy":
            yield found
    error = _error_in(part)
    if error:
        yield Health("Degraded", f"status.{name} has {error}")
    failed = _failures(part)
    if failed:
        yield Health("Degraded", f"status.{name}.{failed}")
    short = _shortfall(part)
    if short:
        yield Health("Progressing", f"status.{name}: {short}")


def _shortfall(part: Tree) -> str:
    """Return that fewer replicas, nodes or members are ready than there are or should be, or ""."""
    for name, have in part.items():
        of_what = str(name).removeprefix("ready")
        if of_what == name or not of_what or not isinstance(have, int):
            continue
        # For `readyReplicas` these are `replicas`, `desiredReplicas` and `totalReplicas`.
        names = (of_what[0].lower() + of_what[1:], f"desired{of_what}", f"total{of_what}")
        need = max((part[each] for each in names if isinstance(part.get(each), int)), default=0)
        if have < need:
            return f"{have} of {need} {names[0]} are ready"
    return ""


def _error_in(part: Tree) -> str:
    """Return what a field says that is there only where something is wrong, or ""."""
    for field in ERRORS:
        value = part.get(field)
        first = value[0] if isinstance(value, list) and value else value
        said = first.get("message") or first if isinstance(first, dict) else first
        if said and isinstance(said, (str, dict)) and str(said).lower() not in NO_ERROR:
            return f"{field}: {one_line(str(said))}"
    return ""


# --- fields


def _by_fields(status: Tree) -> Iterator[Health]:
    """Yield the health that flags, texts of errors, counts and words about parts mean."""
    error, flag, short, failed = _error_in(status), _flag_in(status), _shortfall(status), _failures(status)
    if error:
        yield Health("Degraded", f"status.{error}")
    if failed:
        yield Health("Degraded", f"status.{failed}")
    if flag:
        yield flag
    if short:
        yield Health("Progressing", short)
    # A list may hold attempts, of which the last one has succeeded.
    with_lists = not any(_plain(str(status.get(field))) in GOOD for field in WORD_FIELDS)
    yield from _by_inner_words(status, "status", 0, with_lists)


def _failures(status: Tree) -> str:
    """Return that things have failed, by their number, or ""."""
    counts = ((name, count) for name, count in status.items() if FAILURES.search(str(name)) and isinstance(count, int))
    found = (f"{name} is {count}" for name, count in counts if count > 0 and not OF_ANOTHER_TIME.search(name))
    return next(found, "")


def _flag_in(status: Tree) -> Health | None:
    """Return the health by a flag that is false, or None. It is Degraded where the status says why."""
    unset = next((name for name in status if _is_flag(name) and str(status[name]).lower() == "false"), None)
    if unset is None:
        return None
    why = one_line(str(status.get("message") or status.get("reason") or ""))
    return Health("Degraded", why) if why else Health("Progressing", f"status.{unset} is false")


def _is_flag(name: str) -> bool:
    return FLAG.search(str(name).lower()) is not None and not OF_ANOTHER_TIME.search(str(name))


def _by_inner_words(tree: Tree, at: str, depth: int, with_lists: bool) -> Iterator[Health]:
    """Yield the health that words and flags about parts of the object mean, where these are clear."""
    for name, value in tree.items():
        if OF_ANOTHER_TIME.search(str(name)) or (depth == 0 and name in WORD_FIELDS and isinstance(value, str)):
            continue
        for part in _parts(name, value, with_lists) if depth < MAX_DEPTH else ():
            yield from _by_inner_words(part, f"{at}.{name}", depth + 1, with_lists)
        found = _by_inner_field(str(name), value, depth)
        if found:
            yield Health(found, f"{at}.{name} is {one_line(str(value))}")


def _parts(name: str, value: Any, with_lists: bool) -> list[Tree]:
    if isinstance(value, dict):
        return [value]
    return mappings(value) if with_lists and name != "conditions" else []


def _by_inner_field(name: str, value: Any, depth: int) -> HealthWord | None:
    if isinstance(value, str) and WORD_FIELD.search(name):
        return _clear_meaning(_plain(value))
    return "Progressing" if depth and _is_flag(name) and str(value).lower() == "false" else None


def _clear_meaning(word: str) -> HealthWord | None:
    found = _meaning(word)
    return found if found in ("Degraded", "Suspended") or UNDER_WAY.search(word) else None
