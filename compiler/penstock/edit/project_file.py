"""The text of a `penstock.yaml` that says what was found: a few path patterns, and what is still a question."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from penstock.model import Installation, Target, with_those_above
from penstock.records import NamedTuple

HEADER = """\
# Where each target of this repository goes. `penstock targets` shows what follows from it;
# docs/configuration.md has all fields.
apiVersion: penstock.dev/v1
kind: Project
"""

CLUSTERS = """\
# a question: ApplicationSets ask Argo CD for its clusters, and nothing here says which there are. List them in a file,
# as `- {name: north, server: "https://north.example.com", labels: {}}`, and name it here. `penstock targets` shows what
# is still open after that.
# clusters: clusters.yaml
"""
"""What comes before any other question: it decides what definitions lead to."""


class _Line(NamedTuple):
    """A target on its way to a pattern: the names of its path, some of them stars.

    `star` is the index of the name that is the environment; -1 where none is, and `environment` has it.
    """

    names: tuple[str, ...]
    star: int
    environment: str
    question: str
    target: Target


LEFT = frozenset(
    (
        "archive",
        "archived",
        "archives",
        "attic",
        "base",
        "bases",
        "common",
        "components",
        "deprecated",
        "disabled",
        "docs",
        "e2e",
        "example",
        "examples",
        "hack",
        "old",
        "sample",
        "samples",
        "test",
        "testdata",
        "tests",
    )
)
"""Names of folders that hold what is not deployed from there."""

FOLDERS = frozenset(("clusters", "env", "envs", "environment", "environments", "overlays"))
"""Names of folders that hold a folder for each environment."""


def proposed(
    targets: Sequence[Target],
    kustomizations: Iterable[str],
    charts: Mapping[str, Installation] = {},
    defined: Collection[str] = (),
) -> str:
    """The text of the file, for targets that no definition makes. No pattern of it matches one of the other
    kustomizations. `defined` are the paths of definitions, and of what they make: what they do not lead to is hardly
    deployed.
    """
    likely = [target for target in targets if not target.environment and (defined or _is_left(target.path))]
    taken = {above for target in targets if target not in likely for above in with_those_above(target.path)}
    taken |= {above for path in defined for above in with_those_above(path)}
    left = [target for target in likely if target.path not in taken]
    others = [target for target in targets if target not in left]
    of_targets = _of_targets(others, kustomizations) if others else ""
    return HEADER + _of_left(left, taken) + of_targets + charts_proposed(charts)


def _is_left(path: str) -> bool:
    """Whether one of the folders of a path is hidden, or is called as one from which nothing is deployed."""
    return any(name in LEFT or (name[0] == "." and name != ".") for name in path.split("/"))


def _of_left(left: Sequence[Target], taken: Set[str]) -> str:
    """The folders of targets to which nothing leads, each as far up as it holds nothing else."""
    if not left:
        return ""
    folders = {[path for path in with_those_above(target.path) if path not in taken][-1] for target in left}
    lines = "".join(f"- {_quoted(folder)}\n" for folder in sorted(folders))
    return f"exclude:\n# a question: nothing leads to what lies here; take out what is deployed by other means\n{lines}"


def charts_proposed(charts: Mapping[str, Installation]) -> str:
    """The section with an entry for each chart, which nobody but its owner can answer for."""
    text = (
        "charts:\n# a question: nothing installs these charts; take out what is installed elsewhere\n" if charts else ""
    )
    for chart, (name, namespace, environments) in charts.items():
        release = f"release: {_quoted(name)}, namespace: {_quoted(namespace)}"
        text += f"- path: {_quoted(chart)}\n  environments:"
        for environment, file in environments.items():
            if file:
                text += f"\n    {_quoted(environment)}: {{{release}, values: [{_quoted(file)}]}}"
            else:
                text += f" {{{_quoted(environment)}: {{{release}}}}}"
        text += "\n"
    return text


def _of_targets(targets: Sequence[Target], kustomizations: Iterable[str]) -> str:
    paths = {target.path for target in targets}
    others = [tuple(path.split("/")) for path in sorted(set(kustomizations) - paths)]
    groups: dict[tuple[int, int, str, str], list[_Line]] = {}
    for target in targets:
        line = _line(target)
        groups.setdefault((len(line.names), line.star, line.environment, line.question), []).append(line)
    entries = sorted((entry for lines in groups.values() for entry in _merged(lines, others)), key=_order)
    first = [
        _exact(target) for target in targets if _outcome(entries, target) != (target.environment or target.proposed)
    ]
    return "targets:\n" + "".join(map(_entry, [*first, *entries]))


def _outcome(entries: Sequence[_Line], target: Target) -> str:
    """The environment that the first matching entry gives a target."""
    names = tuple(target.path.split("/"))
    entry = next(entry for entry in entries if _matches(entry.names, names))
    return entry.environment or names[entry.star]


def _exact(target: Target) -> _Line:
    """An entry for one target alone."""
    question = "" if target.environment else target.why
    return _Line(tuple(target.path.split("/")), -1, target.environment or target.proposed, question, target)


def _line(target: Target) -> _Line:
    line = _exact(target)
    if line.names.count(target.environment) != 1:
        return line
    star = line.names.index(target.environment)
    return _Line(_with_star(line.names, star), star, "", line.question, target)


def _with_star(names: tuple[str, ...], index: int) -> tuple[str, ...]:
    return (*names[:index], "*", *names[index + 1 :])


def _merged(lines: Sequence[_Line], others: Sequence[tuple[str, ...]]) -> list[_Line]:
    """As few patterns as give the same targets: names that differ become stars, where that takes in nothing else, and
    where a name is left.
    """
    if lines[0].star >= 0 and not _is_general(lines):
        return _merged([_exact(line.target) for line in lines], others)
    columns = list(zip(*(line.names for line in lines), strict=True))
    differing = [index for index, column in enumerate(columns) if len(set(column)) > 1]
    names = tuple("*" if index in differing else column[0] for index, column in enumerate(columns))
    is_narrow = lines[0].star >= 0 or set(names) != {"*"} or len(names) == 1
    if is_narrow and not any(_matches(names, other) for other in others):
        return [lines[0]._replace(names=names)]
    if not differing:
        return [_exact(line.target) for line in lines]
    parts: dict[str, list[_Line]] = {}
    for line in lines:
        parts.setdefault(line.names[differing[0]], []).append(line)
    return [merged for part in parts.values() for merged in _merged(part, others)]


def _is_general(lines: Sequence[_Line]) -> bool:
    """Whether a name in some paths may be a star that stands for the environment: they have several, or it lies in a
    folder of environments.
    """
    at = lines[0].star
    is_folder = at > 0 and all(line.names[at - 1] in FOLDERS for line in lines)
    return is_folder or len({line.target.environment for line in lines}) > 1


def _matches(pattern: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return len(pattern) == len(names) and all(a in ("*", b) for a, b in zip(pattern, names, strict=True))


def _order(line: _Line) -> tuple[int, tuple[str, ...]]:
    """The first entry that matches counts, so those with fewer stars come first."""
    return line.names.count("*"), line.names


def _entry(line: _Line) -> str:
    """An entry of `targets:`. The environment is the star that stands for it, or a name."""
    path = _quoted("/".join(line.names))
    text = f"# a question: {line.question}\n" if line.question else ""
    hole = f"{{{line.names[: line.star + 1].count('*')}}}"
    return f"{text}- path: {path}\n  environment: {_quoted(line.environment or hole)}\n"


def _quoted(text: str) -> str:
    """A text as YAML: in quotes where it may not stand without."""
    is_word = text[:1].isalpha() and all(character.isalnum() or character in "-_./" for character in text)
    is_other = text.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if is_word and not is_other else json.dumps(text)
