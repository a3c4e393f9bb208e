"""The codes of findings from building a target (PS2xx), each with its name and its page of the manual.

Kustomize does not treat the codes in LOSSES as errors. docs/kustomize.md describes the output for each of them.
The module is a table without code: it is as long as its part of the manual.
"""

UNMATCHED = frozenset(("PS247", "PS257", "PS261"))
"""The codes of entries that match nothing. An entry that several targets share, such as one in a Component, is a
mistake only if it matches in none of the targets.
"""

ABSENT = frozenset(("PS101", "PS102", "PS103", "PS120", "PS130", "PS282", "PS720"))
"""The codes of errors for which objects or their fields are missing: a file or base cannot be read, a plugin or
function is not run, a chart is not rendered.
"""

LOSSES = frozenset(
    (
        *("PS211", "PS226", "PS227", "PS228", "PS229", "PS233", "PS234", "PS238", "PS244", "PS247", "PS249"),
        *("PS206", "PS257", "PS259", "PS261", "PS262", "PS265"),
        *("PS290", "PS291", "PS292", "PS293", "PS294", "PS295", "PS296", "PS297", "PS298"),
    )
)
"""The codes of input that Kustomize silently drops or ignores. `build` prints the bytes of Kustomize and warns; `check`
reports an error.
"""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS200",
        "not-built-yet",
        """A kustomization uses only what Penstock builds.

Bad:   a chart in a kustomization that is read by a program that cannot render charts
Good:  the rendered chart as a file under `resources:`

Why: Penstock reports a field that it does not build as an error; it never ignores the field.
Source: Penstock's own limit.
""",
    ),
    (
        "PS201",
        "duplicate-object",
        """Each object exists once.

Bad:
```yaml
resources:
- app.yaml           # Deployment shop
- ../base            # Deployment shop again
```
Good: keep one of the two, or tell them apart with a `namePrefix`, `nameSuffix` or `namespace`.
Why: Kustomize refuses two objects with the same group, version, kind, namespace and name; a missing namespace counts as
`default`. The notes show where the first object is, and which line adds the second.
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
Why: Kustomize identifies objects by kind and name and refuses objects without them. A kind that ends in `List` needs no
name; its `items` are objects.
Source: kustomize v5.8.2, "missing metadata.name".
""",
    ),
    (
        "PS205",
        "component-or-base",
        """A Component is listed under `components:`, a Kustomization under `resources:`.

Bad:   `resources: [../components/tls]`
Good:  `components: [../components/tls]`

Why: a Component changes the objects of the kustomization that uses it; a base contributes objects of its own.
Source: kustomize v5.8.2, "expected kind != 'Component'".
""",
    ),
    (
        "PS206",
        "build-setting",
        """`buildMetadata` and `sortOptions` have values that Kustomize knows.

Bad:   `sortOptions: {order: name}`
Good:  `sortOptions: {order: fifo}`, or legacy; `buildMetadata: [originAnnotations]`

Why: Kustomize refuses other values of `sortOptions` and ignores other words in `buildMetadata`. `legacySortOptions` is
allowed only with `order: legacy`.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS210",
        "deprecated-field",
        """A kustomization uses the current field names.

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
Why: Kustomize builds both forms and warns. This finding is for information only.
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
Or: a schema under `openapi:` that sets `x-kubernetes-patch-merge-key: name` and `x-kubernetes-patch-strategy: merge`
for the list.

Why: Kustomize merges the elements of a list only if it knows their key, which it does for the kinds of Kubernetes 1.21.
It replaces every other list as a whole, such as a list in a custom resource: elements that the patch leaves out are
silently lost, and so are fields of an element that it repeats. Penstock identifies elements by their name, key or id. A
patch that changes one of these elements was written for a merge; a list that changes none may be meant as a whole, and
is PS212. `build` prints what Kustomize
prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2; kustomize#5110.
""",
    ),
    (
        "PS212",
        "list-given-anew",
        """A patch says whether it replaces the list of a custom resource or adds to it.

Bad:
```yaml
# base
kind: HelmRelease
spec: {dependsOn: [{name: database}, {name: cache}]}
# patch
spec: {dependsOn: [{name: queue}]}
```
Good:
```yaml
patches:
- target: {kind: HelmRelease}
  patch: |
    - {op: replace, path: /spec/dependsOn, value: [{name: queue}]}
```
Or: a schema under `openapi:` that sets `x-kubernetes-patch-merge-key: name` and `x-kubernetes-patch-strategy: merge`
for the list, if the patch should add to it.

Why: Kustomize replaces the lists of a custom resource as a whole, so the object loses the elements that the patch does
not repeat. This may be what the author wants, so it is a warning, where PS211 is an error, and information about a list
of single values. Elements without a name, key
or id count as lost if the list gets shorter. There is no finding for `[]`, or if `$patch: replace` encloses the list.
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
        """Each key of a generated ConfigMap or Secret comes from one source.

Bad:   `literals: [level=info, level=debug]`, or a literal whose key is also in an env file
Good:  each key once; to change what a base generates, add an entry with `behavior: merge`

Source: kustomize v5.8.2, "cannot add key, another key by that name already exists".
""",
    ),
    (
        "PS222",
        "generator-source",
        """A literal is KEY=VALUE, a file is PATH or KEY=PATH, and a line of an env file starts with a key and has no
more than 65,535 bytes.

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
Why: Kustomize refuses other forms. But it drops a line of an env file without a key, and a longer line together with
all lines behind it, and says nothing; Penstock warns. The message never shows the text, which may be a secret.
Source: kustomize v5.8.2, `api/kv`; Go's `bufio.MaxScanTokenSize`.
""",
    ),
    (
        "PS223",
        "generator-target-ambiguous",
        """At most one object has the name of a generator.

Bad:   two bases that both had a ConfigMap `settings` before their prefixes, and an overlay that merges into `settings`
Good:  use the current name of the object that is meant

Source: kustomize v5.8.2, "multiple resources match".
""",
    ),
    (
        "PS224",
        "generator-target-missing",
        """`behavior: merge` and `behavior: replace` find the object that they change.

Bad:   `configMapGenerator: [{name: setings, behavior: merge, literals: [a=b]}]`, where the base has `settings`
Good:  the name that the base gave the object, without prefix or hash

Source: kustomize v5.8.2, "does not exist; cannot merge or replace".
""",
    ),
    (
        "PS225",
        "generator-target-exists",
        """A generator without `behavior` creates a new object.

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
Why: Kustomize silently treats any other word as create. `build` prints what Kustomize prints and warns; `check` reports
an error.
Source: kustomize v5.8.2, `types.NewGenerationBehavior`.
""",
    ),
    (
        "PS227",
        "merged-without-hash",
        """A generated object has the hash suffix that its generator asks for.

Bad:
```yaml
resources: [settings.yaml]        # a plain ConfigMap
configMapGenerator:
- name: settings
  behavior: merge
  literals: [level=debug]
```
Good: generate the ConfigMap in the base too; or state that you want no hash: `options: {disableNameSuffixHash: true}`.
Why: only an object that was generated with a hash keeps one, and only until a patch deletes or replaces all of its
annotations, among which Kustomize has noted that it wants one. Without the hash, a change of the data restarts no
workload, and Kustomize does not warn about that. `build` prints what Kustomize prints and warns; `check` reports an
error.
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
Good: set the option only where you want it.
Why: `disableNameSuffixHash` and `immutable` are on if either place sets them to `true`; a `false` beside a `true`
silently has no effect. `build` prints what Kustomize prints and warns; `check` reports an error.
Source: kustomize v5.8.2, `types.MergeGlobalOptionsIntoLocal`.
""",
    ),
    (
        "PS229",
        "merged-field-lost",
        """An object that a generator merges into keeps its fields.

Bad:
```yaml
# base
secretGenerator: [{name: cert, type: kubernetes.io/tls, files: [tls.crt, tls.key]}]
# overlay
secretGenerator: [{name: cert, behavior: merge, files: [tls.crt]}]
```
Good: repeat `type: kubernetes.io/tls` (and `options: {immutable: true}`) in the overlay.
Why: `behavior: merge` keeps data, labels and annotations of the old object. But the type becomes Opaque, and
`immutable` and all other fields are dropped. A key that was binary and is now text appears in both `data` and
`binaryData`, which the API server refuses. Kustomize does not warn about any of this. `build` prints what Kustomize
prints and warns; `check` reports an error.
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
        """A name refers to one object.

Bad:   two bases that both had a ConfigMap `settings` and now have prefixes, and a Deployment beside them that refers to
       `settings`
Good:  move the Deployment into the base whose ConfigMap it means, or use the current name of that ConfigMap

Source: kustomize v5.8.2, "found multiple possible referrals".
""",
    ),
    (
        "PS232",
        "blank-subject-namespace",
        """The namespace of a RoleBinding's ServiceAccount is either set or left out.

Bad:   `subjects: [{kind: ServiceAccount, name: shop, namespace: }]`
Good:  `subjects: [{kind: ServiceAccount, name: shop, namespace: prod}]`

Why: Kustomize refuses a blank namespace.
Source: kustomize v5.8.2.
""",
    ),
    (
        "PS233",
        "ingress-class-name",
        """An Ingress uses the name that its IngressClass has in the output.

Bad:
```yaml
namePrefix: prod-
resources: [class.yaml, ingress.yaml]     # IngressClass nginx; Ingress with ingressClassName: nginx
```
Good: keep the IngressClass free of the prefix, in a kustomization of its own, or write the new name into the Ingress.
Why: Kustomize is meant to follow this reference but never does, because its table has a wrong group. The Ingress then
names a class that does not exist. `build` prints what Kustomize prints and warns; `check` reports an error.
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
Good: give the ServiceAccount a name that no User or Group has.
Why: Kustomize looks only at the name of a subject. A User or Group with the old name of a renamed ServiceAccount gets
the new name, and one called `default` gets a namespace. The rights silently go to somebody else. `build` prints what
Kustomize prints and warns; `check` reports an error.
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
resources: [external.yaml]                # a Service of type ExternalName
```
Good: move that Service to a kustomization without `includeSelectors` (or `commonLabels`).
Why: such a Service stands for a host, and Kubernetes ignores its selector, so this is an info: the selector misleads
those who read it. Kustomize adds it silently.
Source: kustomize v5.8.2, `builtinpluginconsts/commonlabels.go`: `create: true`.
""",
    ),
    (
        "PS236",
        "key-without-quotes",
        """A key without quotes is read as text.

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
Why: Kustomize writes the keys that a generator, `labels`, `commonAnnotations` and the like add without quotes, and it
rewrites every annotation. A key such as `true`, `null` or `1.5` is then not text, and Kustomize refuses it. The same
goes for such a key without quotes in an object. (Kustomize built with Go before 1.27 also refuses whole numbers.)
Source: observed with kustomize v5.8.2, "object member name must be a string".
""",
    ),
    (
        "PS237",
        "shared-label",
        """A label that `labels` also adds to the selector is not changed in one place alone.

Example:
```yaml
labels: [{pairs: {env: dev}, includeSelectors: true}]   # in the base
labels: [{pairs: {env: prod}}]                          # in the overlay: only metadata.labels is meant
```
Why: Kustomize shares one value between all these places, so an overlay, patch or replacement that sets the label in
`metadata` also changes the selector and the pod template. `build` prints that result; `merge: kubernetes` does not.
Source: observed with kustomize v5.8.2; `filtersutil.SetEntry`.
""",
    ),
    (
        "PS238",
        "key-that-is-a-number",
        """A key without quotes is text, not a number or date in some spelling.

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
Why: Kustomize reads the key as a number or date and prints that value: `"8"` and `"2020-01-01T00:00:00Z"`. The same
happens to keys that a generator, `labels`, `commonAnnotations` and the like add, which are never quoted; start those
with a letter. (Kustomize refuses `true`, `null` and `1.5`: PS236.)
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
"found a tab character where an indentation space is expected". A text in double quotes in a resource is kept.
Source: observed with kustomize v5.8.2; go-yaml writes how far a block is indented only before spaces and line breaks.
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
Why: Kustomize writes the object and reads it again. Its writer adds an empty line after each line that is not indented,
which a folded text needs between two such lines. Before an indented line, and at the end of a text that keeps its line
breaks (`>+`), that is one empty line too many. If the text starts with a space, the writer adds no empty lines, and
lines are joined. `build` prints the resulting text.
Source: observed with kustomize v5.8.2 (go-yaml v3, `yaml_emitter_write_folded_scalar`).
""",
    ),
    (
        "PS240",
        "field-in-the-way",
        """A field that a transformer writes to has the type that the transformer needs.

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
Why: labels go into a mapping, an image is a string, and so on. Kustomize refuses other types too. The annotations of an
earlier build with `buildMetadata` must have the form in which Kustomize writes them, since it adds to them.
Source: kustomize v5.8.2, "wrong node kind".
""",
    ),
    (
        "PS241",
        "namespace-clash",
        """`namespace:` keeps all objects distinct.

Bad:   a Service shop in namespace a, another in namespace b, and `namespace: prod` over both
Good:  rename one, or set the namespaces in the bases

Source: kustomize v5.8.2, "namespace transformation produces ID conflict".
""",
    ),
    (
        "PS242",
        "field-specs-disagree",
        """Two field specs for the same path agree about `create`.

Bad:   a configuration with `{path: spec/selector, create: false}` where the built-in field spec has `create: true`
Good:  leave out field specs that are built in

Source: kustomize v5.8.2, "conflicting fieldspecs".
""",
    ),
    (
        "PS243",
        "unused-replicas",
        """An entry of `replicas` names an object that has replicas.

Bad:   `replicas: [{name: shopp, count: 3}]`
Good:  `replicas: [{name: shop, count: 3}]`, where a Deployment, ReplicaSet, StatefulSet or ReplicationController has
       that name, now or in a base

Source: kustomize v5.8.2 refuses such an entry too.
""",
    ),
    (
        "PS244",
        "image-name",
        """The name of an `images` entry is a valid regular expression, since Kustomize reads it as one.

Bad:   `images: [{name: "registry/web[", newTag: "2"}]`
Good:  `images: [{name: registry/web, newTag: "2"}]`

Why: Kustomize silently treats an invalid name as one that matches no image. `build` prints what Kustomize prints and
warns; `check` reports an error.
Source: kustomize v5.8.2, `image.IsImageMatched`.
""",
    ),
    (
        "PS245",
        "crds-file",
        """A file under `crds:` contains OpenAPI definitions.

Bad:   `crds: [crd.yaml]`, where the file holds a CustomResourceDefinition
Good:  `resources: [crd.yaml]`

Why: the field is older than CustomResourceDefinitions: Kustomize reads field specs from the definitions in the file.
Source: kustomize v5.8.2, "unable to parse open API definition".
""",
    ),
    (
        "PS246",
        "openapi-setting",
        """`openapi:` has either the path of a schema or a built-in version.

Bad:   `openapi: {version: v1.30.0}`
Good:  `openapi: {path: schema.json}`, or `openapi: {version: v1.21.2}`

Bad:   `required: owner` in that schema, which makes Kustomize panic
Good:  `required: [owner]`

The fields of a schema have the types that OpenAPI v2 defines. Kustomize ignores fields with other names.
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
Why: the new tag would never be rolled out, and Kustomize does not warn about that. The name must include the registry:
`docker.io/library/nginx` is not `nginx`. Kustomize does not look at ephemeral containers and custom resources. `build`
prints what Kustomize prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS248",
        "namespace-on-cluster-scoped",
        """A cluster-scoped object has no namespace.

Bad:
```yaml
namespace: prod
resources:
- crd.yaml           # a CustomResourceDefinition with scope: Cluster
- issuer.yaml        # an object of that kind
```
Good: list issuer.yaml in a kustomization without `namespace:`.
Why: Kustomize knows the scope of the kinds of Kubernetes 1.21 and gives a namespace to every other object, even if the
definition of its kind in the same build says otherwise. Some clients refuse the result, others take it for another
object. `build` prints what Kustomize prints; `build` and `check` warn.
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
Why: Kustomize visits containers twice and adds the suffix each time; it ignores the suffix beside `newTag` or `digest`;
and it drops the digest of the image. It does not warn about any of this. `build` prints what Kustomize prints and
warns; `check` reports an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS250",
        "patch-object-missing",
        """A strategic merge patch without `target` names an object that exists.

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

Bad:   a patch for `shop`, where two objects had this name before their prefixes
Good:  use the current name of the object

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
Why: Kustomize refuses such a patch too, but does not say where the mistake is. The value of `$patch` is delete, replace
or merge. With `merge: kubernetes`, an element without its merge key is refused as well.
Source: kustomize v5.8.2, "wrong node kind"; Kubernetes, `strategicpatch`.
""",
    ),
    (
        "PS253",
        "no-patch",
        """A patch is one object or a list of JSON 6902 operations, given in one place.

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
        """The fields of a target are regular expressions; its selectors have the syntax of Kubernetes.

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
Why: the patch changes nothing, and Kustomize does not warn about that. Group, version, kind, name and namespace must
match as a whole. `build` prints what Kustomize prints and warns; `check` reports an error. The finding is an info if
the target gives no name, and there is no object of its kind or with a label that it asks for, or it only excludes
labels: such a target is meant for objects that may be added later. The same holds beside a file under `resources:` that
is still empty. Where that is `gotk-components.yaml`, which `flux bootstrap` fills, it is no finding.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS258",
        "json-patch-operation",
        """A JSON 6902 operation can be applied.

Bad:   `- {op: remove, path: /spec/replica}`, where the object has no such field
Good:  `- {op: remove, path: /spec/replicas}`

Why: Kustomize refuses such an operation too. The parent of a path must exist; in a path, write `/` in a name as `~1`,
and `~` as `~0`.
Source: RFC 6902; json-patch as kustomize v5.8.2 uses it.
""",
    ),
    (
        "PS259",
        "path-without-slash",
        """The path of a JSON 6902 operation starts with a slash.

Bad:   `- {op: add, path: metadata/labels/tier, value: web}`
Good:  `- {op: add, path: /metadata/labels/tier, value: web}`

Why: without the slash, Kustomize silently drops the first name and writes to `/labels/tier`. `build` prints what
Kustomize prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2; RFC 6901 demands the slash.
""",
    ),
    (
        "PS260",
        "replacement",
        """The source and the target fields of a replacement exist, and the source is one object.

Bad:
```yaml
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.hots}
  targets: [{select: {kind: Deployment}, fieldPaths: [spec.host]}]
```
Good: a source that names exactly one object and one of its fields; `options: {create: true}` to create the field of
the target.
Source: kustomize v5.8.2 refuses such a replacement too.
""",
    ),
    (
        "PS261",
        "unmatched-replacement",
        """The target of a replacement matches an object.

Bad:   `targets: [{select: {kind: Deployment, name: shopp}, fieldPaths: [spec.replicas]}]`
Good:  `targets: [{select: {kind: Deployment, name: shop}, fieldPaths: [spec.replicas]}]`

Why: the value is copied nowhere, and Kustomize does not warn about that. `build` prints what Kustomize prints and
warns; `check` reports an error. The finding is an info if the target gives no name, and there is no object of its kind
or with a label that it asks for.
Kustomize is also silent if a path goes on below a null with `create`, or into a string that cannot take the value: JSON
that has no place for the value, a string inside that string, or strings that `*` has found. A ValueAddTransformer loses
its value without a word below a null, and behind the end of a list.
Source: observed with kustomize v5.8.2; kustomize#4379.
""",
    ),
    (
        "PS262",
        "replacement-encoding",
        """A replacement does not ask for an encoding.

Bad:   `options: {encoding: base64}`
Good:  a source value that is already encoded as the target needs it

Why: Kustomize accepts this option and ignores it: the value would appear in a Secret in clear text, where base64 is
expected. `build` prints what Kustomize prints and warns; `check` reports an error.
Source: kustomize v5.8.2, `types.FieldOptions`.
""",
    ),
    (
        "PS264",
        "replace-made-field",
        """A JSON 6902 `replace` finds the field that it replaces.

Bad:   `- {op: replace, path: /spec/replica, value: 3}`, where the object has `replicas`
Good:  `- {op: replace, path: /spec/replicas, value: 3}`, or `op: add` to create the field

Why: RFC 6902 requires that the field exists. Kustomize silently creates it, so a misspelt path leaves the old value and
adds a field that nobody reads. This is only a warning, because the new field may be intended.
Source: observed with kustomize v5.8.2; RFC 6902, section 4.3.
""",
    ),
    (
        "PS265",
        "annotation-without-a-name",
        """Each annotation of an object that a JSON 6902 patch changes has a name.

Bad:
```yaml
metadata:
  annotations:
    "": left over
    team: shop
```
Good:
```yaml
metadata:
  annotations:
    team: shop
```
Why: Kustomize writes all annotations anew after a JSON 6902 patch under `patches:`. It cannot write the one without a
name, overlooks that, and prints the object without any annotation. Elsewhere it refuses such an object.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS270",
        "variable-ambiguous",
        """A variable reads from one object.

Bad:   `vars` whose `objref` matches two objects
Good:  add the namespace, or use `replacements`

Source: kustomize v5.8.2, "found multiple possible referrals".
""",
    ),
    (
        "PS271",
        "variable-twice",
        """A variable is defined once in the whole tree.

Bad:   two bases that both define HOST
Good:  define HOST in one place, or use `replacements`

Source: kustomize v5.8.2, "var already encountered".
""",
    ),
    (
        "PS272",
        "variable-unused",
        """A variable is used.

Bad:   `vars` defines HOST, and no field that may hold variables contains `$(HOST)`
Good:  remove the variable, or add the field with a `varReference`

Why: this finding is for information only; Kustomize writes a line to its log.
Source: kustomize v5.8.2, "well-defined vars that were never replaced".
""",
    ),
    (
        "PS273",
        "variable-without-value",
        """The object and the field that a variable reads exist.

Bad:   `fieldref: {fieldpath: spec.hots}`
Good:  `fieldref: {fieldpath: spec.host}`

Source: kustomize v5.8.2 refuses such a variable too.
""",
    ),
    (
        "PS280",
        "plugin-setting",
        """The configuration of a builtin plugin is complete and has values that the plugin knows.

Bad:   `kind: PrefixTransformer` without `fieldSpecs`
Good:  `fieldSpecs: [{path: metadata/name}]`

Source: kustomize v5.8.2.
""",
    ),
    (
        "PS281",
        "unknown-plugin",
        """A builtin plugin is one of those that Kustomize has.

Bad:   `apiVersion: builtin, kind: NameTransformer`
Good:  `apiVersion: builtin, kind: PrefixTransformer`

Why: the hint lists the builtin plugins.
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

Why: such a program can do whatever you can do. Penstock runs no containers.
Source: kustomize v5.8.2 has the same flags.
""",
    ),
    (
        "PS283",
        "plugin-failed",
        """An exec function succeeds and returns objects.

Bad:   a program that exits with 1, does not exist, or prints no ResourceList
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

Only a label `validated-by` may be added, to objects that do not have it. A value that is written anew counts as a
change even where it is equal, as Kustomize compares the nodes of its parser.
Source: kustomize v5.8.2, "validator shouldn't modify the resource map".
""",
    ),
    (
        "PS285",
        "comment-before-an-empty-value",
        """A key whose value becomes empty has no comment on its line.

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
`opening: # on weekdays it is open anyway {}`. That is not YAML, and the build fails with "could not find expected ':'".
The same happens with an empty list, and if the key had no value. It also happens to a mapping or list that a patch or
replacement brings from its own lines, with a comment behind the key, into a mapping that is written in braces.
Source: observed with kustomize v5.8.2; `emitter.key_line_comment` of go-yaml v3.
""",
    ),
    (
        "PS286",
        "hash-of-another-kind",
        """A generated object whose name gets a hash suffix stays a ConfigMap or a Secret.

Bad:   a patch with `allowKindChange: true` that makes a generated ConfigMap a Widget
Good:  the same with `options: {disableNameSuffixHash: true}` of the generator

Why: of any other kind, Kustomize does not hash the content, but the nodes that its parser has made, with their lines
and columns. Penstock does not know these, so it refuses to print a name that is not the one of Kustomize.
Source: kustomize v5.8.2, `Hasher.Hash`; a limit of Penstock.
""",
    ),
    (
        "PS290",
        "patch-element-lost",
        """Every element of a patch reaches the list that it is merged into.

Bad:
```yaml
# base: a Service
ports: [{port: 80, protocol: TCP}]
# patch
ports: [{port: 80, name: http}]
```
Good: write all keys on both sides, here `protocol: TCP`; or set `merge: kubernetes` in penstock.yaml.
Why: Kustomize matches ports by number and protocol. In Kubernetes, a missing protocol means TCP; Kustomize takes it for
a different protocol, mixes up the elements and silently drops the one in the patch. `build` prints what Kustomize
prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2; kustomize#4752, kustomize#3620, kustomize#3513.
""",
    ),
    (
        "PS291",
        "duplicate-elements-collapsed",
        """A list with a merge key has each key once.

Bad:
```yaml
# base: a container
env:
- {name: LEVEL, value: info}
- {name: LEVEL, value: debug}
# patch, of that object, that does not touch env at all
metadata: {labels: {tier: web}}
```
Good: one element for each key; or set `merge: kubernetes` in penstock.yaml, which changes only what a patch names.
Why: any strategic merge patch of the object makes Kustomize silently keep only one of the elements. `build` prints what
Kustomize prints and warns; `check` reports an error.
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
Why: Kustomize takes the first element and silently drops the second. `build` prints what Kustomize prints and warns;
`check` reports an error. `merge: kubernetes` merges both, one after the other.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS293",
        "element-without-key",
        """An element of a list with a merge key has that key.

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
Why: one such element in a patch makes Kustomize silently empty the list or drop elements. `build` prints what Kustomize
prints and warns; `check` reports an error. With `merge: kubernetes`, the element is an error (PS252), as with kubectl.
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
Why: in an element that has a key, and at the root of a patch, Kustomize silently ignores the patch and keeps the old
value. `build` prints what Kustomize prints and warns; `check` reports an error. `merge: kubernetes` obeys the
directive.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS295",
        "literal-directive",
        """A strategic merge directive does not end up in the output.

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
Why: Kustomize knows `$patch` only in mappings and merged lists. It writes other directives to the output, where the API
server refuses them or they have no effect. `build` prints what Kustomize prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2; Kubernetes, "Strategic Merge Patch".
""",
    ),
    (
        "PS296",
        "old-choice-kept",
        """A patch that makes another choice removes the old choice.

Bad:
```yaml
# base
volumes: [{name: data, emptyDir: {}}]
# patch
volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
```
Good: delete the old choice in the patch, `emptyDir: null`; or set `merge: kubernetes` in penstock.yaml.
Why: in a volume and in the strategy of a Deployment, Kubernetes keeps only the keys of the patch (retainKeys).
Kustomize keeps both choices, and the API server refuses the object. `build` prints what Kustomize prints and warns;
`check` reports an error.
Source: observed with kustomize v5.8.2; Kubernetes API, `patchStrategy: retainKeys`.
""",
    ),
    (
        "PS297",
        "builtin-schema-replaced",
        """A schema under `openapi:` describes the patched lists of built-in kinds.

Bad:
```yaml
openapi: {path: rollout-schema.json}      # has Rollout and nothing else
patches:
- path: deployment.yaml                   # names one of two containers
```
Good: add the built-in kinds to the schema; or set `merge: kubernetes` in penstock.yaml, which keeps their merge keys.
Why: the schema replaces the built-in schema, so Kustomize silently replaces lists of containers, ports, volumes and so
on as a whole. `build` prints what Kustomize prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS298",
        "rounded-integer",
        """No JSON 6902 patch changes an object with an integer beyond 2^53.

Bad:   `- {op: add, path: /metadata/labels/tier, value: web}` on an object with `serial: 12345678901234567`
Good:  the same change as a strategic merge patch; or the number in quotes, where the field takes a string

Why: Kustomize passes the whole object through JSON numbers of 53 bits. The last digits change silently, even in fields
that the patch does not name. `build` prints what Kustomize prints and warns; `check` reports an error.
Source: observed with kustomize v5.8.2.
""",
    ),
    (
        "PS454",
        "value-not-built",
        """Every value of a source reaches the output.

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
Why: Kustomize writes each object as YAML and reads it again, and loses values that are not text where text belongs: a
mapping or list in an annotation becomes an empty text, and `annotations` that are not a mapping disappear. `build`
prints the same bytes as Kustomize; the API server would have refused the values in the source.
Source: observed with kustomize v5.8.2.
""",
    ),
)
