"""The options with which the Argo CD instance builds kustomizations, where the repository has its settings.

They stand in the ConfigMap `argocd-cm`, in the values of the chart `argo-cd`, or in an object of the operator. Any of
these may be a text inside of another file, so they are found by the name of the setting.
"""

from collections.abc import Iterable

from penstock.records import NamedTuple
from penstock.regex import regex

_SETTING = regex(
    rb"""(?m)^[ \t-]*["']?(?:kustomize\.buildOptions(?:\.[\w.-]+)?|kustomizeBuildOptions)["']?:[ \t]*"""
    rb"""(?:[|>][-+]?[ \t]*\r?\n[ \t]*)?["']?(--[^"'#\r\n]*)""",
)
"""A line with the setting that is no comment, and its value, which may be on the next line."""


class BuildOptions(NamedTuple):
    """Whether kustomizations may have Helm charts, and whether their files may lie anywhere."""

    helm: bool = False
    anywhere: bool = False


def may_set_options(data: bytes) -> bool:
    """Return whether a file may hold such settings."""
    return _SETTING.search(data) is not None


def options_in(texts: Iterable[bytes]) -> BuildOptions:
    """Return what some files allow. Of several instances, one that allows something is enough."""
    words = [word for data in texts for value in _SETTING.findall(data) for word in value.split()]
    none = (
        b"--load-restrictor=LoadRestrictionsNone",
        b"--load_restrictor=LoadRestrictionsNone",
        b"LoadRestrictionsNone",
    )
    return BuildOptions(b"--enable-helm" in words, any(word in none for word in words))
