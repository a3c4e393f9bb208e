"""The options of a build beyond what its files say, which every command passes to `resolve`."""

from collections.abc import Callable, Sequence

from penstock.budget import Bounds
from penstock.model import Tree
from penstock.records import NamedTuple


class FunctionCall(NamedTuple):
    """A call of an exec function (KRM function): its input is a ResourceList of `items` and `config`, the object that
    names the function.

    `environment` holds NAME=VALUE settings; the function runs in `directory`.
    """

    path: str
    arguments: Sequence[str]
    environment: Sequence[str]
    directory: str
    items: Sequence[Tree]
    config: Tree


class Clone(NamedTuple):
    """A repository that an address has led to: the address, the directory of its files, and the repository that git
    fetched.
    """

    name: str
    top: str
    repository: str


class Options(NamedTuple):
    """The options of a build beyond what its files say: the flags of `kustomize build`."""

    anywhere: bool = False
    """Files may lie outside their kustomization's directory (`--load-restrictor LoadRestrictionsNone`)."""
    order: str = "legacy"
    """`legacy` or `none`, for a kustomization that does not set the order itself (`--reorder`)."""
    boundary: str = ""
    """The directory that bases must not leave, nor files if files may lie anywhere; `.` if the repository, and not the
    user, allows this. If empty, bases may leave any directory by naming a path.
    """
    above: int | None = None
    """The number of directories between the root of their repository and the root of the files; None if they are in
    none.
    """
    stays_inside: bool = False
    """Whether a base outside the repository is an error; otherwise it is a warning, since Kustomize accepts it."""
    managed_by: bool = False
    """Label every object with `app.kubernetes.io/managed-by` (`--enable-managedby-label`)."""
    plugins: bool = False
    """Plugins other than the builtin ones may be named (`--enable-alpha-plugins`)."""
    can_execute: bool = True
    """Whether the command could run exec functions at all: it has the option `--enable-exec`."""
    run_function: Callable[[FunctionCall], bytes] | None = None
    """Runs an exec function (`--enable-exec`) and returns what it prints. Raises `Refusal`."""
    bounds: Bounds = Bounds()
    """The most that a target may cost (`--bound`)."""
    is_alone: bool = False
    """The bounds hold for each target by itself; the cost of earlier targets of the run does not count."""
    merge: str = ""
    """How strategic merge patches are merged: `kubernetes`, or, if empty, as in Kustomize (`merge` in
    penstock.yaml).
    """
    helm: bool = False
    """Charts may be rendered (`--enable-helm`)."""
    helm_kube_version: str = ""
    """The Kubernetes version that charts are told, if their entries do not set one (`--helm-kube-version`)."""
    helm_api_versions: tuple[str, ...] = ()
    """The API versions that charts are told (`--helm-api-versions`)."""
    clone: Clone | None = None
    """The fetched repository that contains the directory; None if the directory is in the user's own files."""
