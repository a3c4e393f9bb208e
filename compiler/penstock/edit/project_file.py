"""The text of a `penstock.yaml` that says what was found: a few path patterns, and what is still a question."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

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
# as `- {name: north, server: "https://north.example.com", labels: {}, annotations: {}}`, and name it here. `penstock
# targets` says which labels and annotations are asked for, and shows what is still open after that.
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


HELM = """\
# a question: kustomizations have charts, and Kustomize renders these with --enable-helm only; is that what builds them?
helm: {enabled: true}
"""
"""What brings the charts of kustomizations in, before anything else is looked for: they may have definitions."""


LOCK = """\
# Of what definitions build, some is not in penstock.lock, and may lead to more. `penstock lock` brings it; after that,
# `penstock init` says what is left.
"""
"""What stands for all other questions as long as the answers are elsewhere."""


class Open(NamedTuple):
    """What a penstock.yaml is proposed for. `defined` are the paths of definitions, and of what they make: what they do
    not lead to is hardly deployed. `bundles` are directories of manifests that Rancher's Fleet deploys, and `loose`
    those that nothing builds, with an environment for each.
    """

    targets: Sequence[Target]
    kustomizations: Sequence[str]
    charts: Mapping[str, Installation]
    defined: Collection[str] = ()
    bundles: Sequence[str] = ()
    loose: Mapping[str, str] = {}


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
        "starters",
        "test",
        "testdata",
        "tests",
    )
)
"""Names of folders that hold what is not deployed from there."""

SHARED = frozenset(("base", "bases", "common", "components"))
"""Those of them that hold what is used elsewhere: a chart in one may be deployed all the same."""

FOLDERS = frozenset(("clusters", "env", "envs", "environment", "environments", "overlays"))
"""Names of folders that hold a folder for each environment."""


def proposed(found: Open) -> str:
    """The sections of the file, for what no definition makes; empty where there is nothing to say. No pattern matches
    one of the other kustomizations.
    """
    left, taken = _left_and_taken(found)
    others = [target for target in found.targets if target.path not in left]
    plain = [bundle for bundle in found.bundles if not _holds(bundle, [*found.kustomizations, *found.charts])]
    loose = {path: environment for path, environment in found.loose.items() if path not in left}
    holders = [*found.kustomizations, *found.charts, *found.defined, *found.bundles]
    of_targets = _plain_targets(plain) + _loose(loose, holders) + _of_targets(others, found.kustomizations)
    charts = {path: each for path, each in found.charts.items() if path not in left}
    return _of_left(left, taken) + (f"targets:\n{of_targets}" if of_targets else "") + charts_proposed(charts)


def _left_and_taken(found: Open) -> tuple[list[str], set[str]]:
    """Return the targets, charts and manifests from which probably nothing is deployed, and all paths that lead to
    others.
    """
    likely = [each.path for each in found.targets if not each.environment and (found.defined or _is_left(each.path))]
    charts = {path for path in found.charts if _is_left(path, LEFT - SHARED)}
    loose = {path for path in found.loose if _is_left(path)}
    deployed = [each.path for each in found.targets if each.path not in likely]
    deployed += [*found.defined, *(found.charts.keys() - charts), *(found.loose.keys() - loose)]
    taken = {above for path in deployed for above in with_those_above(path)}
    return [path for path in (*likely, *sorted(charts), *sorted(loose)) if path not in taken], taken


def _is_left(path: str, names: Set[str] = LEFT) -> bool:
    """Whether one of the folders of a path is hidden, or is called as one from which nothing is deployed."""
    return any(name in names or (name[0] == "." and name != ".") for name in path.split("/"))


def _holds(folder: str, paths: Iterable[str]) -> bool:
    """Whether one of some paths is a folder, or lies in it."""
    return any(folder in with_those_above(path) for path in paths)


def _plain_targets(bundles: Sequence[str]) -> str:
    """The entries for directories of manifests that Rancher's Fleet deploys."""
    if not bundles:
        return ""
    lines = "".join(
        f"- {{path: {_quoted(each)}, environment: default, type: directory, recurse: true, exclude: fleet.yaml}}\n"
        for each in bundles
    )
    return f"# a question: which environments does Rancher Fleet deploy these to?\n{lines}"


def _loose(loose: Mapping[str, str], others: Sequence[str]) -> str:
    """The entries for directories of manifests that nothing builds. `others` are the paths of what else there is."""
    lines = "".join(
        f"- {{path: {_quoted(path)}, environment: {_quoted(environment)}, type: directory"
        f"{'' if _holds(path, others) else ', recurse: true'}}}\n"
        for path, environment in loose.items()
    )
    return f"# a question: nothing builds the manifests here; what are they for?\n{lines}" if lines else ""


def _of_left(left: Sequence[str], taken: Set[str]) -> str:
    """The folders to whose targets and charts nothing leads, each as far up as it holds nothing else."""
    if not left:
        return ""
    folders = {[path for path in with_those_above(each) if path not in taken][-1] for each in left}
    lines = "".join(f"- {_quoted(folder)}\n" for folder in sorted(folders))
    return f"exclude:\n# a question: nothing leads to what lies here; take out what is deployed by other means\n{lines}"


def charts_proposed(charts: Mapping[str, Installation]) -> str:
    """The section with an entry for each chart, which nobody but its owner can answer for."""
    text = (
        "charts:\n# a question: nothing installs these charts; take out what is installed elsewhere\n" if charts else ""
    )
    return text + "".join(f"- {_chart_entry(path, chart)}\n" for path, chart in charts.items())


def _chart_entry(path: str, chart: Installation) -> str:
    """An entry of `charts:`, on a line for each environment that has values of its own."""
    release = f"release: {_quoted(chart.name)}, namespace: {_quoted(chart.namespace)}"
    if not any(chart.environments.values()):
        environments = ", ".join(f"{_quoted(each)}: {{{release}}}" for each in chart.environments)
        return f"{{path: {_quoted(path)}, environments: {{{environments}}}}}"
    if chart.pattern:
        also = f"  # also a question: are these for environments? {', '.join(chart.others)}\n" if chart.others else ""
        line = f'    "{{1}}": {{{release}, values: [{_quoted(chart.pattern)}]}}'
        return f"path: {_quoted(path)}\n{also}  environments:\n{line}"
    lines = "".join(
        f"\n    {_quoted(each)}: {{{release}{f', values: [{_quoted(file)}]' if file else ''}}}"
        for each, file in chart.environments.items()
    )
    return f"path: {_quoted(path)}\n  environments:{lines}"


def _of_targets(targets: Sequence[Target], kustomizations: Iterable[str]) -> str:
    paths = {target.path for target in targets}
    others = [tuple(path.split("/")) for path in sorted(set(kustomizations) - paths)]
    groups: dict[tuple[int, int, str, str], list[_Line]] = {}
    for target in targets:
        line = _line(target)
        groups.setdefault((len(line.names), line.star, line.environment, line.question), []).append(line)
    entries = [entry for lines in groups.values() for entry in _merged(lines, [*others, *_settled(lines, targets)])]
    entries.sort(key=_order)
    first = [_exact(target) for target in targets if _outcome(entries, target) != _name(target)]
    return "".join(_entries([*first, *entries]))


def _outcome(entries: Sequence[_Line], target: Target) -> str:
    """The environment that the first matching entry gives a target."""
    names = tuple(target.path.split("/"))
    entry = next(entry for entry in entries if _matches(entry.names, names))
    return entry.environment or names[entry.star]


def _settled(lines: Sequence[_Line], targets: Sequence[Target]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the other targets, if some lines ask a question: it is none of the others'."""
    asked = {line.target for line in lines if line.question}
    yield from (tuple(target.path.split("/")) for target in targets if asked and target not in asked)


def _name(target: Target) -> str:
    return target.environment or target.proposed


def _exact(target: Target) -> _Line:
    """An entry for one target alone."""
    question = "" if target.environment else target.why
    return _Line(tuple(target.path.split("/")), -1, _name(target), question, target)


def _line(target: Target) -> _Line:
    line = _exact(target)
    if line.names.count(_name(target)) != 1:
        return line
    star = line.names.index(_name(target))
    return _Line(_with_star(line.names, star), star, "", line.question, target)


def _with_star(names: tuple[str, ...], index: int) -> tuple[str, ...]:
    return (*names[:index], "*", *names[index + 1 :])


def _merged(lines: Sequence[_Line], others: Sequence[tuple[str, ...]]) -> list[_Line]:
    """As few patterns as give the same targets: names that differ become stars, where that takes in nothing else, and
    where a name is left.
    """
    if lines[0].star >= 0 and not _is_general(lines):
        return _merged([_exact(line.target) for line in lines], others)
    names, differing = _pattern_of(lines)
    # A pattern that takes in other directories would change what they are.
    if _is_narrow(names, lines[0].star) and not any(_matches(names, other) for other in others):
        return [lines[0]._replace(names=names)]
    if not differing:
        return [_exact(line.target) for line in lines]
    return [merged for part in _parts(lines, differing[0]) for merged in _merged(part, others)]


def _pattern_of(lines: Sequence[_Line]) -> tuple[tuple[str, ...], list[int]]:
    """Return the pattern that has a star in each column in which the lines differ, and those columns."""
    columns = list(zip(*(line.names for line in lines), strict=True))
    differing = [index for index, column in enumerate(columns) if len(set(column)) > 1]
    ending = f"-{lines[0].environment}"
    return tuple(_starred(column, ending) if len(set(column)) > 1 else column[0] for column in columns), differing


def _starred(column: Iterable[str], ending: str) -> str:
    """Return the pattern for names that differ: `*-dev` where all of them end with their environment."""
    return f"*{ending}" if len(ending) > 1 and all(name.endswith(ending) for name in column) else "*"


def _parts(lines: Sequence[_Line], column: int) -> Iterable[Sequence[_Line]]:
    """Return the lines in groups that have the same name in one column."""
    parts: dict[str, list[_Line]] = {}
    for line in lines:
        parts.setdefault(line.names[column], []).append(line)
    return parts.values()


def _is_narrow(names: tuple[str, ...], star: int) -> bool:
    """Return whether a pattern says enough: it has a name, or a star for the environment, or is a single star."""
    return star >= 0 or len(names) == 1 or set(names) != {"*"}


def _is_general(lines: Sequence[_Line]) -> bool:
    """Whether a name in some paths may be a star that stands for the environment: they have several, or it lies in a
    folder of environments and is no question.
    """
    at = lines[0].star
    is_folder = at > 0 and all(line.names[at - 1] in FOLDERS for line in lines)
    return (is_folder and not lines[0].question) or len({_name(line.target) for line in lines}) > 1


def _matches(pattern: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return len(pattern) == len(names) and all(map(_fits, pattern, names))


def _fits(pattern: str, name: str) -> bool:
    return pattern == name or (pattern.startswith("*") and name.endswith(pattern[1:]))


def _order(line: _Line) -> tuple[int, str, tuple[str, ...]]:
    """The first entry that matches counts, so those with fewer stars come first; then those with one question."""
    return line.names.count("*"), line.question, line.names


def _entries(lines: Iterable[_Line]) -> Iterator[str]:
    """Entries of `targets:`, each question once for those that follow it. The environment of an entry is the star that
    stands for it, or a name.
    """
    asked = ""
    for line in lines:
        if line.question != asked:
            yield f"# a question: {line.question}\n" if line.question else "# what is found without a question\n"
        asked = line.question
        hole = f"{{{line.names[: line.star + 1].count('*')}}}"
        path, environment = _quoted("/".join(line.names)), _quoted(line.environment or hole)
        yield f"- {{path: {path}, environment: {environment}}}\n"


def _quoted(text: str) -> str:
    """A text as YAML: in quotes where it may not stand without."""
    is_word = text[:1].isalpha() and all(character.isalnum() or character in "-_./" for character in text)
    is_other = text.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if is_word and not is_other else json.dumps(text)
