"""The containers of a pod: probes, hooks, ports, restarts and users, by kind of container.

Source: pkg/apis/core/validation, validateInitContainers, validateContainers, checkHostPortConflicts,
validatePodHostNetworkDeps, validateOS.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number, containers_of, integer_of, mapping, mappings, text_of
from penstock.validate.syntax import is_dns_subdomain
from penstock.words import quoted

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE, PORT, RESTART, SYSTEM = "PS439", "PS440", "PS439", "PS434"
PORT_OF_PODS = "PS485"

GRACE = 30
"""The default of `terminationGracePeriodSeconds`."""

LINUX_ONLY = (
    *((field,) for field in ("hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")),
    *(("securityContext", field) for field in ("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup")),
    *(("securityContext", field) for field in ("fsGroupChangePolicy", "sysctls", "runAsUser", "runAsGroup")),
    *(("securityContext", field) for field in ("supplementalGroups", "supplementalGroupsPolicy")),
    ("securityContext", "seLinuxChangePolicy"),
)
LINUX_ONLY_OF_CONTAINERS = (
    *("allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount"),
    *("readOnlyRootFilesystem", "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile"),
)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from _host_ports(value, at)
    yield from _never_restarted(value, at)
    yield from _files_of_variables(value, at)
    yield from _those_that_run_once(value, at)
    for here, container in containers_of(value):
        yield from _restart(container, (*at, *here))
    yield from _ephemeral(value, at)
    yield from _system(value, at)
    yield from _defaults(value, at)


def _those_that_run_once(pod: Tree, at: Pointer) -> Iterator[Fault]:
    for here, container in mappings(pod, ("initContainers",)):
        if container.get("restartPolicy") != "Always":
            yield from _runs_once(container, (*at, *here))


def _ephemeral(pod: Tree, at: Pointer) -> Iterator[Fault]:
    if pod.get("ephemeralContainers"):
        message = "ephemeral containers are added to a pod that runs, not written in a manifest"
        yield Fault(RESTART, (*at, "ephemeralContainers"), message, "use kubectl debug")


def _defaults(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the old name of serviceAccountName, which counts where the new one is empty, and the servers of a DNS
    configuration without defaults.
    """
    account = text_of(pod, "serviceAccount")
    if account and not pod.get("serviceAccountName") and not is_dns_subdomain(account):
        yield Fault("PS431", (*at, "serviceAccount"), f"{quoted(account)} is not the name of a ServiceAccount")
    config = pod.get("dnsConfig")
    if pod.get("dnsPolicy") == "None" and isinstance(config, dict) and not config.get("nameservers"):
        place = (*at, "dnsConfig", "nameservers") if "nameservers" in config else (*at, "dnsConfig")
        notes = (((*at, "dnsPolicy"), "nothing else names one"),)
        yield Fault("PS435", place, 'the field "nameservers" is needed: no name is resolved without one', "", notes)


def check_container(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("livenessProbe", "startupProbe"):
        threshold = integer_of(mapping(value, (field,)), "successThreshold")
        if threshold not in (None, 0, 1):
            yield Fault(PROBE, (*at, field, "successThreshold"), f"{threshold} is not 1", f"a {field} succeeds once")
    readiness = mapping(value, ("readinessProbe",))
    if readiness.get("terminationGracePeriodSeconds") is not None:
        message = "a readinessProbe ends no container, so it has no grace period"
        yield Fault(PROBE, (*at, "readinessProbe", "terminationGracePeriodSeconds"), message, "remove the field")


def _runs_once(container: Tree, at: Pointer) -> Iterator[Fault]:
    hint = "remove it, or make the container a sidecar with restartPolicy: Always"
    for field in (*PROBES, "lifecycle"):
        found = container.get(field)
        if found is not None and not _is_signal(found):
            yield Fault(PROBE, (*at, field), f"an init container that runs once has no {field}", hint)
    for here, policy in mappings(container, ("resizePolicy",)):
        if policy.get("restartPolicy") == "RestartContainer":
            message = "an init container that runs once is not restarted for other resources"
            yield Fault("PS434", (*at, *here, "restartPolicy"), message, "say NotRequired")


def _is_signal(lifecycle: Any) -> bool:
    """Return whether a lifecycle has only the signal that stops the container, which every container may have."""
    return isinstance(lifecycle, dict) and [key for key, value in lifecycle.items() if value is not None] == [SIGNAL]


SIGNAL = "stopSignal"


def _restart(container: Tree, at: Pointer) -> Iterator[Fault]:
    rules = container.get("restartPolicyRules")
    if isinstance(rules, list) and rules and container.get("restartPolicy") is None:
        yield Fault(RESTART, (*at, "restartPolicyRules"), "rules about restarts need a restartPolicy of the container")
    if isinstance(rules, list) and len(rules) > 20:
        yield Fault(RESTART, (*at, "restartPolicyRules"), f"has {len(rules)} rules, at most 20 allowed")
    for here, rule in mappings(container, ("restartPolicyRules",)):
        if rule.get("exitCodes") is None:
            yield Fault("PS402", (*at, *here), 'the field "exitCodes" is missing')


def check_times_of_a_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the hooks of a Pod, of which the API server makes a negative time to end 1 second."""
    pod = mapping(value, ("spec",))
    grace = _grace(pod)
    yield from _times(pod, grace if grace >= 0 else 1, (*at, "spec"))


def check_times_of_a_template(value: Tree, at: Pointer) -> Iterator[Fault]:
    pod = mapping(value, ("spec",))
    yield from _times(pod, _grace(pod), (*at, "spec"))


def _grace(pod: Tree) -> int:
    given = integer_of(pod, "terminationGracePeriodSeconds")
    return GRACE if given is None else given


def _times(pod: Tree, grace: int, at: Pointer) -> Iterator[Fault]:
    """Yield the hooks that sleep longer than the pod has to end."""
    for here, container in containers_of(pod):
        for hook in ("preStop", "postStart") if "lifecycle" in container else ():
            seconds = as_number(get(container, ("lifecycle", hook, "sleep", "seconds")))
            if type(seconds) is int and seconds > grace:
                message = f"sleeps {seconds} seconds, and the pod has {grace} to end"
                yield Fault(PROBE, (*at, *here, "lifecycle", hook, "sleep", "seconds"), message)


def _host_ports(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield conflicts of host ports. Containers share the ports of their node; each init container is checked alone."""
    seen: dict[Any, tuple[Pointer, bool]] = {}
    for here, container in mappings(pod, ("containers",)):
        yield from _ports(container, pod.get("hostNetwork") is True, seen, (*at, *here))
    for here, container in mappings(pod, ("initContainers",)):
        yield from _ports(container, pod.get("hostNetwork") is True, {}, (*at, *here))


def _port_of_the_node(port: Tree, shares: bool) -> Any:
    # With the network of the node, each port of a container is one of the node.
    number = port.get("hostPort") or (port.get("containerPort") if shares else 0)
    return 0 if isinstance(number, dict | list) else number


def _ports(container: Tree, shares: bool, seen: dict[Any, tuple[Pointer, bool]], at: Pointer) -> Iterator[Fault]:
    """Yield the ports of the node that a container takes although they are taken. `seen` says by which port, and
    whether that names the port of the node: in a template, the API server leaves it to the pods to derive it.
    """
    for here, port in mappings(container, ("ports",)):
        place = (*at, *here)
        if shares:
            yield from _same_port(port, place)
        number = _port_of_the_node(port, shares)
        if not number:
            continue
        key = (str(port.get("protocol") or "TCP"), str(port.get("hostIP") or ""), number)
        first, is_written = seen.setdefault(key, (place, bool(port.get("hostPort"))))
        if first != place:
            message = f"takes port {number} of the node a second time"
            where = (*place, "hostPort") if "hostPort" in port else place
            code = PORT if is_written and port.get("hostPort") else PORT_OF_PODS
            yield Fault(code, where, message, "", ((first, "the first one"),))


def _never_restarted(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the containers that a change of their resources would restart, in a pod that never restarts containers."""
    for here, container in containers_of(pod) if pod.get("restartPolicy") == "Never" else ():
        for there, policy in mappings(container, ("resizePolicy",)):
            if policy.get("restartPolicy") == "RestartContainer":
                message = 'it is "NotRequired" in a pod with the restartPolicy "Never"'
                yield Fault("PS434", (*at, *here, *there, "restartPolicy"), message)


def _files_of_variables(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that variables are read from files in an `emptyDir` of the pod, where another container can write them."""
    volumes = {text_of(volume, "name"): volume for _, volume in mappings(pod, ("volumes",))}
    for here, container in containers_of(pod):
        for there, variable in mappings(container, ("env",)):
            name = text_of(mapping(variable, ("valueFrom", "fileKeyRef")), "volumeName")
            if not name:
                continue
            place = (*at, *here, *there, "valueFrom", "fileKeyRef", "volumeName")
            if name not in volumes:
                yield Fault("PS421", place, f"the pod has no volume {quoted(name)}")
            elif volumes[name].get("emptyDir") is None:
                yield Fault("PS434", place, f"the volume {quoted(name)} is no emptyDir")


def _same_port(port: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where a pod uses the network of its node, and `hostPort` differs from `containerPort`."""
    number, inner = port.get("hostPort"), port.get("containerPort")
    if number and number != inner:
        message = f"hostPort is {number} and containerPort {inner}, but the pod uses the network of its node"
        yield Fault(PORT, (*at, "hostPort"), message, "write the same number, or leave hostPort out")


def _system(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the settings that belong to another operating system than that of the pod."""
    name = get(pod, ("os", "name"))
    if name == "windows":
        yield from _linux_only(pod, at)
    if name == "linux":
        for here, each in ((), pod), *containers_of(pod):
            if mapping(each, ("securityContext",)).get("windowsOptions") is not None:
                place = (*at, *here, "securityContext", "windowsOptions")
                yield Fault(SYSTEM, place, "Windows options in a pod of Linux")


def _linux_only(pod: Tree, at: Pointer) -> Iterator[Fault]:
    for place in LINUX_ONLY:
        found = get(pod, place)
        if found not in (None, []) and found is not False:
            yield Fault(SYSTEM, (*at, *place), f"{quoted(place[-1])} is not for a pod of Windows")
    for here, container in containers_of(pod):
        inner = mapping(container, ("securityContext",))
        for field in LINUX_ONLY_OF_CONTAINERS:
            if inner.get(field) is not None:
                yield Fault(SYSTEM, (*at, *here, "securityContext", field), f"{quoted(field)} is not for Windows")


CHECKS = {
    "pod": check_pod,
    "container": check_container,
    "times of a pod": check_times_of_a_pod,
    "times of a template": check_times_of_a_template,
}
