"""What helps where git cannot read or write a repository, by the words that git has for it."""

FSCK = "`git fsck` shows what is damaged or missing; `git fetch --refetch`, or a fresh clone, brings the objects again"

FULL = "the disk is full: make room on it, then try again"

_HELP = (
    # What git says behind these words looks like damage, and is none.
    *((words, FULL) for words in ("No space left on device", "Out of diskspace", "Disk quota exceeded")),
    ("(SIGXFSZ)", "a file may not get as large as git needs it here: raise the limit (`ulimit -f`)"),
    ("index file", "delete .git/index; `git reset` writes it anew from the last commit"),
    ("bad config", "mend this line of git's configuration, or remove it"),
    ("repository extension", "a newer git is needed to read this repository"),
    ("git repo version", "a newer git is needed to read this repository"),
    ("gitfile format", "`.git` must be a directory, or a file with a line `gitdir: PATH`; a fresh clone has it"),
    (
        "not a git repository: ",
        "the directory that `.git` names is missing; `git worktree repair` may mend it",
    ),
    (
        "not a git repository (",
        "this works on the commits of a git repository: `git init` makes one here, and `build` and `check` need none",
    ),
    *((words, FSCK) for words in ("not a tree object", "bad object", "unable to read", "before its time", "corrupt")),
    *((words, FSCK) for words in ("loose object", "packfile", "missing blob", "inflate", "bad tree", "hash mismatch")),
)


def with_help(message: str) -> str:
    """Return a message of git with a hint for the user, if one is known."""
    hint = next((hint for words, hint in _HELP if words in message), "")
    return f"{message}\n  hint: {hint}" if hint else message
