"""Which cluster this clone has last synced an environment to: a file in its git directory for each.

A kubeconfig changes under its user's hands: a context that was staging yesterday may be production today. A first sync
to another cluster than last time is refused, where neither `penstock.yaml` nor the command line says that it is meant.
"""

import hashlib
import json
import os
import tempfile
from contextlib import suppress

from penstock.apply.inventory import Parent
from penstock.apply.kubeconfig import Access
from penstock.cli.streams import Streams
from penstock.git import Git
from penstock.words import printable

FOLDER = "penstock"
MAX_BYTES = 4096


class LastCluster:
    """The last cluster of one environment. `name` distinguishes the clusters of an environment that has several."""

    def __init__(self, streams: Streams, parent: Parent, name: str) -> None:
        key = hashlib.sha256(f"{parent.name}\0{parent.namespace}\0{name}".encode()).hexdigest()[:16]
        common = Git(streams.cwd, streams.environ).run("rev-parse", "--git-common-dir").decode().strip()
        self._folder = os.path.join(streams.cwd, common, FOLDER)
        self._path = os.path.join(self._folder, f"cluster-{key}")

    def elsewhere(self, access: Access) -> str:
        """Return the address of the last cluster if this one is another cluster, by address and by authority; else
        empty.
        """
        try:
            with open(self._path, "rb") as file:
                known = json.loads(file.read(MAX_BYTES))
            server, authority = str(known["server"]), str(known["authority"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        is_same = server == access.server or (authority and authority == _authority(access))
        return "" if is_same else printable(server)

    def remember(self, access: Access) -> None:
        """Record this cluster. If the file cannot be written, nothing is remembered."""
        text = json.dumps({"server": access.server, "authority": _authority(access)})
        with suppress(OSError):
            os.makedirs(self._folder, exist_ok=True)
            descriptor, path = tempfile.mkstemp(dir=self._folder)
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(text)
            os.replace(path, self._path)


def _authority(access: Access) -> str:
    return hashlib.sha256(access.authority.encode()).hexdigest() if access.authority else ""
