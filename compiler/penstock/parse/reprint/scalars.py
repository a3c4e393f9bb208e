"""The style in which go-yaml prints a scalar: plain, quoted or as a block (`yaml_emitter_analyze_scalar`)."""

import re

from penstock.parse.reprint.nodes import STRING, Node, tag_of

_SPECIAL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BREAKS = "\n\u2028\u2029"
_SPACE_AT_BREAK = re.compile(f"\x20[{_BREAKS}]")
_BREAK_AT_SPACE = re.compile(f"[{_BREAKS}]\x20")
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_FIRST_IN_FLOW = frozenset("#,[]{}&*!|>'\"%@`?:")
_LOST_IN_FLOW = re.compile(r"[,?\[\]{}:]")
_ESCAPED = re.compile('["\\\\\\\t\n\u2028\u2029]|[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]')
_ESCAPES = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


def style_of(node: Node, in_flow: bool, is_key: bool) -> str:
    """Return the style in which a scalar is printed: its own if its text allows that."""
    text = node.text
    style = node.style or _style_of_plain(node)
    # Each test leaves a style that can hold more texts than the one before; double quotes hold all.
    if is_key and any(mark in text for mark in _BREAKS):
        style = '"'
    if not style and not _can_be_plain(text, in_flow, is_key):
        style = "'"
    if style == "'" and not _can_be_quoted(text):
        style = '"'
    if style in ("|", ">") and (in_flow or is_key or not _can_be_block(text)):
        style = '"'
    return style


def _style_of_plain(node: Node) -> str:
    """Return the style that a scalar without one needs for its line breaks, or to be read as a string; else ""."""
    if "\n" in node.text:
        return "|"
    is_meant_as_text = node.tag == STRING and not node.is_tagged
    return '"' if is_meant_as_text and tag_of(node.text) != STRING else ""


def _can_be_plain(text: str, in_flow: bool, is_key: bool) -> bool:
    if not text:
        return not in_flow and not is_key
    if text[0] in " " + _BREAKS or text[-1] in " " + _BREAKS or not _can_be_quoted(text):
        return False
    if any(mark in text for mark in _BREAKS) or text[:3] in ("---", "...") or re.search("[ \t]#", text):
        return False
    return not _starts_as_a_sign(text, in_flow) and not _has_a_sign(text, in_flow)


def _starts_as_a_sign(text: str, in_flow: bool) -> bool:
    """Return whether the first character has a meaning in YAML: `&`, `[`, or a dash with nothing behind it."""
    is_alone = text[1:2] in ("", " ", "\t")
    return text[0] in (_FIRST_IN_FLOW if in_flow else _FIRST) or (text[0] in "?:-" and is_alone)


def _has_a_sign(text: str, in_flow: bool) -> bool:
    """Return whether a character inside would end the scalar or turn it into a key."""
    return bool(_LOST_IN_FLOW.search(text, 1) if in_flow else re.search(":(?=[ \t]|\\Z)", text))


def _can_be_quoted(text: str) -> bool:
    """Return whether a text can be written in single quotes."""
    return not ("\t" in text or _SPECIAL.search(text) or _SPACE_AT_BREAK.search(text) or _BREAK_AT_SPACE.search(text))


def _can_be_block(text: str) -> bool:
    return bool(text) and text[-1] != " " and not _SPECIAL.search(text) and not _SPACE_AT_BREAK.search(text)


def in_quotes(text: str, quote: str) -> str:
    """Return a text in single or double quotes, on one line."""
    if quote == "'":
        return "'" + text.replace("'", "''") + "'"
    if text[:1] == "\ufeff":  # go-yaml looks at the start of the text for every character
        return '"' + "".join(map(_escape, text)) + '"'
    return '"' + _ESCAPED.sub(lambda found: _escape(found[0]), text) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    number = f"x{code:02X}" if code <= 0xFF else f"u{code:04X}" if code <= 0xFFFF else f"U{code:08X}"
    return "\\" + _ESCAPES.get(character, number)


def block_hints(text: str) -> str:
    """Return the indicators behind `|` or `>`.

    They are a digit if the text would hide its indentation, and `-` or `+` for the line breaks at its end.
    """
    digit = "2" if text[0] == " " or text[0] in _BREAKS else ""
    if text[-1] not in _BREAKS:
        return digit + "-"
    return digit + ("+" if len(text) == 1 or text[-2] in _BREAKS else "")


def folded_breaks(text: str) -> frozenset[int]:
    """Return which line breaks of a folded text are written twice, as indexes into the alternating lines and breaks.

    These are the first break after each line that is not indented; there are none if the text starts with a space.
    """
    if text.lstrip(_BREAKS)[:1] in ("", " ", "\t"):
        return frozenset()
    pieces = re.split(f"([{_BREAKS}])", text)
    breaks = range(1, len(pieces), 2)
    return frozenset(at for at in breaks if pieces[at] == "\n" and pieces[at - 1][:1] not in ("", " ", "\t"))
