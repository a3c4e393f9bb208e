"""How the values of an object are written, where the output depends on it. Kustomize copies the text of a scalar, keeps
the quotes of a field, and distinguishes an empty value (`key:`) from `null`.

Kustomize passes the items of a list of objects (`ConfigMapList`) through JSON, which leaves them in braces, with quoted
strings. A JSON 6902 patch makes every number of its object a float, and quotes the strings that need quotes. A value
that a later patch writes to such an object is written as in that patch.
"""

from collections.abc import Callable, Iterator, Set

from penstock.kubernetes import text
from penstock.model import Beside, Copied, Origin, Pointer, Resource, Untyped, has_errors
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.resolve.level import Level
from penstock.scalar import (
    BASE_60,
    BLANK_IN_FLOW,
    Tagged,
    config_scalar,
    go_number,
    is_timestamp,
    json_number,
    may_be_date,
    resource_scalar,
)
from penstock.tree import get, is_json, origin_of, origins_of, place_at, respell, with_value, written_since
from penstock.typed import Any


def text_of(level: Level, resource: Resource, at: Pointer, value: Any) -> str:
    """Return a scalar as Kustomize copies it into a string: as it is written (`0x1F`, `Null`), or as JSON has it."""
    if isinstance(value, str) and (value.__class__ is Tagged or not may_be_date(value)):
        return str(value)
    # The node still has the spelling of its source; after JSON, there are Go's numbers and dates.
    if not is_json(resource, at):
        return _as_text(spelled_at(level, resource, at, value), value)
    if value.__class__ is int or value.__class__ is float:
        return _number_text(resource, value)
    if value.__class__ is str:
        return str(date_after_json(level, resource, at, value))
    return "null" if value is None else text(value)


def _number_text(resource: Resource, value: float) -> str:
    """Return the text of a number in an object that has been through JSON, which depends on what passed it through
    JSON.

    JSON has no infinite numbers; such a number is reported when the object is printed.
    """
    if value - value != 0:
        return str(value)
    through = resource.spelling.through_json
    is_kept = through == "list" or (through == "function" and value.__class__ is int)
    return json_number(value) if is_kept else go_number(value)


def date_after_json(level: Level, resource: Resource, at: Pointer, value: Any) -> Any:
    """Return the value of a time inside the braces of a list item, which Kustomize reads once, as a time."""
    written = level.spellings.spelled(origin_of(resource, at)) if resource.spelling.through_json == "list" else None
    return value if value is None or written is None else resource_scalar(written)


def text_at(level: Level, origin: Origin, value: Any) -> str:
    """Return a scalar as it is written at a place of a file."""
    return _as_text(None if value.__class__ is Tagged else level.spellings.spelled(origin), value)


def _as_text(written: str | None, value: Any) -> str:
    if written is None:
        return "null" if value is None else text(value)
    return "" if written == BLANK_IN_FLOW else written


def spelled_at(level: Level, resource: Resource, at: Pointer, value: Any) -> str | None:
    """Return how a scalar of an object is spelled; None where its value already tells."""
    copied = copy_at(resource, at, value)
    if copied is not None:
        return copied.text
    written = level.spellings.spelled(origin_of(resource, at))
    if value.__class__ is str and written is not None and value not in (written, resource_scalar(written)):
        return None  # only a part of the written text was copied, or the value has changed since
    return written


def copy_at(resource: Resource, at: Pointer, value: Any) -> Copied | None:
    """Return the note about a scalar that a replacement wrote to a place, if it is still there."""
    notes = (note for note in resource.spelling.copied if note.at == at and note.value == value)
    return next((note for note in notes if type(note.value) is type(value)), None)


def is_blank(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a null is written as an empty value (`key:`)."""
    return not is_json(resource, at) and spelled_at(level, resource, at, None) in ("", BLANK_IN_FLOW)


def writes_since_deletion(level: Level, resource: Resource, at: Pointer, then: Any) -> Iterator[tuple[Origin, bool]]:
    """Yield what `tree.origins_of` yields, up to the patch that last deleted what stood at the place."""
    is_older = False
    for origin, was in origins_of(resource, at, then):
        if is_older and origin[:2] != resource.origin[:2] and level.spellings.is_null(origin):
            return
        is_older = True
        yield origin, was


class Writer(NamedTuple):
    """A source that wrote a value: its style there, and whether the value has been through JSON since."""

    style: bool
    was_json: bool
    origin: Origin


def writers_of(
    level: Level, resource: Resource, at: Pointer, style_of: Callable[[Origin], bool | None]
) -> list[Writer]:
    """Return the sources that wrote the value at a place since a patch last deleted it, earliest first.

    The earliest source determines the style.
    """
    then = resource.spelling.log_then if resource.spelling.through_json else resource
    newest_first: list[Writer] = []
    for origin, was in writes_since_deletion(level, resource, at, then):
        style = style_of(origin)
        # A patch that fills an empty mapping has written the mapping, too, and counts once.
        is_again = bool(newest_first) and newest_first[-1].origin == origin
        if style is not None and not is_again:
            newest_first.append(Writer(style, was, origin))
    return newest_first[::-1]


def is_spelled_out(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a null is written as `null` or `~`."""
    if is_json(resource, at):
        return True
    return level.spellings.is_quoted(origin_of(resource, at)) is not None and not is_blank(level, resource, at)


def is_quoted(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a string is in quotes, or is a block, when Kustomize merges a value into it."""
    value = get(resource.body, at)
    writers = writers_of(level, resource, at, level.spellings.is_quoted)
    # A value that is merged over a tag gets one itself, so that it keeps its type even in quotes.
    place = _place_of_style(resource, at)
    of_style = writers if place == at else writers_of(level, resource, place, level.spellings.is_quoted)
    if _begins_with_tag(level, of_style):
        return False
    if _is_written_in_quotes(level, resource, at, writers):
        return True
    for before in resource.spelling.merged if value.__class__ is str else ():
        if len(writers) < 2 or written_since(resource, at, before) is None:
            return gets_quotes(level, value)
    return False


def has_style_of_tag(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether the first source of a value has a tag there, which is a style and leaves no room for quotes."""
    place = _place_of_style(resource, at)
    return _begins_with_tag(level, writers_of(level, resource, place, level.spellings.is_quoted))


def _place_of_style(resource: Resource, at: Pointer) -> Pointer:
    """Return the place that decides on the style of a value: for a label, the place to which it was written last."""
    beside = next((beside for beside in reversed(resource.spelling.beside) if at in beside.made), None)
    return beside.last if beside is not None and beside.last is not None else at


def _begins_with_tag(level: Level, writers: list[Writer]) -> bool:
    return bool(writers) and not writers[0].was_json and level.spellings.is_tagged(writers[0].origin)


def _is_written_in_quotes(level: Level, resource: Resource, at: Pointer, writers: list[Writer]) -> bool:
    """Return whether the first source that wrote a string has it in quotes, or a JSON 6902 patch has put it there."""
    is_list = resource.spelling.through_json == "list"
    if at in resource.spelling.styleless:
        return False
    if is_json(resource, at):
        return is_list or _gets_quotes_in_json(level, resource, get(resource.body, at))
    if writers and writers[0].was_json:
        return level.spellings.is_text(writers[0].origin) if is_list else _was_quoted(level, resource, at)
    if at in resource.spelling.quoted or (writers and writers[0].style):
        return True
    return _is_laid_in_quotes(resource, at) or _was_made_in_quotes(level, resource, at)


def _is_laid_in_quotes(resource: Resource, at: Pointer) -> bool:
    """Return whether a patch has set a scalar over a text that had quotes, which the sources do not tell."""
    laid = resource.spelling.in_quotes | resource.spelling.laid
    return bool(laid) and origin_of(resource, at) in laid


def note_in_quotes(resource: Resource, writers: Set[Origin]) -> None:
    """Note that these writers have set scalars of other types over strings in quotes."""
    spelling = resource.spelling
    resource.spelling = spelling._replace(in_quotes=spelling.in_quotes | writers)


def has_type_in_quotes(resource: Resource, at: Pointer, value: str) -> bool:
    """Return whether a text is a number, boolean or date for Kustomize, although it stands in quotes, since that was
    set over a string in quotes.
    """
    note = copy_at(resource, at, value)
    if note is not None:
        return bool(note.hidden)
    laid = resource.spelling.in_quotes
    return bool(laid) and origin_of(resource, at) in laid and not is_json(resource, at)


def _was_made_in_quotes(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a transformer has made a label with quotes."""
    besides = resource.spelling.beside
    number = next((i for i in reversed(range(len(besides))) if at in besides[i].made), None)
    return number is not None and _gives_quotes(level, resource, besides[: number + 1])


def _gives_quotes(level: Level, resource: Resource, besides: tuple[Beside, ...]) -> bool:
    """Return whether the text that was written last has quotes: those of a place beside it, or those that it needs."""
    *earlier, (_, last, text) = besides
    if text and gets_quotes(level, text):
        return True
    if last is None:
        return False
    writers = writers_of(level, resource, last, level.spellings.is_quoted)
    if writers and writers[0].style:
        return True
    number = next((i for i in reversed(range(len(earlier))) if last in earlier[i].made), None)
    return number is not None and _gives_quotes(level, resource, tuple(earlier[: number + 1]))


def _was_quoted(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a JSON 6902 patch has put into quotes the text that stood at a place then."""
    value = get(resource.spelling.body_then, place_at(resource, at, resource.spelling.log_then))
    return value.__class__ is str and _gets_quotes_in_json(level, resource, value)


def _gets_quotes_in_json(level: Level, resource: Resource, value: str) -> bool:
    """Return whether a text has quotes once Kustomize has written the object and read it again, as JSON.

    After a JSON 6902 patch, go-yaml also quotes times, what YAML 1.1 reads as a number with the base of 60, and texts
    with characters that it does not write as they are, such as tabs and emoji.
    """
    if _is_other_in_yaml(level, value) is not False:
        return True
    return resource.spelling.through_json == "patch" and _gets_quotes_in_go(value)


def _gets_quotes_in_go(value: str) -> bool:
    """Return whether go-yaml writes in quotes a text that YAML reads as itself without them
    (`yaml_emitter_analyze_scalar`, `yaml.isBase60Float`).
    """
    return is_timestamp(value) or bool(BASE_60.fullmatch(value) or _NOT_AS_IT_IS.search(value))


_NOT_AS_IT_IS = regex("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
"""Matches a character that go-yaml writes in quotes only: tabs, other line breaks, and all those past U+FFFF."""


def forget_type(level: Level, resource: Resource, at: Pointer, written: str) -> None:
    """Note that Kustomize writes this text to a place without marking it as a string.

    `123` then becomes a number when the object is read again, unless the place already has a string in quotes, which
    are kept.
    """
    is_text = resource_scalar(written) == written
    if is_text or not has_quotes(level, resource, at):
        note_untyped(resource, at, written, may_have_quotes=is_text)


def forget_type_and_tag(level: Level, resource: Resource, at: Pointer) -> None:
    """Note that Kustomize has rewritten the text at a place: it keeps its quotes and loses its tag and type."""
    value = get(resource.body, at)
    if value.__class__ is Tagged:
        respell(resource, with_value(resource.body, at, str(value)))
        if value.is_plain:
            note_untyped(resource, at, str(value))
    elif isinstance(value, str):
        forget_type(level, resource, at, value)


def note_untyped(resource: Resource, at: Pointer, written: str, may_have_quotes: bool = False) -> None:
    """Note that Kustomize has written this text to a place without a type.

    With `may_have_quotes`, this only holds while the string at the place has no quotes.
    """
    known, new = resource.spelling.untyped, Untyped(at, written, may_have_quotes)
    # A thousand patches may restore the same name a thousand times, and the namespace beside it.
    if known[-1:] == (new,) or (known[-2:-1] == (new,) and known[-1].at != at):
        return
    resource.spelling = resource.spelling._replace(untyped=(*known, new))


def has_quotes(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a place has a string that its first writer has in quotes."""
    if not isinstance(get(resource.body, at), str):
        return False
    return _is_written_in_quotes(level, resource, at, writers_of(level, resource, at, level.spellings.is_quoted))


def is_untyped(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether Kustomize has written the value at a place without a type."""
    for place, written, may_have_quotes in reversed(resource.spelling.untyped):
        if place == at and get(resource.body, at) == written:
            return not may_have_quotes or not has_quotes(level, resource, at)
    return False


def may_get_quotes(text: str) -> bool:
    """Return whether a text without quotes may be none in YAML 1.1, judging by its form."""
    return not text[:1].isalpha() or text.isalnum() or has_separator(text)


def has_separator(text: str) -> bool:
    """Return whether a text has a character behind which it may go on as another value or as a comment."""
    return not _SEPARATORS.isdisjoint(text)


_SEPARATORS = frozenset(": \t")


def gets_quotes(level: Level, written: str) -> bool:
    """Return whether Kustomize quotes a text without a type when it merges the mapping that contains the text: YAML 1.1
    reads the text as something other than a string (`kyaml/yaml.IsValueNonString`).

    A date is text in the YAML 1.1 that Kustomize reads here.
    """
    if is_timestamp(written) or not _is_one_line(written):
        return False
    return _is_odd_word(written) if _is_word(written) else level.spellings.is_string(written) is False


def _is_other_in_yaml(level: Level, value: str) -> bool | None:
    """Return whether YAML 1.1 parses a text without quotes as something else, such as `yes`; None where it is not valid
    YAML.

    A text that is empty or has several lines is not valid to Kustomize.
    """
    if not _is_one_line(value):
        return None
    if _is_word(value):
        return _is_odd_word(value)
    documents, findings = level.sources.embedded(value, Origin(""), config=True)
    if has_errors(findings):
        return None
    return not documents or documents[0].body != value


def _is_one_line(value: str) -> bool:
    return value != "" and "\n" not in value


def _is_word(value: str) -> bool:
    """Return whether a text consists of letters, digits and dashes. Most texts do, and need no parser to decide."""
    return value.replace("-", "").isalnum()


def _is_odd_word(value: str) -> bool:
    """Return whether YAML reads a word as something other than itself."""
    return not isinstance(config_scalar(value), str) or resource_scalar(value) != value


def is_date(level: Level, resource: Resource, at: Pointer, value: str) -> bool:
    """Return whether a text stands for a date without quotes."""
    if not may_be_date(value) or is_json(resource, at) or is_quoted(level, resource, at):
        return False
    copied = copy_at(resource, at, value)
    # A replacement brought the text, and with it the answer.
    if copied is not None:
        return not copied.is_text
    written = spelled_at(level, resource, at, value) or value
    return is_timestamp(written) and resource_scalar(written) == value
