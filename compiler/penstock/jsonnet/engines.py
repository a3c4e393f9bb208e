"""Which engines of Jsonnet are installed."""

from importlib.util import find_spec

ENGINES = {"rjsonnet": "rjsonnet", "gojsonnet": "_gojsonnet"}
"""The engines with the modules that hold them; the first that is installed is used where none is named."""


def installed() -> list[str]:
    """Return the installed engines, in the order in which they are tried."""
    return [name for name, module in ENGINES.items() if find_spec(module) is not None]
