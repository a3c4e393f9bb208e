"""Helm charts and what `helm template` 4.3.1 prints for them or refuses.

fixtures/charts/BEHAVIOUR/: `chart`, perhaps `arguments.txt` for `penstock template`, then `expected.yaml`, which was
recorded from helm (`HELM=… pytest --update`), or `expected_error.txt`; `expected_findings.txt` is what is said beside
an output. Where Penstock answers otherwise and means to, `ours.txt` says why. Charts of the contract, where that is
there, are run as well.
"""

import io
import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from tests.conftest import Golden

from penstock.cli.main import main
from penstock.cli.streams import CLEAN, SOURCES, Streams

FIXTURES = Path(__file__).parent.parent / "fixtures" / "charts"
CASES = sorted(FIXTURES.iterdir())
SHARED = Path(__file__).parent.parent.parent / "shared" / "cases" / "charts"
CONTRACT = sorted(path for path in SHARED.glob("*") if path.is_dir()) if SHARED.exists() else []

HELM = os.environ.get("HELM", "")
"""The real helm 4.3.1: with it, `--update` records what it prints."""

LONGEST = 5.0
"""Seconds that a hostile chart may take."""


def name(case: Path) -> str:
    return case.name


def arguments(case: Path, file: str = "arguments.txt") -> list[str]:
    given = case / file
    return shlex.split(given.read_text()) if given.exists() else []


def ran(case: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(["template", "web", "chart", "--namespace", "shop", *words], Streams(out, err, {}, str(case)))
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_chart_gives_what_helm_prints(case: Path, golden: Golden) -> None:
    start = time.perf_counter()
    status, out, err = ran(case, *arguments(case))
    assert time.perf_counter() - start < LONGEST
    if (case / "ours.txt").exists() and status == CLEAN:
        golden(case / "expected.yaml", out)
    if not (case / "expected.yaml").exists():
        assert (status, out) == (SOURCES, "")
        golden(case / "expected_error.txt", err)
        return
    if err or (case / "expected_findings.txt").exists():
        golden(case / "expected_findings.txt", err)
    assert (status, out) == (CLEAN, (case / "expected.yaml").read_bytes().decode())


@pytest.mark.skipif(not HELM, reason="needs the real helm")
@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_expectation_is_what_helm_prints(case: Path, golden: Golden) -> None:
    if (case / "ours.txt").exists():
        return
    words = [HELM, "template", "web", "chart", "--namespace", "shop", *arguments(case)]
    done = subprocess.run(words, cwd=case, capture_output=True, check=False)
    assert (done.returncode == 0) == (case / "expected.yaml").exists(), done.stderr.decode()
    if done.returncode == 0:
        golden(case / "expected.yaml", done.stdout)


@pytest.mark.skipif(not CONTRACT, reason="the cases of the contract are not here")
@pytest.mark.parametrize("case", CONTRACT, ids=name)
def test_a_case_of_the_contract(case: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    words = ["template", "rel", "chart", "--namespace", "ns", *arguments(case, "flags")]
    status = main(words, Streams(out, err, {}, str(case)))
    if (case / "helm.yaml").exists():
        assert out.getvalue() == (case / "helm.yaml").read_bytes().decode()
        return
    assert status == SOURCES
    assert (case / "helm.refuses").read_text().strip().removeprefix("Error: ") in err.getvalue()
