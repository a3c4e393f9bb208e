"""One kustomization under way: its fields, the resources that it works on, and how it says what is wrong."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from penstock import expression
from penstock.budget import Budget, Over, cost
from penstock.model import (
    Diagnostic,
    Document,
    Kustomization,
    Looks,
    Origin,
    Pointer,
    Pos,
    Resource,
    ResourceId,
    Severity,
    Sources,
    Step,
    Tree,
    Unreadable,
    Wanted,
)
from penstock.records import NamedTuple
from penstock.resolve.accumulation import Accumulation
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import original
from penstock.resolve.merging.merge_keys import BUILTIN, Schema
from penstock.resolve.merging.plain_lists import PlainLists
from penstock.resolve.options import Clone, Options
from penstock.tree import origin_of
from penstock.withheld import holds_value, is_secret_kind
from penstock.words import Nearest

KUBERNETES = "kubernetes"
"""The value of `merge` for Kubernetes' own strategic merge."""

Made = tuple[tuple[str, Any], ...]

MAX_CLONES = 32
"""Repositories that name one another: a server could go on for ever."""


class Exceeded(Exception):  # noqa: N818  # carries a finding, is none
    """A bound of the target is crossed, so its build ends here."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def beyond(over: Over, where: Origin) -> Diagnostic:
    """The finding about a bound that is crossed."""
    hint = f"where this is meant, build with `--bound {over.name}=NUMBER`"
    return Diagnostic("PS180" if over.is_of_the_run else "PS170", "error", str(over), where, hint=hint)


class Folder(NamedTuple):
    """A kustomization's directory: as it was named, without symlinks, and the one that led here (for cycles).

    `shown` is its path relative to the root of the build, as origin annotations have it; empty for the root. In a
    clone, which no file and no base may leave, it is relative to that, and `source` tells its repository.
    """

    path: str
    real: str
    parent: "Folder | None" = None
    shown: str = ""
    source: Made = ()
    clone: Clone | None = None
    depth: int = 1
    """How many kustomizations led here, and this one."""
    namespace: str = ""
    """That of the nearest kustomization above that has one: what Helm is told where none is given here."""


class About(TypedDict, total=False):
    """What a finding may say beside its message; see `Diagnostic`."""

    resource: ResourceId | None
    notes: tuple[tuple[Origin | Pos, str], ...]
    hint: str


class Findings:
    """What is wrong with one target, each thing once."""

    def __init__(self) -> None:
        self.all: dict[Diagnostic, None] = {}
        self.failed = False

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.all[diagnostic] = None
            self.failed = self.failed or diagnostic.severity == "error"


Memo = dict[Any, Any]
"""What the targets of a run share. By (directory, options, whether something has failed): what bases have come to,
which are worked out once (`Accumulated`). By the class `Budget`: what is left of the bounds. By `JsonTexts`: texts that
replacements have printed.
"""

Accumulated = tuple[Accumulation, tuple[Diagnostic, ...], Looks]
"""What a base has come to, what is to say of it, and what was looked at for it."""


def budget_of(memo: Memo, options: Options, read: int) -> Budget:
    """What the next target of a run may take, which has read so many bytes before it."""
    budget: Budget | None = memo.get(Budget)
    if budget is None or options.is_alone:
        expression.new_run()
        budget = memo[Budget] = Budget(options.bounds)
    else:
        expression.next_target()
        budget.next_target(options.bounds, read)
    return budget


class Run:
    """What all kustomizations of one target share."""

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
        self.inherits = False
        """Whether a chart has been given the namespace of an overlay, or would be."""
        self.fetched: dict[str, str] = {}
        """The paths of what addresses have led to, and the clones among them."""
        self.clones: dict[str, Clone] = {}


class Level:
    """A kustomization (or component), and the accumulation that it works on."""

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

    def ran(self, kind: str) -> None:
        """A builtin transformer has run: noted on every object where transformer annotations are asked for."""
        if self.run.tracked:
            self.note(self.made_by(kind))

    def note(self, by: Made) -> None:
        for resource in self.resources:
            lineage = resource.lineage
            if lineage.made:
                resource.lineage = lineage._replace(transformed=(*lineage.transformed, by))
            else:
                resource.lineage = lineage._replace(made=by)

    def made_by(self, kind: str) -> Made:
        """The origin annotation of what a builtin plugin makes."""
        by = (("apiVersion", "builtin"), ("kind", kind))
        return (*self.folder.source, ("configuredIn", self.shown_file()), ("configuredBy", by))

    def shown_file(self) -> str:
        """The kustomization file as origin annotations name it."""
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

    def spend(self, name: str, amount: int, where: Origin) -> None:
        """Take something from the budget of the target. Raises `Exceeded` where that is more than there is."""
        try:
            self.run.budget.spend(name, amount)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def check(self, name: str, amount: int, where: Origin) -> None:
        """Raises `Exceeded` where an amount is more than a bound."""
        try:
            self.run.budget.check(name, amount)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def spend_values(self, tree: Any, times: int, where: Origin, depth: int = 0) -> None:
        """Put a tree into so many places, of which the deepest is at `depth`. Raises `Exceeded`."""
        values, deep = cost(tree)
        try:
            self.run.budget.check("depth", depth + deep)
            self.run.budget.spend("values", values * times)
        except Over as over:
            raise Exceeded(beyond(over, where)) from None

    def withhold(self, resource: Resource, at: Pointer, value: Any) -> None:
        """Note that a value of an object goes elsewhere: where the object is a Secret, no finding may quote it."""
        kinds = (resource.id.kind, original(resource).kind)
        if not any(is_secret_kind(kind, resource.id.group) for kind in kinds):
            return
        if not at:
            self.withhold_all(value)
        elif holds_value(at):
            self.sources.withheld.add_tree(value)

    def withhold_data(self, resource: Resource, kind_before: str) -> None:
        """No finding may quote what was the data of a Secret before its kind was changed."""
        if kind_before != resource.id.kind and is_secret_kind(kind_before, ""):
            self.withhold_all(resource.body)

    def withhold_all(self, secret: Tree) -> None:
        """No finding may quote a value of a Secret."""
        self.sources.withheld.add_tree({field: value for field, value in secret.items() if holds_value((field,))})

    def warn_of_rest(self, documents: Sequence[Document] | None, what: str) -> None:
        """Say that only the first document counts, where there are more."""
        self.findings.add(ignored(document, what) for document in (documents or ())[1:2])

    def report_missing(self, code: str, message: str, where: Origin, **more: Any) -> None:
        """Something named is not there. Not said once a file could not be read: it may be what is missing."""
        if not self.findings.failed:
            self.report(code, message, where, **more)

    def report_in(self, resource: Resource, code: str, conflict: Conflict) -> None:
        """Report a field of an object that is not what a transformer takes it to be, where that field was written."""
        where = origin_of(resource, conflict.at)
        self.report_conflict(code, Conflict(str(conflict)), where, resource)

    def report_conflict(self, code: str, conflict: Conflict, where: Origin, resource: Resource | None = None) -> None:
        """Report a conflict whose pointer leads on from `where`, such as into a patch."""
        notes = ((resource.origin, f"the object {resource.id}"),) if resource else ()
        self.report(
            code, str(conflict), where.below(*conflict.at), resource=resource.id if resource else None, notes=notes
        )

    def path(self, name: str) -> str:
        """The path of what a field names; paths with two slashes in front are those of fetched things alone."""
        if name in self.run.fetched:
            return self.run.fetched[name]
        if name.startswith("//"):
            name = "/" + name.lstrip("/")
        return posixpath.normpath(posixpath.join(self.folder.path, name))

    def readable(self, name: str, where: Origin) -> str | None:
        """The path of a file that a field names, if Kustomize may load it; else None, with the reason reported."""
        if name[:4].lower() == "http":
            from penstock.resolve.addresses import is_http

            if is_http(name):
                return self.fetch(name, where, "file")
        path = self.path(name)
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
            self._report_outside(name, path, real, where)
            return None
        return path

    def leaves_repository(self, real: str) -> bool:
        """Whether a path, links followed, leads out of the repository, as far as it is known where that begins."""
        above = self.options.above
        return above is not None and (posixpath.isabs(real) or real.split("/")[: above + 1] == [".."] * (above + 1))

    def _report_outside(self, name: str, path: str, real: str, where: Origin) -> None:
        """Say that a file lies outside of the directory of its kustomization, or is not there at all."""
        if self.options.anywhere and not self.folder.clone:
            self.report("PS120", f"{name} leads outside of the repository", where, hint="copy it to where it is used")
            return
        if not self.folder.clone and not self.leaves_repository(real) and self.is_missing(path):
            self.no_such_file(name, where)
            return
        message = f"{name} lies outside of {self.folder.path}, the directory of its kustomization"
        hint = "move the file, or make its directory a kustomization and name that"
        if not self.folder.clone and not self.leaves_repository(real):
            hint += "; or lift the restriction with `--load-restrictor LoadRestrictionsNone`, or with "
            hint += "`loadRestrictor: none` in penstock.yaml"
        if path != real and is_within(path, self.folder.path):
            message = f"{name} is a symlink that leads outside of {self.folder.path}"
        self.report("PS120", message, where, hint=hint)

    def fetch(self, name: str, where: Origin, wanted: Wanted = "any") -> str | None:
        """The path of what an address leads to, which `path` then knows; None with the reason reported."""
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
        """Whether following an address has an end, as far as can be told from those that led here."""
        clones: list[Clone] = []
        above: Folder | None = self.folder
        while above is not None:
            if above.clone and above.clone not in clones:
                clones.append(above.clone)
            above = above.parent
        if any(clone.name.startswith(name) for clone in clones):
            self.report("PS122", "this leads back to the repository that it is in: a cycle", where)
            return False
        if len(clones) >= MAX_CLONES:
            self.report("PS131", f"this is the last of {MAX_CLONES} repositories that name one another", where)
            return False
        return True

    def bytes_of(self, name: str, where: Origin) -> bytes | None:
        """The content of a file that a field names; None where there is none, with the reason reported."""
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
        """Whether there is no file, which is said of a directory too."""
        try:
            return self.sources.text(path) is None
        except Unreadable:
            return False

    def no_such_file(self, name: str, where: Origin) -> None:
        path = self.path(name)
        if self.sources.is_dir(path):
            self.report("PS101", f"{name} is a directory; a file is needed here", where)
        else:
            self.no_such_path(name, "file", where)

    def no_such_path(self, name: str, what: str, where: Origin) -> None:
        """Report that nothing is there by a name, or that it lies in a submodule of git that is not here."""
        path = self.path(name)
        unfetched = self.sources.unfetched(path, where)
        if unfetched is None:
            self.report("PS101", f"there is no {what} {name}", where, hint=f"looked for {path}")
        else:
            self.findings.add([unfetched])


def ignored(document: Document, what: str) -> Diagnostic:
    """A second document in a file of configuration: Kustomize reads the first and drops the others without a word."""
    message = f"only the first document of {what} counts; this one is ignored"
    return Diagnostic("PS107", "warning", message, document.origin)


def may_be_remote(name: str) -> bool:
    """A quick look at a name: False means that it is certainly local."""
    return ":" in name or "@" in name or name[:11].lower() == "github.com/"


def boundary_of(folder: Folder, options: Options) -> str | None:
    """The directory that the files of a kustomization have to lie in, links followed: its own, if nothing else is said.
    A file of a clone never leaves it. None where they may lie anywhere.
    """
    clone = folder.clone
    if not options.anywhere or (clone is not None and clone is not options.clone):
        return folder.real
    return clone.top if clone is not None else options.boundary or None


def is_within(path: str, directory: str) -> bool:
    """Whether a path (without symlinks) is a directory or lies below it."""
    if directory in (".", ""):
        return not path.startswith(("../", "/")) and path != ".."
    return path == directory or path.startswith(directory.rstrip("/") + "/")
