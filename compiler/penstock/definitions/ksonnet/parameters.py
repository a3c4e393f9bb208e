"""The parameters of components: those of a module, with its globals, and what an environment makes of them."""

from typing import Any

from penstock.definitions.reading import mapping
from penstock.model import Tree


def merged(target: Any, patch: Any) -> Any:
    """A value with a patch laid over it, as `std.mergePatch` does it: null takes a field away (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def with_globals(parameters: Tree, module: str) -> Tree:
    """What the parameters of an environment begin with: globals are laid over each component, whose name is that in the
    whole application.
    """
    shared = mapping(parameters.get("global"))
    prefix = f"{module}." if module else ""
    components = mapping(parameters.get("components"))
    return {"components": {f"{prefix}{name}": merged(value, shared) for name, value in components.items()}}


def of_module(parameters: Tree, module: str) -> Tree:
    """The parameters of an environment that a module sees, by the names within it."""
    found: Tree = {}
    for name, value in mapping(parameters.get("components")).items():
        if value is None or not _is_of(name, module):
            continue
        own = name.rpartition(".")[2]
        both_are = isinstance(found.get(own), dict) and isinstance(value, dict)
        found[own] = {**found[own], **value} if both_are else value
    return {"components": found}


def _is_of(name: str, module: str) -> bool:
    return name.startswith(module) if module else "." not in name
