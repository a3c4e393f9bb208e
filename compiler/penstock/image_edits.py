"""How the line that decides on an image is changed to name another one, and no other line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.explain.writers import Around, values_behind
from penstock.images import REFERENCE, Image, Use, read_image
from penstock.model import Origin, Pos, Refusal
from penstock.parse.libyaml import MappingNode, ScalarNode
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple

NUMBER = re.compile(
    r"[-+]?[\d_]*\.?[\d_]*(?:[eE][-+]?\d+)?|0[xob][\da-fA-F_]+|\d{4}-\d{1,2}-\d{1,2}.*|[-+]?[\d_]+(?::[0-5]?\d)+(?:\.\d*)?"
)
"""What YAML takes for a number or a date, rather than for a tag."""

MEANINGS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~")
"""Words that are no texts to YAML."""

_TAG = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9+._-]+:[0-9a-fA-F]{32,}")
_LIKE_A_TAG = re.compile(r":|v?\d")

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
"""The anchor and the tag that stand before a scalar."""

_HARMLESS = re.compile(r"[\w./:@${}=,+\-\[\] ]*", re.ASCII)
"""Texts that mean the same within quotes and between them."""

ENTRY_KEYS = ("newName", "newTag", "digest", "tagSuffix")
"""The fields of an entry of `images` that set an image."""

PARTS = (r"(?i)image|repository|name", r"(?i)tag|version", r"(?i)digest|sha")
"""The names of values that have a part of an image: its name, its tag, its digest."""


class Edit(NamedTuple):
    """A place in one line of a file, and the text that it is to have: from `start` to `end`, in characters. Lines count
    from 1.
    """

    path: str
    line: int
    start: int
    end: int
    text: str


def wanted(use: Use, reference: str) -> Image:
    """Return the image that a use is to have. Raises `Refusal` if that is no reference to an image.

    A reference without a name is a tag, a digest or both, as programs that push images print it: `1.5`, `:1.5`,
    `sha256:…`, `@sha256:…`, `1.5@sha256:…`. Before a digest, a word that does not begin as a version is a name.
    """
    name = read_image(use.image).name
    if _DIGEST.fullmatch(reference.removeprefix("@")):
        return Image(name, "", reference.removeprefix("@"))
    tag, at, digest = reference.partition("@")
    if _TAG.fullmatch(tag.removeprefix(":")) and (not at or _LIKE_A_TAG.match(tag)):
        return Image(name, tag.removeprefix(":"), digest)
    return read_image(reference)


def read_wish(word: str) -> tuple[str, str] | None:
    """Return the name of an image and its new reference from `NAME=REF`, or from `NAME:TAG` and `NAME@DIGEST` as
    `kustomize edit set image` takes them. The answer is None for anything else.
    """
    name, equals, reference = word.partition("=")
    if not equals:
        image = read_image(word)
        name, reference = image.name, word.removeprefix(image.name)
    is_part = _DIGEST.fullmatch(reference.removeprefix("@")) or REFERENCE.fullmatch(f"a:{reference.removeprefix(':')}")
    return (name, reference) if name and reference and (is_part or REFERENCE.fullmatch(reference)) else None


def entry_of(project: Project, use: Use) -> dict[str, str] | None:
    """Return the entry of `images` that decides on a use, with its fields that are texts; None if none decides."""
    origin = use.origin
    if origin.at[-1:] and origin.at[-1] in ENTRY_KEYS:
        node = project.places.node(origin._replace(at=origin.at[:-1]))
        if isinstance(node, MappingNode):
            fields = {str(key.value): _written(value) for key, value in node.value if isinstance(value, ScalarNode)}
            return fields if "name" in fields else None
    return None


def _written(node: ScalarNode) -> str:
    """Return the text of a field, which is empty for null."""
    is_null = not node.style and node.value.lower() in ("", "~", "null")
    return "" if is_null else str(node.value)


def edits_for(project: Project, use: Use, image: Image) -> list[Edit]:
    """Return what has to change for a use to have an image. Raises `Refusal` where no line decides on that alone."""
    entry = entry_of(project, use)
    if entry is not None:
        return _in_entry(project, use, entry, image)
    made = project.made.get(use.target)
    known = Around({}, made.filled) if made is not None else Around()
    values = (where for where, _ in values_behind(project, use.origin, known))
    places = dict.fromkeys(_outer(project, where) for where in (use.origin, *values))
    texts = {where: text for where in places if (text := _text(project, where)) is not None}
    return _in_texts(project, use, texts, image)


# --- an entry of images -----------------------------------------------------------------------------------------------


def _in_entry(project: Project, use: Use, entry: Mapping[str, str], image: Image) -> list[Edit]:
    """Return the changes of an entry of `images`. A tag and a digest may take each other's place on their line."""
    at = use.origin._replace(at=use.origin.at[:-1])
    values = _fields_of_entry(entry, image)
    missing = [key for key, value in values.items() if value and key not in entry]
    surplus = [key for key, value in values.items() if not value and entry.get(key)]  # an empty field has no effect
    edits = [
        _scalar(project, at.below(key), entry[key], value)
        for key, value in values.items()
        if value and value != entry.get(key, value)
    ]
    if len(missing) == len(surplus) == 1:
        return [*edits, _field(project, at.below(surplus[0]), missing[0], values[missing[0]])]
    if missing or surplus:
        has = f"has no {missing[0]}" if missing else f"has {surplus[0]}"
        how = _how_by_hand(at, entry["name"], image)
        raise Refusal(f"{project.place(at)}: this entry {has}, and {image} would need another line: {how}")
    return edits


def _fields_of_entry(entry: Mapping[str, str], image: Image) -> dict[str, str]:
    """Return the fields that an entry of `images` has to have for an image; those that it must not have are empty."""
    fields = {"newTag": image.tag.removesuffix(entry.get("tagSuffix", "")), "digest": image.digest}
    is_renamed = image.name != entry.get("newName", entry["name"])
    return {**fields, "newName": image.name} if is_renamed else fields


def _how_by_hand(at: Origin, name: str, image: Image) -> str:
    """Return what users can do where an entry of `images` would need another line."""
    if at.path.rpartition("/")[2] not in FILE_NAMES or len(at.at) != 2:
        return "change it by hand"
    directory = at.path.rpartition("/")[0] or "."
    return f"`penstock edit set image {name}={image}` in {directory} makes it"


def _field(project: Project, origin: Origin, key: str, value: str) -> Edit:
    """Return the line of a field with another key and value."""
    edit = _scalar(project, origin, str(_text(project, origin)), value)
    start = project.place(origin)
    if start.line != edit.line:
        raise Refusal(f"{start}: the value of this field stands on another line: change it by hand")
    return edit._replace(start=max(start.col - 1, 0), text=f"{key}: {edit.text}")


# --- texts that make up an image --------------------------------------------------------------------------------------


def _in_texts(project: Project, use: Use, texts: Mapping[Origin, str], image: Image) -> list[Edit]:
    """Return the changes of the texts that make up an image: one for the whole of it, or one for each part that
    differs.
    """
    old = read_image(use.image)
    whole = _saying(texts, str(old), PARTS[0])
    if whole is not None:
        return [_changed(project, whole, texts[whole], str(old), str(image))]
    edits: list[Edit] = []
    for key, before, after in zip(PARTS, old, image, strict=True):
        # Where a digest takes the place of a tag, most charts ignore the tag; what comes of it is tried out.
        if before != after and (after or key is PARTS[2]):
            edits += _part(project, use, texts, (key, before, after))
    return edits


def _part(project: Project, use: Use, texts: Mapping[Origin, str], part: tuple[str, str, str]) -> list[Edit]:
    """Return the changes for one part of an image: the name of its values, what they have and what they are to have."""
    key, before, after = part
    where = _saying(texts, before, key) if before else _empty(texts, key)
    if where is not None:
        return [_changed(project, where, texts[where], before, after) if before else _scalar(project, where, "", after)]
    pair = _registry_and_name(texts, before) if key is PARTS[0] else None
    if pair is not None:
        registry, _, name = after.partition("/")
        changed = [(each, new) for each, new in zip(pair, (registry, name), strict=True) if texts[each] != new]
        return [_scalar(project, each, texts[each], new) for each, new in changed]
    raise _nowhere(project, use, before)


def _nowhere(project: Project, use: Use, before: str) -> Refusal:
    """Return the error for an image of which no line says a part."""
    place = project.place(use.origin)
    if not project.produced.is_text(use.origin.path):
        return Refusal(f"{place}: no line says {use.image} as it stands: change it by hand")
    said = f"no value of the chart says {before} as it stands" if before else "the chart is given no value for it"
    return Refusal(f"{place}: {said}: change the values of the environment by hand")


def _saying(texts: Mapping[Origin, str], text: str, key: str) -> Origin | None:
    """Return the place whose text is the given one or, if there is none, contains it once. If several do, the one whose
    key is that of such a part is meant, or else of anything about images.
    """
    exact = [where for where, said in texts.items() if said == text]
    found = exact or [where for where, said in texts.items() if _once(said, text)]
    for pattern in (key, "(?i)image|tag|version|digest|repository"):
        named = [where for where in found if re.search(pattern, _key(where))]
        if named:
            return named[0]
    return next(iter(found), None)


def _empty(texts: Mapping[Origin, str], key: str) -> Origin | None:
    """Return the place of an empty value for a part that an image does not have."""
    return next((where for where, said in texts.items() if not said and re.search(key, _key(where))), None)


def _key(where: Origin) -> str:
    return str(next((step for step in reversed(where.at) if isinstance(step, str)), ""))


def _registry_and_name(texts: Mapping[Origin, str], name: str) -> tuple[Origin, Origin] | None:
    """Return the places of the two values that make up the name of an image: a registry, and the rest."""
    parts = {said: where for where, said in texts.items()}
    cuts = [number for number, character in enumerate(name) if character == "/"]
    found = ((parts.get(name[:cut]), parts.get(name[cut + 1 :])) for cut in cuts)
    return next(((one, other) for one, other in found if one is not None and other is not None), None)


def _once(text: str, part: str) -> bool:
    return len(list(_found(text, part))) == 1


def _found(text: str, part: str) -> Iterator[re.Match[str]]:
    """Yield the places where a text contains a part as a whole, and not as a piece of a longer word."""
    return re.finditer(rf"(?<![\w.@/-]){re.escape(part)}(?![\w.@/-])", text)


def _changed(project: Project, where: Origin, text: str, before: str, after: str) -> Edit:
    """Return the change of a text that contains another one."""
    if text == before:
        return _scalar(project, where, text, after)
    found = next(_found(text, before))
    return _scalar(project, where, text, f"{text[: found.start()]}{after}{text[found.end() :]}")


# --- the place of a text ----------------------------------------------------------------------------------------------


def _text(project: Project, origin: Origin) -> str | None:
    """Return the text at a place: of a scalar, or of the line of a file that is not YAML."""
    if project.produced.is_text(origin.path) or project.produced.is_value(origin.path):
        return None
    node = project.places.node(origin)
    if isinstance(node, ScalarNode):
        return str(node.value)
    return None


def _outer(project: Project, origin: Origin) -> Origin:
    """Return the place of the text that an origin leads into: `name=web:1.0` has an image and its name, and a parameter
    sets a value deep inside.
    """
    if project.produced.is_text(origin.path) or project.produced.is_value(origin.path):
        return origin
    depths = range(len(origin.at), 0, -1)
    outer = (origin._replace(at=origin.at[:depth]) for depth in depths)
    return next((each for each in outer if project.places.node(each) is not None), origin)


def _scalar(project: Project, origin: Origin, old: str, new: str) -> Edit:
    """Return the change of a scalar to another text. Its quotes stay as they are.

    Raises `Refusal` for a text that is not written on one line as it stands.
    """
    place = project.place(origin)
    found = _span(project, origin)
    if found is None:
        raise Refusal(f"{place}: no line says {old} as it stands: change it by hand")
    line, start, end, style = found
    written = _lines(project, place.path)[line - 1][start:end]
    properties = _PROPERTIES.match(written)
    start += properties.end() if properties else 0
    written = written[properties.end() if properties else 0 :]
    quote = style if style in ("'", '"') else ""
    if written != f"{quote}{old}{quote}" or not _HARMLESS.fullmatch(new):
        raise Refusal(
            f"{Pos(place.path, line, start + 1)}: this line does not say {old} as it stands: change it by hand"
        )
    quote = quote or ("" if _is_plain(new) else '"')
    return Edit(place.path, line, start, end, f"{quote}{new}{quote}")


def _span(project: Project, origin: Origin) -> tuple[int, int, int, str] | None:
    """Return the line, the first and last column, and the style of a scalar that is written on one line."""
    node = project.places.node(origin)
    if not isinstance(node, ScalarNode):
        return None
    start, end = node.start_mark, node.end_mark
    if start.line != end.line:
        return _block(project, origin, node)
    line, shift = origin.doc + start.line + 1, 0
    if any(not isinstance(step, str | int) for step in origin.at):  # in a document inside a text, which has a place
        last = project.places.spot(origin).end
        line, shift = last.line, last.col - 1 - end.column
    return line, start.column + shift, end.column + shift, node.style or ""


def _block(project: Project, origin: Origin, node: ScalarNode) -> tuple[int, int, int, str] | None:
    """Return the place of a block scalar, or of a folded one, that has one line."""
    text = str(node.value).rstrip("\n")
    if node.style not in ("|", ">") or "\n" in text or any(not isinstance(step, str | int) for step in origin.at):
        return None
    line = origin.doc + node.start_mark.line + 2
    lines = _lines(project, origin.path)
    written = lines[line - 1] if line <= len(lines) else ""
    start = written.find(text)
    return (line, start, start + len(text), node.style) if written.strip() == text else None


def _is_plain(text: str) -> bool:
    """Return whether a text needs no quotes: it is no number, and no word with a meaning in YAML."""
    return bool(text) and NUMBER.fullmatch(text) is None and text.lower() not in MEANINGS and text[0] not in "@`{[ "


def _lines(project: Project, path: str) -> list[str]:
    return project.content_of(path).decode("utf-8", "surrogateescape").split("\n")


def edited(project: Project, edits: Iterable[Edit]) -> dict[str, bytes]:
    """Return the files with their lines changed. Raises `Refusal` where two edits want other texts for one place."""
    texts = {path: "\n".join(lines) for path, lines in changed_lines(project, edits).items()}
    return {path: text.encode("utf-8", "surrogateescape") for path, text in texts.items()}


def changed_lines(project: Project, edits: Iterable[Edit]) -> dict[str, list[str]]:
    """Return the lines of the files that change. The last place of a line is changed first, so that others stay."""
    texts: dict[str, list[str]] = {}
    last: dict[tuple[str, int], int] = {}
    for edit in sorted(set(edits), key=lambda each: (each.path, each.line, -each.start)):
        lines = texts.setdefault(edit.path, _lines(project, edit.path))
        if edit.end > last.get((edit.path, edit.line), len(lines[edit.line - 1])):
            where = Pos(edit.path, edit.line, edit.start + 1)
            raise Refusal(f"{where}: two environments would need different images here")
        last[edit.path, edit.line] = edit.start
        line = lines[edit.line - 1]
        lines[edit.line - 1] = f"{line[: edit.start]}{edit.text}{line[edit.end :]}"
    return texts


def said(project: Project, edits: Sequence[Edit]) -> Iterator[tuple[Pos, str, str]]:
    """Yield each line that changes, as it was and as it will be."""
    new = changed_lines(project, edits)
    for path, line in dict.fromkeys((edit.path, edit.line) for edit in edits):
        yield Pos(path, line), _lines(project, path)[line - 1].strip(), new[path][line - 1].strip()


def others(uses: Sequence[Use], chosen: Sequence[Use]) -> Mapping[Origin, list[str]]:
    """Return, for each deciding line, the environments for which it sets an image although nobody asked for them."""
    asked = {use.target for use in chosen}
    origins = {use.origin for use in chosen}
    found: dict[Origin, list[str]] = {}
    for use in uses:
        if use.origin in origins and use.target not in asked:
            names = found.setdefault(use.origin, [])
            name = use.target.name or use.target.path
            if name not in names:
                names.append(name)
    return found
