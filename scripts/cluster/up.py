#!/usr/bin/env python3
"""Starts a whole Kubernetes cluster on loopback, for tests and for the demo.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones; kwok plays the kubelet of one node.
The cluster is up after about 4 seconds. The program then prints the path of a kubeconfig and waits; when its standard
input ends or a signal comes, all processes are killed and the data is removed. So a parent that holds the other end of
the pipe cannot leave a cluster behind, however it dies.

The contexts of the kubeconfig: `admin` (client certificate), `token` (the same rights by bearer token), `nobody` and
`viewer` (two users without any rights, until a test grants some).

The programs are searched for in --binaries, $KUBEBUILDER_ASSETS, and the folder of build.sh. Exit status 3: not found.
"""

import argparse
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
PATIENCE = 60.0
"""Seconds that the cluster may take to come up."""

REMINDER = 10.0
"""Seconds after which kwok is reminded of pods."""

PENDING = "/api/v1/pods?fieldSelector=spec.nodeName=fake,status.phase=Pending"

NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "fake",
        "annotations": {"kwok.x-k8s.io/node": "fake"},
        "labels": {"kubernetes.io/hostname": "fake", "kubernetes.io/os": "linux"},
    },
    "status": {
        "allocatable": {"cpu": "512", "memory": "1Ti", "pods": "10000"},
        "capacity": {"cpu": "512", "memory": "1Ti", "pods": "10000"},
    },
}


def main() -> int:
    options = _options()
    binaries = find_binaries(options.binaries)
    if binaries is None:
        print("up.py: the cluster's programs are not built; run `make cluster`", file=sys.stderr)
        return 3
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    data = Path(tempfile.mkdtemp(prefix="penstock-cluster-"))
    cluster = Cluster(binaries, data)
    try:
        cluster.start()
        print(data / "kubeconfig", flush=True)
        sys.stdin.read()
    finally:
        cluster.kill()
        if options.keep:
            print(f"up.py: the logs are in {data}", file=sys.stderr)
        else:
            shutil.rmtree(data, ignore_errors=True)
    return 0


def find_binaries(asked: str | None = None) -> Path | None:
    """The first folder that holds all programs, or None."""
    build = Path(__file__).with_name("build.sh")
    built = subprocess.run(["bash", str(build), "--where"], capture_output=True, text=True, check=False).stdout.strip()
    for folder in (asked, os.environ.get("KUBEBUILDER_ASSETS"), built):
        if folder and all(os.access(Path(folder, name), os.X_OK) for name in PROGRAMS):
            return Path(folder).resolve()
    return None


class Cluster:
    """The processes and the data of one cluster."""

    def __init__(self, binaries: Path, data: Path) -> None:
        self._binaries = binaries
        self._data = data
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._etcd, self._peer, self._api, self._controllers, self._scheduler = _free_ports(5)
        self._tls = ssl.create_default_context()
        self._is_over = threading.Event()

    @property
    def storage(self) -> str:
        """The address of etcd."""
        return f"http://127.0.0.1:{self._etcd}"

    def start(self) -> None:
        """Bring everything up; returns when the node is Ready, and the controllers are at work."""
        _make_certificates(self._data)
        _write_kubeconfig(self._data, f"https://127.0.0.1:{self._api}")
        self._tls.load_verify_locations(self._data / "ca.crt")
        self._start_etcd()
        self._start_apiserver()
        self._wait("/readyz", lambda body: True)
        self._start_controllers()
        self._call("/api/v1/nodes", NODE)
        self._wait("/api/v1/nodes/fake", _is_ready)
        # The controllers end where they meet no API server while they start, and tests kill it.
        self._wait("/api/v1/namespaces/default/serviceaccounts/default", lambda body: True)
        threading.Thread(target=self._remind_again_and_again, name="remind", daemon=True).start()

    def kill(self) -> None:
        """KILL, not TERM: asked politely, the API server takes up to a minute once its etcd is gone."""
        self._is_over.set()
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def remind(self) -> None:
        """Touch the pods that are still pending on the node.

        kwok plays a pod once, when it hears of it. Where that fails (a lost connection, a conflict), it does not try
        again, and what waits for the pod would wait for ever.
        """
        touched = {"metadata": {"annotations": {"kwok.x-k8s.io/reminded": f"{time.monotonic()}"}}}
        for pod in json.loads(self._call(PENDING))["items"]:
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            self._call(path, touched, "PATCH")

    def _remind_again_and_again(self) -> None:
        while not self._is_over.wait(REMINDER):
            with suppress(OSError, http.client.HTTPException, ValueError):  # the server is down, or the pod has gone
                self.remind()

    def signal(self, name: str, number: int) -> None:
        """Send a signal to one of the processes, such as STOP and CONT."""
        self._processes[name].send_signal(number)

    def restart(self, name: str) -> None:
        """Kill `etcd` or `kube-apiserver`, and start it again; returns when the API server answers."""
        self._processes[name].kill()
        self._processes[name].wait()
        (self._start_etcd if name == "etcd" else self._start_apiserver)()
        self._wait("/readyz", lambda body: True)

    def _start_etcd(self) -> None:
        client, peer = self.storage, f"http://127.0.0.1:{self._peer}"
        self._run(
            "etcd",
            f"--data-dir={self._data / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )

    def _start_apiserver(self) -> None:
        self._run(
            "kube-apiserver",
            f"--etcd-servers={self.storage}",
            f"--secure-port={self._api}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # a loopback address cannot stand in the endpoints of a Service
            f"--tls-cert-file={self._data / 'server.crt'}",
            f"--tls-private-key-file={self._data / 'server.key'}",
            f"--client-ca-file={self._data / 'ca.crt'}",
            f"--token-auth-file={self._data / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._data / 'accounts.pub'}",
            f"--service-account-signing-key-file={self._data / 'accounts.key'}",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",  # pods need not wait for the account of their namespace
            "--allow-privileged=true",
        )

    def _start_controllers(self) -> None:
        kubeconfig = f"--kubeconfig={self._data / 'kubeconfig'}"
        self._run(
            "kube-controller-manager",
            kubeconfig,
            f"--secure-port={self._controllers}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--service-account-private-key-file={self._data / 'accounts.key'}",
            f"--root-ca-file={self._data / 'ca.crt'}",
            f"--cert-dir={self._data}",
        )
        self._run(
            "kube-scheduler",
            kubeconfig,
            f"--secure-port={self._scheduler}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
        )
        stages = self._binaries / "kwok-stages.yaml"
        self._run("kwok", kubeconfig, f"--config={stages}", "--manage-all-nodes=true", "--cidr=10.1.0.0/16")

    def _run(self, name: str, *arguments: str) -> None:
        with open(self._data / f"{name}.log", "wb") as log:
            self._processes[name] = subprocess.Popen(
                [self._binaries / name, *arguments],
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                start_new_session=True,  # Ctrl-C is for us; we kill
            )

    def _wait(self, path: str, good: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise SystemExit(f"up.py: {name} ended with status {process.returncode}: {self._last_words(name)}")
            try:
                if good(self._call(path)):
                    return
            except OSError:  # no connection yet, or an error status
                pass
            time.sleep(0.05)
        raise SystemExit(f"up.py: no answer from {path} after {PATIENCE:.0f} s")

    def _call(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> bytes:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self._api}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": "Bearer admintoken",
                "Content-Type": "application/merge-patch+json" if method == "PATCH" else "application/json",
            },
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )
        with opener.open(request, timeout=10) as response:
            answer: bytes = response.read()
        return answer

    def _last_words(self, name: str) -> str:
        lines = (self._data / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-5:])


def _is_ready(node: bytes) -> bool:
    conditions = json.loads(node)["status"].get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _make_certificates(data: Path) -> None:
    """An authority, the server's certificate, the admin's, and the key that signs service account tokens."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")  # quicker to make than RSA
    _openssl(data, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test-ca", "-days", "30")
    names = "subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.0.0.1"
    for name, subject, extension in (
        ("server", "/CN=kube-apiserver", names),
        ("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth"),
    ):
        (data / f"{name}.ext").write_text(extension + "\n")
        _openssl(data, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
        _openssl(
            data, "x509", "-req", "-in", f"{name}.csr", *authority, "-out", f"{name}.crt", "-extfile", f"{name}.ext"
        )
    _openssl(data, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "accounts.key")
    _openssl(data, "ec", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")
    (data / "tokens.csv").write_text(
        "admintoken,admin,1,system:masters\nnobodytoken,nobody,2,\nviewertoken,viewer,3,\n"
    )


def _openssl(data: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=data, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def _write_kubeconfig(data: Path, server: str) -> None:
    """JSON is YAML too. The admin's files are named by relative paths, as users may do."""
    users = {
        "admin": {"client-certificate": "admin.crt", "client-key": "admin.key"},
        "token": {"token": "admintoken"},
        "nobody": {"token": "nobodytoken"},
        "viewer": {"token": "viewertoken"},
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": "ca.crt"}}],
        "users": [{"name": name, "user": user} for name, user in users.items()],
        "contexts": [{"name": name, "context": {"cluster": "test", "user": name}} for name in users],
        "current-context": "admin",
    }
    (data / "kubeconfig").write_text(json.dumps(config, indent=1))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _die_with_parent() -> None:
    """Linux: the kernel kills this process when its parent dies, should the parent get no chance to."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", metavar="DIRECTORY", help="where the programs are")
    parser.add_argument("--keep", action="store_true", help="keep the data and the logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
