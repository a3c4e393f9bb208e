"""`.Files`, `.Values`, `.Capabilities`: the objects whose methods templates call. Only the methods and fields listed in
these tables can be reached.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping

from penstock.charts.capabilities import HELM_VERSION, Capabilities, KubeVersion
from penstock.charts.file_patterns import fitting
from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.functions.encoding import plain
from penstock.gotemplate.values import Map, NilBytes, NilMap, Object, Strings, bytes_text, mended
from penstock.typed import Any, ClassVar

BYTES_OF_A_STEP = 16
"""Bytes of a file that count as one step if a template converts the file to another text."""

GO_VERSION, KUBE_CLIENT_VERSION = "go1.27.3", "v1.37"
"""The versions with which Helm v4.3.1 is built."""


class ChartFiles(Map, Object):
    """`.Files`: the bytes of a chart's files, except templates and values, by name."""

    go_type = "engine.files"
    element = "[]uint8"
    zero = NilBytes()

    def get(self, name: str) -> str:  # type: ignore[override]
        """Return the text of a file, or the empty string where there is none."""
        return self[name].decode("utf-8", "surrogateescape") if name in self else ""

    def content(self, name: str) -> bytes:
        """Return the bytes of a file, or empty bytes where there is none."""
        return bytes(self[name]) if name in self else b""

    def glob(self, pattern: str) -> "ChartFiles":
        """Return the files whose names match a pattern."""
        return ChartFiles({name: self[name] for name in fitting(pattern, sorted(self))})

    def lines(self, name: str) -> Strings:
        """Return the lines of a file, or an empty list where there is none."""
        text = self.get(name)
        return Strings(text.removesuffix("\n").split("\n") if text else [])

    def by_base(self, encode: Callable[[bytes], str]) -> dict[str, str]:
        """Return the encoded contents by base name."""
        return {name.rpartition("/")[2]: encode(self[name]) for name in sorted(self)}

    def plain(self) -> Any:
        return {name: _as_base64(data) for name, data in self.items()}

    def pretty(self) -> Any:
        return dict(self)

    METHODS: ClassVar[Mapping[str, Function]] = {
        "Get": Function(get, "string"),
        "GetBytes": Function(content, "string"),
        "Glob": Function(lambda frame, files, pattern: _globbed(frame, files, pattern), "string", site=True),
        "Lines": Function(lambda frame, files, name: _in_lines(frame, files, name), "string", site=True),
        "AsConfig": Function(lambda frame, files: _printed(frame, files, _as_text), site=True),
        "AsSecrets": Function(lambda frame, files: _printed(frame, files, _as_base64), site=True),
    }


def _globbed(frame: Frame, files: ChartFiles, pattern: str) -> ChartFiles:
    frame.meter.spend(sum([11 + len(name) // 16 for name in files]))
    return files.glob(pattern)


def _in_lines(frame: Frame, files: ChartFiles, name: str) -> Strings:
    content = files.content(name)
    frame.meter.spend(content.count(b"\n") + len(content) // BYTES_OF_A_STEP)
    return files.lines(name)


def _printed(frame: Frame, files: ChartFiles, encode: Callable[[bytes], str]) -> str:
    """Print files as YAML, for the `data` of a ConfigMap or Secret."""
    frame.meter.spend(sum(4 + len(data) // BYTES_OF_A_STEP for data in files.values()))
    text: str = frame.execution.services.yaml.dump(files.by_base(encode))
    return text.removesuffix("\n")


def _as_text(data: bytes) -> str:
    return mended(bytes_text(data))


def _as_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


class Values(Map, Object):
    """`.Values`, which in Go is a map with a few methods."""

    go_type = "common.Values"

    def as_map(self) -> dict[str, Any]:
        """Return the values as a plain map, for functions such as `dig` that accept no other type."""
        return dict(self)

    def table(self, path: str) -> "Values":
        """Return the map at a dotted path. Raises `Failure` where there is none."""
        found: Any = self
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
            if not isinstance(found, dict):
                raise Failure(f'"{name}" is not a table')
        return Values(found)

    def path_value(self, path: str) -> Any:
        """Return the value at a dotted path. Raises `Failure` where there is none, or where it is a map."""
        *above, name = path.split(".")
        holder = self.table(".".join(above)) if above else self
        if name not in holder or isinstance(holder[name], dict):
            raise Failure(f'"{name}" is not a value')
        return holder[name]

    def plain(self) -> Any:
        return dict(self)

    METHODS: ClassVar[Mapping[str, Function]] = {
        "AsMap": Function(lambda frame, values: _copied(frame, values).as_map(), site=True),
        "Table": Function(lambda frame, values, path: _copied(frame, values.table(path)), "string", site=True),
        "PathValue": Function(path_value, "string"),
        "YAML": Function(lambda frame, values: _yaml(frame, values), site=True),
    }


def _copied(frame: Frame, values: Values) -> Values:
    """Count the entries of a map that is copied, and return it."""
    frame.meter.spend(len(values) // 4)
    return values


def _yaml(frame: Frame, values: Values) -> str:
    text: str = frame.execution.services.yaml.dump(plain(frame, dict(values)))
    return text


class Annotations(Map, Object):
    """`.Chart.Annotations`: a map of strings."""

    go_type = "map[string]string"
    element = "string"
    zero = ""

    def plain(self) -> Any:
        return dict(self)


class NoAnnotations(Annotations, NilMap):
    """The annotations of a chart that has none: a nil map, which JSON shows as null."""

    def plain(self) -> Any:
        return None

    def pretty(self) -> Any:
        return {}


class VersionSet(list[str], Object):
    """`.Capabilities.APIVersions`."""

    go_type = "common.VersionSet"
    element = "string"
    _known: frozenset[str] | None = None
    """The same as a set: charts ask often, and a list of versions may be long."""

    def has(self, version: str) -> bool:
        """Return whether the cluster has an API version."""
        if self._known is None:
            self._known = frozenset(self)
        return version in self._known

    def plain(self) -> Any:
        return list(self)

    METHODS: ClassVar[Mapping[str, Function]] = {"Has": Function(has, "string")}


class Kubernetes(Object):
    """`.Capabilities.KubeVersion`."""

    go_type = "common.KubeVersion"
    speaks = False

    def __init__(self, version: KubeVersion) -> None:
        self.version = version

    def text(self) -> str:
        return f"{{{' '.join(self.version)}}}"

    def parts(self) -> dict[str, Any]:
        own = self.version
        return {
            "Version": own.version,
            "normalizedVersion": own.normalized,
            "Major": own.major,
            "Minor": own.minor,
        }

    def shown(self) -> str:
        return self.version.normalized

    def copied(self) -> "Kubernetes":
        return _CopiedKubernetes(self.version._replace(normalized=""))

    def plain(self) -> Any:
        return {"Version": self.version.version, "Major": self.version.major, "Minor": self.version.minor}

    FIELDS: ClassVar[Mapping[str, Callable[[Any], str]]] = {
        "Version": lambda self: str(self.version.version),
        "Major": lambda self: str(self.version.major),
        "Minor": lambda self: str(self.version.minor),
    }
    METHODS: ClassVar[Mapping[str, Function]] = {
        "GitVersion": Function(lambda self: self.version.version),
        "String": Function(shown),
    }


class _CopiedKubernetes(Kubernetes):
    """A copy, which is a value. Its methods are those of a pointer, so that it has none."""

    def shown(self) -> str:
        return self.text()

    METHODS: ClassVar[Mapping[str, Function]] = {}


class Build(Object):
    """`.Capabilities.HelmVersion`."""

    go_type = "version.BuildInfo"
    speaks = False

    def text(self) -> str:
        return f"{{{HELM_VERSION}   {GO_VERSION} {KUBE_CLIENT_VERSION}}}"

    def parts(self) -> dict[str, Any]:
        return {name: read(self) for name, read in self.FIELDS.items()}

    def plain(self) -> Any:
        return {"version": HELM_VERSION, "go_version": GO_VERSION, "kube_client_version": KUBE_CLIENT_VERSION}

    FIELDS: ClassVar[Mapping[str, Callable[[Any], str]]] = {
        "Version": lambda self: HELM_VERSION,
        "GitCommit": lambda self: "",
        "GitTreeState": lambda self: "",
        "GoVersion": lambda self: GO_VERSION,
        "KubeClientVersion": lambda self: KUBE_CLIENT_VERSION,
    }


class Cluster(Object):
    """`.Capabilities`."""

    go_type = "*common.Capabilities"
    kind = "ptr"
    speaks = False

    def __init__(self, capabilities: Capabilities) -> None:
        self.kubernetes = Kubernetes(capabilities.kube_version)
        self.versions = VersionSet(capabilities.api_versions)
        self.build = Build()

    def text(self) -> str:
        return f"{{{self.kubernetes.text()} [{' '.join(self.versions)}] {self.build.text()}}}"

    def copied(self) -> "Cluster":
        copy = Cluster.__new__(Cluster)
        copy.kubernetes, copy.versions, copy.build = self.kubernetes.copied(), self.versions, self.build
        return copy

    def plain(self) -> Any:
        return {
            "KubeVersion": self.kubernetes,
            "APIVersions": list(self.versions),
            "HelmVersion": self.build,
        }

    def parts(self) -> dict[str, Any]:
        return {name: read(self) for name, read in self.FIELDS.items()}

    FIELDS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "KubeVersion": lambda self: self.kubernetes,
        "APIVersions": lambda self: self.versions,
        "HelmVersion": lambda self: self.build,
    }
