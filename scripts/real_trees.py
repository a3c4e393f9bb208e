#!/usr/bin/env python3
"""Build real trees, and compare the bytes with those that the real Kustomize has printed.

    python scripts/real_trees.py FOLDER

FOLDER has the trees in `tree`, and `expected.jsonl` with a line for each: `path`, and `sha256` of what Kustomize prints
or nothing where it refuses. Exit status: 1 where some differ, each with its path.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PENSTOCK = Path(sys.executable).parent / "penstock"


def main(folder: Path) -> int:
    lines = [json.loads(line) for line in (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = {line["path"]: line["sha256"] for line in lines if "sha256" in line}
    with tempfile.TemporaryDirectory() as out:
        command = [PENSTOCK, "build", "--no-cache", "--output", out, *expected]
        subprocess.run(command, cwd=folder / "tree", stderr=subprocess.DEVNULL, check=False)
        wrong = [path for path, digest in expected.items() if digest_of(Path(out, f"{path}.yaml")) != digest]
    for path in wrong:
        print(f"{path}: other bytes than Kustomize's")
    print(f"{len(expected) - len(wrong)} of {len(expected)} real trees have the bytes of Kustomize")
    return 1 if wrong else 0


def digest_of(path: Path) -> str:
    """Nothing where the tree was not built."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
