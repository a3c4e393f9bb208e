"""Words that stand for codes: a code (`PS401`), its name (`wrong-type`), or the beginning of codes (`PS4`)."""

import re
from collections.abc import Iterable, Mapping

from penstock.words import nearest

_BEGINNING = re.compile(r"PS[0-9]{0,3}")

Codes = Mapping[str, str]
"""The name of each code that there is."""


def code_of(word: str, codes: Codes) -> str:
    """Return the code, or the beginning of codes, for which a word stands. It is empty if the word stands for none."""
    upper = word.upper()
    if upper in codes:
        return upper
    if _BEGINNING.fullmatch(upper) and any(code.startswith(upper) for code in codes):
        return upper
    return next((code for code, name in codes.items() if name == word.lower()), "")


def meant(word: str, codes: Codes) -> str:
    """Return a hint about a word that stands for no code."""
    near = "" if _BEGINNING.fullmatch(word.upper()) else nearest(word.lower(), codes.values())
    return f"did you mean {near}?" if near else "`penstock rule` lists all codes"


def selects(beginnings: Iterable[str], code: str) -> bool:
    """Return whether a finding has one of some codes, or one that begins with one of them."""
    return any(code.startswith(each) for each in beginnings)
