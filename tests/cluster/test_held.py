"""Objects that do not go when they are deleted hold up what needs them, and nothing else."""

from typing import TYPE_CHECKING

from tests.cluster.conftest import until
from tests.cluster.test_families import annotated
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, OTHER_CONFIG, SECRET, SHOP

from penstock.apply.client import Media

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

HOLD = {"metadata": {"finalizers": ["example.org/hold"]}}
RELEASE = {"metadata": {"finalizers": None}}
BRIEFLY = "from penstock.apply import prune; prune.BRIEF = 0.2"


def test_held_object_is_waited_for_after_all_others(stand: "Stand") -> None:
    stand.commit(CONFIG, SECRET, DEPLOYMENT)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", HOLD)
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "settings"))
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: later, namespace: NS}\n"
    pod = DEPLOYMENT.replace("name: web, namespace", "name: other, namespace").replace("settings", "others")
    needs_account = pod.replace("      containers:", "      serviceAccountName: later\n      containers:")
    changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3")
    stand.commit(CONFIG, SECRET, changed, account, OTHER_CONFIG, needs_account)
    process = stand.start_sync()
    until(lambda: stand.exists("deployments", "other", "apps/v1"))  # of the second wave, while the first is held up
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 2
    stand.edit("configmaps", "settings", RELEASE)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "created   ConfigMap/" in out
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 3


def test_held_object_is_named_with_what_holds_it(stand: "Stand") -> None:
    stand.commit(CONFIG, SECRET, DEPLOYMENT)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", HOLD)
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "settings"))
    result = stand.sync("--timeout", "2s")
    stand.edit("configmaps", "settings", RELEASE)
    assert result.status == 1
    assert "settings: is being deleted, held by the finalizers example.org/hold (Terminating)" in result.err


def test_namespace_that_does_not_go_is_named_with_what_is_in_it(stand: "Stand") -> None:
    name = f"{stand.namespace}-x"
    held = CONFIG.replace("NS}", f"{name}, finalizers: [example.org/hold]}}")
    stand.commit(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n", held, OTHER_CONFIG)
    assert stand.sync().status == 0
    place = f"/api/v1/namespaces/{name}"
    stand.cluster.admin.call("DELETE", place)
    until(lambda: "Some content in the namespace has finalizers remaining" in stand.status().out)
    merge = Media("application/merge-patch+json")
    stand.cluster.admin.call("PATCH", f"{place}/configmaps/settings", {}, RELEASE, media=merge)


def test_held_object_keeps_just_what_it_needs(stand: "Stand") -> None:
    kept = OTHER_CONFIG.replace("others", "kept")
    more = tuple(OTHER_CONFIG.replace("others", f"more-{number}") for number in range(4))
    stand.commit(*SHOP, OTHER_CONFIG, kept, *more)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", HOLD, "apps/v1")
    stand.commit(kept, *more)
    process = stand.start_sync("--allow-prune", "5", before=BRIEFLY)
    until(lambda: not stand.exists("configmaps", "others"))
    assert stand.exists("configmaps", "settings")
    stand.edit("deployments", "web", RELEASE, "apps/v1")
    err = process.communicate()[1]
    assert process.returncode == 0, err
    assert not stand.exists("configmaps", "settings")


def test_what_a_held_object_needs_is_named(stand: "Stand") -> None:
    stand.commit(*SHOP, annotated(OTHER_CONFIG, "a: b"))
    assert stand.sync().status == 0
    stand.edit("deployments", "web", HOLD, "apps/v1")
    stand.commit(OTHER_CONFIG)
    result = stand.sync("--allow-prune", "4", "--timeout", "4s")
    stand.edit("deployments", "web", RELEASE, "apps/v1")
    assert result.status == 1
    assert f"Deployment.apps/{stand.namespace}/web needs it, and is still there" in result.err
