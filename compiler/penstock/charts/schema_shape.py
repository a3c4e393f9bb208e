"""Validating a JSON Schema itself: each keyword must have a value of the right kind, as the meta-schema of its draft
demands.

The library can validate a schema against the meta-schema, but that takes longer than rendering most charts. Helm v4
uses github.com/santhosh-tekuri/jsonschema/v6, whose meta-schemas are the source of `KEYWORDS`.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache

from penstock.charts.schema_formats import is_uri, is_uri_reference
from penstock.expression import Invalid, TooMuch, expression
from penstock.records import NamedTuple
from penstock.typed import Any

DRAFTS = {"draft-04": 4, "draft-06": 6, "draft-07": 7, "draft/2019-09": 2019, "draft/2020-12": 2020}
"""The number of each draft by its part of the URL."""

OLDEST, NEWEST = 4, 2020
"""Helm assumes the newest draft if a schema names none."""

TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))

Check = Callable[[Any], bool]
Below = Callable[[Any], Iterator[tuple[str, Any]]]
"""A function that yields the schemas in the value of a keyword, each with its path below the keyword."""


def draft_of(schema: Any) -> int:
    """Return the draft that a schema names, or the newest draft if it names none that is known."""
    named = schema.get("$schema") if isinstance(schema, dict) else None
    found = re.fullmatch(r"https?://json-schema\.org/(.+)/schema#?", named) if isinstance(named, str) else None
    return DRAFTS.get(found[1], NEWEST) if found else NEWEST


def wrong_with(schema: Any, draft: int, at: str) -> str | None:
    """Return what is wrong with a schema at a path, apart from the schemas in it, or None if nothing is."""
    if isinstance(schema, bool) and draft > OLDEST:
        return None
    if not isinstance(schema, dict):
        return f"at '{at}': a schema is a mapping{' or a boolean' if draft > OLDEST else ''}"
    known = keywords(draft)
    for name, value in schema.items():
        wrong = _wrong(known[name], value, schema) if name in known else None
        if wrong is not None:
            return f"at '{at}/{name}': {wrong}"
    return None


class Keyword(NamedTuple):
    """A keyword whose value has a certain kind from one draft to another. Keywords that take any value are not listed.

    `wanted` describes the kind. `needs` is another keyword that must be present as well.
    """

    name: str
    check: Check
    wanted: str
    below: Below
    since: int
    until: int
    needs: str = ""


def _wrong(keyword: Keyword, value: Any, schema: dict[str, Any]) -> str | None:
    """Return what is wrong with the value of a keyword, or None if it is valid."""
    if not keyword.check(value):
        return f"this must be {keyword.wanted}"
    if keyword.needs and keyword.needs not in schema:
        return f"this needs `{keyword.needs}` beside it"
    return _expressions(keyword.name, value)


def _expressions(keyword: str, value: Any) -> str | None:
    """Return what is wrong with the regular expressions of a keyword, or None if they are valid."""
    if keyword == "pattern":
        texts = [value]
    elif keyword == "patternProperties":
        texts = list(value)
    else:
        return None
    for text in texts:
        try:
            expression(text)
        except Invalid as problem:
            return str(problem)
        except TooMuch:
            return "a regular expression is too large"
    return None


# --- schemas in the values of keywords --------------------------------------------------------------------------------


def _none(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(())


def _one(value: Any) -> Iterator[tuple[str, Any]]:
    yield "", value


def _one_unless_boolean(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, bool):
        yield "", value


def _listed(value: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"/{index}", each) for index, each in enumerate(value))


def _one_or_listed(value: Any) -> Iterator[tuple[str, Any]]:
    yield from _listed(value) if isinstance(value, list) else _one(value)


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"/{name}", each) for name, each in value.items())


def _named_unless_lists(value: Any) -> Iterator[tuple[str, Any]]:
    yield from ((step, each) for step, each in _named(value) if not isinstance(each, list))


# --- kinds of values --------------------------------------------------------------------------------------------------


def _is_anything(value: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_no_list(value: Any) -> bool:
    return not isinstance(value, list)


def _is_filled_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_empty_or_schemas(value: Any) -> bool:
    return not isinstance(value, list) or bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and (value == float("inf") or value == int(value))


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and is_uri_reference(value)


def _is_id(value: Any) -> bool:
    return _is_reference(value) and "#" not in value[:-1]


def _is_draft(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://", "urn:"))


def _is_anchor(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][-A-Za-z0-9._]*", value) is not None


def _is_old_anchor(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z][-A-Za-z0-9.:_]*", value) is not None


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and _are_texts(names) and TYPES.issuperset(names)


def _are_texts(value: Any) -> bool:
    """Return whether a value is a list of distinct strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value)


def _are_some_texts(value: Any) -> bool:
    return _are_texts(value) and bool(value)


def _are_distinct(value: Any) -> bool:
    """Return whether a value is a list with items, none of which is there twice."""
    return _is_filled_list(value) and len({json.dumps(each, sort_keys=True) for each in value}) == len(value)


def _names_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_are_texts, value.values()))


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(_are_texts(each) for each in value.values() if isinstance(each, list))


def _is_old_dependencies(value: Any) -> bool:
    return _is_dependencies(value) and [] not in value.values()


def _is_vocabulary(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_uri, value)) and all(map(_is_flag, value.values()))


# --- keywords ---------------------------------------------------------------------------------------------------------


def _plain(check: Check, wanted: str, *names: str, since: int = OLDEST, until: int = NEWEST) -> list[Keyword]:
    """Return keywords with values of one kind in which there are no schemas."""
    return [Keyword(name, check, wanted, _none, since, until) for name in names]


def _schemas(check: Check, wanted: str, below: Below, *names: str, since: int = OLDEST) -> list[Keyword]:
    """Return keywords with values of one kind in which there are schemas."""
    return [Keyword(name, check, wanted, below, since, NEWEST) for name in names]


KEYWORDS: tuple[Keyword, ...] = (
    *_plain(_is_text, "a string", "id", until=OLDEST),
    *_plain(_is_reference, "a URI reference", "$id", since=6, until=7),
    *_plain(_is_id, "a URI reference without a fragment", "$id", since=2019),
    *_plain(_is_draft, "the URL of a draft", "$schema"),
    *_plain(_is_text, "a string", "$ref", until=OLDEST),
    *_plain(_is_reference, "a URI reference", "$ref", since=6),
    *_plain(_is_reference, "a URI reference", "$recursiveRef", since=2019),
    *_plain(_is_reference, "a URI reference", "$dynamicRef", since=2020),
    *_plain(_is_old_anchor, "a name", "$anchor", since=2019, until=2019),
    *_plain(_is_anchor, "a name", "$anchor", "$dynamicAnchor", "$recursiveAnchor", since=2020),
    *_plain(_is_flag, "a boolean", "$recursiveAnchor", since=2019, until=2019),
    *_plain(_is_vocabulary, "a mapping of URLs to booleans", "$vocabulary", since=2019),
    *_plain(_is_text, "a string", "title", "description", "format"),
    *_plain(_is_text, "a string", "$comment", "contentMediaType", "contentEncoding", since=7),
    *_plain(_is_flag, "a boolean", "uniqueItems"),
    *_plain(_is_flag, "a boolean", "readOnly", "writeOnly", since=7),
    *_plain(_is_flag, "a boolean", "deprecated", since=2019),
    *_plain(_is_list, "a list", "examples", since=7),
    *_plain(_are_distinct, "a list of different values", "enum", until=7),
    *_plain(_is_list, "a list", "enum", since=2019),
    *_plain(_is_type, "the name of a type, or a list of such names", "type"),
    *_plain(_is_text, "a string", "pattern"),
    *_plain(_is_step, "a number greater than 0", "multipleOf"),
    *_plain(_is_number, "a number", "maximum", "minimum"),
    Keyword("exclusiveMaximum", _is_flag, "a boolean", _none, OLDEST, OLDEST, needs="maximum"),
    Keyword("exclusiveMinimum", _is_flag, "a boolean", _none, OLDEST, OLDEST, needs="minimum"),
    *_plain(_is_number, "a number", "exclusiveMaximum", "exclusiveMinimum", since=6),
    *_plain(_is_count, "a whole number", "maxLength", "minLength", "maxItems", "minItems"),
    *_plain(_is_count, "a whole number", "maxProperties", "minProperties"),
    *_plain(_is_count, "a whole number", "maxContains", "minContains", since=2019),
    *_plain(_are_some_texts, "a list of different strings, one at least", "required", until=OLDEST),
    *_plain(_are_texts, "a list of different strings", "required", since=6),
    *_plain(_names_texts, "a mapping to lists of strings", "dependentRequired", since=2019),
    *_schemas(_is_mapping, "a mapping", _named, "properties", "patternProperties", "definitions"),
    *_schemas(_is_mapping, "a mapping", _named, "$defs", "dependentSchemas", since=2019),
    Keyword("dependencies", _is_old_dependencies, "a mapping", _named_unless_lists, OLDEST, OLDEST),
    *_schemas(_is_dependencies, "a mapping", _named_unless_lists, "dependencies", since=6),
    *_schemas(_is_filled_list, "a list of schemas", _listed, "allOf", "anyOf", "oneOf"),
    *_schemas(_is_filled_list, "a list of schemas", _listed, "prefixItems", since=2020),
    Keyword("items", _is_empty_or_schemas, "a schema or a list of schemas", _one_or_listed, OLDEST, 2019),
    *_schemas(_is_no_list, "a schema from draft 2020-12 on; a list is `prefixItems`", _one, "items", since=2020),
    *_schemas(_is_anything, "a schema", _one, "not"),
    Keyword("additionalProperties", _is_anything, "a schema", _one_unless_boolean, OLDEST, NEWEST),
    Keyword("additionalItems", _is_anything, "a schema", _one_unless_boolean, OLDEST, 2019),
    *_schemas(_is_anything, "a schema", _one, "contains", "propertyNames", since=6),
    *_schemas(_is_anything, "a schema", _one, "if", "then", "else", since=7),
    *_schemas(_is_anything, "a schema", _one, "unevaluatedItems", "unevaluatedProperties", "contentSchema", since=2019),
)
"""The keywords of all drafts. A keyword whose rules have changed is there more than once."""


@cache
def keywords(draft: int) -> dict[str, Keyword]:
    """Return the keywords of a draft by their names."""
    return {keyword.name: keyword for keyword in KEYWORDS if keyword.since <= draft <= keyword.until}


@cache
def holders(draft: int) -> dict[str, Below]:
    """Return what finds the schemas in the values of those keywords of a draft that hold some."""
    return {name: keyword.below for name, keyword in keywords(draft).items() if keyword.below is not _none}
