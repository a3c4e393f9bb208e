"""What runs in CI: the steps of action.yml and of the GitLab template, run by a small runner in a real repository.

The one part that is not real is `gh`, in whose place a program notes what it was called with: there is no GitHub here.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.repository import ENVIRON, Repository

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "scripts" / "ci" / "penstock.gitlab-ci.yml").read_text())
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
SOURCES = {
    "prod/kustomization.yaml": "namespace: prod\nresources: [service.yaml]\n",
    "prod/service.yaml": SERVICE,
}
GH = """#!/bin/sh
printf '%s\\n' "$*" >>"$GH_LOG"
case "$*" in
    *--jq*) cat "$GH_KNOWN" 2>/dev/null || true ;;
    *) [ ! -e "$GH_REFUSES" ] ;;
esac
"""
PYTHON = """#!/bin/sh
# A Python whose virtual environments have a Python that notes what it was called with.
if [ "$2" = venv ]; then
    mkdir -p "$3/bin"
    printf '#!/bin/sh\\nprintf "%%s\\\\n" "$*" >>"$GH_LOG"\\n' >"$3/bin/python"
    chmod +x "$3/bin/python"
fi
"""


class Job:
    """A job of CI in a clone of a repository, with the programs and variables that it has there."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repository")
        self.base = self.repository.commit(SOURCES)
        programs = folder / "bin"
        programs.mkdir()
        self._program(programs / "gh", GH)
        self._program(programs / "python3", PYTHON)
        run = f'exec "{sys.executable}" -m penstock "$@"\n'
        self._program(programs / "penstock", f"#!/bin/sh\n{run}")
        self.summary, self.output, self.log = (folder / name for name in ("summary", "output", "log"))
        self.known, self.refuses = folder / "known", folder / "refuses"
        self.environ = {
            **ENVIRON,
            "PATH": f"{programs}:{ENVIRON['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_REPOSITORY": "team/fleet",
            "GITHUB_PATH": str(folder / "path"),
            "RUNNER_TEMP": str(folder / "temporary"),
            "GH_LOG": str(self.log),
            "GH_KNOWN": str(self.known),
            "GH_REFUSES": str(self.refuses),
        }
        self.folder = self.repository.path / "penstock-reports"

    def _program(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def values(self) -> dict[str, str]:
        return {
            "inputs.base": self.base,
            "inputs.folder": "penstock-reports",
            "inputs.arguments": "",
            "github.token": "token",
            "github.event.pull_request.number": "7",
        }

    def step(self, name: str) -> "subprocess.CompletedProcess[str]":
        """Run a step of action.yml, with the values of its expressions."""
        step = next(each for each in ACTION["runs"]["steps"] if each["name"] == name)
        values = self.values()
        given = {
            key: re.sub(r"\$\{\{ (.*?) \}\}", lambda m: values[m[1]], text) for key, text in step.get("env", {}).items()
        }
        return self.shell(step["run"], given)

    def shell(self, script: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.repository.path,
            env={**self.environ, **environ},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_a_change_is_reported(job: Job) -> None:
    job.repository.commit({"prod/service.yaml": SERVICE.replace("80", "81")})
    ran = job.step("What changes")
    assert ran.returncode == 0, ran.stderr
    assert job.output.read_text() == "differences=true\n"
    assert "spec.ports[80].port" in job.summary.read_text() or "spec.ports" in job.summary.read_text()
    document = json.loads((job.folder / "diff.json").read_text())
    jsonschema.validate(document, json.loads((ROOT / "schemas" / "diff.json").read_text()))
    assert (job.folder / "diff.html").read_text().startswith("<!DOCTYPE html>")


def test_the_command_is_installed_into_an_environment_of_its_own(job: Job) -> None:
    """The Python of a runner may belong to its system, which lets nobody install into it."""
    ran = job.step("Install Penstock")
    assert ran.returncode == 0, ran.stderr
    assert job.log.read_text() == f"-m pip install --quiet {ROOT}[charts,jsonnet]\n"
    assert Path(job.environ["GITHUB_PATH"]).read_text() == f"{job.environ['RUNNER_TEMP']}/penstock/bin\n"


def test_no_change_and_one_that_does_not_compile(job: Job) -> None:
    assert job.step("What changes").returncode == 0
    job.repository.commit({"prod/kustomization.yaml": "resources: [gone.yaml]\n"})
    assert job.step("What changes").returncode == 0
    assert job.output.read_text() == "differences=false\ndifferences=failed\n"
    assert job.step("Check").returncode == 3


@pytest.mark.parametrize("base", ["", "0" * 40, "1" * 40])
def test_a_run_without_a_base_compares_nothing(job: Job, base: str) -> None:
    """A run by hand has none, the first push of a branch has zeros, and what a push has overwritten is gone."""
    job.base = base
    job.environ["GITHUB_EVENT_NAME"] = "push"
    ran = job.step("What changes")
    assert (ran.returncode, ran.stdout.partition(":")[0]) == (0, "Nothing is compared")
    assert job.output.read_text() == "differences=unknown\n"
    assert job.step("Check").returncode == 0


def test_findings_are_annotations_and_sarif(job: Job) -> None:
    job.repository.commit({"prod/service.yaml": SERVICE.replace("ports", "porst")})
    ran = job.step("Check")
    assert ran.returncode == 1
    assert ran.stdout.startswith("::error file=prod/service.yaml,line=4")
    assert json.loads((job.folder / "check.sarif").read_text())["version"] == "2.1.0"


def test_the_comment_is_written_over(job: Job) -> None:
    job.repository.commit({"prod/service.yaml": SERVICE.replace("80", "81")})
    job.step("What changes")
    assert job.step("Comment").returncode == 0
    job.known.write_text("4711\n4712\n")
    assert job.step("Comment").returncode == 0
    calls = [line for line in job.log.read_text().splitlines() if "--method" in line]
    assert calls == [
        "api --method POST repos/team/fleet/issues/7/comments --field body=@penstock-reports/diff.md",
        "api --method PATCH repos/team/fleet/issues/comments/4711 --field body=@penstock-reports/diff.md",
    ]


def test_a_token_that_may_not_write_fails_nothing(job: Job) -> None:
    job.repository.commit({"prod/service.yaml": SERVICE.replace("80", "81")})
    job.step("What changes")
    job.refuses.write_text("")
    ran = job.step("Comment")
    assert ran.returncode == 0
    assert ran.stdout.startswith("::notice::")


def test_no_expression_of_the_action_stands_in_a_script() -> None:
    """What a pull request names (a branch, a title) comes to a script by a variable, never as part of its text."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", ["penstock check", "penstock diff"])
def test_the_gitlab_jobs_run(name: str, job: Job, tmp_path: Path) -> None:
    job.repository.commit({"prod/service.yaml": SERVICE.replace("80", "81")})
    part: dict[str, Any] = {**GITLAB[".penstock"], **GITLAB[name]}
    environ = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": job.base,
        "CI_PROJECT_DIR": str(job.repository.path),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "PENSTOCK_CHECK": GITLAB["variables"]["PENSTOCK_CHECK"],
        "XDG_CACHE_HOME": str(tmp_path / "penstock-cache"),
    }
    for line in (*part["before_script"], *part["script"], *part["after_script"]):
        ran = job.shell(line, environ)
        assert ran.returncode == 0, (line, ran.stderr)
    left = {path.name for path in job.repository.path.iterdir()}
    wanted = {"penstock check": "gl-code-quality-report.json", "penstock diff": "penstock-reports"}
    assert wanted[name] in left
