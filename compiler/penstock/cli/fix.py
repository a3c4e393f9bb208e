"""`penstock edit fix [--vars]`: deprecated fields become current ones, and the build stays the same, byte for byte.

With --vars, `vars` become `replacements`. A change that would change the build is not written (exit status 1); where
the kustomization does not build, --vars is refused, and the rest is done without that proof.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import KustomizationFile, Overlaid, edited_text, open_kustomization, save
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.edit.fix import PATCH_FIELDS, fixed_fields
from penstock.edit.fix import fix as without_deprecated
from penstock.edit.kept import without_kept
from penstock.edit.variables import Reading, with_replacements
from penstock.emit.yaml import dump_all
from penstock.model import Refusal, Tree
from penstock.parse.project import Project
from penstock.pipeline import build, open_project
from penstock.sources import Files


def fix(argv: Sequence[str], streams: Streams) -> int:
    parser = Arguments("edit fix", streams, __doc__ or "")
    parser.add_argument("--vars", action="store_true", help="make replacements of `vars`")
    given = parser.parse_args(argv)
    file = open_kustomization(streams)
    before = _built(file.files)
    if before is None and given.vars and "vars" in file.fields:
        raise Refusal(
            "this kustomization does not build, so nothing can be proven of its vars; see `penstock build`", SOURCES
        )
    for wanted in _candidates(file, given.vars):
        text = edited_text(file, wanted)
        after = _built(Overlaid(file.files, {file.name: text}))
        if before in (None, after):
            save(file, text)
            _report(file, wanted, before is not None, streams)
            return CLEAN
    raise Refusal("the build would not be the same afterwards, so nothing was changed", FINDINGS)


def _candidates(file: KustomizationFile, variables: bool) -> Iterator[Tree]:
    """Yield the possible forms of the fixed file. Kustomize's form comes first."""
    for by_name in (False, True) if variables else (False,):
        fields = with_replacements(file.fields, _reading(file), by_name) if variables else file.fields
        for order in PATCH_FIELDS:
            yield without_deprecated(fields, lambda path: _is_file(file, path), order)


def _is_file(file: KustomizationFile, patch: str) -> bool:
    return "\n" not in patch and os.path.isfile(os.path.join(file.files.root, patch))


def _reading(file: KustomizationFile) -> Reading:
    project = Project(file.files)

    def fields(directory: str) -> Tree | None:
        found, _ = project.kustomization(directory) if project.is_dir(directory) else (None, [])
        return found.fields if found else None

    def bodies(path: str) -> list[Any]:
        found, _ = project.resources(path)
        return [document.body for document in found or () if isinstance(document.body, dict)]

    return Reading(fields, bodies)


def _built(files: Files) -> str | None:
    """Return the output of `build`, or None if it fails."""
    resources, findings = build(open_project(files), ".")
    return None if any(f.severity == "error" for f in findings) else dump_all(r.body for r in resources)


def _report(file: KustomizationFile, wanted: Tree, proven: bool, streams: Streams) -> None:
    fixed = fixed_fields(file.fields, without_kept(wanted, file.fields))
    streams.out.write(
        "".join(["Fixed fields:\n", *(f"  {each}\n" for each in fixed)] if fixed else ["Nothing to fix\n"])
    )
    if "vars" in wanted:
        streams.out.write("\nTo convert vars -> replacements, run the command `penstock edit fix --vars`\n")
    if not proven:
        print("penstock: the kustomization does not build; whether it means the same is not proven", file=streams.err)
