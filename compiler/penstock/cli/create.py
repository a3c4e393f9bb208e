"""`penstock create`: write a new kustomization.yaml into the current directory.

--autodetect lists the files that hold Kubernetes objects; with --recursive those of all directories below, where a
directory with a kustomization of its own stands for what is in it. A kustomization that is there is never written over.
"""

import argparse
import os
from collections.abc import Iterator, Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import existing, find
from penstock.cli.streams import CLEAN, WORLD, Streams
from penstock.cli.written import make
from penstock.edit.create import new_kustomization
from penstock.edit.fields import pairs_of
from penstock.files import REPOSITORY, Disk
from penstock.model import Refusal, Unreadable
from penstock.parse.document import RESOURCES, load
from penstock.resolve.objects import objects_in

NAME = "kustomization.yaml"


def run(argv: Sequence[str], streams: Streams) -> int:
    given = _parse(argv, streams)
    resources = existing(streams.cwd, given.resources.split(",")) if given.resources else []
    if find(streams.cwd):
        raise Refusal("there is a kustomization file already")
    if given.autodetect:
        files = Disk(streams.cwd, REPOSITORY)
        resources += [path for path in _detected(files, "", given.recursive) if path not in resources]
    text = new_kustomization(
        resources,
        prefix=given.nameprefix,
        suffix=given.namesuffix,
        namespace=given.namespace,
        labels=_pairs(given.labels, "label"),
        annotations=_pairs(given.annotations, "annotation"),
    )
    _write(os.path.join(streams.cwd, NAME), text)
    return CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("create", streams, __doc__ or "")
    add = parser.add_argument
    add("--resources", default="", metavar="PATH,PATH", help="what to list; patterns match files")
    add("--namespace", default="", help="the namespace of all objects")
    add("--nameprefix", default="", help="what all names begin with")
    add("--namesuffix", default="", help="what all names end with")
    add("--labels", default="", metavar="KEY:VALUE,…", help="common labels")
    add("--annotations", default="", metavar="KEY:VALUE,…", help="common annotations")
    add("--autodetect", action="store_true", help="list the files that hold Kubernetes objects")
    add("--recursive", action="store_true", help="with --autodetect: look into directories, too")
    return parser.parse_args(argv)


def _pairs(text: str, what: str) -> dict[str, str]:
    return pairs_of(text.split(","), what) if text else {}


def _detected(files: Disk, folder: str, recursive: bool) -> Iterator[str]:
    """Yield the files with objects, sorted by name. Symbolic links to directories are not followed."""
    with os.scandir(os.path.join(files.root, folder)) as entries:
        names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_directory in names:
        path = os.path.join(folder, name)
        if not is_directory:
            if _holds_objects(files, path):
                yield path
        elif recursive and name != ".git":
            below = find(os.path.join(files.root, path))
            yield from [path] if below else _detected(files, path, recursive)


def _holds_objects(files: Disk, path: str) -> bool:
    try:
        data = files.read(path)
    except Unreadable:
        return False
    if data is None:
        return False
    documents, findings = load(data, path, RESOURCES)
    wrong = objects_in(documents)[1]
    return not wrong and not any(f.severity == "error" for f in findings)


def _write(path: str, text: str) -> None:
    try:
        make(path, text.encode())
    except OSError as error:
        raise Refusal(f"cannot write {NAME}: {error.strerror}", WORLD) from None
