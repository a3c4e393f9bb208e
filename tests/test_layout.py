"""Where the objects of a target lie on a rendered branch, and which of them must not lie there."""

import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.repository import Repository

from penstock.emit.branch import (
    REGULAR,
    Entry,
    Marker,
    Rendering,
    blob_id,
    changed_files,
    check_in_the_way,
    leftovers,
    read_marker,
    tree_id,
    wanted_files,
    write_marker,
)
from penstock.emit.layout import files_of, is_from
from penstock.emit.names import check_apart, file_name, place
from penstock.emit.yaml import dump
from penstock.kubernetes import identify
from penstock.model import Origin, Resource, ResourceId, Target


def resource(kind: str, name: str, namespace: str = "", group: str = "", **fields: Any) -> Resource:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    body = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata, **fields}
    return Resource(body, Origin("prod/all.yaml"), ResourceId(group, kind, namespace, name), "v1")


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (ResourceId("apps", "Deployment", "prod", "app"), "deployment.apps_prod_app.yaml"),
        (ResourceId("", "Service", "prod", "app"), "service_prod_app.yaml"),
        (ResourceId("", "Namespace", "", "prod"), "namespace_prod.yaml"),
        (ResourceId("cert-manager.io", "Issuer", "prod", "a.b-c"), "issuer.cert-manager.io_prod_a.b-c.yaml"),
        (ResourceId("", "Job", "prod", ""), "job_prod_.yaml"),
    ],
)
def test_the_name_of_a_file(identity: ResourceId, expected: str) -> None:
    assert file_name(identity) == expected


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (ResourceId("rbac", "Role", "", "system:admin"), r"role\.rbac_system-admin-[0-9a-f]{8}\.yaml"),
        (ResourceId("rbac", "Role", "", "Admin"), r"role\.rbac_admin-[0-9a-f]{8}\.yaml"),
        (ResourceId("", "Kind", "a_b", "c"), r"kind_a-b_c-[0-9a-f]{8}\.yaml"),
        (ResourceId("", "A.b", "", "c"), r"a-b_c-[0-9a-f]{8}\.yaml"),
        (ResourceId("", "Kind", "", "../../etc"), r"kind_..-..-etc-[0-9a-f]{8}\.yaml"),
        (ResourceId("", "Kind", "", "x\n\0é"), r"kind_x----[0-9a-f]{8}\.yaml"),
        (ResourceId("", "Kind", "", "x" * 300), r"kind_x{181}-[0-9a-f]{8}\.yaml"),
    ],
)
def test_an_odd_name_gets_a_hash(identity: ResourceId, expected: str) -> None:
    assert re.fullmatch(expected, file_name(identity))


ANYTHING = st.text(max_size=8) | st.text(string.ascii_letters + "._-:/", max_size=260)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first names are slow to make where the machine is busy
@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_any_name_is_a_file_name_everywhere(group: str, kind: str, namespace: str, name: str) -> None:
    made = file_name(ResourceId(group, kind, namespace, name))
    assert len(made) <= 200
    assert set(made) <= set(string.ascii_lowercase + string.digits + "._-")
    assert made.endswith(".yaml")


@given(st.lists(st.tuples(*[st.text("aAb_.-", max_size=3)] * 4), min_size=2, max_size=2, unique=True))
def test_different_objects_have_different_files(pair: list[tuple[str, str, str, str]]) -> None:
    one, other = (ResourceId(*parts) for parts in pair)
    if one._replace(kind=one.kind.lower()) != other._replace(kind=other.kind.lower()):  # those clash, and are said to
        assert file_name(one) != file_name(other)


def test_files_lie_in_the_directory_of_the_target() -> None:
    files, findings = files_of("apps/shop/prod", [resource("Service", "app", "prod")])
    assert findings == []
    text = b"apiVersion: v1\nkind: Service\nmetadata:\n  name: app\n  namespace: prod\n"
    assert files == {"apps/shop/prod/service_prod_app.yaml": text}
    assert list(files_of(".", [resource("Service", "app")])[0]) == ["service_app.yaml"]


def test_two_objects_of_one_file_are_a_finding() -> None:
    _, findings = files_of("prod", [resource("Service", "a"), resource("Service", "a"), resource("SERVICE", "a")])
    assert [finding.code for finding in findings] == ["PS502", "PS502"]


def test_directories_that_differ_by_capitals_are_a_finding() -> None:
    assert check_apart([Target("a/Shop", "prod"), Target("a/shops", "prod")]) == []
    assert [f.code for f in check_apart([Target("a/Shop", "prod"), Target("a/shop", "prod")])] == ["PS502"]


@pytest.mark.parametrize("directory", ["a/.git/b", ".GIT", "../x", "a//b", "a/./b"])
def test_a_directory_that_no_branch_can_have_is_a_finding(directory: str) -> None:
    assert [finding.code for finding in files_of(directory, [])[1]] == ["PS503"]


def test_an_unprintable_field_is_a_finding_at_the_field() -> None:
    files, findings = files_of(
        "prod", [resource("Service", "a", spec={"x": [1.0, float("inf")]}), resource("Service", "b")]
    )
    assert list(files) == ["prod/service_b.yaml"]
    assert [(finding.code, finding.where) for finding in findings] == [
        ("PS504", Origin("prod/all.yaml", 0, ("spec", "x", 1)))
    ]


SOPS = {"mac": "ENC[AES256_GCM,data:bWFj]"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"data": {}},
        {"data": None},
        {"data": {"empty": ""}},
        {"stringData": {"a": "ENC[AES256_GCM,data:YQ==]"}, "sops": SOPS},
        {"stringData": {"a": "ENC[AES256_GCM,data:abcd,iv:x,tag:y,type:str]"}, "sops": {"mac": "ENC[zz]"}},
        {"data": {"a": "ENC[AES256_GCM,data:Tr7o=,iv:1vPx=,tag:aaaa=,type:int]"}, "sops": SOPS},
        {"type": "kubernetes.io/service-account-token"},
    ],
)
def test_a_secret_without_clear_text_passes(fields: dict[str, Any]) -> None:
    assert files_of("prod", [resource("Secret", "db", **fields)])[1] == []


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"data": {"password": "aHVudGVyMg=="}}, "data: password"),
        ({"stringData": {"password": "hunter2"}}, "stringData: password"),
        ({"stringData": {"a": "ENC[x]"}}, "stringData: a"),
        ({"stringData": {"a": "ENC[x]", "b": "hunter2"}, "sops": SOPS}, "stringData: b"),
        ({"data": "hunter2"}, "data: "),
        ({"data": ["hunter2"]}, "data: "),
        ({"data": {"a": {"b": "hunter2"}}}, "data: a"),
        ({"data": {f"k{n}": "hunter2" for n in range(9)}}, "data: k0, k1, k2, k3, k4, …"),
    ],
)
def test_a_secret_in_clear_text_is_refused_and_not_told(fields: dict[str, Any], keys: str) -> None:
    secret = resource("Secret", "db", **fields)
    _, (finding,) = files_of("prod", [secret])
    assert finding.code == "PS501"
    assert f"({keys})" in finding.message
    assert "hunter2" not in str(finding)
    assert files_of("prod", [secret], allow_secrets=True)[1] == []


def test_only_secrets_of_the_core_group_are_secrets() -> None:
    sealed = resource("SealedSecret", "db", group="bitnami.com", data={"a": "x"})
    other = resource("Secret", "db", group="example.com", data={"a": "x"})
    assert files_of("prod", [sealed, other])[1] == []


@pytest.mark.parametrize(
    "identity",
    [
        ResourceId("apps", "Deployment", "prod", "app"),
        ResourceId("", "Namespace", "", "prod"),
        ResourceId("rbac", "ClusterRole", "", "system:admin"),
        ResourceId("", "ConfigMap", "007", "1.5"),
        ResourceId("", "ConfigMap", "yes", "it's: odd"),
        ResourceId("", "ConfigMap", "", "tab\there"),
    ],
)
def test_a_file_that_a_target_wrote_is_known_again(identity: ResourceId) -> None:
    group, kind, namespace, name = identity
    odd = {"data": {"x": "kind: Other\nmetadata:\n  name: other\n"}, "spec": {"name": "a", "kind": "b"}}
    body = resource(kind, name, namespace, group, **odd).body
    body["metadata"] |= {"annotations": {"name": "no", "x": "metadata:\n  name: no\n"}, "labels": {"namespace": "no"}}
    assert is_from("prod", place("prod", identity), dump(body))
    assert not is_from("dev", place("prod", identity), dump(body))
    assert not is_from("prod", "prod/notes.yaml", dump(body))


@pytest.mark.parametrize("value", [None, True, 5, 0.5, {}, [], {"a": {"b": "c"}}, ["a"], "a\nb", "|", "~", "{a"])
@pytest.mark.parametrize("field", ["name", "namespace"])
def test_a_file_with_an_odd_name_or_namespace_is_known_again(field: str, value: Any) -> None:
    """What cannot be deployed is rendered all the same, and leaves the branch when it leaves the sources."""
    body = resource("Lamp", "desk", "shop", "example.com").body
    body["metadata"][field] = value
    assert is_from("prod", place("prod", identify(body)[0]), dump(body))


def test_a_list_without_items_is_known_again() -> None:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMapList"}
    for each in (body, body | {"metadata": {}}):
        assert is_from("prod", "prod/configmaplist_.yaml", dump(each))


DOUBLED = "".join(f", &a{number} [*a{number - 1}, *a{number - 1}]" for number in range(1, 40))


@pytest.mark.parametrize(
    "text",
    [
        *("", "kind: Service\n", "[" * 10_000, "kind: &a [*a]\nmetadata:\n  name: x\n", "\0", "kind: '"),
        f"kind: 'x': {'[' * 10_000}{']' * 10_000}\n",
        f"kind: 'x': [&a0 [x]{DOUBLED}]\n",
    ],
    ids=range(8),
)
def test_a_file_of_people_is_not(text: str) -> None:
    assert not is_from("prod", "prod/service_x.yaml", text)


# --- the state of a branch -------------------------------------------------------------------------------------------


def test_a_marker_reads_back_and_stays_the_same() -> None:
    marker = Marker("prod", frozenset({"b", "a"}))
    assert read_marker(write_marker(marker)) == marker
    assert write_marker(marker) == write_marker(Marker("prod", frozenset({"a", "b"})))


@pytest.mark.parametrize(
    "data", [b"", b"[" * 100_000, b"{}", b"\xff", b'{"environment": 1, "targets": [], "schema": 1}', b"null"]
)
def test_a_marker_of_anybody_does_no_harm(data: bytes) -> None:
    assert read_marker(data).schema == 0


def test_only_files_of_this_and_of_gone_targets_may_be_leftovers() -> None:
    rendering = Rendering("prod", "rendered/prod", {"a": {"a/x.yaml": b""}}, frozenset({"a", "b"}))
    marker = Marker("prod", frozenset({"a", "b", "gone"}))
    paths = (
        "a/x.yaml",
        "a/old.yaml",
        "a/README.md",
        "a/sub/x.yaml",
        "b/x.yaml",
        "gone/x.yaml",
        "foreign/x.yaml",
        "x.yaml",
    )
    entries = {path: Entry(REGULAR, "") for path in paths}
    wanted = wanted_files(rendering, marker)
    assert leftovers(entries, wanted, rendering, marker) == ["a/old.yaml", "gone/x.yaml"]
    assert read_marker(wanted[".penstock"]).targets == {"a", "b"}


@pytest.mark.parametrize(("held", "wanted"), [("a", "a/b/c"), ("a/b", "a/b/c"), ("a/b/c/d", "a/b/c"), ("a/b/c", "a/b")])
def test_a_foreign_file_in_the_way_is_a_finding(held: str, wanted: str) -> None:
    rendering = Rendering("prod", "rendered/prod", {"a": {}}, frozenset({"a"}))
    entries = {held: Entry(REGULAR, "")}
    assert [f.code for f in check_in_the_way(entries, {wanted: b""}, rendering)] == ["PS506"]


def test_files_side_by_side_are_in_nobodys_way() -> None:
    rendering = Rendering("prod", "rendered/prod", {"a": {}}, frozenset({"a"}))
    entries = {path: Entry(REGULAR, "") for path in ("a/b", "a/bc", "d/e/f", "g")}
    assert check_in_the_way(entries, {"a/b": b"", "a/c": b"", "d/x": b"", "d/e/g": b""}, rendering) == []


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_ids_are_those_of_git(algorithm: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", f"--object-format={algorithm}")
    files = {
        "a": b"1",
        "a.b": b"2",
        "a-b/c": b"3",
        "a0/b": b"4",
        "z/y/x/w": b"5",
        "z/y.x": b"6",
        "é\"'\n": b"",
        "b c/d": b"\xff",
    }
    repository.commit(files)
    entries = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in files.items()}
    assert tree_id(entries, algorithm) == repository.git("rev-parse", "HEAD^{tree}")
    assert tree_id({}, algorithm) == repository.git("mktree")
    assert changed_files(entries, files, algorithm) == {}
    assert list(changed_files({**entries, "a": Entry("120000", entries["a"].id)}, files, algorithm)) == ["a"]
