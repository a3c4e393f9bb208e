"""Fetching charts from OCI registries: tags, the manifest of a tag, and the layer with the packed chart.

(OCI distribution specification 1.1; the media types are those that Helm 4 pushes and pulls.)
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from penstock.files import MAX_BYTES
from penstock.records import NamedTuple
from penstock.remote import credentials, http
from penstock.remote.failure import NOT_VERIFIED, REFUSED, UNAVAILABLE, Failure
from penstock.remote.permit import CONTROL, Hosts, is_private, refusal_of_url, shown
from penstock.remote.request import Ask, Response

SCHEME = "oci://"

MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
CHART = ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip")
"""The layer of a packed chart; the second name is that of Helm before 3.8."""

PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"

MAX_MANIFEST = 4 * 1024 * 1024
MAX_PAGES = 50
"""Pages of tags that are read, of up to a thousand tags each."""

_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_REFERENCE = re.compile(r"\w[\w.-]{0,127}|sha256:[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Manifest(NamedTuple):
    """The manifest of a tag: its own digest, and the digests of its layers by their media types."""

    digest: str
    layers: tuple[tuple[str, str], ...]

    @property
    def first(self) -> str:
        """The digest of the first layer, or the empty string where there is none."""
        return self.layers[0][1] if self.layers else ""

    def layer(self, *kinds: str) -> str:
        """Return the digest of the first layer that has one of these types, or the empty string where there is none."""
        return next((digest for kind, digest in self.layers if kind in kinds), "")


class Registry:
    """One repository of a registry, such as `oci://ghcr.io/org/charts/web`. A token is asked for once."""

    def __init__(self, address: str, seconds: float, environ: Mapping[str, str], hosts: Hosts) -> None:
        """Raises `Failure` for a text that is no such address."""
        host, _, name = address.removeprefix(SCHEME).partition("/")
        self._address = address
        self._host = "registry-1.docker.io" if host == "docker.io" else host
        self._name = name.rstrip("/")
        # as for other clients: a registry of this machine has no certificate
        self._scheme = "http" if is_private(f"https://{self._host}") else "https"
        self._end = time.monotonic() + seconds
        self._environ = environ
        self._hosts = hosts
        self._authorization = credentials.of_registry(self._host, environ)
        reason = refusal_of_url(f"https://{self._host}/{self._name}", "")
        if not reason and not _NAME.fullmatch(self._name):
            reason = "it names no repository of a registry"
        if reason:
            raise Failure(REFUSED, f"{shown(address)} is not fetched: {reason}")

    def tags(self) -> list[str]:
        """Return all tags, or none where there is no such repository. Raises `Failure`."""
        path, found = f"/v2/{self._name}/tags/list?n=1000", list[str]()
        for _ in range(MAX_PAGES):
            response = self._ask(path, Ask(limit=MAX_MANIFEST))
            if response is None:
                break
            tags = _json(response.data, self._address).get("tags")
            found += [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
            following = re.match(r'<([^>]+)>;\s*rel="?next', response.headers.get("link", ""))
            if following is None:
                break
            path = urljoin(path, following[1])
            if not path.startswith(f"/v2/{self._name}/tags/list"):
                break
        return found

    def manifest(self, reference: str) -> Manifest | None:
        """Return the manifest of a tag or a digest, or None where there is none. Raises `Failure`."""
        if not _REFERENCE.fullmatch(reference):
            raise Failure(REFUSED, f"{reference!r} can be no tag of {shown(self._address)}")
        ask = Ask(accept=", ".join(MANIFESTS), limit=MAX_MANIFEST)
        response = self._ask(f"/v2/{self._name}/manifests/{reference}", ask)
        if response is None:
            return None
        data = response.data
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if reference.startswith("sha256:") and digest != reference:
            raise Failure(NOT_VERIFIED, f"{shown(self._address)} gives another manifest than {reference}")
        layers = _json(data, self._address).get("layers")
        known = [each for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []
        return Manifest(digest, tuple((str(each.get("mediaType")), str(each.get("digest"))) for each in known))

    def blob(self, digest: str) -> bytes:
        """Return the bytes of a layer, which have been checked against its digest. Raises `Failure`."""
        if not _DIGEST.fullmatch(digest):
            raise Failure(REFUSED, f"{shown(self._address)} has a layer whose digest is no SHA-256")
        response = self._ask(f"/v2/{self._name}/blobs/{digest}", Ask(limit=MAX_BYTES))
        if response is None:
            raise Failure(UNAVAILABLE, f"{shown(self._address)} does not have the layer {digest}")
        if f"sha256:{hashlib.sha256(response.data).hexdigest()}" != digest:
            raise Failure(NOT_VERIFIED, f"{shown(self._address)} gives another layer than {digest}")
        return response.data

    def _ask(self, path: str, ask: Ask) -> Response | None:
        """Return an answer, with a token if the registry demands one, or None where the thing does not exist."""
        url = f"{self._scheme}://{self._host}{quote(path, safe='/:?=&%')}"
        response = self._get(url, ask._replace(authorization=self._authorization))
        if response.status == 401:
            self._authorization = self._token(response.headers.get("www-authenticate", ""))
            response = self._get(url, ask._replace(authorization=self._authorization))
        if response.status == 404:
            return None
        if not 200 <= response.status <= 299:
            is_closed = response.status in (401, 403)
            reason = f"{shown(url)} gives {response.told}"
            reason += ": it is not there, or not for everybody" if is_closed else ""
            message = f"{shown(self._address)} cannot be read: {reason}"
            raise Failure(UNAVAILABLE, message, _LOG_IN if is_closed else "")
        return response

    def _token(self, challenge: str) -> str:
        """Return the token that the token server gives for reading this repository, anonymously or as the user."""
        known = dict(_CHALLENGE.findall(challenge))
        own = credentials.of_registry(self._host, self._environ)
        if not challenge.lower().startswith("bearer") or not known.get("realm"):
            return own
        realm = known["realm"]
        scheme = realm.partition("://")[0]
        # The registry says where to ask, so that address is as untrusted as any other.
        if CONTROL.search(realm) or scheme not in ("https", self._scheme):
            raise Failure(REFUSED, f"{shown(self._address)} sends to {shown(realm)} for a token, which is not asked")
        query = {"service": known.get("service", ""), "scope": f"repository:{self._name}:pull"}
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
        response = self._get(url, Ask(authorization=own, limit=MAX_MANIFEST))
        tree = _json(response.data, self._address) if response.data else {}
        token = tree.get("token") or tree.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) and not CONTROL.search(token) else own

    def _get(self, url: str, ask: Ask) -> Response:
        left = max(self._end - time.monotonic(), 0.01)
        return http.get(url, left, ask._replace(within=f"{self._scheme}://{self._host}", hosts=self._hosts))


_LOG_IN = "`helm registry login` or `docker login` says who you are; anybody may read public charts"


def _json(data: bytes, address: str) -> dict[str, Any]:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise Failure(UNAVAILABLE, f"{shown(address)} answers with what is no JSON")
    return tree
