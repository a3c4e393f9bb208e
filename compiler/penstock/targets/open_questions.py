"""What a repository leaves open: the questions that commands ask, and the facts from which `penstock init` makes its
proposals.
"""

from collections.abc import Iterable, Mapping, Sequence

from penstock.model import Diagnostic, Installation, Origin, Target
from penstock.parse.project import Project
from penstock.targets.repository import everything
from penstock.words import and_more


def questions(found: Iterable[Target]) -> list[Diagnostic]:
    """Return findings about targets whose environment is open: one for all targets with the same reason, whatever their
    names.
    """
    by_reason: dict[str, list[Target]] = {}
    for target in found:
        if not target.environment and target.proposed:
            by_reason.setdefault(_without_names(target), []).append(target)
    return [_question(open_ones) for open_ones in by_reason.values()]


def _without_names(target: Target) -> str:
    """Return the reason why the environment of a target is open, without the names of the target's own definition."""
    return target.why.rpartition("; ")[2].replace(target.proposed, "{}")


def _question(open_ones: Sequence[Target]) -> Diagnostic:
    first, *others = open_ones
    message = f"{first.path}{and_more(len(others))}: the environment is open, since {first.why}"
    names = len({each.proposed for each in open_ones}) - 1
    further = " here, and other names for the others" if names else ""
    hint = f"name it in penstock.yaml; `penstock init` proposes {first.proposed}{further}"
    return Diagnostic("PS192", "info", message, Origin(first.path), hint=hint)


def kustomizations(project: Project) -> list[str]:
    """Return the directories of the repository that have a kustomization, whether or not they are targets."""
    from penstock.parse.usage import read_usage

    return list(read_usage(project).uses)


def defining(project: Project) -> set[str]:
    """Return the paths of the definitions with which targets begin, of these targets, and of the files that they have
    read.
    """
    made = {target: made for target, made in project.made.items() if target.environment}
    read = {path for one in made.values() for path in one.read}
    return {*project.defined.leading, *read} | {target.path for target in made}


def bundles_unsettled(project: Project) -> list[str]:
    """Return the directories of manifests that Rancher's Fleet deploys and penstock.yaml does not mention."""
    from penstock.parse.discover import bundles_left, own_files_of
    from penstock.parse.rancher_fleet import with_manifests

    found, _ = everything(project)
    bundles = bundles_left(project, [target for target in found if target in project.made])
    return with_manifests(project, bundles, own_files_of(project))


def manifests_unsettled(project: Project, others: Iterable[str]) -> Mapping[str, str]:
    """Return the directories of manifests that nothing builds, each with a proposed environment, unless definitions say
    what is deployed. `others` are the paths of what else there is.
    """
    from penstock.parse.discover import manifests_left
    from penstock.parse.loose_manifests import proposed_directories

    if project.defined.leading:
        return {}
    found, _ = everything(project)
    loose = manifests_left(project, [target for target in found if target in project.made])
    return proposed_directories([each.directory for each in loose], {*others})


def has_unlocked(project: Project) -> bool:
    """Return whether a definition builds something that is not in penstock.lock, so that its result is unknown."""
    everything(project)
    return any(each.code == "PS130" for made in project.made.values() for each in made.diagnostics)


def is_held_up_by_locks(project: Project) -> bool:
    """Return whether it is unknown what definitions lead to, since something that they build is not in
    penstock.lock.
    """
    return has_unlocked(project) and any(
        each.code == IN_DOUBT for made in project.made.values() for each in made.diagnostics
    )


IN_DOUBT = "PS181"
"""The code for definitions that a directory makes which does not compile."""


def asks_for_charts(project: Project) -> bool:
    """Return whether kustomizations have charts, and penstock.yaml does not say that they are rendered."""
    from penstock.definitions.argo.build_options import BuildOptions
    from penstock.parse.discover import own_files_of
    from penstock.parse.usage import read_usage

    config, _ = project.config()
    instance: BuildOptions = project.memo.get(BuildOptions, BuildOptions())
    if (config is not None and config.helm) or instance.helm:
        return False
    own = set(own_files_of(project))
    kept = (directory for directory, file in read_usage(project).files.items() if file in own)
    found = (project.kustomization(directory)[0] for directory in kept)
    return any(each is not None and each.fields.keys() & HELM_FIELDS for each in found)


HELM_FIELDS = {"helmCharts", "helmChartInflationGenerator"}
"""The fields of a kustomization that render charts, for which Kustomize requires --enable-helm."""


def charts_left(project: Project) -> dict[str, Installation]:
    """Return the directories of charts that no target installs, each with a proposal."""
    from penstock.parse import uninstalled
    from penstock.parse.discover import own_files_of
    from penstock.parse.usage import read_usage

    everything(project)
    files = own_files_of(project)
    charts = uninstalled.charts_left(project, read_usage(project), files)
    return uninstalled.installations(charts, files, uninstalled.root_name(project) if "." in charts else "")


def roots_among(project: Project, charts: Mapping[str, Installation]) -> dict[str, Installation]:
    """Return those charts whose templates are definitions, which lead to more. Those with Argo CD definitions go to its
    namespace.
    """
    from penstock.definitions.scan import may_define_argo, may_define_flux
    from penstock.parse.discover import files_of
    from penstock.parse.uninstalled import chart_of

    found: dict[str, Installation] = {}
    files = files_of(project)
    for path, chart in chart_of(files).items():
        if chart in charts and project.scan(path, may_define_argo):
            found[chart] = charts[chart]._replace(namespace="argocd")
        elif chart in charts and project.scan(path, may_define_flux):
            found.setdefault(chart, charts[chart])
    return {chart: found[chart] for chart in charts if chart in found}
