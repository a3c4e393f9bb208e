"""`dependsOn` of definitions of Flux: what each waits for, and circles of those that wait for one another."""

from collections.abc import Iterator, Mapping

from penstock.definitions.flux.definition import Definition
from penstock.definitions.reading import mapping
from penstock.model import Diagnostic, Origin, Target, TargetNeed
from penstock.targets.flux.clusters import Cluster
from penstock.words import Nearest

NEED = "PS197"
"""The code for `dependsOn`."""

Unled = Mapping[tuple[str, str], Definition]
"""The definitions to which no cluster leads, by their identities."""


def check_dependencies(cluster: Cluster, unled: Unled) -> list[Diagnostic]:
    """Check `dependsOn`: the definitions that it names must exist, and there must be no cycle."""
    known = {definition.id: definition for definition, _, _ in cluster.made}
    needs: dict[tuple[str, str], list[tuple[tuple[str, str], Origin]]] = {}
    findings: list[Diagnostic] = []
    nearest = Nearest()
    for definition in known.values():
        for wanted, where in _wanted(definition):
            if wanted in known:
                needs.setdefault(definition.id, []).append((wanted, where))
            elif wanted not in cluster.left_out:
                finding = _unknown_need(wanted, where, cluster, unled)
                meant = nearest.to(wanted[1], (name for namespace, name in known if namespace == wanted[0]))
                hint = f"did you mean {meant}?" if meant and not finding.notes else ""
                findings.append(finding._replace(hint=hint))
    return findings + _circles(needs)


def _unknown_need(wanted: tuple[str, str], where: Origin, cluster: Cluster, unled: Unled) -> Diagnostic:
    """Return the finding about a definition that does not exist, unless it may be where nothing is known of it. People
    apply some by hand, to which no cluster leads then.
    """
    message = f"there is no Kustomization {wanted[0]}/{wanted[1]} to depend on"
    doubt = cluster.doubt or ("" if cluster.is_sure() else "; what leads to this is not here, and may have it")
    if doubt:
        return Diagnostic(NEED, "info", f"{message}{doubt}", where)
    if wanted in unled:
        notes = ((unled[wanted].at(), "nothing in the repository applies this one"),)
        return Diagnostic(NEED, "info", f"{message}, unless somebody applies it by hand", where, notes=notes)
    return Diagnostic(NEED, "warning", message, where)


def _wanted(definition: Definition) -> Iterator[tuple[tuple[str, str], Origin]]:
    """Yield namespace and name of each definition that `dependsOn` names, and where it is named."""
    for index, entry in enumerate(definition.spec.get("dependsOn") or ()):
        named = mapping(entry)
        yield (named.get("namespace") or definition.id[0], named.get("name") or ""), definition.at("dependsOn", index)


def _circles(needs: dict[tuple[str, str], list[tuple[tuple[str, str], Origin]]]) -> list[Diagnostic]:
    """Return findings about definitions that wait for themselves.

    These remain after all definitions that wait for no remaining one have been removed repeatedly.
    """
    left = dict(needs)
    waiting: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, others in needs.items():
        for other, _ in others:
            waiting.setdefault(other, []).append(one)
    open_needs = {one: sum(other in needs for other, _ in others) for one, others in needs.items()}
    free = [one for one, number in open_needs.items() if not number]
    for one in free:  # grows on the way
        del left[one]
        for follower in waiting.get(one, ()):
            open_needs[follower] -= 1
            if not open_needs[follower]:
                free.append(follower)
    return [
        Diagnostic(NEED, "error", f"{one[1]} depends on {other[1]}, which waits for it: a circle", where)
        for one, others in left.items()
        for other, where in others
        if other in left
    ]


def needs_of(definition: Definition, own: Mapping[tuple[str, str], Target]) -> Iterator[TargetNeed]:
    """Yield the targets for which a definition waits, if they exist."""
    for wanted, where in _wanted(definition):
        if wanted in own:
            yield TargetNeed(own[definition.id], own[wanted], "dependsOn", where)
