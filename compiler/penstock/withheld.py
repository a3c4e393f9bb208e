"""The values that no finding may show: they came out of a Secret, and stand somewhere else now.

Code that moves a value out of a Secret (a replacement, a variable, a patch that makes another kind of it) names the
value here. All findings of a target pass through `hide` before anyone sees them, so no rule and no transformer has to
think of it. Reports that are not made of findings (graphs, images, differences) send the names that they show through
`text` and `named`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.model import Compiled, Diagnostic, Edge, Graph, Pointer, ResourceId, Together
from penstock.regex import regex
from penstock.sources import Evaluated, JsonnetValue
from penstock.tree import leaves
from penstock.typed import Any

SHORTEST = 4
"""Characters from which on a value is hidden. One that is shorter is no secret, and would hide half of each message."""

SHOWN = "(withheld)"

OPEN_FIELDS = frozenset(("apiVersion", "kind", "metadata", "type", "immutable", "sops", "status"))
"""Fields of a Secret that hold no values of it. All others do, also those that the API server does not know."""

SHORTEST_ENCODED = 6
"""The same of what is left of a value in base64. A word of a message looks like fewer of its characters by chance."""

SECRET_WORDS = frozenset(
    (
        *("password", "passwd", "passphrase", "pass", "pwd", "secret", "secrets", "token", "tokens", "credentials"),
        *("key", "keys", "apikey", "secretkey", "salt", "dsn", "pin", "htpasswd", "licence", "license"),
    )
)
"""Words of keys whose values are secret, in the values of charts."""

NAMING_WORDS = frozenset(
    ("existing", "name", "names", "ref", "path", "file", "mount", "enabled", "type", "kind", "namespace", "url", "host")
)
"""Words of keys whose values are names or places, whatever else the key says."""

PARTS_OF_NAMES = frozenset(("prefix", "suffix"))
"""Words of keys whose values are parts of names, which stand in many places."""

MOST_LOOKED_FOR = 1_000
"""Values with such keys that are looked for in Secrets. Of more, all count as found."""

_WORDS = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LETTERS = regex(r"[^\x00-\x1f\"'\\]+")
"""What a message shows as it is: it may write the other characters as escapes."""

_SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
"""The capitals of ASCII by their small letters: a text keeps its length, as it does not with `str.lower`."""


GIT_CRYPT = b"\0GITCRYPT\0"
"""The beginning of a file that git-crypt has encrypted."""

UNREADABLE = "git-crypt has encrypted this file"
UNLOCK = "`git-crypt unlock` decrypts the files of a checkout"


def is_encrypted(value: object) -> bool:
    """Return whether a value is one that SOPS has encrypted, so that it is not known here."""
    return isinstance(value, str) and value.startswith("ENC[") and value.endswith("]")


def is_secret(body: Mapping[str, Any]) -> bool:
    """Return whether an object is meant to be a Secret, even if the API server would not accept its spelling."""
    group = str(body.get("apiVersion") or "").rpartition("/")[0]
    return is_secret_kind(str(body.get("kind")), group)


def is_secret_kind(kind: str, group: str) -> bool:
    """Return whether a kind and its group are meant to be those of Secrets."""
    return kind.strip().casefold() == "secret" and group.strip(" /").casefold() in ("", "core")


def holds_value(at: Pointer) -> bool:
    """Return whether a field of a Secret holds a value of it."""
    return bool(at) and at[0] not in OPEN_FIELDS


def in_secrets(bodies: Iterable[Any]) -> list[str]:
    """Return the values of all Secrets among some objects, decoded where they are encoded."""
    secrets = (body for body in bodies if isinstance(body, dict) and is_secret(body))
    values = (each for secret in secrets for each in leaves(secret) if holds_value(each[0]))
    return [_decoded(value) if at[0] == "data" and isinstance(value, str) else str(value) for at, value in values]


def _decoded(value: str) -> str:
    from base64 import b64decode

    try:
        return b64decode(value).decode("utf-8", "replace")
    except ValueError:
        return value


def copied_by_aliases(document: Any) -> list[str]:
    """Return the values of the Secrets and generators of Secrets in a document that stand elsewhere in it, too.

    This is for documents with aliases, which copy a value from anywhere to anywhere. A literal of a generator has its
    key before a `=`.
    """
    if not any(map(_has_values_of_secrets, _mappings_within(document))):
        return []
    inside: set[str] = set()
    elsewhere: set[str] = set()
    below: list[tuple[Any, bool]] = [(document, False)]
    while below:
        each, is_value = below.pop()
        if isinstance(each, dict):
            elsewhere.update(map(str, () if is_value else each))
            below += [(value, is_value or _is_of_secret(each, key)) for key, value in each.items()]
        elif isinstance(each, list):
            below += [(value, is_value) for value in each]
        else:
            (inside if is_value else elsewhere).add(str(each))
    copied = sorted(inside & elsewhere)
    return [*copied, *(text.partition("=")[2] for text in copied)]


def _has_values_of_secrets(mapping: Mapping[Any, Any]) -> bool:
    return is_secret(mapping) or mapping.get("kind") == "SecretGenerator" or "secretGenerator" in mapping


def _is_of_secret(parent: Mapping[Any, Any], key: Any) -> bool:
    """Return whether a field of any mapping holds values of a Secret: one that is written, or one that is generated."""
    if key == "secretGenerator":
        return True
    generates = parent.get("kind") == "SecretGenerator" and key == "literals"
    return generates or (is_secret(parent) and key not in OPEN_FIELDS)


def gone_into_secrets(given: Iterable[Any], bodies: Iterable[Any] | None) -> Iterator[str]:
    """Yield those values of a chart that stand in one of the Secrets that the chart makes; all that may, if `bodies` is
    None because the chart has made nothing.

    Users, hosts and ports stand in Secrets and in many other places, so a value counts only if its key is one that
    secrets have.
    """
    texts = "\0".join(in_secrets(bodies)) if bodies is not None else ""
    if bodies is not None and not texts:
        return
    found = [(at, str(value)) for tree in given for at, value in leaves(tree) if looks_secret(at)]
    if bodies is None:
        yield from (value for at, value in found if not _names_something(at))
    else:
        yield from (value for _, value in found if len(found) > MOST_LOOKED_FOR or value in texts)


def gone_from_jsonnet(given: Sequence[JsonnetValue], made: Evaluated | None) -> Iterator[str]:
    """Yield those of the values that a Jsonnet file was given that stand in one of the Secrets that it makes; all that
    may, if it has failed.
    """
    if not given:
        return iter(())  # a large result takes long to walk through
    bodies = _secrets_within(made.value) if made is not None else None
    return gone_into_secrets([_of_code(each) if each.is_code else {each.name: each.text} for each in given], bodies)


def _of_code(given: JsonnetValue) -> dict[str, list[Any]]:
    """Return the texts that are written out in a value that is Jsonnet, with the keys before them."""
    found: list[Any] = []
    words = [match[0].strip("'\"") for match in _CODE.finditer(given.text)]
    for before, colon, text in zip(["", "", *words], ["", *words], words, strict=False):
        found.append({before: text} if colon.strip(":") == "" and colon else text)
    return {given.name: found}


_CODE = regex(r"'[^']*'|\"[^\"]*\"|\w+|:+")


def _secrets_within(value: Any) -> Iterator[Any]:
    """Yield the Secrets in a value that was computed, however deep in lists and mappings they are."""
    return filter(is_secret, _mappings_within(value))


def _mappings_within(value: Any) -> Iterator[dict[Any, Any]]:
    below = [value]
    while below:
        each = below.pop()
        if isinstance(each, dict):
            yield each
            below += each.values()
        elif isinstance(each, list):
            below += each


def looks_secret(at: Pointer) -> bool:
    """Return whether the key of a value, or a key above it, says that the value is secret, such as `adminPassword` or
    `API_TOKEN`. The prefix of a Secret's name is none.
    """
    words = (word for step in at if isinstance(step, str) for word in _words_of(step))
    return not SECRET_WORDS.isdisjoint(words) and PARTS_OF_NAMES.isdisjoint(_words_of(_key_of(at)))


def _names_something(at: Pointer) -> bool:
    """Return whether the key of a value says that the value is a name, such as `existingSecret` or `tokenPath`."""
    return not NAMING_WORDS.isdisjoint(_words_of(_key_of(at)))


def _key_of(at: Pointer) -> str:
    """Return the last key on the way to a value."""
    return next((step for step in reversed(at) if isinstance(step, str)), "")


def _words_of(key: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(key)]


class Withheld:
    """The values to hide."""

    def __init__(self) -> None:
        self._pieces: dict[str, None] = {}
        self._index: _Index | None = None

    def add(self, value: str) -> None:
        """Hide a value, and each line of it, from now on; what SOPS has encrypted is hidden already."""
        if is_encrypted(value.strip()):
            return
        for piece in map(str.strip, _LETTERS.findall(value)):
            if len(piece) >= SHORTEST and piece not in self._pieces:
                self._pieces[piece] = None
                self._index = None

    def add_all(self, others: "Withheld") -> None:
        """Hide everything that is hidden by others."""
        if not others._pieces.keys() <= self._pieces.keys():
            self._pieces |= others._pieces
            self._index = None

    def add_tree(self, tree: Any) -> None:
        """Hide every text and number of a tree from now on."""
        for _, leaf in leaves(tree):
            content = getattr(leaf, "content", None)
            if content is not None:  # it has the tag !!null
                self.add_tree(content)
            elif not isinstance(leaf, bool | dict | list | None):
                self.add(str(leaf))

    def hide(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings without the values."""
        return [self._hidden(finding) for finding in findings] if self._pieces else list(findings)

    def _hidden(self, finding: Diagnostic) -> Diagnostic:
        resource = finding.resource
        return finding._replace(
            message=self.text(finding.message),
            resource=self.named(resource) if resource is not None else None,
            notes=tuple((where, self.text(note)) for where, note in finding.notes),
            hint=self.text(finding.hint),
            others=tuple(map(self.named, finding.others)),
        )

    def named(self, identity: ResourceId) -> ResourceId:
        """Return an identity without the values."""
        return ResourceId(*map(self.text, identity)) if self._pieces else identity

    def together(self, found: Together) -> Together:
        """Return targets whose objects are named without the values. Two objects may have the same name then."""
        if not self._pieces:
            return found
        needs = (
            need._replace(why=self.text(need.why), edge=need.edge and self._edge(need.edge)) for need in found.needs
        )
        return found._replace(compiled=[*map(self._compiled, found.compiled)], needs=tuple(needs))

    def _compiled(self, found: Compiled) -> Compiled:
        resources = [each.fork() for each in found.resources]
        for resource in resources:
            resource.id = self.named(resource.id)
        waves = (tuple(map(self.named, wave)) for wave in found.graph.waves)
        return found._replace(resources=resources, graph=Graph((*map(self._edge, found.graph.edges),), tuple(waves)))

    def _edge(self, edge: Edge) -> Edge:
        return edge._replace(src=self.named(edge.src), dst=self.named(edge.dst))

    def text(self, text: str) -> str:
        """Return a text without the values, even where a value has been encoded or cut off."""
        if not self._pieces:
            return text
        if self._index is None:
            self._index = _Index(spelt for piece in self._pieces for spelt in spellings(piece))
        return self._index.without(text)


def spellings(value: str) -> Iterator[str]:
    """Yield a value, and its forms in base64, in URLs and in Go's JSON, as far as they differ from it."""
    yield value
    encoded = _in_base64(value)
    yield from encoded
    yield from (text.replace("+", "-").replace("/", "_") for text in encoded if "+" in text or "/" in text)
    if not value.isalnum():
        from urllib.parse import quote, quote_plus

        written = value.encode("utf-8", "surrogatepass")
        yield from {quote(written, safe=""), quote(written), quote_plus(written)}
        yield value.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _in_base64(value: str) -> list[str]:
    """Return the parts of a value's base64 text that are the same whatever stands before and after the value.

    Three bytes become four letters. So the value may begin at three positions of such a group, and a letter that shares
    bits with a neighbouring byte is left out.
    """
    from base64 import b64encode

    written = value.encode("utf-8", "surrogatepass")
    found = [b64encode(written).decode().rstrip("=")]
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(written)) * 8 // 6
        found.append(b64encode(b" " * before + written).decode()[first:last])
    return [text for text in found if len(text) >= SHORTEST_ENCODED]


LONG, FEW = 1_000, 200
"""Characters of a text, and beginnings, from and up to which it is quicker to look for one beginning after another."""


class _Index:
    """A search for many texts at once, in capitals and small letters. The number of texts does not slow it down."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = {text.translate(_SMALL) for text in texts}
        self._sorted: list[str] = []
        lengths: dict[str, set[int]] = {}
        for text in self._texts:
            lengths.setdefault(text[:SHORTEST], set()).add(len(text))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}
        """The lengths of the texts that begin with these characters, the longest first."""
        self._known: dict[str, str] = {}
        """The results for long texts: the name of an object is asked for many times."""

    def without(self, text: str) -> str:
        """Return the text with `SHOWN` in the place of everything that is found."""
        if len(text) < LONG:
            return self._without(text)
        if text not in self._known:
            self._known[text] = self._without(text)
        return self._known[text]

    def _without(self, text: str) -> str:
        small = text.translate(_SMALL)
        cut = {end for end, character in enumerate(text) if character == "…"} if "…" in text else set()
        pieces: list[str] = []
        shown = 0
        for at in self._places(small):
            end = self._end(small, at, cut) if at >= shown else 0
            if end:
                pieces += (text[shown:at], SHOWN)
                shown = end
        return "".join((*pieces, text[shown:])) if pieces else text

    def _places(self, small: str) -> Iterable[int]:
        """Return the positions, in order, at which a text may begin."""
        if len(small) < LONG or len(self._lengths) > FEW:
            return range(len(small) - SHORTEST + 1)
        found: set[int] = set()
        for start in self._lengths:
            at = small.find(start)
            while at >= 0:
                found.add(at)
                at = small.find(start, at + 1)
        return sorted(found)

    def _end(self, small: str, at: int, cut: Iterable[int]) -> int:
        """Return where a text that begins at this position ends, or 0 if none begins here."""
        lengths = self._lengths.get(small[at : at + SHORTEST])
        if lengths is None:
            return 0
        found = next((length for length in lengths if small[at : at + length] in self._texts), 0)
        if found:
            return at + found
        return next((end for end in cut if end >= at + SHORTEST and self._begins(small[at:end])), 0)

    def _begins(self, start: str) -> bool:
        """Return whether a text begins at this position."""
        if not self._sorted:
            self._sorted = sorted(self._texts)
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)
