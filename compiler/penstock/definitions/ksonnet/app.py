"""`app.yaml` of ksonnet: the environments of an application, and the components of each environment."""

import posixpath
from collections.abc import Iterator, Sequence

from penstock.definitions.reading import clipped, mapping, text, texts
from penstock.model import Diagnostic, Document, Origin, Tree
from penstock.records import NamedTuple

NAME = "app.yaml"
OVERRIDE = "app.override.yaml"
"""A file beside `app.yaml` whose environments replace those with the same name."""

KIND = "ksonnet.io/app"
VERSIONS = ("0.1.0", "0.2.0", "0.3.0")


class Environment(NamedTuple):
    """An environment of an application. Paths are relative to the repository; the name of the outermost module is
    empty.
    """

    name: str
    folder: str
    server: str
    namespace: str
    modules: tuple[str, ...]
    library: str
    """The version of Kubernetes for which the library of ksonnet is made, such as `v1.10.0`."""
    packages: tuple[tuple[str, str], ...]
    """The directories of imports, by the package name with which an import begins."""
    origin: Origin


class App(NamedTuple):
    """An application in a directory."""

    root: str
    name: str
    environments: tuple[Environment, ...]

    def path(self, *names: str) -> str:
        """Return the path of a file or directory of the application."""
        return posixpath.normpath(posixpath.join(self.root, *names))


def read_app(root: str, documents: Sequence[Document]) -> tuple[App | None, list[Diagnostic]]:
    """Return the application that the documents of `app.yaml` and `app.override.yaml` describe, or None if they
    describe none.
    """
    first = documents[0]
    if mapping(first.body).get("kind") != KIND:
        return None, []
    version = mapping(first.body).get("apiVersion")
    if version not in VERSIONS:
        message = f"ksonnet knows applications of {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}, not of {version}"
        return None, [Diagnostic("PS735", "error", message, first.origin.below("apiVersion"))]
    found: dict[str, tuple[Tree, Origin]] = {}
    # The override comes second, so its environments replace those of the same name.
    for document in documents:
        for name, body in mapping(mapping(document.body).get("environments")).items():
            found[str(name)] = mapping(body), document.origin.below("environments", name)
    app = App(root, text(mapping(first.body).get("name")) or posixpath.basename(root) or "app", ())
    packages = dict(_packages(app, mapping(first.body)))
    environments = [_environment(app, name, body, origin, packages) for name, (body, origin) in found.items()]
    wrong = [_homeless(name, origin) for name, (body, origin) in found.items() if not mapping(body.get("destination"))]
    return app._replace(environments=tuple(environments)), wrong


def _environment(app: App, name: str, body: Tree, origin: Origin, packages: dict[str, str]) -> Environment:
    destination = mapping(body.get("destination"))
    modules = [clipped(each.strip("/").replace(".", "/")) for each in texts(body.get("targets"))] or ["."]
    return Environment(
        name,
        app.path("environments", clipped(text(body.get("path")))),
        text(destination.get("server")),
        text(destination.get("namespace")),
        tuple("" if each == "." else each.replace("/", ".") for each in sorted(set(modules))),
        text(body.get("k8sVersion")),
        tuple((packages | dict(_packages(app, body))).items()),
        origin,
    )


def _homeless(name: str, origin: Origin) -> Diagnostic:
    return Diagnostic("PS735", "error", f"the environment {name} has no destination", origin)


def _packages(app: App, body: Tree) -> Iterator[tuple[str, str]]:
    """Yield the directories of packages with a version. Other packages are imported from `vendor` by their path."""
    for key, each in mapping(body.get("libraries")).items():
        name = str(key).rpartition("/")[2]
        registry, version = text(mapping(each).get("registry")), text(mapping(each).get("version"))
        if registry and version:
            yield f"{registry}/{name}", app.path("vendor", clipped(f"{registry}/{name}@{version}"))
