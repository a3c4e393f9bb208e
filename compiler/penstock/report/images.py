"""The images of environments, with the line that decides on each: for people, and as JSON for scanners and mirrors.

registry.example.com/shop:1.4.2  prod/kustomization.yaml:9:3
  prod  Deployment.apps/shop  spec.template.spec.containers[shop].image
"""

from collections.abc import Sequence
from json import dumps

from penstock.changes import At, shown
from penstock.model import Pos, ResourceId, Target
from penstock.records import NamedTuple
from penstock.words import printable


class Used(NamedTuple):
    """A field that names an image, and the place that decides on it."""

    target: Target
    id: ResourceId
    at: At
    image: str
    place: Pos


def images_text(found: Sequence[Used]) -> str:
    """Return each image once, with the lines that decide on it and the fields that have it."""
    groups: dict[tuple[str, Pos], list[Used]] = {}
    for each in found:
        groups.setdefault((each.image, each.place), []).append(each)
    lines = []
    for (image, place), members in sorted(groups.items()):
        lines.append(f"{image}  {place}")
        lines += [f"  {each.target.name or each.target.path}  {each.id}  {shown(each.at)}" for each in members]
    number = len({each.image for each in found})
    lines.append(f"{number} image{'' if number == 1 else 's'} in {len(found)} field{'' if len(found) == 1 else 's'}")
    return "".join(f"{printable(line)}\n" for line in lines)


def images_json(found: Sequence[Used], unknown: Sequence[tuple[Pos, str]]) -> str:
    """Return the report as an indented document. Keys are never renamed or removed; new ones may come.

    `unknown` are the places of what is not rendered, so that its images are not known, each with the reason.
    """
    images = [
        {
            "image": each.image,
            "target": each.target.path,
            "environment": each.target.environment,
            "object": each.id._asdict(),
            "field": shown(each.at),
            "path": each.place.path,
            "line": each.place.line,
            "column": each.place.col,
        }
        for each in found
    ]
    left_out = [{"path": pos.path, "line": pos.line, "column": pos.col, "message": why} for pos, why in unknown]
    report = {"apiVersion": "penstock.dev/v1", "kind": "ImageList", "images": images, "notRendered": left_out}
    return dumps(report, indent=2) + "\n"
