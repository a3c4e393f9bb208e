"""`generators:`, `transformers:` and `validators:`: objects that configure the builtin plugins, and exec functions.

The configuration objects are in files, in directories with a kustomization, or inline. Builtin plugins have the
apiVersion `builtin`; their names are those of Kustomize.
"""

from collections.abc import Callable

from penstock.model import Origin, Resource, Tree
from penstock.resolve import finish, functions
from penstock.resolve.configurations import field_specs
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.generators import generated
from penstock.resolve.level import Level, Made
from penstock.resolve.objects import objects_in
from penstock.resolve.spelling.unsettled import settle_unsettled
from penstock.resolve.spelling.written_identity import written_resource
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
from penstock.scalar import may_be_date
from penstock.tree import leaves, origin_of
from penstock.typed import Any

Configured = Callable[[Level, Tree, Origin], None]


def _specs(level: Level, config: Tree, where: Origin) -> tuple[FieldSpec, ...]:
    return field_specs(level, config.get("fieldSpecs", ()), where)


def _annotations(level: Level, config: Tree, where: Origin) -> None:
    pairs = labels.pairs_at(config.get("annotations", {}), where.below("annotations").below)
    labels.add(level, pairs, _specs(level, config, where))


def _labels(level: Level, config: Tree, where: Origin) -> None:
    pairs = labels.pairs_at(config.get("labels", {}), where.below("labels").below)
    labels.add(level, pairs, _specs(level, config, where))


def _hashes(level: Level, config: Tree, where: Origin) -> None:
    for resource in level.resources:
        if resource.lineage.needs_hash:
            finish.add_hash(level, resource)
    level.accumulation.changed()


def _image(level: Level, config: Tree, where: Origin) -> None:
    images.set_images(level, [(config.get("imageTag", {}), where.below("imageTag"))], _specs(level, config, where))


def _namespace(level: Level, config: Tree, where: Origin) -> None:
    mode = config.get("setRoleBindingSubjects") or "defaultOnly"
    if mode not in ("defaultOnly", "allServiceAccounts", "none"):
        at = where.below("setRoleBindingSubjects")
        level.report("PS280", f"`setRoleBindingSubjects` is defaultOnly, allServiceAccounts or none; found {mode}", at)
        return
    name = config.get("metadata", {}).get("namespace", "")
    at = where.below("metadata", "namespace")
    unset_only = config.get("unsetOnly", False)
    namespace.put_all(level, namespace.Setting(name, _specs(level, config, where), at, mode, unset_only))


def _prefix(level: Level, config: Tree, where: Origin) -> None:
    if _needs_specs(level, config, where):
        name_prefix.add(level, config.get("prefix", ""), _specs(level, config, where), where.below("prefix"))


def _suffix(level: Level, config: Tree, where: Origin) -> None:
    if _needs_specs(level, config, where):
        name_suffix.add(level, config.get("suffix", ""), _specs(level, config, where), where.below("suffix"))


def _prefix_and_suffix(level: Level, config: Tree, where: Origin) -> None:
    _prefix(level, config, where)
    _suffix(level, config, where)


def _needs_specs(level: Level, config: Tree, where: Origin) -> bool:
    if "fieldSpecs" not in config:
        hint = "add `fieldSpecs: [{path: metadata/name}]`"
        level.report("PS280", f"a {config['kind']} needs `fieldSpecs`", where, hint=hint)
        return False
    return True


def _json_patch(level: Level, config: Tree, where: Origin) -> None:
    patches_json6902.apply_entry(level, config, where, field="jsonOp")


def _replacements(level: Level, config: Tree, where: Origin) -> None:
    replacements.apply_entries(level, config.get("replacements", []), where.below("replacements"))


def _replicas(level: Level, config: Tree, where: Origin) -> None:
    replicas.set_count(level, config.get("replica", {}), _specs(level, config, where), where.below("replica"))


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
        message = f"`cloud` must be gke; found {config.get('cloud')!r}"
        level.report("PS280", message, where.below("cloud"), hint="write `cloud: gke`")
        return []
    account, service = config.get("serviceAccount", {}), config.get("kubernetesService", {})
    address = f"{account.get('name', '')}@{account.get('projectId', '')}.iam.gserviceaccount.com"
    metadata = {"annotations": {"iam.gke.io/gcp-service-account": address}, "name": service.get("name", "")}
    if service.get("namespace"):
        metadata["namespace"] = service["namespace"]
    return [new_resource({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, where)]


def _helm_chart(level: Level, config: Tree, where: Origin) -> list[Resource]:
    from penstock.resolve.generators import helm_chart  # few kustomizations have charts

    return helm_chart.inflate(level, helm_chart.configured(config, where))


GENERATORS: dict[str, Callable[[Level, Tree, Origin], list[Resource]]] = {
    "ConfigMapGenerator": _config_map,
    "HelmChartInflationGenerator": _helm_chart,
    "IAMPolicyGenerator": _iam_policy,
    "SecretGenerator": _secret,
}
"""The builtin generators by the kind of their configuration."""


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
        made = functions.generate(level, config)
    for resource in made:
        if level.run.tracked and not resource.lineage.made:
            resource.lineage = resource.lineage._replace(made=made_by(config))
        generated.absorb(level, resource, config.origin)


def transform(level: Level, config: Resource) -> None:
    """Run the transformer that an object configures."""
    kind = config.id.kind
    if not is_builtin(config):
        functions.transform(level, config)
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
    """Return the origin annotation for the objects that a configuration object makes."""
    name: list[tuple[str, Any]] = [("apiVersion", config.api_version)] if config.api_version else []
    name += [("kind", config.id.kind), ("name", config.id.name)]
    if config.id.namespace:
        name.append(("namespace", config.id.namespace))
    made = dict(config.lineage.made)
    source = tuple((field, made[field]) for field in ("repo", "ref") if field in made)
    path = (("configuredIn", made["path"]),) if made.get("path") else ()
    return (*source, *path, ("configuredBy", tuple(name)))


def _typed(level: Level, config: Resource) -> Tree | None:
    """Return a configuration as its plugin gets it, or None where a field has the wrong type, which is reported.

    Kustomize writes the configuration as YAML and reads it again, which turns a date into a text.
    """
    settle_unsettled(level, config)
    level.spellings.note_config(config.origin)
    for at, value in leaves(config.body):
        if isinstance(value, str) and may_be_date(value):
            level.spellings.spell(origin_of(config, at), value)
        elif isinstance(value, float) and value - value != 0:
            message = "a number that JSON cannot hold, such as `.inf`, cannot be passed to a plugin"
            level.report("PS111", message, origin_of(config, at), hint="quote it, or remove it")
            return None
    typed, findings = level.sources.typed(config.body, config.id.kind, config.origin)
    level.findings.add(findings)
    return None if any(f.severity == "error" for f in findings) else {**typed, "kind": config.id.kind}


def _unknown(level: Level, config: Resource, what: str, known: dict[str, Any]) -> None:
    message, hint = f"there is no builtin {what} {config.id.kind}", f"there are: {', '.join(sorted(known))}"
    level.report("PS281", message, config.origin, hint=hint)


def inline(level: Level, entry: str, where: Origin) -> list[Resource] | None:
    """Return the objects of an entry that is itself YAML; None where the entry names a file or directory.

    A text of several lines names neither, so the mistakes in it are reported.
    """
    documents, findings = level.sources.embedded(entry, where, config=False)
    if any(f.severity == "error" for f in findings):
        if "\n" not in entry:
            return None
        level.findings.add(findings)
        return []
    objects, refusals = objects_in(documents)
    if refusals:
        return None
    return [written_resource(level, body, origin) for body, origin in objects]
