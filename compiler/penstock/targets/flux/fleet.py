"""From the definitions of Flux to targets: the stages of `pipeline.py` run again for every definition that appears.

A `Kustomization` of Flux says which directory is built, and how. It may be written in a file, or only be rendered by
another one. So each definition is built, and its output is searched for further definitions until no new one appears.
The search begins with the entry of a cluster: a definition in the directory that it builds.
"""

import posixpath
from collections import ChainMap, Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from penstock.definitions.fields import unknown_fields
from penstock.definitions.flux.definition import (
    BUCKET,
    SOURCES,
    Definition,
    Named,
    SourceId,
    definitions,
    in_artifact,
    is_here,
)
from penstock.definitions.flux.fields import FIELDS
from penstock.definitions.flux.metadata import add_metadata
from penstock.definitions.flux.overlay import manifests_of, overlaid
from penstock.definitions.flux.release import KIND as RELEASE
from penstock.definitions.flux.release import releases
from penstock.definitions.flux.remote_cluster import remote_cluster
from penstock.definitions.flux.variables import sources_of, variables_of
from penstock.definitions.flux.version import lenient_version, runs_flux
from penstock.definitions.reading import mapping, mappings, text
from penstock.definitions.scan import FLUX_FILES
from penstock.findings import matched_elsewhere
from penstock.model import (
    Diagnostic,
    Made,
    NamedPlaces,
    Origin,
    Pos,
    Resource,
    Target,
    TargetNeed,
    has_errors,
)
from penstock.parse.environments import DEFAULT, Place, places_of_clusters
from penstock.parse.project import Project
from penstock.parse.usage import patch_files, read_usage
from penstock.records import NamedTuple
from penstock.resolve.build import resolve
from penstock.resolve.codes import UNMATCHED
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.objects import objects_in
from penstock.resolve.options import Clone, Options
from penstock.targets.elsewhere import HINT
from penstock.targets.fleets import Fleet
from penstock.targets.flux.clusters import (
    ENDLESS,
    Cluster,
    beside,
    copied,
    foreign,
    is_known,
    open_places,
    that_begin,
    that_lead_on,
    unknown,
)
from penstock.targets.flux.contents import (
    Content,
    content_of,
    from_included,
    left_out_of_sources,
    not_in_source,
    source_of,
    without_submodules,
)
from penstock.targets.flux.entries import Entry, Written, alone, leading_first, unwritten, written
from penstock.targets.flux.releases import (
    IN_BUCKET,
    Around,
    NotLocked,
    Release,
    Unrendered,
    brought,
    build_release,
    files_of_artifact,
)
from penstock.targets.flux.substituting import replace_variables
from penstock.targets.flux.walks import Walks, without_parts

MAX_DEPTH = 40
"""Length of a chain of definitions. Variables could make new names forever."""

MAX_DEFINITIONS = 5_000
"""Definitions of one cluster. The largest public repositories have a few hundred."""

NEED = "PS197"
"""The code for `dependsOn`. What a definition waits for is unknown where no cluster leads to the definition."""

PLACEHOLDER = "${"
"""The start of a variable that Flux replaces."""

EMPTY = "PS112"
"""The code for a kustomization that says nothing. Flux adds a field to it, so that Kustomize builds it to nothing."""

MAX_NOTES = 3
"""Charts that a finding names in addition to the first one."""

WHAT_LEADS = "what leads to it"
"""The place of further variables of a definition to which no cluster leads: the one that builds it might add some."""

_TRIES = 2
"""How often a definition is postponed to wait for the objects that its variables come from."""


def flux_fleet(project: Project, paths: Sequence[str], marked: Sequence[str]) -> Fleet:
    """Return the targets of all clusters that definitions describe. `marked` are those files that may hold
    definitions.
    """
    found_in_files = written(project, paths, marked)
    defined, _, addresses = found_in_files
    clusters = _clusters(project, found_in_files)
    unled = unknown(defined, clusters)
    left = [each for each in unled if each.source.name]
    gone = [each for each in left if not project.is_dir(each.path)]
    elsewhere = foreign(left, clusters)
    copies = copied(left, clusters)
    # No cluster leads to these, but what they build exists, so they are compiled, in open environments.
    settled = {id(each) for each in (*gone, *elsewhere, *copies)}
    orphans = _walked(project, leading_first(alone(each for each in left if id(each) not in settled)), addresses)
    _soften([*clusters, *orphans])
    leading = frozenset(cluster.entry.definition.resource.origin.path for cluster in clusters)
    found = [finding for cluster in clusters for finding in cluster.findings]
    found += (each for cluster in orphans for each in cluster.findings if each.code != NEED)
    places = places_of_clusters([cluster.entry.folder for cluster in clusters])
    made = _targets(clusters, places)
    made |= _targets(orphans, open_places([cluster.entry.folder for cluster in orphans], places))
    partial = _partial(project, [each for each in unled if not each.source.name])
    told = [*_unlisted(defined, clusters), *_abandoned(gone), *partial, *map(_elsewhere, elsewhere)]
    told += map(_copy, copies)
    told += (finding for cluster in (*clusters, *orphans) for finding in _unknown(cluster))
    return Fleet(list(made), made, [*found, *told], leading)


def _unknown(cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield findings about fields that Flux does not know, in the definitions and the releases of a cluster."""
    for each in (*(definition for definition, *_ in cluster.made), *releases(cluster.objects)):
        resource = each.resource
        yield from unknown_fields(resource, FIELDS.get(text(resource.body.get("apiVersion")), {}))


def _clusters(project: Project, files: Written) -> list[Cluster]:
    """Return the clusters of explicit entries, and those of folders of definitions, which a command may have made
    entries.

    Where no explicit entry is sure, folders that lead to other ones are the clusters.
    """
    defined, entries, addresses = files
    clusters = that_begin(_walked(project, entries, addresses))
    if not any(cluster.is_sure() for cluster in clusters):
        leading = that_lead_on(_walked(project, unwritten(defined, {}), addresses))
        if not clusters or any(cluster.leads_on() for cluster in leading):
            return leading
    return [*clusters, *_walked(project, beside(unknown(defined, clusters), clusters), addresses)]


def _walked(project: Project, entries: Iterable[Entry], addresses: Mapping[SourceId, str]) -> list[Cluster]:
    """Build the clusters of some entries, and return those that are not part of another one."""
    walks = Walks()
    for entry in entries:
        if walks.have(entry):
            continue
        objects: list[Resource] = []
        cluster = Cluster(entry, [], objects, [], [], [], set(), Named(objects, addresses), {})
        cluster.findings.extend(_walk(project, cluster))
        walks.add(cluster)
    return without_parts(walks.clusters)


def _unlisted(defined: Sequence[Definition], clusters: Sequence[Cluster]) -> Iterator[Diagnostic]:
    """Yield findings about definitions in the folder of a cluster that nothing there refers to."""
    entries = {cluster.entry.definition.resource.origin.path for cluster in clusters}
    whole = [cluster for cluster in clusters if not cluster.is_broken()]
    in_doubt: list[Definition] = []
    for each in defined:
        path = each.resource.origin.path
        if path in entries or any(cluster.has_read(path) for cluster in clusters):
            continue
        if is_known(each, whole):
            message = f"nothing builds the Kustomization {each.id[0]}/{each.id[1]} of this file"
            yield Diagnostic("PS198", "info", message, each.resource.origin, hint="name the file under `resources:`")
        elif is_known(each, clusters):
            in_doubt.append(each)
    yield from _in_doubt(in_doubt, clusters)


def _in_doubt(found: Sequence[Definition], clusters: Iterable[Cluster]) -> Iterator[Diagnostic]:
    """Yield one finding about definitions in the folders of clusters of which a part does not compile, and may refer to
    them.
    """
    if not found:
        return
    first = found[0]
    broken = next(path for each in clusters for _, path, made in each.made if has_errors(made.diagnostics))
    more = f"; so it is with {len(found) - 1} more" if found[1:] else ""
    message = f"nothing that compiles builds the Kustomization {first.id[0]}/{first.id[1]} of this file, and {broken} "
    message += f"does not compile{more}"
    hint = "correct that first, or name the file under `resources:`"
    yield Diagnostic("PS198", "info", message, first.resource.origin, hint=hint)


def _abandoned(gone: Sequence[Definition]) -> list[Diagnostic]:
    """Return a finding about definitions that nothing leads to and whose directory does not exist: the rest of an
    archived application.
    """
    if not gone:
        return []
    first = gone[0]
    more = f"; so it is with {len(gone) - 1} more" if gone[1:] else ""
    message = f"no entry of a cluster leads to Kustomization {first.id[0]}/{first.id[1]}, and there is no directory "
    message += f"{first.path}, which it builds{more}"
    hint = "remove it, or name its directory under `exclude:` in penstock.yaml"
    return [Diagnostic("PS198", "info", message, first.at("path"), hint=hint)]


def _copy(definition: Definition) -> Diagnostic:
    """Return the finding about a file whose definition is that of another file, which a cluster builds."""
    namespace, name = definition.id
    message = f"nothing builds this file: Kustomization {namespace}/{name}, which a cluster has, is in another one"
    hint = "remove it, or name its directory under `exclude:` in penstock.yaml"
    return Diagnostic("PS198", "info", message, definition.resource.origin, hint=hint)


def _partial(project: Project, sourceless: Sequence[Definition]) -> list[Diagnostic]:
    """Return a finding about definitions without a source that nothing leads to. Patches of definitions look like this,
    and those that a kustomization names are left out.
    """
    patches = patch_files(project, read_usage(project)) if sourceless else set()
    unused = [each for each in sourceless if each.resource.origin.path not in patches]
    if not unused:
        return []
    first = unused[0]
    more = f"; so it is with {len(unused) - 1} more" if unused[1:] else ""
    message = (
        f"Kustomization {first.id[0]}/{first.id[1]} names no source, and no kustomization uses it as a patch{more}"
    )
    return [Diagnostic("PS198", "info", message, first.resource.origin, hint="give it a `sourceRef`, or remove it")]


def _walk(project: Project, cluster: Cluster) -> list[Diagnostic]:
    """Build the entry of a cluster and all definitions that appear. Return findings."""
    findings: list[Diagnostic] = []
    entry = cluster.entry.definition
    seen = {entry.id}
    sourceless: list[_Sourceless] = []
    waiting = deque([_Step(entry)])
    while waiting:
        step = waiting.popleft()
        definition = step.definition
        if step.depth > MAX_DEPTH or len(cluster.made) >= MAX_DEFINITIONS:
            findings.append(_endless(definition))
            break
        result = _built(project, cluster, step)
        if not isinstance(result, _Built):
            findings += result
            cluster.left_out.add(definition.id)
            continue
        made, place = result.made, result.place
        # Its variables may come from objects that definitions behind it make.
        if result.may_wait and step.tries < _TRIES and waiting:
            waiting.append(step._replace(tries=step.tries + 1, before=result))
            continue
        made = made._replace(diagnostics=[*made.diagnostics, *without_submodules(project, cluster, definition, made)])
        doubt = step.doubt or _doubt(made, place)
        leading = made.resources if doubt is None else _leading(project, made)
        if step.doubt is not None:
            made = made._replace(resources=[], diagnostics=[*made.diagnostics, step.doubt])
        cluster.made.append((definition, place.path, made))
        _go_along(cluster, definition, made)
        # From now on, the definitions that follow find sources and variables among these objects.
        cluster.objects.extend(leading)
        cluster.controllers.extend(filter(runs_flux, made.resources))
        led, without = _led(leading, seen, doubt)
        waiting.extend(_Step(child, step.depth + 1, doubt) for child in led)
        sourceless += without
    left_out_of_sources(project, cluster)
    return [*findings, *_sourceless(cluster, sourceless), *_install(project, cluster), *_depends(cluster)]


_Sourceless = tuple[Definition, Diagnostic]
"""A definition without a source, and the finding about what leads to it."""


def _led(
    leading: Sequence[Resource], seen: set[tuple[str, str]], doubt: Diagnostic | None
) -> tuple[list[Definition], list[_Sourceless]]:
    """Return the definitions among some objects that were not seen yet, and apart from them those without a source, if
    these are in doubt.
    """
    new: dict[tuple[str, str], Definition] = {}
    for child in definitions(leading):
        if child.id not in seen:
            new.setdefault(child.id, child)
    seen.update(new)
    if doubt is None:
        return [*new.values()], []
    without = [(child, doubt) for child in new.values() if not child.source.name]
    return [child for child in new.values() if child.source.name], without


def _sourceless(cluster: Cluster, found: Sequence[_Sourceless]) -> Iterator[Diagnostic]:
    """Yield one finding about definitions without a source which a directory makes that does not compile: a patch there
    may set it. They are left out of their cluster.
    """
    cluster.left_out.update(definition.id for definition, _ in found)
    if found:
        (first, doubt), *others = found
        names = f" (and {len(others):,} more) name" if others else " names"
        broken = doubt.message.partition(" ")[0]
        message = f"Kustomization {'/'.join(first.id)}{names} no source, which a patch may set where {broken} compiles"
        yield Diagnostic("PS193", "info", f"{message}: not compiled", first.resource.origin, hint="correct that first")


class _Built(NamedTuple):
    """What a definition comes to, and everything around it on which that depends. `may_wait` says whether variables are
    missing that other definitions may still provide.
    """

    made: Made
    place: "_Place"
    around: tuple[object, ...]
    may_wait: bool


def _built(project: Project, cluster: Cluster, step: "_Step") -> "_Built | list[Diagnostic]":
    """Build a definition, unless it was postponed and there is nothing new around it. Return findings if there is
    nothing to build.
    """
    definition = step.definition
    with project.watched() as looks:
        place = _place(project, cluster, definition)
        if isinstance(place, Diagnostic):
            return [place]
        missing = _not_there(project, cluster, place, definition)
        if missing is not None:
            return [missing]
        around = _around(cluster, definition, place)
        if step.before is not None and step.before.around == around:
            return step.before
        made, may_wait = _build(project, cluster, definition, place)
    made = made._replace(read=frozenset(posixpath.normpath(path) for _, path in looks))
    return _Built(made, place, around, may_wait)


def _around(cluster: Cluster, definition: Definition, place: "_Place") -> tuple[object, ...]:
    """Return what a definition takes from its cluster: its directory, the version of Flux, and where variables come
    from. Most definitions that wait for variables find nothing new, and are not built again.
    """
    sources = (cluster.named.get(each) for each in sources_of(definition))
    return place, len(cluster.controllers), *(None if each is None else id(each) for each in sources)


class _Step(NamedTuple):
    """A definition that is to be built.

    `doubt` is the finding about a directory that does not compile and makes the definition or one that leads to it.
    `before` is what it came to when it was postponed.
    """

    definition: Definition
    depth: int = 0
    doubt: Diagnostic | None = None
    tries: int = 0
    before: _Built | None = None


def _leading(project: Project, made: Made) -> list[Resource]:
    """Return the definitions and sources of a directory. If it does not compile, these are the ones in its files.

    There, a definition without a path is most likely a patch.
    """
    objects = made.resources if not has_errors(made.diagnostics) else _in_files(project, made.read)
    leading = [each.resource for each in definitions(objects) if each.spec.get("path")]
    return [*leading, *(each for each in objects if each.id.group == SOURCES)]


def _in_files(project: Project, paths: Iterable[str]) -> list[Resource]:
    """Return the objects in some files as they are written there."""
    files = sorted(path for path in paths if path.endswith(FLUX_FILES))
    found = (objects_in(project.resources(path)[0] or ())[0] for path in files)
    return [new_resource(body, where) for objects in found for body, where in objects]


def _doubt(made: Made, place: "_Place") -> Diagnostic | None:
    """Return the finding about all that a directory leads to, if it does not compile, and otherwise None.

    Its kustomization might change the definitions in its files, so what these build is no result. It only shows what
    belongs to the cluster.
    """
    cause = next((each for each in made.diagnostics if each.severity == "error"), None)
    if cause is None:
        return None
    message = f"{place.path} does not compile, and makes the definition of this target or one that leads to it"
    return Diagnostic("PS181", "error", message, cause.where, hint="correct that first")


def _go_along(cluster: Cluster, definition: Definition, made: Made) -> None:
    """Record the other cluster, if any, to which the objects of a definition go. Definitions among the objects go
    there, too.
    """
    remote = remote_cluster(definition) or cluster.remotes.get(definition.resource.id)
    if remote is not None:
        cluster.remotes.update(dict.fromkeys((definition.resource.id, *(each.id for each in made.resources)), remote))


def _not_there(project: Project, cluster: Cluster, place: "_Place", definition: Definition) -> Diagnostic | None:
    """Return a finding if the directory that a definition builds does not exist or has not been fetched, and otherwise
    None.
    """
    where, path = definition.at("path"), place.path
    if place.findings:  # they report it
        return None
    unfetched = project.unfetched(path, where)
    if unfetched is not None:
        return unfetched
    if not project.is_dir(path):
        return Diagnostic("PS194", "error", f"there is no directory {path} to build", where)
    content = _content(project, cluster, definition, place)
    return not_in_source(project, content, definition, path) if content is not None else None


def _content(project: Project, cluster: Cluster, definition: Definition, place: "_Place") -> Content | None:
    """Return what the source of a definition has. Nothing is known of that for a source that it includes."""
    if place.is_included:
        return None
    return content_of(project, cluster, definition, place.clone.top if place.clone is not None else "")


def _install(project: Project, cluster: Cluster) -> list[Diagnostic]:
    """Build the Helm releases of a cluster. Return findings about those that are left out."""
    unrendered: dict[tuple[str, str], list[tuple[Definition, Unrendered]]] = {}
    left_out: dict[str, list[tuple[Definition, NotLocked]]] = {}
    around = Around(cluster.entry.definition.source, cluster.entry.root, cluster.named)
    for release in releases(cluster.objects):
        with project.watched() as looks:
            found = build_release(project, around, release)
        if isinstance(found, Release):
            made = found.made._replace(read=frozenset(posixpath.normpath(path) for _, path in looks))
            cluster.releases.append((release, found.path, made))
            _go_along(cluster, release, made)
        elif isinstance(found, NotLocked):
            left_out.setdefault(found.what, []).append((release, found))
        else:
            unrendered.setdefault((found.reason, found.hint), []).append((release, found))
    return [*map(_not_rendered, unrendered.values()), *_not_locked(left_out)]


def _not_rendered(left_out: Sequence[tuple[Definition, Unrendered]]) -> Diagnostic:
    """Return one finding for all releases of a cluster that are left out for the same reason."""
    reason, where, hint = left_out[0][1]
    first, *others = (release.resource.id for release, _ in left_out)
    message = f"{first.kind} not rendered: {reason}"
    return Diagnostic("PS724", "info", message, where, first, hint=hint, others=tuple(others))


def _not_locked(left_out: Mapping[str, Sequence[tuple[Definition, NotLocked]]]) -> Iterator[Diagnostic]:
    """Yield one finding for all releases of a cluster whose charts are not locked, with notes on some of the charts."""
    if not left_out:
        return
    (what, ((release, first), *_)), *others = left_out.items()
    count = sum(map(len, left_out.values()))
    more = f" (and {count - 1} more)" if count > 1 else ""
    message = f"HelmRelease {'/'.join(release.id)}{more} {'are' if more else 'is'} not rendered: {what} "
    message += f"and {len(others)} more charts are" if others else "is"
    notes = tuple((uses[0][1].where, chart) for chart, uses in others[:MAX_NOTES])
    yield Diagnostic("PS137", "info", f"{message} not in penstock.lock", first.where, notes=notes, hint=HINT)


def _endless(definition: Definition) -> Diagnostic:
    message = f"definitions lead to one another more than {MAX_DEPTH} times, or are more than {MAX_DEFINITIONS:,}"
    return Diagnostic(ENDLESS, "error", message, definition.at())


class _Place(NamedTuple):
    """The directory that a definition builds.

    `clone` is its repository, if that is not this one. `findings` say why the directory is not available. `is_included`
    says that its source has it from another source.
    """

    path: str
    clone: Clone | None = None
    findings: tuple[Diagnostic, ...] = ()
    is_included: bool = False


def _place(project: Project, cluster: Cluster, definition: Definition) -> _Place | Diagnostic:
    """Return what directory a definition builds, or a finding if its source is another repository and is not locked."""
    included = from_included(definition, source_of(cluster, definition))
    place = _place_in_source(project, cluster, included)
    is_included = included is not definition
    return place._replace(is_included=is_included) if isinstance(place, _Place) else place


def _place_in_source(project: Project, cluster: Cluster, definition: Definition) -> _Place | Diagnostic:
    root = cluster.entry.definition.source
    source = definition.source
    if definition is cluster.entry.definition or is_here(source, root, cluster.named):
        return _Place(cluster.in_repository(definition.path))
    if source.kind == "ExternalArtifact":
        directory = in_artifact(definition, root, cluster.objects)
        return _Place(cluster.in_repository(directory)) if directory is not None else _elsewhere(definition)
    repository = cluster.named.get(source)
    if repository is None or source.kind not in BRINGS:
        return _elsewhere(definition)
    return _brought(project, definition, repository)


def _brought(project: Project, definition: Definition, repository: Resource) -> _Place | Diagnostic:
    """Return the directory that a definition builds of another repository, or a finding if this is not locked."""
    url = text(mapping(repository.body.get("spec")).get("url"))
    if PLACEHOLDER in url:
        return _elsewhere(definition)._replace(hint=f"{PLACEHOLDER}…}} in its URL is not known here")
    result = BRINGS[definition.source.kind](project, repository, definition.at("sourceRef"))
    if not result.is_locked:
        return _elsewhere(definition)._replace(hint=HINT)
    path = posixpath.normpath(posixpath.join(result.top, definition.path))
    return _Place(path, Clone(url, result.top, url), result.findings)


BRINGS = {"GitRepository": brought, "OCIRepository": files_of_artifact}
"""The functions that locate the files of a source, by its kind."""


def _elsewhere(definition: Definition) -> Diagnostic:
    namespace, name = definition.id
    builds = f"builds {definition.source.kind} {definition.source.name}, which is not this repository"
    builds = builds if definition.source.name else "names no source"
    message = f"Kustomization {namespace}/{name} {builds}: it is not compiled"
    hint = IN_BUCKET if definition.source.kind == BUCKET else ""
    return Diagnostic("PS193", "info", message, definition.at("sourceRef"), hint=hint)


def _build(project: Project, cluster: Cluster, definition: Definition, place: _Place) -> tuple[Made, bool]:
    """Return what a definition renders, and whether variables are missing that other definitions may still provide."""
    directory = place.path
    if place.findings:
        return Made([], list(place.findings)), False
    found, findings = project.kustomization(directory)
    if has_errors(each for each in findings if found is None or each.code != EMPTY):
        return Made([], findings), False
    content = _content(project, cluster, definition, place)
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
    project.withheld.add_tree(list(variables.secrets.values()))
    lenient = lenient_version([*cluster.controllers, *filter(runs_flux, resources)])
    more, filled = replace_variables(resources, variables, lenient, project)
    findings = findings + more
    add_metadata(resources, definition)
    if has_errors(findings):
        resources = []
    return Made(resources, findings, filled=filled), bool(variables.missing)


def _depends(cluster: Cluster) -> list[Diagnostic]:
    """Check `dependsOn`: the definitions that it names must exist, and there must be no cycle."""
    known = {definition.id: definition for definition, _, _ in cluster.made}
    failed = next((path for _, path, made in cluster.made if has_errors(made.diagnostics)), "")
    needs: dict[tuple[str, str], list[tuple[tuple[str, str], Origin]]] = {}
    findings: list[Diagnostic] = []
    for definition in known.values():
        for wanted, where in _wanted(definition):
            if wanted in known:
                needs.setdefault(definition.id, []).append((wanted, where))
            elif wanted not in cluster.left_out:
                findings.append(_unknown_need(wanted, where, failed))
    return findings + _circles(needs)


def _unknown_need(wanted: tuple[str, str], where: Origin, failed: str) -> Diagnostic:
    """Return the finding about a definition that does not exist. It may be in `failed`, a directory that does not
    compile.
    """
    message = f"there is no Kustomization {wanted[0]}/{wanted[1]} to depend on"
    if failed:
        return Diagnostic(NEED, "info", f"{message}; {failed} does not compile, and may have it", where)
    return Diagnostic(NEED, "warning", message, where)


def _wanted(definition: Definition) -> Iterator[tuple[tuple[str, str], Origin]]:
    """Yield namespace and name of each definition that `dependsOn` names, and where it is named."""
    for index, entry in enumerate(definition.spec.get("dependsOn") or ()):
        named = mapping(entry)
        yield (named.get("namespace") or definition.id[0], named.get("name") or ""), definition.at("dependsOn", index)


def _circles(needs: dict[tuple[str, str], list[tuple[tuple[str, str], Origin]]]) -> list[Diagnostic]:
    """Return findings about definitions that wait for themselves.

    These remain after all definitions that wait for no remaining one have been removed repeatedly.
    """
    left = dict(needs)
    waiting: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, others in needs.items():
        for other, _ in others:
            waiting.setdefault(other, []).append(one)
    open_needs = {one: sum(other in needs for other, _ in others) for one, others in needs.items()}
    free = [one for one, number in open_needs.items() if not number]
    for one in free:  # grows on the way
        del left[one]
        for follower in waiting.get(one, ()):
            open_needs[follower] -= 1
            if not open_needs[follower]:
                free.append(follower)
    return [
        Diagnostic(NEED, "error", f"{one[1]} depends on {other[1]}, which waits for it: a circle", where)
        for one, others in left.items()
        for other, where in others
        if other in left
    ]


def _soften(clusters: Sequence[Cluster]) -> None:
    """Allow a patch that a parent puts into all of its children to match nothing in some of them."""
    built = [each for cluster in clusters for each in cluster.made]
    unmatched = Counter(each.where for _, _, made in built for each in set(made.diagnostics) if each.code in UNMATCHED)
    users: Counter[Origin | Pos] = Counter(where for each in built for where in _patched_by(each[0]))
    elsewhere = {where for where, number in unmatched.items() if users[where] > number}
    for cluster in clusters:
        cluster.made[:] = [
            (definition, path, made._replace(diagnostics=matched_elsewhere(made.diagnostics, UNMATCHED, elsewhere)))
            for definition, path, made in cluster.made
        ]


def _patched_by(definition: Definition) -> list[Origin]:
    """Return where the targets of a definition's patches are written."""
    return [definition.at("patches", index, "target") for index in range(len(mappings(definition.spec.get("patches"))))]


def _targets(clusters: Sequence[Cluster], places: Mapping[str, Place]) -> dict[Target, Made]:
    made: dict[Target, Made] = {}
    for cluster in clusters:
        filled = _filled(cluster)
        taken: dict[str, _Taken] = {}
        own: dict[tuple[str, str], Target] = {}
        for definition, directory, result in (*cluster.made, *cluster.releases):
            place = _place_of(definition, cluster, places[cluster.entry.folder])
            names = taken.setdefault(place.environment, _Taken(set(), set()))
            target = names.told_apart(_target(definition, directory, place), definition)
            made[target] = result._replace(filled=filled(definition, result)) if filled else result
            if definition.resource.id.kind != RELEASE:
                own[definition.id] = target
        for definition, _, _ in cluster.made:
            target = own[definition.id]
            made[target] = made[target]._replace(needs=tuple(_needs(definition, own)))
    return made


def _filled(cluster: Cluster) -> Callable[[Definition, Made], Mapping[Origin, NamedPlaces]] | None:
    """Return a function that adds to the variables in the objects of a definition those in the definition itself, and
    in the other objects of the cluster, from which its values may come. Without any variable, return None.
    """
    if not any(made.filled for _, _, made in cluster.made):
        return None
    makers = {id(each): made for _, _, made in cluster.made for each in made.resources}
    whole = {where: named for _, _, made in cluster.made for where, named in made.filled.items()}

    def filled(definition: Definition, result: Made) -> Mapping[Origin, NamedPlaces]:
        maker = makers.get(id(definition.resource), result)
        return ChainMap(dict(result.filled), dict(maker.filled), whole)

    return filled


def _place_of(definition: Definition, cluster: Cluster, own: Place) -> Place:
    """Return where the objects of a definition go: to the cluster that Flux runs in, or to the one of its kubeconfig.

    A cluster that manages others is named after its folder if nothing else names it.
    """
    remote = cluster.remotes.get(definition.resource.id)
    if remote is not None:
        return own._replace(environment=remote.name, why=f"its objects go where {remote.access} leads to")
    folder = posixpath.basename(cluster.entry.folder.removesuffix("/flux-system"))
    if cluster.remotes and own.environment == DEFAULT and folder not in ("", "."):
        return own._replace(environment=folder, why="the cluster looks after others")
    return own


def _needs(definition: Definition, own: Mapping[tuple[str, str], Target]) -> Iterator[TargetNeed]:
    """Yield the targets for which a definition waits, if they exist."""
    for wanted, where in _wanted(definition):
        if wanted in own:
            yield TargetNeed(own[definition.id], own[wanted], "dependsOn", where)


class _Taken(NamedTuple):
    """The folders and names that targets of one environment have taken."""

    folders: set[str]
    apps: set[str]

    def told_apart(self, target: Target, definition: Definition) -> Target:
        """Return a target with a unique folder and name, and record these as taken.

        Two definitions may build one directory, and a release often has the name of the Kustomization that contains it.
        """
        own = ".".join(definition.id)
        if target.app in self.apps:
            kind = definition.resource.id.kind.lower()
            target = target._replace(app=own if own not in self.apps else f"{own}.{kind}")
        if target.folder in self.folders:
            target = target._replace(folder=posixpath.normpath(posixpath.join(target.folder, own)))
        self.folders.add(target.folder)
        self.apps.add(target.app)
        return target


def _target(definition: Definition, directory: str, place: Place) -> Target:
    namespace, name = definition.id
    folder = name if directory.startswith("//") else directory
    kind, path = definition.resource.id.kind, definition.resource.origin.path
    does = "installs" if kind == RELEASE else "builds"
    why = f"{kind} {namespace}/{name} in {path} {does} it; {place.why}"
    return Target(directory, place.environment, name, why, place.proposed, anywhere=True, folder=folder)
