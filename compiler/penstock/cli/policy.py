"""What a repository says about findings: `rules:` and `suppress:` of penstock.yaml, comments, annotations."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from penstock.adoption.adopt import Policy
from penstock.adoption.severities import SeverityRule
from penstock.adoption.suppressions import ANNOTATION, Configured, Suppression, Suppressions, beyond, written
from penstock.findings import Occurrence
from penstock.model import Compiled, Pos, Resource, ResourceId
from penstock.parse.project import Project
from penstock.parse.project_file.pattern import Pattern, match_name
from penstock.parse.project_file.settings import Config, Settled
from penstock.tree import origin_of

if TYPE_CHECKING:
    from penstock.adoption.selectors import Codes

ByObject = dict[Occurrence, list[Suppression]]


def annotations(project: Project, compiled: Compiled) -> ByObject:
    """Return the suppressions in the annotations of a target's objects."""
    found: ByObject = {}
    for resource in compiled.resources:
        text = _annotation(resource)
        if text:
            where = project.place(origin_of(resource, ("metadata", "annotations", ANNOTATION)))
            lines = [line for line in text.splitlines() if line.strip()]
            found[Occurrence(compiled.target.path, resource.id)] = [written(line, where) for line in lines]
    return found


def _annotation(resource: Resource) -> str:
    """Return the text of the annotation; empty if there is none."""
    metadata = resource.body.get("metadata")
    kept = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = kept.get(ANNOTATION) if isinstance(kept, dict) else None
    return text if isinstance(text, str) else ""


def policy(project: Project, by_object: Mapping[Occurrence, list[Suppression]], is_whole: bool) -> Policy:
    """Return the policy of a repository. All targets to be judged must have been compiled."""
    config, _ = project.config()
    config = config or Config()
    by_line: dict[tuple[str, int], list[Suppression]] = {}
    for path, remark in project.remarks():
        where = Pos(path, remark.line, remark.column)
        suppression = beyond(where) if remark.is_beyond else written(remark.words, where, not remark.in_text)
        by_line.setdefault((path, remark.about), []).append(suppression)
    configured = [_configured(project, entry) for entry in config.settled]
    severities = [
        SeverityRule(
            each.word,
            _beginning(each.pattern),
            _below(each.pattern),
            each.severity,
            partial(project.place, each.origin),
        )
        for each in config.severities
    ]
    says_something = by_line or by_object or configured or severities
    return Policy(codes() if says_something else {}, severities, Suppressions(by_line, by_object, configured), is_whole)


def codes() -> "Codes":
    """Return the name of each code."""
    from penstock.cli.rule import pages

    return {page.code: page.name for page in pages()}


def _configured(project: Project, entry: Settled) -> Configured:
    suppression = Suppression(entry.codes, entry.reason, project.place(entry.origin))
    patterns = (entry.kind or "*", entry.namespace or "*", entry.name or "*", _beginning(entry.pattern))
    return Configured(suppression, patterns, _of_object(entry), _below(entry.pattern))


def _of_object(entry: Settled) -> Callable[[ResourceId], bool] | None:
    """Return a test whether an entry is about an object; None if the entry is about no particular object."""
    if not (entry.kind or entry.namespace or entry.name):
        return None

    def matches(resource: ResourceId) -> bool:
        return (
            match_name(entry.kind or "*", resource.kind) is not None
            and match_name(entry.namespace or "*", resource.namespace) is not None
            and match_name(entry.name or "*", resource.name) is not None
        )

    return matches


def _below(pattern: Pattern | None) -> Callable[[str], bool]:
    """Return a test whether a path matches a pattern, or lies below a directory that does. Without a pattern, every
    path passes.
    """
    if pattern is None:
        return lambda path: True
    return pattern.match_above


def _beginning(pattern: Pattern | None) -> str:
    """Return how the paths that `_below` means begin, as a pattern of a `PatternTable`."""
    return "/".join(pattern.names).partition("*")[0] + "*" if pattern else "*"
