"""Definitions that move to another version together with their objects, and admission that overrules what Git says."""

import json
from typing import Any

from tests.cluster.conftest import Stand, until, until_refused  # noqa: F401

ANY: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(group: str, *versions: tuple[str, bool, bool]) -> str:
    """A CustomResourceDefinition with versions as (name, served, storage)."""
    listed = [
        {"name": name, "served": served, "storage": storage, "schema": {"openAPIV3Schema": ANY}}
        for name, served, storage in versions
    ]
    names = {"kind": "Thing", "plural": "things"}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": listed}
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return json.dumps({**head, "metadata": {"name": f"things.{group}"}, "spec": spec})


def things(group: str, version: str, spec: str, count: int = 5) -> list[str]:
    head = f"apiVersion: {group}/{version}\nkind: Thing\n"
    return [f"{head}metadata: {{name: thing-{n}, namespace: NS}}\nspec: {spec}\n" for n in range(count)]


def uids(stand: Stand, version: str) -> list[str]:
    return [stand.get("things", f"thing-{n}", version)["metadata"]["uid"] for n in range(5)]


def test_objects_stay_when_their_definition_moves_to_another_version(stand: Stand) -> None:
    group = f"{stand.namespace}.example.org"
    stand.commit(definition(group, ("v1alpha1", True, True)), *things(group, "v1alpha1", "{a: b, gone: soon}"))
    assert stand.sync().status == 0
    before = uids(stand, f"{group}/v1alpha1")
    moved = definition(group, ("v1alpha1", False, False), ("v1", True, True))
    stand.commit(moved, *things(group, "v1", "{a: c}"))
    planned = stand.sync("--dry-run")
    assert (planned.status, planned.err.count("PS")) == (1, 0)
    assert "0 to create, 6 to update, 0 unchanged, 0 to prune" in planned.out
    assert "spec.gone" in planned.out
    assert stand.objects()["Thing/thing-0"]["sync"] == "OutOfSync"
    done = stand.sync()
    assert (done.status, done.err) == (0, "")
    assert "0 created, 6 updated, 0 unchanged, 0 pruned" in done.out
    assert uids(stand, f"{group}/v1") == before
    assert stand.get("things", "thing-0", f"{group}/v1")["spec"] == {"a": "c"}
    again = stand.sync()
    assert (again.status, "6 unchanged, 0 pruned" in again.out) == (0, True)
    # what leaves the branch after the move leaves the cluster, and nothing else does
    stand.commit(moved, *things(group, "v1", "{a: c}", 3))
    assert stand.sync().status == 0
    assert not stand.exists("things", "thing-4", f"{group}/v1")
    assert uids_of_three(stand, group) == before[:3]


def uids_of_three(stand: Stand, group: str) -> list[str]:
    return [stand.get("things", f"thing-{n}", f"{group}/v1")["metadata"]["uid"] for n in range(3)]


def test_version_in_which_objects_are_stored_is_dropped(stand: Stand) -> None:
    """The server refuses the definition, and nothing is lost; what the hint says helps."""
    group = f"{stand.namespace}.example.org"
    stand.commit(definition(group, ("v1alpha1", True, True)), *things(group, "v1alpha1", "{a: b}"))
    assert stand.sync().status == 0
    before = uids(stand, f"{group}/v1alpha1")
    dropped = (definition(group, ("v1", True, True)), *things(group, "v1", "{a: c}"))
    stand.commit(*dropped)
    refused = stand.sync("--timeout", "20s")
    assert refused.status == 1
    assert "keep v1alpha1 in spec.versions with `served: false`" in refused.err
    assert uids(stand, f"{group}/v1alpha1") == before
    stand.commit(definition(group, ("v1alpha1", False, False), ("v1", True, True)), *dropped[1:])
    assert stand.sync().status == 0
    name = f"things.{group}"
    found = stand.kubectl("get", name, "-A", "-o", "json").out
    assert stand.kubectl("replace", "-f", "-", text=found).status == 0
    patch = '{"status":{"storedVersions":["v1"]}}'
    assert stand.kubectl("patch", "crd", name, "--subresource=status", "--type=merge", "-p", patch).status == 0
    stand.commit(*dropped)
    done = stand.sync()
    assert (done.status, done.err) == (0, "")
    assert uids(stand, f"{group}/v1") == before
    assert "6 unchanged" in stand.sync().out


def test_object_of_another_owner_in_the_old_version_is_seen(stand: Stand) -> None:
    """Until its definition has brought the new version, an object of a stranger is there in the old one."""
    group = f"{stand.namespace}.example.org"
    stand.commit(definition(group, ("v1alpha1", True, True)))
    assert stand.sync().status == 0
    made = {
        "apiVersion": f"{group}/v1alpha1",
        "kind": "Thing",
        "metadata": {"name": "thing-0", "annotations": {"meta.helm.sh/release-name": "theirs"}},
        "spec": {"a": "theirs"},
    }
    stand.cluster.admin.call("POST", stand.path("things", group=f"{group}/v1alpha1"), {}, made)
    stand.commit(definition(group, ("v1alpha1", True, False), ("v1", True, True)), *things(group, "v1", "{a: c}", 1))
    result = stand.sync()
    assert result.status == 1
    assert "PS621" in result.err
    assert stand.get("things", "thing-0", f"{group}/v1")["spec"] == {"a": "theirs"}


def test_what_admission_overrules_is_said(stand: Stand) -> None:
    """A policy that mutates: the server takes the object, and makes something else of it."""
    name = stand.namespace
    group = "/apis/admissionregistration.k8s.io/v1"
    policy = {
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["configmaps"],
                    }
                ],
            },
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": 'Object{data: {"colour": "red", "added": "x"}}'},
                }
            ],
        },
    }
    admin = stand.cluster.admin
    for kind, body in (
        ("mutatingadmissionpolicies", policy),
        ("mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {"policyName": name}}),
    ):
        made = admin.call("POST", f"{group}/{kind}", {}, body)
        assert isinstance(made, dict), made
    try:
        probe = {"metadata": {"name": "probe"}, "data": {"colour": "blue"}}

        def is_overruled() -> bool:
            answer = admin.call("POST", stand.path("configmaps"), {"dryRun": "All"}, probe)
            return isinstance(answer, dict) and answer["data"]["colour"] == "red"

        until(is_overruled)
        settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: NS}\ndata: {colour: blue}\n"
        other = settings.replace("settings", "other").replace("blue", "red")
        stand.commit(settings, other)
        said = "data.colour is red instead of blue"
        first = stand.sync()
        assert (first.status, "PS643" in first.err, said in first.err) == (0, True, True)
        assert "other" not in first.err
        again = stand.sync()
        assert (again.status, said in again.err, "2 unchanged" in again.out) == (0, True, True)
        assert said in stand.sync("--dry-run").err
        found = stand.objects()["ConfigMap/settings"]
        assert found["sync"] == "Synced"
        assert any(said in line for line in found["details"])
    finally:
        for kind in ("mutatingadmissionpolicybindings", "mutatingadmissionpolicies"):
            admin.call("DELETE", f"{group}/{kind}/{name}")
