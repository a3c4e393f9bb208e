"""Sprig's functions for regular expressions. They use RE2, which takes time linear in the length of the text."""

import re
from collections.abc import Iterator

from penstock.expression import Expression, Invalid, TooMuch, expression
from penstock.gotemplate.bounds import size_of
from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.values import BROKEN, NilStrings, Strings
from penstock.typed import Any

REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))", re.ASCII)
SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def compiled(f: Frame, text: str, panics: bool = True) -> Expression:
    """Return a compiled expression. Raises `Failure` with the words of `MustCompile` if `panics`, else of `Compile`."""
    f.meter.spend(1 + len(text) // 4)
    broken = BROKEN.search(text)
    if broken:
        raise _invalid(text, f"invalid UTF-8: `{text[broken.start() :]}`", panics)
    try:
        return expression(text)
    except Invalid as problem:
        raise _invalid(text, str(problem), panics) from None
    except TooMuch:
        raise Exceeded("this regular expression is too large") from None


def _invalid(text: str, problem: str, panics: bool) -> Failure:
    message = f"error parsing regexp: {problem}"
    shown = quote(text) if BROKEN.search(text) else f'"{text}"' if "`" in text else f"`{text}`"
    return Failure(f"regexp: Compile({shown}): {message}" if panics else message)


def each(f: Frame, found: Expression, text: str) -> Iterator[Any]:
    """Yield the matches. Each costs steps in proportion to the text, since finding a match may go over all of it."""
    cost = 1 + len(text) // 256
    try:
        for match in found.each(text):
            f.meter.spend(cost)
            yield match
    except TooMuch:
        raise Exceeded("to match this regular expression takes too long") from None


def regex_match(f: Frame, regex: str, text: str) -> bool:
    try:
        return must_regex_match(f, regex, text)
    except Exceeded:
        raise
    except Failure:
        return False


def must_regex_match(f: Frame, regex: str, text: str) -> bool:
    return next(each(f, compiled(f, regex, panics=False), text), None) is not None


def _find_all(f: Frame, found: Expression, text: str, count: int) -> Strings:
    result = Strings()
    if count:
        for match in each(f, found, text):
            result.append(match.group())
            if len(result) == count:
                break
    return result or NilStrings()


def regex_find_all(f: Frame, regex: str, text: str, count: int) -> Strings:
    return _find_all(f, compiled(f, regex), text, count)


def must_regex_find_all(f: Frame, regex: str, text: str, count: int) -> Strings:
    return _find_all(f, compiled(f, regex, panics=False), text, count)


def _find(f: Frame, found: Expression, text: str) -> str:
    match = next(each(f, found, text), None)
    return "" if match is None else str(match.group())


def regex_find(f: Frame, regex: str, text: str) -> str:
    return _find(f, compiled(f, regex), text)


def must_regex_find(f: Frame, regex: str, text: str) -> str:
    return _find(f, compiled(f, regex, panics=False), text)


def _replaced(f: Frame, found: Expression, text: str, by: str, is_literal: bool) -> str:
    pieces: list[str] = []
    at = size = 0
    f.meter.spend(by.count("$") // 2)  # each call looks at all references, even if nothing matches
    parts = [by] if is_literal else _parts(found, by)
    groups = {part for part in parts if isinstance(part, int)}
    for match in each(f, found, text):
        f.meter.spend(len(parts) // 4)  # a replacement of many references takes time even if it inserts nothing
        inserted = {number: match.group(number) or "" for number in groups}
        new = "".join([part if isinstance(part, str) else inserted[part] for part in parts])
        size += len(new)
        if size > 4096:
            f.meter.write(size_of(new))
        pieces += text[at : match.start()], new
        at = match.end()
    return "".join([*pieces, text[at:]])


def _parts(found: Expression, layout: str) -> list[str | int]:
    """Return a replacement as texts and numbers of groups, as `Regexp.Expand` reads it."""
    parts: list[str | int] = []
    at = 0
    for reference in REFERENCE.finditer(layout):
        parts.append(layout[at : reference.start()])
        at = reference.end()
        if reference[1]:
            parts.append("$")
            continue
        number = found.group_number(reference[2] or reference[3])
        if number is not None:
            parts.append(number)
    parts.append(layout[at:])
    return parts


def regex_replace_all(f: Frame, regex: str, text: str, by: str) -> str:
    return _replaced(f, compiled(f, regex), text, by, False)


def must_regex_replace_all(f: Frame, regex: str, text: str, by: str) -> str:
    return _replaced(f, compiled(f, regex, panics=False), text, by, False)


def regex_replace_all_literal(f: Frame, regex: str, text: str, by: str) -> str:
    return _replaced(f, compiled(f, regex), text, by, True)


def must_regex_replace_all_literal(f: Frame, regex: str, text: str, by: str) -> str:
    return _replaced(f, compiled(f, regex, panics=False), text, by, True)


def _split(f: Frame, found: Expression, text: str, count: int) -> Strings:
    if count == 0:
        return Strings()
    if found.text and not text:
        return Strings([""])
    parts = Strings()
    start = end = 0
    for match in each(f, found, text):
        if len(parts) == count - 1:
            break
        end = match.start()
        if match.end():
            parts.append(text[start:end])
        start = match.end()
    if end != len(text):
        parts.append(text[start:])
    return parts


def regex_split(f: Frame, regex: str, text: str, count: int) -> Strings:
    return _split(f, compiled(f, regex), text, count)


def must_regex_split(f: Frame, regex: str, text: str, count: int) -> Strings:
    return _split(f, compiled(f, regex, panics=False), text, count)


def regex_quote_meta(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text)


FUNCTIONS: dict[str, Function] = {
    "mustRegexFind": Function(must_regex_find, "string string", site=True, cost=20),
    "mustRegexFindAll": Function(must_regex_find_all, "string string int", site=True, cost=20),
    "mustRegexMatch": Function(must_regex_match, "string string", site=True, cost=20),
    "mustRegexReplaceAll": Function(must_regex_replace_all, "string string string", site=True, cost=20),
    "mustRegexReplaceAllLiteral": Function(must_regex_replace_all_literal, "string string string", site=True, cost=20),
    "mustRegexSplit": Function(must_regex_split, "string string int", site=True, cost=20),
    "regexFind": Function(regex_find, "string string", site=True, cost=20),
    "regexFindAll": Function(regex_find_all, "string string int", site=True, cost=20),
    "regexMatch": Function(regex_match, "string string", site=True, cost=20),
    "regexQuoteMeta": Function(regex_quote_meta, "string", cost=20),
    "regexReplaceAll": Function(regex_replace_all, "string string string", site=True, cost=20),
    "regexReplaceAllLiteral": Function(regex_replace_all_literal, "string string string", site=True, cost=20),
    "regexSplit": Function(regex_split, "string string int", site=True, cost=20),
}
