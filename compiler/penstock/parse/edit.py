"""Changing one scalar of a YAML text and nothing else."""

from penstock.model import Pointer
from penstock.parse.libyaml import ScalarNode
from penstock.parse.locate import child_of, compose
from penstock.scalar import resource_scalar


def with_scalar(text: str, at: Pointer, value: str) -> str | None:
    """`text` with the scalar at `at` replaced by `value`, quoted as it was before; None where there is none."""
    node = compose(text.encode())
    for step in at:
        found = child_of(node, step)
        if found is None:
            return None
        node = found[0]
    if not isinstance(node, ScalarNode):
        return None
    start, end = node.start_mark.index, node.end_mark.index
    old = text[start:end]
    return text[:start] + written(value, node.style) + old[len(old.rstrip()) :] + text[end:]


def written(value: str, style: str | None) -> str:
    """A scalar as YAML writes it in a given style; a plain one is quoted where it must be."""
    if style == "'" and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if style is None and _is_plain(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _is_plain(value: str) -> bool:
    return (
        bool(value)
        and value == value.strip()
        and resource_scalar(value) == value
        and value[0] not in "#,[]{}&*!|>'\"%@`-?:"
        and ": " not in value
        and " #" not in value
        and not value.endswith(":")
        and value.isprintable()
    )
