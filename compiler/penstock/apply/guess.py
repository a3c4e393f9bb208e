"""Guesses the health of an object of a kind without rules, by the names and words that most controllers use. Pure.

The summary of most controllers is a condition such as `Ready`. Where there is none, anything in the status that speaks
of trouble or of work under way counts, so that an object which reports a problem is never called Healthy: other
conditions (also those of parts of the object), words such as `phase`, flags such as `valid: false`, texts of errors,
and numbers of replicas. Plain signs of trouble count beside a good summary, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import filterfalse
from typing import Any

from penstock.apply.amounts import (
    ATTEMPTS,
    MAX_DEPTH,
    OF_ANOTHER_TIME,
    failures,
    is_at_work,
    not_whole_yet,
    parts_of,
    short_parts,
    shortfall,
    unfinished,
)
from penstock.apply.conditions import (
    ENDS,
    NEGATIVE,
    POSITIVE,
    STATUSES,
    SUMMARIES,
    in_usual_form,
    is_at_work_still,
    is_hopeless,
    is_work,
    last_name,
    meaning_of,
    unclear,
)
from penstock.apply.evidence import doubt
from penstock.apply.failure import one_line
from penstock.apply.generations import behind_by_other_fields, of_the_past
from penstock.apply.inner import (
    WORD_FIELD,
    WORD_FIELDS,
    broken_members,
    by_inner_words,
    by_the_last_error,
    by_the_last_time,
)
from penstock.apply.judge import condition, is_outdated, status_of, words_in, words_of
from penstock.apply.shape import mappings
from penstock.apply.signs import by_sentences, error_in, flag_in, is_still_running, newer_failure
from penstock.apply.vocabulary import (
    AT_WORK,
    ENDED_WELL,
    TROUBLE,
    clear_meaning,
    is_good,
    meaning,
    plain,
    tells_of_work,
)
from penstock.cluster import Health, HealthWord
from penstock.kubernetes import group_kind
from penstock.model import Tree

TASK = re.compile(
    r"(?<!Cron)(?<!Scaled)(Job|Run|Task|Workflow|Backup|Restore|Promotion|Migration|Experiment|Snapshot|Execution|Operation"
    r"|OpsRequest|Upgrade|Rollback|Analysis|Export|Import|Clone|Upload|Download|Rebalance|Trial|Build|Action|Scan|Request"
    r"|Prune|Archive|Release|Maintenance|Remediation)$"
)
"""The ends of names of kinds whose objects come to an end, so that one that still runs is not done."""

REPEATS = re.compile(r"Cron|Schedule")
"""Parts of names of kinds that start one task after the other, and may count how many have failed since ever."""

VOUCHING = (*SUMMARIES, "Available", "Succeeded", *ENDS)
"""Conditions that tell of the whole object, so that others of which nothing is known need not be understood."""

UP_TO_DATE = ("UpToDate", "Updated", "InSync", "RolledOut")
"""Conditions that tell whether an object that is ready has what was asked for last."""

BEGUN = ("Progressing", "Running", "Started", "InProgress")
"""Conditions of a task that is at work."""

ORDER: tuple[HealthWord, ...] = ("Degraded", "Unknown", "Missing", "Suspended", "Progressing")
"""Which of several words counts."""


def guess(body: Tree) -> Health | None:
    """Return the health that the status of a kind without rules suggests, or None where it says nothing."""
    body = in_usual_form(body)
    found = behind_by_other_fields(body) or _by_trouble(body) or _by_summary(body)
    return found or _by_the_rest(body) or _by_little(body) or doubt(body, _status_of(body))


def _by_trouble(body: Tree) -> Health | None:
    trouble = next((name for name in NEGATIVE if status_of(body, name) == "True" and not _is_over(body, name)), None)
    trouble = trouble or next((name for name in ENDS if _has_failed(condition(body, name))), None)
    return Health("Degraded", words_of(body, trouble)) if trouble else None


def _is_over(body: Tree, name: str) -> bool:
    # Some controllers append what they report: an object was NotReady before it became Ready.
    return name == "NotReady" and _is_true(body, ("Ready",))


def _has_failed(end: Tree) -> bool:
    return str(end.get("status")) == "True" and bool(TROUBLE.search(str(end.get("reason", "")).lower()))


def _by_summary(body: Tree) -> Health | None:
    """Return the health of an object of which a condition that should be true is not, else None."""
    # A condition that is Unknown counts as unmet, too.
    unmet = [name for name in POSITIVE if status_of(body, name) not in ("", "True")]
    if not unmet:
        return None
    word: HealthWord = "Degraded" if _has_fallen_ill(body) else "Progressing"
    return _past_help(body, unmet) or Health(word, words_of(body, unmet[0]))


def _has_fallen_ill(body: Tree) -> bool:
    """Return whether an object is ready, and not healthy: it has come up before, so this is no work under way."""
    state = condition(body, "Healthy")
    is_ill = state.get("status") == "False" and _is_true(body, ("Ready", "Available"))
    return is_ill and not tells_of_work(plain(str(state.get("reason", ""))))


def _past_help(body: Tree, unmet: list[str]) -> Health | None:
    """Return why an object whose summary is not met does not become well by itself, or None."""
    status = _status_of(body)
    hopeless = [Health("Degraded", words_of(body, name)) for name in unmet if is_hopeless(condition(body, name))]
    reasons = (_by_conditions(body), hopeless, _by_words(body, status), _by_trouble_in_fields(body, status))
    return next(filter(None, map(_worst_past_help, reasons)), None)


def _worst_past_help(found: Iterable[Health]) -> Health | None:
    return _worst([health for health in found if health.word in ("Degraded", "Suspended")])


def _by_trouble_in_fields(body: Tree, status: Tree) -> Iterator[Health]:
    yield from (health for health in _by_fields(body, status) if health.word == "Degraded")


def _by_the_rest(body: Tree) -> Health | None:
    status = _status_of(body)
    found = list(_by_words(body, status))
    if _has_ended_well(body, found):
        # What failed on the way, such as a step that was tried again, is of the past.
        return Health("Healthy")
    others = [*_by_conditions(body), *_by_parts(body, status), *_by_fields(body, status)]
    if _is_true(body, SUMMARIES):
        # What sums up an object has the last word about work under way, not about trouble that stands beside it.
        others = [health for health in others if health.word in ("Degraded", "Suspended")]
        others += by_the_last_error(status)
        others += [health for health in _by_conditions(body, is_work) if health.word == "Progressing"]
        others += [Health("Progressing", said) for said in _work_beside_a_summary(body, status)]
    return _worst(found + others) or (Health("Healthy") if _is_true(body, VOUCHING) else None)


def _work_beside_a_summary(body: Tree, status: Tree) -> Iterator[str]:
    """Yield what is not complete by numbers, which count beside any word, and whether a task has not ended."""
    yield from (news.reason for news in broken_members(status) if news.word == "Progressing")
    yield from (words_of(body, name) for name in SUMMARIES if is_at_work_still(condition(body, name)))
    late = next((name for name in UP_TO_DATE if status_of(body, name) == "False"), "")
    found = (shortfall(status, _spec_of(body)), unfinished(status), next(short_parts(status), ""), _begun(body))
    yield from filter(None, (*found, late and words_of(body, late)))


def _has_ended_well(body: Tree, words: list[Health]) -> bool:
    """Return whether an object is a task whose words say that it has come to a good end, and nothing else."""
    is_task = _is_task(body)
    said = {plain(value) for field in WORD_FIELDS if isinstance(value := _status_of(body).get(field), str)}
    return is_task and bool(said & ENDED_WELL) and all(health.word == "Healthy" for health in words)


def _by_little(body: Tree) -> Health | None:
    """Return the health of an object whose status has nothing but sentences and times."""
    status = _status_of(body)
    said = by_sentences(status) or _task_under_way(body, status) or _worst(list(by_the_last_time(status)))
    if said:
        return said
    # A controller that has looked at the object has something to report.
    is_empty = status.get("conditions") == [] and all(value in (None, "", [], {}) for value in status.values())
    return Health("Progressing", "its controller has not reported yet") if is_empty else None


def _task_under_way(body: Tree, status: Tree) -> Health | None:
    if not _is_task(body):
        return None
    if is_still_running(status) or _begun(body):
        return Health("Progressing", "it has started, and not ended yet")
    return Health("Progressing", "it is at work") if is_at_work(status) else None


def _status_of(body: Tree) -> Tree:
    status = body.get("status")
    return status if isinstance(status, dict) else {}


def _spec_of(body: Tree) -> Tree:
    spec = body.get("spec")
    return spec if isinstance(spec, dict) else {}


def _is_true(body: Tree, names: Iterable[str]) -> bool:
    return any(status_of(body, name) == "True" for name in names)


def _worst(found: list[Health]) -> Health | None:
    """Return the word that counts most, or None where nothing was found."""
    unwell = [health for word in ORDER for health in found if health.word == word]
    return next(iter((*unwell, *found)), None)


# --- words


def _by_words(body: Tree, status: Tree) -> Iterator[Health]:
    """Yield the health that the words about the whole object mean."""
    is_task = _is_unfinished_task(body)
    for field in WORD_FIELDS:
        value = status.get(field)
        if isinstance(value, str) and value:
            word, said = plain(value), f"its {field} is {one_line(value)}"
            if is_task and word in AT_WORK:
                yield Health("Progressing", said)
            # A word of the kind's own, such as Primary, tells of no work under way where all work is done.
            elif is_good(word) or (not clear_meaning(word) and _is_true(body, (*ENDS, *SUMMARIES, "Available"))):
                yield Health("Healthy")
            else:
                yield Health(meaning(word), said)


def _begun(body: Tree) -> str:
    """Return that a task is at work by its conditions, or "". Some call a task Ready as soon as it has begun."""
    at_work = _is_unfinished_task(body) and _is_true(body, BEGUN)
    return "it has begun, and not ended yet" if at_work else ""


def _is_task(body: Tree) -> bool:
    return TASK.search(group_kind(body)[1]) is not None


def _is_unfinished_task(body: Tree) -> bool:
    return _is_task(body) and not _is_true(body, (*ENDS, "Succeeded", "Successful"))


def _work_in(body: Tree, status: Tree, with_lists: bool) -> Iterator[str]:
    """Yield what tells of work under way: numbers that disagree, what waits, and words of a task that has not ended."""
    waiting = unfinished(status) if with_lists else ""
    share = not_whole_yet(status) if with_lists else ""
    yield from filter(None, (shortfall(status, _spec_of(body)), waiting, share))
    if _is_unfinished_task(body):
        yield from (f"{name} is {one_line(value)}" for name, value in _words_of_work(status))


def _words_of_work(status: Tree, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the fields whose word tells that a task is at work, such as `jobStatus: JobRunning`."""
    for name, value in status.items():
        if isinstance(value, dict) and depth < MAX_DEPTH and not OF_ANOTHER_TIME.search(str(name)):
            yield from ((f"{name}.{inner}", said) for inner, said in _words_of_work(value, depth + 1))
        elif isinstance(value, str) and WORD_FIELD.search(str(name)) and _tells_of_work(value):
            yield str(name), value


def _tells_of_work(value: str) -> bool:
    word = plain(value)
    return word in AT_WORK or word.endswith("running")


# --- conditions


def _by_conditions(body: Tree, is_meant: Callable[[str], bool] = bool) -> Iterator[Health]:
    """Yield the health that conditions mean which do not sum up the whole object."""
    first: dict[str, Tree] = {}
    for listed in mappings(_status_of(body).get("conditions")):
        first.setdefault(str(listed.get("type")), listed)
    for name, found in first.items():
        if is_outdated(body, found) or _is_over(body, name) or not is_meant(last_name(name)):
            continue
        word = meaning_of(last_name(name), found)
        if word:
            yield Health(word, words_in(found, name))


# --- parts


def _by_parts(body: Tree, status: Tree) -> Iterator[Health]:
    """Yield the health that the conditions, errors and replicas of parts of the object mean."""
    for name, value in status.items():
        # A status may hold what was before, or what went wrong last time.
        if name == "conditions" or OF_ANOTHER_TIME.search(str(name)):
            continue
        if str(name).lower().endswith("conditions"):
            for conditions in _lists_of_conditions(value):
                yield from _by_conditions_of_a_part(body, conditions)
        elif _are_conditions(value):
            # Each element is what a condition says of one part, and there may be very many.
            yield from _by_each_condition(str(name), mappings(value))
        else:
            yield from _by_parts_in(body, str(name), value)


def _by_each_condition(name: str, listed: list[Tree]) -> Iterator[Health]:
    for each in listed:
        word = meaning_of(last_name(str(each.get("type"))), each) or ("Unknown" if unclear([each]) else None)
        if word:
            yield Health(word, f"status.{name}: {words_in(each, str(each.get('type')))}")


def _by_parts_in(body: Tree, name: str, value: Any) -> Iterator[Health]:
    for part in parts_of(value):
        yield from _by_part(body, name, part)
        # Parts may be listed by name: racks, members, stores.
        for inner in part.values() if isinstance(value, dict) else ():
            if isinstance(inner, dict):
                yield from _by_part(body, name, inner)
            elif _are_conditions(inner):
                yield from _by_conditions_of_a_part(body, inner)
        for inner in _parts_below(part, 0):
            yield from _by_conditions_of_a_part(body, inner.get("conditions"))


def _parts_below(part: Tree, depth: int) -> Iterator[Tree]:
    """Yield the parts of a part at any depth: each manifest of a bundle, each service in a datacenter."""
    for value in map(part.get, filterfalse(_is_of_another_time, part)):
        for inner in parts_of(value):
            yield inner
            yield from _parts_below(inner, depth + 1) if depth < MAX_DEPTH else ()


def _is_of_another_time(field: object) -> bool:
    """Return whether a field may hold what was before, or what a later element has made good."""
    return field == "conditions" or bool(OF_ANOTHER_TIME.search(str(field)) or ATTEMPTS.search(str(field)))


def _lists_of_conditions(value: Any) -> list[Any]:
    """Return the lists that a field with conditions holds: itself, or one for each name in a mapping."""
    by_name = list(value.values()) if isinstance(value, dict) else []
    return by_name if by_name and all(map(_are_conditions, by_name)) else [value]


def _are_conditions(value: Any) -> bool:
    listed = mappings(value) if isinstance(value, list) else []
    return bool(listed) and all("type" in each and str(each.get("status")).capitalize() in STATUSES for each in listed)


def _by_conditions_of_a_part(body: Tree, conditions: Any) -> Iterator[Health]:
    if not conditions:
        return
    part = {**body, "spec": {}, "status": {"conditions": conditions}}
    found = of_the_past(part) or guess(part)
    if found and found.word != "Healthy":
        yield found


def _by_part(body: Tree, name: str, part: Tree) -> Iterator[Health]:
    if part.get("conditions") == []:
        yield Health("Progressing", f"status.{name} has a part without a report")
    if mappings(part.get("conditions")):
        yield from _by_conditions_of_a_part(body, part["conditions"])
    failed, error = failures(part), error_in(part)
    if failed:
        yield Health("Degraded", f"status.{name}.{failed}")
    if error:
        yield Health("Degraded", f"status.{name} has {error}")


# --- fields


def _by_fields(body: Tree, status: Tree) -> Iterator[Health]:
    """Yield the health that flags, texts of errors, counts, times and words about parts mean."""
    repeats = REPEATS.search(group_kind(body)[1]) is not None
    error, failed = error_in(status), newer_failure(status) or ("" if repeats else failures(status))
    for said in filter(None, (error, failed)):
        yield Health("Degraded", f"status.{said}")
    flag = flag_in(status)
    if flag:
        yield flag
    # A list may hold attempts, of which the last one has succeeded, and a queue always has something that waits.
    with_lists = not any(is_good(plain(str(status.get(field)))) for field in WORD_FIELDS)
    yield from (Health("Progressing", said) for said in _work_in(body, status, with_lists))
    yield from (Health("Progressing", f"status.{said}") for said in short_parts(status))
    yield from by_inner_words(status, "status", 0, with_lists)
    yield from () if with_lists else broken_members(status)
