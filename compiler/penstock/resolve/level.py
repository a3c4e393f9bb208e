"""The build of one kustomization: its fields, the resources that it works on, and the reporting of its findings."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from penstock import expression
from penstock.budget import Budget, Over, cost
from penstock.model import (
    Diagnostic,
    Document,
    Kustomization,
    Origin,
    Pointer,
    Pos,
    Resource,
    ResourceId,
    Severity,
    Spelling,
    Step,
    Tree,
    Unreadable,
)
from penstock.records import NamedTuple
from penstock.resolve.accumulation import Accumulation, FieldSpecs
from penstock.resolve.codes import ABSENT
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import original
from penstock.resolve.merging.merge_keys import BUILTIN, Schema
from penstock.resolve.merging.plain_lists import PlainLists
from penstock.resolve.options import Clone, Options
from penstock.sources import Looks, Sources, Wanted
from penstock.tree import origin_of, respell
from penstock.typed import Any, TypedDict, Unpack
from penstock.withheld import holds_value, is_secret_kind
from penstock.words import LOOKED_FOR, Nearest

KUBERNETES = "kubernetes"
"""The value of `merge` for Kubernetes' own strategic merge."""

Made = tuple[tuple[str, Any], ...]

TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"
"""The annotation that names the transformers that have run over an object, where `buildMetadata` asks for it."""

UNREADABLE: tuple[Made, ...] = ((("", ""),),)
"""The transformers of an object whose annotation about them cannot be read. That matters only to the next one."""

MAX_CLONES = 32
"""The most repositories that may name one another in a chain, which a server could make endless."""


class Exceeded(Exception):  # noqa: N818  # carries a finding, is none
    """Raised where the target exceeds one of its bounds, which ends its build."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def beyond(over: Over, where: Origin) -> Diagnostic:
    """Return the finding about a bound that was exceeded."""
    hint = f"where this is meant, build with `--bound {over.name}=NUMBER`"
    return Diagnostic("PS180" if over.is_of_the_run else "PS170", "error", str(over), where, hint=hint)


class Folder(NamedTuple):
    """The directory of a kustomization: `path` as it was named, `real` with symlinks resolved, and `parent`, the folder
    that led here (to detect cycles).

    `shown` is the path relative to the root of the build, as origin annotations have it; it is empty for the root. In a
    clone, which no file and no base may leave, `shown` is relative to the clone and `source` names the repository.
    """

    path: str
    real: str
    parent: "Folder | None" = None
    shown: str = ""
    source: Made = ()
    clone: Clone | None = None
    depth: int = 1
    """The number of kustomizations that led here, including this one."""
    namespace: str = ""
    """The namespace of the nearest kustomization above that has one. Helm is given it where this one has none."""


class About(TypedDict, total=False):
    """The optional parts of a finding beside its message; see `Diagnostic`."""

    resource: ResourceId | None
    notes: tuple[tuple[Origin | Pos, str], ...]
    hint: str


class Findings:
    """The findings about one target, each once."""

    def __init__(self) -> None:
        self.all: dict[Diagnostic, None] = {}
        self.failed = False

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.all[diagnostic] = None
            self.failed = self.failed or diagnostic.severity == "error"


Memo = dict[Any, Any]
"""The state that the targets of a run share. The key (directory, options, whether something has failed) leads to the
result of a base, which is built only once (`Accumulated`); the class `Budget` to what is left of the bounds; and
`JsonTexts` to texts that replacements have printed.
"""

Accumulated = tuple[Accumulation, tuple[Diagnostic, ...], Looks]
"""The result of a base, the findings about it, and the files that were read for it."""


def budget_of(memo: Memo, options: Options, read: int) -> Budget:
    """Return the budget of the next target of a run; `read` is the number of bytes that the run has read before it."""
    budget: Budget | None = memo.get(Budget)
    if budget is None or options.is_alone:
        expression.new_run()
        budget = memo[Budget] = Budget(options.bounds)
    else:
        expression.next_target()
        budget.next_target(options.bounds, read)
    return budget


class Run:
    """The state that all kustomizations of one target share."""

    def __init__(self, sources: Sources, options: Options, memo: Memo) -> None:
        self.sources = sources
        self.options = options
        self.memo = memo
        self.nearest = Nearest()
        self.budget = budget_of(memo, options, sources.bytes_read)
        self.plain_lists = PlainLists(sources.spellings)
        self.schemas: Mapping[tuple[str, str], Schema] = BUILTIN
        self.schema_is_set = False
        self.kinds: set[tuple[str, str]] = set()
        """(apiVersion, kind) of all objects read so far."""
        self.tracked = False
        """Whether origins are kept for annotations (`buildMetadata`)."""
        self.helm_api_versions = list(options.helm_api_versions)
        self.grown: dict[int, tuple[Tree, Spelling]] = {}
        """By the identity of their data: generated objects that others can be merged into at once, with their spelling.
        """
        self.merged_specs: dict[tuple[int, int], tuple[FieldSpecs, FieldSpecs, FieldSpecs]] = {}
        """By the identities of two sets of field specs: both, and what they are merged. Most levels have the same."""
        self.braces_of: tuple[Any, ...] = (None,) * 4
        self.braces: dict[Pointer, bool] = {}
        """Which mappings and lists are in braces, of the object that was asked about last, as it was then."""
        self.inherits = False
        """Whether a chart has been given the namespace of an overlay, or would be given it."""
        self.fetched: dict[str, str] = {}
        """The paths of the files that addresses have led to; `clones` has the clones among them."""
        self.clones: dict[str, Clone] = {}


def _drop_text_of_annotations(resource: Resource) -> None:
    """Remove annotations that a replacement has made a text: Kustomize writes the mapping with its note over them."""
    metadata = resource.body.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations", {}), str):
        rest = {key: value for key, value in metadata.items() if key != "annotations"}
        respell(resource, {**resource.body, "metadata": rest})


class Level:
    """A kustomization (or component) that is being built, and the accumulation that it works on."""

    def __init__(
        self, run: Run, kustomization: Kustomization, folder: Folder, accumulation: Accumulation, findings: Findings
    ) -> None:
        self.run = run
        self.sources = run.sources
        self.spellings = run.sources.spellings
        self.options = run.options
        self.findings = findings
        self.kustomization = kustomization
        self.folder = folder
        self.accumulation = accumulation
        self.first_entries: dict[str, dict[str, int]] = {}
        """For a field with a path twice: where each path stands first."""

    @property
    def schemas(self) -> Mapping[tuple[str, str], Schema]:
        return self.run.schemas

    @property
    def fields(self) -> dict[str, Any]:
        return self.kustomization.fields

    @property
    def resources(self) -> list[Resource]:
        return self.accumulation.resources

    def at(self, *steps: Step) -> Origin:
        return self.kustomization.at(*steps)

    def laid_over(self, where: Origin) -> Origin:
        """Return where a field of this kustomization was written, if a definition has laid it over the file."""
        moved, own = self.kustomization.moved, self.kustomization.origin
        return moved.get(where.at, where) if moved and where[:2] == own[:2] else where

    def ran(self, kind: str) -> None:
        """Note on every object that a builtin transformer has run, if transformer annotations are asked for."""
        if self.run.tracked:
            self.note(self.made_by(kind))

    def note(self, by: Made) -> None:
        for resource in self.resources:
            lineage = resource.lineage
            if lineage.transformed == UNREADABLE:
                self._report_transformers(resource)
            elif lineage.made:
                resource.lineage = lineage._replace(transformed=(*lineage.transformed, by))
            else:
                resource.lineage = lineage._replace(made=by)
                _drop_text_of_annotations(resource)

    def _report_transformers(self, resource: Resource) -> None:
        """Report the annotation of an earlier build in which Kustomize cannot note a transformer."""
        where = origin_of(resource, ("metadata", "annotations", TRANSFORMATIONS))
        message = f"the annotation {TRANSFORMATIONS} does not list transformers, so none can be added to it"
        hint = "remove the annotation: Kustomize has written it in an earlier build, with `buildMetadata`"
        self.report("PS240", message, where, resource=resource.id, hint=hint)

    def made_by(self, kind: str) -> Made:
        """Return the origin annotation for the objects that a builtin plugin makes."""
        by = (("apiVersion", "builtin"), ("kind", kind))
        return (*self.folder.source, ("configuredIn", self.shown_file()), ("configuredBy", by))

    def shown_file(self) -> str:
        """Return the path of the kustomization file as origin annotations have it."""
        name = posixpath.basename(self.kustomization.origin.path)
        return posixpath.join(self.folder.shown, name) if self.folder.shown else name

    def report(
        self,
        code: str,
        message: str,
        where: Origin | Pos,
        *,
        severity: Severity = "error",
        **about: Unpack[About],
    ) -> None:
        self.findings.add([Diagnostic(code, severity, message, where, **about)])

    @property
    def most_values(self) -> int:
        """The most keys and values that a file may have."""
        return self.run.budget.bounds.file

    def spend(self, name: str, amount: int, where: Origin) -> None:
        """Spend an amount of the target's budget. Raises `Exceeded` where less than that is left."""
        try:
            self.run.budget.spend(name, amount)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def count(self, name: str, amount: int) -> None:
        """Count what the target has of something in all, as far as it was not spent. Raises `Exceeded`."""
        try:
            self.run.budget.count(name, amount)
        except Over as over:
            raise Exceeded(beyond(over, self.kustomization.origin)) from None

    def check(self, name: str, amount: int, where: Origin) -> None:
        """Raise `Exceeded` where an amount is greater than its bound."""
        try:
            self.run.budget.check(name, amount)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def spend_values(self, tree: Any, times: int, where: Origin, depth: int = 0) -> None:
        """Spend the budget for putting a tree into `times` places, the deepest of which is at `depth`. Raises
        `Exceeded`.
        """
        values, deep = cost(tree)
        try:
            self.run.budget.check("depth", depth + deep)
            self.run.budget.spend("values", values * times)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def withhold(self, resource: Resource, at: Pointer, value: Any) -> None:
        """Note that a value of an object is copied elsewhere. If the object is a Secret, no finding may quote the
        value.
        """
        kinds = (resource.id.kind, original(resource).kind)
        if not any(is_secret_kind(kind, resource.id.group) for kind in kinds):
            return
        if not at:
            self.withhold_all(value)
        elif holds_value(at):
            self.sources.withheld.add_tree(value)

    def withhold_data(self, resource: Resource, kind_before: str) -> None:
        """Keep findings from quoting the data of an object that was a Secret before its kind was changed."""
        if kind_before != resource.id.kind and is_secret_kind(kind_before, ""):
            self.withhold_all(resource.body)

    def withhold_all(self, secret: Tree) -> None:
        """Keep findings from quoting any value of a Secret."""
        self.sources.withheld.add_tree({field: value for field, value in secret.items() if holds_value((field,))})

    def warn_of_rest(self, documents: Sequence[Document] | None, what: str) -> None:
        """Warn that only the first document counts, if there are several."""
        self.findings.add(ignored(document, what) for document in (documents or ())[1:2])

    def report_missing(self, code: str, message: str, where: Origin, **more: Any) -> None:
        """Report that something named is missing, unless a finding is an error already: an unreadable file may have
        held it.
        """
        if not self.findings.failed:
            self.report(code, message, where, **more)

    def has_all(self) -> bool:
        """Return whether all files and bases could be read, so that all objects are known, with all their fields."""
        return not any(each.code in ABSENT for each in self.findings.all)

    def report_in(self, resource: Resource, code: str, conflict: Conflict) -> None:
        """Report that a field of an object is not what a transformer expects, at the place where the field was
        written.
        """
        where = origin_of(resource, conflict.at)
        self.report_conflict(code, conflict.moved(()), where, resource)

    def report_conflict(self, code: str, conflict: Conflict, where: Origin, resource: Resource | None = None) -> None:
        """Report a conflict whose pointer is relative to `where`, such as one inside a patch."""
        notes = ((resource.origin, f"the object {resource.id}"),) if resource else ()
        about: About = {"resource": resource.id if resource else None, "notes": notes, "hint": conflict.hint}
        self.report(code, str(conflict), where.below(*conflict.at), **about)

    def path(self, name: str) -> str:
        """Return the path for the value of a field. Only fetched files have paths that begin with two slashes."""
        if name in self.run.fetched:
            return self.run.fetched[name]
        if name.startswith("//"):
            name = "/" + name.lstrip("/")
        return posixpath.normpath(posixpath.join(self.folder.path, name))

    def readable(self, name: str, where: Origin, what: str = "file") -> str | None:
        """Return the path of a file that a field names; None, with the reason reported, where Kustomize may not load
        the file. `what` is all that the field may name.
        """
        if name[:4].lower() == "http":
            from penstock.resolve.addresses import is_http

            if is_http(name):
                return self.fetch(name, where, "file")
        path = self.path(name)
        # A clone is somebody else's. Nothing in it may name a file of this machine, whatever the load restrictor
        # says.
        if self.folder.clone and not is_within(path, self.folder.clone.top):
            self.report("PS120", f"{name} leads outside of the repository that it is in", where)
            return None
        try:
            real = self.sources.real(path)
        except Unreadable as reason:
            self.report("PS102", f"{name} {reason}", where)
            return None
        boundary = boundary_of(self.folder, self.options)
        if boundary is not None and not is_within(real, boundary):
            self._report_outside(name, real, where, what)
            return None
        return path

    def leaves_repository(self, real: str) -> bool:
        """Return whether a path with symlinks resolved leads out of the repository, as far as it is known where the
        repository begins.
        """
        above = self.options.above
        return above is not None and (posixpath.isabs(real) or real.split("/")[: above + 1] == [".."] * (above + 1))

    def _report_outside(self, name: str, real: str, where: Origin, what: str) -> None:
        """Report that a file lies outside the directory of its kustomization, or that it is missing."""
        path = self.path(name)
        if self.options.anywhere and not self.folder.clone:
            self.report("PS120", f"{name} leads outside of the repository", where, hint="copy it to where it is used")
            return
        # A wrong path is more likely a mistake in writing than an attempt to leave, so that is said where nothing is
        # there. Outside of the repository nothing is looked for, which would tell a stranger what the disk has.
        leaves = self.leaves_repository(real)
        if not self.folder.clone and not leaves and self.is_missing(path):
            self.no_such_path(name, what, where)
            return
        message = f"{name} lies outside of {self.folder.path}, the directory of its kustomization"
        hint = "move the file, or make its directory a kustomization and name that"
        meant = self._meant_by(name, is_base=what != "file") if leaves else ""
        if meant:
            hint = f"did you mean {meant}?"
        elif not self.folder.clone and not leaves:
            hint += "; or lift the restriction with `--load-restrictor LoadRestrictionsNone`, or with "
            hint += "`loadRestrictor: none` in penstock.yaml"
        if path != real and is_within(path, self.folder.path):
            message = f"{name} is a symlink that leads outside of {self.folder.path}"
        self.report("PS120", message, where, hint=hint)

    def fetch(self, name: str, where: Origin, wanted: Wanted = "any") -> str | None:
        """Return the path of the files that an address leads to, and make it known to `path`; None, with the reason
        reported, where it cannot be fetched.
        """
        from penstock.resolve.addresses import address_of

        address = address_of(name)
        if address is None or not self._comes_to_an_end(name, where):
            return None
        within = self.folder.clone.repository if self.folder.clone else ""
        remote, findings = self.sources.remote(address, where, wanted, within)
        self.findings.add(findings)
        if remote is None:
            return None
        self.run.fetched[name] = remote.path
        if remote.clone:
            self.run.clones[name] = Clone(name, remote.clone, address.repository)
        return remote.path

    def _comes_to_an_end(self, name: str, where: Origin) -> bool:
        """Return whether following an address will end, as far as the addresses that led here tell; report it where it
        will not.
        """
        clones: list[Clone] = []
        above: Folder | None = self.folder
        while above is not None:
            if above.clone and above.clone not in clones:
                clones.append(above.clone)
            above = above.parent
        # As in Kustomize, an address that is the beginning of one above it counts as a cycle.
        if any(clone.name.startswith(name) for clone in clones):
            self.report("PS122", "this leads back to the repository that it is in: a cycle", where)
            return False
        if len(clones) >= MAX_CLONES:
            self.report("PS131", f"this is the last of {MAX_CLONES} repositories that name one another", where)
            return False
        return True

    def bytes_of(self, name: str, where: Origin) -> bytes | None:
        """Return the content of a file that a field names; None, with the reason reported, where it cannot be read."""
        path = self.readable(name, where)
        if path is None:
            return None
        try:
            data = self.sources.text(path)
        except Unreadable as reason:
            self.report("PS102", f"{name} {reason}", where)
            return None
        if data is None:
            self.no_such_file(name, where)
        return data

    def is_missing(self, path: str) -> bool:
        """Return whether a path is not that of a file; a directory counts as missing, too."""
        try:
            return self.sources.text(path) is None
        except Unreadable:
            return False

    def no_such_file(self, name: str, where: Origin) -> None:
        path = self.path(name)
        if self.sources.is_dir(path):
            message = f"{name} is a directory; a file is needed here"
            self.report("PS101", message, where, hint="name a file in the directory")
        else:
            self.no_such_path(name, "file", where)

    def no_such_path(self, name: str, what: str, where: Origin) -> None:
        """Report that nothing has this name, or that it lies in a git submodule that was not fetched.

        A text of several lines is an object in the wrong place, and not quoted: it may be a Secret.
        """
        if "\n" in name:
            hint = "write it into a file, and name that here"
            self.report("PS101", f"a text of several lines names no {what}", where, hint=hint)
            return
        path = self.path(name)
        unfetched = self.sources.unfetched(path, where)
        if unfetched is None:
            meant = self._meant_by(name, is_base=what != "file")
            hint = f"did you mean {meant}?" if meant else f"{LOOKED_FOR}{path}"
            self.report("PS101", f"there is no {what} {name}", where, hint=hint)
        else:
            self.findings.add([unfetched])

    def _meant_by(self, name: str, *, is_base: bool) -> str:
        """Return what was probably meant by a name that nothing has; nothing is looked for in a clone."""
        from penstock.resolve.meant_paths import Surroundings, meant_by  # few builds need it

        around = Surroundings(
            self.sources, self.run.nearest, self.folder.path, self.options.anywhere, lambda: self._used
        )
        return "" if self.folder.clone else meant_by(name, around, is_base=is_base)

    @cached_property
    def _used(self) -> set[str]:
        """The paths that the kustomization names, and its own."""
        entries = (entry for field in self.fields.values() if isinstance(field, list) for entry in field)
        used = {posixpath.normpath(self.path(entry)) for entry in entries if isinstance(entry, str)}
        return {*used, self.kustomization.origin.path}


def ignored(document: Document, what: str) -> Diagnostic:
    """Return the finding about a second document in a configuration file: Kustomize reads the first one and silently
    drops the others.
    """
    message = f"only the first document of {what} counts; this one is ignored"
    return Diagnostic("PS107", "warning", message, document.origin)


def may_be_remote(name: str) -> bool:
    """Return False where a quick look shows that a name is certainly local, and True otherwise."""
    return ":" in name or "@" in name or name[:11].lower() == "github.com/"


def boundary_of(folder: Folder, options: Options) -> str | None:
    """Return the directory in which the files of a kustomization must lie once symlinks are resolved; None where they
    may lie anywhere.

    By default this is the kustomization's own directory. A file of a clone never leaves the clone.
    """
    clone = folder.clone
    if not options.anywhere or (clone is not None and clone is not options.clone):
        return folder.real
    return clone.top if clone is not None else options.boundary or None


def is_within(path: str, directory: str) -> bool:
    """Return whether a path (without symlinks) is a directory itself or lies below it."""
    if directory in (".", ""):
        return not path.startswith(("../", "/")) and path != ".."
    return path == directory or path.startswith(directory.rstrip("/") + "/")
