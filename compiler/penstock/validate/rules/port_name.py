"""Names of container ports and references to them are IANA service names; numbers are between 1 and 65535.

A name has at most 15 lower-case letters, digits and single `-`, and at least one letter. This rule applies to
`ports[].name` of a container, `targetPort` of a Service, `port` of a probe and `port` of a NetworkPolicy.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, targetPort: "8080"}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, targetPort: 8080}]
```
Why: the API server refuses the object: a number in quotes is a name without a letter.
Source: apimachinery pkg/util/validation, IsValidPortName.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.tree import MISSING, get
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, as_number, containers, is_a, mapping, mappings
from penstock.validate.syntax import PORT_NAME, is_port_name
from penstock.words import quoted

CODE = "PS416"
NAME = "port-name"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS | {("", "Service"), ("networking.k8s.io", "NetworkPolicy")}

CALLERS: tuple[Pointer, ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
"""The probes and hooks that connect to a port of their container."""


def check(resource: Resource) -> Iterator[Problem]:
    for at, container in containers(resource):
        if "ports" in container:
            yield from _names(resource.body, (*at, "ports"))
    for at in _references(resource):
        port = get(resource.body, at, MISSING)
        if port is not MISSING:
            yield from _reference(at, port)


def _references(resource: Resource) -> Iterator[Pointer]:
    """Yield the paths at which a port may be referenced by name."""
    for at, container in containers(resource):
        # Most containers have few probes, and no hooks.
        for caller in (each for each in CALLERS if each[0] in container):
            action = mapping(container, caller)
            yield from ((*at, *caller, way, "port") for way in ("httpGet", "tcpSocket") if way in action)
    if is_a(resource, "", "Service"):
        for at, port in mappings(resource.body, ("spec", "ports")):
            if port.get("targetPort") not in (None, "", 0):  # the default is the port itself
                yield (*at, "targetPort")
    if is_a(resource, "networking.k8s.io", "NetworkPolicy"):
        yield from _ports_of_a_policy(resource.body)


def _ports_of_a_policy(body: Tree) -> Iterator[Pointer]:
    for direction in ("ingress", "egress"):
        for rule, _ in mappings(body, ("spec", direction)):
            for at, port in mappings(body, (*rule, "ports")):
                if port.get("port") is not None:  # the default is every port
                    yield (*at, "port")


def _names(body: Tree, ports: Pointer) -> Iterator[Problem]:
    seen: dict[str, Pointer] = {}
    for at, port in mappings(body, ports):
        name, here = port.get("name"), (*at, "name")
        if not name or not isinstance(name, str):
            continue
        if not is_port_name(name):
            yield Problem(here, f"{quoted(name)} is not a port name", f"allowed are {PORT_NAME}")
        first = seen.setdefault(name, here)
        if first != here:
            message = f"another port of this container has the name {quoted(name)}"
            yield Problem(here, message, notes=((first, "the first one"),))


def _reference(at: Pointer, port: Any) -> Iterator[Problem]:
    if isinstance(port, str) and not is_port_name(port):
        hint = "remove the quotes" if port.isdigit() else f"allowed are {PORT_NAME}"
        yield Problem(at, f"{quoted(port)} is not a port name", hint)
    elif port is None or (type(as_number(port)) is int and not 1 <= port <= 65535):
        yield Problem(at, "a port is a number between 1 and 65535, or the name of a container port")
