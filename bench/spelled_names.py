"""Names, namespaces, kinds and versions that are written as numbers, dates or booleans, beside the real Kustomize.

python bench/spelled_names.py [--kustomize PATH] [--batch PROGRAM] [--count N]

Kustomize knows an object by the text that its fields are written with (`name: 1e3` is not `name: "1000"`), until it has
passed the object through JSON. Each spelling stands in each of these fields, in every way that a build finds an object
by them: about 4,000 trees, four minutes on two cores, and one with --batch (as of fuzz_build.py).
"""

import sys
from collections.abc import Callable, Iterator

from random_trees import TOP, Texts
from side_by_side import battery

PLAIN = (
    *("a", "123", "010", "0o17", "0x1F", "0b11", "1_000", "+1", "-1", "1e3", "1.0", "1.50", ".5", "-0", "007", "08"),
    *("9007199254740993", "123456789012345678901234", "1e400", ".inf", ".nan", "2020-01-01", "2020-1-1", "2020-13-01"),
    *("2020-01-01T10:00:00Z", "true", "True", "FALSE", "yes", "on", "n", "null", "Null", "~", "", "1:20", "<<", "="),
)
QUOTED = ("'010'", '"1e3"', "'true'", "'2020-01-01'", "''", "'null'")
TAGGED = ("!!str 010", "!!str true", "!!int '12'", "!!float 1", "!!bool 'true'", "!!null x", "!!null ''", "!x 1e3")
SPELLINGS = PLAIN + QUOTED + TAGGED

KUSTOMIZATION = f"{TOP}/kustomization.yaml"
OBJECTS = f"{TOP}/objects.yaml"
PATCH = f"{TOP}/patch.yaml"

Way = Callable[[str], Texts]


def _object(name: str = "a", namespace: str | None = None, kind: str = "ConfigMap", version: str = "v1") -> str:
    place = "" if namespace is None else f"\n  namespace: {namespace}"
    return f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}{place}\ndata:\n  k: v\n"


def _pod(name: str, namespace: str | None = None) -> str:
    """A Pod that names a ConfigMap in two ways."""
    place = "" if namespace is None else f"\n  namespace: {namespace}"
    volume = f"  volumes:\n  - name: v\n    configMap:\n      name: {name}\n"
    container = f"  containers:\n  - name: c\n    image: i\n    envFrom:\n    - configMapRef:\n        name: {name}\n"
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{place}\nspec:\n{volume}{container}"


def _binding(subject: str) -> str:
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: b\n  namespace: n\n"
    role = "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: r\n"
    return f"{head}{role}subjects:\n- kind: ServiceAccount\n{subject}"


def _tree(fields: str, *objects: str, **others: str) -> Texts:
    texts = {KUSTOMIZATION: f"resources: [objects.yaml]\n{fields}", OBJECTS: "---\n".join(objects)}
    return texts | {f"{TOP}/{name}.yaml": text for name, text in others.items()}


def _quoted(text: str) -> str:
    """The text of a spelling in quotes."""
    plain = text.split(" ")[-1].strip("'\"") if text[:1] in "!'\"" else text
    return f'"{plain}"'


# --- what each field may be found by ----------------------------------------------------------------------------------

JSON_PATCH = "patches: [{target: {version: v1}, patch: '[{op: add, path: /data/new, value: x}]'}]\n"
CHANGE = "data:\n  k: changed\n"


def _patch(**fields: str) -> str:
    return _object(**fields).replace("data:\n  k: v\n", CHANGE)


def _by_target(field: str, text: str) -> str:
    return f"patches: [{{target: {{{field}: {text}}}, patch: '[{{op: add, path: /data/new, value: x}}]'}}]\n"


NAMES: dict[str, Way] = {
    "alone": lambda s: _tree("", _object(s)),
    "prefix": lambda s: _tree("namePrefix: p-\n", _object(s)),
    "prefix of digits": lambda s: _tree("namePrefix: '1'\n", _object(s)),
    "suffix": lambda s: _tree("nameSuffix: '-1'\n", _object(s), _pod(s)),
    "namespace": lambda s: _tree("namespace: n\n", _object(s), _pod(s)),
    "label": lambda s: _tree("commonLabels: {a: b}\n", _object(s)),
    "json patch": lambda s: _tree(JSON_PATCH, _object(s)),
    "json patch and prefix": lambda s: _tree(f"{JSON_PATCH}namePrefix: p-\n", _object(s), _pod(s)),
    "patched by itself": lambda s: _tree("patches: [{path: patch.yaml}]\n", _object(s), patch=_patch(name=s)),
    "patched by quotes": lambda s: _tree("patches: [{path: patch.yaml}]\n", _object(s), patch=_patch(name=_quoted(s))),
    "quotes patched": lambda s: _tree("patches: [{path: patch.yaml}]\n", _object(_quoted(s)), patch=_patch(name=s)),
    "old patch": lambda s: _tree("patchesStrategicMerge: [patch.yaml]\n", _object(s), patch=_patch(name=s)),
    "target": lambda s: _tree(_by_target("name", _quoted(s)), _object(s)),
    "plain target": lambda s: _tree(_by_target("name", s), _object(s)),
    "target that patches": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n", _object(s), patch=_patch(name=s)
    ),
    "renaming patch": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {kind: ConfigMap}, options: {allowNameChange: true}}]\n",
        _object("a"),
        _pod("a"),
        patch=_patch(name=s),
    ),
    "renamed by json": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n",
        _object("a"),
        _pod("a"),
        patch=f"- op: replace\n  path: /metadata/name\n  value: {s}\n",
    ),
    "reference": lambda s: _tree("namePrefix: p-\n", _object(s), _pod(s)),
    "reference by quotes": lambda s: _tree("namePrefix: p-\n", _object(s), _pod(_quoted(s))),
    "reference to quotes": lambda s: _tree("namePrefix: p-\n", _object(_quoted(s)), _pod(s)),
    "reference after json": lambda s: _tree(
        "resources: [base]\nnamePrefix: p-\n".replace("resources: [base]\n", JSON_PATCH), _object(s), _pod(s)
    ),
    "subject": lambda s: _tree("namePrefix: p-\n", _account(s, "n"), _binding(f"  name: {s}\n  namespace: n\n")),
    "two of one meaning": lambda s: _tree("", _object(s), _object("'1000'"), _object("'1'"), _object("'true'")),
    "two and a prefix": lambda s: _tree("namePrefix: p-\n", _object(s), _object("1000"), _pod("1000")),
    "order": lambda s: _tree("sortOptions: {order: legacy}\n", _object("b"), _object("'1'"), _object(s), _object("~x")),
    "merged by a generator": lambda s: _tree(
        f"configMapGenerator: [{{name: {_quoted(s)}, behavior: merge, literals: [x=y]}}]\n", _object(s)
    ),
    "generator": lambda s: {
        KUSTOMIZATION: f"resources: [objects.yaml]\nconfigMapGenerator:\n- name: {s}\n  literals: [x=y]\n",
        OBJECTS: _pod(s),
    },
    "quoted generator": lambda s: {
        KUSTOMIZATION: f"resources: [objects.yaml]\nconfigMapGenerator:\n- name: {_quoted(s)}\n  literals: [x=y]\n",
        OBJECTS: _pod(s),
    },
    "replacement source": lambda s: _tree(
        f"replacements: [{{source: {{name: {_quoted(s)}}}, targets: [{{select: {{kind: Pod}}, "
        "fieldPaths: [spec.volumes.0.name]}]}]\n",
        _object(s),
        _pod("x"),
    ),
    "replaced name": lambda s: _tree(
        "replacements: [{source: {kind: Widget, fieldPath: data.v}, targets: [{select: {kind: ConfigMap}, "
        "fieldPaths: [metadata.name]}]}]\nnamePrefix: p-\n",
        _object("a"),
        _object("w", kind="Widget").replace("k: v", f"v: {s}"),
        _pod("a"),
    ),
    "in a list": lambda s: _tree("namePrefix: p-\n", _in_list(_object(s)), _pod(s)),
    "in a list of a kind": lambda s: _tree(
        "namePrefix: p-\n", _in_list(_object(s)).replace("kind: List", "kind: ConfigMapList"), _pod(s)
    ),
    "alone in a list": lambda s: _tree("namePrefix: p-\n", _in_list(_object(s))),
    "in a base": lambda s: {
        KUSTOMIZATION: "resources: [../base]\nnamePrefix: p-\nnamespace: n\npatches: [{path: patch.yaml}]\n",
        PATCH: _patch(name=s),
        "base/kustomization.yaml": "resources: [objects.yaml]\nnameSuffix: -s\n",
        "base/objects.yaml": f"{_object(s)}---\n{_pod(s)}",
    },
    "target and namespace": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\nnamespace: n\n",
        _object(s, s),
        patch=_patch(name="x", namespace=s),
    ),
    "two patches": lambda s: _tree(
        "patches: [{path: patch.yaml}, {path: second.yaml, target: {name: '.*'}}]\nnamePrefix: '0'\n",
        _object(s),
        patch=_patch(name=s),
        second=_patch(name=s),
    ),
    "images and labels": lambda s: _tree(
        "labels: [{pairs: {a: b}, includeSelectors: true}]\nimages: [{name: i, newTag: x}]\nnameSuffix: '0'\n",
        _object(s),
        _pod(s).replace("  name: p\n", f"  name: {s}\n"),
    ),
    "webhook": lambda s: _tree(
        "namePrefix: p-\nnamespace: n\n",
        _object(s, s, kind="Service"),
        "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata:\n  name: w\n"
        f"webhooks:\n- clientConfig:\n    service:\n      name: {s}\n      namespace: {s}\n",
    ),
    "configuration": lambda s: _tree(
        "namePrefix: p-\nconfigurations: [names.yaml]\n",
        _object(s),
        f"apiVersion: e.x/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  names: [{s}, a]\n",
        names="nameReference: [{kind: ConfigMap, fieldSpecs: [{path: spec/names, kind: Widget}]}]\n",
    ),
    "component": lambda s: {
        **_tree("components: [../component]\nnamePrefix: p-\n", _object(s), _pod(s)),
        "component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "patches: [{path: patch.yaml}]\nconfigMapGenerator: [{name: x, literals: [a=b]}]\n",
        "component/patch.yaml": _patch(name=s),
    },
    "plugin": lambda s: _tree(
        "transformers: [plugin.yaml]\n",
        _object(s),
        _pod(s),
        plugin="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: p-\n"
        "fieldSpecs: [{path: metadata/name}]\n",
    ),
    "deleted": lambda s: _tree(
        "patches: [{path: patch.yaml}]\n", _object(s), _pod(s), patch=f"$patch: delete\n{_patch(name=_quoted(s))}"
    ),
    "replaced source": lambda s: _tree(
        f"replacements: [{{source: {{kind: ConfigMap, name: {_quoted(s)}}}, targets: "
        "[{select: {kind: Pod}, reject: [{name: z}], fieldPaths: [spec.containers.0.name, metadata.annotations.a], "
        "options: {create: true}}]}]\n",
        _object(s),
        _pod("x"),
    ),
    "variable": lambda s: _tree(
        f"vars: [{{name: V, objref: {{apiVersion: v1, kind: ConfigMap, name: {_quoted(s)}}}}}]\n",
        _object(s),
        _pod("x").replace("image: i", "image: i\n    args: ['$(V)']"),
    ),
    "replicas": lambda s: _tree(
        f"replicas: [{{name: {_quoted(s)}, count: 3}}]\n", _object(s, kind="Deployment", version="apps/v1")
    ),
    "volume claim": lambda s: _tree("namePrefix: p-\n", _object(s, kind="PersistentVolumeClaim"), _claim(s)),
}


def _account(name: str, namespace: str) -> str:
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"


def _claim(name: str) -> str:
    volume = f"  volumes:\n  - name: v\n    persistentVolumeClaim:\n      claimName: {name}\n"
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n{volume}  containers: []\n"


def _in_list(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return f"apiVersion: v1\nkind: List\nitems:\n- {'  '.join(lines)}"


NAMESPACES: dict[str, Way] = {
    "alone": lambda s: _tree("", _object("a", s)),
    "prefix": lambda s: _tree("namePrefix: p-\n", _object("a", s), _pod("a", s)),
    "reference by quotes": lambda s: _tree("namePrefix: p-\n", _object("a", s), _pod("a", _quoted(s))),
    "label": lambda s: _tree("commonLabels: {a: b}\n", _object("a", s)),
    "namespace": lambda s: _tree("namespace: n\n", _object("a", s), _pod("a", s)),
    "same namespace": lambda s: _tree(f"namespace: {_quoted(s)}\n", _object("a", s), _pod("a", s)),
    "plain namespace": lambda s: _tree(f"namespace: {s}\n", _object("a"), _pod("a")),
    "namespace object": lambda s: _tree("namespace: n\n", _object(s, kind="Namespace"), _object("a", s)),
    "patched by itself": lambda s: _tree(
        "patches: [{path: patch.yaml}]\n", _object("a", s), patch=_patch(name="a", namespace=s)
    ),
    "patched by quotes": lambda s: _tree(
        "patches: [{path: patch.yaml}]\n", _object("a", s), patch=_patch(name="a", namespace=_quoted(s))
    ),
    "target": lambda s: _tree(_by_target("namespace", _quoted(s)), _object("a", s)),
    "subject": lambda s: _tree(
        "namePrefix: p-\n",
        _account("a", s),
        _account("a", "n"),
        _binding(f"  name: a\n  namespace: {s}\n"),
    ),
    "subject by quotes": lambda s: _tree(
        "namePrefix: p-\n", _account("a", s), _binding(f"  name: a\n  namespace: {_quoted(s)}\n")
    ),
    "json patch": lambda s: _tree(f"{JSON_PATCH}namePrefix: p-\n", _object("a", s), _pod("a", s)),
    "two of one meaning": lambda s: _tree("", _object("a", s), _object("a", "'1000'"), _object("a", "default")),
    "generator": lambda s: {
        KUSTOMIZATION: f"configMapGenerator:\n- name: a\n  namespace: {s}\n  literals: [x=y]\n",
    },
    "order": lambda s: _tree(
        "sortOptions: {order: legacy}\n", _object("a", "b"), _object("a", "'1'"), _object("a", s), _object("a")
    ),
}

KINDS: dict[str, Way] = {
    "alone": lambda s: _tree("", _object(kind=s)),
    "version": lambda s: _tree("", _object(version=s)),
    "version and prefix": lambda s: _tree("namePrefix: p-\n", _object(version=s, kind="Widget")),
    "prefix": lambda s: _tree("namePrefix: p-\n", _object(kind=s), _pod("a")),
    "label": lambda s: _tree("commonLabels: {a: b}\nnamespace: n\n", _object(kind=s)),
    "json patch": lambda s: _tree(JSON_PATCH, _object(kind=s)),
    "json patch of a version": lambda s: _tree(
        "patches: [{target: {kind: W}, patch: '[{op: add, path: /data/x, value: y}]'}]\n", _object(kind="W", version=s)
    ),
    "patched by itself": lambda s: _tree("patches: [{path: patch.yaml}]\n", _object(kind=s), patch=_patch(kind=s)),
    "patched by quotes": lambda s: _tree(
        "patches: [{path: patch.yaml}]\n", _object(kind=s), patch=_patch(kind=_quoted(s))
    ),
    "version patched": lambda s: _tree(
        "patches: [{path: patch.yaml}]\n", _object(version=s), patch=_patch(version=_quoted(s))
    ),
    "version by target": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {name: a}}]\n", _object(version=s), patch=_patch(version="v9")
    ),
    "kind changes": lambda s: _tree(
        "patches: [{path: patch.yaml, target: {name: a}, options: {allowKindChange: true}}]\n",
        _object(),
        patch=_patch(kind=s),
    ),
    "target": lambda s: _tree(_by_target("kind", _quoted(s)), _object(kind=s)),
    "target of a version": lambda s: _tree(_by_target("version", _quoted(s)), _object(version=s)),
    "order": lambda s: _tree("sortOptions: {order: legacy}\n", _object(kind="B"), _object(kind=s), _object(version=s)),
}


def trees(_: int, count: int) -> Iterator[tuple[str, Texts]]:
    fields = (("name", NAMES), ("namespace", NAMESPACES), ("kind", KINDS))
    made = (
        (f"{field}, {way}, {spelling!r}", make(spelling))
        for field, ways in fields
        for way, make in ways.items()
        for spelling in SPELLINGS
    )
    yield from (tree for tree, _ in zip(made, range(count), strict=False))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 99_999))
