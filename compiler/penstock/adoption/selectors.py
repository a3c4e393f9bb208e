"""Words that stand for codes: a code (`PS401`), its name (`wrong-type`), or the beginning of codes (`PS4`)."""

from collections.abc import Iterable, Mapping

from penstock.regex import regex
from penstock.words import Nearest

_BEGINNING = regex(r"PS[0-9]{0,3}")
_LIKE_A_CODE = regex(r"PS[0-9]*")

ALL_CODES = "`penstock rule` lists all codes"

Codes = Mapping[str, str]
"""The name of each code that there is."""


def code_of(word: str, codes: Codes) -> str:
    """Return the code, or the beginning of codes, for which a word stands. It is empty if the word stands for none."""
    upper, lower = word.upper(), word.lower()
    if upper in codes:
        return upper
    if _BEGINNING.fullmatch(upper):
        return upper if any(code.startswith(upper) for code in codes) else ""
    # Whether there is such a name is asked first: that is quick, and a file may have any number of wrong words.
    return next(code for code, name in codes.items() if name == lower) if lower in codes.values() else ""


def meant(word: str, codes: Codes, search: Nearest | None = None) -> str:
    """Return a hint about a word that stands for no code. `search` bounds what is looked for, for one who may meet any
    number of them.
    """
    near = "" if _LIKE_A_CODE.fullmatch(word.upper()) else (search or Nearest()).to(word.lower(), codes.values())
    return f"did you mean {near}?" if near else ALL_CODES


def selects(beginnings: Iterable[str], code: str) -> bool:
    """Return whether a finding has one of some codes, or one that begins with one of them."""
    return any(code.startswith(each) for each in beginnings)
