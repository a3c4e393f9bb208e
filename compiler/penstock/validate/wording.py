"""How a finding names things: paths, types of values, and what was probably meant."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from penstock.model import Pointer

LONGEST_QUOTE = 60
"""Characters of a name or value that a message repeats."""

MOST_CHOICES = 12
"""Values that a message lists."""

MOST_CANDIDATES = 1_000
"""Of more names none is looked for; Kubernetes has less than 400 kinds, and no type with 100 fields."""

_TYPES = {
    dict: "mapping",
    list: "list",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def dotted(at: Pointer) -> str:
    """`spec.template.spec.containers[0]`, `metadata.labels["example.com/tier"]`; the empty string for the root."""
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, str) and step.replace("-", "").replace("_", "").isalnum():
            text += f".{shortened(step)}"
        else:
            text += f"[{quoted(str(step))}]"
    return text.removeprefix(".")


def quoted(text: str) -> str:
    """A name or a value as a message shows it."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def type_of(value: Any) -> str:
    """The type of a value in the words of YAML."""
    return _TYPES.get(type(value), "value of an unknown type")


def one_of(values: Iterable[str]) -> str:
    """`"A", "B" or "C"`; of many values the first."""
    names = [*values]
    words = [quoted(name) for name in names[:MOST_CHOICES]]
    if len(names) > MOST_CHOICES:
        words.append(f"one of {len(names) - MOST_CHOICES} others")
    return " or ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant, or the empty string."""
    names = [*islice(candidates, MOST_CANDIDATES + 1)]
    if len(word) > LONGEST_QUOTE or len(names) > MOST_CANDIDATES:
        return ""
    for name in names:
        if name.lower() == word.lower():
            return name
    from difflib import get_close_matches

    close = get_close_matches(word, names, n=1, cutoff=0.75)
    return close[0] if close else ""


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint, or the empty string."""
    name = nearest(word, candidates)
    return f"did you mean {quoted(name)}?" if name else ""
