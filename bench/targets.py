#!/usr/bin/env python3
"""How long `penstock targets` and `penstock check` take in a repository with many targets: whole processes, medians.

    bench/targets.py [--applications N] [--environments N] [--runs N]

The repository has a base for each application, and an overlay of it for each environment: 30 x 20 = 600 targets.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=30)
    parser.add_argument("--environments", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), arguments.applications, arguments.environments)
        for command in ("targets", "check"):
            seconds = [timed(command, Path(folder)) for _ in range(arguments.runs)]
            targets = arguments.applications * arguments.environments
            print(f"penstock {command:8} {targets:6,} targets   {statistics.median(seconds):6.2f} s")
    return 0


def write(root: Path, applications: int, environments: int) -> None:
    (root / ".git").mkdir()
    for number in range(applications):
        app = root / "apps" / f"app-{number}"
        _write(app / "base" / "kustomization.yaml", "resources: [deployment.yaml]\n")
        _write(app / "base" / "deployment.yaml", DEPLOYMENT.format(name=f"app-{number}"))
        for other in range(environments):
            overlay = app / "overlays" / f"env-{other}"
            _write(overlay / "kustomization.yaml", f"namespace: env-{other}\nresources: [../../base]\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def timed(command: str, root: Path) -> float:
    start = time.perf_counter()
    subprocess.run([PENSTOCK, command], cwd=root, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
