"""Functions of texts: those of the language, `ext.Strings` of cel-go, and `regex` and `base64`.

Source: cel-spec doc/langdef.md; cel-go ext/strings.go; apiserver pkg/cel/library/regex.go.
"""

from base64 import b64decode
from typing import Any

from penstock.expression import Invalid, TooMuch, expression
from penstock.validate.cel.values import (
    MAX_LENGTH,
    EvaluationError,
    UnsupportedError,
    equal,
    of_type,
)


def size(value: Any) -> int:
    return len(of_type(value, str, bytes, list, dict))


def matches(text: str, pattern: str) -> bool:
    return bool(_expression(pattern).found_in(of_type(text, str)))


def _expression(pattern: str) -> Any:
    try:
        return expression(of_type(pattern, str))
    except Invalid as error:
        raise EvaluationError(str(error)) from None
    except TooMuch:
        raise UnsupportedError("the expression is too large") from None


def find(text: str, pattern: str) -> str:
    return next((match[0] for match in _expression(pattern).each(of_type(text, str))), "")


def find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match[0] for match in _expression(pattern).each(of_type(text, str))]
    return found if limit < 0 else found[:limit]


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator == "":
        letters = list(of_type(text, str))
        return letters if limit < 0 or len(letters) <= limit else [*letters[: limit - 1], text[limit - 1 :]]
    return of_type(text, str).split(separator, limit - 1 if limit > 0 else -1)  # type: ignore[no-any-return]


def join(items: list[str], separator: str = "") -> str:
    return of_type(separator, str).join(of_type(items, list))  # type: ignore[no-any-return]


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    if len(of_type(text, str)) * (1 + len(of_type(new, str))) > MAX_LENGTH:
        raise UnsupportedError("the text becomes too long")
    return str(text.replace(old, new, limit))


def substring(text: str, start: int, end: int | None = None) -> str:
    last = len(of_type(text, str)) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise EvaluationError(f"index out of range: {start}")
    return text[start:last]


def index_of(text: Any, part: Any, start: int = 0) -> int:
    if isinstance(text, list):
        return next((index for index, each in enumerate(text) if equal(each, part)), -1)
    return int(of_type(text, str).find(part, start))


def last_index_of(text: Any, part: Any, start: int | None = None) -> int:
    if isinstance(text, list):
        return next((index for index in range(len(text) - 1, -1, -1) if equal(text[index], part)), -1)
    return int(of_type(text, str).rfind(part, 0, None if start is None else start + len(part)))


def char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(of_type(text, str)):
        raise EvaluationError(f"index out of range: {index}")
    return text[index : index + 1]


def reverse(value: Any) -> Any:
    return of_type(value, str, list)[::-1]


def lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in of_type(text, str))


def upper(text: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in of_type(text, str))


def quoted_text(text: str) -> str:
    import json

    return json.dumps(of_type(text, str), ensure_ascii=False)


def base64_bytes(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise EvaluationError("this is no base64") from None
