"""A difference for people at a terminal.

3 of 40 environments change, 37 are identical: 1 object added, 2 changed
! restarts ...
"""

from penstock.changes import IN_CLUSTER, Change, Difference, EnvironmentChange, Group
from penstock.report.diff_failures import Failures, by_cause
from penstock.report.diff_lines import SIGNS, Writing, in_environments, lines, title
from penstock.words import printable, some_of

MARKS = {"danger": "!!", "caution": "!", "note": "·"}


def diff_text(found: Difference, writing: Writing) -> str:
    """Return the headline, the failures, the images, and each change once."""
    blocks = [headline(found)]
    blocks += (line for each in by_cause(found.failures) for line in _failed(each))
    if found.failures:
        blocks.append("What these have on their other side is left out: it is no deletion.")
    if found.images:
        blocks += ["", "images:"]
        blocks += [
            f"  {image.before or '(none)'} → {image.after or '(none)'}  ({some_of(environments)})"
            for image, environments in found.images
        ]
    total = len(found.environments)
    for group in found.groups:
        blocks += ["", *_block(group, total, writing)]
    footer = _footer(found)
    return "".join(f"{printable(line)}\n" for line in [*blocks, *([""] if footer else []), *footer])


def _failed(each: Failures) -> list[str]:
    """Why targets cannot be compared, and which changed files they read: these are what there is to look at."""
    cause = each.first
    said = f"failed {cause.side}: {what_failed(each)}: {cause.where}: {cause.code} {cause.message}"
    names = [f"  {some_of(each.targets)}"] if len(each.targets) > 1 else []
    reads = "what they read has" if names else "what it reads has"
    return [said, *names, *([f"  {reads} changed: {some_of(each.files)}"] if each.files else [])]


def what_failed(each: Failures) -> str:
    """Return the target or object of some failures, or how many they are."""
    if len(each.targets) == 1:
        return each.targets[0]
    return _count(len(each.targets), "object" if each.first.side == IN_CLUSTER else "target")


def headline(found: Difference) -> str:
    """Return what happens, in one line."""
    if found.is_empty:
        return _nothing(found)
    words = [_what_differs(found), f"objects: {_objects(found)}"]
    dangers = [(found.count("danger"), "danger"), (found.count("caution"), "caution")]
    words += [_count(number, word) for number, word in dangers if number]
    if found.failures:
        failed = {failure.target for failure in found.failures}
        words.append(f"{_count(len(failed), _what_failed(found))} cannot be compared")
    if found.is_routine:
        words.append("routine: only images and versions")
    return "; ".join(words)


def _what_failed(found: Difference) -> str:
    return "object" if all(each.side == IN_CLUSTER for each in found.failures) else "target"


def _nothing(found: Difference) -> str:
    if not found.targets:
        return f"no differences between {found.before} and {found.after}"
    number = _count(len(found.environments), "environment")
    aside = f", but for {_count(len(found.broken), 'target')} not compiling" if found.broken else ""
    return f"no differences: {number} identical{aside} ({found.before} and {found.after})"


def _what_differs(found: Difference) -> str:
    """Return how many environments change or, between two lots of objects, whether these differ."""
    if not found.targets:
        return f"{found.before} and {found.after} differ"
    total = len(found.environments)
    changing = sum(each.state != "identical" for each in found.environments)
    return f"{changing} of {_count(total, 'environment')} {'changes' if changing == 1 else 'change'}"


def _objects(found: Difference) -> str:
    """Return how many objects change in all environments, such as `1 added, 2 changed`."""
    names = ("added", "changed", "removed")
    counts = [(sum(getattr(each, name) for each in found.environments), name) for name in names]
    return ", ".join(f"{number} {name}" for number, name in counts if number) or "none"


def _block(group: Group, total: int, writing: Writing) -> list[str]:
    head = f"{SIGNS[group.change.action]} {title(group)}  ({in_environments(group, total)})"
    return [head, *(f"  {line}" for line in [*dangers(group.change), *changed_lines(group, writing)])]


def dangers(change: Change) -> list[str]:
    """Return a line for each danger of a change."""
    return [f"{MARKS[each.level]} {each.name}: {each.message}" for each in change.dangers]


def changed_lines(group: Group, writing: Writing) -> list[str]:
    """Return the lines that say what changes in the object of a group, with the places where that is written."""
    return [
        f"{line.sign} {line.text}{f'  ({line.place})' if line.place and line.place.path else ''}"
        for line in lines(group, writing)
    ]


def _footer(found: Difference) -> list[str]:
    footer = []
    same = [each for each in found.environments if each.state == "identical"]
    if same and not found.is_empty:
        footer.append(f"{_count(len(same), 'environment')} identical: {some_of([each.name for each in same])}")
    if found.proven:
        footer.append(f"{found.proven} of {_count(found.targets, 'target')} proven identical by what they read")
    if found.broken:
        footer.append(f"{_count(len(found.broken), 'target')} not compiling, before and after: {some_of(found.broken)}")
    footer += [f"hidden: {reason} of {_count(number, 'object')}" for reason, number in found.hidden.items()]
    if found.unread:
        footer.append(unread(found))
    footer += [promised(each) for each in found.environments if _is_promised(each)]
    return footer


def unread(found: Difference) -> str:
    """Return how many of the files that differ are read by no target, with the first of them."""
    number = len(found.unread)
    return f"{_count(number, 'changed file')} that no target reads: {some_of(found.unread)}"


def promised(each: EnvironmentChange) -> str:
    """Return which tree an environment gets."""
    promise = each.promise
    place = f"{promise.folder} on {promise.branch}" if promise.folder else promise.branch
    where = f" in {promise.repository}" if promise.repository else ""
    whom = f" {place}{where}" if promise.folder or promise.repository else ""
    what = f"hydration of {promise.commit[:10]} itself" if promise.commit else "hydration"
    return f"{each.name}: {what} gives{whom} the tree {promise.tree}"


def _is_promised(each: EnvironmentChange) -> bool:
    return bool(each.promise.tree) and each.state != "identical"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
