"""`penstock sync` beside `kubectl apply --server-side -f` on a real cluster, with the requests that each of them makes.

    .venv/bin/python bench/sync.py [--objects 1000] [--rounds 3]
    .venv/bin/python bench/sync.py --unchanged 1000 5000 10000

`make cluster` builds the programs that it needs. It makes as many mixed objects as it is told (ConfigMaps, Secrets,
Services, ServiceAccounts, Deployments without pods, Roles, RoleBindings) in a namespace for each of the two, creates
them, changes all, and applies the same once more; and prints the medians of the rounds. A round of 1,000 objects takes
about half a minute. kubectl neither waits nor prunes, and keeps no record; Penstock does. Two objects of a hundred are
Deployments, whose controller is slower than either of the two.

`--unchanged` measures only a sync that changes nothing, by Penstock alone, for each of the given numbers of objects:
its seconds, the seconds of processor time, both for 1,000 objects, its requests and its memory.
"""

import argparse
import compileall
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

UP = ROOT / "scripts" / "cluster" / "up.py"
STEPS = ("create", "change all", "no change")

_COUNTER = re.compile(r'^apiserver_request_total\{[^}]*verb="(?!WATCH|CONNECT)[A-Z]+"[^}]*\} (\S+)$', re.MULTILINE)


class Run(NamedTuple):
    """What one command took: seconds, requests of all clients meanwhile, the most memory in MiB, and processor time."""

    seconds: float
    requests: int
    memory: float
    busy: float


class Bench:
    """A cluster that is up, a repository with a rendered branch, and a folder with the same manifests."""

    def __init__(self, kubeconfig: str, kubectl: Path, folder: Path) -> None:
        self.kubeconfig, self.kubectl, self.folder = kubeconfig, kubectl, folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, text: str | None = None) -> str:
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, input=text, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, objects: list[dict[str, Any]]) -> None:
        """The objects as the branch rendered/bench, and as files below `manifests`."""
        from penstock.emit.branch import Marker, write_marker
        from penstock.model import MARKER

        manifests = self.folder / "manifests"
        manifests.mkdir(exist_ok=True)
        lines = []
        for number, each in enumerate(objects):
            text = json.dumps(each)
            (manifests / f"{number:05}.yaml").write_text(text)
            lines.append(f"100644 blob {self._blob(text)}\tapp/{number:05}.yaml\n")
        marker = write_marker(Marker("bench", frozenset({"app"}))).decode()
        lines.append(f"100644 blob {self._blob(marker)}\t{MARKER}\n")
        self.git("read-tree", "--empty")
        self.git("update-index", "--index-info", text="".join(lines))
        tree = self.git("write-tree")
        parent = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/rendered/bench")
        revision = self.git("commit-tree", tree, *(["-p", parent] if parent else []), "-m", "rendered")
        self.git("update-ref", "refs/heads/rendered/bench", revision)

    def _blob(self, text: str) -> str:
        return self.git("hash-object", "-w", "--stdin", text=text)

    def penstock(self) -> Run:
        command = [sys.executable, "-m", "penstock", "sync", "bench", "--kubeconfig", self.kubeconfig]
        return self._measured(
            [*command, "--context", "admin", "--timeout", "10m", "--name", f"bench-{self.folder.name}"]
        )

    def apply(self) -> Run:
        where = ("--kubeconfig", self.kubeconfig, "--context", "admin")
        return self._measured([str(self.kubectl), *where, "apply", "--server-side", "-f", "manifests"])

    def requests(self) -> int:
        where = ("--kubeconfig", self.kubeconfig, "--context", "admin")
        command = [str(self.kubectl), *where, "get", "--raw", "/metrics"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return round(sum(float(count) for count in _COUNTER.findall(text)))

    def _measured(self, command: list[str]) -> Run:
        before, start = self.requests(), time.perf_counter()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                output.seek(0)
                sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read().decode()[-3000:]}")
        busy = usage.ru_utime + usage.ru_stime
        return Run(seconds, self.requests() - before, usage.ru_maxrss / 1024, busy)


def objects(namespace: str, count: int, value: str) -> Iterator[dict[str, Any]]:
    """A namespace, and mixed objects in it."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    makers = (*[config_map] * 20, *[service] * 10, *[secret] * 6, *[account] * 6, *[role] * 7, deployment)
    for number in range(count - 1):
        made = makers[number % len(makers)](f"object-{number}", value)
        yield {**made, "metadata": {"name": f"object-{number}", "namespace": namespace, "labels": {"value": value}}}


def config_map(name: str, value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "data": {"name": name, "value": value}}


def secret(name: str, value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "stringData": {"name": name, "value": value}}


def service(name: str, value: str) -> dict[str, Any]:
    spec = {"selector": {"app": name, "value": value}, "ports": [{"name": "http", "port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "spec": spec}


def account(name: str, value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount"}


def role(name: str, value: str) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": [name, value]}]
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}


def deployment(name: str, value: str) -> dict[str, Any]:
    container = {"name": "app", "image": f"shop:{value}"}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}


def round_of(bench: Bench, count: int, number: int) -> dict[str, tuple[Run, Run]]:
    """One round: by step, Penstock's run and kubectl's. The one that begins takes turns."""
    found: dict[str, tuple[Run, Run]] = {}
    for step, value in zip(STEPS, ("one", "two", "two"), strict=True):
        runs: list[Run] = []
        pair: list[tuple[str, Callable[[], Run]]] = [("ours", bench.penstock), ("theirs", bench.apply)]
        for name, command in pair if number % 2 else reversed(pair):
            bench.commit(list(objects(f"{name}-{number}", count, value)))
            runs.append(command())
        found[step] = (runs[0], runs[1]) if number % 2 else (runs[1], runs[0])
    return found


def unchanged(bench: Bench, count: int, rounds: int) -> None:
    """Create objects, and print what a sync takes that changes none of them."""
    bench.commit(list(objects(f"unchanged-{count}", count, "one")))
    bench.penstock()
    # Controllers have their say on what is new; the syncs after this one have nothing to do.
    bench.penstock()
    runs = [bench.penstock() for _ in range(rounds)]
    seconds, busy, asked = (
        statistics.median(part) for part in zip(*((r.seconds, r.busy, r.requests) for r in runs), strict=True)
    )
    each = f"{1000 * seconds / count:.2f} {1000 * busy / count:.2f}"
    memory = max(run.memory for run in runs)
    print(f"{count:7,} unchanged: {seconds:.2f} s, {busy:.2f} s of a processor ({each} for 1,000), ", end="")
    print(f"{asked:.0f} requests, {memory:.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--unchanged", type=int, nargs="+", metavar="OBJECTS")
    arguments = parser.parse_args()
    # as it is installed: otherwise every command would compile the modules that it imports
    compileall.compile_dir(ROOT / "compiler" / "penstock", quiet=1)
    where = subprocess.run(
        ["bash", str(UP.with_name("build.sh")), "--where"], check=True, capture_output=True, text=True
    )
    kubectl = Path(where.stdout.strip(), "kubectl")
    process = subprocess.Popen([sys.executable, str(UP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        kubeconfig = process.stdout.readline().strip()
        if not kubeconfig:
            sys.exit("the cluster did not come up; `make cluster` builds it")
        with tempfile.TemporaryDirectory() as folder:
            rounds = []
            for count in arguments.unchanged or ():
                inside = Path(folder, f"unchanged-{count}")
                inside.mkdir()
                unchanged(Bench(kubeconfig, kubectl, inside), count, arguments.rounds)
            for number in range(1, arguments.rounds + 1) if not arguments.unchanged else ():
                inside = Path(folder, str(number))
                inside.mkdir()
                rounds.append(round_of(Bench(kubeconfig, kubectl, inside), arguments.objects, number))
        if rounds:
            show(rounds, arguments.objects)
    finally:
        process.stdin.close()
        process.wait()


def show(rounds: list[dict[str, tuple[Run, Run]]], count: int) -> None:
    print(f"{count:,} objects, medians of {len(rounds)} rounds")
    print(f"{'':10} {'penstock':>9} {'kubectl':>9} {'ratio':>6} {'requests':>9} {'of kubectl':>10} {'MiB':>5}")
    for step in STEPS:
        ours, theirs = ([found[step][side] for found in rounds] for side in (0, 1))
        mine, other = (statistics.median(run.seconds for run in runs) for runs in (ours, theirs))
        asked, beside = (statistics.median(run.requests for run in runs) for runs in (ours, theirs))
        memory = max(run.memory for run in ours)
        print(f"{step:10} {mine:9.2f} {other:9.2f} {mine / other:6.2f} {asked:9.0f} {beside:10.0f} {memory:5.0f}")


if __name__ == "__main__":
    main()
