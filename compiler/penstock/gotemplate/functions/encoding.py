"""YAML, base 64, base 32 and checksums, as Go and Helm write and read them."""

import binascii
import zlib
from functools import partial

from penstock.gotemplate.bounds import size_of
from penstock.gotemplate.calls import SLOW, Frame, Function
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.values import Fields, Object, Spoken, Value, bytes_text, is_nil, mended, text_bytes


def b64enc(f: Frame, text: str) -> str:
    return binascii.b2a_base64(text_bytes(text), newline=False).decode()


def b64dec(text: str) -> str:
    """Return the decoded text, or Go's error message where the text is not base 64."""
    try:
        return bytes_text(decoded(text))
    except Failure as problem:
        return str(problem)


def decoded(text: str) -> bytes:
    """Return the bytes that a base 64 text encodes. Raises `Failure`."""
    import base64  # not for every chart

    data = text_bytes(text).replace(b"\r", b"").replace(b"\n", b"")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Failure(f"illegal base64 data at input byte {_illegal(text_bytes(text), B64, 4)}") from None


def b32enc(text: str) -> str:
    import base64

    return base64.b32encode(text_bytes(text)).decode("ascii")


def b32dec(text: str) -> str:
    import base64

    data = text_bytes(text).replace(b"\r", b"").replace(b"\n", b"")
    try:
        return bytes_text(base64.b32decode(data))
    except binascii.Error:
        return f"illegal base32 data at input byte {_illegal(text_bytes(text), B32, 8)}"


B64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
B32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _illegal(data: bytes, alphabet: frozenset[int], group: int) -> int:
    """Return the position at which Go stops decoding."""
    count = 0
    for at, byte in enumerate(data):
        if byte in b"\r\n":
            continue
        if byte not in alphabet:
            is_padding = byte == ord("=") and count % group >= 2
            return _after_padding(data, at, count % group, group) if is_padding else at
        count += 1
    return len(data) - count % group


def _after_padding(data: bytes, at: int, count: int, group: int) -> int:
    """Return the position of the first byte after the padding that does not belong there."""
    rest = data[at:]
    padding = len(rest) - len(rest.lstrip(b"=\r\n"))
    wanted = group - count
    if rest[:padding].count(b"=") < wanted:
        return len(data) if padding == len(rest) else at + padding
    return at + wanted


def adler32sum(text: str) -> str:
    return str(zlib.adler32(text_bytes(text)))


def plain(f: Frame, value: Value, by_way_of_json: bool = True, depth: int = 0) -> Value:
    """Return a value without `Object`s, to be written as YAML. Raises `Exceeded` where it is too deep or contains
    itself. JSON has null for empty lists and maps that are nil, and base 64 for bytes.
    """
    if isinstance(value, Object):
        return plain(f, value.plain() if by_way_of_json else value.pretty(), by_way_of_json, depth + 1)
    if isinstance(value, bytes) and not by_way_of_json:
        value = list(value)
    if isinstance(value, Spoken) and not by_way_of_json:
        return value.text()
    if not isinstance(value, dict | list):
        if value.__class__ is str and len(value) > LONG:
            f.meter.write(size_of(value))
        return _plain_scalar(value)
    if depth > MAX_DEPTH:
        raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be written")
    f.meter.spend(1 + len(value) + len(value) // 4)
    if isinstance(value, dict):
        f.meter.sort(value)  # the printer does
    if by_way_of_json and not value and is_nil(value):
        return None
    # Loops, since before Python 3.12 a comprehension takes a second stack frame for each level.
    if isinstance(value, list):
        items: list[Value] = []
        for item in value:
            items.append(plain(f, item, by_way_of_json, depth + 1))  # noqa: PERF401
        return items
    fields: dict[str, Value] = Fields() if isinstance(value, Fields) else {}
    for key, item in value.items():
        fields[mended(key)] = plain(f, item, by_way_of_json, depth + 1)
    return fields


def _plain_scalar(value: Value) -> Value:
    if value.__class__ is str:
        return mended(value)
    if is_nil(value):
        return None
    if isinstance(value, bytes):
        return binascii.b2a_base64(value, newline=False).decode()
    return int(value) if isinstance(value, int) and value.__class__ is not bool else value


MAX_DEPTH = 500

LONG = 4096
"""Texts longer than this are counted."""


def to_yaml(f: Frame, value: Value) -> str:
    try:
        return f.execution.services.yaml.dump(plain(f, value)).removesuffix("\n")
    except ValueError:
        return ""


def must_to_yaml(f: Frame, value: Value) -> str:
    try:
        return f.execution.services.yaml.dump(plain(f, value)).removesuffix("\n")
    except ValueError as problem:
        raise Failure(str(problem)) from None


def to_yaml_pretty(f: Frame, value: Value) -> str:
    before = f.meter.steps
    tree = plain(f, value, by_way_of_json=False)
    f.meter.spend(before - f.meter.steps)  # this printer takes twice the time of the other one
    try:
        return f.execution.services.yaml.dump_indented(tree).removesuffix("\n")
    except ValueError:
        return ""


def from_yaml(f: Frame, text: str) -> Value:
    f.meter.parse_yaml(text)
    try:
        value = f.execution.services.yaml.load(text)
    except ValueError as problem:
        f.meter.parse_yaml(text)  # it was read once more for the words
        return {"Error": str(problem)}
    if value is None:
        return {}
    if not isinstance(value, dict):
        from penstock.gotemplate.functions.json_reading import mismatch

        return {"Error": mismatch(value, "map[string]interface {}", yaml=True)}
    return value


def from_yaml_array(f: Frame, text: str) -> Value:
    f.meter.parse_yaml(text)
    try:
        value = f.execution.services.yaml.load(text)
    except ValueError as problem:
        return [str(problem)]
    if value is None:
        return []
    if not isinstance(value, list):
        from penstock.gotemplate.functions.json_reading import mismatch

        return [mismatch(value, "[]interface {}", yaml=True)]
    return value


def _sum(algorithm: str, text: str) -> str:
    import hashlib  # OpenSSL takes 3 ms to load

    return hashlib.new(algorithm, text_bytes(text)).hexdigest()


FUNCTIONS: dict[str, Function] = {
    "adler32sum": Function(adler32sum, "string"),
    "b32dec": Function(b32dec, "string", weight=SLOW, cost=6),
    "b32enc": Function(b32enc, "string", weight=SLOW, cost=6),
    "b64dec": Function(b64dec, "string", weight=2, cost=6),
    "b64enc": Function(b64enc, "string", site=True),
    "fromYaml": Function(from_yaml, "string", site=True, cost=150),
    "fromYamlArray": Function(from_yaml_array, "string", site=True, cost=150),
    "mustToYaml": Function(must_to_yaml, "any", site=True, cost=10),
    "sha1sum": Function(partial(_sum, "sha1"), "string"),
    "sha256sum": Function(partial(_sum, "sha256"), "string"),
    "sha512sum": Function(partial(_sum, "sha512"), "string"),
    "toYaml": Function(to_yaml, "any", site=True, cost=10),
    "toYamlPretty": Function(to_yaml_pretty, "any", site=True, cost=10),
}
