"""Windows of time in which a sync may run, or may not, as Argo CD's projects have them, but strict.

While a window of the kind deny is open, no sync runs. Where there are windows of the kind allow, one of them must be
open. `manual` windows hold up only what no person has started; `overrun` ones let a sync go on that they would not let
begin. A window is open from just after its start until just before its end, by the clock of its time zone. A schedule,
a duration or a time zone that cannot be read is an error here, where Argo CD takes an unknown time zone for UTC.

Source: argo-cd pkg/apis/application/v1alpha1, SyncWindows.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from fnmatch import fnmatchcase
from itertools import islice, takewhile

from penstock.cron import Schedule, parse
from penstock.records import NamedTuple
from penstock.regex import regex

KINDS = ("allow", "deny")

MAX_STARTS = 10_000
"""Starts within one duration that are looked at for the last of them."""

_PART = regex(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|us|µs|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class Window(NamedTuple):
    """One window. `text` is what messages call it."""

    kind: str
    schedule: Schedule
    duration: timedelta
    zone: tzinfo = UTC
    manual: bool = False
    overrun: bool = False
    text: str = ""

    def ends(self, now: datetime) -> datetime | None:
        """Return when the window that is open now closes, or None if it is not open.

        Hours are counted as they pass, even if the clock is put forward or back meanwhile.
        """
        starts = self.schedule.starts((now.astimezone(UTC) - self.duration).astimezone(self.zone))
        begun = deque(takewhile(lambda start: start < now, islice(starts, MAX_STARTS)), maxlen=1)
        return (begun[0].astimezone(UTC) + self.duration).astimezone(self.zone) if begun else None


class Selection(NamedTuple):
    """A window with the syncs to which it applies: those of environments, to clusters, or into namespaces. Each is
    given by names in which `*` stands for any characters.

    One of the three has to fit; with `every`, each one that is given has to.
    """

    window: Window
    environments: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    every: bool = False

    def takes(self, environment: str, clusters: Iterable[str], namespaces: Iterable[str]) -> bool:
        """Return whether the window applies to a sync. A selection that names nothing applies to none."""
        asked = ((self.environments, [environment]), (self.clusters, clusters), (self.namespaces, namespaces))
        fits = [_fit(names, patterns) for patterns, names in asked if patterns]
        return bool(fits) and (all(fits) if self.every else any(fits))


def _fit(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def duration(text: str) -> timedelta | None:
    """Return a length of time from Go's notation, such as `62h` or `1h30m`, or None if the text is none or longer than
    a hundred years.
    """
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    seconds = sum(float(part[1]) * _SECONDS[part[2]] for part in parts)
    return timedelta(seconds=seconds) if seconds <= 100 * 365 * 86400 else None


def zone(name: str) -> tzinfo | None:
    """Return the time zone of a name such as Europe/Berlin, or None for an unknown name."""
    if name in ("", "UTC"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such file, a path that leads out, a directory
        return None


def read(kind: str, schedule: str, length: str, zone_name: str = "") -> Window | str:
    """Return the window that four texts describe, or what is wrong with the first text that cannot be read."""
    when, how_long, where = parse(schedule), duration(length), zone(zone_name)
    if kind not in KINDS:
        return f"the kind {kind!r} is neither allow nor deny"
    if when is None:
        return f"{schedule!r} is not a schedule of five fields, such as `0 18 * * 5`"
    if not how_long:
        return f"{length!r} is not a duration, such as 62h or 1h30m"
    if where is None:
        return f"no time zone is called {zone_name!r}"
    return Window(kind, when, how_long, where, text=f"{kind} {schedule} for {length} {zone_name or 'UTC'}")


def _closed(windows: Sequence[Window], now: datetime) -> list[Window]:
    """Return the windows that would allow a sync, where none of them is open now."""
    if _open(windows, "allow", now):
        return []
    return [window for window in windows if window.kind == "allow"]


def blocking(
    windows: Sequence[Window], now: datetime, *, manual: bool, started: datetime | None = None
) -> list[Window]:
    """Return the windows for which a sync has to wait now; there are none if it may run.

    `manual` says that a person has started the sync, and `started` is the time at which a sync that is under way began.
    """
    denies = _open(windows, "deny", now)
    held = denies or _closed(windows, now)
    if not held:
        return []
    if manual and all(window.manual for window in held):
        return []
    if started is not None and _may_go_on(windows, denies, started, manual):
        return []
    return held


def _may_go_on(windows: Sequence[Window], denies: list[Window], started: datetime, manual: bool) -> bool:
    """Return whether a sync that was allowed to begin may go on: all windows that would stop it now let it overrun."""
    if blocking(windows, started, manual=manual):
        return False
    if denies:
        return all(window.overrun for window in denies)
    before = _open(windows, "allow", started)
    return bool(before) and all(window.overrun for window in before)


def _open(windows: Sequence[Window], kind: str, now: datetime) -> list[Window]:
    return [window for window in windows if window.kind == kind and window.ends(now) is not None]


def reason(held: Sequence[Window], now: datetime) -> str:
    """Return why a sync has to wait, and until when as far as that is known."""
    first = held[0]
    if first.kind == "deny":
        end = max(end for window in held if (end := window.ends(now)) is not None)
        return f"a window is open in which nothing is synced ({first.text}), until {end:%Y-%m-%d %H:%M %Z}"
    following = min((start for window in held for start in _next(window, now)), default=None)
    until = f"; the next one opens at {following:%Y-%m-%d %H:%M %Z}" if following else ""
    return f"no window is open in which a sync may run ({first.text}){until}"


def _next(window: Window, now: datetime) -> list[datetime]:
    start = next(window.schedule.starts(now.astimezone(window.zone)), None)
    return [start] if start else []
