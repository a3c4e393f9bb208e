#!/usr/bin/env python3
"""How long the hook takes, in a repository of many targets with one staged file: whole processes, medians.

    bench/hook.py [--applications N] [--runs N]

Each application has a base and an overlay for each of four environments: 60 applications are 240 targets. Staged is a
patch of one overlay, or a file of one base. Cold is the first run, with an empty cache. CPU is that of penstock and of
the git commands that it starts; where other work is done, read that rather than the wall clock.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

PENSTOCK = str(Path(sys.executable).parent / "penstock")
ENVIRONMENTS = ("dev", "test", "stage", "prod")
STAGED = {
    "a patch of an overlay": ("apps/app-3/overlays/prod/patch.yaml", "replicas: 3", "replicas: 4"),
    "a file of a base": ("apps/app-5/base/deployment.yaml", "app-5:1", "app-5:2"),
}

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers:
      - name: app
        image: registry.example.com/{name}:1
        ports: [{{name: http, containerPort: 8080}}]
        envFrom: [{{configMapRef: {{name: settings}}}}]
        readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}}}\n"
OVERLAY = """\
namespace: {name}-{environment}
resources: [../../base]
patches: [{{path: patch.yaml}}]
configMapGenerator: [{{name: settings, literals: [environment={environment}]}}]
"""
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 3}}\n"


class Took(NamedTuple):
    wall: float
    cpu: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=60)
    parser.add_argument("--runs", type=int, default=11)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "repository", Path(folder) / "cache"
        write(root, arguments.applications)
        print(f"{arguments.applications * len(ENVIRONMENTS)} targets   wall        CPU")
        for what, (path, old, new) in STAGED.items():
            stage(root, path, old, new)
            shutil.rmtree(cache, ignore_errors=True)
            show(f"{what}, cold", [timed(root, cache)])
            show(f"{what}, warm", [timed(root, cache) for _ in range(arguments.runs)])
            stage(root, path, new, old)
    return 0


def write(root: Path, applications: int) -> None:
    for number in range(applications):
        name = f"app-{number}"
        base = {"deployment": DEPLOYMENT, "service": SERVICE, "account": ACCOUNT}
        for file, text in base.items():
            _write(root / "apps" / name / "base" / f"{file}.yaml", text.format(name=name))
        _write(
            root / "apps" / name / "base" / "kustomization.yaml",
            f"resources: [{', '.join(f'{file}.yaml' for file in base)}]\n",
        )
        for environment in ENVIRONMENTS:
            overlay = root / "apps" / name / "overlays" / environment
            _write(overlay / "kustomization.yaml", OVERLAY.format(name=name, environment=environment))
            _write(overlay / "patch.yaml", PATCH.format(name=name))
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "-m", "A fleet")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def stage(root: Path, path: str, old: str, new: str) -> None:
    (root / path).write_text((root / path).read_text().replace(old, new))
    git(root, "add", path)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True)


def timed(root: Path, cache: Path) -> Took:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    subprocess.run([PENSTOCK, "check", "--staged"], cwd=root, check=True, capture_output=True, env=environ)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def show(what: str, took: list[Took]) -> None:
    wall, cpu = (statistics.median(each) for each in zip(*took, strict=True))
    print(f"{what:30} {wall:6.3f} s   {cpu:6.3f} s")


if __name__ == "__main__":
    sys.exit(main())
