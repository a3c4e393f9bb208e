"""Comments behind keys. Kustomize writes an object with its comments and reads it again: the comment of a key with an
empty value is written in front of the braces (`spec: # later {}`), which become part of the comment.
"""

from collections.abc import Iterator

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.level import KUBERNETES, Level
from penstock.resolve.spelling.braces import is_braced, is_in_braces
from penstock.resolve.spelling.written_values import writers_of
from penstock.tree import last_write, leaves, origins_of
from penstock.typed import Any


def report_comments(level: Level, resource: Resource) -> None:
    """Report each comment that keeps Kustomize from reading the object that it has written."""
    if level.options.merge != KUBERNETES and any(_became_empty(level, resource)):
        _Writing(level, resource).inside(resource.body, ())


def report_comments_in_braces(level: Level, resource: Resource) -> None:
    """Report each comment behind the key of a mapping or list that Kustomize writes into braces, where it pushes the
    comment behind the first scalar inside and forgets the comma.
    """
    if level.options.merge == KUBERNETES:
        return
    for at in _containers(resource.body, ()):
        comment = _comment_behind(level, resource, at)
        if comment is not None and is_in_braces(level, resource, at):
            message = f"Kustomize writes the comment behind {at[-1]!r} into braces, and cannot read that"
            hint = "put the comment on a line of its own"
            level.report("PS285", message, comment, resource=resource.id, hint=hint)


def _containers(tree: Any, at: Pointer) -> Iterator[Pointer]:
    """Yield the places of all mappings and lists in a tree that are the value of a key."""
    for step, value in tree.items() if tree.__class__ is dict else enumerate(tree):
        if value.__class__ is dict or value.__class__ is list:
            if isinstance(step, str):
                yield (*at, step)
            yield from _containers(value, (*at, step))


def _became_empty(level: Level, resource: Resource) -> Iterator[bool]:
    """Yield, for each empty mapping or list, whether its original style is without braces.

    Such a one had content. A patch has removed it, perhaps without a word: a merge drops every value that is written
    as nothing (`key:`).
    """
    for at, value in leaves(resource.body):
        if value.__class__ is dict or value.__class__ is list:
            yield not is_braced(level, resource, at)


class _Writing:
    """The process of writing one object, in the order of its keys (`emitter.key_line_comment` of go-yaml v3)."""

    def __init__(self, level: Level, resource: Resource) -> None:
        self.level = level
        self.resource = resource
        self.comment: Origin | None = None
        """The key whose comment is not written yet. Braces leave the comment to the next key, and so does a scalar that
        has a comment of its own.
        """

    def inside(self, tree: Any, at: Pointer) -> None:
        if tree.__class__ is dict:
            for key, value in tree.items():
                self.field(value, (*at, key))
        else:
            for index, item in enumerate(tree):
                if item.__class__ is dict or item.__class__ is list:
                    self.inside(item, (*at, index))

    def field(self, value: Any, at: Pointer) -> None:
        self.comment = self.comment_of(at) or self.comment
        is_container = value.__class__ is dict or value.__class__ is list
        if self.comment is not None:
            # A comment is pushed on to the next value, up to one that can hold it.
            if is_braced(self.level, self.resource, at) if is_container else self.has_own(at):
                return
            if is_container and not value:
                self.report(self.comment, at)
            self.comment = None
        if is_container:
            self.inside(value, at)

    def comment_of(self, at: Pointer) -> Origin | None:
        """Return the origin of the key at a place if Kustomize writes a comment behind it, and not into braces."""
        key = _comment_behind(self.level, self.resource, at)
        return None if key is None or is_in_braces(self.level, self.resource, at) else key

    def has_own(self, at: Pointer) -> bool:
        """Return whether there is a comment behind a scalar."""
        writers = writers_of(self.level, self.resource, at, self.level.spellings.has_comment_behind)
        return bool(writers) and writers[-1].style and not writers[-1].was_json

    def report(self, comment: Origin, at: Pointer) -> None:
        key = comment.at[-1]
        message = f"Kustomize writes the comment behind {key!r} in front of an empty value, and cannot read that"
        notes = ((last_write(self.resource, at), "the value becomes empty here"),)
        hint = "put the comment on a line of its own"
        self.level.report("PS285", message, comment, resource=self.resource.id, notes=notes, hint=hint)


def _comment_behind(level: Level, resource: Resource, at: Pointer) -> Origin | None:
    """Return the origin of the key at a place if there is a comment behind it in the source that made its mapping;
    otherwise None.
    """
    writers = writers_of(level, resource, at, level.spellings.has_comment)
    if not writers or not writers[0].style or writers[0].was_json:
        return None
    key = writers[0].origin
    return key if _has_made_mapping(level, resource, at[:-1], key._replace(at=key.at[:-1])) else None


def _has_made_mapping(level: Level, resource: Resource, at: Pointer, source: Origin) -> bool:
    """Return whether a source has made the mapping at a place. To a mapping that was there, even an empty one,
    Kustomize adds keys without their comments.
    """
    newest_first = [origin for origin, _ in origins_of(resource, at)]
    if source not in newest_first:
        return False
    earlier = next((each for each in newest_first[newest_first.index(source) :] if each != source), None)
    if earlier is None or not level.spellings.is_mapping(earlier):
        return True
    has_directive = level.spellings.is_quoted(source.below("$patch")) is not None
    return has_directive or _is_of_object(level, source)


def _is_of_object(level: Level, source: Origin) -> bool:
    """Return whether a source is an object, whose values replacements copy as a whole, and not a patch."""
    return any(resource.origin[:2] == source[:2] for resource in level.resources)
