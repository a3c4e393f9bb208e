"""The check of pods against the Pod Security Standard that their Namespace demands, where the sources contain it.

The labels `pod-security.kubernetes.io/enforce` and `/warn` name a level. The API server refuses pods that violate the
enforced level. It accepts a workload with such pods, but the pods of the workload are never created.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and pod-security-admission/policy, as of
Kubernetes 1.37.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Diagnostic, Pointer, Resource, Severity, Tree
from penstock.records import NamedTuple
from penstock.tree import get, origin_of
from penstock.words import dotted, quoted

CODE = "PS465"

LABEL = "pod-security.kubernetes.io/"
MODES: tuple[tuple[str, Severity], ...] = (("enforce", "error"), ("warn", "warning"))
LEVELS = ("privileged", "baseline", "restricted")
NEWEST = 1_000
"""The minor version that `latest` stands for."""

CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
SYSCTLS: dict[str, int] = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
"""The safe sysctls, each with the first minor version that regards it as safe."""
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


class Asked(NamedTuple):
    """What a label of a Namespace demands: a level, as of a minor version, and the severity of a violation."""

    level: str
    minor: int
    mode: str
    severity: Severity
    namespace: Resource


class Pod(NamedTuple):
    """The pods of an object: their spec at the path `at`, and their metadata.

    `minor` is the minor version of Kubernetes whose standard applies.
    """

    spec: Tree
    metadata: Tree
    at: Pointer
    minor: int

    def parts(self) -> Iterator[tuple[Pointer, Tree]]:
        """Yield the containers, each with its path in the spec."""
        for field in CONTAINERS:
            for index, container in enumerate(_list(self.spec.get(field))):
                if isinstance(container, dict):
                    yield (field, index), container

    def contexts(self) -> Iterator[tuple[Pointer, Tree]]:
        """Yield the security contexts of the pod and of its containers, each with its path in the spec."""
        yield ("securityContext",), _mapping(self.spec.get("securityContext"))
        for at, container in self.parts():
            yield (*at, "securityContext"), _mapping(container.get("securityContext"))

    @property
    def is_windows(self) -> bool:
        return bool(get(self.spec, ("os", "name")) == "windows")

    @property
    def has_own_users(self) -> bool:
        """Whether the pod has a user namespace, in which its root user is unprivileged on the node."""
        return self.spec.get("hostUsers") is False


Breach = tuple[Pointer, str]
"""A path in the spec, and what is wrong there."""


Demands = Mapping[str, Sequence[Asked]]
"""What the labels of each Namespace demand, by its name."""


def judge_pods(resources: Iterable[Resource], demands: Demands) -> Iterator[Diagnostic]:
    """Yield where pods violate what their Namespaces demand."""
    for resource in resources if demands else ():
        said: set[Breach] = set()  # a violation that is refused needs no warning
        for each in demands.get(resource.id.namespace, ()):
            yield from _of_one(resource, each, said)


def demands_of(everything: Iterable[Resource]) -> Demands:
    """Return what the Namespaces among the objects of an environment demand."""
    found: dict[str, list[Asked]] = {}
    for resource in everything:
        if (resource.id.group, resource.id.kind) == ("", "Namespace"):
            labels = _mapping(get(resource.body, ("metadata", "labels")))
            for mode, severity in MODES:
                level = labels.get(LABEL + mode)
                if level in LEVELS[1:]:
                    minor = _minor(labels.get(f"{LABEL}{mode}-version"))
                    found.setdefault(resource.id.name, []).append(Asked(level, minor, mode, severity, resource))
    return found


def _minor(version: Any) -> int:
    """Return the minor version of a text such as `v1.30`, or NEWEST for `latest`."""
    words = str(version).removeprefix("v1.")
    return int(words) if words.isdecimal() and len(words) < 4 else NEWEST


def _of_one(resource: Resource, asked: Asked, said: set[Breach]) -> Iterator[Diagnostic]:
    template = POD_TEMPLATES.get((resource.id.group, resource.id.kind))
    if template is None:
        return
    spec, metadata = get(resource.body, (*template, "spec")), get(resource.body, (*template, "metadata"))
    if not isinstance(spec, dict):
        return
    pod = Pod(spec, _mapping(metadata), (*template, "spec"), asked.minor)
    breaches = [breach for breach in _breaches(pod, asked.level) if breach not in said]
    said.update(breaches)
    for at, message in breaches:
        path = (*pod.at, *at)
        where = origin_of(resource, _nearest(resource.body, path))
        text = f"{dotted(path)}: {message}, which the level {asked.level} does not allow"
        label = ("metadata", "labels", f"{LABEL}{asked.mode}")
        notes = ((origin_of(asked.namespace, label), f"the Namespace {asked.namespace.id.name} asks for it"),)
        yield Diagnostic(CODE, asked.severity, text, where, resource.id, notes)


def _nearest(body: Tree, at: Pointer) -> Pointer:
    """Return a path, or the longest part of it that exists in the body."""
    nothing = object()
    while at and get(body, at, nothing) is nothing:
        at = at[:-1]
    return at or ("kind",)


def _breaches(pod: Pod, level: str) -> Iterator[Breach]:
    for check in BASELINE if level == "baseline" else (*BASELINE, *RESTRICTED):
        yield from check(pod)


def _host_namespaces(pod: Pod) -> Iterator[Breach]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field) is True:
            yield (field,), "shares a namespace of the node"


def _privileged(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        if context.get("privileged") is True:
            yield (*at, "privileged"), "is privileged"
        if get(context, ("windowsOptions", "hostProcess")) is True:
            yield (*at, "windowsOptions", "hostProcess"), "is a process of the node"


def _added_capabilities(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        for index, name in enumerate(_list(get(context, ("capabilities", "add")))):
            if name not in CAPABILITIES:
                yield (*at, "capabilities", "add", index), f"adds the capability {quoted(str(name))}"


def _host_paths(pod: Pod) -> Iterator[Breach]:
    for index, volume in enumerate(_list(pod.spec.get("volumes"))):
        if isinstance(volume, dict) and volume.get("hostPath") is not None:
            yield ("volumes", index, "hostPath"), "is a directory of the node"


def _host_ports(pod: Pod) -> Iterator[Breach]:
    for at, container in pod.parts():
        for index, port in enumerate(_list(container.get("ports"))):
            if isinstance(port, dict) and port.get("hostPort"):
                yield (*at, "ports", index, "hostPort"), "takes a port of the node"


def _app_armor(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        if get(context, ("appArmorProfile", "type")) == "Unconfined":
            yield (*at, "appArmorProfile", "type"), "switches AppArmor off"
    for key, value in _mapping(pod.metadata.get("annotations")).items():
        is_profile = str(value) in ("", "runtime/default") or str(value).startswith("localhost/")
        if str(key).startswith(APPARMOR) and not is_profile:
            yield (), f"the annotation {quoted(str(key))} switches AppArmor off"


def _se_linux(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        options = _mapping(context.get("seLinuxOptions"))
        if options.get("type", "") not in SELINUX_TYPES:
            yield (*at, "seLinuxOptions", "type"), "has a type of SELinux of its own"
        for field in ("user", "role"):
            if options.get(field):
                yield (*at, "seLinuxOptions", field), f"has a {field} of SELinux of its own"


def _proc_mount(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        if context.get("procMount", "Default") not in ("Default", None) and not pod.has_own_users:
            yield (*at, "procMount"), "shows all of /proc"


def _proc_mount_of_own_users(pod: Pod) -> Iterator[Breach]:
    """Yield where a pod with a user namespace shows all of /proc, which only the level restricted forbids."""
    if pod.has_own_users:
        yield from _proc_mount(pod._replace(spec={**pod.spec, "hostUsers": True}))


def _unconfined(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        if get(context, ("seccompProfile", "type")) == "Unconfined":
            yield (*at, "seccompProfile", "type"), "switches seccomp off"


def _sysctls(pod: Pod) -> Iterator[Breach]:
    for index, each in enumerate(_list(get(pod.spec, ("securityContext", "sysctls")))):
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or SYSCTLS.get(name, NEWEST + 1) > pod.minor:
            yield ("securityContext", "sysctls", index, "name"), "is a sysctl that is not safe"


def _hosts_of_probes(pod: Pod) -> Iterator[Breach]:
    """Yield the probes and hooks that contact another host than the pod itself, which is forbidden since 1.34."""
    if pod.minor < 34:
        return
    for at, container in pod.parts():
        handlers = [(name,) for name in ("livenessProbe", "readinessProbe", "startupProbe")]
        for way in (*handlers, ("lifecycle", "postStart"), ("lifecycle", "preStop")):
            for kind in ("httpGet", "tcpSocket"):
                if get(container, (*way, kind, "host")):
                    yield (*at, *way, kind, "host"), "asks another host"


def _volume_types(pod: Pod) -> Iterator[Breach]:
    for index, volume in enumerate(_list(pod.spec.get("volumes"))):
        kinds = [key for key in _mapping(volume) if key not in ("name", *VOLUMES, "hostPath")]
        if kinds:
            yield ("volumes", index, str(kinds[0])), "is a volume of the node or of the network"


def _escalation(pod: Pod) -> Iterator[Breach]:
    for at, container in pod.parts():
        if get(container, ("securityContext", "allowPrivilegeEscalation")) is not False and not pod.is_windows:
            yield (*at, "securityContext", "allowPrivilegeEscalation"), "is not false"


def _non_root(pod: Pod) -> Iterator[Breach]:
    of_pod = get(pod.spec, ("securityContext", "runAsNonRoot"))
    for at, container in pod.parts():
        own = get(container, ("securityContext", "runAsNonRoot"))
        if (of_pod if own is None else own) is not True and not pod.has_own_users:
            yield (*at, "securityContext", "runAsNonRoot"), "is not true, here or for the pod"


def _root(pod: Pod) -> Iterator[Breach]:
    for at, context in pod.contexts():
        if context.get("runAsUser") == 0 and not pod.has_own_users:
            yield (*at, "runAsUser"), "is root"


def _no_seccomp(pod: Pod) -> Iterator[Breach]:
    of_pod = get(pod.spec, ("securityContext", "seccompProfile", "type"))
    for at, container in pod.parts():
        own = get(container, ("securityContext", "seccompProfile", "type"))
        if (own or of_pod) is None and not pod.is_windows:
            yield (*at, "securityContext", "seccompProfile"), "has no seccomp profile, here or for the pod"


def _dropped_capabilities(pod: Pod) -> Iterator[Breach]:
    for at, container in pod.parts():
        capabilities = _mapping(get(container, ("securityContext", "capabilities")))
        if pod.is_windows:
            continue
        if "ALL" not in _list(capabilities.get("drop")):
            yield (*at, "securityContext", "capabilities", "drop"), "does not drop ALL capabilities"
        for index, name in enumerate(_list(capabilities.get("add"))):
            if name in CAPABILITIES and name != "NET_BIND_SERVICE":
                yield (*at, "securityContext", "capabilities", "add", index), f"adds the capability {quoted(str(name))}"


Check = Callable[[Pod], Iterator[Breach]]

BASELINE: Sequence[Check] = (
    _host_namespaces,
    _privileged,
    _added_capabilities,
    _host_paths,
    _host_ports,
    _app_armor,
    _se_linux,
    _proc_mount,
    _unconfined,
    _sysctls,
    _hosts_of_probes,
)
RESTRICTED: Sequence[Check] = (
    _proc_mount_of_own_users,
    _volume_types,
    _escalation,
    _non_root,
    _root,
    _no_seccomp,
    _dropped_capabilities,
)


def _mapping(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
