"""What conditions mean: their names, statuses and reasons, as most controllers choose them. Pure."""

import re
from collections.abc import Iterable
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.shape import mappings
from penstock.apply.vocabulary import (
    PAUSED,
    TROUBLE,
    UNDER_WAY,
    clear_meaning,
    complains,
    is_good,
    is_plainly_bad,
    plain,
    tells_of_success,
)
from penstock.cluster import HealthWord
from penstock.model import Tree
from penstock.regex import regex
from penstock.tree import get

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

SPEAKS_OF_TROUBLE = regex(
    r"Fail(?!over)|Error|Invalid|Degraded|Conflict|Unavailable|Unsupported|Unhealthy|Stalled|Missing|NoMatch|NotReady"
    r"|NotFound|NoPods|Unschedulable|Revoked|Expired|TooMany|Exceed|Denied|Rejected|Misconfigured|Unreachable|Abnormal"
    r"|Disconnected|NonCompliant|Orphan|Violat|violation|Mismatch|OutOfSync|Stuck|Lost|Corrupt|Broken|Crash|Exhausted"
    r"|Insufficient|Pressure$|Fallback|Fault(?!y?Tolera)|Deadlock|Blocked|Drifted|Overridden|NotValid|Offline$|Dangling|NotHealthy|Full$|[a-z]Halted$|^Lag(ged|ging)$|TimedOut$|^Bad[A-Z]|Cyclic|Circular"
    r"|^(Un|Ir|Im|Il|In|Non|Not)[a-z]+able$"
)
SPEAKS_OF_NEITHER = regex(r"Deprecat|Upgradeable$|^Info|Informational")
SPEAKS_OF_NO_TROUBLE = regex(r"No(Fail|Error|Conflict|Warning|Issue)|ErrorFree")
IS_DENIED = regex(r"^No(ne)?(?![a-z])\w*?(Overrid|Conflict|Error|Fail|Issue|Missing|Drift|Specified|Violation|Warning)")
"""Reasons that tell that there is nothing of what the name of a condition tells."""
SHOULD_BE_TRUE = regex(
    r"(Ready|Available|Healthy|Health|Satisfied|Accepted|Valid|Synced|Synchronized|Applied|Programmed|ResolvedRefs"
    r"|Reachable|Connected|Configured|Established|Reconciled|Initialized|Registered|Provided|Granted|Updated|Active|Passed|Validated"
    r"|Success|Successful|Installed|Verified|Imported|Provisioned|Resolved|Balanced|WellFormed|Admitted|Adopted|Discoverable"
    r"|Deployed|Launched|Bound|Attached|Mounted|Online|Published|Advertised|Joined|Enrolled|Authorized|Authenticated"
    r"|Compliant|Schedulable|UpToDate|InSync|Operational|Functional|Enforced|Built|Released|Unpacked|Propagated|Promoted"
    r"|Parsed|Rendered|Loaded|Unsealed|ConnectionUp|LinkUp|Succeeded|Succeeding)$|^Valid[A-Z]"
)
VOUCHES = regex(r"(Ready|Available|Healthy|Health|Succeeded|Success|Successful|Operational|Functional)$")
"""The ends of names of conditions that tell of the whole object, or of all of a part."""

IS_A_FINDING = regex(r"(Validated|Compatible|Compliant)$")
"""The ends of names of conditions that tell what a controller has found out: waiting changes nothing about it."""

IS_A_STEP = regex(
    r"(Created|Cached|Generated|Scheduled|Enabled|Formed|Approved|Allowed|Exists|Selected|Injected|Unpacked"
    r"|Bootstrapped|Processed|Serving|Completed?|Finished|Done|Downloaded|Fetched|Pulled|Stored|InStorage|Owned|Reserved|Recorded|Refreshed|CleanedUp"
    r"|Allocated|Assigned|Claimed|Prepared|Normal|Clean|Current|Contactable|Upgradeable|Discovered|Signed|Uploaded|Encrypted)$"
    r"|^Successful[A-Z]|^Passed[A-Z]|^All[A-Z]\w*ed$"
)
"""Names of conditions that tell of a step that has been taken. They are good news, and sum nothing up."""

IS_AN_ABILITY = regex(r"[a-z]able$")
"""The ends of names of conditions that are good news where they are true, and need not be true."""

IS_WORK = regex(
    r"^(Updating|Upgrading|Pending\w*|Creating|Installing|Provisioning|Initializing|Deploying|Scaling"
    r"|Rolling\w*|Restarting|Migrating|Waiting|Reconciling|(Re)?[Ss]ync(hroniz)?ing)$"
    r"|(Updating|Upgrading|RollingUpdate|Scaling(Up|Down|In|Out)?|Re(balanc|siz|pair|stor|cover|build|shard|mediat|locat|plac|creat|load|try|join|configur|encrypt|index)ing"
    r"|Rotating|Draining|Evacuating|Converging|Terminating|Deleting|Expanding|Shrinking|Joining|Bootstrapping|Compacting"
    r"|Decommissioning|Configuring|Starting|Stopping|Building|Preparing|Validating|Importing|Exporting|Cloning|Copying"
    r"|Attaching|Detaching|Switching|Promoting|Moving|Progressing|InProgress)$"
)
IS_PAUSED = regex(r"^(Stopped|Halted|Hibernated|GracefulShutdown)$|(?<!Un)(?<!Not)(Paused|Suspended)$")

SIGNS: tuple[tuple[re.Pattern[str], str, HealthWord], ...] = (
    (SPEAKS_OF_NEITHER, "", "Healthy"),
    (SPEAKS_OF_NO_TROUBLE, "False", "Degraded"),
    (SPEAKS_OF_TROUBLE, "True", "Degraded"),
    (IS_PAUSED, "True", "Suspended"),
    (IS_WORK, "True", "Progressing"),
)
"""Names of conditions, the status with which an object is not well, and what it is then. The first name decides."""

BEGINS_WITH_ERROR = regex(r"^(Error|Failed to)\b(?!.{0,20}\bnone\b)")
"""The beginning of a message that tells of trouble, whatever the status is: `Failure: False, message: Error: full`."""

STATUSES = ("True", "False", "Unknown")
"""The statuses of a condition. A few controllers write words of their own instead, such as `Established`."""

WORK_ITSELF = frozenset(
    (
        *("progressing", "inprogress", "reconciling", "pending", "initializing", "provisioning"),
        *("updating", "upgrading", "creating"),
    )
)
"""Reasons that contradict a condition which is true and sums up an object."""

AS_EXPECTED = "asexpected"
"""A reason that tells that a condition need not be true, as of a recovery that nothing needs."""

KEYS = {key.lower(): key for key in ("type", "status", "reason", "message", "lastTransitionTime", "observedGeneration")}
"""The keys of a condition, by their names in lower case."""

USUAL_NAMES = {name.lower(): name for name in (*POSITIVE, *NEGATIVE, *ENDS)}


def in_usual_form(body: Tree) -> Tree:
    """Return the object with its conditions in the form of Kubernetes, which some controllers only come near to."""
    status = body.get("status")
    if not isinstance(status, dict):
        return body
    name = next((name for name in status if str(name).lower() == "conditions"), None)
    listed = _listed(status.get(name))
    if not any(str(key).lower() in ("type", "name", "condition") for each in listed for key in each):
        return body  # a list of something else that is called so
    usual = _without_older([_usual_condition(each) for each in listed])
    if not usual or usual == status.get("conditions"):
        return body
    return {**body, "status": {**{key: value for key, value in status.items() if key != name}, "conditions": usual}}


def _listed(found: Any) -> list[Tree]:
    """Return conditions as a list, also where they are a mapping by their types."""
    if not isinstance(found, dict):
        return mappings(found)
    return [{"type": key, **(value if isinstance(value, dict) else {"status": value})} for key, value in found.items()]


def _without_older(listed: list[Tree]) -> list[Tree]:
    """Return the conditions without those of which there is a newer one of the same type: some controllers append."""
    newest: dict[str, Tree] = {}
    for found in listed:
        other = newest.setdefault(found["type"], found)
        # Times of Kubernetes are in UTC and of one length, so their texts compare like the times.
        if str(found.get("lastTransitionTime") or "") >= str(other.get("lastTransitionTime") or ""):
            newest[found["type"]] = found
    return list(newest.values())


def _usual_condition(found: Tree) -> Tree:
    found = {KEYS.get(str(key).lower(), key): value for key, value in found.items()}
    name = str(found.get("type", found.get("name", _name_of_a_part(found))))
    usual = {"type": USUAL_NAMES.get(name.lower(), name)}
    if str(found.get("status")) == "False" and found.get("error") and not found.get("reason"):
        found = {**found, "reason": "Error", "message": found["error"]}  # a field of a few controllers' own
    if "status" in found or usual["type"] in POSITIVE:
        return {**found, **usual, **({"status": str(found["status"]).capitalize()} if "status" in found else {})}
    # Some controllers list a condition without a status only while it holds.
    return {**found, **usual, "status": "True"}


def _name_of_a_part(found: Tree) -> str:
    """Return the name of a condition that is `condition` of a `component`; "" where there is none."""
    return f"{found.get('component', '')}{found.get('condition', '')}"


def is_hopeless(found: Tree) -> bool:
    """Return whether the reason of a condition means that waiting does not help."""
    reason = str(found.get("reason", "")).lower()
    severity = found.get("severity")
    trouble = severity == "Error" or (severity != "Info" and (bool(TROUBLE.search(reason)) or _complains_alone(found)))
    return str(found.get("status")) == "False" and trouble


def is_at_work_still(found: Tree) -> bool:
    """Return whether a condition is true although its reason is that work is under way, as in `Ready: Progressing`."""
    return str(found.get("status")) == "True" and plain(str(found.get("reason") or "")) in WORK_ITSELF


def contradicts_itself(body: Tree) -> bool:
    """Return whether the summary of an object is true although its reason is that work is under way."""
    return any(is_at_work_still(stated(body, name)) for name in SUMMARIES)


def _complains_alone(found: Tree) -> bool:
    """Return whether the message of a condition tells of a failure, and its reason of no work under way."""
    return complains(found.get("message") or "") and UNDER_WAY.search(plain(str(found.get("reason") or ""))) is None


def last_name(name: str) -> str:
    """Return the name of a condition without a domain before it, and in the form `InProgress`."""
    words = re.split(r"[-_ .]", name.rpartition("/")[2])
    return "".join(word[:1].upper() + word[1:] for word in words)


def meaning_of(name: str, found: Tree) -> HealthWord | None:
    """Return the word for a condition that its name and status suggest, or None where it is as it should be."""
    sign = next((sign for sign in SIGNS if sign[0].search(name)), None)
    if sign is not None:
        return _meaning_of_sign(sign, found)
    status, reason = str(found.get("status")).capitalize(), str(found.get("reason") or "")
    if _tells_of_trouble(name, status, reason, str(found.get("message") or "")):
        return "Degraded"
    if "status" in found and status not in STATUSES:
        return clear_meaning(plain(status))
    if status == "True":
        return "Degraded" if is_plainly_bad(reason) and not reason.startswith("No") else None
    return _meaning_of_unmet(name, status, reason)


def _meaning_of_unmet(name: str, status: str, reason: str) -> HealthWord | None:
    if status == "False" and PAUSED.search(plain(reason)):
        return "Suspended"
    if AS_EXPECTED in plain(reason):
        return None
    waits = UNDER_WAY.search(plain(reason)) is not None and not reason.startswith("No")
    if status == "False" and not waits and IS_A_FINDING.search(name):
        return "Degraded"
    return "Progressing" if waits or SHOULD_BE_TRUE.search(name) or IS_A_STEP.search(name) else None


def _meaning_of_sign(sign: tuple[re.Pattern[str], str, HealthWord], found: Tree) -> HealthWord | None:
    pattern, unwell, word = sign
    status = str(found.get("status")).capitalize()
    if pattern is IS_WORK:
        return _meaning_of_work(status, found)
    if pattern is SPEAKS_OF_TROUBLE and status == "Unknown":
        return "Unknown"
    if status != unwell:
        complains_still = pattern is SPEAKS_OF_TROUBLE and BEGINS_WITH_ERROR.search(str(found.get("message")))
        return "Degraded" if complains_still else None
    return _meaning_of_named_trouble(str(found.get("reason") or "")) if pattern is SPEAKS_OF_TROUBLE else word


def _meaning_of_work(status: str, found: Tree) -> HealthWord | None:
    if is_hopeless(found):
        return "Degraded"
    # Progressing may stay true once the work is done.
    is_done = status == "True" and tells_of_success(str(found.get("reason") or ""))
    return None if is_done or status == "False" else "Progressing"


def _meaning_of_named_trouble(reason: str) -> HealthWord | None:
    if IS_DENIED.search(reason):
        return None
    if tells_of_success(reason):
        return "Unknown"  # the name and the reason contradict each other
    # What is not ready because it is being made will be ready.
    return "Progressing" if _tells_of_work(reason) else "Degraded"


def _tells_of_trouble(name: str, status: str, reason: str, message: str) -> bool:
    if clear_meaning(plain(status)) == "Degraded":
        return True  # a few controllers write a word of their own instead of False
    # A reason of trouble means trouble with either status, but for what should be true and is.
    if TROUBLE.search(reason.lower()) and not reason.startswith("No"):
        return status == "False" or (status == "True" and not SHOULD_BE_TRUE.search(name))
    return status == "False" and not reason and complains(message)


def unclear(listed: Iterable[Tree]) -> Tree | None:
    """Return a condition of which nobody knows whether it is good news, where no other condition vouches for the
    object; else None.
    """
    claims = [found for found in listed if found.get("type")]
    if any(VOUCHES.search(_name_of(found)) and _is_true(found) for found in claims):
        return None
    return next((found for found in claims if not _is_sign(_name_of(found)) and not is_good_news(found)), None)


def is_good_news(found: Tree) -> bool:
    """Return whether a condition is known to be good news: by its reason, or because it is true and by its name."""
    if _has_good_reason(found):
        return True
    name = _name_of(found)
    is_named_so = any(names.search(name) for names in (SHOULD_BE_TRUE, IS_A_STEP, IS_AN_ABILITY, SPEAKS_OF_NO_TROUBLE))
    return _is_true(found) and (is_named_so or is_good(plain(str(found.get("status")))))


def _has_good_reason(found: Tree) -> bool:
    # A reason that repeats the name, as in `Running: True, reason: Running`, gives no reason.
    reason = plain(str(found.get("reason") or ""))
    return reason != plain(_name_of(found)) and (is_good(reason) or tells_of_success(reason))


def _name_of(found: Tree) -> str:
    return last_name(str(found.get("type")))


def _is_true(found: Tree) -> bool:
    status = str(found.get("status"))
    return status == "True" or is_good(plain(status))


def is_work(name: str) -> bool:
    """Return whether a condition of this name is true while work is under way."""
    return IS_WORK.search(name) is not None


def _is_sign(name: str) -> bool:
    return any(sign[0].search(name) for sign in SIGNS)


def _tells_of_work(reason: str) -> bool:
    return UNDER_WAY.search(plain(reason)) is not None and TROUBLE.search(reason.lower()) is None


def stated(body: Tree, type: str) -> Tree:
    """Return the condition of a type, whichever generation it is about, or an empty mapping where there is none."""
    for condition in get(body, ("status", "conditions")) or ():
        if isinstance(condition, dict) and condition.get("type") == type:
            return condition
    return {}


def said_by(state: Tree) -> str:
    """Return `Reason: message`, or whichever of the two exists."""
    said = (str(state.get(key) or "") for key in ("reason", "message"))
    return one_line(": ".join(text for text in said if text)) or f"{state.get('type')} is {state.get('status')}"
