"""Helm charts beside the real helm: which are printed byte for byte, and how long that takes.

    python bench/charts.py DIRECTORY [--helm PATH] [--show N] [--only TEXT]
    python bench/charts.py --start CHART [--rounds N]

A case is a chart below the directory with its defaults, and with each of its `ci/*.yaml`. `helm` 4.3.1 renders it
first (`GOTOOLCHAIN=go1.27.3 go install helm.sh/helm/v4/cmd/helm@v4.3.1`). Where the two differ, helm renders it again:
lines that differ between its two runs are left out of the comparison.

`--start` measures processes that render one chart: helm, and Penstock with nothing cached, with the templates parsed
before, and with the result.
"""

import argparse
import gc
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from penstock.cli.main import main as penstock
from penstock.cli.streams import Streams

HELM = "~/.cache/penstock-peers/bin/helm"
FLAGS = ("--namespace", "ns", "--include-crds")


class Case(NamedTuple):
    """A chart with a file of values, or with none."""

    chart: Path
    values: Path | None

    @property
    def words(self) -> list[str]:
        return ["template", "rel", str(self.chart), *FLAGS, *(["-f", str(self.values)] if self.values else [])]

    def name(self, top: Path) -> str:
        values = f" {self.values.name}" if self.values else ""
        return f"{self.chart.relative_to(top)}{values}"


class Answer(NamedTuple):
    """What one of the two has printed; `out` is None where it refused."""

    out: str | None
    err: str
    seconds: float


def cases(top: Path) -> Iterator[Case]:
    """Every chart that is no part of another one."""
    for path in sorted(top.rglob("Chart.yaml")):
        chart = path.parent
        if "charts" in chart.relative_to(top).parts[:-1] and (chart.parent.parent / "Chart.yaml").exists():
            continue
        yield Case(chart, None)
        for values in sorted(chart.glob("ci/*.yaml")):
            yield Case(chart, values)


def by_helm(case: Case, helm: str) -> Answer:
    start = time.perf_counter()
    done = subprocess.run([helm, *case.words], capture_output=True, check=False)
    seconds = time.perf_counter() - start
    out = done.stdout.decode("utf-8", "surrogateescape")
    return Answer(out if done.returncode == 0 else None, done.stderr.decode(errors="replace"), seconds)


def by_penstock(case: Case) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    start = time.perf_counter()
    words = [*case.words, "--random", "go"]
    status = penstock(words, Streams(out, err, dict(os.environ), os.getcwd()))
    seconds = time.perf_counter() - start
    return Answer(out.getvalue() if status == 0 else None, f"{status} {err.getvalue()}", seconds)


def verdict(case: Case, ours: Answer, theirs: Answer, helm: str) -> tuple[str, str]:
    """One of five words, and the first difference."""
    if ours.out is None or theirs.out is None:
        if ours.out is None and theirs.out is None:
            return "both refuse", ""
        word = "only helm refuses" if theirs.out is None else "only penstock refuses"
        return word, (theirs.err if theirs.out is None else ours.err).strip()
    if ours.out == theirs.out:
        return "identical", ""
    again = by_helm(case, helm)
    mine, first, second = (text.split("\n") for text in (ours.out, theirs.out, again.out or ""))
    if first == second or not len(mine) == len(first) == len(second):
        return "different", difference(mine, first)
    steady = [number for number, line in enumerate(first) if line == second[number]]
    wrong = [number for number in steady if mine[number] != first[number]]
    if not wrong:
        return "identical but for what helm makes up", ""
    return "different", difference(mine, first)


def difference(mine: list[str], theirs: list[str]) -> str:
    for number, (a, b) in enumerate(zip([*mine, "(end)"], [*theirs, "(end)"], strict=False), 1):
        if a != b:
            return f"line {number}\n      helm     {b[:200]}\n      penstock {a[:200]}"
    return "one is longer"


# --- one chart, cold processes ----------------------------------------------------------------------------------------


class Taken(NamedTuple):
    """Seconds of a process: by the clock, and of processors."""

    wall: float
    processor: float


def took(words: Sequence[str], environ: dict[str, str]) -> Taken:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def rounds(chart: Path, helm: str, number: int) -> Iterator[dict[str, Taken]]:
    """Each way once in each round, so that other work of the machine is in all of them."""
    program = str(Path(sys.executable).parent / "penstock")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        filled = environ | {"XDG_CACHE_HOME": f"{folder}/filled"}
        took([program, "template", "rel", str(chart)], filled)
        for each in range(number):
            yield {
                "helm": took([helm, "template", "rel", str(chart)], environ),
                "nothing cached": took(
                    [program, "template", "rel", str(chart)], environ | {"XDG_CACHE_HOME": f"{folder}/{each}"}
                ),
                "templates cached": took([program, "template", f"rel-{each}", str(chart)], filled),
                "result cached": took([program, "template", "rel", str(chart)], filled),
            }


def print_start(chart: Path, helm: str, number: int) -> None:
    load = os.getloadavg()[0]
    found = list(rounds(chart, helm, number))
    print(f"{chart.name}: medians of {number} rounds, at a load of {load:.1f} to {os.getloadavg()[0]:.1f}")
    ratios: list[float] = []
    for way in found[0]:
        wall = median(each[way].wall for each in found)
        processor = median(each[way].processor for each in found)
        ratios = ratios or [wall, processor]
        times = f"{wall * 1000:6.1f} ms ({wall / ratios[0]:.2f}x)"
        print(f"  {way:17} {times}, of processors {processor * 1000:6.1f} ms ({processor / ratios[1]:.2f}x)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?", default=Path())
    parser.add_argument("--start", type=Path, metavar="CHART", help="measure processes that render one chart")
    parser.add_argument("--rounds", type=int, default=20, help="how often each of them runs")
    parser.add_argument("--helm", default=os.path.expanduser(HELM))
    parser.add_argument("--show", type=int, default=10, help="cases that do not agree, with what differs")
    parser.add_argument("--only", default="", help="cases with this in their name")
    arguments = parser.parse_args()
    if arguments.start:
        print_start(arguments.start, arguments.helm, arguments.rounds)
        return 0
    gc.disable()  # as `penstock` does
    found: Counter[str] = Counter()
    charts: set[Path] = set()
    seconds = [0.0, 0.0]
    for case in cases(arguments.directory):
        name = case.name(arguments.directory)
        if arguments.only not in name:
            continue
        theirs, ours = by_helm(case, arguments.helm), by_penstock(case)
        word, what = verdict(case, ours, theirs, arguments.helm)
        found[word] += 1
        charts.add(case.chart)
        if theirs.out is not None:
            seconds[0] += theirs.seconds
            seconds[1] += ours.seconds
        if what and arguments.show > 0:
            arguments.show -= 1
            print(f"{word}: {name}\n    {what[:900]}")
            sys.stdout.flush()
    total = sum(found.values())
    rendered = total - found["both refuse"] - found["only helm refuses"]
    agreed = found["identical"] + found["identical but for what helm makes up"]
    print(f"{total} cases of {len(charts)} charts; helm renders {rendered}, of which {agreed} are identical")
    for word, number in found.most_common():
        print(f"  {number:5} {word}")
    print(f"what helm renders took it {seconds[0]:.1f} s in processes, and penstock {seconds[1]:.1f} s in one")
    return 0 if agreed == rendered else 1


if __name__ == "__main__":
    sys.exit(main())
