"""Placeholders that another tool replaces before the API server sees them: Flux variables, values encrypted by SOPS."""

from penstock.model import Tree
from penstock.tree import get
from penstock.validate.fault import Fault

SOPS = "sops"
"""The field that SOPS adds to an object, and removes when it decrypts the object."""


def is_written_later(body: Tree, fault: Fault) -> bool:
    """Return whether the value or the key at which a fault was found is a placeholder, or belongs to SOPS."""
    if SOPS in body and fault.at[:1] == (SOPS,):
        return True
    if not fault.at:
        return False
    return _is_placeholder(fault.at[-1]) or _is_placeholder(get(body, fault.at))


def _is_placeholder(value: object) -> bool:
    if not isinstance(value, str):
        return False
    opened = value.find("${")
    return (opened >= 0 and value.find("}", opened) >= 0) or (value.startswith("ENC[") and value.endswith("]"))
