"""How fast the YAML printer is, beside PyYAML's C dumper, on the same documents in the same run.

python bench/printer.py             1,000 objects made here, of eight kinds
python bench/printer.py FILE ...    the documents of these files
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from penstock.emit.yaml import dump_all

ROUNDS = 7

TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations: {prometheus.io/port: "9090", prometheus.io/scrape: "true"}
  labels: {app.kubernetes.io/name: app-NUMBER, app.kubernetes.io/part-of: shop, team: team-TEAM}
  name: app-NUMBER
  namespace: shop-TEAM
spec:
  replicas: 3
  selector: {matchLabels: {app.kubernetes.io/name: app-NUMBER}}
  template:
    metadata: {labels: {app.kubernetes.io/name: app-NUMBER, app.kubernetes.io/part-of: shop, team: team-TEAM}}
    spec:
      containers:
      - name: app
        image: registry.example.com/shop/app-NUMBER:1.NUMBER.0
        args: [--listen=:8080, --log-level, info]
        env:
        - {name: DATABASE_URL, valueFrom: {secretKeyRef: {key: url, name: app-NUMBER}}}
        - {name: GREETING, value: "hello: from NUMBER"}
        ports: [{containerPort: 8080, name: http}]
        livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10}
        resources: {limits: {memory: 256Mi}, requests: {cpu: 100m, memory: 256Mi}}
        volumeMounts: [{mountPath: /etc/app, name: config, readOnly: true}]
      serviceAccountName: app-NUMBER
      volumes: [{configMap: {name: app-NUMBER}, name: config}]
---
apiVersion: v1
kind: Service
metadata: {labels: {app.kubernetes.io/name: app-NUMBER}, name: app-NUMBER, namespace: shop-TEAM}
spec:
  ports: [{name: http, port: 80, targetPort: http}]
  selector: {app.kubernetes.io/name: app-NUMBER}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app-NUMBER, namespace: shop-TEAM}
data:
  LOG_LEVEL: info
  TIMEOUT: "30"
  app.properties: |
    color=blue
    limit.NUMBER=100
    # retries, and how long to wait in between
    retries=3
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app-NUMBER, namespace: shop-TEAM}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  annotations: {nginx.ingress.kubernetes.io/proxy-body-size: "0"}
  name: app-NUMBER
  namespace: shop-TEAM
spec:
  rules:
  - host: app-NUMBER.example.com
    http: {paths: [{backend: {service: {name: app-NUMBER, port: {name: http}}}, path: /, pathType: Prefix}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: app-NUMBER, namespace: shop-TEAM}
spec:
  maxReplicas: 10
  metrics: [{resource: {name: cpu, target: {averageUtilization: 80, type: Utilization}}, type: Resource}]
  minReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-NUMBER}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: app-NUMBER, namespace: shop-TEAM}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: app-NUMBER, namespace: shop-TEAM}
spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/name: app-NUMBER}}}
"""


def main(paths: list[str]) -> int:
    bodies = _read(paths) if paths else _make(125)
    printed = dump_all(bodies)
    if list(yaml.load_all(printed, yaml.CSafeLoader)) != bodies:
        print("what was printed does not read back as it was", file=sys.stderr)
        return 1
    ours = _fastest(lambda: dump_all(bodies))
    theirs = _fastest(lambda: yaml.dump_all(bodies, Dumper=yaml.CSafeDumper))
    print(f"{len(bodies):,} documents, {len(printed):,} characters, {printed.count(chr(10)):,} lines")
    print(f"penstock          {ours * 1000:8.1f} ms")
    print(f"yaml.CSafeDumper  {theirs * 1000:8.1f} ms, {theirs / ours:.1f} times as long")
    return 0


def _make(applications: int) -> list[Any]:
    text = "---".join(
        TEMPLATE.replace("NUMBER", str(number)).replace("TEAM", str(number % 10)) for number in range(applications)
    )
    return list(yaml.load_all(text, yaml.CSafeLoader))


def _read(paths: list[str]) -> list[Any]:
    bodies = (body for path in paths for body in yaml.load_all(Path(path).read_bytes(), yaml.CSafeLoader))
    return [body for body in bodies if isinstance(body, dict)]


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of CPU time, the best of several rounds: the machine may be busy with other things."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
