"""How to build, beyond what the files say: what every command hands to `resolve`."""

from collections.abc import Callable, Sequence

from penstock.budget import Bounds
from penstock.model import Tree
from penstock.records import NamedTuple


class FunctionCall(NamedTuple):
    """An exec function (KRM function) with its input: a ResourceList of `items` and `config`, the object that names it.

    `environment` holds NAME=VALUE settings; the function runs in `directory`.
    """

    path: str
    arguments: Sequence[str]
    environment: Sequence[str]
    directory: str
    items: Sequence[Tree]
    config: Tree


class Clone(NamedTuple):
    """A repository that an address has led to: the address, where its files are, and what git fetched."""

    name: str
    top: str
    repository: str


class Options(NamedTuple):
    """How to build, beyond what the files say: the flags of `kustomize build`."""

    anywhere: bool = False
    """Files may lie outside their kustomization's directory (`--load-restrictor LoadRestrictionsNone`)."""
    order: str = "legacy"
    """`legacy` or `none`, where the kustomization does not say (`--reorder`)."""
    boundary: str = ""
    """The directory that no base may leave, and no file where files may lie anywhere: `.` where it is not the user but
    the repository that says so. Empty: bases may leave any, by name.
    """
    above: int | None = None
    """How many directories above the root of the files their repository begins; None where they are in none."""
    stays_inside: bool = False
    """Whether a base outside of the repository is an error; else it is a warning, since Kustomize takes it."""
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
    """The bounds are for each target by itself: what earlier ones of the run have cost does not count."""
    merge: str = ""
    """How strategic merge patches are laid: `kubernetes`, or else as Kustomize does (`merge` in penstock.yaml)."""
    helm: bool = False
    """Charts may be rendered (`--enable-helm`)."""
    helm_kube_version: str = ""
    """The Kubernetes that charts are told of, where their entries do not say (`--helm-kube-version`)."""
    helm_api_versions: tuple[str, ...] = ()
    """API versions that charts are told of (`--helm-api-versions`)."""
    clone: Clone | None = None
    """The repository from elsewhere that the directory lies in, if it is not ours."""
