"""Findings about a branch and a sync as a whole: what must not be synced, whatever its objects are. Pure."""

from collections.abc import Iterator

from penstock.apply.desired import Desired
from penstock.apply.failure import one_line
from penstock.apply.inventory import Inventory
from penstock.apply.meant import TIME_LIMIT, said_limit, time_limit
from penstock.apply.ownership import TOOLS, Owner, adopting, is_a_tool, other_owner, rival
from penstock.apply.task import Branch, Options, Task
from penstock.apply.world import World
from penstock.model import Diagnostic, Pos, Severity
from penstock.words import did_you_mean


def about_the_branch(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield the errors of a branch that hold up all of its objects."""
    yield from _empty(branch)
    yield from _rewritten(branch, inventory, options)
    yield from _rolled_back(branch, inventory, options)
    yield from _moved(branch, inventory, options)
    yield from _new_here(branch, inventory, options)


def _empty(branch: Branch) -> Iterator[Diagnostic]:
    if not branch.resources:
        message = "this branch holds no objects; syncing it would delete the whole environment"
        yield Diagnostic("PS601", "error", message, Pos(branch.name))


def _rewritten(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the commit of the last sync is not in the history of the branch.

    The reason can be a clone that is behind, a rewritten branch, or another repository that uses the same name.
    """
    synced = inventory.attempt if inventory else ""
    if synced in ("", branch.revision) or options.allow_rewrite:
        return
    if not branch.follows(synced):
        message = f"the cluster was last synced to {synced[:12]}, which is not in the history of {branch.name} here"
        hint = (
            "fetch the branch with its history; if it was rewritten or rolled back on purpose: --allow-rewrite; "
            "if another repository syncs under this name: --name"
        )
        yield Diagnostic("PS606", "error", message, Pos(branch.name), hint=hint)


def _rolled_back(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the environment was rolled back on purpose and the branch has no newer commit since.

    A sync then needs a newer commit, or consent.
    """
    pin = inventory.pin if inventory else ""
    if not pin or options.back_from or options.unpin or branch.revision == (inventory and inventory.revision):
        return
    # The bad commit, or one before it, would undo the rollback.
    if branch.revision == pin or not branch.follows(pin):
        message = f"the environment was rolled back from {pin[:12]}, and {branch.revision[:12]} is no newer commit"
        hint = "`penstock history` says who did it; commit what mends it, or sync it nevertheless with --unpin"
        yield Diagnostic("PS661", "error", message, Pos(branch.name), hint=hint)


def _moved(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where --namespace has changed.

    Objects would be re-created in one namespace and deleted in the other.
    """
    before = inventory.namespace if inventory else ""
    if before and options.namespace not in ("", before):
        message = (
            f"objects without a namespace of their own have gone to {before} in this environment, "
            f"so --namespace {options.namespace} would delete them there and make them anew"
        )
        yield Diagnostic("PS623", "error", message, Pos(branch.name), hint="move them by `namespace:` in the sources")


def _new_here(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the environment is new to the cluster but was synced to another one before.

    A context that now points to another cluster looks the same as yesterday.
    """
    if inventory is None and options.elsewhere:
        message = f"this environment was last synced to {options.elsewhere}, and the cluster named now never had it"
        hint = "if that is meant: --another-cluster; `cluster` in penstock.yaml binds an environment to its cluster"
        yield Diagnostic("PS663", "error", message, Pos(branch.name), hint=hint)


def unlisted(world: World, branch: Branch) -> Iterator[Diagnostic]:
    """Yield a finding for each kind whose objects cannot be listed, so that none of them is pruned."""
    for kind, failure in world.unlisted.items():
        severity: Severity = "warning" if failure.status == 404 else "error"
        message = (
            f"objects of the kind {kind} that have left the branch cannot be found, so they are not pruned: {failure}"
        )
        yield Diagnostic("PS619", severity, message, Pos(branch.name))


def replaces_nothing(desired: Desired, branch: Branch, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding for each object named by --replace that the branch does not have."""
    known = {str(resource.id): resource for resource in desired.resources}
    for name in sorted(options.replace - known.keys()):
        kind, _, rest = name.partition("/")
        same = (key for key in known if key.startswith(f"{kind}/") and key.endswith(f"/{rest.rpartition('/')[2]}"))
        meant = next(same, "")
        message = f"--replace {one_line(name)} names no object of the branch, so nothing is replaced for it"
        hint = f"did you mean {meant}?" if meant else "objects are named like Deployment.apps/shop/web"
        yield Diagnostic("PS668", "warning", message, Pos(branch.name), hint=hint)


def adopts_nothing(seen: World, desired: Desired, inventory: Inventory | None, task: Task) -> Iterator[Diagnostic]:
    """Yield a finding for each word of --adopt that is no tool, and that names nothing on the branch and no owner of
    it.
    """
    unknown = {word for word in task.options.asked_to_adopt if not is_a_tool(word)}
    if not unknown:
        return
    known: set[str] = set()
    for resource in desired.resources:
        live = seen.live.get(resource.id, {})
        by = other_owner(resource.id, live, resource.body, inventory, task.parent.id) or rival(live)
        known |= adopting(resource.id, by or Owner("", ""))
    for word in sorted(unknown - known):
        message = f"--adopt {one_line(word)} names no tool, and nothing on the branch or its owner: it adopts nothing"
        hint = did_you_mean(word, [*(tool.word for tool in TOOLS), *sorted(known - {""})])
        yield Diagnostic("PS669", "warning", message, Pos(task.branch.name), hint=hint or "see docs/sync.md")


def odd_limits(desired: Desired) -> Iterator[Diagnostic]:
    """Yield a finding for each annotation about the time limit of waiting that is not a valid duration."""
    for resource in desired.resources:
        said = said_limit(resource.body)
        if said and time_limit(resource.body) is None:
            message = f"{resource.id} has {TIME_LIMIT}: {one_line(said)}, which is no duration like 90s, 5m or 1h30m"
            hint = "until that is mended, only --timeout says how long it is waited for"
            yield Diagnostic("PS666", "warning", message, resource.origin, resource.id, hint=hint)
