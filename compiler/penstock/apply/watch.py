"""Follows changes of objects by watching their kinds: for each kind a list, then the stream of events after it.

A stream that breaks is resumed where it ended. Where that is impossible (the version is too old for the server, or one
that the server has never reached), and where a stream has come to its end, the objects are listed again: a server, or a
proxy in between, may have kept an event back. Objects that cannot be watched are left to the caller.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from penstock.apply.answers import items_of
from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.hooks import runs_once
from penstock.apply.inventory import PART_OF, Parent
from penstock.apply.kinds import Kind
from penstock.kubernetes import identify
from penstock.model import Refusal, ResourceId, Tree
from penstock.tree import get

MAX_STREAMS = 12
"""The number of kinds that are watched at a time; objects of other kinds are polled."""

LENGTH = 60.0
"""Seconds of one stream, after which the objects are listed again."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

Query = Mapping[str, str]


class Watches:
    """A context manager inside which `news` returns what has changed.

    `blind` are the objects that no stream watches.
    """

    def __init__(self, client: Client, kinds: Mapping[ResourceId, Kind], parent: Parent, ids: Sequence[ResourceId]):
        self._client = client
        self._changed = threading.Condition()
        self._news: dict[ResourceId, Tree | Failure] = {}
        self.blind: set[ResourceId] = set()
        self._streams: list[_Stream] = []
        groups: dict[tuple[str, str], list[ResourceId]] = {}
        for key in ids:
            groups.setdefault((key.group, key.kind), []).append(key)
        for number, group in enumerate(groups.values()):
            if number < MAX_STREAMS:
                self._streams.append(_Stream(self, client, _place(kinds, group), _query(group, parent), group))
            else:
                self.blind.update(group)

    def __enter__(self) -> "Watches":
        for stream in self._streams:
            stream.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.end()

    def news(self, seconds: float) -> dict[ResourceId, Tree | Failure]:
        """Return the current state of the objects that have changed since the last call.

        Where there are none, wait up to `seconds` for a change.
        """
        with self._changed:
            if not self._news:
                self._changed.wait(seconds)
            found, self._news = self._news, {}
            return found

    def keep(self, ids: Collection[ResourceId]) -> None:
        """End the streams of kinds that have no object among `ids`."""
        for stream in self._streams:
            if not stream.ids.intersection(ids):
                stream.end()

    def tell(self, found: Mapping[ResourceId, Tree | Failure]) -> None:
        """Record what a stream has seen."""
        with self._changed:
            self._news.update(found)
            self._changed.notify()

    def give_up(self, ids: Collection[ResourceId]) -> None:
        """Record objects that cannot be watched."""
        with self._changed:
            self.blind.update(ids)
            self._changed.notify()


def _place(kinds: Mapping[ResourceId, Kind], ids: Sequence[ResourceId]) -> str:
    """Return the path of the collection that holds all objects: of their common namespace, or of all namespaces."""
    namespaces = {key.namespace for key in ids}
    return kinds[ids[0]].path(ids[0].namespace if len(namespaces) == 1 else "")


def _query(ids: Sequence[ResourceId], parent: Parent) -> Query:
    """Return the query that selects a single object by its name, or several by Penstock's label."""
    if len(ids) == 1:
        return {"fieldSelector": f"metadata.name={ids[0].name}"}
    return {"labelSelector": f"{PART_OF}={parent.id}"}


class _Stream:
    """The watch of one kind, and the thread that follows it."""

    def __init__(self, watches: Watches, client: Client, path: str, query: Query, ids: Sequence[ResourceId]) -> None:
        self._watches, self._client, self._path, self._query = watches, client, path, query
        self.ids = frozenset(ids)
        self._ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"watch {path}", daemon=True)

    def end(self) -> None:
        """Ask the thread to end, without waiting for it."""
        self._ended.set()
        if self.thread.ident is not None:
            self._client.hang_up(self.thread.ident)

    def _is_wanted(self) -> bool:
        return not self._ended.is_set()

    def _run(self) -> None:
        try:
            self._go_on()
        # No new credential can be had: a plugin has failed, or the file of the token is gone.
        except Refusal as refusal:
            self._fail(Failure("abort", 0, "", str(refusal)))
        finally:
            # Whatever has ended the stream: what nobody watches is looked at.
            self._watches.give_up(self.ids)

    def _go_on(self) -> None:
        pause = FIRST_PAUSE
        version = ""
        while self._is_wanted():
            version = version or self._list()
            if not version:
                return
            start = time.monotonic()
            version = self._follow(version)
            pause = FIRST_PAUSE if time.monotonic() - start > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            self._ended.wait(pause)

    def _list(self) -> str:
        """Report the state of all objects; return the version from which to watch, or "" where that is impossible."""
        found: dict[ResourceId, Tree | Failure] = {}
        version = ""
        for page in self._client.pages(self._path, self._query):
            if isinstance(page, Failure):
                self._fail(page)
                return ""
            version = str(get(page, ("metadata", "resourceVersion")) or "")
            found.update(self._of_ours(items_of(page)))
        self._watches.tell(found)
        self._watches.give_up(self.ids - found.keys() if version else self.ids)  # gone, or without the label
        return version

    def _fail(self, failure: Failure) -> None:
        if failure.retry in ("backoff", "abort"):
            self._watches.tell(dict.fromkeys(self.ids, failure))
        self._watches.give_up(self.ids)

    def _follow(self, version: str) -> str:
        """Pass on the events; return the version from which to resume, or "" where the objects must be listed again.

        A broken connection can be made again. After an error from the server, only a new list helps.
        """
        heard = ""
        asked = {**self._query, "resourceVersion": version}
        for event in self._client.events(self._path, asked, LENGTH, self._is_wanted):
            if not self._is_wanted():
                return version
            if isinstance(event, Failure):
                # A connection that broke goes on where it was. Any answer of the server means that its history is
                # gone.
                return heard if event.status == 0 and event.retry == "backoff" else ""
            heard = str(get(event, ("object", "metadata", "resourceVersion")) or heard)
            self._pass_on(event)
        return ""

    def _pass_on(self, event: Tree) -> None:
        if event["type"] in ("ADDED", "MODIFIED"):
            self._watches.tell(self._of_ours([event["object"]]))
        elif event["type"] == "DELETED":
            gone = self._of_ours([event["object"]])
            # What does its work once may leave as soon as it has done it: its last state tells how it has ended.
            self._watches.tell({key: body for key, body in gone.items() if runs_once(event["object"])})
            self._watches.give_up(gone.keys())

    def _of_ours(self, bodies: Iterable[Tree]) -> dict[ResourceId, Tree | Failure]:
        found = {identify(body)[0]: body for body in bodies}
        return {key: body for key, body in found.items() if key in self.ids}
