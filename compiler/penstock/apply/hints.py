"""What a person can do about an object that the API server does not accept. Pure."""

import re

from penstock.apply.failure import Failure
from penstock.model import ResourceId

STILL_STORED = re.compile(r"status\.storedVersions\[\d+\]: Invalid value: \"([\w.-]+)\": ")
"""What the API server says of a definition without a version in which objects may still be stored."""


def hint_of(id: ResourceId, failure: Failure) -> str:
    """Return what to do, or "" where the message of the server says it all."""
    if failure.is_immutable:
        return f"--replace {id} deletes it and makes it anew"
    if failure.lacks_namespace:
        return f"put the Namespace {id.namespace} on the branch, or make it"
    if failure.status == 504 or (failure.is_silence and not failure.is_too_large):
        return (
            "the server answers other requests, so an admission webhook may hang: "
            "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
        )
    stored = STILL_STORED.search(failure.message)
    if stored:
        return (
            f"keep {stored[1]} in spec.versions with `served: false`; to drop it, store all objects anew in the other "
            f"version (kubectl get {id.name} -A -o json | kubectl replace -f -) and take {stored[1]} out of "
            "status.storedVersions"
        )
    return ""
