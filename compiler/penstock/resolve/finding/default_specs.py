"""The field specs that every build starts from: the fields that hold names, labels, annotations, images and so on.

They are those of kustomize v5.8.2 with all gaps (docs/kustomize.md): a field that Kustomize does not know keeps an old
name here, too.
"""

from penstock.resolve.finding.field_specs import FieldSpec, spec
from penstock.resolve.finding.identities import Gvk
from penstock.resolve.finding.kind_order import rank

NAME_PREFIX = (spec("metadata/name"),)
NAME_SUFFIX = NAME_PREFIX

NAMESPACE = (
    spec("metadata/name", "Namespace", create=True),
    spec("spec/service/namespace", "APIService", "apiregistration.k8s.io", create=True),
    spec("spec/conversion/webhook/clientConfig/service/namespace", "CustomResourceDefinition", "apiextensions.k8s.io"),
)

# --- labels and annotations, in the order in which Kustomize writes them ---

TEMPLATE_LABELS = (
    spec("spec/template/metadata/labels", "Deployment", create=True),
    spec("spec/template/metadata/labels", "StatefulSet", "apps", create=True),
    spec("spec/jobTemplate/metadata/labels", "CronJob", "batch", create=True),
    spec("spec/jobTemplate/spec/template/metadata/labels", "CronJob", "batch", create=True),
    spec("spec/template/metadata/labels", "Job", "batch", create=True),
    spec("spec/template/metadata/labels", "ReplicationController", version="v1", create=True),
    spec("spec/template/metadata/labels", "DaemonSet", create=True),
    spec("spec/template/metadata/labels", "ReplicaSet", create=True),
    spec("metadata/labels", create=True),
)

VOLUME_CLAIM_TEMPLATE_LABELS = (
    spec("spec/volumeClaimTemplates[]/metadata/labels", "StatefulSet", "apps", create=True),
)

_SCHEDULING = (
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
)

COMMON_LABELS = (
    spec("spec/selector", "Service", version="v1", create=True),
    *(spec(f"spec/template/spec/{path}", "Deployment", "apps") for path in _SCHEDULING),
    spec("spec/template/metadata/labels", "Deployment", create=True),
    spec("spec/selector/matchLabels", "Deployment", create=True),
    spec("spec/selector/matchLabels", "StatefulSet", "apps", create=True),
    *(spec(f"spec/template/spec/{path}", "StatefulSet", "apps") for path in _SCHEDULING),
    *VOLUME_CLAIM_TEMPLATE_LABELS,
    spec("spec/template/metadata/labels", "StatefulSet", "apps", create=True),
    spec("spec/jobTemplate/metadata/labels", "CronJob", "batch", create=True),
    spec("spec/jobTemplate/spec/template/metadata/labels", "CronJob", "batch", create=True),
    spec("spec/jobTemplate/spec/selector/matchLabels", "CronJob", "batch"),
    spec("spec/selector/matchLabels", "PodDisruptionBudget", "policy"),
    spec("spec/selector/matchLabels", "Job", "batch"),
    spec("spec/template/metadata/labels", "Job", "batch", create=True),
    spec("spec/egress/to/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io"),
    spec("spec/ingress/from/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io"),
    spec("spec/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io"),
    spec("spec/template/metadata/labels", "ReplicationController", version="v1", create=True),
    spec("spec/selector", "ReplicationController", version="v1", create=True),
    spec("spec/template/metadata/labels", "DaemonSet", create=True),
    spec("spec/selector/matchLabels", "DaemonSet", create=True),
    spec("spec/template/metadata/labels", "ReplicaSet", create=True),
    spec("spec/selector/matchLabels", "ReplicaSet", create=True),
    spec("metadata/labels", create=True),
)

COMMON_ANNOTATIONS = (
    spec("spec/template/metadata/annotations", "Deployment", create=True),
    spec("spec/template/metadata/annotations", "StatefulSet", create=True),
    spec("spec/jobTemplate/metadata/annotations", "CronJob", "batch", create=True),
    spec("spec/jobTemplate/spec/template/metadata/annotations", "CronJob", "batch", create=True),
    spec("spec/template/metadata/annotations", "Job", "batch", create=True),
    spec("spec/template/metadata/annotations", "ReplicationController", version="v1", create=True),
    spec("spec/template/metadata/annotations", "DaemonSet", create=True),
    spec("spec/template/metadata/annotations", "ReplicaSet", create=True),
    spec("metadata/annotations", create=True),
)

# --- other fields ---

IMAGES = tuple(
    spec(path, create=True)
    for path in (
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/volumes[]/image/reference",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
        "spec/template/spec/volumes[]/image/reference",
        "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
    )
)

REPLICAS = tuple(
    spec("spec/replicas", kind, create=True)
    for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")
)

_POD_SPECS = (
    ("Pod", "v1", "spec"),
    ("PodTemplate", "", "template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicaSet", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
)
_NAMING_POD_SPECS = (
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
)


def _in_pods(*paths: str) -> tuple[FieldSpec, ...]:
    return tuple(spec(f"{at}/{path}", kind, version=version) for kind, version, at in _POD_SPECS for path in paths)


def _in_naming_pods(path: str) -> tuple[FieldSpec, ...]:
    return tuple(spec(f"{at}/{path}", kind) for kind, at in _NAMING_POD_SPECS)


RBAC = "rbac.authorization.k8s.io"
_SCALE_TARGET = (spec("spec/scaleTargetRef/name", "HorizontalPodAutoscaler"),)

_NAME_REFERENCES: tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...] = (
    (Gvk(kind="Deployment"), _SCALE_TARGET),
    (Gvk(kind="ReplicationController"), _SCALE_TARGET),
    (Gvk(kind="ReplicaSet"), _SCALE_TARGET),
    (Gvk(kind="StatefulSet"), _SCALE_TARGET),
    (
        Gvk("", "v1", "ConfigMap"),
        (
            *_in_pods(
                "volumes/configMap/name",
                "containers/env/valueFrom/configMapKeyRef/name",
                "initContainers/env/valueFrom/configMapKeyRef/name",
                "containers/envFrom/configMapRef/name",
                "initContainers/envFrom/configMapRef/name",
                "volumes/projected/sources/configMap/name",
            ),
            spec("spec/configSource/configMap", "Node"),
            spec("rules/resourceNames", "Role"),
            spec("rules/resourceNames", "ClusterRole"),
            spec(r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap", "Ingress"),
        ),
    ),
    (
        Gvk("", "v1", "Secret"),
        (
            *_in_pods(
                "volumes/secret/secretName",
                "containers/env/valueFrom/secretKeyRef/name",
                "initContainers/env/valueFrom/secretKeyRef/name",
                "containers/envFrom/secretRef/name",
                "initContainers/envFrom/secretRef/name",
                "imagePullSecrets/name",
                "volumes/projected/sources/secret/name",
            ),
            spec("spec/tls/secretName", "Ingress"),
            spec(r"metadata/annotations/ingress.kubernetes.io\/auth-secret", "Ingress"),
            spec(r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret", "Ingress"),
            spec(r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret", "Ingress"),
            spec("imagePullSecrets/name", "ServiceAccount"),
            spec("parameters/secretName", "StorageClass"),
            spec("parameters/adminSecretName", "StorageClass"),
            spec("parameters/userSecretName", "StorageClass"),
            spec("parameters/secretRef", "StorageClass"),
            spec("rules/resourceNames", "Role"),
            spec("rules/resourceNames", "ClusterRole"),
            spec(
                "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", "Service", "serving.knative.dev", "v1"
            ),
            spec("spec/azureFile/secretName", "PersistentVolume"),
        ),
    ),
    (
        Gvk("", "v1", "Service"),
        (
            spec("spec/serviceName", "StatefulSet", "apps"),
            spec("spec/rules/http/paths/backend/serviceName", "Ingress"),
            spec("spec/backend/serviceName", "Ingress"),
            spec("spec/rules/http/paths/backend/service/name", "Ingress"),
            spec("spec/defaultBackend/service/name", "Ingress"),
            spec("spec/service/name", "APIService", "apiregistration.k8s.io"),
            spec("webhooks/clientConfig/service", "ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
            spec("webhooks/clientConfig/service", "MutatingWebhookConfiguration", "admissionregistration.k8s.io"),
        ),
    ),
    (Gvk(RBAC, "", "Role"), (spec("roleRef/name", "RoleBinding", RBAC),)),
    (
        Gvk(RBAC, "", "ClusterRole"),
        (spec("roleRef/name", "RoleBinding", RBAC), spec("roleRef/name", "ClusterRoleBinding", RBAC)),
    ),
    (
        Gvk("", "v1", "ServiceAccount"),
        (
            spec("subjects", "RoleBinding", RBAC),
            spec("subjects", "ClusterRoleBinding", RBAC),
            *_in_naming_pods("serviceAccountName"),
        ),
    ),
    (Gvk("", "v1", "PersistentVolumeClaim"), _in_naming_pods("volumes/persistentVolumeClaim/claimName")),
    (
        Gvk("", "v1", "PersistentVolume"),
        (spec("spec/volumeName", "PersistentVolumeClaim"), spec("rules/resourceNames", "ClusterRole")),
    ),
    (
        Gvk("storage.k8s.io", "v1", "StorageClass"),
        (
            spec("spec/storageClassName", "PersistentVolume"),
            spec("spec/storageClassName", "PersistentVolumeClaim"),
            spec("spec/volumeClaimTemplates/spec/storageClassName", "StatefulSet"),
        ),
    ),
    (Gvk("scheduling.k8s.io", "v1", "PriorityClass"), _in_naming_pods("priorityClassName")),
    # The group below contains a version, so it matches no IngressClass: a bug of Kustomize that affects its output.
    (Gvk("networking.k8s.io/v1", "v1", "IngressClass"), (spec("spec/ingressClassName", "Ingress"),)),
    (
        Gvk("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"),
        (spec("spec/policyName", "ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io"),),
    ),
)

NAME_REFERENCES = tuple(sorted(_NAME_REFERENCES, key=lambda reference: rank(reference[0])))
"""(the kind that is named, the fields that name it), in the order in which they are updated."""

_VARIABLE_FIELDS = ("args", "command", "env/value", "volumeMounts/mountPath")


def _variables_in_pods(kind: str, at: str, volumes: str = "") -> tuple[FieldSpec, ...]:
    return (
        *(spec(f"{at}/{c}/{f}", kind) for c in ("containers", "initContainers") for f in _VARIABLE_FIELDS),
        spec(f"{volumes or at}/volumes/nfs/server", kind),
    )


VAR_REFERENCE = (
    *_variables_in_pods("CronJob", "spec/jobTemplate/spec/template/spec", "spec/jobTemplate/spec/template"),
    *_variables_in_pods("DaemonSet", "spec/template/spec"),
    *_variables_in_pods("Deployment", "spec/template/spec"),
    spec("spec/template/metadata/annotations", "Deployment"),
    spec("spec/rules/host", "Ingress"),
    spec("spec/tls/hosts", "Ingress"),
    spec("spec/tls/secretName", "Ingress"),
    *_variables_in_pods("Job", "spec/template/spec"),
    *_variables_in_pods("Pod", "spec"),
    *_variables_in_pods("ReplicaSet", "spec/template/spec"),
    spec("spec/ports/port", "Service"),
    spec("spec/ports/targetPort", "Service"),
    *_variables_in_pods("StatefulSet", "spec/template/spec")[:-1],
    spec("spec/volumeClaimTemplates/spec/nfs/server", "StatefulSet"),
    spec("spec/nfs/server", "PersistentVolume"),
    spec("metadata/labels"),
    spec("metadata/annotations"),
)
"""The fields in which `$(NAME)` of `vars` is replaced."""
