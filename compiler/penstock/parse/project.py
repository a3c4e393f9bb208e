"""The files of a repository, each read and parsed once however many targets use it."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from penstock.budget import Bounds, Budget
from penstock.model import (
    Diagnostic,
    Document,
    Embedded,
    Kustomization,
    Made,
    Origin,
    Pos,
    Target,
    ToMerge,
    Tree,
    Unreadable,
    has_errors,
    name_of,
)
from penstock.parse.abundance import bounded
from penstock.parse.alike import LastText
from penstock.parse.defined import Defined
from penstock.parse.document import CONFIG, MANIFESTS, RESOURCES, Dialect
from penstock.parse.kustomization import check_fields, typed
from penstock.parse.large_files import WEIGHT_OF_SETTINGS, LargeFiles
from penstock.parse.parsed import Parsed
from penstock.parse.part import Elsewhere, Part
from penstock.parse.produced import Produced, identity_of
from penstock.parse.scanned import Scanned
from penstock.parse.spellings import FileSpellings
from penstock.recall import Recall
from penstock.sources import (
    Address,
    ChartAddress,
    ChartRequest,
    Evaluate,
    Evaluated,
    Files,
    JsonnetRequest,
    Looks,
    Remote,
    Remotes,
    RenderChart,
    ValueAt,
    Wanted,
    leads_out,
)
from penstock.typed import TYPE_CHECKING, Any
from penstock.withheld import Withheld, copied_by_aliases, gone_from_jsonnet, gone_into_secrets

if TYPE_CHECKING:
    from penstock.parse.places import Places
    from penstock.parse.project_file.settings import Config
    from penstock.parse.remarks import Remark

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

MISNAMED = (
    *("Kustomization.yaml", "Kustomization.yml", "KUSTOMIZATION.yaml", "kustomization", "kustomization.YAML"),
    *("KUSTOMIZATION.YAML", "kustomisation.yaml", "kustomisation.yml"),
    *("kustomize.yaml", "kustomize.yml", "kustomization.json"),
)
"""Names of kustomization files that people use and Kustomize does not read."""

PROJECT_FILE = "penstock.yaml"

NOTHING: tuple[None, list[Diagnostic]] = None, []
"""What there is in a directory without a kustomization."""

MOST_WALKED = 10_000
"""The most files that are gone through for the names in a directory, which are only wanted for a hint."""

MAX_PARENTS = 30
"""The number of directories in which the root of the repository is looked for."""

Loaded = tuple[list[Document] | None, list[Diagnostic]]

DIALECTS = (RESOURCES, CONFIG, MANIFESTS)
"""The dialects in which files are read, each with its number in a `Part`."""


class _Watch:
    """What a `with` statement looks at. Whoever watched before sees it as well, at the end."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self._own: Looks = {}

    def __enter__(self) -> Looks:
        self._outer = self._project.exchange(self._own)
        return self._own

    def __exit__(self, *error: object) -> None:
        self._project.exchange(self._outer)
        self._project.saw(self._own)


class Project:
    """`sources.Sources` over `sources.Files`. A broken file is cached with its findings, like any other file."""

    def __init__(
        self,
        files: Files,
        open_remotes: Callable[[Files], Remotes] | None = None,
        render_chart: RenderChart | None = None,
        evaluate: Evaluate | None = None,
    ) -> None:
        self.files = self.local = files
        """The files, and those of the repository alone, without what `remote` adds."""
        self.is_part = False
        """Whether several processes share the work. None of them renders, evaluates or fetches anything meanwhile."""
        self._render_chart = render_chart
        self._evaluate = evaluate
        self._evaluations: dict[JsonnetRequest, tuple[Evaluated | None, list[Diagnostic], Looks]] = {}
        self.produced = Produced()
        self._open_remotes = open_remotes
        self._remotes: Remotes | None = None
        self.typed = typed
        self.withheld = Withheld()
        self.memo: dict[Any, Any] = {}
        """A cache for later stages, of results derived from these sources."""
        self.read_ahead: Callable[[Iterable[str]], None] = _nothing
        """Called with files that are about to be read, for sources that can read many at once more quickly."""
        self._looks: Looks | None = None
        self.made: dict[Target, Made] = {}
        """The results of targets that more than a single directory defines."""
        self.defined = Defined()
        self.targets: tuple[list[Target], list[Diagnostic]] | None = None
        """All targets of the repository, once they have been determined."""
        self.discovery: Looks = {}
        """The looks that were needed to determine the targets."""
        self.recall: Recall | None = None
        """What earlier runs came to about the same content; None where nothing is kept."""
        self.alike: Callable[[str, Dialect, bytes], list[Document] | None] = _unknown
        """Returns the documents of a file, if another state of the sources has read the same."""
        self._known: Parsed = {}
        self._digest_of: Callable[[str], str] = _no_digest
        self._bytes: dict[str, bytes | None] = {}
        self._scanned = Scanned()
        self.bytes_read = 0
        self.bounds = Bounds()
        self._of_charts = Budget()
        self._renditions: dict[str, tuple[str, list[Diagnostic], Looks]] = {}
        """The charts that were rendered, by the identities of the requests: where several entries lead to the
        definitions of a fleet, they ask for the same charts.
        """
        self._loaded: dict[tuple[str, Dialect], Loaded] = {}
        self._text = LastText()
        self._large = LargeFiles()
        self._kustomizations: dict[str, tuple[Kustomization | None, list[Diagnostic]]] = {}
        self._configs: dict[str, tuple[Config | None, list[Diagnostic]]] = {}
        self._named: dict[str, list[str]] = {}
        self._beside: dict[str, Sequence[str]] = {}
        self._top: tuple[str, Looks] | None = None
        self.spellings = FileSpellings(self)

    def bound(self, bounds: Bounds) -> None:
        """Set how much files may hold, alone and together, and what charts may take. This is for whoever opens the
        sources.
        """
        self._text.most, self._large.most = bounds.file, bounds.files
        self.bounds = bounds

    def remote(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        remotes = self._opened()
        return _only_local(where) if remotes is None else remotes.find(address, where, wanted, within)

    def remote_chart(
        self, address: ChartAddress, where: Origin, within: str = ""
    ) -> tuple[Remote | None, list[Diagnostic]]:
        remotes = self._opened()
        return _only_local(where) if remotes is None else remotes.find_chart(address, where, within)

    def _opened(self) -> Remotes | None:
        """Return the remotes, opened on the first request, or None without any; record the lock file as read."""
        self._stay_local()
        if self._remotes is None:
            if self._open_remotes is None:
                return None
            self.files = self._remotes = self._open_remotes(self.files)
            self._forget_absent()
        self._see("read", self._remotes.lock)
        return self._remotes

    def _stay_local(self) -> None:
        """Raise `Elsewhere` if this is only one of several processes."""
        if self.is_part:
            raise Elsewhere

    def _stay_settled(self, documents: Iterable[Document] | None) -> None:
        """Raise `Elsewhere` for documents with keys that equal only themselves, if this is only one of several
        processes: a copy of such a key in another process is another key.
        """
        if self.is_part and any(document.is_unsettled for document in documents or ()):
            raise Elsewhere

    def follows_from(self, files: Files) -> bool:
        """Return whether everything that was read follows from these files: no other content came from elsewhere than
        what their lock file names.
        """
        return self.files is files or (self.files is self._remotes and self._remotes.is_settled)

    def _forget_absent(self) -> None:
        """Drop cached results for paths of remote content: they may have been looked up before the remotes were
        opened.
        """
        self._bytes = {path: data for path, data in self._bytes.items() if not path.startswith("//")}
        self._loaded = {key: found for key, found in self._loaded.items() if not key[0].startswith("//")}
        self._kustomizations = {path: k for path, k in self._kustomizations.items() if not path.startswith("//")}
        self._renditions.clear()

    def _see(self, how: str, path: str) -> None:
        """Record a look at a path.

        Looks at fetched content are not recorded: the lock file, which is recorded, identifies it. Nor are looks at
        rendered text: the recorded looks at the files of its chart cover it.
        """
        if self._looks is not None and not path.startswith("//") and path not in self.produced:
            self._looks[how, path] = None

    def watched(self) -> "_Watch":
        return _Watch(self)

    def exchange(self, looks: Looks | None) -> Looks | None:
        """Record looks in another mapping, or none, from now on, and return the mapping of before."""
        self._looks, before = looks, self._looks
        return before

    def saw(self, looks: Looks) -> None:
        if self._looks is not None:
            self._looks.update(looks)

    def walk(self, directory: str) -> Iterator[str]:
        """Return all files below a directory, as `Files.walk` does. Files that are added or removed there later count
        as a change.
        """
        self._see("walk", directory)
        return self.files.walk(directory)

    def notice(self, listing: str) -> None:
        """Count it as a change if a listing of the whole repository gives something else later. `targets.listings` has
        the kinds of listings.
        """
        self._see(listing, ".")

    def links(self, directory: str) -> Iterator[str]:
        """Return the symlinks to directories below a directory, as `Files.links` does. They count as `walk` has it."""
        self._see("links", directory)
        return self.files.links(directory)

    def beside(self, path: str) -> Sequence[str]:
        """Return names that lie in the directory of a path, as `sources.Sources` has it."""
        directory = posixpath.dirname(path) or "."
        files = self.walk(directory)
        if directory not in self._beside:
            prefix = "" if directory == "." else f"{directory}/"
            names = (file[len(prefix) :].partition("/")[0] for file in islice(files, MOST_WALKED))
            self._beside[directory] = [*dict.fromkeys(names)]
        return self._beside[directory]

    def named_kustomizations(self, directory: str) -> list[str]:
        """Return the files below a directory that are named like a kustomization, in any letter case."""
        self._see(KUSTOMIZATIONS, directory)
        found = kustomizations_in(self.files.walk(directory))
        self.read_ahead(found)
        return found

    def scan(self, path: str, is_wanted: Callable[[bytes], bool]) -> bool:
        """Return whether `is_wanted` accepts the content of a file. Only an accepted file counts as read.

        A symlink that leads out of the repository is not followed.
        """
        try:
            found = not leads_out(path, self.files.real(path)) and is_wanted(self._scanned.look(self.files, path))
        except Unreadable:
            found = False
        self._see("read" if found else "scan", path)
        return found

    def real(self, path: str) -> str:
        self._see("real", path)
        return self.files.real(path)

    def is_dir(self, path: str) -> bool:
        self._see("is_dir", path)
        return self.files.is_dir(path)

    def text(self, path: str) -> bytes | None:
        self._see("read", path)
        return self._content(path)

    def inside(self, path: str) -> bytes | None:
        """Return the bytes of a file, with links followed; None where there is no such file, or where it lies outside
        of the tree.
        """
        if leads_out(path, self.real(path)):
            return None
        try:
            return self.text(path)
        except Unreadable:
            return None

    def chart(self, request: ChartRequest) -> Loaded:
        path, findings = self.rendered(request)
        if not path:
            return None, findings
        documents, more = self._load(path, RESOURCES)
        return documents, [*findings, *more]

    def rendered(self, request: ChartRequest, *, as_manifests: bool = False) -> tuple[str, list[Diagnostic]]:
        """Render a chart, and return the path under which the result can be read like a file, or "" after an error.

        `as_manifests` says that it is going to be read by `manifests`, and not by `resources`.
        """
        identity = identity_of(request, as_manifests)
        known = self._renditions.get(identity)
        if known is None:
            self._stay_local()
            with self.watched() as looks:
                path, findings = self._rendered(request, as_manifests)
            known = path, findings, looks
            if identity:
                self._renditions[identity] = known
        path, findings, looks = known
        self.saw(looks)
        return path, list(findings)

    def _rendered(self, request: ChartRequest, as_manifests: bool) -> tuple[str, list[Diagnostic]]:
        if self._render_chart is None:
            return "", [Diagnostic("PS200", "error", "charts are not rendered here", request.where)]
        self._of_charts.next_target(self.bounds, self.bytes_read)
        rendition, findings = self._render_chart(_Seen(self), request, self._of_charts)
        if rendition is None:
            self.withhold_values(request, None)
            return "", findings
        path = self.produced.keep_text(rendition)
        documents, _ = self._load(path, MANIFESTS if as_manifests else RESOURCES)
        self.withhold_values(request, [document.body for document in documents or ()])
        return path, findings

    def withhold_values(self, request: ChartRequest, bodies: Sequence[Tree] | None) -> None:
        """Withhold from all findings the values that were given to a chart and that the chart has put into a Secret.

        Without `bodies`, the chart has failed, and nobody knows where it would have put them. Its reason may quote any.
        """
        for value in gone_into_secrets(self._values_of(request), bodies):
            self.withheld.add(value)

    def _values_of(self, request: ChartRequest) -> Iterator[Tree]:
        """Yield the values that were given to a chart: by settings, in a definition, and in files."""
        for text in (*request.settings, *request.texts, *request.literals):
            name, _, value = text.partition("=")
            yield {name: value}
        for each in request.values:
            if isinstance(each, ValueAt):
                yield {each.path: each.text}
            elif isinstance(each, Document):
                yield each.body
            else:
                yield from (document.body for document in self.configs(each)[0] or ())

    def evaluated(self, request: JsonnetRequest) -> tuple[Evaluated | None, list[Diagnostic]]:
        if self._evaluate is None:
            return None, [Diagnostic("PS730", "error", "Jsonnet is not evaluated here", Pos(request.file))]
        config, _ = self.config()
        engine = request.engine or (config.jsonnet_engine if config is not None else "")
        request = request._replace(engine=engine, seconds=self.bounds.seconds)
        if request not in self._evaluations:
            self._stay_local()
            with self.watched() as looks:
                made, findings = self._evaluate(_Seen(self), request)
            for secret in gone_from_jsonnet((*request.variables, *request.arguments), made):
                self.withheld.add(secret)
            kept = self.produced.keep_value(made) if made is not None else None
            self._evaluations[request] = (kept, findings, looks)
        made, findings, looks = self._evaluations[request]
        self.saw(looks)
        return made, list(findings)

    def file_of(self, where: Origin) -> str:
        """Return the file in which a place is written; for the output of a chart, this is the template."""
        return self.place(where).path if where.path in self.produced else where.path

    def _content(self, path: str) -> bytes | None:
        """Return the bytes of a file, read once per run, so that later lookups see the text that was parsed."""
        if path not in self._bytes:
            made = self.produced.content(path)
            self._bytes[path] = data = self._scanned.read(self.files, path) if made is None else made
            self.bytes_read += len(data) if data is not None and made is None else 0
        return self._bytes[path]

    def config(self) -> "tuple[Config | None, list[Diagnostic]]":
        """Return the settings in `penstock.yaml` at the root of the repository, with findings; None where there is no
        such file.
        """
        path = posixpath.join(self._root(), PROJECT_FILE)
        try:
            data = self.text(path)
        except Unreadable as reason:
            return None, [Diagnostic("PS102", "error", f"this file {reason}", Pos(path))]
        if data is None:
            is_folder = Diagnostic("PS102", "error", "this is a directory, and no file", Pos(path))
            return None, [is_folder] if self.is_dir(path) else []
        # Every target asks for the settings, and a large repository has many of both.
        if path not in self._configs:
            from penstock.parse.project_file.read import read_config

            self._configs[path] = read_config(data, path)
        config, findings = self._configs[path]
        return config, [*findings]

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The paths of the git submodules of the repository."""
        from penstock.parse.submodules import submodules  # few repositories have any

        return submodules(self.text, self._root())

    def unfetched(self, path: str, where: Origin) -> Diagnostic | None:
        """Return the finding for a path in a git submodule that has no files here, or None for any other path."""
        from penstock.parse.submodules import not_here, submodule_of

        submodule = submodule_of(posixpath.normpath(path), self.submodules)
        if not submodule or next(self.walk(submodule), None) is not None:
            return None
        return not_here(self.submodules, posixpath.normpath(path), self._root(), where)

    def _root(self) -> str:
        """Return the nearest directory upwards that has a `.git`, or "" where none has. It is looked up once per
        run.
        """
        if self._top is None:
            with self.watched() as looks:
                self._top = self._looked_for_root(), looks
        root, looks = self._top
        self.saw(looks)
        return root

    def _looked_for_root(self) -> str:
        for depth in range(MAX_PARENTS):
            above = "../" * depth
            if self.is_dir(above + ".git") or self._is_file(above + ".git"):
                return above
        return ""

    def _is_file(self, path: str) -> bool:
        """Return whether a path is a file: `.git` is one in a linked work tree and in a submodule."""
        try:
            return self.text(path) is not None
        except Unreadable:
            return False

    def resources(self, path: str) -> Loaded:
        return self._load(path, RESOURCES)

    def manifests(self, path: str) -> Loaded:
        return self._load(path, MANIFESTS)

    def configs(self, path: str) -> Loaded:
        return self._load(path, CONFIG)

    def values(self, path: str) -> tuple[ToMerge | None, list[Diagnostic]]:
        documents, findings = self._load(path, RESOURCES)
        if documents is None or has_errors(findings):
            return None, findings
        from penstock.parse.values_file import to_merge  # few kustomizations merge values

        found, more = to_merge(self.content_of(path), path, documents)
        return found, [*findings, *more]

    def overlaid(self, kustomization: Kustomization) -> "Project":
        """Return a copy of this project with another kustomization for one directory. Both share what either reads
        later.
        """
        from copy import copy  # only where definitions change a kustomization

        other = copy(self)
        other._kustomizations = {**self._kustomizations, kustomization.directory: (kustomization, [])}
        return other

    def kustomization(self, directory: str) -> tuple[Kustomization | None, list[Diagnostic]]:
        for path in self._candidates(directory):
            self._see("read", path)
        if directory not in self._kustomizations:
            self._kustomizations[directory] = self._read_kustomization(directory)
        elif self._kustomizations[directory] == NOTHING:
            self._misnamed(directory)  # whoever asks depends on these files, too
        return self._kustomizations[directory]

    def embedded(self, text: str, where: Origin, config: bool) -> tuple[list[Document], list[Diagnostic]]:
        data = text.encode()
        documents, findings = self._text.load(data, where.path, CONFIG if config else RESOURCES)
        if not config:
            self.spellings.remember_text(where.path, data)
        moved = [d._replace(origin=_inside(d.origin, where)) for d in documents]
        self._stay_settled(moved)
        self._withhold_copied(moved)
        for document in moved:
            self.spellings.remember(document, is_object=not config)
        return moved, [_finding_inside(f, where) for f in findings]

    def content_of(self, path: str) -> bytes:
        """Return the content of a file that was read before, or no bytes if it could not be read."""
        try:
            return self._content(path) or b""
        except Unreadable:
            return b""

    @cached_property
    def places(self) -> "Places":
        """The places of the sources that messages name."""
        from penstock.parse.places import Places  # only for messages

        return Places(self._content, self.produced, self.withheld, self.recall)

    def place(self, where: Origin | Pos) -> Pos:
        """Return line and column of an Origin in the bytes that were used."""
        return self.places.place(where)

    def told(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings ready to be shown.

        The values of Secrets are hidden, and a finding about a line of a chart's output names the values used in that
        line.
        """
        hidden = self.withheld.hide(bounded(findings))
        return self.places.with_values(hidden) if self.produced.has_texts else hidden

    def remarks(self) -> "Iterator[tuple[str, Remark]]":
        """Yield the comments addressed to Penstock in all files of the repository that were read, each with its
        path.
        """
        from penstock.parse.remarks import remarks  # only for findings

        for path in sorted(self._bytes):
            data = self._bytes[path]
            if data and not path.startswith("//") and path not in self.produced:
                yield from ((path, remark) for remark in remarks(data))

    def holds_objects(self, path: str) -> bool:
        """Return whether a file was read as resources or patches, and not only as configuration."""
        return (path, RESOURCES) in self._loaded or (path, MANIFESTS) in self._loaded

    def _load(self, path: str, dialect: Dialect) -> Loaded:
        self._see("read", path)
        key = (path, dialect)
        if key not in self._loaded:
            self._loaded[key] = self._read(path, dialect)
        documents, findings = self._loaded[key]
        self._stay_settled(documents)
        return documents, findings

    def _read(self, path: str, dialect: Dialect) -> Loaded:
        try:
            data = self._content(path)
        except Unreadable as reason:
            return [], [Diagnostic("PS102", "error", f"this file {reason}", Pos(path))]
        if data is None:
            return None, []
        refused = self._large.refused_unread(data, path)
        if refused is not None:
            return [], [refused]
        alike = self.alike(path, dialect, data)
        if dialect is RESOURCES and path in self._known and self._known[path][0] == self._digest_of(path):
            alike = self._known[path][1]
        documents, findings = (alike, []) if alike else self._text.load(data, path, dialect)
        refused = self._large.refused(documents, path, data, WEIGHT_OF_SETTINGS if dialect is CONFIG else 1)
        if refused is not None:
            return [], [refused]
        self._remember(documents, path, data, dialect)
        return documents, findings

    def _remember(self, documents: Sequence[Document], path: str, data: bytes, dialect: Dialect) -> None:
        """Keep how the documents of a file are spelled, and what they withhold."""
        self._withhold_copied(documents)
        for document in documents:
            self.spellings.remember(document, is_object=dialect is RESOURCES)
        if dialect is RESOURCES:
            self.spellings.remember_text(path, data)

    def _withhold_copied(self, documents: Iterable[Document]) -> None:
        """Withhold the values that aliases have copied out of Secrets."""
        for document in documents:
            if document.aliased:
                for value in copied_by_aliases(document.body):
                    self.withheld.add(value)

    def documents(self, path: str, dialect: Dialect, data: bytes | None = None) -> list[Document] | None:
        """Return the documents of a file if it was read, with this content if one is given, and without a finding."""
        documents, findings = self._loaded.get((path, dialect), (None, []))
        is_same = data is None or self._bytes.get(path) == data
        return documents if is_same and not findings else None

    def part_since(self, before: "Project") -> Part:
        """Return what was read since this project was like another one."""
        withheld = Withheld()
        withheld.add_all(self.withheld)
        return Part(
            {path: data for path, data in self._bytes.items() if path not in before._bytes},
            {
                (path, DIALECTS.index(dialect)): loaded
                for (path, dialect), loaded in self._loaded.items()
                if (path, dialect) not in before._loaded
            },
            self._large.counted,
            withheld,
        )

    def take_over(self, part: Part) -> None:
        """Count as read what another process has read. Of a file that both have read, the first reading counts."""
        for path, data in part.contents.items():
            if path not in self._bytes:
                self._bytes[path] = data
                self.bytes_read += len(data or b"")
        for (path, number), (documents, findings) in part.loaded.items():
            dialect = DIALECTS[number]
            if (path, dialect) not in self._loaded:
                self._loaded[path, dialect] = documents, findings
                self._remember(documents or (), path, self.content_of(path), dialect)
        self._large.take_over(part.large)
        self.withheld.add_all(part.withheld)

    def snapshot(self) -> "Project":
        """Return a copy to which `go_back` leads. Results of pure functions are not part of it."""
        from copy import copy, deepcopy  # few runs divide their work

        other = copy(self)
        other.memo, other._bytes, other._loaded = {**self.memo}, {**self._bytes}, {**self._loaded}
        other._kustomizations, other._large = {**self._kustomizations}, deepcopy(self._large)
        return other

    def go_back(self, before: "Project") -> None:
        """Forget what was read since the snapshot."""
        self.memo, self._bytes, self._loaded = before.memo, before._bytes, before._loaded
        self._kustomizations, self._large = before._kustomizations, before._large
        self.bytes_read = before.bytes_read

    @property
    def holds_too_much(self) -> bool:
        """Whether the large files that were read hold more than a run may read."""
        return self._large.is_over

    def trust(self, known: Parsed, digest_of: Callable[[str], str]) -> None:
        """Use what an earlier run parsed of files whose digest is unchanged. `digest_of` knows those that were read."""
        self._known, self._digest_of = known, digest_of

    def parsed(self, digests: Mapping[str, str]) -> Parsed:
        """Return the parsed resource files without findings, by path, with the given digests.

        Documents that JSON cannot represent are left out.
        """
        loaded = ((path, self._loaded.get((path, RESOURCES), (None, []))) for path in digests)
        return {
            path: (digests[path], content[0])
            for path, content in loaded
            if content[0] and not content[1] and not any(d.is_unsettled for d in content[0])
        }

    def _read_kustomization(self, directory: str) -> tuple[Kustomization | None, list[Diagnostic]]:
        loaded = [(path, self._load(path, CONFIG)) for path in self._candidates(directory)]
        found = [(path, content) for path, content in loaded if content[0] is not None]
        if not found:
            return None, self._misnamed(directory)
        path, (documents, findings) = found[0]
        if all(any(finding.code == "PS102" for finding in content[1]) for _, content in found):
            return None, list(findings)  # in a folder that cannot be entered, all of them seem to be there
        # Kustomize refuses to choose, whatever is in the files.
        if len(found) > 1:
            names = " and ".join(posixpath.basename(p) for p, _ in found)
            message = f"this directory has more than one kustomization file: {names}"
            return None, [Diagnostic("PS114", "error", message, Origin(path), hint="keep one of them")]
        if any(f.severity == "error" for f in findings):
            return None, list(findings)
        kustomization, more = _kustomization_of(directory, path, documents or [])
        return kustomization, [*findings, *more]

    def _misnamed(self, directory: str) -> list[Diagnostic]:
        """Return the finding for a kustomization file under a name that Kustomize does not read, if there is one."""
        for name in MISNAMED:
            path = posixpath.normpath(posixpath.join(directory, name))
            self._see("read", path)
            if self._is_there(path):
                return [misnamed(path)]
        return []

    def has(self, path: str) -> bool:
        """Return whether a file or directory exists, and record the looks."""
        return self.is_there(path) or self.is_dir(path)

    def is_there(self, path: str) -> bool:
        """Return whether a file exists, and record the look."""
        self._see("read", path)
        return self._is_there(path)

    def _is_there(self, path: str) -> bool:
        try:
            return self._content(path) is not None
        except Unreadable:
            return False

    def _candidates(self, directory: str) -> list[str]:
        found = self._named.get(directory)
        if found is None:
            found = [posixpath.normpath(posixpath.join(directory, name)) for name in FILE_NAMES]
            self._named[directory] = found
        return found


def _kustomization_of(
    directory: str, path: str, documents: Sequence[Document]
) -> tuple[Kustomization, list[Diagnostic]]:
    """Return the kustomization in the documents of a file. A file without documents is an empty kustomization."""
    body, origin = (documents[0].body, documents[0].origin) if documents else ({}, Origin(path))
    fields, findings = check_fields(body, origin)
    if len(documents) > 1:
        message = "only the first document of a kustomization counts; this one is ignored"
        findings.append(Diagnostic("PS107", "warning", message, documents[1].origin))
    return Kustomization(directory, origin, fields, size=documents[0].size if documents else 0), findings


class _Seen:
    """`sources.Files` of a project: files that a chart reads are read once, and recorded as looks."""

    def __init__(self, project: Project) -> None:
        self.read = project.text
        self.real = project.real
        self.is_dir = project.is_dir
        self.walk, self.links, self.unlisted = project.walk, project.links, project.files.unlisted
        self.blob = project.files.blob


KUSTOMIZATIONS = "kustomizations"
"""The kind of a look at which files below a directory are named like a kustomization."""


def kustomizations_in(paths: Iterable[str]) -> list[str]:
    """Return the paths whose files are named like a kustomization, in any letter case."""
    return [path for path in paths if name_of(path).lower() in _LOWER]


_LOWER = frozenset(name.lower() for name in FILE_NAMES)


def misnamed(path: str) -> Diagnostic:
    """Return the finding for a kustomization file that Kustomize does not read because of its name."""
    message = f"Kustomize reads no file of the name {posixpath.basename(path)}"
    return Diagnostic("PS150", "error", message, Origin(path), hint="rename it to kustomization.yaml")


def _only_local(where: Origin) -> tuple[None, list[Diagnostic]]:
    return None, [Diagnostic("PS130", "error", "this is remote, and only local files are read here", where)]


def _nothing(paths: Iterable[str]) -> None:
    """Do nothing: the default for sources that have no quicker way to read many files."""


def _unknown(path: str, dialect: Dialect, data: bytes) -> None:
    """Know no documents: the default for sources without another state beside them."""


def _no_digest(path: str) -> str:
    return ""


def _inside(origin: Origin, where: Origin) -> Origin:
    return where.below(Embedded(origin.doc), *origin.at)


def _finding_inside(finding: Diagnostic, where: Origin) -> Diagnostic:
    """Return a finding about an inline text as one about the place of that text, with the line counted from its
    start.
    """
    if isinstance(finding.where, Origin):
        return finding._replace(where=_inside(finding.where, where))
    line = finding.where.line
    return finding._replace(
        where=where.below(Embedded(max(line - 1, 0))), message=f"{finding.message} (line {line} of this text)"
    )
