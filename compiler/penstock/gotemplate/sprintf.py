"""Formats: `fmt.Sprintf`, which fills the verbs of a text with values."""

import re
from collections.abc import Sequence
from functools import lru_cache

from penstock.gotemplate.bounds import Meter, size_of
from penstock.gotemplate.formatting import PLAIN, Printer, Spec
from penstock.gotemplate.values import Value, type_of

MAX_WIDTH = 1_000_000
"""Go refuses a larger width or precision."""

STEPS_OF_A_VERB = 8
"""The steps that a verb of a format costs."""

STEPS_OF_MORE = 16
"""The steps that a verb costs that may have flags, a width, a precision or an index."""


def sprintf(layout: str, values: Sequence[Value], meter: Meter | None = None) -> str:
    """Return a format filled in with values. As in Go, the result itself says what is wrong with the format."""
    plain = _plain(layout) if len(layout) <= LONGEST_PLAIN else None
    if plain is None or len(plain[1]) != len(values):
        return _Format(layout, values, meter).run()
    texts, specs = plain
    filled = _Format(layout, values, meter)
    if meter is not None:
        meter.spend(STEPS_OF_A_VERB * len(specs))
    for text, spec in zip(texts, specs, strict=False):
        filled.out.append(text)
        filled.put(spec)
    filled.out.append(texts[-1])
    return "".join(filled.out)


LONGEST_PLAIN = 256
"""The longest format that is kept, in characters."""


@lru_cache(maxsize=1024)
def _plain(layout: str) -> tuple[list[str], list[Spec]] | None:
    """Return the texts around the verbs of a format, and the verbs, or None if any verb has more than its letter."""
    parts = re.split("%([a-zA-Z])", layout)
    if any("%" in text for text in parts[::2]):
        return None
    return parts[::2], [Spec(verb) for verb in parts[1::2]]


class _Format:
    """A format while it is being filled in."""

    def __init__(self, layout: str, values: Sequence[Value], meter: Meter | None) -> None:
        self.layout = layout
        self.values = values
        self.printer = Printer(meter)
        self.out: list[str] = []
        self.number = 0
        self.length = 0
        self.reordered = False
        self.is_good = True
        self.after_index = False

    def run(self) -> str:
        layout = self.layout
        at = 0
        while True:
            start = layout.find("%", at)
            if start < 0:
                self.out.append(layout[at:])
                break
            self.out.append(layout[at:start])
            at = self.verb(start + 1)
            if at < 0:
                break
        if not self.reordered and self.number < len(self.values):
            self.extra()
        return "".join(self.out)

    def verb(self, at: int) -> int:
        """Format one verb. Return the position after it, or -1 where the format ends."""
        layout = self.layout
        start = at
        while layout[at : at + 1] and layout[at] in "#0+- ":
            at += 1
        flags = layout[start:at]
        self.is_good = True
        self.after_index = False
        at = self.index(at)
        if self.printer.meter is not None:
            self.printer.meter.spend(STEPS_OF_MORE)
        width, minus, at = self.width(at)
        precision, at = self.precision(at)
        # An explicit index may stand before the width, before the precision, or before the verb.
        if not self.after_index:
            at = self.index(at)
        if at >= len(layout):
            self.out.append("%!(NOVERB)")
            return -1
        verb = layout[at]
        spec = Spec(
            verb,
            plus="+" in flags and verb not in "vw",
            minus="-" in flags or minus,
            # For `%v`, the flags `#` and `+` have meanings of their own.
            sharp="#" in flags and verb not in "vw",
            space=" " in flags,
            zero="0" in flags and not minus,
            go="#" in flags and verb in "vw",
            names="+" in flags and verb in "vw",
            width=width,
            precision=precision,
        )
        self.put(spec)
        return at + 1

    def put(self, spec: Spec) -> None:
        if spec.verb == "%":
            self.out.append("%")
        elif not self.is_good:
            self.out.append(f"%!{spec.verb}(BADINDEX)")
        elif self.number >= len(self.values):
            self.out.append(f"%!{spec.verb}(MISSING)")
        else:
            self.value(self.printer.argument(self.values[self.number], spec))
            self.number += 1

    def value(self, text: str) -> None:
        """Append the text of a value. One value may stand many times in a format."""
        self.out.append(text)
        self.length += size_of(text)
        if self.printer.meter is not None:
            self.printer.meter.foresee(self.length)

    def index(self, at: int) -> int:
        """Read the number of the next value (`[3]`), if there is one. Return the position after it."""
        if self.layout[at : at + 1] != "[":
            return at
        self.reordered = True
        end = self.layout.find("]", at)
        digits = self.layout[at + 1 : end] if end >= 0 else ""
        if not 0 < len(digits) < 9 or not digits.isdecimal() or not 1 <= int(digits) <= len(self.values):
            self.is_good = False
            return at + 1 if end < 0 else end + 1
        self.number = int(digits) - 1
        self.after_index = True
        return end + 1

    def width(self, at: int) -> tuple[int | None, bool, int]:
        if self.layout[at : at + 1] == "*":
            width = self.count("%!(BADWIDTH)")
            self.after_index = False
            return (None, False, at + 1) if width is None else (abs(width), width < 0, at + 1)
        width, end = self.digits(at)
        if self.after_index and width is not None:
            self.is_good = False
        return width, False, end

    def precision(self, at: int) -> tuple[int | None, int]:
        if self.layout[at : at + 1] != "." or at + 1 >= len(self.layout):
            return None, at
        if self.after_index:
            self.is_good = False
        at = self.index(at + 1)
        if self.layout[at : at + 1] == "*":
            precision = self.count("%!(BADPREC)", least=0)
            self.after_index = False
            return precision, at + 1
        precision, at = self.digits(at)
        return precision or 0, at

    def digits(self, at: int) -> tuple[int | None, int]:
        """Return a number, or None, and the position after it. A far too large number consumes the rest of the
        format.
        """
        start = at
        while self.layout[at : at + 1] and self.layout[at] in "0123456789":
            if at - start > 6 and int(self.layout[start:at]) > MAX_WIDTH:
                return None, len(self.layout)
            at += 1
        return (int(self.layout[start:at]), at) if at > start else (None, at)

    def count(self, complaint: str, least: int = -MAX_WIDTH) -> int | None:
        """Return the width or precision that `*` takes from the values, or None where the value is not suitable."""
        value = self.values[self.number] if self.number < len(self.values) else None
        self.number = min(self.number + 1, len(self.values))
        if isinstance(value, int) and value.__class__ is not bool and least <= value <= MAX_WIDTH:
            return value
        self.out.append(complaint)
        return None

    def extra(self) -> None:
        rest = [_typed(value, self.printer) for value in self.values[self.number :]]
        self.out.append(f"%!(EXTRA {', '.join(rest)})")


def _typed(value: Value, printer: Printer) -> str:
    return "<nil>" if value is None else f"{type_of(value)}={printer.value(value, PLAIN, 0)}"
