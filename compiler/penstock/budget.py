"""The bounds of a run. Whoever crosses one gets a finding at the place that did it.

A repository can describe, in a few lines, more than any machine can hold. Input that would exhaust Kustomize is refused
here, and no tree that people write comes near a bound. A user who needs more says so on the command line (`--bound`);
the repository cannot.
"""

from penstock.records import NamedTuple
from penstock.typed import Any

SHARE = 10
"""For each target of a run, the tenth part of a bound is forgotten of what the targets before it have taken."""

SHARES = {"steps": 25, "kustomizations": 50, "values": 100}
"""The same for bounds of which targets need less: most charts need less than a fiftieth of the steps, and targets of
thousands of objects less than a hundredth of the values.
"""

BYTES_OF_A_BOUND = 512 * 1024
"""For each so many bytes of files that a run has read, one more whole bound is forgotten."""

BYTES_OF_ALL_OBJECTS = 4 * 1024 * 1024
"""The same for objects: those that people write have some hundred bytes, and 30,000 of them many MiB."""


MAX_VALUES = 500_000
"""Keys, values, mappings and lists in one file, unless the user says otherwise. Definitions of custom resources have
one for each 47 bytes or more, so no file of them below 23 MB comes near.
"""


class Bounds(NamedTuple):
    """The most that one target may take. The names of the fields are those of `--bound`."""

    levels: int = 1_000
    """Kustomizations inside one another."""
    kustomizations: int = 10_000
    """Kustomizations and components that are worked on, each as often as it is named."""
    objects: int = 30_000
    """Objects, those of a base again for each kustomization that has it beside others."""
    values: int = 5_000_000
    """Values that aliases, patches, labels, replacements and variables make; a text counts once for 16 characters."""
    depth: int = 500
    """Mappings and lists inside one another, where replacements and patches make them."""
    output: int = 128 * 1024 * 1024
    """Characters that generators read and that are printed."""
    file: int = MAX_VALUES
    """Keys, values, mappings and lists in one file."""
    files: int = 2 * MAX_VALUES
    """Keys, values, mappings and lists in all files that are read for a target."""
    steps: int = 5_000_000
    """Steps of all templates of a chart. One of the largest public charts, Sentry with all that it depends on, needs a
    quarter; a key of 2,048 bits takes a sixtieth.
    """
    cost: int = 3_000_000
    """What the expressions of definitions and policies cost for all objects of a run (`validate.patience`)."""
    seconds: int = 5
    """Seconds of processor time of all Jsonnet of a run (`jsonnet.seconds`)."""


class Over(Exception):  # noqa: N818  # carries a finding, is none
    """A bound has been crossed, by the target alone, or together with the targets before it, which had left `left` of
    the bound.
    """

    def __init__(self, name: str, bound: int, left: int | None = None) -> None:
        message = f"this goes beyond the bound of {bound:,} {_WHAT[name]}"
        if left is not None:
            message = f"{message}: the targets before it in this run have left {left:,} of them"
        super().__init__(message)
        self.name = name
        self.is_of_the_run = left is not None


_WHAT = {
    "levels": "kustomizations inside one another",
    "kustomizations": "kustomizations of one target",
    "objects": "objects of one target",
    "values": "values that one target may make",
    "depth": "mappings and lists inside one another",
    "output": "characters of output",
    "file": "keys and values of one file",
    "files": "keys and values in the files of one target",
    "steps": "steps of the templates of one chart",
}


class Budget:
    """What is left of the bounds: of one target, or of those of a run, one after the other.

    A target may take what a bound allows. What is more than a tenth of that is counted against those that come after
    it, as far as the run has not read files that account for it. So many targets of a size that people write take
    nothing from each other, a large repository may take as much as it is large, and small files that describe many
    targets close to a bound do not take as much time as there are of them.
    """

    __slots__ = ("_before", "_forgiven", "_refused", "_spent", "bounds")

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self.bounds = bounds
        self._before = dict.fromkeys(Bounds._fields, 0)
        """What is counted of what earlier targets have taken."""
        self._forgiven = dict.fromkeys(Bounds._fields, 0)
        """What the bytes that were read have accounted for."""
        self._spent = dict.fromkeys(Bounds._fields, 0)
        self._refused = dict.fromkeys(Bounds._fields, 0)
        """How many targets have used up what was left for them."""

    def next_target(self, bounds: Bounds, read: int) -> None:
        """Go on with another target, after so many bytes of files were read."""
        self.bounds = bounds
        for name, bound in zip(Bounds._fields, bounds, strict=True):
            # Targets that find out that nothing is left take time as well: all of them together take two shares.
            self._refused[name] += self._spent[name] >= bound
            share = bound // SHARES.get(name, SHARE) // (1 + self._refused[name]) ** 2
            beyond = max(min(self._spent[name], bound) - share, 0)
            each = BYTES_OF_ALL_OBJECTS if name == "objects" else BYTES_OF_A_BOUND
            forgiven = min(beyond, max(bound * read // each - self._forgiven[name], 0))
            self._forgiven[name] += forgiven
            self._before[name] = beyond - forgiven
        self._spent = dict(self._before)

    @property
    def is_light(self) -> bool:
        """Whether nothing counts against the next target: neither this one nor any before it has taken more than its
        share.
        """
        return not any(
            self._before[name] or self._refused[name] or self._spent[name] > bound // SHARES.get(name, SHARE)
            for name, bound in zip(Bounds._fields, self.bounds, strict=True)
        )

    def left(self, name: str) -> int:
        """Return what is left of a bound."""
        bound: int = getattr(self.bounds, name)
        return max(bound - self._spent[name], 0)

    def spend(self, name: str, amount: int) -> None:
        """Count an amount. Raises `Over` where a bound is crossed."""
        self._spent[name] += amount
        self.check(name, self._spent[name])

    def count(self, name: str, amount: int) -> None:
        """Count an amount that a target has in all, as far as it has not been spent. Raises `Over`."""
        self._spent[name] = max(self._spent[name], self._before[name] + amount)
        self.check(name, self._spent[name])

    def check(self, name: str, amount: int) -> None:
        """Raises `Over` where an amount is more than a bound."""
        bound = getattr(self.bounds, name)
        if amount > bound:
            before = self._before[name]
            raise Over(name, bound, bound - before if amount - before <= bound else None)


def is_beyond_as_json(text: str | bytes, most: int = MAX_VALUES) -> bool:
    """Return whether a text of JSON has more keys and values than a file may have, before it is parsed.

    Each of them stands behind a bracket, a comma or a colon. Only those outside of texts count.
    """
    data = text.encode(errors="replace") if isinstance(text, str) else text
    if sum(map(data.count, _BEFORE_VALUES)) <= most:
        return False
    # Of the rest, only quotes and these signs are kept: copies of a long text are large.
    signs = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _OTHER_BYTES)
    texts = signs.count(b'"') // 2 + 1
    return texts > most or sum(map(len, signs.split(b'"')[::2])) > most


_BEFORE_VALUES = (b",", b"[", b"{", b":")
_OTHER_BYTES = bytes(set(range(256)) - set(b',[{:"'))

PER_VALUE = 16
"""Characters of a text that count as one value."""


def cost(tree: Any) -> tuple[int, int]:
    """Return the number of values in a tree, and its depth. A part that is shared by several places counts for each of
    them.

    The time is linear in the size of what is held in memory, where each shared part counts once.
    """
    if tree.__class__ is not dict and tree.__class__ is not list:
        return cost_of_scalar(tree), 0
    known: dict[int, tuple[int, int]] = {}
    waiting = [tree]
    while waiting:
        top = waiting[-1]
        children = list(top.values() if top.__class__ is dict else top)
        inner = [child for child in children if child.__class__ is dict or child.__class__ is list]
        missing = [child for child in inner if id(child) not in known]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if id(top) not in known:
            values = sum(map(cost_of_scalar, children)) + sum(known[id(child)][0] for child in inner)
            values += sum(map(cost_of_scalar, top)) if top.__class__ is dict else 0
            known[id(top)] = values + 1, 1 + max((known[id(child)][1] for child in inner), default=0)
    return known[id(tree)]


def cost_of_scalar(value: Any) -> int:
    """Return what one scalar counts. A mapping or list counts nothing."""
    if value.__class__ is str:
        return 1 + len(value) // PER_VALUE
    return 0 if value.__class__ is dict or value.__class__ is list else 1
