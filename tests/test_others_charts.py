"""Findings about the inside of a chart that other people wrote, which is packed here."""

import io
import re
import tarfile
from pathlib import Path

from tests.test_adoption import penstock

INSTALLED = "charts:\n- {path: shop, environments: {prod: {namespace: shop}}}\n"

TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  containers:
  - name: a
    image: b:1
    tty: {{ .Values.unset }}
    envFrom:
    - configMapRef: {name: own}
    - secretRef: {name: {{ .Values.existing }}}
    env:
    - {name: NOW, value: {{ now | quote }}}
    - {name: THEN, value: {{ now | quote }}}
---
apiVersion: v1
kind: Service
metadata: {name: made}
spec: {selector: {app: made}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: try, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: a, image: "b:1"}]}
"""

CHART = {
    "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "db/values.yaml": "existing: ''\n",
    "db/templates/a.yaml": TEMPLATE,
    "db/templates/NOTES.txt": "{{ now }}",
}


def test_what_only_the_authors_of_a_chart_can_mend_is_softer_or_left_out(tmp_path: Path) -> None:
    _pack(tmp_path / "shop" / "charts" / "db-1.0.0.tgz", CHART)
    (tmp_path / "shop" / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "shop" / "values.yaml").write_text("db: {existing: mine}\n")
    (tmp_path / "penstock.yaml").write_text(INSTALLED)
    said = penstock(tmp_path, "check").splitlines()
    found = [line.partition(": ")[2] for line in said if re.match(r"\S+: (error|warning|info) ", line)]
    assert found == [
        'info PS302 no ConfigMap "own" in this target; a program of the chart db-1.0.0 may make it',
        'warning PS302 no Secret "mine" in this target',
        "info PS715 `now` gives something else each time that Helm runs; here it always gives the same "
        "(and 1 more like it)",
        "info PS303 no pods with app=made in this target; a program of the chart db-1.0.0 may make them",
    ]


def _pack(path: Path, files: dict[str, str]) -> None:
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


FLUX = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: "https://example.com/fleet", ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 10m, path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: db, namespace: flux-system}
spec:
  interval: 10m
  chart: {spec: {chart: charts/db-1.0.0.tgz, sourceRef: {kind: GitRepository, name: flux-system}}}
  values: {existing: mine}
"""


def test_a_release_of_flux_installs_a_packed_chart_of_its_repository(tmp_path: Path) -> None:
    _pack(tmp_path / "charts" / "db-1.0.0.tgz", CHART)
    sync = tmp_path / "clusters" / "prod" / "flux-system" / "gotk-sync.yaml"
    sync.parent.mkdir(parents=True)
    sync.write_text(FLUX)
    assert 'warning PS302 no Secret "mine" in this target' in penstock(tmp_path, "check")
