"""The meaning of plain (unquoted) YAML scalars, in the two dialects that Kustomize reads.

`resource_scalar` is that of go-yaml v3 (resources, strategic merge patches): only true and false are booleans.
`config_scalar` is that of go-yaml v2, YAML 1.1 (kustomization files, JSON 6902 patches, Helm values): yes, on and y are
booleans, too, and dates stay text. Measured with kustomize v5.8.2; docs/output.md lists the table.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from penstock.regex import regex
from penstock.typed import Any

Scalar = str | int | float | bool | None

BLANK_IN_FLOW = "{}"
"""How `Document.spelled` has `{a: }`: nothing, which Kustomize prints as an empty string."""

BASE_60 = regex(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
"""Matches a number of YAML 1.1 with the base of 60, such as 1:30, which go-yaml reads as text and writes in quotes."""

_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_IN_FLOATS = frozenset("0123456789+-.eE")
_DATE = regex(r"\d{4}-\d{1,2}-\d{1,2}")
_TIME = regex(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|\x20+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?"
)

_BREAKS = regex(r"\n+")
_NEXT_LINES = regex("[ \x85]+")
_SEPARATING_LINE = regex("\x85(---|\\.\\.\\.)([ \x85]|$)")
_UNDECODED = regex("[\udc80-\udcff]")
_UNPRINTABLE = regex("[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")

_COMMON: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_STARTS_NUMBER = frozenset("+-.0123456789")
_ENDLESS = (float("inf"), float("-inf"))
_YAML_1_1: dict[str, Scalar] = {
    **_COMMON,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}


@lru_cache(maxsize=65536)
def resource_scalar(text: str) -> Scalar:
    """Return the value of a plain scalar of a resource. A date becomes the RFC 3339 text that `kustomize build` prints
    for it.
    """
    if text[:1] not in "+-.0123456789ntfNTF~" and text:
        return text
    if text in _COMMON:
        return _COMMON[text]
    if text[4:5] == "-" and _DATE.match(text) and (instant := _timestamp(text)):
        return instant
    return _number(text)


def may_be_date(value: str) -> bool:
    """Return whether a string may be a date. Dates are the only strings that a file may spell in another way."""
    return value[4:5] == "-" and value[:4].isdigit()


def is_loose(written: str) -> bool:
    """Return whether the text of a plain scalar means something else inside braces, as nothing and dates do."""
    return written in ("", BLANK_IN_FLOW) or may_be_date(written)


def json_number(number: int | float) -> str:
    """Return a number as Go's encoding/json writes it: with the fewest digits, and with an exponent if it is very small
    or very large.
    """
    if isinstance(number, int):
        return str(number)
    if 1e-6 <= abs(number) < 1e21 or number == 0:
        return _without_exponent(number)
    return repr(number).replace("e-0", "e-")


def go_number(number: int | float) -> str:
    """Return a number as go-yaml writes a float of 64 bits: 1000000 is 1e+06. Every number is such a float for it after
    a JSON patch.
    """
    plain = _without_exponent(float(number))
    digits = plain.replace(".", "").strip("-0")
    scientific = f"{float(number):.{max(len(digits) - 1, 0)}e}"
    return plain if -4 <= int(scientific.partition("e")[2]) < 6 else scientific


def number_as_string(number: int | float) -> str:
    """Return a number as Kustomize writes it where the configuration of a plugin wants a string: it is written as JSON
    and read again. What is no integer of 64 bits is printed as Go's `%g` prints a float of 32 bits.
    """
    written = json_number(number)
    integer = _integer(written)
    return str(integer) if integer is not None else float_as_string(float(written))


def float_as_string(number: float) -> str:
    """Return what Go's `strconv.FormatFloat(number, 'g', -1, 32)` prints: the fewest digits that give the same float of
    32 bits.
    """
    import struct

    try:
        single = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return "+Inf" if number > 0 else "-Inf"
    if single in _ENDLESS:
        return "+Inf" if number > 0 else "-Inf"
    for digits in range(9):
        scientific = f"{single:.{digits}e}"
        if struct.unpack("f", struct.pack("f", float(scientific)))[0] == single:
            break
    exponent = int(scientific.partition("e")[2])
    return scientific if not -4 <= exponent < 6 else _without_exponent(float(scientific))


def _without_exponent(number: float) -> str:
    from decimal import Decimal

    plain = format(Decimal(repr(number)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def config_key(text: str) -> str:
    """Return the text of an unquoted key of a configuration: `010` becomes `8`, and `yes` becomes `true`."""
    key = config_scalar(text)
    if key is None or (isinstance(key, float) and key - key != 0):
        return text
    return key_text(key, is_config=True) or ""


def as_plain_key(text: str) -> str:
    """Return the text of a key that is written without quotes and read again: `010` becomes `8`."""
    return str(resource_scalar(text))


def can_be_plain_key(text: str) -> bool:
    """Return whether an unquoted key can be a key in JSON: it has to be a string or an integer."""
    return not isinstance(resource_scalar(text), bool | float | None)


def is_odd_key(text: str) -> bool:
    """Return whether an unquoted key is read as another text, or as no text: `010` and `true` are, `8080` is not."""
    return not can_be_plain_key(text) or as_plain_key(text) != text


def resource_scalar_in_flow(text: str) -> Scalar:
    """Return the value of a plain scalar of a resource inside braces or brackets.

    Kustomize writes these anew on the way, with quotes where a value needs them there, and so reads a time of day as
    text.
    """
    return text if ":" in text else resource_scalar(text)


@lru_cache(maxsize=65536)
def config_scalar(text: str) -> Scalar:
    """Return the value of a plain scalar of a kustomization file, a JSON 6902 patch or another configuration."""
    if text in _YAML_1_1:
        return _YAML_1_1[text]
    return _number(text) if text[:1] in "+-.0123456789" else text


def value_scalar(text: str) -> Scalar:
    """Return the value of a plain scalar of Helm's values. They are read like a configuration and then pass through
    JSON, which has floats only.
    """
    number = config_scalar(text)
    return float(number) if number.__class__ is int else number


def value_tagged(tag: str, text: str) -> Any:
    """Return the value of a tagged scalar of Helm's values."""
    return _as_float(config_tagged(tag, text))


def _as_float(value: Any) -> Any:
    return float(value) if value.__class__ is int else value


UNFIT = object()
"""In place of a value, where a tag demands another type than the text has."""

YAML_TAGS = "tag:yaml.org,2002:"


NULL_TAG = YAML_TAGS + "null"

NO_TAG = ""
"""The tag of a scalar that has lost its tag, and is read as if it had never had one."""

KEY_WITHOUT_TEXT = "a key with this tag is no text, and cannot be printed"


def unfit(tag: str) -> tuple[str, str]:
    """Return the message about a tag that does not fit, and the hint."""
    message = f"the tag !!{tag.removeprefix(YAML_TAGS)} does not fit what stands behind it"
    return message, "remove the tag, or write a value of that type"


def resource_tagged(tag: str, text: str) -> Any:
    """Return the value of a scalar of a resource with an explicit tag. An unknown tag makes text of it, as in
    Kustomize.
    """
    return _tagged(tag, text, _COMMON, _timestamp)


class Tagged(str):
    """A scalar of an object whose tag contradicts its text.

    Kustomize goes by the text until it has written the object and reads it again; only then the tag counts, and may not
    fit. A mapping or list with the tag `!!null` is one too, without a text: Kustomize takes it for null while it looks
    at it, and prints it as the mapping or list that it is.
    """

    __slots__ = ("content", "is_plain", "tag")
    tag: str
    is_plain: bool
    """Whether it has no quotes."""
    content: Any
    """The mapping or list; None for a scalar."""

    def __new__(cls, text: str, tag: str, is_plain: bool, content: Any = None) -> "Tagged":
        made = super().__new__(cls, text)
        made.tag, made.is_plain, made.content = tag, is_plain, content
        return made

    def __reduce__(self) -> Any:
        return Tagged, (str(self), self.tag, self.is_plain, self.content)

    @property
    def value(self) -> Any:
        """The value that is read in the end, or `UNFIT` if the tag demands another type."""
        if self.tag == NO_TAG:
            return resource_scalar(str(self))
        return self.content if self.content is not None else resource_tagged(self.tag, str(self))

    @property
    def is_null(self) -> bool:
        """Whether Kustomize takes the scalar for null when it merges, whatever its text is."""
        return self.tag == NULL_TAG

    @property
    def is_implied(self) -> bool:
        """Whether the text would have this tag anyway. Kustomize leaves the tag out then, where it has the choice."""
        plain = resource_scalar(str(self))
        return is_same(plain, self.value) or (self.tag == YAML_TAGS + "timestamp" and plain != str(self))


def is_same(one: Any, other: Any) -> bool:
    """Return whether two scalars are the same value of the same type."""
    return one.__class__ is other.__class__ and bool(one == other)


def with_tag(text: str, tag: str, is_plain: bool) -> Any:
    """Return a scalar of an object with a tag: its value if the text has that value without the tag, and `Tagged`
    otherwise.

    An empty scalar with a tag is not read like an empty scalar in braces.
    """
    value = resource_tagged(tag, text)
    is_usual = is_plain and text and is_same(value, resource_scalar(text))
    is_known = tag == "!" or (tag.startswith(YAML_TAGS) and tag != YAML_TAGS + "merge")
    if is_known and (is_usual or is_same(value, text)):
        return value
    return Tagged(text, tag, is_plain)


def key_with_tag(text: str, tag: str, is_plain: bool) -> str:
    """Return a key of an object with a tag: its text if it is read as text, or is the same without the tag, and
    `Tagged` otherwise.
    """
    found = with_tag(text, tag, is_plain)
    if found.__class__ is Tagged or (found == text and is_plain and as_plain_key(text) != text):
        return Tagged(text, tag, is_plain)
    return text


def without_tag(key: str) -> str:
    """Return a key that has lost its tag. With quotes it is text; without them it is what YAML takes the text for."""
    text = str(key)
    is_plain = isinstance(key, Tagged) and key.is_plain and can_be_plain_key(text)
    return as_plain_key(text) if is_plain else text


def config_tagged(tag: str, text: str) -> Any:
    """Return the value of a tagged scalar of a configuration, where a date stays text."""
    return _tagged(tag, text, _YAML_1_1, lambda text: text if is_timestamp(text) else None)


def _tagged(tag: str, text: str, words: Mapping[str, Scalar], time: Callable[[str], str | None]) -> Any:
    """Return what go-yaml's `resolve` makes of a text with a tag."""
    name = tag.removeprefix(YAML_TAGS) if tag.startswith(YAML_TAGS) else ""
    if name == "binary":
        return _binary(text)
    if name == "timestamp":
        instant = time(text)
        return UNFIT if instant is None else instant
    if name not in ("null", "bool", "int", "float"):
        return text
    value = words[text] if text in words else _number(text) if text[:1] in _STARTS_NUMBER else text
    return _as(name, value)


def _as(name: str, value: Scalar) -> Any:
    """Return a value if it has the type that a tag demands. An integer of 64 bits counts as a float, too."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if name == "float" and is_integer and value < 2**63:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    fits = {
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": is_integer,
        "float": isinstance(value, float),
    }
    return value if fits[name] else UNFIT


def key_text(value: Any, is_config: bool) -> str | None:
    """Return the text that JSON has for a value that is a key, or None if it has none. In a configuration only null has
    none.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower() if is_config else None
    if isinstance(value, float):
        return float_as_string(value) if is_config else None
    return str(value)


def _number(text: str) -> Scalar:
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    number = _float(plain) if _IN_FLOATS.issuperset(plain) else None
    return text if number in (None, float("inf"), float("-inf")) else number


def _float(plain: str) -> float | None:
    """Return the value of a text of digits, signs, dots and exponents. What it may look like is the same in Python."""
    try:
        return float(plain)
    except ValueError:
        return None


def _integer(plain: str) -> int | None:
    """Return what Go's `strconv.ParseInt` with base 0 returns: it knows 0x, 0o, 0b, and a leading zero for octal. The
    answer is None for what is no int64 or uint64.
    """
    sign, digits = (plain[0], plain[1:]) if plain[:1] in ("+", "-") else ("", plain)
    prefix = digits[:2].lower()
    try:
        if prefix in ("0x", "0o", "0b"):
            base, digits = {"0x": 16, "0o": 8, "0b": 2}[prefix], digits[2:]
        else:
            base = 8 if len(digits) > 1 and digits[0] == "0" else 10
        # Python takes underlines and the digits of all scripts, and Go takes neither. Zeros in front add nothing.
        if not digits.isascii() or not digits.isalnum() or len(digits.lstrip("0")) > 64:
            return None
        number = int(digits.lstrip("0") or digits[0], base)
    except ValueError:
        return None
    number = -number if sign == "-" else number
    return number if _INT64_MIN <= number <= (_UINT64_MAX if sign == "" else -_INT64_MIN - 1) else None


def refolded(text: str) -> str:
    """Return a folded text after go-yaml has written and read it.

    It adds an empty line after each line that is not indented, even where an indented line or the end comes next. It
    adds none if the text starts with a space.
    """
    if not can_be_block(text):  # it is written in double quotes
        return text
    start = text.lstrip("\n")
    adds = start[:1] not in ("", " ", "\t")
    parts: list[str] = []
    position = 0
    for match in _BREAKS.finditer(text):
        before = text[position : match.start()]
        parts.append(before)
        position = match.end()
        parts.append(_read_breaks(match[0], before, text[position : position + 1], adds))
    return "".join(parts) + text[position:]


def without_next_lines(text: str) -> str | None:
    """Return a text with U+0085 as go-yaml reads it back out of JSON: as a line break in double quotes, which is
    folded.

    The answer is None where such a break starts a line that separates documents, which go-yaml does not read.
    """
    if _SEPARATING_LINE.search(text):
        return None
    return _NEXT_LINES.sub(lambda found: _folded(found[0]), text)


def _folded(blanks: str) -> str:
    """Return spaces and line breaks as they are read in double quotes: spaces beside a break are lost."""
    breaks = blanks.count("\x85")
    return ("\n" * (breaks - 1) or " ") if breaks else blanks


def can_be_block(text: str) -> bool:
    """Return whether go-yaml can write a text as a block."""
    return text != "" and text[-1] != " " and " \n" not in text and not _UNPRINTABLE.search(text)


def _read_breaks(breaks: str, before: str, after: str, adds: bool) -> str:
    """Return the line breaks between two lines as they are read back. `after` is the first character of the next
    line.
    """
    is_normal = before != "" and before[0] not in " \t"
    written = breaks + "\n" if is_normal and adds else breaks
    if not after:  # the end: one break more is read only where all are kept
        return written if len(breaks) > 1 else breaks
    if not is_normal or after in " \t":
        return written
    return " " if len(written) == 1 else written[1:]


def is_timestamp(text: str) -> bool:
    """Return whether an unquoted text is a date or a time."""
    return _timestamp(text) is not None


def _is_clock(hour: int, minute: int, second: int) -> bool:
    return hour <= 23 and minute <= 59 and second <= 59


def _timestamp(text: str) -> str | None:
    """Return a time in one of the four layouts that go-yaml knows, printed as Go prints a time in JSON. The answer is
    None for any other text.
    """
    match = _TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, *clock, fraction, zone = match.groups()
    if zone is not None and text[len(year) + 1 :].find(" ") >= 0:
        return None  # a zone goes with T only
    if clock[0] is not None and zone is None and "T" in text.upper():
        return None  # and T only with a zone
    hour, minute, second = (int(part or 0) for part in clock)
    if not _is_day(int(year), int(month), int(day)) or not _is_clock(hour, minute, second):
        return None
    fraction = (fraction or "")[:9].rstrip("0")  # Go counts nanoseconds, and drops what is beyond them
    tail = f".{fraction}" if fraction else ""
    place = "Z" if zone in (None, "+00:00", "-00:00") else zone
    return f"{year}-{int(month):02}-{int(day):02}T{hour:02}:{minute:02}:{second:02}{tail}{place}"


def _is_day(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _days(year, month)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _binary(text: str) -> Any:
    """Return the content of a Base64 text as JSON has it: each byte that is not valid UTF-8 is replaced."""
    import base64

    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        return UNFIT
    return _UNDECODED.sub("\ufffd", data.decode("utf-8", "surrogateescape"))
