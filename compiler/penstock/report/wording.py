"""The common part of the reports for other systems: a finding in one text, and the escapes of XML and URIs."""

from collections.abc import Iterable
from itertools import islice
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from penstock.findings import Finding
from penstock.words import printable

MAX_OBJECTS = 5
"""Objects that the text of a finding names."""


def details(finding: Finding) -> list[str]:
    """Return the lines below a message: the places of the other half, the hint, and the objects that have the
    finding.
    """
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
    """Return the inside of an XML tag. Characters that XML cannot hold are escaped as in a text for people."""
    written = "".join(f" {key}={quoteattr(printable(str(value)))}" for key, value in attributes)
    return f"{name}{written}"


def uri(path: str) -> str:
    """Return a path as a URI, relative or as that of a file."""
    encoded = quote(path.encode("utf-8", "surrogateescape"))
    return f"file://{encoded}" if path.startswith("/") and not path.startswith("//") else encoded.lstrip("/")
