"""Sprig's functions for keys, certificates and passwords. Slow ones cost many steps per call."""

import hmac
import time
from hashlib import scrypt, sha256

from penstock.gotemplate import certificates
from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.certificates import CERTIFICATE_BITS, Pair, Subject
from penstock.gotemplate.chance import Chance, chance_at
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.functions.encoding import decoded
from penstock.gotemplate.values import Struct, Value, bytes_text, text_bytes

COST_OF_KEY = 75_000
"""The steps that an RSA key of 2,048 bits costs. The templates of bitnami's apisix make some forty of them."""

COST_OF_NAME = 40
"""The steps that a name or an address of a certificate costs."""

COST_OF_READING, READ = 40_000, 1_700
"""The steps that the check of a given key costs, and a signature with it, if its text has so many characters: an RSA
key of 2,048 bits. They grow with the third power. It is less for a sound key, but nothing else bounds unsound ones.
"""

COST_OF_HASH = 130_000
"""The steps that bcrypt and scrypt cost."""


def _pair(value: Pair) -> Struct:
    return Struct("sprig.certificate", {"Cert": value.certificate, "Key": value.key})


def _pair_of(value: Struct) -> Pair:
    return Pair(value.parts()["Cert"], value.parts()["Key"])


def _now(f: Frame) -> float:
    now = f.execution.services.now
    return time.time() if now is None else now


def _made(f: Frame, function: str, subject: Subject, issuer: Struct | None = None, key: str | None = None) -> Struct:
    """Return a certificate for a new key, or for the key that is given."""
    certificates.needs_cryptography()
    f.meter.spend(COST_OF_NAME * (len(subject.addresses or ()) + len(subject.names or ())))
    chance = chance_at(f, function)
    if key is None:
        f.meter.spend(COST_OF_KEY)
        own = certificates.new_rsa_key(chance, CERTIFICATE_BITS)
    else:
        own = _key(f, key)
    signer = None if issuer is None else _pair_of(issuer)
    if signer is not None:
        _spend_reading(f, signer.key)
    return _pair(certificates.certificate(subject, own, signer, chance, _now(f)))


def _spend_reading(f: Frame, pem: str) -> None:
    f.meter.spend(COST_OF_READING * max(len(pem), 400) ** 3 // READ**3)


def _key(f: Frame, pem: str) -> Value:
    _spend_reading(f, pem)
    try:
        return certificates.read_key(pem)
    except Failure as problem:
        raise Failure(f"parsing private key: {problem}") from None


def gen_ca(f: Frame, name: str, days: int) -> Struct:
    return _made(f, "genCA", Subject(name, days=days, is_authority=True))


def gen_ca_with_key(f: Frame, name: str, days: int, key: str) -> Struct:
    return _made(f, "genCAWithKey", Subject(name, days=days, is_authority=True), key=key)


def gen_self_signed_cert(f: Frame, name: str, ips: list[Value], names: list[Value], days: int) -> Struct:
    return _made(f, "genSelfSignedCert", Subject(name, ips, names, days))


def gen_self_signed_cert_with_key(  # the parameters are Sprig's
    f: Frame, name: str, ips: list[Value], names: list[Value], days: int, key: str
) -> Struct:
    return _made(f, "genSelfSignedCertWithKey", Subject(name, ips, names, days), key=key)


def gen_signed_cert(f: Frame, name: str, ips: list[Value], names: list[Value], days: int, ca: Struct) -> Struct:
    return _made(f, "genSignedCert", Subject(name, ips, names, days), ca)


def gen_signed_cert_with_key(f: Frame, name: str, ips: list[Value], names: list[Value], *rest: Value) -> Struct:
    days, ca, key = rest
    return _made(f, "genSignedCertWithKey", Subject(name, ips, names, days), ca, key)


def gen_private_key(f: Frame, kind: str) -> str:
    certificates.needs_cryptography()
    f.meter.spend(16 * COST_OF_KEY if kind in ("", "rsa") else 1000)
    return certificates.private_key(kind, chance_at(f, "genPrivateKey"))


def build_custom_cert(f: Frame, certificate: str, key: str) -> Struct:
    certificates.needs_cryptography()
    own = _decoded(certificate, "unable to decode base64 certificate")
    decoded_key = _decoded(key, "unable to decode base64 private key")
    certificates.read_certificate(own)
    _spend_reading(f, decoded_key)
    try:
        certificates.read_key(decoded_key)
    except Failure as problem:
        raise Failure(f"error parsing private key: {problem}") from None
    return _pair(Pair(own, decoded_key))


def _decoded(text: str, complaint: str) -> str:
    try:
        return bytes_text(decoded(text))
    except Failure:
        raise Failure(complaint) from None


def encrypt_aes(f: Frame, password: str, text: str) -> str:
    if not text:
        return ""
    certificates.needs_cryptography()
    return certificates.encrypted(password, text, chance_at(f, "encryptAES"))


def decrypt_aes(password: str, text: str) -> str:
    if not text:
        return ""
    certificates.needs_cryptography()
    return certificates.decrypted(password, decoded(text))


BCRYPT = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _bcrypt(f: Frame, password: str, chance: Chance) -> str:
    try:
        import bcrypt
    except ImportError:
        raise Failure("this needs the Python package bcrypt: install penstock-gitops[charts]") from None
    f.meter.spend(COST_OF_HASH)
    data = text_bytes(password)
    if len(data) > 72:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    salt = bytes([BCRYPT[byte & 63] for byte in chance.take(21)]) + BCRYPT[chance.take(1)[0] & 48 :][:1]
    return str(bcrypt.hashpw(data, b"$2a$10$" + salt).decode("ascii"))


def bcrypt_(f: Frame, password: str) -> str:
    return _bcrypt(f, password, chance_at(f, "bcrypt"))


def htpasswd(f: Frame, user: str, password: str) -> str:
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{_bcrypt(f, password, chance_at(f, 'htpasswd'))}"


PASSWORDS: dict[str, tuple[str, ...]] = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": (
        *("CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno"),
        *("CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno"),
        *("CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno"),
        *("CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"),
    ),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}
"""The password patterns of the Master Password algorithm, by type."""

CHARACTERS = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}


def derive_password(f: Frame, counter: int, kind: str, password: str, user: str, site: str) -> str:
    """Return a password for a site, derived from a master password (the Master Password algorithm)."""
    shapes = PASSWORDS.get(kind)
    if shapes is None:
        return f"cannot find password template {kind}"
    f.meter.spend(3 * COST_OF_HASH)
    name = b"com.lyndir.masterpassword"
    salt = name + _sized(user)
    key = scrypt(text_bytes(password), salt=salt, n=32768, r=8, p=2, maxmem=128 << 20, dklen=64)
    seed = hmac.new(key, name + _sized(site) + counter.to_bytes(4, "big"), sha256).digest()
    shape = shapes[seed[0] % len(shapes)]
    letters = [CHARACTERS[letter] for letter in shape]
    return "".join([letter[seed[number] % len(letter)] for number, letter in enumerate(letters, 1)])


def _sized(text: str) -> bytes:
    data = text_bytes(text)
    return len(data).to_bytes(4, "big") + data


FUNCTIONS: dict[str, Function] = {
    "bcrypt": Function(bcrypt_, "string", site=True),
    "buildCustomCert": Function(build_custom_cert, "string string", site=True, cost=400),
    "decryptAES": Function(decrypt_aes, "string string", weight=4, cost=80),
    "derivePassword": Function(derive_password, "uint32 string string string string", site=True),
    "encryptAES": Function(encrypt_aes, "string string", site=True, weight=4, cost=80),
    "genCA": Function(gen_ca, "string int", site=True),
    "genCAWithKey": Function(gen_ca_with_key, "string int string", site=True),
    "genPrivateKey": Function(gen_private_key, "string", site=True),
    "genSelfSignedCert": Function(gen_self_signed_cert, "string list list int", site=True),
    "genSelfSignedCertWithKey": Function(gen_self_signed_cert_with_key, "string list list int string", site=True),
    "genSignedCert": Function(gen_signed_cert, "string list list int certificate", site=True),
    "genSignedCertWithKey": Function(gen_signed_cert_with_key, "string list list int certificate string", site=True),
    "htpasswd": Function(htpasswd, "string string", site=True),
}
