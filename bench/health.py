"""Compares the health of objects with what Argo CD says of them, for its own examples and for changed ones.

    .venv/bin/python bench/health.py ARGO_CD [--only GROUP/KIND] [--healthy] [--seed 1]

ARGO_CD is a checkout of https://github.com/argoproj/argo-cd; `pip install lupa` brings the interpreter for its checks.
Each example is judged as it is, and then with one condition, field or word of its status changed or gone, by Argo CD's
own check and by Penstock. Printed are the share of equal answers, and how many objects Penstock calls Healthy that
Argo CD does not. Most of the rest are states that no controller writes.
"""

import argparse
import copy
import importlib
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "compiler"))

from penstock.apply.health import health  # noqa: E402
from penstock.apply.rulebook import Loader  # noqa: E402

WORDS = ("Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown")
MOST = 60
"""Changed objects of each example."""

GONE = object()

lua51: Any = importlib.import_module("lupa.lua51")


def main() -> int:
    options = _options()
    chance = random.Random(options.seed)
    checks = Path(options.checkout) / "resource_customizations"
    said: Counter[str] = Counter()
    for check in sorted(checks.rglob("health.lua")):
        kind = str(check.parent.relative_to(checks))
        if options.only in kind:
            _compare(check, kind, chance, said, "all" if options.only else "healthy" if options.healthy else "")
    for what in ("example", "changed object"):
        total, equal = said[what], said[f"{what} equal"]
        share = f"{100 * equal / max(total, 1):.1f} %"
        print(f"{what}s: {equal} of {total} equal ({share}), {said[f'{what} kind']} called Healthy by Penstock alone")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", metavar="ARGO_CD")
    parser.add_argument("--only", default="", metavar="GROUP/KIND", help="one kind, with each difference")
    parser.add_argument("--healthy", action="store_true", help="name each object that Penstock alone calls Healthy")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _compare(check: Path, kind: str, chance: random.Random, said: Counter[str], loud: str) -> None:
    code = check.read_text()
    words = list(dict.fromkeys(re.findall(r'"([A-Za-z][\w -]{2,40})"', code)))[:25]
    for path in sorted(check.parent.glob("testdata/**/*.yaml")):
        example: Any = next(filter(None, yaml.load_all(path.read_text(), Loader)))
        if "items" in example:
            continue
        changed = list(_changed(example, code, words))
        chosen = chance.sample(changed, min(MOST, len(changed)))
        for what, body in [("", example), *chosen]:
            theirs = _argo(code, body)
            if theirs in WORDS:
                _count(
                    f"{kind} {path.name} {what}",
                    theirs,
                    health(body).word,
                    "changed object" if what else "example",
                    said,
                )
                ours = health(body)
                if ours.word != theirs and (loud == "all" or (loud and ours.word == "Healthy")):
                    print(f"{kind} {path.name} {what}: {theirs} there, {ours.word} here {ours.reason}")


def _count(name: str, theirs: str, ours: str, what: str, said: Counter[str]) -> None:
    said[what] += 1
    said[f"{what} equal"] += theirs == ours
    said[f"{what} kind"] += theirs != ours == "Healthy"
    if what == "example" and theirs != ours:
        print(f"{name}: {theirs} there, {ours} here")


def _argo(code: str, body: Any) -> str:
    """The word of Argo CD's check; nothing where it breaks."""
    lua = lua51.LuaRuntime()
    lua.globals().obj = _in_lua(lua, copy.deepcopy(body))
    try:
        answer = lua.execute(code)
    except lua51.LuaError:
        return ""
    return str(answer["status"]) if answer else ""


def _in_lua(lua: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return lua.table_from({key: _in_lua(lua, below) for key, below in value.items() if below is not None})
    if isinstance(value, list):
        return lua.table_from([_in_lua(lua, below) for below in value])
    return value


def _changed(body: Any, code: str, words: list[str]) -> Iterator[tuple[str, Any]]:
    """The object with one thing changed that the check may look at, each time another one."""
    status = body.get("status")
    if not isinstance(status, dict):
        return
    yield "without status", {key: value for key, value in body.items() if key != "status"}
    for key in status:
        yield f"without {key}", _with(body, ("status", key), GONE)
    conditions = status.get("conditions")
    for number, condition in enumerate(conditions if isinstance(conditions, list) else ()):
        at = ("status", "conditions", number)
        yield f"without {condition.get('type')}", _with(body, at, GONE)
        for value in {"True", "False", "Unknown"} - {condition.get("status")}:
            yield f"{condition.get('type')}={value}", _with(body, (*at, "status"), value)
        for word in words:
            yield f"{condition.get('type')} since {word}", _with(body, (*at, "reason"), word)
    for path, value in _scalars(status):
        if path[0] != "conditions" and str(path[-1]) in code:
            for other in _others(value, words):
                yield f"{'.'.join(map(str, path))}={other}", _with(body, ("status", *path), other)


def _others(value: Any, words: list[str]) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [number for number in (0, value + 1, max(value - 1, 0)) if number != value]
    return [word for word in words if word != value] if isinstance(value, str) else []


def _scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value[:4]):
            yield from _scalars(below, (*path, key))
    else:
        yield path, value


def _with(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


if __name__ == "__main__":
    sys.exit(main())
