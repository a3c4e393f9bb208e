"""The texts in which Argo CD's layout describes the commit that was rendered.

Source: `commitserver/commit` and `util/hydrator` of Argo CD 3.5; "Custom hydrators" of the manual of GitOps Promoter.
"""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from penstock.emit.argocd import METADATA, README, Dry, path_of
from penstock.emit.names import Files
from penstock.typed import Any
from penstock.words import printable


def stamps(dry: Dry, folders: Iterable[str]) -> Files:
    """Return the files that name the source of changed manifests: those at the root and in the folders of the
    targets.
    """
    files: Files = {}
    for folder in folders:
        commands = [f"penstock hydrate --create --target {shlex.quote(folder)}"]
        said = {"repoURL": dry.address, "drySha": dry.commit, "commands": commands}
        files[path_of(folder, METADATA)] = _json(said)
        files[path_of(folder, README)] = _readme(dry, commands).encode("utf-8", "surrogateescape")
    files[METADATA] = _json(metadata(dry))
    return files


def metadata(dry: Dry) -> dict[str, Any]:
    """Return the content of `hydrator.metadata` at the root for a commit, without empty fields."""
    subject, _, body = dry.message.partition("\n\n")
    references, rest = references_of(body)
    said = {
        "repoURL": dry.address,
        "drySha": dry.commit,
        "author": dry.author,
        "date": _date(dry.date),
        "subject": subject,
        "body": rest,
        "references": references,
    }
    return {key: value for key, value in said.items() if value}


def message_of(dry: Dry) -> tuple[str, list[str]]:
    """Return the text of a hydrated commit in Argo CD's wording, and the trailers that follow."""
    said = metadata(dry)
    subject = printable(str(said.get("subject", ""))) or "Render"
    body = str(said.get("body", "")).strip()
    authors = [str(each["commit"].get("author", "")) for each in said.get("references", ())] + [dry.author]
    text = f"{dry.commit[:7]}: {subject}\n\n" + (f"{body}\n\n" if body else "")
    return text, [f"Co-authored-by: {printable(author)}" for author in dict.fromkeys(authors) if author]


# --- trailers, by which a commit refers to one of another repository --------------------------------------------------

_TRAILER = re.compile("Argocd-reference-commit-([a-z]+): (.*)")
_FIELDS = ("author", "date", "subject", "body", "sha", "repourl")
_PERSON = re.compile(r"(?:[^<>@]* <)?[^<>@\s]+@[^<>@\s]+>?")
_ADDRESS = re.compile(r"(?:[^%\s]|%[0-9A-Fa-f]{2})+")


def references_of(body: str) -> tuple[list[dict[str, Any]], str]:
    """Return the commit to which the trailers of a message refer, and the message without these trailers. Invalid
    trailers stay in the message.
    """
    known: dict[str, str] = {}
    rest = ""
    for line in body.splitlines():
        found = _TRAILER.fullmatch(line)
        value = _valid(found[1], found[2]) if found else ""
        if found and value:
            known[found[1]] = value
        else:
            rest += f"{line}\n"
    names = {"repourl": "repoURL"}
    commit = {names.get(field, field): known[field] for field in _FIELDS if field in known}
    return [{"commit": commit}] if commit else [], rest


def _valid(field: str, value: str) -> str:
    """Return the value of a trailer; empty if it is invalid."""
    if field == "body":
        return _text_in_json(value)
    patterns = {"author": _PERSON, "sha": re.compile("[0-9a-f]+"), "repourl": _ADDRESS, "subject": re.compile(".+")}
    if field in patterns:
        return value if patterns[field].fullmatch(value) else ""
    return value if field == "date" and _is_time(value) else ""


def _text_in_json(value: str) -> str:
    try:
        text = json.loads(value)
    except (ValueError, RecursionError):
        return ""
    return text if isinstance(text, str) else ""


def _is_time(value: str) -> bool:
    """Return whether a value is a time with a zone in the format of RFC 3339."""
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


# --- texts ------------------------------------------------------------------------------------------------------------


def _json(said: Mapping[str, Any]) -> bytes:
    """Return JSON as Go's encoder writes it, with an indentation of two spaces and without escapes for HTML."""
    text = json.dumps({key: value for key, value in said.items() if value}, indent=2, ensure_ascii=False)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{text}\n".encode("utf-8", "replace")


def _readme(dry: Dry, commands: Sequence[str]) -> str:
    clone = f"git clone {printable(dry.address)}".rstrip()
    lines = [clone, "# cd into the cloned directory", f"git checkout {dry.commit}", *map(printable, commands)]
    block = "\n".join(lines).replace("```", "'''")
    return (
        "# Manifest Hydration\n\nTo hydrate the manifests in this repository, run the following commands:\n\n"
        f"```shell\n{block}\n```\n"
    )


def _date(date: str) -> str:
    """Convert seconds with a zone to RFC 3339."""
    seconds, zone = date.split()
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes)) if minutes else UTC
    return datetime.fromtimestamp(int(seconds), offset).isoformat().replace("+00:00", "Z")
