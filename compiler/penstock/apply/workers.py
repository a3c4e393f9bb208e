"""Threads that do the same work for many items. `concurrent.futures` costs as much time to import as eight requests."""

import _thread
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], most: int, give_up: Callable[[], None] = lambda: None
) -> Iterator[Result]:
    """Yield the result of `work` for every item, in the order of the items and as soon as each is ready.

    `most` threads work at a time. An error ends the iteration at the item that has raised it. If the iteration ends
    early, no further item is begun, `give_up` is called, and what is at work is waited for: nothing is written later.
    """
    work_list = _WorkList(work, items)
    try:
        for _ in range(min(most, len(items))):
            # No `threading.Thread`: the end of one runs code of Python's own in the main thread, and an interruption
            # that comes just then is lost.
            _thread.start_new_thread(work_list.run, ())
        for number in range(len(items)):
            yield work_list.result(number)
    except BaseException:
        give_up()
        raise
    finally:
        work_list.end()


class _WorkList:
    """Items of which each thread takes the next, and the results that are ready and not yet asked for."""

    def __init__(self, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
        self._work = work
        self._left = iter(enumerate(items))
        self._ready: dict[int, tuple[Any, BaseException | None]] = {}
        self._changed = threading.Condition()
        self._at_work = 0
        self._is_closed = False

    def run(self) -> None:
        """Work until nothing is left."""
        while True:
            with self._changed:
                taken = None if self._is_closed else next(self._left, None)
                if taken is None:
                    return
                self._at_work += 1
            number, item = taken
            found = self._outcome(item)
            with self._changed:
                self._ready[number] = found
                self._at_work -= 1
                self._changed.notify_all()

    def _outcome(self, item: Any) -> tuple[Any, BaseException | None]:
        try:
            return self._work(item), None
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            return None, error

    def result(self, number: int) -> Any:
        """Wait for a result."""
        with self._changed:
            while number not in self._ready:
                self._changed.wait()
            value, error = self._ready.pop(number)
        if error is not None:
            raise error
        return value

    def end(self) -> None:
        """Begin nothing more, and wait for what is at work."""
        with self._changed:
            self._is_closed = True
            while self._at_work:
                self._changed.wait()
