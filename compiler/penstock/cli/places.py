"""Where `sync` and `status` go: one environment, several of them, and the clusters of each.

Several are done at the same time, each by itself: one that fails holds up no other. Each line that is printed then says
which one it is about.
"""

import argparse
import threading
from collections.abc import Callable, Sequence
from json import dumps

from penstock.apply import rulebook
from penstock.apply.client import Client
from penstock.apply.workers import in_threads
from penstock.cache import repository_of
from penstock.cli.scopes import Scope, scopes
from penstock.cli.streams import Output, Streams
from penstock.files import REPOSITORY, Disk
from penstock.model import Destination, Origin, Refusal, Tree, Unreadable
from penstock.parse.project import Project
from penstock.parse.project_file.settings import Binding, Config, EnvironmentEntry
from penstock.records import NamedTuple
from penstock.windows import Selection
from penstock.words import printable

AT_A_TIME = 8

MAX_RULES = 1024 * 1024
"""The most bytes of a file with health rules."""


class Clients:
    """The clients of all places of a run, which end together if the run is interrupted."""

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._have_ended = False
        self._lock = threading.Lock()

    def add(self, client: Client) -> None:
        with self._lock:
            self._clients.append(client)
            if self._have_ended:
                client.end()

    def end(self) -> None:
        with self._lock:
            self._have_ended = True
            for client in self._clients:
                client.end()


class Place(NamedTuple):
    """One environment on one cluster. `label` distinguishes it from others; empty if there is only one place."""

    arguments: argparse.Namespace
    settings: EnvironmentEntry
    binding: Binding
    scope: Scope
    clients: Clients
    label: str = ""
    windows: tuple[Selection, ...] = ()
    """Windows for several environments, some of which may apply to this one."""


Work = Callable[[Place, Streams], int]


def everywhere(arguments: argparse.Namespace, streams: Streams, work: Work) -> int:
    """Do the work at all places, and return the worst exit status. Raises `Refusal` if there is only one place and the
    work there does.
    """
    places = _places(arguments, streams, _scopes)
    if len(places) == 1:
        return work(places[0], streams)
    lock = threading.Lock()
    form = getattr(arguments, "format", "text")

    def one(place: Place) -> int:
        with _Labelled(streams.out, place, form, lock) as out, _Labelled(streams.err, place, "text", lock) as err:
            own = streams._replace(out=out, err=err)
            try:
                return work(place, own)
            except Refusal as refusal:
                err.write(f"penstock: {printable(str(refusal))}\n")
                return refusal.status

    return max(in_threads(one, places, AT_A_TIME, places[0].clients.end))


def of_one(arguments: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments of a command for one environment in the form of those for several."""
    return argparse.Namespace(**vars(arguments), environments=[arguments.environment])


def only_place(arguments: argparse.Namespace, streams: Streams) -> Place:
    """Return the place of a command for one cluster only. Raises `Refusal` if there are several."""
    name = arguments.environment
    places = _places(arguments, streams, lambda *_: [Scope(name, name)])
    if len(places) > 1:
        names = ", ".join(place.binding.name for place in places)
        raise Refusal(f"{arguments.environment} has several clusters; say which one by --on: {names}")
    return places[0]


Meant = Callable[[argparse.Namespace, Config | None, Streams], list[Scope]]
"""Returns the environments, or parts of them, that a command line means."""


def _places(arguments: argparse.Namespace, streams: Streams, read: Meant) -> list[Place]:
    config = _config(streams)
    found = []
    clients = Clients()
    meant = read(arguments, config, streams)
    for scope in meant:
        own = argparse.Namespace(**{**vars(arguments), "environment": scope.environment})
        settings = _settings(scope.environment, config)
        for binding in _bindings(own, settings):
            label = f"{scope.word}/{binding.name}" if binding.name else scope.word
            found.append(Place(own, settings, binding, scope, clients, label, config.windows if config else ()))
    if (arguments.name or getattr(arguments, "branch", "")) and len(meant) > 1:
        raise Refusal("--name and --branch are about one environment")
    return found if len(found) > 1 else [found[0]._replace(label="")]


def _scopes(arguments: argparse.Namespace, config: Config | None, streams: Streams) -> list[Scope]:
    """Return the environments of the command line, or the parts of them. A branch that is named may be of any
    environment.
    """
    if getattr(arguments, "branch", ""):
        return [Scope(name, name) for name in dict.fromkeys(arguments.environments)]
    known = {entry.name for entry in config.environments} if config else set[str]()
    return scopes(arguments.environments, known, streams)


def _bindings(arguments: argparse.Namespace, settings: EnvironmentEntry) -> list[Binding]:
    """Return the clusters of an environment that the command line selects."""
    known = {binding.name: binding for binding in settings.clusters}
    unknown = [name for name in arguments.on if name not in known]
    if unknown:
        there = ", ".join(sorted(known)) or "no clusters"
        raise Refusal(f"{settings.name} has no cluster {unknown[0]!r}: penstock.yaml gives it {there}")
    if not known:
        return [settings.cluster]
    # The order of the command line, each cluster once.
    if arguments.on:
        return [known[name] for name in dict.fromkeys(arguments.on)]
    return _of_context(arguments.context, settings) if arguments.context else list(settings.clusters)


def _of_context(context: str, settings: EnvironmentEntry) -> list[Binding]:
    """Return the clusters of an environment that a context leads to. Raises `Refusal` where there is none."""
    meant = [binding for binding in settings.clusters if binding.context == context]
    if not meant:
        names = ", ".join(sorted(binding.name for binding in settings.clusters))
        raise Refusal(f"{settings.name} is on {names} by penstock.yaml, and {context} is none of them")
    return meant


def _config(streams: Streams) -> Config | None:
    """Return the content of `penstock.yaml`, and use the health rules that it names from now on."""
    disk = Disk(repository_of(streams.cwd), REPOSITORY)
    project = Project(disk)
    config, findings = project.config()
    if findings:
        place = project.place(findings[0].where)
        raise Refusal(f"{place.path}:{place.line}:{place.col}: {findings[0].message}")
    rulebook.use(_own_rules(config.health if config else (), disk))
    return config


def use_own_rules(streams: Streams) -> None:
    """Use the health rules of this repository. Raises `Refusal` if they have a mistake."""
    _config(streams)


def _own_rules(places: Sequence[str], disk: Disk) -> dict[str, rulebook.Kinds]:
    """Return the rules by API group: `example.com.yaml` has those of example.com."""
    found: dict[str, rulebook.Kinds] = {}
    for place in places:
        files = sorted(disk.walk(place)) if disk.is_dir(place) else [place]
        files = [path for path in files if path.endswith(rulebook.ENDING)]
        if not files:
            raise Refusal(f"penstock.yaml names {place} under `health`, where no file GROUP.yaml is")
        for path in files:
            group = path.rpartition("/")[2].removesuffix(rulebook.ENDING)
            found[group] = {**found.get(group, {}), **_rules_in(path, disk)}
    return found


def _rules_in(path: str, disk: Disk) -> rulebook.Kinds:
    try:
        data = None if disk.real(path).startswith("..") else disk.read(path)
    except Unreadable:
        data = None
    if data is None or len(data) > MAX_RULES:
        raise Refusal(f"{path} cannot be read, or has more than {MAX_RULES // 1024} KiB")
    try:
        return rulebook.parse(data.decode(), _predicate)
    except ValueError as error:
        what = "is not UTF-8" if isinstance(error, UnicodeError) else error
        raise Refusal(f"{path} {what}; docs/health.md says what a rule is") from None


def _predicate(text: str) -> Callable[[Tree], bool]:
    """Return an expression as a function. The evaluator is imported here, because few rules have expressions."""
    from penstock.validate.cel.predicate import predicate

    return predicate(text)


def _settings(environment: str, config: Config | None) -> EnvironmentEntry:
    entries = config.environments if config else ()
    unknown = EnvironmentEntry(environment, Destination(), Origin(""))
    return next((entry for entry in entries if entry.name == environment), unknown)


class _Labelled:
    """The output of one of several places. It writes whole lines, each with the label, or with additional keys if they
    are JSON.
    """

    def __init__(self, stream: Output, place: Place, form: str, lock: threading.Lock) -> None:
        self._stream, self._lock = stream, lock
        keys = {"environment": place.arguments.environment, "cluster": place.binding.name}
        self._begin = f"{dumps(keys)[:-1]}, " if form == "json" else f"{place.label}: "
        self._skip = 1 if form == "json" else 0
        self._rest = ""

    def __enter__(self) -> "_Labelled":
        return self

    def __exit__(self, *_: object) -> None:
        if self._rest:
            self.write("\n")

    def write(self, text: str, /) -> object:
        *lines, self._rest = (self._rest + text).split("\n")
        written = "".join(f"{self._begin}{line[self._skip :]}\n" if line else "\n" for line in lines)
        with self._lock:
            return self._stream.write(written) if written else 0

    def flush(self) -> object:
        return self._stream.flush()

    def isatty(self) -> bool:
        return False
