"""Values that another tool writes before the API server sees them: what Flux substitutes, what SOPS has encrypted."""

from penstock.model import Tree
from penstock.tree import get
from penstock.validate.fault import Fault

SOPS = "sops"
"""The field that SOPS adds to an object, and takes away when it decrypts."""


def is_written_later(body: Tree, fault: Fault) -> bool:
    """Whether a fault is about such a value, or about the key that holds it."""
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
