"""What lines look like on a terminal that has colours."""

import re

BOLD, RED, GREEN, YELLOW, CYAN = "1", "31", "32", "33", "36"

STYLES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"^(.*?: )(error )(PS\d{3})(?= )"), (BOLD, RED, BOLD)),
    (re.compile(r"^(.*?: )(warning )(PS\d{3})(?= )"), (BOLD, YELLOW, BOLD)),
    (re.compile(r"^(.*?: )(info )(PS\d{3})(?= )"), (BOLD, CYAN, BOLD)),
    (re.compile(r"^( +hint: )"), (CYAN,)),
    (re.compile(r"^(\S.*)(?= \(\d+ (?:error|warning|info)s?\b[^)]*\)$)"), (BOLD,)),
    (re.compile(r"^(penstock: )"), (RED,)),
    (re.compile(r"^(  (?:OutOfSync|Missing|Extra) +)(?=[A-Z])"), (YELLOW,)),
    (re.compile(r"^(  Synced +)(Healthy)(?= )"), (GREEN, GREEN)),
)
"""The style for each group of a line that begins with a pattern, on a terminal."""


DIFFERENCES = {"+": GREEN, "-": RED, "!!": RED, "!": YELLOW, "~": CYAN}
"""The styles for the lines of a difference, by the sign at the beginning."""


def in_colours(text: str, output: object) -> str:
    """Return a difference in colours, if the output is a terminal that has them."""
    if not getattr(output, "has_colours", False):
        return text
    return "\n".join(map(_painted, text.split("\n")))


def _painted(line: str) -> str:
    sign = line[:1] if line[:1] != " " else line[2:4].strip()
    style = DIFFERENCES.get(sign, "")
    return f"\x1b[{style}m{line}\x1b[0m" if style else line


def painted(line: str) -> str:
    """Return a line in the colours of its kind."""
    for pattern, styles in STYLES:
        found = pattern.match(line)
        if found:
            parts = (f"\x1b[{style}m{part}\x1b[0m" for style, part in zip(styles, found.groups(), strict=True))
            return "".join(parts) + line[found.end() :]
    return line
