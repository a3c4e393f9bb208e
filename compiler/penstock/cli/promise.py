"""The tree that hydration will give to the branch of each environment: what a review shows is what the branch gets."""

import os
from collections.abc import Iterable, Sequence, Set
from functools import partial

from penstock.changes import Difference, Promise
from penstock.cli.sides import Opened
from penstock.cli.streams import Streams
from penstock.cli.version import engine
from penstock.emit.git import hydrate
from penstock.emit.source import read_source
from penstock.emit.steps import Outcome, Request
from penstock.emit.tips import Remote, remote_of
from penstock.git import Git, public
from penstock.model import Environment
from penstock.parse.project import Project
from penstock.report.text import count


def with_trees(found: Difference, git: Git, after: Opened, streams: Streams, *, everything: bool) -> Difference:
    """Return the difference with the tree of each branch.

    Unless `everything` is set, an environment is left out if a target would have to be compiled that the change does
    not reach, or if the clone has no rendered branch at all, so that nobody knows what lies on them.
    """
    promises = promises_of(git, after, streams, everything=everything)
    return found._replace(
        environments=tuple(each._replace(promise=promises.get(each.name, Promise())) for each in found.environments)
    )


def promises_of(git: Git, after: Opened, streams: Streams, *, everything: bool) -> dict[str, Promise]:
    """Return the tree that hydration of a commit gives to each environment, as far as there are no errors."""
    run = after.side.run
    known, _ = run.everything()
    wanted = [each for each in run.environments(known) if everything or _is_known(each, after)]
    unseen = frozenset[str]() if everything else _unseen(git, wanted, streams)
    promises: dict[str, Promise] = {}
    for repository, environments in _by_repository(each for each in wanted if each.name not in unseen).items():
        for environment, outcome in _outcomes(git, after, streams, repository, environments):
            if outcome.tree and (outcome.before or not repository):
                promises[environment.name] = _promise(environment, outcome, after.commit)
    return promises


def _by_repository(environments: Iterable[Environment]) -> dict[str, list[Environment]]:
    found: dict[str, list[Environment]] = {}
    for each in environments:
        found.setdefault(each.destination.repository, []).append(each)
    return found


def _unseen(git: Git, environments: Sequence[Environment], streams: Streams) -> Set[str]:
    """Return the environments of this repository of whose branches the clone knows nothing.

    A clone of one branch, as jobs of CI have it, does not know whether the remote has them, nor which files of others
    lie on them. If the clone has a rendered branch, it was made with all branches, and those that it lacks are new.
    """
    ours = [each for each in environments if not each.destination.repository]
    if not ours or not _is_of_few_branches(git):
        return frozenset()
    seen = _seen(git, ours)
    if any(not each.destination.folder for each in seen):
        return frozenset()
    unseen = [each.name for each in ours if each not in seen]
    if unseen:
        _say_unseen(len(unseen), streams)
    return frozenset(unseen)


def _say_unseen(number: int, streams: Streams) -> None:
    what = f"the trees of {count(number, 'environment')} are left out"
    how = f"`git fetch {Remote().name} '+refs/heads/*:refs/remotes/{Remote().name}/*'` brings those of the remote"
    print(f"{what}: this clone has none of their branches; {how}", file=streams.err)


def _seen(git: Git, environments: Sequence[Environment]) -> Set[Environment]:
    """Return the environments of which the clone has a branch."""
    refs = {
        f"{place}/{branch}": each
        for each in environments
        for branch in (each.written, each.branch)
        for place in ("refs/heads", f"refs/remotes/{Remote().name}")
    }
    listed = os.fsdecode(git.run("for-each-ref", "--format=%(refname)", "--", *sorted(refs))).splitlines()
    return {refs[ref] for ref in listed if ref in refs}


def _is_of_few_branches(git: Git) -> bool:
    """Return whether a clone may have been made without some branches of its remote. That shallow ones have all of
    them is rare, and nothing in them says so.
    """
    told = git.ask("config", "--get-all", f"remote.{Remote().name}.fetch").out.decode("utf-8", "replace").split("\n")
    if not any(told):
        return False
    is_shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
    return is_shallow or not any(each.removeprefix("+").startswith("refs/heads/*:") for each in told)


def _outcomes(
    git: Git, after: Opened, streams: Streams, repository: str, environments: Sequence[Environment]
) -> list[tuple[Environment, Outcome]]:
    """Return the outcomes of hydrating the environments of one repository, based on the local state of its branches."""
    run = after.side.run
    rendered = [run.rendering(each, each.targets) for each in environments]
    renderings = [each.rendering for each in rendered if each.rendering is not None]
    remote = remote_of(repository, push=False) if repository else Remote()
    names_commit = any(each.destination.layout == "argocd" for each in environments)
    address = address_of(git, run.project, Remote().name) if names_commit else ""
    request = Request(partial(engine, streams), remote, dry_run=True, allow_older=True, address=address)
    outcomes, _ = hydrate(git, read_source(git, after.commit), renderings, request)
    by_name = {outcome.environment: outcome for outcome in outcomes}
    return [(each, by_name[each.name]) for each in environments if each.name in by_name]


def _promise(environment: Environment, outcome: Outcome, commit: str) -> Promise:
    """Return the promise of a tree. For a folder, it is the folder's tree, because the rest of the branch belongs to
    others.

    Metadata of Argo CD name the commit, so the promise names it, too: a merge makes another commit.
    """
    written = environment.destination
    is_of_commit = written.layout == "argocd"
    return Promise(
        outcome.part if written.folder else outcome.tree,
        outcome.branch,
        written.folder,
        public(written.repository),
        commit if is_of_commit else "",
    )


def address_of(git: Git, project: Project, remote: str) -> str:
    """Return the address of the sources for readers of the rendered files: that of penstock.yaml, or else of the
    remote.
    """
    config, _ = project.config()
    if config is not None and config.repository:
        return config.repository[0]
    told = git.ask("remote", "get-url", "--", remote)
    return public(os.fsdecode(told.out).strip()) if told.status == 0 else ""


def _is_known(environment: Environment, after: Opened) -> bool:
    return all(map(after.side.run.is_at_hand, environment.targets))
