"""What `--dry-run` shows of a takeover is what the sync then does: no default of the server counts as removed."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster import test_migration as migration
from tests.cluster.test_migration import FIRST, FURTHER, FURTHER_SECOND, SECOND, TOOLS, compared, documents, live
from tests.cluster.test_sync import SHOP

from penstock.apply.rehearsal import rehearsed
from penstock.apply.run import dry_run
from penstock.cli import sync as command

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

gadgets = migration.gadgets


@pytest.mark.parametrize(("tool", "owner"), TOOLS, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.parametrize(("first", "second"), [(FIRST, SECOND), (FURTHER, FURTHER_SECOND)], ids=["common", "further"])
def test_preview_of_a_takeover_is_what_the_sync_does(
    stand: "Stand",
    monkeypatch: pytest.MonkeyPatch,
    tool: Callable[["Stand", str], None],
    owner: str,
    first: str,
    second: str,
) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    planned: dict[str, Any] = {}

    def kept(task: Any) -> Any:
        plan, findings = dry_run(task)
        changes = [change for wave in plan.waves for change in wave]
        planned.update({f"{change.id.kind}/{change.id.name}": change.after for change in changes})
        return plan, findings

    monkeypatch.setattr(command, "dry_run", kept)
    tool(stand, first)
    stand.commit(*documents(second))
    adopt = ("--adopt", owner) if owner else ()
    preview = stand.sync("--dry-run", *adopt)
    assert preview.status == 1, preview.err
    done = stand.sync(*adopt)
    assert done.status == 0, done.err
    found = live(stand, stand.namespace)
    expected = {key: json.loads(json.dumps(compared(after), sort_keys=True)) for key, after in planned.items()}
    assert {key: found[key] for key in expected} == expected


def test_preview_of_an_object_that_a_controller_has_just_written_to(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    live = stand.get("deployments", "web", "apps/v1")
    stand.edit("deployments", "web", {"metadata": {"annotations": {"example.org/seen": "yes"}}}, "apps/v1")
    after = {**live, "spec": {key: value for key, value in live["spec"].items() if key != "replicas"}}
    found = rehearsed(stand.cluster.admin, stand.path("deployments", "web", "apps/v1"), live, after)
    assert found["spec"]["replicas"] == 1  # the server's default


def test_preview_of_the_same_manifests_shows_marks_only(stand: "Stand") -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    migration.by_kubectl(stand, FURTHER)
    stand.commit(*documents(FURTHER))
    events = map(json.loads, stand.sync("--dry-run", "--format", "json").out.splitlines())
    fields = [line for event in events if event["event"] == "planned" for line in event["fields"]]
    named = {
        line.partition(": ")[0].rstrip(":") for line in fields if line[2:].startswith(("metadata", "spec", "data"))
    }
    assert named == {
        '+ metadata.labels["applyset.kubernetes.io/part-of"]',
        "+ metadata.labels",
        "- metadata.annotations",
        '- metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]',
    }
