"""What a source of Flux has of its repository: what it leaves out does not exist for the definitions that build it."""

import posixpath
from collections.abc import Iterable, Iterator

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.ignored import FILE, MAX_RULES, Ignored, Rule, ignored_by, rules_in
from penstock.definitions.flux.names import MAX_SIGNS
from penstock.definitions.reading import clipped, mapping, mappings, text
from penstock.model import Diagnostic, Made, Origin, Resource
from penstock.parse.project import Project
from penstock.parse.submodules import submodule_of
from penstock.parse.usage import is_below
from penstock.records import NamedTuple
from penstock.targets.flux.clusters import Cluster
from penstock.tree import origin_of
from penstock.words import shortened

FILTERED = ("GitRepository", "OCIRepository")
"""The kinds of sources that leave files out. A Bucket does so too, and is never a part of a repository."""

MOST = 1_000_000
"""The most bytes of a file `.sourceignore` that are read."""

CODE, UNREAD = "PS118", "PS119"


class Content(NamedTuple):
    """What a source has of a directory, which is its root. `is_known` says that the source is defined here, so that its
    `spec.ignore` is known.
    """

    root: str
    ignored: Ignored
    is_known: bool

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule that leaves out a file of the repository, or None if the source has it."""
        inside = path if self.root == "." else path.removeprefix(f"{self.root}/")
        return self.ignored.rule_for(inside) if is_below(path, self.root) else None

    def those_in(self, paths: Iterable[str]) -> list[str]:
        """Return those of some files that the source has."""
        return [path for path in paths if self.rule_for(path) is None]


def content_of(project: Project, cluster: Cluster, definition: Definition, top: str = "") -> Content | None:
    """Return what the source of a definition has; None if it is of a kind that leaves nothing out.

    `top` is the directory of another repository, if the source is one.
    """
    if definition.source.kind not in FILTERED:
        return None
    entry = cluster.entry
    source = source_of(cluster, definition)
    root = top or entry.root
    key = (content_of, root, id(source))
    if key not in project.memo:
        is_made = entry.has_source and definition.source == entry.definition.source  # by a FluxInstance
        is_known = source is not None or is_made
        ignored = ignored_by([*_rules_of_files(project, root), *_rules_of(source)])
        project.memo[key] = Content(root, ignored, is_known), source
    content: Content = project.memo[key][0]
    return content


def source_of(cluster: Cluster, definition: Definition) -> Resource | None:
    """Return the source of a definition, if it is among the objects of its cluster or defined with its entry."""
    is_own = definition.source == cluster.entry.definition.source
    return cluster.named.get(definition.source) or (cluster.entry.source if is_own else None)


def _rules_of(source: Resource | None) -> Iterator[Rule]:
    """Yield the rules in the `spec.ignore` of a source."""
    if source is not None:
        written = text(mapping(source.body.get("spec")).get("ignore"))
        yield from rules_in(written, where=origin_of(source, ("spec", "ignore")))


def _rules_of_files(project: Project, root: str) -> Iterator[Rule]:
    """Yield the rules of the files `.sourceignore`, those of a directory before those of the directories in it."""
    found = [path for path in project.walk(root) if posixpath.basename(path) == FILE]
    for path in sorted(found, key=lambda path: path.split("/")[:-1]):
        folder = posixpath.relpath(posixpath.dirname(path) or ".", root)
        data = project.inside(path) or b""
        yield from rules_in(data[:MOST].decode(errors="replace"), folder, Origin(path))


def not_in_source(project: Project, content: Content, definition: Definition, directory: str) -> Diagnostic | None:
    """Return a finding if a source has nothing of the directory that a definition builds, and otherwise None."""
    files = list(project.walk(directory))
    if not files or content.those_in(files):
        return None
    rule = content.rule_for(files[0])
    assert rule is not None
    message = f"there is no directory {directory} to build: `{rule.text}` leaves it out of {_named(definition)}"
    return _finding("PS194", content, message, definition, rule)


def _named(definition: Definition) -> str:
    return f"{definition.source.kind} {definition.source.name}"


def _finding(code: str, content: Content, message: str, definition: Definition, rule: Rule | None) -> Diagnostic:
    """Return a finding about the path of a definition, with a note at the rule that leaves something out."""
    notes = ((rule.where, "the patterns of the source"),) if rule is not None and rule.where is not None else ()
    if content.is_known:
        return Diagnostic(code, "error", message, definition.at("path"), notes=notes)
    message += ", unless its `spec.ignore`, which is not in the repository, says otherwise"
    return Diagnostic(code, "warning", message, definition.at("path"), notes=notes)


def from_included(definition: Definition, source: Resource | None) -> Definition:
    """Return a definition as that of another repository, if its source includes this one at its path
    (`spec.include`).
    """
    spec = mapping(source.body.get("spec")) if source is not None else {}
    for each in mappings(spec.get("include")):
        name = text(mapping(each.get("repository")).get("name"))
        folder = clipped(text(each.get("toPath")) or name)
        if name and is_below(definition.path, folder):
            inside = posixpath.relpath(definition.path, folder)
            path = clipped(posixpath.join(text(each.get("fromPath")), inside))
            other = definition.source._replace(kind="GitRepository", name=name)
            return definition._replace(source=other, path=path)
    return definition


def left_out_of_sources(project: Project, cluster: Cluster) -> None:
    """Add a finding to each definition of a cluster that has read a file that its source does not have."""
    cluster.made[:] = [
        (each, path, made._replace(diagnostics=[*made.diagnostics, *_left_out(project, cluster, each, made)]))
        for each, path, made in cluster.made
    ]


def _left_out(project: Project, cluster: Cluster, definition: Definition, made: Made) -> Iterator[Diagnostic]:
    """Yield a finding about the files that a definition has read, and that its source does not have."""
    content = content_of(project, cluster, definition)
    if content is None:
        return
    if content.ignored.beyond is not None:
        yield _unread(content.ignored.beyond, definition)
    found = [(path, rule) for path in sorted(made.read) if (rule := _reason(project, content, path)) is not None]
    if not found:
        return
    (path, rule), *others = found
    more = f" (and {len(others)} more of its files)" if others else ""
    message = f"{path}{more}: {rule} of {_named(definition)}"
    yield _finding(CODE, content, message, definition, content.rule_for(path))


def _unread(rule: Rule, definition: Definition) -> Diagnostic:
    """Return the finding that it is not known what a source leaves out, since not all of its patterns are read."""
    bounds = f"{MAX_RULES:,} patterns and {MAX_SIGNS:,} signs of them"
    message = f"{_named(definition)} leaves files out by more than the {bounds} that are read"
    place = rule.where or definition.at("path")
    notes = ((place, f"`{shortened(rule.text)}` is the first that is not read"),)
    hint = "let one pattern stand for a directory"
    return Diagnostic(UNREAD, "error", message, definition.at("path"), notes=notes, hint=hint)


def _reason(project: Project, content: Content, path: str) -> str | None:
    """Return why a source does not have an existing file, or None if it has it or there is no such file."""
    is_own = path in OWN or posixpath.basename(path) == FILE
    if is_own or not is_below(path, content.root) or submodule_of(path, project.submodules):
        return None
    rule = content.rule_for(path)
    if rule is not None:
        return f"`{rule.text}` leaves it out" if project.is_there(path) else None
    is_link = project.real(path) != path and project.is_there(path)
    return "symlinks are left out" if is_link else None


OWN = ("penstock.yaml", "penstock.lock", ".gitmodules")
"""Files that Penstock reads on its own account."""


def without_submodules(project: Project, cluster: Cluster, definition: Definition, made: Made) -> Iterator[Diagnostic]:
    """Yield a finding if a definition has read files of a git submodule of this repository, which its source leaves
    out.
    """
    if not project.submodules:
        return
    read = {inside for path in made.read if (inside := submodule_of(path, project.submodules)) and path != inside}
    if read and definition.source.kind == "GitRepository":
        yield from _without(cluster, definition, min(read))


def _without(cluster: Cluster, definition: Definition, submodule: str) -> Iterator[Diagnostic]:
    """Yield a finding if the source of a definition leaves out a submodule, or may do so."""
    source, name = cluster.named.get(definition.source), definition.source.name
    if source is None:
        message = f"{submodule} is a git submodule, and whether GitRepository {name} leaves these out is not known here"
        hint = "see that it has `recurseSubmodules: true` in its `spec`"
        yield Diagnostic("PS117", "warning", message, definition.at("path"), hint=hint)
    elif mapping(source.body.get("spec")).get("recurseSubmodules") is not True:
        message = f"{submodule} is a git submodule, and GitRepository {name} leaves these out"
        notes = ((source.origin.below("spec"), f"the GitRepository {name}"),)
        hint = "set `recurseSubmodules: true` in its `spec`"
        yield Diagnostic("PS117", "error", message, definition.at("path"), notes=notes, hint=hint)
