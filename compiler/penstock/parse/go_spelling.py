r"""The rewriting of text that libyaml refuses and go-yaml, the parser of Kustomize, accepts.

Both parsers have a common origin, but a few rules of their scanners differ: go-yaml reads a colon before a comma or
bracket as text (`[a:, b]`), knows `\'` in double quotes, and allows commas and brackets in tags.
"""

from collections.abc import Callable

from penstock.model import Again, Document, Pointer
from penstock.parse.libyaml import YAMLError
from penstock.regex import regex
from penstock.scalar import Tagged
from penstock.typed import Any, TypeVar

MAX_RESPELLED = 100
"""The largest number of scalars of one text that are rewritten. After each, the text is read from its start again."""

MAX_REREAD_BYTES = 1_000_000
"""The most bytes that are read again for that, all together."""

Result = TypeVar("Result")

_BOM = "\ufeff"
_BOM_BYTES = _BOM.encode()
_PRIVATE = range(0xE000, 0xF900)
"""Characters to which Unicode gives no meaning."""

_AFTER_TAG = "did not find expected whitespace or line break"
_TAG = regex(r"(?a)(!!?)([-\w;/?:@&=+$,.~*'()\[\]]+)(?=[ \t\r\n]|$)")

_IN_DOUBLE_QUOTES = regex(r'(?s)(?:[^"\\]|\\.)*')
_ESCAPE = regex(r"(?s)\\(.)")
_PLAIN_IN_FLOW = regex(r"(?:(?!:[ \t\r\n])(?![ \t]+[#\r\n])[^,?\[\]{}\r\n])*")
"""Expressions that few texts need, so they are compiled only on demand."""


class _Place:
    """The attributes of a PyYAML mark: a place in a text. All count from 0."""

    def __init__(self, index: int, line: int, column: int) -> None:
        self.index, self.line, self.column = index, line, column


class CommaInTag(YAMLError):  # noqa: N818  # says what is there, and is no error for go-yaml
    """A tag followed by a comma, inside braces or brackets: libyaml ends the tag at the comma, go-yaml includes the
    comma.
    """

    problem = _AFTER_TAG

    def __init__(self, tag: str, end: Any) -> None:
        """Point the error at the start of `tag`, which ends at the mark `end`."""
        super().__init__(_AFTER_TAG)
        size = len(tag)
        self.context_mark = self.problem_mark = _Place(end.index - size, end.line, end.column - size)


def read_as_go(read: Callable[[bytes], Result], data: bytes) -> Result:
    """Return what `read` makes of a text, after rewriting what only libyaml refuses. Raises YAMLError for any other
    problem.
    """
    for _ in range(min(MAX_RESPELLED, 1 + MAX_REREAD_BYTES // (len(data) + 1))):
        try:
            return read(data)
        except YAMLError as error:
            respelled = _respelled(data, error)
            if respelled is None:
                raise
            data = respelled
    return read(data)


def stand_in(data: bytes) -> str:
    """Return a character to replace byte order marks inside a text, or "" where there are none.

    libyaml skips such a mark at the start of a line, and go-yaml reads all of them as text.
    """
    return stand_in_for(data) if _BOM_BYTES in data[1:] else ""


def stand_in_for(data: bytes) -> str:
    """Return a character that is not in a text, or "" where all that could be are."""
    return next((chr(code) for code in _PRIVATE if chr(code).encode() not in data), "")


_LINES_AFTER_TWO_MARKS = regex(b"(?s)%b.*?[\n\r][^ \n\r]" % (_BOM_BYTES * 2))


def loses_letters(data: bytes) -> bool:
    """Return whether go-yaml loses the first letter of lines.

    With two byte order marks at the start of a text, go-yaml takes the first character of a line for another mark.
    """
    return data.startswith(_BOM_BYTES) and _LINES_AFTER_TWO_MARKS.match(data) is not None


def with_stand_in(data: bytes, mark: str) -> bytes:
    """Return the text with its inner byte order marks replaced by `mark`.

    The mark that tells the encoding, and a second one right behind it, stay: both parsers skip these.
    """
    start = next((len(marks) for marks in (_BOM_BYTES * 2, _BOM_BYTES) if data.startswith(marks)), 0)
    return data[:start] + data[start:].replace(_BOM_BYTES, mark.encode())


def without_stand_in(document: Document, mark: str) -> Document:
    """Return a document with `mark` replaced by byte order marks again."""

    def pointer(at: Pointer) -> Pointer:
        return tuple(tree(step) for step in at)

    def tree(value: Any) -> Any:
        if isinstance(value, dict):
            return {tree(key): tree(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return list(map(tree, value))
        if isinstance(value, Tagged):
            content = None if value.content is None else tree(value.content)
            return Tagged(value.replace(mark, _BOM), value.tag, value.is_plain, content)
        if isinstance(value, Again):
            return Again(tree(value.key), value.finding)
        return value.replace(mark, _BOM) if isinstance(value, str) else value

    return document._replace(
        body=tree(document.body),
        spelled={pointer(at): text.replace(mark, _BOM) for at, text in document.spelled.items()},
        plain_keys=frozenset(map(pointer, document.plain_keys)),
    )


def _respelled(data: bytes, error: Any) -> bytes | None:
    """Return the text with one scalar or tag rewritten, or None where the error has another cause."""
    problem = getattr(error, "problem", None)
    if problem not in ("found unexpected ':'", "found unknown escape character", _AFTER_TAG):
        return None
    text = data.decode().removeprefix(_BOM)
    if problem == _AFTER_TAG:
        return _with_verbatim_tag(text, error.context_mark.index)
    at = error.problem_mark.index
    if problem == "found unexpected ':'":
        start = error.context_mark.index
        plain = _PLAIN_IN_FLOW.match(text, start)
        end = plain.end() if plain else start
        if end <= at:
            return None
        # Go reads a colon inside of braces as a part of the text, which libyaml does only within quotes.
        quoted = "'" + text[start:end].replace("'", "''") + "'"
        return (text[:start] + quoted + text[end:]).encode()
    if text[at : at + 2] != "\\'":
        return None
    rest = _IN_DOUBLE_QUOTES.match(text, at)
    end = rest.end() if rest else at
    # Go knows the escape `\'` in double quotes, and libyaml does not.
    unescaped = _ESCAPE.sub(lambda found: "'" if found[1] == "'" else found[0], text[at:end])
    return (text[:at] + unescaped + text[end:]).encode()


def _with_verbatim_tag(text: str, at: int) -> bytes | None:
    """Return the text with the tag at a place written as `!<...>`, where libyaml accepts any character; None without a
    tag.
    """
    tag = _TAG.match(text, at)
    if tag is None:
        return None
    prefix = "tag:yaml.org,2002:" if tag[1] == "!!" else "!"
    return f"{text[:at]}!<{prefix}{tag[2]}>{text[tag.end() :]}".encode()
