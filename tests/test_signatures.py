"""`penstock lock --verify`: provenance files that the real gpg has signed, beside charts on loopback."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.packed import Chart, packed, serve_registry, serve_repository
from tests.test_remote import Place
from tests.web import Page, Web, serve

pytestmark = pytest.mark.skipif(not (shutil.which("gpg") and shutil.which("gpgv")), reason="needs gpg and gpgv")

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
CHART = packed("web", "1.0.0", {"values.yaml": "", "templates/map.yaml": MAP})


class Signer:
    """A key of gpg in a folder of its own, and the keyring with its public part. The path of the folder is short, since
    gpg makes a socket in it.
    """

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="gpg"))
        self.keyring = self.home / "keys.gpg"
        self._gpg("--quick-gen-key", "--passphrase", "", "Somebody <some@example.org>", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=True)
        shutil.rmtree(self.home, ignore_errors=True)  # the agent takes its sockets away while it ends

    def _gpg(self, *words: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", *words]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout

    def signed(self, text: str) -> bytes:
        return self._gpg("--clear-sign", given=text.encode())


def provenance(chart: Chart, name: str = "web", version: str = "1.0.0", digest: str = "") -> str:
    """What `helm package --sign` signs."""
    meta = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
    return f"{meta}\n...\nfiles:\n  {chart.name}-{chart.version}.tgz: sha256:{digest or chart.sha256}\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def web(place: Place) -> Iterator[Web]:
    with serve(place.root / "remote") as web:
        serve_repository(web, "/charts", [CHART])
        entry = {"name": "web", "repo": f"{web.url}/charts", "version": "1.0.0"}
        place.ours.write({"kustomization.yaml": json.dumps({"helmCharts": [entry]}), "penstock.yaml": HELM_ENABLED})
        yield web


HELM_ENABLED = "helm: {enabled: true}\n"
PROOF = "/charts/web-1.0.0.tgz.prov"


@pytest.fixture(scope="module")
def signers() -> Iterator[list[Signer]]:
    found = [Signer(), Signer()]
    yield found
    for each in found:
        each.close()


@pytest.fixture
def signer(signers: list[Signer]) -> Signer:
    return signers[0]


@pytest.fixture
def other(signers: list[Signer]) -> Signer:
    """Somebody whom nobody trusts."""
    return signers[1]


def test_a_signed_chart_is_locked(place: Place, web: Web, signer: Signer) -> None:
    web.pages[PROOF] = Page(signer.signed(provenance(CHART)))
    ran = place.run("lock", "--verify", "--keyring", str(signer.keyring))
    assert (ran.status, ran.err) == (0, "")
    assert "added" in ran.out
    assert CHART.sha256 in (place.ours.path / "penstock.lock").read_text()


def test_a_chart_that_is_locked_is_verified_too(place: Place, web: Web, signer: Signer) -> None:
    assert place.run("lock").status == 0
    ran = place.run("lock", "--verify", "--keyring", str(signer.keyring))
    assert ran.status == 4
    assert "PS136 the chart web 1.0.0 of" in ran.err
    assert "has no provenance file" in ran.err
    web.pages[PROOF] = Page(signer.signed(provenance(CHART)))
    assert place.run("lock", "--verify", "--keyring", str(signer.keyring)).status == 0


def _changed(signer: Signer) -> bytes:
    return signer.signed(provenance(CHART, digest="0" * 64)).replace(b"0" * 64, CHART.sha256.encode())


def _beside(signer: Signer) -> bytes:
    """What is not signed stands before what is."""
    return provenance(CHART).encode() + b"\n" + signer.signed("name: web\nversion: 1.0.0\n\n...\nfiles: {}\n")


WRONG: dict[str, tuple[Callable[[Signer], bytes], str]] = {
    "changed afterwards": (_changed, "the signature does not hold: BAD signature"),
    "no signature": (lambda signer: provenance(CHART).encode(), "the signature does not hold: "),
    "of another name": (lambda signer: signer.signed(provenance(CHART, name="wep")), "does not say name: web"),
    "of another version": (lambda signer: signer.signed(provenance(CHART, version="0.9.0")), "say version: 1.0.0"),
    "beside the signed text": (_beside, "it does not say web-1.0.0.tgz"),
    "two of them": (lambda signer: 2 * signer.signed(provenance(CHART)), "the signature does not hold: "),
    "nothing": (lambda signer: b"", "has no provenance file"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_signature_is_an_error(what: str, place: Place, web: Web, signer: Signer) -> None:
    make, said = WRONG[what]
    web.pages[PROOF] = Page(make(signer))
    ran = place.run("lock", "--verify", "--keyring", str(signer.keyring))
    assert ran.status == 4
    assert "kustomization.yaml:1:" in ran.err
    assert "PS136" in ran.err
    assert said in ran.err
    assert not (place.ours.path / "penstock.lock").exists()


def test_a_signature_of_another_key_is_an_error(place: Place, web: Web, signer: Signer, other: Signer) -> None:
    web.pages[PROOF] = Page(other.signed(provenance(CHART)))
    ran = place.run("lock", "--verify", "--keyring", str(signer.keyring))
    assert ran.status == 4
    assert "PS136 the chart web 1.0.0 of" in ran.err
    assert "the signature does not hold: Can't check signature: No public key" in ran.err
    assert place.run("lock", "--verify", "--keyring", str(other.keyring)).status == 0


def test_a_chart_of_a_registry_has_its_signature_in_a_layer(
    place: Place, web: Web, signer: Signer, other: Signer
) -> None:
    serve_registry(web, "charts", [CHART], {"web": signer.signed(provenance(CHART))})
    entry = {"name": "web", "repo": f"oci://{web.url.partition('://')[2]}/charts", "version": "1.0.0"}
    place.ours.write({"kustomization.yaml": json.dumps({"helmCharts": [entry]})})
    ran = place.run("lock", "--verify", "--keyring", str(signer.keyring))
    assert (ran.status, ran.err) == (0, "")
    assert "No public key" in place.run("lock", "--verify", "--keyring", str(other.keyring)).err


def test_a_keyring_of_the_repository_is_refused(place: Place, web: Web, signer: Signer) -> None:
    place.ours.write({"keys.gpg": signer.keyring.read_bytes()})
    ran = place.run("lock", "--verify", "--keyring", "keys.gpg")
    assert ran.status == 2
    assert "lies in the repository, where a pull request could change it" in ran.err
    assert place.run("lock", "--verify", "--keyring", "none.gpg").status == 2
    assert place.run("lock", "--keyring", str(signer.keyring)).status == 2
    assert place.run("lock", "--verify", "--check").status == 2
    assert not web.requests
