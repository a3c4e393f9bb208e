"""Fields of the status that show trouble or work under way, for kinds of which nothing is known. Pure.

Flags such as `valid: false`, texts of errors, containers that do not start, times, and generations.
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.apply.amounts import OF_ANOTHER_TIME
from penstock.apply.failure import one_line
from penstock.apply.vocabulary import STUCK, TROUBLE, UNDER_WAY, complains, plain
from penstock.cluster import Health, HealthWord
from penstock.model import Tree
from penstock.tree import get

FLAG = re.compile(
    r"(?<!in)(?<!un)(?<!not)(?<!non)(?<!dis)(?<!mis)(?<!update)(?<!upgrade)"
    r"(ready|valid|available|^active|^ok|alive|granted|compatible|issued|allocated|assigned|healthy|applied|readytouse|synced|registered|created|accepted|connected|mounted|passed|^pass"
    r"|success|succeeded|successful|compliant|reachable|installed|deployed|configured|established|initialized|provisioned"
    r"|reconciled|attached|online|completed?|finished|loaded|joined|authenticated|verified|resolved|uptodate|insync"
    r"|integrity|generated|published|imported|exported|built|uploaded|delivered|rendered|propagated|authorized|trusted"
    r"|admitted|approved|satisfied|programmed|bound|enrolled|launched|unsealed|operational|functional|responsive|schedulable)$|^ableto[a-z]+$"
)
"""The ends of names of fields that are false while an object is not well, in lower case."""

JUDGED = re.compile(r"(valid|compatible|compliant)$|^ableto")
"""The ends of names of flags that tell what a controller has found out: no work that is under way will change it."""

BAD_FLAG = re.compile(
    r"^(is|has)?(failed|failing|failure|degraded|errore?d?s?|stalled|abort(ed)?|unhealthy|invalid|expired|revoked|unavailable|outofsync"
    r"|unreachable|crashed|lost|blocked|conflict(s|ed)?|nomatch\w*|nomatching\w*)$"
)
"""Names of fields that are true while an object is in trouble, in lower case."""

BAD_FLAG_OF_A_PART = re.compile(
    r"^(is|has)?(failed|failing|failure|timedout|crashed|unhealthy|degraded|stalled|unreachable|errored|stuck|corrupt(ed)?"
    r"|deadlocked|unavailable|outofsync|exhausted|violated|breached|misconfigured|broken|rejected|denied)$"
)
"""The same for a part of an object. Others (`expired`, `lost`) may be of a part that has been replaced."""

WORK_FLAG = re.compile(
    r"^(is|in)?(rolling\w*|updating|upgrading|progressing|inprogress|reconciling|creating|migrating|restarting|scaling"
    r"|initializing|provisioning"
    r"|(re)?syncing|rebalancing|resizing|restoring|draining|deleting|terminating|rebuilding)$"
)
"""Names of fields that are true while work is under way, in lower case."""

ENDS_BADLY = ("successful", "succeeded", "success", "passed")
ENDED_FLAG = re.compile(r"^(is)?(finished|completed?|done|ended)$")
"""Flags that tell together that work has come to a bad end."""

PAUSED_FLAG = re.compile(r"^(is)?(paused|suspended|halted|hibernated|stopped)$")

ERROR = re.compile(
    r"^(err|error|fault)(s|msg|message|text|reason|summary|details?|description|info)?$"
    r"|^failure(message|reason|cause|details)?$|errors?(message)?$"
)
"""Names of fields that are there only where something is wrong, in lower case."""

NO_ERROR = ("none", "null", "false", "no error", "noerror", "ok", "success", "0", "no errors")
"""What such a field may hold although nothing is wrong."""

SAYS_NO = ("false", "no")
"""What a flag holds that is not set."""

NO_SENTENCE = re.compile(r"name|url|uri|hash|image|version|checksum|selector|path|id$|type|kind|spec", re.IGNORECASE)
"""Parts of names of fields whose texts tell nothing about how the object is."""

STARTED = ("starttime", "startedat", "starttimestamp", "started")
ENDED = ("complet", "finish", "end", "succeeded", "failed", "stopp")
"""Names of fields, or their beginnings, with the time when a task has started and ended, in lower case."""

CONTAINER = re.compile(r"^(state|containerState)$")

FAILED_AT = re.compile(r"^last\w*(fail|error)\w*$", re.IGNORECASE)
SUCCEEDED_AT = re.compile(r"^last\w*succe\w*$", re.IGNORECASE)
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def is_bad_flag(name: Any, value: Any) -> bool:
    """Return whether a flag of a part tells of trouble by itself."""
    return value is True and BAD_FLAG_OF_A_PART.search(str(name).lower()) is not None


def flag_in(status: Tree) -> Health | None:
    """Return the health by a flag, or None. A false one means Degraded where the status says why."""
    in_trouble = _by_flag(status, BAD_FLAG, "Degraded")
    if in_trouble:
        return in_trouble
    unset = next((name for name in status if is_flag_of_all(name) and is_unset(status[name])), None)
    if unset is not None:
        if str(unset).lower() in ENDS_BADLY and _set(status, ENDED_FLAG):
            return Health("Degraded", f"status.{unset} is false")
        return _unset_flag(unset, one_line(str(status.get("message") or status.get("reason") or "")))
    return _by_flag(status, PAUSED_FLAG, "Suspended") or _by_flag(status, WORK_FLAG, "Progressing")


def _by_flag(status: Tree, names: re.Pattern[str], word: HealthWord) -> Health | None:
    """Return the health that a flag with one of these names means where it is true, or None."""
    name = _set(status, names)
    return Health(word, f"status.{name} is true") if name else None


def _set(status: Tree, names: re.Pattern[str]) -> str:
    """Return the name of a flag that is true, or ""."""
    return next((str(name) for name, value in status.items() if value is True and names.search(str(name).lower())), "")


def _unset_flag(name: str, why: str) -> Health:
    if why and (complains(why) or not _waits(why)):
        return Health("Degraded", why)
    word: HealthWord = "Degraded" if not why and JUDGED.search(str(name).lower()) else "Progressing"
    return Health(word, why or f"status.{name} is false")


def is_unset(value: Any) -> bool:
    """Return whether a flag is false, however its controller writes that."""
    return str(value).lower() in SAYS_NO


def is_flag(name: Any) -> bool:
    # `podIsReady` would be taken for the opposite of a word, as `disconnected` is.
    plain_name = str(name).replace("Is", "").lower()
    return FLAG.search(plain_name) is not None and not OF_ANOTHER_TIME.search(str(name))


def is_flag_of_all(name: Any) -> bool:
    """Return whether a field at the top of the status is false while the object is not well: `status: false`, too."""
    return is_flag(name) or name in ("status", "state", "health")


def _waits(text: str) -> bool:
    """Return whether a sentence tells of work under way."""
    return UNDER_WAY.search(plain(text)) is not None


def error_in(part: Tree) -> str:
    """Return what a field says that is there only where something is wrong, or ""."""
    for field, value in part.items():
        if not ERROR.search(str(field).lower()) or OF_ANOTHER_TIME.search(str(field)):
            continue
        said = _first_said(value)
        if said and said.lower() not in NO_ERROR:
            return f"{field}: {one_line(said)}"
    return ""


def _first_said(value: Any) -> str:
    """Return the text of an error, or of the first one of several; "" where there is none."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        return str(first.get("message") or first) if any(first.values()) else ""
    return first if isinstance(first, str) else ""


def by_sentences(status: Tree) -> Health | None:
    """Return the health that texts at the top of the status tell of, or None where they tell of no trouble."""
    told = _sentences(status)
    message, reason = told.get("message", ""), told.get("reason", "")
    bad = next(filter(complains, told.values()), "")
    if bad or TROUBLE.search(reason.lower()):
        return Health("Degraded", one_line(bad or reason))
    waits = next(filter(_waits, (message, reason)), "")
    return Health("Progressing", one_line(waits)) if waits else None


def _sentences(status: Tree) -> dict[str, str]:
    """Return the texts at the top of the status that may tell how the object is, by the names of their fields."""
    said = {str(name): text for name, text in status.items() if isinstance(text, str) and text}
    return {name: text for name, text in said.items() if not NO_SENTENCE.search(name)}


def is_still_running(status: Tree) -> bool:
    """Return whether a task has started and not ended, by its times."""
    names = {str(name).lower() for name in status}
    return any(name in names for name in STARTED) and not any(name.startswith(ENDED) for name in names)


def container_trouble(part: Tree) -> Iterator[Health]:
    """Yield why the container does not run whose state a part of the status repeats."""
    for name, state in part.items():
        if not CONTAINER.search(str(name)) or not isinstance(state, dict):
            continue
        waits, ended = get(state, ("waiting", "reason")), get(state, ("terminated", "exitCode"))
        if isinstance(waits, str):
            yield Health("Degraded" if waits in STUCK else "Progressing", f"its container waits: {one_line(waits)}")
        if isinstance(ended, int) and ended != 0:
            yield Health("Degraded", f"its container has ended with exit status {ended}")


def newer_failure(status: Tree) -> str:
    """Return that the last failure came after the last success, or ""."""
    # Times of Kubernetes are in UTC and of one length, so their texts compare like the times.
    failed, succeeded = (_newest(status, names) for names in (FAILED_AT, SUCCEEDED_AT))
    return f"last failure at {failed} came after the last success" if succeeded and failed > succeeded else ""


def _newest(status: Tree, names: re.Pattern[str]) -> str:
    times = (str(value) for name, value in status.items() if names.search(str(name)))
    return max((one_line(time) for time in times if TIME.search(time)), default="")
