"""From an ApplicationSet to Applications."""

import re
from collections.abc import Iterator, Mapping, Set

from penstock.definitions.argo.application import GROUP, KIND
from penstock.definitions.argo.sets.asked import asked_of_clusters
from penstock.definitions.argo.sets.failed import Failed, Unsupported
from penstock.definitions.argo.sets.generators import NO_CLUSTERS, Generated, Generators, Repository
from penstock.definitions.argo.sets.patch import patched
from penstock.definitions.argo.sets.templates import GoTemplates, Language, filled, missing_key, names_in
from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.kubernetes import identify
from penstock.model import Diagnostic, NamedPlaces, Origin, Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import get, leaves, origin_of
from penstock.words import quoted


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
    made = generated(resource, repository, render)
    return made._replace(applications=_fit(resource, made))


def generated(resource: Resource, repository: Repository, render: GoTemplates) -> Made:
    """Return all that the generators and the template of a set make, even Applications that Argo CD could not use."""
    made = Made([], [])
    spec = mapping(resource.body.get("spec"))
    try:
        is_go = spec.get("goTemplate") is True
        options = texts(spec.get("goTemplateOptions")) if is_go else []
        language = Language(is_go, missing_key(options), render)
        template = mapping(spec.get("template"))
        for each in list(_generated(resource, spec, Generators(language, repository), made.findings)):
            made.applications.append(_application(resource, spec, each, template, language, repository))
    except Failed as failed:
        where = origin_of(resource, ("spec", *failed.steps))
        made.findings.append(Diagnostic("PS637", "error", f"{resource.id}: {failed}", where, resource.id))
        return made._replace(applications=[])
    return made


def _generated(
    resource: Resource, spec: Tree, generators: Generators, findings: list[Diagnostic]
) -> Iterator[Generated]:
    given = mappings(spec.get("generators"))
    if not given:
        message = f"{resource.id}: it has no generators, so it makes no Application"
        findings.append(
            Diagnostic("PS635", "warning", message, origin_of(resource, ("spec", "generators")), resource.id)
        )
    for index, generator in enumerate(given):
        where = origin_of(resource, ("spec", "generators", index))
        if not generator:  # Argo CD logs it, and goes on
            message = f"{resource.id}: this generator is empty, so it makes no Application"
            findings.append(Diagnostic("PS635", "warning", message, where, resource.id))
            continue
        try:
            found = generators.generate(generator, where)
        except Unsupported as what:
            message = f"{resource.id}: the generator {what}: it is not known here what it gives"
            hint = asked_of_clusters(mapping(resource.body.get("spec"))) if str(what) == NO_CLUSTERS else ""
            findings.append(Diagnostic("PS634", "info", message, where, resource.id, hint=hint))
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
    whole = filled(generated.template, template)
    try:
        # Argo CD takes the template as it is where there are no parameters.
        tree = language.tree(whole, generated.parameters) if generated.parameters else whole
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
    if not text(mapping(body["metadata"]).get("name")):
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
    try:
        return patched(body, repository.parsed(language.text(patch, generated.parameters)))
    except Failed as failed:
        raise Failed(str(failed), "templatePatch") from None


_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""The names that the API server accepts for an Application."""

_LEFT = re.compile(r"\{\{.*?\}\}|<no value>", re.DOTALL)
"""What a template language leaves where it knows no parameter."""

_ALONE = re.compile(r"\{\{\s*\w+\s*\}\}")
"""A text that is nothing but one parameter."""

_PLACES = ("project", "destination", "source", "sources", "sourceHydrator")
_FIELDS = ("name", "server", "namespace", "repoURL", "path", "targetRevision", "chart", "targetBranch")
"""The fields of an Application's spec that say what goes where, and the parts of it in which they may be."""


def _fit(resource: Resource, made: Made) -> list[Application]:
    """Return the Applications that Argo CD could use, whose names and places contain no templates any more. The others
    are a finding for each place of the template.
    """
    fit: list[Application] = []
    unfit: dict[Pointer, list[str]] = {}
    for each in _each_once(resource, made):
        at, wrong = _wrong_with(each.resource)
        if wrong:
            unfit.setdefault(at, []).append(wrong)
        else:
            fit.append(each)
    for at, (first, *others) in unfit.items():
        more = f" (and {len(others)} more such Applications)" if others else ""
        where = origin_of(resource, ("spec", "template", *at))
        hint = "name a parameter that each generator gives, or let the template make another text of it"
        message = f"{resource.id}: {first}{more}"
        finding = Diagnostic("PS637", "error", message, where, resource.id, hint=hint)
        is_alone = len(others) + 1 == len(made.applications) and at[-1] == "repoURL"
        made.findings.append(_unless_put_in(resource, at, finding) if is_alone else finding)
    return fit


def _unless_put_in(resource: Resource, at: Pointer, finding: Diagnostic) -> Diagnostic:
    """Return the finding about an address that none of the Applications of a set has. Where it is nothing but a
    placeholder, a program may put it in before Argo CD reads the set.
    """
    if _ALONE.fullmatch(str(get(resource.body, ("spec", "template", *at)))) is None:
        return finding
    hint = "give the parameter in a generator, or compile what something else makes of this file"
    return finding._replace(severity="info", message=f"{finding.message}: something else may put it in", hint=hint)


def _wrong_with(application: Resource) -> tuple[Pointer, str]:
    """Return the field for which Argo CD could not use an Application, and why; an empty text if it could."""
    name = application.id.name
    if not _NAME.fullmatch(name):
        return ("metadata", "name"), f"the API server refuses an Application with the name {quoted(name)}"
    spec = mapping(application.body.get("spec"))
    for at, value in leaves({key: spec[key] for key in _PLACES if key in spec}):
        is_place = at[-1] in _FIELDS or at == ("project",)
        if is_place and isinstance(value, str) and _LEFT.search(value):
            return ("spec", *at), f"no generator gives the parameters of {quoted(value)} for the Application {name}"
    return (), ""


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
