"""The bounds of a run: what one target takes, and what is left for the next one."""

import pytest

from penstock.budget import BYTES_OF_ALL_OBJECTS, Bounds, Budget, Over

BOUNDS = Bounds()


def targets(number: int, objects: int, read: int) -> int:
    """Spend so many objects in each target, before which the run has read so many bytes for each one. Return the number
    of targets for which the bounds suffice.
    """
    budget = Budget()
    for target in range(number):
        if target:
            budget.next_target(BOUNDS, target * read)
        budget.spend("objects", objects)
    return number


def test_targets_within_the_tenth_of_a_bound_take_nothing_from_each_other() -> None:
    assert targets(10_000, BOUNDS.objects // 10, read=0) == 10_000


def test_small_files_that_describe_large_targets_are_beyond_the_bounds_of_the_run() -> None:
    with pytest.raises(Over) as over:
        targets(2, BOUNDS.objects - 1, read=100)
    assert over.value.is_of_the_run


def test_a_large_repository_may_take_as_much_as_it_is_large() -> None:
    assert targets(40, 7_000, read=7_000 * 80) == 40
    assert targets(100, BOUNDS.objects, read=BYTES_OF_ALL_OBJECTS) == 100
