"""`add|set|remove configmap` and `… secret`: entries of `configMapGenerator` and `secretGenerator`.

An entry is found by name and namespace. No namespace is the same as `default`.
"""

from collections.abc import Sequence

from penstock.edit.fields import Edited, in_place_of, names_of, with_field
from penstock.model import Refusal, Tree
from penstock.records import NamedTuple

FIELDS = {"configmap": "configMapGenerator", "secret": "secretGenerator"}
BEHAVIORS = ("create", "merge", "replace")


class Given(NamedTuple):
    """The options of `add`. `type` is that of a new Secret."""

    literals: Sequence[str] = ()
    files: Sequence[str] = ()
    env_file: str = ""
    behavior: str = ""
    type: str = ""
    no_hash: bool = False


def _check_given(given: Given) -> None:
    """Raise `Refusal` for sources that no generator takes."""
    if not (given.env_file or given.files or given.literals):
        raise Refusal("say what goes in: --from-literal, --from-file or --from-env-file")
    if given.env_file and (given.files or given.literals):
        raise Refusal("--from-env-file goes with neither --from-file nor --from-literal")
    if given.behavior and given.behavior not in BEHAVIORS:
        raise Refusal(f"invalid behavior {given.behavior!r}: it is one of {', '.join(BEHAVIORS)}")


def add_source(fields: Tree, what: str, name: str, namespace: str, given: Given) -> Edited:
    """Add sources to an entry, or add an entry with them."""
    _check_given(given)
    generators = list(fields.get(FIELDS[what], ()))
    index = _find(generators, name, namespace)
    if index is None:
        fresh = {"name": name, "namespace": namespace, "type": given.type}
        generators.append(_with_sources({key: value for key, value in fresh.items() if value}, given))
    else:
        generators[index] = _with_sources(generators[index], given)
    return with_field(fields, FIELDS[what], generators), []


def set_source(
    fields: Tree, what: str, name: str, namespace: str, literals: Sequence[str], new_namespace: str
) -> Edited:
    """Give new values to keys of an entry, or a new namespace to the entry."""
    if not literals and not new_namespace:
        raise Refusal("say what is new: --from-literal or --new-namespace")
    generators = list(fields.get(FIELDS[what], ()))
    index = _find(generators, name, namespace)
    if index is None:
        raise Refusal(f"there is no {what} {name} in the kustomization file")
    entry = generators[index]
    if literals:
        entry = {**entry, "literals": _with_values(entry.get("literals", ()), literals)}
    if new_namespace:
        entry = {**entry, "namespace": new_namespace}
    generators[index] = entry
    return with_field(fields, FIELDS[what], generators), []


def remove_sources(fields: Tree, what: str, argument: str, namespace: str) -> Edited:
    """Remove entries by their names, which are separated by commas."""
    names = names_of(argument, what)
    generators = fields.get(FIELDS[what], [])
    gone = [entry for entry in generators if entry.get("name") in names and _is_in(entry, namespace)]
    if not gone:
        raise Refusal(f"there is no {what} {' or '.join(names)} in the kustomization file")
    found = {entry["name"] for entry in gone}
    notes = [f"there is no {what} {name} in the kustomization file" for name in names if name not in found]
    return with_field(fields, FIELDS[what], [entry for entry in generators if entry not in gone]), notes


def literal(text: str) -> tuple[str, str]:
    """Return the key and the value of `key=value`. The value may contain `=`."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise Refusal("a literal must be given as key=value")  # what was given may be secret
    return key, value


def _with_sources(entry: Tree, given: Given) -> Tree:
    new = dict(entry)
    if given.literals:
        new["literals"] = [*entry.get("literals", ()), *given.literals]
    if given.files:
        new["files"] = [*entry.get("files", ()), *given.files]
    if given.env_file:
        deprecated = [new.pop("env")] if new.get("env") else []
        new["envs"] = [*entry.get("envs", ()), *deprecated, given.env_file]
    if given.no_hash:
        new["options"] = {**entry.get("options", {}), "disableNameSuffixHash": True}
    if given.behavior:
        new["behavior"] = given.behavior
    return in_place_of(entry, new)


def _with_values(old: Sequence[str], new: Sequence[str]) -> list[str]:
    values = dict(literal(text) for text in old)
    for key, value in map(literal, new):
        if key not in values:
            raise Refusal(f"there is no literal {key!r} to give a new value")
        values[key] = value
    return [f"{key}={value}" for key, value in values.items()]


def _find(generators: Sequence[Tree], name: str, namespace: str) -> int | None:
    found = (i for i, entry in enumerate(generators) if entry.get("name") == name and _is_in(entry, namespace))
    return next(found, None)


def _is_in(entry: Tree, namespace: str) -> bool:
    return (entry.get("namespace") or "default") == (namespace or "default")
