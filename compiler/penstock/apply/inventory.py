"""What a cluster remembers of a sync: one ConfigMap, the parent of an ApplySet (KEP-3659), so that kubectl can read it.

Every object that we apply carries the label `applyset.kubernetes.io/part-of` with the id of the parent; these labels
are the truth. The annotations of the parent say which kinds and namespaces to look into. Before the first write of a
sync they are widened to hold the old and the new set, after a clean prune they are narrowed to the new one: so whenever
a sync is killed, the next finds all that there is. Names and formats are those of kubectl's code, not of the KEP's
text, which is older.

Pure: `World` reads, `run` writes.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Literal, NamedTuple

from penstock.model import ResourceId, Tree

ID = "applyset.kubernetes.io/id"
PART_OF = "applyset.kubernetes.io/part-of"
TOOLING = "applyset.kubernetes.io/tooling"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
TOOL = "penstock"

Phase = Literal["applying", "synced"]

GroupKind = tuple[str, str]


class Parent(NamedTuple):
    """Where the memory of one environment lies. `name` is also that of its Lease."""

    name: str
    namespace: str

    @property
    def id(self) -> str:
        """The value of the label on all members."""
        digest = hashlib.sha256(f"{self.name}.{self.namespace}.ConfigMap.".encode()).digest()
        return f"applyset-{urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


class Inventory(NamedTuple):
    """The memory itself. `revision` is the commit of the last complete sync, `attempt` that of the last one begun."""

    kinds: frozenset[GroupKind] = frozenset()
    namespaces: frozenset[str] = frozenset()
    revision: str = ""
    attempt: str = ""
    phase: Phase = "applying"


def parent_of(name: str, namespace: str) -> Parent:
    """The parent for an environment, or for the name that the user gave instead, made fit for Kubernetes."""
    fit = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:200]
    if fit != name:
        fit = f"{fit}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".strip("-")
    return Parent(f"penstock-{fit}", namespace)


def members(parent: Parent, ids: Iterable[ResourceId]) -> Inventory:
    """An inventory that holds just these objects."""
    listed = tuple(ids)
    kinds = frozenset((member.group, member.kind) for member in listed)
    return Inventory(kinds, frozenset(member.namespace for member in listed if member.namespace))


def widened(old: Inventory, new: Inventory) -> Inventory:
    """Old and new together: what is written before the first object is."""
    return new._replace(kinds=old.kinds | new.kinds, namespaces=old.namespaces | new.namespaces)


def body(parent: Parent, inventory: Inventory, version: str) -> Tree:
    """The ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": parent.name,
            "namespace": parent.namespace,
            "labels": {ID: parent.id},
            "annotations": {
                TOOLING: f"{TOOL}/v{version}",
                KINDS: ",".join(sorted(f"{kind}.{group}" if group else kind for group, kind in inventory.kinds)),
                NAMESPACES: ",".join(sorted(inventory.namespaces - {parent.namespace})),
            },
        },
        "data": {"revision": inventory.revision, "attempt": inventory.attempt, "phase": inventory.phase},
    }


def read(parent: Parent, live: Tree) -> Inventory | str:
    """What a live ConfigMap remembers; a text where it is not ours, and why."""
    metadata = live.get("metadata") or {}
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    tool = str(annotations.get(TOOLING, "")).rpartition("/")[0]
    if tool != TOOL:
        return f"belongs to the tool {tool!r}" if tool else f"exists and has no annotation {TOOLING}"
    if labels.get(ID) != parent.id:
        return f"has the label {ID}={labels.get(ID)!r}, where {parent.id!r} is right"
    data = live.get("data") or {}
    kinds = (entry.partition(".") for entry in str(annotations.get(KINDS, "")).split(",") if entry)
    return Inventory(
        kinds=frozenset((group, kind) for kind, _, group in kinds),
        namespaces=frozenset(n for n in str(annotations.get(NAMESPACES, "")).split(",") if n) | {parent.namespace},
        revision=str(data.get("revision", "")),
        attempt=str(data.get("attempt", "")),
        phase="synced" if data.get("phase") == "synced" else "applying",
    )


def with_label(body: Tree, parent: Parent) -> Tree:
    """The body as a member; the original stays as it is."""
    metadata = body.get("metadata") or {}
    return {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), PART_OF: parent.id}}}


def owner(body: Tree) -> str:
    """The id of the set that an object belongs to, or nothing."""
    return str(((body.get("metadata") or {}).get("labels") or {}).get(PART_OF) or "")
