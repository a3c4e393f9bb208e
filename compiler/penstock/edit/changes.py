"""Two trees are compared, and each difference becomes a splice of the text.

A scalar is overwritten, an entry is added behind its neighbour, and the lines of an entry are taken out. Comments on
lines of their own stay, unless they stand inside of what is taken out.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from operator import itemgetter
from typing import Any

from penstock.edit import brackets
from penstock.edit.brackets import without_lines
from penstock.edit.kept import Kept, all_kept, first_kept, without_kept
from penstock.edit.layout import Layout, Node, Part
from penstock.edit.splice import Splice, Tangled, spliced
from penstock.edit.write import Writer, in_line, scalar
from penstock.model import Tree


def changed(layout: Layout, before: Tree, wanted: Tree) -> str:
    """Return the text of the layout, which holds `before`, changed so that it should hold `wanted`. Raises
    `Tangled`.
    """
    return _Changes(layout, before).made(wanted)


class _Changes:
    """One way from a text to a wanted tree, with the splices so far."""

    __slots__ = ("before", "layout", "newline", "quoted", "splices", "text", "writer")

    def __init__(self, layout: Layout, before: Tree) -> None:
        self.layout = layout
        self.text = layout.text
        self.before = before
        self.splices: list[Splice] = []
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        self.quoted = layout.root is not None and layout.root.flow
        self.writer = Writer(_list_indent(layout), self._kept_text, self._comments_of)

    def made(self, wanted: Tree) -> str:
        root = self.layout.root
        if root is None or not root.parts:
            self._fill(root, wanted)
        else:
            self._mapping(root, self.before, wanted)
        return spliced(self.text, self.splices)

    def _splice(self, start: int, end: int, new: str) -> None:
        self.splices.append(Splice(start, end, new.replace("\r\n", "\n").replace("\n", self.newline)))

    def _splice_all(self, splices: list[Splice]) -> None:
        for splice in splices:
            self._splice(*splice)

    def _fill(self, root: Node | None, wanted: Tree) -> None:
        """Write the first fields of a file that has nothing but comments, or `{}`."""
        lines = self.writer.entries(wanted, 0)
        if root is not None and root.start < root.end:
            self._splice(root.start, root.end, lines)
        else:
            self._append_at_end(lines)

    def _append_at_end(self, lines: str) -> None:
        """Append a text behind everything in the document, comments included."""
        root = self.layout.root
        last = max(len(self.text[: self.layout.end].rstrip()), root.end if root is not None else 0)
        if last == 0:
            self._splice(0, 0, lines + "\n")
        else:
            self._insert_below(last, lines)

    def _insert_below(self, offset: int, lines: str) -> None:
        """Insert lines below the line of an offset. If that is the last line and has no line break, the new lines have
        none at their end either.
        """
        below = self.layout.next_line(offset)
        ended = self.text[:below].endswith("\n")
        self._splice(below, below, lines + "\n" if ended else "\n" + lines)

    # ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _value(self, part: Part, old: Any, new: Any, flow: bool) -> None:
        if without_kept(new, self.before) == old:
            return
        node = part.value
        if node.flow and not flow and first_kept(new):
            self._written_over(part, new, flow)  # what is kept has comments, perhaps, and needs lines
        elif node.kind == "mapping" and _are_filled(old, new, dict):
            self._mapping(node, old, new)
        elif node.kind == "sequence" and _are_filled(old, new, list):
            self._sequence(node, old, new)
        elif _is_text(node) and _is_line(new):
            self._splice(node.start, node.end, scalar(new, '"' if self.quoted else node.style, flow))
        else:
            self._written_over(part, new, flow)

    def _written_over(self, part: Part, new: Any, flow: bool) -> None:
        """Overwrite the whole value of an entry. If the new value keeps the old one, the comment behind it is kept,
        too.
        """
        if flow:
            written = in_line(without_kept(new, self.before), self.quoted)
            self._splice(part.value.start, part.end, written)
            return
        column = self.layout.column(part.start)
        behind = self.writer.behind_dash if part.key is None else self.writer.behind_key
        kept = first_kept(new)
        is_inside = kept is not None and self._kept_part(kept)[1].start == part.start
        end = self.layout.line_end(part.end) if is_inside else part.end
        self._splice(part.after, end, behind(new, column))

    # ── mappings ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _mapping(self, node: Node, old: Tree, new: Tree) -> None:
        part_of = _finder(node)
        renamed = {key: name for key, name in _renamed(old, new).items() if part_of(name) is None}
        here: dict[str, Part] = {}
        gone: set[int] = set()
        for key in old:
            name, part = renamed.get(key, key), part_of(key)
            if part is None or part.key is None:
                continue  # it comes from `<<`
            if name in new:
                here[name] = part
                self._field(part, (key, old[key]), (name, new[name]), node.flow)
            else:
                gone.add(part.start)
        self._take_out(node, gone)
        merged = {key: value for key, value in old.items() if key not in here}
        wanted = {k: v for k, v in new.items() if k not in merged or merged[k] != without_kept(v, self.before)}
        self._add_fields(node, _others(node, gone), wanted, here)

    def _field(self, part: Part, old: tuple[str, Any], new: tuple[str, Any], flow: bool) -> None:
        """Change an entry that stays, from its old key and value to the new ones."""
        if part.key is not None and old[0] != new[0]:
            self._splice(part.key.start, part.key.end, scalar(new[0], '"' if self.quoted else None))
        self._value(part, old[1], new[1], flow)

    def _add_fields(self, node: Node, stay: list[Part], new: Tree, here: dict[str, Part]) -> None:
        """Add the fields of `new` that are not `here` yet, each behind the field that precedes it in `new`."""
        part_of = _finder(node)
        waiting: Tree = {}
        added: list[tuple[Part | None, Tree]] = [(None, waiting)]
        for key, value in new.items():
            if key in here:
                waiting = {}
                added.append((here[key], waiting))
            elif (null := part_of(key)) is not None:
                self._written_over(null, value, node.flow)
            else:
                waiting[key] = value
        for behind, fields in added:
            if fields:
                self._insert_fields(node, stay, behind, fields)

    def _insert_fields(self, node: Node, stay: list[Part], behind: Part | None, fields: Tree) -> None:
        plain = without_kept(fields, self.before)
        if node.flow:
            pairs = [in_line({key: value}, self.quoted)[1:-1] for key, value in plain.items()]
            self._splice_all(brackets.insert(self.layout, stay, behind, pairs))
            return
        column = self.layout.column(node.parts[0].start)
        lines = self.writer.entries(fields, column)
        if node is self.layout.root and (not stay or behind is stay[-1]):
            self._append_at_end(lines)
        else:
            self._insert_lines(node, stay, behind, lines, column)

    # ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sequence(self, node: Node, old: list[Any], new: list[Any]) -> None:
        if len(node.parts) != len(old):
            raise Tangled
        plain = without_kept(new, self.before)
        # Items that stay keep their lines and comments, wherever they have moved to.
        matcher = SequenceMatcher(None, [_identity(item) for item in old], [_identity(item) for item in plain])
        gone: set[int] = set()
        added: list[tuple[int, list[Any]]] = []
        for _, start, end, new_start, new_end in matcher.get_opcodes():
            pairs = min(end - start, new_end - new_start)
            for index in range(pairs):
                self._value(node.parts[start + index], old[start + index], new[new_start + index], node.flow)
            gone.update(part.start for part in node.parts[start + pairs : end])
            added.append((start + pairs, new[new_start + pairs : new_end]))
        self._take_out(node, gone)
        for index, items in filter(itemgetter(1), added):
            behind = next((part for part in reversed(node.parts[:index]) if part.start not in gone), None)
            self._insert_items(node, _others(node, gone), behind, items)

    def _insert_items(self, node: Node, stay: list[Part], behind: Part | None, items: list[Any]) -> None:
        if node.flow:
            plain = [in_line(without_kept(item, self.before), self.quoted) for item in items]
            self._splice_all(brackets.insert(self.layout, stay, behind, plain))
            return
        column = self.layout.column(node.parts[0].start)
        self._insert_lines(node, stay, behind, self.writer.items(items, column), column)

    # ── entries in lines of their own ───────────────────────────────────────────────────────────────────────────────

    def _insert_lines(self, node: Node, stay: list[Part], behind: Part | None, lines: str, column: int) -> None:
        indent = " " * column
        if behind is not None:
            self._insert_below(behind.end, indent + lines)
        else:
            start = (stay or node.parts)[0].start
            self._splice(start, start, f"{lines}\n{indent}")

    def _take_out(self, node: Node, gone: set[int]) -> None:
        """Take out the entries that start at these offsets."""
        previous: Part | None = None
        for index, part in enumerate(node.parts):
            if part.start not in gone:
                previous = part
            elif node.flow:
                following = node.parts[index + 1] if index + 1 < len(node.parts) else None
                self._splice_all(brackets.take_out(self.layout, part, previous, following))
            elif self.layout.opens_line(part.start):
                self._splice_all([without_lines(self.layout, part)])
            else:  # the first entry of `- name: x`: the next that stays moves up
                first = next((other for other in node.parts if other.start not in gone), None)
                self._splice(part.start, first.start if first else part.end, "")

    # ── what is kept ────────────────────────────────────────────────────────────────────────────────────────────────

    def _kept_text(self, value: Any, column: int) -> str | None:
        """Return the text of a kept part, moved to `column`. It reaches from behind its key or dash to the end of its
        last line.
        """
        if not isinstance(value, Kept):
            return None
        node, part, _ = self._kept_part(value)
        if node.flow:
            return " " + self.text[part.value.start : part.end]
        chunk = self.text[part.after : self.layout.line_end(part.end)]
        return _moved(chunk, column - self.layout.column(part.start))

    def _comments_of(self, item: Any, column: int) -> str:
        """Return the comment lines between a kept list item and what precedes it. They move together with the item."""
        kept = first_kept(item)
        if kept is None:
            return ""
        node, part, above = self._kept_part(kept)
        start, end = self.layout.next_line(above), self.layout.line_start(part.start)
        if node.flow or node.kind == "mapping" or start >= end:
            return ""
        moved = _moved("\n" + self.text[start:end], column - self.layout.column(part.start))
        comments = moved.lstrip()
        return comments + " " * column if comments else ""

    def _kept_part(self, kept: Kept) -> tuple[Node, Part, int]:
        """Return the collection that contains a kept part, its entry there, and the end of what precedes that entry."""
        node, above = self.layout.root, 0
        collection: Node | None = None
        part: Part | None = None
        for step in kept.at:
            collection = node
            part, above = _entry(node, step, part)
            node = part.value if part is not None else None
        if collection is None or part is None:
            raise Tangled  # it is behind an alias
        return collection, part, above


def _entry(node: Node | None, step: Any, inside: Part | None) -> tuple[Part | None, int]:
    """Return an entry of a collection, and the end of what precedes it: the entry that contains it, or the previous
    item.
    """
    above = inside.after if inside is not None else 0
    if node is None:
        return None, above
    if not isinstance(step, int) or step >= len(node.parts):
        return _finder(node)(str(step)), above
    return node.parts[step], node.parts[step - 1].end if step else above


def _are_filled(old: Any, new: Any, kind: type) -> bool:
    """Return whether both values are mappings, or both are lists, and neither is empty."""
    return isinstance(old, kind) and isinstance(new, kind) and bool(old) and bool(new)


def _moved(chunk: str, columns: int) -> str:
    """Return a text in which every line but the first is moved to the right or left."""
    lines = chunk.replace("\r\n", "\n").split("\n")
    return "\n".join([lines[0], *(_shifted(line, columns) for line in lines[1:])])


def _shifted(line: str, columns: int) -> str:
    if not line.strip():
        return line
    blanks = len(line) - len(line.lstrip(" "))
    return " " * max(0, blanks + columns) + line[blanks:]


def _others(node: Node, gone: set[int]) -> list[Part]:
    return [part for part in node.parts if part.start not in gone]


def _finder(node: Node) -> Callable[[str], Part | None]:
    """Return a function that finds the entry of a key. If the key stands twice, it finds the last one; without an exact
    match, it ignores case.
    """
    exact = {part.key.text: part for part in node.parts if part.key is not None}
    alike = {name.casefold(): part for name, part in exact.items()}
    return lambda name: exact.get(name) or alike.get(name.casefold())


def _renamed(old: Tree, new: Tree) -> dict[str, str]:
    """Return the keys that went, each with the key that took its place.

    That is the key whose value keeps something of the old one. If nothing is kept, it is a key between the same two
    neighbours.
    """
    kept = {key: [str(each.at[0]) for each in all_kept(value)] for key, value in new.items()}
    pairs = {found[0]: key for key, found in kept.items() if found and key not in old and found[0] not in new}
    return pairs | _renamed_in_place(old, new, kept)


def _renamed_in_place(old: Tree, new: Tree, kept: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the keys of which nothing is kept, each with a key that keeps nothing, either, at the same place."""
    places: dict[str | None, list[str]] = {}
    for key, place in _with_place(new, old):
        if not kept[key]:
            places.setdefault(place, []).append(key)
    sources = {source for found in kept.values() for source in found}
    gone = [(key, place) for key, place in _with_place(old, new) if key not in sources]
    return {key: places[place].pop(0) for key, place in gone if places.get(place)}


def _with_place(keys: Tree, others: Tree) -> Iterator[tuple[str, str | None]]:
    """Yield the keys that are not among the others, each with the nearest preceding key that is among them."""
    place: str | None = None
    for key in keys:
        if key in others:
            place = key
        else:
            yield key, place


def _identity(item: Any) -> str:
    """Return what identifies an entry: its name, where it has one."""
    if isinstance(item, dict) and item.get("name"):
        item = [item["name"], item.get("namespace")]
    return json.dumps(item, sort_keys=True)


def _is_text(node: Node) -> bool:
    return node.kind in ("scalar", "alias") and node.style not in ("|", ">") and node.start < node.end


def _is_line(value: Any) -> bool:
    return not isinstance(value, dict | list | Kept) and not (isinstance(value, str) and "\n" in value)


def _list_indent(layout: Layout) -> int:
    """Return how far to the right of its key the first list of the file stands."""
    waiting = [layout.root] if layout.root else []
    while waiting:
        node = waiting.pop(0)
        for part in node.parts:
            value = part.value
            if part.key is not None and value.kind == "sequence" and value.parts and not value.flow:
                return max(0, layout.column(value.parts[0].start) - layout.column(part.start))
            waiting.append(value)
    return 0
