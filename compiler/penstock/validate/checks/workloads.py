"""Objects that create pods: templates, rollouts, selectors.

Source: pkg/apis/apps/validation; pkg/apis/core/validation, ValidatePodTemplateSpec, ValidateReplicationControllerSpec.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.checks.scheduling import times_selected
from penstock.validate.fault import Fault
from penstock.validate.objects import containers_of, integer_of, mapping, mappings, strings, text_of
from penstock.validate.syntax import NAME_PART, is_dns_label, is_label_value, is_percentage, is_qualified_name
from penstock.words import quoted

NONE = (0, "0%")
"""The values of `maxSurge` and `maxUnavailable` that allow no pods."""


def check_template_labels(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the labels and annotations in a template."""
    for key, text in mapping(value, ("metadata", "labels")).items():
        place = (*at, "metadata", "labels", key)
        if not is_qualified_name(key):
            yield Fault("PS411", place, f"{quoted(key)} is not a label key")
        if isinstance(text, str) and not is_label_value(text):
            yield Fault("PS411", place, f"{quoted(text)} is not a label value", f"allowed are {NAME_PART}")
    for key in mapping(value, ("metadata", "annotations")):
        if not is_qualified_name(key.lower()):
            yield Fault("PS412", (*at, "metadata", "annotations", key), f"{quoted(key)} is not a key of an annotation")


def check_always(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where a workload that keeps its pods running gives them a deadline."""
    template = mapping(value, ("template", "spec"))
    if template.get("activeDeadlineSeconds") is not None:
        yield Fault(
            "PS417", (*at, "template", "spec", "activeDeadlineSeconds"), "pods that are kept running have no deadline"
        )


def check_controller(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a ReplicationController, whose selector is a plain mapping."""
    template = mapping(value, ("template",))
    labels = mapping(template, ("metadata", "labels"))
    selector = mapping(value, ("selector",)) or labels
    policy = text_of(mapping(template, ("spec",)), "restartPolicy")
    if policy in ("Never", "OnFailure"):
        yield Fault("PS417", (*at, "template", "spec", "restartPolicy"), f"{quoted(policy)} is not Always")
    if template and not selector:
        yield Fault("PS413", (*at, "template"), "there is no selector, and the pods have no labels")
    for key, found in selector.items():
        if labels.get(key) != found:
            yield Fault("PS413", (*at, "selector", key), f"the pods have no label {key}: {found}")


def check_pod_template(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the host names in a pod template. The pods of a StatefulSet get theirs in another way."""
    yield from _host_names(mapping(value, ("template", "spec")), (*at, "template", "spec"))


def check_bare_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    pod = mapping(value, ("spec",))
    yield from _host_names(pod, (*at, "spec"))
    for here, container in containers_of(pod):
        image = text_of(container, "image")
        if image != image.strip():
            yield Fault("PS433", (*at, "spec", *here, "image"), f"{quoted(image)} has a blank at its end")
    yield from _priority(pod, (*at, "spec"))
    if pod.get("schedulingGates") and pod.get("nodeName"):
        yield Fault("PS434", (*at, "spec", "nodeName"), "a pod that waits at a gate has no node yet")
    yield from _made_of_the_pod(value, pod, at)


OF_CLASSES = {"": 0, "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""The priorities of pods without a class, and with one of the classes of Kubernetes itself."""


def _priority(pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the fields that admission computes from the class of a pod, and that may only repeat the result.

    Source: plugin/pkg/admission/priority.
    """
    name = pod.get("priorityClassName") or ""
    if not isinstance(name, str) or name not in OF_CLASSES:
        return
    hint = "remove it, and name a PriorityClass" if not name else "remove it"
    computed = {"priority": OF_CLASSES[name], "preemptionPolicy": "PreemptLowerPriority"}
    for field, value in computed.items():
        written = pod.get(field)
        if type(written) is type(value) and written != value:
            message = f"{written} is not {value}, which the API server computes from the priority class"
            yield Fault("PS434", (*at, field), message, hint)


def _made_of_the_pod(value: Tree, pod: Tree, at: Pointer) -> Iterator[Fault]:
    """Check what the API server makes of the labels, the name and the class of a pod that is created itself."""
    labels = mapping(value, ("metadata", "labels"))
    for here, term in _terms(pod):
        keys = [*strings(term, ("matchLabelKeys",))]
        for number, (there, key) in enumerate(keys):
            is_twice = any(key == other for _, other in keys[:number]) or times_selected(term, key) == 1
            if key in labels and is_twice:
                yield Fault("PS434", (*at, "spec", *here, *there), f"the label selector has {quoted(key)} too")
    name = text_of(mapping(value, ("metadata",)), "name")
    for here, volume in mappings(pod, ("volumes",)):
        claim = f"{name}-{text_of(volume, 'name')}"
        if volume.get("ephemeral") is not None and len(claim) > LONGEST_NAME:
            message = f"the claim of this volume gets the name {quoted(claim)}, which is too long"
            yield Fault("PS431", (*at, "spec", *here, "name"), message)
    if isinstance(pod.get("overhead"), dict) and not pod.get("runtimeClassName"):
        message = 'the field "runtimeClassName" is needed: a pod gets its overhead from its RuntimeClass'
        yield Fault("PS435", (*at, "spec", "overhead"), message, "remove it")


LONGEST_NAME = 253


def _terms(pod: Tree) -> Iterator[tuple[Pointer, Tree]]:
    """Yield the spread constraints of a pod, and the terms of its affinity to other pods."""
    yield from mappings(pod, ("topologySpreadConstraints",))
    for kind in ("podAffinity", "podAntiAffinity"):
        yield from mappings(pod, ("affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"))
        for here, each in mappings(pod, ("affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution")):
            yield (*here, "podAffinityTerm"), mapping(each, ("podAffinityTerm",))


def _host_names(pod: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("hostname", "subdomain"):
        text = text_of(pod, field)
        if text and not is_dns_label(text):
            yield Fault("PS431", (*at, field), f"{quoted(text)} is not a DNS label")


def check_rollout(value: Tree, at: Pointer, fields: tuple[str, ...] = ("maxUnavailable",)) -> Iterator[Fault]:
    rolling = mapping(value, ("rollingUpdate",))
    for field in fields:
        text = rolling.get(field)
        if isinstance(text, str) and is_percentage(text) and int(text[:9].rstrip("%")) > 100:
            yield Fault("PS425", (*at, "rollingUpdate", field), f"{quoted(text)} is more than 100%")


OF_DAEMONS = (("maxUnavailable", 1), ("maxSurge", 0))
"""The fields of the rollout of a DaemonSet, with their defaults."""


def check_daemon_rollout(value: Tree, at: Pointer) -> Iterator[Fault]:
    if value.get("type") == "OnDelete":  # nobody looks at the numbers
        return
    yield from check_rollout(value, at, ("maxUnavailable", "maxSurge"))
    rolling = value.get("rollingUpdate")
    if not isinstance(rolling, dict):
        return
    gone, more = (default if rolling.get(field) is None else rolling[field] for field, default in OF_DAEMONS)
    if gone in NONE and more in NONE:
        message = "neither maxUnavailable nor maxSurge is more than 0"
        yield Fault("PS425", (*at, "rollingUpdate", "maxUnavailable"), message)
    elif gone not in NONE and more not in NONE:
        yield Fault("PS425", (*at, "rollingUpdate", "maxSurge"), "maxSurge and maxUnavailable exclude each other here")


PATIENCE = 600
"""The default of `progressDeadlineSeconds`."""


def check_deadline(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that the pods of a Deployment may be ready before its default deadline."""
    ready = integer_of(value, "minReadySeconds")
    if ready is not None and ready >= PATIENCE and value.get("progressDeadlineSeconds") is None:
        message = f"{ready} is not less than progressDeadlineSeconds, which is {PATIENCE} by default"
        yield Fault("PS406", (*at, "minReadySeconds"), message, "set progressDeadlineSeconds")


def check_stateful_rollout(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from check_rollout(value, at)
    gone = mapping(value, ("rollingUpdate",)).get("maxUnavailable")
    if gone in NONE and gone is not False:
        yield Fault("PS425", (*at, "rollingUpdate", "maxUnavailable"), "no pod could ever be replaced")


def check_nothing_else_in_metadata(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that the metadata of a template consists of labels and annotations."""
    for field, found in mapping(value, ("metadata",)).items():
        # Zero seconds are a value, zero generations are none.
        absent = (None,) if field == "deletionGracePeriodSeconds" else (None, "", 0, False)
        if field not in ("annotations", "labels") and found not in absent:
            message = "a template has labels and annotations only: the rest comes with the object"
            yield Fault("PS434", (*at, "metadata", field), message)


CHECKS = {
    "labels of a template": check_template_labels,
    "kept running": check_always,
    "replication controller": check_controller,
    "pod template": check_pod_template,
    "bare pod": check_bare_pod,
    "rollout of a deployment": check_rollout,
    "rollout of a daemon set": check_daemon_rollout,
    "deadline of a deployment": check_deadline,
    "rollout of a stateful set": check_stateful_rollout,
    "metadata of a template": check_nothing_else_in_metadata,
}
