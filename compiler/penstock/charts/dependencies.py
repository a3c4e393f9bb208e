"""`dependencies` of Chart.yaml: which subcharts are enabled, under which names, and which of their values the parent
imports.
"""

from penstock.charts.bounds import Room
from penstock.charts.chart import Chart, Dependency, Refused
from penstock.charts.coalesce import Walk, copied, table
from penstock.charts.versions import fits
from penstock.model import Diagnostic, Tree
from penstock.tree import leaves
from penstock.typed import Any
from penstock.words import type_of


def check_present(chart: Chart) -> None:
    """Raise `Refused` if Chart.yaml names a chart that `charts/` lacks."""
    present = {subchart.name for subchart in chart.subcharts}
    missing = [each for each in chart.dependencies or () if each.name not in present]
    if missing:
        names = ", ".join(each.name for each in missing)
        message = (
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' "
            f"to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {names}"
        )
        hint = "put the chart into charts/, as a directory or a .tgz"
        raise Refused("PS703", message, missing[0].origin.below("name"), hint)


def process(chart: Chart, values: Tree) -> list[Diagnostic]:
    """Resolve the dependencies of a chart for given values, which changes the chart, and return warnings. Raises
    `Refused`.
    """
    findings: list[Diagnostic] = []
    room = Room()
    _take_values([chart], room)
    _enable(chart, values, "", findings, room)
    _import_all(chart, findings, room)
    return findings


def _enable(chart: Chart, values: Tree, path: str, findings: list[Diagnostic], room: Room) -> None:
    """Apply aliases, tags and conditions, from the top down."""
    # Charts may name each other, and aliases multiply them, so all that is copied counts against the bound.
    room.take_charts(len(chart.dependencies or ()) + len(chart.subcharts), chart.metadata.origin.path)
    room.take(len(chart.templates) + len(chart.files), 0, chart.path)
    if chart.dependencies is None:
        return
    chart.set_subcharts([*_unlisted(chart), *_listed(chart)])
    _take_values(chart.subcharts, room)
    for each in chart.dependencies:
        each.enabled = True
    # Tags and conditions see the values of the user over the defaults of this chart.
    seen = Walk(room=room).over(chart, values)
    for each in chart.dependencies:
        _by_tags(each, table(seen, ["tags"]) or {}, findings)
        _by_conditions(each, seen, path, findings)
    disabled = {each.name for each in chart.dependencies if not each.enabled}
    enabled = [subchart for subchart in chart.subcharts if subchart.name not in disabled]
    for subchart in enabled:
        _enable(subchart, seen, f"{path}{subchart.name}.", findings, room)
    chart.dependencies = [each for each in chart.dependencies if each.name not in disabled] or None
    chart.set_subcharts(enabled)


def _take_values(charts: list[Chart], room: Room) -> None:
    """Count the values of charts before they are merged. Aliases have the same tree, which is looked at once."""
    sizes: dict[int, int] = {}
    for chart in charts:
        key = id(chart.values)
        if key not in sizes:
            sizes[key] = sum(1 for _ in leaves(chart.values))
        room.take_values(sizes[key], chart.path)


def _unlisted(chart: Chart) -> list[Chart]:
    """Return the charts in `charts/` that Chart.yaml does not name: they are enabled all the same."""
    return [
        subchart
        for subchart in chart.subcharts
        if not any(
            subchart.name == each.name and fits(each.version, subchart.metadata.version)
            for each in chart.dependencies or ()
        )
    ]


def _listed(chart: Chart) -> list[Chart]:
    """Return the charts that Chart.yaml names: a separate copy for each entry, renamed to its alias if it has one."""
    found = []
    for each in chart.dependencies or ():
        for subchart in chart.subcharts:
            if subchart.name == each.name and fits(each.version, subchart.metadata.version):
                own = subchart.copy()
                own.name = each.alias or own.name
                found.append(own)
                break
        each.name = each.alias or each.name
    return found


def _by_tags(each: Dependency, tags: Tree, findings: list[Diagnostic]) -> None:
    """Enable or disable a subchart by its tags: one true tag enables it; otherwise one false tag disables it."""
    said = []
    for index, tag in enumerate(each.tags):
        if tag in tags:
            if isinstance(tags[tag], bool):
                said.append(tags[tag])
            else:
                findings.append(_not_boolean(each, f"tags.{tag}", tags[tag], each.origin.below("tags", index)))
    each.enabled = True in said or False not in said


def _by_conditions(each: Dependency, values: Tree, path: str, findings: list[Diagnostic]) -> None:
    """Enable or disable a subchart by the first path of its condition that leads to a boolean."""
    for condition in each.condition.strip().split(","):
        steps = f"{path}{condition}".split(".")
        holder = table(values, steps[:-1])
        if not condition or holder is None or steps[-1] not in holder or isinstance(holder[steps[-1]], dict):
            continue
        value = holder[steps[-1]]
        if isinstance(value, bool):
            each.enabled = value
            return
        findings.append(_not_boolean(each, f"{path}{condition}", value, each.origin.below("condition")))


def _not_boolean(each: Dependency, path: str, value: Any, where: Any) -> Diagnostic:
    message = f"the value {path} decides whether {each.name} is part of the chart, and is no boolean: {type_of(value)}"
    return Diagnostic("PS708", "warning", message, where, hint="write true or false, without quotes")


def _import_all(chart: Chart, findings: list[Diagnostic], room: Room) -> None:
    """Apply `import-values`, from the bottom up."""
    for subchart in chart.subcharts:
        _import_all(subchart, findings, room)
    if chart.dependencies is not None:
        _import(chart, chart.dependencies, findings, room)


def _import(chart: Chart, dependencies: list[Dependency], findings: list[Diagnostic], room: Room) -> None:
    """Merge the values that subcharts export into a chart's values, as defaults: the chart's own values win."""
    walk = Walk(keep_nulls=True, room=room)
    values = walk.over(chart, None)
    imported: Tree = {}
    for each in dependencies:
        for index, (child, parent) in enumerate(_imports(each)):
            exported = table(values, [each.name, *child.split(".")])
            if exported is None:
                message = f"there is no table {child} among the values of {each.name} to import"
                where = each.origin.below("import-values", index)
                findings.append(Diagnostic("PS708", "warning", message, where))
                continue
            imported = walk.tables(imported, _below(parent, exported), chart)
    each_import = [[{"child": child, "parent": parent} for child, parent in _imports(each)] for each in dependencies]
    for each, imports in zip(dependencies, each_import, strict=True):
        each.imports = imports
    chart.values = walk.tables(copied(values), imported, chart)


def _imports(each: Dependency) -> list[tuple[str, str]]:
    """Return (path in the subchart, path in the parent) for each entry of `import-values`. A string names a table of
    `exports`.
    """
    found = []
    for entry in each.imports:
        if isinstance(entry, dict):
            found.append((_go_text(entry.get("child")), _go_text(entry.get("parent"))))
        elif isinstance(entry, str):
            found.append((f"exports.{entry}", "."))
    return found


def _go_text(value: Any) -> str:
    """Return a path as Go's `%v` prints it. It is nearly always a string, but `y` is a boolean."""
    if isinstance(value, str):
        return value
    from penstock.gotemplate.formatting import text_of

    return text_of(value)


def _below(path: str, values: Tree) -> Tree:
    """Return a tree that holds the values at a path."""
    if path == ".":
        return values
    for name in reversed(path.split(".")):
        values = {name: values}
    return values


def all_of(chart: Chart) -> list[Chart]:
    """Return a chart and all its subcharts, at any depth."""
    return [chart, *(inner for subchart in chart.subcharts for inner in all_of(subchart))]


def refuse_library(chart: Chart) -> None:
    """Raise `Refused` for a library chart, which only has definitions."""
    kind = chart.metadata.text("type")
    if kind not in ("", "application"):
        raise Refused("PS700", f"{kind} charts are not installable", chart.metadata.origin.below("type"))
