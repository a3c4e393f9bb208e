"""What words mean to the commands that read rendered branches: an environment, or only some of its targets.

The name of an environment is enough to find its branch. Any other word is looked up in the sources, as the commands
that compile do it: a target such as `prod/shop`, or a directory.
"""

import os
import posixpath
from collections.abc import Collection, Iterable, Sequence

from penstock.cli.rendered import refs_of, remote_of
from penstock.cli.streams import Streams
from penstock.errors import NothingHere, Refusal
from penstock.git import Git
from penstock.model import Target
from penstock.records import NamedTuple
from penstock.words import one_of, printable


class Scope(NamedTuple):
    """An environment, and the folders of those targets that are meant; without any, the whole environment is.

    `word` is what people call it: the name of the environment, or the words of the command line.
    """

    environment: str
    word: str
    folders: frozenset[str] = frozenset()


def scopes(words: Sequence[str], known: Collection[str], streams: Streams) -> list[Scope]:
    """Return what words mean, one scope for each environment. `known` are the environments of penstock.yaml.

    Raises `Refusal` for a word that means nothing, or parts of several environments.
    """
    found: dict[str, Scope] = {}
    for word in words:
        scope = _scope_of(word, known, streams)
        found[scope.environment] = _joined(found.get(scope.environment, scope), scope)
    return list(found.values())


def _joined(first: Scope, second: Scope) -> Scope:
    """Return both scopes of one environment together. The whole of it contains every part."""
    if first == second:
        return first
    if not (first.folders and second.folders):
        return Scope(first.environment, first.environment)
    return Scope(first.environment, f"{first.word}, {second.word}", first.folders | second.folders)


def _scope_of(word: str, known: Collection[str], streams: Streams) -> Scope:
    if word in known or not _may_be_other(word, streams) or _has_branch(word, streams):
        return Scope(word, word)
    targets = _targets(word, streams)
    environment = _environment_of(word, targets)
    if word == environment:
        return Scope(word, word)
    members = [target for target in targets if target.environment]
    name = members[0].name if len(members) == 1 else f"{environment} ({word})"
    return Scope(environment, name, frozenset(target.folder or target.path for target in members))


def _environment_of(word: str, targets: Iterable[Target]) -> str:
    """Return the environment of some targets. Raises `Refusal` if it is open, or if there are several."""
    environments = sorted({target.environment for target in targets} - {""})
    if not environments:
        raise Refusal(printable(f"the environment of {word} is open; `penstock targets {word}` proposes one"))
    if len(environments) > 1:
        names = one_of(environments)
        raise Refusal(printable(f"{word} has targets of {len(environments)} environments ({names}): name one of them"))
    return environments[0]


def _may_be_other(word: str, streams: Streams) -> bool:
    """Return whether a word may be the name of a target, or a directory."""
    return "/" in word or word.startswith(".") or os.path.isdir(os.path.join(streams.cwd, word))


def _has_branch(word: str, streams: Streams) -> bool:
    """Return whether there is a branch with the usual name for an environment."""
    git = Git(streams.cwd, streams.environ)
    refs = refs_of(f"rendered/{word}", remote_of(git, f"rendered/{word}"))
    # A word that is no name of a branch, such as `./prod`, matches none.
    return any(git.ask("show-ref", "--verify", "--quiet", "--", ref).status == 0 for ref in refs)


def _targets(word: str, streams: Streams) -> list[Target]:
    """Return the targets with a name, or below a directory. Raises `Refusal` if there is none."""
    from penstock.cli.workspace import open_workspace  # the name of an environment needs no sources

    try:
        return open_workspace(streams, offline=True).everything([word])[0]
    except NothingHere as nothing:
        raise Refusal(printable(f"there is no environment or target {word}: {nothing}")) from None


def below(folders: Iterable[str], folder: str) -> list[str]:
    """Return folders of targets on a branch. They may be named with or without the folder that holds the
    environment.
    """
    return [_below(posixpath.normpath(each), folder) for each in folders]


def _below(target: str, folder: str) -> str:
    is_inside = not folder or f"{target}/".startswith(f"{folder}/")
    return target if is_inside else posixpath.normpath(posixpath.join(folder, target))


def refuse_part(scope: Scope, command: str) -> None:
    """Raise `Refusal` if a command that is about a whole environment gets only a part of one."""
    if scope.folders:
        what = f"`penstock {command}` is about a whole environment"
        raise Refusal(printable(f"{scope.word} is only a part of {scope.environment}, and {what}"))
