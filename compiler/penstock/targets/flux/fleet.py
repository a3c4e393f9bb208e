"""From the definitions of Flux to targets: the stages of `pipeline.py` run again for every definition that appears.

A `Kustomization` of Flux says which directory is built, and how. It may be written in a file, or only be rendered by
another one. So each definition is built, and its output is searched for further definitions until no new one appears.
The search begins with the entry of a cluster: a definition in the directory that it builds.
"""

import posixpath
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.definitions.field_types import wrong_types
from penstock.definitions.fields import unknown_fields
from penstock.definitions.flux.definition import SOURCES, Definition, Named, SourceId, definitions
from penstock.definitions.flux.fields import FIELDS, TYPES
from penstock.definitions.flux.release import releases
from penstock.definitions.flux.remote_cluster import remote_cluster
from penstock.definitions.flux.version import runs_flux
from penstock.definitions.flux.webhook import adds_variables
from penstock.definitions.reading import mappings, text
from penstock.definitions.scan import FLUX_FILES
from penstock.findings import matched_elsewhere
from penstock.model import Diagnostic, Made, Origin, Pos, Resource, has_errors
from penstock.parse.environments import places_of_clusters
from penstock.parse.project import Project
from penstock.parse.set_aside import ARCHIVED, as_archived, why_aside
from penstock.records import NamedTuple
from penstock.resolve.codes import UNMATCHED
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.meant_paths import Surroundings, meant_by
from penstock.resolve.objects import objects_in
from penstock.targets.fleets import Fleet
from penstock.targets.flux.building import build_definition, content_at
from penstock.targets.flux.builds import Built, builds_of, earlier_build
from penstock.targets.flux.clusters import (
    ENDLESS,
    Cluster,
    beside,
    copied,
    foreign,
    open_places,
    that_begin,
    that_lead_on,
    that_show,
    unknown,
)
from penstock.targets.flux.contents import left_out_of_sources, not_in_source, without_submodules
from penstock.targets.flux.dependencies import check_dependencies
from penstock.targets.flux.directories import Directory, directory_of, joined, not_compiled
from penstock.targets.flux.entries import Entry, Written, alone, leading_first, unwritten, written
from penstock.targets.flux.refusals import refusals
from penstock.targets.flux.releases import Around, NotLocked, Release, Unrendered, build_release
from penstock.targets.flux.results import targets_of, unlocked
from penstock.targets.flux.strays import abandoned, copy_of_another, unlisted, without_source
from penstock.targets.flux.walks import Walks, without_parts
from penstock.words import LOCKS, Nearest, and_more

MAX_DEPTH = 40
"""Length of a chain of definitions. Variables could make new names forever."""

MAX_DEFINITIONS = 5_000
"""Definitions of one cluster. The largest public repositories have a few hundred."""

MAX_NOTES = 3
"""Charts that a finding names in addition to the first one."""

_TRIES = 2
"""How often a definition is postponed to wait for the objects that its variables come from."""


def flux_fleet(project: Project, paths: Sequence[str], marked: Sequence[str]) -> Fleet:
    """Return the targets of all clusters that definitions describe. `marked` are those files that may hold
    definitions.
    """
    found_in_files = written(project, paths, marked)
    defined, _, addresses = found_in_files
    clusters = [each for each in _clusters(project, found_in_files) if not _is_archived(each)]
    strays = _strays_of(project, defined, clusters)
    # No cluster leads to these, but what they build exists, so they are compiled, in open environments.
    orphans = _walked(project, leading_first(alone(strays.orphans)), addresses)
    _soften([*clusters, *orphans])
    places = places_of_clusters([cluster.entry.folder for cluster in clusters])
    made = targets_of(clusters, places)
    made |= targets_of(orphans, open_places([cluster.entry.folder for cluster in orphans], places))
    leading = frozenset(cluster.entry.definition.resource.origin.path for cluster in clusters)
    findings = [
        *(finding for cluster in clusters for finding in cluster.findings),
        *_needs(clusters, orphans),
        *unlisted(defined, clusters),
        *(told for each in _unled(project, strays, orphans) for told in as_archived(each.where.path, [each])),
        *(finding for cluster in (*clusters, *orphans) for finding in _unknown(cluster)),
    ]
    return Fleet(list(made), made, findings, leading, unlocked(clusters, places))


def _is_archived(cluster: Cluster) -> bool:
    """Return whether a cluster is kept in an archive. One whose own folder is called `old` may well be there."""
    return why_aside(posixpath.dirname(cluster.entry.folder)) == ARCHIVED


def _needs(clusters: Sequence[Cluster], orphans: Sequence[Cluster]) -> Iterator[Diagnostic]:
    """Yield the findings about `dependsOn`. Where no cluster leads to a definition, it is unknown what it waits for."""
    unled = {each.id: each for orphan in orphans for each, *_ in orphan.made}
    for cluster in clusters:
        yield from check_dependencies(cluster, unled)


class _Strays(NamedTuple):
    """The definitions to which no cluster leads."""

    gone: Sequence[Definition]
    """Their directory does not exist."""
    elsewhere: Sequence[Definition]
    """Their source is another repository: no directory that a definition builds of it is here."""
    copies: Sequence[Definition]
    """Another file has the same definition, which a cluster builds."""
    sourceless: Sequence[Definition]
    orphans: Sequence[Definition]
    """All others."""


def _strays_of(project: Project, defined: Sequence[Definition], clusters: Sequence[Cluster]) -> _Strays:
    unled = unknown(defined, clusters)
    left = [each for each in unled if each.source.name]
    missing = [each for each in left if "${" not in each.path and not project.is_dir(each.path)]
    own = {each.source for each in defined if each.path != "." and project.is_dir(each.path)}
    elsewhere = [*foreign(left, clusters), *(each for each in missing if own and each.source not in own)]
    gone = [each for each in missing if not own or each.source in own]
    copies = copied(left, clusters)
    settled = {id(each) for each in (*gone, *elsewhere, *copies)}
    orphans = [each for each in left if id(each) not in settled]
    return _Strays(gone, elsewhere, copies, [each for each in unled if not each.source.name], orphans)


def _unled(project: Project, strays: _Strays, orphans: Sequence[Cluster]) -> Iterator[Diagnostic]:
    """Yield the findings about definitions to which no cluster leads."""
    yield from (finding for cluster in orphans for finding in cluster.findings)
    yield from abandoned(strays.gone)
    yield from without_source(project, strays.sourceless)
    yield from map(not_compiled, strays.elsewhere)
    yield from map(copy_of_another, strays.copies)


def _unknown(cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield findings about fields that Flux does not know, and about values of a wrong type, in the definitions and the
    releases of a cluster.
    """
    for each in (*(definition for definition, *_ in cluster.made), *releases(cluster.objects)):
        resource = each.resource
        known = FIELDS.get(text(resource.body.get("apiVersion")), {})
        yield from (*unknown_fields(resource, known), *wrong_types(resource, known, TYPES))


def _clusters(project: Project, files: Written) -> list[Cluster]:
    """Return the clusters of explicit entries, and those of folders of definitions, which a command may have made
    entries.

    Where no explicit entry is sure, folders that lead to other ones are the clusters.
    """
    defined, entries, addresses = files
    clusters = that_begin(_walked(project, entries, addresses))
    if not any(cluster.is_sure() for cluster in clusters):
        leading = that_lead_on(_walked(project, unwritten(project, defined, {}), addresses))
        clusters = that_show(clusters, defined)
        if not clusters or any(cluster.leads_on() for cluster in leading):
            return leading
    return [*clusters, *_walked(project, beside(project, unknown(defined, clusters), clusters), addresses)]


def _walked(project: Project, entries: Iterable[Entry], addresses: Mapping[SourceId, str]) -> list[Cluster]:
    """Build the clusters of some entries, and return those that are not part of another one."""
    walks = Walks()
    for entry in entries:
        if walks.have(entry):
            continue
        objects: list[Resource] = []
        cluster = Cluster(entry, [], objects, [], [], [], [], {}, Named(objects, addresses), {})
        cluster.findings.extend(_walk(project, cluster))
        walks.add(cluster)
    return without_parts(walks.clusters)


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
        if not isinstance(result, Built):
            findings += result
            cluster.left_out[definition.id] = definition
            continue
        made, place = result.made, result.place
        # Its variables may come from objects that definitions behind it make.
        if result.may_wait and step.tries < _TRIES and waiting:
            waiting.append(step._replace(tries=step.tries + 1))
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
        cluster.webhooks.extend(filter(adds_variables, made.resources))
        led, without = _led(leading, seen, doubt)
        waiting.extend(_Step(child, step.depth + 1, doubt) for child in led)
        sourceless += without
    left_out_of_sources(project, cluster)
    installed = _install(project, cluster)
    return [
        *joined(findings),
        *_sourceless(cluster, sourceless),
        *installed,
        *refusals(cluster),
    ]


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
    cluster.left_out.update((definition.id, definition) for definition, _ in found)
    if found:
        (first, doubt), *others = found
        names = f"{and_more(len(others))} name{'' if others else 's'}"
        broken = doubt.message.partition(" ")[0]
        message = f"Kustomization {'/'.join(first.id)}{names} no source, which a patch may set where {broken} compiles"
        yield Diagnostic("PS193", "info", f"{message}: not compiled", first.resource.origin, hint="correct that first")


def _built(project: Project, cluster: Cluster, step: "_Step") -> "Built | list[Diagnostic]":
    """Build a definition, unless it was built already with the same around it: most definitions that wait for variables
    find nothing new. Return findings if there is nothing to build.
    """
    definition = step.definition
    with project.watched() as looks:
        place = directory_of(project, cluster, definition)
        if isinstance(place, Diagnostic):
            return [place]
        builds = builds_of(project)
        around = builds.around(cluster, definition, place)
        known = earlier_build(project, around)
        if known is not None:
            return known
        missing = _not_there(project, cluster, place, step)
        if missing is not None:
            return [missing]
        made, may_wait = build_definition(project, cluster, definition, place)
    made = made._replace(read=frozenset(posixpath.normpath(path) for _, path in looks))
    built = Built(made, place, around, may_wait, looks)
    builds.add(built)
    return built


class _Step(NamedTuple):
    """A definition that is to be built.

    `doubt` is the finding about a directory that does not compile and makes the definition or one that leads to it.
    `tries` is how often it was postponed.
    """

    definition: Definition
    depth: int = 0
    doubt: Diagnostic | None = None
    tries: int = 0


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


def _doubt(made: Made, place: Directory) -> Diagnostic | None:
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


def _not_there(project: Project, cluster: Cluster, place: Directory, step: "_Step") -> Diagnostic | None:
    """Return a finding if the directory that a definition builds does not exist or has not been fetched, and otherwise
    None.
    """
    definition, path = step.definition, place.path
    where = definition.at("path")
    if place.findings:  # they report it
        return None
    unfetched = project.unfetched(path, where)
    if unfetched is not None:
        return unfetched
    if not project.is_dir(path):
        is_unknown = step.doubt or cluster.entry.is_alone or cluster.entry.is_assumed
        return _no_directory(project, path, where, is_open="${" in path and is_unknown)
    content = content_at(project, cluster, definition, place)
    return not_in_source(project, content, definition, path) if content is not None else None


def _no_directory(project: Project, path: str, where: Origin | Pos, *, is_open: object) -> Diagnostic:
    """Return the finding about a directory that does not exist, unless it is open what its path will be."""
    message = f"there is no directory {path} to build"
    if is_open:
        return Diagnostic("PS194", "info", f"{message}; what leads to this may replace the variable", where)
    hint = "give what leads to this a `postBuild`, or else the variable stays as it is"
    if "${" not in path:
        meant = meant_by(path, Surroundings(project, Nearest(), ".", anywhere=True, used=frozenset), is_base=True)
        hint = f"did you mean {meant}?" if meant else ""
    return Diagnostic("PS194", "error", message, where, hint=hint)


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
    return [*(_not_rendered(cluster, each) for each in unrendered.values()), *_not_locked(left_out)]


def _not_rendered(cluster: Cluster, left_out: Sequence[tuple[Definition, Unrendered]]) -> Diagnostic:
    """Return one finding for all releases of a cluster that are left out for the same reason."""
    reason, where, hint, lacks = left_out[0][1]
    first, *others = (release.resource.id for release, _ in left_out)
    message = f"{first.kind} not rendered: {reason}"
    if lacks:
        message += cluster.doubt
    return Diagnostic("PS724", "info", message, where, first, hint=hint, others=tuple(others))


def _not_locked(left_out: Mapping[str, Sequence[tuple[Definition, NotLocked]]]) -> Iterator[Diagnostic]:
    """Yield one finding for all releases of a cluster whose charts are not locked, with notes on some of the charts."""
    if not left_out:
        return
    (what, ((release, first), *_)), *others = left_out.items()
    count = sum(map(len, left_out.values()))
    more = and_more(count - 1)
    message = f"HelmRelease {'/'.join(release.id)}{more} {'are' if more else 'is'} not rendered: {what} "
    message += f"and {len(others)} more charts are" if others else "is"
    notes = tuple((uses[0][1].where, chart) for chart, uses in others[:MAX_NOTES])
    yield Diagnostic("PS137", "info", f"{message} not in penstock.lock", first.where, notes=notes, hint=LOCKS)


def _endless(definition: Definition) -> Diagnostic:
    message = f"definitions lead to one another more than {MAX_DEPTH} times, or are more than {MAX_DEFINITIONS:,}"
    return Diagnostic(ENDLESS, "error", message, definition.at())


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
