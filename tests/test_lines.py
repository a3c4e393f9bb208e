"""The law of lines: change what stands where a value is said to come from, and that value changes, and no other one but
those that are said to come from there, too.

Left out is what decides who an object or an element of a list is (names, keys of merges), what has no text of its own
on one line (generated texts, block scalars), and a change that is refused.
"""

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from penstock.files import Memory
from penstock.model import Origin, Pointer, Pos, Resource, Spot
from penstock.parse.composing import LastComposed
from penstock.parse.libyaml import ScalarNode
from penstock.parse.locate import Locator
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.options import Options
from penstock.tree import MISSING, get, leaves, origins_of

BUILDS = Path(__file__).parent.parent / "fixtures" / "build"
CASES = sorted(path for path in BUILDS.iterdir() if (path / "input" / "kustomization.yaml").exists())

MANY = 1_000_000 if os.environ.get("EVERY_LINE") else 4
"""Values of one fixture that are followed to their lines. With EVERY_LINE=1, these are all: this takes minutes."""

IDENTITY = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))

ELEMENT = ("name", "containerPort", "port", "protocol", "mountPath", "devicePath", "topologyKey", "key", "ip", "id")
"""The keys by which elements of lists are told apart: another value makes another element."""

LAST = "of keys that are the same, the last one is taken for the place"

ONE_TEXT = "a changed scalar merges with one of the same text"

KNOWN = {
    "a_merge_key_with_the_same_value_loses_nothing": "what `<<` sets once more below a key is taken for its place",
    "colon_before_a_bracket_is_text": "columns count in the text as Go reads it; the line is right",
    "key_in_quotes_stays_text_beside_the_same_without_quotes": LAST,
    "key_that_stands_twice_may_be_taken_away_by_a_patch": LAST,
    "local_objects_are_not_printed": "the annotation decides whether there is an object",
    "merge_key_over_a_repeated_key_takes_the_first": LAST,
    "merge_keys_of_a_configuration_go_from_top_to_bottom": "what `<<` overwrites below a key is taken for its place",
    "names_of_elements_that_a_replacement_makes_have_no_type": "the path of a replacement makes what it names",
    "new_keys_that_become_one_are_added_in_their_order": LAST,
    "next_lines_in_a_kustomization_are_folded_at_once": "a patch in quotes has no lines of its own",
    "patch_with_a_key_twice_takes_the_first": LAST,
    "patch_with_a_target_selects_by_patterns_and_labels": "the label decides whether a patch is laid",
    "replacement_copies_the_notes_of_kustomize": "a copy of Kustomize's notes says how the object was called before",
    "replacement_with_two_dots_in_its_path_empties_a_text": "two dots in a path empty the text",
    "scalars_of_a_merged_list_that_have_lost_their_tags_are_merged_again": ONE_TEXT,
    "scalars_of_one_text_keep_what_the_last_of_them_is": ONE_TEXT,
    "variable_takes_decimal_numbers_with_leading_zeros": "a number that is spelled otherwise is the variable's",
}
"""The fixtures with values whose line is another one, or decides on more than values; and why."""

PIECES = re.compile(r"[A-Za-z]+")
HASH = re.compile(r"-[a-z0-9]{10}\b")


class Place(NamedTuple):
    """A leaf of the objects: the number of the object, and the way to the value."""

    number: int
    at: Pointer


class Built:
    """What the files of a fixture come to."""

    def __init__(self, texts: dict[str, bytes], links: dict[str, str]) -> None:
        self.texts = texts
        self.links = links
        self.resources, findings = resolve(Project(Memory(texts, links)), ".", Options())
        self.is_refused = any(finding.severity == "error" for finding in findings)
        self.fields = {
            Place(number, at): value
            for number, resource in enumerate(self.resources)
            for at, value in leaves(resource.body)
        }
        self._locator = Locator(texts.get)

    def spots(self, place: Place) -> Iterator[tuple[Origin, Spot]]:
        """Where a value comes from, the writer that counts first."""
        for origin, _ in origins_of(self.resources[place.number], place.at):
            yield origin, self._locator.spot(origin)

    def comes_from(self, place: Place, line: Pos) -> bool:
        """Whether one of the writers of a value, or what it has copied as a whole, stands on a line."""
        spots = [spot for _, spot in self.spots(place)]
        return any(spot.start.path == line.path and spot.start.line <= line.line <= spot.end.line for spot in spots)

    def edited(self, spot: Spot, text: str) -> "Built":
        """The same with another text in the place of what stands there."""
        lines = self.texts[spot.start.path].decode().split("\n")
        line = lines[spot.start.line - 1]
        lines[spot.start.line - 1] = line[: spot.start.col - 1] + text + line[spot.end.col - 1 :]
        return Built(self.texts | {spot.start.path: "\n".join(lines).encode()}, self.links)


def built(case: Path) -> Built:
    texts, links = {}, {}
    for path in sorted((case / "input").rglob("*")):
        name = path.relative_to(case / "input").as_posix()
        if path.is_symlink():
            links[name] = os.readlink(path)
        elif path.is_file():
            texts[name] = path.read_bytes()
    return Built(texts, links)


def chosen(case: Path, before: Built) -> list[Place]:
    """Some values that stand for themselves, others in each fixture."""
    places = [place for place, value in before.fields.items() if is_value(place.at, value)]
    return sorted(places, key=lambda place: zlib.crc32(f"{case.name} {place}".encode()))[:MANY]


def is_value(at: Pointer, value: Any) -> bool:
    is_of_an_element = at[-1:] and at[-1] in ELEMENT and any(isinstance(step, int) for step in at[:-1])
    return isinstance(value, str | int | float) and value != "" and at not in IDENTITY and not is_of_an_element


def written(before: Built, origin: Origin, spot: Spot) -> str | None:
    """The text of a value, with its key before it; None where it is no scalar on one line, or more than its text."""
    data = before.texts.get(spot.start.path)
    if data is None or not spot.start.line or spot.start.line != spot.end.line:
        return None
    is_yaml = spot.start.path.endswith((".yaml", ".yml"))
    if is_yaml and not isinstance(LastComposed().find(data, origin)[1], ScalarNode):
        return None
    if data.decode(errors="replace").encode() != data:
        return None  # a file of other bytes than text
    text = data.decode().split("\n")[spot.start.line - 1][spot.start.col - 1 : spot.end.col - 1]
    return None if value_in(text)[:1] in "&*!|>{[" else text


def value_in(text: str) -> str:
    """What stands behind the key, if there is one."""
    key = re.match(r"""(?:- )?(?:"[^"]*"|'[^']*'|[^\s"'{\[][^:]*?): +(?=\S)""", text)
    return text[key.end() :] if key else text


def others(text: str) -> Iterator[str]:
    """The text with another value: at its end, and everywhere."""
    value = value_in(text)
    key = text[: len(text) - len(value)]
    quote = value[0] if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1 else ""
    inner = value[1:-1] if quote else value
    yield f"{key}{quote}{another(inner)}{quote}"
    yield f"{key}{quote}{PIECES.sub(lambda piece: piece[0] + 'x', re.sub('[0-9]', next_digit, inner))}{quote}"


def another(value: str) -> str:
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    number = re.search(r"[0-9](?=(?:m|Ki|Mi|Gi|k|M|G|s|h)?$)", value)
    return value[: number.start()] + next_digit(number) + value[number.end() :] if number else f"{value}x"


def next_digit(digit: "re.Match[str]") -> str:
    return str(int(digit[0]) % 8 + 1)


def test_a_line_that_is_changed_changes_what_it_sets() -> None:
    tried, wrong = 0, []
    for case in CASES:
        before = built(case)
        for place in chosen(case, before) if not before.is_refused and case.name not in KNOWN else ():
            origin, spot = next(before.spots(place))
            text = written(before, origin, spot)
            found = list(broken(before, place, spot, text)) if text else None
            tried += found is not None
            wrong += [f"{case.name}: {each}" for each in found or ()]
    assert wrong == []
    assert tried > 300


def broken(before: Built, place: Place, spot: Spot, text: str) -> Iterator[str]:
    """What the law has against a change of the text that a value is said to come from."""
    has_changed = is_built = False
    for other in others(text):
        after = before.edited(spot, other)
        if after.is_refused or len(after.resources) != len(before.resources):
            continue
        is_built = True
        differing = [each for each in before.fields | after.fields if differs(before, after, each)]
        yield from (said(before, each, spot, other) for each in differing if not is_due(before, after, each, spot))
        has_changed = has_changed or place in differing
    if is_built and not has_changed:
        yield f"{said(before, place, spot, text)} does not change with it"


def said(before: Built, place: Place, spot: Spot, text: str) -> str:
    resource = before.resources[place.number]
    return f"{resource.id} {'.'.join(map(str, place.at))} and {text!r} at {spot.start}"


def differs(before: Built, after: Built, place: Place) -> bool:
    return bool(before.fields.get(place, MISSING) != after.fields.get(place, MISSING))


def is_due(before: Built, after: Built, place: Place, spot: Spot) -> bool:
    """Whether a value has to change with a line: it comes from there, before or after, or it follows from what does."""
    pair = before.fields.get(place, MISSING), after.fields.get(place, MISSING)
    is_from_there = (pair[0] is not MISSING and before.comes_from(place, spot.start)) or (
        pair[1] is not MISSING and after.comes_from(place, spot.start)
    )
    return is_from_there or is_hash(*pair) or has_moved(before, after, place)


def is_hash(old: Any, new: Any) -> bool:
    """Whether only the hash in a name differs, which is made of all that an object holds."""
    return isinstance(old, str) and isinstance(new, str) and HASH.sub("", old) == HASH.sub("", new) != old


def has_moved(before: Built, after: Built, place: Place) -> bool:
    """Whether a list on the way has got another length: the change has made another element of one."""
    bodies: list[Resource] = [before.resources[place.number], after.resources[place.number]]
    ways = (place.at[:depth] for depth, step in enumerate(place.at) if isinstance(step, int))
    sizes = ([len(get(each.body, way, ())) for each in bodies] for way in ways)
    return any(pair[0] != pair[1] for pair in sizes)
