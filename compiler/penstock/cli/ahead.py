"""The targets of a check, built on all cores before the check asks for them.

This process and some copies of it take parts of the targets from one queue; neighbours are in one part, because they
often share bases. What a copy has built and read comes back, and the check goes on as if this process had done it all.
A target that needs more than the files of the repository is left to the check, which renders, evaluates and fetches.
So are the parts of a copy that dies, or that does not come to an end.

Where a target takes so much that less is left for those after it (`budget`), the order counts: it and the ones after it
are left to the check, too. So the result never depends on the number of cores.
"""

import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import NoReturn

from penstock import expression
from penstock.budget import Budget
from penstock.cache import Looks, Observation, Witness
from penstock.files import Disk
from penstock.model import Target
from penstock.parse.part import Elsewhere, Part
from penstock.parse.project import Project
from penstock.pipeline import BuiltBy, build_target, built_so_far
from penstock.records import NamedTuple
from penstock.resolve.options import Options

FEW = 32
"""The number of targets for which a further process is not worth its start."""

MOST = 4
"""The most processes. Each takes memory, and one of them alone puts together what they come to."""

ROOM = 512 * 1024 * 1024
"""The bytes of memory for all processes. Each may come to hold all that this one holds when it is copied, and as much
again for what it builds.
"""

FIRST = 4
"""The number of targets that are built before the others: so every copy has the modules that most targets need."""

PARTS = 8
"""The number of parts for each process: it is done sooner than another one by one part at most."""


PATIENCE = 10
"""The seconds for which this process waits for the copies when it has nothing left to build. Each of them has at most
the rest of one part to do: one that takes longer hangs, or gets no processor.
"""


class _Copy(NamedTuple):
    """A copy of this process, and the end of the pipe on which it answers."""

    pid: int
    answer: int


class _Answer(NamedTuple):
    """What one process has built and read. `stopped` is the number of the target at which the order began to count."""

    built: BuiltBy
    read: Part
    given: Looks
    unsteady: set[Observation]
    stopped: int | None


def build_ahead(project: Project, targets: Sequence[Target], options: Options) -> None:
    """Build those of some targets that need only files of the repository, if that is worth several processes."""
    waiting = [each for each in targets if each not in project.made]
    number = min(_cores(), MOST, len(waiting) // FEW)
    is_plain = isinstance(project.local, Disk) and not (options.run_function or options.plugins)
    if number < 2 or not is_plain:
        return
    project.is_part = True
    try:
        _build_all(project, waiting[:FIRST], options)
        number = min(number, ROOM // (2 * _held()))
        if number > 1 and _is_light(project):
            _divide(project, waiting, options, number)
    finally:
        project.is_part = False


def _cores() -> int:
    """Return the number of processors that this process may use; 1 where it cannot be copied."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _held() -> int:
    """Return the bytes of memory that this process holds; without Linux, what it has held at most."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        from resource import RUSAGE_SELF, getrusage  # Linux also counts there what has started this process

        return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _divide(project: Project, targets: Sequence[Target], options: Options, number: int) -> None:
    """Build the targets in some processes, and take over what they come to."""
    before, budget = project.snapshot(), deepcopy(project.memo.get(Budget))
    size = -(-len(targets) // (number * PARTS))
    queue = _queue(-(-len(targets) // size))
    copies: list[_Copy] = []
    with _ended(copies, queue):
        for _ in range(number - 1):
            with suppress(OSError):  # there may be no room for another process
                copies.append(_copied(project, before, targets, options, (queue, size)))
        stopped = _build_parts(project, targets, options, (queue, size))
        until = time.monotonic() + PATIENCE
        answers = [answer for each in copies if (answer := _answer_of(each, until)) is not None]
    for answer in answers:
        _take_over(project, answer)
    stops = [each for each in (stopped, *(answer.stopped for answer in answers)) if each is not None]
    if project.holds_too_much:  # which file is one too many depends on the order
        project.go_back(before)
    elif not stops:
        return
    _forget_from(project, targets[min(stops, default=0) :])
    project.memo[Budget] = budget
    expression.new_run()


def _take_over(project: Project, answer: _Answer) -> None:
    project.take_over(answer.read)
    if isinstance(project.local, Witness):
        project.local.take_over(answer.given, answer.unsteady)
    project.memo = {**answer.built, **project.memo}


def _forget_from(project: Project, targets: Iterable[Target]) -> None:
    """Forget the results of targets of which the order counts."""
    paths = {each.path for each in targets}
    for key in built_so_far(project):
        if key[1] in paths:
            del project.memo[key]


# --- in each process --------------------------------------------------------------------------------------------------


def _build_all(project: Project, targets: Iterable[Target], options: Options) -> int | None:
    """Build targets, and return the number of the first one that leaves less for the others; None if all leave
    enough.
    """
    for number, target in enumerate(targets):
        with suppress(Elsewhere):
            build_target(project, target, options)
        if not _is_light(project):
            return number
    return None


def _build_parts(project: Project, targets: Sequence[Target], options: Options, queue: tuple[int, int]) -> int | None:
    """Build what the queue gives, and return the number of the target at which the order began to count, if any."""
    end, size = queue
    while taken := os.read(end, 1):
        begin = taken[0] * size
        stopped = _build_all(project, targets[begin : begin + size], options)
        if stopped is not None:
            return begin + stopped
    return None


def _is_light(project: Project) -> bool:
    """Return whether nothing that was built so far leaves less for what comes after it."""
    budget: Budget | None = project.memo.get(Budget)
    return (budget is None or budget.is_light) and expression.is_light()


# --- processes --------------------------------------------------------------------------------------------------------


def _queue(parts: int) -> int:
    """Return the end of a pipe from which each process reads the number of its next part."""
    end, begin = os.pipe()
    os.write(begin, bytes(range(parts)))
    os.close(begin)
    return end


@contextmanager
def _ended(copies: Sequence[_Copy], queue: int) -> Iterator[None]:
    """End the copies and close the pipes, whatever happens."""
    try:
        yield
    finally:
        os.close(queue)
        for each in copies:
            os.close(each.answer)
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
            os.waitpid(each.pid, 0)


def _copied(
    project: Project, before: Project, targets: Sequence[Target], options: Options, queue: tuple[int, int]
) -> _Copy:
    """Start a copy of this process that builds parts of the targets. Raises `OSError` where there can be none."""
    answer, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer_and_end(project, before, targets, options, queue, end)
    os.close(end)
    return _Copy(pid, answer)


def _answer_and_end(
    project: Project,
    before: Project,
    targets: Sequence[Target],
    options: Options,
    queue: tuple[int, int],
    end: int,
) -> NoReturn:
    """Write down an answer, and end this process at once: nothing of what belongs to the other one is touched.

    After any failure there is no answer. The other process then does this part, and meets the failure itself.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        known, seen = built_so_far(project), _seen(project)
        stopped = _build_parts(project, targets, options, queue)
        built = {key: found for key, found in built_so_far(project).items() if key not in known}
        given = {look: value for look, value in _seen(project).items() if look not in seen}
        unsteady = project.local.unsteady if isinstance(project.local, Witness) else set()
        answer = _Answer(built, project.part_since(before), given, unsteady, stopped)
        with os.fdopen(end, "wb") as pipe:
            pickle.dump(answer, pipe, pickle.HIGHEST_PROTOCOL)
            pipe.write(WHOLE)
    finally:
        os._exit(0)


def _seen(project: Project) -> Looks:
    """Return the looks at the files that were recorded so far."""
    return {**project.local.given} if isinstance(project.local, Witness) else {}


WHOLE = b"whole"
"""Ends an answer."""

PIECE = 1024 * 1024
"""The most bytes of an answer that are read at once."""


def _answer_of(copy: _Copy, until: float) -> _Answer | None:
    """Return the answer of a process; None if it is not whole at some time, because the process died or hangs, or if it
    cannot be read.
    """
    data = b"".join(_pieces(copy.answer, until))
    return _read(data) if data.endswith(WHOLE) else None


def _pieces(end: int, until: float) -> Iterator[bytes]:
    """Yield what comes out of a pipe until it ends, or until some time."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    while poll.poll(max(0, until - time.monotonic()) * 1000):
        piece = os.read(end, PIECE)
        if not piece:
            return
        yield piece


def _read(data: bytes) -> _Answer | None:
    """Return an answer; None for one with a value that cannot be copied. Then this process does that part."""
    try:
        answer: _Answer = pickle.loads(data)  # from a copy of this process, by a pipe of its own
    except Exception:  # noqa: BLE001  # whatever the constructor of a value raises
        return None
    return answer
