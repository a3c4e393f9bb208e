"""Keys and certificates as Sprig makes them.

They depend only on a stream of random bytes and a time, so the same sources give the same bytes. The package
`cryptography` is required; it is imported when the first key or certificate is made.
"""

import base64
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from penstock.gotemplate.chance import Chance
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.primes import EXPONENT, rsa_key
from penstock.records import NamedTuple
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE_BITS, KEY_BITS = 2048, 4096


class Subject(NamedTuple):
    """What a certificate is issued for."""

    common_name: str
    addresses: Sequence[Any] = ()
    names: Sequence[Any] = ()
    days: int = 365
    is_authority: bool = False


class Pair(NamedTuple):
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


def needs_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise Failure("this needs the Python package cryptography: install penstock-gitops[charts]") from None


def private_key(kind: str, chance: Chance) -> str:
    """Return a new key as PEM, or Sprig's message for an unknown type. Raises `Failure`."""
    if kind in ("", "rsa"):
        return pem_of(new_rsa_key(chance, KEY_BITS))
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if kind == "ecdsa":
        curve = ec.SECP256R1()
        return pem_of(ec.derive_private_key(1 + chance.below(P256_ORDER - 1), curve))
    if kind == "ed25519":
        return pem_of(ed25519.Ed25519PrivateKey.from_private_bytes(chance.take(32)))
    if kind == "dsa":
        raise Failure("keys of the type dsa cannot be made here; they are not in use any more")
    return f"Unknown type {kind}"


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_rsa_key(chance: Chance, bits: int) -> Any:
    """Return a new RSA key. Where no seed determines the random numbers, OpenSSL generates the key, which is faster."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if chance.is_free:
        return rsa.generate_private_key(EXPONENT, bits)
    key = rsa_key(chance, bits, _is_prime)
    public = rsa.RSAPublicNumbers(EXPONENT, key.n)
    numbers = rsa.RSAPrivateNumbers(
        key.p,
        key.q,
        key.d,
        rsa.rsa_crt_dmp1(key.d, key.p),
        rsa.rsa_crt_dmq1(key.d, key.q),
        rsa.rsa_crt_iqmp(key.p, key.q),
        public,
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _is_prime(number: int) -> bool:
    """Return whether a number of 1,024 bits or more passes Fermat's test, which OpenSSL makes several times as fast as
    Python.

    A signature is correct if its power by the public exponent is the padded digest. Modulo a prime, the power by the
    exponent of RSA and then by its inverse gives back the digest; modulo other numbers, hardly ever. To let OpenSSL
    check a whole key takes 64 rounds instead of one.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if (number - 1) % EXPONENT == 0:
        return False  # no RSA key can have this factor
    size = -(-number.bit_length() // 8)
    padded = b"\0\1" + PADDED_DIGEST.rjust(size - 2, b"\xff")
    signature = pow(int.from_bytes(padded, "big"), EXPONENT, number)
    public = rsa.RSAPublicNumbers(pow(EXPONENT, -1, number - 1), number).public_key()
    try:
        public.verify(signature.to_bytes(size, "big"), b"", padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


PADDED_DIGEST = b"\0" + bytes.fromhex("3031300d060960864801650304020105000420") + sha256(b"").digest()
"""The end of what is signed for an empty text: the digest after the name of its algorithm."""


def pem_of(key: Any) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    layout = serialization.PrivateFormat
    is_new = isinstance(key, ed25519.Ed25519PrivateKey)
    data: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        layout.PKCS8 if is_new else layout.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return data.decode("ascii")


def read_key(pem: str) -> Any:
    """Return the private key of a PEM text. Raises `Failure`."""
    from cryptography.hazmat.primitives import serialization

    if "-----BEGIN" not in pem:
        raise Failure("no PEM data in input")
    data = pem.encode("utf-8", "surrogateescape")
    try:
        key = serialization.load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=True)
        return key if _is_sound(key) else serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError) as problem:
        raise Failure(f"parsing RSA private key from PEM: {problem}") from None


def _is_sound(key: Any) -> bool:
    """Return whether a key needs no check by OpenSSL, which takes a hundred times as long for RSA."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not isinstance(key, rsa.RSAPrivateKey):
        return True
    if not 2048 <= key.key_size <= 4096:
        return False
    own, public = key.private_numbers(), key.public_key().public_numbers()
    if own.p * own.q != public.n or own.iqmp * own.q % own.p != 1:
        return False
    return _is_factor(own.p, own.dmp1, own.d, public.e) and _is_factor(own.q, own.dmq1, own.d, public.e)


def _is_factor(factor: int, rest: int, d: int, e: int) -> bool:
    """Return whether a number is a prime factor of a key with these exponents; `rest` is what the key says of it."""
    order = factor - 1
    return factor.bit_length() >= 1024 and rest == d % order and d * e % order == 1 and _is_prime(factor)


def read_certificate(pem: str) -> "x509.Certificate":
    """Return the certificate of a PEM text. Raises `Failure`."""
    from cryptography import x509

    if "-----BEGIN" not in pem:
        raise Failure("unable to decode certificate")
    try:
        return x509.load_pem_x509_certificate(pem.encode("utf-8", "surrogateescape"))
    except ValueError as problem:
        raise Failure(f"error parsing certificate: decodedCert.Bytes: {problem}") from None


def certificate(subject: Subject, key: Any, issuer: Pair | None, chance: Chance, now: float) -> Pair:
    """Return a certificate for a key, signed by an issuer or self-signed, together with the key. Raises `Failure`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    parent = None if issuer is None else read_certificate(issuer.certificate)
    signing_key = key if issuer is None else read_key(issuer.key)
    name = x509.Name(_common_name(subject.common_name))
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(now))
    try:
        end = start + timedelta(days=subject.days)
        builder = x509.CertificateBuilder(
            issuer_name=name if parent is None else parent.subject,
            subject_name=name,
            public_key=key.public_key(),
            serial_number=1 + chance.below(2**127),
        )
        builder = builder.not_valid_before(start).not_valid_after(end)
        for extension, is_critical in _extensions(subject, key, parent):
            builder = builder.add_extension(extension, is_critical)
        algorithm = None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        signed = builder.sign(signing_key, algorithm)
    except (ValueError, OverflowError, TypeError) as problem:
        raise Failure(f"error creating certificate: {problem}") from None
    return Pair(signed.public_bytes(serialization.Encoding.PEM).decode("ascii"), pem_of(key))


def _common_name(name: str) -> "list[x509.NameAttribute[str]]":
    """Return the attributes of a subject's name. As in Go, a name may be longer than the standard allows: charts build
    such names from release names.
    """
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the warning says that the name is long
        return [x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)] if name else []


def _extensions(subject: Subject, key: Any, parent: "x509.Certificate | None") -> "list[tuple[Any, bool]]":
    """Return the extensions in Go's order, each with a flag that says whether it is critical."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )
    usage |= {"digital_signature": True, "key_encipherment": True, "key_cert_sign": subject.is_authority}
    found: list[tuple[Any, bool]] = [
        (x509.KeyUsage(**usage), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.BasicConstraints(ca=subject.is_authority, path_length=None), True),
    ]
    if subject.is_authority:
        found.append((x509.SubjectKeyIdentifier(_key_identifier(key)), False))
    identifier = _identifier_of(parent)
    if identifier is not None:
        found.append((x509.AuthorityKeyIdentifier(identifier, None, None), False))
    names = _alternatives(subject)
    if names:
        found.append((x509.SubjectAlternativeName(names), False))
    return found


def _key_identifier(key: Any) -> bytes:
    """Return the identifier of a key: the first 20 bytes of the SHA-256 digest of the public key, as in Go since 1.25.

    For a key that has no PKCS#1 form, return the digest that `cryptography` computes.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    known = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    layout = serialization.PublicFormat
    try:
        data = key.public_key().public_bytes(serialization.Encoding.DER, layout.PKCS1)
    except ValueError:
        return known.digest
    return sha256(data).digest()[:20]


def _identifier_of(parent: "x509.Certificate | None") -> bytes | None:
    from cryptography import x509

    if parent is None:
        return None
    try:
        return parent.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _alternatives(subject: Subject) -> list[Any]:
    """Return the alternative names of a subject: DNS names, then IP addresses. Raises `Failure`."""
    from ipaddress import ip_address

    from cryptography import x509

    for value in subject.addresses:
        if not isinstance(value, str):
            raise Failure(f"error parsing ip: {value} is not a string")
    for value in subject.names:
        if not isinstance(value, str):
            raise Failure(f"error processing alternate dns name: {value} is not a string")
    found: list[Any] = [x509.DNSName(name) for name in subject.names]
    for address in subject.addresses:
        try:
            found.append(x509.IPAddress(ip_address(address)))
        except ValueError:
            raise Failure(f"error parsing ip: {address}") from None
    return found


def encrypted(password: str, text: str, chance: Chance) -> str:
    """Return a text encrypted by AES in CBC mode, as base 64."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    data = text.encode("utf-8", "surrogateescape")
    padding = 16 - len(data) % 16
    start = chance.take(16)
    encryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(start)).encryptor()
    secret = encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(start + secret).decode("ascii")


def decrypted(password: str, data: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if len(data) < 32 or len(data) % 16:
        raise Failure("crypto/cipher: input not full blocks")
    decryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(data[:16])).decryptor()
    plain: bytes = decryptor.update(data[16:]) + decryptor.finalize()
    if plain[-1] > len(plain):
        raise Failure("runtime error: slice bounds out of range")
    return plain[: len(plain) - plain[-1]].decode("utf-8", "surrogateescape")


def _aes_key(password: str) -> bytes:
    return password.encode("utf-8", "surrogateescape")[:32].ljust(32, b"\0")
