"""What a sync says of an object that leaves while it is waited for: how it has ended, if that was seen."""

import math
from typing import Any, cast

import pytest

from penstock.apply import wait
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
    waiting = _Wait(cast(Client, Answers()), {KEY: KIND}, {KEY: first}, bounds, lambda text: None)
    for answer in answers:
        waiting.judge({KEY: answer})
    assert waiting._found[KEY].word == word


def gadget(name: str, status: Tree | None) -> tuple[ResourceId, Tree]:
    body: Tree = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": name, "generation": 1}}
    return ResourceId("example.org", "Gadget", "x", name), {**body, **({"status": status} if status else {})}


@pytest.mark.parametrize(("other", "word"), [({"phase": "Running"}, "Progressing"), (None, "Healthy")])
def test_silence_is_no_good_news_where_others_of_the_kind_have_a_report(
    monkeypatch: pytest.MonkeyPatch, other: Tree | None, word: str
) -> None:
    """A cluster may have a definition without its controller, so what is silent altogether is not waited for."""
    monkeypatch.setattr(wait, "GRACE", 0.0)
    silent, first = gadget("silent", None)
    speaking, second = gadget("speaking", other)
    kind = Kind("example.org", "v1", "Gadget", "gadgets", namespaced=True, has_status=True)
    bodies = {silent: first, speaking: second}
    bounds = Bounds(math.inf, {}, lambda: "", {})
    waiting = _Wait(cast(Client, Answers()), dict.fromkeys(bodies, kind), bodies, bounds, lambda text: None)
    waiting.judge(bodies)
    assert waiting._found[silent].word == word
    waiting.judge({silent: gadget("silent", {"phase": "Running"})[1]})
    assert waiting._found[silent].word == "Healthy"
