"""Words that stand for codes: a code (`PS401`), its name (`wrong-type`), or the beginning of codes (`PS4`)."""

import re
from collections.abc import Iterable, Mapping

from penstock.words import nearest

_BEGINNING = re.compile(r"PS[0-9]{0,3}")

Codes = Mapping[str, str]
"""The name of each code that there is."""


def code_of(word: str, codes: Codes) -> str:
    """The code, or the beginning of codes, that a word stands for; empty where it stands for none."""
    upper = word.upper()
    if _BEGINNING.fullmatch(upper) and any(code.startswith(upper) for code in codes):
        return upper
    return next((code for code, name in codes.items() if name == word.lower()), "")


def meant(word: str, codes: Codes) -> str:
    """A hint for a word that stands for no code."""
    near = "" if _BEGINNING.fullmatch(word.upper()) else nearest(word.lower(), codes.values())
    return f"did you mean {near}?" if near else "`penstock rule` lists all codes"


def selects(beginnings: Iterable[str], code: str) -> bool:
    """Whether one of some codes, or beginnings of codes, is that of a finding."""
    return any(code.startswith(each) for each in beginnings)
