"""The codes of remote bases, files and charts (PS13x), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS130",
        "remote-not-locked",
        """`penstock.lock` says exactly what each remote base or file is.

Bad:   `resources: [https://github.com/org/repo//deploy?ref=v1]`, and no `penstock.lock`
Good:  the same, and `penstock lock` run once, and its file committed

Why: what a URL serves can change without a commit of yours, and no build should access the network unless someone has
asked for it. The lock file is that request. `penstock build --fetch` asks for a single build.
Source: Penstock's own rule; Kustomize fetches at each build.
""",
    ),
    (
        "PS131",
        "remote-refused",
        """A remote address is harmless to read, whoever wrote it.

Bad:   a user or password in an https URL, a space or newline, a host or ref that begins with `-`, `localhost` or
       `169.254.169.254` (which only you can allow), a base from the network that names `file://`, a link that leads out
       of its repository
Good:  `https://github.com/org/repo//deploy?ref=v1`; git finds passwords by its credential helper

Why: Penstock hands an address to git, to an HTTP client and to logs, and anyone who can open a pull request can write
one.
Source: Penstock's own rule; the list is in docs/remote.md.
""",
    ),
    (
        "PS132",
        "remote-unavailable",
        """A remote base or file can be fetched in time, and has a manageable size.

The message quotes the answer of git or the server. With `--offline` Penstock fetches nothing: the base or file has to
be in the cache.

Fix:   the address or the network; `?timeout=60` gives a slow repository more than 27 seconds
Source: kustomize v5.8.2 fails here, too.
""",
    ),
    (
        "PS133",
        "remote-unpinned",
        """A remote base names a tag or a commit, not a branch.

Bad:   https://github.com/org/repo//deploy?ref=main, or without `?ref=`
Good:  https://github.com/org/repo//deploy?ref=v1.4.2

Why: whoever reads the URL should know what it refers to. With a lock file the builds are still the same, but each
`penstock lock --update` takes the current commit of the branch.
Source: Penstock's own rule.
""",
    ),
    (
        "PS134",
        "remote-not-as-locked",
        """Fetched content is what `penstock.lock` says.

The file behind the URL has changed since it was locked, or the repository no longer has the commit, or the lock file
itself cannot be read.

Fix:   find out why it changed; `penstock lock --update` accepts the current content
Why: a release that is silently replaced is a mistake or an attack.
Source: Penstock's own rule.
""",
    ),
    (
        "PS135",
        "no-such-chart",
        """A Helm repository has the requested chart, in a version that matches.

Bad:   `version: 1.x`, where the index has 2.0.0 and later; a name that the index does not have
Good:  a version or range that the repository has

Penstock reads a range as Helm does: prereleases match only a range that names one (`>=1.0.0-0`), and without a range
the newest version that is not a prerelease matches.

Fix:   the message says what the repository has
Source: Helm 4.3.1 and Argo CD fail here, too.
""",
    ),
    (
        "PS136",
        "not-verified",
        """Content from a server matches its index, its manifest or the provenance file beside it; with `penstock lock
--verify`, a key that you trust has signed that file.

Bad:   an `index.yaml` with another SHA-256 for a chart than the chart has; a registry with other bytes for a digest; a
       signature of somebody else
Good:  the chart that was published

Why: an archive that was replaced, in a cache on the way or on the server, is a mistake or an attack. Helm does not
compare the archive with the index.
Source: Penstock's own rule; the digests are those of Helm's index, of the OCI, and of `helm package --sign`.
""",
    ),
    (
        "PS137",
        "chart-not-locked",
        """The chart of a HelmRelease is in the repository, or in `penstock.lock`.

Bad:   a HelmRelease with a HelmRepository, an OCIRepository or another GitRepository, and no `penstock.lock`
Good:  the same, `penstock lock` run once, and its file committed

Why: Penstock has not checked the objects of the chart, and the finding says so, with a count. It is not a mistake.
Source: Penstock's own rule: what was not checked is counted.
""",
    ),
)

CODES = frozenset(code for code, _, _ in PAGES)
"""The codes of findings about remote content."""
