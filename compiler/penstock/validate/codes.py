"""The pages of the findings that come from schemas. The page of a rule is the docstring of its module.

The module is a table without code: it is as long as its part of the manual.
"""

from penstock.validate.checks import codes

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS400",
        "unknown-field",
        """An object has only fields that its kind knows.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  port: [{port: 80}]
  ports: [{port: 80}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80}]
```
Why: server-side apply refuses such an object, and so does kubectl by default; other clients drop the field silently.
The usual causes are a misspelling and a field one level too high or too low; the hint names the right place.
Source: the OpenAPI document of the Kubernetes version, or the CustomResourceDefinition in the same target.
""",
    ),
    (
        "PS401",
        "wrong-type",
        """A field has a value of its type.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {debug: true}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {debug: "true"}
```
Why: the API server does not convert values: quote strings, but not numbers. `null` counts as no value where a field is
optional. In a custom resource, it does so where the schema says `nullable` or has a default; elsewhere a create drops
it, but server-side apply, and so Flux, refuses the object: a warning. A number such as 3.0 counts as the integer 3.
Source: the OpenAPI document of the Kubernetes version, or the CustomResourceDefinition in the same target.
""",
    ),
    (
        "PS402",
        "missing-field",
        """An object has the fields that its kind requires.

Bad:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Good:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Why: the API server refuses the object. With the annotation `kustomize.toolkit.fluxcd.io/ssa: Merge` (or `Override`)
it is information only: Flux then adds the fields to an object that others have made, which has what is missing here.
Source: the OpenAPI document of the Kubernetes version, or the CustomResourceDefinition in the same target.
""",
    ),
    (
        "PS403",
        "unknown-kind",
        """Every kind of a built-in group exists in the Kubernetes version that Penstock checks against.

Bad:
```yaml
apiVersion: v1
kind: Deployment
metadata: {name: web}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
```
Why: the API server cannot create the object. Kinds are found by group, version and exact spelling. A group without a
dot belongs to Kubernetes itself, so `app/v1` is a misspelling; a kind in a group that is not built in may have its
CustomResourceDefinition elsewhere, and is reported as PS405. Where the target contains the CustomResourceDefinition,
its served versions count.
Source: the OpenAPI documents of Kubernetes 1.25 to 1.37.
""",
    ),
    (
        "PS404",
        "duplicate-entry",
        """A list whose entries have keys has one entry per key, and a list that is a set has no equal entries.
An entry without its key, such as a Secret of a ServiceAccount without a name, counts as well.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    env: [{name: MODE, value: a}, {name: MODE, value: b}]
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
    env: [{name: MODE, value: b}]
```
Why: server-side apply (`penstock sync`, Argo CD with ServerSideApply, Flux) refuses duplicates. Where a create accepts
them, as it does for two environment variables or ports of a container with the same key, the finding is a warning: the
last entry wins, and a later patch may remove the wrong one. If you deploy with server-side apply, write
`rules: {PS404: error}` in penstock.yaml.
Source: `x-kubernetes-list-type` and `x-kubernetes-list-map-keys` in the schema.
""",
    ),
    (
        "PS405",
        "no-schema",
        """(Information.) Objects of this kind could not be checked against a schema.

Example:
```yaml
apiVersion: example.com/v1
kind: Widget
metadata: {name: web}
```
Why: Penstock always reports what it cannot check. The kind is a custom one, and its CustomResourceDefinition is not in
the same target. Penstock still applied the rules about labels, but did not check the name, since an aggregated API
server has its own rules for names. This finding does not change the exit status.
""",
    ),
    (
        "PS406",
        "value-not-allowed",
        """A value is one that its field allows: a listed word, a number in range, a length within bounds.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    imagePullPolicy: always
    ports: [{containerPort: 80800}]
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
    imagePullPolicy: Always
    ports: [{containerPort: 8080}]
```
Why: the API server refuses the object. Integers have 32 or 64 bits. The schemas of Kubernetes do not list the allowed
words; Penstock adds them.
Source: the `+enum` types of k8s.io/api and pkg/apis/*/validation; in a custom resource its schema.
""",
    ),
    (
        "PS407",
        "malformed-value",
        """A string has the format of its field: a quantity, base64, a time, a pattern.

Bad:
```yaml
apiVersion: v1
kind: Secret
metadata: {name: shop}
data: {token: not base64}
```
Good:
```yaml
apiVersion: v1
kind: Secret
metadata: {name: shop}
stringData: {token: not base64}
```
Why: the API server refuses the object. The message never repeats the value of a Secret.
Source: apimachinery pkg/api/resource (quantities), RFC 4648 (base64), RFC 3339 (times); in a custom resource
`pattern` and `format`.
""",
    ),
    (
        "PS408",
        "removed-api",
        """The apiVersion of an object still exists in the Kubernetes version that Penstock checks against.

Bad:
```yaml
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
```
Good:
```yaml
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
```
Why: after the upgrade, the API server no longer serves this apiVersion. Choose the version with `--kubernetes-version`.
Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the OpenAPI documents of Kubernetes 1.25
to 1.37.
""",
    ),
    (
        "PS409",
        "not-evaluated",
        """(Information.) A schema has a constraint that Penstock does not evaluate.

Example:
```yaml
x-kubernetes-validations: [{rule: "self.minReplicas <= self.maxReplicas"}]
```
Why: Penstock always reports what it cannot check: rules in CEL, some formats, regular expressions outside of RE2's
common syntax, and values that another tool fills in (`${NAME}` of Flux, `ENC[…]` of SOPS, `ref+…://` of vals,
`{{hub … hub}}` of Open Cluster Management). Everything else was checked.
This finding does not change the exit status.
""",
    ),
    (
        "PS480",
        "rule-of-a-definition",
        """An object satisfies the CEL rules in the CustomResourceDefinition of its kind.

Bad:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: pools, singular: pool, kind: Pool, listKind: PoolList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {min: {type: integer}, max: {type: integer}}
            x-kubernetes-validations: [{rule: "self.min <= self.max", message: min is at most max}]
---
apiVersion: example.org/v1
kind: Pool
metadata: {name: small}
spec: {min: 5, max: 3}
```
Good:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: pools, singular: pool, kind: Pool, listKind: PoolList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {min: {type: integer}, max: {type: integer}}
            x-kubernetes-validations: [{rule: "self.min <= self.max", message: min is at most max}]
---
apiVersion: example.org/v1
kind: Pool
metadata: {name: small}
spec: {min: 3, max: 5}
```
Why: the API server refuses the object, with the message of the rule. A rule that compares with the previous object
(`oldSelf`) does not apply to a new one. Penstock evaluates rules where the definition is in the same environment, for
objects that fit its schema; it counts the rules that it cannot evaluate (PS409).
Source: apiextensions-apiserver pkg/apiserver/schema/cel, as of Kubernetes 1.37.
""",
    ),
    (
        "PS477",
        "costly-object",
        """The rules of a definition stay within the cost limits for each object.

Example:
```yaml
x-kubernetes-validations: [{rule: "self.all(a, self.all(b, a + b > 0))"}]  # of a list with 378 numbers
```
Why: the API server counts the cost of each call of a rule for an object. It aborts a call that costs more than
1,000,000, and refuses the object. Penstock counts in the same way. PS475 is about the maximum cost of a rule for any
object. Where the rules cost more than 3,000,000 for all objects of a run, Penstock stops evaluating them, and reports
that (PS409); so it does not find an object whose rules together cost more than 10,000,000, which the API server also
refuses.
Source: apiserver pkg/apis/cel/config.go; cel-go interpreter/runtimecost.go.
""",
    ),
    (
        "PS481",
        "admission-policy",
        """An object satisfies the ValidatingAdmissionPolicies of its own environment.

Example:
```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: object.spec.replicas <= 5, message: at most five replicas}]
```
With a binding that has `validationActions: [Deny]`, a Deployment with `replicas: 6` in that environment is an error.
Why: the API server refuses what a policy denies. Where a binding only warns, the finding is a warning; a binding that
only audits is ignored. Penstock evaluates a policy for the creation of each object; parameters, namespaces and
variables come from the tree. Where a policy depends on what only a cluster knows, Penstock reports that (PS409).
Source: apiserver pkg/admission/plugin/policy/validating, as of Kubernetes 1.37.
""",
    ),
    (
        "PS482",
        "function-of-a-later-version",
        """An expression calls only functions that the Kubernetes version accepts.

Example:
```yaml
x-kubernetes-validations: [{rule: "quantity(self.size).isLessThan(quantity('1Gi'))"}]  # not for Kubernetes 1.28
```
Why: in new expressions, the API server refuses functions of later versions, and also those that its own version
introduced, so that it can be rolled back to the previous version. Set the version with `kubernetes:` of an environment
in penstock.yaml or with `--kubernetes-version`.
Source: apiserver pkg/cel/environment, `DefaultCompatibilityVersion`.
""",
    ),
    (
        "PS456",
        "deprecated-api",
        """The apiVersion of an object is neither deprecated nor removed in a later Kubernetes version.

Bad:
```yaml
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets:
- addresses: [{ip: 192.0.2.10}]
  ports: [{port: 80}]
```
Good:
```yaml
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web}
addressType: IPv4
endpoints: [{addresses: [192.0.2.10]}]
ports: [{name: http, port: 80}]
```
Why: a later version of Kubernetes no longer serves the apiVersion, or the apiVersion is deprecated.
`--kubernetes-version 1.31 --kubernetes-version 1.34` checks for the current version and for the next one at once.
Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the OpenAPI documents of Kubernetes 1.25
to 1.37; the deprecation policy for versions that are not stable.
""",
    ),
    (
        "PS465",
        "pod-security",
        """Pods comply with the Pod Security Standard that their Namespace requires.

Example:
```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: baseline}
```
A pod with `hostNetwork: true` in the namespace `shop` is then an error.
Why: the API server refuses a pod that violates the enforced level. It accepts a workload with such a pod
template, but the pods are never created. A violation of the `warn` level is a warning; Penstock ignores the `audit`
level. The Namespace must be in the same environment.
Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
""",
    ),
    (
        "PS483",
        "amount-without-digits",
        """A quantity has at least one digit.

Bad:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}, limits: {storage: Gi}}
```
Good:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}, limits: {storage: 2Gi}}
```
Why: the API server reads a unit, a sign or a dot alone as zero, where a number was forgotten or a variable was empty.
Source: apimachinery pkg/api/resource/quantity.go, ParseQuantity.
""",
    ),
    (
        "PS484",
        "metadata-of-the-cluster",
        """The metadata of an object has no fields that only a cluster writes.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  uid: 5c1b3c1e-6a1f-4a57-9d0c-1f6f6a3a9f10
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
```
Why: such a file was read from a cluster, with `kubectl get -o yaml` or the like. The API server refuses a server-side
apply with `managedFields`; with a `uid` it refuses every object but that one; and with a `resourceVersion` every change
after the one that was read.
Source: apiserver pkg/endpoints/handlers/fieldmanager, pkg/registry/rest.
""",
    ),
    (
        "PS485",
        "node-port-of-two-containers",
        """The containers of a pod in the network of its node use different ports.

Bad:
```yaml
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostNetwork: true
      containers:
      - {name: agent, image: "agent:1.4", ports: [{containerPort: 9100}]}
      - {name: metrics, image: "metrics:2.0", ports: [{containerPort: 9100}]}
```
Good:
```yaml
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostNetwork: true
      containers:
      - {name: agent, image: "agent:1.4", ports: [{containerPort: 9100}]}
      - {name: metrics, image: "metrics:2.0", ports: [{containerPort: 9101}]}
```
Why: with `hostNetwork`, each port of a container is one of the node. The API server refuses such a pod, so a workload
that it accepts never gets any. For a Pod this is an error. Ports that name the same `hostPort` are PS440.
Source: pkg/apis/core/validation, AccumulateUniqueHostPorts; pkg/apis/core/v1, setHostNetworkDefaults.
""",
    ),
    *codes.PAGES,
)
"""Code, name, page."""
