"""Charts for tests: packed as `helm package` packs them, and served as a Helm repository and as a registry.

The registry is pages of a web server: all that a client asks for while it pulls (OCI distribution specification 1.1).
`tests/test_remote_charts.py` also pulls from a real one, where there is one.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.web import Page, Web

CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
PROOF_LAYER = "application/vnd.cncf.helm.chart.provenance.v1.prov"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Chart(NamedTuple):
    """A chart in one version, packed."""

    name: str
    version: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """A tar archive, the same for the same files: without times, and stored rather than compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), compresslevel=0, mtime=0)


def packed(name: str, version: str, files: Mapping[str, bytes | str]) -> Chart:
    """A chart of some files; Chart.yaml is written where it is not among them."""
    meta = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n"}
    whole: Mapping[str, bytes | str] = {**meta, **files}
    return Chart(name, version, archive({f"{name}/{path}": content for path, content in whole.items()}))


def serve_repository(web: Web, folder: str, charts: Iterable[Chart]) -> None:
    """Make pages of a Helm repository, such as `/charts`; the index is as `helm repo index` writes it."""
    by_name: dict[str, list[Chart]] = {}
    for chart in charts:
        by_name.setdefault(chart.name, []).append(chart)
        web.pages[f"{folder}/{chart.name}-{chart.version}.tgz"] = Page(chart.data)
    lines = ["apiVersion: v1", "entries:" if by_name else "entries: {}"]
    for name, versions in sorted(by_name.items()):
        lines.append(f"  {name}:")
        for each in versions:
            lines += [
                "  - apiVersion: v2",
                '    created: "2026-01-01T00:00:00Z"',
                f"    digest: {each.sha256}",
                f"    name: {name}",
                "    urls:",
                f"    - {name}-{each.version}.tgz",
                f"    version: {each.version}",
            ]
    web.pages[f"{folder}/index.yaml"] = Page("\n".join([*lines, 'generated: "2026-01-01T00:00:00Z"', ""]).encode())


def serve_registry(web: Web, folder: str, charts: Iterable[Chart], proofs: Mapping[str, bytes] = {}) -> None:
    """Make pages of a registry that has charts below a folder, such as `charts`: `oci://HOST/charts/NAME`. `proofs` are
    provenance files by the names of charts.
    """
    tags: dict[str, list[str]] = {}
    for chart in charts:
        name, tag = f"{folder}/{chart.name}", chart.version.replace("+", "_")
        config = json.dumps({"name": chart.name, "version": chart.version}).encode()
        proof = [proofs[chart.name]] if chart.name in proofs else []
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": _descriptor("application/vnd.cncf.helm.config.v1+json", config),
                "layers": [_descriptor(CHART_LAYER, chart.data), *(_descriptor(PROOF_LAYER, each) for each in proof)],
            }
        ).encode()
        for blob in (config, chart.data, *proof):
            web.pages[f"/v2/{name}/blobs/{_digest(blob)}"] = Page(blob)
        for reference in (tag, _digest(manifest)):
            web.pages[f"/v2/{name}/manifests/{reference}"] = Page(manifest, headers={"Content-Type": MANIFEST})
        tags.setdefault(name, []).append(tag)
    for name, found in tags.items():
        page = Page(json.dumps({"name": name, "tags": found}).encode())
        web.pages[f"/v2/{name}/tags/list"] = web.pages[f"/v2/{name}/tags/list?n=1000"] = page
    web.pages["/v2/"] = Page(b"{}")


FLUX_CONTENT = "application/vnd.cncf.flux.content.v1.tar+gzip"


def serve_artifact(
    web: Web, name: str, tag: str, files: Mapping[str, bytes | str], *more: tuple[str, Mapping[str, bytes | str]]
) -> None:
    """Make pages of a registry that has files, as `flux push artifact` packs them, and `more` layers of other types."""
    layers = [(kind, archive(each)) for kind, each in ((FLUX_CONTENT, files), *more)]
    config = {"mediaType": "application/vnd.cncf.flux.config.v1+json", "digest": _digest(b"{}"), "size": 2}
    tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config}
    tree["layers"] = [_descriptor(kind, data) for kind, data in layers]
    manifest = json.dumps(tree).encode()
    for _, data in layers:
        web.pages[f"/v2/{name}/blobs/{_digest(data)}"] = Page(data)
    for reference in (tag, _digest(manifest)):
        web.pages[f"/v2/{name}/manifests/{reference}"] = Page(manifest, headers={"Content-Type": MANIFEST})
    page = Page(json.dumps({"name": name, "tags": [tag]}).encode())
    web.pages[f"/v2/{name}/tags/list"] = web.pages[f"/v2/{name}/tags/list?n=1000"] = page


def _descriptor(kind: str, data: bytes) -> dict[str, str | int]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
