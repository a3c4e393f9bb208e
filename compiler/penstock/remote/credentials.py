"""The user's own credentials for Helm repositories and registries, from the files of Helm and Docker.

They are read only when something is fetched for the user. Each secret is sent to its own host only, over https or to
this machine. No file of a repository can name these files, or choose what they are used for. Programs that keep
credentials (`credHelpers`, `credsStore`) are not run.
"""

import base64
import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from penstock.remote.permit import is_private, split

MAX_FILE = 1_000_000


def authorization(url: str, environ: Mapping[str, str]) -> str:
    """Return the authorization header for a URL of a Helm repository, or the empty string if the user has none."""
    scheme, _, host, path = split(url.partition("?")[0])
    # A password goes over an encrypted connection, or to this machine.
    if scheme != "https" and not is_private(url):
        return ""
    for entry in _repositories(environ):
        address, user, password = (str(entry.get(name) or "") for name in ("url", "username", "password"))
        own_scheme, _, own_host, own_path = split(address)
        # The password was given for these paths of the host alone.
        is_below = f"{path}/".startswith(f"{own_path.rstrip('/')}/")
        if user and password and (own_scheme, own_host.lower()) == (scheme, host.lower()) and is_below:
            return _basic(f"{user}:{password}")
    return ""


def repository_called(name: str, environ: Mapping[str, str]) -> str:
    """Return the address of the repository that `helm repo add` stored under a name, or the empty string where there is
    none.
    """
    found = (each for each in _repositories(environ) if each.get("name") == name)
    return next((str(each.get("url") or "") for each in found), "")


def of_registry(host: str, environ: Mapping[str, str]) -> str:
    """Return the authorization header for a registry, or for the server that issues tokens for it."""
    for path in _registry_files(environ):
        known = _json(path).get("auths")
        for name, entry in known.items() if isinstance(known, dict) else ():
            if _host_of(name) == host.lower() and isinstance(entry, dict):
                secret = entry.get("auth")
                if isinstance(secret, str) and secret:
                    return f"Basic {secret.strip()}"
    return ""


def _host_of(name: str) -> str:
    """Return the host of an entry, which may be a whole URL."""
    host = name.partition("://")[2] or name
    host = host.partition("/")[0].lower()
    return "registry-1.docker.io" if host == "index.docker.io" else host


def _basic(secret: str) -> str:
    return f"Basic {base64.b64encode(secret.encode()).decode()}"


def _registry_files(environ: Mapping[str, str]) -> Iterator[str]:
    yield environ.get("HELM_REGISTRY_CONFIG") or posixpath.join(_helm_folder(environ), "registry", "config.json")
    yield posixpath.join(environ.get("DOCKER_CONFIG") or posixpath.join(_home(environ), ".docker"), "config.json")


def _repositories(environ: Mapping[str, str]) -> list[Mapping[str, Any]]:
    path = environ.get("HELM_REPOSITORY_CONFIG") or posixpath.join(_helm_folder(environ), "repositories.yaml")
    data = _content(path)
    if not data:
        return []
    import yaml

    with suppress(yaml.YAMLError, RecursionError, ValueError):
        tree = yaml.load(data, Loader=yaml.CSafeLoader)
        entries = tree.get("repositories") if isinstance(tree, dict) else None
        return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return []


def _json(path: str) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        tree = json.loads(_content(path) or b"{}")
        return tree if isinstance(tree, dict) else {}
    return {}


def _content(path: str) -> bytes:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(MAX_FILE)
    return b""


def _helm_folder(environ: Mapping[str, str]) -> str:
    base = environ.get("XDG_CONFIG_HOME") or posixpath.join(_home(environ), ".config")
    return environ.get("HELM_CONFIG_HOME") or posixpath.join(base, "helm")


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or os.path.expanduser("~")
