"""Files of definitions (`crds`, `openapi`), which Kustomize reads as JSON if they begin with a brace, and as YAML
otherwise.
"""

from collections.abc import Callable

from penstock.budget import is_beyond_as_json
from penstock.digests import digest
from penstock.resolve.level import Level
from penstock.typed import Any


class NoJson(ValueError):  # noqa: N818  # says what is wrong with a file
    """Raised for a file that begins like JSON and is not valid JSON, or that is empty."""


def read_definitions(level: Level, name: str, data: bytes, what: str, is_strict: bool = False) -> Any:
    """Return the content of a file of definitions; an empty mapping where it has no document. Raises `NoJson`.

    Only the first document of YAML counts, which may be null; a warning about further ones calls the file `what`. With
    `is_strict`, a JSON object must not have the same name twice.
    """
    if data[:1] == b"{":
        key = "definitions", digest(data), is_strict
        if key not in level.run.memo:  # the targets of a run often share these files
            level.run.memo[key] = _from_json(data, _without_names_twice if is_strict else dict, level.most_values)
        return level.run.memo[key]
    if not data:
        raise NoJson("this file is empty")
    documents, findings = level.sources.configs(level.path(name))
    level.findings.add(findings)
    level.warn_of_rest(documents, what)
    return documents[0].body if documents else {}


def _from_json(data: bytes, mapping: Callable[[list[tuple[str, Any]]], Any], most: int) -> Any:
    import json  # only for `crds` and `openapi`

    if is_beyond_as_json(data, most):
        raise NoJson(f"there are more than {most:,} keys and values in this file")
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
    """Return a number of JSON as a float. Raises ValueError, as Go refuses it, where it is too large for 64 bits."""
    value = float(number)
    if value - value != 0:
        raise ValueError(f"{number} is too large a number")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
