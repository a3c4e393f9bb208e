"""Helm charts beside the real helm: which are printed byte for byte, and how long that takes.

    python bench/charts.py DIRECTORY [--helm PATH] [--show N] [--only TEXT]
    python bench/charts.py --start CHART [--rounds N]

A case is a chart below the directory with its defaults, and with each of its `ci/*.yaml`. `helm` 4.3.1 renders it
first (`GOTOOLCHAIN=go1.27.3 go install helm.sh/helm/v4/cmd/helm@v4.3.1`). Where the two differ, helm renders it again
up to four times: lines that differ between two of its runs are left out of the comparison. Helm is a process for each
case; Penstock renders all of them in one run, as `penstock check` of a repository with these charts does it: first with
an empty cache, and then again with what that has kept. The times are those of processors.

`--start` measures processes that render one chart: helm, and Penstock with nothing cached, with the templates parsed
before, and with the result.
"""

import argparse
import gc
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, Protocol

from penstock import cache
from penstock.charted import template
from penstock.charts.kept import Kept
from penstock.sources import ChartRequest

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


class Asked(Protocol):
    """What helm is asked for."""

    @property
    def words(self) -> list[str]:
        """The words of its command line."""


class Answer(NamedTuple):
    """What one of the two has printed; `out` is None where it refused. `seconds` are those of processors."""

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


def processor_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_helm(case: Asked, helm: str) -> Answer:
    start = processor_of_children()
    done = subprocess.run([helm, *case.words], capture_output=True, check=False)
    seconds = processor_of_children() - start
    out = done.stdout.decode("utf-8", "surrogateescape")
    return Answer(out if done.returncode == 0 else None, done.stderr.decode(errors="replace"), seconds)


class Penstock:
    """One run over many cases. No symlink of a chart leads out of `top`."""

    def __init__(self, top: str, cache_folder: str, *, is_random: bool = True) -> None:
        self._top = top
        self._is_random = is_random
        self._files = cache.Witness(os.getcwd())
        self._kept = Kept(cache.Entries(cache_folder))

    def answer(self, case: Case) -> Answer:
        start = time.process_time()
        printed = template(self._files, self._request(case), self._kept)
        seconds = time.process_time() - start
        said = "; ".join(f"{each.where}: {each.message}" for each in printed.findings)
        return Answer(printed.text if printed.chart is not None else None, said, seconds)

    def _request(self, case: Case) -> ChartRequest:
        values = (str(case.values),) if case.values else ()
        return ChartRequest(
            chart=str(case.chart),
            name="rel",
            namespace="ns",
            values=values,
            include_crds=True,
            is_random=self._is_random,
            boundary=self._top,
        )


def verdict(case: Asked, ours: Answer, theirs: Answer, helm: str) -> tuple[str, str]:
    """One of five words, and the first difference."""
    if ours.out is None or theirs.out is None:
        if ours.out is None and theirs.out is None:
            return "both refuse", ""
        word = "only helm refuses" if theirs.out is None else "only penstock refuses"
        return word, (theirs.err if theirs.out is None else ours.err).strip()
    if ours.out == theirs.out:
        return "identical", ""
    again = rendered_again(case, ours, theirs, helm)
    made_up = again.out != theirs.out
    if again.out == ours.out:
        return "identical but for what helm makes up", ""
    texts = (without_keys(text) if made_up else text for text in (ours.out, theirs.out, again.out or ""))
    mine, first, second = (text.split("\n") for text in texts)
    if made_up and mine == first == second:
        return "identical but for what helm makes up", ""
    if first == second or not len(mine) == len(first) == len(second):
        return "different", difference(mine, first)
    steady = [number for number, line in enumerate(first) if line == second[number]]
    wrong = [number for number in steady if mine[number] != first[number]]
    if not wrong:
        return "identical but for what helm makes up", ""
    return "different", difference(mine, first)


RUNS = 5
"""How often helm renders a case where the two differ: maps that it walks in random order take a few runs to show."""


def rendered_again(case: Asked, ours: Answer, theirs: Answer, helm: str) -> Answer:
    """Helm's answer in a later run: the one that is as Penstock's, or else the last one that differs from the first."""
    found = theirs
    for _ in range(RUNS - 1):
        again = by_helm(case, helm)
        if again.out == ours.out:
            return again
        if again.out != theirs.out:
            found = again
    return found


def without_keys(text: str) -> str:
    """Keys and certificates differ in their number of lines, too."""
    return re.sub(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", r"(\1)", text, flags=re.DOTALL)


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
    with tempfile.TemporaryDirectory() as folder:
        return compare(arguments, folder)


def compare(arguments: argparse.Namespace, cache_folder: str) -> int:
    """Every case, and what came of it. The cache is empty."""
    gc.disable()  # as `penstock` does
    found: Counter[str] = Counter()
    rendered: list[Case] = []
    seconds = [0.0, 0.0]
    os.chdir(arguments.directory)
    arguments.directory, top = Path(), "."
    run = Penstock(top, cache_folder)
    every = [case for case in cases(arguments.directory) if arguments.only in case.name(arguments.directory)]
    for case in every:
        theirs, ours = by_helm(case, arguments.helm), run.answer(case)
        word, what = verdict(case, ours, theirs, arguments.helm)
        found[word] += 1
        if theirs.out is not None:
            rendered.append(case)
            seconds[0] += theirs.seconds
            seconds[1] += ours.seconds
        if what and arguments.show > 0:
            arguments.show -= 1
            print(f"{word}: {case.name(arguments.directory)}\n    {what[:900]}", flush=True)
    agreed = found["identical"] + found["identical but for what helm makes up"]
    charts = {case.chart for case in every}
    print(f"{len(every)} cases of {len(charts)} charts; helm renders {len(rendered)}, of which {agreed} are identical")
    for word, number in found.most_common():
        print(f"  {number:5} {word}")
    if rendered:
        print_times(seconds, rendered, top, cache_folder)
    return 0 if agreed == len(rendered) else 1


def print_times(seconds: Sequence[float], rendered: Sequence[Case], top: str, cache_folder: str) -> None:
    """Without `--random go`, keys and hashes are those of seeds, which is what `penstock check` renders."""
    by_helm, empty = seconds
    random, seeded = (
        sum(run.answer(case).seconds for case in rendered)
        for run in (Penstock(top, cache_folder), Penstock(top, cache_folder, is_random=False))
    )
    print(f"what helm renders took it {by_helm:.1f} s of processors, in a process each; Penstock, in one run")
    ways = (
        ("--random go, with an empty cache", empty),
        ("--random go, with templates kept", random),
        ("values of seeds, with templates kept", seeded),
    )
    for name, taken in ways:
        print(f"  {name} {taken:.1f} s ({taken / by_helm:.2f}x)")


if __name__ == "__main__":
    sys.exit(main())
