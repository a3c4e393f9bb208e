"""Definitions of Flux that no cluster builds: findings about files that nothing leads to."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from penstock.definitions.flux.definition import Definition
from penstock.model import Diagnostic, has_errors
from penstock.parse.project import FILE_NAMES, Project
from penstock.parse.set_aside import copy_of
from penstock.parse.usage import patch_files, read_usage
from penstock.regex import regex
from penstock.targets.flux.clusters import Cluster, is_known
from penstock.words import and_more, so_with_more


def unlisted(defined: Sequence[Definition], clusters: Sequence[Cluster]) -> Iterator[Diagnostic]:
    """Yield findings about definitions in the folder of a cluster that nothing there refers to. The name of a file may
    say that it is an example.
    """
    entries = {cluster.entry.definition.resource.origin.path for cluster in clusters}
    whole = [cluster for cluster in clusters if not cluster.broken]
    unbuilt: dict[str, list[Definition]] = {}
    in_doubt: list[Definition] = []
    for each in defined:
        path = each.resource.origin.path
        is_example = copy_of(path) != path
        if is_example or path in entries or any(cluster.has_read(path) for cluster in clusters):
            continue
        if is_known(each, whole):
            unbuilt.setdefault(path, []).append(each)
        elif is_known(each, clusters):
            in_doubt.append(each)
    yield from (_unbuilt(path, found) for path, found in unbuilt.items())
    yield from _in_doubt(in_doubt, clusters)


def _unbuilt(path: str, found: Sequence[Definition]) -> Diagnostic:
    """Return the finding about the definitions of a file that nothing refers to."""
    first = found[0]
    message = f"nothing builds the Kustomization {first.id[0]}/{first.id[1]}{and_more(len(found) - 1)} of this file"
    is_taken = posixpath.basename(path) in FILE_NAMES
    hint = "give it another name: Kustomize takes it for its own" if is_taken else "name the file under `resources:`"
    return Diagnostic("PS198", "info", message, first.resource.origin, hint=hint)


def _in_doubt(found: Sequence[Definition], clusters: Iterable[Cluster]) -> Iterator[Diagnostic]:
    """Yield one finding about definitions in the folders of clusters of which a part does not compile, and may refer to
    them.
    """
    if not found:
        return
    first = found[0]
    broken = next(path for each in clusters for _, path, made in each.made if has_errors(made.diagnostics))
    message = f"nothing that compiles builds the Kustomization {first.id[0]}/{first.id[1]} of this file, and {broken} "
    message += f"does not compile{so_with_more(len(found) - 1)}"
    hint = "correct that first, or name the file under `resources:`"
    yield Diagnostic("PS198", "info", message, first.resource.origin, hint=hint)


def abandoned(gone: Sequence[Definition]) -> list[Diagnostic]:
    """Return a finding about definitions that nothing leads to and whose directory does not exist: the rest of an
    archived application.
    """
    gone = [each for each in gone if not _is_scaffold(each)]
    if not gone:
        return []
    first = gone[0]
    message = f"no entry of a cluster leads to Kustomization {first.id[0]}/{first.id[1]}, and there is no directory "
    message += f"{first.path}, which it builds{so_with_more(len(gone) - 1)}"
    hint = "remove it, or name its directory under `exclude:` in penstock.yaml"
    return [Diagnostic("PS198", "info", message, first.at("path"), hint=hint)]


_TO_FILL_IN = regex(r"[A-Z][A-Z0-9]+(_[A-Z0-9]+)+|NAMESPACE|<[^>]+>|\(\$\w+\)")
"""What people write in scaffolds for applications, where a name is to be put: `APP_NAME`; and a variable of a test of
Chainsaw.
"""


def _is_scaffold(definition: Definition) -> bool:
    """Return whether a definition is one to copy, or a pattern. Kubernetes has no capitals in names."""
    return any(_TO_FILL_IN.search(each) for each in (*definition.id, definition.path))


def copy_of_another(definition: Definition) -> Diagnostic:
    """Return the finding about a file whose definition is that of another file, which a cluster builds."""
    namespace, name = definition.id
    message = f"nothing builds this file: Kustomization {namespace}/{name}, which a cluster has, is in another one"
    hint = "remove it, or name its directory under `exclude:` in penstock.yaml"
    return Diagnostic("PS198", "info", message, definition.resource.origin, hint=hint)


def without_source(project: Project, sourceless: Sequence[Definition]) -> list[Diagnostic]:
    """Return a finding about definitions without a source that nothing leads to. Patches of definitions look like this,
    and those that a kustomization names are left out.
    """
    patches = patch_files(project, read_usage(project)) if sourceless else set()
    unused = [each for each in sourceless if each.resource.origin.path not in patches and not _is_scaffold(each)]
    if not unused:
        return []
    first = unused[0]
    message = f"Kustomization {first.id[0]}/{first.id[1]} names no source, and no kustomization uses it as a patch"
    message += so_with_more(len(unused) - 1)
    return [Diagnostic("PS198", "info", message, first.resource.origin, hint="give it a `sourceRef`, or remove it")]
