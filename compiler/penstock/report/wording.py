"""What the reports for other systems share: the words of a finding in one text, and the escapes of XML and URIs."""

from collections.abc import Iterable
from itertools import islice
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from penstock.findings import Finding
from penstock.words import printable

MAX_OBJECTS = 5
"""Objects that the text of a finding names."""


def details(finding: Finding) -> list[str]:
    """What stands below the message: where the other half is, what to do, and which objects have the finding."""
    lines = [f"{pos}: {note}" for pos, note in finding.notes]
    if finding.hint:
        lines.append(f"hint: {finding.hint}")
    names = dict.fromkeys(filter(None, map(_object, finding.occurrences)))
    lines += [f"in {name}" for name in islice(names, MAX_OBJECTS)]
    if len(names) > MAX_OBJECTS:
        lines.append(f"and in {len(names) - MAX_OBJECTS:,} more")
    return [printable(line) for line in lines]


def _object(occurrence: tuple[str, object]) -> str:
    target, resource = occurrence
    return " of ".join(str(each) for each in (resource, target) if each)


def element(name: str, attributes: Iterable[tuple[str, object]]) -> str:
    """The inside of a tag. What XML cannot hold is escaped as in a text for people."""
    written = "".join(f" {key}={quoteattr(printable(str(value)))}" for key, value in attributes)
    return f"{name}{written}"


def uri(path: str) -> str:
    """A path as a URI: relative as it is, or of a file."""
    encoded = quote(path.encode("utf-8", "surrogateescape"))
    return f"file://{encoded}" if path.startswith("/") and not path.startswith("//") else encoded.lstrip("/")
