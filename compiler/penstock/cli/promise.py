"""The tree that hydration will give to the branch of each environment: what a review shows is what the branch gets."""

import os
from collections.abc import Sequence
from functools import partial

from penstock.changes import Difference, Promise
from penstock.cli.sides import Opened
from penstock.cli.streams import Streams
from penstock.cli.version import engine
from penstock.emit.git import Outcome, Request, hydrate
from penstock.emit.source import read_source
from penstock.emit.tips import Remote, remote_of
from penstock.git import Git, public
from penstock.model import Environment
from penstock.parse.project import Project


def with_trees(found: Difference, git: Git, after: Opened, streams: Streams, *, everything: bool) -> Difference:
    """Return the difference with the tree of each branch.

    Unless `everything` is set, an environment is left out if a target would have to be compiled that the change does
    not reach.
    """
    promises = promises_of(git, after, streams, everything=everything)
    return found._replace(
        environments=tuple(each._replace(promise=promises.get(each.name, Promise())) for each in found.environments)
    )


def promises_of(git: Git, after: Opened, streams: Streams, *, everything: bool) -> dict[str, Promise]:
    """Return the tree that hydration of a commit gives to each environment, as far as there are no errors."""
    run = after.side.run
    known, _ = run.everything()
    by_repository: dict[str, list[Environment]] = {}
    for each in run.environments(known):
        if everything or _is_known(each, after):
            by_repository.setdefault(each.destination.repository, []).append(each)
    promises: dict[str, Promise] = {}
    for repository, environments in by_repository.items():
        for environment, outcome in _outcomes(git, after, streams, repository, environments):
            if outcome.tree and (outcome.before or not repository):
                promises[environment.name] = _promise(environment, outcome, after.commit)
    return promises


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
    return all(after.side.run.result(target) is not None for target in environment.targets)
