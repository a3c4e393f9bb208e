"""What a credential plugin complains about, without credentials. Pure.

People need the complaint ("the SSO session has expired"). But it may quote a token, a password or a whole request, so
what may be one is withheld: known values, what follows a name such as `password`, and words that nobody would write.
"""

import re
from collections.abc import Iterable, Mapping

from penstock.apply.failure import one_line
from penstock.apply.kubeconfig import Plugin

WITHHELD = "(withheld)"

SECRET = "(?:token|secret|passw|pwd|pass|credential|authorization|bearer|cookie|assertion|signature|api_?key|private)"
OPTION = re.compile(rf"--?[\w-]*{SECRET}[\w-]*", re.IGNORECASE)

NAMED = re.compile(rf"((?:{SECRET}|_key|-key|Key)[\w-]*+[\"']?\s*+[:=]\s*+)(\S.*)", re.IGNORECASE)
"""The end of a name of something secret, and an assignment: all that follows on the line may belong to the value."""

SPOKEN = re.compile(r"((?:bearer|basic|password|passphrase|token|secret)\s+)(\S+)", re.IGNORECASE)
"""A word of the same sense, and the word after it, which may be the value."""

ADDRESS = re.compile(r"(\w+://)(?:[^\s/@]*@)?([^\s?#]*)[?#]?\S*")
"""A URL, of which the user, the password, the query and the fragment are left out."""

RUN = re.compile(r"[A-Za-z0-9+/_=-]*[A-Za-z0-9][A-Za-z0-9+/_=.-]*")
WORD = re.compile(
    r"[A-Za-z]{0,16}|[a-z]{0,24}|[0-9]{0,16}|[A-Za-z0-9]{0,8}|(?:[A-Z]?[a-z]{2,12}){1,4}|[A-Z]{2,8}[0-9]{1,6}"
)
"""What people and programs write: words, numbers, `v1beta1`, `ExpiredTokenException`, `AADSTS70043`. No token is short
enough for it, or has its capitals and digits in such places.
"""

COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

SHORTEST = 4
"""Characters from which a known value is withheld. A shorter one, such as `1`, is part of innocent words."""

MOST = 4096
"""The characters of a complaint that are looked at. Known values are withheld before, since the cut may be in one."""


def told(complaint: str, plugin: Plugin, environ: Mapping[str, str]) -> str:
    """Return a complaint on one line, without what may be a credential."""
    text = COLOUR.sub("", complaint)
    for value in sorted(_known(plugin, environ), key=len, reverse=True):
        text = text.replace(value, WITHHELD)
    text = NAMED.sub(rf"\1{WITHHELD}", text[:MOST])
    text = ADDRESS.sub(r"\1\2", text)
    text = SPOKEN.sub(_unless_speakable, text)
    return one_line(RUN.sub(lambda found: found[0] if _is_speakable(found[0]) else WITHHELD, text))


def _unless_speakable(found: re.Match[str]) -> str:
    """Return both words where the second is plain ("token has expired"), else the first alone."""
    return found[0] if re.fullmatch(r"[A-Za-z]{1,12}[.,:;!]?", found[2]) else found[1] + WITHHELD


def _is_speakable(text: str) -> bool:
    """Return whether a run of characters consists of words, numbers and short names such as `eu-west-1`."""
    return all(WORD.fullmatch(part) for part in re.split(r"[^A-Za-z0-9]+", text))


def _known(plugin: Plugin, environ: Mapping[str, str]) -> Iterable[str]:
    """Yield the values of the kubeconfig and of the environment that may be secret."""
    yield from (value for _, value in plugin.environment if len(value) >= SHORTEST)
    yield from (value for name, value in environ.items() if OPTION.match(f"-{name}") and len(value) >= SHORTEST)
    before = ""
    for argument in plugin.arguments:
        name, _, value = argument.partition("=")
        secret = argument if OPTION.fullmatch(before) else value if OPTION.fullmatch(name) else ""
        if len(secret) >= SHORTEST:
            yield secret
        before = argument
