"""The three kinds of globs that Argo CD uses, each translated to an RE2 regular expression, which takes linear time."""

from functools import lru_cache

from penstock.expression import Expression, Invalid, TooMuch

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/ -,@:~#%=<>&\"'`;!")


@lru_cache(maxsize=4096)
def glob(pattern: str, separator: str = "") -> Expression | None:
    """Compile a glob of `gobwas/glob`, used in `include`, `exclude` and AppProjects, or return None if it is malformed.

    Without a separator, `*` matches any text. With a separator, `*` stops at it and `**` does not.
    """
    any_but = f"[^{_quoted(separator)}]" if separator else "."
    return _expression(_glob(pattern, any_but))


@lru_cache(maxsize=4096)
def path_match(pattern: str) -> Expression | None:
    """Compile a glob of Go's `path.Match`, used for the directories of a git generator. It has no `**`."""
    return _expression(_glob(pattern, "[^/]", several=False, braces=False))


@lru_cache(maxsize=4096)
def pathspec(pattern: str) -> Expression | None:
    """Compile a glob of `git ls-files`, used for the files of a git generator: `*` matches slashes, too.

    A pattern without wildcards names a file, or a directory with everything below it.
    """
    if not any(sign in pattern for sign in "*?["):
        return _expression([_quoted(pattern.rstrip("/")), "(/.*)?"])
    return _expression(_glob(pattern, ".", braces=False))


def matches(pattern: Expression | None, text: str) -> bool:
    """Return whether a pattern matches a whole text. Raises `expression.TooMuch`."""
    return pattern is not None and pattern.found_in(text)


def _expression(parts: list[str] | None) -> Expression | None:
    if parts is None:
        return None
    try:
        return Expression(f"(?s)^(?:{''.join(parts)})$")
    except (Invalid, TooMuch):  # it matches nothing
        return None


def _quoted(text: str) -> str:
    return "".join(sign if sign in _PLAIN else f"\\{sign}" if sign.isascii() else sign for sign in text)


def _glob(pattern: str, any_but: str, several: bool = True, braces: bool = True) -> list[str] | None:
    """Return the parts of a regular expression, or None if brackets or braces are not closed."""
    parts: list[str] = []
    depth = at = 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "*":
            is_several = pattern[at : at + 1] == "*"
            while pattern[at : at + 1] == "*":
                at += 1
            parts.append(".*" if is_several and several else f"{any_but}*")
        elif sign == "?":
            parts.append(any_but)
        elif sign == "[":
            end = pattern.find("]", at + 1)
            if end < 0:
                return None
            parts.append(_one_of(pattern[at:end]))
            at = end + 1
        elif sign == "\\" and at < len(pattern):
            parts.append(_quoted(pattern[at]))
            at += 1
        elif braces and sign in "{},":
            # A comma or a closing brace outside of braces is an ordinary character.
            opened = sign == "{" or (depth > 0)
            depth += {"{": 1, "}": -1}.get(sign, 0) if opened else 0
            parts.append({"{": "(?:", "}": ")", ",": "|"}[sign] if opened else _quoted(sign))
        else:
            parts.append(_quoted(sign))
    return parts if depth == 0 else None


def _one_of(content: str) -> str:
    negated = content[:1] in ("!", "^")
    inside = "".join(sign if sign == "-" else _quoted(sign) for sign in content[negated:])
    return f"[{'^' if negated else ''}{inside}]"
