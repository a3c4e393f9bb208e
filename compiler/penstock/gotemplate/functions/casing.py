"""Upper and lower case, and identifiers in the styles of programming languages (Go's `xstrings` and `goutils`)."""

from unicodedata import category

from penstock.gotemplate.calls import SLOW, SLOWER, Function
from penstock.gotemplate.functions.strings import GO_SPACE
from penstock.gotemplate.values import mended


def is_connector(character: str) -> bool:
    return character in "-_" or character in GO_SPACE


def upper_of(character: str) -> str:
    """Return a character in upper case as `unicode.ToUpper` does: always one character."""
    upper = character.upper()
    return upper if len(upper) == 1 else character


def title_of(character: str) -> str:
    title = character.title()
    return title if len(title) == 1 else character


def lower_of(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else lower[0]


def upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(map(upper_of, mended(text)))


def lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(map(lower_of, mended(text)))


def title(text: str) -> str:
    """Implement `strings.Title`: words begin after characters other than letters, digits and underscores."""
    out = []
    before = " "
    for character in mended(text):
        out.append(title_of(character) if _separates(before) else character)
        before = character
    return "".join(out)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    if category(character)[0] == "L" or category(character) == "Nd":
        return False
    return character in GO_SPACE


def untitle(text: str) -> str:
    out = []
    starts = True
    for character in mended(text):
        out.append(lower_of(character) if starts and character not in GO_SPACE else character)
        starts = character in GO_SPACE
    return "".join(out)


def swapcase(text: str) -> str:
    out = []
    behind_space = True
    for character in mended(text):
        kind = category(character)
        if kind in ("Lu", "Lt"):
            out.append(lower_of(character))
            behind_space = False
        elif character.islower():
            out.append(title_of(character) if behind_space else upper_of(character))
            behind_space = False
        else:
            out.append(character)
            behind_space = character in GO_SPACE
    return "".join(out)


def is_upper(character: str) -> bool:
    return category(character) == "Lu"


def camelcase(text: str) -> str:
    """Implement `xstrings.ToPascalCase`."""
    text = mended(text)
    start = 0
    while start < len(text) and is_connector(text[start]):
        start += 1
    if start == len(text):
        return text + text[-1:]
    out = [text[:start]]
    current = upper_of(text[start])
    first_is_upper = is_upper(text[start])
    for character in text[start + 1 :]:
        before, current = current, character
        if is_connector(current) and is_connector(before):
            out.append(before)
        elif is_connector(before):
            first_is_upper = is_upper(current)
            current = upper_of(current)
        else:
            if first_is_upper:
                first_is_upper = is_upper(current)
                current = lower_of(current) if first_is_upper else current
            out.append(before)
    return "".join([*out, current])


def snakecase(text: str) -> str:
    return _Words(text, "_").run()


def kebabcase(text: str) -> str:
    return _Words(text, "-").run()


def is_alphabet(character: str) -> bool:
    """Return whether a character is a letter of an alphabet that has cases, as `xstrings` defines it."""
    if not category(character).startswith("L"):
        return False
    code = ord(character)
    return not any(first <= code <= last for first, last in WITHOUT_CASES)


WITHOUT_CASES = (
    (0x1100, 0x11FF),
    (0x2E80, 0x2FDF),
    (0x3040, 0x30FF),
    (0x3130, 0x318F),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2FA1F),
)
"""The code points of East Asian scripts."""


def _kind(character: str) -> str:
    if is_connector(character):
        return "connector"
    kind = category(character)
    if kind[0] == "P":
        return "punctuation"
    if kind == "Lu":
        return "upper"
    if is_alphabet(character):
        return "alphabet"
    return "number" if kind[0] == "N" else "other"


class _Words:
    """Converts a text to snake case or kebab case, word by word."""

    def __init__(self, text: str, connector: str) -> None:
        self.text = text
        self.at = 0
        self.connector = connector
        self.out: list[str] = []

    def run(self) -> str:
        if not self.text:
            return ""
        kind, word = self.next()
        while self.at < len(self.text):
            if kind != "connector":
                self.write(kind, word)
            before, last = kind, word
            kind, word = self.next()
            if before == "number":
                kind, word = self.joined(kind, word)
            elif before == "connector":
                self.write(before, last)
            elif before != "punctuation":
                kind, word = self.after_word(kind, word)
        self.write(kind, word)
        return "".join(self.out)

    def after_word(self, kind: str, word: str) -> tuple[str, str]:
        """Write what follows a word. A number belongs to the word before it, unless lower case letters follow."""
        if kind != "number":
            self.connect(kind)
            return kind, word
        if self.at >= len(self.text):
            return kind, word
        number = word
        kind, word = self.next()
        if kind != "alphabet":
            self.write("number", number)
            self.connect(kind)
            return kind, word
        self.out.append(self.connector)
        self.write("number", number)
        return self.joined(kind, word)

    def joined(self, kind: str, word: str) -> tuple[str, str]:
        while kind in ("alphabet", "number"):
            self.write(kind, word)
            kind, word = self.next()
        if kind != "end":
            self.connect(kind)
        return kind, word

    def connect(self, kind: str) -> None:
        if kind not in ("connector", "punctuation"):
            self.out.append(self.connector)

    def write(self, kind: str, word: str) -> None:
        if kind == "connector":
            word = self.connector * len(word)
        elif kind == "upper":
            word = lower(word)
        self.out.append(word)

    def next(self) -> tuple[str, str]:
        """Return the kind and text of the next word."""
        text, start = self.text, self.at
        if start >= len(text):
            return "end", ""
        kind = _kind(text[start])
        end = start + 1
        if kind == "upper":
            end = self.upper_end(end)
        else:
            while end < len(text) and self.goes_on(kind, text[end]):
                end += 1
        self.at = end
        return kind, text[start:end]

    def goes_on(self, kind: str, character: str) -> bool:
        found = _kind(character)
        if kind == "alphabet":
            return found == "alphabet"
        if kind == "other":
            return found == "other"
        return found == kind

    def upper_end(self, end: int) -> int:
        """Return the end of a word that begins with a capital. Capitals form one word, except for the last one before
        small letters: HTTP, Status.
        """
        text = self.text
        if end >= len(text):
            return end
        if _kind(text[end]) == "upper":
            while end < len(text) and _kind(text[end]) == "upper":
                end += 1
            return end - 1 if end < len(text) and is_alphabet(text[end]) else end
        while end < len(text) and _kind(text[end]) == "alphabet":
            end += 1
        return end


FUNCTIONS: dict[str, Function] = {
    "camelcase": Function(camelcase, "string", weight=SLOWER, cost=8),
    "kebabcase": Function(kebabcase, "string", weight=2 * SLOWER, cost=8),
    "lower": Function(lower, "string", weight=SLOW),
    "snakecase": Function(snakecase, "string", weight=2 * SLOWER, cost=11),
    "swapcase": Function(swapcase, "string", weight=SLOW),
    "title": Function(title, "string", weight=SLOW),
    "untitle": Function(untitle, "string", weight=SLOW),
    "upper": Function(upper, "string", weight=SLOW),
}
