"""Bundles of certificates that clients trust.

Certificates are not verified here. Bytes count as a certificate if they are one complete DER sequence, and as that of
an authority if the basic constraints say so.

Source: pkg/apis/certificates/validation, ValidateClusterTrustBundle; pkg/apis/core/validation/names.go.
"""

import re
from base64 import b64decode
from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, text_of
from penstock.validate.syntax import is_dns_subdomain
from penstock.words import quoted

TRUST = "PS476"

MOST_BYTES = 1 << 20
_BLOCK = re.compile(
    r"^-----BEGIN ([^\n]*?)-----[ \t\r]*+\n((?:(?!-----)[^\n]*+\n)*+)-----END \1-----[ \t\r]*+$", re.MULTILINE
)
_HEADER = re.compile(r"^[^\n:]+:[^\n]*\n")
_CONSTRAINTS = bytes.fromhex("0603551d13")
"""The object identifier of basic constraints, as encoded in a certificate."""


def check_trust_bundle(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from _name(value, at)
    bundle = text_of(mapping(value, ("spec",)), "trustBundle")
    if bundle:
        yield from _certificates(bundle, (*at, "spec", "trustBundle"))


def _name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the name of a bundle, which starts with the name of its signer."""
    name = mapping(value, ("metadata",)).get("name")
    signer = text_of(mapping(value, ("spec",)), "signerName")
    if not isinstance(name, str):
        return
    place = (*at, "metadata", "name")
    start = f"{signer.replace('/', ':')}:" if signer else ""
    if not name.startswith(start):
        notes = (((*at, "spec", "signerName"), "the signer"),)
        yield Fault("PS441", place, f"{quoted(name)} does not start with {quoted(start)}", "", notes)
    elif ":" in name.removeprefix(start):
        message = f"{quoted(name)} has a ':', which only the name of a signer brings"
        yield Fault("PS441", place, message, "set spec.signerName")
    elif not is_dns_subdomain(name.removeprefix(start)):
        yield Fault("PS410", place, f"{quoted(name.removeprefix(start))} is not a DNS subdomain")


def _certificates(bundle: str, at: Pointer) -> Iterator[Fault]:
    if len(bundle.encode()) > MOST_BYTES:
        yield Fault(TRUST, at, f"the bundle has more than {MOST_BYTES:,} bytes")
        return
    seen: set[bytes] = set()
    for number, block in enumerate(_BLOCK.finditer(bundle), 1):
        found = _decoded(block[2])
        if found is None:
            continue  # the API server ignores blocks that are not base64
        if problem := _problem(block[1], block[2], found):
            yield Fault(TRUST, at, f"entry {number} {problem}")
        elif found in seen:
            yield Fault(TRUST, at, f"entry {number} is a certificate that is there already")
        seen.add(found)
    if not seen:
        yield Fault(TRUST, at, "there is no certificate in the bundle", "certificates are in PEM")


def _decoded(text: str) -> bytes | None:
    while match := _HEADER.match(text):
        text = text[match.end() :]
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        return None


def _problem(kind: str, text: str, found: bytes) -> str:
    if kind != "CERTIFICATE":
        return f"is {quoted(kind)} and not a certificate"
    if _HEADER.match(text):
        return "has headers"
    if not _is_framed(found):
        return "is not a certificate"
    return "" if _is_of_authority(found) else "is not the certificate of an authority"


def _is_framed(found: bytes) -> bool:
    """Return whether bytes are exactly one DER sequence."""
    if len(found) < 2 or found[0] != 0x30:
        return False
    if found[1] < 0x80:
        return len(found) == 2 + found[1]
    count = found[1] & 0x7F
    return len(found) == 2 + count + int.from_bytes(found[2 : 2 + count], "big")


def _is_of_authority(found: bytes) -> bool:
    """Return whether the basic constraints of a certificate say CA:TRUE."""
    place = found.find(_CONSTRAINTS)
    return place >= 0 and b"\x01\x01\xff" in found[place + 5 : place + 20].split(b"\x30", 1)[-1]


def check_bundle(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield an empty selector beside a name: it selects all bundles, so it is a value here."""
    if value.get("name") and value.get("labelSelector") == {}:
        notes = (((*at, "name"), "the name"),)
        yield Fault("PS434", (*at, "labelSelector"), '"name" and "labelSelector" exclude each other', "", notes)


CHECKS = {"trust bundle": check_trust_bundle, "bundle of a volume": check_bundle}
