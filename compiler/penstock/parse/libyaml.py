"""libyaml's parser from PyYAML, imported without running PyYAML's `__init__`.

Running it takes longer than building a small overlay: it loads loaders and dumpers in Python, and compiles their
regular expressions. The binding needs only the names of some exceptions from the package. So it is imported under a
stand-in for the package, which is removed afterwards: code that imports `yaml` in the same process gets the whole
package, with the same events and nodes.
"""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType, SimpleNamespace

RAISED = {
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}
"""The modules from which the binding takes an exception, besides `reader`, and the exception."""


def _import_binding() -> None:
    """Import `yaml._yaml` and only the parts of the package that it uses. Do nothing if the package is already
    imported.
    """
    spec = None if "yaml" in sys.modules else PathFinder.find_spec("yaml")
    if spec is None:
        return
    package = ModuleType("yaml")
    package.__path__ = spec.submodule_search_locations  # type: ignore[assignment]
    sys.modules["yaml"] = package
    try:
        from yaml.error import MarkedYAMLError, YAMLError

        class ReaderError(YAMLError):
            """The stand-in for PyYAML's error for bytes that are not UTF-8."""

            def __init__(self, name: str, position: int, character: object, encoding: str, reason: str) -> None:
                super().__init__(reason)
                self.position, self.reason = position, reason

        package.reader = SimpleNamespace(ReaderError=ReaderError)  # type: ignore[attr-defined]
        for module, name in RAISED.items():
            setattr(package, module, SimpleNamespace(**{name: type(name, (MarkedYAMLError,), {})}))
        for module in ("tokens", "events", "nodes", "_yaml"):
            import_module(f"yaml.{module}")
    finally:
        del sys.modules["yaml"]


_import_binding()

from yaml._yaml import CParser as CParser  # noqa: E402
from yaml.error import YAMLError as YAMLError  # noqa: E402
from yaml.events import AliasEvent as AliasEvent  # noqa: E402
from yaml.events import DocumentEndEvent as DocumentEndEvent  # noqa: E402
from yaml.events import DocumentStartEvent as DocumentStartEvent  # noqa: E402
from yaml.events import MappingEndEvent as MappingEndEvent  # noqa: E402
from yaml.events import MappingStartEvent as MappingStartEvent  # noqa: E402
from yaml.events import ScalarEvent as ScalarEvent  # noqa: E402
from yaml.events import SequenceEndEvent as SequenceEndEvent  # noqa: E402
from yaml.events import SequenceStartEvent as SequenceStartEvent  # noqa: E402
from yaml.events import StreamEndEvent as StreamEndEvent  # noqa: E402
from yaml.events import StreamStartEvent as StreamStartEvent  # noqa: E402
from yaml.nodes import CollectionNode as CollectionNode  # noqa: E402
from yaml.nodes import MappingNode as MappingNode  # noqa: E402
from yaml.nodes import Node as Node  # noqa: E402
from yaml.nodes import ScalarNode as ScalarNode  # noqa: E402
from yaml.nodes import SequenceNode as SequenceNode  # noqa: E402
