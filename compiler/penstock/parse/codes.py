"""The codes of reading and loading (PS1xx), each with its name and its page of the manual."""

LOSSES = frozenset(("PS104", "PS106", "PS107", "PS110"))
"""What Kustomize drops without a word. `build` prints its bytes and warns; `check` takes the warning for an error."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS101",
        "missing-file",
        """What a kustomization names is there.

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
Why: `kustomize build` fails here too. A name is relative to the directory of its kustomization; the hint says where
Penstock looked. A directory is a base, and needs a kustomization.yaml of its own.
Source: kustomize, "Resources" and "Bases".
""",
    ),
    (
        "PS102",
        "unreadable-file",
        """Every file that is named can be read: a regular file of at most 32 MiB that we may open.

Bad:   a device, a pipe, a loop of symlinks, a file without read permission, a dump of 50 MB
Good:  a text file

Why: a pull request can hold anything. What is not a plain file, or larger than any Kubernetes object can be, is refused
before it costs time or memory.
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
Why: a document that cannot be read cannot be built. The other documents are read all the same, so one run shows every
mistake. Tabs cannot indent, an alias needs its anchor in the same document, and a key is plain text.
Source: YAML 1.1 as libyaml reads it.
""",
    ),
    (
        "PS104",
        "duplicate-key",
        """A key stands once in a mapping.

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
Why: in a resource this is an error, as in Kustomize, unless a patch has taken one of the two away. Of a strategic merge
patch Kustomize takes the first value, and drops the second without a word; in a mapping that the patch adds as a whole
both are an error. In a kustomization, JSON 6902 patch or another configuration it takes the last value and drops the
first: a whole list of `resources:` or `patches:` can vanish so. `build` prints the same and warns, `check` takes it for
an error.
Source: kustomize v5.8.2 decodes these files with go-yaml v2; kustomize#5815.
""",
    ),
    (
        "PS105",
        "document-limits",
        """A document stays within what a Kubernetes object can be: 400 levels, and 500,000 nodes from aliases.

Bad:   an "alias bomb", in which each line doubles the one before; ten thousand opening brackets
Good:  any real manifest; the deepest type, the schema of a CRD, has less than 100 levels

Why: a few hundred bytes can otherwise fill any memory. One file holds at most 100,000 documents.
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
Why: Kustomize reads the first object and drops what follows without a word. `build` prints the same and warns, `check`
takes it for an error.
Source: observed with kustomize v5.8.2; go-yaml's decoder stops after the first value.
""",
    ),
    (
        "PS107",
        "ignored-document",
        """A kustomization, a JSON 6902 patch or another configuration is one document.

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
Why: Kustomize reads the first document of these files and drops the others without a word. (Files of resources and of
strategic merge patches may have many.) `build` prints the same and warns, `check` takes it for an error.
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
Why: Kustomize refuses the file too, without saying where. In the configuration of a builtin plugin it ignores an
unknown field without a word: there `build` prints the same and warns, and `check` takes it for an error.
Source: kustomize v5.8.2, `types.Kustomization`. Capitals do not matter: `NamePrefix` is `namePrefix`.
""",
    ),
    (
        "PS111",
        "kustomization-type",
        """A field of a kustomization has a value of its type.

Bad:
```yaml
images: [{name: web, newTag: 1.10}]      # the number 1.1
```
Good:
```yaml
images: [{name: web, newTag: "1.10"}]
```
Why: Kustomize refuses it too. In these files `y`, `yes`, `on` and their opposites are booleans (YAML 1.1), so
`namespace: on` and `namePrefix: y` need quotes.
Source: kustomize v5.8.2 reads the file as strict JSON.
""",
    ),
    (
        "PS112",
        "empty-kustomization",
        """A kustomization says something.

Bad:   a kustomization.yaml with nothing in it, or only apiVersion and kind
Good:  `resources: []`, if nothing is meant

Why: Kustomize refuses an empty file, which is more often forgotten than meant.
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
Why: Kustomize refuses others. Both lines may be left out of a Kustomization.
Source: kustomize v5.8.2, `Kustomization.EnforceFields`.
""",
    ),
    (
        "PS114",
        "one-kustomization",
        """A directory has one kustomization file.

Bad:   kustomization.yaml and kustomization.yml side by side
Good:  one of kustomization.yaml, kustomization.yml, Kustomization

Why: Kustomize refuses to choose.
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
Why: a setting that is misspelt would be a setting that silently does nothing.
Source: Penstock's own file.
""",
    ),
    (
        "PS116",
        "submodule-not-here",
        """Git submodules that are needed are checked out.

Bad:   a clone without its submodules, and `resources: [../vendor/base]`, where `vendor` is one
Good:  `git submodule update --init --recursive vendor`

Why: the folder of a submodule is empty until git is told to fill it, so nothing can be said about what lies in it. In a
pipeline the checkout has an option for it. `hydrate` reads a submodule at the commit that the sources name, not as the
work tree has it.
Source: git, "submodules"; kustomize says that there is no kustomization file.
""",
    ),
    (
        "PS117",
        "submodule-left-out",
        """What Flux builds in a git submodule is in its artifact.

Bad:   a Kustomization builds `vendor/base`, a submodule, and its GitRepository does not say `recurseSubmodules`
Good:
```yaml
kind: GitRepository
spec:
  recurseSubmodules: true
```
Why: Flux leaves submodules out unless it is told otherwise, so what compiles here fails in the cluster. Argo CD fetches
them by default.
Source: Flux, GitRepository, `spec.recurseSubmodules`.
""",
    ),
    (
        "PS120",
        "outside-root",
        """A file lies in or below the directory of the kustomization that names it, and a base inside the repository.

Bad:
```yaml
resources: [../shared/app.yaml]
configMapGenerator: [{name: users, files: [/etc/passwd]}]
```
Good: make `../shared` a kustomization and name the directory: `resources: [../shared]`.
Why: so a pull request cannot read what is not in the repository. Symlinks count by what they lead to.
`penstock build --load-restrictor LoadRestrictionsNone` lifts it for files, as in Kustomize.
Source: kustomize v5.8.2, `LoadRestrictionsRootOnly`.
""",
    ),
    (
        "PS121",
        "ambiguous-path",
        """The path of a base has no part that only contains `..`.

Bad:   `base..` or `a/..b`, which is what two lines of a list become where one dash is indented too far
Good:  `../base`

Why: Kustomize refuses it, because it is never meant.
Source: kustomize v5.8.2, "contains invalid path segment".
""",
    ),
    (
        "PS122",
        "base-cycle",
        """No kustomization uses itself, not by way of others either.

Bad:   base names ../overlay under `resources:`, and overlay names ../base
Good:  overlays name bases; bases name no overlay

Why: there would be no end. A directory that contains the one that uses it counts as well.
Source: kustomize v5.8.2, "cycle detected".
""",
    ),
    (
        "PS150",
        "kustomization-file-name",
        """A kustomization is a file `kustomization.yaml`, `kustomization.yml` or `Kustomization`.

Bad:   `Kustomization.yaml`, `kustomize.yaml`
Good:  `kustomization.yaml`

Why: capitals count, and Kustomize looks for these three names only. On a file system where capitals do not count the
mistake is seen first by somebody else.
Source: kustomize v5.8.2, `RecognizedKustomizationFileNames`.
""",
    ),
    (
        "PS160",
        "tag-does-not-fit",
        """What stands behind a tag is of the type that the tag names.

Bad:
```yaml
replicas: !!int three
```
Good:
```yaml
replicas: 3
```
Why: Kustomize refuses it too, with a line of the object as it prints it. Until then it goes by the text: what a patch,
prefix or image replaces was never wrong, and an annotation is its text in the end. Tags of YAML are `!!str`, `!!int`,
`!!float`, `!!bool`, `!!null`, `!!timestamp` and `!!binary`; any other tag makes text of what follows.
Source: kustomize v5.8.2, `resolve` of go-yaml.
""",
    ),
    (
        "PS161",
        "merge-key",
        """A mapping has one merge key, and that merges mappings.

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
Why: in an object, Kustomize refuses two merge keys, and one whose value is null, text, a list of other things, or an
alias of those. A merge key with a tag, `!!merge <<`, is one too; a `<<` in quotes is none, and Kustomize drops it from
objects: a warning. In a kustomization and in other configurations several merge keys may stand; the last one wins.
Source: kustomize v5.8.2, `deAnchor` of kyaml's `rnode.go`.
""",
    ),
    (
        "PS162",
        "spelling-kustomize-refuses",
        """A file uses only the YAML that go-yaml reads, which Kustomize is built with.

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
Why: other readers of YAML take `\\/` in double quotes, a question mark in a text without quotes inside braces or
brackets, and `%YAML 1.2`. Kustomize refuses them.
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
Why: Kustomize cuts a file at these lines before it reads any YAML, and refuses one that goes on, in the middle of a
text too.
Source: kustomize v5.8.2, `splitDocuments` of kyaml's `byteio_reader.go`.
""",
    ),
    (
        "PS170",
        "beyond-a-bound",
        """What a target takes stays within the bounds on its size.

Bad:   thirty overlays that each use the one below twice, with two prefixes: 2^30 objects
Good:  a target of at most 50,000 objects

Why: a few lines of a pull request can describe more than any machine holds. docs/security.md lists the bounds; the
person who runs Penstock may set others (`--bound objects=500000`), the repository may not.
Source: Penstock's own bounds; Kustomize has none, and runs until the memory is full.
""",
    ),
    (
        "PS171",
        "base-outside-of-repository",
        """What a target is made of lies in its repository, or is fetched by an address.

Bad:   `resources: [../../elsewhere]`, where that is outside of the git repository
Good:  `resources: [../base]`

Why: what lies beside a repository on one machine is not there on another, and no review has seen it. `build` does what
Kustomize does and warns; for `check` it is an error.
Source: Penstock's own rule.
""",
    ),
    (
        "PS180",
        "beyond-the-bounds-of-a-run",
        """The targets of a run stay within the bounds together.

Bad:   twenty overlays that each come close to 50,000 objects
Good:  targets of 5,000 objects at most, as many as there are

Why: a pull request can have many targets, each of which is just within the bounds of one; nobody waits for all of
them. What a target takes beyond the tenth part of a bound counts against those that come after it, and each of these
makes up for a tenth. For each 512 KiB of files that the run has read, a whole bound more is free, so a large repository
may take as much as it is large. Checked alone, a target has the whole bound. docs/security.md lists the bounds.
Source: Penstock's own bounds.
""",
    ),
    (
        "PS190",
        "unused-component",
        """Every Component is used by a target, or excluded by name.

Bad:   components/monitoring/kustomization.yaml has `kind: Component`, and no kustomization names it
Good:  name it under `components:`, or under `exclude:` in penstock.yaml, or remove it

Why: a Component compiles only as a part of what uses it, so nothing has looked at this one. It may well be correct.
Source: Penstock's own rule: nothing falls out of sight.
""",
    ),
    (
        "PS191",
        "unmatched-entry",
        """Every entry of `targets:` in penstock.yaml matches a directory with a kustomization.

Bad:   `path: app/*/overlays/*`, where the directory is called `apps`
Good:  `path: apps/*/overlays/*`

Why: an entry that matches nothing is mostly a path that was misspelt, or one that was moved.
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
Why: what goes where is never guessed. `penstock hydrate` leaves such a target out, and says so; `penstock init`
proposes an entry for it.
Source: Penstock's own rule.
""",
    ),
    (
        "PS193",
        "source-elsewhere",
        """What a Flux Kustomization builds is in this repository, or in `penstock.lock`.

Bad:   `sourceRef: {kind: GitRepository, name: team-apps}`, which has the address of another repository
Good:  the same, `penstock lock` run once, and its file committed

Why: nothing has looked at those objects here, and that is said rather than implied. It is no mistake.
Source: Flux, Kustomization, `spec.sourceRef`.
""",
    ),
    (
        "PS194",
        "no-directory-to-build",
        """The path of a Flux Kustomization is a directory of its source.

Bad:   `path: ./app`, where the directory is called `apps`
Good:  `path: ./apps`

Why: kustomize-controller fails with "kustomization path not found". `..` does not lead out of the source, as it would
in a shell.
Source: Flux, Kustomization, `spec.path`.
""",
    ),
    (
        "PS195",
        "component-path",
        """The components of a Flux Kustomization are named by relative paths.

Bad:   `components: [https://example.com/mixin]`
Good:  `components: [../mixin]`

Why: kustomize-controller refuses it.
Source: Flux, Kustomization, `spec.components`.
""",
    ),
    (
        "PS196",
        "substitution",
        """An expression of `postBuild` can be replaced, and the object is still YAML after it.

Bad:   `${REPLICAS}` without a value, `${A-B}`, `${}`
Good:  `${REPLICAS:=2}`, `${A:-B}`, and `$${NAME}` for a text that shall keep its braces

Why: since version 2.9 Flux refuses a variable that has neither a value nor a default; before, it was an empty text: so
it is a warning where the repository has the manifests of an older Flux.
Scripts in ConfigMaps are often to blame: `kustomize.toolkit.fluxcd.io/substitute: disabled`, as a label or annotation,
leaves an object as it is.
Source: Flux, Kustomization, "Post build variable substitution".
""",
    ),
    (
        "PS197",
        "depends-on",
        """`dependsOn` of a Flux Kustomization names others that are there, and leads to no circle.

Bad:   apps depends on infra, and infra depends on apps
Good:  apps depends on infra

Why: kustomize-controller waits for ever.
Source: Flux, Kustomization, "Dependencies".
""",
    ),
    (
        "PS138",
        "rancher-fleet",
        """What Rancher's Fleet deploys is named in penstock.yaml, too.

Bad:   shop/fleet.yaml, and nothing in penstock.yaml about shop
Good:
```yaml
targets:
- {path: shop, environment: prod, type: directory, recurse: true, exclude: fleet.yaml}
```
in penstock.yaml; for a chart an entry of `charts:`, for kustomizations one with their path

Why: `fleet.yaml` says which clusters get a directory, and with which values, in a language that is not read here. What
lies in such a directory would fall out of sight.
Source: Penstock's own rule: nothing falls out of sight.
""",
    ),
    (
        "PS172",
        "uninstalled-chart",
        """A chart of the repository is installed by something.

Bad:   charts/shop/Chart.yaml, which no Application, HelmRelease, kustomization or entry of penstock.yaml names
Good:
```yaml
charts:
- {path: charts/shop, environments: {prod: {namespace: shop}}}
```
in penstock.yaml, or `exclude: [charts/*]` where others install it

Why: nothing compiles it, and a check without findings has not seen it.
Source: Penstock's own rule: nothing falls out of sight.
""",
    ),
    (
        "PS173",
        "unlisted-application",
        """A file with an Application, beside files that a kustomization names, is named by it as well.

Bad:   apps/mail.yaml, where apps/kustomization.yaml names shop.yaml alone
Good:
```yaml
resources:
- shop.yaml
- mail.yaml
```
or, for an Application that is applied by hand, `{path: apps/mail.yaml, type: directory, environment: prod}` under
`targets:` in penstock.yaml

Why: Argo CD never gets it, so Penstock does not compile what it would build. Many repositories switch applications off
by taking their lines out of `resources:`. The first file is named, with a count.
Source: Penstock's own rule: nothing falls out of sight.
""",
    ),
    (
        "PS198",
        "unlisted-definition",
        """A file with a Flux Kustomization in the folder of a cluster is built by something.

Bad:   clusters/prod/apps.yaml, where clusters/prod/kustomization.yaml does not name it
Good:
```yaml
resources:
- apps.yaml
```
Why: the cluster never gets it, and Penstock does not compile what it would build. Of definitions in an archive, which
no entry of a cluster leads to and whose directories are gone, the first one is named, with a count.
Source: Penstock's own rule: nothing falls out of sight.
""",
    ),
    (
        "PS199",
        "endless-definitions",
        """Definitions of Flux that lead to one another come to an end.

Bad:   a Kustomization that builds the directory in which it lies, under a name that a variable makes longer each time
Good:  Kustomizations whose names are written down

Why: a cluster would make objects without end, and Penstock would never be done.
Source: Penstock's own bound: 40 levels, and 5,000 definitions of one cluster.
""",
    ),
)
