"""The codes of writing rendered branches (PS5xx), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS501",
        "clear-text-secret",
        """A rendered branch holds no Secret in clear text.

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
Why: base64 is not encryption. Anyone who can read the branch, a clone or a backup of it could read the values, forever.
The same holds for values in a field that a Secret does not have (`binaryData`), in an annotation that keeps a copy of
the object (`kubectl.kubernetes.io/last-applied-configuration`), in a Secret inside a template, and in an object whose
`kind` is a misspelt Secret.
Penstock then writes nothing of the environment. Where the branch is guarded like a vault,
`penstock hydrate --allow-secrets` writes it nevertheless.
Source: Penstock's own rule; other hydrators recommend it and do not enforce it.
""",
    ),
    (
        "PS502",
        "one-file-one-object",
        """Every object has a file of its own on the rendered branch.

Bad:   two Services `app` in namespace `prod`; targets apps/Shop and apps/shop in one environment
Good:  one object of a name; directories that differ by more than capitals

Why: otherwise, one of the two would be lost. To the API server, objects with the same group, kind, namespace and name
are one object. On Windows and macOS, directories that differ only in capitalization are one directory.
Source: Penstock's own rule; docs/hydrate.md has the layout of a rendered branch.
""",
    ),
    (
        "PS503",
        "target-directory",
        """The directory of a target can exist on a git branch.

Bad:   apps/.git/overlays/prod
Good:  apps/shop/overlays/prod

Why: git stores no directory named `.git`, however capitalized, and no directory outside of the repository. A checkout
also has no place for names that a file system of macOS or Windows takes for `.git`, `.gitmodules` or `.gitattributes`
(`git~1`, `.git` with a space at the end), or for parts of more than 255 bytes.
Source: git's `verify_path` and `fsck_tree`.
""",
    ),
    (
        "PS504",
        "printable-object",
        """An object can be printed: finite numbers, keys below a thousand characters, fewer than a thousand levels.

Bad:   `ratio: .inf`
Good:  `ratio: "Inf"`, if the field takes a string

Why: Kustomize and the API server work with JSON, which has no infinite numbers.
Source: `encoding/json` of Go ("unsupported value: +Inf"); the limit of depth is Penstock's own.
""",
    ),
    (
        "PS505",
        "foreign-branch",
        """The branch of an environment was created by Penstock for this environment, or does not exist yet.

Bad:   a branch rendered/prod that people have filled by hand
Good:  no branch of that name, or one that `penstock hydrate` has made

Why: Penstock never overwrites what is not its own. The file `.penstock` at the root of a rendered branch marks it as
one, and names its environment. The reported branch holds files without such a mark, belongs to another environment, or
was written by a later version of Penstock, which may name files differently.
Source: Penstock's own rule.
""",
    ),
    (
        "PS506",
        "file-in-the-way",
        """No foreign file of a rendered branch is where Penstock needs a directory, or the other way round.

Bad:   a file `apps` at the root of the branch, and the target apps/shop
Good:  a file of another name

Why: Penstock never overwrites what is not its own, so the object has no place to go.
Source: Penstock's own rule.
""",
    ),
    (
        "PS507",
        "environment-name",
        """The name of an environment can be part of a git branch name.

Bad:   overlays/prod eu
Good:  overlays/prod-eu

Why: the branch of an environment is `rendered/ENVIRONMENT`. Git allows no spaces, no control characters, no `..`, none
of `~^:?*[\\`, no part that starts with a dot or ends in `.lock`, and no branch HEAD. A part has at most 250 bytes.
Source: git check-ref-format; file systems take names of 255 bytes, and git adds `.lock`.
""",
    ),
    (
        "PS510",
        "odd-branch",
        """Every directory that a target needs on a rendered branch is one that git itself could have written.

Bad:   a tree object with the same name twice, made by a program
Good:  what `git commit` makes

Why: somebody has put something on the branch that Penstock cannot carry over unchanged. Penstock leaves the branch
alone and writes the other environments. It does not look at directories that no target needs.
Source: git's `fsck_tree`.
""",
    ),
    (
        "PS511",
        "environments-apart",
        """The branch names of two environments differ by more than capitalization.

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
        """A later commit from which a branch was rendered is merged into the source branch.

Bad:   rendered/prod was rendered from a commit of a side branch that is not merged into main
Good:  rendered/prod was rendered from a commit of main

Why: a late job must not undo what a newer commit has rendered, so Penstock keeps the branch if the sources are older.
That must not last forever: a commit that is not merged, or that is missing here and dated in the future, would block
every other commit. If two commits have the same second, a shallow clone may lack the history that tells which came
first. `git fetch` (`--unshallow`) may bring it; `penstock hydrate --allow-older` renders this commit regardless.
Source: Penstock's own rule.
""",
    ),
    (
        "PS514",
        "secret-elsewhere",
        """Secret values are in an encrypted Secret, not in another object.

Bad:   `-----BEGIN PRIVATE KEY-----` in a ConfigMap; `password: hunter2` in the `template.data` of an ExternalSecret
Good:  the key in a SealedSecret; `password: "{{ .password }}"` in the template

Why: anyone who can read the branch can read them. This is a warning, since only you know whether a text is secret;
addresses, names and templates with a placeholder are not reported.
Source: Penstock's own rule.
""",
    ),
    (
        "PS515",
        "folders-apart",
        """Environments that share a branch each have a folder of their own.

Bad:
```yaml
environments:
  prod: {branch: deploy}
  dev: {branch: deploy, folder: dev}
```
Good: `folder: prod` and `folder: dev`, or a branch for each

Why: each hydration replaces the files of its environment, and those of the other would lie among them.
Source: Penstock's own rule.
""",
    ),
    (
        "PS523",
        "held-object",
        """An object is on a branch only once.

Bad:   with `partial: true`: the Service `web` moves from one target to another in a commit in which the first one has
       an error, so that its files stay
Good:  the same commit without the error

Why: a target that is held back keeps its files on the branch. An object that another target now renders would be there
twice, and nobody could say which copy counts. Penstock leaves the branch unchanged.
Source: Penstock's own rule.
""",
    ),
    (
        "PS530",
        "expected-tree",
        """A branch gets exactly the tree that was expected.

Bad:   `penstock hydrate --expect prod=TREE` with the tree that a review showed, after another commit was merged
Good:  the same at the commit that was reviewed

Why: Penstock writes what was reviewed. It writes to no branch at all if one of them would get something else.
`penstock diff` and `penstock hydrate --dry-run` name the trees; another version of Penstock may name a different one.
Source: Penstock's own rule.
""",
    ),
)
