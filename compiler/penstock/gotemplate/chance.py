"""The source of numbers for random functions: the same seed, call site and number of the call give the same numbers.

So the same sources give the same passwords and keys, whenever and wherever they are rendered. Without a seed, the
numbers come from the operating system, as in Helm.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from penstock.gotemplate.calls import Frame

State = tuple[bytes, bytes, int]


class Chance:
    """A stream of random bytes."""

    def __init__(self, seed: str | None) -> None:
        self._seed = None if seed is None else seed.encode("utf-8", "surrogateescape")
        self._left = b""
        self._block = 0

    @property
    def state(self) -> "State":
        """Everything that determines the bytes to come. It determines nothing where the stream is free."""
        return self._seed or b"", self._left, self._block

    def go_to(self, state: "State") -> "Chance":
        """Continue from the state of another stream, and return this stream."""
        self._seed, self._left, self._block = state
        return self

    @property
    def is_free(self) -> bool:
        """Whether nothing determines the bytes to come."""
        return self._seed is None

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if self._seed is None:
            return secrets.token_bytes(count)
        blocks = [self._left]
        size = len(self._left)
        while size < count:
            blocks.append(sha256(self._seed + self._block.to_bytes(8, "big")).digest())
            self._block += 1
            size += 32
        data = b"".join(blocks)
        self._left = data[count:]
        return data[:count]

    def below(self, bound: int) -> int:
        """Return a number from 0 up to but excluding a bound, each with equal probability."""
        size = (bound.bit_length() + 7) // 8
        most = 256**size - 256**size % bound
        while True:
            number = int.from_bytes(self.take(size), "big")
            if number < most:
                return number % bound

    def of(self, choices: Sequence[str]) -> str:
        return choices[self.below(len(choices))]

    def text(self, count: int, characters: str) -> str:
        """Return a text of random characters out of at most 256, as `of` draws them one after the other."""
        most = 256 - 256 % len(characters)
        drawn: list[str] = []
        while len(drawn) < count:
            drawn += [characters[byte % len(characters)] for byte in self.take(count - len(drawn)) if byte < most]
        return "".join(drawn)


def chance_at(f: Frame, function: str) -> Chance:
    """Return the stream for one call of a function, and report the call to the caller of this package."""
    execution = f.execution
    place = f.place
    execution.report(function, place)
    seed = execution.services.seed
    if seed is None:
        return Chance(None)
    ordinal = execution.ordinal(place)
    return Chance("\0".join((seed, place.name, str(place.line), str(place.column), function, str(ordinal))))
