"""From an ApplicationSet to Applications."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from penstock.definitions.argo.application import GROUP, KIND
from penstock.definitions.argo.sets.failed import Failed, Unsupported
from penstock.definitions.argo.sets.generators import Generated, Generators, Repository
from penstock.definitions.argo.sets.templates import GoTemplates, Language, merged, missing_key, names_in, patched
from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.kubernetes import identify
from penstock.model import Diagnostic, NamedPlaces, Origin, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import leaves, origin_of


class Application(NamedTuple):
    """An Application that a set makes. `filled` has the places of the parameters that went into texts of the template,
    by the places of the texts.
    """

    resource: Resource
    filled: Mapping[Origin, NamedPlaces]


class Made(NamedTuple):
    """The Applications of a set, and findings about it."""

    applications: list[Application]
    findings: list[Diagnostic]


def applications_of(resource: Resource, repository: Repository, render: GoTemplates) -> Made:
    """Return the Applications that a set makes. If the result of one generator is unknown, the others are still
    used.
    """
    made = Made([], [])
    spec = mapping(resource.body.get("spec"))
    try:
        is_go = spec.get("goTemplate") is True
        language = Language(is_go, missing_key(texts(spec.get("goTemplateOptions"))), render)
        generated = list(_generated(resource, spec, Generators(language, repository), made.findings))
        template = mapping(spec.get("template"))
        for each in generated:
            made.applications.append(_application(resource, spec, each, template, language, repository))
    except Failed as failed:
        where = origin_of(resource, ("spec", *failed.steps))
        made.findings.append(Diagnostic("PS637", "error", f"{resource.id}: {failed}", where, resource.id))
        return made._replace(applications=[])
    return made._replace(applications=_each_once(resource, made))


def _generated(
    resource: Resource, spec: Tree, generators: Generators, findings: list[Diagnostic]
) -> Iterator[Generated]:
    for index, generator in enumerate(mappings(spec.get("generators"))):
        where = origin_of(resource, ("spec", "generators", index))
        try:
            found = generators.generate(generator, where)
        except Unsupported as what:
            message = f"{resource.id}: the generator {what}: it is not known here what it gives"
            findings.append(Diagnostic("PS634", "info", message, where, resource.id))
            continue
        except Failed as failed:
            raise Failed(str(failed), "generators", index) from None
        if not found:
            message = f"{resource.id}: this generator gives nothing, so it makes no Application"
            findings.append(Diagnostic("PS635", "warning", message, where, resource.id))
        yield from found


def _application(
    resource: Resource, spec: Tree, generated: Generated, template: Tree, language: Language, repository: Repository
) -> Application:
    whole = merged(template, generated.template)
    try:
        tree = language.tree(whole, generated.parameters)
    except Failed as failed:
        raise Failed(str(failed), "template") from None
    metadata = mapping(tree.get("metadata"))
    namespace = resource.id.namespace
    body: Tree = {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": KIND,
        "metadata": {**metadata, **({"namespace": namespace} if namespace else {})},
        "spec": mapping(tree.get("spec")),
    }
    patch = text(spec.get("templatePatch"))
    if patch:
        body = _patched(body, patch, generated, language, repository)
    if not text(metadata.get("name")):
        raise Failed("its template makes an Application without a name", "template")
    where = origin_of(resource, ("spec", "template"))
    return Application(Resource(body, where, *identify(body)), _filled(whole, where, generated.places))


def _filled(template: Tree, where: Origin, places: Mapping[str, Origin]) -> dict[Origin, NamedPlaces]:
    """Return the places of the parameters that the texts of a template name, by the places of the texts."""
    found: dict[Origin, NamedPlaces] = {}
    for at, value in leaves(template) if places else ():
        if isinstance(value, str) and "{{" in value:
            used = names_in(value)
            found[where.below(*at)] = tuple((place, name) for name, place in places.items() if _is_used(name, used))
    return found


def _is_used(name: str, used: Set[str]) -> bool:
    """Return whether a parameter is among the names that a text uses, by itself or within a mapping."""
    longest = max(map(len, used), default=0)
    ends = (at for at, sign in enumerate(name[: longest + 1]) if sign == ".")
    return name in used or any(name[:at] in used for at in ends)


def _patched(body: Tree, patch: str, generated: Generated, language: Language, repository: Repository) -> Tree:
    if not language.is_go:
        raise Failed("`templatePatch` needs `goTemplate: true`", "templatePatch")
    try:
        tree: Any = repository.parsed(language.text(patch, generated.parameters))
    except Failed as failed:
        raise Failed(str(failed), "templatePatch") from None
    return patched(body, mapping(tree))


def _each_once(resource: Resource, made: Made) -> list[Application]:
    """Return the Applications of a set, or none if two have the same name: Argo CD refuses the whole set."""
    known: dict[str, Application] = {}
    for each in made.applications:
        name = each.resource.id.name
        first = known.setdefault(name, each)
        if first is not each:
            message = f"{resource.id} makes the Application {name} more than once"
            hint = "let the name in `template` differ for each set of parameters"
            where = origin_of(resource, ("spec", "template", "metadata", "name"))
            made.findings.append(Diagnostic("PS636", "error", message, where, resource.id, hint=hint))
            return []
    return list(known.values())
