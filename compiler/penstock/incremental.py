"""The path of `pipeline.py` for sources that were compiled before: proven results are not computed again.

ledgers of earlier runs, verified  +  what has changed, compiled  →  what branches are to hold, and a new ledger
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.closures import Answers, Look
from penstock.definitions.scan import FILES as SCANNED
from penstock.definitions.scan import may_define
from penstock.emit.branch import Rendering, blob_id
from penstock.emit.names import Files as BranchFiles
from penstock.emit.names import check_apart, place
from penstock.findings import NOT_RENDERED
from penstock.graph.homes import may_clash
from penstock.ledger import Discovered, Draft, Known, Ledger, Scan, Settled, excluded
from penstock.model import Blame, Diagnostic, Environment, Resource, ResourceId, Target, has_errors
from penstock.parse.project import Project
from penstock.pipeline import blames, build_target
from penstock.records import NamedTuple
from penstock.resolve.options import Options
from penstock.sources import Files
from penstock.targets.listings import listed
from penstock.targets.repository import destinations_of, environments, everything, named_environments, unlocked_makers

SCAN = Scan(SCANNED, may_define)


class Rendered(NamedTuple):
    """The content for the branch of an environment. `rendering` is None if a finding is an error.

    `failed` says what keeps targets of the environment from being compiled, as in `Compiled`. `reused` is the number of
    targets that were not compiled because an earlier result is proven to hold.
    """

    rendering: Rendering | None
    diagnostics: list[Diagnostic]
    failed: frozenset[Blame]
    reused: int = 0


class Output(NamedTuple):
    """The result of compiling one target. `objects` are those of `Settled`."""

    resources: list[Resource]
    files: BranchFiles
    objects: tuple[tuple[ResourceId, str], ...]
    findings: list[Diagnostic]
    failed: frozenset[Blame]
    is_fit: bool = True
    """Whether all resources could be printed without a finding."""


def known_of(ledgers: Iterable[Ledger], files: Files, answers: Answers, *, exact: bool) -> Known:
    """Return what earlier ledgers say about some files."""
    return Known(ledgers, files, answers, SCAN, exact=exact)


def answers_of(files: Files) -> Answers:
    """Return the answers for some files."""
    return Answers(files, listed)


class Way(NamedTuple):
    """The way in which targets are compiled and printed. `algorithm` is that of the repository's ids."""

    options: Options
    algorithm: str = "sha1"
    allow_secrets: bool = False


class _Results(NamedTuple):
    """The results for the targets of an environment: new outputs, earlier results that still hold, and the findings."""

    outputs: dict[Target, Output]
    reused: dict[Target, tuple[int, Settled]]
    findings: list[Diagnostic]


class Incremental:
    """One run over a state of the sources, which uses the results of earlier runs."""

    def __init__(self, project: Project, known: Known, answers: Answers, way: Way) -> None:
        self.project = project
        self._known = known
        self.answers = answers
        """What looks at the sources give."""
        self._way = way
        self.beside: Incremental | None = None
        """The run over another state of the sources in the same way, which may have compiled the same resources."""
        self.is_kept = True
        """Whether a later run may ask for the results of this one."""
        self._draft = Draft()
        self._outputs: dict[Target, Output] = {}
        self._built: set[Target] = set()
        self._looks: dict[Target, list[Look]] = {}
        self._are_unbuilt = False
        self._whole: tuple[tuple[int, bool, int], Ledger] | None = None
        self.compiled = 0
        """How many targets were compiled."""
        self.has_discovered = False
        """Whether the targets had to be found anew."""

    def everything(self) -> tuple[list[Target], list[Diagnostic]]:
        """Return all targets of the repository, like `repository.everything`."""
        known = self._known.discovered()
        if known is not None and self._is_enough(known[1]):
            found = known[1]
            self._are_unbuilt = found.by_definitions
            self.project.targets = [*found.targets], [*found.findings]
            return self.project.targets
        targets, findings = everything(self.project)
        self.has_discovered = True
        if not has_errors(findings) and not self.is_passing:
            self._note_discovery(targets, findings)
        return targets, findings

    @property
    def is_passing(self) -> bool:
        """Whether what discovery rests on is of no use: nobody asks for it later, and two states whose targets are made
        by definitions are compared by what the definitions come to.
        """
        return bool(self.project.made) and not self.is_kept

    def discovered_files(self) -> set[str]:
        """Return the files that discovery has read, in this run or in the earlier one that still holds."""
        if self.has_discovered:
            return {path for how, path in self.project.discovery if how == "read"}
        known = self._known.discovered()
        if known is None:
            return set()
        looks = self._known.ledgers[known[0]].looks
        return {path for how, path in (looks[at][0] for at in known[1].closure) if how == "read"}

    def _is_enough(self, found: Discovered) -> bool:
        """Return whether targets can be compiled without discovery, which also builds the targets of definitions."""
        return not found.by_definitions or all(self._known.settled(target) for target in found.targets)

    def _note_discovery(self, targets: Sequence[Target], findings: Sequence[Diagnostic]) -> None:
        looks = self.project.discovery
        extra = excluded(looks, self.project.files.walk("."), SCANNED)
        closure = self._draft.number(self.answers.closure((*looks, *extra)).items())
        by_definitions = bool(self.project.made)
        destinations = destinations_of(self.project)
        named = tuple(sorted(named_environments(self.project, targets)))
        found = Discovered(
            closure,
            tuple(targets),
            tuple(map(self._lasting, findings)),
            by_definitions,
            destinations,
            named,
            unlocked_makers(self.project),
        )
        self._draft.discover(found)

    def ledger(self) -> Ledger | None:
        """Return what is known after this run, or None if that is no more than before."""
        before = self._known.exact
        is_enough = before is not None and self._adds_nothing_to(before)
        if before is not None and is_enough and self._draft.branches.items() <= before.branches.items():
            return None
        return self.whole_ledger()

    def _adds_nothing_to(self, exact: Ledger) -> bool:
        """Return whether the ledger of the very same sources has all results of this run. A target that it has is
        compiled again where more is needed than its result, such as the objects.
        """
        return not self.has_discovered and self._draft.settled.keys() <= exact.settled.keys()

    def whole_ledger(self) -> Ledger:
        """Return all that is now known of the sources."""
        extent = self.compiled, self.has_discovered, len(self._draft.branches)
        if self._whole is None or self._whole[0] != extent:
            self._whole = extent, self._whole_ledger()
        return self._whole[1]

    def _whole_ledger(self) -> Ledger:
        before = self._known.exact
        branches = {**(before.branches if before else {}), **self._draft.branches}
        if before is not None and self._adds_nothing_to(before):
            return before._replace(branches=branches)
        whole = self._begun()
        for target in self._targets():
            known = self._known.settled(target) if target not in whole.settled else None
            if known is not None:
                whole.settle(target, known[1], self._known.ledgers[known[0]].looks)
        whole.branches = branches
        return whole.finished()

    def _begun(self) -> Draft:
        """Return a ledger with the targets and the results of this run. It begins with the looks of the ledger that
        had the targets, since most other results come from there, too.
        """
        own = self._draft.finished()
        discovered = None if self.has_discovered else self._known.discovered()
        looks = own.looks if discovered is None else self._known.ledgers[discovered[0]].looks
        begun = Draft(looks)
        if discovered is not None:
            begun.discover(discovered[1], looks)
        elif own.discovered is not None:
            begun.discover(own.discovered, looks)
        for target, settled in own.settled.items():
            begun.settle(target, settled, own.looks)
        return begun

    def _targets(self) -> Iterable[Target]:
        """Return all targets as far as they are known. A run that compiled some targets may have asked for no list."""
        if self.project.targets is not None:
            return self.project.targets[0]
        known = self._known.discovered()
        return known[1].targets if known is not None else ()

    def result(self, target: Target) -> Settled | None:
        """Return the result of a target from this run or an earlier one; None if it would have to be compiled."""
        known = self._known.settled(target)
        return self._draft.settled.get(target) if known is None else known[1]

    def goes_on_from(self, other: "Incremental", targets: Iterable[Target]) -> bool:
        """Return whether this run knows of earlier runs what is known of another one's very sources, all targets and a
        result for each of these among it, and nothing of its own sources.
        """
        exact = other._known.exact
        if exact is None or exact.discovered is None or self._known.exact is not None:
            return False
        return all(target in exact.settled for target in targets)

    def has_from(self, other: "Incremental", target: Target) -> bool:
        """Return whether the result of a target is one that is known of another run's very sources. Then all that it
        rests on is the same in both.
        """
        known = self._known.settled(target)
        return known is not None and self._known.ledgers[known[0]] is other._known.exact

    def compile(self, target: Target) -> Output:
        """Compile a target, unless this run has done so, and return the output."""
        return self._output(target)

    def build(self, target: Target) -> Iterable[Look] | None:
        """Build a target without printing it. Return the looks that were taken, or None if it has errors."""
        self.build_definitions()
        with self.project.watched() as looks:
            _, findings = build_target(self.project, target, self._way.options)
        self._built.add(target)
        return None if has_errors(findings) else looks

    def is_at_hand(self, target: Target) -> bool:
        """Return whether the result of a target is known, or lacks nothing but to be printed."""
        return self.result(target) is not None or target in self._built or target in self.project.made

    def made(self, target: Target) -> Settled | None:
        """Return the result of a target, which is compiled if necessary; None if the outside world prevents that."""
        if self.result(target) is None:
            self.compile(target)
        return self.result(target)

    def looks(self, target: Target) -> list[Look]:
        """Return the looks that were taken for a target, if it was compiled now or earlier."""
        return self._looks.get(target) or self._known.looks(target)

    @property
    def is_anywhere(self) -> bool:
        """Whether all targets may read files from anywhere."""
        return self._way.options.anywhere

    def note_branch(self, environment: Environment, tree: str) -> None:
        """Record the tree of a branch that holds all targets of an environment."""
        self._draft.branches[_key(environment)] = tree

    def environments(self, found: Iterable[Target]) -> list[Environment]:
        """Return the environments to which targets belong, like `repository.environments`."""
        known = self._known.discovered()
        return environments(self.project, found, None if known is None else known[1].destinations)

    def named(self) -> frozenset[str]:
        """Return the environments that are named somewhere, and not only derived from the structure of the
        repository.
        """
        known = self._known.discovered()
        if known is not None:
            return frozenset(known[1].named)
        return frozenset(named_environments(self.project, self.project.targets[0] if self.project.targets else []))

    def unlocked(self) -> tuple[str, ...]:
        """Return the Applications of which it is not known what they make: that may be what others name."""
        known = self._known.discovered()
        return known[1].unlocked if known is not None else unlocked_makers(self.project)

    def rendering(self, environment: Environment, chosen: Sequence[Target]) -> Rendered:
        """Return the files of the chosen targets for the branch of their environment (parse → resolve → emit)."""
        outputs, reused, findings = self._results(environment, chosen)
        of_all = has_errors(findings)
        told: dict[Target, Sequence[Diagnostic]] = {target: known.findings for target, (_, known) in reused.items()}
        told |= {target: output.findings for target, output in outputs.items()}
        findings += [finding for target in chosen for finding in told[target]]
        failed = frozenset[Blame]().union(*(output.failed for output in outputs.values()))
        held = {target for target, output in outputs.items() if has_errors(output.findings)}
        # A branch that lacks the objects of a target would make a sync delete them.
        if of_all or (held and not self._is_partial(environment, len(chosen) - len(held))):
            return Rendered(None, findings, failed, len(reused))
        sound = {target: output for target, output in outputs.items() if target not in held}
        rendering = self._rendering(environment, sound, reused)._replace(held=frozenset(map(folder_of, held)))
        return Rendered(rendering, findings, failed, len(reused))

    def _results(self, environment: Environment, chosen: Sequence[Target]) -> _Results:
        """Return the results of the chosen targets: new ones, or those of an earlier run.

        If two targets may make the same object, all are compiled, because only their output shows whether the objects
        differ.
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
        """Return the findings about objects that two targets of an environment make differently."""
        from penstock.graph.environment import clashes  # few environments need it

        paths = [target.path for target in outputs]
        apart = clashes(paths, [output.resources for output in outputs.values()], (), paths)
        return self.project.withheld.hide([finding for _, finding in apart])

    def _is_partial(self, environment: Environment, sound: int) -> bool:
        """Return whether an environment is written although some of its targets have errors. `sound` is the number of
        targets without errors.
        """
        config, _ = self.project.config()
        entries = config.environments if config else ()
        return sound > 0 and any(entry.is_partial for entry in entries if entry.name == environment.name)

    def _rendering(
        self, environment: Environment, outputs: Mapping[Target, Output], reused: Mapping[Target, tuple[int, Settled]]
    ) -> Rendering:
        """Return the content for a branch: the files of the compiled targets, and the content ids of the other ones."""
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
        """Discover the targets again if that was skipped, because this builds the targets that definitions make."""
        if self._are_unbuilt:
            self._are_unbuilt = False
            self.project.targets = None
            everything(self.project)

    def _output(self, target: Target) -> Output:
        """Compile a target once, record its result, and return the output."""
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
        from penstock.emit.layout import files_of  # needed only to compile

        folder = folder_of(target)
        findings = findings if resources else list(map(_strict, findings))
        alike = self._printed_beside(target, resources)
        if alike is not None:
            return Output(resources, alike.files, alike.objects, findings, blames(findings))
        files, unfit = files_of(folder, resources, self._way.allow_secrets)
        unfit = self.project.withheld.hide(unfit)
        ids = {path: blob_id(data, self._way.algorithm) for path, data in files.items()}
        objects = tuple((each.id, ids.get(place(folder, each.id), "")) for each in resources)
        return Output(resources, files, objects, [*findings, *unfit], blames(findings), not unfit)

    def _printed_beside(self, target: Target, resources: Sequence[Resource]) -> Output | None:
        """Return what the run beside has printed for a target, if it has the very same resources and all were fit to be
        printed.
        """
        output = self.beside._outputs.get(target) if self.beside is not None else None
        if output is None or not output.is_fit or len(output.resources) != len(resources):
            return None
        return output if all(map(operator.is_, output.resources, resources)) else None

    def _settle(self, target: Target, output: Output, looks: Iterable[Look]) -> None:
        is_defined = target in self.project.made
        if is_defined:
            looks = [("read", path) for path in sorted(self.project.made[target].read)]
        self._looks[target] = list(looks)
        closure = self._draft.number(self.answers.closure(looks).items())
        findings = tuple(map(self._lasting, output.findings))
        self._draft.settle(target, Settled(closure, output.objects, findings, is_defined))

    def _lasting(self, finding: Diagnostic) -> Diagnostic:
        """Return the finding with places that a later run can tell. The output of a chart is not there then, so a place
        in it becomes the one in the template.
        """
        project = self.project
        if finding.where.path in project.produced:
            finding = finding._replace(where=project.place(finding.where))
        if any(where.path in project.produced for where, _ in finding.notes):
            finding = finding._replace(notes=tuple((project.place(where), text) for where, text in finding.notes))
        return finding


def _may_change(output: Output) -> bool:
    """Return whether the same sources may give another result the next time.

    This is so if the outside world is to blame, which may answer then, or the preceding targets, which may change.
    """
    return "world" in output.failed or any(finding.code == "PS180" for finding in output.findings)


def _arranged(layout: str) -> Callable[[str, BranchFiles], BranchFiles]:
    """Return a function that arranges the files of a target in a layout."""
    if layout == "argocd":
        from penstock.emit.argocd import in_one_file  # few branches have this layout

        return in_one_file
    return lambda folder, files: files


def _strict(finding: Diagnostic) -> Diagnostic:
    """Return the finding, as an error if objects are not rendered: a branch without them would say that they are to be
    deleted.
    """
    return finding._replace(severity="error") if finding.code == NOT_RENDERED else finding


def _key(environment: Environment) -> str:
    """Return the key for the tree of an environment's branch. It depends on the layout, which changes the tree of the
    same objects.
    """
    layout = environment.destination.layout
    return environment.name if layout == "objects" else f"{environment.name} as {layout}"


def folder_of(target: Target) -> str:
    """Return the folder of a target on the branch of its environment."""
    return target.folder or target.path
