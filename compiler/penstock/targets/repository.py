"""All targets of a repository and their environments, which commands look up by name or directory.

`parse.discover` finds kustomizations, and the other modules of this package find the targets of definitions. This
module combines them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.errors import NothingHere
from penstock.model import Destination, Diagnostic, Environment, Made, Refusal, Severity, Target, has_errors, name_of
from penstock.parse.defined import Defined, Unlocked
from penstock.parse.project import Project
from penstock.targets.fleets import ArgoFleet, Fleet
from penstock.targets.listings import TELLING
from penstock.targets.naming import named

if TYPE_CHECKING:
    from penstock.parse.project_file.settings import Config


def targets(
    project: Project, paths: Iterable[str] = (".",), names: Iterable[str] = (), here: str = "."
) -> tuple[list[Target], list[Diagnostic]]:
    """Return the targets in and below directories, and those with the given names, each once.

    The root stands for all targets of the repository, including those that definitions make. In any other directory,
    only the files below it are read, and its kustomizations are built as Kustomize does. A name is that of an
    environment or of a target: `prod`, `prod/shop`. One that nothing has may be misspelt, also for a directory below
    `here`.

    Raises `Refusal` for a path that is not a directory or has no target, and for an unknown name: the command would do
    nothing for it.
    """
    from penstock.parse.discover import discover  # `build` names its target

    found: dict[Target, None] = {}
    findings: list[Diagnostic] = []
    for name in names:
        known, more = everything(project)
        found |= dict.fromkeys(named(name, known, project, here))
        findings += [finding for finding in more if finding.severity == "error" and finding not in findings]
    for path in paths:
        if not project.is_dir(path):
            raise Refusal(f"there is no directory {path}")
        inside, more = everything(project) if path == "." else discover(project, path)
        if not inside and not has_errors(more):
            inside = _defined_below(project, path)
        findings += more
        if not inside and not has_errors(more):
            raise NothingHere(nothing_here(project, more, "here" if path == "." else f"in or below {path}"))
        found |= dict.fromkeys(inside)
    return list(found), findings


def _defined_below(project: Project, path: str) -> list[Target]:
    """Return the targets in and below a directory that the rest of the repository makes targets, such as the plain
    manifests that an Application builds.
    """
    from penstock.parse.usage import is_below

    return [target for target in everything(project)[0] if is_below(target.path, path)]


def nothing_here(project: Project, findings: Sequence[Diagnostic], where: str = "here") -> str:
    """Return the message that there is no target. It names the first thing that is not compiled without further
    settings, if any.
    """
    if not findings and all(map(project.is_dir, ("objects", "refs"))) and project.files.read("HEAD"):
        return "this is a bare git repository, which has no files of its own: run this in a clone of it"
    if not findings:
        return f"there is no kustomization, chart or definition of Argo CD or Flux {where}, so there is nothing to do"
    first = findings[0]
    hint = "; `penstock init` proposes how" if first.code in PROPOSED else ""
    return f"there is nothing to compile {where} yet: {first.message} ({first.where.path}){hint}"


PROPOSED = ("PS138", "PS139", "PS172")
"""The codes of findings about what is not compiled without further settings, and for which `penstock init` has a
proposal.
"""


def everything(project: Project) -> tuple[list[Target], list[Diagnostic]]:
    """Return all targets of the repository, computed once per run."""
    from penstock.parse.discover import discover

    if project.targets is None:
        with project.watched() as project.discovery:
            defined, findings = _defined(project)
            others, more = discover(project, ".", defined)
        told = project.withheld.hide([*findings, *more])
        project.targets = [*defined, *_as_their_neighbours(others, defined)], told
    return project.targets


def _as_their_neighbours(others: Iterable[Target], defined: Sequence[Target]) -> Iterable[Target]:
    """Return targets that no definition leads to, to be built as those to which definitions lead.

    Flux has no load restrictor. So where all definitions are those of Flux, what is not deployed yet, or no more, may
    read files outside of its directory, too.
    """
    if defined and all(target.anywhere for target in defined):
        return [target._replace(anywhere=True) for target in others]
    return others


def _defined(project: Project) -> tuple[list[Target], list[Diagnostic]]:
    """Return the targets of Flux and Argo CD definitions, of charts and directories in penstock.yaml, and of ksonnet
    applications.

    The results of building them are stored in the project.
    """
    from penstock.definitions.argo.build_options import BuildOptions, options_in
    from penstock.definitions.scan import FILES as SCANNED
    from penstock.definitions.scan import without_test_data
    from penstock.parse.discover import files_of, own_files_of

    project.notice(TELLING)
    files = files_of(project)
    project.read_ahead(path for path in files if path.endswith(SCANNED))
    own = own_files_of(project)
    templates = _unrendered(project, own)
    written = [path for path in own if path not in templates]
    of_flux, of_argo, of_settings = _marked(project, without_test_data(written))
    project.memo[BuildOptions] = options_in(project.inside(path) or b"" for path in of_settings)
    fleet = _flux_fleet(project, written, of_flux)
    config, _ = project.config()
    charts, nowhere = _installed_charts(project, files, config)
    plain, unmatched = _plain_targets(project, files, config)
    argo = _argo_fleet(project, of_argo, charts | plain)
    ksonnet, wrong = _ksonnet_apps(project, files)
    project.made.update({**fleet.made, **argo.made, **charts, **plain, **ksonnet})
    project.defined = Defined(
        governed={target.environment for target in (*fleet.targets, *argo.targets)} - argo.shared - {""},
        guessed=argo.guessed - {target.environment for target in fleet.targets},
        undecided=argo.undecided | _named_by_roots(project, templates),
        leading=fleet.leading | argo.leading,
        unlocked=(*fleet.unlocked, *argo.unlocked),
        destinations=argo.destinations,
    )
    found = [*fleet.targets, *argo.targets, *charts, *plain, *ksonnet]
    broken = _unreadable(project, sorted({*of_flux, *of_argo}))
    return found, [*fleet.findings, *argo.findings, *nowhere, *unmatched, *wrong, *broken]


def _marked(project: Project, paths: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Return the files that may hold definitions of Flux, those that may hold definitions of Argo CD, and those with
    the settings of an Argo CD instance. Each file is read once.
    """
    from penstock.definitions.argo.build_options import may_set_options
    from penstock.definitions.scan import ARGO_FILES, FLUX_FILES, may_define_argo, may_define_flux

    of_flux: list[str] = []
    of_argo: list[str] = []
    of_settings: list[str] = []

    def is_marked(data: bytes) -> bool:
        has_flux, has_argo = path.endswith(FLUX_FILES) and may_define_flux(data), may_define_argo(data)
        has_settings = b"uildOptions" in data and may_set_options(data)
        of_flux.extend([path] * has_flux)
        of_argo.extend([path] * has_argo)
        of_settings.extend([path] * has_settings)
        return has_flux or has_argo or has_settings

    for path in paths:
        if path.endswith(ARGO_FILES):
            project.scan(path, is_marked)
    return of_flux, of_argo, of_settings


def _unreadable(project: Project, marked: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield a finding for each file that may hold definitions and cannot be read, so that what it defines is unknown.

    Files that a target reads are left out, since building the target reports the same.
    """
    from penstock.parse.refused import is_template
    from penstock.parse.usage import files_of, read_usage, roots

    broken = {path: reason for path in marked if (reason := _reason_against(project, path)) is not None}
    if not broken:
        return
    usage = read_usage(project)
    read = {path for made in project.made.values() for path in made.read}
    read |= {path for root in roots(usage) for path in files_of(project, usage, root)}
    for path, reason in broken.items():
        if path not in read:
            # A template for another program is no mistake, and is no YAML.
            severity: Severity = "info" if project.scan(path, is_template) else "warning"
            message = f"{reason.message}; what this file defines for Argo CD or Flux is not known"
            hint = "name the file under `exclude:` in penstock.yaml"
            if severity == "warning":
                hint = f"correct it, or {hint}"
            yield reason._replace(severity=severity, message=message, hint=hint)


def _reason_against(project: Project, path: str) -> Diagnostic | None:
    """Return the first error for which definitions in a file cannot be read, or None if there is none. Other documents
    of the file may be anything.
    """
    from penstock.definitions.scan import is_definition
    from penstock.resolve.objects import objects_in

    documents, findings = project.resources(path)
    _, refused = objects_in(each for each in documents or () if is_definition(each.body))
    return next((each for each in (*findings, *refused) if each.severity == "error"), None)


def _flux_fleet(project: Project, paths: Sequence[str], marked: Sequence[str]) -> Fleet:
    """Return the targets of Flux definitions. The code for them is only imported if a file may hold some."""
    if not marked:
        return Fleet()
    from penstock.targets.flux.fleet import flux_fleet

    return flux_fleet(project, paths, marked)


def _argo_fleet(project: Project, marked: Sequence[str], others: Mapping[Target, Made]) -> ArgoFleet:
    """Return the targets of Argo CD definitions, with imports only if needed. Charts and manifests (`others`) may hold
    definitions, too.
    """
    if not (marked or others):
        return ArgoFleet()
    from penstock.targets.argo.fleet import argo_fleet

    return argo_fleet(project, marked, others)


def _plain_targets(
    project: Project, files: Sequence[str], config: "Config | None"
) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return the targets that penstock.yaml names with `type: directory`, with imports only if needed."""
    if config is None or not any(entry.plain is not None for entry in config.targets):
        return {}, []
    from penstock.targets.plain import plain_targets

    return plain_targets(project, files)


def _ksonnet_apps(project: Project, files: Sequence[str]) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return the targets of ksonnet applications, with imports only if needed."""
    from penstock.definitions.ksonnet.app import NAME

    if not any(name_of(path) == NAME for path in files):
        return {}, []
    from penstock.targets.ksonnet import ksonnet_apps

    return ksonnet_apps(project, files)


def _unrendered(project: Project, files: Sequence[str]) -> dict[str, str]:
    """Return the chart templates that become definitions once the chart is rendered, each with the path of its
    chart.
    """
    from penstock.definitions.scan import may_define
    from penstock.parse.uninstalled import chart_of

    return {
        path: chart
        for path, chart in chart_of(files).items()
        if project.scan(path, lambda data: b"{{" in data and may_define(data))
    }


def _named_by_roots(project: Project, templates: Mapping[str, str]) -> frozenset[str]:
    """Return the paths that definitions in the templates of charts build, for charts that nothing renders. They may
    contain templates.
    """
    from penstock.parse.uninstalled import CHART_FILE, named_in_templates

    read = {path for made in project.made.values() for path in made.read}
    unread_charts = {chart for chart in templates.values() if f"{chart}/{CHART_FILE}".removeprefix("./") not in read}
    return frozenset(named_in_templates(project, (path for path in templates if templates[path] in unread_charts)))


def _installed_charts(
    project: Project, files: Sequence[str], config: "Config | None"
) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return the targets of the charts that penstock.yaml installs, with imports only if needed."""
    if config is None or not config.charts:
        return {}, []
    from penstock.targets.installed import installed_charts

    versions = {each.name: each.kubernetes for each in config.environments}
    return installed_charts(project, config.charts, files, versions)


def environments(
    project: Project, found: Iterable[Target], destinations: Mapping[str, Destination] | None = None
) -> list[Environment]:
    """Return the environments to which targets go, by name. A target whose environment is open is in none.

    `destinations` are the destinations of environments, if the caller knows them already.
    """
    by_name: dict[str, list[Target]] = {}
    for target in found:
        if target.environment:
            by_name.setdefault(target.environment, []).append(target)
    if destinations is None:
        destinations = destinations_of(project)
    return [Environment(name, tuple(by_name[name]), destinations.get(name, NOWHERE)) for name in sorted(by_name)]


NOWHERE = Destination()
"""The destination of an environment that nothing specifies further."""


def destinations_of(project: Project) -> dict[str, Destination]:
    """Return the destinations of environments that penstock.yaml or Argo CD's hydrator names."""
    config, _ = project.config()
    found = dict(project.defined.destinations)
    for entry in config.environments if config else ():
        given, own = found.get(entry.name, NOWHERE), entry.destination
        if own == NOWHERE:
            continue
        # Without a branch of its own, the entry says more about the branch of the definitions.
        own = own if own.branch else own._replace(branch=given.branch, proposed=own.proposed or given.proposed)
        found[entry.name] = own
    return found


def unlocked_makers(project: Project) -> tuple[str, ...]:
    """Return the definitions of which it is not known here what they make, each with the place of that."""
    found = project.defined.unlocked
    return tuple(sorted(f"{each.definition.id} {each.namespace} {each.environment}" for each in found))


def unlocked_for(project: Project, environment: str) -> list[Unlocked]:
    """Return the definitions that may make objects in an environment, of which it is not known here what they make."""
    if environment not in project.defined.governed:
        return []
    return [each for each in project.defined.unlocked if each.environment in ("", environment)]


def named_environments(project: Project, found: Sequence[Target]) -> set[str]:
    """Return the environments that penstock.yaml or a definition names; others are derived from the structure."""
    return _configured(project, found) | {target.environment for target in project.made}


def certain_targets(project: Project, found: Sequence[Target]) -> set[Target]:
    """Return the targets that penstock.yaml or a definition puts into their environment. The structure of the
    repository puts the others there.
    """
    configured = _configured(project, found)
    return {target for target in found if target.environment in configured or target in project.made}


def _configured(project: Project, found: Sequence[Target]) -> set[str]:
    """Return the environments that penstock.yaml names."""
    from penstock.parse.discover import named_in

    config, _ = project.config()
    return named_in(config, found) if config is not None else set()
