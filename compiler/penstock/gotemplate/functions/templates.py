"""Helm's functions for templates: `include`, `tpl`, those that stop the rendering, and those that query the cluster."""

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Refused
from penstock.gotemplate.values import Value


def include(f: Frame, name: str, data: Value) -> str:
    return f.execution.include(name, f.templates, data)


def tpl(f: Frame, text: str, data: Value) -> str:
    """Execute a text as a template of its own. Only that text sees the templates that it defines."""
    return f.execution.evaluate(text, f.templates, data, f.place)


def required(warning: str, value: Value) -> Value:
    if value is None or (value.__class__ is str and not value):
        raise Refused(warning)
    return value


def fail(message: str) -> str:
    raise Refused(message)


def lookup(f: Frame, api_version: str, kind: str, namespace: str, name: str) -> Value:
    f.execution.report("lookup", f.place)
    return f.execution.services.lookup(api_version, kind, namespace, name)


FUNCTIONS: dict[str, Function] = {
    "fail": Function(fail, "string"),
    "getHostByName": Function(lambda name: "", "string"),
    "include": Function(include, "string any", site=True),
    "lookup": Function(lookup, "string string string string", site=True),
    "required": Function(required, "string any"),
    "tpl": Function(tpl, "string any", site=True),
}
