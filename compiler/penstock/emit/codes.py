"""The codes that `emit` issues (PS5xx), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS501",
        "clear-text-secret",
        """A Secret would be written to a rendered branch in clear text.

Base64 is not encryption: whoever can read the branch, its clones or their backups could read the values, for ever.
Nothing of the environment is written. A Secret without values passes, and so does one whose values are encrypted.

Bad:   kind: Secret, data: {password: aHVudGVyMg==}
Good:  kind: SealedSecret or ExternalSecret; or a Secret with a `sops:` key and values that start with `ENC[`

If the branch is as well guarded as a vault, `penstock hydrate --allow-secrets` writes it all the same.
Source: Penstock's own rule; other hydrators advise the same and do not enforce it.
""",
    ),
    (
        "PS502",
        "one-file-one-object",
        """Two objects would be the same file of a rendered branch, so one of them would be lost.

They are the same object to the API server (group, kind, namespace and name are equal), or two targets have directories
that differ by capitals alone, which are one directory on Windows and macOS.

Bad:   two Services `app` in namespace `prod`; targets apps/Shop and apps/shop in one environment
Good:  one object of a name; directories that differ by more than capitals

Source: Penstock's own rule; see the layout of a rendered branch in docs/hydrate.md.
""",
    ),
    (
        "PS503",
        "target-directory",
        """A target lies in a directory that cannot be on a branch.

Git keeps no directory of the name `.git`, in whatever capitals, and none that leaves the repository.

Bad:   apps/.git/overlays/prod
Good:  apps/shop/overlays/prod

Source: git's `verify_path`.
""",
    ),
    (
        "PS504",
        "printable-object",
        """An object has no YAML text: a number in it is not finite, or it is nested nearly a thousand levels deep.

Kustomize and the API server work with JSON, which has neither `.inf` nor `.nan`.

Bad:   ratio: .inf
Good:  ratio: "Inf", if the field takes a string

Source: `encoding/json` of Go ("unsupported value: +Inf").
""",
    ),
    (
        "PS505",
        "foreign-branch",
        """A branch that somebody else has made is not overwritten.

A rendered branch says in the file `.penstock` at its root that it is one, and for which environment. The branch that
this environment would be written to holds files without saying so, or is that of another environment, or was written
by a later version of Penstock.

Bad:   a branch rendered/prod that people have filled by hand
Good:  no branch of that name, or one that `penstock hydrate` has made

Source: Penstock's own rule.
""",
    ),
    (
        "PS506",
        "file-in-the-way",
        """On a rendered branch, a foreign file stands where a directory has to be, or the other way round.

Files that Penstock has not written are never changed, so the object has no place to go.

Bad:   a file `apps` at the root of the branch, and the target apps/shop
Good:  rename the file on the branch

Source: Penstock's own rule.
""",
    ),
    (
        "PS507",
        "environment-name",
        """The name of an environment cannot be part of the name of a git branch.

The branch of an environment is `rendered/ENVIRONMENT`. Git takes no spaces, control characters, `..`, `~^:?*[\\`, no
component that starts with a dot or ends in `.lock`.

Bad:   overlays/prod eu
Good:  overlays/prod-eu

Source: git check-ref-format.
""",
    ),
)
