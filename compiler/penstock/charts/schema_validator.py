"""A validator of values by one schema: the library's, with bounds and Helm's keywords, and without a network."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

from penstock.charts.schema_cycles import Cycles
from penstock.charts.schema_keywords import (
    OURS,
    check_additional_properties,
    check_dependencies,
    check_format,
    check_pattern_properties,
)
from penstock.charts.schema_parts import HERE, is_of_own_draft
from penstock.charts.schema_shape import DRAFTS, draft_of
from penstock.charts.schema_steps import (
    REFERENCES,
    UNEVALUATED,
    Nowhere,
    Steps,
    counting_pairs,
    counting_references,
)
from penstock.typed import Any

FORMATS_ARE_REMARKS = 2019
"""The first draft in which a `format` is not asserted."""


def validator_of(schema: Any, remote: list[str], steps: Steps, cycles: Cycles | None = None) -> Any:
    """Return a validator that fetches nothing and matches patterns by RE2. It adds the addresses of schemas that it
    would fetch to `remote`.
    """
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    def unfetched(uri: str) -> Any:
        remote.append(uri)
        return DRAFT202012.create_resource(_Anything())

    drafts = _Drafts(remote, steps, cycles)
    own, dialect = drafts.validator(schema)
    registry = REGISTRY.combine(Registry(retrieve=unfetched))  # type: ignore[call-arg]
    return own(schema, registry=registry, _resolver=_resolver(registry, schema, dialect))


class _Drafts:
    """The validators of one schema: that of its draft, and those of drafts that are named inside."""

    def __init__(self, remote: list[str], steps: Steps, cycles: Cycles | None) -> None:
        self._remote = remote
        self._steps = steps
        self._found = cycles.finding if cycles is not None else _as_it_is
        self._made: dict[Any, Any] = {}

    def validator(self, schema: Any) -> tuple[Any, str]:
        """Return the validator for the draft that a schema names, and the name of that draft."""
        known = _draft(schema, self._remote)
        if known not in self._made:
            self._made[known] = self._own(known, draft_of(schema))
        return self._made[known], known.ID_OF(known.META_SCHEMA)

    def _own(self, known: Any, draft: int) -> Any:
        from jsonschema import validators

        there = known.VALIDATORS
        keywords = {
            **there,
            **{name: keyword for name, keyword in OURS.items() if name in there},
            **{name: counting_pairs(self._steps, there[name]) for name in UNEVALUATED if name in there},
            **{name: counting_references(there[name], self._remote) for name in REFERENCES if name in there},
            "additionalProperties": partial(check_additional_properties, self._steps),
            "patternProperties": partial(check_pattern_properties, self._steps),
            "dependencies": check_dependencies,
        }
        if draft < FORMATS_ARE_REMARKS:
            keywords["format"] = partial(check_format, self._steps)
        extend: Any = validators.extend
        own = extend(known, {name: self._found(self._steps.counting(keyword)) for name, keyword in keywords.items()})
        own.evolve = self._evolving(own)
        return own

    def _evolving(self, own: Any) -> Callable[..., Any]:
        """Return the function that makes a validator for a part of a schema. That of the library takes its own
        keywords, without any bounds, wherever a part names a draft. Helm heeds it only in a part with an id.
        """
        from attrs import fields

        names = [(field.name, field.alias) for field in fields(own) if field.init]

        def evolve(validator: Any, **changes: Any) -> Any:
            given = {alias: getattr(validator, name) for name, alias in names} | changes
            schema = given["schema"]
            return (self.validator(schema)[0] if is_of_own_draft(schema) else own)(**given)

        return evolve


def _as_it_is(keyword: Callable[..., Any]) -> Callable[..., Any]:
    return keyword


def joined(reference: str) -> str:
    """Return the address that a reference in a schema leads to. Raises `Nowhere`."""
    try:
        return urljoin(HERE, reference)
    except ValueError as reason:
        raise Nowhere(f'error in parsing "{reference}": {reason}') from None


def _resolver(registry: Any, schema: Any, dialect: str) -> Any:
    """Return what resolves the references of a schema, which can be named as `HERE` beside its own name."""
    from referencing.jsonschema import specification_with

    resource = specification_with(dialect).create_resource(schema)
    own = joined(resource.id() or "")
    return registry.with_resources([(HERE, resource), (own, resource)]).resolver(base_uri=own)


class _Anything(dict[str, Any]):
    """A schema that allows everything, as do all its parts. It replaces a schema that is not fetched."""

    def __missing__(self, key: str) -> "_Anything":
        return self


def _draft(schema: Any, remote: list[str]) -> Any:
    """Return the validator for the draft that a schema names, by http or https. Raises `Nowhere` if it names no
    URL.
    """
    from jsonschema import Draft202012Validator, validators

    named = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(named, str):
        return Draft202012Validator
    address = named.removesuffix("#")
    bare = address.removeprefix("http://").removeprefix("https://")
    for draft in DRAFTS:
        if bare == f"json-schema.org/{draft}/schema":
            protocol = "https" if "/" in draft else "http"
            dialect = f"{protocol}://{bare}{'' if '/' in draft else '#'}"
            return validators.validator_for({"$schema": dialect}, default=Draft202012Validator)
    if bare == address:
        raise Nowhere(f'failing loading "{named}": no URLLoader registered for "{named}"')
    if bare != "json-schema.org/schema":
        remote.append(named)
    return Draft202012Validator
