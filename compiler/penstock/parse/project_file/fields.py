"""The fields of `penstock.yaml`: their types and their meaning.

This table is the only definition of them: the reader checks a file against it, and `scripts/make_project_schema.py`
generates from it the JSON Schema that editors use. It lists only fields on which Penstock acts.
"""

from penstock.records import NamedTuple

API_VERSION, KIND = "penstock.dev/v1", "Project"


class Text(NamedTuple):
    """A non-empty string."""

    about: str
    required: bool = False


class Words(NamedTuple):
    """One of a fixed set of words."""

    about: str
    words: tuple[str, ...]
    required: bool = False


class Flag(NamedTuple):
    """true or false."""

    about: str
    required: bool = False


class Mapping(NamedTuple):
    """A mapping with a fixed set of fields."""

    about: str
    fields: "dict[str, Shape]"
    required: bool = False


class Named(NamedTuple):
    """A mapping whose keys the user chooses."""

    about: str
    each: "Shape"
    required: bool = False


class Many(NamedTuple):
    """A list."""

    about: str
    each: "Shape"
    required: bool = False


class Either(NamedTuple):
    """One of a fixed set of words, or a mapping whose keys the user chooses."""

    about: str
    word: Words
    named: Named
    required: bool = False


Shape = Text | Words | Flag | Mapping | Named | Many | Either

JSONNET_VALUES: dict[str, Shape] = {
    "name": Text("The name.", required=True),
    "value": Text("The value, in which `{1}` may stand where it is no code. The default is an empty text."),
    "code": Flag("Whether the value is written in Jsonnet, and not a text."),
}
JSONNET_OF_TARGET = Mapping(
    "With `type: directory`: what its files of Jsonnet are given, as `directory.jsonnet` of Argo CD.",
    {
        "extVars": Many("External variables.", Mapping("A variable.", JSONNET_VALUES)),
        "tlas": Many("Arguments of the function that a file is.", Mapping("An argument.", JSONNET_VALUES)),
        "libs": Many(
            "Directories in which imports are looked for, the last one first.",
            Text("A directory, relative to the root of the repository."),
        ),
    },
)
JSONNET = Mapping(
    "How files of Jsonnet are evaluated.",
    {
        "engine": Words(
            "The Python package that does it. The default is the first one that is installed.",
            ("rjsonnet", "gojsonnet"),
        )
    },
)
TARGET = Mapping(
    "What compiles on its own, and where it goes.",
    {
        "path": Text(
            "A directory with a kustomization, relative to the root of the repository; with `type: directory` one with "
            "manifests, or a file. `*` stands for one name, and "
            "`**` for any number of them; `{1}` is what the first star matched.",
            required=True,
        ),
        "environment": Text("The environment of the target: a name, in which `{1}` may stand."),
        "app": Text("The name of the target within its environment, in which `{1}` may stand."),
        "type": Words(
            "What the path has: a kustomization, or manifests and Jsonnet, loaded as Argo CD loads a directory.",
            ("kustomize", "directory"),
        ),
        "recurse": Flag("With `type: directory`: whether the files of all directories below count."),
        "include": Text("With `type: directory`: a glob of the files that count, such as `{*.yml,crds/*}`."),
        "exclude": Text("With `type: directory`: a glob of the files that do not count."),
        "jsonnet": JSONNET_OF_TARGET,
        "loadRestrictor": Words(
            "Whether the target may read files outside of the directories of its kustomizations: as `--load-restrictor`"
            " of Kustomize.",
            ("rootOnly", "none"),
        ),
    },
)
WINDOW_FIELDS: dict[str, Shape] = {
    "kind": Words("`deny` for times without a sync; `allow`: only in such times.", ("allow", "deny"), required=True),
    "schedule": Text("When it opens, in the five fields of cron, such as `0 18 * * 5`.", required=True),
    "duration": Text("For how long it is open, such as `62h` or `1h30m`.", required=True),
    "timeZone": Text("The time zone of the schedule, such as Europe/Berlin. The default is UTC."),
    "manualSync": Flag("Whether a person may sync nevertheless, by `sync --manual`."),
    "syncOverrun": Flag("Whether a sync that is under way may go on when it could not begin any more."),
    "reason": Text("Why, for those whom it holds up."),
}
WINDOW = Mapping("A time in which `sync` may run, or may not.", WINDOW_FIELDS)
NAMES = Text("A name, in which `*` stands for any characters.")
WINDOW_OF_MANY = Mapping(
    "A time in which the syncs that are chosen may run, or may not: one of the three has to fit.",
    {
        **WINDOW_FIELDS,
        "environments": Many("The environments.", NAMES),
        "clusters": Many("The clusters, by their names in this file, contexts or addresses.", NAMES),
        "namespaces": Many("Namespaces that objects of the branch are in.", NAMES),
        "andOperator": Flag("Whether all that is said has to fit, and not only one of it."),
    },
)
CLUSTER = Mapping(
    "A cluster of an environment. A sync to another one is refused.",
    {
        "context": Text("The context of the kubeconfig, used where the command line names none."),
        "server": Text("The address of the API server, such as https://prod.example.com:6443."),
        "caDigest": Text("The SHA-256 of the certificate of its authority in DER, as 64 hexadecimal digits."),
        "inCluster": Flag("Whether Penstock runs in a pod of the cluster, and takes its service account."),
        "as": Text("The user to act as, such as system:serviceaccount:shop:deployer."),
        "asGroups": Many("The groups to act as, beside `as`.", Text("The name of a group.")),
    },
)
IGNORED = Mapping(
    "A difference that is meant: a field that others set once the object is there.",
    {
        "kind": Text("The kind, such as Deployment. The default is any."),
        "namespace": Text("The namespace, in which `*` stands for any characters. The default is any."),
        "name": Text("The name, in which `*` stands for any characters. The default is any."),
        "fields": Many("JSON pointers, such as /spec/replicas.", Text("A JSON pointer.")),
        "managers": Many("Field managers whose values win in a conflict.", Text("The name of a field manager.")),
        "reason": Text("Who sets the field, for those who read this later.", required=True),
    },
)
ENVIRONMENT = Mapping(
    "Where targets go.",
    {
        "branch": Text("The branch that holds the rendered objects. The default is `rendered/` and the name."),
        "folder": Text("The folder of the branch that holds them. The default is its root."),
        "repository": Text(
            "Another repository that has the branch: its address, or the name of a remote in git's configuration."
        ),
        "layout": Words(
            "How the objects lie there: each in a file of its own, or in a `manifest.yaml` for each target, with "
            "`hydrator.metadata`, as Argo CD's source hydrator writes them. The default is `objects`.",
            ("objects", "argocd"),
        ),
        "proposed": Flag(
            "Whether `hydrate` writes the branch with `-next` behind its name, from which others merge what they have "
            "approved, such as GitOps Promoter."
        ),
        "kubernetes": Text(
            "The version of Kubernetes that `check` checks for, such as 1.34. The default is the newest."
        ),
        "partial": Flag(
            "Whether `hydrate` writes the targets that compile where others do not; the files of these stay as they "
            "are. The default is that the branch stays as it is as a whole."
        ),
        "cluster": CLUSTER,
        "clusters": Named("Where there are several, each of them by a name of its own.", CLUSTER),
        "allowPrune": Many(
            "Dangerous deletions that are meant, as by the option --allow-prune of `sync`.",
            Text("As for --allow-prune."),
        ),
        "adopt": Many("What `sync` takes over from others, as by its option --adopt.", Text("As for --adopt.")),
        "ignore": Many("Fields that `sync` leaves to others.", IGNORED),
        "additions": Words(
            "What becomes of fields that people have added by hand: they stay (the default), or `sync` removes them.",
            ("keep", "remove"),
        ),
        "windows": Many("When the environment may be synced.", WINDOW),
    },
)
VALUES = Many("Files of values over those of the chart, of which the last one wins.", Text("A file in the repository."))
ABILITIES: dict[str, Shape] = {
    "kubeVersion": Text("The Kubernetes that charts are told of, such as 1.34. The default is Helm's, 1.37.0."),
    "apiVersions": Many("API versions that charts find beside those of Kubernetes.", Text("Such as example.com/v1.")),
}
HELM = Mapping(
    "How charts of kustomizations are rendered.",
    {"enabled": Flag("Whether they are, as with `--enable-helm` of Kustomize."), **ABILITIES},
)
INSTALLATION = Mapping(
    "A chart in an environment.",
    {
        "release": Text("The name of the release. The default is that of the entry, or of the directory."),
        "namespace": Text("The namespace of the release. The default is that of the entry, or `default`."),
        "values": VALUES,
        **ABILITIES,
    },
)
CHART = Mapping(
    "A Helm chart, which is a target in each of some environments.",
    {
        "path": Text("The directory of the chart, or a packed chart, relative to the root.", required=True),
        "app": Text("The name of the target within its environment. The default is that of the directory."),
        "release": Text("The name of the release. The default is `app`."),
        "namespace": Text("The namespace of the release. The default is `default`."),
        "values": Many("Files of values for all environments.", Text("A file in the repository.")),
        "environments": Named(
            "Where it is installed, by the names of environments. `{1}` stands for what the star of a values file "
            "matches: an environment for each such file.",
            INSTALLATION,
            required=True,
        ),
    },
)
EXTERNAL = Mapping(
    "An object that is made elsewhere, so that a reference to it is no mistake.",
    {
        "kind": Text("The kind, such as Secret.", required=True),
        "namespace": Text("The namespace, in which `*` stands for any characters. The default is any."),
        "name": Text("The name, in which `*` stands for any characters.", required=True),
        "reason": Text("Who makes the object, for those who read this later.", required=True),
    },
)
SEVERITY = Words("The severity; `off` hides the finding.", ("error", "warning", "info", "off"))
SEVERITIES = Either(
    "The severity of a finding, or a severity for each of some paths, of which the first that fits counts.",
    SEVERITY,
    Named("A path of files or directories, with `*` and `**`, and what counts there.", SEVERITY),
)
SUPPRESSION = Mapping(
    "Findings that are settled, so that `penstock check` leaves them out.",
    {
        "codes": Many(
            "The findings: codes such as PS401, names such as wrong-type, or the beginning of codes such as PS4.",
            Text("A code, a name, or the beginning of codes."),
            required=True,
        ),
        "path": Text("Only in these files or directories; `*` and `**` as in `exclude`."),
        "kind": Text("Only about objects of this kind, in which `*` stands for any characters."),
        "namespace": Text("Only about objects in this namespace, in which `*` stands for any characters."),
        "name": Text("Only about objects of this name, in which `*` stands for any characters."),
        "reason": Text("Why they are settled, for those who read this later.", required=True),
    },
)
PROJECT = Mapping(
    "The settings of a repository for Penstock.",
    {
        "apiVersion": Words("The version of this format.", (API_VERSION,)),
        "kind": Words("The kind of this document.", (KIND,)),
        "merge": Words(
            "How strategic merge patches are laid: as Kustomize does it, mistakes included, or as the API server does.",
            ("kustomize", "kubernetes"),
        ),
        "targets": Many("What compiles on its own. The first entry that matches a directory counts.", TARGET),
        "helm": HELM,
        "jsonnet": JSONNET,
        "charts": Many("Helm charts that are targets.", CHART),
        "repository": Many(
            "Addresses by which Argo CD's definitions name this repository, beside those of its git remotes.",
            Text("Such as https://git.example.com/team/fleet."),
        ),
        "clusters": Text(
            "The file that says which clusters Argo CD knows: a list of mappings with name, server, labels and "
            "annotations, or Secrets of Argo CD."
        ),
        "branch": Text(
            "The branch whose commits `hydrate` renders. The default is the default branch of the remote, where that "
            "is known."
        ),
        "exclude": Many(
            "Directories in which Penstock looks for no targets.",
            Text("A path, in which `*` stands for one name, and `**` for any number of them."),
        ),
        "environments": Named("Settings of environments, by name.", ENVIRONMENT),
        "schemas": Many(
            "Where schemas of custom resources lie: files or folders with CustomResourceDefinitions, folders with "
            "GROUP/KIND_VERSION.json, or paths with {{.Group}}, {{.ResourceKind}} and {{.ResourceAPIVersion}} in them.",
            Text("A path, relative to the root of the repository."),
        ),
        "health": Many(
            "Where rules of health of your own lie: files named after API groups, or folders of them.",
            Text("A path, relative to the root of the repository."),
        ),
        "windows": Many("When environments may be synced, for several of them.", WINDOW_OF_MANY),
        "externals": Many("Objects that are made elsewhere.", EXTERNAL),
        "rules": Named(
            "The severities of findings for `penstock check`, by code, by name, or by the beginning of codes (PS4). "
            "The entry that names the most of a code counts.",
            SEVERITIES,
        ),
        "suppress": Many("Findings that are settled.", SUPPRESSION),
    },
)
