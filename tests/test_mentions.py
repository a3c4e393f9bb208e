"""A target whose files do not hold the words of an object cannot make it: `Mentions` beside what is built."""

from collections.abc import Mapping

import pytest

from penstock.files import Memory
from penstock.model import ResourceId
from penstock.parse.mentions import MOST_WORDS, Mentions
from penstock.parse.project import Project
from penstock.parse.usage import read_usage
from penstock.pipeline import build, open_project

ROLE = ResourceId("rbac.authorization.k8s.io", "Role", "", "reader")
OBJECT = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: []\n"
OTHER = OBJECT.replace("reader", "writer")

MAKERS: Mapping[str, Mapping[str, str]] = {
    "as such": {"kustomization.yaml": "resources: [role.yaml]\n", "role.yaml": OBJECT},
    "in a base": {
        "kustomization.yaml": "resources: [base]\n",
        "base/kustomization.yaml": "resources: [role.yaml]\n",
        "base/role.yaml": OBJECT,
    },
    "in a component": {
        "kustomization.yaml": "components: [part]\n",
        "part/kustomization.yaml": "kind: Component\nresources: [role.yaml]\n",
        "part/role.yaml": OBJECT,
    },
    "with a prefix": {
        "kustomization.yaml": "namePrefix: rea\nresources: [role.yaml]\n",
        "role.yaml": OBJECT.replace("reader", "der"),
    },
    "with the suffix of a base": {
        "kustomization.yaml": "resources: [base]\n",
        "base/kustomization.yaml": "nameSuffix: der\nresources: [role.yaml]\n",
        "base/role.yaml": OBJECT.replace("reader", "rea"),
    },
    "by a patch of the name": {
        "kustomization.yaml": "resources: [role.yaml]\npatches:\n- target: {kind: Role}\n"
        '  patch: \'[{"op": "replace", "path": "/metadata/name", "value": "reader"}]\'\n',
        "role.yaml": OTHER,
    },
    "by a replacement": {
        "kustomization.yaml": "resources: [role.yaml]\nreplacements:\n- source: {kind: Role, fieldPath: metadata.name,"
        " options: {delimiter: x}}\n  targets: [{select: {kind: Role}, fieldPaths: [metadata.name]}]\n",
        "role.yaml": OTHER.replace("writer", "readerxwriter"),
    },
    "by an escape": {
        "kustomization.yaml": "resources: [role.yaml]\n",
        "role.yaml": OTHER.replace("writer", '"\\x72eader"'),
    },
    "by a line that goes on": {
        "kustomization.yaml": "resources: [role.yaml]\n",
        "role.yaml": OTHER.replace("{name: writer}", '\n  name: "rea\\\n    der"'),
    },
    "by a flow mapping without a space": {
        "kustomization.yaml": "resources: [role.yaml]\n",
        "role.yaml": OTHER.replace("{name: writer}", '{"name":reader}'),
    },
    "by an escape in a patch in a text": {
        "kustomization.yaml": "resources: [role.yaml]\npatches:\n- target: {kind: Role}\n"
        '  patch: "[{\\"op\\": \\"replace\\", \\"path\\": \\"/metadata/name\\", \\"value\\": \\"\\\\u0072eader\\"}]"\n',
        "role.yaml": OTHER,
    },
    "by a tag in a patch": {
        "kustomization.yaml": "resources: [role.yaml]\npatches:\n- target: {kind: Role}\n"
        "  patch: |\n    - {op: replace, path: /metadata/name, value: !!binary cmVhZGVy}\n",
        "role.yaml": OTHER,
    },
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_target_that_makes_an_object_may_make_it(name: str) -> None:
    project = open_project(Memory(MAKERS[name]))
    resources, findings = build(project, ".")
    assert [each.id for each in resources] == [ROLE], findings
    assert mentions(project).may_make(".", [ROLE])
    assert mentions(project).may_make(".", [ROLE._replace(name="")])


@pytest.mark.parametrize(
    "other", [ROLE._replace(name="nobody"), ROLE._replace(kind="Pod"), ROLE._replace(kind="Pod", name="")]
)
def test_a_target_without_the_words_does_not_make_the_object(other: ResourceId) -> None:
    project = open_project(Memory(MAKERS["in a component"]))
    assert not Mentions(project, read_usage(project), [ROLE, other]).may_make(".", [other])


@pytest.mark.parametrize(
    "files",
    [
        {"kustomization.yaml": "resources: [https://example.com/base?ref=v1]\n"},
        {"kustomization.yaml": "resources: [../outside.yaml]\n"},
        {"kustomization.yaml": "resources: [\n"},
        {"kustomization.yaml": "configMapGenerator: [{name: one}]\n"},
        {
            "kustomization.yaml": "resources: [role.yaml]\n",
            "role.yaml": OTHER + "metadata: {annotations: {needs-hash: x}}\n",
        },
        {"elsewhere/kustomization.yaml": "resources: []\n"},
    ],
)
def test_where_the_text_does_not_say_it_all_is_possible(files: Mapping[str, str]) -> None:
    assert mentions(Project(Memory(files))).may_make(".", [ROLE])


def test_nothing_is_looked_for_where_it_would_be_very_much(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = {f"{'a/' * depth}kustomization.yaml": "resources: []\n" for depth in range(10)}
    assert not mentions(Project(Memory(deep))).may_make("a", [ROLE])
    monkeypatch.setattr("penstock.parse.mentions.MOST_LOOKS", 20)
    limited = mentions(Project(Memory(deep)))
    assert [limited.may_make(each, [ROLE]) for each in ("a", "a/a", "a/a/a", "a/a/a/a")] == [False, False, False, True]
    project = Project(Memory({"kustomization.yaml": "resources: []\n"}))
    many = [ROLE._replace(name=f"reader-{number}") for number in range(MOST_WORDS)]
    assert Mentions(project, read_usage(project), many).may_make(".", many[:1])
    assert Mentions(project, read_usage(project), [ROLE._replace(name="a b")]).may_make(".", [ROLE])


def mentions(project: Project) -> Mentions:
    return Mentions(project, read_usage(project), [ROLE, ROLE._replace(name="")])
