"""Packed Helm charts that lie elsewhere: which version a range means, and the archive itself, from the cache.

A chart is shown twice below `//`: as the file that it is, and as the directory that `helm pull --untar` makes of it.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from urllib.parse import urljoin

from penstock.expression import Invalid as InvalidExpression
from penstock.expression import TooMuch, expression
from penstock.gotemplate.semver import Invalid
from penstock.remote import credentials, http, index
from penstock.remote.failure import NO_SUCH_CHART, NOT_AS_LOCKED, NOT_VERIFIED, REFUSED, UNAVAILABLE, Failure
from penstock.remote.lock import ChartPin
from penstock.remote.permit import CONTROL, label, refusal_of_url, shown, without_secrets
from penstock.remote.registry import CHART, PROVENANCE, SCHEME, Manifest, Registry
from penstock.remote.request import Ask, Response
from penstock.remote.signatures import signed_text
from penstock.remote.store import Store
from penstock.sources import ChartAddress
from penstock.words import did_you_mean

SECONDS = 60.0
"""For each exchange with a server of charts."""

SHOWN_VERSIONS = 5
SHOWN_NAMES = 12
MAX_PROVENANCE = 1_000_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,199}){0,5}")
_LISTED = re.compile(r"^ +(\S+): sha256:([0-9a-f]{64})\s*$", re.MULTILINE)
_FIELD = re.compile(r"^(name|version): *(\S+)[ \r]*$", re.MULTILINE)


AT_ONCE = 8
"""Charts that are asked for at the same time."""

Missing = Mapping[ChartAddress, ChartPin | None]
"""Charts that the cache lacks, with their pins where they are locked."""


class Charts:
    """Asks servers for charts. Each index is fetched once in a run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._indexes: dict[str, bytes] = {}
        self._asking: dict[str, Lock] = {}
        self._resolved: dict[ChartAddress, ChartPin | Failure] = {}

    def fetch_ahead(self, missing: Missing) -> None:
        """Fetch several charts at once. If one of them cannot be had, the reason is reported when it is asked for."""
        from concurrent.futures import ThreadPoolExecutor  # most runs fetch nothing

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._try, missing, missing.values()):
                pass

    def _try(self, address: ChartAddress, pin: ChartPin | None) -> None:
        try:
            if pin is None:
                self._resolved[address] = self._resolve(address)
            else:
                self.fetch(address, pin)
        except Failure as failure:
            if pin is None:
                self._resolved[address] = failure

    # --- what a range means -------------------------------------------------------------------------------------------

    def resolve(self, address: ChartAddress) -> ChartPin:
        """Return the pin of the version that an address means now. Its archive is in the cache then, and has the digest
        that its server claims. Raises `Failure`.
        """
        known = self._resolved.get(address)
        if isinstance(known, Failure):
            raise known
        return self._resolve(address) if known is None else known

    def _resolve(self, address: ChartAddress) -> ChartPin:
        if address.repository.startswith(SCHEME):
            return self._in_registry(address)
        entry = self._entry(address)
        failures: list[Failure] = []
        for url in entry.urls:
            try:
                return self._from(address, entry, archive_url(address.repository, url))
            except Failure as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        raise Failure(NO_SUCH_CHART, f"{shown(str(address))}: the index says of {entry.version} no URL")

    def _from(self, address: ChartAddress, entry: index.Entry, url: str) -> ChartPin:
        """Return the pin of an archive that lies at one of the URLs in the index."""
        data = self._archive(address, url)
        digest = sha256(data).hexdigest()
        claimed = entry.digest.removeprefix("sha256:").lower()
        if re.fullmatch("[0-9a-f]{64}", claimed) and claimed != digest:
            message = f"{shown(url)} has the SHA-256 {digest[:12]}, and the index says {claimed[:12]}"
            raise Failure(NOT_VERIFIED, message)
        self._check_provenance(posixpath.basename(url.partition("?")[0]), digest, self._provenance(address, url))
        self._store.keep_file(data)
        known_as = without_secrets(address.repository)
        return ChartPin(known_as, address.name, address.version, entry.version, without_secrets(url), "", digest)

    def _entry(self, address: ChartAddress) -> index.Entry:
        data = self._index(address.repository)
        try:
            entries = index.entries_of(data, address.name)
            version = index.chosen((entry.version for entry in entries), address.version)
        except index.Unusable as reason:
            raise Failure(UNAVAILABLE, f"the index of {shown(address.repository)} {reason}") from None
        except Invalid as reason:
            message = f"{address.version!r} is no version and no range of versions: {reason}"
            raise Failure(NO_SUCH_CHART, message) from None
        if not entries:
            raise _no_chart(address, index.names_in(data))
        if version is None:
            raise _no_version(address, [entry.version for entry in entries])
        return next(entry for entry in entries if entry.version == version)

    def _index(self, repository: str) -> bytes:
        with self._asking.setdefault(repository, Lock()):
            return self._asked_index(repository)

    def _asked_index(self, repository: str) -> bytes:
        if repository not in self._indexes:
            address, mark, query = repository.partition("?")
            url = f"{address.rstrip('/')}/index.yaml{mark}{query}"
            authorization = credentials.authorization(url, self._store.environ)
            ask = Ask(authorization=authorization, limit=index.MAX_INDEX, hosts=self._store.hosts)
            response = http.get(url, SECONDS, ask)
            if not response.is_file:
                message = f"{shown(repository)} is no Helm repository: {shown(url)} gives {response.told}"
                raise Failure(UNAVAILABLE, message, _LOG_IN if response.status in (401, 403) else "")
            self._indexes[repository] = response.data
        return self._indexes[repository]

    def _in_registry(self, address: ChartAddress) -> ChartPin:
        registry = _registry(address, self._store)
        version, reference = self._reference(registry, address)
        manifest = registry.manifest(reference)
        if manifest is None:
            raise _no_version(address, [tag.replace("_", "+") for tag in registry.tags()])
        layer = _layer(manifest, address)
        if not layer:
            kinds = ", ".join(kind for kind, _ in manifest.layers) or "none"
            what = address.layer or ("Helm chart" if address.is_chart else "artifact of files")
            raise Failure(NO_SUCH_CHART, f"{_place(address)}:{reference} is no {what}: its layers are {kinds}")
        data = registry.blob(layer)
        proof = manifest.layer(PROVENANCE)
        self._check_provenance("", sha256(data).hexdigest(), registry.blob(proof) if proof else b"")
        digest = self._store.keep_file(data)
        known_as = without_secrets(address.repository)
        pin = ChartPin(known_as, address.name, address.version, version, "", manifest.digest, digest)
        return pin._replace(layer=address.layer, tags=address.tags)

    def _reference(self, registry: Registry, address: ChartAddress) -> tuple[str, str]:
        """Return the version, and the tag or digest that stands for it. A range is looked up among the tags."""
        wanted = address.version
        if wanted.startswith("sha256:"):
            return wanted, wanted
        if index.is_exact(wanted):
            # A tag cannot have a plus, so Helm writes an underline.
            return wanted, wanted.replace("+", "_")
        tags = {tag.replace("_", "+"): tag for tag in _matching(registry.tags(), address)}
        if wanted in tags:
            return wanted, tags[wanted]
        versions = [version for version in tags if index.is_exact(version)]
        try:
            version = index.chosen(versions, wanted)
        except Invalid as reason:
            if not tags:
                raise _no_version(address, []) from None
            message = f"{_place(address)} has no tag {wanted!r}, and it is no range: {reason}"
            raise Failure(
                NO_SUCH_CHART, message, f"it has {', '.join(index.newest(versions)[:SHOWN_VERSIONS])}"
            ) from None
        if version is None:
            raise _no_version(address, versions)
        return version, tags[version]

    # --- the archive --------------------------------------------------------------------------------------------------

    def cached(self, pin: ChartPin) -> bytes | None:
        """Return the archive, if the cache has it."""
        return self._store.file(pin.sha256)

    def fetch(self, address: ChartAddress, pin: ChartPin) -> bytes:
        """Fetch the locked archive from where it was. Raises `Failure` if another one lies there."""
        if pin.manifest:
            registry = _registry(address, self._store)
            data = registry.blob(f"sha256:{pin.sha256}")
        else:
            data = self._archive(address, self._url(address, pin))
        if self._store.keep_file(data) != pin.sha256:
            message = f"{shown(pin.url or _place(address))} is not what it was when it was locked"
            raise Failure(NOT_AS_LOCKED, message, "see what has changed there; `penstock lock --update` takes it")
        return data

    def _url(self, address: ChartAddress, pin: ChartPin) -> str:
        """Return the URL of a locked archive, with the secret that the index alone has."""
        if not _has_digest_of_secret(pin.url):
            return pin.url
        return next((each for each in self._urls(address, pin) if without_secrets(each) == pin.url), pin.url)

    def _urls(self, address: ChartAddress, pin: ChartPin) -> Iterator[str]:
        for entry in index.entries_of(self._index(address.repository), address.name):
            if entry.version == pin.version:
                yield from (archive_url(address.repository, url) for url in entry.urls)

    def _archive(self, address: ChartAddress, url: str) -> bytes:
        response = self._get(address, url, Ask())
        if not response.is_file:
            raise Failure(UNAVAILABLE, f"{shown(url)} gives {response.told}, not a chart")
        return response.data

    def _provenance(self, address: ChartAddress, url: str) -> bytes:
        """Return the file beside the archive that `helm package --sign` makes, or nothing where there is none."""
        address_of_it, _, query = url.partition("?")
        try:
            response = self._get(
                address, f"{address_of_it}.prov{'?' if query else ''}{query}", Ask(limit=MAX_PROVENANCE)
            )
        except Failure:
            return b""
        return response.data if response.is_file else b""

    def verify(self, address: ChartAddress, pin: ChartPin, keyring: str) -> None:
        """Check that a key of a keyring has signed the provenance file of a locked chart, and that this file is about
        this archive and this version. Raises `Failure`.
        """
        name = f"{posixpath.basename(pin.chart)}-{pin.version}.tgz"
        if pin.manifest:
            provenance = self._provenance_in_registry(address, pin)
        else:
            name = posixpath.basename(pin.url.partition("?")[0])
            provenance = self._provenance(address, self._url(address, pin))
        what = f"the chart {pin.chart} {pin.version} of {shown(pin.repository)}"
        if not provenance:
            raise Failure(NOT_VERIFIED, f"{what} has no provenance file", "`helm package --sign` makes one")
        try:
            signed = signed_text(provenance, keyring, self._store.environ)
        except Failure as failure:
            failure.message = f"{what}: {failure.message}"
            raise
        missing = _unsigned(signed, pin, name)
        if missing:
            raise Failure(NOT_VERIFIED, f"{what} has a provenance file of something else: it does not say {missing}")

    def _provenance_in_registry(self, address: ChartAddress, pin: ChartPin) -> bytes:
        registry = _registry(address, self._store)
        manifest = registry.manifest(pin.manifest)
        proof = manifest.layer(PROVENANCE) if manifest else ""
        return registry.blob(proof) if proof else b""

    def _check_provenance(self, name: str, digest: str, provenance: bytes) -> None:
        """Check that a provenance file is about this archive. The signature itself is verified by `verify`, if that is
        wanted.
        """
        listed = dict(_LISTED.findall(provenance.decode("utf-8", "replace")))
        known = listed.get(name) or (next(iter(listed.values())) if len(listed) == 1 else "")
        if known and known != digest:
            message = f"the provenance file says that the chart has the SHA-256 {known[:12]}, and it has {digest[:12]}"
            raise Failure(NOT_VERIFIED, message)

    def _get(self, address: ChartAddress, url: str, ask: Ask) -> Response:
        """Fetch a URL of an index. It must not lead to this machine unless the repository itself does."""
        secret = credentials.authorization(url, self._store.environ)
        known = ask._replace(authorization=secret, within=address.repository, hosts=self._store.hosts)
        return http.get(url, SECONDS, known)


_LOG_IN = "`helm repo add` with --username writes down who you are"


def refusal_of_chart(address: ChartAddress, within: str) -> str:
    """Return why a chart is not fetched, or the empty string if it may be. `within` is the repository that names it."""
    repository = address.repository
    if CONTROL.search(repository) or CONTROL.search(address.version.replace(" ", "")):
        return "it has a space, a backslash or a control character in it"
    if not _NAME.fullmatch(address.name) or ".." in address.name:
        return "its name can be no chart"
    if repository.startswith(SCHEME):
        return refusal_of_url(f"https://{repository.removeprefix(SCHEME)}", within)
    if not repository.startswith(("https://", "http://")):
        return "charts are fetched by https, http and oci alone"
    return refusal_of_url(repository.partition("?")[0], within)


def archive_url(repository: str, url: str) -> str:
    """Return the URL of an archive, which may be relative to that of its repository. Raises `Failure` for another
    scheme.
    """
    address, _, query = repository.partition("?")
    absolute = urljoin(f"{address.rstrip('/')}/", url)
    if query and "?" not in absolute and "://" not in url:
        absolute += f"?{query}"
    if not absolute.startswith(("https://", "http://")):
        raise Failure(REFUSED, f"the index of {shown(repository)} names {shown(url)}, which is not fetched")
    if absolute.startswith("http://") and repository.startswith("https://"):
        raise Failure(REFUSED, f"the index of {shown(repository)} leads from https to {shown(absolute)}")
    return absolute


def fits(address: ChartAddress, pin: ChartPin) -> bool:
    """Return whether an entry of the lock file can be what `penstock lock` has written for a chart."""
    is_in_registry = address.repository.startswith(SCHEME)
    if is_in_registry != bool(pin.manifest):
        return False
    if address.version.startswith("sha256:"):
        return pin.manifest == address.version
    if not is_in_registry and not pin.url.startswith(("https://", "http://")):
        return False
    try:
        return index.chosen([pin.version], address.version) is not None
    except Invalid:
        return pin.version == address.version


def label_of(address: ChartAddress, pin: ChartPin) -> str:
    """Return the path at which a chart is shown, without `.tgz`."""
    place = label(f"https://{address.repository.removeprefix(SCHEME)}" if pin.manifest else address.repository)
    version = re.sub(r"[^\w.+-]", "-", pin.version)
    return f"{place}/{address.name}-{version}"


def _unsigned(signed: str, pin: ChartPin, name: str) -> str:
    """Return what the signed text of a provenance file must say about a chart and does not say, or an empty string.

    The name and the version of the chart count, too: a server could give an old archive for a new version.
    """
    if dict(_LISTED.findall(signed)).get(name) != pin.sha256:
        return f"{name}: sha256:{pin.sha256[:12]}…"
    described = signed.partition("\n...")[0]
    fields = {field: value.strip("\"'") for field, value in _FIELD.findall(described)}
    if fields.get("name") != posixpath.basename(pin.chart):
        return f"name: {pin.chart}"
    is_digest = pin.version.startswith("sha256:")
    if not is_digest and fields.get("version", "").removeprefix("v") != pin.version.removeprefix("v"):
        return f"version: {pin.version}"
    return ""


def _matching(tags: Iterable[str], address: ChartAddress) -> Iterable[str]:
    """Return the tags that contain the expression of an address. Raises `Failure`."""
    if not address.tags:
        return tags
    try:
        wanted = expression(address.tags)
        return [tag for tag in tags if wanted.found_in(tag)]
    except (InvalidExpression, TooMuch) as reason:
        message = f"the expression {address.tags!r} for tags of {_place(address)} cannot be used: {reason}"
        raise Failure(NO_SUCH_CHART, message) from None


def _registry(address: ChartAddress, store: Store) -> Registry:
    return Registry(f"{address.repository.rstrip('/')}/{address.name}", SECONDS, store.environ, store.hosts)


def _place(address: ChartAddress) -> str:
    return shown(f"{address.repository.rstrip('/')}/{address.name}")


def _has_digest_of_secret(url: str) -> bool:
    return "=sha256-" in url


def _no_chart(address: ChartAddress, names: Sequence[str]) -> Failure:
    message = f"{shown(address.repository)} has no chart {address.name}"
    few = f"it has {', '.join(sorted(names))}" if 0 < len(names) <= SHOWN_NAMES else ""
    return Failure(NO_SUCH_CHART, message, did_you_mean(address.name, names) or few)


def _no_version(address: ChartAddress, versions: list[str]) -> Failure:
    """Return the message that no version matches a range, with the versions that exist."""
    newest = index.newest(filter(index.is_exact, versions))
    wanted = address.version or "that is no prerelease"
    message = f"{shown(address.repository)} has no version {wanted} of the {address.kind} {address.name}"
    if not versions:
        message = f"{shown(address.repository)} has no chart {address.name}"
    if newest:
        more = ", and others" if len(newest) > SHOWN_VERSIONS else ""
        message += f"; it has {', '.join(newest[:SHOWN_VERSIONS])}{more}"
    return Failure(NO_SUCH_CHART, message)


def _layer(manifest: Manifest, address: ChartAddress) -> str:
    """Return the digest of the layer that is meant, or the empty string where there is none."""
    if address.layer:
        return manifest.layer(address.layer)
    return manifest.layer(*CHART) if address.is_chart else manifest.first
