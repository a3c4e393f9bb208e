#!/usr/bin/env python3
"""Every hostile expression in every place that takes one: nothing may hang, crash, or take too much memory.

    bench/hostile_expressions.py [--place WORD] [--expression WORD] [--save DIR]

The places and the expressions are those of `fixtures/expressions`; a word chooses those with it in their names. Each
pair is a tree of its own, and is held to what `hostile.py` holds its cases to. The last line counts the trees. Exit
status 1 where one of them failed.
"""

import argparse
import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from hostile import commit, lay_out, outcome, warm_up

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.expressions import EXPRESSIONS, PLACES, Place, laid_out


def wrong_with(place: Place, name: str, save: Path | None) -> str:
    """Return what is wrong with how a command ends in the tree of a place and an expression."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / "tree"
        top.mkdir()
        lay_out(laid_out(place, EXPRESSIONS[name]), top)
        if place.command[0] == "hydrate":
            commit(top, b"")
        ended = outcome(top, place.command)
        if ended.wrong and save is not None:
            shutil.copytree(top, save / f"{place.name}, {name}", symlinks=True, dirs_exist_ok=True)
        return ended.wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default="")
    parser.add_argument("--expression", default="")
    parser.add_argument("--save", type=Path, help="a folder for the trees that failed")
    arguments = parser.parse_args()
    places = [place for place in PLACES if arguments.place in place.name]
    names = [name for name in EXPRESSIONS if arguments.expression in name]
    warm_up()
    failed = 0
    for place, name in product(places, names):
        wrong = wrong_with(place, name, arguments.save)
        if wrong:
            failed += 1
            print(f"{place.name}, {name}: {wrong}", flush=True)
    print(f"{len(places)} places, {len(names)} expressions: {len(places) * len(names)} trees, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
