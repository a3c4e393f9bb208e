"""The pages of the findings of `schemas/validation.yaml` and its checks; see `wording`, `relations`, `checks`.

The module is a table without code: it is as long as its part of the manual.
"""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS431",
        "malformed-name",
        """A field that holds a name follows the syntax for such names.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: Shop_Reader
  containers: [{name: web, image: "nginx:1.27"}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: shop-reader
  containers: [{name: web, image: "nginx:1.27"}]
```
Why: the API server refuses the object. The hint describes the syntax: DNS labels and subdomains, qualified names, keys
of a ConfigMap, environment variables, resources. Labels (PS411) and the name of the object itself (PS410) have codes of
their own.
Source: apimachinery pkg/util/validation; `schemas/validation.yaml` names the function for each field.
""",
    ),
    (
        "PS432",
        "malformed-address",
        """A field for an IP address, a network or a URL holds a value that the field allows.

Bad:
```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]
```
Good:
```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]
```
Why: the API server refuses the object. Endpoints cannot have loopback or link-local addresses, networks have no bits
set beyond their prefix, and webhooks use HTTPS.
Source: pkg/apis/core/validation, pkg/apis/networking/validation, apiserver pkg/util/webhook.
""",
    ),
    (
        "PS433",
        "malformed-text",
        """A path, a header or another text has the form that its field requires.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    volumeMounts: [{name: config, mountPath: /etc/shop, subPath: /shop}]
  volumes: [{name: config, configMap: {name: shop}}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    volumeMounts: [{name: config, mountPath: /etc/shop, subPath: shop}]
  volumes: [{name: config, configMap: {name: shop}}]
```
Why: the API server refuses the object. A path inside a volume is relative and does not leave the volume.
Source: pkg/apis/core/validation, validateLocalDescendingPath, validatePathNoBacksteps.
""",
    ),
    (
        "PS434",
        "conflicting-fields",
        """Fields that exclude each other are not set together.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  tolerations: [{key: dedicated, operator: Exists, value: shop}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  tolerations: [{key: dedicated, operator: Equal, value: shop}]
```
Why: the API server refuses the object. Often the base sets one of the fields and a patch adds the other: let the patch
set the first one to null.
Source: pkg/apis/*/validation; `schemas/validation.yaml` lists the pairs.
""",
    ),
    (
        "PS435",
        "needed-field",
        """A field is set where another field requires it.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  securityContext: {seccompProfile: {type: Localhost}}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  securityContext: {seccompProfile: {type: Localhost, localhostProfile: profiles/shop.json}}
```
Why: the API server refuses the object.
Source: pkg/apis/*/validation; `schemas/validation.yaml` lists the pairs.
""",
    ),
    (
        "PS436",
        "repeated-entry",
        """List entries that must be unique are unique, even where the schema does not say so.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  volumes:
  - name: keys
    projected:
      sources:
      - secret: {name: one, items: [{key: tls.key, path: key}]}
      - secret: {name: two, items: [{key: tls.key, path: key}]}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  volumes:
  - name: keys
    projected:
      sources:
      - secret: {name: one, items: [{key: tls.key, path: one.key}]}
      - secret: {name: two, items: [{key: tls.key, path: two.key}]}
```
Why: the API server refuses the object. Where the schema names the keys of a list, duplicate keys are PS404.
Source: pkg/apis/*/validation.
""",
    ),
    (
        "PS437",
        "resource-amount",
        """Containers and pods request known resources, in amounts that fit together.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    resources:
      requests: {example.com/gpu: 1}
      limits: {example.com/gpu: 2}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    resources:
      requests: {example.com/gpu: 1}
      limits: {example.com/gpu: 1}
```
Why: the API server refuses the object. A resource is cpu, memory, ephemeral-storage, hugepages-SIZE, or has a domain,
as in example.com/gpu. The amount of a resource that cannot be shared is a whole number, and the limit equals the
request. The capacity of a Node, which it keeps when it is created, follows the rules for amounts, too.
Source: pkg/apis/core/validation, validateResourceRequirements, validatePodResourceRequirements, ValidateNodeResources.
""",
    ),
    (
        "PS438",
        "downward-field",
        """A container reads only fields and resources of its pod that are available to it.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.node}}}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
```
Why: the API server refuses the pod. Environment variables and files can read different fields.
Source: pkg/apis/core/validation, validateObjectFieldSelector, validateContainerResourceFieldSelector.
""",
    ),
    (
        "PS439",
        "container-lifecycle",
        """Probes, hooks and restart policies fit the kind of their container.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    livenessProbe: {tcpSocket: {port: 80}}
```
Why: the API server refuses the pod. The success threshold of a liveness or startup probe is 1; an init container that
runs once has no probes and no hooks; a hook does not sleep longer than the grace period of the pod.
Source: pkg/apis/core/validation, validateInitContainers, validateLivenessProbe, validateSleepAction.
""",
    ),
    (
        "PS440",
        "host-port",
        """A pod uses each port of its node once, and in the host network that port equals the container port.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 81}]
```
Why: the API server refuses the pod.
Source: pkg/apis/core/validation, checkHostPortConflicts, validatePodHostNetworkDeps.
""",
    ),
    (
        "PS441",
        "decided-name",
        """A name agrees with the fields that determine it; versions have unique names, and exactly one is stored.

Bad:
```yaml
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics.example.com}
spec:
  group: metrics.example.com
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: {name: metrics, namespace: monitoring}
```
Good:
```yaml
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.example.com}
spec:
  group: metrics.example.com
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: {name: metrics, namespace: monitoring}
```
Why: the API server refuses the object. A CustomResourceDefinition is named PLURAL.GROUP, an APIService VERSION.GROUP,
and the prefix `system-` is reserved for the priority classes of Kubernetes itself. A definition stores exactly one of
its versions.
Source: apiextensions-apiserver pkg/apis/apiextensions/validation, kube-aggregator
pkg/apis/apiregistration/validation.
""",
    ),
    (
        "PS442",
        "structural-schema",
        """The schema of a CustomResourceDefinition is structural.

Bad:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {properties: {size: {type: int}}, type: object}}
```
Good:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {properties: {size: {type: integer}}, type: object}}
```
Why: the API server refuses the definition. Each field has one of six types; `allOf`, `anyOf`, `oneOf` and `not` only
restrict fields that are described outside of them; the keys of a list are scalars that are required or have a default.
A pattern is an RE2 regular expression.
Source: apiextensions-apiserver pkg/apiserver/schema, ValidateStructural.
""",
    ),
    (
        "PS443",
        "definition-rule",
        """The rules of a CustomResourceDefinition are complete.

Bad:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {size: {type: integer}}
        x-kubernetes-validations: [{rule: "self.size > 0", fieldPath: .sise}]
```
Good:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {size: {type: integer}}
        x-kubernetes-validations: [{rule: "self.size > 0", fieldPath: .size}]
```
Why: the API server refuses the definition. A faulty expression of a rule is PS453, a rule that may cost too much PS475,
and an object that breaks a rule PS480.
Source: apiextensions-apiserver pkg/apis/apiextensions/validation.
""",
    ),
    (
        "PS444",
        "quota-and-limit",
        """A ResourceQuota or LimitRange names known resources, and its bounds do not contradict each other.

Bad:
```yaml
apiVersion: v1
kind: LimitRange
metadata: {name: shop}
spec:
  limits: [{type: Container, min: {cpu: "2"}, max: {cpu: "1"}}]
```
Good:
```yaml
apiVersion: v1
kind: LimitRange
metadata: {name: shop}
spec:
  limits: [{type: Container, min: {cpu: "1"}, max: {cpu: "2"}}]
```
Why: the API server refuses the object. A quota counts objects of any kind as count/RESOURCE.GROUP.
Source: pkg/apis/core/validation, ValidateResourceQuotaSpec, ValidateLimitRange.
""",
    ),
    (
        "PS445",
        "volume-use",
        """A volume or claim is complete, and containers use it in a way that fits its type.

Bad:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {cpu: "1"}}
```
Good:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
```
Why: the API server refuses the object. A container uses only a claim as a device, and does not also mount it; only a
privileged container propagates its mounts to the node.
Source: pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec, ValidateVolumeDevices.
""",
    ),
    (
        "PS446",
        "scheduling-term",
        """A term that selects nodes or pods has the values that its operator requires.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Gt, values: ["4", "8"]}]}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Gt, values: ["4"]}]}]
```
Why: the API server refuses the object.
Source: pkg/apis/core/validation, ValidateNodeSelectorRequirement, ValidateNodeFieldSelectorRequirement.
""",
    ),
    (
        "PS447",
        "service-fields",
        """A Service has only the fields that its type allows.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, nodePort: 30080}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  ports: [{port: 80, nodePort: 30080}]
```
Why: the API server refuses the Service.
Source: pkg/apis/core/validation, ValidateService.
""",
    ),
    (
        "PS448",
        "lone-wildcard",
        """A wildcard is the only entry of its list, since it includes all others.

Bad:
```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check.example.com}
webhooks:
- name: check.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: "https://hook.example.com/check"}
  rules: [{apiGroups: ["*", apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
```
Good:
```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check.example.com}
webhooks:
- name: check.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: "https://hook.example.com/check"}
  rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
```
Why: the API server refuses the object.
Source: pkg/apis/admissionregistration/validation, pkg/apis/flowcontrol/validation.
""",
    ),
    (
        "PS449",
        "secret-keys",
        """A Secret of a built-in type holds the data that its type requires.

Bad:
```yaml
apiVersion: v1
kind: Secret
metadata: {name: shop}
type: kubernetes.io/tls
stringData: {tls.crt: a, key: b}
```
Good:
```yaml
apiVersion: v1
kind: Secret
metadata: {name: shop}
type: kubernetes.io/tls
stringData: {tls.crt: a, tls.key: b}
```
Why: the API server refuses the Secret.
Source: pkg/apis/core/validation, ValidateSecret.
""",
    ),
    (
        "PS450",
        "job-policy",
        """The policies of a Job fit its pods and its completions.

Bad:
```yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  podFailurePolicy:
    rules: [{action: FailJob, onExitCodes: {containerName: other, operator: In, values: [1]}}]
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "example.com/shop:1"}]
```
Good:
```yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  podFailurePolicy:
    rules: [{action: FailJob, onExitCodes: {containerName: migrate, operator: In, values: [1]}}]
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "example.com/shop:1"}]
```
Why: the API server refuses the Job.
Source: pkg/apis/batch/validation, validateJobSpec, validatePodFailurePolicy, validateSuccessPolicy.
""",
    ),
    (
        "PS451",
        "metric-target",
        """A metric has a target that its type allows, and the scaled object has an API group.

Bad:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  scaleTargetRef: {kind: Deployment, name: web}
```
Good:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
```
Why: the API server refuses the object.
Source: pkg/apis/autoscaling/validation, validateMetricSpec, validateScaleTargetRef.
""",
    ),
    (
        "PS452",
        "device-request",
        """A device claim refers to its own requests, and attributes and capacities of devices have valid names.

Bad:
```yaml
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: gpu}
spec:
  devices:
    requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]
    constraints: [{requests: [gpus], matchAttribute: example.com/model}]
```
Good:
```yaml
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: gpu}
spec:
  devices:
    requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]
    constraints: [{requests: [gpu], matchAttribute: example.com/model}]
```
Why: the API server refuses the object. So it does where a claim has `adminAccess: true`, and the Namespace lacks the
label `resource.kubernetes.io/admin-access: "true"`.
Source: pkg/apis/resource/validation.
""",
    ),
    (
        "PS453",
        "expression",
        """A CEL expression parses, uses only names that exist, and has the type that its field requires.

Bad:
```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: "self.spec.replicas <= 5"}]
```
Good:
```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: "object.spec.replicas <= 5"}]
```
Why: the API server compiles expressions, and refuses the object if that fails. It checks the argument types of library
functions; literals such as regular expressions must be valid, too.
Source: https://github.com/google/cel-spec, apiserver pkg/admission/plugin/policy and pkg/cel.
""",
    ),
    (
        "PS476",
        "trust-bundle",
        """A trust bundle holds certificates of authorities, in PEM, each of them once.

Bad:
```yaml
apiVersion: certificates.k8s.io/v1
kind: ClusterTrustBundle
metadata: {name: roots}
spec:
  trustBundle: "roots.pem"
```
Good:
```yaml
apiVersion: certificates.k8s.io/v1
kind: ClusterTrustBundle
metadata: {name: roots}
spec:
  trustBundle: |
    -----BEGIN CERTIFICATE-----
    MIIBhTCCASugAwIBAgIUUozAoK93kUxoNuLK9u/9nOu+a3owCgYIKoZIzj0EAwIw
    GDEWMBQGA1UEAwwNZXhhbXBsZS1yb290czAeFw0yNjExMjgyMzI5MzdaFw00NjEx
    MjMyMzI5MzdaMBgxFjAUBgNVBAMMDWV4YW1wbGUtcm9vdHMwWTATBgcqhkjOPQIB
    BggqhkjOPQMBBwNCAARUxr2KiFs/+hmTGK5qiE1upO8bAmATsi4IdcL7UviTLKKT
    KWH0Zo+smbyQvXtbsnfRYd7ZdZf/ynrfwBwGezg0o1MwUTAdBgNVHQ4EFgQUQTUn
    Dp5tL+B84Z9xk2zN8YymmbAwHwYDVR0jBBgwFoAUQTUnDp5tL+B84Z9xk2zN8Yym
    mbAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAs0WQ6EoBna4R
    du/cBwBBxF8bm225NgHEBngI+YYM+hQCIFIOTUrRykAYYXDqTzuYhuTUzQo0LJSh
    kmMpSfu7Nt4/
    -----END CERTIFICATE-----
```
Why: the API server refuses the object. Penstock does not check whether a certificate is still valid or who signed it.
Source: pkg/apis/certificates/validation, validateTrustBundle.
""",
    ),
    (
        "PS475",
        "expensive-rule",
        """A rule of a CustomResourceDefinition stays within the cost limit for all objects that fit the schema.

Bad:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lists.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: lists, kind: List}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          tags:
            type: array
            items: {type: string}
            x-kubernetes-validations: [{rule: "self.all(x, self.exists_one(y, x == y))"}]
```
Good:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lists.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: lists, kind: List}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          tags:
            type: array
            maxItems: 50
            items: {type: string, maxLength: 60}
            x-kubernetes-validations: [{rule: "self.all(x, self.exists_one(y, x == y))"}]
```
Why: the API server refuses the definition. Before it accepts a rule, it estimates the cost for the largest object that
fits the schema: a list without `maxItems` may be as long as a request allows. A rule within a list counts once for each
item, and all rules together have a limit, too. Penstock does not check rules with functions whose cost it does not
know: `distinct`, `flatten`, `slice`, `sort`, `sortBy`, `reverse`, `lists.range`, `optMap` and `optFlatMap`.
Source: apiextensions-apiserver pkg/apis/apiextensions/validation, cel-go checker/cost.go.
""",
    ),
)
"""Code, name, page."""
