#!/usr/bin/env python3
"""How long `penstock targets` and `penstock check` take in repositories with many targets: whole processes, medians.

    bench/targets.py [--applications N] [--environments N] [--runs N] [--layout NAME ...]

Each repository has a base for each application, and an overlay of it for each environment: 30 x 20 = 600 targets. In
the layouts `flux` and `argo`, a definition of Flux or Argo CD leads to each overlay, in a directory for each cluster.

A cold run has an empty cache, and a warm one that of the run before it. The processors' time is printed beside that of
the clock, since other work on the machine changes only the latter.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PENSTOCK = str(Path(sys.executable).parent / "penstock")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: app, image: "registry.example.com/{name}:1"}}]}}
"""

KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  path: ./{path}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
  postBuild: {{substitute: {{CLUSTER: {environment}}}}}
"""

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}-{environment}, namespace: argocd}}
spec:
  project: default
  source: {{repoURL: "https://git.example.com/fleet.git", path: {path}, targetRevision: HEAD}}
  destination: {{name: {environment}, namespace: {name}}}
"""

SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{interval: 1m, ref: {{branch: main}}, url: "https://git.example.com/fleet.git"}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: flux-system, namespace: flux-system}}
spec:
  interval: 10m
  path: ./clusters/{environment}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""


class Seconds(NamedTuple):
    clock: float
    processors: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=30)
    parser.add_argument("--environments", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--layout", choices=LAYOUTS, action="append", help="only this one (may be repeated)")
    arguments = parser.parse_args()
    print(f"{'':40} {'cold':>8} {'of processors':>14} {'warm':>8} {'of processors':>14}")
    for layout in arguments.layout or LAYOUTS:
        with tempfile.TemporaryDirectory() as folder:
            root, cache = Path(folder) / "fleet", Path(folder) / "cache"
            write(root, arguments.applications, arguments.environments, LAYOUTS[layout])
            for command in ("targets", "check"):
                cold, warm = _medians([_pair(command, root, cache) for _ in range(arguments.runs)])
                targets = arguments.applications * arguments.environments
                what = f"penstock {command:8} {layout:10} {targets:6,} targets"
                times = f"{cold.clock:6.2f} s {cold.processors:12.2f} s {warm.clock:6.2f} s {warm.processors:12.2f} s"
                print(f"{what:40} {times}", flush=True)
    return 0


def write(root: Path, applications: int, environments: int, define: Callable[[Path, str, str], None] | None) -> None:
    """Write a repository. `define` writes the definition that leads to an overlay, if the layout has some."""
    (root / ".git").mkdir(parents=True)
    _write(root / ".git" / "config", '[remote "origin"]\n\turl = https://git.example.com/fleet.git\n')
    for number in range(applications):
        name = f"app-{number}"
        app = root / "apps" / name
        _write(app / "base" / "kustomization.yaml", "resources: [deployment.yaml]\n")
        _write(app / "base" / "deployment.yaml", DEPLOYMENT.format(name=name))
        for other in range(environments):
            environment = f"env-{other}"
            overlay = app / "overlays" / environment
            _write(overlay / "kustomization.yaml", f"namespace: {environment}\nresources: [../../base]\n")
            if define is not None:
                define(root, name, environment)


def _define_flux(root: Path, name: str, environment: str) -> None:
    cluster = root / "clusters" / environment
    _write(cluster / "flux-system" / "sync.yaml", SYNC.format(environment=environment))
    path = f"apps/{name}/overlays/{environment}"
    _write(cluster / f"{name}.yaml", KUSTOMIZATION.format(name=name, path=path, environment=environment))


def _define_argo(root: Path, name: str, environment: str) -> None:
    path = f"apps/{name}/overlays/{environment}"
    file = root / "clusters" / environment / f"{name}.yaml"
    _write(file, APPLICATION.format(name=name, path=path, environment=environment))


LAYOUTS: dict[str, Callable[[Path, str, str], None] | None] = {
    "kustomize": None,
    "flux": _define_flux,
    "argo": _define_argo,
}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _pair(command: str, root: Path, cache: Path) -> tuple[Seconds, Seconds]:
    """Run a command with an empty cache, and again with what the first run has kept."""
    shutil.rmtree(cache, ignore_errors=True)
    return timed(command, root, cache), timed(command, root, cache)


def timed(command: str, root: Path, cache: Path) -> Seconds:
    start, before = time.perf_counter(), os.times()
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    subprocess.run([PENSTOCK, command], cwd=root, check=True, capture_output=True, env=environ)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return Seconds(time.perf_counter() - start, spent)


def _medians(pairs: list[tuple[Seconds, Seconds]]) -> list[Seconds]:
    """Return the medians of the first and of the second runs."""
    return [Seconds(*map(statistics.median, zip(*runs, strict=True))) for runs in zip(*pairs, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
