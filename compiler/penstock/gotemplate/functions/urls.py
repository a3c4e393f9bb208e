"""`urlParse` and `urlJoin`, which follow the rules of Go's `net/url`."""

import ipaddress
import re

from penstock.gotemplate.calls import SLOW, Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.values import Value, bytes_text, kind_of, text_bytes
from penstock.records import NamedTuple

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
KEPT: dict[str, frozenset[str]] = {
    "path": UNRESERVED | frozenset("$&+,/:;=@"),
    "userinfo": UNRESERVED | frozenset("$&+,;="),
    "host": UNRESERVED | frozenset("!$&'()*+,;=:[]<>\""),
    "fragment": UNRESERVED | frozenset("$&+,/:;=?@!()*"),
}
"""The characters that each part of a URL contains unescaped."""

ALSO_VALID: dict[str, frozenset[str]] = {
    "path": frozenset("!$&'()*+,;=:@[]"),
    "fragment": frozenset("!$&'()*+,;=:@[]"),
}
"""Further characters that a path or fragment may contain where it is kept as it was written."""


class Address(NamedTuple):
    """A URL in parts. They are unescaped, except that `raw_path` and `raw_fragment` are kept as they were written."""

    scheme: str = ""
    opaque: str = ""
    userinfo: str = ""
    host: str = ""
    path: str = ""
    raw_path: str = ""
    query: str = ""
    forces_query: bool = False
    fragment: str = ""
    raw_fragment: str = ""


class Unreadable(ValueError):  # noqa: N818  # the name says what the text is
    """A text that is not a URL."""


def escaped(text: str, part: str) -> str:
    kept = KEPT[part]
    if kept.issuperset(text):
        return text
    return "".join([chr(byte) if chr(byte) in kept and byte < 128 else f"%{byte:02X}" for byte in text_bytes(text)])


def unescaped(text: str, part: str) -> str:
    """Return a part of a URL without escapes. Raises `Unreadable`."""
    bad = re.search(r"%(?![0-9a-fA-F]{2}).{0,2}", text, re.DOTALL)
    if bad is not None:
        raise Unreadable(f"invalid URL escape {quote(bad[0])}")
    if part in ("host", "zone"):
        _check_host(text, part)
    if "%" not in text:
        return text
    data = re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), text_bytes(text))
    return bytes_text(data)


HOST_CHARACTERS = KEPT["host"] | {"%"}


def _check_host(text: str, part: str) -> None:
    """Raise `Unreadable` for a character or an escape that a host, or the zone of an IPv6 address, may not contain."""
    wrong = next((each for each in text if ord(each) < 128 and each not in HOST_CHARACTERS), "")
    if wrong:
        raise Unreadable(f"invalid character {quote(wrong)} in host name")
    for escape in re.findall("%[0-9a-fA-F]{2}", text):
        byte = int(escape[1:], 16)
        is_allowed = byte >= 128 if part == "host" else chr(byte) in ZONE_ESCAPES
        if not is_allowed and escape != "%25":
            raise Unreadable(f"invalid URL escape {quote(escape)}")


ZONE_ESCAPES = KEPT["host"] | {" "}
"""Characters that the zone of an IPv6 address may contain escaped."""


def parse(text: str) -> Address:
    """Return the parts of a URL. Raises `Unreadable`."""
    rest, hash_, fragment = text.partition("#")
    address = _parsed_without_fragment(rest)
    if not hash_ or not fragment:
        return address
    plain = unescaped(fragment, "fragment")
    return address._replace(fragment=plain, raw_fragment="" if fragment == escaped(plain, "fragment") else fragment)


def _parsed_without_fragment(text: str) -> Address:
    if any(ord(character) < 32 or character == "\x7f" for character in text):
        raise Unreadable("net/url: invalid control character in URL")
    if text == "*":
        return Address(path="*")
    scheme, rest = _scheme(text)
    forces_query = rest.endswith("?") and rest.count("?") == 1
    rest, _, query = rest.partition("?")
    address = Address(scheme=scheme.lower(), query=query, forces_query=forces_query)
    if not rest.startswith("/"):
        if scheme:
            return address._replace(opaque=rest)
        first = rest.partition("/")[0]
        if ":" in first:
            raise Unreadable("first path segment in URL cannot contain colon")
    # Three slashes without a scheme begin a path, and no host.
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        userinfo, host = _authority(address.scheme, authority)
        address = address._replace(userinfo=userinfo, host=host)
        rest = slash + path
    plain = unescaped(rest, "path")
    # The path as written is kept only if it cannot be made again from the plain one.
    return address._replace(path=plain, raw_path="" if rest == escaped(plain, "path") else rest)


def _scheme(text: str) -> tuple[str, str]:
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", text)
    if found:
        return found[1], text[found.end() :]
    if text.startswith(":"):
        raise Unreadable("missing protocol scheme")
    return "", text


def _authority(scheme: str, text: str) -> tuple[str, str]:
    userinfo, at, host = text.rpartition("@")
    host = _host(scheme, host)
    if not at:
        return "", host
    if not re.fullmatch(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", userinfo):
        raise Unreadable("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(":")
    shown = escaped(unescaped(name, "userinfo"), "userinfo")
    if colon:
        shown += ":" + escaped(unescaped(password, "userinfo"), "userinfo")
    return shown, host


def _host(scheme: str, host: str) -> str:
    """Return an unescaped host with its port. Only http and https are strict about colons."""
    bracket = host.rfind("[")
    if bracket > 0:
        raise Unreadable("invalid IP-literal")
    if bracket == 0:
        return _literal(host)
    colon = host.find(":") if scheme in ("http", "https") else host.rfind(":")
    _check_port(host[colon:] if colon >= 0 else "")
    return unescaped(host, "host")


def _literal(host: str) -> str:
    """Return an IPv6 address in brackets, unescaped, with its port."""
    end = host.rfind("]")
    if end < 0:
        raise Unreadable("missing ']' in host")
    _check_port(host[end + 1 :])
    address, percent, zone = host[1:end].partition("%25")
    name = unescaped(address, "host") + unescaped(percent + zone, "zone")
    try:
        is_old = ipaddress.ip_address(name).version == 4
    except ValueError:
        raise Unreadable(f"invalid host: ParseAddr({quote(name)}): unable to parse IP") from None
    if is_old:
        raise Unreadable("invalid IP-literal")
    return f"[{name}]{host[end + 1 :]}"


def _check_port(port: str) -> None:
    if port and not re.fullmatch(r":[0-9]*", port):
        raise Unreadable(f"invalid port {quote(port)} after host")


def text_of(address: Address) -> str:
    """Return a URL as `URL.String` writes it."""
    out = f"{address.scheme}:" if address.scheme else ""
    if address.opaque:
        out += address.opaque
    else:
        out += _hierarchy(address, bool(out))
    if address.forces_query or address.query:
        out += f"?{address.query}"
    if address.fragment:
        out += f"#{_as_written(address.fragment, address.raw_fragment, 'fragment')}"
    return out


def _hierarchy(address: Address, has_scheme: bool) -> str:
    """Return the authority and the path as text."""
    path = _as_written(address.path, address.raw_path, "path")
    authority = _authority_text(address, has_scheme)
    if path and path[0] != "/" and address.host:
        authority += "/"
    if not authority and not has_scheme and ":" in path.partition("/")[0]:
        authority = "./"
    return authority + path


def _authority_text(address: Address, has_scheme: bool) -> str:
    """Return the user and host after two slashes. With a scheme, a path without a host has the slashes, too."""
    if address.host or address.userinfo:
        userinfo = f"{address.userinfo}@" if address.userinfo else ""
        return f"//{userinfo}{escaped(address.host, 'host')}"
    return "//" if has_scheme and address.path else ""


def _as_written(plain: str, raw: str, part: str) -> str:
    if raw and all(character in KEPT[part] | ALSO_VALID[part] | {"%"} for character in raw):
        return raw
    return "*" if plain == "*" and part == "path" else escaped(plain, part)


def url_parse(text: str) -> dict[str, Value]:
    try:
        address = parse(text)
    except Unreadable as problem:
        address_only = text.partition("#")[0]
        raise Failure(f"unable to parse url: parse {quote(address_only)}: {problem}") from None
    host = address.host
    return {
        "scheme": address.scheme,
        "host": host,
        "hostname": _hostname(host),
        "path": address.path,
        "query": address.query,
        "opaque": address.opaque,
        "fragment": address.fragment,
        "userinfo": address.userinfo,
    }


def _hostname(host: str) -> str:
    name = re.sub(r":[0-9]*\Z", "", host)
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def url_join(f: Frame, values: dict[str, Value]) -> str:
    names = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
    texts = [_text(values, name) for name in names]
    f.meter.spend(sum(map(len, texts)))  # letters that are not ASCII are escaped one by one
    scheme, host, path, query, opaque, fragment, userinfo = texts
    if userinfo:
        try:
            userinfo = parse(f"proto://{userinfo}@host").userinfo
        except Unreadable as problem:
            raise Failure(
                f"unable to parse userinfo in dict: parse {quote(f'proto://{userinfo}@host')}: {problem}"
            ) from None
    return text_of(
        Address(scheme=scheme, opaque=opaque, userinfo=userinfo, host=host, path=path, query=query, fragment=fragment)
    )


def _text(values: dict[str, Value], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        kind = kind_of(value)
        raise Failure(f"unable to parse {name} key, must be of type string, but {kind} found")
    return value


FUNCTIONS: dict[str, Function] = {
    "urlJoin": Function(url_join, "map", site=True, cost=10),
    "urlParse": Function(url_parse, "string", weight=SLOW, cost=30),
}
