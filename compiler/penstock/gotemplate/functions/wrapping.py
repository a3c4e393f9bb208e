"""Functions that wrap or shorten texts to a width, like Go's `goutils`. As in `goutils`, widths are bytes."""

from penstock.gotemplate.failures import Failure
from penstock.gotemplate.values import bytes_text, text_bytes


def wrapped_at(text: str, width: int, separator: str, cuts_words: bool) -> str:
    """Return a text in lines that are broken at spaces to fit a width. Longer words are cut only where `cuts_words`."""
    data = text_bytes(text)
    between = text_bytes(separator or "\n")
    width = max(width, 1)
    out: list[bytes] = []
    at = 0
    while len(data) - at > width:
        if data[at : at + 1] == b" ":
            at += 1
            continue
        space = data.rfind(b" ", at, at + width + 1)
        if space < 0 and cuts_words:
            out += data[at : at + width], between
            at += width
            continue
        if space < 0:
            space = data.find(b" ", at + width)
        if space < 0:
            break
        out += data[at:space], between
        at = space + 1
    out.append(data[at:])
    return bytes_text(b"".join(out))


def abbreviated(width: int, text: str) -> str:
    return text if width < 4 else bytes_text(_abbreviated(text_bytes(text), 0, width))


def abbreviated_both(left: int, right: int, text: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return text
    return bytes_text(_abbreviated(text_bytes(text), left, right))


def _abbreviated(data: bytes, offset: int, width: int) -> bytes:
    """Return a text cut to a width, with dots for the part left out before the offset and at the end."""
    if len(data) <= width:
        return data
    offset = min(offset, len(data))
    if len(data) - offset < width - 3:
        offset = len(data) - (width - 3)
    if offset <= 4:
        return data[: width - 3] + b"..."
    if width < 7:
        return b""
    if offset < 0:
        raise Failure("runtime error: slice bounds out of range")
    if offset + width - 3 < len(data):
        return b"..." + _abbreviated(data[offset:], 0, width - 3)
    return b"..." + data[len(data) - (width - 3) :]
