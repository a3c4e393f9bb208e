"""The codes of Helm charts (PS70x to PS72x), each with its name and its page of the manual."""

LOSSES = frozenset(("PS725",))

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS700",
        "no-chart",
        """A chart has a `Chart.yaml` with a name and a version, and its files can be read.

Bad:   a directory without `Chart.yaml`, `version: latest`, `type: service`, an alias with a dot, `**` in `.helmignore`
Good:  `apiVersion: v2`, `name: shop`, `version: 1.2.0`

Source: Helm v4.3.1 refuses it, too; the messages are those of Helm where it has one.
""",
    ),
    (
        "PS701",
        "unsafe-chart",
        """A chart consists of regular files of its own.

Bad:   a symlink that leads out of the chart (and of the repository); in a packed chart a link, a device, an absolute
       name or one with `..`
Good:  a copy of the file

Why: Helm follows symlinks, so a chart in a pull request could print any file of the machine that renders it.
Source: Helm v4.3.1 refuses bad names in archives; the symlinks are Penstock's own rule.
""",
    ),
    (
        "PS702",
        "chart-too-large",
        """With its subcharts, a chart has at most 20,000 files and 100 MiB; subcharts nest at most 20 deep.

Fix:   list the files that do not belong to the chart in `.helmignore`
Source: the bound on bytes is Helm's; the others are Penstock's own.
""",
    ),
    (
        "PS703",
        "chart-incomplete",
        """Every chart in `dependencies` is in `charts/`, and the chart itself is where Penstock looks for it.

Bad:   `dependencies: [{name: redis, …}]` without `charts/redis` or `charts/redis-1.2.3.tgz`
Good:  the chart beside it; `helm dependency build` brings it

Why: Penstock fetches nothing while it renders a chart.
Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS704",
        "values-unreadable",
        """A values file exists, and is a YAML mapping.

Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS705",
        "request-unreadable",
        """The options for a chart are valid: settings, the name of the release, templates to show.

Bad:   `--set a.b` without a value, `--set list[x]=1`, a release named `My_App`, `--show-only` of a template that prints
       nothing
Good:  `--set a.b=1`, `--set list[0]=1`, `my-app`
Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS706",
        "values-against-schema",
        """Values match the `values.schema.json` of the chart.

The message names the path of the value; the finding points to the line that sets it, in your file or in the chart's.
A schema that is split into several files is an error as well: Helm looks for the others at the root of the file system.

Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS707",
        "schema-elsewhere",
        """A values schema refers to nothing outside of its file.

Bad:   `{"$ref": "https://example.com/schema.json"}`
Good:  the definition under `$defs`

Why: Helm fetches such an address while it renders. Penstock fetches nothing, so it does not know what the other schema
says about the values.
Source: Penstock's own rule.
""",
    ),
    (
        "PS708",
        "dependency-values",
        """The values that switch a dependency on are booleans, and the tables that it exports exist.

Bad:   `condition: redis.enabled` and `redis: {enabled: "yes"}`; `import-values: [data]` and no `exports.data`
Good:  `enabled: true`

Why: Helm ignores the value, so the dependency stays as it was.
Source: Helm v4.3.1 warns of it.
""",
    ),
    (
        "PS709",
        "values-collide",
        """A value is a table exactly where the chart has a table.

Bad:   `resources: small`, where the chart has `resources: {limits: {}}`
Good:  `resources: {limits: {memory: 64Mi}}`

Why: Helm takes one of the two and drops the other.
Source: Helm v4.3.1 warns of it.
""",
    ),
    (
        "PS710",
        "template-unparsable",
        """A template can be parsed.

Source: Helm v4.3.1 refuses it, too; the message is that of Go's text/template.
""",
    ),
    (
        "PS711",
        "template-fails",
        """A template can be executed with its values.

The finding points to where the template fails, even inside an included template. For `required` and `fail` the message
is the chart's own.

Source: Helm v4.3.1 refuses it, too; the message is that of Go's text/template.
""",
    ),
    (
        "PS712",
        "manifest-no-yaml",
        """The output of a template is YAML, with a mapping in each document.

The finding points to the line of the template that wrote the broken line. Usually a value needs `| quote`, or a block
needs another number for `nindent`.

Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS713",
        "unknown-hook",
        """The annotation `helm.sh/hook` names events that Helm knows.

Bad:   `helm.sh/hook: pre-instal`
Good:  `helm.sh/hook: pre-install`

Why: Helm silently leaves out the whole object.
Source: Helm v4.3.1.
""",
    ),
    (
        "PS714",
        "template-beyond-bounds",
        """Templates finish, with a moderate amount of text.

Bad:   `until 1000000000`, a template that includes itself, a text that is doubled forty times
Why: Penstock counts steps and characters, so that every machine accepts or refuses the same charts.
Source: Penstock's own bounds; Helm continues until memory runs out.
""",
    ),
    (
        "PS715",
        "random-function",
        """The output of a chart depends only on its sources.

Bad:   `{{ randAlphaNum 16 }}`, `{{ genCA "shop" 365 }}`, `{{ now }}`
Good:  a Secret that exists, named by a value

Why: Helm produces a different value each time. Penstock always produces the same one, which depends on the chart, the
release, the namespace and the place of the call, so a branch does not change from run to run. It also means that anyone
who knows the sources knows the password. `penstock template --random go` behaves like Helm.
Source: Penstock's own rule.
""",
    ),
    (
        "PS716",
        "lookup",
        """A chart does not query the cluster.

Why: there is no cluster while manifests are rendered, so `lookup` returns nothing, as with `helm template`. A chart
that keeps a password by `lookup` then creates a new one.
Source: Helm v4.3.1.
""",
    ),
    (
        "PS717",
        "kube-version-unfit",
        """The version of Kubernetes is in the `kubeVersion` range of the chart.

Fix:   `--kube-version`, or `kubeVersion` in penstock.yaml
Source: Helm v4.3.1 refuses it, too.
""",
    ),
    (
        "PS718",
        "deprecated-chart",
        """A chart is not deprecated (`deprecated: true` in its `Chart.yaml`).

Source: Helm v4.3.1 warns of it.
""",
    ),
    (
        "PS719",
        "unread-value",
        """Every value that is set has an effect.

Bad:   `replicaCuont: 3`
Good:  `replicaCount: 3`

Why: Helm accepts any key. Penstock reports a key for which the chart has no default, which no template names, and which
changes nothing in the output, whether it is left out or has another value.
Source: Penstock's own rule.
""",
    ),
    (
        "PS720",
        "helm-not-enabled",
        """A kustomization with charts is built where charts are enabled.

Fix:   `--enable-helm`, or in penstock.yaml:
```yaml
helm:
  enabled: true
```
Source: kustomize v5.8.2, "must specify --enable-helm". Penstock does not run helm.
""",
    ),
    (
        "PS721",
        "helm-entry-wrong",
        """An entry of `helmCharts` is valid.

Bad:   no `name`, `valuesMerge: deep`, `releaseName` and `nameTemplate` together, a mapping merged with a list
Source: kustomize v5.8.2 refuses it, too.
""",
    ),
    (
        "PS722",
        "chart-not-here",
        """The chart of an entry of `helmCharts` is in the repository, where Kustomize looks for it.

That is `charts/NAME` (or `chartHome`). An entry with a `repo` may also be in `penstock.lock`.

Fix:   put the chart there, or add the `repo` that has it and run `penstock lock`
Why: Kustomize does not know where to pull the chart from, either.
Source: kustomize v5.8.2, `helmCharts`.
""",
    ),
    (
        "PS723",
        "hook-not-run",
        """The tool that deploys an object with `helm.sh/hook` knows what to do with it.

Bad:   `helm.sh/hook: pre-rollback`, `pre-delete`, in manifests that a GitOps tool applies
Why: without Helm there is no rollback, and nobody runs what it runs before a deletion. Tests of a chart are meant to be
run by hand, and are not reported.
Source: Penstock's own rule.
""",
    ),
    (
        "PS724",
        "release-not-rendered",
        """A HelmRelease whose chart is in the repository has its values and dependencies there, too.

Bad:   `valuesFrom: [{kind: Secret, name: shop}]`, and a Secret that is encrypted, or that someone else makes
Good:  values in the HelmRelease, or in a ConfigMap beside it; `optional: true` where it is none the worse without

Why: without all values Penstock cannot determine the objects, so it leaves the release out.
Source: Penstock's own limit.
""",
    ),
    (
        "PS725",
        "alias-of-values-lost",
        """A file of values that is merged with `valuesInline` has no alias as the value of a key.

Bad:   `web: *small` or `<<: *small`, in a values file beside `valuesInline:`
Good:  `web: {cpu: 1}`; an alias in a list (`[*small]`), or without `valuesInline:`

Why: Kustomize merges the two before it calls Helm, and its merge drops each alias, with the inline value for that key.
It refuses `valuesMerge: merge` where the inline values have a value there.
Source: kustomize v5.8.2, `Walker.Walk`.
""",
    ),
    (
        "PS726",
        "text-for-a-boolean",
        """A value for which the chart has a boolean is a boolean.

Bad:   `enabled: "false"`, `--set-string enabled=false`
Good:  `enabled: false`, `--set enabled=false`

Why: every text but the empty one counts as true in `if`, also `"false"`. It is said only where the chart prints
something else with the boolean.
Source: the truth of text/template.
""",
    ),
    (
        "PS727",
        "value-that-nobody-sets",
        """A template prints values that have a default, or prints them only where they are set.

Bad:   `replicas: {{ .Values.replicas }}`, and values.yaml has `replicaCount`
Good:  `replicas: {{ .Values.replicaCount }}`; `{{ with .Values.replicas }}replicas: {{ . }}{{ end }}`

Why: Helm prints nothing for a value that is nowhere, so the field is null, or a text lacks a part. It is a warning
where another value has a similar name.
Source: text/template, and Helm's removal of `<no value>`.
""",
    ),
    (
        "PS737",
        "no-such-values-key",
        """An object that `valuesFrom` of a HelmRelease names has the requested key.

Bad:   `valuesFrom: [{kind: ConfigMap, name: shop}]`, and a ConfigMap whose only key is `shop.yaml`
Good:  `valuesFrom: [{kind: ConfigMap, name: shop, valuesKey: shop.yaml}]`

Why: without `valuesKey` the key is `values.yaml`. Where the key is missing, Flux installs and upgrades nothing.
Source: github.com/fluxcd/pkg/chartutil 1.27, "key not found".
""",
    ),
)
