"""The words with which controllers tell of an object: of success, of work under way, of trouble. Pure.

Controllers write them in many forms: `Deploy_Failed`, `deploy-failed`, `DeployFailed`. All are compared in one form.
"""

import re
from typing import Any

from penstock.cluster import HealthWord
from penstock.regex import regex

GOOD = frozenset(
    (
        *("ready", "running", "active", "available", "healthy", "bound", "deployed", "synced", "valid", "exists"),
        *("succeeded", "succeed", "success", "successful", "complete", "completed", "finished", "done", "created"),
        *("provisioned", "operational", "green", "ok", "online", "normal", "enabled", "up", "open", "attached"),
        *("connected", "accepted", "installed", "compliant", "happy", "passed", "pass", "established", "registered"),
        *("applied", "released", "loaded", "propagated", "reconciled", "stable", "realized", "uptodate", "insync"),
        *("listening", "serving", "working", "watching", "monitoring", "streaming", "operating", "steady"),
        *("live", "published", "verified", "issued", "joined", "mounted", "inuse", "enforced", "protected"),
        *("allocated", "assigned", "claimed", "enrolled", "unsealed"),
    )
)
ENDS_WELL = regex(
    r"(?<!in)completed?$|(?<!un)succe(eded|ssful)$|(?<!un)(?<!not)finished$|(?<!not)(?<!still)(cluster|all)running$|(?<!un)(?<!not)(?<!partially)(?<!less)healthy$"
)
"""The ends of longer words of success, such as `CREATE_COMPLETE`."""

ENDED_WELL = frozenset(("succeeded", "succeed", "success", "successful"))
"""Words of a task that has come to a good end. That it is done, or complete, does not tell how."""

AT_WORK = frozenset(("running", "started", "executing", "new", "inprogress", "scheduled", "submitted", "accepted"))
"""Words of a task that has not come to its end, although they are good news of anything that runs for ever."""

PAUSED = regex(r"paus|suspend|hibernat|^(stopped|locked|disabled|cordoned|halted|quiesced|sleeping|asleep)$")
UNDER_WAY = regex(
    r"pending|progress|provisioning|creating|connecting|initiali|updating|upgrading|deploying|waiting|queued|starting"
    r"|installing|scaling|partial|^requested$|reconciling|building|bootstrap|restarting|validating|migrating|syncing|rollingout"
    r"|^(not|un)(ready|reconciled|synced|deployed|started|initialized|provisioned|bound|attached|scheduled|registered|assigned|allocated|programmed|established|published)"
    r"|^(yellow|amber|orange|dormant)$|^in(execution|flight|creation|deletion|transition)$|yet$"
)
BAD = regex(
    r"fail(?!(ing|ed)?over)|error|err$|panic|invalid|degraded|fault(?!s?$)|unavailable|unhealthy|crash|offline|broken|corrupt|stuck|expired"
    r"|conflict|reject|denied|abort|cancel|timeout|timedout|misconfigured|critical|noncompliant|inactive|inconclusive"
    r"|warning|abnormal|outage|disconnected|unreachable|partial(ly)?succe|rolledback|rollback|imagepull|oomkilled|unschedulable|evicted|outofsync|orphaned|unauthorized|forbidden|exhausted"
    r"|^(warn|red|lost|down|dead|fatal|notok|nok|ko|stale|sealed|ignored|nothealthy|preempted|alert|alerting|firing)$|inconsistent|cannot|not.{0,20}correctly"
)
AT_REST = regex(
    "^(unknown|undefined|none|empty|idle|standby|primary|secondary|leader|follower|replica|free|unused|unclaimed|closed|drained"
    "|skipped|archived|obsolete|superseded|retired|decommissioned|notapplicable)$"
)
"""Words that tell of no work under way, so that nothing is worth waiting for, and of neither success nor trouble: they
are right for one kind and wrong for another."""

MEANINGS: tuple[tuple[HealthWord, re.Pattern[str]], ...] = (
    ("Degraded", BAD),
    ("Suspended", PAUSED),
    ("Missing", regex("^(notfound|missing)$")),
    ("Unknown", AT_REST),
)
"""The health that a word about the whole object means, the first that fits; any other word means Progressing."""

PLAINLY_BAD = regex(
    r"(failed|failure|errors?|errored|fatal|crashloopbackoff|imagepullbackoff|errimagepull|noncompliant|unhealthy|degraded"
    r"|rejected|invalid|unreachable|oomkilled|corrupted|aborted|timedout|^err)$"
)
"""The ends of words that mean trouble in whatever field they stand."""

TROUBLE = regex(
    r"fail(?!(ing|ed)?over)|error|panic|could.?nt|cannot|invalid|notfound|missing|denied|unhealthy|rejected|conflict|abort|nomatch|unsupported|notsupported"
    r"|notallowed|notpermitted|notreachable|unreachable|forbidden|unauthorized|timeout|timedout|refused|cancel|exceed|expired|ignored"
    r"|crash|insufficient|notsufficient|degraded|pressure|unable|backoff|blocked|drift|quorumlost|offline|critical|toolong"
    r"|disconnect|mismatch|notmatch|incompatible|exhausted|limitreached|misconfig|malformed|unresolved|nosuch|lost$"
    r"|fault(?!s?tol)|broken|corrupt|stuck|killed|evicted|revoked|interrupted|notenabled|undefined|outofsync"
    r"|^no.*(fit|capacity|suitable|candidate|match(ed|es)?$)|overridden|incycle|cyclic|circular|cycledetected|misplaced|halted$|(?<!be)(?<!self)deleted$|unexpected|unknown(?=.)|^err[^o]|expir(?!y)|dead(?!line$)|violat|(server|service|backend|upstream|endpoint|api|database)unavailable"
)
"""Parts of a reason that show that waiting does not help."""

IS_DONE = regex(r"(?i)(?<!in)(?<!not)complet|(?<!un)succe|(?<!un)(?<!not)available|finish|asexpected|uptodate")
"""Parts of reasons that tell that work has been done."""

STEADY = frozenset(
    (
        *("running", "listening", "serving", "working", "streaming", "replicating", "following", "leading", "existing"),
        *("polling", "watching", "operating", "functioning", "consuming", "enforcing", "passing", "receiving"),
        *("monitoring", "managing", "missing", "failing", "nothing", "string", "ping"),
    )
)
"""Words that end like those of work under way, and tell of none."""

WORK = regex(r"^[a-z]{3,30}ing$")

COMPLAINS = regex(
    r"(?i)\bErr[A-Z]\w*|\b(fail(ed|ure|s|ing)?|errors?|cannot|can't|could not|couldn't|unable to|denied|forbidden"
    r"|unauthorized|invalid|not found|timed? ?out|unreachable|refused|rejected|exceeded|conflicts?|mismatch"
    r"|crash(ed|es|ing)?|expired|unhealthy|degraded|disconnected|insufficient|unsupported"
    r"|not (allowed|permitted|supported|enough))\b"
)
COMPLAINS_OF_NOTHING = regex(
    r"(?i)\b(no|0|without|zero|any) (\w+ )?(fail(ure|ed)?s?|errors?|conflicts?|mismatch|expired|unhealthy|degraded)\b"
    r"|\bcannot\b.{0,60}\buntil\b"
)

STUCK = (
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
)
"""The reasons of a waiting container that only a person can help."""

LONGEST_WORD = 40
"""How long a value may be, in characters, that is taken for a word."""


def plain(text: str) -> str:
    """Return a word in lower case, without what joins its parts and without a prefix that is the field's name."""
    word = re.sub(r"[ _-]", "", text.lower())
    return re.sub(r"^(state|status|phase|health(?!y))(?=.)", "", word)


def meaning(word: str) -> HealthWord:
    """Return what a plain word means that tells of the whole object."""
    if word.startswith("waitfor"):
        return "Progressing"
    return next((meaning for meaning, pattern in MEANINGS if pattern.search(word)), "Progressing")


def is_good(word: str) -> bool:
    """Return whether a plain word tells of success."""
    return word in GOOD or (ENDS_WELL.search(word) is not None and BAD.search(word) is None)


def tells_of_success(text: str) -> bool:
    """Return whether a reason or a sentence tells of work that has been done, and of no trouble."""
    return IS_DONE.search(text) is not None and TROUBLE.search(text.lower()) is None


def is_switched_off(word: str) -> bool:
    """Return whether a plain word tells that something is not in use, which a part of an object need not be."""
    return word in ("disabled", "stopped", "sleeping", "asleep", "halted")


def clear_meaning(word: str) -> HealthWord | None:
    """Return what a plain word means wherever it stands, or None where it tells nothing by itself."""
    found = meaning(word)
    return found if found in ("Degraded", "Suspended", "Missing") or UNDER_WAY.search(word) else None


def tells_of_work(word: str) -> bool:
    """Return whether a plain word of a part tells of work under way: `inspecting`, `planning`."""
    return UNDER_WAY.search(word) is not None or (WORK.search(word) is not None and word not in STEADY)


def is_plainly_bad(value: Any) -> bool:
    """Return whether a value is one word that means trouble in whatever field it stands."""
    if not isinstance(value, str) or len(value) > LONGEST_WORD or " " in value:
        return False
    return PLAINLY_BAD.search(plain(value)) is not None


def complains(text: Any) -> bool:
    """Return whether a sentence tells of a failure."""
    said = str(text)[:1000]
    return COMPLAINS.search(said) is not None and COMPLAINS_OF_NOTHING.search(said) is None
