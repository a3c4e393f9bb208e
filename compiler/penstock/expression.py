"""Regular expressions of strangers, matched by RE2: they have Go's syntax, and take a time that is linear in the text.

A pull request brings both the expression and the text. RE2 is the model of Go's own package: it accepts and refuses the
same expressions and never backtracks. It is imported when the first expression is compiled, since most runs have none.

The cost of matches is bounded, too. No single match may cost more than `MAX_STEPS`, and all expensive matches of a run
together may cost `MAX_STEPS_OF_MATCHES`. Steps are counted rather than seconds, so that every machine accepts and
refuses the same.
"""

from collections.abc import Iterator, Sequence

from penstock.typed import Any

MAX_LENGTH = 65_536
"""Characters of one expression."""

MAX_MEMORY = 32 << 20
"""Bytes that RE2 may use for one expression. Go bounds the program alone, and at about the same size."""

MAX_STEPS = 150_000_000
"""Characters of a text times instructions of an expression: what one match costs at worst, about a second."""

CHEAP_STEPS = 1_000_000
"""What costs less is not counted: names and expressions that people write have some hundred steps."""

MAX_STEPS_OF_MATCHES = 300_000_000
"""What all matches of a run may cost, but for the cheap ones: three seconds at worst."""

MAX_STEPS_OF_A_RUN = 500_000_000
"""The same with what compiling costs, of which for each target a quarter is forgotten: definitions of a whole cluster
have some thousand patterns.
"""

STEPS_TO_COMPILE = 20_000
"""What it costs to compile an expression, however short; each instruction costs `STEPS_TO_COMPILE_ONE` more."""

STEPS_TO_COMPILE_ONE = 200

MOST_KEPT = 30_000
"""Instructions of the compiled expressions that are remembered, those of some 1,000 as people write them. RE2 keeps
with each what its matches have found out, which for one of 1,000 instructions are some megabytes.
"""

_WORDS_OF_GO = (
    ("missing ): ", "missing closing ): "),
    ("missing ]: ", "missing closing ]: "),
    ("bad repetition operator: ", "invalid nested repetition operator: "),
    ("invalid repetition size: ", "invalid repeat count: "),
    ("no argument for repetition operator: ", "missing argument to repetition operator: "),
    ("invalid perl operator: ", "invalid or unsupported Perl syntax: "),
    ("invalid named capture group: ", "invalid named capture: "),
    ("trailing \\", "trailing backslash at end of expression: "),
)
"""How RE2 begins to say what is wrong, and how Go does."""


class Invalid(Exception):  # noqa: N818  # not an error of the program
    """Go does not accept the expression. The text says why, in Go's words."""


class TooMuch(Exception):  # noqa: N818  # not an error of the program
    """A match, or all matches of this run, would take too long."""


class _Steps:
    """The cost of all matches of a run so far."""

    def __init__(self) -> None:
        self.spent = 0
        self.kept = 0
        """What `spent` never falls below during a run."""

    def spend(self, steps: int) -> None:
        """Count the steps of a match. Raises `TooMuch` where it costs too much, or where all matches of the run do."""
        if steps < CHEAP_STEPS:
            return
        if steps > MAX_STEPS or self.kept + steps > MAX_STEPS_OF_MATCHES:
            raise TooMuch
        self.keep(steps)

    def compiled(self, size: int) -> None:
        """Count an expression of so many instructions. Raises `TooMuch`."""
        self.add(STEPS_TO_COMPILE + STEPS_TO_COMPILE_ONE * size)

    def add(self, steps: int) -> None:
        """Count steps, even if they are few. Raises `TooMuch`."""
        self.spent += steps
        if self.spent > MAX_STEPS_OF_A_RUN:
            raise TooMuch

    def keep(self, steps: int) -> None:
        """Count steps that no later target forgets. Raises `TooMuch`."""
        self.kept += steps
        self.add(steps)


_steps = _Steps()


def new_run() -> None:
    """Begin to count the steps of matches anew."""
    _steps.spent = _steps.kept = 0


def next_target() -> None:
    """Begin to count for another target, or another chart."""
    _steps.spent = max(min(_steps.spent, MAX_STEPS_OF_A_RUN) - MAX_STEPS_OF_A_RUN // 4, _steps.kept)


def is_light() -> bool:
    """Return whether nothing of what was spent so far counts against the next target."""
    return not _steps.kept and _steps.spent <= MAX_STEPS_OF_A_RUN // 4


def spend(steps: int) -> None:
    """Count the cost of a match that RE2 has not made, in steps of RE2, until the run ends. Raises `TooMuch`."""
    _steps.keep(steps)


class Expression:
    """A compiled expression; `text` is its source. Raises `Invalid` and `TooMuch`."""

    __slots__ = ("_groups", "_longest", "_search", "size", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        compiled = _compiled(text, with_groups=False)
        self._search = compiled.search
        self._groups: Any = None
        self.size = compiled.programsize
        # RE2 leaves letters at the start of an expression out of its instructions
        self._longest = len(text) + self.size if _has_an_end(text) else None

    @property
    def _compiled(self) -> Any:
        """The expression with its groups. With them it is twice as large and twice as slow, so it is compiled only if
        they are needed.
        """
        if self._groups is None:
            self._groups = _compiled(self.text, with_groups=True)
            _steps.compiled(self._groups.programsize)
        return self._groups

    def found_in(self, text: str) -> bool:
        """Return whether the expression matches somewhere in a text. Raises `TooMuch`."""
        if self._longest is not None and len(text) > self._longest:
            return False
        _steps.spend(len(text) * self.size)
        return self._search(_readable(text)) is not None

    def each(self, text: str) -> Iterator[Any]:
        """Yield the matches one after another as Go finds them: a match that is empty never begins where the one before
        it ends.

        The matches are those of RE2, with the interface of `re`. Raises `TooMuch`.
        """
        _steps.spend(len(text) * self._compiled.programsize)
        end = -1
        for found in self._compiled.finditer(_readable(text)):
            if found.start() == found.end() == end:
                continue
            end = found.end()
            yield found

    def group_number(self, name: str) -> int | None:
        """Return the number of a group that is given by name or number, or None where there is no such group."""
        if name.isascii() and name.isdecimal():
            number = int(name[:9])
            return number if number <= self._compiled.groups else None
        found = self._compiled.groupindex.get(name)
        return None if found is None else int(found)


class _Kept:
    """The expressions that were asked for most recently."""

    def __init__(self) -> None:
        self._by_text: dict[str, Expression] = {}
        self._size = 0

    def get(self, text: str) -> Expression:
        found = self._by_text.pop(text, None)
        if found is None:
            found = Expression(text)
            self._size += found.size
            _steps.compiled(found.size)
        self._by_text[text] = found  # the last one is the latest
        while self._size > MOST_KEPT and len(self._by_text) > 1:
            oldest = next(iter(self._by_text))
            self._size -= self._by_text.pop(oldest).size
        return found


_kept = _Kept()


def expression(text: str) -> Expression:
    """Return an expression, which is compiled once as long as it is remembered. Raises `Invalid` and `TooMuch`."""
    return _kept.get(text)


class Expressions:
    """Several expressions that are tried all at once: a text costs no more than with a single one. Raises `Invalid` and
    `TooMuch`.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._set: Any = None
        self._largest = max((expression(text).size for text in texts), default=0)

    def found_in(self, text: str) -> list[str]:
        """Return the expressions that match somewhere in a text. Raises `TooMuch`."""
        together = len(self.texts) > 1 and len(text) * self._largest < CHEAP_STEPS
        found = self._match(_readable(text)) if together else ()
        if len(self.texts) not in found:  # they are too large to be tried at once
            return [each for each in self.texts if expression(each).found_in(text)]
        return [self.texts[index] for index in sorted(found) if index < len(self.texts)]

    def _match(self, text: str | bytes) -> list[int]:
        if self._set is None:
            import re2

            self._set = re2.Set.SearchSet(_options(len(self.texts)))
            for each in (*self.texts, ""):  # the last one matches always: without it, there is no answer
                self._set.Add(each)
            self._set.Compile()
        found: list[int] = self._set.Match(text)
        return found


def _has_an_end(text: str) -> bool:
    """Return whether an expression can only match texts of a bounded length: it is `^(?:…)$` and repeats nothing
    without end.

    The answer is False where a look at the characters of the expression does not tell.
    """
    inner = text[4:-2]
    if text[:4] != "^(?:" or text[-2:] != ")$" or not _ENDLESS.isdisjoint(inner):
        return False
    if ",}" in inner or "(?" in inner.replace("(?:", ""):
        return False
    depth = 0
    for sign in inner:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:  # what follows is outside of `^(?:`
            return False
    return True


_ENDLESS = frozenset("*+[\\")
"""Signs that repeat without end, or in which others may be hidden."""


def _compiled(text: str, *, with_groups: bool) -> Any:
    import re2

    if len(text) > MAX_LENGTH:
        raise TooMuch
    if "\\C" in text and _has_bytes(text):
        raise Invalid("invalid escape sequence: `\\C`")
    try:
        return re2.compile(_readable(text), _options(with_groups=with_groups))
    except re2.error as error:
        reason = error.args[0]
        raise Invalid(
            _in_words_of_go(reason.decode(errors="replace") if isinstance(reason, bytes) else reason)
        ) from None


def _options(number: int = 1, *, with_groups: bool = False) -> Any:
    import re2

    options = re2.Options()
    options.never_capture = not with_groups
    options.log_errors = False
    options.max_mem = min(number, 4) * MAX_MEMORY
    return options


def _has_bytes(text: str) -> bool:
    r"""Return whether an expression has `\C`, a single byte, which RE2 accepts and Go does not."""
    at = text.find("\\")
    while 0 <= at < len(text) - 1:
        if text[at + 1] == "C":
            return True
        end = text.find("\\E", at) if text[at + 1] == "Q" else at
        at = text.find("\\", end + 2) if end >= 0 else -1
    return False


def _in_words_of_go(reason: str) -> str:
    for ours, theirs in _WORDS_OF_GO:
        if reason.startswith(ours):
            reason = theirs + reason[len(ours) :]
            break
    what, colon, where = reason.partition(": ")
    return f"{what}: `{where}`" if colon else what


def _readable(text: str) -> str:
    """Return the text without halves of surrogate pairs. JSON can hold them, and Go reads them as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
