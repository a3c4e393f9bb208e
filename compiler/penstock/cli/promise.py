"""The tree that hydration will give to the branch of each environment: what a review shows is what the branch gets."""

from functools import partial

from penstock.changes import Difference
from penstock.cli.sides import Opened
from penstock.cli.streams import Streams
from penstock.cli.version import engine
from penstock.emit.git import Request, hydrate
from penstock.emit.source import read_source
from penstock.emit.tips import Remote
from penstock.git_files import Git
from penstock.model import Environment


def with_trees(found: Difference, git: Git, after: Opened, streams: Streams, *, everything: bool) -> Difference:
    """The difference with the tree of each branch. Unless `everything` is asked for, environments are left out of which
    a target would have to be compiled that the change does not reach.
    """
    trees = trees_of(git, after, streams, everything=everything)
    return found._replace(
        environments=tuple(each._replace(tree=trees.get(each.name, "")) for each in found.environments)
    )


def trees_of(git: Git, after: Opened, streams: Streams, *, everything: bool) -> dict[str, str]:
    """The tree that hydration of a commit gives to each environment, as far as nothing is wrong there."""
    run = after.side.run
    known, _ = run.everything()
    told = filter(_is_told, run.environments(known))
    environments = [each for each in told if everything or _is_known(each, after)]
    rendered = [run.rendering(each, each.targets) for each in environments]
    renderings = [each.rendering for each in rendered if each.rendering is not None]
    request = Request(partial(engine, streams), Remote(), dry_run=True, allow_older=True)
    outcomes, _ = hydrate(git, read_source(git, after.commit), renderings, request)
    return {outcome.environment: outcome.tree for outcome in outcomes if outcome.tree}


def _is_told(environment: Environment) -> bool:
    """Whether the sources alone decide on the tree: metadata of Argo CD name the commit, which a merge makes anew; and
    the branch of another repository, or a folder beside the sources, has files of others in it.
    """
    written = environment.destination
    return written.layout == "objects" and not written.folder and not written.repository


def _is_known(environment: Environment, after: Opened) -> bool:
    return all(after.side.run.result(target) is not None for target in environment.targets)
