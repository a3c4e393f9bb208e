"""The reader of `penstock.yaml`, which returns its settings and reports everything that does not fit `fields.py`."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Literal

from penstock.model import Destination, Diagnostic, Document, Ignored, Origin, Pointer, Severity, Tree
from penstock.parse.document import load_as_it_is
from penstock.parse.project_file.charts import Abilities, ChartEntry, abilities_of, chart_entries, wrong_charts
from penstock.parse.project_file.fields import PROJECT, Either, Flag, Many, Mapping, Named, Shape, Words
from penstock.parse.project_file.pattern import Pattern, PatternError, compile_pattern
from penstock.records import NamedTuple
from penstock.sources import JsonnetValue
from penstock.tree import pointer_of
from penstock.windows import Selection, Window
from penstock.windows import read as read_window
from penstock.words import nearest

_DIGEST = re.compile("[0-9A-Fa-f]{64}")
_NO_BRANCH = re.compile(r"^[-/]|^@?$|[/.]$|//|\.\.|@\{|[\x00-\x20\x7f~^:?*\[\\]|(?:^|/)\.|\.lock(?:/|$)")
"""What no name of a branch has (`git check-ref-format --branch`)."""

_NO_NAME = re.compile(r"(?i)^\.git$|[*?\[\]{}\\:\x00-\x1f]")
_ADDRESS = re.compile("(?!-|[0-9A-Za-z]*::)[!-~]+")
"""Addresses of repositories and names of remotes, without options and without addresses that make git run a program."""


class Plain(NamedTuple):
    """The options of a target of plain manifests: which files of its directory count, and the inputs of its Jsonnet
    files.
    """

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    variables: tuple[JsonnetValue, ...] = ()
    arguments: tuple[JsonnetValue, ...] = ()
    libraries: tuple[str, ...] = ()


class TargetEntry(NamedTuple):
    """An entry of `targets:`. The templates are empty where the file leaves them to discovery."""

    pattern: Pattern
    environment: str
    app: str
    anywhere: bool
    """Whether files outside of the directories of the kustomizations may be read."""
    origin: Origin
    plain: Plain | None = None


class Binding(NamedTuple):
    """A cluster of an environment. Values that the file does not give are empty.

    `name` is empty if it is the only cluster. `user` and `groups` are the identity to act as.
    """

    context: str = ""
    server: str = ""
    digest: str = ""
    inside: bool = False
    """Whether Penstock runs in a pod of the cluster."""
    user: str = ""
    groups: tuple[str, ...] = ()
    name: str = ""


class EnvironmentEntry(NamedTuple):
    """An entry of `environments:`. Empty strings stand for the defaults."""

    name: str
    destination: Destination
    origin: Origin
    cluster: Binding = Binding()
    windows: tuple[Window, ...] = ()
    adopt: tuple[str, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    kubernetes: str = ""
    is_partial: bool = False
    clusters: tuple[Binding, ...] = ()
    """The clusters, if the environment has several."""
    removes_additions: bool = False
    """Whether `sync` removes fields that people have added by hand."""
    allow_prune: tuple[str, ...] = ()
    """Dangerous deletions that are intended."""


class External(NamedTuple):
    """An entry of `externals:`, without its reason, which is for readers of the file. `*` matches any characters."""

    kind: str
    namespace: str
    name: str


class Severities(NamedTuple):
    """An entry of `rules:` for one path. `word` selects codes; without a pattern, the entry applies everywhere."""

    word: str
    pattern: Pattern | None
    severity: Severity | Literal["off"]
    origin: Origin


class Settled(NamedTuple):
    """An entry of `suppress:`. `kind`, `namespace` and `name` are patterns of names, empty to match any object."""

    codes: tuple[str, ...]
    pattern: Pattern | None
    kind: str
    namespace: str
    name: str
    reason: str
    origin: Origin


class Config(NamedTuple):
    """The settings of a repository."""

    merge: str = ""
    """`kubernetes` for the strategic merge of Kubernetes; any other value for that of Kustomize."""
    targets: tuple[TargetEntry, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    environments: tuple[EnvironmentEntry, ...] = ()
    externals: tuple[External, ...] = ()
    schemas: tuple[str, ...] = ()
    """The places of schemas of custom resources."""
    severities: tuple[Severities, ...] = ()
    settled: tuple[Settled, ...] = ()
    helm: bool = False
    """Whether charts in kustomizations are rendered."""
    abilities: Abilities = Abilities()
    charts: tuple[ChartEntry, ...] = ()
    clusters: str = ""
    """The file that lists the clusters that Argo CD knows."""
    branch: str = ""
    """The branch that `hydrate` renders; empty for the default branch of the remote."""
    windows: tuple[Selection, ...] = ()
    health: tuple[str, ...] = ()
    """The files or folders with health rules."""
    repository: tuple[str, ...] = ()
    """Addresses of this repository."""
    jsonnet_engine: str = ""
    """The Python package that evaluates Jsonnet; empty for the first one that is installed."""


def read_config(data: bytes, path: str) -> tuple[Config | None, list[Diagnostic]]:
    """Return the settings in the text of the file, or None with the findings if there are any."""
    documents, findings = load_as_it_is(data, path)
    if not findings:
        findings = _check(documents, Origin(path))
    if findings:
        return None, [finding._replace(code="PS115", severity="error", blame="configuration") for finding in findings]
    return _config(documents[0].body, documents[0].origin), []


def _check(documents: list[Document], where: Origin) -> list[Diagnostic]:
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        return [_wrong("penstock.yaml must be one mapping", where)]
    findings: list[Diagnostic] = []
    _check_value(documents[0].body, PROJECT, documents[0].origin, findings)
    if not findings:
        _check_patterns(documents[0].body, documents[0].origin, findings)
        _check_environments(documents[0].body, documents[0].origin, findings)
        findings += (_wrong(message, where) for message, where in wrong_charts(documents[0].body, documents[0].origin))
        _check_places(documents[0].body, documents[0].origin, findings)
    return findings


def _wrong(message: str, where: Origin, hint: str = "") -> Diagnostic:
    return Diagnostic("PS115", "error", message, where, hint=hint)


def _check_value(value: Any, shape: Shape, where: Origin, findings: list[Diagnostic]) -> None:
    if isinstance(shape, Mapping):
        _check_mapping(value, shape, where, findings)
    elif isinstance(shape, Named):
        _check_named(value, shape, where, findings)
    elif isinstance(shape, Many):
        _check_list(value, shape, where, findings)
    elif isinstance(shape, Either):
        _check_value(value, shape.named if isinstance(value, dict) else shape.word, where, findings)
    elif isinstance(shape, Words):
        _check_word(value, shape, where, findings)
    elif isinstance(shape, Flag):
        if not isinstance(value, bool):
            findings.append(_wrong(f"{_field(where)} must be true or false", where))
    elif not isinstance(value, str) or not value:
        hint = "write it in quotes" if isinstance(value, int | float) else ""
        findings.append(_wrong(f"{_field(where)} must be a text", where, hint))


def _check_mapping(value: Any, shape: Mapping, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, dict):
        findings.append(_wrong(f"{_field(where)} must be a mapping", where))
        return
    for key, inner in value.items():
        if key in shape.fields:
            _check_value(inner, shape.fields[key], where.below(key), findings)
        else:
            findings.append(_unknown(str(key), shape, where.below(key)))
    for name, field in shape.fields.items():
        if field.required and name not in value:
            findings.append(_wrong(f"{_field(where)} has no `{name}`", where, hint=field.about))


def _check_named(value: Any, shape: Named, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, dict):
        findings.append(_wrong(f"{_field(where)} must be a mapping of names", where))
        return
    for key, inner in value.items():
        if inner is not None or not isinstance(shape.each, Mapping):  # `prod:` alone declares an environment
            _check_value(inner, shape.each, where.below(key), findings)


def _check_list(value: Any, shape: Many, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, list):
        findings.append(_wrong(f"{_field(where)} must be a list", where))
        return
    for index, item in enumerate(value):
        _check_value(item, shape.each, where.below(index), findings)


def _check_word(value: Any, shape: Words, where: Origin, findings: list[Diagnostic]) -> None:
    if _word(value) not in shape.words:
        message = f"{_field(where)} must be {' or '.join(shape.words)}"
        findings.append(_wrong(message, where, hint=_did_you_mean(str(value), shape.words)))


def _word(value: Any) -> Any:
    """Return a word as it was meant: an unquoted `off` is a boolean in YAML 1.1."""
    return "off" if value is False else value


def _unknown(key: str, shape: Mapping, where: Origin) -> Diagnostic:
    hint = _did_you_mean(key, tuple(shape.fields)) or f"known here: {', '.join(shape.fields)}"
    return _wrong(f"unknown field `{key}`", where, hint)


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def _field(where: Origin) -> str:
    names = [str(step) for step in where.at]
    return f"`{'.'.join(names)}`" if names else "penstock.yaml"


def _check_patterns(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report paths that are not patterns, and templates that refer to stars that their path does not have."""
    for index, text in enumerate(body.get("exclude", ())):
        _pattern(text, where.below("exclude", index), findings)
    for word, entry in body.get("rules", {}).items():
        for path in entry if isinstance(entry, dict) else ():
            _pattern(str(path), where.below("rules", word, str(path)), findings)
    for index, entry in enumerate(body.get("suppress", ())):
        if "path" in entry:
            _pattern(entry["path"], where.below("suppress", index, "path"), findings)
    for index, entry in enumerate(body.get("targets", ())):
        _check_target(entry, where.below("targets", index), findings)


def _check_target(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    pattern = _pattern(entry["path"], where.below("path"), findings)
    if pattern is None:
        return
    for text, at in _templates(entry):
        wrong = pattern.unknown_in(text)
        if wrong:
            message = f"`{wrong}` stands for no star of `{entry['path']}`, which has {pattern.stars}"
            findings.append(_wrong(message, where.below(*at)))


def _templates(entry: Tree) -> Iterator[tuple[str, Pointer]]:
    """Yield the texts of an entry that may refer to stars, each with its place."""
    for field in ("environment", "app"):
        if field in entry:
            yield entry[field], (field,)
    for field in ("extVars", "tlas"):
        for index, each in enumerate(entry.get("jsonnet", {}).get(field, ())):
            if not each.get("code"):
                yield each.get("value", ""), ("jsonnet", field, index, "value")


def _check_places(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report schemas, health rules and libraries that do not lie in the repository."""
    places: list[tuple[str, Pointer]] = [
        (place, (field, index)) for field in ("schemas", "health") for index, place in enumerate(body.get(field, ()))
    ]
    for number, entry in enumerate(body.get("targets", ())):
        libraries = enumerate(entry.get("jsonnet", {}).get("libs", ()))
        places += [(place, ("targets", number, "jsonnet", "libs", index)) for index, place in libraries]
    for place, at in places:
        if posixpath.isabs(place) or posixpath.normpath(place).startswith(".."):
            findings.append(_wrong(f"`{place}` leads out of the repository", where.below(*at)))


def _check_environments(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report values that have the right type but no valid meaning, such as schedules, digests and addresses."""
    _check_windows(body.get("windows", []), where, findings)
    for name, entry in body.get("environments", {}).items():
        at = where.below("environments", name)
        _check_windows((entry or {}).get("windows", []), at, findings)
        for index, ignored in enumerate((entry or {}).get("ignore", ())):
            _check_ignored(ignored, at.below("ignore", index), findings)
        _check_destination(entry or {}, at, findings)
        _check_clusters(entry or {}, at, findings)


def _check_clusters(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    if "cluster" in entry and "clusters" in entry:
        message = "an environment has either `cluster` or `clusters`"
        findings.append(_wrong(message, where.below("clusters"), "make the one an entry of the others"))
    places = [(where.below("clusters", name), each or {}) for name, each in entry.get("clusters", {}).items()]
    for at, cluster in ((where.below("cluster"), entry.get("cluster", {})), *places):
        digest = cluster.get("caDigest", "")
        if digest and _DIGEST.fullmatch(digest) is None:
            findings.append(_wrong("`caDigest` must be 64 hexadecimal digits", at.below("caDigest")))
        if "context" in cluster and cluster.get("inCluster"):
            message = "`inCluster` takes the service account of a pod, so that no `context` counts"
            findings.append(_wrong(message, at.below("context")))


def _check_destination(entry: Tree, at: Origin, findings: list[Diagnostic]) -> None:
    """Report a folder that is not below the root of a branch, and an address that git cannot take as one."""
    parts = posixpath.normpath(entry.get("folder", ".")).split("/")
    if not parts[0] or ".." in parts or any(_NO_NAME.search(part) for part in parts):
        hint = "write it as rendered/prod"
        findings.append(_wrong(f"`{entry['folder']}` is no folder of a branch", at.below("folder"), hint))
    branch = entry.get("branch", "x")
    if _NO_BRANCH.search(branch):
        hint = "write it as rendered/prod"
        findings.append(_wrong(f"`{branch}` is no name of a branch: git does not take it", at.below("branch"), hint))
    repository = entry.get("repository", "x")
    if _ADDRESS.fullmatch(repository) is None:
        hint = "write it as https://git.example.com/team/rendered.git or git@git.example.com:team/rendered.git"
        findings.append(_wrong("`repository` is no address of a repository", at.below("repository"), hint))


def _check_ignored(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    if not entry.get("fields") and not entry.get("managers"):
        findings.append(_wrong(f"{_field(where)} names neither `fields` nor `managers`", where))
    for index, text in enumerate(entry.get("fields", ())):
        if not pointer_of(text):
            message = f"`{text}` is no JSON pointer to a field"
            findings.append(_wrong(message, where.below("fields", index), "write it as /spec/replicas"))


def _ignored(entry: Tree) -> Ignored:
    pointers = tuple(pointer for text in entry.get("fields", ()) if (pointer := pointer_of(text)))
    return Ignored(
        entry.get("kind", "*"),
        entry.get("namespace", "*"),
        entry.get("name", "*"),
        pointers,
        frozenset(entry.get("managers", ())),
    )


def _window(entry: Tree) -> Window | str:
    found = read_window(entry["kind"], entry["schedule"], entry["duration"], entry.get("timeZone", ""))
    if isinstance(found, str):
        return found
    text = f"{found.text}: {entry['reason']}" if "reason" in entry else found.text
    return found._replace(manual=entry.get("manualSync", False), overrun=entry.get("syncOverrun", False), text=text)


def _selections(body: Tree) -> Iterator[Selection]:
    for entry in body.get("windows", ()):
        window = _window(entry)
        if not isinstance(window, str):
            environments, clusters, namespaces = (
                tuple(entry.get(field, ())) for field in ("environments", "clusters", "namespaces")
            )
            yield Selection(window, environments, clusters, namespaces, entry.get("andOperator", False))


def _check_windows(entries: list[Tree], where: Origin, findings: list[Diagnostic]) -> None:
    for index, entry in enumerate(entries):
        wrong = _window(entry)
        if isinstance(wrong, str):
            findings.append(_wrong(wrong, where.below("windows", index)))


def _pattern(text: str, where: Origin, findings: list[Diagnostic]) -> Pattern | None:
    try:
        return compile_pattern(text)
    except PatternError as reason:
        findings.append(_wrong(str(reason), where))
        return None


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
        windows=tuple(_selections(body)),
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
    windows = [_window(window) for window in entry.get("windows", ())]
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
        return [Severities(word, None, _word(entry), origin)]
    return [
        Severities(word, compile_pattern(str(path)), _word(severity), origin.below(str(path)))
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
