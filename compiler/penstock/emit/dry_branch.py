"""The branch of the sources that is rendered: the one that penstock.yaml names, or else the default branch of the
remote.

Without this check, a job that runs for every branch would bring the state of each branch to the clusters.
"""

from penstock.emit.repository import Git, is_ancestor, is_shallow, text_of

_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"


def _tips(git: Git, remote: str, branch: str) -> list[str]:
    """Return the refs of a branch that are here: its own, and that of the remote."""
    tips = [f"{_HEADS}{branch}", f"{_REMOTES}{remote}/{branch}"]
    return [tip for tip in tips if _one(git, "rev-parse", "--verify", "--quiet", f"{tip}^{{commit}}")]


def stray(git: Git, remote: str, named: str, commit: str) -> str:
    """Return why the checked-out commit is not of the branch to be rendered; empty if it is, or if that cannot be
    decided.

    `named` is the branch of penstock.yaml.
    """
    here, default = _branches(git, remote)
    wanted = named or default
    if not wanted:
        return ""
    why = f"`branch:` in penstock.yaml says {named}" if named else f"the default branch of {remote} is {wanted}"
    if here:
        return "" if here == wanted else f"the branch here is {here}, and {why}"
    known = _tips(git, remote, wanted)
    if any(is_ancestor(git, commit, tip) for tip in known):
        return ""
    names = _names(git, commit, remote)
    if known and not is_shallow(git):
        return f"the commit here is not on {wanted}, and {why}"
    if names and wanted not in names:  # the history is missing, but refs name the commit
        return f"the commit here is that of {names[0]}, and {why}"
    return ""


def _branches(git: Git, remote: str) -> tuple[str, str]:
    """Return the checked-out branch, and the default branch of a remote as it was at the time of the clone. Each is
    empty if there is none, or if it is not known.
    """
    prefix = f"{_REMOTES}{remote}/"
    names = git.ask("rev-parse", "--symbolic-full-name", "HEAD", f"{prefix}HEAD").out
    lines = [
        line for line in text_of(names).split("\n") if line != f"{prefix}HEAD"
    ]  # git repeats a ref that does not exist
    here = next((line.removeprefix(_HEADS) for line in lines if line.startswith(_HEADS)), "")
    return here, next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), "")


def _names(git: Git, commit: str, remote: str) -> list[str]:
    """Return the names of a commit in this clone: branches, and the refs under which a CI system has fetched it."""
    listing = text_of(git.run("for-each-ref", "--format=%(refname)", f"--points-at={commit}", _HEADS, _REMOTES))
    prefix = f"{_REMOTES}{remote}/"
    names = [ref.removeprefix(prefix) for ref in listing.split("\n") if ref]
    return [name.removeprefix(_HEADS).removeprefix(_REMOTES) for name in names if name != "HEAD"]


def _one(git: Git, *words: str) -> str:
    """Return the one-line answer of git; empty if the command fails."""
    answer = git.ask(*words)
    return "" if answer.status else text_of(answer.out).strip()
