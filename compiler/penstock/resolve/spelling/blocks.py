"""Texts that begin with a tab. When Kustomize writes an object as YAML, its writer does not state the indentation of a
block that begins with a tab; when it reads the YAML again, its parser takes the tab for indentation and fails.
"""

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.braces import is_in_braces
from penstock.resolve.spelling.written_values import writers_of
from penstock.scalar import can_be_block
from penstock.tree import is_json, origin_of


def is_lost_as_block(level: Level, resource: Resource, at: Pointer, value: str, is_rewritten: bool = False) -> bool:
    """Return whether Kustomize writes a text that begins with a tab as a block, and so cannot read it again.

    It does where the text was a block before, and where it rewrites a text of several lines, as this one if
    `is_rewritten`.
    """
    if not can_be_block(value):
        return False
    if is_json(resource, at):
        # JSON has all texts in quotes, and what a function prints keeps its style, until it is rewritten. A JSON 6902
        # patch leaves no style, so the printer chooses a block for every text of several lines.
        keeps = ("list",) if is_rewritten else ("list", "function")
        return "\n" in value and resource.spelling.through_json not in keeps
    # Inside of braces there are no blocks.
    if is_in_braces(level, resource, at):
        return False
    if is_rewritten or at in resource.spelling.styleless:
        return "\n" in value
    writers = writers_of(level, resource, at, level.spellings.is_block)
    if not writers or writers[0].was_json:
        return "\n" in value
    # The last writer has written a block.
    if writers[0].style:
        return True
    return "\n" in value and not level.spellings.is_quoted(writers[0].origin)


def report_lost_block(level: Level, resource: Resource, at: Pointer) -> None:
    message = "Kustomize cannot print a text of several lines that starts with a tab"
    hint = "start it with an empty line or a comment, or put spaces in place of the tab"
    level.report("PS164", message, origin_of(resource, at), resource=resource.id, hint=hint)


def note_tabs(level: Level, resource: Resource, values: dict[str, str]) -> None:
    """Note that the texts of a generated object must be checked when it is written, if one begins with a tab."""
    if any(value[:1] == "\t" and "\n" in value for value in values.values()):
        level.spellings.loose.add(resource.origin.path)
