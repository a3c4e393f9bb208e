"""Reads what a plan needs: the record of earlier syncs, the live objects, and what an apply would make of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from penstock.apply import lost_version
from penstock.apply.client import Client, Media
from penstock.apply.conflicts import judge
from penstock.apply.desired import Desired
from penstock.apply.failure import Conflict, Failure
from penstock.apply.fields import without
from penstock.apply.inventory import PART_OF, Inventory, Parent, read
from penstock.apply.kinds import Kind, Kinds
from penstock.apply.meant import yielding_to
from penstock.apply.ownership import MANAGER, is_copy
from penstock.apply.rehearsal import rehearsed
from penstock.apply.takeover import Takeover, givers, moves, patch, preview
from penstock.cluster import Ignored
from penstock.kubernetes import identify
from penstock.model import Refusal, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get

ATTEMPTS = 3
"""How often an object that keeps changing is read again while it is compared."""


MANY = 4
"""The number of objects of one kind and namespace from which on one LIST reads them."""

NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class World(NamedTuple):
    """The live objects that are wanted or Penstock's own.

    `unread` are the wanted objects that could not be read, `unlisted` the kinds that could not be listed.
    """

    live: dict[ResourceId, Tree]
    unread: dict[ResourceId, Failure]
    unlisted: dict[str, Failure]


class Force(NamedTuple):
    """Whose values win in conflicts: with `all` Penstock's, else others' where the user leaves fields to them.

    `givers` are managers whose fields are about to go over to Penstock, which a dry run does not know.
    """

    all: bool = False
    ignore: tuple[Ignored, ...] = ()
    givers: frozenset[str] = frozenset()


Taking = Mapping[ResourceId, Takeover]
"""The objects on which Penstock takes over fields of others, with what goes over beside the fields of `kubectl
apply`."""


class Applied(NamedTuple):
    """An object after an apply, or after the dry run of one.

    `taken` are the fields that somebody had changed by hand, `left` those that a controller keeps.
    """

    body: Tree
    taken: tuple[Conflict, ...] = ()
    left: tuple[Conflict, ...] = ()


def remembered(client: Client, parent: Parent) -> Inventory | None:
    """Return the inventory of earlier syncs, or None where there is none.

    Raises `Refusal` where the ConfigMap is not Penstock's.
    """
    client.probe = f"/api/v1/namespaces/{parent.namespace}/configmaps/{parent.name}"
    live = client.get(client.probe)
    if isinstance(live, Failure):
        if live.is_absent or live.lacks_namespace:
            return None
        raise Refusal(f"cannot read the inventory ConfigMap {parent.namespace}/{parent.name}: {live}", 4)
    inventory = read(parent, live)
    if isinstance(inventory, str):
        where = f"the ConfigMap {parent.namespace}/{parent.name}"
        begin_anew = f"to begin anew: delete it, and sync with --adopt {parent.id}"
        raise Refusal(f"{where} {inventory}; Penstock leaves it alone ({begin_anew})", 4)
    return inventory


def observe(
    client: Client, desired: Desired, inventory: Inventory, parent: Parent, kinds: Kinds, whole: bool = False
) -> World:
    """Read the members by their label, kind by kind, and then one by one the wanted objects that are not among them.

    Anybody may put the label on large objects. Of an object that is neither wanted nor recorded, only the name is kept,
    unless `whole` asks for everything.
    """
    # Memory is bounded by what is wanted, not by what strangers label.
    known = None if whole else {*desired.kinds, *inventory.members}
    world = World({}, {}, {})
    served = {key: _served(kind, kinds) for key, kind in desired.kinds.items()}
    wanted = _kinds_to_list(served.values(), inventory, kinds)
    namespaces = inventory.namespaces | {key.namespace for key in desired.kinds if key.namespace}
    listed = client.each(lambda kind: _members(client, kind, namespaces, parent, known), wanted)
    for kind, objects in zip(wanted, listed, strict=True):
        # The rights may be for named objects only, so each member is asked for by its name.
        if isinstance(objects, Failure) and objects.status == 403:
            found = _one_by_one(client, kind, inventory, desired)
            objects = objects if found is None else found
        if isinstance(objects, Failure):
            world.unlisted[kind_text(ResourceId(kind.group, kind.name, "", ""))] = objects
        else:
            world.live.update({identify(body)[0]: body for body in objects})
    for group, name in sorted(inventory.kinds):
        if (group, name) not in kinds.preferred and not any((k.group, k.name) == (group, name) for k in wanted):
            gone = Failure("never", 404, "", "the cluster no longer serves this kind")
            world.unlisted[kind_text(ResourceId(group, name, "", ""))] = gone
    _read_others(client, desired, served, world)
    return world


def _served(kind: Kind, kinds: Kinds) -> Kind:
    """Return the kind in the version that the branch uses, so that fields can be compared, if it is served already.

    A definition on the branch may bring a new version, and objects in it. Until then they are there in another one.
    """
    is_served = (kind.group, kind.version, kind.name) in kinds.exact
    return kind if is_served else kinds.preferred.get((kind.group, kind.name), kind)


def _kinds_to_list(served: Iterable[Kind], inventory: Inventory, kinds: Kinds) -> list[Kind]:
    """Return one version of each kind."""
    listed: dict[tuple[str, str], Kind] = {}
    for kind in served:
        listed.setdefault((kind.group, kind.name), kind)
    for key in sorted(inventory.kinds):
        if key in kinds.preferred:
            listed.setdefault(key, kinds.preferred[key])
    return list(listed.values())


def _members(
    client: Client, kind: Kind, namespaces: Iterable[str], parent: Parent, known: Collection[ResourceId] | None
) -> list[Tree] | Failure:
    """Return the members of a kind by one LIST over all namespaces.

    Where that is forbidden, there is one LIST for each namespace that can hold members.
    """
    selector = f"{PART_OF}={parent.id}"
    found = _collect(client, kind.path(""), selector, known)
    if not (kind.namespaced and isinstance(found, Failure) and found.status == 403):
        # A kind that is not served has no objects.
        return [] if isinstance(found, Failure) and found.lacks_kind else found
    objects: list[Tree] = []
    for namespace in sorted(namespaces):
        part = _collect(client, kind.path(namespace), selector, known)
        if isinstance(part, Failure):
            return part
        objects += part
    return objects


def _one_by_one(client: Client, kind: Kind, inventory: Inventory, desired: Desired) -> list[Tree] | None:
    """Return the members of a kind that may not be listed, as the inventory names them, or None.

    None means that the inventory does not know the kind, or that the objects cannot be read either.
    """
    if (kind.group, kind.name) not in inventory.kinds:
        return None
    ids = [key for key in inventory.members if (key.group, key.kind) == (kind.group, kind.name)]
    left = [key for key in ids if key not in desired.kinds]  # the others are read with the wanted objects
    answers = list(client.each(client.get, [kind.path(key.namespace, key.name) for key in left]))
    if any(isinstance(answer, Failure) and not answer.is_absent and not answer.lacks_namespace for answer in answers):
        return None
    return [answer for answer in answers if not isinstance(answer, Failure)]


def _collect(client: Client, path: str, selector: str, known: Collection[ResourceId] | None) -> list[Tree] | Failure:
    objects: list[Tree] = []
    for item in map(client.about_object, client.objects(path, selector)):
        if isinstance(item, Failure):
            return item
        if known is None or identify(item)[0] in known:
            objects.append(item)
        elif not is_copy(item):
            objects.append(_name_of(item))
    return objects


def _name_of(body: Tree) -> Tree:
    """Return the part of a foreign object that is kept: its identity and the label."""
    kept = {key: get(body, ("metadata", key)) for key in ("name", "namespace", "uid")}
    labels = {PART_OF: get(body, ("metadata", "labels", PART_OF))}
    metadata = {**{key: value for key, value in kept.items() if value}, "labels": labels}
    return {"apiVersion": body.get("apiVersion"), "kind": body.get("kind"), "metadata": metadata}


def _read_others(client: Client, desired: Desired, served: Mapping[ResourceId, Kind], world: World) -> None:
    missing = [
        resource
        for resource in desired.resources
        if resource.id not in world.live or world.live[resource.id].get("apiVersion") != served[resource.id].api_version
    ]
    absent = _absent(client, served, [resource.id for resource in missing])
    there = [resource.id for resource in missing if resource.id not in absent]
    paths = [served[key].path(key.namespace, key.name) for key in there]
    for key, answer in zip(there, client.each(client.get, paths), strict=True):
        if not isinstance(answer, Failure):
            world.live[key] = answer
        # These are no failures: the sync makes what is missing. Anything else is unknown, and must not count as
        # missing.
        elif not (answer.is_absent or answer.lacks_namespace or answer.lacks_kind):
            client.about_object(answer)
            world.unread[key] = answer


def _absent(client: Client, served: Mapping[ResourceId, Kind], ids: Sequence[ResourceId]) -> set[ResourceId]:
    """Return which objects are not in the cluster, as far as one LIST of names for many of them tells."""
    groups: dict[tuple[str, str], list[ResourceId]] = {}
    for key in ids:
        groups.setdefault((served[key].path(key.namespace), key.namespace), []).append(key)
    # One list of names is cheaper than a request for each object, if there are several.
    many = [(path, keys) for (path, _), keys in groups.items() if len(keys) >= MANY]
    absent: set[ResourceId] = set()
    for (_, keys), names in zip(many, client.each(lambda group: _names(client, group[0]), many), strict=True):
        if names is not None:
            absent |= {key for key in keys if key.name not in names}
    return absent


def _names(client: Client, path: str) -> set[str] | None:
    """Return the names of all objects of a collection, or None where it cannot be listed."""
    names = set()
    for item in client.objects(path, accept=NAMES_ONLY):
        if isinstance(item, Failure):
            return None
        names.add(str(get(item, ("metadata", "name"))))
    return names


def look_again(
    client: Client, kinds: Mapping[ResourceId, Kind], ids: Sequence[ResourceId], parent: Parent
) -> dict[ResourceId, Tree | Failure]:
    """Return the current state of some of Penstock's objects.

    Many objects of one kind and namespace are read by one LIST, others one by one.
    """
    groups: dict[str, list[ResourceId]] = {}
    for key in ids:
        groups.setdefault(kinds[key].path(key.namespace), []).append(key)
    many = [path for path, keys in groups.items() if len(keys) >= MANY]
    selector = f"{PART_OF}={parent.id}"
    found: dict[ResourceId, Tree | Failure] = {}
    for path, items in zip(many, client.each(lambda path: list(client.objects(path, selector)), many), strict=True):
        by_name = {get(item, ("metadata", "name")): item for item in items if not isinstance(item, Failure)}
        found |= {key: by_name[key.name] for key in groups[path] if key.name in by_name}
    rest = [key for key in ids if key not in found]  # gone, without the label, or in a collection that cannot be listed
    paths = [kinds[key].path(key.namespace, key.name) for key in rest]
    return found | dict(zip(rest, client.each(client.get, paths), strict=True))


def try_out(
    client: Client, desired: Desired, ids: Sequence[ResourceId], world: World, force: Force, taking: Taking
) -> dict[ResourceId, Applied | Failure]:
    """Return what the server says these objects would become. This is a dry run: nothing is written.

    Where a controller has written to an object since `world` was read, its new state replaces the one in `world`;
    otherwise the controller's change would look like Penstock's.
    """
    bodies = desired.bodies

    def try_one(id: ResourceId) -> tuple[Tree, Applied | Failure]:
        kind, live = desired.kinds[id], world.live[id]
        own = force._replace(givers=givers(live, taking[id])) if id in taking else force
        for _ in range(ATTEMPTS):
            outcome = apply(client, kind, bodies[id], own, dry_run=True)
            if isinstance(outcome, Failure) and (lost := outcome.lost_version or _version_to_leave(outcome, live)):
                outcome = Applied(lost_version.preview(live, bodies[id], lost))
            # The dry run and the object that it is compared with have to be of the same state of the object.
            if isinstance(outcome, Failure) or _version(outcome.body) == _version(live):
                break
            again = client.get(kind.path(id.namespace, id.name))
            live = live if isinstance(again, Failure) else again
            if _version(outcome.body) == _version(live):
                break
        if isinstance(outcome, Applied) and id in taking:
            after = preview(live, outcome.body, taking[id])
            if after != outcome.body:
                outcome = outcome._replace(body=rehearsed(client, kind.path(id.namespace, id.name), live, after))
        return live, outcome

    outcomes = {}
    for key, (live, outcome) in zip(ids, client.each(try_one, ids), strict=True):
        world.live[key] = live
        outcomes[key] = outcome
    return outcomes


def _version_to_leave(outcome: Failure, live: Tree) -> str:
    """Return the version of a live object where the wanted one is not served before its definition is applied."""
    return str(live.get("apiVersion", "")) if outcome.lacks_kind else ""


def take_over(client: Client, kind: Kind, key: ResourceId, take: Takeover) -> Failure | None:
    """Move fields of others in managedFields to Penstock, on the current object.

    Return the failure where the server refuses, else None.
    """
    path = kind.path(key.namespace, key.name)
    failure: Failure | None = None
    for _ in range(ATTEMPTS):
        # The entries may have changed since the plan was made, so the patch is for the object as it is now.
        live = client.about_object(client.get(path))
        if isinstance(live, Failure):
            return None if live.is_absent else live
        if not moves(live, take):
            return None
        body, content = patch(live, take), "application/json-patch+json"
        answer = client.about_object(client.call("PATCH", path, {"fieldManager": MANAGER}, body, media=Media(content)))
        if not isinstance(answer, Failure):
            return None
        failure = answer
        if answer.retry != "replan":
            break
    return failure


def _version(body: Tree) -> str:
    """Return the version of an object; a dry run answers with the version that it started from."""
    return str((body.get("metadata") or {}).get("resourceVersion", ""))


def _with_verdict(verdicts: Mapping[Conflict, str], wanted: str) -> tuple[Conflict, ...]:
    return tuple(conflict for conflict, verdict in verdicts.items() if verdict == wanted)


def apply(client: Client, kind: Kind, body: Tree, force: Force, *, dry_run: bool = False) -> Applied | Failure:
    """Send a server-side apply of one object, without force; conflicts are settled as `conflicts.judge` says."""
    key = identify(body)[0]
    path = kind.path(key.namespace, key.name)
    # The first attempt is without force, since only the server's answer says whose fields are in the way.
    answer = client.about_object(client.apply(path, body, MANAGER, force=False, dry_run=dry_run))
    while not dry_run and isinstance(answer, Failure) and _give_up_version(client, path, body, answer.lost_version):
        answer = client.about_object(client.apply(path, body, MANAGER, force=False))
    if not isinstance(answer, Failure):
        return Applied(answer)
    yields = yielding_to(key, force.ignore)
    told = answer.without_conflicts(force.givers)
    verdicts = {conflict: judge(conflict, force.all, yields) for conflict in told.conflicts}
    if not answer.conflicts or "fail" in verdicts.values():
        return told
    taken, left = (_with_verdict(verdicts, word) for word in ("take", "leave"))
    # A field that is left to others must not be in the request at all.
    for conflict in left:
        body = without(body, conflict.field)
    is_forced = bool(taken) or told != answer
    answer = client.about_object(client.apply(path, body, MANAGER, force=is_forced, dry_run=dry_run))
    return answer if isinstance(answer, Failure) else Applied(answer, taken, left)


def _give_up_version(client: Client, path: str, body: Tree, lost: str) -> bool:
    """Change entries of managedFields in a lost version to the version of `body`; return whether there were any."""
    if not lost or lost == body["apiVersion"]:
        return False
    live = client.about_object(client.get(path))
    operations = [] if isinstance(live, Failure) else lost_version.patch(live, lost, body["apiVersion"])
    if not operations:
        return False
    media, query = Media("application/json-patch+json"), {"fieldManager": MANAGER}
    answer = client.about_object(client.call("PATCH", path, query, operations, media=media))
    return not isinstance(answer, Failure) or answer.retry == "replan"


def kind_text(id: ResourceId) -> str:
    """Return the kind of an object as kubectl writes it: `Deployment.apps`."""
    return f"{id.kind}.{id.group}" if id.group else id.kind
