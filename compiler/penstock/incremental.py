"""The path of `pipeline.py` for sources that were compiled before: what is proven to be the same is not done again.

ledgers of earlier runs, verified  +  what has changed, compiled  →  what branches are to hold, and a new ledger
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from penstock.closures import Answers, Look
from penstock.definitions.scan import FILES as SCANNED
from penstock.definitions.scan import may_define
from penstock.emit.branch import Rendering, blob_id
from penstock.emit.names import Files as BranchFiles
from penstock.emit.names import check_apart, place
from penstock.findings import NOT_RENDERED
from penstock.graph.homes import may_clash
from penstock.ledger import Discovered, Draft, Known, Ledger, Scan, Settled, excluded
from penstock.model import Blame, Diagnostic, Environment, Files, Resource, ResourceId, Target, has_errors
from penstock.parse.project import Project, kustomizations_in
from penstock.pipeline import blames, build_target
from penstock.records import NamedTuple
from penstock.resolve.options import Options
from penstock.targets.repository import destinations_of, environments, everything, named_environments

SCAN = Scan(SCANNED, may_define)


class Rendered(NamedTuple):
    """What the branch of an environment is to hold; no `rendering` where a finding is an error.

    `failed` says what keeps targets of it from being compiled, as in `Compiled`. `reused` is how many targets were not
    compiled, since an earlier result is proven to hold.
    """

    rendering: Rendering | None
    diagnostics: list[Diagnostic]
    failed: frozenset[Blame]
    reused: int = 0


class Output(NamedTuple):
    """What one target was compiled to. `objects` are those of `Settled`."""

    resources: list[Resource]
    files: BranchFiles
    objects: tuple[tuple[ResourceId, str], ...]
    findings: list[Diagnostic]
    failed: frozenset[Blame]


def known_of(ledgers: Iterable[Ledger], files: Files, answers: Answers, *, exact: bool) -> Known:
    """What earlier ledgers say of some files."""
    return Known(ledgers, files, answers, SCAN, exact=exact)


def answers_of(
    files: Files, beside: Answers | None = None, touched: Callable[[], Set[str] | None] = lambda: None
) -> Answers:
    """What looks at some files give: by those of another state of them, as far as `touched` tells what differs."""
    return Answers(files, kustomizations_in, beside, touched)


class Way(NamedTuple):
    """How targets are compiled and printed. `algorithm` is that of the repository's ids."""

    options: Options
    algorithm: str = "sha1"
    allow_secrets: bool = False


class _Results(NamedTuple):
    """What targets of an environment come to: outputs, or results that hold still; and what is to say about them."""

    outputs: dict[Target, Output]
    reused: dict[Target, tuple[int, Settled]]
    findings: list[Diagnostic]


class Incremental:
    """One run over a state of the sources, with what earlier runs have found out."""

    def __init__(self, project: Project, known: Known, answers: Answers, way: Way) -> None:
        self.project = project
        self._known = known
        self.answers = answers
        """What looks at the sources give."""
        self._way = way
        self._draft = Draft()
        self._outputs: dict[Target, Output] = {}
        self._looks: dict[Target, list[Look]] = {}
        self._are_unbuilt = False
        self._whole: tuple[tuple[int, bool, int], Ledger] | None = None
        self.compiled = 0
        """How many targets were compiled."""
        self.has_discovered = False
        """Whether the targets had to be found anew."""

    def everything(self) -> tuple[list[Target], list[Diagnostic]]:
        """All targets of the repository, as `repository.everything`."""
        known = self._known.discovered()
        if known is not None and self._is_enough(known[1]):
            found = known[1]
            self._are_unbuilt = found.by_definitions
            self.project.targets = [*found.targets], [*found.findings]
            return self.project.targets
        targets, findings = everything(self.project)
        self.has_discovered = True
        if not has_errors(findings):
            self._note_discovery(targets, findings)
        return targets, findings

    def _is_enough(self, found: Discovered) -> bool:
        """Whether targets can be compiled without discovery: what definitions make is built by it."""
        return not found.by_definitions or all(self._known.settled(target) for target in found.targets)

    def _note_discovery(self, targets: Sequence[Target], findings: Sequence[Diagnostic]) -> None:
        looks = self.project.discovery
        extra = excluded(looks, self.project.files.walk("."), SCANNED)
        closure = self._draft.number(self.answers.closure((*looks, *extra)).items())
        by_definitions = bool(self.project.made)
        destinations = destinations_of(self.project)
        named = tuple(sorted(named_environments(self.project, targets)))
        self._draft.discover(Discovered(closure, tuple(targets), tuple(findings), by_definitions, destinations, named))

    def ledger(self) -> Ledger | None:
        """What is known after this run; None where that is no more than before."""
        before = self._known.exact
        branches = self._draft.branches
        if before is not None and not self.compiled and branches.items() <= before.branches.items():
            return None
        return self.whole_ledger()

    def whole_ledger(self) -> Ledger:
        """All that is known of the sources now."""
        extent = self.compiled, self.has_discovered, len(self._draft.branches)
        if self._whole is None or self._whole[0] != extent:
            self._whole = extent, self._whole_ledger()
        return self._whole[1]

    def _whole_ledger(self) -> Ledger:
        before = self._known.exact
        if before is not None and not self.compiled and not self.has_discovered:
            return before._replace(branches={**before.branches, **self._draft.branches})
        discovered = None if self.has_discovered else self._known.discovered()
        if discovered is not None:
            self._draft.discover(discovered[1], self._known.ledgers[discovered[0]].looks)
        ledger = self._draft.finished()
        for target in self.project.targets[0] if self.project.targets else ():
            known = self._known.settled(target) if target not in ledger.settled else None
            if known is not None:
                self._draft.settle(target, known[1], self._known.ledgers[known[0]].looks)
        self._draft.branches = {**(before.branches if before else {}), **ledger.branches}
        return self._draft.finished()

    def result(self, target: Target) -> Settled | None:
        """What a target came to, now or in an earlier run; None where it has to be compiled for that."""
        known = self._known.settled(target)
        return self._draft.settled.get(target) if known is None else known[1]

    def compile(self, target: Target) -> Output:
        """What a target comes to, compiled now."""
        return self._output(target)

    def made(self, target: Target) -> Settled | None:
        """What a target comes to, compiled now where that is not known; None where the world does not let it."""
        if self.result(target) is None:
            self.compile(target)
        return self.result(target)

    def looks(self, target: Target) -> list[Look]:
        """The looks that were taken for a target, as far as it was compiled now or earlier."""
        return self._looks.get(target) or self._known.looks(target)

    @property
    def is_anywhere(self) -> bool:
        """Whether all targets may read files from anywhere."""
        return self._way.options.anywhere

    def note_branch(self, environment: Environment, tree: str) -> None:
        """Note the tree of a branch on which all targets of an environment lie."""
        self._draft.branches[_key(environment)] = tree

    def environments(self, found: Iterable[Target]) -> list[Environment]:
        """The environments that targets go to, as `repository.environments`."""
        known = self._known.discovered()
        return environments(self.project, found, None if known is None else known[1].destinations)

    def named(self) -> frozenset[str]:
        """The environments that are named somewhere, and not only read from the structure of the repository."""
        known = self._known.discovered()
        if known is not None:
            return frozenset(known[1].named)
        return frozenset(named_environments(self.project, self.project.targets[0] if self.project.targets else []))

    def rendering(self, environment: Environment, chosen: Sequence[Target]) -> Rendered:
        """parse → resolve → emit: the files of the chosen targets on the branch of their environment."""
        outputs, reused, findings = self._results(environment, chosen)
        of_all = has_errors(findings)
        told: dict[Target, Sequence[Diagnostic]] = {target: known.findings for target, (_, known) in reused.items()}
        told |= {target: output.findings for target, output in outputs.items()}
        findings += [finding for target in chosen for finding in told[target]]
        failed = frozenset[Blame]().union(*(output.failed for output in outputs.values()))
        held = {target for target, output in outputs.items() if has_errors(output.findings)}
        if of_all or (held and not self._is_partial(environment, len(chosen) - len(held))):
            return Rendered(None, findings, failed, len(reused))
        sound = {target: output for target, output in outputs.items() if target not in held}
        rendering = self._rendering(environment, sound, reused)._replace(held=frozenset(map(folder_of, held)))
        return Rendered(rendering, findings, failed, len(reused))

    def _results(self, environment: Environment, chosen: Sequence[Target]) -> _Results:
        """What the chosen targets come to: compiled, or as an earlier run has it. Where two of them may make the same
        object, all are compiled, since only that tells whether they differ.
        """
        findings = check_apart(environment.targets)
        known = {target: self._known.settled(target) for target in chosen}
        reused = {target: each for target, each in known.items() if each is not None and each[1].is_sound}
        outputs = {target: self._output(target) for target in chosen if target not in reused}
        if may_clash((*(each.objects for _, each in reused.values()), *(each.objects for each in outputs.values()))):
            outputs = {target: self._output(target) for target in chosen}
            return _Results(outputs, {}, [*findings, *self._clashes(outputs)])
        return _Results(outputs, reused, [*findings])

    def _clashes(self, outputs: Mapping[Target, Output]) -> list[Diagnostic]:
        """What is to say of objects that two targets of an environment make differently."""
        from penstock.graph.environment import clashes  # few environments need it

        paths = [target.path for target in outputs]
        apart = clashes(paths, (output.resources for output in outputs.values()), "error")
        return self.project.withheld.hide([finding for _, finding in apart])

    def _is_partial(self, environment: Environment, sound: int) -> bool:
        """Whether some targets of an environment are written though others have errors; `sound` is how many do not."""
        config, _ = self.project.config()
        entries = config.environments if config else ()
        return sound > 0 and any(entry.is_partial for entry in entries if entry.name == environment.name)

    def _rendering(
        self, environment: Environment, outputs: Mapping[Target, Output], reused: Mapping[Target, tuple[int, Settled]]
    ) -> Rendering:
        """What a branch is to hold: the files of what was compiled, and the ids of those of the other targets."""
        folders = {folder_of(target): target for target in reused}
        written = environment.destination
        arranged = _arranged(written.layout)
        return Rendering(
            environment.name,
            environment.written,
            {folder_of(target): arranged(folder_of(target), output.files) for target, output in outputs.items()},
            frozenset(map(folder_of, environment.targets)),
            {folder_of(target): settled.objects for target, (_, settled) in reused.items()},
            self._known.branch(_key(environment), (number for number, _ in reused.values())),
            lambda folder: arranged(folder, self._output(folders[folder]).files),
            folder=written.folder,
            layout=written.layout,
            active=environment.branch if written.proposed else "",
        )

    def build_definitions(self) -> None:
        """Have the project know what definitions make: that is built by finding it, which may not have been needed."""
        if self._are_unbuilt:
            self._are_unbuilt = False
            self.project.targets = None
            everything(self.project)

    def _output(self, target: Target) -> Output:
        """What a target is compiled to; what comes of it is noted."""
        self.build_definitions()
        if target not in self._outputs:
            self.compiled += 1
            with self.project.watched() as looks:
                resources, findings = build_target(self.project, target, self._way.options)
            output = self._printed(target, resources, findings)
            self._outputs[target] = output
            if not _may_change(output):
                self._settle(target, output, looks)
        return self._outputs[target]

    def _printed(self, target: Target, resources: list[Resource], findings: list[Diagnostic]) -> Output:
        from penstock.emit.layout import files_of  # only where something is compiled

        folder = folder_of(target)
        files, unfit = files_of(folder, resources, self._way.allow_secrets)
        findings = findings if resources else list(map(_strict, findings))
        unfit = self.project.withheld.hide(unfit)
        ids = {path: blob_id(data, self._way.algorithm) for path, data in files.items()}
        objects = tuple((each.id, ids.get(place(folder, each.id), "")) for each in resources)
        return Output(resources, files, objects, [*findings, *unfit], blames(findings))

    def _settle(self, target: Target, output: Output, looks: Iterable[Look]) -> None:
        is_defined = target in self.project.made
        if is_defined:
            looks = [("read", path) for path in sorted(self.project.made[target].read)]
        self._looks[target] = list(looks)
        closure = self._draft.number(self.answers.closure(looks).items())
        self._draft.settle(target, Settled(closure, output.objects, tuple(output.findings), is_defined))


def _may_change(output: Output) -> bool:
    """Whether the same sources may come to something else the next time: where the world is to blame, which may answer
    then, or the targets before it, which may be others.
    """
    return "world" in output.failed or any(finding.code == "PS180" for finding in output.findings)


def _arranged(layout: str) -> Callable[[str, BranchFiles], BranchFiles]:
    """What makes the files of a target those of a layout."""
    if layout == "argocd":
        from penstock.emit.argocd import in_one_file  # few branches are laid out so

        return in_one_file
    return lambda folder, files: files


def _strict(finding: Diagnostic) -> Diagnostic:
    """What is not rendered is an error to `hydrate`: a branch without it would say that it is to be deleted."""
    return finding._replace(severity="error") if finding.code == NOT_RENDERED else finding


def _key(environment: Environment) -> str:
    """By what the tree of an environment's branch is known: another layout makes another tree of the same objects."""
    layout = environment.destination.layout
    return environment.name if layout == "objects" else f"{environment.name} as {layout}"


def folder_of(target: Target) -> str:
    """Where a target lies on the branch of its environment."""
    return target.folder or target.path
