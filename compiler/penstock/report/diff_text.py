"""A difference for people at a terminal.

3 of 40 environments change, 37 are identical: 1 object added, 2 changed
! restarts ...
"""

from penstock.changes import Difference, EnvironmentChange, Group
from penstock.report.diff_lines import SIGNS, Writing, in_environments, lines, title
from penstock.words import printable

MARKS = {"danger": "!!", "caution": "!", "note": "·"}

MAX_ENVIRONMENTS = 12


def diff_text(found: Difference, writing: Writing) -> str:
    """The headline, failures, images, and each change once."""
    blocks = [headline(found)]
    blocks += [
        f"failed {each.side}: {each.target}: {each.where}: {each.code} {each.message}" for each in found.failures
    ]
    if found.failures:
        blocks.append("What a target that fails has on its other side is left out: it is no deletion.")
    if found.images:
        blocks += ["", "images:"]
        blocks += [
            f"  {image.before or '(none)'} → {image.after or '(none)'}  ({_names(environments)})"
            for image, environments in found.images
        ]
    total = len(found.environments)
    for group in found.groups:
        blocks += ["", *_block(group, total, writing)]
    footer = _footer(found)
    return "".join(f"{printable(line)}\n" for line in [*blocks, *([""] if footer else []), *footer])


def headline(found: Difference) -> str:
    """What happens, in one line."""
    states = [each.state for each in found.environments]
    total, same = len(states), states.count("identical")
    if found.is_empty:
        return f"no differences: {_count(total, 'environment')} identical ({found.before} and {found.after})"
    counts = [
        (sum(getattr(each, name) for each in found.environments), name) for name in ("added", "changed", "removed")
    ]
    objects = ", ".join(f"{number} {name}" for number, name in counts if number) or "none"
    words = [f"{total - same} of {_count(total, 'environment')} {'changes' if total - same == 1 else 'change'}"]
    words.append(f"objects: {objects}")
    dangers = [(found.count("danger"), "danger"), (found.count("caution"), "caution")]
    words += [_count(number, word) for number, word in dangers if number]
    if found.failures:
        failed = {failure.target for failure in found.failures}
        words.append(f"{_count(len(failed), 'target')} cannot be compared")
    if found.is_routine:
        words.append("routine: only images and versions")
    return "; ".join(words)


def _block(group: Group, total: int, writing: Writing) -> list[str]:
    head = f"{SIGNS[group.change.action]} {title(group)}  ({in_environments(group, total)})"
    block = [head]
    block += [f"  {MARKS[each.level]} {each.name}: {each.message}" for each in group.change.dangers]
    for line in lines(group, writing):
        place = f"  ({line.place})" if line.place else ""
        block.append(f"  {line.sign} {line.text}{place}")
    return block


def _footer(found: Difference) -> list[str]:
    footer = []
    same = [each for each in found.environments if each.state == "identical"]
    if same and not found.is_empty:
        footer.append(f"{_count(len(same), 'environment')} identical: {_names([each.name for each in same])}")
    if found.proven:
        footer.append(f"{found.proven} of {_count(found.targets, 'target')} proven identical by what they read")
    footer += [f"hidden: {reason} of {_count(number, 'object')}" for reason, number in found.hidden.items()]
    footer += [
        f"{each.name}: hydration gives the tree {each.tree}" for each in found.environments if _is_promised(each)
    ]
    return footer


def _is_promised(each: EnvironmentChange) -> bool:
    return bool(each.tree) and each.state != "identical"


def _names(names: "list[str] | tuple[str, ...]") -> str:
    left = len(names) - MAX_ENVIRONMENTS
    return ", ".join(names[:MAX_ENVIRONMENTS]) + (f" and {left} more" if left > 0 else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
