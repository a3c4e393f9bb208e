"""What a step costs: the processor time of each function of templates, in a loop that the bound on steps ends.

    python bench/costs_of_functions.py [--only TEXT] [--steps N] [--slow SECONDS] [--show N]

Steps are counted and not seconds, so that every machine refuses the same templates. That holds a bound on time only
where no function does much work for a step. Each function is called with short and with large arguments of each kind
that it takes: long texts of several kinds, long lists, large maps, deep ones. Printed are the cases that take the most
time, all scaled to the steps that a chart may take. A call that would take longer than `--slow` seconds is measured
again with all steps, since some loops end by the bound on text or by an error, however many steps are left. The status
is 1 where a call still takes longer.
"""

import argparse
import gc
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from penstock.charted import readers_of
from penstock.charts.kept import Kept
from penstock.charts.reading import Readers
from penstock.charts.render import STEPS, ChartYaml
from penstock.gotemplate.bounds import Bounds
from penstock.gotemplate.calls import Function, Services
from penstock.gotemplate.environment import Environment
from penstock.gotemplate.failures import TemplateError
from penstock.gotemplate.functions import HELM
from penstock.start import MOST_FRAMES

SIZE = 100_000

DEEP: Any = "a"
for _ in range(200):
    DEEP = {"a": DEEP, "b": [1.0]}

VALUES: dict[str, Any] = {
    "one": "a",
    "letters": "a" * SIZE,
    "signs": '"%&<\\\n\t:é' * (SIZE // 9),
    "words": "ab " * (SIZE // 3),
    "lines": "a: b\n" * (SIZE // 5),
    "items": "- a\n" * (SIZE // 4),
    "json": "[" + "1," * (SIZE // 2) + "1]",
    "object": "{" + ",".join(f'"k{n}":{n}' for n in range(SIZE // 10)) + "}",
    "yaml": "".join(f"k{n}: {{a: [b, 'c']}}\n" for n in range(SIZE // 20)),
    "toml": "".join(f"k{n} = [1, 2]\n" for n in range(SIZE // 15)),
    "digits": "9" * SIZE,
    "versions": ">=1.2.3-a || " * (SIZE // 13) + "1",
    "version": "1.2.3-" + "a." * (SIZE // 2) + "a",
    "layout": "2006-01-02 Mon Jan MST " * (SIZE // 23),
    "url": "http://a/" + "%25b" * (SIZE // 4),
    "regex": "(a|b)*c{1,20}",
    "references": "$0" * (SIZE // 2),
    "verbs": "%v" * (SIZE // 2),
    "list": [float(n) for n in range(SIZE // 10)],
    "texts": [f"k{n}" for n in range(SIZE // 10)],
    "long_texts": ["a" * 2000 + str(n) for n in range(100)],
    "maps": [{"a": n} for n in range(SIZE // 50)],
    "map": {f"k{n}": n for n in range(SIZE // 10)},
    "map_of_maps": {f"k{n}": {"a": "b"} for n in range(SIZE // 20)},
    "deep": DEEP,
}

TEXTS = [name for name, value in VALUES.items() if isinstance(value, str)]
LISTS = [name for name, value in VALUES.items() if isinstance(value, list)]
MAPS = [name for name, value in VALUES.items() if isinstance(value, dict)]

SMALL = {"string": '"a"', "any": '"a"', "int": "3", "uint32": "3", "float": "3.0", "bool": "true", "map": "(dict)"}
LARGE = {"string": TEXTS, "any": [*TEXTS, *LISTS, *MAPS], "map": MAPS, "list": LISTS}

FIRST = {
    **dict.fromkeys((name for name in HELM if "egex" in name), '"a"'),
    **dict.fromkeys(("date", "dateInZone", "date_in_zone", "toDate", "mustToDate"), '"2006"'),
}
"""The first arguments of functions that do nothing with those that are usual here."""


class Call(NamedTuple):
    """A call of a function: the text of the template's action."""

    name: str
    text: str


def calls() -> Iterator[Call]:
    """Every function with short arguments, and with large ones in each place, and in all of them."""
    for name in sorted(HELM):
        if name in ("fail", "required", "and", "or", "not", "call", "lookup"):
            continue
        words = [*HELM[name].parameters]
        if HELM[name].rest:
            words += [HELM[name].rest] * max(1, 2 - len(words))  # type: ignore[list-item]
        yield from _calls_of(name, HELM[name], words)


def _calls_of(name: str, function: Function, words: list[str]) -> Iterator[Call]:
    small = [SMALL.get(word, "now") for word in words]
    if name in FIRST and small:
        small[0] = FIRST[name]
    yield Call(name, " ".join([name, *small]))
    for at, word in enumerate(words):
        for large in LARGE.get(word, ()):
            yield Call(name, " ".join([name, *small[:at], f"$.{large}", *small[at + 1 :]]))
    if len(words) > 1 and words.count(words[0]) == len(words):
        for large in LARGE.get(words[0], ()):
            yield Call(name, " ".join([name, *[f"$.{large}"] * len(words)]))


class Cost(NamedTuple):
    """What a call costs: seconds of the processor for all steps of a chart, and what ended the loop."""

    seconds: float
    call: Call
    end: str


class TooSlow(BaseException):
    """The loop is still running when its time is over."""


def _ring(*_: object) -> None:
    raise TooSlow


def cost(call: Call, steps: int, longest: float, readers: Readers) -> Cost:
    """Execute a loop of a call with part of the steps, and scale the time to all of them."""
    services = Services(yaml=ChartYaml(readers))
    made = Environment(HELM, "zero", Bounds(steps=steps), services)
    made.parse("t", f"{{{{ range 1000000000 }}}}{{{{ $x := {call.text} }}}}{{{{ end }}}}")
    data = {name: dict(value) if isinstance(value, dict) else value for name, value in VALUES.items()}
    signal.setitimer(signal.ITIMER_PROF, longest)
    start = time.process_time()
    try:
        made.execute("t", data)
        end = "it ended"
    except TemplateError as error:
        end = str(error).rpartition(": ")[2][:60]
    except TooSlow:
        end = "stopped"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    taken = time.process_time() - start
    return Cost(taken * STEPS / steps, call, end)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="calls with this in their text")
    parser.add_argument("--steps", type=int, default=200_000, help="steps of each call, of which all are estimated")
    parser.add_argument("--slow", type=float, default=5.0, help="seconds that no call may take")
    parser.add_argument("--show", type=int, default=20, help="how many of the slowest calls are printed")
    arguments = parser.parse_args()
    gc.disable()
    sys.setrecursionlimit(MOST_FRAMES)
    signal.signal(signal.SIGPROF, _ring)
    readers = readers_of(Kept())
    share = arguments.steps / STEPS
    longest = 4 * arguments.slow
    every = [call for call in calls() if arguments.only in call.text]
    found: list[Cost] = []
    for call in every:
        found.append(cost(call, arguments.steps, longest * share, readers))
        if found[-1].seconds > arguments.slow:
            found[-1] = cost(call, STEPS, longest, readers)
            if found[-1].seconds > arguments.slow:
                print_cost(found[-1])
    slow = sum(each.seconds > arguments.slow for each in found)
    print(
        f"{len(every)} calls of {len({call.name for call in every})} functions; {slow} take too long; the slowest are"
    )
    for each in sorted(found, reverse=True)[: arguments.show]:
        print_cost(each)
    return 1 if slow else 0


def print_cost(found: Cost) -> None:
    print(f"{found.seconds:7.2f} s  {found.call.text}  ({found.end})", flush=True)


if __name__ == "__main__":
    sys.exit(main())
