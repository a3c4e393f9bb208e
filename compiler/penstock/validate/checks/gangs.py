"""The templates of a Workload, whose pods are scheduled together.

Source: pkg/apis/scheduling/validation, ValidateWorkloadSpec.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number, mappings, text_of
from penstock.words import quoted

GROUPS, COMPOSITES = "podGroupTemplates", "compositePodGroupTemplates"
DEEPEST = 3
"""How many composite templates may lie in each other."""


def check_templates(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that all templates of a Workload have one priority and different names, and do not nest too deeply.

    Templates of one name in one list have the same key, which the schema reports.
    """
    templates = list(_templates(value, at))
    for here, template in templates[1:]:
        if _priority(template) != _priority(templates[0][1]):
            notes = ((templates[0][0], "the first template"),)
            yield Fault("PS434", here, "has another priority than the first template", "give all the same", notes)
            break
    yield from _same_names(templates)
    for here, _ in templates:
        if here[-2] == COMPOSITES and here.count(COMPOSITES) == DEEPEST + 1:
            yield Fault("PS434", here, f"at most {DEEPEST} composite templates lie in each other")


def _templates(value: Tree, at: Pointer) -> Iterator[tuple[Pointer, Tree]]:
    """Yield each template with its pointer, the ones inside it after it."""
    for here, group in mappings(value, (GROUPS,)):
        yield (*at, *here), group
    for here, composite in mappings(value, (COMPOSITES,)):
        yield (*at, *here), composite
        yield from _templates(composite, (*at, *here))


def _priority(template: Tree) -> tuple[str, object]:
    return text_of(template, "priorityClassName"), as_number(template.get("priority"))


def _same_names(templates: list[tuple[Pointer, Tree]]) -> Iterator[Fault]:
    first: dict[str, Pointer] = {}
    for here, template in templates:
        name = text_of(template, "name")
        there = first.setdefault(name, here)
        if name and there[:-1] != here[:-1]:
            notes = ((there, "the other one"),)
            yield Fault("PS436", (*here, "name"), f"another template is called {quoted(name)}, too", "", notes)


CHECKS = {"templates of a workload": check_templates}
