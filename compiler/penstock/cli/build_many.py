"""Several directories in one `penstock build`: on all cores, each into a file of its own below `--output`."""

import io
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context

from penstock import cache
from penstock.cli.building import Built, Request, build_anew, from_cache, open_files, write_file
from penstock.cli.screen import tracked
from penstock.cli.streams import CLEAN, Streams
from penstock.errors import Refusal
from penstock.files import Disk
from penstock.parse.project import Project

FEW = 8
"""The number of directories that is not worth a second process."""


def run_many(request: Request, streams: Streams) -> int:
    """Build several directories: the result of DIR/prod goes to OUTPUT/DIR/prod.yaml.

    If a directory does not compile, its file is left alone, and the other ones are built nevertheless.
    """
    check_output(request, streams)
    worst = CLEAN
    for directory, built in zip(request.directories, _build_all(request, streams), strict=True):
        streams.err.write(built.err)
        worst = max(worst, built.status)
        if built.status == CLEAN:
            output = os.path.join(streams.cwd, request.output)
            write_file(output, f"{directory}.yaml", built.out, makes_folders=True)
    return worst


def check_output(request: Request, streams: Streams) -> None:
    """Raise `Refusal` if there is no place for the files of several directories or targets."""
    if not request.output:
        raise Refusal("several directories need --output DIR: each gets a file of its own there")
    if os.path.isfile(os.path.join(streams.cwd, request.output)):
        raise Refusal(f"{request.output} is a file; several directories need a directory to write to")
    for directory in request.directories:
        if directory == "." or directory.startswith(".."):
            raise Refusal(f"{directory} is not below this directory: no name for its file")


def _build_all(request: Request, streams: Streams) -> list[Built]:
    """Return the outcomes in the order of the directories. Those that the cache lacks are built on all cores."""
    files, looks = Disk(streams.cwd, request.reach), cache.Looks()
    built = {d: from_cache(request, d, files, streams, looks) for d in request.directories}
    missing = [directory for directory, known in built.items() if known is None]
    built.update(zip(missing, _build_anew(request, missing, streams), strict=True))
    return [outcome for directory in request.directories if (outcome := built[directory])]


def _build_anew(request: Request, directories: list[str], streams: Streams) -> list[Built]:
    """Build directories in several processes. Neighbours go to one process, because they often share bases."""
    processes = min(request.jobs, -(-len(directories) // FEW))
    work = partial(_build_some, request, streams.cwd, tuple(streams.environ.items()))
    if processes <= 1:
        return work(directories)
    size = -(-len(directories) // (processes * 4))
    chunks = [directories[i : i + size] for i in range(0, len(directories), size)]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        following = tracked(chunks, "building: {} parts", streams)
        return [built for _, some in zip(following, pool.map(work, chunks), strict=True) for built in some]


def _build_some(
    request: Request, cwd: str, environ: tuple[tuple[str, str], ...], directories: Sequence[str]
) -> list[Built]:
    streams = Streams(io.StringIO(), io.StringIO(), dict(environ), cwd)
    files, project = _opened(request, cwd, environ)
    return [build_anew(request, directory, files, project, streams) for directory in directories]


@lru_cache(maxsize=1)
def _opened(request: Request, cwd: str, environ: tuple[tuple[str, str], ...]) -> tuple[cache.Witness, Project]:
    """Return the sources of this process, which are shared by all directories that it builds."""
    files = cache.Witness(cwd, request.reach)
    return files, open_files(files, request, Streams(io.StringIO(), io.StringIO(), dict(environ), cwd))
