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
  ]
}
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from penstock.model import Wanted

NAME = "penstock.lock"
VERSION = 1

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"(?:HEAD|[\w][\w./+@#-]*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Pin(NamedTuple):
    """What a URL stands for: a commit of a repository, or a file with that SHA-256.

    `ref` is the full name of what led to the commit (`refs/tags/v1`), empty where the URL has the commit itself.
    """

    url: str
    repository: str = ""
    ref: str = ""
    commit: str = ""
    sha256: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the URL by itself will mean the same tomorrow."""
        return bool(self.commit) and (not self.ref or self.ref.startswith("refs/tags/"))


Lock = Mapping[tuple[str, bool], Pin]
"""Pins by URL, and whether it is one of a file: the same URL may be both."""


def key(pin: Pin) -> tuple[str, bool]:
    return pin.url, bool(pin.sha256)


def find(lock: Lock, url: str, wanted: Wanted) -> Pin | None:
    as_file, as_directory = lock.get((url, True)), lock.get((url, False))
    return {"file": as_file, "directory": as_directory, "any": as_file or as_directory}[wanted]


def read(data: bytes) -> Lock:
    """Raises ValueError with the reason where this is no lock file of ours."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    is_ours = isinstance(tree, dict) and tree.get("version") == VERSION and tree["version"] is not True
    if not is_ours or not isinstance(tree.get("remotes"), list):
        raise ValueError(f"is no lock file of version {VERSION}")
    pins = [_pin(entry) for entry in tree["remotes"]]
    lock = {key(pin): pin for pin in pins}
    if len(lock) < len(pins):
        raise ValueError("has two entries for one `url`")
    return lock


def _pin(entry: Any) -> Pin:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise ValueError("has an entry that is no mapping of texts")
    unknown = set(entry) - set(Pin._fields)
    pin = Pin(**{"url": "", **{k: v for k, v in entry.items() if k not in unknown}})
    if unknown or not pin.url or bool(pin.commit) == bool(pin.sha256):
        raise ValueError("has an entry without a `url`, or not with one of `commit` and `sha256`")
    if not _COMMIT.fullmatch(pin.commit or "0" * 40) or not _SHA256.fullmatch(pin.sha256 or "0" * 64):
        raise ValueError("has a `commit` or `sha256` that is none")
    if not _REF.fullmatch(pin.ref) or ".." in pin.ref:
        raise ValueError("has a `ref` that is none")
    return pin


def write(pins: Iterable[Pin]) -> str:
    """The file, the same for the same pins in whatever order they come."""
    entries = [{k: v for k, v in pin._asdict().items() if v} for pin in sorted(pins)]
    return json.dumps({"version": VERSION, "remotes": entries}, indent=2, ensure_ascii=False) + "\n"
