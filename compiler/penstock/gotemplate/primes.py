"""RSA keys from a stream of random bytes, so that a seed gives the same key again.

OpenSSL accepts no random numbers from outside, so the primes are searched for here. A sieve leaves an eighth of the
odd numbers as candidates, of which about one in forty is a prime of 1,024 bits. The caller passes a function that tests
candidates, since OpenSSL tests them several times as fast as Python.
"""

from collections.abc import Callable
from functools import cache, lru_cache

from penstock.gotemplate.chance import Chance, State
from penstock.records import NamedTuple

EXPONENT = 65_537
WINDOW = 1 << 13
"""The number of odd numbers that are sieved at once. All but one of 100,000 such windows contain a prime of 2,048
bits.
"""

SMALL = 1 << 13
"""Numbers with prime factors below this are sieved out."""

Test = Callable[[int], bool]
"""Returns whether an odd number is a prime."""


class Key(NamedTuple):
    p: int
    q: int
    d: int
    n: int


def rsa_key(chance: Chance, bits: int, is_prime: Test) -> Key:
    """Return a key of a number of bits. Keys are cached by the state of the stream, since a chart may be rendered
    several times in a run.
    """
    if chance.is_free:
        return _new_key(chance, bits, is_prime)
    key, state = _key_after(chance.state, bits, is_prime)
    chance.go_to(state)
    return key


@lru_cache(maxsize=256)
def _key_after(state: State, bits: int, is_prime: Test) -> tuple[Key, State]:
    """Return the key that a stream gives, and the state of the stream afterwards."""
    chance = Chance("").go_to(state)
    return _new_key(chance, bits, is_prime), chance.state


def _new_key(chance: Chance, bits: int, is_prime: Test) -> Key:
    while True:
        p, q = prime(chance, bits // 2, is_prime), prime(chance, bits // 2, is_prime)
        n = p * q
        order = (p - 1) * (q - 1)
        if p != q and n.bit_length() == bits and order % EXPONENT:
            return Key(p, q, pow(EXPONENT, -1, order), n)


def prime(chance: Chance, bits: int, is_prime: Test) -> int:
    """Return a random prime whose two highest bits are set."""
    while True:
        start = int.from_bytes(chance.take(bits // 8), "big") | 3 << (bits - 2) | 1
        for candidate in _sieved(start):
            if candidate.bit_length() == bits and is_prime(candidate):
                return candidate
        is_prime = is_probable_prime  # a window without a prime: perhaps the given test refuses every number


def is_probable_prime(number: int) -> bool:
    """Return whether a number passes Fermat's test to base 2. Hardly any composite number of this size passes it,
    unless it was constructed to.
    """
    return pow(2, number - 1, number) == 1


def _sieved(start: int) -> list[int]:
    """Return the odd numbers without small factors in the window that begins at an odd number."""
    flags = bytearray(b"\1") * WINDOW
    for small in _small_primes():
        at = -(start % small) * ((small + 1) >> 1) % small  # start + 2 * at is a multiple of the small prime
        if at < WINDOW:
            flags[at::small] = bytes((WINDOW - 1 - at) // small + 1)
    return [start + 2 * at for at, flag in enumerate(flags) if flag]


@cache
def _small_primes() -> list[int]:
    flags = bytearray(b"\1") * SMALL
    for number in range(3, 91, 2):
        if flags[number]:
            flags[number * number :: 2 * number] = bytes(len(range(number * number, SMALL, 2 * number)))
    return [number for number in range(3, SMALL, 2) if flags[number]]
