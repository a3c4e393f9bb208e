"""`penstock.lock`: which commit, or which content, each address stands for. Text in, text out.

{
  "version": 1,
  "remotes": [
    {
      "url": "https://github.com/org/repo//deploy?ref=v1",
      "repository": "https://github.com/org/repo",
      "ref": "refs/tags/v1",
      "commit": "0123456789abcdef0123456789abcdef01234567"
    },
    {
      "url": "https://example.com/crds.yaml",
      "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }
  ],
  "charts": [
    {
      "repository": "https://charts.example.com",
      "chart": "web",
      "wanted": "1.x",
      "version": "1.4.2",
      "url": "https://charts.example.com/web-1.4.2.tgz",
      "sha256": "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"
    }
  ]
}
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from penstock.records import NamedTuple
from penstock.remote.permit import without_secrets
from penstock.sources import ChartAddress, Wanted

NAME = "penstock.lock"
VERSION = 1

MAX_LOCK = 8 << 20
"""Bytes of a lock file: some 30,000 entries. JSON takes up to twenty times its size in memory."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"(?:HEAD|[\w][\w./+@#-]*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MANIFEST = re.compile(r"sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    """The content for which a URL stands: a commit of a repository, or a file with that SHA-256.

    `ref` is the full name of the ref that led to the commit (`refs/tags/v1`). It is empty if the URL contains the
    commit itself.
    """

    url: str
    repository: str = ""
    ref: str = ""
    commit: str = ""
    sha256: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the URL alone will mean the same content tomorrow."""
        return bool(self.commit) and (not self.ref or self.ref.startswith("refs/tags/"))


class ChartPin(NamedTuple):
    """The content for which a chart of a Helm repository or a registry stands: a version, and the packed chart with
    that SHA-256.

    `wanted` is the version or range that was asked for. In a Helm repository the chart lies at a `url`; in a registry
    it is the layer of a `manifest`, which is given by its digest.
    """

    repository: str
    chart: str
    wanted: str = ""
    version: str = ""
    url: str = ""
    manifest: str = ""
    sha256: str = ""
    layer: str = ""
    """The media type of that layer, where it was asked for."""
    tags: str = ""
    """The expression that chose among the tags, where there was one."""


Key = tuple[str, str, str]
Lock = Mapping[Key, Pin | ChartPin]
"""Pins by what they are for: a URL as a file or as a directory, which may be two things; a chart of a repository."""


def key(pin: Pin | ChartPin) -> Key:
    if isinstance(pin, ChartPin):
        return pin.repository, pin.chart, _wanted(pin.wanted, pin.layer, pin.tags)
    return pin.url, "", "file" if pin.sha256 else "directory"


def _wanted(version: str, layer: str, tags: str) -> str:
    """Return what was wanted of a chart as one text."""
    return " ".join(filter(None, (version, layer, f"(tags {tags})" if tags else "")))


def find(lock: Lock, url: str, wanted: Wanted) -> Pin | None:
    as_file, as_directory = lock.get((url, "", "file")), lock.get((url, "", "directory"))
    found = {"file": as_file, "directory": as_directory, "any": as_file or as_directory}[wanted]
    return found if isinstance(found, Pin) else None


def find_chart(lock: Lock, address: ChartAddress) -> ChartPin | None:
    wanted = _wanted(address.version, address.layer, address.tags)
    found = lock.get((without_secrets(address.repository), address.name, wanted))
    return found if isinstance(found, ChartPin) else None


def read(data: bytes) -> Lock:
    """Return the pins of a lock file. Raises ValueError with the reason where it is no lock file of Penstock."""
    if len(data) > MAX_LOCK:
        raise ValueError(f"has {len(data):,} bytes; the limit is {MAX_LOCK:,}")
    try:
        tree = json.loads(data, object_pairs_hook=_once)
    except Twice as twice:
        raise ValueError(f"has the key {twice} twice in one mapping") from None
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    is_ours = isinstance(tree, dict) and tree.get("version") == VERSION and tree["version"] is not True
    charts = tree.get("charts", []) if is_ours else None
    if not is_ours or not isinstance(tree.get("remotes"), list) or not isinstance(charts, list):
        raise ValueError(f"is no lock file of version {VERSION}")
    pins: list[Pin | ChartPin] = [*map(_pin, tree["remotes"]), *map(_chart_pin, charts)]
    lock = {key(pin): pin for pin in pins}
    if len(lock) < len(pins):
        raise ValueError("has two entries for one `url`, or for one version of a chart")
    return lock


class Twice(Exception):  # noqa: N818  # named for what it says
    """Raised for a key that a mapping has twice. Readers of JSON differ in which one counts."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Twice(repr(name[:100]))
        found[name] = value
    return found


def _pin(entry: Any) -> Pin:
    pin, is_known = _read(entry, Pin(""))
    if not is_known or not pin.url or bool(pin.commit) == bool(pin.sha256):
        raise ValueError("has an entry without a `url`, or not with one of `commit` and `sha256`")
    if not _COMMIT.fullmatch(pin.commit or "0" * 40) or not _SHA256.fullmatch(pin.sha256 or "0" * 64):
        raise ValueError("has a `commit` or `sha256` that is none")
    if not _REF.fullmatch(pin.ref) or ".." in pin.ref:
        raise ValueError("has a `ref` that is none")
    return pin


def _chart_pin(entry: Any) -> ChartPin:
    pin, is_known = _read(entry, ChartPin("", ""))
    if not is_known or not (pin.repository and pin.chart and pin.version) or bool(pin.url) == bool(pin.manifest):
        raise ValueError("has a chart without `repository`, `chart` or `version`, or not with one of `url`, `manifest`")
    if not _SHA256.fullmatch(pin.sha256) or not _MANIFEST.fullmatch(pin.manifest or f"sha256:{'0' * 64}"):
        raise ValueError("has a chart whose `sha256` or `manifest` is none")
    return pin


AnyPin = TypeVar("AnyPin", Pin, ChartPin)


def _read(entry: Any, empty: AnyPin) -> tuple[AnyPin, bool]:
    """Return an entry as a pin, and whether all of its fields are known."""
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise ValueError("has an entry that is no mapping of texts")
    known = {name: value for name, value in entry.items() if name in empty._fields}
    return empty._replace(**known), len(known) == len(entry)


def write(pins: Iterable[Pin | ChartPin]) -> str:
    """Return the text of the lock file. It is the same for the same pins, in whatever order they come."""
    each = list(pins)
    tree: dict[str, Any] = {"version": VERSION, "remotes": _written(each, Pin)}
    charts = _written(each, ChartPin)
    if charts:
        tree["charts"] = charts
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _written(pins: Iterable[Pin | ChartPin], kind: type[Pin] | type[ChartPin]) -> list[dict[str, str]]:
    found = sorted(pin for pin in pins if isinstance(pin, kind))
    return [{name: value for name, value in pin._asdict().items() if value} for pin in found]
