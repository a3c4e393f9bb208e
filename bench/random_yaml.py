"""Trees as YAML text in a random style: block or flow, plain or quoted, with comments, anchors and odd spaces."""

import random
import re
from typing import Any

import yaml

_PLAIN = re.compile(r"[\w~+.-]*\w[\w~+.-]*|~")
"""Keys that need no quotes; some are no text without."""

STYLES = (None, None, None, "'", '"', "|", ">")


class Writer:
    """`wild` is how likely flow style and quotes are."""

    def __init__(self, rng: random.Random, wild: float, comments: bool) -> None:
        self.rng = rng
        self.wild = wild
        self.comments = comments
        self.anchors: dict[str, str] = {}
        self.named = 0

    def document(self, tree: Any) -> str:
        self.anchors.clear()
        text = "".join(self.block(tree, ""))
        return text if text.endswith("\n") else text + "\n"

    def block(self, tree: Any, pad: str) -> list[str]:
        """Lines of a mapping or list."""
        if isinstance(tree, dict) and tree:
            return [
                line for key, value in tree.items() for line in self.entry(f"{self.key(key)}:", value, pad, pad + "  ")
            ]
        if isinstance(tree, list) and tree:
            return [line for item in tree for line in self.item(item, pad)]
        return [f"{pad}{self.scalar(tree, pad)}\n"]

    def entry(self, head: str, value: Any, pad: str, below: str) -> list[str]:
        comment = "  # note" if self.comments and self.rng.random() < 0.01 else ""
        shown = repr(value)
        if shown in self.anchors and value and self.rng.random() < 0.5:
            return [f"{pad}{head} *{self.anchors[shown]}{comment}\n"]
        if self.rng.random() < self.wild / 10:
            self.named += 1
            name = f"a{self.named}"
            head = f"{head} &{name}"
            lines = self.value(head, value, comment, pad, below)
            self.anchors[shown] = name
            return lines
        return self.value(head, value, comment, pad, below)

    def value(self, head: str, value: Any, comment: str, pad: str, below: str) -> list[str]:
        if isinstance(value, dict | list) and value and not isinstance(value, tuple):
            if self.rng.random() < self.wild / 3 + 0.03:
                return [f"{pad}{head} {self.flow(value)}{comment}\n"]
            if isinstance(value, list) and self.rng.random() < 0.5:
                below = pad
            return [f"{pad}{head}{comment}\n", *self.block(value, below)]
        text = self.scalar(value, below)
        return [f"{pad}{head} {text}".rstrip(" ") + ("" if "\n" in text else comment) + "\n"]

    def item(self, item: Any, pad: str) -> list[str]:
        if isinstance(item, dict) and item and self.rng.random() > self.wild / 3 + 0.03:
            lines = self.block(item, pad + "  ")
            return [f"{pad}- {lines[0][len(pad) + 2 :]}", *lines[1:]]
        if isinstance(item, dict | list) and item and not isinstance(item, tuple):
            return [f"{pad}- {self.flow(item)}\n"]
        return [f"{pad}- {self.scalar(item, pad + '  ')}".rstrip(" ") + "\n"]

    def flow(self, tree: Any) -> str:
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in tree.items()) + "}"
        if isinstance(tree, list):
            return "[" + ", ".join(map(self.flow, tree)) + "]"
        if isinstance(tree, tuple):
            return str(tree[0])
        return _scalar(str(tree), '"' if self.rng.random() < 0.5 else "'")

    def key(self, key: str) -> str:
        if self.rng.random() < self.wild / 3 and _PLAIN.fullmatch(key):
            return key
        return _scalar(key, '"' if self.rng.random() < self.wild / 5 else None)

    def scalar(self, value: Any, pad: str) -> str:
        """`value` is a string, or a Plain (a tuple of its text)."""
        if isinstance(value, tuple):
            return str(value[0])
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        style = self.rng.choice(STYLES) if self.rng.random() < self.wild or "\n" in value else None
        if "\n" in value and style is None:
            style = "|"
        text = _scalar(value, style)
        first, *rest = text.split("\n")
        return "\n".join([first, *(f"{pad}{line.removeprefix('  ')}" if line else "" for line in rest)])


def _scalar(value: str, style: str | None) -> str:
    """One scalar as PyYAML writes it; in quotes unless it is a string without them for every reader."""
    dumped: str = yaml.dump({"k": value}, default_style=None, Dumper=_DUMPERS[style], width=10_000, allow_unicode=True)
    return dumped.split(": ", 1)[1].removesuffix("\n")


def _dumper(style: str | None) -> type[yaml.SafeDumper]:
    class Dumper(yaml.SafeDumper):
        pass

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        chosen = style
        if chosen is None and text in ("y", "n", "Y", "N", "=", "<<", "0o17", "08", "1e3", ".5", "+1"):
            chosen = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=chosen)

    Dumper.add_representer(str, represent)
    return Dumper


_DUMPERS = {style: _dumper(style) for style in {*STYLES, None}}
