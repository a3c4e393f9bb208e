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


def test_targets_that_use_up_what_is_left_leave_less_to_each_other() -> None:
    budget = Budget()
    taken = 0
    for _ in range(1_000):
        left = budget.left("steps")
        taken += left
        budget.spend("steps", left)
        budget.next_target(BOUNDS, 0)
    assert taken < 1.1 * BOUNDS.steps
    budget.next_target(BOUNDS, 512 * 1024)  # bytes that are read count all the same
    assert budget.left("steps") == BOUNDS.steps


def test_a_large_repository_may_take_as_much_as_it_is_large() -> None:
    assert targets(40, 7_000, read=7_000 * 80) == 40
    assert targets(100, BOUNDS.objects, read=BYTES_OF_ALL_OBJECTS) == 100
