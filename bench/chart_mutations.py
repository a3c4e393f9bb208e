#!/usr/bin/env python3
"""Random small charts beside the real helm: the same bytes, or the same words where both refuse.

    python bench/chart_mutations.py [--only FAMILY] [--seed N] [--count N] [--helm PATH] [--batch PROGRAM] [--show N]

`chart_mutation_shapes.py` makes the charts: calls of functions with odd arguments, helm's objects in functions,
statements in one another, odd values, settings, subcharts, documents, flags and metadata. A case is by its family, its
number and the seed. Helm is a process for each case, which takes 60 ms. `--batch` names a program that takes a line of
JSON for each case, `{"args": [...], "dir": "..."}`, passes the arguments to helm's own `NewRootCmd` and answers with a
line `{"out": "...", "err": "..."}`: thousands in a minute.

Where the two print different texts, or only one refuses, a case differs; where both refuse in other words, that is
counted apart. Exit status 1 where a case differs.
"""

import argparse
import gc
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from chart_mutation_shapes import COMMON, FAMILIES, Case

from penstock.cli.main import main as penstock
from penstock.cli.streams import Streams
from penstock.start import MOST_FRAMES

HELM = "~/.cache/penstock/helm/v4.3.1/helm"


DIFFERENT = ("other text", "only penstock refuses", "only helm refuses")


ALONE = "flags"
"""The family that is not asked in a batch: helm keeps some flags for the whole process."""

KNOWN = (
    (r"fromToml", r"toml: ", "the words of another reader of TOML"),
    (r"%d|%b|%o|%c|%U|%e|%f|%g", r"0xc0", "an address as a number"),
)
"""What differs, in the manual: what a template has, what Penstock prints for it, and why."""


class Answer(NamedTuple):
    """What one of the two has printed, and why it refused; `err` is empty where it did not."""

    out: str
    err: str


Ask = Callable[[Sequence[str], str], Answer]


def by_process(helm: str) -> Ask:
    def ask(words: Sequence[str], folder: str) -> Answer:
        done = subprocess.run([helm, *words], cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        err = done.stderr.decode(errors="replace")
        return Answer(done.stdout.decode(errors="replace"), err[err.find("Error: ") :] if done.returncode else "")

    return ask


def by_batch(program: str, alone: Ask) -> Ask:
    """Ask a program for many cases. Where it ends, as helm does for some flags, helm is asked alone."""
    pipe = subprocess.PIPE
    processes: list[subprocess.Popen[bytes]] = []

    def ask(words: Sequence[str], folder: str) -> Answer:
        if not processes or processes[-1].poll() is not None:
            processes.append(subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL))
        given, taken = processes[-1].stdin, processes[-1].stdout
        assert given is not None
        assert taken is not None
        given.write(json.dumps({"args": words, "dir": folder}).encode() + b"\n")
        given.flush()
        line = taken.readline()
        if not line:
            processes[-1].wait()
            return alone(words, folder)
        answer = json.loads(line)
        return Answer(answer["out"], answer["err"])

    return ask


def ours(words: Sequence[str], folder: str) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    try:
        status = penstock([*words, "--no-cache"], Streams(out, err, {"HOME": folder}, folder))
    except SystemExit as ended:
        status = int(ended.code or 0)
    return Answer(out.getvalue(), (err.getvalue() or "nothing") if status else "")


def cases(only: str, seed: int, count: int) -> Iterator[tuple[str, Case]]:
    for family, make in FAMILIES.items():
        for number in range(count):
            name = f"{family} {number}"
            if only in name:
                yield name, make(random.Random(f"{seed} {name}"))


def write(case: Case, folder: Path) -> None:
    for name, text in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))


def reason(err: str) -> str:
    """The words of an error without what each program puts around them."""
    text = err.partition("\n\nUse --debug flag")[0].removeprefix("Error: ").removeprefix("INSTALLATION FAILED: ")
    text = re.sub(r"(:\d+:\d+): ", r"\1 ", text)
    return " ".join(text.split())


def steady(text: str) -> str:
    """A text without the addresses of Go's objects."""
    return re.sub(r"0x[0-9a-f]{9,}", "0x0", text)


def is_known(case: Case, mine: Answer) -> bool:
    text = case.files["chart/templates/t.yaml"]
    return any(re.search(asked, text) and re.search(printed, mine.out) for asked, printed, _ in KNOWN)


def verdict(case: Case, mine: Answer, theirs: Answer) -> str:
    """One of seven words."""
    if bool(mine.err) != bool(theirs.err):
        return "only penstock refuses" if mine.err else "only helm refuses"
    if not mine.err:
        return "same" if steady(mine.out) == steady(theirs.out) else "known" if is_known(case, mine) else "other text"
    return "same words" if reason(theirs.err) in reason(mine.err) else "other words"


def shown(name: str, case: Case, word: str, mine: Answer, theirs: Answer) -> str:
    told = [f"== {name}: {word}", f"  template {' '.join(case.words)}"]
    told += [f"  | {path}: {text!r}" for path, text in case.files.items() if text not in COMMON]
    told += [f"  helm:     {(reason(theirs.err) or repr(theirs.out))[:700]}"]
    told += [f"  penstock: {(reason(mine.err) or repr(mine.out))[:700]}"]
    return "\n".join(told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="families, or cases, with this in their name")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300, help="cases of each family")
    parser.add_argument("--helm", default=os.path.expanduser(HELM))
    parser.add_argument("--batch", default="", help="a program that answers for helm, many cases in one process")
    parser.add_argument(
        "--words",
        action="store_const",
        const=(*DIFFERENT, "other words"),
        default=DIFFERENT,
        help="show other words, too",
    )
    parser.add_argument("--show", type=int, default=10, help="differences to print of each kind")
    arguments = parser.parse_args()
    gc.disable()
    sys.setrecursionlimit(MOST_FRAMES)
    alone = by_process(arguments.helm)
    together = by_batch(arguments.batch, alone) if arguments.batch else alone
    found: Counter[tuple[str, str]] = Counter()
    for number, (name, case) in enumerate(cases(arguments.only, arguments.seed, arguments.count)):
        folder = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        write(case, Path(folder))
        words = ["template", *case.words]
        ask = alone if name.startswith(ALONE) else together
        mine, theirs = ours(words, folder), ask(words, folder)
        shutil.rmtree(folder)
        word = verdict(case, mine, theirs)
        found[name.split()[0], word] += 1
        if word in arguments.words and found[name.split()[0], word] <= arguments.show:
            print(shown(name, case, word, mine, theirs), flush=True)
        if number % 500 == 0:
            gc.collect()
    for (family, word), number in sorted(found.items()):
        print(f"{number:6} {family}: {word}")
    return 1 if any(word in DIFFERENT for _, word in found) else 0


if __name__ == "__main__":
    sys.exit(main())
