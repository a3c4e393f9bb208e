"""RSA keys out of a stream of random bytes, so that a seed gives the same key again.

OpenSSL takes its random numbers from nobody else, so the primes are looked for here: a sieve leaves one candidate in
some seventy numbers. Which of them is a prime is asked of a function, since OpenSSL tells it several times as fast.
"""

from collections.abc import Callable
from functools import cache, lru_cache

from penstock.gotemplate.chance import Chance, State
from penstock.records import NamedTuple

EXPONENT = 65_537
WINDOW = 1 << 13
"""How many odd numbers are sieved at once. One of them is a prime, but in a case of 100,000."""

SMALL = 1 << 16
"""Factors up to here are sieved out."""

Test = Callable[[int], bool]
"""Whether an odd number is a prime."""


class Key(NamedTuple):
    p: int
    q: int
    d: int
    n: int


def rsa_key(chance: Chance, bits: int, is_prime: Test) -> Key:
    """A key of so many bits. Charts are rendered more than once in a run, and the same stream gives the same key."""
    if chance.is_free:
        return _new_key(chance, bits, is_prime)
    key, state = _key_after(chance.state, bits, is_prime)
    chance.go_to(state)
    return key


@lru_cache(maxsize=256)
def _key_after(state: State, bits: int, is_prime: Test) -> tuple[Key, State]:
    """The key that a stream gives, and where the stream is then."""
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
    """A random prime whose two highest bits are set."""
    while True:
        start = int.from_bytes(chance.take(bits // 8), "big") | 3 << (bits - 2) | 1
        for candidate in _sieved(start):
            if candidate.bit_length() == bits and is_prime(candidate):
                return candidate
        is_prime = is_probable_prime  # a window without a prime: perhaps nobody answers


def is_probable_prime(number: int) -> bool:
    """The test of Fermat, which hardly any composite number of this size passes that nobody has made for it."""
    return pow(2, number - 1, number) == 1


def _sieved(start: int) -> list[int]:
    """The odd numbers from here on without small factors."""
    flags = bytearray(b"\1") * WINDOW
    for small in _small_primes():
        at = -(start % small) * ((small + 1) >> 1) % small  # start + 2 * at is a multiple of the small prime
        if at < WINDOW:
            flags[at::small] = bytes((WINDOW - 1 - at) // small + 1)
    return [start + 2 * at for at, flag in enumerate(flags) if flag]


@cache
def _small_primes() -> list[int]:
    flags = bytearray(b"\1") * SMALL
    for number in range(3, 256, 2):
        if flags[number]:
            flags[number * number :: 2 * number] = bytes(len(range(number * number, SMALL, 2 * number)))
    return [number for number in range(3, SMALL, 2) if flags[number]]
