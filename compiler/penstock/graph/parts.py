"""The parts of an object that others name: keys, ports, listeners."""

from collections.abc import Iterable, Iterator

from penstock.graph.index import kind_of
from penstock.graph.references import CONFIG_MAP, GATEWAY, SECRET, SERVICE, Kind
from penstock.kubernetes import injected_keys, is_filled
from penstock.model import Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import get

TOKEN = "kubernetes.io/service-account-token"
"""The type of a Secret whose keys the cluster fills in: `token` and others, and which others depends on it."""


class Parts(NamedTuple):
    """The parts that an object offers, as an ordered set. `word` says what they are, and `at` where they are
    written.
    """

    word: str
    names: dict[str, None]
    at: Pointer


def parts_of(resource: Resource) -> Parts | None:
    """Return the parts of an object. The answer is None for a kind without parts, and where they are not written
    down.
    """
    found = _parts(kind_of(resource), resource.body)
    return Parts(found[0], dict.fromkeys(found[1]), found[2]) if found else None


def _parts(kind: Kind, body: Tree) -> tuple[str, Iterable[str], Pointer] | None:
    if kind == CONFIG_MAP and not is_filled(body):
        keys = (*_keys(body, "data"), *_keys(body, "binaryData"), *sorted(injected_keys(body)))
        return "key", keys, _first(body, "data", "binaryData")
    if kind == SECRET:
        if body.get("type") == TOKEN or is_filled(body):
            return None
        keys = (*_keys(body, "data"), *_keys(body, "stringData"))
        return "key", keys, _first(body, "data", "stringData")
    if kind == SERVICE and get(body, ("spec", "type")) != "ExternalName":
        return "port", (*_each(body, "ports", "port"), *_each(body, "ports", "name")), ("spec", "ports")
    if kind == GATEWAY:
        return "listener", _each(body, "listeners", "name"), ("spec", "listeners")
    return None


def _first(body: Tree, *fields: str) -> Pointer:
    return next(((field,) for field in fields if body.get(field)), ())


def _keys(body: Tree, field: str) -> Iterable[str]:
    found = body.get(field)
    return found if isinstance(found, dict) else ()


def _each(body: Tree, field: str, name: str) -> Iterator[str]:
    found = get(body, ("spec", field))
    for element in found if isinstance(found, list) else ():
        value = element.get(name) if isinstance(element, dict) else None
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            yield str(value)
