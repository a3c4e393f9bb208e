"""An environment as a unit: the objects that its targets make for each other, and objects that two of them make."""

from collections.abc import Iterable, Iterator, Sequence

from penstock.graph.codes import MISSING
from penstock.graph.homes import home
from penstock.graph.index import Index
from penstock.graph.makers import Makers
from penstock.model import Diagnostic, Resource, ResourceId, Severity
from penstock.records import NamedTuple


class Surroundings(NamedTuple):
    """The objects of all targets of an environment, prepared once for the references of each target.

    An object that a reference finds in `all` is not missing. `makers` are the objects that make others.
    """

    all: Index
    makers: Makers


def around(targets: Iterable[Sequence[Resource]]) -> Surroundings:
    """Return the surroundings of targets that are in one environment."""
    resources = [resource for objects in targets for resource in objects]
    return Surroundings(Index(resources, ()), Makers(resources))


def clashes(
    paths: Sequence[str], targets: Iterable[Sequence[Resource]], severity: Severity
) -> Iterator[tuple[int, Diagnostic]]:
    """Yield a finding for each object that two targets of an environment make differently: only one of them can be in
    the cluster. Each finding comes with the number of the target that makes the object for the second time.

    `paths` are those of the targets. The severity depends on how certain it is that the targets are in one environment.
    Two equal objects count as one, since a Namespace that two applications share often is in both.
    """
    first: dict[ResourceId, tuple[int, Resource]] = {}
    for number, resources in enumerate(targets):
        for resource in resources:
            other, known = first.setdefault(resource.id._replace(namespace=home(resource.id)), (number, resource))
            if known is not resource and known.body != resource.body:
                message = f"{resource.id} is made by two targets of one environment, {paths[other]} and "
                message += f"{paths[number]}, and they differ"
                hint = "rename one of the two, or give the targets environments of their own"
                notes = ((known.origin, f"the one of {paths[other]}"),)
                yield number, Diagnostic("PS308", severity, message, resource.origin, resource.id, notes, hint)


def unsure(findings: Sequence[Diagnostic], broken: Sequence[str]) -> list[Diagnostic]:
    """Return the findings of a target if some targets of its environment do not compile: a missing object may be in one
    of these, so the finding becomes softer.

    A name that is close to another one stays a mistake all the same.
    """
    if not broken:
        return list(findings)
    more = f" and {len(broken) - 1} more do" if broken[1:] else " does"
    why = f"{broken[0]}{more} not compile, and may have it"
    return [_unsure(each, why) if _is_open(each) else each for each in findings]


def _unsure(finding: Diagnostic, why: str) -> Diagnostic:
    return finding._replace(severity="info", message=f"{finding.message}; {why}")


def _is_open(finding: Diagnostic) -> bool:
    is_sure = finding.severity == "info" or finding.notes or finding.hint
    return finding.code in MISSING and not is_sure
