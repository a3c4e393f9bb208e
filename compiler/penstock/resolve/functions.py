"""Exec functions: programs that a kustomization names as generators, transformers and validators.

A function is given a ResourceList and returns one (KRM functions specification). Kustomize writes all objects as YAML
for the function and parses what it prints; what Kustomize has noted about an object travels through the function as
annotations. (`api/internal/plugins/fnplugin` and `kyaml/runfn`, v5.8.2.)
"""

from collections.abc import Iterable, Iterator, Mapping

from penstock.model import Document, Pointer, Refusal, Resource, Spelling, Tree, has_errors
from penstock.resolve.finding.identities import NOT_NAMESPACED, Identity, current
from penstock.resolve.function_answers import INDEXES, NUMBERS, misfit, number_of, with_notes_in_copies
from penstock.resolve.function_configs import function_of, named_at
from penstock.resolve.level import Level
from penstock.resolve.objects import LOCAL, objects_in
from penstock.resolve.options import FunctionCall
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, lineage_of, with_notes, without_notes
from penstock.resolve.spelling.settle import settle
from penstock.resolve.spelling.written_identity import reidentify, written_resource
from penstock.resolve.spelling.written_values import text_of
from penstock.scalar import can_be_block, config_scalar, refolded
from penstock.tree import MISSING, get, leaves, log, respell, with_value
from penstock.typed import Any
from penstock.words import dotted

_HASH, _BEHAVIOR = "kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior"
_ID = "kustomize.config.k8s.io/id"
_BLOCKS = ("|", ">")
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def _call(level: Level, config: Resource, objects: list[Tree]) -> tuple[list[Document], str] | None:
    """Run an exec function on objects. Return the documents of its answer, unwrapped, and the text of the answer; None,
    with the reason reported, where there is no usable answer.
    """
    function = function_of(level, config)
    if function is None or level.options.run_function is None:
        return None
    local = with_value(config.body, (*ANNOTATIONS, LOCAL), "true")
    items = _numbered(objects or [local])  # Kustomize never runs a function without objects
    call = FunctionCall(function.path, function.args, function.envs, level.folder.real, items, local)
    try:
        answer = level.options.run_function(call)
    except Refusal as refusal:
        level.report("PS283", str(refusal), config.origin)
        return None
    text_given_back = answer.decode(errors="replace")
    documents, findings = level.sources.embedded(text_given_back, config.origin, config=False)
    if has_errors(findings):
        _report_answer(level, config, findings[0].message)
        return None
    answers = _unwrapped(documents)
    if answers is not documents and "*" in text_given_back and not _are_apart(level, documents[0], text_given_back):
        _report_answer(level, config, "an alias leads from one object into another, and Kustomize prints each alone")
        return None
    misplaced = misfit(level, documents, answers, (text_given_back, items))
    if misplaced is not None:
        _report_answer(level, config, f"{dotted(misplaced)} is of another kind than before, or an alias")
        return None
    return answers, text_given_back


def _are_apart(level: Level, document: Document, written: str) -> bool:
    return level.spellings.are_apart(written, document.origin.below("items"))


def _numbered(items: list[Tree]) -> list[Tree]:
    """Return the objects with the annotations by which Kustomize finds them again in the answer."""
    numbered = []
    for index, item in enumerate(items):
        stamps = {INDEXES[1]: index, NUMBERS[1]: index + 1}
        stamps |= {INDEXES[0]: index, NUMBERS[0]: index + 1}
        for name, number in stamps.items():
            item = with_value(item, (*ANNOTATIONS, name), str(number))
        numbered.append(item)
    return numbered


def _unwrapped(documents: list[Document]) -> list[Document]:
    """Return the items of a list that is the only document of an answer; otherwise the documents."""
    body = documents[0].body if len(documents) == 1 else None
    if not isinstance(body, dict) or body.get("kind") not in ("ResourceList", "List"):
        return documents
    if "items" not in body and "functionConfig" not in body:
        return documents
    items = body.get("items")
    origin = documents[0].origin.below("items")
    return [Document(origin.below(i), item) for i, item in enumerate(items if isinstance(items, list) else ())]


def _answers(level: Level, config: Resource, objects: list[Tree]) -> list[Resource] | None:
    """Return the objects that a function answers with, each with the lineage from its annotations; None where the
    function fails.
    """
    called = _call(level, config, objects)
    if called is None:
        return None
    documents, written = called
    resources: list[Resource] = []
    for document in documents:
        body = with_notes_in_copies(document.body) if "*" in written else document.body
        found, findings = objects_in((document._replace(origin=config.origin, body=body),))
        if findings:
            _report_answer(level, config, findings[0].message)
            return None
        styles = _styles(level, document, written)
        if any(styles.get(at) in _BLOCKS and _is_lost(value) for at, value in leaves(document.body)):
            _report_answer(level, config, "Kustomize cannot read a block that starts with a tab once it has printed it")
            return None
        spelling = _spelling(styles, written, is_known=number_of(document.body) != "")
        resources += [
            _answer(level, config, _refolded(level, config, body, spelling.folded), spelling) for body, _ in found
        ]
    return resources


def _is_lost(block: str) -> bool:
    """Return whether Kustomize prints a block without its indentation, so that a tab at its start is taken for it."""
    return block[:1] == "\t" and can_be_block(block)


def _refolded(level: Level, config: Resource, body: Tree, folded: Iterable[Pointer]) -> Tree:
    """Return the body of an answer after Kustomize has printed its folded texts and read them again."""
    for at in folded:
        level.spellings.loose.add(config.origin.path)  # so that it is folded again at the end
        value = get(body, at)
        if value.__class__ is str:
            body = with_value(body, at, refolded(value))
    return body


def _styles(level: Level, document: Document, written: str) -> Mapping[Pointer, str]:
    """Return the style of each scalar of an answer; none where no text needs quotes or has several lines."""
    texts = [value for _, value in leaves(document.body) if value.__class__ is str]
    if all(config_scalar(value) == value and "\n" not in value for value in texts):
        return {}
    return level.spellings.styles_in(written, document.origin)


def _spelling(styles: Mapping[Pointer, str], written: str, is_known: bool) -> Spelling:
    """Return how an object of an answer is written. Strings that need quotes and have none matter to later patches.

    An object that `is_known` by its number gets the comments of the one that the function was given, and with them
    double quotes in place of folded texts (`kyaml/comments`).
    """
    if written.lstrip()[:1] == "{":
        return Spelling(through_json="list")
    styleless = frozenset(at for at, style in styles.items() if not style)
    folded = frozenset(at for at, style in styles.items() if style == ">" and not is_known)
    return Spelling(through_json="function", styleless=styleless, folded=folded)


def _answer(level: Level, config: Resource, body: Tree, spelling: Spelling) -> Resource:
    lineage = lineage_of(body, level, config.origin)
    resource = written_resource(level, without_notes(body), named_at(config), lineage, spelling)
    _write_annotations_anew(level, resource)
    return resource


def _report_answer(level: Level, config: Resource, why: str) -> None:
    message = f"the answer of the function {config.id.name!r} cannot be used: {why}"
    level.report("PS283", message, config.origin, hint="it must print a ResourceList, or objects, as YAML or JSON")


def _write_annotations_anew(level: Level, resource: Resource) -> None:
    """Write all annotations as text, as Kustomize does, and make the field exist: Kustomize keeps notes of its own
    there.
    """
    metadata = resource.body.get("metadata")
    if not isinstance(metadata, dict):
        return
    values = metadata.get("annotations")
    at = ANNOTATIONS
    old = values if isinstance(values, dict) else {}
    texts = {key: text_of(level, resource, (*at, key), value) for key, value in old.items() if key != _ID}
    respell(resource, {**resource.body, "metadata": {**metadata, "annotations": texts}})


def generate(level: Level, config: Resource) -> list[Resource]:
    """Return the objects that a function generates."""
    made = _answers(level, config, []) or []
    for resource in made:
        annotations = dict(resource.body["metadata"]["annotations"])
        wants_hash = annotations.pop(_HASH, "false")
        if wants_hash not in _TRUE | _FALSE:
            _report_answer(level, config, f"the annotation {_HASH} must be true or false; found {wants_hash!r}")
            return []
        behavior = annotations.pop(_BEHAVIOR, "")
        resource.lineage = resource.lineage._replace(needs_hash=wants_hash in _TRUE, behavior=behavior)
        respell(resource, with_value(resource.body, ANNOTATIONS, annotations))
    return made


def transform(level: Level, config: Resource) -> None:
    """Let a function change, add and remove objects of a level."""
    _write(level, level.resources)
    if level.findings.failed:
        return
    answers = _answers(level, config, [_with_identity(r) for r in level.resources])
    if answers is None or _has_two(level, config, answers):
        return
    _take(level, answers)


def _write(level: Level, resources: list[Resource]) -> None:
    """Give the objects the values that they have once they are written as YAML, since that is what the function
    sees.
    """
    for resource in resources:
        settle(level, resource, but=ANNOTATIONS)
        _write_annotations_anew(level, resource)


def _take(level: Level, answers: list[Resource]) -> None:
    """Replace the objects of a level by the answers of a function."""
    ours = {current(r): r for r in level.resources}
    given = {current(answer) for answer in answers}
    for answer in answers:
        if current(answer) in ours:
            # The object keeps its history, which the function's answer cannot carry.
            _take_over(level, ours[current(answer)], answer)
        else:
            level.resources.append(answer)
    level.resources[:] = [r for r in level.resources if current(r) in given]
    level.accumulation.changed()


def _take_over(level: Level, resource: Resource, answer: Resource) -> None:
    """Give an object the body of an answer. Values that the function left unchanged keep their writer."""
    for at in _changes(resource.body, answer.body, ()):
        log(resource, at, answer.origin)
    respell(resource, answer.body)
    resource.spelling = answer.spelling._replace(log_then=resource.log)
    resource.lineage = answer.lineage._replace(variables=resource.lineage.variables)
    reidentify(level, resource)


def _changes(old: Any, new: Any, at: Pointer) -> Iterator[Pointer]:
    """Yield the places where two trees differ, outermost first."""
    if old.__class__ is dict and new.__class__ is dict:
        for key in {**old, **new}:
            yield from _changes(old.get(key, MISSING), new.get(key, MISSING), (*at, key))
    elif old.__class__ is list and new.__class__ is list and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, (*at, index))
    elif old.__class__ is not new.__class__ or old != new:
        yield at


def validate(level: Level, config: Resource) -> None:
    """Run a function as a validator.

    Kustomize v5.8.2 notes a path on every object that a function returns, and then takes this note for a change. It
    does not look at objects that were added or removed.
    """
    # A validator must not change anything, so it is given copies.
    trial = [resource.fork() for resource in level.resources]
    _write(level, trial)
    if level.findings.failed:
        return
    answers = _answers(level, config, [_with_identity(r) for r in trial]) or []
    here = {current(resource) for resource in trial}
    if _has_two(level, config, answers):
        return
    if any(current(answer) in here for answer in answers):
        message = "Kustomize refuses an exec function as a validator: its own notes on the objects count as changes"
        hint = "name it under `transformers:`, where a function that fails stops the build too"
        level.report("PS284", message, config.origin, hint=hint)


def _with_identity(resource: Resource) -> Tree:
    """Return the body of an object for a function, with everything that Kustomize notes in the annotations."""
    group, version, kind, namespace, name = current(resource)
    fields = {"group": group, "isClusterScoped": "true" if namespace == NOT_NAMESPACED else "", "kind": kind}
    fields |= {"name": name, "namespace": resource.id.namespace, "version": version}
    written = "".join(f"{field}: {value}\n" for field, value in fields.items() if value)
    body: Tree = with_value(with_notes(resource), (*ANNOTATIONS, _ID), written)
    return body


def _has_two(level: Level, config: Resource, answers: list[Resource]) -> bool:
    """Return whether a function answers with two objects of the same identity, and report it."""
    known: set[Identity] = set()
    for answer in answers:
        if current(answer) in known:
            _report_answer(level, config, f"{answer.id} is there twice")
            return True
        known.add(current(answer))
    return False
