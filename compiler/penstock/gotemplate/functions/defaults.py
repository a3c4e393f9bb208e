"""Sprig's functions for empty values, and its functions for the type or kind of a value."""

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.equality import deep_equal
from penstock.gotemplate.values import Value, kind_of, type_of

# A value is empty where it is false in Python: nil, false, 0, and empty texts, maps and lists.


def default(instead: Value, *given: Value) -> Value:
    return given[0] if given and given[0] else instead


def coalesce(*values: Value) -> Value:
    return next((value for value in values if value), None)


def ternary(yes: Value, no: Value, condition: bool) -> Value:
    return yes if condition else no


def type_is_like(wanted: str, value: Value) -> bool:
    found = type_of(value)
    return found in (wanted, f"*{wanted}")


def deep_equal_(f: Frame, one: Value, two: Value) -> bool:
    return deep_equal(one, two, f.meter)


FUNCTIONS: dict[str, Function] = {
    "all": Function(lambda *values: all(values), "any..."),
    "any": Function(lambda *values: any(values), "any..."),
    "coalesce": Function(coalesce, "any..."),
    "deepEqual": Function(deep_equal_, "any any", site=True),
    "default": Function(default, "any any..."),
    "empty": Function(lambda value: not value, "any"),
    "kindIs": Function(lambda wanted, value: kind_of(value) == wanted, "string any"),
    "kindOf": Function(kind_of, "any"),
    "ternary": Function(ternary, "any any bool"),
    "typeIs": Function(lambda wanted, value: type_of(value) == wanted, "string any"),
    "typeIsLike": Function(type_is_like, "string any"),
    "typeOf": Function(type_of, "any"),
}
