"""From the sources of one state to its findings, as the repository judges them."""

from collections.abc import Mapping, Sequence

from penstock.adoption.adopt import judge
from penstock.cli.ahead import build_ahead
from penstock.cli.policy import ByObject, annotations, policy
from penstock.cli.screen import tracked
from penstock.cli.severities import LOSSES
from penstock.cli.versions import Versions
from penstock.cli.workspace import Workspace
from penstock.definitions.field_types import CODE as TYPE_OF_A_FIELD
from penstock.definitions.fields import CODE as FIELD_OF_A_DEFINITION
from penstock.findings import Checked, Report, report
from penstock.model import Compiled, Diagnostic, Resource, ResourceId
from penstock.pipeline import kinds_beside, patience_of
from penstock.records import NamedTuple
from penstock.resolve.options import Options
from penstock.targets.open_questions import questions
from penstock.together import check_targets
from penstock.validate.schemas import Kind
from penstock.validate.updates import judge_updates

NO_SCHEMA = "PS405"
"""The code for an object that no schema has judged."""

OF_DEFINITIONS = (FIELD_OF_A_DEFINITION, TYPE_OF_A_FIELD)
"""The codes for what the schemas of definitions say, where none is at hand."""

Before = Mapping[str, Mapping[ResourceId, Resource]]
"""Objects of an earlier commit, by environment."""


class Request(NamedTuple):
    """The targets to judge, by the words of the command line. `is_whole` says whether these are all targets.

    `reached` are the paths of the targets that a change reaches, or None for all targets. `versions` are the Kubernetes
    versions on the command line. `before` are the objects of an earlier commit, by environment, against which updates
    are judged.
    """

    words: Sequence[str]
    versions: Sequence[str]
    options: Options
    is_whole: bool
    reached: frozenset[str] | None = None
    before: Before | None = None


def judged(workspace: Workspace, request: Request) -> Report:
    """Return the findings of all requested targets, without those that are suppressed."""
    project = workspace.project
    found, findings = workspace.targets(request.words)
    made_by_definitions = dict(project.made)
    if not request.words:
        findings += questions(found)
    chosen = found if request.reached is None else [each for each in found if each.path in request.reached]
    following = tracked(chosen, "checking {} targets", workspace.streams)
    by_object: ByObject = {}
    checked = []
    with_schema = set[ResourceId]()
    build_ahead(project, chosen, request.options)
    versions = Versions(request.versions, project)
    compiling = check_targets(project, found, versions.of, request.options, chosen)
    for _, compiled in zip(following, compiling, strict=True):
        before = (request.before or {}).get(compiled.target.environment, {})
        beside = kinds_beside(project, versions.of(compiled.target)[-1]) if before else None
        source = beside.source if beside else _nowhere
        updates = judge_updates(compiled.resources, before, source, patience_of(project))
        checked.append(_checked(compiled._replace(diagnostics=[*compiled.diagnostics, *project.told([*updates])])))
        with_schema |= _with_schema(compiled)
        by_object |= annotations(project, compiled)
    project.made = made_by_definitions  # results of some of the targets say nothing about a run over all
    made = report(versions.said(chosen), checked, project.places.spot, _unjudged(findings, with_schema))
    made = made._replace(here=workspace.here, not_reached=len(found) - len(chosen))
    return judge(made, policy(project, by_object, request.is_whole))


def _with_schema(compiled: Compiled) -> set[ResourceId]:
    """Return the objects of a target that a schema has judged."""
    without = {each.resource for each in compiled.diagnostics if each.code == NO_SCHEMA}
    return {each.id for each in compiled.resources} - without


def _unjudged(findings: Sequence[Diagnostic], with_schema: set[ResourceId]) -> list[Diagnostic]:
    """Return the findings without those about fields of definitions that a schema has judged, which knows better."""
    return [each for each in findings if each.code not in OF_DEFINITIONS or each.resource not in with_schema]


def _nowhere(kind: Kind) -> None:
    """Return None for every kind: no schema lies beside the sources, because nothing is updated."""


def _checked(compiled: Compiled) -> Checked:
    target = compiled.target
    findings = list(map(_strict, compiled.diagnostics))
    objects = len(compiled.resources)
    return Checked(target.path, target.environment, objects, compiled.failed, findings, compiled.without_schema)


def _strict(finding: Diagnostic) -> Diagnostic:
    """Return the finding, as an error if Kustomize loses something in silence. For `build`, which prints the same, it
    is a warning.
    """
    return finding._replace(severity="error") if finding.severity == "warning" and finding.code in LOSSES else finding
