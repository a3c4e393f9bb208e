"""Names that folders of GitOps repositories usually have: those of environments, and those of what is around them."""

from collections.abc import Iterable
from itertools import pairwise

from penstock.regex import regex

WORDS = frozenset(
    (
        *("canary", "dev", "devel", "develop", "development", "demo", "int", "integration", "lab", "live", "local"),
        *("nonprod", "non-prod", "perf", "pre-prod", "preprod", "preview", "prd", "prod", "production", "qa"),
        *("sandbox", "sit", "stage", "staging", "stg", "test", "testing", "tst", "uat"),
    )
)
"""Usual names of environments."""

OTHERWISE = frozenset(("demo", "integration", "test", "testing"))
"""Usual names that mean something else as often: tests, a part of an application."""

CHANNELS = frozenset(("canary", "preview"))
"""Usual names that are those of channels of versions, too: a catalogue offers a choice among them."""

FOLDERS = frozenset(("clusters", "env", "envs", "environment", "environments"))
"""Names of folders whose subfolders are environments."""

SHARED = frozenset(("all", "base", "bases", "common", "components", "shared", "templates"))
"""Names of folders that hold what environments share."""

TOOLS = frozenset(("cluster", "clusters", "flux", "gitops", "k8s", "kubernetes"))
"""Names of folders that say what lies there, and not for which environment."""

OVERLAYS = frozenset(("overlay", "overlays"))

APPLICATIONS = frozenset(("app", "apps", "applications", "projects", "services", "teams", "workloads"))
"""Names of folders in which each folder is an application, or a group of them."""

DEFAULT = "default"


def contains_usual(environment: str, target: str) -> bool:
    """Return whether an environment is a single name in a path and contains a usual word, as `prod-eu` does."""
    return environment in target.split("/") and not WORDS.isdisjoint(_words(environment))


def is_usual(environment: str, paths: Iterable[str]) -> bool:
    """Return whether a name is a usual one for environments that means nothing else, or some of its paths show it below
    a folder of environments.
    """
    if not (WORDS - OTHERWISE - CHANNELS).isdisjoint(_words(environment)):
        return True
    steps = (pair for path in paths for pair in pairwise(path.split("/")))
    return any(above in FOLDERS and below == environment for above, below in steps)


def is_below_environments(path: str) -> bool:
    """Return whether a path is that of a folder of one environment, such as `env/lab`, whatever environment is given to
    it.
    """
    above, _, name = path.rpartition("/")
    return above.rpartition("/")[2] in FOLDERS and name not in SHARED


_SEPARATOR = regex("[-_.]")


def _words(environment: str) -> tuple[str, ...]:
    """Return the words of a name, without the numbers at their ends: `prod` for `prod2`, `prod` and `eu` for
    `prod_eu`.
    """
    words = _SEPARATOR.split(environment)
    return (environment, *(word.rstrip("0123456789") for word in words))
