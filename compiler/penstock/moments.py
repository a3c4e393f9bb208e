"""At which moment of a sync a hook runs, by the annotations of Argo CD and of Helm. Pure."""

from collections.abc import Mapping
from typing import Any

HOOK, HELM_HOOK = "argocd.argoproj.io/hook", "helm.sh/hook"

PHASES = ("PreSync", "Sync", "PostSync")
"""The phases of a sync in their order."""

NEVER = ("SyncFail", "PreDelete", "PostDelete", "Skip")
"""Words of Argo CD for which a sync of ours has no moment."""

HELM = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "crd-install": "Sync",
}


def phases(annotations: Mapping[str, Any]) -> list[str]:
    """Return the phases in which an object is applied, as Argo CD reads its annotations.

    Argo CD's own annotation wins over Helm's.
    """
    if HOOK in annotations:
        said = words(annotations[HOOK])
        known = [
            # Argo CD ignores words that it does not know, and Skip beside other words.
            word
            for word in dict.fromkeys(said)
            if word in (*PHASES, *NEVER) and (word != "Skip" or len(said) > 1)
        ]
        return [word for word in known if word != "Skip"]
    if HELM_HOOK in annotations:
        said = words(annotations[HELM_HOOK])
        return list(dict.fromkeys(HELM[word] for word in said if word in HELM))
    return ["Sync"]


def without_moment(annotations: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the annotation because of which a sync never applies an object, and its words; "" where it applies it."""
    if any(phase in PHASES for phase in phases(annotations)):
        return "", []
    key = HOOK if HOOK in annotations else HELM_HOOK
    return key, words(annotations.get(key, ""))


def words(value: Any) -> list[str]:
    """Return the words of an annotation, which are separated by commas."""
    return [word.strip() for word in str(value).split(",") if word.strip()]
