"""`penstock edit set|add|remove|fix …`: change the kustomization file of the current directory.

The commands are those of `kustomize edit` v5.8.2. Comments, order and layout of the file survive: only the lines that
must change, change. Where nothing changes, the file is not written.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import (
    KustomizationFile,
    Overlaid,
    edited_text,
    existing,
    expanded,
    open_kustomization,
    save,
)
from penstock.cli.streams import CLEAN, SOURCES, USAGE, Help, Streams
from penstock.edit import build_metadata, generators, metadata, patches, paths
from penstock.edit.fields import Edited, with_field
from penstock.edit.images import set_images
from penstock.edit.replicas import set_replicas
from penstock.model import Refusal, Tree
from penstock.records import NamedTuple
from penstock.words import nearest

Given = argparse.Namespace
Option = tuple[tuple[str, ...], dict[str, Any]]


class Command(NamedTuple):
    """A command of `edit`. `words` is its name, and `operands` describes its operands (`…` for more than one). `edit`
    returns the wanted fields.
    """

    words: str
    operands: str
    edit: Callable[[Given, KustomizationFile], Edited]
    options: tuple[Option, ...] = ()


def run(argv: Sequence[str], streams: Streams) -> int:
    words = [word for word in argv if word not in ("-h", "--help")]
    # `fix` rewrites the whole file, and so has a way of its own.
    if words[:1] == ["fix"]:
        from penstock.cli.fix import fix

        return fix(argv[1:], streams)
    command = next((c for c in COMMANDS if c.words.split() == words[:2]), None)
    if command is None or list(argv[:2]) != words[:2]:
        return _not_a_command(argv, words, streams)
    given = _parse(command, argv[2:], streams)
    file = open_kustomization(streams)
    wanted, notes = command.edit(given, file)
    for note in notes:
        print(f"penstock: {note}", file=streams.err)
    save(file, edited_text(file, wanted))
    return CLEAN


def _not_a_command(argv: Sequence[str], words: list[str], streams: Streams) -> int:
    usage = ["usage: penstock edit COMMAND [OPTION ...]", "", "commands:"]
    usage += [f"  {command.words} {command.operands}".rstrip() for command in COMMANDS]
    usage += ["  fix [--vars]", "", "`penstock edit COMMAND --help` says more."]
    if len(words) < len(argv):
        streams.out.write("\n".join(usage) + "\n")
        raise Help
    if not argv:
        streams.err.write("\n".join(usage) + "\n")
        return USAGE
    given = " ".join(words[:2])
    meant = nearest(given, [*(command.words for command in COMMANDS), "fix"])
    hint = f"; did you mean edit {meant}?" if meant else ""
    raise Refusal(f"there is no command edit {given}{hint}; `penstock edit --help` lists them")


def _parse(command: Command, argv: Sequence[str], streams: Streams) -> Given:
    parser = Arguments(f"edit {command.words}", streams, __doc__ or "")
    for names, settings in command.options:
        parser.add_argument(*names, **settings)
    parser.add_argument("operands", metavar=command.operands.removesuffix(" …") or "NOTHING", nargs="*")
    before, behind = _at_double_dash(list(argv))
    given = parser.parse_intermixed_args(_with_values(command, before))
    given.operands += behind
    if any("\ud800" <= character <= "\udfff" for word in argv for character in word):
        raise Refusal("an argument is not UTF-8")
    _check_operands(command, len(given.operands))
    return given


def _check_operands(command: Command, count: int) -> None:
    name = command.operands.removesuffix(" …")
    if not name and count:
        raise Refusal(f"edit {command.words} takes options only")
    if name != command.operands and not count:
        raise Refusal(f"edit {command.words} takes at least one {name}")
    if name and name == command.operands and count != 1:
        raise Refusal(f"edit {command.words} takes exactly one {name}")


def _at_double_dash(argv: list[str]) -> tuple[list[str], list[str]]:
    """Return the words before `--`, and the operands after it."""
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at + 1 :]


def _with_values(command: Command, argv: Sequence[str]) -> list[str]:
    """Return the words in a form that `argparse` accepts, as scripts for Kustomize may have them.

    Every option is joined with its value, so that a value may begin with a dash, and `--force=true` becomes `--force`.
    """
    switches = {name for names, settings in command.options if settings.get("action") == "store_true" for name in names}
    valued = {name for names, _ in command.options for name in names} - switches
    words = []
    waiting = iter(argv)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in valued and not equals:
            following = next(waiting, None)
            words.append(word if following is None else f"{word}={following}")
        elif name not in switches or not equals:
            words.append(word)
        elif _is_on(name, value):
            words.append(name)
    return words


def _is_on(name: str, value: str) -> bool:
    """Return what a word says about a switch. Raises `Refusal` for anything but true and false."""
    if value.lower() not in ("true", "t", "1", "false", "f", "0"):
        raise Refusal(f"{name} is true or false, not {value!r}")
    return value.lower() in ("true", "t", "1")


# ── what a command does beyond the fields ───────────────────────────────────────────────────────────────────────────


def _set_text(field: str) -> Callable[[Given, KustomizationFile], Edited]:
    return lambda given, file: (with_field(file.fields, field, given.operands[0]), [])


def _add_existing(field: str) -> Callable[[Given, KustomizationFile], Edited]:
    """Add paths that must exist or be remote. The kustomization file itself is left out."""

    def edit(given: Given, file: KustomizationFile) -> Edited:
        verified = not getattr(given, "no_verify", False)
        found = existing(file.files.root, given.operands) if verified else given.operands
        return paths.add_paths(file.fields, field, [path for path in found if path != file.name])

    return edit


def _add_matching(field: str) -> Callable[[Given, KustomizationFile], Edited]:
    """Add the paths of files. A pattern without a match is only reported."""

    def edit(given: Given, file: KustomizationFile) -> Edited:
        found = [(pattern, expanded(file.files.root, pattern)) for pattern in given.operands]
        notes = [f"{pattern} has no match" for pattern, matches in found if not matches]
        wanted, more = paths.add_paths(file.fields, field, [path for _, matches in found for path in matches])
        return wanted, notes + more

    return edit


def _add_bases(given: Given, file: KustomizationFile) -> Edited:
    for path in given.operands[0].split(","):
        if not expanded(file.files.root, path):
            raise Refusal(f"{path} does not exist")
    return paths.add_bases(file.fields, given.operands[0])


def _add_label(given: Given, file: KustomizationFile) -> Edited:
    if given.without_selector:
        return metadata.add_plain_labels(file.fields, given.operands, given.force, given.include_templates)
    if given.include_templates:
        raise Refusal("--include-templates goes with --without-selector only")
    return metadata.add_pairs(file.fields, "label", given.operands, given.force)


def _patch(given: Given) -> Tree:
    return patches.patch_of(given.path, given.patch, vars(given))


def _add_generator(what: str) -> Callable[[Given, KustomizationFile], Edited]:
    def edit(given: Given, file: KustomizationFile) -> Edited:
        sources = generators.Given(
            literals=given.from_literal,
            files=[path for word in given.from_file for path in _file_source(word, file.files.root)],
            env_file=given.from_env_file,
            behavior=getattr(given, "behavior", ""),
            type=getattr(given, "type", ""),
            no_hash=given.disableNameSuffixHash,
        )
        name = given.operands[0]
        edited = generators.add_source(file.fields, what, name, given.namespace, sources)
        _try_out(file, edited[0], what)
        return edited

    return edit


def _set_generator(what: str) -> Callable[[Given, KustomizationFile], Edited]:
    def edit(given: Given, file: KustomizationFile) -> Edited:
        name, literals = given.operands[0], given.from_literal
        edited = generators.set_source(file.fields, what, name, given.namespace, literals, given.new_namespace)
        _try_out(file, edited[0], what)
        return edited

    return edit


def _file_source(word: str, directory: str) -> list[str]:
    """Return `[key=]pattern[,…]` as sources of a generator. With a key, exactly one file must match."""
    sources = []
    for source in word.split(","):
        key, equals, pattern = source.rpartition("=")
        found = expanded(directory, pattern)
        if not found or (equals and len(found) != 1):
            raise Refusal(f"{source} matches {len(found)} files; it should match one")
        sources += [f"{key}={path}" if equals else path for path in found]
    return sources


def _try_out(file: KustomizationFile, wanted: Tree, what: str) -> None:
    """Generate the changed entries and nothing else. Raises `Refusal` if that fails, for example for a missing file or
    a duplicate key.
    """
    from penstock.edit.write import in_line
    from penstock.pipeline import build, open_project

    field = generators.FIELDS[what]
    changed = [entry for entry in wanted.get(field, ()) if entry not in file.fields.get(field, ())]
    # Without its bases, there is nothing to merge with or to replace.
    alone = [{key: value for key, value in entry.items() if key != "behavior"} for entry in changed]
    if alone:
        trial = Overlaid(file.files, {file.name: in_line({field: alone}, quoted=True)})
        _, findings = build(open_project(trial), ".")
        errors = [f.message for f in findings if f.severity == "error"]
        if errors:
            raise Refusal(f"this {what} cannot be made: {errors[0]}", SOURCES)


def _option(*names: str, **settings: Any) -> Option:
    return names, {"default": "", **settings}


def _switch(*names: str, **settings: Any) -> Option:
    return names, {"action": "store_true", **settings}


def _list(*names: str, **settings: Any) -> Option:
    return names, {"action": "append", "default": [], **settings}


_FORCE = _switch("-f", "--force", help="write over what is there")
_IGNORE = _switch("-i", "--ignore-non-existence", help="what is not there is no error")
_NAMESPACE = _option("--namespace", help="the namespace of the entry")
_LITERAL = _list("--from-literal", metavar="KEY=VALUE", help="a key and its value")
_SOURCES = (
    _LITERAL,
    _list("--from-file", metavar="[KEY=]FILE", help="a file; patterns and commas make it several"),
    _option("--from-env-file", metavar="FILE", help="a file of lines KEY=VALUE"),
    _switch("--disableNameSuffixHash", help="no hash at the end of the name"),
    _NAMESPACE,
)
_VALUES = (_LITERAL, _NAMESPACE, _option("--new-namespace", help="the namespace that the entry shall have"))
_PATCH = (
    _option("--path", help="the file of the patch"),
    _option("--patch", help="the text of the patch"),
    *(_option(f"--{part}", help=f"{part} of the target") for part in ("group", "version", "kind", "name", "namespace")),
    _option("--annotation-selector", dest="annotationSelector", help="annotations of the target"),
    _option("--label-selector", dest="labelSelector", help="labels of the target"),
)

COMMANDS: tuple[Command, ...] = (
    Command("set image", "IMAGE …", lambda g, f: set_images(f.fields, g.operands)),
    Command("set replicas", "NAME=COUNT …", lambda g, f: set_replicas(f.fields, g.operands)),
    Command("set namespace", "NAMESPACE", _set_text("namespace")),
    Command("set nameprefix", "PREFIX", _set_text("namePrefix")),
    Command("set namesuffix", "SUFFIX", _set_text("nameSuffix")),
    Command("set label", "KEY:VALUE …", lambda g, f: metadata.set_pairs(f.fields, "label", g.operands)),
    Command("set annotation", "KEY:VALUE …", lambda g, f: metadata.set_pairs(f.fields, "annotation", g.operands)),
    Command("set buildmetadata", "OPTION,OPTION", lambda g, f: build_metadata.set_options(f.fields, g.operands[0])),
    Command("set configmap", "NAME", _set_generator("configmap"), _VALUES),
    Command("set secret", "NAME", _set_generator("secret"), _VALUES),
    Command(
        "add resource",
        "PATH …",
        _add_existing("resources"),
        (_switch("--no-verify", help="add what is not there, too"),),
    ),
    Command("add component", "PATH …", _add_existing("components")),
    Command("add base", "PATH,PATH", _add_bases),
    Command("add generator", "PATH …", _add_matching("generators")),
    Command("add transformer", "PATH …", _add_matching("transformers")),
    Command("add configuration", "PATH …", _add_matching("configurations")),
    Command("add patch", "", lambda g, f: patches.add_patch(f.fields, _patch(g)), _PATCH),
    Command(
        "add label",
        "KEY:VALUE …",
        _add_label,
        (
            _FORCE,
            _switch("--without-selector", help="for no selector: under `labels`"),
            _switch("--include-templates", help="with --without-selector: for pod templates, too"),
        ),
    ),
    Command(
        "add annotation",
        "KEY:VALUE …",
        lambda g, f: metadata.add_pairs(f.fields, "annotation", g.operands, g.force),
        (_FORCE,),
    ),
    Command("add buildmetadata", "OPTION,OPTION", lambda g, f: build_metadata.add_options(f.fields, g.operands[0])),
    Command(
        "add configmap",
        "NAME",
        _add_generator("configmap"),
        (*_SOURCES, _option("--behavior", help="create, merge or replace")),
    ),
    Command(
        "add secret",
        "NAME",
        _add_generator("secret"),
        (*_SOURCES, _option("--type", default="Opaque", help="the type of a new Secret (default: Opaque)")),
    ),
    Command("remove resource", "PATTERN …", lambda g, f: paths.remove_paths(f.fields, "resources", g.operands)),
    Command("remove component", "PATTERN …", lambda g, f: paths.remove_paths(f.fields, "components", g.operands)),
    Command("remove transformer", "PATTERN …", lambda g, f: paths.remove_paths(f.fields, "transformers", g.operands)),
    Command("remove patch", "", lambda g, f: patches.remove_patch(f.fields, _patch(g)), _PATCH),
    Command(
        "remove label",
        "KEY,KEY",
        lambda g, f: metadata.remove_pairs(f.fields, "label", g.operands[0], g.ignore_non_existence),
        (_IGNORE,),
    ),
    Command(
        "remove annotation",
        "KEY,KEY",
        lambda g, f: metadata.remove_pairs(f.fields, "annotation", g.operands[0], g.ignore_non_existence),
        (_IGNORE,),
    ),
    Command(
        "remove buildmetadata", "OPTION,OPTION", lambda g, f: build_metadata.remove_options(f.fields, g.operands[0])
    ),
    Command(
        "remove configmap",
        "NAME,NAME",
        lambda g, f: generators.remove_sources(f.fields, "configmap", g.operands[0], g.namespace),
        (_NAMESPACE,),
    ),
    Command(
        "remove secret",
        "NAME,NAME",
        lambda g, f: generators.remove_sources(f.fields, "secret", g.operands[0], g.namespace),
        (_NAMESPACE,),
    ),
)
