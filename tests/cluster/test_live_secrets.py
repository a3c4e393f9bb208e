"""The law of Secrets on a cluster: no command prints a value of one, in whatever state, whatever goes wrong."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.test_secrets import MARK, MARK_BEFORE, SPELT

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

FIXTURES = Path(__file__).parents[2] / "fixtures" / "secrets_of_clusters"
GOOD, BAD = ((FIXTURES / f"{name}.yaml").read_text().split("---\n") for name in ("good", "bad"))
NAMES = ("coded", "plain", "certificate", "registry", "fixed")

PRINTED = (
    *(("sync", "prod", "--dry-run", "--format", form) for form in ("text", "json")),
    *(("status", "prod", "--format", form) for form in ("text", "json")),
    *(("diff", "rendered/prod", "--cluster", "--format", form) for form in ("text", "json")),
    ("sync", "prod", "--no-wait"),
    ("history", "prod"),
)


def with_value(documents: list[str], value: str) -> list[str]:
    coded = b64encode(f"{value}-and-more".encode()).decode()
    return [text.replace("CODED", coded).replace("VALUE", value) for text in documents]


def unchanged(stand: "Stand") -> None:
    stand.commit(*with_value(GOOD, MARK_BEFORE))


def changed_here_and_by_hand(stand: "Stand") -> None:
    for name in NAMES[:2]:
        stand.edit("secrets", name, {"stringData": {"password": MARK, "added": f"{MARK}-by-hand"}})
    stand.commit(*with_value(GOOD, MARK))


def owned_by_another(stand: "Stand") -> None:
    for name in NAMES[:2]:
        body: Any = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"password": MARK}}
        stand.cluster.admin.apply(stand.path("secrets", name), body, "some-operator", force=True)
    stand.commit(*with_value(GOOD, MARK_BEFORE))


def refused(stand: "Stand") -> None:
    stand.commit(*with_value(GOOD, MARK_BEFORE), *with_value(BAD, MARK))


def gone_from_git(stand: "Stand") -> None:
    stand.commit(*with_value(GOOD[:1], MARK_BEFORE))


@pytest.mark.parametrize("state", [unchanged, changed_here_and_by_hand, owned_by_another, refused, gone_from_git])
def test_no_command_prints_a_value(stand: "Stand", state: Callable[["Stand"], None]) -> None:
    stand.commit(*with_value(GOOD, MARK_BEFORE))
    assert stand.sync("--no-wait").status == 0
    state(stand)
    found = {}
    for command in PRINTED:
        ran = stand.penstock(*command, *stand.where("admin"))
        assert ran.status in (0, 1), ran.err
        if leak := SPELT.search(ran.out + ran.err):
            found[" ".join(command)] = (ran.out + ran.err)[max(leak.start() - 150, 0) : leak.end() + 50]
    assert found == {}
