"""Mappings of texts that a generator writes anew: each text is in quotes if it needs them, and has no other style,
whatever the sources of an object have with which it is merged.
"""

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.blocks import note_tabs
from penstock.resolve.spelling.written_values import gets_quotes, may_get_quotes
from penstock.tree import get


def note_quotes(level: Level, resource: Resource, field: Pointer) -> None:
    """Note which texts of a mapping have quotes, because they would be no text without them."""
    values = get(resource.body, field) or {}
    quoted = {(*field, key) for key, value in values.items() if may_get_quotes(value) and gets_quotes(level, value)}
    if quoted:
        resource.spelling = resource.spelling._replace(quoted=quoted | resource.spelling.quoted)


def note_written_anew(level: Level, resource: Resource, field: Pointer) -> None:
    """Note that Kustomize has written all texts of a mapping anew, so that their sources no longer tell how they are
    written.
    """
    values = get(resource.body, field)
    if not isinstance(values, dict):
        return
    note_tabs(level, resource, values)
    note_quotes(level, resource, field)
    places = {(*field, key) for key in values} - resource.spelling.quoted
    resource.spelling = resource.spelling._replace(styleless=resource.spelling.styleless | places)
