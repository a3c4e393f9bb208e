"""What every test may use: `--update`, and the `golden` fixture that obeys it."""

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Golden = Callable[[Path, str | bytes], None]
"""Compare what was made with what a file says."""


Apart = Callable[[Path], Path]
"""Copy a folder to where no repository is above it, and say where that is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expectations; `git diff` shows what changed")


def pytest_configure() -> None:
    """Let programs that tests start be interrupted: what a shell starts in the background is deaf to it, and so are
    its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Return two processes more than there are cores: the tests of the clusters take two, which mostly wait."""
    return (os.cpu_count() or 1) + 2


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Assert that a file holds exactly this; under `--update`, make it so."""
    update = request.config.getoption("--update")

    def compare(path: Path, made: str | bytes) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made.encode() if isinstance(made, str) else made)
        assert path.exists(), f"{path} is missing; `pytest --update` writes it"
        expected = path.read_bytes()
        assert made == (expected.decode() if isinstance(made, str) else expected)

    return compare


@pytest.fixture
def apart(tmp_path: Path) -> Apart:
    """Fixtures are folders of this repository, and what looks for the top of a repository would find ours."""

    def copy(folder: Path) -> Path:
        there = tmp_path / "apart"
        shutil.copytree(folder, there, symlinks=True)
        return there

    return copy


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Collect no garbage, as in the command: the objects of other tests would be gone through again and again."""
    gc.disable()
    yield
    gc.enable()
