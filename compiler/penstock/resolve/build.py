"""The recursion over kustomizations: resources and bases, generators, components, transformers and validators. At the
root, the steps of `finish.py` follow once.

The steps and their order are those of kustomize v5.8.2.
"""

import posixpath
from collections.abc import Sequence
from importlib import import_module

from penstock.model import Diagnostic, Document, Kustomization, Origin, Resource, Spelling, Tree, Unreadable
from penstock.resolve import finish
from penstock.resolve.accumulation import DEFAULT_SPECS, NO_SPECS, Accumulation
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.generators import GENERATORS
from penstock.resolve.level import (
    TRANSFORMATIONS,
    Accumulated,
    Exceeded,
    Findings,
    Folder,
    Level,
    Memo,
    Run,
    boundary_of,
    is_within,
    may_be_remote,
)
from penstock.resolve.objects import is_listed, objects_of, report_twins
from penstock.resolve.options import Options
from penstock.resolve.spelling.plain_keys import check_listed
from penstock.resolve.spelling.settle import settle
from penstock.resolve.spelling.written_identity import written_resource
from penstock.resolve.transformers import ORDER
from penstock.scalar import Tagged
from penstock.sources import Sources
from penstock.tree import get
from penstock.typed import Protocol, cast
from penstock.words import TWO_WAYS

DEPRECATED = (
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("helmChartInflationGenerator", "helmCharts"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
)
COMMAND_LINE = "(command line)"
BUILD_METADATA = ("originAnnotations", "transformerAnnotations", "managedByLabel")


def resolve(
    sources: Sources, directory: str, options: Options, memo: Memo | None = None
) -> tuple[list[Resource], list[Diagnostic]]:
    """Return the resources of a kustomization in output order, and the findings. There are no resources where a finding
    is an error.

    `memo` is shared by the targets of one run, which see the same sources.
    """
    run = Run(sources, options, {} if memo is None else memo)
    findings = Findings()
    level = _root(run, directory, findings)
    resources: list[Resource] = []
    try:
        if level is not None:
            accumulation = accumulate(level)
            level.count("objects", accumulation.size)
            if not findings.failed:
                resources = finish.finish(accumulation, level, options)
    except Exceeded as exceeded:
        findings.add([exceeded.finding])
    except (MemoryError, RecursionError):
        message = "this needs more memory, or goes deeper, than Penstock can"
        findings.add([Diagnostic("PS170", "error", message, Origin(directory))])
    return ([] if findings.failed else resources), list(findings.all)


def _root(run: Run, directory: str, findings: Findings) -> Level | None:
    where = Origin(COMMAND_LINE if is_remote(directory) else directory)  # an address may hold a password
    try:
        folder = _root_folder(run, directory, where, findings)
    except Unreadable as reason:
        findings.add([Diagnostic("PS102", "error", f"{directory} {reason}", where)])
        return None
    level = _open(run, folder, where, Accumulation(), findings) if folder else None
    if level is not None:
        run.tracked = bool(level.fields.get("buildMetadata"))
    return level


def _root_folder(run: Run, directory: str, where: Origin, findings: Findings) -> Folder | None:
    """Return the folder of a directory, or of an address, which is fetched from the current directory; None where that
    fails.
    """
    here = Level(run, Kustomization(".", where, {}), Folder(".", "."), Accumulation(), findings)
    if not is_remote(directory) or run.sources.is_dir(directory):
        real = run.sources.real(directory)
        # A symlink of the repository must not decide what is compiled; whoever names a path outside of it may.
        is_link = not run.options.clone and not here.leaves_repository(posixpath.normpath(directory))
        if is_link and not _is_inside(here, directory, real, where):
            return None
        return Folder(directory, real, clone=run.options.clone)
    if here.fetch(directory, where, "directory") is None:
        return None
    from penstock.resolve import remote  # most builds stay in the repository

    return remote.folder(here, directory)._replace(parent=None, shown="", source=())


def _missing(run: Run, folder: Folder, where: Origin) -> Diagnostic:
    """Return the finding about a folder that has no kustomization."""
    unfetched = run.sources.unfetched(folder.path, where)
    if unfetched is not None:
        return unfetched
    is_there = run.sources.is_dir(folder.path)
    message = f"there is no {'kustomization.yaml in' if is_there else 'file or directory'} {folder.path}"
    hint = "`penstock targets` shows what can be built here" if is_there and folder.parent is None else ""
    return Diagnostic("PS101", "error", message, where, hint=hint)


def _open(run: Run, folder: Folder, where: Origin, accumulation: Accumulation, findings: Findings) -> Level | None:
    """Return the level for the kustomization of a folder, or None, with the reason reported, where it cannot be
    used.
    """
    kustomization, found = run.sources.kustomization(folder.path)
    if link := _outside(run, folder, kustomization, found):
        findings.add([link])
        return None
    findings.add(found)
    if kustomization is None or any(f.severity == "error" for f in found):
        if kustomization is None and not found:
            findings.add([_missing(run, folder, where)])
        return None
    level = Level(run, kustomization, folder, accumulation, findings)
    level.spend("kustomizations", 1, where)
    level.spend("files", kustomization.size, where)
    level.check("levels", folder.depth, where)
    _check_fields(level)
    if level.fields.get("openapi"):
        from penstock.resolve import openapi  # few kustomizations bring a schema

        openapi.load(level)
    return level


def _outside(
    run: Run, folder: Folder, kustomization: Kustomization | None, findings: Sequence[Diagnostic]
) -> Diagnostic | None:
    """Return a finding where the kustomization file is a symlink that leads out of the directory in which files must
    lie.

    The caller then reports no other finding about the file.
    """
    named = [kustomization.origin] if kustomization is not None else [finding.where for finding in findings[:1]]
    for where in named:
        directory, name = posixpath.split(where.path)
        boundary = boundary_of(folder, run.options)
        is_ours = (directory or ".") == posixpath.normpath(folder.path)
        if is_ours and boundary is not None and not is_within(run.sources.real(where.path), boundary):
            message = f"{name} is a symlink that leads outside of {folder.path}"
            hint = "Kustomize finds no kustomization here: keep the file itself in its directory"
            return Diagnostic("PS120", "error", message, Origin(where.path), hint=hint)
    return None


def accumulate(level: Level) -> Accumulation:
    """Run all steps of one kustomization on the accumulation of its level, and return that accumulation."""
    for field in ("resources", "bases"):
        for index, name in enumerate(level.fields.get(field, ())):
            add_resource(level, name, level.at(field, index))
    _take_field_specs(level)
    for name, fields in GENERATORS:
        if any(level.fields.get(field) for field in fields):
            _generator(name).generate(level)
    _run_plugins(level, "generators")
    for index, name in enumerate(level.fields.get("components", ())):
        add_component(level, name, level.at("components", index))
    for name, fields in ORDER:
        if any(level.fields.get(field) for field in fields):
            _transformer(name).transform(level)
    _run_plugins(level, "transformers")
    _run_plugins(level, "validators")
    if level.fields.get("vars"):
        from penstock.resolve import variables  # deprecated, and rare

        variables.collect(level)
    return level.accumulation


def _take_field_specs(level: Level) -> None:
    """Add the default field specs, and those of `configurations` and `crds`, to the field specs of the bases."""
    adds_some = level.fields.get("configurations") or level.fields.get("crds")
    if not adds_some and _has_defaults_at_most(level.accumulation):
        level.accumulation.specs = DEFAULT_SPECS
        return
    from penstock.resolve import configurations  # most kustomizations keep the default field specs

    configurations.load(level)


def _has_defaults_at_most(accumulation: Accumulation) -> bool:
    return accumulation.specs is DEFAULT_SPECS or accumulation.specs is NO_SPECS


class Generator(Protocol):
    """The interface of each module that `generators.GENERATORS` names."""

    def generate(self, level: Level) -> None:
        """Make the objects that the field describes, and add them to the level."""


class Transformer(Protocol):
    """The interface of each module that `transformers.ORDER` names."""

    def transform(self, level: Level) -> None:
        """Change the objects of the level as the field says."""


def _generator(name: str) -> Generator:
    """Return the module of a generator. It is imported only when a kustomization has its field, as most have few of
    them.
    """
    return cast(Generator, import_module(f"penstock.resolve.generators.{name}"))


def _transformer(name: str) -> Transformer:
    """Return the module of a transformer. It is imported only when a kustomization has its field."""
    return cast(Transformer, import_module(f"penstock.resolve.transformers.{name}"))


def add_resource(level: Level, name: str, where: Origin) -> None:
    """Add the objects of a file or, where the name is that of a directory, of its kustomization."""
    path = _found(level, name, where)
    if path is None:
        return
    documents: list[Document] | None = None
    if not level.sources.is_dir(path):
        documents, findings = read_documents(level, path, where)
        level.findings.add(findings)
    # As in Kustomize, a name that is no file is tried as the directory of a base.
    if documents is None:
        add_base(level, name, where)
        return
    resources = [_loaded(level, body, at, documents) for body, at in objects_of(documents, level)]
    # Aliases make a small file a large tree, so what they repeat counts against the bound.
    level.spend("values", sum(document.aliased for document in documents), where)
    if not level.run.schema_is_set:
        level.run.kinds.update((r.api_version, r.id.kind) for r in resources)
    if level.run.tracked:
        _note_file(level, name, resources)
    append_all(level, resources, where)


def _note_file(level: Level, name: str, resources: list[Resource]) -> None:
    """Note on each object the file that it comes from, for origin annotations."""
    from penstock.resolve import remote  # only for origin annotations

    shown, source = remote.shown(level.folder, name)
    for resource in resources:
        resource.lineage = resource.lineage._replace(made=(("path", shown), *source))
        annotations = get(resource.body, ("metadata", "annotations"))
        if annotations is not None and not isinstance(annotations, dict | Tagged):
            message = "annotations must be a mapping, because `buildMetadata` adds some"
            level.report_in(resource, "PS240", Conflict(message, ("metadata", "annotations")))
        elif isinstance(annotations, dict) and TRANSFORMATIONS in annotations:
            from penstock.resolve.spelling.earlier_notes import earlier_transformations  # few objects were built before

            resource.lineage = resource.lineage._replace(transformed=earlier_transformations(level, resource))


def _loaded(level: Level, body: Tree, origin: Origin, documents: Sequence[Document]) -> Resource:
    """Return the resource for an object of a file. Kustomize passes the items of a list through JSON."""
    if not is_listed(origin, documents):
        return written_resource(level, body, origin)
    resource = written_resource(level, body, origin, spelling=Spelling(through_json="list"))
    check_listed(level, resource)
    return resource


def _found(level: Level, name: str, where: Origin) -> str | None:
    """Return the path of a file or directory, fetched where it is remote; None, with the reason reported, where it is
    missing.
    """
    if is_remote(name):
        from penstock.resolve import remote  # most names are local

        if remote.is_fetched(level, name):
            return level.fetch(name, where)
    path = level.path(name)
    return path if level.sources.is_dir(path) else level.readable(name, where, "file or directory")


def add_base(level: Level, name: str, where: Origin) -> None:
    folder = enter(level, name, where)
    base = _open(level.run, folder, where, Accumulation(), level.findings) if folder is not None else None
    if base is None:
        return
    if base.fields.get("kind") == "Component":
        level.report("PS205", f"{name} is a Component", where, hint="name it under `components:`")
        return
    accumulation = _accumulate_once(base)
    # The first base is taken over as it is, with its tables; the objects of others are added one by one.
    if not level.accumulation.take(accumulation):
        append_all(level, accumulation.resources, where)
    # Most trees configure nothing, and then there is nothing to merge.
    if accumulation.specs is DEFAULT_SPECS and _has_defaults_at_most(level.accumulation):
        level.accumulation.specs = DEFAULT_SPECS
    else:
        from penstock.resolve import configurations

        configurations.inherit(level, accumulation.specs, where)
    if accumulation.variables:
        from penstock.resolve import variables

        for variable in accumulation.variables.values():
            variables.add(level, variable)


def _accumulate_once(base: Level) -> Accumulation:
    """Return the accumulation of a base, from the memo if another target has already built the base.

    The memo is not used where the result depends on the kustomization that asks: on the path of the root (origin
    annotations), on a schema other than the built-in one, or on the namespace of an overlay (charts).
    """
    run = base.run
    if run.tracked or run.schema_is_set:
        return accumulate(base)
    key = (base.folder.path, run.options, False)
    if base.findings.failed and key not in run.memo:  # further findings may follow from the error and are left out
        key = (base.folder.path, run.options, True)
    if key in run.memo:
        known, findings, looks = cast(Accumulated, run.memo[key])
        run.sources.saw(looks)
        base.findings.add(findings)
        # They are copied next, even if there will be fewer of them at the end.
        base.count("objects", known.size)
        run.kinds.update(known.types)
        # What waits is done once for all that use a base again, and not by each of them.
        known.settle()
        return known.fork()
    own = Findings()
    own.failed = base.findings.failed
    inherits, run.inherits = run.inherits, False
    with run.sources.watched() as looks:
        accumulation = accumulate(Level(run, base.kustomization, base.folder, base.accumulation, own))
    base.findings.add(own.all)
    depends, run.inherits = run.inherits, inherits or run.inherits
    if not run.schema_is_set and not depends:
        run.memo[key] = (accumulation.fork(), tuple(own.all), looks)
    return accumulation


def add_component(level: Level, name: str, where: Origin) -> None:
    """Run a component on the objects of the kustomization that uses it."""
    if is_remote(name) and not level.fetch(name, where, "directory"):
        return
    folder = enter(level, name, where)
    component = _open(level.run, folder, where, level.accumulation, level.findings) if folder is not None else None
    if component is None:
        return
    if component.fields.get("kind") != "Component":
        level.report("PS205", f"{name} is a Kustomization, no Component", where, hint="name it under `resources:`")
        return
    # A component works on the objects of the level that uses it, and not on a copy.
    accumulate(component)
    if level.accumulation.may_clash and not level.accumulation.all_differ():
        # Kustomize now adds all objects to an empty accumulation, anew (`KustTarget.accumulateDirectory`, v5.8.2).
        report_twins(level, where, "component")
    if level.accumulation.specs is not DEFAULT_SPECS:
        from penstock.resolve import configurations

        configurations.merge_anew(level, where)


def enter(level: Level, name: str, where: Origin) -> Folder | None:
    """Return the folder of a base or component, or None, with the reason reported, where Kustomize would not enter
    it.
    """
    path = level.path(name)
    if not name:
        level.report("PS101", "this entry is empty", where, hint="name a file or directory, or remove the entry")
        return None
    if name in level.run.clones:
        from penstock.resolve import remote  # most bases are local

        return remote.folder(level, name)
    real = _real_directory(level, name, path, where) if _may_be_named(level, name, where) else None
    if real is None or not _may_be_entered(level, name, real, where):
        return None
    if _is_cycle(level, name, real, where):
        return None
    shown = posixpath.normpath(posixpath.join(level.folder.shown, name))
    namespace = level.fields.get("namespace") or level.folder.namespace
    above = level.folder
    return Folder(path, real, above, shown, above.source, above.clone, above.depth + 1, namespace)


def _may_be_named(level: Level, name: str, where: Origin) -> bool:
    """Return whether Kustomize accepts a text as the name of a directory; report it where Kustomize does not."""
    if name.startswith("/"):
        hint = "write the path from the directory of this file, such as ../base"
        level.report("PS120", f"{name} is absolute; a base is named relative to its kustomization", where, hint=hint)
        return False
    if any(".." in part and part != ".." for part in name.split("/")):
        hint = "check the indentation of the list: two entries may have become one"
        level.report("PS121", f"{name!r} is ambiguous: it has a part with `..` inside", where, hint=hint)
        return False
    return True


def _real_directory(level: Level, name: str, path: str, where: Origin) -> str | None:
    """Return the path of a directory with symlinks resolved; None, with the reason reported, where it is missing."""
    if not level.sources.is_dir(path):
        level.spend("kustomizations", 1, where)
        level.no_such_path(name, "file or directory", where)
        return None
    try:
        return level.sources.real(path)
    except Unreadable as reason:
        level.report("PS102", f"{name} {reason}", where)
        return None


def _may_be_entered(level: Level, name: str, real: str, where: Origin) -> bool:
    """Return whether a directory lies in the repository, or is allowed to lie outside it; report it where it may not be
    used.
    """
    clone = level.folder.clone
    boundary = clone.top if clone else level.options.boundary
    if boundary and not is_within(real, boundary):
        level.report("PS120", f"{name} leads outside of the repository", where)
        return False
    return clone is not None or _is_inside(level, name, real, where)


def _is_inside(level: Level, name: str, real: str, where: Origin) -> bool:
    """Return whether a base may be used: it lies in the repository, or bases outside it are allowed.

    A base outside the repository is reported either way.
    """
    if not level.leaves_repository(real):
        return True
    stays = level.options.stays_inside
    hint = "bring it into the repository, or name it by its address"
    message = f"{name} lies outside of the repository, where no review has seen it"
    level.report("PS171", message, where, severity="error" if stays else "warning", hint=hint)
    return not stays


def _is_cycle(level: Level, name: str, real: str, where: Origin) -> bool:
    above: Folder | None = level.folder
    while above is not None and above.clone is level.folder.clone:
        if is_within(above.real, real):
            message = f"{name} leads back to {above.path}: a cycle"
            if above.real != real:
                message = f"{name} contains {above.path}, which uses it: a cycle"
            hint = "remove this entry, or move what both need into a directory that neither of them contains"
            level.report("PS122", message, where, hint=hint)
            return True
        above = above.parent
    return False


def append_all(level: Level, resources: list[Resource], where: Origin) -> None:
    """Add resources to the level; report each one whose identity another resource has already."""
    level.spend("objects", len(resources), where)
    for resource in resources:
        first = level.accumulation.add(resource)
        if first is not None:
            if first.origin == resource.origin and (before := _same_entry(level, where)) is not None:
                message, hint = "this is listed twice, so its objects would be there twice", "remove one of the entries"
                level.report("PS201", message, where, notes=((before, "the first time"),), hint=hint)
                continue
            notes = ((first.origin, "first here"), (where, "added here"))
            hint = "rename one of the two, or put it in another namespace"
            if first.origin == resource.origin:
                hint = TWO_WAYS
            message = f"{resource.id} is there twice"
            level.report("PS201", message, resource.origin, resource=resource.id, notes=notes, hint=hint)


def _same_entry(level: Level, where: Origin) -> Origin | None:
    """Return the place of an earlier entry of the same list that names the same path, or None."""
    field, index = where.at[:2] if len(where.at) == 2 else ("", 0)
    entries = level.fields.get(str(field))
    if not isinstance(entries, list) or not isinstance(index, int):
        return None
    firsts = level.first_entries.setdefault(str(field), {})
    if not firsts:
        for number, entry in enumerate(entries):
            firsts.setdefault(_path_of(entry), number)
    first = firsts[_path_of(entries[index])]
    return level.at(field, first) if first < index else None


def _path_of(entry: object) -> str:
    return posixpath.normpath(entry) if isinstance(entry, str) else ""


def _run_plugins(level: Level, field: str) -> None:
    """Run the plugins of `generators`, `transformers` or `validators`, in their order."""
    if not level.fields.get(field):
        return
    from penstock.resolve import plugins, validators  # few kustomizations have any

    for config in _plugin_configs(level, field):
        if field == "generators":
            plugins.generate(level, config)
        elif field == "transformers":
            plugins.transform(level, config)
        else:
            validators.validate(level, config)


def _plugin_configs(level: Level, field: str) -> list[Resource]:
    """Return the objects that configure plugins: first the inline ones, then those of files and directories."""
    from penstock.resolve import plugins  # few kustomizations have any

    configs = Level(level.run, level.kustomization, level.folder, Accumulation(), level.findings)
    named: list[tuple[str, Origin]] = []
    for index, entry in enumerate(level.fields[field]):
        where = level.at(field, index)
        found = plugins.inline(level, entry, where)
        if found is None:
            named.append((entry, where))
            continue
        if level.run.tracked:
            for resource in found:
                resource.lineage = resource.lineage._replace(made=(("path", level.shown_file()), *level.folder.source))
        append_all(configs, found, where)
    for entry, where in named:
        add_resource(configs, entry, where)
    for config in configs.resources:
        settle(configs, config)
    return configs.resources


def is_remote(name: str) -> bool:
    """Return whether a name is an address that Kustomize would fetch."""
    if not may_be_remote(name):
        return False
    from penstock.resolve.addresses import address_of  # most names are plainly local

    return address_of(name) is not None


def _check_fields(level: Level) -> None:
    for field, instead in DEPRECATED:
        if level.fields.get(field) is not None:
            hint = f"use `{instead}`"
            level.report("PS210", f"`{field}` is deprecated", level.at(field), severity="info", hint=hint)
    for index, name in enumerate(level.fields.get("buildMetadata", ())):
        if name not in BUILD_METADATA:
            hint, where = f"there are: {', '.join(BUILD_METADATA)}", level.at("buildMetadata", index)
            level.report("PS206", f"there is no build metadata {name!r}", where, severity="warning", hint=hint)
