"""What is said of an object that is not well when a sync ends."""

from typing import Literal

from penstock.apply.meant import TIME_LIMIT
from penstock.cluster import Health
from penstock.model import ResourceId
from penstock.records import NamedTuple

UNREADABLE = "cannot be read: "
"""How the reason of an object begins that is Unknown because the server does not tell."""

UNCLEAR = "rules say what the status of its kind means: see `health` in penstock.yaml"
"""The hint about an object that is Unknown because of what its status says."""


class End(NamedTuple):
    """What has ended the waiting for an object, and after how many seconds where it is a limit."""

    by: Literal["newer commit", "own limit", "timeout"]
    seconds: float = 0.0


def blamed(key: ResourceId, state: Health, end: End) -> tuple[str, str, str]:
    """Return the code, the message and the hint of the finding."""
    if state.word == "Degraded":
        return "PS616", f"{key} is Degraded: {state.reason}", ""
    if state.word == "Unknown" and not state.reason.startswith(UNREADABLE):
        return "PS617", f"{key} is Unknown: {state.reason}", UNCLEAR
    if state.word != "Progressing":
        return "PS617", f"{key} is {state.word}: {state.reason}", ""
    if end.by == "newer commit":
        return "PS617", f"{key} is still Progressing: {state.reason}", ""
    message = f"{key} is still Progressing after {end.seconds:.0f} s: {state.reason}"
    own = f"its annotation {TIME_LIMIT} says how long it is waited for"
    return "PS617", message, own if end.by == "own limit" else "--timeout waits longer"
