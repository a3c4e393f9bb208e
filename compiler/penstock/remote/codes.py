"""The codes of what lies elsewhere (PS13x), each with its name and its page of the manual."""

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
    (
        "PS135",
        "no-such-chart",
        """A Helm repository has the chart that is asked for, in a version that fits.

Bad:   `version: 1.x`, where the index has 2.0.0 and later; a name that the index does not have
Good:  a version or range that the repository has

A range is read as Helm reads it: prereleases fit only a range that names one (`>=1.0.0-0`), and no range at all means
the newest that is no prerelease.

Fix:   the message says what the repository has
Source: Helm 4.3.1 and Argo CD fail here too.
""",
    ),
    (
        "PS136",
        "not-verified",
        """What a server gives is what its index, its manifest or the provenance file beside it says.

Bad:   an `index.yaml` with another SHA-256 for a chart than the chart has; a registry with other bytes for a digest
Good:  the chart that was published

Why: an archive that was exchanged, in a cache on the way or on the server, is a mistake or an attack. Helm does not
compare the index with the archive.
Source: Penstock's own rule; the digests are those of Helm's index, of the OCI, and of `helm package --sign`.
""",
    ),
    (
        "PS137",
        "chart-not-locked",
        """The chart of a HelmRelease is in `penstock.lock`, if it is not in the repository.

Bad:   a HelmRelease with a HelmRepository, an OCIRepository or another GitRepository, and no `penstock.lock`
Good:  the same, `penstock lock` run once, and its file committed

Why: nothing has looked at the objects of the chart, and that is said, with how many there are. It is no mistake.
Source: Penstock's own rule: what was not looked at is counted.
""",
    ),
)

CODES = frozenset(code for code, _, _ in PAGES)
"""The findings about what is remote."""
