"""The codes of Jsonnet and ksonnet (PS730 to PS739), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS730",
        "no-jsonnet-engine",
        """A Python package that evaluates Jsonnet is installed.

Fix:   `pip install 'penstock-gitops[jsonnet]'`, which brings rjsonnet; or `pip install gojsonnet`
Why: nothing is known of the objects otherwise, and a target without them would not be the target.
Source: Penstock's own rule.
""",
    ),
    (
        "PS731",
        "other-jsonnet-engine",
        """A file of Jsonnet is evaluated by the first engine that is installed, rjsonnet before gojsonnet.

Where rjsonnet cannot do what a file asks for, gojsonnet does it, if it is installed: rjsonnet 0.5.6 has no
`std.trim`, `std.flattenDeepArray`, `std.isNull`, `std.log2`, `std.log10`, `std.pi`, `std.hypot`, `std.atan2`,
`std.deg2rad` and `std.rad2deg`, and reads no file that is not UTF-8.

It is no mistake. `jsonnet: {engine: gojsonnet}` in penstock.yaml makes it the usual one.
Source: Penstock's own rule.
""",
    ),
    (
        "PS732",
        "jsonnet-fails",
        """A file of Jsonnet can be evaluated.

Bad:   `{ replicas: params.replica }`, where `params` has a field `replicas`; `import '/etc/hostname'`
Good:  `{ replicas: params.replicas }`; `import 'lib/web.libsonnet'`

Where: the innermost place in a file of the repository; the notes have the way to it. An import is looked for beside the
file that has it and then in the libraries, the last one first; no path and no symlink leads out of the repository.
Source: the words are those of the engine; Argo CD refuses such a directory.
""",
    ),
    (
        "PS733",
        "jsonnet-takes-too-much",
        """The evaluation of a file of Jsonnet comes to an end.

Bad:   `local f(x) = f(x); f(1)`, `std.repeat('x', 1000000000)`
Good:  less

Bounds: 4 seconds of processor time (20 with gojsonnet) and 384 MiB of data for each file, 32 MiB and 2,000,000 values
for its result, and 300 seconds for all files of a run.
Source: Penstock's own bounds.
""",
    ),
    (
        "PS734",
        "jsonnet-result",
        """A file of Jsonnet comes to an object of Kubernetes, or to a list of them.

Bad:   `{ 'web.yaml': deployment, 'svc.yaml': service }`, a list of lists, a text
Good:  `[deployment, service]`, `std.objectValues(files)`, `std.flattenArrays(lists)`

Why: Argo CD refuses anything else. In a list null stands for nothing, and a `List` of Kubernetes for its items.
Source: Argo CD, directory source.
""",
    ),
    (
        "PS735",
        "ksonnet-application",
        """An application of ksonnet is one that ksonnet takes.

Bad:   an environment without `destination`; `params.libsonnet` without `components` or `global`; `web.jsonnet` beside
       `web.yaml`
Good:  as `ks init`, `ks env add` and `ks generate` write these files

Source: ksonnet 0.13.1, `ks show`.
""",
    ),
    (
        "PS736",
        "document-lost-by-ksonnet",
        """A component of ksonnet in YAML is one object.

Bad:   a Service behind a Deployment in `components/web.yaml`
Good:  `components/web.yaml` and `components/web-service.yaml`

Why: ksonnet reads the first document of the file, and drops the others without a word.
Source: ksonnet 0.13.1, `ks show`.
""",
    ),
)
