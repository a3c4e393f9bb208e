"""The generators of an ApplicationSet. Each is a function from its fields to sets of parameters."""

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from penstock.definitions.argo.pattern import matches, path_match, pathspec
from penstock.definitions.argo.sets.combining import combined, overridden
from penstock.definitions.argo.sets.failed import Failed, Unsupported
from penstock.definitions.argo.sets.parameters import (
    Places,
    as_floats,
    as_text,
    flattened,
    normalized,
    of_directory,
    of_element,
    of_file,
    places_of,
    with_values,
)
from penstock.definitions.argo.sets.selector import checked, selects
from penstock.definitions.argo.sets.templates import Language, Parameters
from penstock.definitions.reading import mapping, mappings, text
from penstock.expression import Expression, TooMuch
from penstock.gotemplate.values import map_of_strings
from penstock.model import Document, Origin, Tree
from penstock.records import NamedTuple
from penstock.words import nearest, quoted

MAX_PRODUCT = 5_000
"""Sets of parameters of one ApplicationSet, as many as its status can hold."""

MAX_NESTING = 2
"""Levels of combined generators: Argo CD allows one `matrix` or `merge` inside another one."""

COMBINED = ("matrix", "merge")

WITH_VALUES = ("git", "clusters")
"""Generators whose `values` may name their own parameters."""

KINDS = ("list", "git", "clusters", "matrix", "merge")

REFUSED = ("scmProvider", "pullRequest", "clusterDecisionResource", "plugin")
"""Generators that query other systems than the repository."""

OF_A_CLUSTER = "argocd.argoproj.io/secret-type"
"""The label by which Argo CD finds the Secrets of clusters, whatever a selector says of it."""

NO_CLUSTERS = "clusters, and no file says which there are (`clusters:` in penstock.yaml)"
"""What the generator `clusters` needs, where no file provides it."""


class Cluster(NamedTuple):
    """A cluster that Argo CD knows. The cluster that Argo CD runs in has no labels."""

    name: str
    server: str
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    project: str = ""
    has_secret: bool = True
    """The cluster that Argo CD runs in is known without one."""


class GitFiles(Protocol):
    """The files of a git repository."""

    def directories(self) -> Sequence[str]:
        """Return all directories except hidden ones, sorted."""

    def files(self) -> Sequence[str]:
        """Return all files, sorted."""

    def content(self, path: str) -> Document:
        """Return the first document of a file. Raises Failed."""


class Repository(Protocol):
    """The data that generators read."""

    def at(self, address: str, revision: str) -> GitFiles | None:
        """Return the files of this repository or of one that is locked, or None for any other. Raises Failed if a
        locked one cannot be fetched.
        """

    def parsed(self, text: str) -> Any:
        """Parse a YAML text. Raises Failed."""

    def clusters(self) -> Sequence[Cluster] | None:
        """Return the clusters that a file of the repository lists, or None if there is no such file."""


class Generated(NamedTuple):
    """A set of parameters, the places where they are written, and the template of its generator, which overrides that
    of the ApplicationSet.
    """

    parameters: Parameters
    places: Places
    template: Mapping[str, Any] = {}


class Generators:
    """The generators of one ApplicationSet, in its template language."""

    def __init__(self, language: Language, repository: Repository) -> None:
        self._language = language
        self._repository = repository
        self._kinds: dict[str, Callable[[Tree, int, Origin], Iterable[Generated]]] = {
            "list": self._list,
            "git": self._git,
            "clusters": self._clusters,
            "matrix": self._matrix,
            "merge": self._merge,
        }

    def generate(self, generator: Tree, where: Origin, parameters: Parameters = {}, depth: int = 0) -> list[Generated]:
        """Return the sets of parameters of one generator, which is written at `where`. Raises Failed and
        Unsupported.
        """
        kinds = kinds_of(generator)
        if depth > MAX_NESTING:
            raise Failed("generators are nested too deeply", "generators")
        if depth and len(kinds) > 1:
            raise Failed(f"a combined generator has several kinds: {', '.join(kinds)}", "generators")
        found = [each for kind in kinds for each in self._of_kind(kind, generator, where, parameters, depth)]
        if len(found) > MAX_PRODUCT:
            raise Failed(f"generators give more than {MAX_PRODUCT:,} sets of parameters", "generators")
        return found

    def _of_kind(
        self, kind: str, generator: Tree, where: Origin, parameters: Parameters, depth: int
    ) -> Iterator[Generated]:
        selector = checked(mapping(generator.get("selector")))
        written = mapping(generator[kind])
        template = mapping(written.get("template"))
        if depth:
            written = _nested(kind, written)
        fields = mapping(self._filled({kind: written}, parameters)[kind])
        for number, each in enumerate(self._kinds[kind](fields, depth, where.below(kind))):
            if number > MAX_PRODUCT:
                raise Failed(f"generators give more than {MAX_PRODUCT:,} sets of parameters", "generators")
            if not selector or selects(selector, flattened(each.parameters)):
                yield each._replace(template=template)

    def _filled(self, tree: Any, parameters: Parameters) -> Any:
        """Return a generator in which the parameters of the one before it in a matrix are filled in.

        Its `values` may also name parameters of its own, which are filled in later.
        """
        if not parameters:
            return tree
        if isinstance(tree, list):
            return [self._filled(each, parameters) for each in tree]
        if not isinstance(tree, dict):
            return self._language.tree(tree, parameters)
        later = {key: self._with_known_values(tree[key], parameters) for key in WITH_VALUES if key in tree}
        return {
            self._language.text(key, parameters): later[key] if key in later else self._filled(value, parameters)
            for key, value in tree.items()
            if value is not None
        }

    def _with_known_values(self, fields: Any, parameters: Parameters) -> Any:
        """Return the fields of a generator that may have `values`, with the known parameters filled in."""
        if not isinstance(fields, dict):
            return fields
        values = mapping(fields.get("values"))
        rest = self._filled({key: value for key, value in fields.items() if key != "values"}, parameters)
        return {
            **rest,
            "values": {key: self._language.known(as_text(value), parameters) for key, value in values.items()},
        }

    # ── generators that read ────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, fields: Tree, depth: int, where: Origin) -> Iterator[Generated]:
        for index, element in enumerate(fields.get("elements") or ()):
            places = places_of(element, where.below("elements", index))
            yield Generated(of_element(element, self._language.is_go), places)
        for element in self._written_elements(text(fields.get("elementsYaml"))):
            places = dict.fromkeys(places_of(element, where), where.below("elementsYaml"))
            yield Generated(as_floats(element), places)

    def _written_elements(self, written: str) -> Sequence[Tree]:
        """Return the elements that a text has. Even in the simple language, they may be nested."""
        elements = (self._repository.parsed(written) if written else None) or []
        if not isinstance(elements, list) or not all(isinstance(each, dict) for each in elements):
            raise Failed("`elementsYaml` is no list of mappings", "elementsYaml")
        return elements

    def _git(self, fields: Tree, depth: int, where: Origin) -> Iterator[Generated]:
        address = text(fields.get("repoURL"))
        revision = text(fields.get("revision"))
        repository = self._repository.at(address, "" if revision == "HEAD" else revision)
        if repository is None:
            at = f" at {revision}" if revision else ""
            raise Unsupported(f"git of {address or 'no repository'}{at}, which is not in penstock.lock")
        prefix, values = text(fields.get("pathParamPrefix")), mapping(fields.get("values"))
        if not (fields.get("directories") or fields.get("files")):
            raise Failed("the generator git has neither `directories` nor `files`")
        found = self._of_directories if fields.get("directories") else self._of_files
        for each in found(repository, fields, prefix):
            places = each.places | places_of({"values": values}, where)
            yield Generated(with_values(values, each.parameters, self._language), places)

    def _of_directories(self, repository: GitFiles, fields: Tree, prefix: str) -> Iterator[Generated]:
        for path in chosen(mappings(fields.get("directories")), repository.directories(), path_match):
            yield Generated(of_directory(path, prefix, self._language.is_go), {})

    def _of_files(self, repository: GitFiles, fields: Tree, prefix: str) -> Iterator[Generated]:
        for path in chosen(mappings(fields.get("files")), repository.files(), _files_by):
            found = repository.content(path)
            is_list = isinstance(found.body, list)
            for index, each in enumerate(of_file(path, found.body, prefix, self._language.is_go)):
                where = found.origin.below(index) if is_list else found.origin
                yield Generated(each, places_of(found.body[index] if is_list else found.body, where))

    def _clusters(self, fields: Tree, depth: int, where: Origin) -> Iterator[Generated]:
        selector, values = checked(mapping(fields.get("selector")), of_labels=True), mapping(fields.get("values"))
        known = self._repository.clusters()
        if known is None:
            raise Unsupported(NO_CLUSTERS)
        # A cluster without a Secret has no labels, and is left out as soon as there is a condition.
        conditions = mapping(selector.get("matchLabels")) or selector.get("matchExpressions")
        selector = {**selector, "matchLabels": {**mapping(selector.get("matchLabels")), OF_A_CLUSTER: "cluster"}}
        wanted = [each for each in known if not conditions or (each.has_secret and selects(selector, each.labels))]
        sets = [with_values(values, _of_cluster(each, self._language.is_go), self._language) for each in wanted]
        places = places_of({"values": values}, where)
        for each in [{"clusters": sets}] if fields.get("flatList") is True else sets:
            yield Generated(each, places)

    # ── generators that combine others ──────────────────────────────────────────────────────────────────────────────

    def _matrix(self, fields: Tree, depth: int, where: Origin) -> Iterator[Generated]:
        inner = mappings(fields.get("generators"))
        if len(inner) < 2:
            raise Failed("a matrix combines two generators, and has fewer", "generators")
        if len(inner) > 2:
            raise Failed("a matrix combines two generators, and has more", "generators")
        places = [where.below("generators", index) for index in range(len(inner))]
        for first in self.generate(inner[0], places[0], depth=depth + 1):
            for second in self.generate(inner[1], places[1], first.parameters, depth + 1):
                both = combined(first.parameters, second.parameters, self._language.is_go)
                yield Generated(both, {**second.places, **first.places})

    def _merge(self, fields: Tree, depth: int, where: Origin) -> Iterator[Generated]:
        inner = mappings(fields.get("generators"))
        keys = [key for key in fields.get("mergeKeys") or () if isinstance(key, str)]
        if len(inner) < 2:
            raise Failed("a merge combines two or more generators, and has fewer", "generators")
        if not keys:
            raise Failed("a merge needs `mergeKeys`", "generators")
        places = [where.below("generators", index) for index in range(len(inner))]
        found = [self.generate(each, place, depth=depth + 1) for each, place in zip(inner, places, strict=True)]
        base, *rest = [_by_key(each, keys) for each in found]
        for others in rest:
            # The first generator decides which sets there are; the others only change them.
            for key, over in others.items():
                if key in base:
                    base[key] = self._overridden(base[key], over)
        yield from base.values()

    def _overridden(self, base: Generated, over: Generated) -> Generated:
        under, own = base.parameters, over.parameters
        parameters = overridden(under, own) if self._language.is_go else {**under, **own}
        return Generated(parameters, {**base.places, **over.places})


def _by_key(generated: Iterable[Generated], keys: Sequence[str]) -> dict[str, Generated]:
    """Return sets of parameters by the values of some of them. Raises Failed where two are alike."""
    found: dict[str, Generated] = {}
    for each in generated:
        key = json.dumps({name: each.parameters.get(name) for name in keys}, sort_keys=True)
        if key in found:
            raise Failed(f"the parameters from a generator were not unique by the given mergeKeys: {key}")
        found[key] = each
    return found


def kinds_of(generator: Tree) -> list[str]:
    """Return the kinds of a generator, of which it usually has one. Raises Failed if it has none, and Unsupported for
    one that queries other systems.
    """
    kinds = [key for key, value in generator.items() if key != "selector" and value is not None]
    if not kinds:
        raise Failed("an entry of `generators` has no kind", "generators")
    for kind in kinds:
        if kind in REFUSED:
            raise Unsupported(kind)
        if kind not in KINDS:
            meant = nearest(kind, (*KINDS, *REFUSED))
            raise Failed(f"there is no generator {kind}{f'; did you mean {meant}?' if meant else ''}", "generators")
    return kinds


def _nested(kind: str, fields: Tree) -> Tree:
    """Return the fields that Argo CD reads of a generator inside another one. It drops the template of a `matrix` or
    `merge` there before that could name a parameter that is missing.
    """
    if kind not in COMBINED:
        return fields
    return {key: value for key, value in fields.items() if key in ("generators", "mergeKeys")}


def _files_by(pattern: str) -> Expression:
    found = pathspec(pattern)
    if found is None:
        raise Failed(f"git lists no files by {quoted(pattern)}, which is outside of the repository", "generators")
    return found


def chosen(entries: Sequence[Tree], paths: Iterable[str], compiled: Callable[[str], Any]) -> list[str]:
    """Return the paths that an entry includes and no entry excludes. Raises Failed."""
    wanted = [compiled(text(each.get("path"))) for each in entries if each.get("exclude") is not True]
    unwanted = [compiled(text(each.get("path"))) for each in entries if each.get("exclude") is True]
    try:
        return [
            path
            for path in paths
            if any(matches(each, path) for each in wanted) and not any(matches(each, path) for each in unwanted)
        ]
    except TooMuch:
        raise Failed("its patterns take too long to match", "generators") from None


def _of_cluster(cluster: Cluster, is_go: bool) -> Parameters:
    own: Parameters = {
        "name": cluster.name,
        "nameNormalized": normalized(cluster.name),
        "server": cluster.server,
        "project": cluster.project,
    }
    if is_go and cluster.has_secret:
        metadata = {"labels": map_of_strings(cluster.labels), "annotations": map_of_strings(cluster.annotations)}
        return {**own, "metadata": {key: value for key, value in metadata.items() if value}}
    if is_go:
        return own
    own |= {f"metadata.labels.{key}": value for key, value in cluster.labels.items()}
    return own | {f"metadata.annotations.{key}": value for key, value in cluster.annotations.items()}


def directories_of(files: Iterable[str]) -> list[str]:
    """Return all directories that contain files, sorted and without hidden ones."""
    found: set[str] = set()
    for path in files:
        directory = posixpath.dirname(path)
        while directory and directory not in found:
            found.add(directory)
            directory = posixpath.dirname(directory)
    return sorted(path for path in found if not any(part.startswith(".") for part in path.split("/")))
