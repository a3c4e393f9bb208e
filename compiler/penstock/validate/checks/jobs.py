"""Jobs and CronJobs.

Source: pkg/apis/batch/validation, validateJobSpec, validatePodFailurePolicy, validateSuccessPolicy.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number, integer_of, items, mapping, mappings, named, text_of
from penstock.validate.parameters import selects
from penstock.validate.time_zones import is_time_zone
from penstock.words import quoted

JOB = "PS450"

API = "PS434"

COMPLETIONS = 'the field "completions" is needed where "completionMode" is "Indexed"'


def check_job(value: Tree, at: Pointer) -> Iterator[Fault]:
    if value.get("completionMode") == "Indexed":
        yield from _indexed(value, at)
    elif value.get("maxFailedIndexes") is not None:
        yield Fault("PS434", (*at, "maxFailedIndexes"), "a Job that is not Indexed counts no indexes")
    if value.get("maxFailedIndexes") is not None and value.get("backoffLimitPerIndex") is None:
        yield Fault("PS435", (*at, "maxFailedIndexes"), 'the field "backoffLimitPerIndex" is needed beside it')
    if value.get("podFailurePolicy") is not None:
        yield from _failure_policy(value, at)
    if isinstance(value.get("successPolicy"), dict):
        yield from _success_policy(value["successPolicy"], value.get("completions"), (*at, "successPolicy"))


def _indexed(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a Job whose pods have indexes."""
    if value.get("completions") is None and value.get("parallelism") is not None:
        yield Fault("PS435", (*at, "completionMode"), COMPLETIONS)
    failed, count = integer_of(value, "maxFailedIndexes"), integer_of(value, "completions")
    if failed is not None and count is not None and failed > count:
        yield Fault(JOB, (*at, "maxFailedIndexes"), f"{failed} is more than completions, {count}")
    parallel = integer_of(value, "parallelism")
    if parallel is not None and parallel > 100_000:
        yield Fault(JOB, (*at, "parallelism"), f"{parallel} is too large for an Indexed Job: at most 100000")
    if value.get("backoffLimitPerIndex") is not None and count is not None and count > MOST_INDEXES:
        yield from _many_indexes(value, failed, parallel, at)


MOST_INDEXES, MOST_OF_MANY = 100_000, 10_000
"""The number of indexes from which a Job with a limit for each of them must bound failures and parallelism, and the
highest bound.
"""


def _many_indexes(value: Tree, failed: int | None, parallel: int | None, at: Pointer) -> Iterator[Fault]:
    if value.get("maxFailedIndexes") is None:
        message = f'the field "maxFailedIndexes" is needed beside more than {MOST_INDEXES} completions'
        yield Fault("PS435", (*at, "completions"), message)
    for field, number in (("maxFailedIndexes", failed), ("parallelism", parallel)):
        if number is not None and number > MOST_OF_MANY:
            message = f"{number} is too large for more than {MOST_INDEXES} completions: at most {MOST_OF_MANY}"
            yield Fault(JOB, (*at, field), message)


def check_manual_selector(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = mapping(value, ("spec",))
    if spec.get("manualSelector") is not True:
        yield from _made_labels(value, at)
        yield from _own_selector(value, at)
    if spec.get("manualSelector") is True and spec.get("selector") is None:
        yield Fault("PS435", (*at, "spec", "manualSelector"), "the selector is missing")


def _own_selector(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that a selector chooses the pods of the Job beside that of the API server.

    It has to do so by the labels that the server gives them, and by all their labels.
    """
    name = text_of(mapping(value, ("metadata",)), "name")
    made = {
        f"{prefix}{label}": text for prefix in PREFIXES for label, text in (("controller-uid", UID), ("job-name", name))
    }
    labels = mapping(value, ("spec", "template", "metadata", "labels"))
    selector = mapping(value, ("spec", "selector"))
    if not (selects(selector, made) and selects(selector, {**labels, **made})):
        message = "the selector of a Job is made by the API server"
        yield Fault(JOB, (*at, "spec", "selector"), message, "remove it, or set manualSelector: true")


PREFIXES = ("", "batch.kubernetes.io/")
UID = "\0"
"""Stands for the unique id of a Job, which no selector can name."""


def _made_labels(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the labels of the pods of a Job that the API server sets to another value."""
    labels = mapping(value, ("spec", "template", "metadata", "labels"))
    name, place = text_of(mapping(value, ("metadata",)), "name"), (*at, "spec", "template", "metadata", "labels")
    for prefix in PREFIXES:
        if f"{prefix}controller-uid" in labels:
            message = "the API server makes this label, and its value is not known before"
            yield Fault(JOB, (*place, f"{prefix}controller-uid"), message, "remove it")
        given = text_of(labels, f"{prefix}job-name")
        if given and name and given != name:
            yield Fault(JOB, (*place, f"{prefix}job-name"), f"the API server sets it to {quoted(name)}", "remove it")


def check_job_of_cron_job(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the template of a Job, in which the API server sets no defaults."""
    spec = mapping(value, ("spec",))
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None and spec.get("parallelism") is None:
        yield Fault("PS435", (*at, "spec", "completionMode"), COMPLETIONS)
    if spec.get("manualSelector") is True:
        yield Fault(JOB, (*at, "spec", "manualSelector"), "a CronJob makes the selectors of its Jobs")
    if spec.get("selector") is not None:
        yield Fault(JOB, (*at, "spec", "selector"), "the selector of a Job is made by the API server", "remove it")


def _failure_policy(value: Tree, at: Pointer) -> Iterator[Fault]:
    pod = mapping(value, ("template", "spec"))
    if pod.get("restartPolicy") != "Never":
        place = (*at, "template", "spec", "restartPolicy") if "restartPolicy" in pod else (*at, "podFailurePolicy")
        yield Fault(JOB, place, 'a Job with a podFailurePolicy has the restartPolicy "Never"')
    names = named(pod, ("containers",)) | named(pod, ("initContainers",))
    for here, rule in mappings(value, ("podFailurePolicy", "rules")):
        yield from _exit_codes(mapping(rule, ("onExitCodes",)), names, (*at, *here, "onExitCodes"))
        if rule.get("action") == "FailIndex" and value.get("backoffLimitPerIndex") is None:
            message = 'the field "backoffLimitPerIndex" is needed where an index fails'
            yield Fault("PS435", (*at, *here, "action"), message)


def _exit_codes(codes: Tree, names: set[str], at: Pointer) -> Iterator[Fault]:
    name, numbers = codes.get("containerName"), [*map(as_number, items(codes, ("values",)))]
    if isinstance(name, str) and name not in names:
        yield Fault(JOB, (*at, "containerName"), f"the pod has no container {quoted(name)}")
    if codes.get("operator") == "In" and any(each in (0, None) for each in numbers if each is not False):
        yield Fault(JOB, (*at, "values"), "0 is no failure")
    # A null in a list of integers is 0 for the server.
    ordered = [each or 0 for each in numbers if each is None or type(each) is int]
    if ordered != sorted(set(ordered)):
        yield Fault(JOB, (*at, "values"), "the exit codes are not in order, each once")


def _success_policy(policy: Tree, count: Any, at: Pointer) -> Iterator[Fault]:
    if not items(policy, ("rules",)):
        yield Fault("PS402", at, "the policy has no rules")
    for here, rule in mappings(policy, ("rules",)):
        yield from _success(rule, count, (*at, *here))


def _success(rule: Tree, count: Any, at: Pointer) -> Iterator[Fault]:
    enough, indexes = integer_of(rule, "succeededCount"), text_of(rule, "succeededIndexes")
    if enough is not None and type(count) is int and enough > count:
        yield Fault(JOB, (*at, "succeededCount"), f"{enough} is more than completions, {count}")
    if not indexes:
        return
    total = _indexes(indexes, count)
    if total is None:
        message = f"{quoted(indexes)} is not a list of indexes below {count}"
        yield Fault(JOB, (*at, "succeededIndexes"), message, "such as 0,2-4")
    elif enough is not None and enough > total:
        yield Fault(JOB, (*at, "succeededCount"), f"{enough} is more than the {total} indexes")


def _indexes(text: str, count: Any) -> int | None:
    """Return how many indexes a text such as `0,2-4` names.

    The result is None where the indexes are not in order, or reach the number of completions.
    """
    total, last = 0, -1
    for part in text.split(","):
        ends = _ends(part)
        if ends is None or ends[0] <= last or (type(count) is int and ends[1] >= count):
            return None
        total, last = total + ends[1] - ends[0] + 1, ends[1]
    return total


def _ends(part: str) -> tuple[int, int] | None:
    """Return the first and the last index of `3` or `2-4`, or None where the text is neither."""
    low, dash, high = part.partition("-")
    ends = [_without_zeros(each) for each in ((low, high) if dash else (low, low))]
    if not all(each.isascii() and each.isdigit() and len(each) < 12 for each in ends):
        return None
    first, last = map(int, ends)
    return None if last < first or (dash and last == first) else (first, last)


def _without_zeros(number: str) -> str:
    """Return the digits of a number without the zeros at its start, of which there may be any number."""
    return number.lstrip("0") or number[-1:]


def check_time_zone(value: Tree, at: Pointer) -> Iterator[Fault]:
    zone = value.get("timeZone")
    if isinstance(zone, str) and not is_time_zone(zone):
        yield Fault("PS406", (*at, "timeZone"), f"{quoted(zone)} is not a time zone", "such as Europe/Berlin")


CHECKS = {
    "job": check_job,
    "selector of a job": check_manual_selector,
    "job of a cron job": check_job_of_cron_job,
    "time zone": check_time_zone,
}
