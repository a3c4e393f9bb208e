"""Containers of a pod, of the kinds that they are: probes, hooks, ports, restarts, users.

Source: pkg/apis/core/validation, validateInitContainers, validateContainers, checkHostPortConflicts,
validatePodHostNetworkDeps, validateOS.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings
from penstock.words import quoted

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE, PORT, RESTART, SYSTEM = "PS439", "PS440", "PS439", "PS434"
GRACE = 30
"""Seconds of `terminationGracePeriodSeconds` where a pod does not say."""

LINUX_ONLY = (
    *("hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"),
    *(("securityContext", field) for field in ("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup")),
    *(("securityContext", field) for field in ("fsGroupChangePolicy", "sysctls", "runAsUser", "runAsGroup")),
    *(("securityContext", field) for field in ("supplementalGroups", "supplementalGroupsPolicy")),
)
LINUX_ONLY_OF_CONTAINERS = (
    *(
        "allowPrivilegeEscalation",
        "appArmorProfile",
        "capabilities",
        "privileged",
        "procMount",
        "readOnlyRootFilesystem",
    ),
    *("runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile"),
)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from _host_ports(value, at)
    for here, container in mappings(value, ("initContainers",)):
        if container.get("restartPolicy") != "Always":
            yield from _runs_once(container, (*at, *here))
        yield from _restart(container, (*at, *here))
        yield from _timing(value, container, (*at, *here))
    for here, container in mappings(value, ("containers",)):
        yield from _restart(container, (*at, *here))
        yield from _timing(value, container, (*at, *here))
    if value.get("ephemeralContainers"):
        message = "ephemeral containers are added to a pod that runs, not written in a manifest"
        yield Fault(RESTART, (*at, "ephemeralContainers"), message, "use kubectl debug")
    yield from _system(value, at)


def check_container(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("livenessProbe", "startupProbe"):
        threshold = mapping(value, (field,)).get("successThreshold")
        if type(threshold) is int and threshold not in (0, 1):
            yield Fault(PROBE, (*at, field, "successThreshold"), f"{threshold} is not 1", f"a {field} succeeds once")
    readiness = mapping(value, ("readinessProbe",))
    if readiness.get("terminationGracePeriodSeconds") is not None:
        message = "a readinessProbe ends no container, so it has no grace period"
        yield Fault(PROBE, (*at, "readinessProbe", "terminationGracePeriodSeconds"), message, "remove the field")


def _runs_once(container: Tree, at: Pointer) -> Iterator[Fault]:
    for field in (*PROBES, "lifecycle"):
        if container.get(field) is not None and container[field] != {}:
            hint = "remove it, or make the container a sidecar with restartPolicy: Always"
            yield Fault(PROBE, (*at, field), f"an init container that runs once has no {field}", hint)
        elif container.get(field) == {} and field != "lifecycle":
            yield Fault(PROBE, (*at, field), f"an init container that runs once has no {field}")


def _restart(container: Tree, at: Pointer) -> Iterator[Fault]:
    rules = container.get("restartPolicyRules")
    if isinstance(rules, list) and rules and container.get("restartPolicy") is None:
        yield Fault(RESTART, (*at, "restartPolicyRules"), "rules about restarts need a restartPolicy of the container")
    if isinstance(rules, list) and len(rules) > 20:
        yield Fault(RESTART, (*at, "restartPolicyRules"), f"has {len(rules)} rules, at most 20 allowed")
    for here, rule in mappings(container, ("restartPolicyRules",)):
        if rule.get("exitCodes") is None:
            yield Fault("PS402", (*at, *here), 'the field "exitCodes" is missing')


def _timing(pod: Tree, container: Tree, at: Pointer) -> Iterator[Fault]:
    grace = pod.get("terminationGracePeriodSeconds")
    grace = grace if type(grace) is int else GRACE
    for hook in ("preStop", "postStart"):
        seconds = get(container, ("lifecycle", hook, "sleep", "seconds"))
        if type(seconds) is int and seconds > grace:
            message = f"sleeps {seconds} seconds, and the pod has {grace} to end"
            yield Fault(PROBE, (*at, "lifecycle", hook, "sleep", "seconds"), message)


def _host_ports(pod: Tree, at: Pointer) -> Iterator[Fault]:
    seen: dict[Any, Pointer] = {}
    shares = pod.get("hostNetwork") is True
    for lists in ("initContainers", "containers"):
        for here, container in mappings(pod, (lists,)):
            for there, port in mappings(container, ("ports",)):
                place = (*at, *here, *there)
                number, inner = port.get("hostPort") or 0, port.get("containerPort")
                if shares and number and number != inner:
                    message = (
                        f"hostPort is {number} and containerPort {inner}, but the pod uses the network of its node"
                    )
                    yield Fault(PORT, (*place, "hostPort"), message, "write the same number, or leave hostPort out")
                if shares and not number:
                    number = inner
                if not number or isinstance(number, dict | list):
                    continue
                key = (str(port.get("protocol") or "TCP"), str(port.get("hostIP") or ""), number)
                first = seen.setdefault(key, place)
                if first != place and lists == "containers":
                    yield Fault(
                        PORT,
                        (*place, "hostPort") if "hostPort" in port else place,
                        f"takes port {number} of the node a second time",
                        "",
                        ((first, "the first one"),),
                    )


def _system(pod: Tree, at: Pointer) -> Iterator[Fault]:
    name = get(pod, ("os", "name"))
    context = mapping(pod, ("securityContext",))
    if name == "windows":
        for path in LINUX_ONLY:
            place = path if isinstance(path, tuple) else (path,)
            found = get(pod, place)
            if found is not None and found is not False and found != []:
                yield Fault(SYSTEM, (*at, *place), f"{quoted(place[-1])} is not for a pod of Windows")
    elif name == "linux" and context.get("windowsOptions") is not None:
        yield Fault(SYSTEM, (*at, "securityContext", "windowsOptions"), "Windows options in a pod of Linux")
    for lists in ("initContainers", "containers"):
        for here, container in mappings(pod, (lists,)):
            inner = mapping(container, ("securityContext",))
            if name == "linux" and inner.get("windowsOptions") is not None:
                yield Fault(
                    SYSTEM, (*at, *here, "securityContext", "windowsOptions"), "Windows options in a pod of Linux"
                )
            for field in LINUX_ONLY_OF_CONTAINERS if name == "windows" else ():
                if inner.get(field) is not None:
                    yield Fault(SYSTEM, (*at, *here, "securityContext", field), f"{quoted(field)} is not for Windows")


CHECKS = {"pod": check_pod, "container": check_container}
