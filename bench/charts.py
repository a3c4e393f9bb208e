"""Helm charts beside the real helm: which are printed byte for byte, and how long that takes.

    python bench/charts.py DIRECTORY [--helm PATH] [--show N] [--only TEXT]

A case is a chart below the directory with its defaults, and with each of its `ci/*.yaml`. `helm` 4.3.1 renders it
first (`GOTOOLCHAIN=go1.27.3 go install helm.sh/helm/v4/cmd/helm@v4.3.1`). Where the two differ, helm renders it again:
lines that differ between its two runs are left out of the comparison.
"""

import argparse
import gc
import io
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--helm", default=os.path.expanduser(HELM))
    parser.add_argument("--show", type=int, default=10, help="cases that do not agree, with what differs")
    parser.add_argument("--only", default="", help="cases with this in their name")
    arguments = parser.parse_args()
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
