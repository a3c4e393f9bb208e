"""What lies in a repository to be kept, read or copied, and not to be deployed. What is wrong there is an info."""

from collections.abc import Sequence

from penstock.findings import SET_ASIDE
from penstock.model import Diagnostic
from penstock.parse.refused import RENDER
from penstock.regex import regex

ARCHIVED, DOCUMENTED, TEMPLATE = "archived", "documentation", "a template"
"""The reasons why nobody deploys what is in a folder."""

ARCHIVES = frozenset(
    (
        *("archive", "archived", "archives", "attic", "bak", "bkup", "decommissioned", "deferred", "deprecated"),
        *("disabled", "inactive", "obsolete", "old", "retired", "unused"),
    )
)
"""Words with which the names of folders end whose content is not deployed any more, or not yet: `.archive`,
`shop.old`.
"""

TEMPLATES = frozenset(("boilerplate", "scaffold", "scaffolding", "skeleton", "skeletons", "template", "templates"))
"""Names of folders from which people make others. A dot or a line may stand in front."""

BASES = frozenset(("base", "bases"))
"""The names of folders whose kustomizations overlays use, or scripts."""

EXAMPLES = frozenset(("example", "examples", "sample", "samples"))
"""The names of folders from which people copy."""

DOCUMENTATION = frozenset(("doc", "docs", "documentation"))
"""Names of folders at the top of a repository that hold its documentation. Further down, such a name may be that of an
application.
"""

_WORDS = regex("[-_.]+")

_CAPITALS = regex(r'"[^"]*([A-Z][A-Z0-9_]{3,}|<[^<>]+>)[^"]*" is not ')
"""A placeholder in a name, as messages quote it. No object has capitals in its name."""

_ABOUT_NAMES = frozenset(("PS410", "PS414", "PS431"))


def why_aside(path: str) -> str:
    """Return why nobody deploys what a path leads to, or the empty text."""
    first, *others = path.split("/")
    if first in DOCUMENTATION:
        return DOCUMENTED
    words = [_WORDS.split(name.strip("._"))[-1] for name in (first, *others)]
    if not ARCHIVES.isdisjoint(words):
        return ARCHIVED
    is_template = is_marked_template(path) or not TEMPLATES.isdisjoint(name.strip("._") for name in (first, *others))
    return TEMPLATE if is_template else ""


def is_marked_template(path: str) -> bool:
    """Return whether a path leads through a folder such as `_template` or `_flux_templates`, whose first sign says that
    it is none of the folders beside it.
    """
    marked = (name for name in path.split("/") if name[:1] in ("_", "."))
    return any(_WORDS.split(name.strip("._"))[-1] in TEMPLATES for name in marked)


def is_of_base(path: str) -> bool:
    """Return whether a path leads through a folder whose kustomizations are for others to use."""
    return not BASES.isdisjoint(path.split("/"))


def copy_of(path: str) -> str:
    """Return the path of the copy that people make of a file whose name says that it is for that: `shop.yaml` for
    `shop-template.yaml`. For any other name it is the same path.
    """
    return _FOR_COPIES.sub("", path)


_FOR_COPIES = regex(r"[-_.](?:template|tmpl|tpl|example|sample)(?=\.ya?ml$)")
"""The end of the name of a file that is there to be copied."""


def is_for_copies(name: str) -> bool:
    """Return whether the name of an object is one that no object has, since it holds a placeholder."""
    return _CAPITALS.match(f'"{name}" is not ') is not None


def as_set_aside(path: str, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the findings about a path to which nothing leads, as infos if nobody deploys what is there."""
    why = why_aside(path)
    return [_as_aside(each, why) for each in findings]


def as_archived(path: str, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the findings about a path in an archive as infos, also where its folders show an environment. The same
    holds for a folder that is marked as a template, and for placeholders in the names of a base or an example.
    """
    if why_aside(path) == ARCHIVED or is_marked_template(path):
        return as_set_aside(path, findings)
    is_for_others = is_of_base(path) or not EXAMPLES.isdisjoint(path.split("/"))
    return [_as_aside(each, "") if is_for_others else each for each in findings]


def _info(finding: Diagnostic, why: str) -> Diagnostic:
    return finding._replace(severity="info", message=f"{finding.message}; {why}", hint=SET_ASIDE)


def _as_aside(finding: Diagnostic, why: str) -> Diagnostic:
    """Return the finding as an info if nobody deploys what it is about. It shows by itself that other files are made
    from this one if `{{ … }}` stands where YAML must be, or a placeholder in a name.
    """
    if finding.hint == RENDER:
        message = f"{finding.message}, and nothing deploys it: not compiled"
        return finding._replace(severity="info", message=message, hint="")
    is_in_a_name = finding.code in _ABOUT_NAMES and _CAPITALS.search(finding.message) is not None
    reason = why or ("a placeholder, and nothing deploys it" if is_in_a_name else "")
    return _info(finding, reason) if reason else finding
