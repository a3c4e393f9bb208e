"""Signatures of provenance files, checked by `gpgv` of GnuPG: it trusts the keys of one keyring and no others.

Penstock has no cryptography of its own for this. Only the text that was signed is returned, since a file can have more.
"""

import subprocess
from collections.abc import Mapping

from penstock.remote.failure import NOT_VERIFIED, UNAVAILABLE, Failure

PROGRAM = "gpgv"
SECONDS = 20.0
_SHOWN = 300
_KEPT = ("PATH", "HOME", "SYSTEMROOT")
"""Variables that the program gets."""


def signed_text(message: bytes, keyring: str, environ: Mapping[str, str]) -> str:
    """Return the text that a key of a keyring has signed. Raises `Failure`. `keyring` is an absolute path."""
    words = (PROGRAM, "--keyring", keyring, "--output", "-")
    known = {name: environ[name] for name in _KEPT if name in environ}
    try:
        done = subprocess.run(
            words, input=message, capture_output=True, check=False, timeout=SECONDS, env={**known, "LC_ALL": "C"}
        )
    except FileNotFoundError:
        raise Failure(UNAVAILABLE, f"signatures are checked by {PROGRAM}, which is not here", "install GnuPG") from None
    except subprocess.TimeoutExpired:
        raise Failure(NOT_VERIFIED, f"{PROGRAM} does not come to an end with the provenance file") from None
    if done.returncode:
        raise Failure(NOT_VERIFIED, f"the signature does not hold: {_reason(done.stderr)}", _HINT)
    return done.stdout.decode("utf-8", "replace")


_HINT = "`gpg --export KEY` writes a keyring with the keys that you trust"


def _reason(said: bytes) -> str:
    """Return the last line of the program that says more than that something was wrong."""
    lines = [line.removeprefix(f"{PROGRAM}: ") for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:_SHOWN] if lines else f"{PROGRAM} says nothing about it"
