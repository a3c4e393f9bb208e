"""Which images the objects of targets use, which line decides on each image, and how that line is changed to name
another one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.changes import At
from penstock.explain import shown_at
from penstock.model import Embedded, Origin, Pointer, Pos, Refusal, Resource, Target
from penstock.parse.libyaml import ScalarNode
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple
from penstock.tree import origin_of

NUMBER = re.compile(
    r"[-+]?[\d_]*\.?[\d_]*(?:[eE][-+]?\d+)?|0[xob][\da-fA-F_]+|\d{4}-\d{1,2}-\d{1,2}.*|[-+]?[\d_]+(?::[0-5]?\d)+(?:\.\d*)?"
)
"""What YAML takes for a number or a date, rather than for a tag."""


MEANINGS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~")
"""Words that are no texts to YAML."""


class Image(NamedTuple):
    """A reference to an image, as `registry/name:tag@digest`. A part that the reference does not have is empty."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def read_image(text: str) -> Image:
    """Return the parts of a reference. A colon before the last slash belongs to a port."""
    rest, _, digest = text.partition("@")
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        return Image(rest[:colon], rest[colon + 1 :], digest)
    return Image(rest, "", digest)


class Use(NamedTuple):
    """A field of an object that names an image. `origin` is the place that decides on it."""

    target: Target
    resource: Resource
    pointer: Pointer
    at: At
    image: str
    origin: Origin


def uses_of(target: Target, resources: Iterable[Resource]) -> Iterator[Use]:
    """Yield the images of all containers of a target's objects."""
    for resource in resources:
        for pointer, image in _images(resource.body, ()):
            at = shown_at(resource.body, pointer)
            yield Use(target, resource, pointer, at, image, origin_of(resource, pointer))


def _images(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield each `image` that stands beside a `name`, as in containers, wherever it is."""
    if isinstance(tree, dict):
        image = tree.get("image")
        if isinstance(image, str) and image and "name" in tree:
            yield (*at, "image"), image
        for key, value in tree.items():
            yield from _images(value, (*at, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _images(value, (*at, number))


# --- another image ----------------------------------------------------------------------------------------------------


class Edit(NamedTuple):
    """A line of a file with another image. Lines count from 1."""

    path: str
    line: int
    before: str
    after: str


_TAG = re.compile(r"[\w][\w.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9+._-]+:[0-9a-fA-F]{32,}")
_LIKE_A_TAG = re.compile(r":|v?\d")


def wanted(use: Use, reference: str) -> Image:
    """Return the image that a use is to have.

    A reference without a name is a tag, a digest or both, as programs that push images print it: `1.5`, `:1.5`,
    `sha256:…`, `@sha256:…`, `1.5@sha256:…`. Before a digest, a word that does not begin as a version is a name.
    """
    name = read_image(use.image).name
    if _DIGEST.fullmatch(reference.removeprefix("@")):
        return Image(name, "", reference.removeprefix("@"))
    tag, at, digest = reference.partition("@")
    is_tag = _TAG.fullmatch(tag.removeprefix(":")) and (not at or _LIKE_A_TAG.match(tag))
    return Image(name, tag.removeprefix(":"), digest) if is_tag else read_image(reference)


def read_wish(word: str) -> tuple[str, str] | None:
    """Return the name of an image and its new reference from `NAME=REF`, or from `NAME:TAG` and `NAME@DIGEST` as
    `kustomize edit set image` takes them. The answer is None for anything else.
    """
    name, equals, reference = word.partition("=")
    if equals:
        return (name, reference) if name and reference else None
    image = read_image(word)
    return (image.name, word.removeprefix(image.name)) if image.name and (image.tag or image.digest) else None


def edits_for(project: Project, use: Use, image: Image) -> list[Edit]:
    """Return the lines that have to change for a use to have an image. Raises `Refusal` where no line decides on that
    alone.
    """
    origin = use.origin
    is_entry = origin.path.rpartition("/")[2] in FILE_NAMES and origin.at[:1] == ("images",)
    if is_entry:
        return _entry(project, use, image)
    if origin.path in project.produced:
        return _values(project, use, image)
    return [_scalar(project, origin, use.image, str(image))]


def _entry(project: Project, use: Use, image: Image) -> list[Edit]:
    """Return the changed lines of an entry of `images:`."""
    entry = Origin(use.origin.path, use.origin.doc, use.origin.at[:2])
    old = {key: _text(project, entry.below(key)) for key in ("name", "newName", "newTag", "digest")}
    name = old["newName"] or old["name"]
    values = {"newTag": image.tag, "digest": image.digest}
    if image.name != name:
        values["newName"] = image.name
    place = project.place(entry)
    for key, value in values.items():
        if bool(value) != (old[key] is not None):
            has = "has" if old[key] is not None else "has no"
            raise Refusal(f"{place}: this entry {has} {key}, and {image} would need another line: change it by hand")
    return [
        _scalar(project, entry.below(key), str(old[key]), value)
        for key, value in values.items()
        if value and value != old[key]
    ]


def _values(project: Project, use: Use, image: Image) -> list[Edit]:
    """Return the changed lines of the chart values that make up an image: one line for the whole of it, or one for each
    part that differs.
    """
    given = dict.fromkeys(where for _, values in project.places.written(use.origin) for where, _ in values)
    texts = {where: text for where in given if (text := _text(project, where)) is not None}
    old = read_image(use.image)
    whole = _saying(texts, str(old))
    if whole is not None:
        return [_scalar(project, whole, str(old), str(image))]
    return [
        _scalar(project, _part(project, use, texts, before), before, after)
        for before, after in zip(old, image, strict=True)
        if before != after
    ]


def _part(project: Project, use: Use, texts: Mapping[Origin, str], before: str) -> Origin:
    where = _saying(texts, before) if before else None
    if where is None:
        said = f"no value of the chart says {before} as it stands" if before else "the chart is given no value for it"
        raise Refusal(f"{project.place(use.origin)}: {said}: change the values of the environment by hand")
    return where


def _saying(texts: Mapping[Origin, str], text: str) -> Origin | None:
    """Return the value with a text. If several have it, the one whose key is that of an image, or of a part of one, is
    meant.
    """
    found = [where for where, said in texts.items() if said == text]
    named = [where for where in found if re.search("(?i)image|tag|version|digest|repository", str(where.at[-1:]))]
    return next(iter(named or found), None)


def _text(project: Project, origin: Origin) -> str | None:
    node = project.places.node(origin)
    return str(node.value) if isinstance(node, ScalarNode) else None


def _scalar(project: Project, origin: Origin, old: str, new: str) -> Edit:
    """Return the line of a scalar with another text, and everything else on the line unchanged."""
    place = project.place(origin)
    if not place.line:
        raise Refusal(f"{place}: no line says {old} as it stands: change it by hand")
    line = _lines(project, place.path)[place.line - 1]
    key = str(next(step for step in reversed(origin.at) if not isinstance(step, Embedded)))
    pattern = rf"""((?:["']?){re.escape(key)}(?:["']?)\s*:\s*)(["']?){re.escape(old)}(["']?)(?=[\s,}}\]]|$)"""
    found = re.compile(pattern).match(line, max(place.col - 1, 0))
    if found is None:
        raise Refusal(f"{place}: this line does not say {old} as it stands: change it by hand")
    quote = found[2] or ("" if _is_plain(new) else '"')
    after = f"{line[: found.start()]}{found[1]}{quote}{new}{quote}{line[found.end() :]}"
    return Edit(place.path, place.line, line, after)


def _is_plain(text: str) -> bool:
    """Return whether a text needs no quotes: it is no number, and no word with a meaning in YAML."""
    return NUMBER.fullmatch(text) is None and text.lower() not in MEANINGS


def _lines(project: Project, path: str) -> list[str]:
    return project.content_of(path).decode("utf-8", "surrogateescape").split("\n")


def edited(project: Project, edits: Iterable[Edit]) -> dict[str, bytes]:
    """Return the files with their lines changed. Raises `Refusal` where two edits want the same line to be
    different.
    """
    texts: dict[str, list[str]] = {}
    done: dict[tuple[str, int], str] = {}
    for edit in edits:
        lines = texts.setdefault(edit.path, _lines(project, edit.path))
        if done.setdefault((edit.path, edit.line), edit.after) != edit.after:
            raise Refusal(f"{Pos(edit.path, edit.line)}: two environments would need different images on this line")
        lines[edit.line - 1] = edit.after
    return {path: "\n".join(lines).encode("utf-8", "surrogateescape") for path, lines in texts.items()}


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
