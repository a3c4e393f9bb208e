"""The findings of this stage, for the manual."""

MISSING = frozenset(("PS301", "PS302", "PS303"))
"""The findings about objects that another target of the environment may have."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS301",
        "missing-object",
        """An object is in the same target as the object without which it is of no use.

Bad:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shopp}
  maxReplicas: 5
```
Good:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 5
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: shop, image: "shop:1.4"}]
```
Why: the API server accepts the object, which then silently does nothing. An autoscaler needs the object that it scales
in the same target of Penstock; an Ingress or a route needs its Services. Penstock compares the names after Kustomize
has changed them. The finding is information only where a HelmRelease, an Application or an object of an operator may
create the missing object, and a warning where it is here without a namespace, which what applies it may give it.
Source: the field tables in `graph/references.py`.
""",
    ),
    (
        "PS302",
        "object-elsewhere",
        """An object that another one names is in the same target, or known to come from elsewhere.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
  - name: shop
    image: shop:1.4
    envFrom: [{configMapRef: {name: shop-settings}}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
  - name: shop
    image: shop:1.4
    envFrom: [{configMapRef: {name: shop-settings}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop-settings}
data: {currency: EUR}
```
Why: a pod waits forever for a ConfigMap, Secret or volume claim that does not exist. Another target or an operator may
create it, so this is a warning. Secrets that an ExternalSecret, a SealedSecret, a Certificate or the like in the target
will create count as present, and so do objects that every cluster has, such as the service account `default` and the
ClusterRole `view`. References with `optional: true` are never reported. Storage, priority and ingress classes belong to
the cluster; each is reported once, as information. Information, too, are objects that a HelmRelease, an Application or
an object of an operator may create: any name in the namespace of a release, and names that begin with that of the
object. So are objects of which an example lies beside the others, such as `secret.example.yaml`, Secrets in a manifest
that no target reads, which people apply by hand, and generated objects that a field of an unused base names without the
hash, since an overlay may bring the configuration that renames it.
Source: the field tables in `graph/references.py`.
""",
    ),
    (
        "PS303",
        "selector-without-pods",
        """A selector matches at least one pod.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shopp}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  containers: [{name: shop, image: "shop:1.4"}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  containers: [{name: shop, image: "shop:1.4"}]
```
Why: a Service without pods refuses every connection, and a disruption budget without pods protects nothing. Penstock
compares a selector with the labels of the pod templates of the target in the same namespace. For a NetworkPolicy the
finding is information only, since its pods often come from another team; the same holds where a HelmRelease or an
object of an operator may create the pods. Labels that controllers add to pods are not compared.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
""",
    ),
    (
        "PS304",
        "missing-key",
        """A ConfigMap or Secret has every key that a pod takes from it.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {currency: EUR}
---
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
  - name: shop
    image: shop:1.4
    env:
    - name: CURRENCY
      valueFrom: {configMapKeyRef: {name: shop, key: curency}}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {currency: EUR}
---
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
  - name: shop
    image: shop:1.4
    env:
    - name: CURRENCY
      valueFrom: {configMapKeyRef: {name: shop, key: currency}}
```
Why: the container does not start (CreateContainerConfigError), or the volume cannot be mounted. A reference with
`optional: true` is never reported. Where the object has no keys at all, this is a warning, since a controller may fill
it. Nothing is reported where annotations of the object ask a controller for more keys, such as Reflector, Replicator or
Secret Generator, or where an object such as an ExternalSecret writes into it.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
""",
    ),
    (
        "PS305",
        "missing-port",
        """Every port or Gateway listener that an object names exists.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: web}]
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  containers:
  - name: shop
    image: shop:1.4
    ports: [{name: http, containerPort: 8080}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  containers:
  - name: shop
    image: shop:1.4
    ports: [{name: http, containerPort: 8080}]
```
Why: a Service leaves pods without the named port out of its endpoints, and an Ingress, a route or a webhook gets no
answer at a port that its Service does not have. A numeric `targetPort` needs no declaration.
Source: https://kubernetes.io/docs/concepts/services-networking/service/
""",
    ),
    (
        "PS306",
        "reference-loop",
        """Objects do not wait for each other in a cycle.

Bad:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: orders}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  dataSource: {kind: PersistentVolumeClaim, name: archive}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: archive}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  dataSource: {kind: PersistentVolumeClaim, name: orders}
```
Good:
```yaml
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: orders}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  dataSource: {kind: PersistentVolumeClaim, name: archive}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: archive}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
```
Why: none of these objects ever becomes ready. `penstock sync` still applies them, and ignores a reference that closes
the cycle. References that come in pairs by design, such as those of a StatefulSet and its Service, do not count.
Source: `graph/waves.py`.
""",
    ),
    (
        "PS307",
        "selectors-not-followed",
        """Together, the selectors of a target look at no more than a million pods.

Example: 2,000 Services that all choose `app: shop`, beside 1,000 Deployments that have this label.

Why: Penstock bounds its run time, and never silently skips a check. The edges and findings of the selectors after this
one are missing.
Source: `graph/pods.py`.
""",
    ),
    (
        "PS308",
        "made-by-two-targets",
        """Only one target of an environment creates an object, and only once.

Example: `apps/web/prod` and `apps/cart/prod` both have a ConfigMap `shop/settings`, with other data. Where both make
exactly the same, as is usual for a Namespace, it counts as one. In a directory of plain manifests or in what a chart
prints, one target may hold two versions; if the two are equal, that is a warning, since `hydrate` refuses them (PS502).

Why: only one version of the object can be in the cluster, and which one changes with every sync. Such a pair is often a
sign that the two targets do not belong to one environment; `penstock targets` shows the environment of each. The
finding is a warning where only the structure of the repository puts them into one environment, by a name that is
unusual for environments, or usual for other things as well, such as `preview` and `test`. It is one, too, where a
definition or penstock.yaml names the environment for one of the two, and nothing leads to the other. Where such a pair
has four objects and half of the smaller one in common, it is an info: these are two ways to deploy one thing. It is
a warning where both objects have no namespace, which what applies them may give them.
Source: Penstock's own rule.
""",
    ),
)
"""Code, name, page."""
