"""The definitions of Argo CD with which everything begins: those in files, and those that other targets render."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.definitions.argo.application import KIND, Application, Source, is_definition
from penstock.definitions.argo.repository import normal
from penstock.definitions.reading import mapping
from penstock.model import Made, NamedPlaces, Origin, Resource, Target, has_errors
from penstock.parse.discover import given_environment
from penstock.parse.project import Project
from penstock.parse.set_aside import ARCHIVED, DOCUMENTED, copy_of, is_for_copies, is_marked_template, why_aside
from penstock.parse.uninstalled import CHART_FILE
from penstock.parse.usage import Usage, files_of, is_below, patch_files, read_usage, roots
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.resolve.build import resolve
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.objects import objects_in
from penstock.resolve.options import Options
from penstock.tree import leaves


class Entry(NamedTuple):
    """A definition to process.

    `folder` is the directory of the file that led to it, and `depth` the number of definitions on the way to it.
    `environment` is the environment of the target that renders it, if penstock.yaml names one. `word` is the one that
    the name of the file shows beside other files, if any.
    """

    resource: Resource
    folder: str
    environment: str = ""
    depth: int = 0
    filled: Mapping[Origin, NamedPlaces] = {}
    """The places of the parameters that have gone into the definition, as `model.Made` has them."""
    word: str = ""

    def leads_to(self, resources: Iterable[Resource]) -> "list[Entry]":
        return [self._replace(resource=each, depth=self.depth + 1) for each in resources]


def rendered_by(targets: Mapping[Target, Made]) -> Iterator[Entry]:
    """Yield the definitions that targets render."""
    for target, made in targets.items():
        yield from (
            Entry(each.fork(), target.path, target.environment) for each in made.resources if is_definition(each)
        )


class Definitions(NamedTuple):
    """The definitions in files, the files whose definitions nothing applies (`unlisted`), and those whose definitions
    are only to be kept, read or copied (`aside`).
    """

    entries: list[Entry]
    unlisted: list[str]
    aside: list[str]


def read_definitions(project: Project, marked: Sequence[str]) -> Definitions:
    """Return the definitions in files, and those that kustomizations make of such files.

    If a kustomization lists some definitions of a folder, the others in the folder count as switched off: people
    comment out their entries.
    """
    usage = read_usage(project)
    entries, used = _resolved(project, usage, marked)
    listed = {posixpath.dirname(path) for path in used.intersection(marked)}
    unlisted: list[str] = []
    written: dict[str, list[Resource]] = {}
    used |= patch_files(project, usage)  # also of kustomizations that do not compile: a patch is no definition
    for path in marked:
        folder = posixpath.dirname(path)
        found = [] if path in used else list(_definitions(project, path))
        found = [] if _waits_for_patches(found, folder, usage) else found
        if found and (folder in listed or _is_unfinished(found, folder, usage)):
            unlisted.append(path)
        else:
            written[path] = found
    aside = {path for path, found in written.items() if _is_aside(path, found) or _has_copy(path, written)}
    if not entries and len(aside) == sum(map(bool, written.values())):  # somebody wants to see what is all there is
        aside.clear()
    for path, found in written.items():
        folder = posixpath.dirname(path) or "."
        given = given_environment(project, folder)
        entries += (Entry(each, folder, given) for each in found if path not in aside)
    return Definitions(entries, unlisted, sorted(aside))


def _resolved(project: Project, usage: Usage, marked: Sequence[str]) -> tuple[list[Entry], set[str]]:
    """Return the definitions that kustomizations make, and the files that were read for them."""
    entries: list[Entry] = []
    used: set[str] = set()
    for root in roots(usage):
        files = files_of(project, usage, root)
        if files.intersection(marked):
            options = Options(anywhere=True, boundary=".", order="none")
            resources, findings = resolve(project, root, options, project.memo)
            if not has_errors(findings):
                used |= files
                given = given_environment(project, root)
                entries += (Entry(each.fork(), root, given) for each in resources if is_definition(each))
    return entries, used


def _is_aside(path: str, definitions: Sequence[Resource]) -> bool:
    """Return whether the definitions of a file are to be kept, read or copied: they lie in an archive, in the
    documentation or in a folder such as `_template`, their names hold placeholders, or the file is called a template
    and has variables.
    """
    folder = posixpath.dirname(path)
    is_by_path = why_aside(folder) in (ARCHIVED, DOCUMENTED) or is_marked_template(folder)
    is_template = copy_of(path) != path and any(map(_has_variables, definitions))
    return bool(definitions) and (is_by_path or is_template or any(is_for_copies(each.id.name) for each in definitions))


def _has_variables(definition: Resource) -> bool:
    return any(isinstance(value, str) and "${" in value for _, value in leaves(definition.body))


def _has_copy(path: str, written: Mapping[str, Sequence[Resource]]) -> bool:
    """Return whether a file is a template, beside which lies a copy with definitions of the same names."""
    copy = copy_of(path)
    return copy != path and {each.id for each in written[path]} == {each.id for each in written.get(copy, ())}


_PATCHED_LATER = regex(r"(?i)(?:change|fill|patch|replace|update)[-_ ]?me(?:[-_ ].*)?")
"""What people write where the patches of overlays put something in."""


def _waits_for_patches(definitions: Sequence[Resource], folder: str, usage: Usage) -> bool:
    """Return whether definitions of a base that does not compile say that overlays put something in."""
    if not any(is_below(folder or ".", directory) for directory in usage.uses):
        return False
    values = (value for each in definitions for _, value in leaves(each.body))
    return any(isinstance(value, str) and _PATCHED_LATER.fullmatch(value) is not None for value in values)


def _is_unfinished(definitions: Sequence[Resource], folder: str, usage: Usage) -> bool:
    """Return whether definitions lie below a kustomization that would have to complete them: Applications name no
    repository, or an ApplicationSet, most likely a patch, says nothing of what it makes.
    """
    if not any(is_below(folder or ".", directory) for directory in usage.uses):
        return False
    if any(each.id.kind != KIND and not _SAID.intersection(mapping(each.body.get("spec"))) for each in definitions):
        return True
    sources = [source for each in definitions if each.id.kind == KIND for source in Application(each).sources]
    return bool(sources) and not any(source.repository or source.chart for source in sources)


_SAID = frozenset(("generators", "template", "templatePatch"))
"""The fields of an ApplicationSet that say what it makes."""


def _definitions(project: Project, path: str) -> Iterator[Resource]:
    """Yield the definitions of a file as kubectl and Argo CD read it: in `valuesObject`, `yes` is a boolean."""
    documents, _ = project.manifests(path)
    objects, _ = objects_in(documents or ())
    yield from (each for body, where in objects if is_definition(each := new_resource(body, where)))


def in_two_steps(project: Project, entries: Sequence[Entry], here: frozenset[str]) -> tuple[list[Entry], list[Entry]]:
    """Return the definitions whose folder no Application elsewhere builds, and the others."""
    builders: dict[str, dict[str, bool]] = {}
    for entry in entries:
        for source in Application(entry.resource).sources if entry.resource.id.kind == KIND else ():
            if source.has_path and normal(source.repository) in here:
                folders = builders.setdefault(source.path, {})
                # An Application in the folder that it builds manages itself, and is where everything begins.
                reads_all = _recurses(source) or project.is_there(posixpath.normpath(f"{source.path}/{CHART_FILE}"))
                folders[entry.folder] = folders.get(entry.folder, False) or reads_all
    first: list[Entry] = []
    later: list[Entry] = []
    for entry in entries:
        (later if _is_child(entry.folder, builders) else first).append(entry)
    return first, later


def _is_child(folder: str, builders: Mapping[str, Mapping[str, bool]]) -> bool:
    """Return whether an Application in another folder builds this one.

    `builders` maps the paths that Applications build to the Applications' folders, and to whether these build all
    directories below the path, too, as of a chart.
    """
    path = folder
    while True:
        for other, recurses in builders.get(path, {}).items():
            if other != folder and (path == folder or recurses):
                return True
        if path == ".":
            return False
        path = posixpath.dirname(path) or "."


def _recurses(source: Source) -> bool:
    directory = source.fields.get("directory")
    return isinstance(directory, dict) and directory.get("recurse") is True
