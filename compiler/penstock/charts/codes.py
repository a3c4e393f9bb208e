"""The codes of Helm charts (PS70x to PS72x), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS700",
        "no-chart",
        """A chart has a `Chart.yaml` with a name and a version, and files that can be read.

Bad:   a directory without `Chart.yaml`, `version: latest`, `type: service`, an alias with a dot, `**` in `.helmignore`
Good:  `apiVersion: v2`, `name: shop`, `version: 1.2.0`

Source: Helm v4.3.1 refuses it too; the words are its own where it has some.
""",
    ),
    (
        "PS701",
        "unsafe-chart",
        """A chart is made of regular files of its own.

Bad:   a symlink that leads out of the chart (and of the repository); in a packed chart a link, a device, an absolute
       name or one with `..`
Good:  a copy of the file

Why: Helm follows symlinks, so a chart of a pull request could print any file of the machine that renders it.
Source: Helm v4.3.1 refuses bad names in archives; the symlinks are Penstock's own rule.
""",
    ),
    (
        "PS702",
        "chart-too-large",
        """A chart has at most 20,000 files and 100 MiB with its subcharts, which lie at most 20 deep.

Fix:   list what is not part of the chart in `.helmignore`
Source: the bytes are Helm's bound; the others are Penstock's own.
""",
    ),
    (
        "PS703",
        "chart-incomplete",
        """The charts that `dependencies` names are in `charts/`, and the chart itself is where it is looked for.

Bad:   `dependencies: [{name: redis, …}]` without `charts/redis` or `charts/redis-1.2.3.tgz`
Good:  the chart beside it; `helm dependency build` brings it

Why: nothing is fetched while a chart is rendered.
Source: Helm v4.3.1 refuses it too.
""",
    ),
    (
        "PS704",
        "values-unreadable",
        """A file of values is there, and is a mapping in YAML.

Source: Helm v4.3.1 refuses it too.
""",
    ),
    (
        "PS705",
        "request-unreadable",
        """What is asked of a chart can be understood: settings, the name of the release, templates to show.

Bad:   `--set a.b` without a value, `--set list[x]=1`, a release named `My_App`, `--show-only` of a template that prints
       nothing
Good:  `--set a.b=1`, `--set list[0]=1`, `my-app`
Source: Helm v4.3.1 refuses it too.
""",
    ),
    (
        "PS706",
        "values-against-schema",
        """Values are what the chart's `values.schema.json` says of them.

The message names the value by its path; the place is where the value was written, in your file or in the chart's.

Source: Helm v4.3.1 refuses it too.
""",
    ),
    (
        "PS707",
        "schema-elsewhere",
        """A schema of values refers to nothing outside of its file.

Bad:   `{"$ref": "https://example.com/schema.json"}`
Good:  the definition under `$defs`

Why: Helm fetches such an address while it renders. Penstock fetches nothing: what the other schema would have said of
the values is not known.
Source: Penstock's own rule.
""",
    ),
    (
        "PS708",
        "dependency-values",
        """The values by which a dependency is switched on are booleans, and the tables that it exports are there.

Bad:   `condition: redis.enabled` and `redis: {enabled: "yes"}`; `import-values: [data]` and no `exports.data`
Good:  `enabled: true`

Why: Helm ignores the value, so the dependency stays as it was.
Source: Helm v4.3.1 warns of it.
""",
    ),
    (
        "PS709",
        "values-collide",
        """A value is a table where the chart has one, and none where it has none.

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

Source: Helm v4.3.1 refuses it too; the words are those of Go's text/template.
""",
    ),
    (
        "PS711",
        "template-fails",
        """A template can be executed with the values that it gets.

The place is where it fails, also inside of templates that others include. Of `required` and `fail` the message is the
chart's own.

Source: Helm v4.3.1 refuses it too; the words are those of Go's text/template.
""",
    ),
    (
        "PS712",
        "manifest-no-yaml",
        """What a template prints is YAML, a mapping in each document.

The place is the line of the template that wrote the broken line. Mostly a value needs `| quote`, or a block another
number at `nindent`.

Source: Helm v4.3.1 refuses it too.
""",
    ),
    (
        "PS713",
        "unknown-hook",
        """The annotation `helm.sh/hook` names events that Helm knows.

Bad:   `helm.sh/hook: pre-instal`
Good:  `helm.sh/hook: pre-install`

Why: Helm leaves the whole object out, without a word.
Source: Helm v4.3.1.
""",
    ),
    (
        "PS714",
        "template-beyond-bounds",
        """Templates come to an end, with a moderate amount of text.

Bad:   `until 1000000000`, a template that includes itself, a text that is doubled forty times
Why: steps and characters are counted, so that a chart is taken or refused on every machine alike.
Source: Penstock's own bounds; Helm goes on until memory ends.
""",
    ),
    (
        "PS715",
        "random-function",
        """What a chart prints depends on its sources only.

Bad:   `{{ randAlphaNum 16 }}`, `{{ genCA "shop" 365 }}`, `{{ now }}`
Good:  a Secret that exists, named by a value

Why: Helm gives something else each time. Penstock gives the same each time, which depends on the chart, the release,
the namespace and the place of the call: so a branch does not change from run to run. It also means that whoever knows
the sources knows the password. `penstock template --random go` behaves like Helm.
Source: Penstock's own rule.
""",
    ),
    (
        "PS716",
        "lookup",
        """A chart does not ask the cluster.

Why: while manifests are rendered there is no cluster, so `lookup` gives nothing, as with `helm template`. A chart that
keeps a password by `lookup` makes a new one then.
Source: Helm v4.3.1.
""",
    ),
    (
        "PS717",
        "kube-version-unfit",
        """The version of Kubernetes is in the range that the chart has as `kubeVersion`.

Fix:   `--kube-version`, or `kubeVersion` in penstock.yaml
Source: Helm v4.3.1 refuses it too.
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
        """A value that is set makes a difference.

Bad:   `replicaCuont: 3`
Good:  `replicaCount: 3`

Why: Helm takes any key. Reported is what the chart has no default for, what is named in no template, and what changes
nothing of the output when it is left out.
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
Source: kustomize v5.8.2, "must specify --enable-helm". No helm runs here.
""",
    ),
    (
        "PS721",
        "helm-entry-wrong",
        """An entry of `helmCharts` makes sense.

Bad:   no `name`, `valuesMerge: deep`, `releaseName` and `nameTemplate` together, a mapping merged with a list
Source: kustomize v5.8.2 refuses it too.
""",
    ),
    (
        "PS722",
        "chart-not-here",
        """The chart of an entry of `helmCharts` is in the repository, where Kustomize looks for it.

That is `charts/NAME` (or `chartHome`). An entry with a `repo` may also be in `penstock.lock`.

Fix:   put the chart there, or add the `repo` that has it and run `penstock lock`
Why: Kustomize does not know either where to pull it from.
Source: kustomize v5.8.2, `helmCharts`.
""",
    ),
    (
        "PS723",
        "hook-not-run",
        """An object with `helm.sh/hook` is one that whoever deploys it knows what to do with.

Bad:   `helm.sh/hook: pre-rollback`, `test`, `pre-delete`, in manifests that a GitOps tool applies
Why: without Helm there is no rollback, and nobody runs the tests of a chart.
Source: Penstock's own rule.
""",
    ),
    (
        "PS724",
        "release-not-rendered",
        """A HelmRelease whose chart is here has its values there, too, and the charts it depends on.

Bad:   `valuesFrom: [{kind: Secret, name: shop}]`, and a Secret that is encrypted, or that someone else makes
Good:  values in the HelmRelease, or in a ConfigMap beside it; `optional: true` where it is none the worse without

Why: without all values nothing is known of the objects, so the release is left out.
Source: Penstock's own limit.
""",
    ),
    (
        "PS737",
        "no-such-values-key",
        """An object that `valuesFrom` of a HelmRelease names has the key that is asked for.

Bad:   `valuesFrom: [{kind: ConfigMap, name: shop}]`, and a ConfigMap whose only key is `shop.yaml`
Good:  `valuesFrom: [{kind: ConfigMap, name: shop, valuesKey: shop.yaml}]`

Why: without `valuesKey` it is `values.yaml`. Where it is missing, Flux installs and upgrades nothing.
Source: github.com/fluxcd/pkg/chartutil 1.27, "key not found".
""",
    ),
)
