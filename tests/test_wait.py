"""What a sync says of an object that leaves while it is waited for: how it has ended, if that was seen."""

import math
from typing import Any, cast

import pytest

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.kinds import Kind
from penstock.apply.wait import Bounds, _Wait
from penstock.model import ResourceId, Tree

GONE = Failure("never", 404, "NotFound", "jobs.batch is not found")
JOB: Tree = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "x", "generation": 1}}
KEY = ResourceId("batch", "Job", "x", "a")
KIND = Kind("batch", "v1", "Job", "jobs", namespaced=True, has_status=True)
DELETING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


class Answers:
    """A client that passes on what it is given."""

    def about_object(self, answer: Any) -> Any:
        return answer


def job(ended: str = "", *, lives_on: bool = False, metadata: Tree | None = None) -> Tree:
    spec = {} if lives_on else {"ttlSecondsAfterFinished": 0}
    conditions = [{"type": ended, "status": "True", "reason": "Why"}] if ended else []
    status = {"active": 0 if ended else 1, "conditions": conditions}
    return {**JOB, "metadata": {**JOB["metadata"], **(metadata or {})}, "spec": spec, "status": status}


@pytest.mark.parametrize(("answers", "word"), [
    ([job(), job("Complete"), GONE], "Healthy"),
    ([job(), job("Complete"), job("Complete", metadata=DELETING), GONE], "Healthy"),
    ([job(), job("Complete", metadata=DELETING)], "Healthy"),
    ([job(), job("Failed"), GONE], "Degraded"),
    ([job(), GONE], "Missing"),
    ([job(), job(metadata=DELETING), GONE], "Missing"),
    ([job(lives_on=True), job("Complete", lives_on=True), GONE], "Missing"),
    ([job(lives_on=True), job("Complete", lives_on=True, metadata=DELETING)], "Progressing"),
])  # fmt: skip
def test_what_does_its_work_once_may_leave(answers: list[Tree | Failure], word: str) -> None:
    bounds = Bounds(math.inf, {}, lambda: "", {})
    first = cast(Tree, answers[0])
    wait = _Wait(cast(Client, Answers()), {KEY: KIND}, {KEY: first}, bounds, lambda text: None)
    for answer in answers:
        wait.judge({KEY: answer})
    assert wait._found[KEY].word == word
