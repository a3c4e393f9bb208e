#!/usr/bin/env python3
"""Charts that the definitions of whole repositories install, beside the real helm.

    bench/installed.py [--show N] [--helm PATH] REPOSITORY ...

A REPOSITORY is a directory with a git repository, as somebody has cloned it, with its penstock.yaml and penstock.lock
if there are any. Each chart that Penstock renders there, for a HelmRelease of Flux, an Application of Argo CD, an entry
of `charts:` or a kustomization, is rendered by `helm template` with the same release, namespace, values files, settings
and versions; charts and dependencies from elsewhere are those of the cache. Helm merges the values itself.

Printed are, for each repository, how many of these have the same bytes, up to what helm makes up anew in each run;
requests with a `values.yaml` that is not the chart's own are not compared. --show prints the first differences. The
exit status is 1 if any differs, or only one of the two refuses.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from charts import HELM, Answer, by_helm, verdict

from penstock.budget import Budget
from penstock.cli.remotes import opener
from penstock.cli.streams import Streams
from penstock.emit.yaml import dump
from penstock.files import Disk
from penstock.model import Diagnostic, Document, Origin
from penstock.pipeline import build_target, open_project
from penstock.sources import ChartRequest, Files, Rendition, ValueAt
from penstock.targets.repository import everything

SAME = ("identical", "identical but for what helm makes up", "both refuse")


class Install(NamedTuple):
    """A chart that is rendered, and Penstock's answer. `words` are those of helm's command line; there are none if helm
    cannot be asked.
    """

    words: list[str]
    ours: Answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many differences")
    parser.add_argument("--helm", default=os.environ.get("HELM", HELM))
    arguments = parser.parse_args()
    helm = os.path.expanduser(arguments.helm)
    total = Counter[str]()
    for repository in arguments.repositories:
        counts = Counter[str]()
        with tempfile.TemporaryDirectory() as work:
            for install in _installs(repository, work):
                word, detail = _verdict(install, helm)
                counts[word] += 1
                if word not in (*SAME, "not compared") and counts.total() - counts["identical"] <= arguments.show:
                    print(f"  {' '.join(install.words)}\n      {detail}")
        print(f"{Path(repository).name:40} {_counts(counts)}", flush=True)
        total += counts
    print(f"{'all':40} {_counts(total)}")
    return 0 if set(total) <= {*SAME, "not compared"} else 1


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "no chart is rendered"


def _verdict(install: Install, helm: str) -> tuple[str, str]:
    if not install.words:
        return "not compared", ""
    return verdict(install, install.ours, by_helm(install, helm), helm)


def _installs(repository: str, work: str) -> Iterator[Install]:
    """Yield each chart that is rendered for the targets of a repository."""
    rendered = _rendered(repository)
    for number, (files, request, ours) in enumerate(rendered):
        folder = os.path.join(work, str(number))
        words = [] if request.own_values else _words(files, request, folder)
        yield Install(words, ours)


def _rendered(repository: str) -> list[tuple[Files, ChartRequest, Answer]]:
    """Build everything in a repository, and return the charts that were rendered on the way, each once."""
    top = os.path.abspath(repository)
    streams = Streams(sys.stdout, sys.stderr, os.environ, top)
    project = open_project(Disk(top), opener(streams, offline=True))
    found: dict[str, tuple[Files, ChartRequest, Answer]] = {}
    render = project._render_chart
    assert render is not None

    def watched(files: Files, request: ChartRequest, budget: Budget) -> tuple[Rendition | None, list[Diagnostic]]:
        rendition, findings = render(files, request, budget)
        said = "; ".join(f"{each.where}: {each.message}" for each in findings)
        answer = Answer(rendition.text if rendition is not None else None, said, 0.0)
        key = repr(request._replace(written=(), places=(), where=Origin("")))
        found.setdefault(key, (files, request, answer))
        return rendition, findings

    project._render_chart = watched
    made = everything(project)[0]
    for target in made:
        build_target(project, target)
    return list(found.values())


def _words(files: Files, request: ChartRequest, folder: str) -> list[str]:
    """Return the command line by which helm renders a request. The files that it names are written to a folder."""
    chart = _copied(files, request.chart, os.path.join(folder, "chart"))
    for dependency in request.dependencies:
        _copied(files, dependency, os.path.join(chart, "charts", os.path.basename(dependency)))
    words = ["template", request.name or "release-name", chart, "--namespace", request.namespace or "default"]
    for number, values in enumerate(request.values):
        path = os.path.join(folder, f"values-{number}.yaml")
        if isinstance(values, ValueAt):
            words += ["--set-literal" if values.is_literal else "--set", f"{values.path}={values.text}"]
            continue
        text = files.read(values) or b"" if isinstance(values, str) else _dumped(values).encode()
        _write(path, text)
        words += ["--values", path]
    for flag, settings in (
        ("--set-json", request.json),
        ("--set", request.settings),
        ("--set-string", request.texts),
        ("--set-file", request.file_texts),
        ("--set-literal", request.literals),
    ):
        words += [word for setting in settings for word in (flag, setting)]
    words += [word for version in request.api_versions for word in ("--api-versions", version)]
    words += ["--kube-version", request.kube_version] if request.kube_version else []
    flags = {
        "--include-crds": request.include_crds,
        "--no-hooks": not request.hooks,
        "--skip-tests": not request.tests,
        "--is-upgrade": request.is_upgrade,
        "--skip-schema-validation": request.skip_schema,
    }
    return [*words, *(flag for flag, is_set in flags.items() if is_set)]


def _dumped(values: Document) -> str:
    return dump(values.body) if values.body is not None else ""


def _copied(files: Files, path: str, to: str) -> str:
    """Copy a chart, which may be packed, and return the path of the copy."""
    if not files.is_dir(path):
        to += ".tgz"
        _write(to, files.read(path) or b"")
        return to
    for each in files.walk(path):
        _write(os.path.join(to, os.path.relpath(each, path)), files.read(each) or b"")
    return to


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
