"""The codes of reading and loading (PS1xx), each with its name and its page of the manual.

The module is a table without code: it is as long as its part of the manual.
"""

LOSSES = frozenset(("PS104", "PS106", "PS107", "PS110"))
"""What Kustomize silently drops. `build` prints the same bytes and warns; `check` reports the warning as an error."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS101",
        "missing-file",
        """Every file that a kustomization names exists.

Bad:
```yaml
resources:
- deployement.yaml        # the file is called deployment.yaml
```
Good:
```yaml
resources:
- deployment.yaml
```
Why: `kustomize build` fails here, too. A path is relative to the directory of its kustomization; the hint says where
Penstock looked. A directory is a base, and needs a kustomization.yaml of its own. A file that is missing because a
`.gitignore` leaves it out is an info of `check`: it is meant to be only where somebody has made it. A file such as
`all.yaml` beside a Chart.yaml is a warning: a config management plugin of Argo CD may write it before Kustomize runs.
So is one of which an example lies beside it, such as `.env.sample`.
Source: kustomize, "Resources" and "Bases".
""",
    ),
    (
        "PS102",
        "unreadable-file",
        """Every named file can be read: a regular file of at most 32 MiB that Penstock may open.

Bad:   a device, a pipe, a loop of symlinks, a file without read permission, a dump of 50 MB
Good:  a text file

Why: a pull request can contain anything. Penstock refuses a file that is not regular, or is larger than any Kubernetes
object can be, before it costs time or memory. A directory that cannot be listed is a warning: it may have targets.
Source: Penstock's own limit; the API server takes objects of 3 MiB at most.
""",
    ),
    (
        "PS103",
        "yaml-syntax",
        """A file is YAML or JSON, in UTF-8.

Bad:
```yaml
spec:
  replicas: 1
   image: nginx           # indented deeper than its neighbour
```
Good:
```yaml
spec:
  replicas: 1
  image: nginx
```
Why: a document that cannot be parsed cannot be built. Penstock still reads the other documents, so one run shows every
mistake. Tabs cannot indent, an alias needs its anchor in the same document, and a key is plain text.
Source: YAML 1.1 as libyaml reads it.
""",
    ),
    (
        "PS104",
        "duplicate-key",
        """A mapping has each key only once.

Bad:
```yaml
namePrefix: dev-
resources: [app.yaml]
namePrefix: test-
```
Good:
```yaml
resources: [app.yaml]
namePrefix: test-
```
Why: in a resource a duplicate key is an error, as in Kustomize, unless a patch has removed one of the two. In a
strategic merge patch, Kustomize takes the first value and silently drops the second; in a mapping that the patch adds
as a whole, a duplicate is an error. In a kustomization, JSON 6902 patch or other configuration file, Kustomize takes
the last value and drops the first: a whole `resources:` or `patches:` list can vanish this way. `build` prints the same
output and warns; `check` reports an error. The same holds for plain manifests, the values of charts and what charts
print: kubectl, Argo CD and Helm take the last value.
Source: kustomize v5.8.2 decodes these files with go-yaml v2; kustomize#5815.
""",
    ),
    (
        "PS105",
        "document-limits",
        """A document stays within what a Kubernetes object can be: 400 levels, and 500,000 nodes from aliases. A file
has at most 500,000 keys and values.

Bad:   an "alias bomb", in which each line doubles the one before; ten thousand opening brackets
Good:  any real manifest; the deepest type, the schema of a CRD, has less than 100 levels

Why: otherwise, a few hundred bytes could fill any amount of memory, and a file of 3 MB could hold a million values. One
file holds at most 100,000 documents; one document has at most 1,000 lines of directives (`%TAG`) at its head.
Source: Penstock's own limits.
""",
    ),
    (
        "PS106",
        "second-value",
        """A document holds one value.

Bad:
```json
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
```
Good: the same with a line `---` between the two, or a `List` with both as `items`.
Why: Kustomize reads the first object and silently drops what follows. `build` prints the same output and warns; `check`
reports an error.
Source: observed with kustomize v5.8.2; go-yaml's decoder stops after the first value.
""",
    ),
    (
        "PS107",
        "ignored-document",
        """A kustomization, JSON 6902 patch or other configuration file has only one document.

Bad:
```yaml
- {op: add, path: /metadata/labels/a, value: "1"}
---
- {op: add, path: /metadata/labels/b, value: "2"}
```
Good:
```yaml
- {op: add, path: /metadata/labels/a, value: "1"}
- {op: add, path: /metadata/labels/b, value: "2"}
```
Why: Kustomize reads the first document of such a file and silently drops the others. (Files of resources and of
strategic merge patches may have many documents.) `build` prints the same output and warns; `check` reports an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS110",
        "kustomization-field",
        """A kustomization has only fields that Kustomize knows.

Bad:
```yaml
resource: [app.yaml]
```
Good:
```yaml
resources: [app.yaml]
```
Why: Kustomize refuses the file, too, without saying where the field is. In the configuration of a builtin plugin,
Kustomize silently ignores an unknown field: there, `build` prints the same output and warns, and `check` reports an
error.
Source: kustomize v5.8.2, `types.Kustomization`. Capitalization does not matter: `NamePrefix` is read as `namePrefix`.
""",
    ),
    (
        "PS111",
        "kustomization-type",
        """Every field of a kustomization has a value of the right type.

Bad:
```yaml
images: [{name: web, newTag: 1.10}]      # the number 1.1
```
Good:
```yaml
images: [{name: web, newTag: "1.10"}]
```
Why: Kustomize refuses any other type, too. In these files `y`, `yes`, `on` and their opposites are booleans (YAML 1.1),
so `namespace: on` and `namePrefix: y` need quotes.
Source: kustomize v5.8.2 reads the file as strict JSON.
""",
    ),
    (
        "PS112",
        "empty-kustomization",
        """A kustomization is not empty.

Bad:   a kustomization.yaml with nothing in it, or only apiVersion and kind
Good:  `resources: []`, if nothing is meant

Why: Kustomize refuses an empty file, which is more often an oversight than intended.
Source: kustomize v5.8.2, "kustomization.yaml is empty".
""",
    ),
    (
        "PS113",
        "kustomization-kind",
        """A kustomization is of kind Kustomization or Component, with the apiVersion of that kind.

Bad:
```yaml
apiVersion: kustomize.config.k8s.io/v1
kind: Kustomization
```
Good:
```yaml
apiVersion: kustomize.config.k8s.io/v1beta1     # v1alpha1 for kind: Component
kind: Kustomization
```
Why: Kustomize refuses any other kind or apiVersion. A Kustomization may omit both lines.
Source: kustomize v5.8.2, `Kustomization.EnforceFields`.
""",
    ),
    (
        "PS114",
        "one-kustomization",
        """A directory has only one kustomization file.

Bad:   kustomization.yaml and kustomization.yml side by side
Good:  one of kustomization.yaml, kustomization.yml, Kustomization

Why: Kustomize refuses to choose between two.
Source: kustomize v5.8.2, "found multiple kustomization files".
""",
    ),
    (
        "PS115",
        "project-file",
        """`penstock.yaml` has only fields and values that Penstock knows.

Bad:
```yaml
apiVersion: penstock.dev/v1
kind: Project
merge: k8s
```
Good:
```yaml
apiVersion: penstock.dev/v1
kind: Project
merge: kubernetes        # or kustomize, which is the default
```
Why: otherwise, a misspelt setting would silently do nothing.
Source: Penstock's own file format.
""",
    ),
    (
        "PS116",
        "submodule-not-here",
        """Every git submodule that a build needs is checked out.

Bad:   a clone without its submodules, and `resources: [../vendor/base]`, where `vendor` is one
Good:  `git submodule update --init --recursive vendor`

Why: the folder of a submodule is empty until git fills it, so Penstock cannot check its content. In a pipeline, the
checkout step has an option for submodules. `hydrate` reads a submodule at the commit that the sources name, not in the
state of the work tree.
Source: git, "submodules"; Kustomize only says that there is no kustomization file.
""",
    ),
    (
        "PS117",
        "submodule-left-out",
        """A git submodule from which Flux builds is part of the artifact of Flux.

Bad:   a Kustomization builds `vendor/base`, a submodule, and its GitRepository does not say `recurseSubmodules`
Good:
```yaml
kind: GitRepository
spec:
  recurseSubmodules: true
```
Why: Flux leaves submodules out unless it is told otherwise, so something that compiles here fails in the cluster. Argo
CD fetches submodules by default. If the GitRepository is not in this repository, this is a warning.
Source: Flux, GitRepository, `spec.recurseSubmodules`.
""",
    ),
    (
        "PS118",
        "left-out-of-source",
        """The source of a Flux Kustomization has every file that the Kustomization reads.

Bad:   `configMapGenerator: [{name: logo, files: [logo.png]}]`, where the GitRepository says nothing about `*.png`
Good:  the same, and `ignore: /hack/` in the GitRepository: a pattern of your own replaces the usual ones

Why: source-controller leaves files out: those that `spec.ignore` and the files `.sourceignore` name, or else pictures,
archives and the files of CI systems, and always symlinks. kustomize-controller then fails with "no such file or
directory". Where the source is not defined in the repository, its `spec.ignore` is not known, and this is a warning.
Source: Flux, GitRepository and OCIRepository, `spec.ignore`; github.com/fluxcd/pkg/sourceignore.
""",
    ),
    (
        "PS119",
        "unread-patterns",
        """All patterns of a source of Flux are read.

Bad:   a `.sourceignore` with a pattern for each of 3,000 files
Good:  `/hack/`, a pattern for the directory that they are in

Why: the first 2,000 patterns of a source are read, and the first 50,000 signs of them, so that no pull request can make
this take minutes. What the further ones leave out is not known, and neither is what the Kustomization builds.
Source: Penstock's own bounds.
""",
    ),
    (
        "PS120",
        "outside-root",
        """A file is in or below the directory of the kustomization that names it; a base is inside the repository.

Bad:
```yaml
resources: [../shared/app.yaml]
configMapGenerator: [{name: users, files: [/etc/passwd]}]
```
Good: make `../shared` a kustomization and name the directory: `resources: [../shared]`.
Why: this keeps a pull request from reading files outside of the repository. A symlink counts as the file to which it
points. `penstock build --load-restrictor LoadRestrictionsNone` lifts the restriction for files, as in Kustomize.
Source: kustomize v5.8.2, `LoadRestrictionsRootOnly`.
""",
    ),
    (
        "PS121",
        "ambiguous-path",
        """In the path of a base, `..` only occurs as a whole segment.

Bad:   `base..` or `a/..b`, which is what two lines of a list become where one dash is indented too far
Good:  `../base`

Why: Kustomize refuses such a path, because nobody ever means it.
Source: kustomize v5.8.2, "contains invalid path segment".
""",
    ),
    (
        "PS122",
        "base-cycle",
        """No kustomization uses itself, directly or through others.

Bad:   base names ../overlay under `resources:`, and overlay names ../base
Good:  overlays name bases; bases name no overlay

Why: the build would never end. A base that contains the directory that uses it counts as a cycle, too.
Source: kustomize v5.8.2, "cycle detected".
""",
    ),
    (
        "PS150",
        "kustomization-file-name",
        """A kustomization file is called `kustomization.yaml`, `kustomization.yml` or `Kustomization`.

Bad:   `Kustomization.yaml`, `kustomize.yaml`
Good:  `kustomization.yaml`

Why: capitalization matters, and Kustomize looks for these three names only. On a case-insensitive file system, the
mistake goes unnoticed until somebody else builds the repository.
Source: kustomize v5.8.2, `RecognizedKustomizationFileNames`.
""",
    ),
    (
        "PS160",
        "tag-does-not-fit",
        """A tagged value is of the type that its tag names.

Bad:
```yaml
replicas: !!int three
```
Good:
```yaml
replicas: 3
```
Why: Kustomize refuses it, too, with a line number of the object as it prints it. It treats the value as text until
then: a value that a patch, prefix or image replaces is never an error, and an annotation ends up as its text. The tags
of YAML are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!timestamp` and `!!binary`; any other tag turns its value
into text.
Source: kustomize v5.8.2, `resolve` of go-yaml.
""",
    ),
    (
        "PS161",
        "merge-key",
        """A mapping has at most one merge key, and its value is a mapping or a list of mappings.

Bad:
```yaml
data:
  <<: *common
  <<: *extra
```
Good:
```yaml
data:
  <<: [*common, *extra]
```
Why: in an object, Kustomize refuses two merge keys, and a merge key whose value is null, text, a list of anything else,
or an alias of one of these. A tagged merge key, `!!merge <<`, counts as well. A quoted `<<` is not a merge key, and
Kustomize drops it from objects; this is a warning. A kustomization or other configuration file may have several merge
keys; the last one wins.
Source: kustomize v5.8.2, `deAnchor` of kyaml's `rnode.go`.
""",
    ),
    (
        "PS162",
        "spelling-kustomize-refuses",
        """A file uses only the YAML that go-yaml, the parser of Kustomize, can read.

Bad:
```yaml
data: {path: "a\\/b"}
args: [http://example.com/?q=1]
```
Good:
```yaml
data: {path: a/b}
args: ["http://example.com/?q=1"]
```
Why: other YAML parsers accept `\\/` in double quotes, a question mark in an unquoted text inside braces or brackets,
and `%YAML 1.2`. Kustomize refuses all three.
Source: kustomize v5.8.2; go-yaml's `scannerc.go` and `parserc.go`.
""",
    ),
    (
        "PS163",
        "document-separator",
        """A line that starts with `---` separates documents, and has nothing else on it but a comment.

Bad:
```yaml
kind: Service
--- # the next one is fine
kind: Service
---kind: Service
```
Good: `---` on a line of its own.
Why: Kustomize splits a file at these lines before it parses any YAML, and refuses a line with anything else on it, even
in the middle of a text.
Source: kustomize v5.8.2, `splitDocuments` of kyaml's `byteio_reader.go`.
""",
    ),
    (
        "PS170",
        "beyond-a-bound",
        """A target stays within the bounds on its size.

Bad:   thirty overlays that each use the one below twice, with two prefixes: 2^30 objects
Good:  a target of at most 30,000 objects

Why: a few lines of a pull request can describe more than any machine can hold. docs/security.md lists the bounds; the
person who runs Penstock can change them (`--bound objects=500000`), the repository cannot.
Source: Penstock's own bounds; Kustomize has none, and runs until memory is full.
""",
    ),
    (
        "PS171",
        "base-outside-of-repository",
        """Everything from which a target is built is in its repository, or fetched from an address.

Bad:   `resources: [../../elsewhere]`, where that is outside of the git repository
Good:  `resources: [../base]`

Why: a directory beside the repository on one machine does not exist on another, and no review has seen it. `build` does
what Kustomize does and warns; `check` reports an error.
Source: Penstock's own rule.
""",
    ),
    (
        "PS180",
        "beyond-the-bounds-of-a-run",
        """All targets of a run together stay within the bounds.

Bad:   twenty overlays that each come close to 30,000 objects
Good:  targets of 3,000 objects at most, as many as there are

Why: a pull request can have many targets that each stay just within the bounds of one target; nobody waits for all of
them. What a target takes beyond a tenth of a bound counts against the targets after it, and each of these makes up for
a tenth; of the steps of charts, a 25th is free. For each 512 KiB of files that the run has read (4 MiB for objects),
another whole bound is free, so the allowance grows with the repository. A target that is checked alone has the whole
bound. Large files, of more than 50,000 keys and values, are counted for the run as a whole, since all that was read
stays in memory. docs/security.md lists the bounds.
Source: Penstock's own bounds.
""",
    ),
    (
        "PS181",
        "definition-in-doubt",
        """What leads to a definition of Flux compiles.

Bad:   `clusters/prod` names a file that does not exist, so the definitions of its other files are in doubt
Good:  a kustomization that compiles

Why: the kustomization that does not compile might change the definitions in its files. They show what belongs to the
cluster, but what they build is not known, and `penstock hydrate` does not write it.
Source: Flux, Kustomization, `spec.path`.
""",
    ),
    (
        "PS190",
        "unused-component",
        """Every Component is used by a target, or excluded by name.

Bad:   components/monitoring/kustomization.yaml has `kind: Component`, and no kustomization names it
Good:  name it under `components:`, or under `exclude:` in penstock.yaml, or remove it

Why: a Component compiles only as part of a target that uses it, so Penstock has not checked this one. It may well be
correct.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS191",
        "unmatched-entry",
        """Every entry of `targets:`, `charts:`, `environments:` and `externals:` in penstock.yaml applies to something.

It matches a directory with a kustomization for which no earlier entry counts, or a file of values, or a target goes to
the environment, or references can name the kind.

Bad:   `path: app/*/overlays/*`, where the directory is called `apps`; the environment `prd`, where targets go to
       `prod`; `apps/web/*` behind `apps/*/*`; the kind `Secrt`
Good:  `path: apps/*/overlays/*`; the environment `prod`; `apps/web/*` before `apps/*/*`; the kind `Secret`

Why: an entry that matches nothing usually has a path or a name that is misspelt or has moved, and then its settings do
not apply.
Source: Penstock's own rule.
""",
    ),
    (
        "PS192",
        "open-environment",
        """Every target has an environment: penstock.yaml names it, or the structure of the repository shows it.

Bad:   `tools/backup` and `infrastructure/dns` have nothing in their paths that tells environments apart
Good:
```yaml
targets:
- path: infrastructure/*
  environment: production
```
Why: Penstock never guesses where a target is deployed. `penstock hydrate` leaves such a target out, and says so;
`penstock init` proposes an entry for it.
Source: Penstock's own rule.
""",
    ),
    (
        "PS193",
        "source-elsewhere",
        """The source of a Flux Kustomization is in this repository, or in `penstock.lock`.

Bad:   `sourceRef: {kind: GitRepository, name: team-apps}`, which has the address of another repository
Good:  the same, `penstock lock` run once, and its file committed

Why: Penstock has not checked the objects of this source, and the finding says so. It is not a mistake.
Source: Flux, Kustomization, `spec.sourceRef`.
""",
    ),
    (
        "PS194",
        "no-directory-to-build",
        """The path of a Flux Kustomization is a directory of its source.

Bad:   `path: ./app`, where the directory is called `apps`
Good:  `path: ./apps`

Why: kustomize-controller fails with "kustomization path not found". Unlike in a shell, `..` does not lead out of the
source.
Source: Flux, Kustomization, `spec.path`.
""",
    ),
    (
        "PS195",
        "component-path",
        """A Flux Kustomization names its components by relative paths.

Bad:   `components: [https://example.com/mixin]`
Good:  `components: [../mixin]`

Why: kustomize-controller refuses any other path.
Source: Flux, Kustomization, `spec.components`.
""",
    ),
    (
        "PS196",
        "substitution",
        """Flux can substitute every expression of `postBuild`, and the object is still YAML afterwards.

Bad:   `${REPLICAS}` without a value, `${A-B}`, `${}`
Bad:   `${TEAM}` in `commonMetadata`, which Flux adds after the substitution
Good:  `${REPLICAS:=2}`, `${A:-B}`, and `$${NAME}` for a text that shall keep its braces

Why: since version 2.9, Flux refuses a variable that has neither a value nor a default. Earlier versions put in an empty
text, so this is a warning where the repository has the manifests of an older Flux. It is an info where `substituteFrom`
names an optional object that is not in the repository, and may have the value in the cluster. Where a webhook in the
cluster adds variables to all Kustomizations, as that of the chart kustomize-mutating-webhook does, nothing is said.
Scripts in ConfigMaps are a common cause: `kustomize.toolkit.fluxcd.io/substitute: disabled`, as a label or annotation,
exempts an object from substitution.
Source: Flux, Kustomization, "Post build variable substitution".
""",
    ),
    (
        "PS197",
        "depends-on",
        """`dependsOn` of a Flux Kustomization names Kustomizations that exist, without a cycle.

Bad:   apps depends on infra, and infra depends on apps
Good:  apps depends on infra

Why: otherwise, kustomize-controller waits forever.
Source: Flux, Kustomization, "Dependencies".
""",
    ),
    (
        "PS138",
        "rancher-fleet",
        """penstock.yaml names everything that Rancher's Fleet deploys.

Bad:   shop/fleet.yaml, and nothing in penstock.yaml about shop
Good:
```yaml
targets:
- {path: shop, environment: prod, type: directory, recurse: true, exclude: fleet.yaml}
```
in penstock.yaml. A chart needs an entry of `charts:`, kustomizations an entry with their path.

Why: `fleet.yaml` says which clusters get a directory, and with which values, in a format that Penstock does not read.
Without an entry, nothing would check such a directory.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS139",
        "loose-manifests",
        """Something builds every directory of manifests in the repository.

Bad:   manifests/shop/deployment.yaml, which no kustomization, definition or entry of penstock.yaml names
Good:
```yaml
targets:
- {path: "manifests/*", environment: prod, type: directory, recurse: true}
```
in penstock.yaml, or `exclude: [manifests]` where these are examples

Why: nothing compiles these manifests, so a check without findings has not seen them. Hidden directories and test
data do not count, nor does what lies beside a kustomization, in a chart, or beside a definition that somebody applies.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS172",
        "uninstalled-chart",
        """Something installs every chart of the repository.

Bad:   charts/shop/Chart.yaml, which no Application, HelmRelease, kustomization or entry of penstock.yaml names
Good:
```yaml
charts:
- {path: charts/shop, environments: {prod: {namespace: shop}}}
```
in penstock.yaml, or `exclude: [charts/*]` where others install it

Why: nothing compiles this chart, so a check without findings has not seen it.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS173",
        "unlisted-application",
        """A kustomization that names files of a directory also names the files with an Application there.

Bad:   apps/mail.yaml, where apps/kustomization.yaml names shop.yaml alone
Good:
```yaml
resources:
- shop.yaml
- mail.yaml
```
or, for an Application that is applied by hand, `{path: apps/mail.yaml, type: directory, environment: prod}` under
`targets:` in penstock.yaml

Why: Argo CD never gets this Application, so Penstock does not compile what it would build. Many repositories switch
applications off by removing their lines from `resources:`. Penstock reports the first file, with a count. Where there
are other definitions, those in an archive or in `docs/`, and those whose names hold placeholders (`SERVICE_NAME-dev`),
are not compiled either.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS198",
        "unlisted-definition",
        """Something builds every file with a Flux Kustomization in the folder of a cluster.

Bad:   clusters/prod/apps.yaml, where clusters/prod/kustomization.yaml does not name it
Good:
```yaml
resources:
- apps.yaml
```
Why: the cluster never gets it, and Penstock does not compile what it would build. Of the definitions of one file, and
of archived ones, to which no entry of a cluster leads and whose directories no longer exist, Penstock reports the first
one, with a count. A file of this kind cannot be called kustomization.yaml, which Kustomize takes for its own.
Source: Penstock's own rule: nothing is overlooked.
""",
    ),
    (
        "PS199",
        "endless-definitions",
        """Flux definitions that lead to one another do not go on endlessly.

Bad:   a Kustomization that builds the directory in which it lies, under a name that a variable makes longer each time
Good:  Kustomizations whose names are written down

Why: otherwise, a cluster would create objects without end, and Penstock would never finish.
Source: Penstock's own bound: 40 levels, and 5,000 definitions of one cluster.
""",
    ),
)
