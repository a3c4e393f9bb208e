"""Which files may hold definitions, judged by their names and bytes only: most files of a repository hold none."""

from collections.abc import Sequence
from typing import Any

from penstock.model import TEST_DATA, TEST_FILES, directory_of, name_of

FLUX_FILES = (".yaml", ".yml")
"""The suffixes of files that may hold definitions of Flux."""

ARGO_FILES = (".yaml", ".yml", ".json")
"""The suffixes of files that may hold definitions of Argo CD."""

FILES = ARGO_FILES
"""The suffixes of files that may hold definitions of any tool, including `app.yaml` of ksonnet."""


def without_test_data(paths: Sequence[str]) -> list[str]:
    """Return the paths of files that are no test data: neither beside a description of tests, nor in a folder for test
    data. Where there is nothing else, such a folder holds what somebody wants to see.
    """
    described = (path for path in paths if name_of(path) in TEST_FILES)
    folders = {directory_of(path) for path in described}
    kept = [path for path in paths if directory_of(path) not in folders]
    return [path for path in kept if not TEST_DATA.search(path)] or kept


def may_define_flux(data: bytes) -> bool:
    """Return whether a file may hold definitions of Flux, or the sync settings of the Flux Operator."""
    return b"kustomize.toolkit.fluxcd.io/" in data or _may_sync(data)


def _may_sync(data: bytes) -> bool:
    return b"sync:" in data and (b"instance:" in data or b"FluxInstance" in data)


def may_define_argo(data: bytes) -> bool:
    """Return whether a file may hold definitions of Argo CD: an Application, an ApplicationSet or an AppProject."""
    return b"argoproj.io/" in data and (b"Application" in data or b"AppProject" in data)


_KINDS = {
    "Application": "argoproj.io/",
    "ApplicationSet": "argoproj.io/",
    "AppProject": "argoproj.io/",
    "Kustomization": "kustomize.toolkit.fluxcd.io/",
}
"""The kinds of definitions, with their groups."""


def is_definition(body: Any) -> bool:
    """Return whether a document has the kind of a definition, whatever else it lacks."""
    if not isinstance(body, dict):
        return False
    kind, version = body.get("kind"), body.get("apiVersion")
    return isinstance(kind, str) and isinstance(version, str) and version.startswith(_KINDS.get(kind, "?"))


def may_define_ksonnet(data: bytes) -> bool:
    """Return whether a file may be the `app.yaml` of a ksonnet application."""
    return b"ksonnet.io/app" in data


def may_define(data: bytes) -> bool:
    """Return whether a file may hold definitions of any of these tools."""
    return may_define_flux(data) or may_define_argo(data) or may_define_ksonnet(data)
