"""Findings about a text that Kustomize cannot read, or reads only in part."""

from collections.abc import Iterator
from itertools import islice

from penstock.model import Diagnostic, Pos
from penstock.parse.chunks import BadSeparator
from penstock.parse.libyaml import CParser, YAMLError
from penstock.regex import regex
from penstock.typed import Any
from penstock.withheld import GIT_CRYPT, UNLOCK, UNREADABLE
from penstock.words import CHOOSE

_ESCAPED_SLASH = r"(?<!\\)(?:\\\\)*\\/"
"""An escape of YAML 1.2 and of JSON that go-yaml does not know."""

_SLASH, _SLASH_IN_BYTES = regex(_ESCAPED_SLASH), regex(_ESCAPED_SLASH.encode())

_NOT_FOR_GO = {
    "?": ("a question mark in a text without quotes ends it inside braces or brackets", "put quotes around the text"),
    "\\/": (r"Kustomize does not know the escape \/ in double quotes, which JSON has", "write / without the backslash"),
    "~": (
        "a key that is null has no text: Kustomize refuses it in a configuration, and Helm in values",
        "write a name, or remove it",
    ),
    "\ufeff": (
        "with two byte order marks at the start, Kustomize loses the first letter of each line",
        "save the file without byte order marks",
    ),
    "%YAML": ("Kustomize reads %YAML 1.1 and no other version", "remove the line"),
}


_BEFORE_CONTENT = ("<stream start>", "<directive>", "<document start>")
"""Tokens before the content of a document."""


def not_for_go(where: Pos, what: str) -> Diagnostic:
    """Return the finding for text that libyaml accepts and go-yaml does not.

    These are a `?` in flow style, the escape of a slash, and another YAML version.
    """
    message, hint = _NOT_FOR_GO[what]
    return Diagnostic("PS162", "error", message, where, hint=hint)


def may_escape_a_slash(data: bytes) -> bool:
    r"""Return whether an escaped slash is anywhere in a text, whatever stands around it. In `\\/`, which the regular
    expressions of dashboards have, the backslash is escaped and not the slash.
    """
    return b"\\/" in data and _SLASH_IN_BYTES.search(data) is not None


MAX_TOKENS = 2_000_000
"""The tokens among which an escaped slash is looked for. A file with as many values as it may have has fewer."""


def slash_escape(data: bytes, looks_ahead: bool) -> tuple[int, int] | None:
    """Return line and column (from 0) of the first double-quoted scalar with an escaped slash that go-yaml reads.

    These are the scalars of the first document and, with `looks_ahead`, the token after `...`. The result is None where
    there is no such scalar, or none before a syntax error.
    """
    text = data.decode(errors="replace").removeprefix("\ufeff")
    parser: Any = CParser(data)
    try:
        for token in islice(_tokens_read(parser, looks_ahead), MAX_TOKENS):
            if token.id == "<scalar>" and token.style == '"':
                found = _SLASH.search(text, token.start_mark.index, token.end_mark.index)
                if found is not None:
                    return token.start_mark.line, token.start_mark.column
    except YAMLError:
        pass
    return None


def _tokens_read(parser: Any, looks_ahead: bool) -> Iterator[Any]:
    """Yield the tokens of the first document and, with `looks_ahead`, the token after `...`."""
    has_content = False
    while (token := parser.get_token()) is not None:
        if token.id == "<document end>":
            if looks_ahead and (token := parser.get_token()) is not None:
                yield token
            return
        if token.id == "<document start>" and has_content:
            return
        has_content = has_content or token.id not in _BEFORE_CONTENT
        yield token


def bad_separator(path: str, separator: BadSeparator) -> Diagnostic:
    message = "Kustomize takes a line that starts with --- for a separator, and this one goes on"
    hint = "put what follows on a line of its own, or indent the line if it belongs to a text"
    return Diagnostic("PS163", "error", message, Pos(path, separator.line + 1, 1), hint=hint)


def ignored_rest(path: str, line: int) -> Diagnostic:
    message = "what follows is ignored: a second value in one document"
    return Diagnostic(
        "PS106", "warning", message, Pos(path, line + 1, 1), hint="put a line with --- between two objects"
    )


def syntax_error(path: str, first_line: int, error: YAMLError, chunk: bytes, max_depth: int) -> Diagnostic:
    """Return the finding for a syntax error in a text that starts on `first_line` of a file, with a hint."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line if mark is not None else _line_of(error, chunk)
    column = mark.column + 1 if mark is not None else 0
    message = _problem_of(error)
    where = Pos(path, first_line + line + 1, column)
    if "nesting depth" in message:
        return Diagnostic("PS105", "error", f"nesting goes deeper than {max_depth} levels", where)
    if (conflict := _conflict(chunk, line)) is not None:
        where = Pos(path, first_line + conflict + 1, 1)
        return Diagnostic("PS103", "error", "not valid YAML: a merge conflict is not resolved here", where, hint=CHOOSE)
    if chunk.startswith(GIT_CRYPT):
        return Diagnostic("PS103", "error", f"not valid YAML: {UNREADABLE}", Pos(path, 1, 1), hint=UNLOCK)
    if (template := _template(chunk, line)) is not None:
        return Diagnostic("PS103", "error", f"not valid YAML: {template} is a template", where, hint=RENDER)
    return Diagnostic("PS103", "error", f"not valid YAML: {message}", where, hint=_advice(chunk, line, message))


RENDER = "write what the template renders to (`helm template` renders a chart); or put quotes around a text with {{"
"""The hint about `{{ … }}` in a YAML file."""


def _problem_of(error: YAMLError) -> str:
    """Return libyaml's message, preceded by the context in which the error occurred if libyaml gives one."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context = getattr(error, "context", None)
    return f"{context}, {problem}" if context and context != problem else str(problem)


def _template(chunk: bytes, line: int) -> str | None:
    """Return the signs of a template if they stand on the line of an error or on the line before it."""
    text = b"\n".join(chunk.split(b"\n", line + 1)[max(line - 1, 0) : line + 1])
    return next((shown for sign, shown in _SIGNS if sign.search(text)), None)


_SIGNS = (
    (regex(rb"\{\{"), "{{ … }}"),
    (regex(rb"\{%"), "{% … %}"),
    (regex(rb"<#"), "<# … >"),
    (regex(rb"%\{"), "%{ … }"),
    (regex(rb"(?m)^[ \t]*<[A-Z][A-Z0-9_]*>[ \t\r]*$"), "<…>"),
)
"""What templates of Go, of Jinja, of FreeMarker and of Terraform begin with, the lines that programs replace as a
whole, and how a message shows each.
"""


def is_template(data: bytes) -> bool:
    """Return whether a file has the signs of a template anywhere."""
    return any(sign.search(data) for sign, _ in _SIGNS)


def _conflict(chunk: bytes, line: int) -> int | None:
    """Return the line (from 0) on which the git merge conflict begins that contains the line of an error, or None."""
    begun = None
    for number, text in enumerate(chunk.split(b"\n")):
        if text.startswith(b"<<<<<<< ") and number <= line + 1:
            begun = number
        elif text.startswith(b">>>>>>> ") and number < line - 1:
            begun = None
    return begun


def _line_of(error: YAMLError, chunk: bytes) -> int:
    position = getattr(error, "position", None)
    return chunk.count(b"\n", 0, position) if isinstance(position, int) else 0


def _advice(chunk: bytes, line: int, message: str) -> str:
    lines = chunk.split(b"\n", line + 1)
    text = lines[line] if line < len(lines) else b""
    # The commonest cause comes first, since libyaml's words name only what it expected there.
    if b"\t" in text[: len(text) - len(text.lstrip())]:
        return "YAML is indented with spaces; this line has a tab"
    if "mapping values are not allowed" in message:
        return "quote the value, or check the indentation of this line"
    if "invalid" in message and ("UTF-8" in message or "byte" in message):
        return "save the file as UTF-8"
    if "block mapping" in message or "block collection" in message:
        return "check the indentation of this line against the lines above"
    if b"%" in chunk and "<document start>" in message:
        return "remove the lines that start with %: Kustomize cuts a file at --- before it reads any YAML"
    return ""
