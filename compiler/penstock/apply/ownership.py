"""Who owns an object: Penstock, another tool, a controller, or nobody. Pure.

A label alone proves nothing: controllers copy labels to the objects they create, and anyone who may edit an object may
set one. An object is Penstock's own if the inventory of the environment names it by its uid, if Penstock's Apply entry
is in its managedFields, and if no controller owns it.
"""

from collections.abc import Collection, Iterator

from penstock.apply.conflicts import is_a_person
from penstock.apply.inventory import PART_OF, SET, Inventory, owner
from penstock.apply.shape import mappings
from penstock.model import ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get

MANAGER = "penstock"
"""The field manager of everything that Penstock applies."""


class Tool(NamedTuple):
    """Another tool that manages objects in clusters, and the marks that it leaves on them."""

    word: str
    """The name of the tool in `--adopt`."""
    name: str
    marks: tuple[tuple[str, str], ...]
    """The labels and annotations of the tool, as (`labels` or `annotations`, key)."""
    managers: tuple[str, ...]
    """The field managers as which the tool writes."""


TOOLS = (
    Tool("helm", "Helm", (("annotations", "meta.helm.sh/release-name"),), ("helm",)),
    Tool(
        "argocd",
        "Argo CD",
        (("annotations", "argocd.argoproj.io/tracking-id"), ("labels", "argocd.argoproj.io/instance")),
        ("argocd-controller", "argocd-application-controller"),
    ),
    Tool(
        "flux",
        "Flux",
        (("labels", "kustomize.toolkit.fluxcd.io/name"), ("labels", "helm.toolkit.fluxcd.io/name")),
        ("kustomize-controller", "helm-controller"),
    ),
    Tool("kapp", "kapp", (("labels", "kapp.k14s.io/app"),), ("kapp", "kapp-controller")),
    Tool("kluctl", "kluctl", (("labels", "kluctl.io/discriminator"),), ("kluctl", "kluctl-controller")),
    Tool("kpt", "kpt", (("annotations", "config.k8s.io/owning-inventory"),), ("kpt",)),
    Tool("fleet", "Fleet", (("annotations", "objectset.rio.cattle.io/id"),), ("fleetagent",)),
    Tool("terraform", "Terraform", (), ("Terraform", "HashiCorp")),
    Tool("pulumi", "Pulumi", (("annotations", "pulumi.com/autonamed"),), ("pulumi-kubernetes",)),
    Tool("configsync", "Config Sync", (("annotations", "configmanagement.gke.io/managed"),), ("configsync",)),
    Tool("timoni", "Timoni", (), ("timoni",)),
    Tool("sveltos", "Sveltos", (("labels", "projectsveltos.io/reference-name"),), ()),
    Tool("addons", "the addon manager", (("labels", "addonmanager.kubernetes.io/mode"),), ()),
    Tool("olm", "Operator Lifecycle Manager", (("labels", "olm.owner"),), ()),
)

COPIES = (
    ("Endpoints", "endpoints.kubernetes.io/managed-by"),
    ("EndpointSlice", "endpointslice.kubernetes.io/managed-by"),
)
"""Kinds that controllers create from a Service, with the labels of the Service, and the label that names the
controller."""

KUBERNETES = "kube-controller-manager"

CLIENTS = frozenset((
    "curl",
    "Wget",
    "python-requests",
    "Python-urllib",
    "OpenAPI-Generator",  # the official clients of several languages
    "Go-http-client",
    "okhttp",
    "axios",
    "unknown",
))  # fmt: skip
"""Managers of writes that name none, as from a person's script: the beginning of the user agent."""


class Owner(NamedTuple):
    """Another owner of an object. `word` and `which` are what `--adopt` may name: `helm`, `helm:shop/web`."""

    word: str
    name: str
    which: str = ""
    managers: tuple[str, ...] = ()
    """The field managers whose fields go over to Penstock together with the object."""

    def __str__(self) -> str:
        return f"{self.name} ({self.which})" if self.which else self.name


def is_applied(live: Tree) -> bool:
    """Return whether Penstock's Apply entry is among the managers. Only the API server writes this entry."""
    return any(is_ours(entry) for entry in entries(live))


def entries(live: Tree) -> Iterator[Tree]:
    """Return an iterator over the well-formed entries of managedFields."""
    found = get(live, ("metadata", "managedFields"))
    return (entry for entry in (found if isinstance(found, list) else ()) if isinstance(entry, dict))


def is_ours(entry: Tree) -> bool:
    """Return whether an entry of managedFields lists what Penstock has applied."""
    by_us = entry.get("manager") == MANAGER and entry.get("operation") == "Apply"
    return by_us and not entry.get("subresource")


def controller(body: Tree) -> str:
    """Return the object that creates and deletes this one, such as `ReplicaSet/web-5c7`, or "" where there is none.

    For copies that controllers make of a Service, it is the name of the controller.
    """
    references = get(body, ("metadata", "ownerReferences"))
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("controller") is True:
            return f"{reference.get('kind')}/{reference.get('name')}"
    # Some controllers name no owner in what they make, only themselves in a label.
    for kind, label in COPIES:
        if body.get("kind") == kind and (by := str(get(body, ("metadata", "labels", label), ""))).endswith(
            ("-controller", "controller.k8s.io")
        ):
            return by
    return ""


def owners(body: Tree) -> frozenset[str]:
    """Return the uids of the objects without which the cluster deletes this one."""
    return frozenset(str(reference.get("uid")) for reference in mappings(get(body, ("metadata", "ownerReferences"))))


def is_member(id: ResourceId, live: Tree, inventory: Inventory, set_id: str) -> bool:
    """Return whether Penstock has applied this very object, and may therefore delete it.

    An entry of the inventory without a uid was written before its object, by a sync that did not finish.
    """
    uid = inventory.members.get(id)
    known = uid is not None and uid in ("", get(live, ("metadata", "uid")))
    return known and owner(live) == set_id and is_applied(live) and not controller(live)


def is_copy(live: Tree) -> bool:
    """Return whether a controller made this object and copied Penstock's label to it, as controllers always do.

    Such an object is not worth a finding.
    """
    label: Tree = {"f:metadata": {"f:labels": {f"f:{PART_OF}": {}}}}
    writers = {entry.get("manager") for entry in entries(live) if get(entry, ("fieldsV1", *_path(label))) is not None}
    return bool(controller(live)) or writers == {KUBERNETES}


def _path(fields: Tree) -> tuple[str, ...]:
    """Return the single path through a tree that does not branch."""
    return next(((key, *_path(below)) for key, below in fields.items()), ())


def is_ours_alone(id: ResourceId, live: Tree, inventory: Inventory | None) -> bool:
    """Return whether the inventory has the object's uid and nobody else has ever written to the object.

    Then nothing has to be taken over.
    """
    found = list(entries(live))
    known = inventory is not None and inventory.members.get(id, "") == get(live, ("metadata", "uid"))
    return known and len(found) == 1 and is_ours(found[0]) and found[0].get("apiVersion") == live.get("apiVersion")


def _is_proven(uid: str | None, live: Tree) -> bool:
    """Return whether the inventory has an object under its uid, or without one and it was applied by us."""
    if uid is None:
        return False
    return uid == get(live, ("metadata", "uid")) or (uid == "" and is_applied(live))


def other_owner(id: ResourceId, live: Tree, wanted: Tree, inventory: Inventory | None, set_id: str) -> Owner | None:
    """Return the owner that must be overruled before a wanted object may be applied, or None where there is none."""
    label = owner(live)
    if label not in ("", set_id):
        return Owner("set", "another set", label, _writers(live, "labels", PART_OF))
    # The inventory proves what the label cannot: an object of this uid was applied by us.
    if inventory and _is_proven(inventory.members.get(id), live):
        return None
    if by := controller(live):
        return None if controller(wanted) == by else Owner("controller", f"the controller of {by}")
    if tool := _tool_of(live):
        return tool
    # Without an inventory, anybody may have put our label there. One that only a refused sync has left behind proves
    # nothing either, or the next sync would take what this one has refused.
    if label and not (inventory and inventory.revision):
        return Owner("set", "an inventory that is not there any more", label)
    return None


def _tool_of(live: Tree) -> Owner | None:
    managers = {str(entry.get("manager")) for entry in entries(live)}
    for tool in TOOLS:
        for where, key in tool.marks:
            if (value := get(live, ("metadata", where, key))) is not None:
                writers = (*tool.managers, *_writers(live, where, key))
                return Owner(tool.word, tool.name, _which(live, key, str(value)), writers)
        if managers & set(tool.managers):
            return Owner(tool.word, tool.name, "", tool.managers)
    return _unknown_tool(live)


def _writers(live: Tree, where: str, key: str) -> tuple[str, ...]:
    """Return the managers that have set a mark: the tool, whatever it calls itself in this version or installation.

    A person may have set it by hand, for the tool to take the object over, and controllers of Kubernetes copy labels.
    """
    mark = ("fieldsV1", "f:metadata", f"f:{where}", f"f:{key}")
    found = (str(entry.get("manager")) for entry in entries(live) if get(entry, mark) is not None)
    return tuple(each for each in found if not is_a_person(each) and not each.startswith((MANAGER, "kube-")))


def rival(live: Tree) -> Owner | None:
    """Return a tool that sets fields of an object that Penstock applies, too, or None.

    Its marks alone prove nothing here: a takeover may leave some of them.
    """
    writers = {str(entry.get("manager")) for entry in entries(live) if _sets_something(entry)}
    known = any(writers & set(tool.managers) for tool in TOOLS)
    return _tool_of(live) if known and is_applied(live) else None


def _sets_something(entry: Tree) -> bool:
    """Return whether an entry lists fields of more than metadata and status, which controllers note things in."""
    return not entry.get("subresource") and bool(set(entry.get("fieldsV1") or ()) - {"f:metadata", "f:status"})


def _may_keep(entry: Tree) -> bool:
    """Return whether the manager of an entry may mean to keep what it has set."""
    manager = str(entry.get("manager"))
    return entry.get("operation") == "Apply" or not (manager in CLIENTS or manager.startswith("kube-"))


def _unknown_tool(live: Tree) -> Owner | None:
    """Return an unknown manager that has set more than metadata and means to keep it, or None.

    A manager that used server-side apply always counts; any other counts only if it is neither part of Kubernetes nor a
    client that people use. If a person has also written to the object by hand, the result is None: keeping the object
    is then up to people.
    """
    written = [entry for entry in entries(live) if not entry.get("subresource")]
    if any(is_a_person(str(entry.get("manager"))) for entry in written):
        return None
    for entry in written:
        manager = str(entry.get("manager"))
        # Controllers everywhere note things in the metadata of others. That does not make them owners.
        sets = set(entry.get("fieldsV1") or ()) - {"f:metadata", "f:status"}
        if sets and _may_keep(entry) and not manager.startswith(MANAGER):
            return Owner(manager, f"the field manager {manager}", "", (manager,))
    return None


def _which(live: Tree, key: str, name: str) -> str:
    """Return the release, application or the like. Helm and Flux write its namespace under a separate key."""
    stem, _, last = key.rpartition("name")
    namespace = None if last else get(live, ("metadata", "annotations", f"{stem}namespace"))
    namespace = namespace or (None if last else get(live, ("metadata", "labels", f"{stem}namespace")))
    return f"{namespace}/{name}" if namespace else name


def is_adopted(id: ResourceId, by: Owner, adopt: Collection[str]) -> bool:
    """Return whether the user has said that Penstock takes over this object: by its id, its kind, or its owner."""
    return not adopting(id, by).isdisjoint(set(adopt) - {""})


def adopting(id: ResourceId, by: Owner) -> set[str]:
    """Return the words by which a user may say that Penstock takes over an object."""
    kind = f"{id.kind}.{id.group}" if id.group else id.kind
    return {str(id), kind, by.word, by.which, f"{by.word}:{by.which}"}


def is_a_tool(word: str) -> bool:
    """Return whether a word names owners of whatever objects: a tool, one release of it, controllers, or a label."""
    tools = {tool.word for tool in TOOLS}
    return word in {*tools, "controller"} or word.partition(":")[0] in tools or word.startswith(SET)
