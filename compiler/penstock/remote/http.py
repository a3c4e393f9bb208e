"""Fetching a file from a web server, within bounds of time, size and redirects.

How the answer comes is in `transport.py`, which is imported with the first request: it takes as long to import as a
small repository to check, and most runs fetch nothing.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from penstock.remote.failure import UNAVAILABLE, Failure
from penstock.remote.permit import Hosts, shown
from penstock.remote.request import Ask, Response

Result = TypeVar("Result")


def get(url: str, seconds: float, ask: Ask = Ask()) -> Response:
    """Return the answer of a server."""
    from penstock.remote.transport import answer

    return _within(seconds, url, lambda: answer(url, seconds, ask))


def leads_to(url: str, seconds: float, hosts: Hosts) -> str:
    """Return the URL to which a server redirects git for the repository of a URL, or the URL itself if it does not
    redirect.

    Git itself does not follow redirects here, since it would also follow one to this machine (`remote/git.py`).
    """
    from penstock.remote.transport import end_of

    return _within(seconds, url, lambda: end_of(url, seconds, hosts))


def _within(seconds: float, url: str, ask: Callable[[], Result]) -> Result:
    """Return an answer in time. The time bounds the whole exchange, however slowly the server sends."""
    answers: SimpleQueue[Result | Exception] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001  # raised again below, where someone can catch it
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise Failure(UNAVAILABLE, f"{shown(url)} did not answer in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
