#!/usr/bin/env python3
"""Hostile charts: `penstock template` of each in a process of its own, with its time, its memory and its answer.

    bench/hostile_charts.py [--only TEXT] [--first N] [--show]

The charts are those of `hostile_chart_shapes.py`, by family. A case is over where it takes more than 5 seconds of a
processor (the best of three) or 512 MiB; it is wrong where it ends with a status that the manual does not have, with a
traceback, or without a finding although it is refused. Printed is a line for each case that is over or wrong, with
`--show` for every one, and at last the slowest and the largest. Exit status 1 where a case is over or wrong.
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hostile_chart_shapes import FAMILIES, Chart, Shape

SECONDS, MEMORY = 5.0, 512
"""What is promised: seconds of a processor, MiB."""

LONGEST = 60
"""Seconds of a processor after which a case is ended."""

TRIES = 3
STATUSES = (0, 2, 3)
LAUNCH = "import sys; from penstock.start import console; sys.exit(console())"

FOUND = re.compile(
    r"^(?:\S[^\n]*:\d+(?::\d+)?|[^\n:]+|\(command line\)): (?:error|warning) PS\d{3} |^penstock", re.MULTILINE
)
"""A finding with its place, or the refusal of a command line."""

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Outcome(NamedTuple):
    """How a case has ended."""

    name: str
    seconds: float
    mebibytes: int
    status: int
    said: str
    wrong: str

    @property
    def is_over(self) -> bool:
        return self.seconds > SECONDS or self.mebibytes > MEMORY

    def line(self) -> str:
        mark = "OVER " if self.is_over else "WRONG" if self.wrong else "     "
        said = self.wrong or self.said.partition("\n")[0]
        return f"{mark} {self.seconds:6.2f} s {self.mebibytes:5} MiB  status {self.status:2}  {self.name}: {said[:150]}"


def cases(only: str) -> Iterator[tuple[str, Shape]]:
    for family, shapes in FAMILIES.items():
        for name, shape in shapes.items():
            full = f"{family} / {name}"
            if only in full:
                yield full, shape


def write(chart: Chart, folder: Path) -> None:
    for name, content in chart.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    for name, target in chart.links.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)


def prepared(shape: Shape, folder: Path) -> list[str]:
    """Write a case, and return its command line. Another process does it, so that this one stays small: the size of a
    process counts for those that it starts.
    """
    child = os.fork()
    if not child:
        chart = shape()
        write(chart, folder)
        (folder / ".words").write_text(json.dumps(["template", "r", chart.name, "--no-cache", *chart.options]))
        os._exit(0)
    os.waitpid(child, 0)
    words: list[str] = json.loads((folder / ".words").read_text())
    return words


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def run(name: str, shape: Shape) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        words = prepared(shape, Path(folder))
        outcome = once(name, words, folder)
        for _ in range(TRIES - 1):
            if outcome.seconds <= SECONDS or outcome.seconds > 3 * SECONDS:
                break
            outcome = min(outcome, once(name, words, folder), key=lambda each: each.seconds)
        return outcome


def once(name: str, words: list[str], folder: str) -> Outcome:
    environ = {**os.environ, "HOME": folder, "XDG_CACHE_HOME": f"{folder}/cache"}
    out, err = Path(folder, ".out"), Path(folder, ".err")
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *words],
            cwd=folder,
            env=environ,
            stdout=to_out,
            stderr=to_err,
            preexec_fn=bounded,
        )
        _, ended, used = os.wait4(process.pid, 0)
    status = os.waitstatus_to_exitcode(ended)
    process.returncode = status
    said = err.read_bytes()[:20_000_000].decode(errors="replace")
    taken = used.ru_utime + used.ru_stime
    return Outcome(name, taken, used.ru_maxrss // 1024, status, said, mistake(status, said, out.stat().st_size))


def mistake(status: int, said: str, printed: int) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return "it did not end"
    if status not in STATUSES or "Traceback" in said:
        return f"status {status}: {said[-300:]!r}"
    if status and (not FOUND.search(said) or printed):
        return f"refused without a finding: {said[:150]!r}"
    if CONTROL.search(said):
        return "a control character in a finding"
    return f"a message of {len(said):,} characters" if len(said) > 200_000 else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--show", action="store_true", help="print every case")
    arguments = parser.parse_args()
    found: list[Outcome] = []
    for name, shape in list(cases(arguments.only))[arguments.first :]:
        found.append(run(name, shape))
        if arguments.show or found[-1].is_over or found[-1].wrong:
            print(found[-1].line(), flush=True)
    print(
        f"{len(found)} cases; {sum(each.is_over for each in found)} over, "
        f"{sum(bool(each.wrong) for each in found)} wrong"
    )
    print("the slowest and the largest:")
    for each in sorted(found, key=lambda each: -each.seconds)[:5] + sorted(found, key=lambda each: -each.mebibytes)[:5]:
        print(each.line())
    return 1 if any(each.is_over or each.wrong for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
