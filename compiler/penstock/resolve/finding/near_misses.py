"""What was probably meant where a selector matches nothing."""

from collections.abc import Iterable, Mapping

from penstock.model import Resource

MAX_NAMES = 5
"""As many names are listed."""


def near(resources: Iterable[Resource], selector: Mapping[str, str]) -> str:
    """A hint from the names of the objects that have the kind of the selector."""
    import difflib

    kind = selector.get("kind", "")
    names = sorted({r.id.name for r in resources if kind in ("", r.id.kind)})
    if not names:
        return f"there is no {kind} here" if kind else "there are no objects here"
    found = difflib.get_close_matches(selector.get("name", ""), names, 1)
    if found:
        return f"did you mean {found[0]}?"
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"there are: {', '.join(names[:MAX_NAMES])}{rest}"
