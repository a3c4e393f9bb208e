"""Building one definition of Flux: its directory, with what the definition adds, and its variables replaced."""

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.metadata import add_metadata, unsubstituted
from penstock.definitions.flux.overlay import manifests_of, overlaid
from penstock.definitions.flux.variables import variables_of
from penstock.definitions.flux.version import lenient_version, runs_flux
from penstock.model import Made, has_errors
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.options import Options
from penstock.targets.flux.clusters import Cluster
from penstock.targets.flux.contents import Content, content_of
from penstock.targets.flux.directories import Directory
from penstock.targets.flux.substituting import replace_variables

EMPTY = "PS112"
"""The code for a kustomization that says nothing. Flux adds a field to it, so that Kustomize builds it to nothing."""

WHAT_LEADS = "what leads to it"
"""The place of further variables of a definition to which no cluster leads: the one that builds it might add some."""


A_WEBHOOK = "a webhook for Kustomizations"
"""The place of further variables of all definitions in a cluster that has such a webhook."""


def content_at(project: Project, cluster: Cluster, definition: Definition, place: Directory) -> Content | None:
    """Return what the source of a definition has. Nothing is known of that for a source that it includes."""
    if place.is_included:
        return None
    return content_of(project, cluster, definition, place.clone.top if place.clone is not None else "")


def build_definition(project: Project, cluster: Cluster, definition: Definition, place: Directory) -> tuple[Made, bool]:
    """Return what a definition renders, and whether variables are missing that other definitions may still provide, or
    show that a webhook does.
    """
    directory = place.path
    if place.findings:
        return Made([], list(place.findings)), False
    found, findings = project.kustomization(directory)
    if has_errors(each for each in findings if found is None or each.code != EMPTY):
        return Made([], findings), False
    content = content_at(project, cluster, definition, place)
    if found is not None and content is not None and content.rule_for(found.origin.path) is not None:
        found = None
    files = project.walk(directory) if found is None else ()
    manifests = list(manifests_of(directory, files if content is None else content.those_in(files)))
    kustomization, wrong = overlaid(definition._replace(path=directory), found, manifests, project.is_dir)
    if wrong:
        return Made([], wrong), False
    sources = project.overlaid(kustomization)
    options = Options(anywhere=True, boundary=".", order="none", clone=place.clone)
    resources, findings = resolve(sources, directory, options, project.memo)
    variables = variables_of(definition, cluster.named, resources)
    if cluster.entry.is_alone:
        variables = variables.with_more_from(WHAT_LEADS)
    if cluster.webhooks:
        variables = variables.with_more_from(A_WEBHOOK)
    project.withheld.add_tree(list(variables.secrets.values()))
    lenient = lenient_version([*cluster.controllers, *filter(runs_flux, resources)])
    more, filled = replace_variables(resources, variables, lenient, project)
    findings = findings + more
    add_metadata(resources, definition)
    if has_errors(findings):
        resources = []
    findings += unsubstituted(definition, variables)
    return Made(resources, findings, filled=filled), bool(variables.missing) or has_errors(more)
