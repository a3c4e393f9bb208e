"""The capabilities of a cluster that a chart can query: its version and its API versions."""

from penstock.records import NamedTuple
from penstock.regex import regex

_GENERIC = regex(r"\s*v?([0-9]+(?:\.[0-9]+)*)")


class BadVersion(Exception):  # noqa: N818  # the state of a text
    """A version of Kubernetes that Helm does not accept. The message is Helm's."""


class KubeVersion(NamedTuple):
    """A version of Kubernetes: as it was given (`version`), and without the suffix that a provider appends
    (`normalized`).
    """

    version: str
    normalized: str
    major: str
    minor: str


class Capabilities(NamedTuple):
    """`.Capabilities`, without the version of Helm."""

    kube_version: KubeVersion
    api_versions: tuple[str, ...]


def read_kube_version(text: str) -> KubeVersion:
    """Parse a version from a command line or a kustomization. Raises `BadVersion`."""
    found = _GENERIC.match(text)
    parts = found[1].split(".") if found else []
    if not parts:
        raise BadVersion(f'could not parse "{text}" as version')
    if len(parts) < 2:
        raise BadVersion(f'illegal version string "{text}"')
    if parts[0] != "0" and parts[0].startswith("0"):
        raise BadVersion(f'illegal zero-prefixed version component "{parts[0]}" in "{text}"')
    for part in parts:
        if len(part.lstrip("0")) > LONGEST_NUMBER or int(part) > GREATEST:
            raise BadVersion(f'illegal non-numeric version component "{part[:100]}" in "{text[:100]}"')
    numbers = [str(int(part)) for part in parts]
    version = text if text.startswith("v") else f"v{text}"
    return KubeVersion(version, "v" + ".".join(numbers), numbers[0], numbers[1])


GREATEST, LONGEST_NUMBER = 2**64 - 1, 20
"""What a part of a version may be at most, and how many digits that has."""

HELM_VERSION = "v4.3"
"""The version that a chart sees: Helm v4.3.1, if it was installed as a Go module, knows no more of its version than
this.
"""

DEFAULT_KUBE_VERSION = KubeVersion("v1.37.0", "v1.37.0", "1", "37")

_KNOWN = (
    ("", "v1"),
    ("admissionregistration.k8s.io", "v1 v1alpha1 v1beta1"),
    ("internal.apiserver.k8s.io", "v1alpha1"),
    ("apps", "v1 v1beta1 v1beta2"),
    ("authentication.k8s.io", "v1 v1alpha1 v1beta1"),
    ("authorization.k8s.io", "v1 v1beta1"),
    ("autoscaling", "v1 v2"),
    ("batch", "v1 v1beta1"),
    ("certificates.k8s.io", "v1 v1beta1 v1alpha1"),
    ("coordination.k8s.io", "v1alpha2 v1beta1 v1"),
    ("discovery.k8s.io", "v1 v1beta1"),
    ("events.k8s.io", "v1 v1beta1"),
    ("extensions", "v1beta1"),
    ("flowcontrol.apiserver.k8s.io", "v1 v1beta1 v1beta2 v1beta3"),
    ("lifecycle.k8s.io", "v1alpha1"),
    ("networking.k8s.io", "v1 v1beta1"),
    ("node.k8s.io", "v1 v1alpha1 v1beta1"),
    ("policy", "v1 v1beta1"),
    ("rbac.authorization.k8s.io", "v1 v1beta1 v1alpha1"),
    ("resource.k8s.io", "v1 v1beta2 v1beta1 v1alpha3"),
    ("scheduling.k8s.io", "v1alpha3 v1beta1 v1"),
    ("storage.k8s.io", "v1beta1 v1 v1alpha1"),
    ("storagemigration.k8s.io", "v1 v1beta1"),
    ("apiextensions.k8s.io", "v1beta1 v1"),
)
"""(group, versions in Helm's order)."""

DEFAULT_API_VERSIONS = tuple(f"{group}/{each}".lstrip("/") for group, versions in _KNOWN for each in versions.split())
"""The API versions that Helm 4.3.1 assumes where it does not ask a cluster: those of client-go 0.37."""

DEFAULT = Capabilities(DEFAULT_KUBE_VERSION, DEFAULT_API_VERSIONS)


def capabilities(kube_version: str = "", api_versions: tuple[str, ...] = ()) -> Capabilities:
    """Return the default capabilities with another Kubernetes version, if one is given, and additional API versions.
    Raises `BadVersion`.
    """
    version = read_kube_version(kube_version) if kube_version else DEFAULT_KUBE_VERSION
    return Capabilities(version, (*DEFAULT_API_VERSIONS, *api_versions))
