"""Which cluster to use and how to log in, by the user's kubeconfig files. The cluster is named, never guessed."""

import base64
import binascii
import os
import select
import stat
import time
from collections.abc import Mapping, Sequence
from errno import EFBIG, EINVAL, ETIMEDOUT
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from penstock.model import Refusal, Tree
from penstock.records import NamedTuple

MAX_BYTES = 1024 * 1024
CHUNK = 64 * 1024

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""The folder in which a pod finds the credentials of its service account."""

IN_CLUSTER = "in-cluster"
"""The name of the cluster in whose pod Penstock runs."""

DEFAULT_NAMESPACE = "default"
PIPE_PATIENCE = 10.0
"""Seconds to wait for a kubeconfig from a pipe."""


class Plugin(NamedTuple):
    """A program that prints credentials (`users[].user.exec`). `command` is absolute or found on the PATH."""

    api_version: str
    command: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    cluster: Tree | None
    """What to tell the plugin about the cluster, or None where the plugin does not ask."""
    hint: str = ""


class Access(NamedTuple):
    """Everything needed to talk to one API server as one user. Certificates and keys are PEM text."""

    context: str
    server: str
    namespace: str
    authority: str = ""
    insecure: bool = False
    tls_name: str = ""
    proxy: str = ""
    certificate: str = ""
    key: str = ""
    token: str = ""
    token_file: str = ""
    login: str = ""
    """`user:password`, for an API server behind a proxy that asks for them."""
    plugin: Plugin | None = None
    impersonate: tuple[tuple[str, str], ...] = ()
    """Headers by which the user acts as another user."""

    def __repr__(self) -> str:  # a token must never end up in a message
        return f"<Access {self.context}>"


class _Entry(NamedTuple):
    """A named cluster, user or context, and the directory against which its relative paths are resolved."""

    value: Tree
    directory: str


class _Config(NamedTuple):
    clusters: dict[str, _Entry]
    users: dict[str, _Entry]
    contexts: dict[str, _Entry]
    current: str


def choose(environ: Mapping[str, str], cwd: str, kubeconfig: str = "", context: str = "") -> Access:
    """Return the access to the cluster that the user named by a context, a kubeconfig file, or both.

    A file alone means its current context. The files are `kubeconfig`, else those of $KUBECONFIG, else
    `~/.kube/config`; the first of several entries with the same name wins, as in kubectl. Raises `Refusal` with a list
    of the contexts where the user named neither.
    """
    paths = [kubeconfig] if kubeconfig else _default_paths(environ)
    config = _load([os.path.join(cwd, path) for path in paths], must_exist=bool(kubeconfig))
    # The current context of the default file changes without a trace, so it counts only where the file was named.
    name = context or (config.current if kubeconfig else "")
    known = ", ".join(sorted(config.contexts)) or "none"
    if not name:
        which = "this file has no current context" if kubeconfig else "Penstock does not guess"
        raise Refusal(f"name the cluster with --context or --kubeconfig ({which}); contexts here: {known}")
    if name not in config.contexts:
        raise Refusal(f"no context {name!r} in {', '.join(paths)}; contexts here: {known}")
    return _access(name, config)


def inside(environ: Mapping[str, str]) -> Access:
    """Return the access to the cluster in whose pod Penstock runs, as its service account.

    Raises `Refusal` where Penstock does not run in a pod.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
    token = os.path.join(ACCOUNT, "token")
    if not host or not os.path.exists(token):
        raise Refusal("this is no pod with a service account, so `inCluster` leads nowhere; name a context instead")
    try:
        authority = read_file(os.path.join(ACCOUNT, "ca.crt")).decode()
    except (OSError, UnicodeError):
        raise Refusal(f"cannot read the certificate {ACCOUNT}/ca.crt of the cluster") from None
    place = f"[{host}]" if ":" in host else host
    server, _ = _server(f"https://{place}:{port}", IN_CLUSTER)
    return Access(IN_CLUSTER, server, DEFAULT_NAMESPACE, authority=authority, token_file=token)


def acting_as(access: Access, user: str, groups: Sequence[str]) -> Access:
    """Return the access to the same cluster as another user, by impersonation."""
    if not user:
        return access
    return access._replace(impersonate=_impersonation({"as": user, "as-groups": list(groups)}))


def _default_paths(environ: Mapping[str, str]) -> list[str]:
    listed = [path for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    home = environ.get("HOME", "")  # without HOME, the path would be inside the repository
    return listed or ([os.path.join(home, ".kube", "config")] if home else [])


def _load(paths: Sequence[str], must_exist: bool) -> _Config:
    merged = _Config({}, {}, {}, "")
    for path in paths:
        tree = _read(path, must_exist)
        directory = os.path.dirname(path)
        for entries, key in ((merged.clusters, "cluster"), (merged.users, "user"), (merged.contexts, "context")):
            for item in _list(tree, key + "s", path):
                entries.setdefault(_text(item, "name"), _Entry(_mapping(item.get(key)), directory))
        merged = merged._replace(current=merged.current or _text(tree, "current-context"))
    return merged


def _read(path: str, must_exist: bool) -> Tree:
    try:
        text = read_file(path).decode()
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):
            raise Refusal(f"{path}: this kubeconfig has aliases, which can stand for gigabytes; write them out")
        tree = yaml.load(text, yaml.CSafeLoader)
    except FileNotFoundError:
        if must_exist:
            raise Refusal(f"there is no kubeconfig {path}") from None
        return {}
    except (OSError, UnicodeError) as error:
        raise Refusal(f"cannot read the kubeconfig {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # the error quotes the file, with its tokens
        mark = getattr(error, "problem_mark", None)
        raise Refusal(f"{path}{f':{mark.line + 1}' if mark else ''}: this kubeconfig is not YAML") from None
    if tree is not None and not isinstance(tree, dict):
        raise Refusal(f"{path}: this kubeconfig is not a mapping")
    return tree or {}


def _access(name: str, config: _Config) -> Access:
    context = config.contexts[name].value
    cluster = _named(config.clusters, _text(context, "cluster"), "cluster", name)
    user = _named(config.users, _text(context, "user"), "user", name)
    server, login = _server(_text(cluster.value, "server"), name)
    _refuse_what_we_cannot(user.value, name)
    authority = _file_or_data(cluster, "certificate-authority")
    return Access(
        context=name,
        server=server,
        namespace=_text(context, "namespace") or DEFAULT_NAMESPACE,
        authority=authority,
        insecure=cluster.value.get("insecure-skip-tls-verify") is True,
        tls_name=_text(cluster.value, "tls-server-name"),
        proxy=_text(cluster.value, "proxy-url"),
        certificate=_file_or_data(user, "client-certificate"),
        key=_file_or_data(user, "client-key"),
        token=_token(_text(user.value, "token"), name),
        token_file=_path(user, _text(user.value, "tokenFile")),
        login=_login(user.value, login, name),
        plugin=_plugin(user, cluster, authority),
        impersonate=_impersonation(user.value),
    )


def _server(text: str, context: str) -> tuple[str, str]:
    """Return the address without its `user:password@`, which must not be printed with it, and this login or ""."""
    try:
        parts = urlsplit(text.rstrip("/"))
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        good = False
    if not good or not text.isascii() or not text.isprintable() or " " in text:
        raise Refusal(f"the cluster of context {context!r} has no usable server address")
    login, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=place).geturl(), unquote(login)


def _token(text: str, context: str) -> str:
    """Return a token that is fit for a header.

    A line break at its end is an editor's slip and is removed; a line break elsewhere would begin another header.
    """
    token = text.strip()
    if not token.isascii() or not token.isprintable():
        raise Refusal(f"the token of context {context!r} is not one line of ASCII")
    return token


def _login(user: Tree, of_server: str, context: str) -> str:
    login = f"{_text(user, 'username')}:{_text(user, 'password')}" if "username" in user else of_server
    if not login.isprintable():
        raise Refusal(
            f"the name or password of context {context!r} has a line break or another control character in it"
        )
    return login


def _named(entries: Mapping[str, _Entry], name: str, what: str, context: str) -> _Entry:
    if name in entries:
        return entries[name]
    if what == "user" and not name:
        return _Entry({}, "")
    raise Refusal(f"the context {context!r} names the {what} {name!r}, which no kubeconfig has")


def _refuse_what_we_cannot(user: Tree, context: str) -> None:
    if "auth-provider" in user:
        raise Refusal(
            f"the user of context {context!r} has an `auth-provider`, which Kubernetes has replaced by `exec`"
        )


def _plugin(user: _Entry, cluster: _Entry, authority: str) -> Plugin | None:
    spec = user.value.get("exec")
    if not isinstance(spec, dict):
        return None
    command = _text(spec, "command")
    if os.sep in command:
        command = _path(user, command)
    told = {
        "server": _text(cluster.value, "server"),
        "tls-server-name": _text(cluster.value, "tls-server-name"),
        "insecure-skip-tls-verify": cluster.value.get("insecure-skip-tls-verify") is True,
        "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
        "proxy-url": _text(cluster.value, "proxy-url"),
        "config": _extension(cluster.value),
    }
    if _text(spec, "interactiveMode") == "Always":
        raise Refusal(
            f"the credential plugin {command!r} wants a terminal (interactiveMode: Always); Penstock has none"
        )
    return Plugin(
        api_version=_text(spec, "apiVersion"),
        command=command,
        arguments=tuple(str(a) for a in _items(spec.get("args"))),
        environment=tuple(
            (_text(e, "name"), _text(e, "value")) for e in _items(spec.get("env")) if isinstance(e, dict)
        ),
        cluster={k: v for k, v in told.items() if v} if spec.get("provideClusterInfo") is True else None,
        hint=_text(spec, "installHint"),
    )


def _extension(cluster: Tree) -> Any:
    for extension in _items(cluster.get("extensions")):
        if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
            return extension.get("extension")
    return None


def _impersonation(user: Tree) -> tuple[tuple[str, str], ...]:
    headers = [("Impersonate-User", _text(user, "as")), ("Impersonate-Uid", _text(user, "as-uid"))]
    headers += [("Impersonate-Group", str(group)) for group in _items(user.get("as-groups"))]
    for key, values in _mapping(user.get("as-user-extra")).items():
        headers += [(f"Impersonate-Extra-{key}", str(value)) for value in _items(values)]
    if any(not (name + value).isascii() or not (name + value).isprintable() for name, value in headers):
        raise Refusal("whom to act as (`as`, its groups or extra) cannot be a header: it is not one line of ASCII")
    return tuple((name, value) for name, value in headers if value)


def _file_or_data(entry: _Entry, key: str) -> str:
    """Return PEM text, given inline as base64 (`KEY-data`, which wins) or as a file."""
    data = _text(entry.value, f"{key}-data")
    path = _path(entry, _text(entry.value, key))
    try:
        if data:
            return base64.b64decode(data, validate=True).decode()
        if path:
            return read_file(path).decode()
    except (binascii.Error, UnicodeError):
        raise Refusal(f"the kubeconfig's {key} is not base64 of PEM text") from None
    except OSError as error:
        raise Refusal(f"cannot read the kubeconfig's {key} {path}: {error.strerror}") from None
    return ""


def _path(entry: _Entry, path: str) -> str:
    return os.path.join(entry.directory, path) if path else ""


def _list(tree: Tree, key: str, path: str) -> list[Tree]:
    items = tree.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refusal(f"{path}: `{key}` of this kubeconfig is not a list of mappings")
    return items


def read_file(path: str) -> bytes:
    """Return the content of a file, or of a pipe into which a program writes (`<(…)`).

    The size and the time are limited. Raises OSError.
    """
    end = time.monotonic() + PIPE_PATIENCE
    data = bytearray()
    # Opening a pipe without a writer would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise OSError(EINVAL, "is not a file")
        while time.monotonic() < end:
            if not select.select([descriptor], [], [], end - time.monotonic())[0]:
                break
            chunk = os.read(descriptor, CHUNK)
            data += chunk
            if not chunk:
                return bytes(data)
            if len(data) > MAX_BYTES:
                raise OSError(EFBIG, f"has more than {MAX_BYTES // 1024**2} MiB")
        raise OSError(ETIMEDOUT, f"has not come to its end in {PIPE_PATIENCE:.0f} seconds")
    finally:
        os.close(descriptor)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _text(tree: Tree, key: str) -> str:
    value = tree.get(key)
    return str(value) if isinstance(value, (str, int, float)) else ""
