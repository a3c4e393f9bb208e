"""Bundles of certificates that clients trust, and requests for certificates.

Certificates are not verified here. Bytes count as a certificate if they are one complete DER sequence, and as that of
an authority if the basic constraints say so.

Source: pkg/apis/certificates/validation, ValidateClusterTrustBundle, ValidateCertificateSigningRequestCreate and
ValidatePodCertificateRequestCreate; pkg/apis/core/validation/names.go.
"""

from base64 import b64decode
from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.regex import regex
from penstock.validate.fault import Fault
from penstock.validate.objects import integer_of, mapping, text_of
from penstock.validate.syntax import is_dns_subdomain
from penstock.words import quoted

TRUST = "PS476"

API = "PS434"

MOST_BYTES = 1 << 20
MOST_ANNOTATIONS = 256 << 10
DAY = 86_400
_BLOCK = regex(r"(?m)^-----BEGIN ([^\n]*?)-----[ \t\r]*+\n((?:(?!-----)[^\n]*+\n)*+)-----END \1-----[ \t\r]*+$")
_REQUEST = regex(
    r"(?m)^-----BEGIN CERTIFICATE REQUEST-----[ \t\r]*+\n((?:(?!-----)[^\n]*+\n)*+)-----END CERTIFICATE REQUEST-----",
)
_HEADER = regex(r"^[^\n:]+:[^\n]*\n")
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


def check_signing_request(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the request of a CertificateSigningRequest: the first block of a PEM text, whatever stands around it."""
    text = text_of(value, "request")
    found = _bytes_of(text).decode("latin-1") if text else ""
    if not found:
        return
    block = _REQUEST.search(found)
    body = _decoded(block[1]) if block else None
    if block is None:
        yield Fault(API, (*at, "request"), "it is not a certificate request in PEM")
    elif body is not None and not _is_request(body):
        yield Fault(API, (*at, "request"), "what the PEM block holds is no certificate request")


def check_lifetime(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check how long a certificate that Kubernetes signs may be valid."""
    seconds = integer_of(value, "maxExpirationSeconds")
    if text_of(value, "signerName").startswith("kubernetes.io/") and seconds is not None and seconds > DAY:
        notes = (((*at, "signerName"), "the signer"),)
        message = f"the signers of Kubernetes issue certificates for at most {DAY} seconds"
        yield Fault("PS406", (*at, "maxExpirationSeconds"), message, "", notes)


def check_pod_certificate(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a PodCertificateRequest. Whether the signature fits the key is not checked."""
    text = text_of(value, "stubPKCS10Request")
    found = _bytes_of(text) if text else b""
    if found and not _is_request(found):
        yield Fault(API, (*at, "stubPKCS10Request"), "it is not a certificate request in DER")
    yield from check_lifetime(value, at)
    annotations = mapping(value, ("unverifiedUserAnnotations",))
    size = sum(len(str(key).encode()) + len(str(each or "").encode()) for key, each in annotations.items())
    if size > MOST_ANNOTATIONS:
        message = f"keys and values have more than {MOST_ANNOTATIONS:,} bytes"
        yield Fault("PS412", (*at, "unverifiedUserAnnotations"), message)


def _bytes_of(text: str) -> bytes:
    """Decode base64. Other texts are empty here, since the schema reports them."""
    try:
        return b64decode(text)
    except ValueError:
        return b""


def _is_request(found: bytes) -> bool:
    """Return whether bytes are a sequence of what is certified, an algorithm and a signature, as PKCS #10 has it."""
    if not _is_framed(found):
        return False
    certified = _elements(found)
    if certified is None or [each[0] for each in certified] != [0x30, 0x30, 0x03]:
        return False
    parts = _elements(certified[0])
    return parts is not None and [each[0] for each in parts[:3]] == [0x02, 0x30, 0x30]


def _elements(found: bytes) -> list[bytes] | None:
    """Return the DER elements inside of one, or None where they do not fill it. Each must have its own length."""
    place, elements = len(found) - _length(found)[1], []
    while place < len(found):
        start, size = _length(found[place:])
        if not start or place + start + size > len(found):
            return None
        elements.append(found[place : place + start + size])
        place += start + size
    return elements


def _length(found: bytes) -> tuple[int, int]:
    """Return the sizes of the header and of the content of a DER element; of the header 0 where there is none."""
    if len(found) < 2:
        return 0, 0
    count = found[1] & 0x7F if found[1] >= 0x80 else 0
    if len(found) < 2 + count:
        return 0, 0
    return 2 + count, int.from_bytes(found[2 : 2 + count], "big") if count else found[1]


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
    return found[:1] == b"0" and len(found) >= 2 and len(found) == sum(_length(found))


def _is_of_authority(found: bytes) -> bool:
    """Return whether the basic constraints of a certificate say CA:TRUE."""
    place = found.find(_CONSTRAINTS)
    return place >= 0 and b"\x01\x01\xff" in found[place + 5 : place + 20].split(b"\x30", 1)[-1]


def check_bundle(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield an empty selector beside a name: it selects all bundles, so it is a value here."""
    if value.get("name") and value.get("labelSelector") == {}:
        notes = (((*at, "name"), "the name"),)
        yield Fault("PS434", (*at, "labelSelector"), '"name" and "labelSelector" exclude each other', "", notes)


CHECKS = {
    "lifetime of a certificate": check_lifetime,
    "trust bundle": check_trust_bundle,
    "bundle of a volume": check_bundle,
    "signing request": check_signing_request,
    "certificate of a pod": check_pod_certificate,
}
