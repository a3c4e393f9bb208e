"""`penstock template --post-renderer`, beside the real helm 4.3.1 where `$HELM` names it.

fixtures/post_rendering: a chart, and what comes of it (`expected_NAME.yaml`) for each program of `PROGRAMS`.
"""

import io
import os
import subprocess
from pathlib import Path

import pytest
from tests.conftest import Golden

from penstock.cli.main import main
from penstock.cli.streams import CLEAN, SOURCES, USAGE, WORLD, Streams

FIXTURES = Path(__file__).parent.parent / "fixtures" / "post_rendering"
HELM = os.environ.get("HELM", "")

MORE = "---\\napiVersion: v1\\nkind: Namespace\\nmetadata: {name: more}\\n"
PROGRAMS = {
    "same": "cat",
    "more": f"cat; printf %b '{MORE}'",
    "another_zone": "sed s/east/west/",
    "arguments": 'sed "s/east/$1 $2/"',
    "plugin_folder": 'sed "s/east/$HELM_PLUGIN_NAME/"',
    "no_marks": "grep -v postrender-filename",
}
"""Scripts by the names of the plugins that run them."""

FAILING = {
    "nothing": ("true", "printed nothing", WORLD),
    "failure": ("echo no such zone >&2; exit 3", "failed with exit status 3", WORLD),
    "words": ("echo words", "holds no object", SOURCES),
    "no_yaml": ("echo 'kind: ['", "cannot be read", SOURCES),
}


def plugins(root: Path) -> dict[str, str]:
    """Plugins for all scripts, and the environment in which they are found."""
    for name, script in {**PROGRAMS, **{name: row[0] for name, row in FAILING.items()}}.items():
        folder = root / "plugins" / name
        folder.mkdir(parents=True)
        (folder / "run.sh").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "run.sh").chmod(0o755)
        (folder / "plugin.yaml").write_text(
            f"apiVersion: v1\ntype: postrenderer/v1\nname: {name}\nversion: 1.0.0\nruntime: subprocess\nconfig: {{}}\n"
            "runtimeConfig:\n  platformCommand:\n  - {os: windows, command: no}\n"
            "  - command: ${HELM_PLUGIN_DIR}/run.sh\n"
        )
    return {"PATH": os.environ["PATH"], "HOME": str(root), "HELM_PLUGINS": str(root / "plugins")}


def ran(root: Path, *words: str, environ: dict[str, str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(["template", "web", "chart", *words], Streams(out, err, environ, str(FIXTURES)))
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_plugin_changes_what_is_printed(name: str, tmp_path: Path, golden: Golden) -> None:
    environ = plugins(tmp_path)
    words = ["--post-renderer", name, "--post-renderer-args", "far", "--post-renderer-args=-away"]
    status, out, err = ran(tmp_path, *words, environ=environ)
    assert (status, err) == (CLEAN, "")
    if HELM:
        command = [HELM, "template", "web", "chart", *words]
        theirs = subprocess.run(command, cwd=FIXTURES, env=environ, capture_output=True, check=True)
        assert out == theirs.stdout.decode()
    golden(FIXTURES / f"expected_{name}.yaml", out)


@pytest.mark.parametrize("name", FAILING)
def test_a_program_that_fails_is_told(name: str, tmp_path: Path) -> None:
    _, said, expected = FAILING[name]
    status, out, err = ran(tmp_path, "--post-renderer", name, environ=plugins(tmp_path))
    assert (status, out) == (expected, "")
    assert said in err


def test_a_program_does_what_a_plugin_does(tmp_path: Path) -> None:
    environ = plugins(tmp_path)
    by_plugin = ran(tmp_path, "--post-renderer", "another_zone", environ=environ)
    script = str(tmp_path / "plugins" / "another_zone" / "run.sh")
    assert ran(tmp_path, "--post-renderer", script, environ=environ) == by_plugin


def test_a_program_that_is_not_there_is_refused(tmp_path: Path) -> None:
    status, out, err = ran(tmp_path, "--post-renderer", "nowhere", environ=plugins(tmp_path))
    assert (status, out) == (USAGE, "")
    assert "there is no plugin of Helm and no program nowhere" in err


def test_what_a_program_made_is_not_kept(tmp_path: Path) -> None:
    environ = plugins(tmp_path)
    script = tmp_path / "plugins" / "another_zone" / "run.sh"
    first = ran(tmp_path, "--post-renderer", "another_zone", environ=environ)[1]
    script.write_text("#!/bin/sh\nsed s/east/north/\n")
    assert ran(tmp_path, "--post-renderer", "another_zone", environ=environ)[1] == first.replace("west", "north")
