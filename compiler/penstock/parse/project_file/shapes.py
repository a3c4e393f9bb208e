"""Whether `penstock.yaml` has the shape that `fields.py` gives: the fields and the types of their values."""

from typing import Any

from penstock.model import Diagnostic, Origin
from penstock.parse.project_file.fields import Either, Flag, Many, Mapping, Named, Shape, Words
from penstock.words import MOST_SEARCHES, nearest


def misfit(message: str, where: Origin, hint: str = "") -> Diagnostic:
    """Return the finding about a value that does not fit."""
    return Diagnostic("PS115", "error", message, where, hint=hint)


def check_value(value: Any, shape: Shape, where: Origin, findings: list[Diagnostic]) -> None:
    """Report everything in a value that does not have a shape."""
    if isinstance(shape, Mapping):
        _check_mapping(value, shape, where, findings)
    elif isinstance(shape, Named):
        _check_named(value, shape, where, findings)
    elif isinstance(shape, Many):
        _check_list(value, shape, where, findings)
    elif isinstance(shape, Either):
        check_value(value, shape.named if isinstance(value, dict) else shape.word, where, findings)
    elif isinstance(shape, Words):
        _check_word(value, shape, where, findings)
    elif isinstance(shape, Flag):
        if not isinstance(value, bool):
            findings.append(misfit(f"{field_at(where)} must be true or false", where))
    elif not isinstance(value, str) or not value:
        hint = "write it in quotes" if isinstance(value, int | float) else ""
        findings.append(misfit(f"{field_at(where)} must be a text", where, hint))


def _check_mapping(value: Any, shape: Mapping, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, dict):
        findings.append(misfit(f"{field_at(where)} must be a mapping", where))
        return
    for key, inner in value.items():
        if key in shape.fields:
            check_value(inner, shape.fields[key], where.below(key), findings)
        else:
            findings.append(_unknown(str(key), shape, where.below(key), len(findings) < MOST_SEARCHES))
    for name, field in shape.fields.items():
        if field.required and name not in value:
            findings.append(misfit(f"{field_at(where)} has no `{name}`", where, hint=field.about))


def _check_named(value: Any, shape: Named, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, dict):
        findings.append(misfit(f"{field_at(where)} must be a mapping of names", where))
        return
    for key, inner in value.items():
        if inner is not None or not isinstance(shape.each, Mapping):  # `prod:` alone declares an environment
            check_value(inner, shape.each, where.below(key), findings)


def _check_list(value: Any, shape: Many, where: Origin, findings: list[Diagnostic]) -> None:
    if not isinstance(value, list):
        findings.append(misfit(f"{field_at(where)} must be a list", where))
        return
    for index, item in enumerate(value):
        check_value(item, shape.each, where.below(index), findings)


def _check_word(value: Any, shape: Words, where: Origin, findings: list[Diagnostic]) -> None:
    if word_meant(value) not in shape.words:
        message = f"{field_at(where)} must be {' or '.join(shape.words)}"
        hint = _did_you_mean(str(value), shape.words) if len(findings) < MOST_SEARCHES else ""
        findings.append(misfit(message, where, hint))


def word_meant(value: Any) -> Any:
    """Return a word as it was meant: an unquoted `off` is a boolean in YAML 1.1."""
    return "off" if value is False else value


def _unknown(key: str, shape: Mapping, where: Origin, is_searched: bool) -> Diagnostic:
    near = _did_you_mean(key, tuple(shape.fields)) if is_searched else ""
    return misfit(f"unknown field `{key}`", where, near or f"known here: {', '.join(shape.fields)}")


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def field_at(where: Origin) -> str:
    """Return the name of a field for a message."""
    names = [str(step) for step in where.at]
    return f"`{'.'.join(names)}`" if names else "penstock.yaml"
