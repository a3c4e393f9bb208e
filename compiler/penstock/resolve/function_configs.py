"""The annotation of an object that configures an exec function: which program is run, and whether it may be.

It is read strictly, unlike the configurations of builtin plugins. (`kyaml/fn/runtime/runtimeutil`, v5.8.2.)
"""

from penstock.kubernetes import text
from penstock.model import Diagnostic, Origin, Resource, has_errors
from penstock.records import NamedTuple
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.tree import get
from penstock.typed import Any

_FUNCTION = ("config.kubernetes.io/function", "config.k8s.io/function")


class Function(NamedTuple):
    """A program that an annotation names. Where `path` is empty, none is run, and the objects stay as they are."""

    path: str
    args: list[str]
    envs: list[str]


def function_of(level: Level, config: Resource) -> Function | None:
    """Return the exec function that an object configures; None, with the reason reported, where there is none that may
    run.
    """
    # The first permission that is missing is reported.
    if not level.options.plugins:
        level.report("PS282", f"the plugin {config.id.kind} is not builtin", config.origin, hint=_permission(level))
        return None
    specified = _specification(level, config)
    if specified is None:
        return None
    if level.options.run_function is None:
        hint = "allow it with --enable-exec"
        level.report("PS282", "exec functions are not run unless they are allowed", config.origin, hint=hint)
        return None
    # The user trusts this repository; nobody has said so of those that it names.
    if level.folder.clone:
        hint = "copy the program and this file into this repository, once you have read both"
        level.report("PS282", "exec functions of another repository are not run", config.origin, hint=hint)
        return None
    run = specified.get("exec") or {}
    return Function(run.get("path", ""), run.get("args") or [], run.get("envs") or [])


def _specification(level: Level, config: Resource) -> dict[str, Any] | None:
    """Return the fields in the annotation of an object that specifies its function; None, with the reason reported,
    where they are no such fields, or ask for a container.
    """
    where = named_at(config)
    written = text(get(config.body, (*ANNOTATIONS, where.at[-1])))
    if not written:
        level.report("PS282", "this plugin is no exec function", config.origin)
        return None
    documents, read = level.sources.embedded(written, where, config=True)
    body, origin = (documents[0].body, documents[0].origin) if documents else ({}, where)
    specified, wrong = level.sources.typed({} if body is None else body, "function", origin)
    findings = [_refused(f) if f.code == "PS104" else f for f in (*read, *wrong)]
    level.findings.add(findings)
    if has_errors(findings):
        return None
    container = specified.get("container") or {}
    if container.get("image") or container.get("network"):
        hint = "run the container beforehand, and keep the objects that it prints in a file under `resources`"
        level.report("PS282", "Penstock runs no containers", config.origin, hint=hint)
        return None
    return dict(specified)


def _refused(twice: Diagnostic) -> Diagnostic:
    """Return the finding of a repeated key as an error, since Kustomize refuses one in this annotation."""
    return twice._replace(severity="error", notes=(), hint="keep one of the two")


def named_at(config: Resource) -> Origin:
    """Return the place where the function is named, which is the origin of everything that it returns."""
    annotations = get(config.body, ANNOTATIONS)
    names = [name for name in _FUNCTION if isinstance(annotations, dict) and isinstance(annotations.get(name), str)]
    return config.origin.below(*ANNOTATIONS, (names or _FUNCTION)[0])


def _permission(level: Level) -> str:
    """Return a hint that says how the running command can allow plugins that are not builtin."""
    if level.options.can_execute:
        return (
            "builtin plugins have the apiVersion `builtin`; allow others with --enable-alpha-plugins --enable-exec, or "
            "name the repository in ~/.config/penstock/trusted"
        )
    return "builtin plugins have the apiVersion `builtin`; others are not run here, since the sources come from git"
