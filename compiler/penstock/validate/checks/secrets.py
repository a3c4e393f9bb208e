"""What a Secret of a type holds, and what a certificate is asked for with.

Source: pkg/apis/core/validation, ValidateSecret; pkg/apis/certificates/validation.
"""

from base64 import b64decode
from collections.abc import Iterator
from json import loads

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping
from penstock.words import quoted

SECRET = "PS449"

API = "PS434"

KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""What a Secret of a type holds."""

ACCOUNT = "kubernetes.io/service-account.name"


def check_secret(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = value.get("type")
    if not isinstance(kind, str):
        return
    data, plain = mapping(value, ("data",)), mapping(value, ("stringData",))
    for key in KEYS.get(kind, ()):
        found = plain.get(key, data.get(key)) if key in plain or key in data else None
        place = next(((*at, field) for field in ("data", "stringData") if field in value), (*at, "type"))
        if key not in data and key not in plain:
            yield Fault(
                SECRET, place, f"a Secret of the type {kind} holds {quoted(key)}", "", (((*at, "type"), "the type"),)
            )
        elif not found and key == "ssh-privatekey":
            yield Fault(SECRET, (*at, "stringData" if key in plain else "data", key), f"{quoted(key)} is empty")
        elif kind.startswith("kubernetes.io/docker") and not _is_json(data, plain, key):
            yield Fault(
                SECRET, (*at, "stringData" if key in plain else "data", key), f"{quoted(key)} is not a mapping in JSON"
            )
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & {*data, *plain}:
        yield Fault(SECRET, (*at, "type"), 'a Secret of this type holds "username" or "password"')
    if kind == "kubernetes.io/service-account-token":
        name = mapping(value, ("metadata", "annotations")).get(ACCOUNT)
        if not name:
            yield Fault(SECRET, (*at, "type"), f"a token needs the annotation {ACCOUNT}")


def _is_json(data: Tree, plain: Tree, key: str) -> bool:
    try:
        if key in plain:
            found = loads(plain[key]) if isinstance(plain[key], str) else {}
        else:
            found = loads(b64decode(data[key] or "")) if isinstance(data[key], str | None) else {}
    except (ValueError, RecursionError):
        return False
    return found is None or isinstance(found, dict)


def check_signing_request(value: Tree, at: Pointer) -> Iterator[Fault]:
    text = value.get("request")
    if not isinstance(text, str) or not text:
        return
    try:
        found = b64decode(text)
    except ValueError:
        return
    if b"-----BEGIN CERTIFICATE REQUEST-----" not in found:
        yield Fault(API, (*at, "request"), "it is not a certificate request in PEM")


CHECKS = {
    "secret": check_secret,
    "signing request": check_signing_request,
}
