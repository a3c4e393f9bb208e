"""The keys of Secrets by their type.

Source: pkg/apis/core/validation, ValidateSecret.
"""

from base64 import b64decode
from collections.abc import Iterator
from json import loads
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, text_of
from penstock.validate.syntax import is_base64
from penstock.words import quoted

SECRET = "PS449"

KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""The keys that a Secret must have, by its type."""

ACCOUNT = "kubernetes.io/service-account.name"


def check_secret(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = text_of(value, "type")
    data, plain = mapping(value, ("data",)), mapping(value, ("stringData",))
    for key in KEYS.get(kind, ()):
        if key in data or key in plain:
            yield from _content(kind, key, data, plain, at)
        else:
            # The key is missing, so the finding is at the place where it would be.
            place = next(((*at, field) for field in ("data", "stringData") if field in value), (*at, "type"))
            message = f"a Secret of the type {kind} holds {quoted(key)}"
            yield Fault(SECRET, place, message, "", (((*at, "type"), "the type"),))
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & {*data, *plain}:
        yield Fault(SECRET, (*at, "type"), 'a Secret of this type holds "username" or "password"')
    if kind == "kubernetes.io/service-account-token" and not mapping(value, ("metadata", "annotations")).get(ACCOUNT):
        yield Fault(SECRET, (*at, "type"), f"a token needs the annotation {ACCOUNT}")


def check_account(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that each Secret of a ServiceAccount has a name, by which server-side apply tells the items apart."""
    for here, secret in mappings(value, ("secrets",)):
        if "name" not in secret:
            yield Fault("PS404", (*at, *here), "has no name, by which server-side apply tells the items apart")


def _content(kind: str, key: str, data: Tree, plain: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the value of a key that the type of a Secret requires. `stringData` overrides `data`."""
    place = (*at, "stringData" if key in plain else "data", key)
    found = plain[key] if key in plain else data[key]
    if not found and key == "ssh-privatekey":
        yield Fault(SECRET, place, f"{quoted(key)} is empty")
    elif kind.startswith("kubernetes.io/docker") and not _is_json(found, encoded=key not in plain):
        yield Fault(SECRET, place, "is not a mapping in JSON")


def _is_json(text: Any, *, encoded: bool) -> bool:
    """Return whether a string is a JSON mapping or null. Values of other types pass, since the schema reports them, and
    so does what is not base64.

    The API server reads a null as an empty string.
    """
    if text is None:
        text = ""
    if not isinstance(text, str) or (encoded and not is_base64(text)):
        return True
    try:
        found = loads(b64decode(text) if encoded else text)
    except (ValueError, RecursionError):
        return False
    return found is None or isinstance(found, dict)


CHECKS = {
    "secrets of an account": check_account,
    "secret": check_secret,
}
