"""Files of definitions (`crds`, `openapi`), which Kustomize reads as JSON where they start with a brace, and as YAML
otherwise.
"""

from collections.abc import Callable
from typing import Any

from penstock.resolve.level import Level


class NoJson(ValueError):  # noqa: N818  # says what is wrong with a file
    """A file that starts like JSON and is none, or that is empty."""


def read_definitions(level: Level, name: str, data: bytes, what: str, is_strict: bool = False) -> Any:
    """What a file of definitions holds, an empty mapping where that is null. Raises NoJson.

    Of YAML the first document counts, which may be nothing at all; `what` the file is says the warning about more.
    `is_strict` says whether JSON may have no name twice.
    """
    if data[:1] == b"{":
        return _from_json(data, _without_names_twice if is_strict else dict)
    if not data:
        raise NoJson("this file is empty")
    documents, findings = level.sources.configs(level.path(name))
    level.findings.add(findings)
    level.warn_of_rest(documents, what)
    return documents[0].body if documents else {}


def _from_json(data: bytes, mapping: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    import json  # only for `crds` and `openapi`

    text = data.decode(errors="replace")
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=mapping)
    except (ValueError, RecursionError) as reason:
        raise NoJson(f"this file starts with a brace, so Kustomize reads it as JSON: {reason}") from None


def _without_names_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} stands twice in one object")
        found[name] = value
    return found


def _finite(number: str) -> float:
    """Go refuses what is too large for 64 bits."""
    value = float(number)
    if value - value != 0:
        raise ValueError(f"{number} is too large a number")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
