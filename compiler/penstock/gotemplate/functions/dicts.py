"""Sprig's functions for dictionaries. `set`, `unset` and the merging functions change the dictionary that they are
given.
"""

from penstock.gotemplate.bounds import Meter
from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.functions.strings import strval
from penstock.gotemplate.values import Map, NilMap, Object, Strings, Value, is_nil, named, type_of

Dict = dict[str, Value]

MAX_DEPTH = 500


def dict_(f: Frame, *values: Value) -> Dict:
    result: Dict = {}
    for number in range(0, len(values), 2):
        key = values[number]
        name = key if key.__class__ is str else "<nil>" if key is None else strval(f, key)
        result[name] = values[number + 1] if number + 1 < len(values) else ""
    return result


def get(values: Dict, key: str) -> Value:
    return values.get(key, "")


def set_(values: Dict, key: str, value: Value) -> Dict:
    if isinstance(values, NilMap):
        raise Failure("assignment to entry in nil map")
    values[key] = value
    return values


def unset(values: Dict, key: str) -> Dict:
    values.pop(key, None)
    return values


def has_key(values: Dict, key: str) -> bool:
    return key in values


def pluck(key: str, *dicts: Dict) -> list[Value]:
    return [values[key] for values in dicts if key in values]


def keys(f: Frame, *dicts: Dict) -> Strings:
    """Return the keys of dictionaries, those of each one sorted. Go returns them in random order, so that what ranges
    over them differs from run to run.
    """
    for values in dicts:
        f.meter.sort(values)
    return Strings([key for values in dicts for key in sorted(values)])


def values_(f: Frame, values: Dict) -> list[Value]:
    """Return the values in the order of their sorted keys."""
    f.meter.sort(values)
    return [values[key] for key in sorted(values)]


def pick(values: Dict, *wanted: str) -> Dict:
    return {key: values[key] for key in wanted if key in values}


def omit(f: Frame, values: Dict, *unwanted: str) -> Dict:
    f.meter.spend(len(values) // 8)
    rest = dict(values)
    for key in unwanted:
        rest.pop(key, None)
    return rest


def dig(*arguments: Value) -> Value:
    if len(arguments) < 3:
        raise Failure("dig needs at least three arguments")
    *path, default, values = arguments
    _check_dict(values)
    for key in path:
        if not isinstance(key, str):
            raise Failure(f"interface conversion: interface {{}} is {_spoken(key)}, not string")
    found: Value = values
    for number, key in enumerate(path):
        if number:
            _check_dict(found)
        if key not in found:
            return default
        found = found[key]
    return found


def _spoken(value: Value) -> str:
    return "nil" if value is None else type_of(value)


def _check_dict(value: Value) -> None:
    if not isinstance(value, dict) or type_of(value) != "map[string]interface {}":
        raise Failure(f"interface conversion: interface {{}} is {_spoken(value)}, not map[string]interface {{}}")


def deep_copy(f: Frame, value: Value) -> Value:
    if value is None:
        raise Failure("reflect: call of reflect.Value.Type on zero Value")
    return copied(value, f.meter, 0)


def copied(value: Value, meter: Meter, depth: int) -> Value:
    """Return a deep copy of maps and lists. Raises `Exceeded` for a value that is too deep or contains itself."""
    if not isinstance(value, dict | list):
        return value.copied() if isinstance(value, Object) else value
    if depth > MAX_DEPTH:
        raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be copied")
    meter.spend(1 + len(value))
    if is_nil(value):
        return value
    if isinstance(value, list):
        items = [copied(item, meter, depth + 1) for item in value]
        return items if value.__class__ is list else value.__class__(items)
    entries = {key: copied(item, meter, depth + 1) for key, item in value.items()}
    if value.__class__ is dict:
        return entries
    if isinstance(value, Object):
        return value.__class__(entries)
    result = named(type_of(value), entries)
    if isinstance(value, Map):
        result.zero, result.element = value.zero, value.element
    return result


def merge(f: Frame, values: Dict, *others: Dict) -> Dict:
    """Fill in empty and missing values from other dictionaries, of which the first has precedence (mergo's `Merge`)."""
    return _merged(f, values, others, False)


def merge_overwrite(f: Frame, values: Dict, *others: Dict) -> Dict:
    """Overwrite values with those of other dictionaries, even empty ones (mergo's `MergeWithOverwrite`)."""
    return _merged(f, values, others, True)


def _merged(f: Frame, values: Dict, others: tuple[Dict, ...], overwrites: bool) -> Dict:
    if isinstance(values, NilMap):
        values = {} if others else NilMap()
    for other in others:
        _merge(values, other, overwrites, f.meter, 0)
    if isinstance(values, Map):
        values.go_type = Map.go_type  # Go passed it as a plain map, so the result is one, too, and `dig` accepts it
    return values


def _merge(values: Dict, other: Dict, overwrites: bool, meter: Meter, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Exceeded(f"dictionaries with more than {MAX_DEPTH} levels, or that hold themselves, cannot be merged")
    meter.spend(1 + len(other))
    for key, new in list(other.items()):
        old = values.get(key)
        if new is None:
            if overwrites:
                values[key] = None
            continue
        if isinstance(new, dict) and isinstance(old, dict):
            # A dictionary may be merged into itself, which changes nothing.
            if new is not old:
                _merge(old, new, overwrites, meter, depth + 1)
            if old:
                continue
        if overwrites or not old:
            values[key] = new


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("deepCopy", "mustDeepCopy"), Function(deep_copy, "any", site=True)),
    "dict": Function(dict_, "any...", site=True),
    "dig": Function(dig, "any..."),
    "get": Function(get, "map string"),
    "hasKey": Function(has_key, "map string"),
    "keys": Function(keys, "map...", site=True),
    **dict.fromkeys(("merge", "mustMerge"), Function(merge, "map map...", site=True)),
    **dict.fromkeys(("mergeOverwrite", "mustMergeOverwrite"), Function(merge_overwrite, "map map...", site=True)),
    "omit": Function(omit, "map string...", site=True),
    "pick": Function(pick, "map string..."),
    "pluck": Function(pluck, "string map..."),
    "set": Function(set_, "map string any"),
    "unset": Function(unset, "map string"),
    "values": Function(values_, "map", site=True),
}
