"""The order in which Go's `sort.Sort` leaves a list.

Go sorts up to twelve elements by insertion, which keeps equal elements in their order, and longer lists by
pattern-defeating quicksort (Orson Peters, https://arxiv.org/pdf/2106.05123.pdf), which does not. The result depends on
the input alone, so the order of elements that compare as equal can be computed. Kustomize's output depends on this
order: of two field specs for one kind, the first one is applied first.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter, le

from penstock.typed import Any, TypeVar

Item = TypeVar("Item")

_SHORT = 12
"""Up to this length a range is sorted by insertion."""
_LONG = 50
"""From this length on the pivot is a median of medians, and a nearly sorted range is repaired."""
_REPAIRS = 5
"""The number of pairs out of order that are repaired before a range no longer counts as nearly sorted."""
_ALL_SWAPPED = 12
"""The number of swaps in the choice of a pivot that suggests a descending range."""
_64_BITS = 2**64 - 1


def go_sorted(items: Iterable[Item], key: Callable[[Item], Any]) -> list[Item]:
    """Return the items by ascending key, with equal items in the order in which Go leaves them.

    Go's algorithm is run only if some keys are equal and the items are not in order already.
    """
    items = list(items)
    keys = list(map(key, items))
    if all(map(le, keys, keys[1:])):
        return items
    if len(set(keys)) == len(keys):
        return [item for _, item in sorted(zip(keys, items, strict=True), key=itemgetter(0))]
    sorting = _Sorting(list(zip(keys, items, strict=True)))
    sorting.sort(0, len(items), len(items).bit_length())
    return [item for _, item in sorting.pairs]


class _Sorting:
    """A list of (key, item) that is sorted in place. A range is given by its start and its end, which is exclusive."""

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        self.pairs = pairs

    def less(self, i: int, j: int) -> bool:
        return bool(self.pairs[i][0] < self.pairs[j][0])

    def swap(self, i: int, j: int) -> None:
        self.pairs[i], self.pairs[j] = self.pairs[j], self.pairs[i]

    def sort(self, start: int, end: int, bad_pivots: int) -> None:
        """Sort a range by quicksort, or by a heap once it has had `bad_pivots` bad pivots."""
        is_balanced = is_partitioned = True
        while end - start > _SHORT:
            if bad_pivots == 0:
                self.sort_by_heap(start, end)
                return
            # Bad pivots come from patterns in the input; some elements change places to break them, always the same
            # ones.
            if not is_balanced:
                self.break_patterns(start, end)
                bad_pivots -= 1
            pivot, swaps = self.pivot_of(start, end)
            # Each comparison for the pivot has swapped, so the range probably descends: turned around, it ascends.
            if swaps == _ALL_SWAPPED:
                self.pairs[start:end] = self.pairs[start:end][::-1]
                pivot = (end - 1) - (pivot - start)
                swaps = 0
            # The range is probably sorted already, but for a few elements.
            if is_balanced and is_partitioned and swaps == 0 and self.repair(start, end):
                return
            # The element before the range is the smallest that it can have. A pivot equal to it means many equal
            # elements.
            if start > 0 and not self.less(start - 1, pivot):
                start = self.skip_equal(start, end, pivot)
                continue
            length = end - start
            middle, is_partitioned = self.partition(start, end, pivot)
            is_balanced = min(middle - start, end - middle) >= length // 8
            # The shorter side is sorted by recursion, which bounds the depth.
            if middle - start < end - middle:
                self.sort(start, middle, bad_pivots)
                start = middle + 1
            else:
                self.sort(middle + 1, end, bad_pivots)
                end = middle
        self.sort_by_insertion(start, end)

    def sort_by_insertion(self, start: int, end: int) -> None:
        for i in range(start + 1, end):
            self.sink(i, start)

    def sink(self, i: int, start: int) -> None:
        """Move an element down to its place in the sorted range below it."""
        while i > start and self.less(i, i - 1):
            self.swap(i, i - 1)
            i -= 1

    def sort_by_heap(self, start: int, end: int) -> None:
        length = end - start
        for root in range((length - 1) // 2, -1, -1):
            self.sift_down(start, root, length)
        for last in range(length - 1, -1, -1):
            self.swap(start, start + last)
            self.sift_down(start, 0, last)

    def sift_down(self, start: int, root: int, length: int) -> None:
        while (child := 2 * root + 1) < length:
            if child + 1 < length and self.less(start + child, start + child + 1):
                child += 1
            if not self.less(start + root, start + child):
                return
            self.swap(start + root, start + child)
            root = child

    def pivot_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of a pivot, and the number of swaps that its choice would have made."""
        quarter = (end - start) // 4
        places = [start + quarter, start + 2 * quarter, start + 3 * quarter]
        swaps = 0
        if end - start >= _LONG:
            for index, place in enumerate(places):
                places[index], more = self.median(place - 1, place, place + 1)
                swaps += more
        pivot, more = self.median(*places)
        return pivot, swaps + more

    def median(self, a: int, b: int, c: int) -> tuple[int, int]:
        swaps = 0
        if self.less(b, a):
            a, b, swaps = b, a, swaps + 1
        if self.less(c, b):
            b, c, swaps = c, b, swaps + 1
        if self.less(b, a):
            a, b, swaps = b, a, swaps + 1
        return b, swaps

    def repair(self, start: int, end: int) -> bool:
        """Sort a range that is nearly sorted, and return whether it is sorted now.

        In a long range, a few pairs may be out of order; a short one must be sorted already.
        """
        i = start + 1
        for _ in range(_REPAIRS):
            while i < end and not self.less(i, i - 1):
                i += 1
            if i == end:
                return True
            if end - start < _LONG:
                return False
            self.swap(i, i - 1)
            if i - start >= 2:
                self.sink(i - 1, 0)
            if end - i >= 2:
                self.rise(i + 1, end)
        return False

    def rise(self, i: int, end: int) -> None:
        while i < end and self.less(i, i - 1):
            self.swap(i, i - 1)
            i += 1

    def skip_equal(self, start: int, end: int, pivot: int) -> int:
        """Move the elements that equal the pivot to the start of a range that has no smaller ones; return the end of
        these elements.
        """
        self.swap(start, pivot)
        i, j = start + 1, end - 1
        while True:
            # The pivot is at the start, and no element is smaller, so whatever is not larger equals it.
            while i <= j and not self.less(start, i):
                i += 1
            while i <= j and self.less(start, j):
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i, j = i + 1, j - 1

    def partition(self, start: int, end: int, pivot: int) -> tuple[int, bool]:
        """Move the elements that are smaller than the pivot before it. Return its new place, and whether all were in
        place already.
        """
        self.swap(start, pivot)
        i, j = self.narrowed(start, start + 1, end - 1)
        if i > j:
            self.swap(j, start)
            return j, True
        while i <= j:
            self.swap(i, j)
            i, j = self.narrowed(start, i + 1, j - 1)
        self.swap(j, start)
        return j, False

    def narrowed(self, pivot: int, i: int, j: int) -> tuple[int, int]:
        """Return a range without the elements at both ends that are on the right side of the pivot already."""
        while i <= j and self.less(i, pivot):
            i += 1
        while i <= j and not self.less(j, pivot):
            j -= 1
        return i, j

    def break_patterns(self, start: int, end: int) -> None:
        """Swap three elements with others that Go's xorshift generator chooses."""
        length = end - start
        random, mask = length, (1 << length.bit_length()) - 1
        first = start + length // 4 * 2 - 1
        for i in range(first, first + 3):
            random ^= (random << 13) & _64_BITS
            random ^= random >> 7
            random ^= (random << 17) & _64_BITS
            other = random & mask
            self.swap(i, start + (other - length if other >= length else other))
