"""The schema pack: complete, up to date, small, quick to read, and strict about versions."""

import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.files import resource_of_package
from penstock.model import Refusal
from penstock.validate.schemas import Kind, load

ROOT = Path(__file__).parent.parent
PACK = resource_of_package("kubernetes.pack")
VERSIONS = tuple(f"1.{minor}" for minor in range(25, 38))


def test_the_committed_pack_is_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "make_schemas.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_pack_is_small_and_holds_each_definition_once() -> None:
    assert len(PACK) < 150_000
    lines = zlib.decompress(PACK).decode().splitlines()[1:]
    definitions = {tuple(line.split("\t")[::3]) for line in lines}
    assert len(definitions) == len(lines)


def test_it_holds_thirteen_versions() -> None:
    assert load(PACK).versions == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_definition_that_a_kind_needs_is_there(version: str) -> None:
    schemas = load(PACK, version)
    assert Kind("apps", "v1", "Deployment") in schemas.kinds
    waiting, seen = list(schemas.kinds.values()), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += references(schemas.definition(name))
    assert len(seen) > 300


def references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if isinstance(tree.get("$ref"), str):
            yield tree["$ref"]
        for child in tree.values():
            yield from references(child)


@pytest.mark.parametrize(
    ("written", "meant"), [("", "1.37"), ("1.30", "1.30"), ("v1.30", "1.30"), ("v1.30.14", "1.30")]
)
def test_a_version_may_be_written_in_any_usual_way(written: str, meant: str) -> None:
    assert load(PACK, written).version == meant


@pytest.mark.parametrize("written", ["1.24", "1.38", "1.3", "2", "latest", "1..30", "-1.30", "v"])
def test_an_unknown_version_is_refused_with_those_that_are_known(written: str) -> None:
    with pytest.raises(Refusal, match=r"1\.25 to 1\.37") as refusal:
        load(PACK, written)
    assert refusal.value.status == 2


def test_kinds_are_found_by_group_version_and_exact_spelling() -> None:
    kinds = load(PACK).kinds
    assert Kind("batch", "v1", "CronJob") in kinds
    assert Kind("batch.tutorial.kubebuilder.io", "v1", "CronJob") not in kinds
    assert Kind("batch", "v1", "Cronjob") not in kinds
    assert Kind("batch", "v1beta1", "CronJob") not in kinds


def test_what_only_requests_use_is_no_kind() -> None:
    names = {kind.kind for kind in load(PACK).kinds}
    assert names.isdisjoint({"DeleteOptions", "Status", "WatchEvent", "APIGroup"})


def test_the_pack_knows_when_kinds_came_and_went() -> None:
    schemas = load(PACK)
    assert schemas.lifetime(Kind("autoscaling", "v2beta2", "HorizontalPodAutoscaler")) == ("1.25", "1.25")
    assert schemas.lifetime(Kind("apps", "v1", "Deployment")) == ("1.25", "1.37")
    assert schemas.lifetime(Kind("example.com", "v1", "Widget")) is None
