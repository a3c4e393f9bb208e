"""Several directories in one `penstock build`: on all cores, each into a file of its own below `--output`."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from penstock.cli.building import Built, Request, build_one, open_files, write_file
from penstock.cli.streams import CLEAN, Streams
from penstock.files import Disk
from penstock.model import Refusal

FEW = 8
"""Directories that are not worth a second process."""


def run_many(request: Request, streams: Streams) -> int:
    """DIR/prod goes to OUTPUT/DIR/prod.yaml. One that does not compile leaves its file alone and stops no other."""
    _check_output(request, streams)
    worst = CLEAN
    for directory, built in zip(request.directories, _build_all(request, streams), strict=True):
        streams.err.write(built.err)
        worst = max(worst, built.status)
        if built.status == CLEAN:
            path = os.path.join(streams.cwd, request.output, f"{directory}.yaml")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_file(path, built.out)
    return worst


def _check_output(request: Request, streams: Streams) -> None:
    if not request.output:
        raise Refusal("several directories need --output DIR: each gets a file of its own there")
    if os.path.isfile(os.path.join(streams.cwd, request.output)):
        raise Refusal(f"{request.output} is a file; several directories need a directory to write to")
    for directory in request.directories:
        if directory == "." or directory.startswith(".."):
            raise Refusal(f"{directory} is not below this directory: no name for its file")


def _build_all(request: Request, streams: Streams) -> list[Built]:
    """The outcomes in the order of the directories. Neighbours go to one process: they often share bases."""
    processes = min(request.jobs, (len(request.directories) + FEW - 1) // FEW)
    work = partial(_build_some, request, streams.cwd, dict(streams.environ))
    if processes <= 1:
        return work(request.directories)
    size = -(-len(request.directories) // (processes * 4))
    chunks = [request.directories[i : i + size] for i in range(0, len(request.directories), size)]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        return [built for some in pool.map(work, chunks) for built in some]


def _build_some(request: Request, cwd: str, environ: dict[str, str], directories: Sequence[str]) -> list[Built]:
    import io

    files = Disk(cwd)
    streams = Streams(io.StringIO(), io.StringIO(), environ, cwd)
    project = open_files(files, request, streams)
    return [build_one(request, directory, files, project, streams) for directory in directories]
