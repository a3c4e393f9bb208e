"""Trees → YAML text, byte for byte as `kustomize build` v5.8.2 prints it (docs/output.md has the rules).

Kustomize turns every object into JSON, which go-yaml v2 then prints: all keys are in natural order (`keys.py`), lists
are not indented under their key, there is no flow style, strings are quoted only if a YAML 1.1 reader would take them
for something else (`reading.py`), and a line is folded past column 80 (`strings.py`). Comments name the functions of
go-yaml.

Caches make it fast: manifests repeat the same keys and the same short strings, so the text of each is computed once.
Recursion takes one frame per level; a tree that is deeper than Python allows is `Unprintable`.
"""

from collections.abc import Iterable, Iterator

from penstock.budget import Budget
from penstock.emit.keys import natural
from penstock.emit.strings import (
    BREAKS,
    PLACED,
    WIDTH,
    Unspeakable,
    can_be_key,
    can_be_spoken,
    check_key,
    placed,
    text_of,
)
from penstock.model import Pointer, Tree
from penstock.numbers import MAX_FLOAT, text_of_other
from penstock.typed import Any

LONGEST_KEY = 128
"""A key of more bytes than this is written as `? key` (`yaml_emitter_check_simple_key`)."""


class Unprintable(ValueError):  # noqa: N818  # says what the tree is, as `Unreadable` does of a file
    """Raised for a tree that has no YAML text.

    Reasons are a number that is not finite, a control character or a key of more than a thousand characters (as in
    Kustomize), and excessive nesting.
    """

    def __init__(self, message: str, at: Pointer) -> None:
        super().__init__(message)
        self.at = at


def dump(body: Tree) -> str:
    """Return one document. Raises `Unprintable`."""
    return Printer().document(body)


def dump_value(value: Any) -> str:
    """Return any value for people to read. A value without a YAML text is described, and a string of one line stays on
    one line.
    """
    is_document = value.__class__ is dict and bool(value)
    try:
        if isinstance(value, str) and (text := text_of(value)) != PLACED:
            return f"{text}\n"
        text = dump(value) if is_document else dump({"": value})
    except (Unprintable, Unspeakable) as reason:
        return f"(this {reason})\n"
    return text if is_document else text.removeprefix('"":').lstrip(" ").removeprefix("\n")


def dump_all(bodies: Iterable[Tree], budget: Budget | None = None) -> str:
    """Return a stream of documents with `---` between them; empty if there are none.

    Raises `Unprintable`, and `Over` if the output exceeds the budget.
    """
    printer = Printer()
    if budget is None:
        return "---\n".join(map(printer.document, bodies))
    documents = []
    for body in bodies:
        documents.append(printer.document(body))
        budget.spend("output", len(documents[-1]))
    return "---\n".join(documents)


class Printer:
    """Prints many documents. It is faster than `dump` for each, because it caches the texts of keys and strings.

    The methods below `document` append lines to `out`, each with its line break. `first` is the start of the first
    line, and `pad` is the start of the lines after it: for a mapping in a list, these are `- ` and two spaces.
    """

    __slots__ = ("entries", "out", "texts")

    def __init__(self) -> None:
        self.out: list[str] = []
        self.texts = _Texts()
        self.entries = _Entries()

    def document(self, body: Tree) -> str:
        """Return one document. Raises `Unprintable`."""
        self.out.clear()
        try:
            self.root(body)
        except RecursionError:
            raise Unprintable("is nested too deeply to be printed", ()) from None
        except Unspeakable as reason:
            raise Unprintable(str(reason), _unspeakable(body)) from None
        except OverflowError:
            raise Unprintable("is not a finite number, which JSON does not have", _not_finite(body)) from None
        return "".join(self.out)

    def root(self, body: Any) -> None:
        """Print a whole document. It is a mapping in all manifests, but can be any value if a chart prints it."""
        kind = body.__class__
        if kind is dict:
            self.mapping(body, "", "")
        elif kind is list and body:
            self.sequence(body, "- ", "  ")
        elif kind is str:
            self.out.append(placed(body, self.texts[body], 0, "  "))
        else:
            self.out.append(f"{text_of_other(body)}\n")

    def mapping(self, tree: Tree, first: str, pad: str) -> None:
        if not tree:
            self.out.append(f"{first}{{}}\n")
            return
        append = self.out.append
        texts = self.texts
        below = pad + "  "
        lead = first
        for key, label in self.entries[tuple(tree)]:
            value = tree[key]
            kind = value.__class__
            # A key that is long or has line breaks is written with a question mark.
            if label is EXPLICIT:
                append(f"{lead}? {placed(key, texts[key], len(lead) + 2, below)}")
                self.sequence([value], pad + ": ", below)
            elif kind is str:
                text = texts[value]
                line = f"{lead}{label} {text}\n"
                if text is PLACED or (len(line) > WIDTH + 2 and " " in text):
                    line = f"{lead}{label} {placed(value, text, len(lead) + len(label) + 1, below)}"
                append(line)
            elif kind is dict and value:
                append(f"{lead}{label}\n")
                self.mapping(value, below, below)
            elif kind is list and value:
                append(f"{lead}{label}\n")
                self.sequence(value, pad + "- ", below)
            else:
                append(f"{lead}{label} {text_of_other(value)}\n")
            lead = pad

    def sequence(self, items: list[Any], first: str, pad: str) -> None:
        """Print the items of a list after their dashes. This also prints the value after the colon of an explicit
        key.
        """
        lead = first
        for item in items:
            kind = item.__class__
            if kind is dict:
                self.mapping(item, lead, pad)
            elif kind is str:
                self.out.append(lead + placed(item, self.texts[item], len(lead), pad))
            elif kind is list and item:
                self.sequence(item, lead + "- ", pad + "  ")
            else:
                self.out.append(f"{lead}{text_of_other(item)}\n")
            lead = pad[:-2] + "- "


EXPLICIT = "?"
"""Stands for the label of a key that is too long for `key:`, or contains line breaks."""


class _Texts(dict[str, str]):
    """The text of each string on one line, computed at the first lookup."""

    def __missing__(self, value: str) -> str:
        text = self[value] = text_of(value)
        return text


class _Entries(dict[tuple[str, ...], list[tuple[str, str]]]):
    """The keys of each mapping in the order of printing, each with its label (the printed key with its colon)."""

    def __missing__(self, keys: tuple[str, ...]) -> list[tuple[str, str]]:
        entries = self[keys] = [(key, _label(key)) for key in natural(keys)]
        return entries


def _label(key: str) -> str:
    check_key(key)
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY or any(mark in key for mark in BREAKS):
        return EXPLICIT
    return f"{text_of(key)}:"


def _not_finite(body: Tree) -> Pointer:
    """Return the path of the number that `text_of_other` could not print."""
    return next((at for at, value in _all(body) if isinstance(value, int | float) and not abs(value) <= MAX_FLOAT), ())


def _unspeakable(body: Tree) -> Pointer:
    """Return the path of the text or key that Kustomize could not read back."""
    return next((at for at, value in _all(body) if not can_be_spoken(value) or not can_be_key(at[-1])), ())


def _all(body: Tree) -> Iterator[tuple[Pointer, Any]]:
    """Yield every value below the body, with its path. The contents of mappings and lists come last."""
    below: list[tuple[Pointer, Any]] = [((), body)]
    while below:
        at, value = below.pop()
        if at:
            yield at, value
        if value.__class__ is dict:
            below += [((*at, key), child) for key, child in value.items()]
        elif value.__class__ is list:
            below += [((*at, index), child) for index, child in enumerate(value)]
