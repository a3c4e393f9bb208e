"""`printf` of templates beside the real helm: every verb with every flag, of values of every type.

    python bench/template_printing.py [--helm PATH] [--seed N] [--count N]

A hundred random calls make one chart, which both render; what differs is shown by call. 2,000 calls take half a minute.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from penstock.charted import template
from penstock.files import Memory
from penstock.sources import ChartRequest

HELM = "~/.cache/penstock/helm/v4.3.1/helm"
META = "apiVersion: v2\nname: printing\nversion: 1.0.0\n"
EACH = 100

FLAGS = ("", "", "", "+", "-", "#", " ", "0", "+#", "# ", "-0", "+0", "#+ 0-")
WIDTHS = ("", "", "5", "10", "1", "0", "20", "*")
PRECISIONS = ("", "", ".0", ".1", ".3", ".", ".10", ".*")
VERBS = "vvvdTtbcoOqxXUeEfFgGswzi%!"
COUNTS = ("5", "-5", "0", '"x"', "2.5", "(int64 3)", "nil")
VALUES = (
    *("nil", "true", "false", "0", "1", "-1", "42", "2.5", "-0.0", "1e6", "1e21", "1e-7", "(int64 7)", "(float64 2)"),
    *('"a"', '""', '"é😀"', '"a\\"b"', "'x'", "(list)", '(list 1 "a" nil)', '(list "a" "b")', "(dict)", "(until 3)"),
    *('(dict "a" 1 "b" "x")', '(dict "a" nil)', '(splitList "," "a,b")', '(list (list 1) (dict "k" 2.5))', ".Release"),
    *('(semver "1.2.3")', ".Capabilities.KubeVersion", ".Capabilities.HelmVersion", '(index "abc" 1)', "(concat)"),
)


def call(chance: random.Random) -> str:
    """One `printf`, which cannot fail: what is wrong with it stands in its output."""
    width, precision = chance.choice(WIDTHS), chance.choice(PRECISIONS)
    layout = f"%{chance.choice(FLAGS)}{width}{precision}{chance.choice(VERBS)}"
    counts = [chance.choice(COUNTS) for _ in range(layout.count("*"))]
    values = [chance.choice(VALUES) for _ in range(chance.choice((1, 1, 1, 1, 0, 2)))]
    return f"printf {json.dumps(f'[{layout}]')} {' '.join([*counts, *values])}"


def chart(calls: Sequence[str]) -> str:
    """A template that prints each call in a line of its own."""
    return "kind: Printed\nlines:\n" + "".join(f"- {{{{ {each} | toJson }}}}\n" for each in calls)


def by_helm(text: str, helm: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "templates").mkdir()
        (Path(folder) / "Chart.yaml").write_text(META, encoding="utf-8")
        (Path(folder) / "templates/printed.yaml").write_text(text, encoding="utf-8")
        done = subprocess.run([helm, "template", "r", folder], capture_output=True, check=True)
    return done.stdout.decode().split("\n")


def by_penstock(text: str) -> list[str]:
    files = Memory({"chart/Chart.yaml": META, "chart/templates/printed.yaml": text})
    return template(files, ChartRequest(chart="chart", name="r", namespace="default")).text.split("\n")


def differences(calls: Sequence[str], helm: str) -> Iterator[str]:
    text = chart(calls)
    theirs, ours = by_helm(text, helm), by_penstock(text)
    first = theirs.index("lines:") + 1
    for number, each in enumerate(calls, first):
        mine = ours[number] if number < len(ours) else "(nothing)"
        if mine != theirs[number]:
            yield f"{each}\n    helm     {theirs[number]}\n    penstock {mine}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm", default=os.path.expanduser(HELM))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    found: list[str] = []
    for _ in range(arguments.count // EACH):
        found += differences([call(chance) for _ in range(EACH)], arguments.helm)
    for each in found[:20]:
        print(each)
    print(f"{len(found)} of {arguments.count // EACH * EACH} calls differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
