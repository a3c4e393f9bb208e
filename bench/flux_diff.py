#!/usr/bin/env python3
"""`penstock diff` beside `flate diff ks`: a change of one line of a Flux repository, both cold.

    FLATE=flate bench/flux_diff.py [--applications N] [--runs N]
    FLATE=flate bench/flux_diff.py --repository DIR --cluster PATH --change FILE OLD NEW

Without --repository, a cluster of Kustomizations is written, each with a directory of its own. A repository is cloned,
and in FILE each OLD becomes NEW, in a commit. Both render that commit and the one before, without any cache; flate only
what the change reaches, as it does by --base. Printed are medians of whole processes, with the time that processors
have worked, and how many lines each of them prints. HelmReleases whose charts lie elsewhere are rendered by neither:
flate asks the network for them, and fails.
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
from collections.abc import Sequence
from pathlib import Path

PENSTOCK = str(Path(sys.executable).parent / "penstock")
IDENTITY = ("git", "-c", "user.name=Bench", "-c", "user.email=bench@example.com")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: main
          image: registry.example.com/{name}:1.0
          args: [serve, --port=8080]
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: {name}
  ports:
    - port: 80
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 10m
  path: ./apps/{name}
  prune: true
  targetNamespace: {name}
  sourceRef:
    kind: GitRepository
    name: flux-system
"""
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m
  url: https://git.example.com/fleet
  ref:
    branch: main
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--repository", type=Path, help="a Flux repository in git, in the place of a written one")
    parser.add_argument("--cluster", default="clusters/main", help="what flate starts from")
    parser.add_argument("--change", nargs=3, metavar=("FILE", "OLD", "NEW"))
    arguments = parser.parse_args()
    file, old, new = arguments.change or ("apps/app-0000/app.yaml", "--port=8080", "--port=8081")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "repository"
        if arguments.repository:
            subprocess.run(["git", "clone", "--quiet", str(arguments.repository), str(place)], check=True)
        else:
            write(place, arguments.applications)
        path = place / file
        path.write_text(path.read_text().replace(old, new))
        commit(place, "Change")
        compare(place, arguments.cluster, Path(folder) / "cache", arguments.runs)
    return 0


def write(place: Path, applications: int) -> None:
    names = [f"app-{number:04}" for number in range(applications)]
    for name in names:
        (place / "apps" / name).mkdir(parents=True)
        (place / "apps" / name / "app.yaml").write_text(DEPLOYMENT.format(name=name))
        (place / "apps" / name / "kustomization.yaml").write_text("resources: [app.yaml]\n")
    (place / "clusters/main").mkdir(parents=True)
    (place / "clusters/main/apps.yaml").write_text("---\n".join([SOURCE, *(FLUX.format(name=name) for name in names)]))
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=place, check=True)
    commit(place, "First")


def commit(place: Path, subject: str) -> None:
    subprocess.run(["git", "add", "--all"], cwd=place, check=True)
    subprocess.run([*IDENTITY, "commit", "--quiet", "-m", subject], cwd=place, check=True)


def compare(place: Path, cluster: str, cache: Path, runs: int) -> None:
    ours = [PENSTOCK, "diff", "--base", "HEAD~1", "--no-cache"]
    ours_without = [*ours, "--trees", "none"]
    flate = os.environ.get("FLATE") or shutil.which("flate")
    lines = [("penstock diff, with trees", ours), ("penstock diff --trees none", ours_without)]
    if flate:
        theirs = [flate, "diff", "ks", "--no-progress", "--log-level", "error", "--path", cluster, "--base", "HEAD~1"]
        lines.append(("flate diff ks", theirs))
    taken: dict[str, list[tuple[float, float]]] = {title: [] for title, _ in lines}
    said = {}
    for _ in range(runs):  # in turns, so that other work on the machine is in each of them
        for title, command in lines:
            shutil.rmtree(cache, ignore_errors=True)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            said[title] = ran(command, place, cache)
            seconds = time.perf_counter() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            taken[title].append((seconds, worked))
    for title, figures in taken.items():
        seconds, worked = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"{title:28} {seconds:6.2f} s  {worked:6.2f} s worked  {len(said[title].splitlines())} lines")


def ran(command: Sequence[str], place: Path, cache: Path) -> str:
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is installed
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, check=False, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
