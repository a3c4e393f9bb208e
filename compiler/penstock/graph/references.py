"""Which field of which kind names which other kind: the data of this stage, as literal tuples.

Sources: the API reference of Kubernetes 1.37, the Gateway API v1, and the manuals of cert-manager, External Secrets,
OpenShift, Flux, KEDA, Argo Rollouts, Sealed Secrets and the Vault Secrets Operator for their kinds.
"""

from penstock.model import Severity
from penstock.records import NamedTuple

Kind = tuple[str, str]
"""Group and kind. The version is left out: an object is the same in all versions."""

CONFIG_MAP: Kind = ("", "ConfigMap")
SECRET: Kind = ("", "Secret")
SERVICE: Kind = ("", "Service")
SERVICE_ACCOUNT: Kind = ("", "ServiceAccount")
NAMESPACE: Kind = ("", "Namespace")
VOLUME: Kind = ("", "PersistentVolume")
VOLUME_CLAIM: Kind = ("", "PersistentVolumeClaim")
DEPLOYMENT: Kind = ("apps", "Deployment")
STATEFUL_SET: Kind = ("apps", "StatefulSet")
DEFINITION: Kind = ("apiextensions.k8s.io", "CustomResourceDefinition")
ROLE: Kind = ("rbac.authorization.k8s.io", "Role")
CLUSTER_ROLE: Kind = ("rbac.authorization.k8s.io", "ClusterRole")
PRIORITY_CLASS: Kind = ("scheduling.k8s.io", "PriorityClass")
RUNTIME_CLASS: Kind = ("node.k8s.io", "RuntimeClass")
STORAGE_CLASS: Kind = ("storage.k8s.io", "StorageClass")
INGRESS: Kind = ("networking.k8s.io", "Ingress")
INGRESS_CLASS: Kind = ("networking.k8s.io", "IngressClass")
ADMISSION_POLICY: Kind = ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")
RESOURCE_CLAIM: Kind = ("resource.k8s.io", "ResourceClaim")
RESOURCE_CLAIM_TEMPLATE: Kind = ("resource.k8s.io", "ResourceClaimTemplate")
GATEWAY: Kind = ("gateway.networking.k8s.io", "Gateway")
GATEWAY_CLASS: Kind = ("gateway.networking.k8s.io", "GatewayClass")
ISSUER: Kind = ("cert-manager.io", "Issuer")
CLUSTER_ISSUER: Kind = ("cert-manager.io", "ClusterIssuer")
SECRET_STORE: Kind = ("external-secrets.io", "SecretStore")
CLUSTER_SECRET_STORE: Kind = ("external-secrets.io", "ClusterSecretStore")
SECRET_PROVIDER: Kind = ("secrets-store.csi.x-k8s.io", "SecretProviderClass")
FLUX_KUSTOMIZATION: Kind = ("kustomize.toolkit.fluxcd.io", "Kustomization")
HELM_RELEASE: Kind = ("helm.toolkit.fluxcd.io", "HelmRelease")
GIT_REPOSITORY: Kind = ("source.toolkit.fluxcd.io", "GitRepository")
HELM_REPOSITORY: Kind = ("source.toolkit.fluxcd.io", "HelmRepository")
OCI_REPOSITORY: Kind = ("source.toolkit.fluxcd.io", "OCIRepository")


class Reference(NamedTuple):
    """A field that names an object.

    `path` leads to a mapping (`[]`: through every element of a list), whose field `name` holds the name. A field
    `namespace` of that mapping holds the namespace, if it is not that of the referrer. `to` is the kind that is named;
    where the reference is `typed`, the mapping may say another one. `parts` are the fields that name a key or port.
    `severity` is that of a name that nothing has; None where that is no finding.
    """

    path: str
    name: str
    to: Kind
    why: str
    severity: Severity | None = "warning"
    parts: tuple[str, ...] = ()
    typed: bool = False


_CONTAINERS = ("initContainers[]", "containers[]", "ephemeralContainers[]")

_ITEMS = ("items[].key",)

IN_PODS: tuple[Reference, ...] = (
    Reference("", "serviceAccountName", SERVICE_ACCOUNT, "serviceAccountName"),
    Reference("", "serviceAccount", SERVICE_ACCOUNT, "serviceAccountName"),  # the old name of the same field
    Reference("", "priorityClassName", PRIORITY_CLASS, "priorityClassName", "info"),
    Reference("", "runtimeClassName", RUNTIME_CLASS, "runtimeClassName", "info"),
    Reference("imagePullSecrets[]", "name", SECRET, "imagePullSecrets"),
    *(
        reference
        for container in _CONTAINERS
        for reference in (
            Reference(f"{container}.env[].valueFrom.configMapKeyRef", "name", CONFIG_MAP, "env", parts=("key",)),
            Reference(f"{container}.env[].valueFrom.secretKeyRef", "name", SECRET, "env", parts=("key",)),
            Reference(f"{container}.envFrom[].configMapRef", "name", CONFIG_MAP, "envFrom"),
            Reference(f"{container}.envFrom[].secretRef", "name", SECRET, "envFrom"),
        )
    ),
    Reference("volumes[].configMap", "name", CONFIG_MAP, "volume", parts=_ITEMS),
    Reference("volumes[].secret", "secretName", SECRET, "volume", parts=_ITEMS),
    Reference("volumes[].projected.sources[].configMap", "name", CONFIG_MAP, "volume", parts=_ITEMS),
    Reference("volumes[].projected.sources[].secret", "name", SECRET, "volume", parts=_ITEMS),
    Reference("volumes[].persistentVolumeClaim", "claimName", VOLUME_CLAIM, "volume"),
    Reference("volumes[].ephemeral.volumeClaimTemplate.spec", "storageClassName", STORAGE_CLASS, "volume", "info"),
    Reference("volumes[].azureFile", "secretName", SECRET, "volume"),
    Reference("volumes[].cephfs.secretRef", "name", SECRET, "volume"),
    Reference("volumes[].csi.volumeAttributes", "secretProviderClass", SECRET_PROVIDER, "volume"),
    Reference("volumes[].csi.nodePublishSecretRef", "name", SECRET, "volume"),
    Reference("volumes[].flexVolume.secretRef", "name", SECRET, "volume"),
    Reference("volumes[].iscsi.secretRef", "name", SECRET, "volume"),
    Reference("volumes[].rbd.secretRef", "name", SECRET, "volume"),
    Reference("resourceClaims[]", "resourceClaimName", RESOURCE_CLAIM, "resourceClaims"),
    Reference("resourceClaims[]", "resourceClaimTemplateName", RESOURCE_CLAIM_TEMPLATE, "resourceClaims"),
)
"""What a pod names; the paths start at the pod's `spec`."""

_ROUTES: tuple[Kind, ...] = tuple(
    ("gateway.networking.k8s.io", kind) for kind in ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
)
_WEBHOOKS: tuple[Kind, ...] = (
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
)
_BINDINGS: tuple[Kind, ...] = (
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
)
_PORTS = ("port.number", "port.name")
_OLD_PORT = ("servicePort",)  # in networking.k8s.io/v1beta1
_CLASS = "storageClassName"

REFERENCES: tuple[tuple[tuple[Kind, ...], tuple[Reference, ...]], ...] = (
    (
        (STATEFUL_SET,),
        (
            Reference("spec", "serviceName", SERVICE, "serviceName"),
            Reference("spec.volumeClaimTemplates[].spec", "storageClassName", STORAGE_CLASS, _CLASS, "info"),
        ),
    ),
    (
        (SERVICE_ACCOUNT,),
        (
            Reference("imagePullSecrets[]", "name", SECRET, "imagePullSecrets"),
            Reference("secrets[]", "name", SECRET, "secrets"),
        ),
    ),
    (
        (SECRET,),
        (Reference("metadata.annotations", "kubernetes.io/service-account.name", SERVICE_ACCOUNT, "service account"),),
    ),
    (
        (INGRESS, ("extensions", "Ingress")),
        (
            Reference("spec.defaultBackend.service", "name", SERVICE, "backend", "error", _PORTS),
            Reference("spec.defaultBackend.resource", "name", SERVICE, "backend", typed=True),
            Reference("spec.rules[].http.paths[].backend.service", "name", SERVICE, "backend", "error", _PORTS),
            Reference("spec.rules[].http.paths[].backend.resource", "name", SERVICE, "backend", typed=True),
            Reference("spec.backend", "serviceName", SERVICE, "backend", "error", _OLD_PORT),
            Reference("spec.rules[].http.paths[].backend", "serviceName", SERVICE, "backend", "error", _OLD_PORT),
            Reference("spec.tls[]", "secretName", SECRET, "tls"),
            Reference("spec", "ingressClassName", INGRESS_CLASS, "ingressClassName", "info"),
        ),
    ),
    (
        (("route.openshift.io", "Route"),),
        (
            Reference("spec.to", "name", SERVICE, "to", "error"),
            Reference("spec.alternateBackends[]", "name", SERVICE, "alternateBackends", "error"),
            Reference("spec.tls.externalCertificate", "name", SECRET, "tls"),
        ),
    ),
    (
        (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")),
        (Reference("spec.scaleTargetRef", "name", DEPLOYMENT, "scaleTargetRef", "error", typed=True),),
    ),
    (
        (("autoscaling.k8s.io", "VerticalPodAutoscaler"),),
        (Reference("spec.targetRef", "name", DEPLOYMENT, "targetRef", "error", typed=True),),
    ),
    (
        _BINDINGS,
        (
            Reference("roleRef", "name", CLUSTER_ROLE, "roleRef", typed=True),
            Reference("subjects[]", "name", SERVICE_ACCOUNT, "subject", typed=True),
        ),
    ),
    (
        (VOLUME_CLAIM,),
        (
            Reference("spec", "storageClassName", STORAGE_CLASS, _CLASS, "info"),
            Reference("spec", "volumeName", VOLUME, "volumeName"),
            Reference("spec.dataSource", "name", VOLUME_CLAIM, "dataSource", typed=True),
            Reference("spec.dataSourceRef", "name", VOLUME_CLAIM, "dataSource", typed=True),
        ),
    ),
    (
        (VOLUME,),
        (
            Reference("spec", "storageClassName", STORAGE_CLASS, _CLASS, None),  # may be any word
            Reference("spec.claimRef", "name", VOLUME_CLAIM, "claimRef", None),  # keeps the volume for a later claim
        ),
    ),
    (_WEBHOOKS, (Reference("webhooks[].clientConfig.service", "name", SERVICE, "webhook", parts=("port",)),)),
    (
        (("apiregistration.k8s.io", "APIService"),),
        (Reference("spec.service", "name", SERVICE, "service", parts=("port",)),),
    ),
    (
        (DEFINITION,),
        (Reference("spec.conversion.webhook.clientConfig.service", "name", SERVICE, "conversion", parts=("port",)),),
    ),
    (
        (("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),),
        (Reference("spec", "policyName", ADMISSION_POLICY, "policyName"),),
    ),
    (
        _ROUTES,
        (
            Reference("spec.parentRefs[]", "name", GATEWAY, "parentRefs", parts=("sectionName",), typed=True),
            Reference("spec.rules[].backendRefs[]", "name", SERVICE, "backendRefs", "error", ("port",), typed=True),
        ),
    ),
    (
        (GATEWAY,),
        (
            Reference("spec", "gatewayClassName", GATEWAY_CLASS, "gatewayClassName", "info"),
            Reference("spec.listeners[].tls.certificateRefs[]", "name", SECRET, "tls", typed=True),
        ),
    ),
    (
        (("cert-manager.io", "Certificate"),),
        (Reference("spec.issuerRef", "name", ISSUER, "issuerRef", typed=True),),
    ),
    ((ISSUER,), (Reference("spec.ca", "secretName", SECRET, "ca"),)),
    (
        (("external-secrets.io", "ExternalSecret"),),
        (Reference("spec.secretStoreRef", "name", SECRET_STORE, "secretStoreRef", typed=True),),
    ),
    (
        (FLUX_KUSTOMIZATION,),
        (
            Reference("spec.sourceRef", "name", GIT_REPOSITORY, "sourceRef", typed=True),
            # PS197 reports a name that no definition of the cluster has.
            Reference("spec.dependsOn[]", "name", FLUX_KUSTOMIZATION, "dependsOn", None),
            # The key that opens the Secrets of a repository lies in none of its files.
            Reference("spec.decryption.secretRef", "name", SECRET, "decryption", "info"),
            Reference("spec.postBuild.substituteFrom[]", "name", CONFIG_MAP, "substituteFrom", typed=True),
        ),
    ),
    (
        (HELM_RELEASE,),
        (
            Reference("spec.chart.spec.sourceRef", "name", HELM_REPOSITORY, "sourceRef", typed=True),
            Reference("spec.chartRef", "name", OCI_REPOSITORY, "chartRef", typed=True),
            Reference("spec.dependsOn[]", "name", HELM_RELEASE, "dependsOn"),
            Reference("spec.valuesFrom[]", "name", CONFIG_MAP, "valuesFrom", typed=True),
        ),
    ),
)
"""What other kinds name. All kinds have a Namespace and a definition, so these are not here."""

SUBJECTS_IN_THE_TREE = ("ServiceAccount",)
"""Users and groups are subjects too, but no objects."""


class Selector(NamedTuple):
    """A field that chooses pods by their labels. If it is `plain`, it holds the labels themselves rather than
    `matchLabels` and `matchExpressions`. `severity` is that of the finding about a selector that chooses nothing.
    """

    kind: Kind
    path: str
    severity: Severity
    plain: bool = False


SELECTORS: tuple[Selector, ...] = (
    Selector(SERVICE, "spec.selector", "warning", plain=True),
    Selector(("policy", "PodDisruptionBudget"), "spec.selector", "warning"),
    Selector(("networking.k8s.io", "NetworkPolicy"), "spec.podSelector", "info"),  # often written by another team
)

LABELS_OF_CONTROLLERS = frozenset(
    (
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    )
)
"""Pods get these from their controllers, so no template has them."""

RELEASES: dict[Kind, tuple[str, ...]] = {
    HELM_RELEASE: ("spec", "targetNamespace"),
    ("helm.cattle.io", "HelmChart"): ("spec", "targetNamespace"),
    ("argoproj.io", "Application"): ("spec", "destination", "namespace"),
    ("kfdef.apps.kubeflow.org", "KfDef"): ("metadata", "namespace"),
    ("operators.coreos.com", "Subscription"): ("metadata", "namespace"),
    ("olm.operatorframework.io", "ClusterExtension"): ("spec", "namespace"),
}
"""What installs a chart, manifests or an operator, or what another repository has; and the field with the namespace, if
that is not its own.
"""


class Product(NamedTuple):
    """A kind whose controller makes another object, with the name in the first of the fields `names` that has one.

    If `annotated` is given, the controller does so only for objects with one of these annotations. `named_by` are
    annotations that hold the name. `everywhere` says that there is one in many namespaces.
    """

    kind: Kind
    makes: Kind
    names: tuple[str, ...]
    annotated: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ()
    everywhere: bool = False


_BY_ANNOTATION = (
    "cert-manager.io/issuer",
    "cert-manager.io/cluster-issuer",
    "kubernetes.io/tls-acme",
)
_SERVING = (
    "service.beta.openshift.io/serving-cert-secret-name",
    "service.alpha.openshift.io/serving-cert-secret-name",
)
"""OpenShift makes a certificate for a Service that has one of these: openshift/service-ca-operator."""

_OF_CLUSTER = ("spec.externalSecretSpec.target.name", "spec.externalSecretName", "metadata.name")
_VAULT = ("VaultDynamicSecret", "VaultPKISecret", "VaultStaticSecret")

PRODUCTS: tuple[Product, ...] = (
    Product(("external-secrets.io", "ExternalSecret"), SECRET, ("spec.target.name", "metadata.name")),
    Product(("bitnami.com", "SealedSecret"), SECRET, ("spec.template.metadata.name", "metadata.name")),
    Product(("cert-manager.io", "Certificate"), SECRET, ("spec.secretName",)),
    *(Product(("secrets.hashicorp.com", kind), SECRET, ("spec.destination.name",)) for kind in _VAULT),
    Product(("onepassword.com", "OnePasswordItem"), SECRET, ("metadata.name",)),
    Product(("isindir.github.com", "SopsSecret"), SECRET, ("spec.secretTemplates[].name",)),
    Product(SECRET_PROVIDER, SECRET, ("spec.secretObjects[].secretName",)),
    Product(("kafka.strimzi.io", "KafkaUser"), SECRET, ("metadata.name",)),
    Product(("trust.cert-manager.io", "Bundle"), CONFIG_MAP, ("metadata.name",), everywhere=True),
    Product(("external-secrets.io", "ClusterExternalSecret"), SECRET, _OF_CLUSTER, everywhere=True),
    Product(
        ("source.extensions.fluxcd.io", "ArtifactGenerator"),
        ("source.toolkit.fluxcd.io", "ExternalArtifact"),
        ("spec.artifacts[].name",),
    ),
    Product(SERVICE, SECRET, (), named_by=_SERVING),
    Product(INGRESS, SECRET, ("spec.tls[].secretName",), _BY_ANNOTATION),
    Product(GATEWAY, SECRET, ("spec.listeners[].tls.certificateRefs[].name",), _BY_ANNOTATION),
)

ALIKE: tuple[tuple[Kind, Kind], ...] = (
    (ROLE, CLUSTER_ROLE),
    (CONFIG_MAP, SECRET),
    (ISSUER, CLUSTER_ISSUER),
    (SECRET_STORE, CLUSTER_SECRET_STORE),
)
"""Kinds that people take for each other."""


class External(NamedTuple):
    """Objects that are made elsewhere, by kind, namespace and name; each may be a pattern with `*`."""

    kind: str
    namespace: str
    name: str


BUILT_IN: tuple[External, ...] = (
    External("ServiceAccount", "*", "default"),
    External("ConfigMap", "*", "kube-root-ca.crt"),
    External("ConfigMap", "*", "istio-ca-root-cert"),
    External("ConfigMap", "*", "openshift-service-ca.crt"),
    External("GitRepository", "*", "flux-system"),
    External("OCIRepository", "*", "flux-system"),
    # `flux bootstrap` binds a role for all controllers, also for those that it does not install.
    *(External("ServiceAccount", "*", f"image-{name}-controller") for name in ("reflector", "automation")),
    External("ServiceAccount", "*", "source-watcher"),
    External("Service", "*", "argocd-server"),
    External("Service", "*", "*argocd-application-controller"),
    External("ServiceAccount", "*", "argocd-*"),
    External("ServiceAccount", "*", "openshift-gitops-argocd-*"),
    *(External(kind, "openshift-*", "*") for kind in ("Role", "ServiceAccount")),
    *(External("ClusterRole", "*", name) for name in ("basic-user", "cluster-monitoring-view", "cluster-reader")),
    *(External("ClusterRole", "*", name) for name in ("registry-*", "self-provisioner", "storage-admin")),
    External("ConfigMap", "kube-system", "extension-apiserver-authentication"),
    External("Role", "kube-system", "extension-apiserver-authentication-reader"),
    *(External("ClusterRole", "*", name) for name in ("cluster-admin", "admin", "edit", "view", "system:*")),
    External("Role", "*", "system:*"),
    External("PriorityClass", "*", "system-cluster-critical"),
    External("PriorityClass", "*", "system-node-critical"),
    External("Service", "default", "kubernetes"),
)
"""What every cluster has, or every one with Istio, OpenShift, Flux or Argo CD. `flux bootstrap` gives its source the
name `flux-system`; Argo CD is often installed by hand, and then exposed and given rights from the repository.
"""
