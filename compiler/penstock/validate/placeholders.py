"""Placeholders that another tool replaces before the API server sees them: Flux variables, values encrypted by SOPS,
references of vals.
"""

from penstock.model import Tree
from penstock.regex import regex
from penstock.tree import get
from penstock.validate.fault import Fault
from penstock.words import quoted

UNKNOWN_FIELD = "PS400"

_NAME = regex(r"\$[A-Z][A-Z0-9_]+")
"""A variable as `envsubst` also replaces it, without braces, as a whole value."""

_VALS = regex(r"(?:secret)?ref\+[a-z0-9]+://.+")
"""A reference that vals, a tool beside helmfile, replaces by what a store of secrets has."""

_HUB = "{{hub "
"""What a template begins with that Open Cluster Management fills in on its hub, before any other cluster sees it."""

SOPS = "sops"
"""The field that SOPS adds to an object, and removes when it decrypts the object."""


def is_named_later(body: Tree) -> bool:
    """Return whether the kind or apiVersion of an object is a placeholder, so that its kind is not known here."""
    return is_placeholder(body.get("kind")) or is_placeholder(body.get("apiVersion"))


def is_written_later(body: Tree, fault: Fault) -> bool:
    """Return whether the value or the key at which a fault was found is a placeholder, or belongs to SOPS."""
    if not fault.at:
        return False
    if is_placeholder(fault.at[-1]) or _is_of_sops(body, fault):
        return True
    return is_placeholder(get(body, fault.at)) and not _is_about_the_key(fault)


def _is_of_sops(body: Tree, fault: Fault) -> bool:
    return SOPS in body and fault.at[:1] == (SOPS,)


def _is_about_the_key(fault: Fault) -> bool:
    """Return whether a fault lies in a key, so that it is there whatever value is put in. Messages about a key that is
    not allowed begin with the key.
    """
    return fault.code == UNKNOWN_FIELD or fault.message.startswith(quoted(str(fault.at[-1])))


def is_placeholder(value: object) -> bool:
    """Return whether a value holds a variable or a template of a hub, is encrypted by SOPS, or is of vals."""
    if not isinstance(value, str):
        return False
    if (value.startswith("$") and _NAME.fullmatch(value)) or ("ref+" in value[:10] and _VALS.fullmatch(value)):
        return True
    opened = value.find("${")
    is_filled_in = (opened >= 0 and value.find("}", opened) >= 0) or _HUB in value
    return is_filled_in or (value.startswith("ENC[") and value.endswith("]"))
