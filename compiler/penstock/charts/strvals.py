"""The syntax of `--set` and related options: `a.b[0]=x,c={1,2}`, parsed into a tree of values as Helm does.

`Setter` parses `--set`, `--set-string`, `--set-file` and `--set-json`; `Literal` parses `--set-literal`, where only the
path contains special characters.
"""

from collections.abc import Callable
from functools import cache
from math import isfinite

from penstock.gotemplate.values import Int64, type_of
from penstock.model import Tree
from penstock.regex import regex
from penstock.typed import Any

MAX_INDEX = 65536
MAX_NESTED = 30

MAX_ELEMENTS = 2_000_000
"""Elements that all settings together add to lists: a short setting of a large index adds 65,536."""

COPIED = 16
"""Elements that are copied for one that is added: each setting of an element copies its list."""

_INTEGER = regex(r"[+-]?[0-9]{1,4096}")


class Unparsable(Exception):  # noqa: N818  # the state of a text
    """The text does not follow the syntax. The message is Helm's."""


class _End(Exception):  # noqa: N818  # the end of the text
    """The text has been read to its end."""


class Room:
    """What is left of the bound while the settings of a chart are parsed."""

    def __init__(self) -> None:
        self._left = MAX_ELEMENTS

    def take(self, added: int, copied: int) -> None:
        """Count elements of a list that are about to be made. Raises `Unparsable`."""
        self._left -= max(added, 0) + copied // COPIED
        if self._left < 0:
            raise Unparsable(f"the settings make lists of more than {MAX_ELEMENTS:,} elements together")


Convert = Callable[[str], Any]


def typed(text: str) -> Any:
    """Return the value that `--set` makes of a text: a boolean, null, an integer without a leading zero, or a
    string.
    """
    lower = text.lower()
    if lower in ("true", "false"):
        return lower == "true"
    if lower == "null":
        return None
    if text == "0":
        return Int64(0)
    if text[:1] != "0" and _INTEGER.fullmatch(text) and -(2**63) <= int(text) < 2**63:
        return Int64(text)
    return text


class Literal:
    """Parses `path=value`, where the value is the rest of the text, and sets the value in `data`."""

    stops_of_key = "=[."

    def __init__(self, text: str, data: Tree, room: Room) -> None:
        self._text = text
        self._at = 0
        self._data = data
        self._room = room

    def parse(self) -> None:
        """Parse all settings. Raises `Unparsable`."""
        try:
            while True:
                self._key(self._data, 0)
        except _End:
            return

    # --- reading ------------------------------------------------------------------------------------------------------

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise _End
        self._at += 1
        return self._text[self._at - 1]

    def _until(self, stops: str) -> tuple[str, str]:
        """Return the text up to the first of some characters, and that character, which is empty at the end."""
        start = self._at
        while self._at < len(self._text):
            if self._text[self._at] in stops:
                self._at += 1
                return self._text[start : self._at - 1], self._text[self._at - 1]
            self._at += 1
        return self._text[start:], ""

    # --- paths --------------------------------------------------------------------------------------------------------

    def _key(self, data: Tree, nested: int) -> None:
        key, stop = self._until(self.stops_of_key)
        if stop == "":
            if not key:
                raise _End
            raise Unparsable(f"key {_quoted(key)} has no value")
        if stop == "[":
            self._list_at(data, key, nested)
        elif stop == "=":
            self._value_at(data, key)
        elif stop == ",":
            _put(data, key, "")
            raise Unparsable(f"key {_quoted(key)} has no value (cannot end with ,)")
        else:
            self._below(data, key, nested + 1)

    def _below(self, data: Tree, key: str, nested: int) -> None:
        """Parse what follows a dot."""
        if nested > MAX_NESTED:
            message = f"value name nested level is greater than maximum supported nested level of {MAX_NESTED}"
            raise Unparsable(message)
        inner = data.get(key, {})
        if not isinstance(inner, dict):
            raise _conversion(inner, "map[string]interface {}")
        try:
            self._key(inner, nested)
        finally:
            if inner:
                _put(data, key, inner)
        if not inner:
            raise Unparsable(f"key map {_quoted(key)} has no value")

    def _list_at(self, data: Tree, key: str, nested: int) -> None:
        index = self._index()
        items = data.get(key, [])
        if not isinstance(items, list):
            raise _conversion(items, "[]interface {}")
        self._room.take(0, len(items))
        items = list(items)
        try:
            self._item(items, index, nested)
        finally:
            _put(data, key, items)

    def _index(self) -> int:
        text, stop = self._until("]")
        if stop == "":
            raise _End
        if not _INTEGER.fullmatch(text):
            raise Unparsable(f"error parsing index: strconv.Atoi: parsing {_quoted(text)}: invalid syntax")
        return int(text)

    def _item(self, items: list[Any], index: int, nested: int) -> None:
        """Parse what follows an index, and change the list."""
        if index < 0:
            raise Unparsable(f"negative {index} index not allowed")
        between, stop = self._until("[.=")
        if between:
            runes = " ".join(f"'{sign}'" for sign in between)
            raise Unparsable(f"unexpected data at end of array index: [{runes}]")
        if stop == "":
            raise _End
        if stop == "=":
            self._put_at(items, index, self._item_value())
        elif stop == "[":
            inner = self._index()
            known = items[index] if index < len(items) else None
            if known is not None and not isinstance(known, list):
                raise _conversion(known, "[]interface {}")
            # The list may be one of the chart's own values, which must stay as they are.
            self._room.take(0, len(known or []))
            below = list(known or [])
            self._item(below, inner, nested)
            self._put_at(items, index, below)
        else:
            known = items[index] if index < len(items) else {}
            table = known if isinstance(known, dict) else {}
            if index < len(items):
                items[index] = table
            self._key(table, nested)
            self._put_at(items, index, table)

    def _put_at(self, items: list[Any], index: int, value: Any) -> None:
        if index > MAX_INDEX:
            message = f"index of {index} is greater than maximum supported index of {MAX_INDEX}"
            raise Unparsable(message)
        missing = index + 1 - len(items)
        self._room.take(missing, 0)
        items.extend([None] * missing)
        items[index] = value

    # --- values -------------------------------------------------------------------------------------------------------

    def _value_at(self, data: Tree, key: str) -> None:
        _put(data, key, self._rest())

    def _item_value(self) -> Any:
        return self._rest()

    def _rest(self) -> str:
        rest = self._text[self._at :]
        self._at = len(self._text)
        return rest


class Setter(Literal):
    """Parses the syntax of `--set`: commas separate settings, and a backslash escapes the character that follows."""

    stops_of_key = "=[,."

    def __init__(self, text: str, data: Tree, room: Room, convert: Convert | None) -> None:
        """Without `convert`, the values are parsed as JSON."""
        super().__init__(text, data, room)
        self._convert = convert

    def _until(self, stops: str) -> tuple[str, str]:
        found: list[str] = []
        while self._at < len(self._text):
            sign = self._text[self._at]
            self._at += 1
            if sign in stops:
                return "".join(found), sign
            if sign == "\\":
                if self._at >= len(self._text):
                    break
                sign = self._text[self._at]
                self._at += 1
            found.append(sign)
        return "".join(found), ""

    def _value_at(self, data: Tree, key: str) -> None:
        is_last = self._convert is not None and self._at >= len(self._text)
        _put(data, key, self._item_value())
        if is_last:  # no value follows: the enclosing table or list is left as it was
            raise _End

    def _item_value(self) -> Any:
        if self._convert is None:
            return self._json()
        if self._at >= len(self._text):
            return ""
        if self._text[self._at] == "{":
            self._at += 1
            return self._list(self._convert)
        text, _ = self._until(",")
        return self._convert(text)

    def _list(self, convert: Convert) -> list[Any]:
        """Parse a list in braces."""
        items: list[Any] = []
        while True:
            text, stop = self._until(",}")
            if stop == "":
                raise Unparsable("list must terminate with '}'")
            items.append(convert(text))
            if stop == "}":
                if self._text[self._at : self._at + 1] == ",":
                    self._at += 1
                return items

    def _json(self) -> Any:
        """Parse a JSON value and the comma after it. An empty value is null."""
        if self._skip_blank_and_comma():
            return None
        try:
            value, self._at = _decoder().raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            raise Unparsable("the value is no JSON") from None
        self._skip_blank_and_comma()
        return value

    def _skip_blank_and_comma(self) -> bool:
        """Skip blanks and return whether the value ends here: at a comma, which is skipped, too, or at the end of the
        text.
        """
        while self._at < len(self._text):
            sign = self._text[self._at]
            if sign == ",":
                self._at += 1
                return True
            if not sign.isspace():
                return False
            self._at += 1
        return True


def _number(word: str) -> float:
    """Parse a number of 64 bits. Raises ValueError for 1e400 and NaN."""
    value = float(word)
    if not isfinite(value):
        raise ValueError(word)
    return value


@cache
def _decoder() -> Any:
    """Return a decoder for JSON as Go reads it: every number is a float."""
    import json  # most charts are rendered without settings

    return json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_number)


def json_mapping(text: str) -> Tree:
    """Parse a text as a JSON object. Raises `Unparsable`."""
    try:
        value, end = _decoder().raw_decode(text)
    except (ValueError, RecursionError):
        raise Unparsable("the value is no JSON") from None
    if text[end:].strip() or not isinstance(value, dict):
        raise Unparsable("the value is no JSON")
    return value


def _conversion(value: Any, wanted: str) -> Unparsable:
    """Return Go's error for a path that continues below a value of another type."""
    message = f"interface conversion: interface {{}} is {_go_type(value)}, not {wanted}"
    return Unparsable(f"unable to parse key: {message}")


def _put(data: Tree, key: str, value: Any) -> None:
    if key:
        data[key] = value


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _go_type(value: Any) -> str:
    """Return the type of a value as Go prints it."""
    return "nil" if value is None else type_of(value)
