"""The name of an object follows the naming rule of its kind.

Most names are DNS subdomains: lower-case letters, digits, `-` and `.`. Namespaces are DNS labels (no dots, 63
characters), CronJobs leave room for a suffix (52 characters), and roles and bindings accept anything that fits into a
URL.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: Shop_Settings}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop-settings}
```
Why: the API server refuses the object. Such a name often comes from the prefix or suffix of an overlay.
Source: apimachinery pkg/api/validation, ValidateObjectMeta; pkg/apis/*/validation.
"""

from collections.abc import Iterator

from penstock.kubernetes import CLUSTER_SCOPED
from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import EVERY, Kinds, is_a
from penstock.validate.syntax import DNS_LABEL, DNS_SUBDOMAIN, is_dns_label, is_dns_subdomain
from penstock.words import quoted

CODE = "PS410"
NAME = "object-name"
SEVERITY: Severity = "error"
KINDS: Kinds = EVERY

RBAC = "rbac.authorization.k8s.io"
FREE = ("CertificateSigningRequest", "ClusterTrustBundle", "IPAddress", "PodDisruptionBudget")
"""Built-in kinds with other forms of names: signers with a colon, addresses, any path segment."""

LONGEST_CRON_JOB = 52
"""The controller appends eleven characters to make the names of Jobs."""


def check(resource: Resource) -> Iterator[Problem]:
    name = resource.id.name
    at = ("metadata", "name")
    if not name:
        yield Problem(("metadata",), "metadata.name is missing")
    elif resource.id.group == RBAC:
        if name in (".", "..") or "/" in name or "%" in name:
            yield Problem(
                at, f"{quoted(name)} does not fit into a URL", "not allowed are '/' and '%', and '.' and '..' alone"
            )
    elif is_a(resource, "", "Namespace", "Service") or is_a(resource, "apps", "StatefulSet"):
        if not is_dns_label(name):
            yield Problem(at, f"{quoted(name)} is not a DNS label", f"allowed are {DNS_LABEL}")
    elif resource.id.kind not in FREE and not is_dns_subdomain(name):
        yield Problem(at, f"{quoted(name)} is not a DNS subdomain", f"allowed are {DNS_SUBDOMAIN}")
    elif is_a(resource, "batch", "CronJob") and len(name) > LONGEST_CRON_JOB:
        yield Problem(at, f"the name of a CronJob has {LONGEST_CRON_JOB} characters at most, this one {len(name)}")
    namespace = resource.id.namespace
    if namespace and not is_dns_label(namespace) and (resource.id.group, resource.id.kind) not in CLUSTER_SCOPED:
        yield Problem(("metadata", "namespace"), f"{quoted(namespace)} is not a DNS label", f"allowed are {DNS_LABEL}")
