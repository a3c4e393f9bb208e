"""`penstock rule [CODE ...]`: explain the code of a finding, or list all codes. The name of a rule will do as well."""

from collections.abc import Sequence
from importlib import import_module

from penstock.cli.arguments import Arguments
from penstock.cli.severities import how_to_live_with, said
from penstock.cli.streams import CLEAN, Streams
from penstock.findings import Page
from penstock.model import Refusal
from penstock.validate.rules import RULES
from penstock.validate.updates import PAGES as UPDATES
from penstock.words import nearest

STAGES = (
    *("parse", "remote", "resolve", "charts", "jsonnet", "definitions"),
    *("graph", "validate", "adoption", "emit", "apply"),
)
"""The stages. Each has a module `codes` with the pages of its findings."""


def run(argv: Sequence[str], streams: Streams) -> int:
    parser = Arguments("rule", streams, __doc__ or "")
    parser.add_argument("codes", metavar="CODE", nargs="*", help="such as PS401, or wrong-type")
    asked = parser.parse_args(argv).codes
    written = [_page(_find(word)) for word in asked] or [_list()]
    streams.out.write("\n".join(written))
    return CLEAN


def pages() -> list[Page]:
    """Return the pages of every code of every stage, sorted."""
    found = [Page(rule.CODE, rule.NAME, rule.__doc__ or "") for rule in RULES]
    found += [Page(*page) for page in UPDATES]
    for stage in STAGES:
        found += [Page(*page) for page in import_module(f"penstock.{stage}.codes").PAGES]
    return sorted(found)


def _find(word: str) -> Page:
    known = {key: page for page in pages() for key in (page.code, page.name)}
    page = known.get(word.upper()) or known.get(word.lower())
    if page is None:
        meant = nearest(word, known)
        raise Refusal(f"there is no rule {word!r}" + (f"; did you mean {meant}?" if meant else ""))
    return page


def _page(page: Page) -> str:
    parts = (f"{page.code} {page.name}\n", f"{page.text.rstrip()}\n", f"Severity: {said(page.code)}.\n")
    return "\n".join((*parts, *filter(None, [how_to_live_with(page.code)])))


def _list() -> str:
    return "".join(f"{page.code} {page.name:28} {page.text.partition(chr(10))[0]}\n" for page in pages())
