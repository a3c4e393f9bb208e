"""Kustomize trees of any size for benchmarks; the same arguments always give the same bytes.

flat: one kustomization over N objects that refer to each other, with the usual fields on top.
deep: N teams, each an overlay on an overlay on a base of 30 objects, with 10 patches, under one root: 60 N objects.
"""

from pathlib import Path

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      serviceAccountName: {account}
      containers:
      - name: main
        image: registry.example.org/shop/web:1.0
        ports:
        - containerPort: 8080
          name: http
        env:
        - name: MODE
          value: plain
        envFrom:
        - configMapRef:
            name: {config}
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: {app}
  ports:
  - name: http
    port: 80
    targetPort: http
"""
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  key: value-{number}
  text: |
    first line
    second line
"""
SERVICE_ACCOUNT = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
"""
PATCH = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      containers:
      - name: main
        env:
        - name: EXTRA
          value: "{number}"
"""
ARTICLE = {
    "base/kustomization.yaml": "resources:\n- deployment.yaml\n- service.yaml\n",
    "base/deployment.yaml": DEPLOYMENT.format(name="shop", account="default", config="settings"),
    "base/service.yaml": SERVICE.format(name="shop", app="shop"),
    "prod/kustomization.yaml": "resources:\n- ../base\nnamespace: prod\npatches:\n- path: deployment-patch.yaml\n",
    "prod/deployment-patch.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  replicas: 3\n"
    ),
}


def article(folder: Path) -> Path:
    """The layout of every article: a base and an overlay with a patch. Returns the overlay."""
    for path, text in ARTICLE.items():
        _write(folder / path, text)
    return folder / "prod"


def flat(count: int, folder: Path) -> Path:
    names = []
    for number in range(count):
        names.append(f"{number // 1000:03}/{number:06}.yaml")
        _write(folder / names[-1], _object(number))
    head = (
        "namespace: shop\nnamePrefix: eu-\nlabels:\n- pairs:\n    team: shop\n"
        "commonAnnotations:\n  owner: shop@example.org\n"
        "images:\n- name: registry.example.org/shop/web\n  newTag: '2.0'\nreplicas:\n- name: app-000000\n  count: 5\n"
    )
    _write(folder / "kustomization.yaml", head + "resources:\n" + "".join(f"- {name}\n" for name in names))
    return folder


def deep(teams: int, folder: Path) -> Path:
    for team in range(teams):
        top = folder / f"team-{team:04}"
        _base(top / "base", team)
        _write(top / "middle/kustomization.yaml", f"namePrefix: t{team}-\nresources:\n- ../base\n")
        _overlay(top / "prod", team)
    _write(folder / "kustomization.yaml", "resources:\n" + "".join(f"- team-{t:04}/prod\n" for t in range(teams)))
    return folder


def generated(count: int, folder: Path) -> Path:
    """An overlay that merges into each of the ConfigMaps that its base generates."""
    entry = "- name: settings-{number:06}\n  literals: [{pair}]\n"
    entries = "".join(entry.format(number=number, pair="a=1") for number in range(count))
    _write(folder / "base/kustomization.yaml", f"configMapGenerator:\n{entries}")
    entries = "".join(entry.format(number=number, pair="b=2") + "  behavior: merge\n" for number in range(count))
    _write(folder / "kustomization.yaml", f"resources:\n- base\nconfigMapGenerator:\n{entries}")
    return folder


def deleted(count: int, folder: Path) -> Path:
    """A patch for each object, which deletes it; one is left."""
    objects = [CONFIG_MAP.format(name=f"config-{number:06}", number=number) for number in range(count)]
    _write(folder / "objects.yaml", "---\n".join(objects))
    head = "- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    $patch: delete\n"
    patches = "".join(f"{head}    metadata:\n      name: config-{number:06}\n" for number in range(1, count))
    _write(folder / "kustomization.yaml", f"resources:\n- objects.yaml\npatches:\n{patches}")
    return folder


def long_lists(count: int, folder: Path) -> Path:
    """A container with as many variables, and a patch with as many, of which half are new."""
    for name, first in (("object", 0), ("patch", count // 2)):
        variables = "".join(f"        - name: V{first + i}\n          value: {name}\n" for i in range(count))
        head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n"
        _write(folder / f"{name}.yaml", f"{head}      containers:\n      - name: main\n        env:\n{variables}")
    _write(folder / "kustomization.yaml", "resources:\n- object.yaml\npatches:\n- path: patch.yaml\n")
    return folder


def _base(folder: Path, team: int) -> None:
    numbers = [team * 60 + number for number in range(60)]
    for number in numbers:
        _write(folder / f"{number:06}.yaml", _object(number))
    _write(folder / "kustomization.yaml", "resources:\n" + "".join(f"- {number:06}.yaml\n" for number in numbers))


def _overlay(folder: Path, team: int) -> None:
    patched = [number for number in range(team * 60, team * 60 + 60) if number % 4 == 0][:10]
    for number in patched:
        _write(folder / f"patch-{number}.yaml", PATCH.format(name=f"app-{number:06}", number=number))
    patches = "".join(f"- path: patch-{number}.yaml\n" for number in patched)
    _write(folder / "kustomization.yaml", f"namespace: team-{team}\nresources:\n- ../middle\npatches:\n{patches}")


def _object(number: int) -> str:
    """A Deployment, a Service, a ConfigMap and a ServiceAccount in turn, four of which belong together."""
    group = number - number % 4
    app, config, account = f"app-{group:06}", f"config-{group + 2:06}", f"account-{group + 3:06}"
    return (
        DEPLOYMENT.format(name=app, account=account, config=config),
        SERVICE.format(name=f"service-{group + 1:06}", app=app),
        CONFIG_MAP.format(name=config, number=number),
        SERVICE_ACCOUNT.format(name=account),
    )[number % 4]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
