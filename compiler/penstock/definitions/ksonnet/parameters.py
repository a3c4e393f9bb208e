"""The parameters of components: those of a module, with its globals, and those of an environment."""

from penstock.definitions.reading import mapping
from penstock.merge_patch import merged
from penstock.model import Tree


def with_globals(parameters: Tree, module: str) -> Tree:
    """Return the parameters that those of an environment extend: each component is overridden by the globals.

    Components have their names in the whole application.
    """
    shared = mapping(parameters.get("global"))
    prefix = f"{module}." if module else ""
    components = mapping(parameters.get("components"))
    return {"components": {f"{prefix}{name}": merged(value, shared) for name, value in components.items()}}


def of_module(parameters: Tree, module: str) -> Tree:
    """Return the parameters of an environment for one module, by the names of components in the module."""
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
