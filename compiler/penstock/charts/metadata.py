"""Chart.yaml and requirements.yaml: their fields with the types that Helm gives them, and Helm's validation."""

from collections.abc import Callable, Mapping
from itertools import zip_longest

from penstock.charts.chart import Dependency, Metadata, Refused
from penstock.charts.versions import is_version
from penstock.gotemplate.semver import Version
from penstock.model import Origin, Tree
from penstock.regex import regex
from penstock.scalar import float_as_string
from penstock.typed import Any
from penstock.words import type_of

_ALIAS = regex(r"[a-zA-Z0-9_-]+")

Check = Callable[[Any, Origin], Any]
"""A function from a value of the file to the value that Helm reads. Raises `Refused` for a value of the wrong type."""


def _text(value: Any, where: Origin) -> str:
    """Return a string. Unquoted numbers and booleans become strings, as in Go's YAML library."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_as_string(value)
    raise _unfit(value, "a text", where)


def _boolean(value: Any, where: Origin) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise _unfit(value, "true or false", where)


def _anything(value: Any, where: Origin) -> Any:
    """Return a value of a field without a fixed type. Its integers become floats, since Helm passes them through
    JSON.
    """
    if isinstance(value, dict):
        return {key: _anything(inner, where) for key, inner in value.items()}
    if isinstance(value, list):
        return [_anything(inner, where) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _many(each: Check) -> Check:
    def check(value: Any, where: Origin) -> list[Any]:
        if value is not None and not isinstance(value, list):
            raise _unfit(value, "a list", where)
        return [each(item, where.below(index)) for index, item in enumerate(value or ())]

    return check


def _texts_by_name(value: Any, where: Origin) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _unfit(value, "a mapping", where)
    return {key: _text(inner, where.below(key)) for key, inner in value.items()}


def _mapping(fields: Mapping[str, Check]) -> Check:
    def check(value: Any, where: Origin) -> Tree:
        if value is None:
            raise Refused("PS700", "this entry is empty: it must not be null", where)
        if not isinstance(value, dict):
            raise _unfit(value, "a mapping", where)
        return _fields(value, fields, where)

    return check


def _fields(tree: Tree, fields: Mapping[str, Check], where: Origin) -> Tree:
    """Return the known fields by their proper names: Go matches them case-insensitively."""
    by_lower = {name.lower(): name for name in fields}
    found: Tree = {}
    for key, value in sorted(tree.items()):  # Go reads keys in this order, and the last one wins
        name = by_lower.get(key.lower(), "")
        if name and not (value is None and fields[name] in _SCALARS):
            found[name] = fields[name](value, where.below(key))
    return found


_SCALARS = (_text, _boolean)
"""The fields that stay as they were where a file says null."""


_MAINTAINER: Mapping[str, Check] = {"name": _text, "email": _text, "url": _text}
_DEPENDENCY: Mapping[str, Check] = {
    **dict.fromkeys(("name", "version", "repository", "condition", "alias"), _text),
    "tags": _many(_text),
    "enabled": _boolean,
    "import-values": _many(_anything),
}
_CHART: Mapping[str, Check] = {
    **dict.fromkeys(("name", "home", "version", "description", "icon", "apiVersion", "condition", "tags"), _text),
    **dict.fromkeys(("appVersion", "kubeVersion", "type"), _text),
    **dict.fromkeys(("sources", "keywords"), _many(_text)),
    "deprecated": _boolean,
    "annotations": _texts_by_name,
    "maintainers": _many(_mapping(_MAINTAINER)),
    "dependencies": _many(_mapping(_DEPENDENCY)),
}


def read_metadata(tree: Tree, where: Origin) -> Metadata:
    """Return the metadata of a chart, not yet validated: requirements.yaml may add fields. Raises `Refused`."""
    fields = _fields(tree, _CHART, where)
    return Metadata({**fields, "apiVersion": fields.get("apiVersion") or "v1"}, where)


def with_requirements(metadata: Metadata, tree: Tree, where: Origin) -> tuple[Metadata, Origin]:
    """Return the metadata, overridden by the fields of requirements.yaml, and the place where the dependencies were
    written.
    """
    fields = _fields(tree, _CHART, where)
    before = metadata.fields
    joined: Tree = {
        name: _over(before.get(name), fields[name]) for name in ("dependencies", "maintainers") if name in fields
    }
    if fields.get("annotations"):
        joined["annotations"] = {**(before.get("annotations") or {}), **fields["annotations"]}
    return Metadata({**before, **fields, **joined}, metadata.origin), where


def _over(before: list[Tree] | None, now: list[Tree]) -> list[Tree]:
    """Return the entries of requirements.yaml, each with the fields that only the entry of Chart.yaml at its place has:
    Go reads the second list into the first.
    """
    return [{**old, **new} for old, new in zip_longest((before or [])[: len(now)], now, fillvalue=_NO_FIELDS)]


_NO_FIELDS: Tree = {}


def checked(metadata: Metadata) -> Metadata:
    """Return the metadata without unprintable characters. Raises `Refused` for what Helm calls a validation error."""
    fields = {name: _sanitized(value) for name, value in metadata.fields.items()}
    for field in ("name", "version"):
        if not fields.get(field):
            raise _invalid(f"chart.metadata.{field} is required", metadata.origin)
    name, version, kind = fields["name"], fields["version"], fields.get("type", "")
    if name in (".", ".."):
        raise _invalid(f'chart.metadata.name "{name}" is not allowed', metadata.origin.below("name"))
    if "/" in name:
        raise _invalid(f'chart.metadata.name "{name}" is invalid', metadata.origin.below("name"))
    if not is_version(version):
        raise _invalid(f'chart.metadata.version "{version}" is invalid', metadata.origin.below("version"))
    if kind not in ("", "application", "library"):
        raise _invalid("chart.metadata.type must be application or library", metadata.origin.below("type"))
    return Metadata(fields, metadata.origin)


def with_build(metadata: Metadata, build: str) -> Metadata:
    """Return the metadata with other build metadata in the version, which is written in full."""
    version = Version.read(metadata.version)._replace(metadata=build)
    return metadata._replace(fields={**metadata.fields, "version": str(version)})


def dependencies_of(metadata: Metadata, where: Origin) -> list[Dependency] | None:
    """Return the dependencies of a chart, or None where it has no such field. `where` is the file that declares them.
    Raises `Refused`.
    """
    entries = metadata.fields.get("dependencies")
    if not entries:
        return None
    found: dict[str, Dependency] = {}
    for index, entry in enumerate(entries):
        each = Dependency(entry, where.below("dependencies", index))
        if each.alias and not _ALIAS.fullmatch(each.alias):
            raise _invalid(f'dependency "{each.name}" has disallowed characters in the alias', each.origin)
        key = each.alias or each.name
        if key in found:
            raise _invalid(f'more than one dependency with name or alias "{key}"', each.origin)
        found[key] = each
    return list(found.values())


def _sanitized(value: Any) -> Any:
    if isinstance(value, str):
        spaced = (" " if sign.isspace() else sign for sign in value)
        return "".join(sign for sign in spaced if sign == " " or sign.isprintable())
    return [_sanitized(each) for each in value] if isinstance(value, list) else value


def _unfit(value: Any, wanted: str, where: Origin) -> Refused:
    return Refused("PS700", f"this must be {wanted}; found {type_of(value)}", where)


def _invalid(message: str, where: Origin) -> Refused:
    return Refused("PS700", f"validation: {message}", where)
