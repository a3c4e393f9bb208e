"""The codes of remote bases (PS13x), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS130",
        "remote-not-locked",
        """A remote base or file stands in `penstock.lock`, which says what exactly it is.

Bad:   `resources: [https://github.com/org/repo//deploy?ref=v1]`, and no `penstock.lock`
Good:  the same, and `penstock lock` run once, and its file committed

Why: what a URL leads to can change without a commit of yours, and no build should reach out unless someone has asked
for it. The lock file is that request. `penstock build --fetch` asks for once.
Source: Penstock's own rule; Kustomize fetches at each build.
""",
    ),
    (
        "PS131",
        "remote-refused",
        """An address of something remote is harmless to read, whoever wrote it.

Bad:   a user or password in an https URL, a space or newline, a host or ref that begins with `-`, a base from the
       network that names `file://` or `localhost`, a link that leads out of its repository
Good:  `https://github.com/org/repo//deploy?ref=v1`; git finds passwords by its credential helper

Why: an address is handed to git, to a web client and to logs, and anyone who can open a pull request can write one.
Source: Penstock's own rule; the list is in docs/remote.md.
""",
    ),
    (
        "PS132",
        "remote-unavailable",
        """A remote base or file could be fetched, in time and of a size that can be dealt with.

The message says what git or the server answered. With `--offline` nothing is fetched: it has to be in the cache.

Fix:   the address or the network; `?timeout=60` gives a slow repository more than 27 seconds
Source: kustomize v5.8.2 fails here too.
""",
    ),
    (
        "PS133",
        "remote-unpinned",
        """A remote base names a tag or a commit, not a branch.

Bad:   https://github.com/org/repo//deploy?ref=main, or without `?ref=`
Good:  https://github.com/org/repo//deploy?ref=v1.4.2

Why: whoever reads the URL should know what it brings. With a lock file the builds are the same all the same, but each
`penstock lock --update` brings what the branch is then.
Source: Penstock's own rule.
""",
    ),
    (
        "PS134",
        "remote-not-as-locked",
        """What is fetched is what `penstock.lock` says.

The file behind the URL has other bytes than when it was locked, or the repository no longer has the commit, or the
lock file itself cannot be read.

Fix:   find out why it changed; `penstock lock --update` takes what is there now
Why: a release that is replaced in silence is a mistake or an attack.
Source: Penstock's own rule.
""",
    ),
)

CODES = frozenset(code for code, _, _ in PAGES)
"""The findings about what is remote."""
