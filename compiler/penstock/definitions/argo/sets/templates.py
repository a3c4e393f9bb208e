"""The two template languages of ApplicationSets: `{{name}}` with flat keys, and Go templates with Sprig's functions."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from penstock.definitions.argo.sets.failed import Failed
from penstock.model import Tree

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")
MAX_TEXT = 4 * 1024 * 1024
"""Characters of the output of one template."""

MAX_VALUES = 1_000_000
"""Values in the templates and generators of one set, counted each time that they are rendered."""

Parameters = dict[str, Any]


class GoTemplates(Protocol):
    """A function that renders a Go template. Raises ValueError with Go's message."""

    def __call__(self, template: str, data: Mapping[str, Any], missing_key: str) -> str: ...


class Language:
    """The template language of one set. `is_go` is its field `goTemplate`."""

    def __init__(self, is_go: bool, missing_key: str, render: GoTemplates) -> None:
        self.is_go = is_go
        self._missing_key = missing_key
        self._render = render
        self._budget = MAX_TEXT * 8
        self._values = MAX_VALUES

    def text(self, template: str, parameters: Parameters) -> str:
        """Return a template rendered with parameters. Raises Failed."""
        if "{{" not in template:
            return template
        written = self._go(template, parameters) if self.is_go else simple(template, parameters)
        self._budget -= len(written)
        if len(written) > MAX_TEXT or self._budget < 0:
            raise Failed("its templates come to too much text")
        return written

    def _go(self, template: str, parameters: Parameters) -> str:
        try:
            return self._render(template, parameters, self._missing_key)
        except ValueError as reason:
            raise Failed(str(reason)) from None

    def tree(self, tree: Any, parameters: Parameters) -> Any:
        """Return a tree with all its strings rendered, including keys. Raises Failed."""
        self._values -= 1
        if self._values < 0:
            raise Failed(f"its generators and templates have more than {MAX_VALUES:,} values to render")
        if isinstance(tree, str):
            return self.text(tree, parameters)
        if isinstance(tree, dict):
            return {self.text(key, parameters): self.tree(value, parameters) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.tree(each, parameters) for each in tree]
        return tree


def simple(template: str, parameters: Parameters) -> str:
    """Replace `{{name}}` by the parameter of that name. An unknown name is left as it is."""

    def value(found: re.Match[str]) -> str:
        known = parameters.get(found[1].strip()) if found[1].strip() else None
        return found[0] if known is None else str(known)

    end = _end_of_tags(template)
    return _TAG.sub(value, template[:end]) + template[end:]


def names_in(template: str) -> set[str]:
    """Return the dotted names in the tags of a template: the parameters that it may use, in either language."""
    tags = _TAG.findall(template[: _end_of_tags(template)])
    return {name for tag in tags for name in _NAME.findall(tag)}


def _end_of_tags(template: str) -> int:
    """Return where the last tag of a template ends; 0 where no tag has an end.

    Each tag that begins later would go through the rest of the text in search of its end, in quadratic time.
    """
    end = template.rfind("}}")
    return end + 2 if end >= 0 else 0


def missing_key(options: list[str]) -> str:
    """Return the value of the option `missingkey`. Raises Failed for another option."""
    word = "default"
    for option in options:
        name, _, value = option.partition("=")
        if name != "missingkey" or value not in ("default", "invalid", "zero", "error"):
            raise Failed(f"unrecognized option: {option}", "goTemplateOptions")
        word = "default" if value == "invalid" else value
    return word


def merged(below: Tree, over: Mapping[str, Any]) -> Tree:
    """Merge two trees. Where both have a value and not both values are mappings, that of `over` wins."""
    result = dict(below)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def patched(below: Tree, patch: Tree) -> Tree:
    """Apply a merge patch: null removes a field."""
    result = dict(below)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            before = result.get(key)
            result[key] = patched(before if isinstance(before, dict) else {}, value)
        else:
            result[key] = value
    return result
