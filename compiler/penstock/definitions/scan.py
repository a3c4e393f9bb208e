"""Which files may hold definitions, told by their names and bytes alone: most files of a repository hold none."""

FLUX_FILES = (".yaml", ".yml")
"""The ends of the names of files that may hold definitions of Flux."""

ARGO_FILES = (".yaml", ".yml", ".json")
"""The same for Argo CD."""

FILES = ARGO_FILES
"""The same for all of them, `app.yaml` of ksonnet included."""


def may_define_flux(data: bytes) -> bool:
    """Whether a file may hold definitions of Flux, or say what an instance of the Flux Operator syncs."""
    return b"kustomize.toolkit.fluxcd.io/" in data or _may_sync(data)


def _may_sync(data: bytes) -> bool:
    return b"sync:" in data and (b"instance:" in data or b"FluxInstance" in data)


def may_define_argo(data: bytes) -> bool:
    """Whether a file may hold definitions of Argo CD: an Application, an ApplicationSet or an AppProject."""
    return b"argoproj.io/" in data and (b"Application" in data or b"AppProject" in data)


def may_define_ksonnet(data: bytes) -> bool:
    """Whether a file may be the `app.yaml` of an application of ksonnet."""
    return b"ksonnet.io/app" in data


def may_define(data: bytes) -> bool:
    """Whether a file may hold definitions of any of them."""
    return may_define_flux(data) or may_define_argo(data) or may_define_ksonnet(data)
