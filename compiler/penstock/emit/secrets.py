"""Checks that a branch holds no secrets in clear text: neither the values of Secrets, nor values that are as secret
elsewhere.

Messages name fields and keys, never a value.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping

from penstock.model import Diagnostic, Pointer, Resource
from penstock.tree import get, origin_of
from penstock.typed import Any
from penstock.withheld import holds_value, is_secret

VALUES = frozenset(("data", "stringdata", "binarydata"))
"""Fields with values, in lower case. Inside of other objects, only these are checked: most other fields are references
by name.
"""

BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
CUT = r"[A-Za-z0-9+/]*={0,2}"
"""What is left of base64 that somebody has shortened, as examples do."""

ENCRYPTED = re.compile(rf"ENC\[AES256_GCM,data:(?:{BASE64}|{CUT},iv:{CUT},tag:{CUT},type:[a-z]+)\]")
"""A value as SOPS writes it (`EncryptedValue` of its `aes` package). Nobody writes all four parts around a value in
clear text by mistake; whether they were made with a key cannot be told without the key.
"""

APPLIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
)
"""Annotations in which deployers keep the whole object that they applied."""

SECRET_INSIDE = re.compile(r"""(?i)kind: *+["']? *+secret\b""")
PRIVATE_KEY = re.compile(r"-----BEGIN (?!ENCRYPTED)(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
ENCODED_PEM = "LS0tLS1CRUdJTi"
"""The start of `-----BEGIN ` in base64."""

TEMPLATES: Mapping[str, tuple[Pointer, ...]] = {
    "SealedSecret": (("spec", "template", "data"), ("spec", "template", "stringData")),
    "ExternalSecret": (("spec", "target", "template", "data"),),
    "ClusterExternalSecret": (("spec", "externalSecretSpec", "target", "template", "data"),),
}
"""The fields with the values of the Secret that is created from an object. They should be templates, without the secret
values.
"""

PUBLIC = frozenset(
    (
        *("type", "url", "host", "hostname", "port", "username", "user", "project", "name", "server", "enableOCI"),
        *("endpoint", "region", "bucket", "registry", "email", "database", "dbname", "insecure", "scheme", "driver"),
    )
)
"""Keys of such templates whose values are addresses, owners or settings, like those of Argo CD's repositories."""


def check_clear_text(resource: Resource, text: str) -> list[Diagnostic]:
    """Return findings about secrets that anybody who can read the branch could read. `text` is the printed object."""
    if is_secret(resource.body):
        return [_refusal(resource, (), *found) for found in _clear_text(resource.body)][:1]
    return [*_other_secrets(resource, text), *_constants_of(resource)]


def _other_secrets(resource: Resource, text: str) -> Iterator[Diagnostic]:
    """Yield a finding for the first Secret inside of another object, and one for the first private key."""
    if SECRET_INSIDE.search(text):
        yield from [_refusal(resource, at, *found) for at, found in _secrets_inside(resource.body)][:1]
    if "-----BEGIN" in text or ENCODED_PEM in text:
        yield from [_suspect(resource, at, "a private key") for at in _private_keys(resource.body)][:1]


def _constants_of(resource: Resource) -> Iterator[Diagnostic]:
    """Yield a finding for the first constant in each template of a Secret."""
    for at in TEMPLATES.get(resource.id.kind, ()):
        keys = _constants(get(resource.body, at))
        yield from [_suspect(resource, (*at, key), "a value of a Secret") for key in keys][:1]


def _clear_text(secret: Mapping[str, Any], is_inside: bool = False) -> Iterator[tuple[Pointer, list[str]]]:
    """Yield the fields of a Secret with values that are neither empty nor encrypted by SOPS, each with the keys of
    these values.
    """
    is_encrypted = bool(isinstance(mac := get(secret, ("sops", "mac")), str) and mac)
    for field, values in secret.items():
        if not holds_value((field,)) or (is_inside and str(field).casefold() not in VALUES):
            continue
        if keys := _keys_in_clear_text(values, is_encrypted):
            yield (field,), keys
    # Deployers keep the whole last configuration there, values included.
    annotations = get(secret, ("metadata", "annotations"))
    copies = annotations.items() if isinstance(annotations, dict) else ()
    if keys := [key for key, value in copies if _holds_values(key, value)]:
        yield ("metadata", "annotations"), keys


def _keys_in_clear_text(values: Any, is_encrypted: bool) -> list[str]:
    """Return the keys of the values that are in clear text. Values that only look encrypted are named if there are no
    others.
    """
    values = (
        values if isinstance(values, dict) else {"": values}
    )  # no Secret to the API server, but readable on the branch
    keys = [key for key, value in values.items() if not _is_hidden(value, is_encrypted)]
    return (is_encrypted and [key for key in keys if not str(values[key]).startswith("ENC[")]) or keys


def _is_hidden(value: Any, is_encrypted: bool) -> bool:
    if value is None or value == "":
        return True
    return is_encrypted and isinstance(value, str) and bool(ENCRYPTED.fullmatch(value))


def _holds_values(key: str, value: Any) -> bool:
    """Return whether an annotation of a Secret is a copy of the Secret, with its values."""
    if not isinstance(value, str) or not (key in APPLIED or value.lstrip()[:1] == "{"):
        return False
    import json  # few Secrets have such an annotation

    try:
        copy = json.loads(value)
    except (ValueError, RecursionError):
        return key in APPLIED and bool(value.strip())
    return isinstance(copy, dict) and is_secret({"kind": "Secret", **copy}) and any(True for _ in _clear_text(copy))


def _secrets_inside(body: Any) -> Iterator[tuple[Pointer, tuple[Pointer, list[str]]]]:
    """Yield the Secrets with values in clear text that are part of another object, such as a template or a list."""
    for at, value in _nodes(body):
        if isinstance(value, dict) and is_secret(value):
            yield from ((at, found) for found in _clear_text(value, is_inside=True))


def _private_keys(body: Any) -> Iterator[Pointer]:
    for at, value in _nodes(body):
        if isinstance(value, str) and (PRIVATE_KEY.search(value) or _is_encoded_key(value)):
            yield at


def _is_encoded_key(value: str) -> bool:
    if not value.lstrip().startswith(ENCODED_PEM):
        return False
    start = "".join(value.split())[:64]
    return bool(PRIVATE_KEY.search(b64decode(start[: len(start) // 4 * 4], validate=False).decode("latin-1")))


def _constants(values: Any) -> list[str]:
    """Return the keys of a template whose values have no placeholder, and look like neither an address nor a
    setting.
    """
    if not isinstance(values, dict):
        return []
    texts = ((key, value) for key, value in values.items() if isinstance(value, str) and value)
    return [key for key, value in texts if key not in PUBLIC and "{{" not in value and "://" not in value]


def _nodes(body: Any) -> Iterator[tuple[Pointer, Any]]:
    """Yield all values of a tree with their paths, in arbitrary order."""
    waiting: list[tuple[Pointer, Any]] = [((), body)]
    while waiting:
        at, value = waiting.pop()
        yield at, value
        if isinstance(value, dict):
            waiting += (((*at, key), child) for key, child in value.items())
        elif isinstance(value, list):
            waiting += (((*at, index), child) for index, child in enumerate(value))


def _refusal(resource: Resource, at: Pointer, field: Pointer, keys: list[str]) -> Diagnostic:
    listed = ", ".join(repr(key)[1:-1] for key in keys[:5]) + (", …" if len(keys) > 5 else "")
    place = ".".join(map(str, (*at, *field)))
    return Diagnostic(
        "PS501",
        "error",
        f"{resource.id} would be on the branch in clear text ({place}: {listed})",
        origin_of(resource, (*at, *field, keys[0])),
        resource.id,
        hint="write a SealedSecret, an ExternalSecret, or a Secret encrypted by SOPS (Flux decrypts it, `penstock sync`"
        " does not); or pass --allow-secrets",
    )


def _suspect(resource: Resource, at: Pointer, what: str) -> Diagnostic:
    place = ".".join(map(str, at))
    message = f"{resource.id} brings {what} to the branch in clear text ({place})"
    hint = "keep it in a Secret that is encrypted; or pass --allow-secrets, if it may be read by all"
    return Diagnostic("PS514", "warning", message, origin_of(resource, at), resource.id, hint=hint)
