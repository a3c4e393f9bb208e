"""`vars:` (deprecated, use `replacements`): `$(NAME)` in some fields stands for a field of an object.

Each kustomization refers to objects by the names that they have there; the values are read at the end, when all names
are final.
"""

from penstock.budget import cost_of_scalar
from penstock.model import Origin, Pointer, Resource, Tree
from penstock.resolve.accumulation import Accumulation, Variable
from penstock.resolve.finding.field_paths import look_up, split_path, with_indexes
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists
from penstock.resolve.finding.identities import Identity, current, earlier
from penstock.resolve.finding.spec_tables import SpecTable
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.resolve.spelling.plain_keys import is_plain_key
from penstock.resolve.spelling.shared_labels import spread
from penstock.resolve.spelling.written_values import has_type_in_quotes, is_date, text_of
from penstock.scalar import UNFIT, Tagged, is_timestamp, resource_scalar
from penstock.tree import get, log, origin_of, put
from penstock.typed import Any


def collect(level: Level) -> None:
    """Note each variable of one kustomization on the object whose field it reads."""
    for index, entry in enumerate(level.fields.get("vars", ())):
        name = entry.get("name", "")
        where = level.at("vars", index)
        objects = _objects(level, entry.get("objref", {}))
        if len(objects) > 1:
            notes = tuple((r.origin, str(r.id)) for r in objects)
            message, hint = f"the variable {name} may mean any of {len(objects)} objects", "add a namespace to `objref`"
            level.report("PS270", message, where, notes=notes, hint=hint)
            continue
        for resource in objects:
            resource.lineage = resource.lineage._replace(variables=(*resource.lineage.variables, name))
        path = entry.get("fieldref", {}).get("fieldPath") or "metadata.name"
        add(level, Variable(name, path, where))


def add(level: Level, variable: Variable) -> None:
    first = level.accumulation.variables.get(variable.name)
    if first is None:
        level.accumulation.variables[variable.name] = variable
        return
    notes = ((first.origin, "first here"),)
    hint = "remove one of the two, or rename it"
    level.report("PS271", f"there are two variables {variable.name}", variable.origin, notes=notes, hint=hint)


def _objects(level: Level, reference: dict[str, str]) -> list[Resource]:
    group, version = _group_and_version(reference)
    kind, name, namespace = reference.get("kind", ""), reference.get("name", ""), reference.get("namespace", "")

    def is_meant(known: Identity) -> bool:
        return (known.group, known.version, known.kind) == (group, version, kind) and (
            known.name == name and (not namespace or known.namespace == namespace)
        )

    found = level.accumulation.ever_named(name)
    return [resource for resource in found if any(map(is_meant, (*earlier(resource), current(resource))))]


def _group_and_version(reference: dict[str, str]) -> tuple[str, str]:
    """Return the group and version of a reference.

    A valid `apiVersion` sets both; one without a group sets the version alone and leaves the group as given.
    """
    group, version = reference.get("group", ""), reference.get("version", "")
    api_version = reference.get("apiVersion", "")
    if api_version.count("/") == 1:
        group, _, version = api_version.partition("/")
    elif api_version and "/" not in api_version:
        version = api_version
    return group, version


def substitute(accumulation: Accumulation, level: Level) -> None:
    """Replace every `$(NAME)` in the fields of `varReference`."""
    values = _values(accumulation, level)
    if not values:
        return
    used: set[str] = set()
    specs = accumulation.specs.var_reference
    table = SpecTable(specs)
    for resource in accumulation.resources:
        for spec in [specs[number] for number in table.reaching(resource.id.kind, resource.body)]:
            if spec.selects(resource):
                _substitute_in(resource, spec, values, used, level)
    for name in sorted(values.keys() - used):
        where = accumulation.variables[name].origin
        hint = f"remove it, or write $({name}) where its value is to stand"
        level.report("PS272", f"the variable {name} is never used", where, severity="info", hint=hint)


def _values(accumulation: Accumulation, level: Level) -> dict[str, tuple[Any, Origin]]:
    """Return the value of each variable and the origin of the value. A variable that cannot be read is reported and
    left out.
    """
    values = {}
    sources: dict[str, Resource] = {}
    for resource in accumulation.resources:
        for name in resource.lineage.variables:
            sources.setdefault(name, resource)
    for variable in sorted(accumulation.variables.values()):
        found = _value(sources.get(variable.name), variable, level)
        if found is not None:
            values[variable.name] = found
    return values


def _value(source: Resource | None, variable: Variable, level: Level) -> tuple[Any, Origin] | None:
    if source is None:
        level.report_missing("PS273", f"there is no object for the variable {variable.name}", variable.origin)
        return None
    try:
        at = look_up(source.body, with_indexes(split_path(variable.field_path)))
    except Conflict:
        at = None
    if at is None:
        notes = ((source.origin, f"the object {source.id}"),)
        message = f"{source.id} has no {variable.field_path} for the variable {variable.name}"
        level.report_missing("PS273", message, variable.origin, notes=notes)
        return None
    value, origin = get(source.body, at), origin_of(source, at)
    level.withhold(source, at, value)
    written = text_of(level, source, at, value)
    if value.__class__ is Tagged and value.value is not UNFIT:
        value = value.value
    if value.__class__ is str and has_type_in_quotes(source, at, value) and not is_timestamp(value):
        value = resource_scalar(value)
    if value is None or isinstance(value, str):
        value = written
    elif value.__class__ is int or value.__class__ is float:
        try:
            value = _number(value, written)
        except ValueError:
            message = f"{variable.name} takes a number from {source.id} that is not spelled in decimal digits"
            hint = "write the number in decimal digits, or as a text in quotes"
            level.report("PS273", message, variable.origin, notes=((origin, "the value"),), hint=hint)
            return None
        if str(value) != written:  # the value is no longer spelled as in its source
            origin = variable.origin
    return value, origin


def _number(value: float, written: str) -> float:
    """Return a number as Go parses its text: decimal, with leading zeros allowed, in 64 bits. Raises ValueError."""
    if "_" in written:
        raise ValueError(written)
    if value.__class__ is float or "e" in written.lower():
        return value if float(written) == value else float(written)
    number = int(written)
    if not -(2**63) <= number < 2**63:
        raise ValueError(written)
    return number


def _substitute_in(
    resource: Resource, spec: FieldSpec, values: dict[str, tuple[Any, Origin]], used: set[str], level: Level
) -> None:
    try:
        make_lists(resource, spec)
        found = [text for at, value in find(resource.body, spec.steps) for text in _texts(level, resource, at, value)]
    except Conflict as conflict:
        where = origin_of(resource, conflict.at)
        level.report("PS240", f"cannot look for variables in this field: {conflict}", where, resource=resource.id)
        return
    _note_visit(resource, found)
    for place, text in found:
        _check_growth(level, text, values, origin_of(resource, place))
        new, origins = replaced(text, values, used)
        if new != text or new.__class__ is not str:
            put(resource, place, new, origins[0] if origins else origin_of(resource, place))
            for origin in origins[1:]:
                log(resource, place, origin)
            if new.__class__ is str:
                _note_visit(resource, [(place, new)])
            # Places that are one node of YAML for Kustomize change together.
            spread(level, resource, [(place, origin_of(resource, place))])


def _check_growth(level: Level, text: str, values: dict[str, tuple[Any, Origin]], where: Origin) -> None:
    """Spend the budget for the growth of a text before it grows: a long value may be inserted a thousand times."""
    names = [piece.partition(")")[0] for piece in text.split("$(")[1:]]
    found = [values[name][0] for name in names if name in values]
    level.spend("values", sum(map(cost_of_scalar, found)), where)


def _note_visit(resource: Resource, texts: list[tuple[Pointer, str]]) -> None:
    """Note that Kustomize rewrites each text that it searches, as a string and without a style."""
    spelling = resource.spelling
    folded = [place for place, text in texts if "\n" in text]
    if folded or spelling.untyped:
        places = [place for place, _ in texts]
        untyped = tuple(entry for entry in spelling.untyped if entry[0] not in places)
        resource.spelling = spelling._replace(styleless=spelling.styleless | set(folded), untyped=untyped)


def _texts(level: Level, resource: Resource, at: Pointer, value: Any) -> list[tuple[Pointer, str]]:
    """Return the strings of a field: the field itself, or the strings in its list or mapping.

    Raises `Conflict` for a list with an element that is not a string, and for a mapping with a key that is not one.
    """
    if value.__class__ is str:
        return [(at, value)]
    if value.__class__ is list:
        return _texts_of_list(level, resource, at, value)
    return _texts_of_mapping(level, resource, at, value) if value.__class__ is dict else []


def _texts_of_list(level: Level, resource: Resource, at: Pointer, value: list[Any]) -> list[tuple[Pointer, str]]:
    for index, child in enumerate(value):
        if child.__class__ is not str or is_date(level, resource, (*at, index), child):
            raise Conflict(
                "an element of this list is no string",
                (*at, index),
                hint="write a text there, or take the path out of `varReference`",
            )
    return [((*at, index), child) for index, child in enumerate(value)]


def _texts_of_mapping(level: Level, resource: Resource, at: Pointer, value: Tree) -> list[tuple[Pointer, str]]:
    # Kustomize has then written every annotation as text, keys included.
    has_been_written_anew = at == ANNOTATIONS and resource.lineage.transformed
    for key in () if has_been_written_anew else value:
        if is_plain_key(level, resource, (*at, key)):
            raise Conflict(
                f"the key {key} of this mapping is no text without quotes",
                (*at, key),
                hint="give the key another name, or take the path out of `varReference`",
            )
    return [((*at, key), child) for key, child in value.items() if child.__class__ is str]


def replaced(text: str, values: dict[str, tuple[Any, Origin]], used: set[str]) -> tuple[Any, list[Origin]]:
    """Return a text with its variables replaced, and the origins of their values.

    `$$` becomes one `$`; unknown names stay. A text that is a single variable takes the value with its type.
    """
    parts: list[str] = []
    origins: list[Origin] = []
    position = 0
    last = text.rfind(")")
    while (dollar := text.find("$", position)) >= 0 and dollar + 1 < len(text):
        parts.append(text[position:dollar])
        following = text[dollar + 1]
        end = text.find(")", dollar) if following == "(" and dollar < last else -1
        # No variable begins here. `$$` stands for one `$`, and any other sign behind it is kept.
        if end < 0:
            parts.append("$" if following == "$" else "$" + following)
            position = dollar + 2
            continue
        name = text[dollar + 2 : end]
        position = end + 1
        if name not in values or isinstance(values[name][0], dict | list | None):
            parts.append(f"$({name})")
            continue
        used.add(name)
        value, origin = values[name]
        if text == f"$({name})":
            return value, [origin]
        origins.append(origin)
        parts.append(_shown(value))
    return "".join(parts) + text[position:], list(dict.fromkeys(origins))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)
