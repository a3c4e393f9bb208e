"""`penstock set image NAME=REF ...`: bring environments to another image, by the line that decides on it.

NAME is the name of an image without tag and digest, or the name that an entry of `images:` replaces; REF a tag
(`1.5`), a digest (`sha256:…`) or a whole reference. For each use of the image the line is found that sets it: an entry
of `images:`, a patch, a value of a chart, a parameter or variable of a definition, or a field of a manifest. That line
is changed, and no other. Where it decides for an environment that was not asked for, nothing is changed; nor where
nothing uses one of several images.

With --commit, the change is committed on the current branch. With --push, it is made on the newest commit of that
branch on the remote and pushed; if somebody was faster, it is made again on theirs. The work tree stays as it is then.

Exit status: 0 changed, or as it should be already; 1 nothing uses an image; 2 wrong usage, or not one line's to say;
3 a target does not compile; 4 git or the remote refuses.
"""

import argparse
import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import Overlaid
from penstock.cli.pushing import Branch, push_change
from penstock.cli.remotes import opener
from penstock.cli.sources import add_source_options, options_of
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.cli.workspace import open_workspace
from penstock.cli.written import replace
from penstock.files import real_path
from penstock.findings import left_out
from penstock.git import Git
from penstock.git_files import GitCommit
from penstock.image_edits import edited, edits_for, entry_of, others, read_wish, said, wanted
from penstock.images import Image, Use, read_image, uses_of
from penstock.model import Origin, Pos, Refusal, Target
from penstock.parse.project import Project
from penstock.pipeline import blames, build_target, open_project
from penstock.records import NamedTuple
from penstock.report.text import count, text
from penstock.resolve.options import Options
from penstock.targets.repository import everything
from penstock.words import did_you_mean, one_of, quoted


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    pairs = dict(_pair(word) for word in arguments.images)
    message = arguments.message or f"Set {', '.join(f'{name} to {reference}' for name, reference in pairs.items())}"
    if arguments.push:
        return _push(pairs, arguments, message, streams)
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline)
    options = options_of(arguments, workspace.streams)
    change = change_of(workspace.project, pairs, arguments.environment, options)
    if change.unused:
        return _say_unused(change, arguments.environment, streams)
    top = workspace.streams.cwd
    git = Git(top, streams.environ)
    if arguments.commit and change.files:
        _check_commit(git, change.files)
    for path, data in change.files.items():
        _write(top, path, data)
    _say(change, streams)
    if arguments.commit and change.files:
        git.run("commit", "--quiet", "--message", message, "--only", "--", *_literal(change.files))
        print(f"committed {git.run('rev-parse', '--short', 'HEAD').decode().strip()}", file=streams.out)
    return CLEAN


def _literal(paths: Iterable[str]) -> list[str]:
    """Return paths as git takes them literally: a name may look like a pathspec."""
    return [f":(literal){path}" for path in paths]


def _check_commit(git: Git, paths: Collection[str]) -> None:
    """Raise `Refusal` if git would not commit these files: without a repository or an author, or because it does not
    know one of them. They are not changed then.
    """
    known = os.fsdecode(git.run("ls-files", "-z", "--", *_literal(paths))).split("\0")
    for path in sorted(set(paths) - {*known}):
        raise Refusal(f"{path} is not in git yet, so it cannot be committed: `git add` it first", 4)
    git.run("var", "GIT_COMMITTER_IDENT")


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("set", streams, __doc__ or "")
    parser.add_argument("what", metavar="image", choices=("image",), help="what to set")
    parser.add_argument("images", metavar="NAME=REF", nargs="+", help="the name of an image, and what it is to be")
    parser.add_argument("--environment", metavar="ENV", action="append", help="only this environment (may be repeated)")
    parser.add_argument("--commit", action="store_true", help="commit the change on the current branch")
    parser.add_argument("--push", action="store_true", help="make the change on the remote's branch, and push it")
    parser.add_argument("--remote", metavar="NAME", default="origin", help="the remote to push to (default: origin)")
    parser.add_argument("--branch", metavar="NAME", default="", help="with --push: another branch than the current one")
    parser.add_argument("--message", metavar="TEXT", default="", help="the message of the commit")
    add_source_options(parser, programs=False)
    return parser.parse_args(argv)


def _pair(word: str) -> tuple[str, str]:
    wish = read_wish(word)
    if wish is None:
        raise Refusal(f"{word}: NAME=REF is needed, such as registry.example.com/shop=1.5")
    return wish


class Change(NamedTuple):
    """The uses of images that are to change, each changed line as it was and as it will be, and the resulting files.

    `broken` are the targets that were asked for and do not compile. `unused` are the names of the command line that
    nothing uses that was asked for: there is no change then. `known` has the environments that use an image, by each
    of its names, and `left_out` says of which objects the images are not known.
    """

    uses: Sequence[Use]
    lines: Sequence[tuple[Pos, str, str]]
    files: Mapping[str, bytes]
    broken: Sequence[Target] = ()
    unused: Sequence[str] = ()
    known: Mapping[str, Set[str]] = MappingProxyType({})
    left_out: str = ""


def change_of(
    project: Project, pairs: Mapping[str, str], environments: Sequence[str] | None, options: Options
) -> Change:
    """Return the change by which environments use other images.

    Raises `Refusal` if penstock.yaml is wrong, if a target does not compile, or if a line to change affects more than
    was asked for.
    """
    targets, findings = everything(project)
    _check_config(project)
    _check_environments(targets, environments or ())
    found, broken = _all_uses(project, targets, options)
    failed = [target for target in broken if _is_asked(target, environments)]
    _check_broken(project, {target: broken[target] for target in failed}, pairs)
    uses = [(use, image) for use in found if (image := _wish(project, use, pairs))]
    chosen = [(use, image) for use, image in uses if _is_asked(use.target, environments)]
    known = _environments_of(project, found)
    unused = sorted(pairs.keys() - _environments_of(project, [use for use, _ in chosen]).keys())
    unknown = text(left_out(findings), project.place)
    if unused:
        return Change([], [], {}, failed, unused, known, unknown)
    for origin, shared in others([use for use, _ in uses], [use for use, _ in chosen]).items():
        raise Refusal(_decides_for_others(project, origin, shared, chosen))
    changed = [(use, image) for use, image in chosen if str(image) != use.image]
    edits = list(dict.fromkeys(edit for use, image in changed for edit in edits_for(project, use, image)))
    files = edited(project, edits)
    _check_readers(broken, files)
    _try_out(project, (uses, chosen), files, options)
    return Change([use for use, _ in chosen], [*said(project, edits)], files, failed, (), known, unknown)


def _check_config(project: Project) -> None:
    """Raise `Refusal` if penstock.yaml is wrong: it may decide which environments there are."""
    _, wrong = project.config()
    if wrong:
        raise Refusal(f"{project.place(wrong[0].where)}: {wrong[0].message}")


def _is_asked(target: Target, environments: Sequence[str] | None) -> bool:
    """Return whether a target is of one of the environments of the command line, or there are none."""
    return not environments or target.environment in environments


def _wish(project: Project, use: Use, pairs: Mapping[str, str]) -> Image | None:
    """Return the image that a use is to have, by its own name or by that which an entry of `images` replaces."""
    name = next((name for name in _names(project, use) if name in pairs), None)
    return None if name is None else wanted(use, pairs[name])


def _names(project: Project, use: Use) -> Iterator[str]:
    """Yield the names by which the image of a use may be called."""
    yield read_image(use.image).name
    yield (entry_of(project, use) or {}).get("name", "")


def _environments_of(project: Project, uses: Iterable[Use]) -> dict[str, set[str]]:
    """Return the environments with a use of an image, by each name of the image; a target without one by its path."""
    found: dict[str, set[str]] = {}
    for use in uses:
        for name in filter(None, _names(project, use)):
            found.setdefault(name, set()).add(use.target.environment or use.target.path)
    return found


def _decides_for_others(
    project: Project, origin: Origin, shared: Collection[str], chosen: Iterable[tuple[Use, Image]]
) -> str:
    use, image = next(each for each in chosen if each[0].origin == origin)
    order = f"`penstock edit set image {read_image(use.image).name}={image}`"
    where = f" in {use.target.path}" if use.target not in project.made else ""
    return f"{project.place(origin)}: this line decides for {one_of(shared)} too; {order}{where} adds an entry"


def _check_environments(targets: Iterable[Target], environments: Iterable[str]) -> None:
    names = sorted({target.environment for target in targets if target.environment})
    for name in environments:
        if name not in names:
            raise Refusal(f"there is no environment {name}; name {one_of(names)}")


def _check_readers(broken: Mapping[Target, Set[str]], files: Mapping[str, object]) -> None:
    """Raise `Refusal` if a target that does not compile reads a changed file: nobody knows what becomes of it."""
    for target, read in broken.items():
        if path := next((path for path in files if path in read), ""):
            name = target.name or target.path
            message = f"{path}: {name} reads this file, too, and does not compile; `penstock check` says why"
            raise Refusal(message, SOURCES)


def _check_broken(project: Project, broken: Mapping[Target, Set[str]], pairs: Mapping[str, str]) -> None:
    """Raise `Refusal` if a target that was asked for does not compile, and may use one of the images.

    It may if a file that it reads has the last part of the image's name.
    """
    words = [name.rpartition("/")[2].encode() for name in pairs]
    for target, read in broken.items():
        path = next((path for path in sorted(read) if _mentions(project, path, words)), "")
        if path:
            name = target.name or target.path
            message = f"{path}: {name} does not compile, and may use this image; `penstock check` says why"
            raise Refusal(message, SOURCES)


def _mentions(project: Project, path: str, words: Iterable[bytes]) -> bool:
    data = project.inside(path) or b""
    return any(word in data for word in words)


def _all_uses(
    project: Project, targets: Iterable[Target], options: Options
) -> tuple[list[Use], dict[Target, Set[str]]]:
    """Return the uses of images in all targets, and the targets that do not compile, with the files that they read."""
    uses: list[Use] = []
    broken: dict[Target, Set[str]] = {}
    for target in targets:
        with project.watched() as looks:
            resources, findings = build_target(project, target, options)
        if not blames(findings):
            uses += uses_of(target, resources)
        else:
            made = project.made.get(target)
            read = made.read if made is not None else frozenset[str]()
            broken[target] = read | {path for how, path in looks if how == "read"}
    return uses, broken


Wished = Sequence[tuple[Use, Image]]
"""Uses of images, each with the image that it is to have."""


def _try_out(project: Project, uses: tuple[Wished, Wished], files: Mapping[str, bytes], options: Options) -> None:
    """Compile with the changed lines. `uses` are all uses, and the chosen ones.

    Raises `Refusal` if a chosen use does not get its image, or if another use gets a different image.
    """
    every, chosen = uses
    texts = {path: data.decode("utf-8", "surrogateescape") for path, data in files.items()}
    trial = open_project(Overlaid(project.files, texts)) if texts else project
    if texts:
        everything(trial)
    asked = {use.target for use, _ in chosen}
    by_target: dict[Target, list[tuple[Use, Image]]] = {}
    for each in every if texts else chosen:
        by_target.setdefault(each[0].target, []).append(each)
    for target, wishes in by_target.items():
        built, _ = build_target(trial, target, options)
        images = {(use.resource.id, use.pointer): use.image for use in uses_of(target, built)}
        is_asked = target in asked
        for use, image in wishes:
            right = str(image) if is_asked else use.image
            if images.get((use.resource.id, use.pointer)) != right:
                raise Refusal(_not_to_be(project, use, right, is_asked))


def _not_to_be(project: Project, use: Use, image: str, is_asked: bool) -> str:
    where = project.place(use.origin)
    if is_asked:
        return f"{where}: with this line changed, {use.resource.id} does not come to {image}"
    name = use.target.name or use.target.path
    return f"{where}: what decides here decides for {name} too; give the environment a line of its own"


def _say(change: Change, streams: Streams) -> None:
    for target in change.broken:
        name = target.name or target.path
        print(f"penstock: {name} does not compile; no file that it reads has this image", file=streams.err)
    for place, before, after in change.lines:
        print(f"{place.path}:{place.line}: {before} → {after}", file=streams.out)
    if not change.lines:
        print(f"nothing to change: {count(len(change.uses), 'field')} with this image already", file=streams.out)


def _say_unused(change: Change, environments: Sequence[str] | None, streams: Streams) -> int:
    streams.err.write(change.left_out)
    for name in change.unused:
        print(f"penstock: {_unused(name, change.known, environments or ())}", file=streams.err)
    return FINDINGS


def _unused(name: str, known: Mapping[str, Set[str]], environments: Sequence[str]) -> str:
    """Return that nothing uses an image, and what may have been meant."""
    if name in known:
        return f"nothing in {one_of(environments)} uses {quoted(name)}; {one_of(sorted(known[name]))} does"
    meant = _meant(name, sorted(known))
    return f"nothing uses {quoted(name)}; {meant or '`penstock images` lists what is used'}"


def _meant(name: str, known: Sequence[str]) -> str:
    """Return the images that were probably meant: those of that name in a registry, or the nearest one."""
    longer = [each for each in known if each.endswith(f"/{name}")]
    return f"there is {one_of(longer)}" if longer else did_you_mean(name, known)


def _write(top: str, name: str, data: bytes) -> None:
    """Write a file of the repository. A symlink is followed only if it stays within the repository."""
    path = os.path.join(top, name)
    if os.path.commonpath((os.path.realpath(top), real_path(path))) != os.path.realpath(top):
        raise Refusal(f"cannot write {path}: it is a symlink that leads out of the repository", 4)
    try:
        replace(path, data)
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror}", 4) from None


def _push(pairs: Mapping[str, str], arguments: argparse.Namespace, message: str, streams: Streams) -> int:
    """Make the change on the newest commit of the remote, and repeat that if somebody else has pushed meanwhile."""
    git = Git(streams.cwd, streams.environ)
    name = arguments.branch or git.ask("symbolic-ref", "--quiet", "--short", "HEAD").out.decode().strip()
    if not name:
        raise Refusal("HEAD is no branch; --branch says which one is to be changed")
    options = options_of(arguments, streams)
    remotes = opener(streams, fetch=arguments.fetch, offline=arguments.offline)
    last: list[Change] = []

    def files_of(commit: str) -> Mapping[str, bytes]:
        """Return the files of a commit that have to change."""
        with GitCommit(git, commit) as files:
            last[:] = [change_of(open_project(files, remotes), pairs, arguments.environment, options)]
        return last[0].files

    commit = push_change(git, Branch(arguments.remote, name), message, files_of)
    if last[0].unused:
        return _say_unused(last[0], arguments.environment, streams)
    _say(last[0], streams)
    if commit:
        print(f"pushed {commit[:10]} to {posixpath.join(arguments.remote, name)}", file=streams.out)
    return CLEAN
