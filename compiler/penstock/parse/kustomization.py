"""The fields of a kustomization file: their names and types, and suggestions for unknown names.

Kustomize decodes the file as strict JSON: an unknown field or a wrong type is an error, names are matched without
regard to case, and `null` means absent. The shapes below are those of Kustomization and Component, kustomize v5.8.2.
"""

from penstock.model import Diagnostic, Origin, Tree, has_errors
from penstock.scalar import json_number, number_as_string, without_next_lines
from penstock.typed import Any
from penstock.words import MOST_SEARCHES, did_you_mean, nearest

_YES = ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON")
_NO = ("n", "N", "no", "No", "NO", "off", "Off", "OFF")
_YES_OR_NO = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
"""The words that go-yaml v3 accepts for a boolean field."""

_EXACT = {"string": "exact string", "strings by name": "exact strings by name"}


def _exact(shape: Any) -> Any:
    """Return a shape in which Kustomize does not accept a number as a string.

    This holds for the fields of a Go struct that is embedded in another one (`convertToJSONableObject` of
    sigs.k8s.io/yaml looks only at the outer struct).
    """
    if isinstance(shape, dict):
        return {field: _exact(inner) for field, inner in shape.items()}
    if isinstance(shape, list):
        return [_exact(inner) for inner in shape]
    return _EXACT.get(shape, shape)


class Cased(dict[str, Any]):
    """The shape of a mapping whose fields are matched with regard to case."""


_GVK = _exact({"group": "string", "version": "string", "kind": "string"})
_ID = _exact({**_GVK, "name": "string", "namespace": "string"})
_SELECTOR = {**_ID, "annotationSelector": "string", "labelSelector": "string"}
_FIELD_SPEC = {**_GVK, "path": "string", "create": "boolean"}
_FIELD_OPTIONS = {"delimiter": "string", "index": "integer", "encoding": "string", "create": "boolean"}
_PATCH = {
    "path": "string",
    "patch": "string",
    "target": _SELECTOR,
    "options": {"allowNameChange": "boolean", "allowKindChange": "boolean"},
}
_IMAGE = {"name": "string", "newName": "string", "tagSuffix": "string", "newTag": "string", "digest": "string"}
_GENERATOR_OPTIONS = {
    "labels": "strings by name",
    "annotations": "strings by name",
    "disableNameSuffixHash": "boolean",
    "immutable": "boolean",
}
_CONFIG_MAP = {
    "name": "string",
    "namespace": "string",
    "behavior": "string",
    "literals": ["string"],
    "files": ["string"],
    "envs": ["string"],
    "env": "string",
    "options": _GENERATOR_OPTIONS,
}
_HELM_CHART = {
    "name": "string",
    "version": "string",
    "repo": "string",
    "releaseName": "string",
    "namespace": "string",
    "additionalValuesFiles": ["string"],
    "valuesFile": "string",
    "valuesInline": "mapping",
    "valuesMerge": "string",
    "includeCRDs": "boolean",
    "skipHooks": "boolean",
    "apiVersions": ["string"],
    "kubeVersion": "string",
    "nameTemplate": "string",
    "skipTests": "boolean",
    "debug": "boolean",
    "devel": "boolean",
}
_HELM_INFLATION = {
    **dict.fromkeys(("chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin"), "string"),
    **dict.fromkeys(("helmHome", "values", "valuesMerge", "releaseName", "releaseNamespace"), "string"),
    "valuesLocal": "mapping",
    "extraArgs": ["string"],
}
_REPLACEMENT: dict[str, Any] = {
    "path": "string",
    "sourceValue": "string",
    "source": {**_ID, "fieldPath": "string", "options": _FIELD_OPTIONS},
    "targets": [
        {"select": _SELECTOR, "reject": [_SELECTOR], "fieldPaths": ["string"], "options": _FIELD_OPTIONS},
    ],
}
FIELDS: dict[str, Any] = {
    "apiVersion": "string",
    "kind": "string",
    "metadata": {
        "name": "string",
        "namespace": "string",
        "labels": "strings by name",
        "annotations": "strings by name",
    },
    "openapi": "strings by name",
    "namePrefix": "string",
    "nameSuffix": "string",
    "namespace": "string",
    "commonLabels": "strings by name",
    "labels": [
        {
            "pairs": "strings by name",
            "includeSelectors": "boolean",
            "includeTemplates": "boolean",
            "includeVolumeClaimTemplates": "boolean",
            "fields": [_FIELD_SPEC],
        }
    ],
    "commonAnnotations": "strings by name",
    "patchesStrategicMerge": ["string"],
    "patchesJson6902": [_PATCH],
    "patches": [_PATCH],
    "images": [_IMAGE],
    "imageTags": [_IMAGE],
    "replacements": [_REPLACEMENT],
    "replicas": [{"name": "string", "count": "integer"}],
    "vars": [
        {
            "name": "string",
            "objref": {"apiVersion": "string", **_GVK, "name": "string", "namespace": "string"},
            "fieldref": {"fieldPath": "string"},
        }
    ],
    "sortOptions": {"order": "string", "legacySortOptions": {"orderFirst": ["string"], "orderLast": ["string"]}},
    "resources": ["string"],
    "components": ["string"],
    "crds": ["string"],
    "bases": ["string"],
    "configMapGenerator": [_CONFIG_MAP],
    "secretGenerator": [{**_CONFIG_MAP, "type": "string"}],
    "helmGlobals": {"chartHome": "string", "configHome": "string"},
    "helmCharts": [_HELM_CHART],
    "helmChartInflationGenerator": [_HELM_INFLATION],
    "generatorOptions": _GENERATOR_OPTIONS,
    "configurations": ["string"],
    "generators": ["string"],
    "transformers": ["string"],
    "validators": ["string"],
    "buildMetadata": ["string"],
}

_FIELD_SPECS = [_FIELD_SPEC]
_OBJECT = {"apiVersion": "string", "kind": "string", "metadata": FIELDS["metadata"]}
_SPEC_OF_AFFIX = Cased({**dict.fromkeys(("group", "version", "kind", "path"), "string"), "create": "yes or no"})
_AFFIX = Cased({**_OBJECT, "fieldSpecs": (_SPEC_OF_AFFIX,)})
"""What prefix and suffix transformers have in common.

Kustomize reads their configuration as YAML (go-yaml v3), and that of all others as JSON: here fields are matched with
regard to case, null entries of a list are dropped, `on` may stand for true, and a number for a kind.
"""
SHAPES: dict[str, Any] = {
    "field specs": {
        **dict.fromkeys(
            (
                "namePrefix",
                "nameSuffix",
                "namespace",
                "commonLabels",
                "labels",
                "templateLabels",
                "volumeClaimTemplateLabels",
                "commonAnnotations",
                "varReference",
                "images",
                "replicas",
            ),
            _FIELD_SPECS,
        ),
        "nameReference": [{**_GVK, "fieldSpecs": _FIELD_SPECS}],
    },
    "replacement": _REPLACEMENT,
    "AnnotationsTransformer": {**_OBJECT, "annotations": "strings by name", "fieldSpecs": _FIELD_SPECS},
    "ConfigMapGenerator": {**_OBJECT, **_exact(_CONFIG_MAP)},
    "HashTransformer": _OBJECT,
    "HelmChartInflationGenerator": {
        **_OBJECT,
        **_exact({"chartHome": "string", "configHome": "string", **_HELM_CHART}),
    },
    "IAMPolicyGenerator": {
        **_OBJECT,
        "cloud": "exact string",
        "kubernetesService": _exact({"name": "string", "namespace": "string"}),
        "serviceAccount": _exact({"name": "string", "projectId": "string"}),
    },
    "ImageTagTransformer": {**_OBJECT, "imageTag": _IMAGE, "fieldSpecs": _FIELD_SPECS},
    "LabelTransformer": {**_OBJECT, "labels": "strings by name", "fieldSpecs": _FIELD_SPECS},
    "NamespaceTransformer": {
        **_OBJECT,
        "fieldSpecs": _FIELD_SPECS,
        "unsetOnly": "boolean",
        "setRoleBindingSubjects": "string",
    },
    "PatchJson6902Transformer": {**_OBJECT, "target": _SELECTOR, "path": "string", "jsonOp": "string"},
    "PatchStrategicMergeTransformer": {**_OBJECT, "paths": ["string"], "patches": "string"},
    "PatchTransformer": {**_OBJECT, **_PATCH},
    "PrefixSuffixTransformer": Cased({**_AFFIX, "prefix": "string", "suffix": "string"}),
    "PrefixTransformer": Cased({**_AFFIX, "prefix": "string"}),
    "SuffixTransformer": Cased({**_AFFIX, "suffix": "string"}),
    "ReplacementTransformer": {**_OBJECT, "replacements": [{**_exact(_REPLACEMENT), "path": "string"}]},
    "ReplicaCountTransformer": {
        **_OBJECT,
        "replica": {"name": "string", "count": "integer"},
        "fieldSpecs": _FIELD_SPECS,
    },
    "SecretGenerator": {**_OBJECT, **_exact(_CONFIG_MAP), "type": "exact string"},
    "function": {
        "deferFailure": "boolean",
        "container": {
            "image": "string",
            "network": "boolean",
            "mounts": [{"type": "string", "src": "string", "dst": "string", "rw": "boolean"}],
            "envs": ["string"],
        },
        "exec": {"path": "string", "args": ["string"], "envs": ["string"]},
    },
    "ValueAddTransformer": {
        **_OBJECT,
        "value": "string",
        "targets": [{"selector": _SELECTOR, "fieldPath": "string", "filePathPosition": "integer"}],
        "targetFilePath": "string",
    },
}
"""The shapes of configurations other than the kustomization. Those of builtin plugins are listed by kind, and may have
unknown fields.
"""

_STRICT = ("field specs", "function")
"""The shapes in which Kustomize refuses an unknown field."""

_JOINED = ("bases", "imageTags", "helmChartInflationGenerator")
"""Deprecated fields whose entries become those of another field (`FixKustomization`)."""

_API_VERSIONS = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}


def check_fields(tree: Any, where: Origin) -> tuple[Tree, list[Diagnostic]]:
    """Return the fields by their canonical names, without nulls, and a finding for each field that Kustomize would
    refuse.
    """
    findings: list[Diagnostic] = []
    fields = checked(tree, FIELDS, where, findings)
    if not isinstance(fields, dict):
        return {}, findings
    if not has_errors(findings):
        findings += _check_kind(fields, where)
    if not has_errors(findings) and all(_says_nothing(name, value) for name, value in fields.items()):
        findings.append(
            Diagnostic("PS112", "error", "this kustomization file is empty", where, hint="list its `resources:`")
        )
    return fields, findings


def _says_nothing(name: str, value: Any) -> bool:
    """Return whether a kustomization with only such fields is an empty one.

    Kustomize joins the lists of deprecated fields to those of the present ones, which leaves nothing of an empty list;
    an empty list of a present field is something.
    """
    return name in ("apiVersion", "kind") or value == "" or (name in _JOINED and value == [])


def typed(tree: Any, shape: str, where: Origin) -> tuple[Any, list[Diagnostic]]:
    """Return a configuration checked against one of SHAPES, with findings.

    Unknown fields in the configuration of a builtin plugin are a warning, as Kustomize ignores them.
    """
    findings: list[Diagnostic] = []
    value = checked(_with_strings(tree, SHAPES[shape]), SHAPES[shape], where, findings)
    if shape not in _STRICT:
        findings = [f._replace(severity="warning") if f.code == "PS110" else f for f in findings]
    return value, findings


def _with_strings(value: Any, shape: Any) -> Any:
    """Return a value with numbers and booleans converted to strings where the shape expects strings.

    Kustomize does so in these files (not in a kustomization), except for the fields of an embedded struct.
    """
    if shape == "string":
        return _as_string(value)
    if shape == "strings by name" and isinstance(value, dict):
        return {k: _with_strings(v, "string") for k, v in value.items()}
    if isinstance(shape, list | tuple) and isinstance(value, list):
        return [_with_strings(item, shape[0]) for item in value]
    if isinstance(shape, dict) and isinstance(value, dict):
        return {k: _with_strings(v, shape.get(k, "any")) for k, v in value.items()}
    return value


def _as_string(value: Any) -> Any:
    """Return a boolean or a finite number as a string, and any other value unchanged."""
    is_finite = isinstance(value, bool | int | float) and value - value == 0
    if not is_finite:
        return value
    return str(value).lower() if isinstance(value, bool) else number_as_string(value)


def checked(value: Any, shape: Any, where: Origin, findings: list[Diagnostic]) -> Any:
    """Return `value` with canonical field names if it has the given shape; else add a finding and return None."""
    if isinstance(shape, str):
        return _checked_scalar(value, shape, where, findings)
    if isinstance(shape, list | tuple):
        if not isinstance(value, list):
            return _wrong_type(value, "a list", where, findings)
        return _checked_list(value, shape, where, findings)
    if not isinstance(value, dict):
        return _wrong_type(value, "a mapping", where, findings)
    return _checked_mapping(value, shape, where, findings)


def _checked_list(
    value: list[Any], shape: list[Any] | tuple[Any], where: Origin, findings: list[Diagnostic]
) -> list[Any]:
    """Return the entries of a list. Go reads an empty one as an entry without fields; where the shape is a tuple, it is
    dropped.
    """
    entry, is_of_mappings = shape[0], isinstance(shape[0], dict)
    if all(_is_plain(item, entry) for item in value):
        return [*value]
    kept = [(i, item) for i, item in enumerate(value) if item is not None or isinstance(shape, list)]
    entries = [(i, {} if item is None and is_of_mappings else item) for i, item in kept]
    items = [checked(item, entry, where.below(i), findings) for i, item in entries]
    return [{} if item is None and is_of_mappings else item for item in items]


def _checked_mapping(value: Tree, shape: dict[str, Any], where: Origin, findings: list[Diagnostic]) -> Tree:
    fields: Tree = {}
    spelled: dict[str, str] = {}
    for key in value if value.keys() <= shape.keys() else sorted(value):
        name = key if key in shape else _without_case(key, shape)
        if name is None:
            findings.append(_unknown(key, shape, where.below(key), len(findings) < MOST_SEARCHES))
        elif value[key] is not None:
            if name in fields:
                findings.append(_twice(spelled[name], key, where))
            is_plain = _is_plain(value[key], shape[name])
            fields[name] = value[key] if is_plain else checked(value[key], shape[name], where.below(key), findings)
            spelled[name] = key
    return fields


def _is_plain(value: Any, shape: Any) -> bool:
    """Return whether a value is a string where one is expected, as nearly all are, and needs no further look."""
    return value.__class__ is str and shape in ("string", "exact string") and "\x85" not in value


def _twice(first: str, key: str, where: Origin) -> Diagnostic:
    """Return the finding for two spellings of one field: Kustomize sorts the keys, and the last one wins."""
    notes = ((where.below(first), "the value here is lost"),)
    message = f"`{first}` and `{key}` are the same field"
    return Diagnostic("PS104", "warning", message, where.below(key), notes=notes, hint="keep one of the two")


def _without_case(key: str, shape: dict[str, Any]) -> str | None:
    if isinstance(shape, Cased):
        return None
    folded = key.casefold()
    return next((name for name in shape if name.casefold() == folded), None)


def _checked_scalar(value: Any, shape: str, where: Origin, findings: list[Diagnostic]) -> Any:
    if shape == "any":
        return value
    if shape == "mapping":
        return value if isinstance(value, dict) else _wrong_type(value, "a mapping", where, findings)
    if shape in ("strings by name", "exact strings by name"):
        return _checked_strings(value, where, findings)
    if value is None:
        return ""
    if shape == "integer":
        return _checked_integer(value, where, findings)
    if shape == "yes or no":
        return _checked_scalar(_as_boolean(value), "boolean", where, findings)
    shape = shape.removeprefix("exact ")
    if not isinstance(value, {"string": str, "boolean": bool}[shape]):
        return _wrong_type(value, f"a {shape}", where, findings)
    # Kustomize writes the file and reads it again, which changes texts with such a line break.
    return _read_again(value, where, findings) if isinstance(value, str) and "\x85" in value else value


def _checked_integer(value: Any, where: Origin, findings: list[Diagnostic]) -> int | None:
    """Return a number as Go reads it after it was written as JSON: it has to fit into 64 bits."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    written = json_number(value) if is_number else ""
    is_integer = written.removeprefix("-").isdigit()
    if is_integer and -(2**63) <= int(written) < 2**63:
        return int(written)
    _wrong_type(value, "an integer of 64 bits" if is_integer else "an integer", where, findings)
    return None


def _as_boolean(value: Any) -> Any:
    """Return the boolean that a word stands for, and any other value unchanged."""
    return _YES_OR_NO.get(value, value) if isinstance(value, str) else value


def _checked_strings(value: Any, where: Origin, findings: list[Diagnostic]) -> Any:
    if not isinstance(value, dict):
        return _wrong_type(value, "a mapping of names to strings", where, findings)
    return {k: _checked_scalar(v, "string", where.below(k), findings) for k, v in value.items()}


def _read_again(value: str, where: Origin, findings: list[Diagnostic]) -> str:
    """Return a string as it is after Kustomize has passed it to a plugin as JSON and parsed that JSON as YAML."""
    read = without_next_lines(value)
    if read is None:
        message = "a line behind U+0085 separates documents, and Kustomize cannot read that"
        findings.append(Diagnostic("PS162", "error", message, where, hint="leave U+0085 out"))
    return value if read is None else read


def _wrong_type(value: Any, expected: str, where: Origin, findings: list[Diagnostic]) -> None:
    found = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", type(None): "nothing"}
    message = f"{_field(where)} must be {expected}; found {found.get(type(value), 'a number')}"
    findings.append(Diagnostic("PS111", "error", message, where, hint=_hint(value, expected, where)))


def _hint(value: Any, expected: str, where: Origin) -> str:
    if where.at[:1] == ("patches",) and expected == "a mapping" and isinstance(value, str):
        return "write `- path: FILE`; `patchesStrategicMerge` has lists of files"
    return "write it in quotes" if expected == "a string" and not isinstance(value, dict | list) else ""


def _field(where: Origin) -> str:
    names = [str(step) for step in where.at]
    return f"`{'.'.join(names)}`" if names else "a kustomization file"


def _unknown(key: str, shape: dict[str, Any], where: Origin, is_searched: bool) -> Diagnostic:
    meant = nearest(key, shape) if is_searched else ""
    hint = f"did you mean `{meant}`?" if meant else f"known here: {', '.join(sorted(shape))}"
    return Diagnostic("PS110", "error", f"unknown field `{key}`", where, hint=hint)


def _check_kind(fields: Tree, where: Origin) -> list[Diagnostic]:
    kind = fields.get("kind") or "Kustomization"
    if kind not in _API_VERSIONS:
        message = f"`kind` must be Kustomization or Component; found {kind}"
        return [Diagnostic("PS113", "error", message, where.below("kind"), hint=did_you_mean(kind, _API_VERSIONS))]
    wanted = _API_VERSIONS[kind]
    if fields.get("apiVersion") not in (None, "", wanted):
        message = f"`apiVersion` of a {kind} must be {wanted}; found {fields['apiVersion']}"
        return [Diagnostic("PS113", "error", message, where.below("apiVersion"))]
    return []
