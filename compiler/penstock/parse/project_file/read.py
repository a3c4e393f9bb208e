"""The reader of `penstock.yaml`, which returns its settings and reports everything that does not fit `fields.py`."""

import posixpath
from typing import Any

from penstock.cluster import Ignored
from penstock.model import Destination, Diagnostic, Document, Origin, Tree
from penstock.parse.abundance import bounded
from penstock.parse.document import load_as_it_is
from penstock.parse.project_file.charts import abilities_of, chart_entries, wrong_charts
from penstock.parse.project_file.fields import PROJECT
from penstock.parse.project_file.meanings import (
    check_environments,
    check_patterns,
    check_places,
    check_suppressions,
)
from penstock.parse.project_file.pattern import compile_pattern
from penstock.parse.project_file.settings import (
    Binding,
    Config,
    EnvironmentEntry,
    External,
    Plain,
    Settled,
    Severities,
    TargetEntry,
)
from penstock.parse.project_file.shapes import check_value, misfit, word_meant
from penstock.parse.project_file.windows import selections_of, window_of
from penstock.sources import JsonnetValue
from penstock.tree import pointer_of


def read_config(data: bytes, path: str) -> tuple[Config | None, list[Diagnostic]]:
    """Return the settings in the text of the file, or None with the findings if there are any."""
    documents, findings = load_as_it_is(data, path)
    if not findings:
        findings = _check(documents, Origin(path))
    if findings:
        wrong = (finding._replace(code="PS115", severity="error", blame="configuration") for finding in findings)
        return None, bounded(wrong)
    return _config(documents[0].body, documents[0].origin), []


def _check(documents: list[Document], where: Origin) -> list[Diagnostic]:
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        return [misfit("penstock.yaml must be one mapping", where)]
    findings: list[Diagnostic] = []
    check_value(documents[0].body, PROJECT, documents[0].origin, findings)
    if not findings:
        check_suppressions(documents[0].body, documents[0].origin, findings)
        check_patterns(documents[0].body, documents[0].origin, findings)
        check_environments(documents[0].body, documents[0].origin, findings)
        findings += (misfit(message, where) for message, where in wrong_charts(documents[0].body, documents[0].origin))
        check_places(documents[0].body, documents[0].origin, findings)
    return findings


def _ignored(entry: Tree) -> Ignored:
    pointers = tuple(pointer for text in entry.get("fields", ()) if (pointer := pointer_of(text)))
    return Ignored(
        entry.get("kind", "*"),
        entry.get("namespace", "*"),
        entry.get("name", "*"),
        pointers,
        frozenset(entry.get("managers", ())),
    )


def _config(body: Tree, origin: Origin) -> Config:
    return Config(
        merge=body.get("merge", ""),
        targets=tuple(
            _target(entry, origin.below("targets", index)) for index, entry in enumerate(body.get("targets", ()))
        ),
        exclude=tuple(map(compile_pattern, body.get("exclude", ()))),
        environments=tuple(
            _environment(name, entry or {}, origin.below("environments", name))
            for name, entry in body.get("environments", {}).items()
        ),
        schemas=tuple(posixpath.normpath(place) for place in body.get("schemas", ())),
        externals=tuple(
            External(entry["kind"], entry.get("namespace", "*"), entry["name"]) for entry in body.get("externals", ())
        ),
        severities=_all_severities(body, origin),
        settled=tuple(
            _settled(entry, origin.below("suppress", index)) for index, entry in enumerate(body.get("suppress", ()))
        ),
        helm=body.get("helm", {}).get("enabled", False),
        abilities=abilities_of(body.get("helm", {})),
        clusters=body.get("clusters", ""),
        branch=body.get("branch", ""),
        windows=tuple(selections_of(body)),
        health=tuple(posixpath.normpath(place) for place in body.get("health", ())),
        repository=tuple(body.get("repository", ())),
        jsonnet_engine=body.get("jsonnet", {}).get("engine", ""),
        charts=chart_entries(body, origin),
    )


def _target(entry: Tree, where: Origin) -> TargetEntry:
    return TargetEntry(
        compile_pattern(entry["path"]),
        entry.get("environment", ""),
        entry.get("app", ""),
        entry.get("loadRestrictor") == "none",
        where,
        _plain(entry, where),
    )


def _all_severities(body: Tree, origin: Origin) -> tuple[Severities, ...]:
    return tuple(
        each
        for word, entry in body.get("rules", {}).items()
        for each in _severities(str(word), entry, origin.below("rules", word))
    )


def _plain(entry: Tree, where: Origin) -> Plain | None:
    if entry.get("type") != "directory":
        return None
    jsonnet = entry.get("jsonnet", {})
    return Plain(
        entry.get("recurse", False),
        entry.get("include", ""),
        entry.get("exclude", ""),
        _jsonnet_values(jsonnet, "extVars", where),
        _jsonnet_values(jsonnet, "tlas", where),
        tuple(posixpath.normpath(place) for place in jsonnet.get("libs", ())),
    )


def _jsonnet_values(jsonnet: Tree, field: str, where: Origin) -> tuple[JsonnetValue, ...]:
    return tuple(
        JsonnetValue(
            each["name"],
            each.get("value", ""),
            each.get("code", False),
            where.below("jsonnet", field, index, "value"),
        )
        for index, each in enumerate(jsonnet.get(field, ()))
    )


def _environment(name: str, entry: Tree, origin: Origin) -> EnvironmentEntry:
    windows = [window_of(window) for window in entry.get("windows", ())]
    return EnvironmentEntry(
        name,
        _destination(entry),
        origin,
        _binding(entry.get("cluster", {})),
        tuple(window for window in windows if not isinstance(window, str)),
        tuple(entry.get("adopt", ())),
        tuple(map(_ignored, entry.get("ignore", ()))),
        entry.get("kubernetes", ""),
        entry.get("partial", False),
        tuple(_binding(each or {}, name) for name, each in entry.get("clusters", {}).items()),
        entry.get("additions") == "remove",
        allow_prune=tuple(entry.get("allowPrune", ())),
    )


def _binding(entry: Tree, name: str = "") -> Binding:
    return Binding(
        entry.get("context", ""),
        entry.get("server", ""),
        entry.get("caDigest", "").lower(),
        entry.get("inCluster", False),
        entry.get("as", ""),
        tuple(entry.get("asGroups", ())),
        name,
    )


def _destination(entry: Tree) -> Destination:
    folder = posixpath.normpath(entry["folder"]) if "folder" in entry else ""
    return Destination(
        entry.get("branch", ""),
        "" if folder == "." else folder,
        entry.get("repository", ""),
        entry.get("layout", "objects"),
        entry.get("proposed", False),
    )


def _severities(word: str, entry: Any, origin: Origin) -> list[Severities]:
    if not isinstance(entry, dict):
        return [Severities(word, None, word_meant(entry), origin)]
    return [
        Severities(word, compile_pattern(str(path)), word_meant(severity), origin.below(str(path)))
        for path, severity in entry.items()
    ]


def _settled(entry: Tree, origin: Origin) -> Settled:
    return Settled(
        tuple(entry["codes"]),
        compile_pattern(entry["path"]) if "path" in entry else None,
        entry.get("kind", ""),
        entry.get("namespace", ""),
        entry.get("name", ""),
        entry["reason"],
        origin,
    )
