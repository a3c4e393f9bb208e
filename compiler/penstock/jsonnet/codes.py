"""The codes of Jsonnet and ksonnet (PS730 to PS739), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS730",
        "no-jsonnet-engine",
        """A Python package that evaluates Jsonnet is installed.

Fix:   `pip install 'penstock-gitops[jsonnet]'`, which brings rjsonnet; or `pip install gojsonnet`
Why: otherwise, Penstock cannot determine the objects, and the target would be incomplete without them.
Source: Penstock's own rule.
""",
    ),
    (
        "PS731",
        "other-jsonnet-engine",
        """The first engine that is installed evaluates a Jsonnet file: rjsonnet before gojsonnet.

Where rjsonnet lacks something that a file needs, gojsonnet evaluates the file, if it is installed: rjsonnet 0.5.6 has
no `std.trim`, `std.flattenDeepArray`, `std.isNull`, `std.log2`, `std.log10`, `std.pi`, `std.hypot`, `std.atan2`,
`std.deg2rad` and `std.rad2deg`, and reads only files in UTF-8.

This is not a mistake. `jsonnet: {engine: gojsonnet}` in penstock.yaml makes gojsonnet the default.
Source: Penstock's own rule.
""",
    ),
    (
        "PS732",
        "jsonnet-fails",
        """A Jsonnet file can be evaluated.

Bad:   `{ replicas: params.replica }`, where `params` has a field `replicas`; `import '/etc/hostname'`
Good:  `{ replicas: params.replicas }`; `import 'lib/web.libsonnet'`

Where: the innermost place in a file of the repository; the notes show the way to it. The engine looks for an import
beside the importing file and then in the libraries, the last one first; no path and no symlink leads out of the
repository.
Source: the message is that of the engine; Argo CD refuses such a directory.
""",
    ),
    (
        "PS733",
        "jsonnet-takes-too-much",
        """The evaluation of a Jsonnet file ends, and stays within bounds.

Bad:   `local f(x) = f(x); f(1)`, `std.repeat('x', 1000000000)`
Good:  less

Bounds: 4 seconds of processor time (20 with gojsonnet) and 384 MiB of data for each file, 32 MiB and 2,000,000 values
for its result. All files of a run together have 5 seconds, and one more for each 32 KiB of Jsonnet that the run has
read; `--bound seconds=NUMBER` raises that.
Source: Penstock's own bounds.
""",
    ),
    (
        "PS734",
        "jsonnet-result",
        """A Jsonnet file evaluates to a Kubernetes object, or to a list of objects.

Bad:   `{ 'web.yaml': deployment, 'svc.yaml': service }`, a list of lists, a text
Good:  `[deployment, service]`, `std.objectValues(files)`, `std.flattenArrays(lists)`

Why: Argo CD refuses anything else. In a list, null is skipped, and a Kubernetes `List` stands for its items.
Source: Argo CD, directory source.
""",
    ),
    (
        "PS735",
        "ksonnet-application",
        """A ksonnet application is one that ksonnet accepts.

Bad:   an environment without `destination`; `params.libsonnet` without `components` or `global`; `web.jsonnet` beside
       `web.yaml`
Good:  as `ks init`, `ks env add` and `ks generate` write these files

Source: ksonnet 0.13.1, `ks show`.
""",
    ),
    (
        "PS736",
        "document-lost-by-ksonnet",
        """A YAML component of ksonnet is one object.

Bad:   a Service behind a Deployment in `components/web.yaml`
Good:  `components/web.yaml` and `components/web-service.yaml`

Why: ksonnet reads the first document of the file, and silently drops the others.
Source: ksonnet 0.13.1, `ks show`.
""",
    ),
)
