"""`penstock explain TARGET KIND/NAME [FIELD]` and `penstock explain FILE:LINE`: which line sets which field.

The first form shows a field of an object with the line that sets it, and what that overrides on the way from the base;
without FIELD, all fields of the object, each with the line that sets it. A FIELD is written as reports show it:
`spec.template.spec.containers[app].image`. The second form shows the fields that a line sets, in all environments.

Exit status: 0 shown, 1 the line sets nothing, 2 there is no such object or field, 3 a target does not compile.
"""

import argparse
import os
import re
from collections.abc import Iterator, Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.sources import add_source_options, bounds_of, options_of, reach_of
from penstock.cli.streams import CLEAN, FINDINGS, Streams, status_of
from penstock.cli.workspace import Workspace, open_workspace
from penstock.emit.yaml import dump_value
from penstock.explain.fields import NoField, pointer_of
from penstock.explain.lines import settings_of
from penstock.explain.writers import around, explained, explained_object, is_withheld
from penstock.findings import left_out
from penstock.model import Blame, Diagnostic, Refusal, Resource, Target, Unreadable
from penstock.pipeline import blames, build_target
from penstock.report.explain import Line, Object, Writing, explain_json, explain_text, line_json, line_text
from penstock.report.text import text
from penstock.sources import Files, leads_out
from penstock.targets.repository import everything
from penstock.words import did_you_mean, one_of, printable

LINE = re.compile(r"(.+):([0-9]{1,9})(?::[0-9]+)?", re.DOTALL)


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    reach = reach_of(arguments)
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, reach=reach)
    workspace.project.bound(bounds_of(arguments))
    writing = Writing(dump_value, workspace.project.withheld.text, is_withheld, workspace.place)
    line = LINE.fullmatch(arguments.what[0]) if len(arguments.what) == 1 else None
    if line is not None:
        return _explain_line(line[1], int(line[2]), workspace, arguments, writing, streams)
    if len(arguments.what) not in (2, 3):
        raise Refusal("name a target and an object (prod Deployment/web), or a line of a file (base/web.yaml:12)")
    return _explain_object(workspace, arguments, writing, streams)


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("explain", streams, __doc__ or "")
    parser.add_argument("what", metavar="WHAT", nargs="+", help="TARGET KIND/NAME [FIELD], or FILE:LINE")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    add_source_options(parser)
    return parser.parse_args(argv)


class _Built:
    """Targets that are compiled one by one, and the reasons why some of them do not compile.

    `left_out` are the findings about objects that are not made here.
    """

    def __init__(self, workspace: Workspace, arguments: argparse.Namespace) -> None:
        self._workspace = workspace
        self._options = options_of(arguments, workspace.streams)
        self._findings: list[Diagnostic] = []
        self._broken = 0
        self.left_out: list[Diagnostic] = []
        self.failed: set[Blame] = set()

    def each(self, targets: Sequence[Target]) -> Iterator[tuple[Target, list[Resource]]]:
        for target in targets:
            resources, findings = build_target(self._workspace.project, target, self._options)
            failed = blames(findings)
            self.failed |= failed
            if failed:
                self._findings += findings
                self._broken += 1
            self.left_out += left_out(findings)
            yield target, resources

    def what_is_broken(self, *, is_found: bool, everything: bool) -> str:
        """Return why targets do not compile; in one line where what was asked for is found elsewhere."""
        if is_found and self._broken:
            they = (
                "1 target does not compile and is"
                if self._broken == 1
                else f"{self._broken:,} targets do not compile and are"
            )
            return f"penstock: {they} left out; `penstock check` says why\n"
        return text(self._findings, self._workspace.place, everything)


def _what_there_is(name: str, resources: Sequence[Resource]) -> str:
    """Return a hint for a name that no object has: the objects that have it as their name without a kind, the nearest
    name, or how many objects there are.
    """
    names = [f"{each.id.kind}/{each.id.name}" for each in resources]
    of_any_kind = list(dict.fromkeys(each for each in names if each.endswith(f"/{name}")))
    if of_any_kind:
        return f"name its kind, too: {one_of(of_any_kind)}"
    return did_you_mean(name, names) or (f"there are {len(names)} objects" if names else "it has no objects")


def _explain_object(workspace: Workspace, arguments: argparse.Namespace, writing: Writing, streams: Streams) -> int:
    word, name, *field = arguments.what
    built = _Built(workspace, arguments)
    project = workspace.project
    targets, _ = workspace.targets([word])
    there = [
        (target, each, known)
        for target, found in built.each(targets)
        for known in [around(project, target, found)]
        for each in found
    ]
    matching = [each for each in there if is_named(each[1], name)]
    streams.err.write(built.what_is_broken(is_found=bool(matching), everything=arguments.all))
    if not matching:
        lacking = [*left_out(everything(project)[1]), *built.left_out]
        streams.err.write(text(lacking, workspace.place, arguments.all))
        where = " in the targets that compile" if built.failed else ""
        missing = f"{word} has no object {name}{where}; {_what_there_is(name, [each for _, each, _ in there])}"
        raise Refusal(printable(missing), status_of(built.failed) if built.failed else 2)
    objects = []
    for target, each, known in matching:
        try:
            if field:
                fields = [explained(project, each, pointer_of(each.body, field[0]), known)]
            else:
                fields = explained_object(project, each, known)
        except NoField as reason:
            raise Refusal(f"{each.id}: {reason}") from None
        objects.append(Object(target, each.id, fields))
    if arguments.format == "json":
        streams.out.write(explain_json(objects, writing))
    else:
        streams.out.write(explain_text(objects, writing, is_whole=not field))
    return status_of(built.failed)


def is_named(resource: Resource, name: str) -> bool:
    """Return whether a name on the command line means an object: `Deployment/web` or `deployment.apps/web`, with or
    without a namespace before the name.
    """
    kind, _, rest = name.partition("/")
    identity = resource.id
    kinds = (identity.kind.lower(), f"{identity.kind}.{identity.group}".lower())
    return kind.lower() in kinds and rest in (identity.name, f"{identity.namespace}/{identity.name}")


def _is_inside(files: Files, path: str) -> bool:
    """Return whether a file exists and lies in the repository after links are followed. Raises `Unreadable`."""
    return not leads_out(path, files.real(path)) and files.read(path) is not None


def _explain_line(
    path: str, line: int, workspace: Workspace, arguments: argparse.Namespace, writing: Writing, streams: Streams
) -> int:
    inside = os.path.normpath(os.path.join(workspace.here, path))
    is_outside = os.path.isabs(inside) or inside.split(os.sep)[0] == os.pardir
    try:
        is_there = not is_outside and _is_inside(workspace.project.files, inside)
    except Unreadable as reason:
        raise Refusal(f"{path} {reason}") from None
    if not is_there:
        raise Refusal(f"there is no file {path}")
    built = _Built(workspace, arguments)
    targets, _ = everything(workspace.project)
    asked = f"{path}:{line}"
    found = [
        Line(each.target, each.resource.id, each.at, each.value, each.overridden_by)
        for each in settings_of(workspace.project, inside, line, built.each(targets))
    ]
    written = line_json if arguments.format == "json" else line_text
    streams.out.write(written(asked, found, writing))
    streams.err.write(built.what_is_broken(is_found=bool(found), everything=arguments.all))
    if built.failed:
        return status_of(built.failed)
    return CLEAN if found else FINDINGS
