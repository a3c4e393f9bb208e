"""A path of an Ingress is absolute, and its backend is one Service port or one resource.

Paths of type Exact and Prefix start with `/` and have no `//`, `/./` or `/../`. The port of a Service has a name or a
number.

Bad:
```yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - http:
      paths:
      - path: api
        pathType: Prefix
        backend: {service: {name: shop, port: {number: 80}}}
```
Good:
```yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - http:
      paths:
      - path: /api
        pathType: Prefix
        backend: {service: {name: shop, port: {number: 80}}}
```
Why: the API server refuses the object.
Source: pkg/apis/networking/validation, validateHTTPIngressPath and validateIngressBackend.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping, mappings
from penstock.words import quoted

CODE = "PS430"
NAME = "ingress-path"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("networking.k8s.io", "Ingress")})

CONFUSING = ("//", "/./", "/../", "%2f", "%2F")


def check(resource: Resource) -> Iterator[Problem]:
    if resource.version != "v1":
        return
    yield from _backend(("spec", "defaultBackend"), get(resource.body, ("spec", "defaultBackend")))
    for rule, _ in mappings(resource.body, ("spec", "rules")):
        for at, path in mappings(resource.body, (*rule, "http", "paths")):
            yield from _path(at, path)
            yield from _backend((*at, "backend"), path.get("backend"))


def _path(at: Pointer, entry: Tree) -> Iterator[Problem]:
    path, kind = entry.get("path") or "", entry.get("pathType")
    if not isinstance(path, str):
        return
    exact = kind in ("Exact", "Prefix")
    if not path.startswith("/") and (path or exact):
        yield Problem((*at, "path"), f"{quoted(path)} does not start with '/'")
    elif exact and (any(part in path for part in CONFUSING) or path.endswith(("/.", "/.."))):
        yield Problem((*at, "path"), f"{quoted(path)} has a part that is not allowed: //, . , .. or an escaped /")


def _backend(at: Pointer, backend: object) -> Iterator[Problem]:
    if not isinstance(backend, dict):
        return
    has_service, has_resource = (backend.get(field) is not None for field in ("service", "resource"))
    if has_service == has_resource:
        yield Problem(at, "a backend is either a service or a resource")
    if has_service:
        port = mapping(backend, ("service", "port"))
        if bool(port.get("name")) == bool(port.get("number")):
            yield Problem((*at, "service", "port"), "a port has either a name or a number")
