"""What the generators of an ApplicationSet need: this repository, the clusters that it names, and Go templates."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from penstock.definitions.argo.application import IN_CLUSTER
from penstock.definitions.argo.repository import normal
from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.argo.sets.generators import OF_A_CLUSTER, Cluster, directories_of
from penstock.definitions.argo.sets.parameters import normalized
from penstock.definitions.reading import mapping, mappings, text
from penstock.emit.indented import dump_indented
from penstock.emit.yaml import Printer
from penstock.model import Document, Origin, Tree
from penstock.parse.document import CHART, CONFIG, load, load_each
from penstock.parse.project import Project
from penstock.targets.elsewhere import git_source, repository

if TYPE_CHECKING:
    from penstock.gotemplate.environment import Environment

MAX_SLUG = 50
"""Characters of a result of `slugify`, unless the template sets another length."""

_NOT_IN_SLUGS = re.compile("[^-a-z0-9_]")
_SEVERAL_DASHES = re.compile("-+")


def parameters_of(project: Project) -> set[str]:
    """Return the files from which generators have read parameters so far."""
    paths: set[str] = project.memo.setdefault(parameters_of, set())
    return paths


class _Files:
    """`generators.GitFiles` for a directory. Each list is computed once per run."""

    def __init__(self, project: Project, top: str) -> None:
        self._project = project
        self._prefix = f"{top}/" if top else ""

    @cached_property
    def _files(self) -> list[str]:
        return sorted(path.removeprefix(self._prefix) for path in self._project.walk(self._prefix or "."))

    @cached_property
    def _directories(self) -> list[str]:
        return directories_of(self._files)

    def files(self) -> Sequence[str]:
        return self._files

    def directories(self) -> Sequence[str]:
        return self._directories

    def content(self, path: str) -> Document:
        whole = f"{self._prefix}{path}"
        data = self._project.inside(whole)
        if data is None:
            raise Failed(f"unable to parse file {path}: it cannot be read", "generators")
        parameters_of(self._project).add(whole)
        found = _loaded(data, path)
        return found._replace(origin=found.origin._replace(path=whole))


class SetRepository:
    """`generators.Repository` for a project."""

    def __init__(self, project: Project, here: frozenset[str]) -> None:
        self._project = project
        self._here = here
        self._known_files: dict[str, _Files] = {}

    def at(self, address: str, revision: str) -> _Files | None:
        if normal(address) in self._here:
            return self._below("")
        if not address:
            return None
        found = repository(self._project, git_source(address, revision), Origin(""))
        if found.top:
            return self._below(found.top)
        if found.is_locked:
            raise Failed(found.findings[0].message, "generators")
        return None

    def _below(self, top: str) -> _Files:
        return self._known_files.setdefault(top, _Files(self._project, top))

    def parsed(self, text: str) -> Any:
        return _loaded(text.encode("utf-8", "surrogateescape"), "its text").body

    @cached_property
    def _known(self) -> list[Cluster] | None:
        config, _ = self._project.config()
        if config is None or not config.clusters:
            return None
        data = self._project.inside(config.clusters)
        if data is None:
            raise Failed(
                f"there is no file {config.clusters}, which penstock.yaml names under `clusters`", "generators"
            )
        documents, findings = load(data, config.clusters, CONFIG)
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            raise Failed(f"{config.clusters} cannot be read: {errors[0].message}", "generators")
        found = [each for document in documents for each in _clusters(document.body)]
        # Argo CD always knows the cluster in which it runs.
        if not any(each.server in IN_CLUSTER for each in found):
            found.append(Cluster(IN_CLUSTER[0], IN_CLUSTER[1], has_secret=False))
        return found

    def clusters(self) -> Sequence[Cluster] | None:
        return self._known

    def names(self) -> dict[str, str]:
        """Return the names that the repository's file of clusters gives, by the addresses of the clusters."""
        try:
            known = self._known
        except Failed:  # the generators report it
            return {}
        named = (each for each in known or () if each.server and each.name and each.name not in IN_CLUSTER)
        return {each.server.rstrip("/"): each.name for each in named}

    def of_project(self, project: str) -> frozenset[str] | None:
        """Return the names and addresses of the clusters that belong to a project, or None where no file says it."""
        try:
            known = self._known
        except Failed:  # the generators report it
            return None
        if known is None:
            return None
        return frozenset(word for each in known if each.project == project for word in (each.name, each.server) if word)


def _clusters(body: Any) -> Iterator[Cluster]:
    """Yield the clusters of a document: a list of clusters, or a cluster as a Secret of Argo CD."""
    if isinstance(body, dict) and body.get("kind") == "Secret":
        data = mapping(body.get("stringData"))
        metadata = mapping(body.get("metadata"))
        yield _cluster({**metadata, **data})
        return
    for each in mappings(body) or mappings(mapping(body).get("clusters")):
        yield _cluster(each)


def _cluster(fields: Tree) -> Cluster:
    labels, annotations = mapping(fields.get("labels")), mapping(fields.get("annotations"))
    return Cluster(
        text(fields.get("name")),
        text(fields.get("server")),
        {OF_A_CLUSTER: "cluster"} | {key: str(value) for key, value in labels.items()},
        {key: str(value) for key, value in annotations.items()},
        text(fields.get("project")),
    )


def _loaded(data: bytes, name: str) -> Document:
    """Return the first YAML document of a text, which is an empty mapping in an empty text. Raises Failed."""
    documents, findings = load_each(data, posixpath.basename(name), CHART)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise Failed(f"unable to parse file {name}: {errors[0].message}", "generators")
    return documents[0] if documents else Document(Origin(name), {})


class GoTemplates:
    """Go templates with the functions of ApplicationSets. The bound on steps is shared by all templates of a run."""

    def __init__(self) -> None:
        self._environments: dict[str, Environment] = {}
        self._parsed: dict[tuple[str, str], list[Any]] = {}

    def __call__(self, template: str, data: Mapping[str, Any], missing_key: str) -> str:
        """Execute a template with data. Raises ValueError with Go's message."""
        from penstock.gotemplate.failures import ExecError, Failure, ParseError

        environment = self._environment(missing_key)
        key = (missing_key, template)
        try:
            if key not in self._parsed:
                self._parsed[key] = list(environment.parse("base", template).values())
            environment.add(self._parsed[key])
        except (ParseError, Failure) as reason:
            raise ValueError(f"failed to parse template {template}: {reason}") from None
        try:
            return environment.execute("base", dict(data))
        except (ExecError, Failure) as reason:
            raise ValueError(f"failed to execute go template {template}: {reason}") from None

    def _environment(self, missing_key: str) -> "Environment":
        if missing_key not in self._environments:
            from penstock.gotemplate.bounds import Bounds  # few repositories need them
            from penstock.gotemplate.calls import Services
            from penstock.gotemplate.environment import Environment

            services = Services(yaml=_Yaml(), seed="ApplicationSet", now=0.0)
            self._environments[missing_key] = Environment(_functions(), missing_key, Bounds(steps=10_000_000), services)
        return self._environments[missing_key]


_LEFT_OUT = ("env", "expandenv", "getHostByName", "include", "tpl", "required", "lookup", "toToml", "toYamlPretty")


def _functions() -> dict[str, Any]:
    """Return Sprig's functions, without those that depend on the machine, and Argo CD's own."""
    from penstock.gotemplate.calls import Function
    from penstock.gotemplate.functions import HELM

    kept = {name: each for name, each in HELM.items() if name not in _LEFT_OUT}
    return kept | {
        "normalize": Function(normalized, "string"),
        "slugify": Function(_slugified, "any..."),
        "toYaml": kept["mustToYaml"],
        "fromYaml": Function(_from_yaml, "string", site=True),
        "fromYamlArray": Function(_from_yaml_array, "string", site=True),
    }


def _slugified(*arguments: Any) -> str:
    """Implement `slugify [LENGTH] [SMART] TEXT`: lower-case letters, digits and dashes.

    Unless SMART is false, a text that is too long ends before a dash.
    """
    length, is_smart, written = _arguments_of_slugify(arguments)
    text = normalized(written)
    if not is_smart:
        text = text[: max(length, 0)]
    text = _SEVERAL_DASHES.sub("-", _NOT_IN_SLUGS.sub("-", text)).strip("-_")
    if not is_smart or not 0 < length < len(text):
        return text
    end = text.rfind("-", 0, length + 1)
    return text[: end if end >= 0 else length]


def _arguments_of_slugify(arguments: Sequence[Any]) -> tuple[int, bool, str]:
    """Return the arguments with those that are left out. Raises Failure."""
    from penstock.gotemplate.failures import Failure
    from penstock.gotemplate.values import type_of

    *options, text = arguments or ("",)
    given = [*options, *(MAX_SLUG, True)[len(options) :]][:2]
    for value, wanted, name in ((given[0], int, "int"), (given[1], bool, "bool"), (text, str, "string")):
        if value.__class__ is not wanted:
            found = "nil" if value is None else type_of(value)
            raise Failure(f"interface conversion: interface {{}} is {found}, not {name}")
    return given[0], given[1], text


def _from_yaml(frame: Any, written: str) -> Any:
    return _read(frame, written, dict, "map[string]interface {}")


def _from_yaml_array(frame: Any, written: str) -> Any:
    return _read(frame, written, list, "[]interface {}")


def _read(frame: Any, written: str, wanted: type, name: str) -> Any:
    from penstock.gotemplate.failures import Failure

    try:
        value = frame.execution.services.yaml.load(written)
    except ValueError as reason:
        raise Failure(str(reason)) from None
    if value is None:
        return wanted()
    if not isinstance(value, wanted):
        kind = {str: "string", bool: "bool", float: "number", list: "array", dict: "object"}.get(type(value), "value")
        words = f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind}"
        raise Failure(f"{words} into Go value of type {name}")
    return value


class _Yaml:
    """YAML for templates."""

    def dump(self, value: Any) -> str:
        return Printer().document(value)

    def dump_indented(self, value: Any) -> str:
        return dump_indented(value)

    def load(self, text: str) -> Any:
        documents, findings = load_each(text.encode("utf-8", "surrogateescape"), "", CHART)
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            raise ValueError(errors[0].message)
        return documents[0].body if documents else None
