"""Which engines of Jsonnet are installed. Asked by every run that keeps results, so it imports next to nothing."""

from importlib.util import find_spec

ENGINES = {"rjsonnet": "rjsonnet", "gojsonnet": "_gojsonnet"}
"""The engines with the modules that hold them; the first that is installed is used where none is named."""


def installed() -> dict[str, str]:
    """Return the installed engines with the files that contain them, in the order in which they are tried."""
    found = {name: find_spec(module) for name, module in ENGINES.items()}
    return {name: str(spec.origin) for name, spec in found.items() if spec is not None}
