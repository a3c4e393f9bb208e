"""Jobs and CronJobs.

Source: pkg/apis/batch/validation, validateJobSpec, validatePodFailurePolicy, validateSuccessPolicy.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings, named
from penstock.words import quoted

JOB = "PS450"

API = "PS434"

AREAS = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile"),
        *("Etc", "Europe", "Indian", "Mexico", "Pacific", "US"),
    )
)

ZONES = frozenset(
    (
        *(
            "CET",
            "CST6CDT",
            "Cuba",
            "EET",
            "EST",
            "EST5EDT",
            "Egypt",
            "Eire",
            "Factory",
            "GB",
            "GB-Eire",
            "GMT",
            "GMT+0",
        ),
        *(
            "GMT-0",
            "GMT0",
            "Greenwich",
            "HST",
            "Hongkong",
            "Iceland",
            "Iran",
            "Israel",
            "Jamaica",
            "Japan",
            "Kwajalein",
        ),
        *("Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC"),
        *("ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu"),
    )
)
"""Names of the IANA time zone database: the areas, and zones without one."""


def check_job(value: Tree, at: Pointer) -> Iterator[Fault]:
    mode, count = value.get("completionMode"), value.get("completions")
    failed, parallel = value.get("maxFailedIndexes"), value.get("parallelism")
    if mode == "Indexed" and count is None and parallel is not None:
        yield Fault(
            "PS435", (*at, "completionMode"), 'the field "completions" is needed where "completionMode" is "Indexed"'
        )
    if failed is not None and value.get("backoffLimitPerIndex") is None:
        yield Fault("PS435", (*at, "maxFailedIndexes"), 'the field "backoffLimitPerIndex" is needed beside it')
    if mode != "Indexed" and failed is not None:
        yield Fault("PS434", (*at, "maxFailedIndexes"), "a Job that is not Indexed counts no indexes")
    if mode == "Indexed" and type(failed) is int and type(count) is int and failed > count:
        yield Fault(JOB, (*at, "maxFailedIndexes"), f"{failed} is more than completions, {count}")
    if mode == "Indexed" and type(parallel) is int and parallel > 100_000:
        yield Fault(JOB, (*at, "parallelism"), f"{parallel} is too large for an Indexed Job: at most 100000")
    if value.get("manualSelector") is not True and value.get("selector") not in (None, {}) and value["selector"]:
        yield Fault(
            JOB,
            (*at, "selector"),
            "the selector of a Job is made by the API server",
            "remove it, or set manualSelector: true",
        )
    yield from _failure_policy(value, at)
    yield from _success_policy(value, count, at)


def check_manual_selector(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = mapping(value, ("spec",))
    if spec.get("manualSelector") is True and spec.get("selector") is None:
        yield Fault("PS435", (*at, "spec", "manualSelector"), "the selector is missing")


def check_job_of_cron_job(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The API server sets no defaults in the template of a Job."""
    spec = mapping(value, ("spec",))
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None and spec.get("parallelism") is None:
        message = 'the field "completions" is needed where "completionMode" is "Indexed"'
        yield Fault("PS435", (*at, "spec", "completionMode"), message)
    if spec.get("manualSelector") is True:
        yield Fault(JOB, (*at, "spec", "manualSelector"), "a CronJob makes the selectors of its Jobs")


def _failure_policy(value: Tree, at: Pointer) -> Iterator[Fault]:
    if value.get("podFailurePolicy") is None:
        return
    pod = mapping(value, ("template", "spec"))
    names = named(pod, ("containers",)) | named(pod, ("initContainers",))
    if pod.get("restartPolicy") not in ("Never",):
        place = (*at, "template", "spec", "restartPolicy") if "restartPolicy" in pod else (*at, "podFailurePolicy")
        yield Fault(JOB, place, 'a Job with a podFailurePolicy has the restartPolicy "Never"')
    for here, rule in mappings(value, ("podFailurePolicy", "rules")):
        codes = mapping(rule, ("onExitCodes",))
        name = codes.get("containerName")
        if isinstance(name, str) and name not in names:
            yield Fault(JOB, (*at, *here, "onExitCodes", "containerName"), f"the pod has no container {quoted(name)}")
        numbers = items(codes, ("values",))
        if codes.get("operator") == "In" and any(each in (0, None) for each in numbers if each is not False):
            yield Fault(JOB, (*at, *here, "onExitCodes", "values"), "0 is no failure")
        ordered = [each for each in numbers if type(each) is int]
        if ordered != sorted(set(ordered)):
            yield Fault(JOB, (*at, *here, "onExitCodes", "values"), "the exit codes are not in order, each once")
        if rule.get("action") == "FailIndex" and value.get("backoffLimitPerIndex") is None:
            yield Fault(
                "PS435", (*at, *here, "action"), 'the field "backoffLimitPerIndex" is needed where an index fails'
            )


def _success_policy(value: Tree, count: Any, at: Pointer) -> Iterator[Fault]:
    policy = value.get("successPolicy")
    if not isinstance(policy, dict):
        return
    if not items(policy, ("rules",)):
        yield Fault("PS402", (*at, "successPolicy"), "the policy has no rules")
    for here, rule in mappings(policy, ("rules",)):
        enough, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
        place = (*at, "successPolicy", *here)
        if type(enough) is int and type(count) is int and enough > count:
            yield Fault(JOB, (*place, "succeededCount"), f"{enough} is more than completions, {count}")
        if isinstance(indexes, str) and indexes:
            total = _indexes(indexes, count)
            if total is None:
                yield Fault(
                    JOB,
                    (*place, "succeededIndexes"),
                    f"{quoted(indexes)} is not a list of indexes below {count}",
                    "such as 0,2-4",
                )
            elif type(enough) is int and enough > total:
                yield Fault(JOB, (*place, "succeededCount"), f"{enough} is more than the {total} indexes")


def _indexes(text: str, count: Any) -> int | None:
    """How many indexes a text such as `0,2-4` names, in order and below the number of completions."""
    total, last = 0, -1
    for part in text.split(","):
        low, dash, high = part.partition("-")
        ends = (low, high) if dash else (low, low)
        if not all(each.isascii() and each.isdigit() and len(each) < 12 for each in ends):
            return None
        first, end = int(ends[0]), int(ends[1])
        if first <= last or end < first or (type(count) is int and end >= count) or (dash and end == first):
            return None
        total, last = total + end - first + 1, end
    return total


def check_time_zone(value: Tree, at: Pointer) -> Iterator[Fault]:
    zone = value.get("timeZone")
    if isinstance(zone, str) and not _is_time_zone(zone):
        yield Fault("PS406", (*at, "timeZone"), f"{quoted(zone)} is not a time zone", "such as Europe/Berlin")


def _is_time_zone(name: str) -> bool:
    area, slash, place = name.partition("/")
    if not slash:
        return name in ZONES
    return area in AREAS and all(part[:1].isupper() and part.replace("_", "").isascii() for part in place.split("/"))


CHECKS = {
    "job": check_job,
    "selector of a job": check_manual_selector,
    "job of a cron job": check_job_of_cron_job,
    "time zone": check_time_zone,
}
