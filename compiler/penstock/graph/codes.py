"""The findings of this stage, for the manual."""

MISSING = frozenset(("PS301", "PS302", "PS303"))
"""What may be there in another target of the environment."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS301",
        "missing-object",
        """An object that is of no use without another one comes together with it.

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
Why: the API server takes the object, and then it does nothing, without a word. An autoscaler needs its target in the
same target of Penstock; an Ingress or a route its Services. Names that Kustomize changed count as they are in the end.
Where a HelmRelease, an Application or an object of an operator may make what is named, it is information only.
Source: the field tables in `graph/references.py`.
""",
    ),
    (
        "PS302",
        "object-elsewhere",
        """An object that another one names is in the same target, or known to be made elsewhere.

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
Why: a pod waits for a ConfigMap, Secret or volume claim that is not there, for ever. It may be made by another target
or by an operator, so this is a warning. Secrets that an ExternalSecret, a SealedSecret, a Certificate and their like in
the target will make count as there, and so does what every cluster has, such as the service account `default` and the
ClusterRole `view`. References with `optional: true` are never reported. Classes of storage, priority or ingress belong
to the cluster; they are mentioned as information, once each. So is what a HelmRelease, an Application or an object of
an operator may make: any name in the namespace of a release, and names that begin with that of the object.
Source: the field tables in `graph/references.py`.
""",
    ),
    (
        "PS303",
        "selector-without-pods",
        """A selector chooses at least one pod.

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
Why: a Service without pods refuses every connection, and a disruption budget without pods protects nothing. Labels are
compared within a namespace, with those of the pod templates in the target. Of a NetworkPolicy it is information only:
its pods often come from another team; and so it is where a HelmRelease or an object of an operator may make the pods.
Labels that controllers add to pods are not compared.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
""",
    ),
    (
        "PS304",
        "missing-key",
        """A key that a pod takes from a ConfigMap or Secret is in it.

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
`optional: true` is never reported. Where the object has no keys at all it is a warning: a controller may fill it.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
""",
    ),
    (
        "PS305",
        "missing-port",
        """A port, or the listener of a Gateway, that an object names is there.

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
answer at a port that its Service does not have. A `targetPort` that is a number needs no declaration.
Source: https://kubernetes.io/docs/concepts/services-networking/service/
""",
    ),
    (
        "PS306",
        "reference-loop",
        """Objects do not wait for each other in a circle.

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
Why: none of them ever gets ready. `penstock sync` still applies them, and passes over a reference that leads back.
References that come in pairs by design, such as those of a StatefulSet and its Service, do not count.
Source: `graph/waves.py`.
""",
    ),
    (
        "PS307",
        "selectors-not-followed",
        """The selectors of a target look at no more than a million pods together.

Example: 2,000 Services that all choose `app: shop`, beside 1,000 Deployments that have this label.

Why: Penstock bounds its time, and never passes over in silence what it did not check. The edges and findings of the
selectors after this one are missing.
Source: `graph/pods.py`.
""",
    ),
    (
        "PS308",
        "made-by-two-targets",
        """An object is made by one target of an environment.

Example: `apps/web/prod` and `apps/cart/prod` both have a ConfigMap `shop/settings`, with other data. Where both make
exactly the same, as is usual for a Namespace, it counts as one.

Why: only one of them can be in the cluster, and which one it is changes with every sync. Such a pair is often a sign
that the two targets do not belong to one environment; `penstock targets` shows where each goes. It is a warning where
only the structure of the repository says that they do, by a name that is not usual for environments.
Source: Penstock's own rule.
""",
    ),
)
"""Code, name, page."""
