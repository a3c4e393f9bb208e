"""The recursion over kustomizations: resources and bases, generators, components, transformers; then, once, at the root: hash
suffixes, name references, order.

The steps and their order are those of kustomize v5.8.2.
"""

from penstock.model import Diagnostic, Document, Origin, Resource, Sources, Unreadable
from penstock.resolve import finish
from penstock.resolve.generators import GENERATORS
from penstock.resolve.ids import current, new_resource
from penstock.resolve.level import Accumulation, Findings, Folder, Level, Options, is_within
from penstock.resolve.objects import objects_of
from penstock.resolve.transformers import ORDER

UNSUPPORTED = (
    "openapi",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "replacements",
    "vars",
    "helmCharts",
    "helmChartInflationGenerator",
    "helmGlobals",
    "buildMetadata",
)
"""Fields of Kustomize that Penstock does not build yet: an error, never ignored."""

DEPRECATED = (
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
)


def resolve(sources: Sources, directory: str, options: Options) -> tuple[list[Resource], list[Diagnostic]]:
    """The resources of a kustomization, in the order of the output; none where a finding is an error."""
    builder = _Builder(sources, options)
    accumulation = builder.root(directory)
    resources = []
    if accumulation is not None and not builder.findings.failed:
        resources = finish.finish(accumulation, builder.level, options)
    return ([] if builder.findings.failed else resources), list(builder.findings.all)


class _Builder:
    """One target under way."""

    level: Level

    def __init__(self, sources: Sources, options: Options) -> None:
        self.sources = sources
        self.options = options
        self.findings = Findings()

    def root(self, directory: str) -> Accumulation | None:
        where = Origin(directory)
        try:
            folder = Folder(directory, self.sources.real(directory))
        except Unreadable as reason:
            self.findings.add([Diagnostic("PS102", "error", f"{directory} {reason}", where)])
            return None
        level = self.open(folder, where, Accumulation())
        if level is None:
            return None
        self.level = level
        return self.accumulate(level)

    def open(self, folder: Folder, where: Origin, accumulation: Accumulation) -> Level | None:
        """The kustomization of a folder; None where it cannot be used, with the reason reported."""
        kustomization, findings = self.sources.kustomization(folder.path)
        self.findings.add(findings)
        if kustomization is None or any(f.severity == "error" for f in findings):
            if kustomization is None and not findings:
                message = f"there is no kustomization.yaml in {folder.path}"
                if not self.sources.is_dir(folder.path):
                    message = f"there is no file or directory {folder.path}"
                self.findings.add([Diagnostic("PS101", "error", message, where)])
            return None
        level = Level(self.sources, kustomization, folder, self.options, self.findings, accumulation)
        _check_fields(level)
        return level

    def accumulate(self, level: Level) -> Accumulation:
        """Everything that one kustomization does, on the accumulation of its level."""
        for field in ("resources", "bases"):
            for index, name in enumerate(level.fields.get(field, ())):
                self.add_resource(level, name, level.at(field, index))
        for generate in GENERATORS:
            generate(level)
        for index, name in enumerate(level.fields.get("components", ())):
            self.add_component(level, name, level.at("components", index))
        for transformer in ORDER:
            transformer.transform(level)
        return level.accumulation

    def add_resource(self, level: Level, name: str, where: Origin) -> None:
        """A file of objects, or else a directory with a kustomization."""
        if is_remote(name):
            level.report("PS130", f"{name} is remote; Penstock does not fetch bases yet", where)
            return
        path = level.path(name)
        documents: list[Document] | None = None
        if not self.sources.is_dir(path):
            readable = level.readable(name, where)
            if readable is None:
                return
            documents, findings = self.sources.resources(path)
            self.findings.add(findings)
        if documents is None:
            self.add_base(level, name, where)
            return
        append_all(level, [new_resource(body, origin) for body, origin in objects_of(documents, level)], where)

    def add_base(self, level: Level, name: str, where: Origin) -> None:
        folder = self.enter(level, name, where)
        if folder is None:
            return
        base = self.open(folder, where, Accumulation())
        if base is None:
            return
        if base.fields.get("kind") == "Component":
            level.report("PS205", f"{name} is a Component", where, hint="name it under `components:`")
            return
        append_all(level, self.accumulate(base).resources, where)

    def add_component(self, level: Level, name: str, where: Origin) -> None:
        if is_remote(name):
            level.report("PS130", f"{name} is remote; Penstock does not fetch components yet", where)
            return
        folder = self.enter(level, name, where)
        if folder is None:
            return
        component = self.open(folder, where, level.accumulation)
        if component is None:
            return
        if component.fields.get("kind") != "Component":
            level.report("PS205", f"{name} is a Kustomization, no Component", where, hint="name it under `resources:`")
            return
        self.accumulate(component)

    def enter(self, level: Level, name: str, where: Origin) -> Folder | None:
        """The folder of a base or component, unless it is none of the directories that Kustomize goes into."""
        path = level.path(name)
        if name.startswith("/"):
            level.report("PS120", f"{name} is absolute; a base is named relative to its kustomization", where)
            return None
        if any(".." in part and part != ".." for part in name.split("/")):
            hint = "check the indentation of the list: two entries may have become one"
            level.report("PS121", f"{name!r} is ambiguous: it has a part with `..` inside", where, hint=hint)
            return None
        if not self.sources.is_dir(path):
            level.report("PS101", f"there is no file or directory {name}", where, hint=f"looked for {path}")
            return None
        try:
            real = self.sources.real(path)
        except Unreadable as reason:
            level.report("PS102", f"{name} {reason}", where)
            return None
        if self.options.boundary and not is_within(real, self.options.boundary):
            level.report("PS120", f"{name} leads outside of the repository", where)
            return None
        above: Folder | None = level.folder
        while above is not None:
            if is_within(above.real, real):
                message = f"{name} leads back to {above.path}: a cycle" if above.real == real else (
                    f"{name} contains {above.path}, which uses it: a cycle"
                )
                level.report("PS122", message, where)
                return None
            above = above.parent
        return Folder(path, real, level.folder)


def append_all(level: Level, resources: list[Resource], where: Origin) -> None:
    """Add resources; one that has the identity of another is a finding."""
    known = {current(resource): resource for resource in level.resources}
    for resource in resources:
        identity = current(resource)
        first = known.setdefault(identity, resource)
        if first is resource:
            level.resources.append(resource)
            continue
        notes = ((first.origin, "first here"), (where, "added here"))
        hint = "rename one of the two, or put it in another namespace"
        level.report("PS201", f"{resource.id} is there twice", resource.origin, resource=resource.id, notes=notes, hint=hint)
    level.accumulation.changed()


def is_remote(name: str) -> bool:
    """Whether Kustomize would fetch this: a URL, an scp-like address, or a path on a host that it knows."""
    head = name.split("/", 1)[0]
    return (
        "://" in name
        or name.startswith(("git::", "git@", "github.com/", "gh:"))
        or ("@" in head and ":" in head)
        or "?ref=" in name
    )


def _check_fields(level: Level) -> None:
    for field in UNSUPPORTED:
        if level.fields.get(field):
            level.report("PS200", f"`{field}` is not supported yet", level.at(field))
    for field, instead in DEPRECATED:
        if level.fields.get(field) is not None:
            hint = f"use `{instead}`"
            level.report("PS210", f"`{field}` is deprecated", level.at(field), severity="info", hint=hint)
