"""The codes of writing rendered branches (PS5xx), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS501",
        "clear-text-secret",
        """No Secret lies on a rendered branch in clear text.

Bad:
```yaml
kind: Secret
data: {password: aHVudGVyMg==}
```
Good: a SealedSecret or an ExternalSecret; a Secret without values; or one that SOPS has encrypted:
```yaml
kind: Secret
stringData: {password: "ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]"}
sops: {mac: "ENC[AES256_GCM,data:bWFj,iv:aXY=,tag:dGFn,type:str]"}
```
Why: base64 is not encryption. Whoever can read the branch, a clone or a backup of it could read the values, for ever.
The same holds for values in a field that a Secret does not have (`binaryData`), in an annotation that keeps a copy of
the object (`kubectl.kubernetes.io/last-applied-configuration`), in a Secret inside of a template, and in an object
whose `kind` is a misspelt Secret.
Nothing of the environment is written. Where the branch is guarded like a vault, `penstock hydrate --allow-secrets`
writes it all the same.
Source: Penstock's own rule; other hydrators advise it and do not enforce it.
""",
    ),
    (
        "PS502",
        "one-file-one-object",
        """Every object has a file of its own on the rendered branch.

Bad:   two Services `app` in namespace `prod`; targets apps/Shop and apps/shop in one environment
Good:  one object of a name; directories that differ by more than capitals

Why: one of the two would be lost. Objects of the same group, kind, namespace and name are the same object to the API
server. Directories that differ by capitals alone are one directory on Windows and macOS.
Source: Penstock's own rule; docs/hydrate.md has the layout of a rendered branch.
""",
    ),
    (
        "PS503",
        "target-directory",
        """A target lies in a directory that a branch can have.

Bad:   apps/.git/overlays/prod
Good:  apps/shop/overlays/prod

Why: git keeps no directory of the name `.git`, in whatever capitals, and none outside of the repository. Names that a
file system of macOS or Windows takes for `.git`, `.gitmodules` or `.gitattributes` (`git~1`, `.git` with a space at
the end) and parts of more than 255 bytes have no place in a checkout either.
Source: git's `verify_path` and `fsck_tree`.
""",
    ),
    (
        "PS504",
        "printable-object",
        """Every object can be printed: its numbers are finite, its keys have less than a thousand characters, and it is
less than a thousand levels deep.

Bad:   `ratio: .inf`
Good:  `ratio: "Inf"`, if the field takes a string

Why: Kustomize and the API server work with JSON, which has no infinite numbers.
Source: `encoding/json` of Go ("unsupported value: +Inf"); the limit of depth is Penstock's own.
""",
    ),
    (
        "PS505",
        "foreign-branch",
        """The branch of an environment is one that Penstock has made for it, or is not there yet.

Bad:   a branch rendered/prod that people have filled by hand
Good:  no branch of that name, or one that `penstock hydrate` has made

Why: what is not Penstock's is never overwritten. A rendered branch says in the file `.penstock` at its root that it is
one, and for which environment. This one holds files without saying so, is that of another environment, or was written
by a later version of Penstock, which may name files in another way.
Source: Penstock's own rule.
""",
    ),
    (
        "PS506",
        "file-in-the-way",
        """On a rendered branch, no foreign file stands where a directory has to be, or the other way round.

Bad:   a file `apps` at the root of the branch, and the target apps/shop
Good:  a file of another name

Why: what is not Penstock's is never overwritten, so the object has no place to go.
Source: Penstock's own rule.
""",
    ),
    (
        "PS507",
        "environment-name",
        """The name of an environment can be part of the name of a git branch.

Bad:   overlays/prod eu
Good:  overlays/prod-eu

Why: the branch of an environment is `rendered/ENVIRONMENT`. Git takes no spaces, no control characters, no `..`, none
of `~^:?*[\\`, no part that starts with a dot or ends in `.lock`. A part may have 250 bytes.
Source: git check-ref-format; file systems take names of 255 bytes, and git adds `.lock`.
""",
    ),
    (
        "PS510",
        "odd-branch",
        """The directories of a rendered branch that targets need are such as git itself writes.

Bad:   a tree object with the same name twice, made by a program
Good:  what `git commit` makes

Why: somebody has put something on the branch that cannot be carried over unchanged. The branch is left as it is; the
other environments are written. Directories that no target needs are not looked at, whatever is in them.
Source: git's `fsck_tree`.
""",
    ),
    (
        "PS511",
        "environments-apart",
        """The branches of two environments differ by more than capitals.

Bad:   overlays/prod and overlays/PROD
Good:  overlays/prod and overlays/prod-eu

Why: git keeps a branch in a file. On macOS and Windows `rendered/prod` and `rendered/PROD` are one file, and no clone
can have both.
Source: Penstock's own rule.
""",
    ),
    (
        "PS512",
        "later-commit-in-doubt",
        """The later commit that a branch was rendered from is merged where the branch is rendered.

Bad:   rendered/prod was rendered from a commit of a side branch that is not merged into main
Good:  rendered/prod was rendered from a commit of main

Why: a job that comes late must not undo what a newer commit has rendered, so the branch is kept where the sources are
older. That must not hold for ever: a commit that is not merged, or is not here and is dated in the future, would keep
every other one out. Of two commits of one second, a shallow clone may not have the history that tells which came first.
`git fetch` (`--unshallow`) may bring it; `penstock hydrate --allow-older` renders the commit here all the same.
Source: Penstock's own rule.
""",
    ),
    (
        "PS514",
        "secret-elsewhere",
        """What is secret lies in a Secret that is encrypted, and not in another object.

Bad:   `-----BEGIN PRIVATE KEY-----` in a ConfigMap; `password: hunter2` in the `template.data` of an ExternalSecret
Good:  the key in a SealedSecret; `password: "{{ .password }}"` in the template

Why: everybody who can read the branch can read it. This is a warning, since nobody but you knows whether a text is
secret; addresses, names and templates with a placeholder are not reported.
Source: Penstock's own rule.
""",
    ),
    (
        "PS515",
        "folders-apart",
        """Environments that are written to one branch have folders of their own there.

Bad:
```yaml
environments:
  prod: {branch: deploy}
  dev: {branch: deploy, folder: dev}
```
Good: `folder: prod` and `folder: dev`, or a branch for each

Why: the files of an environment are replaced at each hydration, and those of the other would lie among them.
Source: Penstock's own rule.
""",
    ),
    (
        "PS523",
        "held-object",
        """An object lies on a branch once.

Bad:   with `partial: true`: the Service `web` moves from one target to another in a commit in which the first one has
       an error, so that its files stay
Good:  the same commit without the error

Why: a target that is held back keeps its files on the branch. An object that others render now would lie there twice,
and nobody could say which one counts. The branch is left as it is.
Source: Penstock's own rule.
""",
    ),
    (
        "PS530",
        "expected-tree",
        """A branch gets the tree that was expected.

Bad:   `penstock hydrate --expect prod=TREE` with the tree that a review showed, after another commit was merged
Good:  the same at the commit that was reviewed

Why: what was reviewed is what is written. Nothing is written to any branch where one of them would get something else.
`penstock diff` and `penstock hydrate --dry-run` name the trees; another version of Penstock may print another one.
Source: Penstock's own rule.
""",
    ),
)
