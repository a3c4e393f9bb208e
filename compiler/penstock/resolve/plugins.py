"""`generators:`, `transformers:` and `validators:`: objects that configure the builtin plugins, and exec functions.

The configurations are files, directories with a kustomization, or inline. Builtin plugins have the apiVersion
`builtin`; their names are those of Kustomize.
"""

from collections.abc import Callable
from typing import Any

from penstock.kubernetes import text
from penstock.model import Document, Origin, Refusal, Resource, Tree
from penstock.resolve import finish
from penstock.resolve.configurations import field_specs
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.finding.identities import current, new_resource, reidentify
from penstock.resolve.generators import generated
from penstock.resolve.level import Level, Made
from penstock.resolve.objects import objects_in
from penstock.resolve.spelling.kustomize_notes import lineage_of, with_notes
from penstock.resolve.transformers import (
    images,
    labels,
    name_prefix,
    name_suffix,
    namespace,
    patches,
    patches_json6902,
    patches_strategic_merge,
    replacements,
    replicas,
    value_add,
)
from penstock.tree import put, respell

Configured = Callable[[Level, Tree, Origin], None]


def _specs(level: Level, config: Tree) -> tuple[FieldSpec, ...]:
    return field_specs(level, config.get("fieldSpecs", ()))


def _annotations(level: Level, config: Tree, where: Origin) -> None:
    labels.add(level, config.get("annotations", {}), _specs(level, config), where.below("annotations"))


def _labels(level: Level, config: Tree, where: Origin) -> None:
    labels.add(level, config.get("labels", {}), _specs(level, config), where.below("labels"))


def _hashes(level: Level, config: Tree, where: Origin) -> None:
    for resource in level.resources:
        if resource.lineage.needs_hash:
            finish.add_hash(level, resource)
    level.accumulation.changed()


def _image(level: Level, config: Tree, where: Origin) -> None:
    images.set_images(level, [(config.get("imageTag", {}), where.below("imageTag"))], _specs(level, config))


def _namespace(level: Level, config: Tree, where: Origin) -> None:
    mode = config.get("setRoleBindingSubjects") or "defaultOnly"
    if mode not in ("defaultOnly", "allServiceAccounts", "none"):
        at = where.below("setRoleBindingSubjects")
        level.report("PS280", f"`setRoleBindingSubjects` is defaultOnly, allServiceAccounts or none; found {mode}", at)
        return
    name = config.get("metadata", {}).get("namespace", "")
    at = where.below("metadata", "namespace")
    unset_only = config.get("unsetOnly", False)
    namespace.put_all(level, namespace.Setting(name, _specs(level, config), at, mode, unset_only))


def _prefix(level: Level, config: Tree, where: Origin) -> None:
    if _needs_specs(level, config, where):
        name_prefix.add(level, config.get("prefix", ""), _specs(level, config), where.below("prefix"))


def _suffix(level: Level, config: Tree, where: Origin) -> None:
    if _needs_specs(level, config, where):
        name_suffix.add(level, config.get("suffix", ""), _specs(level, config), where.below("suffix"))


def _prefix_and_suffix(level: Level, config: Tree, where: Origin) -> None:
    _prefix(level, config, where)
    _suffix(level, config, where)


def _needs_specs(level: Level, config: Tree, where: Origin) -> bool:
    if "fieldSpecs" not in config:
        level.report("PS280", f"a {config['kind']} needs `fieldSpecs`", where)
        return False
    return True


def _json_patch(level: Level, config: Tree, where: Origin) -> None:
    patches_json6902.apply_entry(level, config, where, field="jsonOp")


def _replacements(level: Level, config: Tree, where: Origin) -> None:
    replacements.apply_entries(level, config.get("replacements", []), where.below("replacements"))


def _replicas(level: Level, config: Tree, where: Origin) -> None:
    replicas.set_count(level, config.get("replica", {}), _specs(level, config), where.below("replica"))


TRANSFORMERS: dict[str, Configured] = {
    "AnnotationsTransformer": _annotations,
    "HashTransformer": _hashes,
    "ImageTagTransformer": _image,
    "LabelTransformer": _labels,
    "NamespaceTransformer": _namespace,
    "PatchJson6902Transformer": _json_patch,
    "PatchStrategicMergeTransformer": patches_strategic_merge.apply_config,
    "PatchTransformer": patches.apply_entry,
    "PrefixSuffixTransformer": _prefix_and_suffix,
    "PrefixTransformer": _prefix,
    "ReplacementTransformer": _replacements,
    "ReplicaCountTransformer": _replicas,
    "SuffixTransformer": _suffix,
    "ValueAddTransformer": value_add.apply_config,
}
"""The builtin transformers by the kind of their configuration."""


def _config_map(level: Level, config: Tree, where: Origin) -> list[Resource]:
    return [generated.make(level, "ConfigMap", _named(config), where, shared=False)]


def _secret(level: Level, config: Tree, where: Origin) -> list[Resource]:
    return [generated.make(level, "Secret", _named(config), where, shared=False)]


def _named(config: Tree) -> Tree:
    metadata = config.get("metadata", {})
    return {**config, **{f: config.get(f) or metadata.get(f, "") for f in ("name", "namespace")}}


def _iam_policy(level: Level, config: Tree, where: Origin) -> list[Resource]:
    if config.get("cloud") != "gke":
        level.report("PS280", f"`cloud` must be gke; found {config.get('cloud')!r}", where.below("cloud"))
        return []
    account, service = config.get("serviceAccount", {}), config.get("kubernetesService", {})
    address = f"{account.get('name', '')}@{account.get('projectId', '')}.iam.gserviceaccount.com"
    metadata = {"annotations": {"iam.gke.io/gcp-service-account": address}, "name": service.get("name", "")}
    if service.get("namespace"):
        metadata["namespace"] = service["namespace"]
    return [new_resource({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, where)]


GENERATORS: dict[str, Callable[[Level, Tree, Origin], list[Resource]]] = {
    "ConfigMapGenerator": _config_map,
    "IAMPolicyGenerator": _iam_policy,
    "SecretGenerator": _secret,
}
"""The builtin generators by the kind of their configuration. HelmChartInflationGenerator is not built yet."""


def generate(level: Level, config: Resource) -> None:
    """Run the generator that an object configures, and add what it makes."""
    kind = config.id.kind
    if is_builtin(config):
        if kind not in GENERATORS:
            _unknown(level, config, "generator", GENERATORS)
            return
        typed = _typed(level, config)
        made = GENERATORS[kind](level, typed, config.origin) if typed is not None else []
    else:
        made = _run_as_generator(level, config)
    for resource in made:
        if level.run.tracked and not resource.lineage.made:
            resource.lineage = resource.lineage._replace(made=made_by(config))
        generated.absorb(level, resource, config.origin)


def transform(level: Level, config: Resource) -> None:
    """Run the transformer that an object configures."""
    kind = config.id.kind
    if not is_builtin(config):
        _run_as_transformer(level, config)
    elif kind not in TRANSFORMERS:
        _unknown(level, config, "transformer", TRANSFORMERS)
        return
    elif (typed := _typed(level, config)) is not None:
        TRANSFORMERS[kind](level, typed, config.origin)
    if level.run.tracked and config.lineage.made:
        level.note(made_by(config))


def is_builtin(config: Resource) -> bool:
    return not config.id.group and config.version == "builtin"


def made_by(config: Resource) -> Made:
    """The origin annotation of what a configuration object makes."""
    name: list[tuple[str, Any]] = [("apiVersion", config.api_version)] if config.api_version else []
    name += [("kind", config.id.kind), ("name", config.id.name)]
    if config.id.namespace:
        name.append(("namespace", config.id.namespace))
    made = dict(config.lineage.made)
    source = tuple((field, made[field]) for field in ("repo", "ref") if field in made)
    path = (("configuredIn", made["path"]),) if made.get("path") else ()
    return (*source, *path, ("configuredBy", tuple(name)))


def _typed(level: Level, config: Resource) -> Tree | None:
    typed, findings = level.sources.typed(config.body, config.id.kind, config.origin)
    level.findings.add(findings)
    return None if any(f.severity == "error" for f in findings) else {**typed, "kind": config.id.kind}


def _unknown(level: Level, config: Resource, what: str, known: dict[str, Any]) -> None:
    message, hint = f"there is no builtin {what} {config.id.kind}", f"there are: {', '.join(sorted(known))}"
    if config.id.kind == "HelmChartInflationGenerator":
        message = "Helm charts are not rendered yet"
        hint = "render the chart with `helm template`, and list the file that it writes under `resources`"
    level.report("PS281", message, config.origin, hint=hint)


_FUNCTION = ("config.kubernetes.io/function", "config.k8s.io/function")
_HASH, _BEHAVIOR = "kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior"


def _function(level: Level, config: Resource) -> tuple[str, list[str], list[str]] | None:
    """Path, arguments and environment of the exec function of an object; None, with the reason reported."""
    if not level.options.plugins:
        level.report("PS282", f"the plugin {config.id.kind} is not builtin", config.origin, hint=_permission(level))
        return None
    annotations = config.body.get("metadata", {}).get("annotations") or {}
    written = next((annotations[name] for name in _FUNCTION if isinstance(annotations.get(name), str)), "")
    documents, findings = level.sources.embedded(written, config.origin.below("metadata", "annotations"), config=True)
    level.findings.add(findings)
    spec = documents[0].body if documents and isinstance(documents[0].body, dict) else {}
    run = spec.get("exec") if isinstance(spec.get("exec"), dict) else {}
    if not run or not text(run.get("path")):
        message = "Penstock runs no containers" if spec.get("container") else "this plugin is no exec function"
        level.report("PS282", message, config.origin)
        return None
    if level.options.run_function is None:
        hint = "allow it with --enable-exec"
        level.report("PS282", "exec functions are not run unless they are allowed", config.origin, hint=hint)
        return None
    if level.folder.clone:
        level.report("PS282", "exec functions of another repository are not run", config.origin)
        return None
    return text(run["path"]), [text(a) for a in run.get("args") or ()], [text(e) for e in run.get("envs") or ()]


def _permission(level: Level) -> str:
    """What allows plugins that are not builtin, in the command that is running."""
    if level.options.can_execute:
        return "builtin plugins have the apiVersion `builtin`; allow others with --enable-alpha-plugins --enable-exec"
    return "builtin plugins have the apiVersion `builtin`; others are not run here, since the sources come from git"


def _call(level: Level, config: Resource, objects: list[Tree]) -> list[Document] | None:
    """Run an exec function on objects, wrapped as a ResourceList; what it answers, unwrapped."""
    function = _function(level, config)
    if function is None or level.options.run_function is None:
        return None
    import json

    path, arguments, environment = function
    local = {**config.body, "metadata": {**config.body.get("metadata", {})}}
    local["metadata"]["annotations"] = {**(local["metadata"].get("annotations") or {}), finish.LOCAL: "true"}
    request = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": objects or [local],
        "functionConfig": local,
    }
    try:
        answer = level.options.run_function(
            path, arguments, environment, level.folder.real, json.dumps(request, ensure_ascii=False).encode()
        )
    except Refusal as refusal:
        level.report("PS283", str(refusal), config.origin)
        return None
    documents, findings = level.sources.embedded(answer.decode(errors="replace"), config.origin, config=False)
    level.findings.add(findings)
    return [item for document in documents for item in _unwrapped(document)]


def _unwrapped(document: Document) -> list[Document]:
    body = document.body
    if isinstance(body, dict) and body.get("kind") == "ResourceList":
        return [Document(document.origin, item) for item in body.get("items") or ()]
    return [document]


def _answers(level: Level, config: Resource, objects: list[Tree]) -> list[Resource] | None:
    documents = _call(level, config, objects)
    if documents is None:
        return None
    resources: list[Resource] = []
    for document in documents:
        found, findings = objects_in(document)
        level.findings.add(findings)
        resources += [new_resource(body, config.origin, lineage_of(body, level, config.origin)) for body, _ in found]
    return [r for r in resources if not finish.is_local(r)]


def _run_as_generator(level: Level, config: Resource) -> list[Resource]:
    made = _answers(level, config, []) or []
    for resource in made:
        annotations = dict(resource.body.get("metadata", {}).get("annotations") or {})
        needs_hash = text(annotations.pop(_HASH, "")).lower() in ("1", "t", "true")
        behavior = text(annotations.pop(_BEHAVIOR, ""))
        resource.lineage = resource.lineage._replace(needs_hash=needs_hash, behavior=behavior)
        respell(resource, _with_annotations(resource.body, annotations))
    return made


def _with_annotations(body: Tree, annotations: Tree) -> Tree:
    metadata = {k: v for k, v in body["metadata"].items() if k != "annotations"}
    if annotations:
        metadata["annotations"] = annotations
    return {**body, "metadata": metadata}


def _run_as_transformer(level: Level, config: Resource) -> None:
    answers = _answers(level, config, [with_notes(r) for r in level.resources])
    if answers is None:
        return
    ours = {current(r): r for r in level.resources}
    kept: set[int] = set()
    for answer in answers:
        resource = ours.get(current(answer))
        if resource is None:
            resource = answer
            level.resources.append(answer)
            ours[current(answer)] = answer
        else:
            if with_notes(resource) != answer.body:
                put(resource, (), answer.body, config.origin)
            resource.lineage = answer.lineage
            resource.spelling = answer.spelling
            reidentify(resource)
        kept.add(id(resource))
    level.resources[:] = [r for r in level.resources if id(r) in kept]
    level.accumulation.changed()


def inline(level: Level, entry: str, where: Origin) -> list[Resource] | None:
    """The objects of an entry that is itself YAML; None where it names a file or directory."""
    documents, findings = level.sources.embedded(entry, where, config=False)
    if any(f.severity == "error" for f in findings):
        return None
    found = [objects_in(d) for d in documents]
    if any(refusals for _, refusals in found):
        return None
    return [new_resource(body, origin) for objects, _ in found for body, origin in objects]
