"""Syncs a real cluster again and again while something goes wrong, and counts what was lost, or touched without right.

    .venv/bin/python bench/soak.py [--syncs 100] [--seed 1]

`make cluster` builds the programs that it needs. Each round puts another set of objects on the branch, and syncs while
one fault happens at a random moment: Penstock is killed, the API server or etcd is killed and started again, a webhook
that is down holds up every ConfigMap, the way to the server is cut, the token is none any more. Then a sync without a
fault has to end with 0, the cluster has to hold just what the branch says, and the objects of others, two of which
carry our label, have to be as they were. 100 rounds take about ten minutes.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "compiler")]

from scripts.cluster import up  # noqa: E402
from tests.cluster.conftest import Wire  # noqa: E402

from penstock.apply.client import Client  # noqa: E402
from penstock.apply.inventory import PART_OF, parent_of  # noqa: E402
from penstock.apply.kubeconfig import choose  # noqa: E402
from penstock.emit.branch import Marker, write_marker  # noqa: E402
from penstock.model import MARKER  # noqa: E402

NAMESPACE = "soak"
OBJECTS = 40
HOOK = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class Soak:
    """The cluster, the repository, and what should be there."""

    def __init__(self, cluster: up.Cluster, folder: Path, data: Path, chance: random.Random) -> None:
        self.cluster, self.folder, self.data, self.chance = cluster, folder, data, chance
        self.kubeconfig = data / "kubeconfig"
        self.admin = Client(choose({}, "/", str(self.kubeconfig), "admin"), {}, "soak", patience=60)
        self.wire = Wire(self.kubeconfig, folder)
        self.wanted: dict[str, str] = {}
        self.git("init", "--quiet", "--initial-branch=main")
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        self.admin.call("POST", "/api/v1/namespaces", {}, body)
        label = {PART_OF: parent_of("soak", "penstock-system").id}
        for number in range(4):
            labels = label if number < 2 else {}
            made = config_map(f"stranger-{number}", "theirs")
            made["metadata"]["labels"] = labels
            self.admin.call("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", {}, made)
        self.strangers = {name: item for name, item in self.live().items() if name.startswith("stranger-")}

    def git(self, *arguments: str, text: str | None = None) -> str:
        identity = ("-c", "user.name=soak", "-c", "user.email=soak@example.org")
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.folder, input=text, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self) -> None:
        """Another set of objects: some go, some come, some change."""
        names = [f"object-{number}" for number in range(OBJECTS)]
        kept = {name: value for name, value in self.wanted.items() if self.chance.random() < 0.8}
        changed = {name: str(self.chance.randrange(1000)) for name in names if self.chance.random() < 0.3}
        self.wanted = {**kept, **changed, "object-0": str(self.chance.randrange(10**6))}
        lines = []
        for name, value in sorted(self.wanted.items()):
            blob = self.git("hash-object", "-w", "--stdin", text=json.dumps(config_map(name, value)))
            lines.append(f"100644 blob {blob}\tapp/{name}.yaml\n")
        marker = write_marker(Marker("soak", frozenset({"app"}))).decode()
        lines.append(f"100644 blob {self.git('hash-object', '-w', '--stdin', text=marker)}\t{MARKER}\n")
        self.git("read-tree", "--empty")
        self.git("update-index", "--index-info", text="".join(lines))
        parent = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/rendered/soak")
        parents = ["-p", parent] if parent else []
        revision = self.git("commit-tree", self.git("write-tree"), *parents, "-m", "rendered")
        self.git("update-ref", "refs/heads/rendered/soak", revision)

    def start(self, kubeconfig: Path | None = None, *options: str) -> "subprocess.Popen[str]":
        command = (sys.executable, "-m", "penstock", "sync", "soak", "--context", "admin", "--timeout", "90s")
        where = ("--kubeconfig", str(kubeconfig or self.kubeconfig), "--lock-timeout", "60s")
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "compiler")}
        return subprocess.Popen(
            [*command, *where, *options],
            cwd=self.folder,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def moment(self) -> None:
        time.sleep(self.chance.uniform(0.1, 1.5))

    def live(self) -> dict[str, Any]:
        """The ConfigMaps of the namespace by name, but the one that Kubernetes makes."""
        found = {}
        for item in self.admin.objects(f"/api/v1/namespaces/{NAMESPACE}/configmaps"):
            if not isinstance(item, dict):
                sys.exit(f"the objects cannot be listed: {item}")
            found[item["metadata"]["name"]] = item
        found.pop("kube-root-ca.crt", None)
        return found

    def differs(self) -> str:
        """What is not as it should be; nothing where all is. A stranger has to be as it was to the last byte."""
        live = self.live()
        touched = {name for name, made in self.strangers.items() if live.pop(name, None) != made}
        values = {name: item.get("data", {}).get("value") for name, item in live.items()}
        wrong = {name for name in {*values, *self.wanted} if values.get(name) != self.wanted.get(name)}
        return ", ".join(sorted(touched | wrong))


def config_map(name: str, value: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": value}}


def killed(soak: Soak) -> None:
    process = soak.start()
    soak.moment()
    process.send_signal(signal.SIGKILL)
    process.communicate()


def interrupted(soak: Soak) -> None:
    process = soak.start()
    soak.moment()
    process.send_signal(signal.SIGTERM)
    process.communicate()


def server_restarts(soak: Soak) -> None:
    process = soak.start()
    soak.moment()
    soak.cluster.restart("kube-apiserver")
    process.communicate()


def storage_restarts(soak: Soak) -> None:
    process = soak.start()
    soak.moment()
    soak.cluster.restart("etcd")
    process.communicate()


def webhook_is_down(soak: Soak) -> None:
    with dead_webhook(soak.admin):
        soak.start(None, "--timeout", "5s").communicate()


def way_is_cut(soak: Soak) -> None:
    process = soak.start(soak.wire.kubeconfig)
    soak.moment()
    soak.wire.cut(soak.chance.uniform(0.2, 3))
    process.communicate()


def token_has_expired(soak: Soak) -> None:
    content = json.loads(soak.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["certificate-authority"] = str(soak.data / "ca.crt")
    content["users"] = [{"name": "admin", "user": {"token": "no-more"}}]
    path = soak.folder / "expired.kubeconfig"
    path.write_text(json.dumps(content))
    soak.start(path).communicate()


FAULTS: tuple[Callable[[Soak], None], ...] = (
    killed,
    interrupted,
    server_restarts,
    storage_restarts,
    webhook_is_down,
    way_is_cut,
    token_has_expired,
)


@contextmanager
def dead_webhook(admin: Client) -> Iterator[None]:
    """A webhook about ConfigMaps at an address where nobody answers."""
    hook = {
        "name": "dead.example.org",
        "clientConfig": {"url": "https://127.0.0.1:9/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
    }
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    admin.call("POST", HOOK, {}, {**api, "metadata": {"name": "dead"}, "webhooks": [hook]})
    try:
        yield
    finally:
        admin.call("DELETE", f"{HOOK}/dead")
        time.sleep(1)  # until the API server has forgotten it


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--syncs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    binaries = up.find_binaries()
    if binaries is None:
        sys.exit("the cluster's programs are not built; run `make cluster`")
    chance = random.Random(arguments.seed)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        data, place = Path(folder, "cluster"), Path(folder, "repository")
        data.mkdir()
        place.mkdir()
        cluster = up.Cluster(binaries, data)
        try:
            cluster.start()
            soak = Soak(cluster, place, data, chance)
            soak.commit()
            soak.start().communicate()
            for number in range(arguments.syncs):
                fault = chance.choice(FAULTS)
                counts[fault.__name__] += 1
                soak.commit()
                fault(soak)
                last = soak.start(None, "--allow-prune", str(OBJECTS))
                said = last.communicate()[0]
                differs = soak.differs()
                if last.returncode or differs:
                    wrong.append(f"round {number}, {fault.__name__}: {differs or 'nothing differs'}\n{said[-1000:]}")
                    print(wrong[-1], flush=True)
                done += 1
        except KeyboardInterrupt:
            pass  # what was seen until now counts
        finally:
            cluster.kill()
    for name, count in counts.most_common():
        print(f"{count:5}  {name.replace('_', ' ')}")
    print(f"{done - len(wrong)} of {done} syncs after a fault were complete, seed {arguments.seed}")
    return 1 if wrong or done < arguments.syncs else 0


if __name__ == "__main__":
    sys.exit(main())
