"""The output of templates, split into documents and sorted into the order in which Helm installs them."""

from collections.abc import Mapping

from penstock.charts.bounds import MAX_DOCUMENTS, MAX_MARKS, marks_of
from penstock.charts.chart import Read, Refused
from penstock.charts.hints import hint_for_printed
from penstock.model import Diagnostic, Pos
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.scalar import float_as_string
from penstock.typed import Any
from penstock.withheld import is_secret_kind
from penstock.words import type_of

INSTALL_ORDER = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass"),
    *("PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList"),
    *("ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service"),
    *("DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler"),
    *("StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration"),
    "ValidatingWebhookConfiguration",
)
"""Kinds that are not listed come after these, by name."""

HOOKS = frozenset(
    (
        *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback"),
        *("post-rollback", "test", "test-success"),
    )
)
TESTS = frozenset(("test", "test-success"))
HOOK = "helm.sh/hook"

_SEPARATOR = regex(r"(?m)^---[ \t]*")
_RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


class Manifest(NamedTuple):
    """One document of the output.

    `source` is its template as comments name it, `line` the line of the template's output at which it starts (counted
    from 0), and `hooks` the events for which it is a hook.
    """

    source: str
    text: str
    line: int
    kind: str
    hooks: frozenset[str] = frozenset()

    @property
    def is_test(self) -> bool:
        return bool(self.hooks & TESTS)


class Sorted(NamedTuple):
    """The documents of a release in install order, with the hooks in a list of their own."""

    manifests: list[Manifest]
    hooks: list[Manifest]
    findings: list[Diagnostic]


def split(text: str) -> list[tuple[int, str]]:
    """Split the output of a template wherever a line starts with three dashes. Return (line, document) pairs."""
    body = text.lstrip()
    line = text.count("\n", 0, len(text) - len(body))
    found = []
    start = 0
    for separator in (*_SEPARATOR.finditer(body), None):
        end = separator.start() if separator else len(body)
        document = body[start:end]
        kept = document.lstrip()
        if kept:
            found.append((line + document.count("\n", 0, len(document) - len(kept)), kept))
        line += document.count("\n")
        start = separator.end() if separator else end
    return found


def sort(printed: Mapping[str, str], read_head: Read) -> Sorted:
    """Sort all documents that templates have printed. `printed` is by the names of templates. Raises `Refused` for a
    document that is not YAML.
    """
    manifests: list[Manifest] = []
    hooks: list[Manifest] = []
    findings: list[Diagnostic] = []
    for source, line, text in _documents(printed):
        manifest = _manifest(source, line, text, read_head)
        unknown = manifest.hooks - HOOKS
        if unknown:
            findings.append(_skipped(manifest, sorted(unknown)[0]))
        else:
            (hooks if manifest.hooks else manifests).append(manifest)
    manifests.sort(key=_rank)
    hooks.sort(key=_rank)
    return Sorted(manifests, hooks, findings)


def _skipped(manifest: Manifest, hook: str) -> Diagnostic:
    """Return the finding for a document with a hook that Helm does not know.

    The word in a Secret is not shown: an alias may have copied it out of the data.
    """
    shown = "like that of its annotation" if is_secret_kind(manifest.kind, "") else repr(hook)
    message = f"helm skips this: there is no hook {shown}"
    return Diagnostic("PS713", "warning", message, Pos(manifest.source, manifest.line + 1))


def _documents(printed: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Return the documents of all templates in their order: the name of the template, the line and the text of each.
    Raises `Refused` where there are too many, before any is parsed.
    """
    room = _Room()
    found: list[tuple[str, int, str]] = []
    for source in sorted(printed):
        name = source.rpartition("/")[2]
        if name.startswith("_") or not printed[source].strip():
            continue
        for line, text in split(printed[source]):
            room.take(source, line, text)
            found.append((source, line, text))
    return found


class _Room:
    """The part of the bounds that is left while the documents of a chart are parsed."""

    def __init__(self) -> None:
        self._documents = MAX_DOCUMENTS
        self._marks = MAX_MARKS

    def take(self, source: str, line: int, text: str) -> None:
        """Count a document. Raises `Refused` where a bound is crossed."""
        self._documents -= 1
        self._marks -= marks_of(text.encode("utf-8", "surrogateescape"))
        if self._documents < 0:
            raise self._refused(source, line, f"{MAX_DOCUMENTS:,} documents")
        if self._marks < 0:
            raise self._refused(source, line, f"{MAX_MARKS:,} values and lines of output")

    def _refused(self, source: str, line: int, bound: str) -> Refused:
        return Refused("PS714", f"{source}: this goes beyond the bound of {bound}", Pos(source, line + 1))


def _rank(manifest: Manifest) -> tuple[int, str]:
    rank = _RANK.get(manifest.kind, len(_RANK))
    return rank, manifest.kind if rank == len(_RANK) else ""


def _manifest(source: str, line: int, text: str, read_head: Read) -> Manifest:
    documents, findings = read_head(text.encode("utf-8", "surrogateescape"), source)
    for finding in findings:
        if finding.severity == "error":
            where = finding.where
            at = where.line if isinstance(where, Pos) else 1
            message = f"YAML parse error on {source}: {finding.message}"
            raise Refused("PS712", message, Pos(source, line + at), hint_for_printed(message))
    try:
        head = _head(documents[0].body if documents else {})
    except _Unfit as reason:
        message = f"YAML parse error on {source}: error unmarshaling JSON: {reason}"
        raise Refused("PS712", message, Pos(source, line + 1)) from None
    return Manifest(source, text, line, head.kind, head.hooks)


class _Unfit(Exception):  # noqa: N818  # the state of a document
    """A field that Helm reads has the wrong type."""


class Head(NamedTuple):
    """The parts of a document that Helm reads."""

    kind: str
    hooks: frozenset[str]


def _head(body: Any) -> Head:
    """Return the parts of a document that Helm reads. Raises `_Unfit`."""
    fields = _mapping(body, "the document")
    _text(_field(fields, "apiVersion"), "apiVersion")
    kind = _text(_field(fields, "kind"), "kind")
    metadata = _mapping(_field(fields, "metadata"), "metadata")
    _text(_field(metadata, "name"), "metadata.name")
    annotations = _mapping(_field(metadata, "annotations"), "metadata.annotations")
    texts = {key: _text(value, f"metadata.annotations.{key}") for key, value in annotations.items()}
    if HOOK not in texts:
        return Head(kind, frozenset())
    return Head(kind, frozenset(word.strip().lower() for word in texts[HOOK].split(",")))


def _field(mapping: Mapping[str, Any], name: str) -> Any:
    """Return a field as Go's JSON decoder finds it: case-insensitively and, if several keys match, the last one in sort
    order.
    """
    if name in mapping:  # spellings with capitals sort before it
        return mapping[name]
    lower = name.lower()
    return next((mapping[key] for key in sorted(mapping, reverse=True) if key.lower() == lower), None)


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Unfit(f"{what} must be a mapping; found {type_of(value)}")
    return value


def _text(value: Any, what: str) -> str:
    """Return a string, or the string that Go's YAML library makes of another scalar in a string field."""
    if isinstance(value, dict | list):
        raise _Unfit(f"{what} must be a text; found {type_of(value)}")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return float_as_string(value)
    return "" if value is None else str(value)


def printed(manifests: list[Manifest]) -> str:
    """Return the documents as text, each with the comment that names its template."""
    return "".join(f"---\n# Source: {each.source}\n{each.text}\n" for each in manifests)
