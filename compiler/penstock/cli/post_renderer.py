"""`penstock template --post-renderer NAME`: a program of the user that changes what templates have printed.

NAME is a plugin of Helm 4 (`$HELM_PLUGINS`, or `helm/plugins` in the user's data folder), or a program, as in Helm 3.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.cli.streams import WORLD, Streams
from penstock.errors import Refusal
from penstock.records import NamedTuple

SECONDS = 300
KIND = "postrenderer/v1"

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class _Program(NamedTuple):
    """A command with additional environment variables."""

    words: Sequence[str]
    environ: Mapping[str, str]


def post_renderer(name: str, arguments: Sequence[str], streams: Streams) -> Callable[[str], str]:
    """Return a function that runs the program. Raises `Refusal` if there is none with this name."""
    program = _plugin(name, streams) or _executable(name, streams)
    if program is None:
        raise Refusal(f"there is no plugin of Helm and no program {name} to post-render with")

    def run(manifests: str) -> str:
        try:
            done = subprocess.run(
                [*program.words, *arguments],
                cwd=streams.cwd,
                env={**streams.environ, **program.environ},
                input=manifests.encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"the post-renderer {name} took more than {SECONDS} seconds", WORLD) from None
        except OSError as error:
            raise Refusal(f"the post-renderer {name} cannot be run: {error.strerror}", WORLD) from None
        streams.err.write(done.stderr.decode(errors="replace"))
        if done.returncode:
            raise Refusal(f"the post-renderer {name} failed with exit status {done.returncode}", WORLD)
        if not done.stdout.strip():
            raise Refusal(f"the post-renderer {name} printed nothing", WORLD)
        return done.stdout.decode(errors="replace")

    return run


def _executable(name: str, streams: Streams) -> _Program | None:
    """Return a program by its path, or from the `PATH`."""
    path = os.path.join(streams.cwd, name) if "/" in name else name
    found = shutil.which(path, path=streams.environ.get("PATH"))
    return _Program([found], {}) if found else None


def _plugin(name: str, streams: Streams) -> _Program | None:
    """Return the post-renderer plugin with a name, or None."""
    for folder in _folders(streams.environ):
        for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            plugin = os.path.join(folder, entry)
            meta = _meta(os.path.join(plugin, "plugin.yaml"))
            if meta.get("name") == name and meta.get("type") == KIND:
                return _program(name, plugin, meta, streams.environ)
    return None


def _folders(environ: Mapping[str, str]) -> list[str]:
    home = environ.get("HOME") or os.path.expanduser("~")
    data = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    folder = environ.get("HELM_DATA_HOME") or os.path.join(data, "helm")
    return (environ.get("HELM_PLUGINS") or os.path.join(folder, "plugins")).split(os.pathsep)


def _meta(path: str) -> dict[str, Any]:
    import yaml

    try:
        with open(path, "rb") as file:
            tree = yaml.load(file.read(1_000_000), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError, RecursionError, ValueError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _program(name: str, folder: str, meta: Mapping[str, Any], environ: Mapping[str, str]) -> _Program:
    config = meta.get("runtimeConfig")
    commands = config.get("platformCommand") if isinstance(config, dict) else None
    chosen = _for_this_platform([each for each in commands or () if isinstance(each, dict)])
    words = str(chosen.get("command") or "").split(" ")
    own = {"HELM_PLUGIN_NAME": name, "HELM_PLUGIN_DIR": folder}
    known = {**environ, **own}
    arguments = chosen.get("args")
    expanded = [_expanded(str(each), known) for each in (*words, *(arguments if isinstance(arguments, list) else ()))]
    if not expanded[0]:
        raise Refusal(f"the plugin {name} has no command for this platform")
    return _Program(expanded, own)


def _for_this_platform(commands: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the command for this system and machine, or else the one for this system, or for any."""
    system = os.uname()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(system.machine, system.machine)
    platforms = ((system.sysname.lower(), machine), (system.sysname.lower(), ""), ("", ""))
    for wanted in platforms:
        for each in commands:
            if (str(each.get("os") or "").lower(), str(each.get("arch") or "").lower()) == wanted:
                return each
    return {}


def _expanded(text: str, environ: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], ""), text)
