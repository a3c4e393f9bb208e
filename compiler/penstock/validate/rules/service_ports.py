"""A Service has ports; if it has several, each has a unique name.

Only headless Services (`clusterIP: None`) and Services of type ExternalName can omit ports.

Bad:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80}, {port: 443}]
```
Good:
```yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, name: http}, {port: 443, name: https}]
```
Why: the API server refuses the object. Two ports with the same number and protocol are PS404, duplicate-entry.
Source: pkg/apis/core/validation, ValidateService.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping, mappings
from penstock.validate.syntax import DNS_LABEL, is_dns_label
from penstock.words import quoted

CODE = "PS418"
NAME = "service-ports"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("", "Service")})


def check(resource: Resource) -> Iterator[Problem]:
    spec = mapping(resource.body, ("spec",))
    needs_ports = spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName"
    has_spec = resource.body.get("spec") is not None  # without one, there is a finding already
    if needs_ports and has_spec and not spec.get("ports"):
        yield Problem(("spec",), "a Service needs ports", "only headless Services and ExternalName do without")
    ports = list(mappings(resource.body, ("spec", "ports")))
    seen: dict[str, Pointer] = {}
    for at, port in ports:
        name = port.get("name") or ""
        if not name and len(ports) > 1:
            yield Problem(at, "a Service with several ports needs a name for each", "add a name such as http")
        if not name or not isinstance(name, str):
            continue
        here = (*at, "name")
        if not is_dns_label(name):
            yield Problem(here, f"{quoted(name)} is not a DNS label", f"allowed are {DNS_LABEL}")
        first = seen.setdefault(name, here)
        if first != here:
            yield Problem(here, f"another port has the name {quoted(name)}", notes=((first, "the first one"),))
