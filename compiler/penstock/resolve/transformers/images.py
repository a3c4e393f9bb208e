"""`images:` rewrites image names, tags and digests.

Before: image: shop/web:1     After: image: shop/web:2

A `name` is matched as a regular expression against the whole name, as in Kustomize. This covers every `image` in a
`containers` or `initContainers` list at any depth, in every kind except CustomResourceDefinition, and the fields of
`configurations`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists
from penstock.resolve.finding.image_names import ImageNames, split
from penstock.resolve.finding.known_images import KnownImages
from penstock.resolve.finding.spec_tables import SpecTable
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import show_annotations
from penstock.resolve.spelling.written_values import forget_type, text_of
from penstock.tree import get, log, origin_of, put
from penstock.typed import Any

_LISTS = ("containers", "initContainers")

Entry = dict[str, str]


def transform(level: Level) -> None:
    entries: list[tuple[Entry, Origin]] = []
    for field in ("images", "imageTags"):
        for index, entry in enumerate(level.fields.get(field, ())):
            entries.append((entry, level.at(field, index)))
    set_images(level, entries, level.accumulation.specs.images)
    for _ in entries:
        level.ran("ImageTagTransformer")


def set_images(level: Level, entries: list[tuple[Entry, Origin]], specs: tuple[FieldSpec, ...]) -> None:
    """Rewrite all images by the entries, in the order of the entries, and report each entry that matches nothing.

    Each image is looked up in an index of the entries, not tried with every entry.
    """
    work = _Rewriting(level, entries, specs)
    resources, known = level.resources, level.accumulation.known_images.get(specs)
    if known is None:  # most kustomizations have only one image transformer, which needs no index
        level.accumulation.known_images[specs] = KnownImages()
    for number in range(len(resources)) if known is None else known.to_visit(resources, work.names):
        resource = resources[number]
        try:
            images = work.apply(resource)
        except Conflict as conflict:
            level.report_conflict("PS240", conflict.moved(()), origin_of(resource, conflict.at), resource)
        else:
            if known is not None:
                known.note(number, resource, images)
    for index, (entry, where) in enumerate(entries):
        if index not in work.names.unusable and index not in work.matched:
            _report_unused(level, entry, where)
        _report_suffix(level, entry, work.suffixed[index], where)


class _Rewriting:
    """Applies the entries, and records which of them have matched and what `tagSuffix` has changed."""

    def __init__(self, level: Level, entries: list[tuple[Entry, Origin]], specs: tuple[FieldSpec, ...]) -> None:
        self.level = level
        self.entries = entries
        self.specs = specs
        self.table = SpecTable(specs)
        self.names = ImageNames([entry.get("name", "") for entry, _ in entries])
        for index, (reason, is_invalid) in self.names.unusable.items():
            _report_name(level, reason, is_invalid, entries[index][1])
        self.matched: set[int] = set()
        """The entries that have matched an image."""
        self.suffixed: list[dict[tuple[Resource, Pointer], tuple[str, str]]] = [{} for _ in entries]
        """For each entry with `tagSuffix`: the images that it has changed, before and after."""

    def apply(self, resource: Resource) -> list[str]:
        """Rewrite the images of one resource, and return the images that it has afterwards.

        Raises Conflict where an image is not a string.
        """
        # The schema of a definition has fields called `containers`, too, and these are no images.
        if resource.id.kind == "CustomResourceDefinition":
            return []
        visits = dict.fromkeys(_images_anywhere(resource.body, ()), 1)
        for number in self.table.reaching(resource.id.kind, resource.body):
            spec = self.specs[number]
            if spec.selects(resource):
                # Kustomize's own notes are annotations until the end, so a mapping may be there for it and not here.
                if spec.path.removeprefix("/").startswith("metadata/annotations"):
                    show_annotations(self.level, resource)
                make_lists(resource, spec, self.entries[0][1] if self.entries else resource.origin, create=False)
                for at, _ in find(resource.body, spec.steps):
                    visits[at] = visits.get(at, 0) + 1
        return [self._rewrite(resource, at, number) for at, number in visits.items()]

    def _rewrite(self, resource: Resource, at: Pointer, visits: int) -> str:
        """Apply the entries to one image, and return the result. If two lists of fields contain the image, each entry
        sees it twice.
        """
        value = get(resource.body, at)
        if isinstance(value, dict | list):
            raise Conflict("an image must be a string", at, hint="write a text there, such as nginx:1.29")
        image = text_of(self.level, resource, at, value)
        index = self._next(image, 0)
        while index is not None:
            before = image
            for _ in range(visits):
                if self._next(image, index) == index:
                    image = self._write(resource, at, image, index)
            if self.entries[index][0].get("tagSuffix"):
                self.suffixed[index][resource, at] = (before, image)
            self.matched.add(index)
            index = self._next(image, index + 1)
        return image

    def _next(self, image: str, start: int) -> int | None:
        """Return the index of the first entry from `start` on that matches an image, or None."""
        found = self.names.matching(image)
        position = bisect_left(found, start)
        return found[position] if position < len(found) else None

    def _write(self, resource: Resource, at: Pointer, image: str, index: int) -> str:
        entry, where = self.entries[index]
        new = rewritten(image, entry)
        self.level.spend_values(new, 1, where)
        forget_type(self.level, resource, at, new)
        origins = list(map(self.level.laid_over, _origins(entry, where)))
        if new != image:
            put(resource, at, new, origins[0] if origins else where)
            origins = origins[1:]
        elif origins and origin_of(resource, at) == origins[-1]:
            return new  # the second visit of an entry
        for origin in origins:
            log(resource, at, origin)
        return new


def _images_anywhere(tree: Any, at: Pointer) -> Iterator[Pointer]:
    if tree.__class__ is dict:
        for key, value in tree.items():
            # Most values are scalars, which hold no containers.
            if value.__class__ is not dict and value.__class__ is not list:
                continue
            yield from _images_anywhere(value, (*at, key))
            if key in _LISTS and value.__class__ is list:
                yield from _images_of_containers(value, (*at, key))
    elif tree.__class__ is list:
        for index, element in enumerate(tree):
            yield from _images_anywhere(element, (*at, index))


def _images_of_containers(containers: list[Any], at: Pointer) -> Iterator[Pointer]:
    for index, element in enumerate(containers):
        if element.__class__ is list:
            raise Conflict(
                "a container must be a mapping",
                (*at, index),
                hint="write the fields of the container there, or remove it",
            )
        if element.__class__ is dict and "image" in element:
            yield (*at, index, "image")


def _report_name(level: Level, reason: str, is_invalid: bool, where: Origin) -> None:
    """Report a `name` that is not a regular expression, which matches nothing in Kustomize.

    If only Penstock refuses the expression, this is an error: what it matches is unknown.
    """
    at = where.below("name")
    if is_invalid:
        message = f"`name` is no regular expression, so nothing is changed: {reason}"
        level.report("PS244", message, at, severity="warning", hint="write a backslash before what is no operator")
    else:
        level.report("PS244", reason, at)


def _report_unused(level: Level, entry: Entry, where: Origin) -> None:
    if level.findings.failed:  # the image may be in what could not be built
        return
    name = entry.get("name", "")
    meant = level.run.nearest.among(name, lambda: sorted(_image_names(level)))
    hint = f"did you mean {meant}?" if meant else ""
    message = f"no image is called {name!r}, so nothing is changed"
    level.report_missing("PS247", message, where.below("name"), severity="warning", hint=hint)


def _image_names(level: Level) -> set[str]:
    return {split(text(get(r.body, at)))[0] for r in level.resources for at in _images_anywhere(r.body, ())}


def _report_suffix(
    level: Level, entry: Entry, changed: dict[tuple[Resource, Pointer], tuple[str, str]], where: Origin
) -> None:
    """Report the first image on which `tagSuffix` does not have the obvious effect.

    `changed` has the images before and after.
    """
    if not entry.get("tagSuffix"):
        return
    message = _surprise(entry, changed.values())
    if message:
        hint = "write the whole tag as `newTag`"
        level.report("PS249", message, where.below("tagSuffix"), severity="warning", hint=hint)


def _surprise(entry: Entry, changed: Iterable[tuple[str, str]]) -> str:
    """Return how the effect of `tagSuffix` differs from the obvious one, or "" if it does not."""
    if entry.get("newTag") or entry.get("digest"):
        return f"`tagSuffix` is ignored beside `{'newTag' if entry.get('newTag') else 'digest'}`"
    for old, new in changed:
        if new != rewritten(old, entry):
            return f"`tagSuffix` is added twice: {old} becomes {new}"
        if split(old)[2]:
            return f"`tagSuffix` drops the digest: {old} becomes {new}"
    return ""


def _origins(entry: Entry, where: Origin) -> list[Origin]:
    """Return the fields of an entry that make up an image. The most decisive one comes last."""
    return [where.below(field) for field in ("tagSuffix", "newName", "digest", "newTag") if entry.get(field)]


def rewritten(image: str, entry: Entry) -> str:
    """Return an image with the new name, tag and digest of an entry.

    A new tag drops the digest and a new digest the tag, unless both are given.
    """
    name, tag, digest = split(image)
    name = entry.get("newName") or name
    new_tag, new_digest = entry.get("newTag", ""), entry.get("digest", "")
    if new_tag or new_digest:
        tag, digest = new_tag, new_digest
    elif entry.get("tagSuffix"):
        # The digest is of the image without the suffix.
        tag, digest = tag + entry["tagSuffix"], ""
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
