"""`merge: kubernetes` beside the real `kubectl patch --local --type strategic`, and where it is better on purpose.

fixtures/merge_kubernetes/BEHAVIOUR/: `object.yaml`, `patch.yaml`, and `expected.yaml`, recorded from kubectl v1.37.2.
"""

import copy
from pathlib import Path
from typing import Any

import pytest

from penstock.emit.yaml import dump
from penstock.files import Memory
from penstock.model import Origin, Pointer, Tree
from penstock.parse.document import RESOURCES, load
from penstock.parse.project import Project
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.merging.kubernetes_merge import merge
from penstock.resolve.merging.merge_keys import BUILTIN, Schema
from penstock.resolve.merging.plain_lists import PlainLists
from penstock.resolve.merging.strategy import DELETED, Written
from penstock.tree import MISSING, get, leaves, origin_of

CASES = sorted((Path(__file__).parent.parent / "fixtures" / "merge_kubernetes").iterdir())


def read(text: str) -> Tree:
    documents, findings = load(text.encode(), "file.yaml", RESOURCES)
    assert findings == []
    body: Tree = documents[0].body
    return body


AS_USUAL = Written(
    is_blank=lambda at: False,
    in_quotes=lambda at, patch_at, value: value,
    own=lambda at, value: str(value),
    others=lambda origin, value: str(value),
    lists=PlainLists(Project(Memory({})).spellings),
)


def merged(body: Tree, patch: Tree, schemas: dict[tuple[str, str], Schema] | None = None) -> Any:
    """The result; and the two that it is made of must be what they were."""
    before = copy.deepcopy((body, patch))
    result, log = merge(body, patch, Origin("patch.yaml"), schemas or dict(BUILTIN), AS_USUAL, None)
    assert (body, patch) == before
    if result is not DELETED:
        resource = new_resource(body, Origin("object.yaml"))
        resource.body, resource.log = result, log
        for at, value in leaves(result):
            origin = origin_of(resource, at)
            source = {"object.yaml": body, "patch.yaml": patch}[origin.path]
            assert get(source, origin.at, MISSING) == value or value in ({}, []), at
    return result


def service(*ports: Tree) -> Tree:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": list(ports)}}


def pod(**spec: Any) -> Tree:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_result_is_that_of_kubectl(case: Path) -> None:
    body, patch = (read((case / name).read_text()) for name in ("object.yaml", "patch.yaml"))
    assert dump(merged(body, patch)) == (case / "expected.yaml").read_text()


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    """kubectl goes by the number alone and makes one port of these two."""
    result = merged(service({"port": 53}), service({"port": 53, "protocol": "UDP"}))
    assert result["spec"]["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53}]


def test_no_protocol_is_tcp() -> None:
    result = merged(service({"port": 80, "protocol": "TCP"}), service({"port": 80, "name": "http"}))
    assert result["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "name": "http"}]


def test_another_volume_source_removes_the_old_one() -> None:
    """kubectl does it with `$retainKeys` only."""
    body = pod(volumes=[{"name": "d", "emptyDir": {}}])
    assert merged(body, pod(volumes=[{"name": "d", "configMap": {"name": "c"}}]))["spec"]["volumes"] == [
        {"name": "d", "configMap": {"name": "c"}}
    ]
    assert merged(body, pod(volumes=[{"name": "d", "emptyDir": {"medium": "Memory"}}]))["spec"]["volumes"] == [
        {"name": "d", "emptyDir": {"medium": "Memory"}}
    ]


def test_replace_beside_a_key_replaces_that_element() -> None:
    """kubectl drops the element."""
    body = pod(containers=[{"name": "a", "image": "1", "tty": True}, {"name": "b", "image": "1"}])
    patch = pod(containers=[{"name": "a", "image": "2", "$patch": "replace"}])
    assert merged(body, patch)["spec"]["containers"] == [{"name": "a", "image": "2"}, {"name": "b", "image": "1"}]


def test_delete_in_a_mapping_removes_it() -> None:
    """kubectl leaves an empty one."""
    body = pod(securityContext={"runAsUser": 1}, nodeName="n")
    assert merged(body, pod(securityContext={"$patch": "delete"}))["spec"] == {"nodeName": "n"}


def test_a_further_key_may_be_left_out_where_there_is_no_doubt() -> None:
    first = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}
    second = {**first, "whenUnsatisfiable": "ScheduleAnyway"}
    patch = pod(topologySpreadConstraints=[{"topologyKey": "zone", "maxSkew": 2}])
    result = merged(pod(topologySpreadConstraints=[first]), patch)
    assert result["spec"]["topologySpreadConstraints"] == [{**first, "maxSkew": 2}]
    with pytest.raises(Conflict, match="has no `whenUnsatisfiable`"):
        merged(pod(topologySpreadConstraints=[first, second]), patch)


def test_the_whole_object_is_deleted_or_replaced() -> None:
    assert merged(pod(nodeName="n"), {**pod(), "$patch": "delete"}) is DELETED
    assert merged(pod(nodeName="n"), {**pod(hostname="h"), "$patch": "replace"})["spec"] == {"hostname": "h"}


def test_directives_in_new_elements_do_not_end_up_in_the_object() -> None:
    """kubectl writes them into it."""
    patch = pod(containers=[{"name": "a", "env": [{"$patch": "replace"}, {"name": "A", "value": "1"}]}])
    result, _ = merge(pod(), patch, Origin("patch.yaml"), BUILTIN, AS_USUAL, None)
    assert result["spec"]["containers"] == [{"name": "a", "env": [{"name": "A", "value": "1"}]}]


def test_the_schema_of_openapi_adds_to_the_builtin_one() -> None:
    till = {"apiVersion": "shop.example/v1", "kind": "Till", "metadata": {"name": "a"}}
    own: dict[tuple[str, str], Schema] = {("shop.example/v1", "Till"): {"spec": (None, {"drawers": (("name",), None)})}}
    body = {**till, "spec": {"drawers": [{"name": "left"}]}}
    patch = {**till, "spec": {"drawers": [{"name": "right"}]}}
    assert merged(body, patch, own)["spec"]["drawers"] == [{"name": "right"}, {"name": "left"}]
    assert merged(body, patch)["spec"]["drawers"] == [{"name": "right"}]
    containers = merged(pod(containers=[{"name": "a"}]), pod(containers=[{"name": "b"}]), own)["spec"]["containers"]
    assert [container["name"] for container in containers] == ["b", "a"]


@pytest.mark.parametrize(
    ("patch", "message", "at"),
    [
        (pod(containers=[{"image": "a"}]), "has no `name`", ("spec", "containers", 0)),
        (pod(containers=["a"]), "must be a mapping", ("spec", "containers", 0)),
        (pod(containers={"name": "a"}), "the patch has a mapping where", ("spec", "containers")),
        (pod(nodeSelector=["a"]), "the patch has a list where", ("spec", "nodeSelector")),
        (pod(nodeName={"a": "b"}), "the patch has a mapping where", ("spec", "nodeName")),
        (pod(nodeSelector={"$patch": "remove"}), "is not known", ("spec", "nodeSelector", "$patch")),
        (pod(tolerations=[{"$patch": "replace"}]), "replaced as a whole", ("spec", "tolerations", 0, "$patch")),
        (pod(**{"$retainKeys": "a"}), "must be a list of keys", ("spec", "$retainKeys")),
        (pod(**{"$retainKeys": ["a"], "nodeName": "b"}), "does not name `nodeName`", ("spec", "$retainKeys")),
        (
            pod(**{"$setElementOrder/tolerations": []}),
            "no list that is merged",
            ("spec", "$setElementOrder/tolerations"),
        ),
        (pod(**{"$setElementOrder/containers": 1}), "must be a list", ("spec", "$setElementOrder/containers")),
    ],
)
def test_what_cannot_be_obeyed_is_refused_where_it_stands(patch: Tree, message: str, at: Pointer) -> None:
    body = pod(containers=[{"name": "a"}], nodeSelector={"a": "b"}, nodeName="n", tolerations=[{"key": "a"}])
    with pytest.raises(Conflict, match=message) as caught:
        merged(body, patch)
    assert caught.value.at == at
