"""The sync windows of `penstock.yaml`."""

from collections.abc import Iterator

from penstock.model import Tree
from penstock.windows import Selection, Window
from penstock.windows import read as read_window


def window_of(entry: Tree) -> Window | str:
    """Return the window of an entry, or the reason why it is none."""
    found = read_window(entry["kind"], entry["schedule"], entry["duration"], entry.get("timeZone", ""))
    if isinstance(found, str):
        return found
    text = f"{found.text}: {entry['reason']}" if "reason" in entry else found.text
    return found._replace(manual=entry.get("manualSync", False), overrun=entry.get("syncOverrun", False), text=text)


def selections_of(body: Tree) -> Iterator[Selection]:
    for entry in body.get("windows", ()):
        window = window_of(entry)
        if not isinstance(window, str):
            environments, clusters, namespaces = (
                tuple(entry.get(field, ())) for field in ("environments", "clusters", "namespaces")
            )
            yield Selection(window, environments, clusters, namespaces, entry.get("andOperator", False))
