"""Runs a credential plugin: a program that prints an ExecCredential (client.authentication.k8s.io/v1 or v1beta1)."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.kubeconfig import Plugin
from penstock.model import Refusal
from penstock.records import NamedTuple

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
TIMEOUT = 60.0
"""Seconds that a plugin may take at most; fewer where the user allows the run less."""

MOST_OUTPUT = 1024 * 1024
"""The bytes of output that are read. A credential has a few thousand."""

CHUNK = 64 * 1024

QUIET = 0.5
"""Seconds of silence after which the output of a plugin that has ended is complete. A program that it has left behind
may hold the pipe open for ever."""

SHORT = 0.01
"""Seconds between two looks at a program that has closed its output and not ended yet."""

LEEWAY = 10.0
"""Seconds before its expiry from which a credential counts as expired."""


class Credential(NamedTuple):
    """A credential from a plugin. `expires` is in seconds since the epoch, or None where the plugin does not say."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: float | None = None

    def __repr__(self) -> str:
        return "<Credential>"

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and time.time() > self.expires - LEEWAY


def fetch(plugin: Plugin, environ: Mapping[str, str], seconds: float = TIMEOUT) -> Credential:
    """Run the plugin, without a terminal and for `seconds` at most, and return its credential.

    Raises `Refusal` (4) where the plugin delivers none.
    """
    if plugin.api_version not in VERSIONS:
        raise Refusal(
            f"the credential plugin {plugin.command!r} speaks {plugin.api_version!r}; Penstock: {VERSIONS}", 4
        )
    environment = {**environ, **dict(plugin.environment), "KUBERNETES_EXEC_INFO": json.dumps(_request(plugin))}
    command = shutil.which(plugin.command, path=environment.get("PATH"))
    if command is None:
        hint = f"; {one_line(plugin.hint)}" if plugin.hint else ""
        raise Refusal(f"the credential plugin {plugin.command!r} of the kubeconfig is not installed{hint}", 4)
    return _credential(plugin, _run([command, *plugin.arguments], environment, plugin, min(seconds, TIMEOUT)))


def _request(plugin: Plugin) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.cluster is not None:
        spec["cluster"] = plugin.cluster
    return {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}


def _run(command: list[str], environment: Mapping[str, str], plugin: Plugin, seconds: float) -> bytes:
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise Refusal(f"cannot run the credential plugin {plugin.command!r}: {error.strerror}", 4) from None
    except ValueError:  # a NUL in an argument, or in a variable
        raise Refusal(f"cannot run the credential plugin {plugin.command!r}: a NUL is in its arguments", 4) from None
    with process:
        output, complaint, why = _listen(process, seconds)
        if why:
            os.killpg(process.pid, signal.SIGKILL)  # along with its child processes
            raise Refusal(f"the credential plugin {plugin.command!r} {why}", 4)
        status = process.wait()
    if status != 0:
        from penstock.apply.complaint import told

        said = told(complaint.decode(errors="replace"), plugin, environment)
        failed = f"the credential plugin {plugin.command!r} failed with status {status}"
        raise Refusal(f"{failed}: {said}" if said else failed, 4)
    return output


def _listen(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes, str]:
    """Return what a program prints and complains about until it has ended, and why that was not waited for, or ""."""
    heard = {process.stdout: bytearray(), process.stderr: bytearray()}
    end = time.monotonic() + seconds
    why = ""
    with selectors.DefaultSelector() as pipes:
        for pipe in filter(None, heard):
            pipes.register(pipe, selectors.EVENT_READ)
        is_silent = False
        while not why and not (is_silent and process.poll() is not None):
            pause = QUIET if pipes.get_map() else SHORT
            ready = pipes.select(min(pause, max(0.0, end - time.monotonic())))
            is_silent = not ready
            for key, _ in ready:
                _hear(pipes, key.fileobj, heard)
            why = _too_much(heard.values(), seconds, end)
    return bytes(heard[process.stdout]), bytes(heard[process.stderr]), why


def _hear(pipes: selectors.BaseSelector, pipe: Any, heard: Mapping[Any, bytearray]) -> None:
    data = os.read(pipe.fileno(), CHUNK)
    heard[pipe].extend(data)
    if not data:
        pipes.unregister(pipe)


def _too_much(heard: Iterable[bytearray], seconds: float, end: float) -> str:
    """Return why a program is not listened to any longer, or ""."""
    if time.monotonic() >= end:
        return f"gave no answer in {seconds:.0f} s"
    is_long = any(len(data) > MOST_OUTPUT for data in heard)
    return f"printed more than {MOST_OUTPUT // 1024} KiB" if is_long else ""


def _credential(plugin: Plugin, output: bytes) -> Credential:
    try:
        answer = json.loads(output)
        status = answer["status"]
        if answer["kind"] != "ExecCredential" or answer["apiVersion"] != plugin.api_version:
            raise ValueError
        expires = status.get("expirationTimestamp")
        credential = Credential(
            token=str(status.get("token") or ""),
            certificate=str(status.get("clientCertificateData") or ""),
            key=str(status.get("clientKeyData") or ""),
            expires=_epoch(expires) if expires else None,
        )
    # The output is somebody else's, of any shape and depth.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refusal(
            f"the credential plugin {plugin.command!r} printed no ExecCredential {plugin.api_version}", 4
        ) from None
    if not credential.token and not (credential.certificate and credential.key):
        raise Refusal(f"the credential plugin {plugin.command!r} gave neither a token nor a certificate", 4)
    return credential


def _epoch(text: str) -> float:
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
