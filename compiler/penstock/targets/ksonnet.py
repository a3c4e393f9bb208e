"""Applications of ksonnet as targets: for each environment, the output of `ks show ENVIRONMENT` of ksonnet 0.13.1.

For each module of an environment, three files are evaluated: the parameters of the module, those of the environment,
which override them, and `main.jsonnet`, which gets the components and these parameters as external variables.
"""

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from penstock.definitions.argo.loader import Loaded, made_of, not_objects, scanned_file, unnamed
from penstock.definitions.ksonnet.app import NAME, OVERRIDE, App, Environment, read_app
from penstock.definitions.ksonnet.parameters import of_module, with_globals
from penstock.definitions.reading import mapping
from penstock.definitions.scan import may_define_ksonnet
from penstock.jsonnet.tokens import place_of_sign
from penstock.kubernetes import identify
from penstock.merge_patch import merged
from penstock.model import Diagnostic, Document, Made, Origin, Pointer, Pos, Resource, Target, Tree, has_errors
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.resolve.finding.identities import reidentify
from penstock.sources import Evaluated, JsonnetRequest, JsonnetValue
from penstock.targets.landing import land
from penstock.tree import MISSING, drop, get, put

ENVIRONMENTS, PARAMETERS, COMPONENTS = (f"__ksonnet/{name}" for name in ("environments", "params", "components"))
"""The names of external variables."""

LABEL = ("metadata", "labels", "ksonnet.io/component")


class Component(NamedTuple):
    """A file of a module. `body` is the object of a YAML or JSON file; it is None for Jsonnet."""

    name: str
    path: str
    body: Tree | None = None
    origin: Origin = Origin("")


def ksonnet_apps(project: Project, paths: Sequence[str]) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return the targets that each `app.yaml` among some files describes, with their objects."""
    made: dict[Target, Made] = {}
    findings: list[Diagnostic] = []
    for path in paths:
        if posixpath.basename(path) == NAME and project.scan(path, may_define_ksonnet):
            documents, wrong = _documents(project, posixpath.dirname(path) or ".")
            app, more = read_app(posixpath.dirname(path) or ".", documents) if documents else (None, [])
            findings += [*wrong, *more]
            if app is not None:
                made |= {_target(app, each): _built(project, app, each) for each in app.environments}
    return made, findings


def _documents(project: Project, root: str) -> tuple[list[Document], list[Diagnostic]]:
    found: list[Document] = []
    findings: list[Diagnostic] = []
    for name in (NAME, OVERRIDE):
        documents, more = project.resources(posixpath.normpath(posixpath.join(root, name)))
        found += (documents or [])[:1]
        findings += more if documents is not None else []
    return found, findings


def _target(app: App, environment: Environment) -> Target:
    why = f"{app.path(NAME)} has the environment {environment.name}"
    return Target(environment.folder, environment.name.replace("/", "-"), app.name, why)


def _built(project: Project, app: App, environment: Environment) -> Made:
    """Return the objects of an application's environment."""
    resources: list[Resource] = []
    findings: list[Diagnostic] = []
    with project.watched() as looks:
        for name in environment.modules:
            module = _Module(project, app, environment, name)
            resources += module.objects()
            findings += module.findings
    if has_errors(findings):
        resources = []
    printed = [each.fork() for each in resources]
    land(resources, environment.namespace, environment.origin.below("destination", "namespace"))
    return Made(resources, findings, frozenset(posixpath.normpath(path) for _, path in looks), printed)


class _Module:
    """One module of an application in one environment."""

    def __init__(self, project: Project, app: App, environment: Environment, name: str) -> None:
        self._project = project
        self._app = app
        self._environment = environment
        self._name = name
        self._folder = app.path("components", *name.split("."))
        self.findings: list[Diagnostic] = []

    def objects(self) -> list[Resource]:
        """Return the objects of the module's components. Errors are added to `findings`."""
        components = list(self._components())
        own = self._own_parameters()
        if own is None:
            return []
        given = self._of_environment(own)
        if given is None:
            return []
        parameters = of_module(given.value, self._name)
        main = self._main(components, own, parameters)
        if main is None:
            return []
        by_name = {self._full(each.name): each for each in components}
        found: list[Resource] = []
        for name in sorted(main.value):
            component = by_name.get(name)
            if component is not None and component.body is not None and "items" not in component.body:
                layers = _Layers(name, component, own, given, main)
                found += self._labelled(name, self._of_yaml(layers, mapping(parameters["components"])))
            else:
                found += self._labelled(name, self._of_value(main, name))
        return found

    # --- the files of a module

    def _components(self) -> Iterator[Component]:
        seen: dict[str, str] = {}
        for path in self._project.walk(self._folder):
            base, end = posixpath.splitext(posixpath.basename(path))
            if posixpath.dirname(path) != self._folder or end not in (".jsonnet", ".yaml", ".json"):
                continue
            if base in seen:
                self._wrong(f"{seen[base]} has the same name, and so both are the component {base}", Pos(path))
                continue
            seen[base] = path
            if end == ".jsonnet":
                self._check_root(path)
                yield Component(base, path)
            else:
                yield from self._object(base, path)

    def _check_root(self, path: str) -> None:
        """Refuse `$` in a component: its meaning differs in ksonnet, which writes all components into one file."""
        text = (self._project.inside(path) or b"").decode(errors="replace")
        where = place_of_sign(text, "$")
        if where is not None:
            self._wrong("`$` stands for all components together in ksonnet, which is not done", Pos(path, *where))

    def _object(self, name: str, path: str) -> Iterator[Component]:
        """Yield the component of a YAML or JSON file: the first object of the file."""
        found = scanned_file(self._project, path, self._project.inside(path) or b"")
        self.findings += [each for each in found.findings if each.severity == "error"]
        if not found.objects:
            if not self.findings:
                self._wrong("this component has no object", Pos(path))
            return
        body, origin = found.objects[0]
        if len(found.objects) > 1:
            message = "ksonnet reads the first document of a file only: this one is lost"
            self.findings.append(Diagnostic("PS736", "warning", message, found.objects[1][1]))
        yield Component(name, path, body, origin)

    # --- what is evaluated

    def _own_parameters(self) -> Evaluated | None:
        path = posixpath.join(self._folder, "params.libsonnet")
        if self._name and not self._project.is_there(path):
            self._wrong(f"there is no module {self._name}, since there is no file {path}", self._environment.origin)
            return None
        libraries = tuple(self._app.path(each) for each in (".", "vendor", "lib"))
        made = self._evaluated(JsonnetRequest(path, self._variables({}), libraries=libraries))
        if made is None:
            return None
        components = made.value.get("components") if isinstance(made.value, dict) else None
        if not isinstance(components, dict):
            self._wrong("there is no object `components` in these parameters", Origin(made.path))
            return None
        if components and not isinstance(made.value.get("global"), dict):
            self._wrong("there is no object `global` in these parameters", Origin(made.path))
            return None
        return made

    def _of_environment(self, own: Evaluated) -> Evaluated | None:
        """Return the parameters of the environment, applied to those of the module, or None after an error."""
        path = posixpath.join(self._environment.folder, "params.libsonnet")
        start = with_globals(own.value, self._name)
        variables = self._variables({PARAMETERS: json.dumps(start)})
        libraries = (self._app.root, self._environment.folder)
        made = self._evaluated(JsonnetRequest(path, variables, libraries=libraries))
        if made is None:
            return None
        if not isinstance(mapping(made.value).get("components"), dict):
            self._wrong("there is no object `components` in these parameters", Origin(made.path))
            return None
        return made

    def _main(self, components: Sequence[Component], own: Evaluated, parameters: Tree) -> Evaluated | None:
        path = posixpath.join(self._environment.folder, "main.jsonnet")
        codes = (f"{json.dumps(self._full(each.name))}: {self._code(each, own)}" for each in components)
        more = {PARAMETERS: json.dumps(parameters), COMPONENTS: f"{{ {', '.join(codes)} }}"}
        request = JsonnetRequest(path, self._variables(more), libraries=self._libraries())
        made = self._evaluated(request._replace(packages=self._environment.packages))
        if made is not None and not isinstance(made.value, dict):
            self._wrong("this is no object whose fields are components", Origin(made.path))
            return None
        return made

    def _code(self, component: Component, own: Evaluated) -> str:
        if component.body is None:
            return f"import {json.dumps(component.path)}"
        return json.dumps(merged(component.body, _patch(own.value, component.name)))

    def _libraries(self) -> tuple[str, ...]:
        """Return the directories in which `main.jsonnet` and components look for imports. The last one is searched
        first.
        """
        version = self._environment.library
        versioned = [("lib", "ksonnet-lib", version), ("lib", version)] if version else []
        library = next((each for each in versioned if self._project.is_dir(self._app.path(*each))), ("lib",))
        return (
            self._app.root,
            self._app.path("environments"),
            self._environment.folder,
            self._app.path("vendor"),
            self._app.path("lib"),
            self._app.path(*library),
            self._folder,
        )

    def _variables(self, codes: Mapping[str, str]) -> tuple[JsonnetValue, ...]:
        destination = {"server": self._environment.server, "namespace": self._environment.namespace}
        every = {ENVIRONMENTS: json.dumps(destination), **codes}
        return tuple(JsonnetValue(name, code, True, self._environment.origin) for name, code in every.items())

    def _evaluated(self, request: JsonnetRequest) -> Evaluated | None:
        made, findings = self._project.evaluated(request._replace(has_natives=True))
        self.findings += findings
        return made

    # --- objects

    def _of_value(self, main: Evaluated, name: str) -> list[Resource]:
        """Return the objects of a component in Jsonnet: one object, or a list."""
        value, origin = main.value[name], Origin(main.path, 0, (name,))
        if isinstance(value, list):
            parts = [(each, origin.below(index)) for index, each in enumerate(value)]
        else:
            parts = [(value, origin)]
        wrong = not_objects(parts)
        self.findings += wrong
        return self._made(Loaded([] if wrong else parts, []))

    def _of_yaml(self, layers: "_Layers", parameters: Tree) -> list[Resource]:
        """Return the object of a component in YAML or JSON, with the changes that parameters and `main.jsonnet`
        make.
        """
        value = layers.main.value[layers.name]
        wrong = not_objects([(value, Origin(layers.main.path, 0, (layers.name,)))])
        self.findings += wrong
        if wrong:
            return []
        component = layers.component
        value = merged(value, parameters[layers.name]) if layers.name in parameters else value
        resource = Resource(component.body or {}, component.origin, *identify(component.body or {}))
        for at, new in _differences(component.body, value):
            if new is MISSING:
                drop(resource, at, layers.writer(at))
            else:
                put(resource, at, new, layers.writer(at))
        reidentify(resource)
        return [resource]

    def _made(self, loaded: Loaded) -> list[Resource]:
        resources, findings = made_of(loaded)
        self.findings += findings
        return resources

    def _labelled(self, name: str, resources: list[Resource]) -> list[Resource]:
        for resource in resources:
            if (finding := unnamed(resource)) is not None:
                self.findings.append(finding)
            put(resource, LABEL, name, resource.origin)
        return resources

    def _full(self, name: str) -> str:
        """Return the name of a component in the whole application."""
        return f"{self._name}.{name}" if self._name else name

    def _wrong(self, message: str, where: Origin | Pos) -> None:
        self.findings.append(Diagnostic("PS735", "error", message, where))


class _Layers(NamedTuple):
    """The layers that determine a component in YAML: its file, the parameters of the module (`own`) and of the
    environment (`given`), and `main.jsonnet`.
    """

    name: str
    component: Component
    own: Evaluated
    given: Evaluated
    main: Evaluated

    def writer(self, at: Pointer) -> Origin:
        """Return where the value of a changed field was written. Parameters that only pass the value on do not
        count.
        """
        value = get(self.given.value, ("components", self.name, *at), MISSING)
        if value is MISSING:
            return Origin(self.main.path, 0, (self.name, *at))
        for place in (("components", self.component.name, *at), ("global", *at)):
            if get(self.own.value, place, MISSING) == value:
                return Origin(self.own.path, 0, place)
        return Origin(self.given.path, 0, ("components", self.name, *at))


def _patch(parameters: Tree, name: str) -> Any:
    return mapping(parameters.get("components")).get(name, {})


def _differences(old: Any, new: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Yield the fields in which two trees differ, with their new values. The value is MISSING for a field that was
    removed.
    """
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if type(old) is not type(new) or old != new:
            yield at, new
        return
    yield from (((*at, key), MISSING) for key in old if key not in new)
    for key, value in new.items():
        if key in old:
            yield from _differences(old[key], value, (*at, key))
        else:
            yield (*at, key), value
