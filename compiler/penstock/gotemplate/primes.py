"""RSA keys out of a stream of random bytes, so that a seed gives the same key again.

OpenSSL takes its random numbers from nobody else, so the primes are looked for here: a sieve leaves one candidate in
some seventy numbers, and those that pass the test of Miller and Rabin are taken.
"""

from functools import cache
from typing import NamedTuple

from penstock.gotemplate.chance import Chance

EXPONENT = 65_537
WINDOW = 1 << 13
"""How many odd numbers are sieved at once."""

ROUNDS = 6
"""Random bases of the test. For random numbers of this size one would do: such a composite is hardly ever met."""


class Key(NamedTuple):
    p: int
    q: int
    d: int
    n: int


def rsa_key(chance: Chance, bits: int) -> Key:
    """A key of so many bits."""
    while True:
        p, q = prime(chance, bits // 2), prime(chance, bits // 2)
        n = p * q
        order = (p - 1) * (q - 1)
        if p != q and n.bit_length() == bits and order % EXPONENT:
            return Key(p, q, pow(EXPONENT, -1, order), n)


def prime(chance: Chance, bits: int) -> int:
    """A random prime whose two highest bits are set."""
    while True:
        start = int.from_bytes(chance.take(bits // 8), "big") | 3 << (bits - 2) | 1
        for candidate in _sieved(start):
            if (
                candidate.bit_length() == bits
                and pow(2, candidate - 1, candidate) == 1
                and _is_prime(chance, candidate)
            ):
                return candidate


def _sieved(start: int) -> list[int]:
    """The odd numbers from here on without small factors."""
    flags = bytearray(b"\1") * WINDOW
    for small in _small_primes():
        # start + 2 * at is a multiple of the small prime
        at = (-start * ((small + 1) // 2)) % small
        flags[at::small] = bytes(len(range(at, WINDOW, small)))
    return [start + 2 * at for at, flag in enumerate(flags) if flag]


@cache
def _small_primes() -> list[int]:
    size = 1 << 18
    flags = bytearray(b"\1") * size
    for number in range(3, 512, 2):
        if flags[number]:
            flags[number * number :: 2 * number] = bytes(len(range(number * number, size, 2 * number)))
    return [number for number in range(3, size, 2) if flags[number]]


def _is_prime(chance: Chance, number: int) -> bool:
    """The test of Miller and Rabin."""
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    return all(_passes(pow(2 + chance.below(number - 3), odd, number), twos, number) for _ in range(ROUNDS))


def _passes(power: int, twos: int, number: int) -> bool:
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
