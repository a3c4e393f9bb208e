"""Follow selectors from Services, disruption budgets and network policies to the workloads whose pods they choose."""

from collections.abc import Collection, Iterator, Sequence

from penstock.graph.index import kind_of
from penstock.graph.makers import Makers, one
from penstock.graph.pods import MAX_COMPARED, AllPods, Pods, Wanted, wanted_by
from penstock.graph.references import SELECTORS, SERVICE, Selector
from penstock.model import Diagnostic, Edge, Origin, Pointer, Resource, Tree
from penstock.tree import get, origin_of
from penstock.words import Nearest, one_of, quoted, some_of

MAX_SHOWN = 5
"""Labels that a message shows."""

_COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
CLUSTERS_OWN = frozenset(
    (
        ("tier", "control-plane"),
        *((key, component) for key in ("component", "k8s-app") for component in _COMPONENTS),
        *(("k8s-app", name) for name in ("kube-dns", "kube-proxy", "metrics-server")),
    )
)
"""Labels of pods that the installer of a cluster puts into kube-system."""


CONTROLLERS_OF_FLUX = frozenset(
    f"{name}-controller"
    for name in ("helm", "image-automation", "image-reflector", "kustomize", "notification", "source")
)
"""The labels `app` of the pods of Flux, which are rarely in the sources."""


ROLES = frozenset(
    ("active", "follower", "leader", "master", "primary", "replica", "secondary", "slave", "standby", "writer")
)
"""Values of labels that programs give to their own pods, once it is settled which of these leads."""


def _perhaps_made(found: Diagnostic, makers: Makers, namespace: str, wanted: Wanted) -> Diagnostic:
    """Return the finding about a selector that chooses no pod, given the objects that may make such pods."""
    if namespace == "kube-system" and not CLUSTERS_OWN.isdisjoint(wanted.labels.items()):
        return found._replace(severity="info", message=f"{found.message}; the cluster itself may make them")
    if namespace == "flux-system" and wanted.labels.get("app") in CONTROLLERS_OF_FLUX:
        return found._replace(severity="info", message=f"{found.message}; Flux itself may make them")
    maker = makers.of_pods(namespace, wanted.labels)
    if maker is not None and makers.is_named(maker, wanted.labels):
        message = f"the pods of {one(maker)} are not in this target; that may make them"
        return found._replace(severity="info", message=message, notes=(), hint="")
    if makers.has_operator_of(wanted.labels):
        message = f"{found.message}; the operator to which such a label belongs may make them"
        return found._replace(severity="info", message=message, notes=(), hint="")
    return _made_elsewhere(found, makers, maker, wanted)


def follow_selectors(
    resources: Sequence[Resource], nearest: Nearest, makers: Makers, around: AllPods | None = None
) -> Iterator[Edge | Diagnostic]:
    """Yield an edge for each workload that a selector chooses, or a finding if it chooses none, neither here nor among
    the pods `around`. A port of a Service that none of its pods has is a finding, too.
    """
    pods = AllPods(resources)
    selectors = {each.kind: each for each in SELECTORS}
    for resource in resources:
        selector = selectors.get(kind_of(resource))
        wanted = _wanted(resource, selector) if selector else None
        if selector and wanted and wanted.placeholder:
            yield _placeholder(resource, selector, wanted)
        elif selector and wanted:
            chosen = pods.choose(resource.id.namespace, wanted)
            beside = around.choose(resource.id.namespace, wanted) if around is not None and not chosen else []
            if chosen is None or beside is None:
                yield _too_many(resource, selector)
                return
            yield from (Edge(resource.id, each.workload.id, _at(selector), "selector") for each in chosen)
            if not chosen and not beside:
                found = _nothing(resource, selector, wanted, pods, nearest)
                yield _perhaps_made(found, makers, resource.id.namespace, wanted)
            elif selector.kind == SERVICE:
                yield from _missing_ports(resource, chosen or beside, nearest)


def _at(selector: Selector) -> Pointer:
    return tuple(selector.path.split("."))


def _wanted(resource: Resource, selector: Selector) -> Wanted | None:
    if get(resource.body, ("spec", "type")) == "ExternalName":
        return None  # the API server ignores the selector of such a Service
    return wanted_by(get(resource.body, _at(selector)), selector.plain)


def _nothing(resource: Resource, selector: Selector, wanted: Wanted, pods: AllPods, nearest: Nearest) -> Diagnostic:
    where = origin_of(resource, _at(selector))
    message = f"no pods with {_shown(wanted)} in this target"
    almost = pods.almost(resource.id.namespace, wanted)
    if almost is not None and (role := _role(almost, wanted)):
        message = f"{message}; what runs in those of {almost.workload.id} may set {role}"
        return Diagnostic("PS303", "info", message, where, resource.id)
    notes = tuple(_candidates(resource.id.namespace, wanted, pods))
    hint = "" if notes else _hint(resource.id.namespace, wanted, pods, nearest)
    return Diagnostic("PS303", selector.severity, message, where, resource.id, notes, hint)


def _role(pods: Pods, wanted: Wanted) -> str:
    """Return the only label that pods lack, if it says which role a pod has, and otherwise nothing."""
    lacking = [(key, value) for key, value in wanted.labels.items() if pods.labels.get(key) != value]
    if len(lacking) != 1 or wanted.expressions:
        return ""
    key, value = lacking[0]
    return f"{key}={value}" if value in ROLES and key not in pods.labels else ""


def _made_elsewhere(finding: Diagnostic, makers: Makers, maker: Resource | None, wanted: Wanted) -> Diagnostic:
    """Return the finding about a selector without pods if another object may make them: it is not known then whether
    there are any. If there are pods that come close, the selector is a mistake all the same, unless it names the maker.
    """
    is_near = bool(finding.notes or finding.hint)
    if maker is None or (is_near and maker.id.name not in wanted.labels.values()):
        return finding
    named = makers.words_of_pods(maker, wanted.labels)
    return finding._replace(severity="info", message=f"{finding.message}; {named} may make them")


def _shown(wanted: Wanted) -> str:
    """Return a selector as a message shows it, such as `app=web, tier in (front, back)`."""
    words = [f"{key}={value}" for key, value in wanted.labels.items()] + list(map(_expression, wanted.expressions))
    return some_of(words, MAX_SHOWN)


def _expression(expression: Tree) -> str:
    key, operator, values = expression.get("key"), expression.get("operator"), expression.get("values")
    if operator in ("Exists", "DoesNotExist"):
        return f"{key}" if operator == "Exists" else f"no {key}"
    listed = ", ".join(map(str, values[:MAX_SHOWN])) if isinstance(values, list) else ""
    return f"{key} {'in' if operator == 'In' else 'not in'} ({listed})"


def _candidates(namespace: str, wanted: Wanted, pods: AllPods) -> Iterator[tuple[Origin, str]]:
    """Yield the pods that were probably meant: pods of this namespace with other labels, or pods of another one with
    these labels.
    """
    almost = pods.almost(namespace, wanted)
    if almost:
        yield origin_of(almost.workload, almost.at), _difference(almost, wanted)
    elif other := pods.elsewhere(wanted):
        yield origin_of(other.workload, other.at), f"{other.workload.id} has them, in another namespace"


def _difference(pods: Pods, wanted: Wanted) -> str:
    whose = f"the pods of {pods.workload.id}"
    for key, value in wanted.labels.items():
        found = pods.labels.get(key)
        if found != value:
            return f"{whose} lack {key}" if found is None else f"{whose} have {key}={found}"
    return f"{whose} have these labels, but do not fit matchExpressions"


def _hint(namespace: str, wanted: Wanted, pods: AllPods, nearest: Nearest) -> str:
    for key, value in wanted.labels.items():
        meant = nearest.to(value, pods.values(namespace, key))
        if meant:
            return f"did you mean {key}={meant}?"
    return ""


def _missing_ports(service: Resource, chosen: Sequence[Pods], nearest: Nearest) -> Iterator[Diagnostic]:
    """Yield a finding for each port that a Service names and none of its pods has. A number may be a port that no
    container declares.
    """
    known = dict.fromkeys(name for pods in chosen for name in pods.ports)
    for index, name in _named_ports(service):
        if name not in known:
            where = origin_of(service, ("spec", "ports", index, "targetPort"))
            message = f"none of the pods of this Service has a port named {quoted(name)}"
            hint = _port_hint(name, known, nearest)
            notes = tuple((origin_of(pods.workload, pods.at), f"{pods.workload.id} is chosen") for pods in chosen[:3])
            yield Diagnostic("PS305", "error", message, where, service.id, notes, hint)


def _named_ports(service: Resource) -> Iterator[tuple[int, str]]:
    """Yield the names of ports of pods that a Service gives, each with the index of its own port."""
    ports = get(service.body, ("spec", "ports"))
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        name = port.get("targetPort") if isinstance(port, dict) else None
        if isinstance(name, str) and name and not name.isdigit():
            yield index, name


def _port_hint(name: str, known: Collection[str], nearest: Nearest) -> str:
    meant = nearest.to(name, known)
    if meant:
        return f"did you mean {quoted(meant)}?"
    return f"they have {one_of(known)}" if known else "give the port of the container a name, or name it by its number"


def _placeholder(resource: Resource, selector: Selector, wanted: Wanted) -> Diagnostic:
    message = f'"{wanted.placeholder}" is a placeholder, so it is not known which pods this chooses'
    return Diagnostic("PS303", "info", message, origin_of(resource, _at(selector)), resource.id)


def _too_many(resource: Resource, selector: Selector) -> Diagnostic:
    message = (
        f"this selector and those after it were not followed: together they look at more than {MAX_COMPARED:,} pods"
    )
    return Diagnostic("PS307", "warning", message, origin_of(resource, _at(selector)), resource.id)
