"""The chart of a `penstock template` that lies in a Helm repository or a registry."""

from penstock.cli.remotes import lock_path, open_with
from penstock.cli.streams import SOURCES, WORLD, Streams
from penstock.errors import Refusal
from penstock.model import Diagnostic, Origin
from penstock.records import NamedTuple
from penstock.remote.failure import NOT_LOCKED
from penstock.remote.remotes import Policy
from penstock.sources import ChartAddress, ChartRequest, Files

NEWEST_OF_ALL = ">0.0.0-0"
"""The meaning of `--devel` if no version is given."""


class Wish(NamedTuple):
    """The options for a chart elsewhere. `fetch` says whether it may be fetched if it is not locked."""

    repository: str
    version: str
    devel: bool
    fetch: bool


def brought(files: Files, request: ChartRequest, wish: Wish, streams: Streams) -> tuple[Files, ChartRequest]:
    """Return the files including the chart, and the request for it. Raises `Refusal` if the chart cannot be
    obtained.
    """
    named = (wish.repository or request.chart).replace("oci://", "https://")
    remotes = open_with(streams, Policy(lock_path(streams), fetch=wish.fetch), files, [named])
    version = wish.version or (NEWEST_OF_ALL if wish.devel else "")
    remote, findings = remotes.find_chart(_address(request.chart, wish.repository, version), Origin(""), "")
    if remote is None:
        raise _refusal(findings[0])
    return remotes, request._replace(chart=remote.path)


def with_dependencies(files: Files, request: ChartRequest, wish: Wish, streams: Streams) -> tuple[Files, ChartRequest]:
    """Return the files including the charts on which a chart depends and that its `charts/` lacks, and the request for
    it.
    """
    from penstock.parse.project import Project
    from penstock.targets.elsewhere import with_dependencies as found_for

    remotes = open_with(streams, Policy(lock_path(streams), fetch=wish.fetch), files)
    whole, findings = found_for(Project(remotes, lambda _: remotes), request)
    if findings:
        raise _refusal(findings[0])
    return remotes, whole


def _address(chart: str, repository: str, version: str) -> ChartAddress:
    if repository:
        return ChartAddress(repository, chart, version)
    above, _, name = chart.rstrip("/").rpartition("/")
    return ChartAddress(above, name, version)


def _refusal(finding: Diagnostic) -> Refusal:
    hint = "`--fetch` fetches it for this run" if finding.code == NOT_LOCKED else finding.hint
    hint = f"\n  hint: {hint}" if hint else ""
    return Refusal(f"{finding.message}{hint}", WORLD if finding.blame == "world" else SOURCES)
