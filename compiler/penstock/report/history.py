"""The syncs of a cluster, as text and as JSON."""

from collections.abc import Mapping, Sequence
from json import dumps

COLUMNS = ("time", "revision", "outcome", "seconds", "who", "did")


def history_text(records: Sequence[Mapping[str, str]], pin: str) -> str:
    """Return a line for each sync, the newest one first."""
    if not records:
        return "no sync of this environment has done anything in this cluster yet\n"
    rows = [{**record, "revision": record["revision"][:12]} for record in records]
    widths = {name: max(len(row[name]) for row in rows) for name in COLUMNS[:-1]}
    lines = [" ".join((*(row[name].ljust(widths[name]) for name in COLUMNS[:-1]), row["did"])) for row in rows]
    if pin:
        lines.insert(0, f"rolled back from {pin[:12]}: nothing up to this commit is synced unasked")
    return "".join(f"{line}\n" for line in lines)


def history_json(records: Sequence[Mapping[str, str]], pin: str, indent: int | None = 2) -> str:
    """Return one document with `pin`, the commit of a rollback or null, and `syncs`. Without `indent` it is one
    line.
    """
    return dumps({"pin": pin or None, "syncs": [dict(record) for record in records]}, indent=indent) + "\n"
