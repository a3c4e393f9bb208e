#!/usr/bin/env python3
"""`penstock lock` of whole repositories over real http, and the locked charts beside the real helm.

    bench/locked.py --charts FOLDER [--show N] [--helm PATH] REPOSITORY ...

A REPOSITORY is a directory with a git repository, as somebody has cloned it, with its penstock.yaml if there is any.
Most charts that public repositories install lie on servers. For this bench, a server on this machine stands for all of
them: a Helm repository and a registry with the charts of all git repositories below FOLDER, which `helm package` packs
with their dependencies. A chart has the version there that the definition asks for, since a clone has but one version.

Each repository is copied, the addresses of the charts that the server has are replaced by its own, `penstock lock`
fetches them, a second `lock --check` must find nothing to do, and `installed.py` compares what is rendered from the
locked charts with `helm template`. The exit status is 1 if anything differs, or nothing could be locked.
"""

import argparse
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import installed
import yaml
from charts import HELM

from penstock.cli.remotes import open_with
from penstock.cli.streams import Streams
from penstock.files import Disk
from penstock.pipeline import build_target, open_project
from penstock.remote.registry import CHART, SCHEME
from penstock.remote.remotes import Policy
from penstock.sources import ChartAddress
from penstock.targets.repository import targets

PENSTOCK = [sys.executable, "-m", "penstock"]

ROUNDS = 4
"""A locked chart may name further ones, for instance the Applications in it."""


class Source(NamedTuple):
    """A chart in a git repository: the git directory, and the chart's path in its newest commit."""

    git: str
    path: str


class Shelf:
    """The charts of many git repositories, packed on demand into a folder."""

    def __init__(self, top: str, work: str, helm: str) -> None:
        self._work = work
        self._helm = helm
        self._sources: dict[str, list[Source]] = {}
        self._busy: set[str] = set()
        for git in _repositories(top):
            for path in _lines("git", f"--git-dir={git}", "ls-tree", "-r", "--name-only", "HEAD"):
                if os.path.basename(path) == "Chart.yaml" and path.count("/charts/") <= 1:
                    folder = os.path.dirname(path)
                    name = os.path.basename(folder)
                    self._sources.setdefault(name, []).append(Source(git, folder))

    def packed(self, name: str, version: str, address: str = "") -> tuple[str, bytes] | None:
        """Return the version and the archive of a chart, or None where no repository has all that it consists of."""
        folder = self._unpacked(name, address)
        if folder is None:
            return None
        own = _field((folder / "Chart.yaml").read_text(), "version")
        version = _exact(version, own)
        with tempfile.TemporaryDirectory(dir=self._work) as to:
            command = [self._helm, "package", str(folder), "--destination", to, "--version", version]
            if subprocess.run(command, capture_output=True).returncode:
                return None
            return version, next(Path(to).iterdir()).read_bytes()

    def _unpacked(self, name: str, address: str) -> Path | None:
        folder = Path(self._work, "charts", name)
        if folder.is_dir():
            return folder
        if name in self._busy:
            return None
        self._busy.add(name)
        words = re.findall(r"\w+", address)
        for source in sorted(self._sources.get(name, ()), key=lambda each: -_shared(words, each.git)):
            shutil.rmtree(folder, ignore_errors=True)
            if self._copy(source, name, folder):
                return folder
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def _copy(self, source: Source, name: str, folder: Path) -> bool:
        """Copy a chart with its dependencies, and say whether all of them could be had."""
        done = subprocess.run(
            ["git", f"--git-dir={source.git}", "archive", f"HEAD:{source.path}"], capture_output=True, check=False
        )
        if done.returncode:
            return False
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, [each for each in archive if each.isfile()], filter="data")
        if _field((folder / "Chart.yaml").read_text(), "name") != name:
            return False
        return all(self._add(folder, *each) for each in _dependencies(folder))

    def _add(self, folder: Path, name: str, version: str, address: str) -> bool:
        charts = folder / "charts"
        if charts.is_dir() and any(each.name.startswith(name) for each in charts.iterdir()):
            return True
        got = self.packed(name, version, address)
        if got is not None:
            charts.mkdir(exist_ok=True)
            (charts / f"{name}-{got[0]}.tgz").write_bytes(got[1])
        return got is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+")
    parser.add_argument("--charts", required=True, metavar="FOLDER", help="git repositories that have charts")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many differences")
    parser.add_argument("--helm", default=os.environ.get("HELM", HELM))
    arguments = parser.parse_args()
    helm = os.path.expanduser(arguments.helm)
    has_failed = False
    with tempfile.TemporaryDirectory() as work:
        shelf = Shelf(arguments.charts, work, helm)
        for number, repository in enumerate(arguments.repositories):
            os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache", str(number))
            copy = os.path.join(work, str(number), os.path.basename(os.path.abspath(repository)))
            shutil.copytree(repository, copy, symlinks=True)
            with _served() as server:
                is_good = _locked(copy, server, shelf)
            sys.argv = ["installed.py", "--show", str(arguments.show), "--helm", helm, copy]
            has_failed |= bool(installed.main()) or not is_good
    return 1 if has_failed else 0


def _locked(top: str, server: "Server", shelf: Shelf) -> bool:
    """Put the charts of a repository on the server, lock them, and say whether that holds."""
    absent: set[str] = set()
    served: set[str] = set()
    for _ in range(ROUNDS):
        missing = [each for each in _missing(top) if each.is_chart and str(each) not in absent | served]
        for address in missing:
            got = shelf.packed(address.name.rpartition("/")[2], address.version, address.repository)
            (served if got else absent).add(str(address))
            if got:
                server.add(address, *got)
        _replace(top, server)
        done = subprocess.run([*PENSTOCK, "lock", "--allow-host", "127.0.0.1"], cwd=top, capture_output=True, text=True)
        if not missing:
            break
    again = subprocess.run([*PENSTOCK, "lock", "--check"], cwd=top, capture_output=True, text=True).stdout
    pins = _pins(os.path.join(top, "penstock.lock"))
    holds = ", changed" not in again
    print(f"{os.path.basename(top)}: names {len(served) + len(absent)} charts, {len(served)} were served")
    print(f"  {len(pins)} are locked, after {server.requests} requests; lock --check {'agrees' if holds else again}")
    for line in done.stderr.splitlines():
        if server.host in line and "PS135" in line:
            print(f"  {line}")
    return holds and len(pins) >= len(served) > 0


def _pins(path: str) -> list[dict[str, str]]:
    """Return the charts that a lock file pins; there is none where nothing could be locked."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        pins: list[dict[str, str]] = json.load(file).get("charts", [])
    return pins


def _missing(top: str) -> list[ChartAddress]:
    """Return the charts that a repository names and the cache lacks, before anything is fetched."""
    streams = Streams(sys.stdout, sys.stderr, os.environ, top)
    remotes = open_with(streams, Policy(offline=True), Disk(top))
    project = open_project(remotes, lambda _: remotes)
    for target in targets(project, ["."])[0]:
        build_target(project, target)
    return list(remotes.missing)


def _replace(top: str, server: "Server") -> None:
    """Write the addresses of the server in place of those that it stands for."""
    for path in _lines("git", "-C", top, "ls-files", "-z", split="\0"):
        full = os.path.join(top, path)
        if os.path.islink(full) or not path.endswith((".yaml", ".yml", ".json", ".tpl")):
            continue
        with open(full, encoding="utf-8", errors="surrogateescape") as file:
            old = file.read()
        new = old
        for address, ours in server.places.items():
            new = re.sub(rf"(?<![\w/.]){re.escape(address)}(?=/?[\"'\s]|$)", ours, new)
        if new != old:
            with open(full, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(new)


# --- the server


class Server:
    """A Helm repository for each http address, and a registry for all others."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.places: dict[str, str] = {}
        """Addresses, with those that stand for them."""
        self.pages: dict[str, bytes] = {}
        self.requests = 0
        self._entries: dict[str, list[str]] = {}

    def add(self, address: ChartAddress, version: str, archive: bytes) -> None:
        name = re.sub(r"[^a-z0-9/]", "-", address.repository.rstrip("/").split("://")[1].lower())
        if address.repository.startswith(SCHEME):
            self._add_to_registry(f"{name}/{address.name}", version, archive)
            self.places[address.repository.rstrip("/")] = f"{SCHEME}{self.host}/{name}"
            self.places[address.repository.rstrip("/").removeprefix(SCHEME)] = f"{self.host}/{name}"
            return
        file = f"{address.name}-{version}.tgz"
        self.pages[f"/{name}/{file}"] = archive
        entry = {"name": address.name, "version": version, "urls": [file], "digest": _sha256(archive)}
        self._entries.setdefault(name, []).append(json.dumps({**entry, "apiVersion": "v2"}))
        index = "".join(f"  {json.loads(each)['name']}:\n  - {each}\n" for each in _by_name(self._entries[name]))
        self.pages[f"/{name}/index.yaml"] = f"apiVersion: v1\nentries:\n{index}".encode()
        self.places[address.repository.rstrip("/")] = f"http://{self.host}/{name}"

    def _add_to_registry(self, name: str, version: str, archive: bytes) -> None:
        digest = f"sha256:{_sha256(archive)}"
        layer = {"mediaType": CHART[0], "digest": digest, "size": len(archive)}
        manifest = json.dumps({"schemaVersion": 2, "layers": [layer]}).encode()
        tag = version.replace("+", "_")
        self.pages[f"/v2/{name}/blobs/{digest}"] = archive
        self.pages[f"/v2/{name}/manifests/{tag}"] = manifest
        self.pages[f"/v2/{name}/manifests/sha256:{_sha256(manifest)}"] = manifest
        tags = f"/v2/{name}/tags/list?n=1000"
        known = json.loads(self.pages.get(tags, b'{"tags": []}'))["tags"]
        self.pages[tags] = json.dumps({"name": name, "tags": [*known, tag]}).encode()


def _by_name(entries: list[str]) -> list[str]:
    """Return one entry for each name and version; two definitions may ask for the same."""
    return sorted(set(entries))


@contextmanager
def _served() -> Iterator[Server]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests += 1
            page = server.pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"127.0.0.1:{listening.server_address[1]}")
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


# --- texts


def _repositories(top: str) -> Iterator[str]:
    """Yield the git directories below a folder."""
    for folder, names, _ in os.walk(top):
        if "objects" in names and "refs" in names:
            yield folder
            names.clear()


def _lines(*command: str, split: str = "\n") -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", check=False)
    return [line for line in done.stdout.split(split) if line]


def _field(text: str, name: str) -> str:
    found = re.search(rf"(?m)^{name}: *[\"']?([^\s\"'#]+)", text)
    return found[1] if found else ""


def _dependencies(folder: Path) -> list[tuple[str, str, str]]:
    """Return the names, versions and addresses of a chart's dependencies."""
    files = [folder / "Chart.yaml", folder / "requirements.yaml"]
    read = [yaml.safe_load(each.read_text()) or {} for each in files if each.exists()]
    listed = [dependency for each in read for dependency in each.get("dependencies") or ()]
    return [(str(each["name"]), str(each.get("version", "")), str(each.get("repository", ""))) for each in listed]


def _exact(wanted: str, own: str) -> str:
    """Return a version that fits what is wanted, as the chart has it if that fits."""
    is_range = bool(re.search(r"[<>|~^x* ]", wanted))
    if wanted in ("", "*") or (is_range and own.split(".")[0] == _first(wanted)):
        return own
    version = re.sub(r"^[~^>=v\s]+", "", re.split(r"[ ,]", wanted.strip())[0])
    numbers = re.sub(r"\.[x*]", "", version)
    padded = numbers if "-" in numbers else ".".join([*numbers.split("."), "0", "0"][:3])
    return f"v{padded}" if wanted.startswith("v") else padded


def _shared(words: list[str], path: str) -> int:
    """Count the words of an address in a path; several repositories may have a chart of one name."""
    return sum(word in path for word in words)


def _first(wanted: str) -> str:
    return re.sub(r"^[~^>=v\s]+", "", wanted).split(".")[0]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
