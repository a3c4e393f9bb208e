"""Sets of parameters from directories, files and list elements: flattened, or nested for Go templates, with `values`
added.
"""

import posixpath
import re
from typing import Any

from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.argo.sets.templates import Language, Parameters
from penstock.gotemplate.formatting import text_of
from penstock.gotemplate.values import Strings, map_of_strings
from penstock.model import Origin, Tree

Places = dict[str, Origin]
"""The places where parameters are written, by the dotted names of the parameters."""

_NOT_IN_NAMES = re.compile("[^-a-z0-9.]")
MAX_NAME = 253


def normalized(name: str) -> str:
    """Turn a text into an object name, as Argo CD's `normalize` does."""
    return _NOT_IN_NAMES.sub("-", name.lower())[:MAX_NAME].strip("-.")


def of_directory(path: str, prefix: str, is_go: bool) -> Parameters:
    """Return the parameters of a directory."""
    name = posixpath.basename(path)
    segments = path.split("/")
    if is_go:
        own = {"path": path, "basename": name, "basenameNormalized": normalized(name), "segments": Strings(segments)}
        return {prefix: {"path": own}} if prefix else {"path": own}
    start = f"{prefix}.path" if prefix else "path"
    flat = {start: path, f"{start}.basename": name, f"{start}.basenameNormalized": normalized(name)}
    return flat | {f"{start}[{index}]": each for index, each in enumerate(segments)}


def of_file(path: str, content: Any, prefix: str, is_go: bool) -> list[Parameters]:
    """Return the parameters of a file: one set, or one for each entry if the file contains a list. Raises Failed."""
    entries = content if isinstance(content, list) else [content]
    if not all(isinstance(entry, dict) for entry in entries):
        raise Failed(f"unable to parse file {path}: it is no mapping, and no list of mappings")
    directory, name = posixpath.dirname(path) or ".", posixpath.basename(path)
    found = []
    for entry in entries:
        parameters: Parameters = as_floats(entry) if is_go else flattened(entry)
        own = of_directory(directory, prefix, is_go)
        if is_go:
            inner = (own[prefix] if prefix else own)["path"]
            inner |= {"filename": name, "filenameNormalized": normalized(name)}
        else:
            start = f"{prefix}.path" if prefix else "path"
            own |= {f"{start}.filename": name, f"{start}.filenameNormalized": normalized(name)}
        found.append({**parameters, **own})
    return found


def of_element(element: Any, is_go: bool) -> Parameters:
    """Return the parameters of a list element. Raises Failed."""
    if not isinstance(element, dict):
        raise Failed("an element of a list is no mapping", "elements")
    if is_go:
        return as_floats(element)  # type: ignore[no-any-return]
    own = {key: value for key, value in element.items() if key != "values"}
    inner = element.get("values", {})
    if not isinstance(inner, dict):
        raise Failed("error parsing values map", "elements")
    flat = own | {f"values.{key}": value for key, value in inner.items()}
    for name, value in flat.items():
        if not isinstance(value, str):
            raise Failed(f"error parsing value as string: {name}", "elements")
    return flat


def flattened(tree: Any, name: str = "") -> Parameters:
    """Return a tree as one mapping from dotted names to strings.

    Empty mappings and lists have none, and the segments of a path are one string.
    """
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if pairs is None or isinstance(tree, Strings):
        return {name: as_text(tree)}
    found: Parameters = {}
    for key, value in pairs:
        found |= flattened(value, f"{name}.{key}" if name else str(key))
    return found


def places_of(tree: Any, where: Origin, name: str = "") -> Places:
    """Return the places of the values of a tree that is written at `where`, by the dotted names of the values."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found = {name: where} if name else {}
    for key, value in pairs:
        found |= places_of(value, where.below(key), f"{name}.{key}" if name else str(key))
    return found


def as_text(value: Any) -> str:
    """Return a value that was parsed from JSON as Go's `%v` prints it."""
    return text_of(as_floats(value))


def as_floats(tree: Any) -> Any:
    """Return a tree with all integers as floats, as Go parses JSON."""
    if isinstance(tree, dict):
        return {key: as_floats(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [as_floats(each) for each in tree]
    return float(tree) if tree.__class__ is int else tree


def with_values(values: Tree, parameters: Parameters, language: Language) -> Parameters:
    """Return the parameters with the `values` of their generator, whose templates may use the parameters. Raises
    Failed.
    """
    if not values:
        return parameters
    made = {key: language.text(as_text(value), parameters) for key, value in values.items()}
    if language.is_go:
        return {**parameters, "values": map_of_strings(made)}
    return parameters | {f"values.{key}": value for key, value in made.items()}
