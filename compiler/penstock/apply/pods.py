"""The health of a pod, and why the pods of a workload do not become ready. Pure."""

from collections.abc import Iterator, Sequence

from penstock.apply.conditions import said_by, stated
from penstock.apply.failure import one_line
from penstock.apply.shape import mappings
from penstock.apply.vocabulary import STUCK
from penstock.cluster import Health
from penstock.model import Tree
from penstock.tree import get

IGNORE_POLICY = "argocd.argoproj.io/ignore-restart-policy"
HOOK = "argocd.argoproj.io/hook"


def pods_trouble(pods: Sequence[Tree]) -> str:
    """Return why the pods of a workload do not become ready, or "" where no pod gives a reason.

    The first pod with a reason decides.
    """
    for pod in pods:
        for reason in _pod_trouble(pod):
            return f"pod {get(pod, ('metadata', 'name'), '')}: {reason}"
    return ""


def pod_health(body: Tree) -> Health:
    """Return the health of a pod: a task ends, a service is ready, and a container may be beyond help."""
    phase = get(body, ("status", "phase"), "unknown")
    if phase == "Succeeded":
        return Health("Healthy")
    if phase == "Failed":
        return Health("Degraded", one_line(get(body, ("status", "message")) or "its containers ended with an error"))
    if phase == "Running" and _ends_by_itself(body):
        return Health("Progressing", "has not come to its end yet")
    if phase == "Running" and stated(body, "Ready").get("status") == "True":
        return Health("Healthy")
    return _waiting_health(body, phase)


def _waiting_health(body: Tree, phase: str) -> Health:
    """Return the health of a pod that is not ready, and has not ended."""
    # What a container waits for tells more than the phase does.
    trouble = next(_pod_trouble(body), "")
    if trouble.startswith(STUCK):
        return Health("Degraded", trouble)
    # A pod that restarts again and again is between two attempts: its phase is Running all the time.
    ended = next(filter(None, map(_last_end, _containers(body))), "") if phase == "Running" else ""
    if ended:
        return Health("Degraded", f"is not ready, and has been started again{ended}")
    return Health("Progressing", trouble or f"is {phase}, not ready")


def _ends_by_itself(pod: Tree) -> bool:
    """Return whether a pod is a task rather than a service: its containers are not restarted forever."""
    if get(pod, ("spec", "restartPolicy"), "Always") == "Always":
        return False
    annotations = get(pod, ("metadata", "annotations")) or {}
    return IGNORE_POLICY not in annotations or HOOK in annotations


def _pod_trouble(pod: Tree) -> Iterator[str]:
    for container in _containers(pod):
        waiting = get(container, ("state", "waiting")) or {}
        if waiting.get("reason") in STUCK:
            yield said_by(waiting) + _last_end(container)
    scheduled = stated(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield said_by(scheduled)


def _containers(pod: Tree) -> Iterator[Tree]:
    """Yield the states of the containers of a pod, init containers first."""
    for at in (("status", "initContainerStatuses"), ("status", "containerStatuses")):
        yield from mappings(get(pod, at))


def _last_end(container: Tree) -> str:
    ended = get(container, ("lastState", "terminated")) or {}
    if not ended:
        return ""
    return f" (last time: {one_line(str(ended.get('reason', 'ended')))}, exit status {ended.get('exitCode')})"
