"""The two template languages of ApplicationSets: `{{name}}` with flat keys, and Go templates with Sprig's functions."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from penstock.definitions.argo.sets.failed import Failed
from penstock.model import Tree
from penstock.words import quoted

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")
MAX_TEXT = 4 * 1024 * 1024
"""Characters of the output of one template."""

MAX_VALUES = 1_000_000
"""Values in the templates and generators of one set, counted each time that they are rendered."""

Parameters = dict[str, Any]

_NOT_YET_KNOWN = ("map has no entry for key", "can't evaluate field")
"""What Go says of a template that names a missing parameter."""


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

    def known(self, template: str, parameters: Parameters) -> str:
        """Return a template rendered with parameters, or as it is if it names one that is not among them. Raises
        Failed.
        """
        if not self.is_go:
            return self.text(template, parameters)
        try:
            return Language(True, "error", self._render).text(template, parameters)
        except Failed as reason:
            if any(words in str(reason) for words in _NOT_YET_KNOWN):
                return template
            raise

    def tree(self, tree: Any, parameters: Parameters) -> Any:
        """Return a tree with all its strings rendered, including keys, and without fields that are null. Raises
        Failed.
        """
        self._values -= 1
        if self._values < 0:
            raise Failed(f"its generators and templates have more than {MAX_VALUES:,} values to render")
        if isinstance(tree, str):
            return self.text(tree, parameters)
        if isinstance(tree, dict):
            given = ((key, value) for key, value in tree.items() if value is not None)
            return {self.text(key, parameters): self.tree(value, parameters) for key, value in given}
        if isinstance(tree, list):
            return [self.tree(each, parameters) for each in tree]
        return tree


def simple(template: str, parameters: Parameters) -> str:
    """Replace `{{name}}` by the parameter of that name. An unknown name, or one whose value is no text, is left as it
    is. Raises Failed if a tag has no end.
    """
    if not any(map(_has_tag, template.split("\n"))):
        return template
    end = _end_of_tags(template)
    if "{{" in template[end:]:
        raise Failed(f"a template opens `{{{{` and does not close it: {quoted(template)}")

    def value(found: re.Match[str]) -> str:
        known = parameters.get(found[1].strip()) if found[1].strip() else None
        return known if isinstance(known, str) else found[0]

    return _TAG.sub(value, template)


def _has_tag(line: str) -> bool:
    """Return whether a line has a tag. A text is a template only if one of its lines has one."""
    return line.find("{{") + 2 <= line.rfind("}}") and "{{" in line


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


_FREE = "valuesObject"
"""The field of an Application whose value is one text to Argo CD."""


def filled(over: Mapping[str, Any], below: Tree) -> Tree:
    """Return the template of a generator, with each field that is empty in it from the template of the set."""
    result = dict(over)
    for key, value in below.items():
        own = result.get(key)
        if isinstance(own, dict) and isinstance(value, dict) and key != _FREE:
            result[key] = filled(own, value)
        elif not own:
            result[key] = value
    return result
