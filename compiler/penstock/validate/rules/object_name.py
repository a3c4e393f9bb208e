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
    if not resource.id.name:
        yield Problem(("metadata",), "metadata.name is missing")
    else:
        wrong, hint = _wrong_name(resource)
        if wrong:
            yield Problem(("metadata", "name"), wrong, hint)
    namespace = resource.id.namespace
    if namespace and not is_dns_label(namespace) and (resource.id.group, resource.id.kind) not in CLUSTER_SCOPED:
        yield Problem(("metadata", "namespace"), f"{quoted(namespace)} is not a DNS label", f"allowed are {DNS_LABEL}")


def _wrong_name(resource: Resource) -> tuple[str, str]:
    """Return what is wrong with the name of an object, and a hint. Both are empty for a right name."""
    name = resource.id.name
    if resource.id.group == RBAC:
        if name in (".", "..") or "/" in name or "%" in name:
            return f"{quoted(name)} does not fit into a URL", "not allowed are '/' and '%', and '.' and '..' alone"
    elif is_a(resource, "", "Namespace", "Service") or is_a(resource, "apps", "StatefulSet"):
        if not is_dns_label(name):
            return f"{quoted(name)} is not a DNS label", f"allowed are {DNS_LABEL}"
    elif resource.id.kind not in FREE and not is_dns_subdomain(name):
        return f"{quoted(name)} is not a DNS subdomain", f"allowed are {DNS_SUBDOMAIN}"
    elif is_a(resource, "batch", "CronJob") and len(name) > LONGEST_CRON_JOB:
        return f"the name of a CronJob has {LONGEST_CRON_JOB} characters at most, this one {len(name)}", ""
    return "", ""
