"""Sprig's random functions, based on `chance`."""

import base64
import string
from uuid import UUID

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.chance import chance_at
from penstock.gotemplate.failures import Failure

ASCII = "".join(map(chr, range(32, 127)))


def _drawn(f: Frame, function: str, count: int, characters: str) -> str:
    """Return `count` random characters out of `characters`, or an empty text where `count` is negative."""
    if count <= 0:
        return ""
    f.meter.write(count)
    f.meter.spend(count)
    return chance_at(f, function).text(count, characters)


def rand_alpha_num(f: Frame, count: int) -> str:
    """Return random letters and digits, with at least one digit."""
    text = _drawn(f, "randAlphaNum", count, string.ascii_letters + string.digits)
    if not text or any(map(str.isdigit, text)):
        return text
    number = sum(map(ord, text))
    at = number % len(text)
    return f"{text[:at]}{number % 10}{text[at + 1 :]}"


def rand_alpha(f: Frame, count: int) -> str:
    return _drawn(f, "randAlpha", count, string.ascii_letters)


def rand_ascii(f: Frame, count: int) -> str:
    return _drawn(f, "randAscii", count, ASCII)


def rand_numeric(f: Frame, count: int) -> str:
    return _drawn(f, "randNumeric", count, string.digits)


def rand_int(f: Frame, least: int, bound: int) -> int:
    if bound <= least:
        raise Failure("invalid argument to Intn")
    return least + chance_at(f, "randInt").below(bound - least)


def rand_bytes(f: Frame, count: int) -> str:
    if count < 0:
        raise Failure("runtime error: makeslice: len out of range")
    f.meter.write(2 * count)
    return base64.b64encode(chance_at(f, "randBytes").take(count)).decode("ascii")


def shuffle(f: Frame, text: str) -> str:
    f.meter.spend(len(text))
    characters = list(text)
    chance = chance_at(f, "shuffle")
    for number in range(len(characters) - 1, 0, -1):
        other = chance.below(number + 1)
        characters[number], characters[other] = characters[other], characters[number]
    return "".join(characters)


def uuidv4(f: Frame) -> str:
    return str(UUID(bytes=chance_at(f, "uuidv4").take(16), version=4))


FUNCTIONS: dict[str, Function] = {
    "randAlpha": Function(rand_alpha, "int", site=True, cost=12),
    "randAlphaNum": Function(rand_alpha_num, "int", site=True, cost=12),
    "randAscii": Function(rand_ascii, "int", site=True, cost=12),
    "randBytes": Function(rand_bytes, "int", site=True, cost=12),
    "randInt": Function(rand_int, "int int", site=True, cost=12),
    "randNumeric": Function(rand_numeric, "int", site=True, cost=12),
    "shuffle": Function(shuffle, "string", site=True, cost=12),
    "uuidv4": Function(uuidv4, "", site=True, cost=30),
}
