"""Functions for paths: Go's `path`, and `filepath`, which does the same on Unix."""

from penstock.gotemplate.calls import Function


def base(path: str) -> str:
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else "/"


def clean(path: str) -> str:
    """Return the shortest equivalent path."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            elif not rooted:
                parts.append(part)
        elif part not in ("", "."):
            parts.append(part)
    joined = "/".join(parts)
    return f"/{joined}" if rooted else joined or "."


def directory(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


def extension(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def is_absolute(path: str) -> bool:
    return path.startswith("/")


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("base", "osBase"), Function(base, "string")),
    **dict.fromkeys(("clean", "osClean"), Function(clean, "string")),
    **dict.fromkeys(("dir", "osDir"), Function(directory, "string")),
    **dict.fromkeys(("ext", "osExt"), Function(extension, "string")),
    **dict.fromkeys(("isAbs", "osIsAbs"), Function(is_absolute, "string")),
}
