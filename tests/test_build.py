"""Trees and what `kustomize build` v5.8.2 prints for them, the laws that hold for every tree, and bad trees.

fixtures/build/BEHAVIOUR/: `input`, perhaps `arguments.txt` for `penstock build`, then `expected.yaml`, which was
recorded from kustomize, or `expected_error.txt`; `expected_findings.txt` is what is said beside an output.
"""

import base64
import copy
import io
import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.cases import spent
from tests.conftest import Golden

from penstock.cli.build import request_of
from penstock.cli.building import options_of
from penstock.cli.main import main
from penstock.cli.streams import SOURCES, Streams
from penstock.emit.yaml import dump_all
from penstock.files import MAX_BYTES, Disk
from penstock.model import Pointer, Pos, Resource
from penstock.parse.document import RESOURCES, load
from penstock.parse.locate import locate
from penstock.parse.project import Project
from penstock.pipeline import build, open_project
from penstock.resolve.finish import MANAGED_BY
from penstock.resolve.options import Options
from penstock.scalar import as_plain_key, config_scalar, refolded, resource_scalar, without_next_lines
from penstock.sources import Files
from penstock.tree import leaves, origin_of

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted((FIXTURES / "build").iterdir())
GOOD = [case for case in CASES if (case / "expected.yaml").exists()]
BAD = sorted((FIXTURES / "bad").iterdir())


def case_name(case: Path) -> str:
    return case.name


def streams(directory: Path) -> Streams:
    return Streams(io.StringIO(), io.StringIO(), {"PATH": "/usr/bin:/bin"}, str(directory))


def arguments(case: Path) -> list[str]:
    given = case / "arguments.txt"
    return shlex.split(given.read_text()) if given.exists() else []


def ran(directory: Path, *words: str) -> tuple[int, str, str]:
    given = streams(directory)
    status = main(words, given)
    return status, given.out.getvalue(), given.err.getvalue()  # type: ignore[attr-defined]


class Built(NamedTuple):
    files: Files
    project: Project
    resources: list[Resource]

    @property
    def text(self) -> str:
        return dump_all(resource.body for resource in self.resources)


def target(case: Path) -> tuple[str, Options]:
    request = request_of(arguments(case), streams(case / "input"))
    directory = request.directories[0]
    return directory, options_of(request, directory, streams(case / "input"))


def built(case: Path) -> Built:
    directory, options = target(case)
    files = Disk(str(case / "input"))
    project = open_project(files)
    return Built(files, project, build(project, directory, options)[0])


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_the_output_is_that_of_kustomize(case: Path, golden: Golden) -> None:
    status, out, err = ran(case / "input", "build", *arguments(case))
    if case in GOOD:  # never rewritten: `expected.yaml` is what kustomize says
        assert (case / "expected.yaml").read_bytes().decode() == out, err
        if err or (case / "expected_findings.txt").exists():
            golden(case / "expected_findings.txt", err)
    else:
        assert (status, out) == (SOURCES, "")
        golden(case / "expected_error.txt", err)


@pytest.mark.parametrize("case", GOOD, ids=case_name)
def test_the_same_input_gives_the_same_bytes(case: Path) -> None:
    once = built(case)
    directory, options = target(case)
    again, _ = build(once.project, directory, options)
    assert dump_all(resource.body for resource in again) == once.text == built(case).text


PRINTED_AS_ANOTHER = ("alias_of_a_merge_sign_in_quotes_is_a_key",)
"""Kustomize prints a key `<<` there without quotes, which merges when it is read again."""


@pytest.mark.parametrize("case", [case for case in GOOD if case.name not in PRINTED_AS_ANOTHER], ids=case_name)
def test_what_was_printed_reads_back_as_the_same_trees(case: Path) -> None:
    made = built(case)
    documents, findings = load(made.text.encode(), "out.yaml", RESOURCES)
    assert findings == []
    assert dump_all(document.body for document in documents) == made.text


@pytest.mark.parametrize("case", GOOD, ids=case_name)
def test_a_build_leaves_what_was_parsed_as_it_was(case: Path) -> None:
    project = built(case).project
    before = copy.deepcopy(project._loaded)
    directory, options = target(case)
    build(project, directory, options)
    assert project._loaded == before


# --- every leaf of the output has an address, and it is the true one --------------------------------------------------


NOT_FOR_PYYAML = (
    "byte_order_mark_in_the_middle_is_text",
    "colon_before_a_bracket_is_text",
    "comma_behind_a_tag_in_brackets_is_a_part_of_it",
    "list_that_is_alone_may_hold_anything_beside_its_items",
    "quote_with_a_backslash_is_a_quote",
)
"""Files that only go-yaml reads, or that hold themselves, so that this test cannot see what stands at a place."""

ONE_OF_TWO = (
    "key_that_stands_twice_may_be_taken_away_by_a_patch",
    "list_that_is_alone_takes_the_first_of_its_fields",
    "merge_key_over_a_repeated_key_takes_the_first",
    "merge_keys_of_a_configuration_go_from_top_to_bottom",
    "new_keys_that_become_one_are_added_in_their_order",
    "patch_with_a_key_twice_takes_the_first",
)
"""A key stands twice there, and an address leads to the one that Kustomize loses."""

CHARTS = [case for case in GOOD if case.name.startswith("helm_chart")]
"""What comes out of a chart is written by a template, not as it is."""

WITH_ADDRESSES = [case for case in GOOD if case.name not in (*NOT_FOR_PYYAML, *ONE_OF_TWO) and case not in CHARTS]


@pytest.mark.parametrize("case", CHARTS, ids=case_name)
def test_every_value_of_a_chart_has_a_line(case: Path) -> None:
    made = built(case)
    for resource in made.resources:
        for at, _ in leaves(resource.body):
            place = made.project.place(origin_of(resource, at))
            assert place.line > 0, (resource, at)
            assert (case / "input" / place.path).exists(), place


@pytest.mark.parametrize("case", WITH_ADDRESSES, ids=case_name)
def test_every_value_has_an_address_and_it_is_the_true_one(case: Path) -> None:
    made = built(case)
    wrong = []
    for resource in made.resources:
        for at, value in leaves(resource.body):
            place = locate(made.files, origin_of(resource, at))
            assert place.line > 0, (resource, at)
            written = list(written_at(made.files, place))
            written += [read for text in written if (read := without_next_lines(text))]
            if not any(fits(resource, at, value, text) for text in written for fits in EXPLANATIONS):
                wrong.append(f"{resource.id} {at} = {value!r} is not what stands at {place}: {written}")
    assert wrong == []


def is_it(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """The text there is the value; Kustomize strips an inline patch, so its last block loses a line break."""
    return value in (text, text.rstrip("\n")) or value in (resource_scalar(text), config_scalar(text) if text else None)


def is_rounded(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """A JSON 6902 patch makes every number of its object a float of 64 bits."""
    return isinstance(value, float) and value == float(text)


def is_decoded(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """`!!binary` is written in base64."""
    return isinstance(value, str) and value.encode() == decoded(text)


def is_empty(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """An empty mapping or list, one that lost all that it had, or one that a field spec or a path has made."""
    lost_all = text[:1] in "-{[" or text in ("", "null") or text.endswith(":") or "delete" in text
    is_of_path = "/".join(map(str, at)) in text
    return value in ({}, []) and (lost_all or is_of_path or at == ("metadata",))


def is_made_text(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """Annotations, and the data that a generator lays over, are always text: `3` becomes "3"."""
    if at[:1] != ("data",) and at[1:2] != ("annotations",):
        return False
    read = resource_scalar(text)
    if isinstance(read, int | float) and not isinstance(read, bool):
        try:
            return float(value) == read  # as JSON or as go-yaml has it
        except ValueError:
            return False
    return value in (str(read), "null" if not text else "")


def is_composed(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """A prefix, a suffix, a hash, an image's tag, one piece of a delimited text, a variable, the YAML or JSON in a
    string: the place is that of the part that was put in last.
    """
    return isinstance(value, str | int) and bool(text) and text in str(value)


def is_printed_anew(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """YAML in a string, which a replacement prints anew: the place is that of the string, or of what was put into it,
    which is a text in there or a part of one.
    """
    try:
        document, part = (next(yaml.load_all(source, yaml.BaseLoader), None) for source in (str(value), text))
    except yaml.YAMLError:
        return False
    inside = [leaf for _, leaf in leaves(document)]
    is_in_there = text in inside or all(leaf in inside for _, leaf in leaves(part))
    return isinstance(document, dict | list) and (document == part or is_in_there)


def is_piece(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """One piece of a delimited text, which a replacement takes out: the place is that of the whole text."""
    pieces = text.split(":")
    return value != text and (value in pieces or any(value == resource_scalar(piece) for piece in pieces))


def is_generated(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """The data of a generator: a piece of KEY=VALUE, in base64 where it is a Secret's or no text."""
    if at[0] not in ("data", "binaryData") or not isinstance(value, str):
        return False
    text = text.lstrip()  # as in an env file
    readings = [value] if resource.id.kind == "ConfigMap" and at[0] == "data" else []
    readings += [decoded(value).decode("utf-8", "surrogateescape")]
    key = next((k for k in [text.partition("=")[0]] if as_plain_key(k) == at[-1]), at[-1])
    return any(
        text in (reading, f"{key}={reading}") or f"{key}={quote}{reading}{quote}" == text
        for reading in readings
        for quote in "\"'"
    )


def is_within(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """Patches and configurations inside a text that is no literal block: the place is that text."""
    return len(at) > 0 and text[:1] in "[{" and (str(value) in text or json.dumps(value) in text)


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def is_spelled_anew(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """A number as a variable has it, decimal: the place is the variable."""
    return "objref" in text


def is_refolded(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """Kustomize changes the line breaks of a folded text each time that it writes it."""
    return value in (refolded(text), refolded(refolded(text)))


def is_made_by_a_generator(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """What no file says: a generator's place stands for the frame of the object that it makes."""
    return (text == f"{value}Generator" or "name" in text) and (
        at in (("apiVersion",), ("kind",), ("type",), ("immutable",), ("metadata", "name")) or value == {}
    )


def is_metadata_of_the_build(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """`buildMetadata` tells where an object comes from; the place is the object."""
    return at[-1] in ("config.kubernetes.io/origin", "alpha.config.kubernetes.io/transformations", MANAGED_BY)


def is_note(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """What Kustomize notes among the annotations, and a copy of the metadata copies: the place is the metadata."""
    return str(at[-1]).startswith("internal.config.kubernetes.io/")


def is_made_by_a_function(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """What an exec function has changed or made: the place is where the function is named."""
    return text.lower().startswith("exec:")


def is_emptied(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """What a path with two dots in a row, or one at its end, leaves of a text: the place is the path."""
    return value in ("{}", "[]", "") and (".." in text or text.endswith("."))


def is_named_by_a_path(resource: Resource, at: Pointer, value: Any, text: str) -> bool:
    """The text by which a replacement finds an element, which it makes if there is none: the place is the path."""
    return any(resource_scalar(piece.partition("]")[0]) == value for piece in text.split("=")[1:])


EXPLANATIONS: tuple[Callable[[Resource, Pointer, Any, str], bool], ...] = (
    is_it,
    is_rounded,
    is_decoded,
    is_empty,
    is_made_text,
    is_composed,
    is_printed_anew,
    is_piece,
    is_generated,
    is_within,
    is_refolded,
    is_spelled_anew,
    is_made_by_a_generator,
    is_made_by_a_function,
    is_metadata_of_the_build,
    is_note,
    is_emptied,
    is_named_by_a_path,
)
"""Why a value may come from a place: all but the first are the exceptions to "what stands there is the value"."""


def written_at(files: Files, place: Pos) -> Iterator[str]:
    """What stands at a place, found without the code that said where: the value of the key, or the item, that starts
    there; in a file that is no YAML the whole file and the line.
    """
    data = (files.read(place.path) or b"").decode("utf-8", "surrogateescape")
    if not place.path.endswith((".yaml", ".json")):
        yield data
        yield data.split("\n")[place.line - 1]
        return
    yield from _nodes_at(data.removeprefix("\ufeff"), place.line - 1, place.col - 1)


def _nodes_at(text: str, line: int, column: int) -> Iterator[str]:
    for root in yaml.compose_all(text, yaml.SafeLoader):
        for start, node in _starts(root):
            if (start.line, start.column) == (line, column):
                yield node.value if isinstance(node, yaml.ScalarNode) else _source(text, node)
            elif _is_block_around(node, line):
                top, lines = node.start_mark.line + 1, text.split("\n")
                indent = min(len(row) - len(row.lstrip()) for row in lines[top : line + 1] if row.strip())
                # A block that ends with its text, without a line break, would seem to end a line too early.
                inner = node.value if node.value.endswith("\n") else f"{node.value}\n"
                yield from _nodes_at(inner, line - top, column - indent)


def _starts(node: yaml.Node) -> Iterator[tuple[Any, yaml.Node]]:
    """Every value with the mark that points to it: that of its key, or its own in a list and at the root."""
    pending = [(node.start_mark, node)]
    while pending:
        start, node = pending.pop()
        yield start, node
        if isinstance(node, yaml.MappingNode):
            pending += [(key.start_mark, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            pending += [(item.start_mark, item) for item in node.value]


def _source(text: str, node: yaml.Node) -> str:
    lines = text.split("\n")[node.start_mark.line : node.end_mark.line + 1]
    lines[0] = lines[0][node.start_mark.column :]
    return "\n".join(lines)


def _is_block_around(node: yaml.Node, line: int) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style == "|" and node.start_mark.line < line < node.end_mark.line


# --- bad input --------------------------------------------------------------------------------------------------------

NEIGHBOUR = {
    "good/kustomization.yaml": "resources: [settings.yaml]\nnamePrefix: good-\n",
    "good/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n",
}
"""A target beside each bad one: what is wrong there must not be its loss."""

NEIGHBOUR_BUILT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good-settings\n"


def make_huge_file(bad: Path) -> None:
    with open(bad / "huge.yaml", "wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert (bad / "huge.yaml").stat().st_size > MAX_BYTES


def make_deep_file(bad: Path) -> None:
    (bad / "deep.yaml").write_text("a: " + "[" * 10_000 + "]" * 10_000)
    (bad / "deep-block.yaml").write_text("".join(f"{' ' * depth}a:\n" for depth in range(1_000)))


def make_pipe(bad: Path) -> None:
    os.mkfifo(bad / "pipe.yaml")


def make_link_outside(bad: Path) -> None:
    (bad.parent / "secret.yaml").write_text("password: topsecret\n")
    (bad / "link.yaml").symlink_to("../secret.yaml")


def make_link_to_itself(bad: Path) -> None:
    (bad / "link.yaml").symlink_to("link.yaml")


SECONDS = 10
"""More than any bad input may cost, on a slow machine."""


def make_long_path(bad: Path) -> None:
    path = ".".join(["a"] * 3000)
    target = f"{{select: {{kind: ConfigMap}}, fieldPaths: [{path}], options: {{create: true}}}}"
    entry = f"{{sourceValue: x, targets: [{target}]}}"
    (bad / "kustomization.yaml").write_text(f"resources: [settings.yaml]\nreplacements: [{entry}]\n")


def make_long_text(bad: Path) -> None:
    lines = "".join(f"    key{number}: {'x' * 40}\n" for number in range(40_000))
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  text: |\n    key: old\n"
    (bad / "settings.yaml").write_text(head + lines)


MAKERS: dict[str, Callable[[Path], None]] = {
    "file_of_50_megabytes": make_huge_file,
    "nesting_of_10000_levels": make_deep_file,
    "path_of_3000_parts": make_long_path,
    "pipe_is_not_waited_for": make_pipe,
    "symlink_leads_outside": make_link_outside,
    "symlink_leads_to_itself": make_link_to_itself,
    "text_of_two_megabytes_is_gone_into": make_long_text,
}
"""What a fixture cannot hold, by its name."""


@pytest.mark.parametrize("case", BAD, ids=case_name)
def test_bad_input_is_a_finding_and_no_loss_of_its_neighbour(case: Path, golden: Golden, tmp_path: Path) -> None:
    shutil.copytree(case / "input", tmp_path, dirs_exist_ok=True)
    for path, text in NEIGHBOUR.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    if case.name in MAKERS:
        MAKERS[case.name](tmp_path / "bad")
    started = spent()
    status, out, err = ran(tmp_path, "check", ".")
    golden(case / "expected.txt", f"{out}{err}exit status {status}\n")
    status, out, err = ran(tmp_path, "build", "bad")
    assert (status, out) == (SOURCES, "")
    assert "topsecret" not in err
    assert ran(tmp_path, "build", "good") == (0, NEIGHBOUR_BUILT, "")
    assert spent() - started < SECONDS


def test_every_maker_has_its_fixture() -> None:
    assert MAKERS.keys() <= {case.name for case in BAD}


# --- programs --------------------------------------------------------------------------------------------------------


FUNCTION = """\
apiVersion: example.com/v1
kind: Stamp
metadata:
  name: stamp
  annotations: {config.kubernetes.io/function: 'exec: {path: ./stamp.sh}'}
"""


def with_a_function(repository: Path) -> None:
    """A repository whose kustomization has an exec function, which leaves the objects as they are."""
    (repository / ".git").mkdir(parents=True)
    (repository / "kustomization.yaml").write_text("resources: [a.yaml]\ntransformers: [stamp.yaml]\n")
    (repository / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (repository / "stamp.yaml").write_text(FUNCTION)
    (repository / "stamp.sh").write_text("#!/bin/sh\ntouch ran\ncat\n")
    (repository / "stamp.sh").chmod(0o755)


@pytest.mark.parametrize("command", [("build",), ("check",), ("build", ".", "--no-cache"), ("graph",)])
@pytest.mark.parametrize("place", ["{home}/.config", "{repository}/.config", ""])
def test_programs_run_where_the_user_trusts_the_repository(
    tmp_path: Path, command: tuple[str, ...], place: str
) -> None:
    repository, home = tmp_path / "repository", tmp_path / "home"
    with_a_function(repository)
    folder = place.format(home=home, repository=repository)
    if folder:
        (Path(folder) / "penstock").mkdir(parents=True)
        (Path(folder) / "penstock" / "trusted").write_text(f"# mine\n/somewhere/else\n{repository}\n")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_CONFIG_HOME": folder}
    given = Streams(io.StringIO(), io.StringIO(), environ, str(repository))
    status = main(command, given)
    assert isinstance(given.err, io.StringIO)
    may_run = "home" in place
    assert (repository / "ran").exists() == may_run
    assert ("PS282" in given.err.getvalue() + given.out.getvalue()) != may_run  # type: ignore[attr-defined]
    assert status == (0 if may_run else SOURCES)
