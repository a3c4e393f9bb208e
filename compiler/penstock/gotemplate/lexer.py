"""Splits a template into tokens like text/template/parse: the text between actions, and the words inside actions.

A token is a tuple of its kind, its position in the text (in characters), its text, and whether space precedes it. A
lexical error is a last token of the kind `error`, whose text is Go's error message; the parser reports it when it gets
there.
"""

import re

from penstock.gotemplate.quoting import quote

Token = tuple[str, int, str, bool]
"""The kind, the position, the text, and whether space precedes it."""

SPACES = " \t\r\n"
"""The characters that trim markers remove."""

KEYWORDS = frozenset(("block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with"))
"""Words that are tokens of a kind of their own, which has the word as its name."""

END_OF_WORD = r"(?=[ \t\r\n.,|:)(]|\}\}|\Z)"
"""The characters that may follow a name, a field or a variable."""

INSIDE = re.compile(
    rf"""[ \t\r\n]*+(?:
      (?P<trim>       (?<=[ \t\r\n])-\}}\}} )
    | (?P<right>      \}}\}} )
    | (?P<field>      \.(?=[^\W\d])\w+{END_OF_WORD} )
    | (?P<identifier> [^\W\d]\w*{END_OF_WORD} )
    | (?P<variable>   \$\w*{END_OF_WORD} )
    | (?P<dot>        \.(?!\Z){END_OF_WORD} )
    | (?P<string>     "(?:[^"\\\n]++|\\[^\n])*+" )
    | (?P<pipe>       \| )
    | (?P<lparen>     \( )
    | (?P<rparen>     \) )
    | (?P<declare>    := )
    | (?P<assign>     = )
    | (?P<raw>        `[^`]*` )
    | (?P<number>     (?=[-+0-9]|\.[0-9])
                      (?>[-+]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][-+]?[0-9_]*)?
                             |0[oO][0-7_]*(?:\.[0-7_]*)?
                             |0[bB][01_]*(?:\.[01_]*)?
                             |[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?)i?)(?!\w) )
    | (?P<charconst>  '(?:[^'\\\n]++|\\[^\n])*+' )
    | (?P<char>       [!-~] )
    )""",
    re.VERBOSE,
)
IMAGINARY = re.compile(r"[-+][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?i(?!\w)")
"""The second half of a complex number."""

WORD_LIKE = re.compile(r"[.$]\w*|\w+")


def tokens(text: str, left: str = "{{", right: str = "}}") -> list[Token]:
    """Return the tokens of a template, with `EOF` or `error` as the last one."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Token] = []

    def run(self) -> list[Token]:
        at = 0
        text = self.text
        while at >= 0:
            opening = text.find("{{", at)
            if opening < 0:
                break
            inside = opening + 2
            # A dash trims only if a space follows; otherwise it begins a negative number.
            trims = (
                text[inside : inside + 1] == "-"
                and text[inside + 1 : inside + 2] in SPACES[:4]
                and inside + 1 < len(text)
            )
            piece = text[at:opening]
            if trims:
                piece = piece.rstrip(SPACES)
            if piece:
                self.found.append(("text", at, piece, False))
            at = self.action(opening, inside + 2 if trims else inside)
            if len(self.found) > MOST_TOKENS:
                at = self.mistake(opening, f"a template of more than {MOST_TOKENS:,} words")
        if at >= 0:
            if at < len(text):
                self.found.append(("text", at, text[at:], False))
            self.found.append(("EOF", len(text), "EOF", False))
        return self.found

    def action(self, opening: int, inside: int) -> int:
        """Lex an action or a comment. Return the position after it, or -1 after an error."""
        if self.text.startswith("/*", inside):
            return self.comment(inside)
        self.found.append(("left", opening, "{{", False))
        return self.words(inside)

    def comment(self, start: int) -> int:
        end = self.text.find("*/", start + 2)
        if end < 0:
            return self.mistake(start, "unclosed comment")
        return self.behind(end + 2, start)

    def behind(self, at: int, start: int) -> int:
        """Return the position after the closing delimiter of a comment, or -1 where there is none."""
        text = self.text
        trims = text[at : at + 1] in SPACES[:4] and text.startswith("-}}", at + 1)
        if not trims and not text.startswith("}}", at):
            return self.mistake(start, "comment ends before closing delimiter")
        return self.skipped(at + 4) if trims else at + 2

    def skipped(self, at: int) -> int:
        """Return the position after the spaces that a trim marker removes."""
        text = self.text
        while at < len(text) and text[at] in SPACES:
            at += 1
        return at

    def words(self, at: int) -> int:
        """Lex the inside of an action. Return the position after the action, or -1 after an error."""
        append = self.found.append
        match = INSIDE.match
        depth = 0
        while True:
            found = match(self.text, at)
            if found is None:
                return self.unreadable(self.skipped(at))
            kind = found.lastgroup or ""
            word = found[kind]
            end = found.end()
            start = end - len(word)
            if kind == "trim" and start == at:  # the space belongs to the marker of the left delimiter
                kind, word, end = "number", "-", start + 1
            if kind == "identifier":
                kind = word if word in KEYWORDS else "bool" if word in ("true", "false") else kind
            elif kind in UNUSUAL:
                if kind in ("right", "trim"):
                    return self.right(kind, end, depth)
                depth += PARENTHESES.get(kind, 0)
                stop = self.special(kind, word, start, end) if depth >= 0 else self.mistake(start, NEGATIVE)
                if stop:
                    at = stop
                    if at < 0:
                        return at
                    continue
            append((kind, start, word, start > at))
            at = end

    def right(self, kind: str, end: int, depth: int) -> int:
        """Lex the end of an action. Return the position after it, or -1 after an error."""
        if depth:
            return self.mistake(end - (4 if kind == "trim" else 2), "unclosed left paren")
        self.found.append(("right", end - 2, "}}", False))
        return self.skipped(end) if kind == "trim" else end

    def special(self, kind: str, word: str, at: int, end: int) -> int:
        """Lex a complex number, or a character that begins an unfinished token. Return the position after it, -1 after
        an error, or 0 where the token is neither.
        """
        if kind == "number":
            if self.text[end : end + 1] not in ("+", "-"):
                return 0
            second = IMAGINARY.match(self.text, end)
            if second is None:
                return self.mistake(at, f"bad number syntax: {quote(word + self.number_like(end))}")
            self.found.append(("complex", at, word + second[0], True))
            return second.end()
        if kind == "char" and (word in "\"'`.$:_+-" or word.isalnum()):
            return self.unreadable(at)
        return 0

    def unreadable(self, at: int) -> int:
        """Add an error token for the text from a position on, and return -1."""
        text = self.text
        first = text[at : at + 1]
        if not first:
            return self.mistake(at, "unclosed action")
        if first in QUOTES:
            return self.mistake(at, QUOTES[first])
        if first == ":":
            return self.mistake(at, "expected :=")
        if first in "+-0123456789" or (first == "." and text[at + 1 : at + 2].isdigit()):
            return self.mistake(at, f"bad number syntax: {quote(self.number_like(at))}")
        if text[at:] == ".":  # Go considers it a number where nothing follows
            self.found.append(("number", at, ".", text[at - 1] in SPACES))
            return self.mistake(at + 1, "unclosed action")
        word = WORD_LIKE.match(text, at)
        if word is not None:
            following = text[word.end() : word.end() + 1]
            return self.mistake(at, f"bad character {described(following)}")
        return self.mistake(at, f"unrecognized character in action: {described(first)}")

    def number_like(self, at: int) -> str:
        """Return the part of a number that Go has read when it finds a letter in it, including that letter."""
        found = re.compile(
            r"[-+]?(?:0[xX][0-9a-fA-F_.]*|0[oO][0-7_.]*|0[bB][01_.]*|[0-9_.]*(?:[eE][-+]?[0-9_]*)?)i?\w?"
        )
        number = found.match(self.text, at)
        return number[0] if number else ""

    def mistake(self, at: int, message: str) -> int:
        self.found.append(("error", at, message, False))
        return -1


MOST_TOKENS = 400_000
"""The most tokens that one text may have."""

UNUSUAL = frozenset(("right", "trim", "lparen", "rparen", "number", "char"))
"""The kinds of tokens that need further checks."""

PARENTHESES = {"lparen": 1, "rparen": -1}
NEGATIVE = "unexpected right paren"

QUOTES = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    "'": "unterminated character constant",
}


def described(character: str) -> str:
    """Return a character as Go's `%#U` prints it."""
    if not character:
        return "U+FFFFFFFFFFFFFFFF"
    code = f"U+{ord(character):04X}"
    return f"{code} '{character}'" if character.isprintable() else code
