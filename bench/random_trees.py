"""Random Kustomize trees: bases, overlays and components over random objects, with every field and odd YAML.

Names, values and fields come from small pools, so that references meet what they name, patches meet their objects, and
about two trees of three build. The same seed gives the same tree.
"""

import json
import random
from typing import Any, NamedTuple

from random_yaml import Writer

Tree = dict[str, Any]
Texts = dict[str, str]
"""The files of a tree by path; the one to build is in `top`."""

TOP = "top"


class Plain(NamedTuple):
    """A scalar that is written without quotes."""

    text: str


NAMES = ("web", "db", "settings", "a", "x1")
ODD_NAMES = (Plain("1"), Plain("true"), "1", "true", "null", "a.b", "A b", "é", "x" * 90, "$(VAR)")
NAMESPACES = ("", "", "", "default", "shop", "other")
KEYS = ("a", "b", "app", "tier", "example.com/x", "a.b", "x_y")
ODD_KEYS = (
    *KEYS,
    "10",
    "9",
    "true",
    "null",
    "1.5",
    "2020-01-01",
    "A",
    "a-b",
    "é",
    "x y",
    "#",
    "010",
    "0x1F",
    "1_0",
    "yes",
    "~",
)
STRINGS = (
    *("", " ", "a", "b", "web", "settings", "yes", "true", "null", "~", "1", "08", "1.0", "0x1F", "1e3", "2020-01-01"),
    *("a: b", "- x", "#c", "a #b", "it's", 'say "hi"', "é", "日本", "\U0001f680", "two\nlines", "end\n", "a\n\nb\n\n"),
    *("  lead", "trail ", "tab\tx", "$(VAR)", "$(PORT)", "$$(VAR)", "pre-$(VAR)-post", "a=b", "{a: b}", "[1, 2]"),
    *("*x", "&x", "!x", "%x", "@x", "a,b", "x" * 90, "word " * 20, '{"k": "v", "n": 1}', "k: v\nn: 1\n", "<b>&"),
    *("one\n  two\nthree\n", "a\n\n  b\n\n", "\n x\n", " x\ny\n\nz", "a\nb\n\n\n"),
    *(":", "a:", "?", "-", "---", "http://host:80/path", "=", "<<", "10:30", "off", "n", ".5", "+1", "1_000", "0o17"),
)
PLAINS = (
    *("1", "0", "-1", "+1", "1.0", "1.5", "1e3", "1E10", "0x1F", "0777", "0o17", "0b11", "1_000", ".5", "1234567.8"),
    *(
        "12345678901234567",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
    ),
    *("true", "false", "True", "yes", "no", "on", "y", "null", "~", "Null", "", "2020-01-01", "2020-01-01T10:00:00Z"),
    *("2020-01-01 10:00:00", "10:30", "a", "web", "08", "1e400", "-0.0", "1e-7", "100m", "1Gi", "10%", "!!str 1"),
)
MERGE_KEYS = (
    "name",
    "mountPath",
    "devicePath",
    "containerPort",
    "port",
    "ip",
    "uid",
    "topologyKey",
    "whenUnsatisfiable",
)
"""A patch with nothing there is not worth a difference."""
IMAGES = ("web", "web:1", "web:1@sha256:abc", "example.com:5000/web", "example.com/web:2", "db@sha256:00", "webs", "")
POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


class Maker:
    """Makes the parts of one tree. `wild` is how likely a value is an odd one."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.wild = self.rng.choice((0.0, 0.02, 0.1, 0.3))
        self.files: Texts = {}
        self.objects: list[Tree] = []
        self.number = 0
        self.depth = self.rng.choice((0, 0, 1, 1, 2))

    # --- small things -------------------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def one(self, values: Any) -> Any:
        return self.rng.choice(values)

    def some(self, values: Any, most: int) -> list[Any]:
        return self.rng.sample(list(values), self.rng.randint(0, min(most, len(values))))

    def scalar(self) -> Any:
        return Plain(self.one(PLAINS)) if self.chance(0.5) else self.one(STRINGS)

    def string(self, usual: Any) -> Any:
        return self.scalar() if self.chance(self.wild) else self.one(usual)

    def number_or(self, usual: Any) -> Any:
        return self.scalar() if self.chance(self.wild) else self.one(usual)

    def texts(self, most: int = 3) -> Any:
        if self.chance(self.wild / 2):
            return self.one((Plain(""), Plain("null"), {}, {"a": Plain("")}, {"a": Plain("null")}))
        keys = ODD_KEYS if self.chance(self.wild / 4) else KEYS
        return {key: self.string(("a", "b", "1", "x")) for key in self.some(keys, most)}

    def optional(self, tree: Tree, name: str, make: Any, probability: float = 0.3) -> None:
        if self.chance(probability):
            tree[name] = make()

    # --- objects ------------------------------------------------------------------------------------------------------

    def metadata(self) -> Tree:
        tree: Tree = {"name": self.one(ODD_NAMES) if self.chance(self.wild / 3) else self.one(NAMES)}
        space = self.one(NAMESPACES)
        if space:
            tree["namespace"] = space
        elif self.chance(self.wild / 2):
            tree["namespace"] = self.one((Plain(""), Plain("null"), ""))
        self.optional(tree, "labels", self.texts)
        self.optional(tree, "annotations", self.annotations, 0.2)
        self.optional(tree, "finalizers", lambda: self.some(("x/a", "x/b", "c"), 3), 0.05)
        self.optional(tree, "ownerReferences", self.owners, 0.03)
        self.optional(tree, "creationTimestamp", lambda: Plain("null"), 0.05)
        return tree

    def annotations(self) -> Any:
        tree = self.texts()
        if isinstance(tree, dict) and self.chance(0.1):
            tree["config.kubernetes.io/local-config"] = self.one(("true", "false", Plain("true"), Plain("false")))
        return tree

    def owners(self) -> list[Tree]:
        return [{"apiVersion": "v1", "kind": "X", "name": "o", "uid": u} for u in self.some(("1", "2", "3"), 2)]

    def container(self) -> Tree:
        tree: Tree = {"name": self.one(("main", "side", "init"))}
        if self.chance(self.wild / 3):
            del tree["name"]
        self.optional(tree, "image", lambda: self.string(IMAGES), 0.8)
        self.optional(tree, "args", lambda: [self.string(STRINGS) for _ in range(self.rng.randint(0, 3))])
        self.optional(tree, "command", lambda: [self.one(("run", "$(VAR)", "--x=$(PORT)"))], 0.2)
        self.optional(tree, "env", lambda: [self.variable() for _ in range(self.rng.randint(0, 3))], 0.4)
        self.optional(tree, "envFrom", lambda: [self.source_ref() for _ in range(self.rng.randint(1, 2))])
        self.optional(tree, "ports", lambda: [self.container_port() for _ in range(self.rng.randint(0, 3))])
        self.optional(tree, "volumeMounts", lambda: [self.mount() for _ in range(self.rng.randint(0, 2))])
        self.optional(tree, "volumeDevices", lambda: [{"name": "d", "devicePath": self.one(("/d", "/e"))}], 0.05)
        self.optional(tree, "resources", lambda: {"limits": {"cpu": self.number_or(("1", "100m", Plain("2")))}})
        self.optional(tree, "securityContext", lambda: {"runAsUser": self.number_or((Plain("1"),))}, 0.1)
        return tree

    def variable(self) -> Tree:
        tree: Tree = {"name": self.one(("A", "B", "C"))}
        if self.chance(0.6):
            tree["value"] = self.string(("1", "x", "$(VAR)", "$(PORT)"))
        elif self.chance(0.8):
            ref, kind = self.one((("configMapKeyRef", "k"), ("secretKeyRef", "k")))
            tree["valueFrom"] = {ref: {"name": self.one(NAMES), "key": kind}}
        return tree

    def source_ref(self) -> Tree:
        return {self.one(("configMapRef", "secretRef")): {"name": self.one(NAMES)}}

    def container_port(self) -> Tree:
        tree: Tree = {"containerPort": self.number_or((Plain("80"), Plain("443"), Plain("8080")))}
        self.optional(tree, "protocol", lambda: self.one(("TCP", "UDP")), 0.5)
        self.optional(tree, "name", lambda: self.one(("http", "dns")))
        if self.chance(self.wild / 3):
            tree.pop("containerPort")
        return tree

    def mount(self) -> Tree:
        return {"name": self.one(("v1", "v2")), "mountPath": self.one(("/a", "/b", "/$(VAR)"))}

    def volume(self) -> Tree:
        name = self.one(NAMES)
        source = self.one(
            (
                {"emptyDir": {}},
                {"configMap": {"name": name}},
                {"secret": {"secretName": name}},
                {"persistentVolumeClaim": {"claimName": name}},
                {"projected": {"sources": [{"configMap": {"name": name}}, {"secret": {"name": name}}]}},
                {"image": {"reference": self.one(IMAGES)}},
                {"nfs": {"server": "$(VAR)", "path": "/"}},
            )
        )
        return {"name": self.one(("v1", "v2", "v3")), **source}

    def pod_spec(self) -> Tree:
        tree: Tree = {"containers": [self.container() for _ in range(self.rng.randint(1, 2))]}
        if self.chance(self.wild / 4):
            tree["containers"] = self.one((Plain(""), [], Plain("null")))
        self.optional(tree, "initContainers", lambda: [self.container()], 0.2)
        self.optional(tree, "ephemeralContainers", lambda: [self.container()], 0.03)
        self.optional(tree, "volumes", lambda: [self.volume() for _ in range(self.rng.randint(0, 3))], 0.4)
        self.optional(tree, "serviceAccountName", lambda: self.one(NAMES))
        self.optional(tree, "imagePullSecrets", lambda: [{"name": self.one(NAMES)}], 0.15)
        self.optional(tree, "priorityClassName", lambda: self.one(NAMES), 0.1)
        self.optional(tree, "nodeSelector", self.texts, 0.1)
        self.optional(tree, "tolerations", lambda: [{"key": self.one(KEYS)}], 0.1)
        self.optional(tree, "hostAliases", lambda: [{"ip": self.one(("1.1.1.1", "2.2.2.2")), "hostnames": ["h"]}], 0.05)
        self.optional(tree, "topologySpreadConstraints", lambda: [self.spread() for _ in range(2)], 0.08)
        self.optional(tree, "affinity", self.affinity, 0.08)
        return tree

    def spread(self) -> Tree:
        tree: Tree = {"topologyKey": self.one(("zone", "host")), "maxSkew": Plain("1")}
        self.optional(tree, "whenUnsatisfiable", lambda: self.one(("DoNotSchedule", "ScheduleAnyway")), 0.7)
        self.optional(tree, "labelSelector", lambda: {"matchLabels": self.texts()}, 0.6)
        return tree

    def affinity(self) -> Tree:
        selector = {"labelSelector": {"matchLabels": self.texts()}, "topologyKey": "zone"}
        return {
            self.one(("podAffinity", "podAntiAffinity")): {
                "requiredDuringSchedulingIgnoredDuringExecution": [selector],
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": Plain("1"), "podAffinityTerm": selector}
                ],
            }
        }

    def pod_template(self) -> Tree:
        tree: Tree = {"spec": self.pod_spec()}
        if self.chance(0.6):
            tree = {"metadata": {"labels": self.texts()}, **tree}
        if self.chance(0.1):
            tree.setdefault("metadata", {})["annotations"] = self.texts()
        return tree

    def workload(self) -> Tree:
        kind = self.one((*POD_KINDS, *POD_KINDS, "ReplicationController", "Job", "CronJob", "Pod", "PodTemplate"))
        if kind == "Pod":
            return {"apiVersion": "v1", "kind": kind, "metadata": self.metadata(), "spec": self.pod_spec()}
        if kind == "PodTemplate":
            return {"apiVersion": "v1", "kind": kind, "metadata": self.metadata(), "template": self.pod_template()}
        spec: Tree = {"template": self.pod_template()}
        if kind == "CronJob":
            spec = {"schedule": "* * * * *", "jobTemplate": {"spec": spec}}
            version = self.one(("batch/v1", "batch/v1", "batch/v1beta1"))
        elif kind == "Job":
            version = "batch/v1"
        else:
            version = "v1" if kind == "ReplicationController" else self.one(("apps/v1", "apps/v1", "apps/v1beta1"))
            self.optional(spec, "replicas", lambda: self.number_or((Plain("1"), Plain("3"))), 0.5)
            self.optional(spec, "selector", lambda: {"matchLabels": self.texts()}, 0.5)
        if kind == "StatefulSet":
            self.optional(spec, "serviceName", lambda: self.one(NAMES), 0.6)
            self.optional(spec, "volumeClaimTemplates", lambda: [self.claim_template()])
        if kind == "Deployment":
            self.optional(spec, "strategy", self.strategy, 0.2)
        return {"apiVersion": version, "kind": kind, "metadata": self.metadata(), "spec": spec}

    def strategy(self) -> Tree:
        return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": self.number_or((Plain("1"), "25%"))}}

    def claim_template(self) -> Tree:
        return {"metadata": {"name": "data"}, "spec": {"storageClassName": self.one(NAMES)}}

    def service(self) -> Tree:
        spec: Tree = {}
        self.optional(spec, "selector", self.texts, 0.7)
        self.optional(spec, "ports", lambda: [self.service_port() for _ in range(self.rng.randint(0, 3))], 0.8)
        return {"apiVersion": "v1", "kind": "Service", "metadata": self.metadata(), "spec": spec}

    def service_port(self) -> Tree:
        tree: Tree = {"port": self.number_or((Plain("80"), Plain("443"), "$(PORT)"))}
        self.optional(tree, "protocol", lambda: self.one(("TCP", "UDP")), 0.5)
        self.optional(tree, "name", lambda: self.one(("http", "dns")))
        self.optional(tree, "targetPort", lambda: self.number_or((Plain("8080"), "http", "$(PORT)")))
        return tree

    def config_map(self) -> Tree:
        tree: Tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.metadata()}
        self.optional(tree, "data", lambda: {k: self.string(STRINGS) for k in self.some(ODD_KEYS, 4)}, 0.8)
        self.optional(tree, "binaryData", lambda: {"bin": "aGk="}, 0.05)
        return tree

    def secret(self) -> Tree:
        tree: Tree = {"apiVersion": "v1", "kind": "Secret", "metadata": self.metadata()}
        self.optional(tree, "data", lambda: {k: self.one(("YQ==", "aGk=")) for k in self.some(KEYS, 3)}, 0.6)
        self.optional(tree, "stringData", lambda: {k: self.string(STRINGS) for k in self.some(KEYS, 3)}, 0.3)
        self.optional(tree, "type", lambda: "Opaque", 0.3)
        return tree

    def widget(self) -> Tree:
        spec: Tree = {}
        self.optional(spec, "size", self.scalar, 0.6)
        self.optional(spec, "map", lambda: {k: self.scalar() for k in self.some(ODD_KEYS, 3)}, 0.6)
        self.optional(spec, "list", lambda: [self.scalar() for _ in range(self.rng.randint(0, 3))], 0.5)
        self.optional(spec, "parts", lambda: [{"name": self.one(NAMES), "v": self.scalar()} for _ in range(2)], 0.5)
        self.optional(spec, "containers", lambda: [{"name": "c", "image": self.string(IMAGES)}], 0.2)
        self.optional(spec, "ref", lambda: {"name": self.one(NAMES)}, 0.3)
        self.optional(spec, "template", self.pod_template, 0.1)
        kind, version = self.one(
            (("Widget", "example.com/v1"), ("Widget", "example.com/v2"), ("Gadget", "other.io/v1"))
        )
        return {"apiVersion": version, "kind": kind, "metadata": self.metadata(), "spec": spec}

    def binding(self) -> Tree:
        kind = self.one(("RoleBinding", "ClusterRoleBinding"))
        role = {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": self.one(("Role", "ClusterRole")),
            "name": self.one(NAMES),
        }
        subjects = [self.subject() for _ in range(self.rng.randint(0, 3))]
        metadata = self.metadata()
        return {**_rbac(kind), "metadata": metadata, "roleRef": role, "subjects": subjects}

    def subject(self) -> Tree:
        tree: Tree = {"kind": self.one(("ServiceAccount", "ServiceAccount", "User", "Group"))}
        tree["name"] = self.one((*NAMES, "default"))
        if self.chance(0.6):
            tree["namespace"] = self.one(("shop", "default", "other"))
        elif self.chance(self.wild / 2):
            tree["namespace"] = self.one((Plain(""), "", Plain("null")))
        return tree

    def role(self) -> Tree:
        rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": self.some(NAMES, 3)}
        return {**_rbac(self.one(("Role", "ClusterRole"))), "metadata": self.metadata(), "rules": [rule]}

    def ingress(self) -> Tree:
        old = self.chance(0.3)
        name = self.one(NAMES)
        port = Plain("80")
        backend: Tree = {"serviceName": name, "servicePort": port}
        if not old:
            backend = {"service": {"name": name, "port": {"number": port}}}
        spec: Tree = {
            "rules": [{"host": self.one(("h", "$(VAR)")), "http": {"paths": [{"path": "/", "backend": backend}]}}]
        }
        self.optional(spec, "tls", lambda: [{"hosts": ["$(VAR)", "h"], "secretName": self.one(NAMES)}])
        self.optional(spec, "backend" if old else "defaultBackend", lambda: backend, 0.2)
        self.optional(spec, "ingressClassName", lambda: self.one(NAMES), 0.2)
        metadata = self.metadata()
        if self.chance(0.2):
            key = self.one(
                ("nginx.ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/fastcgi-params-configmap")
            )
            metadata["annotations"] = {key: self.one(NAMES)}
        version = self.one(("extensions/v1beta1", "networking.k8s.io/v1beta1")) if old else "networking.k8s.io/v1"
        return {"apiVersion": version, "kind": "Ingress", "metadata": metadata, "spec": spec}

    def webhook(self) -> Tree:
        service: Tree = {"name": self.one(NAMES)}
        if self.chance(0.6):
            service["namespace"] = self.one(("shop", "default", "other"))
        kind = self.one(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"))
        hooks = [{"name": n, "clientConfig": {"service": dict(service)}} for n in self.some(("h1", "h2"), 2)]
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": self.metadata(),
            "webhooks": hooks,
        }

    def storage(self) -> Tree:
        match self.one(("claim", "volume", "class")):
            case "claim":
                spec: Tree = {"storageClassName": self.one(NAMES)}
                self.optional(spec, "volumeName", lambda: self.one(NAMES))
                return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": self.metadata(), "spec": spec}
            case "volume":
                spec = {"storageClassName": self.one(NAMES), "nfs": {"server": "$(VAR)"}}
                self.optional(spec, "azureFile", lambda: {"secretName": self.one(NAMES)})
                return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": self.metadata(), "spec": spec}
        parameters = {self.one(("secretName", "adminSecretName")): self.one(NAMES)}
        version = self.one(("storage.k8s.io/v1", "storage.k8s.io/v1beta1"))
        return {"apiVersion": version, "kind": "StorageClass", "metadata": self.metadata(), "parameters": parameters}

    def other(self) -> Tree:
        name = self.one(NAMES)
        simple: tuple[tuple[str, str, Tree], ...] = (
            ("v1", "Namespace", {}),
            (
                "v1",
                "ServiceAccount",
                {"imagePullSecrets": [{"name": name}], "secrets": [{"name": n} for n in self.some(NAMES, 2)]},
            ),
            (
                "v1",
                "Node",
                {"spec": {"podCIDRs": self.some(("1", "2"), 2), "configSource": {"configMap": {"name": name}}}},
            ),
            ("v1", "Endpoints", {"subsets": []}),
            ("v1", "ResourceQuota", {"spec": {"hard": {"pods": Plain("1")}}}),
            (
                "autoscaling/v1",
                "HorizontalPodAutoscaler",
                {"spec": {"scaleTargetRef": {"kind": self.one(POD_KINDS), "name": name}}},
            ),
            (
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                {"spec": {"scaleTargetRef": {"kind": self.one(POD_KINDS), "name": name}}},
            ),
            ("policy/v1", "PodDisruptionBudget", {"spec": {"selector": {"matchLabels": self.texts()}}}),
            (
                "networking.k8s.io/v1",
                "NetworkPolicy",
                {
                    "spec": {
                        "podSelector": {"matchLabels": self.texts()},
                        "ingress": [{"from": [{"podSelector": {"matchLabels": self.texts()}}]}],
                    }
                },
            ),
            (
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                {
                    "spec": {
                        "group": "example.com",
                        "scope": "Cluster",
                        "names": {"kind": "Widget"},
                        "conversion": {"webhook": {"clientConfig": {"service": {"name": name, "namespace": "x"}}}},
                    }
                },
            ),
            ("apiregistration.k8s.io/v1", "APIService", {"spec": {"service": {"name": name, "namespace": "x"}}}),
            ("scheduling.k8s.io/v1", "PriorityClass", {"value": Plain("1")}),
            ("networking.k8s.io/v1", "IngressClass", {}),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", {}),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", {"spec": {"policyName": name}}),
            ("serving.knative.dev/v1", "Service", {"spec": {"template": {"spec": self.pod_spec()}}}),
            ("other.io/v1", "ClusterWidget", {"spec": {"x": self.scalar()}}),
        )
        version, kind, rest = self.one(simple)
        return {"apiVersion": version, "kind": kind, "metadata": self.metadata(), **rest}

    def object(self) -> Tree:
        makers = (
            *(self.workload,) * 4,
            *(self.service, self.config_map, self.config_map, self.secret, self.widget, self.widget),
            *(self.binding, self.role, self.ingress, self.webhook, self.storage, self.other, self.other),
        )
        made: Tree = self.one(makers)()
        if self.chance(self.wild / 10):
            made[self.one(("apiVersion", "kind", "metadata"))] = self.one((Plain(""), "x", {}, Plain("1")))
        return made

    # --- files of objects ---------------------------------------------------------------------------------------------

    def resource_files(self, directory: str, objects: list[Tree]) -> list[str]:
        names: list[str] = []
        rest = list(objects)
        while rest:
            count = self.rng.randint(1, len(rest))
            part, rest = rest[:count], rest[count:]
            name = f"r{len(names)}.yaml"
            if self.chance(0.1):
                text = self.yaml({"apiVersion": "v1", "kind": self.one(("List", "ConfigMapList")), "items": part})
            elif self.chance(0.05) and len(part) == 1:
                text, name = json.dumps(_as_json(part[0]), indent=self.one((None, 2))), f"r{len(names)}.json"
            else:
                separators = ("---\n", "---\n", "---\n# a comment\n", "---\n---\n")
                text = self.one(("", "", "---\n", "# top\n")) + self.yaml(part[0], comments=True)
                text += "".join(self.one(separators) + self.yaml(body, comments=True) for body in part[1:])
            if self.chance(0.03):
                text = text.replace("\n", "\r\n")
            self.files[f"{directory}/{name}"] = text
            names.append(name)
        return names

    def yaml(self, tree: Any, comments: bool = False) -> str:
        """Without comments where it is a patch: in a mapping with braces they break Kustomize's own text."""
        return Writer(self.rng, self.wild, comments).document(tree)

    # --- kustomizations -----------------------------------------------------------------------------------------------

    def kustomization(self, directory: str, depth: int, component: bool = False) -> None:
        """Write a kustomization, and what it uses, into the files."""
        fields: Tree = {}
        if component:
            fields |= {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        resources: list[str] = []
        for _ in range(self.rng.choice((0, 1, 1, 2)) if depth else 0):
            self.number += 1
            below = f"b{self.number}"
            self.kustomization(below, depth - 1)
            resources.append(f"../{below}")
        if not depth or self.chance(0.4):
            objects = [self.object() for _ in range(self.rng.randint(1, 5 if not component else 2))]
            self.objects += objects
            resources += self.resource_files(directory, objects)
        if resources:
            fields["resources"] = resources
        if depth and self.chance(0.2):
            self.number += 1
            self.kustomization(f"c{self.number}", 0, component=True)
            fields["components"] = [f"../c{self.number}"]
        makers = self.field_makers(directory)
        for name in self.rng.sample((*makers, "patches", "patches"), self.rng.choice((0, 1, 1, 2, 2, 3, 4))):
            if name in makers:
                fields[name] = makers.pop(name)()
        if not fields.keys() - {"apiVersion", "kind"}:
            fields["namePrefix"] = ""
        if depth == self.depth:
            self.optional(fields, "sortOptions", self.sort_options, 0.1)
            self.optional(fields, "buildMetadata", self.build_metadata, 0.1)
        self.files[f"{directory}/kustomization.yaml"] = self.config_yaml(fields)

    def config_yaml(self, tree: Any) -> str:
        return Writer(self.rng, self.wild / 4, comments=True).document(tree)

    def field_makers(self, directory: str) -> dict[str, Any]:
        return {
            "namespace": lambda: self.one(("shop", "other", "default", "")),
            "namePrefix": lambda: self.one(("pre-", "p2-", "")),
            "nameSuffix": lambda: self.one(("-post", "-s")),
            "labels": lambda: [self.labels() for _ in range(self.rng.randint(1, 2))],
            "commonLabels": self.pairs,
            "commonAnnotations": self.pairs,
            "images": lambda: [self.image() for _ in range(self.rng.randint(1, 2))],
            "replicas": self.replicas,
            "patches": lambda: [self.patch(directory) for _ in range(self.rng.randint(1, 3))],
            "patchesStrategicMerge": lambda: [self.merge_entry(directory) for _ in range(self.rng.randint(1, 2))],
            "patchesJson6902": lambda: [self.json_entry()],
            "configMapGenerator": lambda: [self.generator(directory) for _ in range(self.rng.randint(1, 2))],
            "secretGenerator": lambda: [self.generator(directory) for _ in range(self.rng.randint(1, 2))],
            "generatorOptions": self.generator_options,
            "replacements": lambda: [self.replacement() for _ in range(self.rng.randint(1, 2))],
            "vars": self.variables,
            "configurations": lambda: self.configurations(directory),
            "generators": lambda: [self.plugin(self.generator_plugin())],
            "transformers": lambda: [self.plugin(self.transformer_plugin()) for _ in range(self.rng.randint(1, 2))],
        }

    def replicas(self) -> list[Tree]:
        kinds = ("Deployment", "ReplicaSet", "StatefulSet")
        names = [name_of(body) for body in self.objects if body.get("kind") in kinds]
        return [{"name": name, "count": Plain(self.one(("0", "5")))} for name in names[:1]]

    def pairs(self) -> Tree:
        return {key: self.one(("a", "b", "1", "true", "$(VAR)")) for key in self.some(KEYS, 2) or ["a"]}

    def labels(self) -> Tree:
        tree: Tree = {"pairs": self.pairs()}
        for option in ("includeSelectors", "includeTemplates", "includeVolumeClaimTemplates"):
            self.optional(tree, option, lambda: Plain(self.one(("true", "false"))))
        self.optional(tree, "fields", lambda: [self.field_spec("spec/map")], 0.2)
        return tree

    def field_spec(self, path: str) -> Tree:
        tree: Tree = {"path": path}
        self.optional(tree, "kind", lambda: self.one(("Widget", "Deployment", "ConfigMap")), 0.6)
        self.optional(tree, "group", lambda: self.one(("apps", "example.com")), 0.1)
        self.optional(tree, "version", lambda: "v1", 0.1)
        self.optional(tree, "create", lambda: Plain(self.one(("true", "false"))), 0.5)
        return tree

    def image(self) -> Tree:
        tree: Tree = {"name": self.one(("web", "db", "example.com:5000/web", ".*/web", "w.b", "webs?", ""))}
        self.optional(tree, "newName", lambda: self.one(("new", "example.com:5000/new/x", "$1")), 0.4)
        self.optional(tree, "newTag", lambda: self.one(("2", "v1.2", "latest")), 0.5)
        self.optional(tree, "digest", lambda: "sha256:abcdef", 0.2)
        self.optional(tree, "tagSuffix", lambda: "-alpine", 0.2)
        return tree

    def generator_options(self) -> Tree:
        tree: Tree = {}
        self.optional(tree, "labels", self.pairs, 0.4)
        self.optional(tree, "annotations", self.pairs, 0.4)
        self.optional(tree, "disableNameSuffixHash", lambda: Plain(self.one(("true", "false"))), 0.4)
        self.optional(tree, "immutable", lambda: Plain(self.one(("true", "false"))), 0.3)
        return tree

    def generator(self, directory: str) -> Tree:
        tree: Tree = {"name": self.one(NAMES)}
        self.optional(tree, "namespace", lambda: self.one(("shop", "default", "")), 0.2)
        self.optional(tree, "behavior", lambda: self.one(("create", "merge", "replace")), 0.1)
        literals = ("a=1", "b=", "c='q'", 'd="x"', "e=a=b", "f=é", "g= s ", "h=two\nlines", "i=<&>", "k=" + "y" * 60)
        self.optional(tree, "literals", lambda: self.some(literals, 3), 0.7)
        self.optional(tree, "files", lambda: [self.data_file(directory)], 0.3)
        self.optional(tree, "envs", lambda: [self.env_file(directory)], 0.2)
        self.optional(tree, "env", lambda: self.env_file(directory), 0.05)
        self.optional(tree, "options", self.generator_options)
        self.optional(tree, "type", lambda: "kubernetes.io/tls", 0.0)
        return tree

    def data_file(self, directory: str) -> str:
        self.number += 1
        name = f"f{self.number}.txt"
        content = ("x", "line\n", "a\r\nb\n", "\ufeffbom", "é\n", "", " \n", "\x01\x02", "y" * 200, "tab\t\n", "a \nb")
        self.files[f"{directory}/{name}"] = self.one(content)
        return self.one((name, f"key={name}", f"./{name}"))  # type: ignore[no-any-return]

    def env_file(self, directory: str) -> str:
        self.number += 1
        name = f"e{self.number}.env"
        lines = ("A=1", "B = x", "  C=2", "# no", "", "D", "E='q'", "F=a=b", "G=é\r", "H=$(VAR)", "\ufeffI=1")
        self.files[f"{directory}/{name}"] = "\n".join(self.some(lines, 5)) + self.one(("", "\n"))
        return name

    # --- patches ------------------------------------------------------------------------------------------------------

    def some_object(self) -> Tree:
        return self.one(self.objects) if self.objects and self.chance(0.95) else self.object()

    def merge_patch(self) -> Tree:
        """A patch for one of the objects: another of its kind under its name, with nulls and directives put in."""
        target = self.some_object()
        patch: Tree = {key: target[key] for key in ("apiVersion", "kind") if key in target}
        metadata = target.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        patch["metadata"] = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
        if self.chance(0.1):
            patch["metadata"]["labels"] = self.one((Plain("null"), {}, {"a": Plain("null")}, self.texts()))
        if self.chance(0.1):
            patch["metadata"]["annotations"] = self.one((Plain("null"), {}, {"a": Plain("null")}, self.texts()))
        if self.chance(0.1):
            patch["metadata"]["finalizers"] = self.some(("x/a", "x/b", "new"), 2)
        for _ in range(60):
            other = self.object()
            if other.get("kind") == target.get("kind"):
                patch |= {k: v for k, v in other.items() if k not in ("apiVersion", "kind", "metadata")}
                break
        else:
            patch |= {k: v for k, v in target.items() if k not in ("apiVersion", "kind", "metadata")}
        body = {k: v for k, v in patch.items() if k not in ("apiVersion", "kind", "metadata")}
        patch |= self.disturbed(body, 0.15 if self.chance(0.5) else 0.03)
        if self.chance(0.04):
            patch["$patch"] = self.one(("delete", "replace", "merge"))
        return patch

    def disturbed(self, tree: Any, amount: float) -> Any:
        """A tree with nulls, directives, doubled and missing elements put in here and there."""
        if isinstance(tree, dict):
            changed = {k: self.disturbed(v, amount) for k, v in tree.items() if not self.chance(amount / 2)}
            for key in [key for key in changed if key not in MERGE_KEYS]:
                if self.chance(amount / 3):
                    changed[key] = self.one((Plain("null"), Plain(""), Plain("~")))
            if self.chance(amount / 4):
                changed["$patch"] = self.one(
                    ("delete", "replace", "merge", "odd") if self.chance(0.1) else ("delete", "replace", "merge")
                )
            if self.chance(amount / 20):
                changed[self.one(("$retainKeys", "$setElementOrder/x"))] = ["a"]
            return changed
        if isinstance(tree, list):
            items = [self.disturbed(v, amount) for v in tree]
            if items and self.chance(amount / 2):
                items.append(self.one(items))
            if self.chance(amount / 3):
                items.insert(self.rng.randint(0, len(items)), {"$patch": self.one(("delete", "replace", "merge"))})
            if self.chance(amount / 6):
                items.append(self.one((Plain("null"), {}, "text", [])))
            return items
        return self.scalar() if self.chance(amount / 6) else tree

    def json_patch(self, target: Tree) -> list[Tree]:
        places = [at for at, _ in pointers(target) if at and at[0] not in ("apiVersion", "kind")]
        places = places or [("metadata", "name")]
        return [self.operation(places) for _ in range(self.rng.randint(1, 2))]

    def operation(self, places: list[tuple[Any, ...]]) -> Tree:
        name = self.one(("add", "add", "replace", "replace", "remove", "move", "copy", "test"))
        tree: Tree = {"op": name, "path": self.json_path(places)}
        if name in ("move", "copy"):
            tree["from"] = self.json_path([at for at in places if at[0] != "metadata" or len(at) > 2] or places)
        if name in ("add", "replace", "test"):
            values: tuple[Any, ...] = (
                self.scalar(),
                self.scalar(),
                {"a": self.scalar()},
                [self.scalar()],
                {},
                [],
                self.container(),
            )
            tree["value"] = self.one(values)
            if self.chance(0.05):
                del tree["value"]
        return tree

    def json_path(self, places: list[tuple[Any, ...]]) -> str:
        at = list(self.one(places))
        if self.chance(0.4):
            at[-1] = self.one(
                ("-", "0", "-1", "new", "a/b", "a~b", "99", "01", "+0")
                if isinstance(at[-1], int)
                else ("new", "new", "a/b", "a~b", "-")
            )
        elif self.chance(0.2):
            at.append(self.one(("-", "0", "-1", "new")))
        text = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in at)
        return text.removeprefix("/") if self.chance(0.02) else text

    def selector(self, target: Tree | None = None) -> Tree:
        target = target or self.some_object()
        metadata = target.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else "a"
        tree: Tree = {}
        kind = target.get("kind")
        self.optional(tree, "kind", lambda: kind if isinstance(kind, str) else "Pod", 0.7)
        self.optional(
            tree, "name", lambda: self.one((name if isinstance(name, str) else "a", ".*", "w.*", "web|db")), 0.6
        )
        self.optional(tree, "namespace", lambda: self.one(("shop", "default", "sh.*", "")), 0.1)
        self.optional(tree, "group", lambda: self.one(("apps", "", ".*com")), 0.1)
        self.optional(tree, "version", lambda: self.one(("v1", "v1.*")), 0.1)
        self.optional(
            tree, "labelSelector", lambda: self.one(("a=a", "a", "!a", "a in (a,b)", "app!=b", "a==a,b")), 0.1
        )
        self.optional(tree, "annotationSelector", lambda: self.one(("a=a", "!a", "tier=1")), 0.05)
        return tree

    def patch(self, directory: str) -> Tree:
        tree: Tree = {}
        if self.chance(0.6):
            bodies = [self.merge_patch() for _ in range(self.rng.choice((1, 1, 1, 2)))]
            text = "---\n".join(map(self.yaml, bodies))
            if len(bodies) == 1 or self.chance(0.05):
                self.optional(tree, "target", self.selector)
            self.optional(tree, "options", self.patch_options, 0.1)
        else:
            target = self.some_object()
            operations = self.json_patch(target)
            text = json.dumps([_as_json(o) for o in operations]) if self.chance(0.2) else self.yaml(operations)
            tree["target"] = self.selector(target)
        if self.chance(0.4):
            self.number += 1
            name = f"p{self.number}.yaml"
            self.files[f"{directory}/{name}"] = text
            tree["path"] = name
        else:
            tree["patch"] = text
        return tree

    def patch_options(self) -> Tree:
        return {o: Plain(self.one(("true", "false"))) for o in self.some(("allowNameChange", "allowKindChange"), 2)}

    def merge_entry(self, directory: str) -> str:
        text = self.yaml(self.merge_patch())
        if self.chance(0.6):
            return text
        self.number += 1
        self.files[f"{directory}/s{self.number}.yaml"] = text
        return f"s{self.number}.yaml"

    def json_entry(self) -> Tree:
        target = self.some_object()
        selector = {**self.selector(target), "name": name_of(target)}
        return {"target": selector, "patch": self.yaml(self.json_patch(target))}

    # --- replacements, vars, configurations, plugins ------------------------------------------------------------------

    def field_path(self, body: Tree) -> str:
        places = [at for at, _ in pointers(body) if at and at[0] not in ("apiVersion", "kind")]
        at = list(self.one(places)) if places else ["metadata", "name"]
        parts = []
        for step in at:
            if isinstance(step, int):
                parts.append(self.one((str(step), str(step), "*", "[name=main]", "[name=.*]")))
            elif "." in step:
                parts.append(self.one((step.replace(".", "\\."), f"[{step}]")))
            else:
                parts.append(step)
        if self.chance(0.1):
            parts[-1:] = [self.one(("new", "0", "a"))]
        if self.chance(0.05):
            parts.append(self.one(("k", "n", "0", "new")))
        return ".".join(parts)

    def replacement(self) -> Tree:
        tree: Tree = {}
        if self.chance(0.15):
            tree["sourceValue"] = self.one(STRINGS)
        else:
            body = self.some_object()
            metadata = body.get("metadata")
            source: Tree = {"kind": body.get("kind")}
            if isinstance(metadata, dict):
                source["name"] = metadata.get("name")
            source = {k: v for k, v in source.items() if isinstance(v, str)}
            self.optional(source, "fieldPath", lambda: self.field_path(body).replace("*", "0"), 0.8)
            self.optional(source, "options", self.replacement_options, 0.2)
            tree["source"] = source
        tree["targets"] = [self.replacement_target() for _ in range(self.rng.randint(1, 2))]
        return tree

    def replacement_target(self) -> Tree:
        body = self.some_object()
        kind = body.get("kind")
        tree: Tree = {"select": {"kind": kind} if isinstance(kind, str) else {"name": "web"}}
        self.optional(tree, "reject", lambda: [self.selector()], 0.15)
        self.optional(tree, "fieldPaths", lambda: [self.field_path(body) for _ in range(self.rng.randint(1, 2))], 0.9)
        self.optional(tree, "options", self.replacement_options, 0.4)
        return tree

    def replacement_options(self) -> Tree:
        tree: Tree = {}
        self.optional(tree, "delimiter", lambda: self.one(("-", ":", "/", "e", ".")), 0.4)
        self.optional(tree, "index", lambda: Plain(self.one(("0", "1", "-1", "5"))), 0.4)
        self.optional(tree, "create", lambda: Plain("true"), 0.5)
        return tree

    def variables(self) -> list[Tree]:
        made = []
        for name in self.some(("VAR", "PORT"), 2):
            body = self.some_object()
            metadata = body.get("metadata")
            reference: Tree = {"kind": body.get("kind"), "apiVersion": body.get("apiVersion")}
            if isinstance(metadata, dict):
                reference["name"] = metadata.get("name")
            reference = {k: v for k, v in reference.items() if isinstance(v, str)}
            variable: Tree = {"name": name, "objref": reference}
            self.optional(variable, "fieldref", lambda body=body: {"fieldPath": self.field_path(body)}, 0.6)
            made.append(variable)
        return made

    def configurations(self, directory: str) -> list[str]:
        self.number += 1
        tree: Tree = {}
        reference = {
            "kind": "ConfigMap",
            "fieldSpecs": [{"kind": "Widget", "path": self.one(("spec/ref/name", "spec/ref"))}],
        }
        self.optional(tree, "nameReference", lambda: [reference], 0.5)
        for name, path in (
            ("commonLabels", "spec/map"),
            ("commonAnnotations", "spec/notes"),
            ("namePrefix", "spec/size"),
            ("namespace", "spec/namespace"),
            ("varReference", "spec/list"),
            ("images", "spec/list"),
            ("replicas", "spec/size"),
            ("labels", "spec/map"),
        ):
            self.optional(tree, name, lambda path=path: [self.field_spec(path)], 0.25)
        self.files[f"{directory}/conf{self.number}.yaml"] = self.config_yaml(tree)
        return [f"conf{self.number}.yaml"]

    def plugin(self, body: Tree) -> str:
        return self.config_yaml({"apiVersion": "builtin", **body})

    def generator_plugin(self) -> Tree:
        kind = self.one(("ConfigMapGenerator", "SecretGenerator"))
        tree: Tree = {"kind": kind, "metadata": {"name": self.one(NAMES)}, "literals": ["a=1"]}
        self.optional(tree, "behavior", lambda: "merge", 0.2)
        self.optional(tree, "options", self.generator_options)
        return tree

    def transformer_plugin(self) -> Tree:
        specs = [self.field_spec(self.one(("metadata/name", "spec/size", "spec/map/a")))]
        names = {"metadata": {"name": "t"}}
        bodies: tuple[Tree, ...] = (
            {"kind": "PrefixTransformer", "prefix": "t-", "fieldSpecs": specs},
            {"kind": "SuffixTransformer", "suffix": "-t", "fieldSpecs": specs},
            {
                "kind": "LabelTransformer",
                "labels": self.pairs(),
                "fieldSpecs": [self.field_spec(self.one(("metadata/labels", "spec/map")))],
            },
            {
                "kind": "AnnotationsTransformer",
                "annotations": self.pairs(),
                "fieldSpecs": [{"path": "metadata/annotations", "create": Plain("true")}],
            },
            {"kind": "ImageTagTransformer", "imageTag": self.image(), "fieldSpecs": [{"path": "spec/list[]"}]},
            {
                "kind": "ReplicaCountTransformer",
                "replica": {"name": self.one(NAMES), "count": Plain("4")},
                "fieldSpecs": [{"path": "spec/replicas", "create": Plain("true")}],
            },
            {"kind": "PatchTransformer", "patch": self.yaml(self.merge_patch()), "target": self.selector()},
            {"kind": "ReplacementTransformer", "replacements": [self.replacement()]},
            {"kind": "HashTransformer"},
            {
                "kind": "NamespaceTransformer",
                "metadata": {"name": "n", "namespace": "shop"},
                "unsetOnly": Plain(self.one(("true", "false"))),
                "setRoleBindingSubjects": self.one(("none", "defaultOnly", "allServiceAccounts")),
                "fieldSpecs": [{"path": "metadata/namespace", "create": Plain("true")}],
            },
            {
                "kind": "ValueAddTransformer",
                "value": "v",
                "targets": [
                    {
                        "selector": self.selector(),
                        "fieldPath": self.one(("spec/size", "metadata/namespace", "data/a")),
                        "filePathPosition": Plain(self.one(("0", "1", "2"))),
                    }
                ],
            },
        )
        return {**names, **self.one(bodies)}

    def sort_options(self) -> Tree:
        return self.one(  # type: ignore[no-any-return]
            (
                {"order": "fifo"},
                {"order": "legacy"},
                {"order": "legacy", "legacySortOptions": {"orderFirst": ["Service"], "orderLast": ["ConfigMap"]}},
            )
        )

    def build_metadata(self) -> list[str]:
        return self.some(("originAnnotations", "transformerAnnotations", "managedByLabel"), 3)


def name_of(body: Tree) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "web"


def _rbac(kind: str) -> Tree:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind}


def pointers(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """Every value of a tree with the way to it."""
    found = [(at, tree)]
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, child in children:
        found += pointers(child, (*at, step))
    return found


def _as_json(tree: Any) -> Any:
    if isinstance(tree, Plain):
        try:
            return json.loads(tree.text)
        except ValueError:
            return tree.text or None
    if isinstance(tree, dict):
        return {k: _as_json(v) for k, v in tree.items()}
    return [_as_json(v) for v in tree] if isinstance(tree, list) else tree


def random_tree(seed: int) -> Texts:
    """The files of a tree; build `top`."""
    maker = Maker(seed)
    maker.kustomization(TOP, maker.depth)
    return maker.files
