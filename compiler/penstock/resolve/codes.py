"""The codes of building a target (PS2xx), each with its name and its page of the manual.

Those in LOSSES are no errors to Kustomize. docs/kustomize.md says of each what becomes of the bytes.
"""

UNMATCHED = frozenset(("PS247", "PS257", "PS261"))
"""An entry that matches nothing. Where targets share it, as that of a Component, it is a mistake only if it matches in
none of them.
"""

LOSSES = frozenset(
    (
        *("PS211", "PS226", "PS227", "PS228", "PS229", "PS233", "PS234", "PS235", "PS238", "PS244", "PS247", "PS249"),
        *("PS206", "PS257", "PS259", "PS261", "PS262"),
        *("PS290", "PS291", "PS292", "PS293", "PS294", "PS295", "PS296", "PS297", "PS298"),
    )
)
"""What Kustomize drops or ignores without a word. `build` prints its bytes and warns; `check` takes the warning for an
error.
"""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS200",
        "not-built-yet",
        """A kustomization uses what Penstock builds.

Bad:   a chart, where a program reads kustomizations that cannot render any
Good:  the rendered chart as a file under `resources:`

Why: a field that is not built is an error, never ignored.
Source: Penstock's own limit.
""",
    ),
    (
        "PS201",
        "duplicate-object",
        """An object is there once.

Bad:
```yaml
resources:
- app.yaml           # Deployment shop
- ../base            # Deployment shop again
```
Good: one of the two, or a `namePrefix`, `nameSuffix` or `namespace` on the way that tells them apart.
Why: Kustomize refuses two objects with the same group, version, kind, namespace and name; no namespace and `default`
are one. The notes say where the first is, and which line adds the second.
Source: kustomize v5.8.2, "may not add resource with an already registered id".
""",
    ),
    (
        "PS202",
        "no-object",
        """A resource has a kind and a name.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {generateName: settings-}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
```
Why: Kustomize knows objects by kind and name and refuses others. A kind that ends in `List` needs no name; its `items`
are objects.
Source: kustomize v5.8.2, "missing metadata.name".
""",
    ),
    (
        "PS205",
        "component-or-base",
        """A Component is named under `components:`, a Kustomization under `resources:`.

Bad:   `resources: [../components/tls]`
Good:  `components: [../components/tls]`

Why: a component changes the objects of the kustomization that uses it, a base brings its own.
Source: kustomize v5.8.2, "expected kind != 'Component'".
""",
    ),
    (
        "PS206",
        "build-setting",
        """`buildMetadata` and `sortOptions` have values that Kustomize knows.

Bad:   `sortOptions: {order: name}`
Good:  `sortOptions: {order: fifo}`, or legacy; `buildMetadata: [originAnnotations]`

Why: Kustomize refuses other values of `sortOptions`, and does nothing with other words in `buildMetadata`.
`legacySortOptions` goes with `order: legacy` only.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS210",
        "deprecated-field",
        """A kustomization uses the current names of fields.

Bad:
```yaml
bases: [../base]
commonLabels: {app: shop}
```
Good:
```yaml
resources: [../base]
labels:
- pairs: {app: shop}
  includeSelectors: true
```
Why: Kustomize builds both and warns. This is for information only.
Source: `kustomize edit fix` rewrites these fields.
""",
    ),
    (
        "PS211",
        "list-replaced",
        """A strategic merge patch repeats the elements of a list that Kustomize replaces.

Bad:
```yaml
# base
kind: Rollout
spec: {template: {spec: {containers: [{name: shop, image: shop}, {name: proxy, image: proxy}]}}}
# patch
spec: {template: {spec: {containers: [{name: shop, image: shop:2}]}}}
```
Good:
```yaml
patches:
- target: {kind: Rollout}
  patch: |
    - {op: replace, path: /spec/template/spec/containers/0/image, value: shop:2}
```
Or: a schema under `openapi:` that has `x-kubernetes-patch-merge-key: name` and `x-kubernetes-patch-strategy: merge` for
the list.

Why: Kustomize merges the elements of lists that it knows keys of, which are those of the kinds that Kubernetes 1.21
had. Every other list, as of a custom resource, is replaced as a whole: what the patch leaves out is gone, and Kustomize
does not say so. Elements that have a name, key or id are told by that; others count as gone where the list is shorter.
Nothing is said of `[]`, or where `$patch: replace` stands around the list. `build` prints the same and warns, `check`
takes it for an error.
Source: observed with kustomize v5.8.2; kustomize#5110.
""",
    ),
    (
        "PS220",
        "generator-name",
        """A generator has a name.

Bad:   `configMapGenerator: [{literals: [a=b]}]`
Good:  `configMapGenerator: [{name: settings, literals: [a=b]}]`

Source: kustomize v5.8.2.
""",
    ),
    (
        "PS221",
        "generator-key-twice",
        """A key of a generated ConfigMap or Secret comes from one source.

Bad:   `literals: [level=info, level=debug]`, or a literal whose key is also in an env file
Good:  each key once; to change what a base generates, another entry with `behavior: merge`

Source: kustomize v5.8.2, "cannot add key, another key by that name already exists".
""",
    ),
    (
        "PS222",
        "generator-source",
        """A literal is KEY=VALUE, a file is PATH or KEY=PATH, and a line of an env file starts with a key.

Bad:
```yaml
configMapGenerator:
- name: settings
  literals: ["level: info"]
```
Good:
```yaml
configMapGenerator:
- name: settings
  literals: ["level=info"]
```
Why: Kustomize refuses others. The message never shows the text, which may be a secret.
Source: kustomize v5.8.2, `api/kv`.
""",
    ),
    (
        "PS223",
        "generator-target-ambiguous",
        """One object at most has the name of a generator.

Bad:   two bases that both had a ConfigMap `settings` before their prefixes, and an overlay that merges into `settings`
Good:  name the one that is meant by its present name

Source: kustomize v5.8.2, "multiple resources match".
""",
    ),
    (
        "PS224",
        "generator-target-missing",
        """`behavior: merge` and `behavior: replace` find the object that they change.

Bad:   `configMapGenerator: [{name: setings, behavior: merge, literals: [a=b]}]`, where the base says `settings`
Good:  the name that the base gave it, without prefix or hash

Source: kustomize v5.8.2, "does not exist; cannot merge or replace".
""",
    ),
    (
        "PS225",
        "generator-target-exists",
        """A generator without `behavior` makes a new object.

Bad:   a base and its overlay that both generate `settings`
Good:  `behavior: merge` (or replace) in the overlay

Source: kustomize v5.8.2, "exists; behavior must be merge or replace".
""",
    ),
    (
        "PS226",
        "generator-behavior",
        """`behavior` is create, merge or replace.

Bad:
```yaml
configMapGenerator:
- name: settings
  behavior: murge
  literals: [level=debug]
```
Good:
```yaml
configMapGenerator:
- name: settings
  behavior: merge
  literals: [level=debug]
```
Why: Kustomize takes any other word for create, without a word of its own. `build` prints the same and warns, `check`
takes it for an error.
Source: kustomize v5.8.2, `types.NewGenerationBehavior`.
""",
    ),
    (
        "PS227",
        "merged-without-hash",
        """A generator that merges into an object gives the result the hash suffix that it promises.

Bad:
```yaml
resources: [settings.yaml]        # a plain ConfigMap
configMapGenerator:
- name: settings
  behavior: merge
  literals: [level=debug]
```
Good: generate the ConfigMap in the base too; or say that no hash is meant: `options: {disableNameSuffixHash: true}`.
Why: only what was generated with a hash keeps one. Without it a change of the data restarts no workload, and Kustomize
does not say so. `build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2: the suffix needs both sides.
""",
    ),
    (
        "PS228",
        "generator-option-kept",
        """A generator does not try to undo `generatorOptions`.

Bad:
```yaml
generatorOptions: {disableNameSuffixHash: true}
configMapGenerator:
- name: settings
  options: {disableNameSuffixHash: false}
```
Good: set the option where it is wanted and nowhere else.
Why: `disableNameSuffixHash` and `immutable` are on where either place says so; a `false` beside a `true` has no effect,
and Kustomize does not say so. `build` prints the same and warns, `check` takes it for an error.
Source: kustomize v5.8.2, `types.MergeGlobalOptionsIntoLocal`.
""",
    ),
    (
        "PS229",
        "merged-field-lost",
        """What a generator merges into keeps its fields.

Bad:
```yaml
# base
secretGenerator: [{name: cert, type: kubernetes.io/tls, files: [tls.crt, tls.key]}]
# overlay
secretGenerator: [{name: cert, behavior: merge, files: [tls.crt]}]
```
Good: say `type: kubernetes.io/tls` (and `options: {immutable: true}`) in the overlay again.
Why: `behavior: merge` keeps data, labels and annotations of the old object. Its type becomes Opaque, `immutable` and
any other field are dropped, and a key that was binary and is text now stands in both `data` and `binaryData`, which the
API server refuses. Kustomize says nothing. `build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS230",
        "name-reference-shape",
        """A field that names an object has the shape that its kind gives it.

Bad:   `roleRef: [{name: reader}]`
Good:  `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}`

Why: Kustomize cannot follow the name and refuses the build.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS231",
        "name-reference-ambiguous",
        """A name means one object.

Bad:   two bases that both had a ConfigMap `settings`, each with a prefix now, and a Deployment beside them that names
       `settings`
Good:  put the Deployment into the base whose ConfigMap it means, or name it as it is called now

Source: kustomize v5.8.2, "found multiple possible referrals".
""",
    ),
    (
        "PS232",
        "blank-subject-namespace",
        """The namespace of a RoleBinding's ServiceAccount is written out or left out.

Bad:   `subjects: [{kind: ServiceAccount, name: shop, namespace: }]`
Good:  `subjects: [{kind: ServiceAccount, name: shop, namespace: prod}]`

Why: Kustomize refuses a blank one.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS233",
        "ingress-class-name",
        """An Ingress names an IngressClass as it is called in the output.

Bad:
```yaml
namePrefix: prod-
resources: [class.yaml, ingress.yaml]     # IngressClass nginx; Ingress with ingressClassName: nginx
```
Good: leave the IngressClass out of the prefix (a kustomization of its own), or write the new name into the Ingress.
Why: Kustomize means to follow this reference and never does, because its table has a wrong group; the Ingress then
names a class that is not there. `build` prints the same and warns, `check` takes it for an error.
Source: kustomize v5.8.2, `builtinpluginconsts/namereference.go`: group `networking.k8s.io/v1`.
""",
    ),
    (
        "PS234",
        "subject-changed",
        """A User or Group of a RoleBinding keeps its name, and has no namespace.

Bad:
```yaml
namePrefix: prod-
resources: [account.yaml, binding.yaml]   # ServiceAccount ops, and a subject of kind Group that is called ops too
```
Good: call the ServiceAccount otherwise than any User or Group.
Why: Kustomize looks at the name of a subject alone. A User or Group that is called like a renamed ServiceAccount gets
its new name, one that is called `default` gets a namespace, and the right goes to somebody else, without a word.
`build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS235",
        "selector-made",
        """Labels do not give a selector to a Service that has none.

Bad:
```yaml
labels:
- pairs: {app: shop}
  includeSelectors: true
resources: [external.yaml]                # a Service of type ExternalName, or one with Endpoints of its own
```
Good: put that Service into a kustomization without `includeSelectors` (or `commonLabels`).
Why: a Service without a selector has its Endpoints from elsewhere; with one, Kubernetes overwrites them. Kustomize does
not say so. `build` prints the same and warns, `check` takes it for an error.
Source: kustomize v5.8.2, `builtinpluginconsts/commonlabels.go`: `create: true`.
""",
    ),
    (
        "PS236",
        "key-without-quotes",
        """A key without quotes reads as text.

Bad:
```yaml
configMapGenerator:
- name: settings
  literals: ["true=one"]
```
Good:
```yaml
configMapGenerator:
- name: settings
  literals: ["is_true=one"]
```
Why: what a generator, `labels`, `commonAnnotations` and the like add gets a key without quotes, and every annotation is
written anew. A key such as `true`, `null` or `1.5` is no text then, nor is one that stands without quotes in an
object, and Kustomize refuses that. (Built with Go before 1.27 it refuses whole numbers too.)
Source: observed with kustomize v5.8.2, "object member name must be a string".
""",
    ),
    (
        "PS237",
        "shared-label",
        """A label that `labels` put into the selector as well is not changed in one place alone.

Example:
```yaml
labels: [{pairs: {env: dev}, includeSelectors: true}]   # in the base
labels: [{pairs: {env: prod}}]                          # in the overlay: only metadata.labels is meant
```
Why: Kustomize hangs one value into all places, so the overlay, a patch or a replacement that sets the label in
`metadata` changes the selector and the pod template too. `build` prints that; `merge: kubernetes` does not.
Source: observed with kustomize v5.8.2; `filtersutil.SetEntry`.
""",
    ),
    (
        "PS238",
        "key-that-is-a-number",
        """A key without quotes is text, and not a number or date that is spelled in some way.

Bad:
```yaml
data:
  010: ten
  2020-01-01: a date
```
Good:
```yaml
data:
  "010": ten
  "2020-01-01": a date
```
Why: Kustomize reads the key as a number or date, and prints that: `"8"` and `"2020-01-01T00:00:00Z"`. So it does with
what a generator, `labels`, `commonAnnotations` and the like add, which never has quotes; there, put a letter in front.
(`true`, `null` and `1.5` it refuses: PS236.)
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS164",
        "text-that-starts-with-a-tab",
        """A text of several lines does not start with a tab.

Bad:   a Makefile under `files:` of a generator, whose first line is a command
Good:  the same with a comment, or an empty line, at the top

Why: Kustomize writes such a text as a block, and its own reader takes the tab for indentation: the build fails with
"found a tab character where an indentation space is expected". In double quotes in a resource, the text is kept.
Source: observed with kustomize v5.8.2; go-yaml says how far a block is indented only before spaces and line breaks.
""",
    ),
    (
        "PS239",
        "folded-text",
        """A folded text has no indented lines.

Bad:
```yaml
description: >
  The steps are:
    first
    second
```
Good:
```yaml
description: |
  The steps are:
    first
    second
```
Why: Kustomize writes the object and reads it again, and its writer puts an empty line after each line that is not
indented, as a folded text needs it between two of those; before an indented line, and at the end of a text that keeps
its line breaks (`>+`), it is one too many. If the text starts with a space, it puts none, and lines are joined.
`build` prints what comes of that.
Source: observed with kustomize v5.8.2 (go-yaml v3, `yaml_emitter_write_folded_scalar`).
""",
    ),
    (
        "PS240",
        "field-in-the-way",
        """Where a transformer writes, there is room for what it writes.

Bad:
```yaml
metadata:
  labels: none
```
Good:
```yaml
metadata:
  labels: {}
```
Why: labels go into a mapping, an image is a string, and so on. Kustomize refuses too.
Source: kustomize v5.8.2, "wrong node kind".
""",
    ),
    (
        "PS241",
        "namespace-clash",
        """`namespace:` leaves every object different from the others.

Bad:   a Service shop in namespace a, another in namespace b, and `namespace: prod` over both
Good:  rename one, or set the namespaces lower down

Source: kustomize v5.8.2, "namespace transformation produces ID conflict".
""",
    ),
    (
        "PS242",
        "field-specs-disagree",
        """Two field specs for the same path agree about `create`.

Bad:   a configuration with `{path: spec/selector, create: false}` for what is built in with `create: true`
Good:  leave out what is built in

Source: kustomize v5.8.2, "conflicting fieldspecs".
""",
    ),
    (
        "PS243",
        "unused-replicas",
        """An entry of `replicas` names something that has replicas.

Bad:   `replicas: [{name: shopp, count: 3}]`
Good:  `replicas: [{name: shop, count: 3}]`, where a Deployment, ReplicaSet, StatefulSet or ReplicationController is
       called so, now or in a base

Source: kustomize v5.8.2 refuses too.
""",
    ),
    (
        "PS244",
        "image-name",
        """The name of an `images` entry is a regular expression, as Kustomize reads it.

Bad:   `images: [{name: "registry/web[", newTag: "2"}]`
Good:  `images: [{name: registry/web, newTag: "2"}]`

Why: Kustomize takes a name that is not valid for one that matches nothing, without a word. `build` prints the same and
warns, `check` takes it for an error.
Source: kustomize v5.8.2, `image.IsImageMatched`.
""",
    ),
    (
        "PS245",
        "crds-file",
        """A file of `crds:` has OpenAPI definitions in it.

Bad:   `crds: [crd.yaml]`, with a CustomResourceDefinition
Good:  `resources: [crd.yaml]`

Why: the field is older than CustomResourceDefinitions: it takes the definitions from which field specs are read.
Source: kustomize v5.8.2, "unable to parse open API definition".
""",
    ),
    (
        "PS246",
        "openapi-setting",
        """`openapi:` has either the path of a schema or a version that is built in.

Bad:   `openapi: {version: v1.30.0}`
Good:  `openapi: {path: schema.json}`, or `openapi: {version: v1.21.2}`

Bad:   `required: owner` in that schema, on which Kustomize panics
Good:  `required: [owner]`

The fields of a schema have the types that OpenAPI v2 gives them. Kustomize ignores a field of another name.
Source: kustomize v5.8.2; `pkg/validation/spec` of kube-openapi.
""",
    ),
    (
        "PS247",
        "unused-image",
        """An entry of `images` matches an image.

Bad:
```yaml
images:
- {name: ngnix, newTag: "1.27"}           # the containers say nginx
```
Good:
```yaml
images:
- {name: nginx, newTag: "1.27"}
```
Why: the new tag would never be rolled out, and Kustomize does not say so. The name is the whole name with its registry,
`docker.io/library/nginx` is not `nginx`, and ephemeral containers and custom resources are not looked at. `build`
prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS248",
        "namespace-on-cluster-scoped",
        """An object that is cluster-scoped has no namespace.

Bad:
```yaml
namespace: prod
resources:
- crd.yaml           # a CustomResourceDefinition with scope: Cluster
- issuer.yaml        # an object of that kind
```
Good: name issuer.yaml in a kustomization without `namespace:`.
Why: Kustomize knows the scope of the kinds of Kubernetes 1.21 and gives a namespace to every other object, even where
its definition in the same build says otherwise. Some clients refuse the result, others take it for another object.
`build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2; kustomize#552, kustomize#5282.
""",
    ),
    (
        "PS249",
        "tag-suffix",
        """`tagSuffix` is added once, to a tag that the entry does not set itself.

Bad:
```yaml
images:
- {name: nginx, tagSuffix: -alpine}       # nginx:1.27 becomes nginx:1.27-alpine-alpine
```
Good:
```yaml
images:
- {name: nginx, newTag: 1.27-alpine}
```
Why: Kustomize goes over containers twice and adds the suffix each time; beside `newTag` or `digest` it ignores the
suffix; and it drops the digest of the image. It says nothing. `build` prints the same and warns, `check` takes it for
an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS250",
        "patch-object-missing",
        """A strategic merge patch without `target` names an object that is there.

Bad:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: shopp}
```
Good: the apiVersion, kind, name and namespace that the object has here or had in a base.
Source: kustomize v5.8.2, "no resource matches strategic merge patch".
""",
    ),
    (
        "PS251",
        "patch-object-ambiguous",
        """A strategic merge patch without `target` names one object.

Bad:   a patch for `shop`, where two objects were called so before their prefixes
Good:  name the object as it is called now

Source: kustomize v5.8.2, "multiple matches for Id".
""",
    ),
    (
        "PS252",
        "patch-shape",
        """A strategic merge patch has a mapping where the object has one, and a list where it has a list.

Bad:
```yaml
spec:
  template:
    spec:
      containers: {name: web, image: web:2}
```
Good:
```yaml
spec:
  template:
    spec:
      containers:
      - {name: web, image: web:2}
```
Why: Kustomize refuses too, without saying where. A `$patch` is delete, replace or merge. With `merge: kubernetes` an
element without its merge key is refused as well.
Source: kustomize v5.8.2, "wrong node kind"; Kubernetes, `strategicpatch`.
""",
    ),
    (
        "PS253",
        "no-patch",
        """A patch is an object, or a list of JSON 6902 operations, and stands in one place.

Bad:   `patches: [{path: patch.yaml, patch: "..."}]`, or a file with a single operation that is not in a list
Good:  `patches: [{path: patch.yaml}]`

Source: kustomize v5.8.2, "unable to parse SM or JSON patch".
""",
    ),
    (
        "PS254",
        "json-patch-target",
        """A JSON 6902 patch has a target.

Bad:   `patches: [{path: operations.yaml}]`
Good:  `patches: [{path: operations.yaml, target: {kind: Deployment, name: shop}}]`

Source: kustomize v5.8.2.
""",
    ),
    (
        "PS255",
        "one-patch-per-target",
        """A strategic merge patch with `target` is one document.

Bad:   two documents in patch.yaml, and `{path: patch.yaml, target: {kind: Deployment}}`
Good:  two entries, each with its own file

Source: kustomize v5.8.2.
""",
    ),
    (
        "PS256",
        "target-selector",
        """The fields of a target are regular expressions, its selectors those of Kubernetes.

Bad:   `target: {name: "shop["}` or `target: {labelSelector: "app in shop"}`
Good:  `target: {name: "shop-.*"}` or `target: {labelSelector: "app in (shop)"}`

Source: kustomize v5.8.2, `types.Selector`; Go's RE2.
""",
    ),
    (
        "PS257",
        "unmatched-target",
        """The target of a patch matches an object.

Bad:
```yaml
patches:
- path: replicas.yaml
  target: {kind: Deployment, name: shopp}
```
Good:
```yaml
patches:
- path: replicas.yaml
  target: {kind: Deployment, name: shop}
```
Why: the patch changes nothing, and Kustomize does not say so. Group, version, kind, name and namespace must match as a
whole. `build` prints the same and warns, `check` takes it for an error. It is an info where the target names no object
and there is none of its kind: it is meant for those that may come.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS258",
        "json-patch-operation",
        """A JSON 6902 operation can be applied.

Bad:   `- {op: remove, path: /spec/replica}`, where there is no such field
Good:  `- {op: remove, path: /spec/replicas}`

Why: Kustomize refuses too. The parent of a path must be there; `/` in a name is written `~1`, and `~` is `~0`.
Source: RFC 6902; json-patch as kustomize v5.8.2 uses it.
""",
    ),
    (
        "PS259",
        "path-without-slash",
        """The path of a JSON 6902 operation starts with a slash.

Bad:   `- {op: add, path: metadata/labels/tier, value: web}`
Good:  `- {op: add, path: /metadata/labels/tier, value: web}`

Why: without it Kustomize loses the first name and writes to `/labels/tier`, without a word. `build` prints the same and
warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2; RFC 6901 demands the slash.
""",
    ),
    (
        "PS260",
        "replacement",
        """A replacement has one source that is there, and leads to fields that are there.

Bad:
```yaml
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.hots}
  targets: [{select: {kind: Deployment}, fieldPaths: [spec.host]}]
```
Good: a source that names exactly one object and a field of it; `options: {create: true}` where the target's field is
to be made.
Source: kustomize v5.8.2 refuses too.
""",
    ),
    (
        "PS261",
        "unmatched-replacement",
        """The target of a replacement matches an object.

Bad:   `targets: [{select: {kind: Deployment, name: shopp}, fieldPaths: [spec.replicas]}]`
Good:  `targets: [{select: {kind: Deployment, name: shop}, fieldPaths: [spec.replicas]}]`

Why: the value is copied nowhere, and Kustomize does not say so. `build` prints the same and warns, `check` takes it for
an error; for a target without a name, and where there is no object of its kind, it is an info. Nor does Kustomize say
so where a path goes on below a null with `create`, or inside a string and the value does not get there: into JSON that
cannot have it, into a string inside that string, or into strings that `*` has found.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS262",
        "replacement-encoding",
        """A replacement does not ask for an encoding.

Bad:   `options: {encoding: base64}`
Good:  the value as it is to stand there

Why: Kustomize has the option and does nothing with it: the value would stand in a Secret in clear text, where base64 is
expected. `build` prints the same and warns, `check` takes it for an error.
Source: kustomize v5.8.2, `types.FieldOptions`.
""",
    ),
    (
        "PS264",
        "replace-made-field",
        """A JSON 6902 `replace` finds the field that it replaces.

Bad:   `- {op: replace, path: /spec/replica, value: 3}`, where the object has `replicas`
Good:  `- {op: replace, path: /spec/replicas, value: 3}`, or `op: add` where the field is to be made

Why: RFC 6902 demands that the field is there; Kustomize makes it without a word, so a misspelt path leaves the old
value and adds a field that nobody reads. It is a warning: the field may be one that was to be made.
Source: observed with kustomize v5.8.2; RFC 6902, section 4.3.
""",
    ),
    (
        "PS270",
        "variable-ambiguous",
        """A variable reads one object.

Bad:   `vars` whose `objref` fits two objects
Good:  say the namespace too, or use `replacements`

Source: kustomize v5.8.2, "found multiple possible referrals".
""",
    ),
    (
        "PS271",
        "variable-twice",
        """A variable is defined once in a whole tree.

Bad:   two bases that both define HOST
Good:  define it in one place, or use `replacements`

Source: kustomize v5.8.2, "var already encountered".
""",
    ),
    (
        "PS272",
        "variable-unused",
        """A variable is used.

Bad:   `vars` defines HOST, and no field that may hold variables says `$(HOST)`
Good:  remove it, or add the field with a `varReference`

Why: for information only; Kustomize prints a line to its log.
Source: kustomize v5.8.2, "well-defined vars that were never replaced".
""",
    ),
    (
        "PS273",
        "variable-without-value",
        """The object and the field that a variable reads are there.

Bad:   `fieldref: {fieldpath: spec.hots}`
Good:  `fieldref: {fieldpath: spec.host}`

Source: kustomize v5.8.2 refuses too.
""",
    ),
    (
        "PS280",
        "plugin-setting",
        """The configuration of a builtin plugin is complete, with values that it knows.

Bad:   `kind: PrefixTransformer` without `fieldSpecs`
Good:  `fieldSpecs: [{path: metadata/name}]`

Source: kustomize v5.8.2.
""",
    ),
    (
        "PS281",
        "unknown-plugin",
        """A builtin plugin is one that Kustomize has.

Bad:   `apiVersion: builtin, kind: NameTransformer`
Good:  `apiVersion: builtin, kind: PrefixTransformer`

Why: the hint lists them.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS282",
        "plugin-not-allowed",
        """A plugin that is a program runs only where the command line allows it.

Bad:   `penstock build` of a tree that names an exec function
Good:  `penstock build --enable-alpha-plugins --enable-exec`, of a tree that you trust; or its directory on a line of
       `~/.config/penstock/trusted`

Why: it can do whatever you can do. Penstock runs no containers.
Source: kustomize v5.8.2 has the same flags.
""",
    ),
    (
        "PS283",
        "plugin-failed",
        """An exec function ends well and answers with objects.

Bad:   a program that exits with 1, is not there, or prints no ResourceList
Good:  a KRM function

Source: the KRM Functions Specification.
""",
    ),
    (
        "PS284",
        "validator-changed",
        """A validator changes nothing.

Bad:   a LabelTransformer under `validators:`
Good:  the same under `transformers:`

Source: kustomize v5.8.2, "validator shouldn't modify the resource map".
""",
    ),
    (
        "PS285",
        "comment-before-an-empty-value",
        """A key whose value becomes empty has no comment behind it.

Bad:
```yaml
spec:
  opening:  # on weekdays it is open anyway
    weekend: closed
```
```yaml
patches:
- patch: |
    ...
    spec:
      opening: {weekend: null}
```
Good:
```yaml
spec:
  # on weekdays it is open anyway
  opening:
    weekend: closed
```
Why: Kustomize keeps comments until it has written an object, and writes this one between the key and the braces:
`opening: # on weekdays it is open anyway {}`. That is no YAML, and the build fails with "could not find expected ':'".
It is the same for an empty list, and where the key had no value.
Source: observed with kustomize v5.8.2; `emitter.key_line_comment` of go-yaml v3.
""",
    ),
    (
        "PS290",
        "patch-element-lost",
        """Every element of a patch arrives in the list that it is merged into.

Bad:
```yaml
# base: a Service
ports: [{port: 80, protocol: TCP}]
# patch
ports: [{port: 80, name: http}]
```
Good: write all keys on both sides, here `protocol: TCP`; or set `merge: kubernetes` in penstock.yaml.
Why: ports are matched by number and protocol. To Kubernetes no protocol is TCP; Kustomize takes it for something else,
gets into muddle and drops the patch's element without a word. `build` prints the same and warns, `check` takes it for
an error.
Source: observed with kustomize v5.8.2; kustomize#4752, kustomize#3620, kustomize#3513.
""",
    ),
    (
        "PS291",
        "duplicate-elements-collapsed",
        """A list that has a merge key holds each key once.

Bad:
```yaml
# base: a container
env:
- {name: LEVEL, value: info}
- {name: LEVEL, value: debug}
# patch, of that object, that does not touch env at all
metadata: {labels: {tier: web}}
```
Good: one element for each key; or set `merge: kubernetes` in penstock.yaml, which leaves alone what no patch names.
Why: any strategic merge patch of the object makes Kustomize keep one of the elements, without a word. `build` prints
the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS292",
        "duplicate-patch-elements",
        """A patch names each element of a list once.

Bad:
```yaml
containers:
- {name: web, image: web:2}
- {name: web, imagePullPolicy: Always}
```
Good:
```yaml
containers:
- {name: web, image: web:2, imagePullPolicy: Always}
```
Why: Kustomize takes the first and drops the second without a word. `build` prints the same and warns, `check` takes it
for an error. With `merge: kubernetes` both count, one after the other.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS293",
        "element-without-key",
        """An element of a list that is merged by a key has that key.

Bad:
```yaml
containers:
- image: web:2
```
Good:
```yaml
containers:
- name: web
  image: web:2
```
Why: one such element in a patch makes Kustomize empty the list or drop elements, without a word. `build` prints the
same and warns, `check` takes it for an error. With `merge: kubernetes` it is an error (PS252), as with kubectl.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS294",
        "replace-ignored",
        """`$patch: replace` stands where Kustomize obeys it: in a mapping, or as an element of its own in a list.

Bad:
```yaml
containers:
- {name: web, image: web:2, $patch: replace}
```
Good:
```yaml
containers:
- $patch: replace
- {name: web, image: web:2}
```
Why: in an element that has a key, and at the root of a patch, Kustomize ignores the patch and keeps the old value,
without a word. `build` prints the same and warns, `check` takes it for an error. `merge: kubernetes` obeys it.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS295",
        "literal-directive",
        """A directive of strategic merge does not end up in the output.

Bad:
```yaml
spec:
  $setElementOrder/containers: [{name: web}]
  $retainKeys: [type]
  tolerations:                            # a list that is replaced as a whole
  - $patch: replace
  - {key: dedicated, operator: Exists}
```
Good: leave the directive out; or set `merge: kubernetes` in penstock.yaml, which obeys the first two.
Why: Kustomize knows `$patch` in mappings and merged lists only. Other directives are written to the output, where the
API server refuses them or they do nothing. `build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2; Kubernetes, "Strategic Merge Patch".
""",
    ),
    (
        "PS296",
        "old-choice-kept",
        """A patch that makes another choice removes the old one.

Bad:
```yaml
# base
volumes: [{name: data, emptyDir: {}}]
# patch
volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
```
Good: delete the old one in the patch, `emptyDir: null`; or set `merge: kubernetes` in penstock.yaml.
Why: of a volume, and of the strategy of a Deployment, Kubernetes keeps the keys of the patch only (retainKeys).
Kustomize keeps both, and the API server refuses the object. `build` prints the same and warns, `check` takes it for an
error.
Source: observed with kustomize v5.8.2; Kubernetes API, `patchStrategy: retainKeys`.
""",
    ),
    (
        "PS297",
        "builtin-schema-replaced",
        """A schema under `openapi:` knows the lists of the built-in kinds that are patched.

Bad:
```yaml
openapi: {path: rollout-schema.json}      # has Rollout and nothing else
patches:
- path: deployment.yaml                   # names one of two containers
```
Good: add the built-in kinds to the schema; or set `merge: kubernetes` in penstock.yaml, which keeps them.
Why: the schema takes the place of the built-in one, so that lists of containers, ports, volumes and so on are replaced
as a whole. Kustomize does not say so. `build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS298",
        "rounded-integer",
        """An object with an integer beyond 2^53 is not changed by a JSON 6902 patch.

Bad:   `- {op: add, path: /metadata/labels/tier, value: web}` on an object with `serial: 12345678901234567`
Good:  the same as a strategic merge patch; or the number in quotes, where the field takes a string

Why: Kustomize passes the whole object through JSON numbers of 53 bits, and the last digits change without a word, also
in fields that the patch does not name. `build` prints the same and warns, `check` takes it for an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS454",
        "value-not-built",
        """A value of a source is in the output.

Bad:
```yaml
metadata:
  name: web
  annotations:
    example.com/owner: {team: shop}    # built as ""
```
Good:
```yaml
metadata:
  name: web
  annotations:
    example.com/owner: '{"team": "shop"}'
```
Why: Kustomize writes each object as YAML and reads it again, and what is no text there does not come through: a mapping
or list in an annotation becomes an empty text, and annotations that are no mapping are gone. `build` prints the same
bytes; the API server would have refused what the source has.
Source: observed with kustomize v5.8.2.
""",
    ),
)
