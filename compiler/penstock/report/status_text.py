"""The status of an environment for people: a line for each object, and below it the differences and the reasons."""

from collections.abc import Iterator

from penstock.cluster import LastSync, Status


def status_text(environment: str, status: Status) -> str:
    """Return the whole report. Each line ends with a newline."""
    return "".join(f"{line}\n" for line in _lines(environment, status))


def _lines(environment: str, status: Status) -> Iterator[str]:
    yield f"{environment}: {status.sync} with {status.branch} at {status.revision[:12]}, {status.health}"
    yield f"  last sync: {_last_sync(status.last)}"
    for item in status.objects:
        yield f"  {item.sync:9}  {item.health.word:11}  {item.id}"
        for line in (item.health.reason, *item.details):
            if line:
                yield f"  {'':9}  {'':11}    {line}"


def _last_sync(last: LastSync) -> str:
    if not last.attempt:
        return "never"
    if last.phase == "applying":
        complete = f"complete at {last.revision[:12]}" if last.revision else "never complete"
        return f"begun at {last.attempt[:12]} and not completed; {complete}"
    return f"at {last.revision[:12]}"
