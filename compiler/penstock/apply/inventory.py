"""What a cluster remembers of a sync: one ConfigMap, the parent of an ApplySet (KEP-3659), so that kubectl can read it.

Every object that Penstock applies carries the label `applyset.kubernetes.io/part-of` with the id of the parent, and is
found by this label. The ConfigMap itself records by uid which of the found objects are Penstock's own (see
`ownership`). The annotations of the parent say which kinds and namespaces to search. Before the first write of a sync
the record is widened to hold the old and the new set, and after a clean prune it is narrowed to the new one: so
whenever a sync is killed, the next one finds every object. Names and formats are those of kubectl's code, not of the
KEP's text, which is older.

Pure: `World` reads, `run` writes.
"""

import hashlib
import re
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from penstock.model import ResourceId, Tree
from penstock.records import NamedTuple

ID = "applyset.kubernetes.io/id"
PART_OF = "applyset.kubernetes.io/part-of"
SET = "applyset-"
"""How the id of an ApplySet begins."""

TOOLING = "applyset.kubernetes.io/tooling"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
TOOL = "penstock"

OF_PENSTOCK = "penstock-"
"""The beginning of the names of inventories and leases."""

ODD = re.compile(r"[/\s]")
"""Characters that no name in a cluster contains: an object with one is refused, so it is never a member."""

MEMBERS, DONE = "members", "done"
MAX_TEXT = 400_000
"""The number of characters beyond which the list of members is compressed."""

MAX_HISTORY = 20
"""The number of syncs that an inventory remembers."""

MAX_UNPACKED = 64 * 1024 * 1024

Phase = Literal["applying", "synced"]

GroupKind = tuple[str, str]


class Parent(NamedTuple):
    """The place of the inventory of one environment. `name` is also the name of its Lease."""

    name: str
    namespace: str

    @property
    def id(self) -> str:
        """The value of the label on all members."""
        return _set_id(self.name, self.namespace)


@lru_cache
def _set_id(name: str, namespace: str) -> str:
    digest = hashlib.sha256(f"{name}.{namespace}.ConfigMap.".encode()).digest()
    return f"{SET}{urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


class Inventory(NamedTuple):
    """The record of one environment.

    `revision` is the commit of the last complete sync, `attempt` the commit of the last sync begun.
    """

    members: Mapping[ResourceId, str] = {}
    """The objects that Penstock owns, each with its uid; "" where the object was about to be created."""
    namespace: str = ""
    """The namespace of objects for which the branch gives none; "" where there were no such objects."""
    revision: str = ""
    attempt: str = ""
    phase: Phase = "applying"
    done: Mapping[ResourceId, str] = {}
    """Hooks and Jobs that have run and may be gone, each with a digest of its content."""
    pin: str = ""
    """The commit from which a rollback went back; "" where there was none."""
    history: tuple[str, ...] = ()
    """A line for each of the last syncs that did something, the newest last: see `Record`."""

    @property
    def kinds(self) -> frozenset[GroupKind]:
        return frozenset((member.group, member.kind) for member in self.members)

    @property
    def namespaces(self) -> frozenset[str]:
        return frozenset(member.namespace for member in self.members if member.namespace)


def parent_of(name: str, namespace: str) -> Parent:
    """Return the parent for an environment, or for the name that the user gave instead, made valid for Kubernetes."""
    fit = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:200]
    if fit != name:
        fit = f"{fit}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".strip("-")
    return Parent(f"{OF_PENSTOCK}{fit}", namespace)


class Record(NamedTuple):
    """One sync: when it began, the commit, its outcome, its duration in seconds, who ran it, and what it did."""

    time: str
    revision: str
    outcome: str
    seconds: str
    who: str
    did: str


def recorded(history: Sequence[str], record: Record) -> tuple[str, ...]:
    """Return the history with one more line; the oldest lines beyond MAX_HISTORY are dropped."""
    line = " ".join(re.sub(r"\s+", "_", field) for field in record[:-1]) + f" {record.did}"
    return (*history, line)[-MAX_HISTORY:]


def records(history: Sequence[str]) -> list[Record]:
    """Return the syncs that the lines of a history describe; other lines are skipped."""
    found = (line.split(" ", 5) for line in history)
    return [Record(*fields) for fields in found if len(fields) == 6]


def widened(old: Mapping[ResourceId, str], wanted: Iterable[ResourceId]) -> dict[ResourceId, str]:
    """Return the members as recorded before the first object is written: the existing ones and those to come."""
    return {**dict.fromkeys(wanted, ""), **old}


def body(parent: Parent, inventory: Inventory, version: str) -> Tree:
    """Return the ConfigMap. A long list of members is compressed, because a ConfigMap holds 1 MiB."""
    listed = _listed(inventory.members)
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
        "data": {
            "revision": inventory.revision,
            "attempt": inventory.attempt,
            "phase": inventory.phase,
            **({DONE: _listed(inventory.done)} if inventory.done else {}),
            **({"pin": inventory.pin} if inventory.pin else {}),
            **({"history": "".join(f"{line}\n" for line in inventory.history)} if inventory.history else {}),
            **({"namespace": inventory.namespace} if inventory.namespace else {}),
            **({} if len(listed) > MAX_TEXT else {MEMBERS: listed}),
        },
        **({"binaryData": {MEMBERS: _packed(listed)}} if len(listed) > MAX_TEXT else {}),
    }


def read(parent: Parent, live: Tree) -> Inventory | str:
    """Return the inventory in a live ConfigMap, or a text that says why it is not Penstock's or not readable."""
    metadata = _mapping(live.get("metadata"))
    annotations, labels = _mapping(metadata.get("annotations")), _mapping(metadata.get("labels"))
    # The name may be taken by any ConfigMap, so each sign that it is ours is asked for.
    tool = str(annotations.get(TOOLING, "")).rpartition("/")[0]
    if tool != TOOL:
        return f"belongs to the tool {tool!r}" if tool else f"exists and has no annotation {TOOLING}"
    if labels.get(ID) != parent.id:
        return f"has the label {ID}={labels.get(ID)!r}, where {parent.id!r} is right"
    data = _mapping(live.get("data"))
    listed = data.get(MEMBERS)
    members = _read_members(_unpacked(live) if listed is None else str(listed))
    if members is None:
        return f"has a broken list of {MEMBERS}"
    return Inventory(
        members=members,
        namespace=str(data.get("namespace", "")),
        revision=str(data.get("revision", "")),
        attempt=str(data.get("attempt", "")),
        phase="synced" if data.get("phase") == "synced" else "applying",
        done=_read_members(str(data.get(DONE, ""))) or {},
        pin=str(data.get("pin", "")),
        history=tuple(str(data.get("history", "")).splitlines()[-MAX_HISTORY:]),
    )


def _listed(members: Mapping[ResourceId, str]) -> str:
    """Return a line for each member, `5f0c… Deployment.apps/shop/web`; `-` stands for a uid that is not known yet."""
    able = ((str(key), uid) for key, uid in members.items() if not any(ODD.search(part) for part in key))
    return "".join(f"{uid or '-'} {key}\n" for key, uid in sorted(able))


def _read_members(text: str) -> dict[ResourceId, str] | None:
    members = {}
    for line in text.splitlines():
        uid, _, written = line.partition(" ")
        kind, *namespace, name = written.split("/") if "/" in written else ("", "", "")
        # A list that was changed by hand proves nothing, so none of it counts.
        if not (uid and kind and name) or len(namespace) > 1:
            return None
        kind, _, group = kind.partition(".")
        members[ResourceId(group, kind, namespace[0] if namespace else "", name)] = "" if uid == "-" else uid
    return members


def _packed(text: str) -> str:
    return b64encode(zlib.compress(text.encode())).decode()


def _unpacked(live: Tree) -> str:
    """Return the compressed list of members, or "" where there is none.

    A broken list is returned as a line that is no member.
    """
    packed = _mapping(live.get("binaryData")).get(MEMBERS)
    if packed is None:
        return ""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(b64decode(str(packed)), MAX_UNPACKED).decode()
        return text if unpacker.eof else "?"
    except (ValueError, zlib.error):
        return "?"


def _mapping(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def with_label(body: Tree, parent: Parent) -> Tree:
    """Return a copy of the body with the label of a member; the original is not changed."""
    metadata = body.get("metadata") or {}
    return {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), PART_OF: parent.id}}}


def owner(body: Tree) -> str:
    """Return the id of the set to which an object belongs, or ""."""
    return str(_mapping(_mapping(body.get("metadata")).get("labels")).get(PART_OF) or "")
