"""Go templates: what Go's text/template prints with the functions of Helm v4.3.1, and what it refuses.

A line of `fixtures/gotemplate/FAMILY/BEHAVIOUR.jsonl` is one case: a `template` (or several `templates` by name, of
which that called `t` is executed), `values`, and the `output` or the `error`, both recorded from Go. Numbers of values
are floats, as those of a values file are in Helm, unless `ints` is set. Where Penstock answers otherwise and means to,
`ours` says what, and `why`.
"""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.emit.yaml import Printer
from penstock.gotemplate.calls import Services
from penstock.gotemplate.environment import Environment
from penstock.gotemplate.failures import TemplateError
from penstock.gotemplate.functions import BUILTINS, HELM
from penstock.gotemplate.tracing import Trace
from penstock.gotemplate.values import Int64, Value

FIXTURES = Path(__file__).parent.parent / "fixtures" / "gotemplate"
FILES = sorted(FIXTURES.rglob("*.jsonl"))


class Yaml:
    """YAML as the emitter prints it."""

    def dump(self, value: Value) -> str:
        return Printer().document(value)

    def load(self, text: str) -> Value:
        raise ValueError("not read here")


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def values_of(value: Any, ints: bool) -> Value:
    if isinstance(value, dict):
        return {key: values_of(child, ints) for key, child in value.items()}
    if isinstance(value, list):
        return [values_of(child, ints) for child in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value) if ints else float(value)
    return value


def environment(case: dict[str, Any]) -> Environment:
    functions = BUILTINS if case.get("plain") else HELM
    return Environment(functions, case.get("missingkey", "zero"), services=Services(yaml=Yaml()))


def texts(case: dict[str, Any]) -> dict[str, str]:
    found = dict(case.get("templates", {}))
    if "template" in case:
        found["t"] = case["template"]
    return {name: found[name] for name in sorted(found)}


def answer(case: dict[str, Any]) -> dict[str, str]:
    """What becomes of a case: its output, or its error."""
    made = environment(case)
    try:
        for name, text in texts(case).items():
            made.parse(name, text)
        return {"output": made.execute("t", values_of(case.get("values"), bool(case.get("ints"))))}
    except TemplateError as error:
        return {"error": str(error)}


def wanted(case: dict[str, Any]) -> dict[str, str]:
    if "ours" in case:
        return dict(case["ours"])
    return {key: case[key] for key in ("output", "error") if key in case}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_template_gives_what_go_gives(path: Path) -> None:
    differing = [
        {"template": case.get("template", case.get("templates")), "wanted": wanted(case), "found": answer(case)}
        for case in cases(path)
        if printable(answer(case)) != wanted(case)
    ]
    assert differing == []


def printable(found: dict[str, str]) -> dict[str, str]:
    """Bytes that are no UTF-8 are replacement characters in the recorded answers."""
    return {key: text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for key, text in found.items()}


def successes() -> Iterator[dict[str, Any]]:
    for path in FILES:
        for case in cases(path):
            if "output" in case and "ours" not in case:
                yield case


def test_a_trace_gives_the_same_output() -> None:
    for case in successes():
        made = environment(case)
        for name, text in texts(case).items():
            made.parse(name, text)
        chunks = made.trace("t", values_of(case.get("values"), bool(case.get("ints"))), Trace())
        assert printable({"output": "".join([chunk.text for chunk in chunks])})["output"] == case["output"]


def test_parsed_templates_can_be_pickled() -> None:
    for case in successes():
        made, again = environment(case), environment(case)
        for name, text in texts(case).items():
            again.add(pickle.loads(pickle.dumps(made.parse(name, text))).values())
        output = again.execute("t", values_of(case.get("values"), bool(case.get("ints"))))
        assert printable({"output": output})["output"] == case["output"]
