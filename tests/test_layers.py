"""Who may import whom, and who may touch the world (ARCHITECTURE.md). Imports inside of functions count too.

Stages know the nouns, never each other; only `pipeline` knows the order, and only the edges know that there is a world.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from penstock.parse import kustomization
from penstock.resolve.build import Generator, Transformer
from penstock.resolve.generators import GENERATORS
from penstock.resolve.level import Level
from penstock.resolve.transformers import ORDER

pytestmark = pytest.mark.xdist_group("layers")
"""In one process each module is read once for most of these tests."""

PACKAGE = Path(__file__).parent.parent / "compiler" / "penstock"
MODULES = {
    ".".join(("penstock", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

FLOOR = (
    *("errors", "model", "sources", "tree", "kubernetes", "words", "scalar", "expression", "budget", "withheld"),
    *("findings", "cron", "windows", "changes", "unsettled", "fixed", "digests", "patterns", "recall", "damage"),
    *("globs", "glob_brackets", "merge_patch", "cluster", "moments", "numbers", "log_index", "plain_findings"),
)
LANGUAGE = ("records", "regex", "typed")
"""What extends the language: every part may import it."""

MEMORY = (
    "closures",
    "ledger",
    "incremental",
    "affected",
    "changed_lines",
    "differences",
    "removals",
    "explain",
    "images",
    "image_edits",
)
STAGES = (
    "parse",
    "resolve",
    "definitions",
    "graph",
    "validate",
    "adoption",
    "compare",
    "emit",
    "apply",
    "report",
    "edit",
)

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "": (),
    "records": (),
    "regex": (),
    "typed": (),
    "errors": (),
    "digests": (),
    "damage": (),
    "model": ("errors",),
    "sources": ("errors", "model", "budget"),
    "log_index": ("model",),
    "tree": ("model", "log_index"),
    "kubernetes": ("model", "numbers", "tree"),
    "words": ("model",),
    "patterns": (),
    "glob_brackets": (),
    "globs": ("glob_brackets",),
    "merge_patch": (),
    "cluster": ("model",),
    "moments": (),
    "numbers": (),
    "recall": ("digests",),
    "scalar": (),
    "expression": (),
    "gotemplate": ("errors", "expression"),
    "budget": (),
    "withheld": ("model", "sources", "tree"),
    "findings": ("model", "digests"),
    "plain_findings": ("model",),
    "cron": (),
    "windows": ("cron",),
    "fixed": ("model", "tree"),
    "unsettled": ("model", "scalar", "tree"),
    "files": ("errors", "model", "sources"),
    "git": ("errors", "model", "damage"),
    "commits": ("errors", "model", "git", "words"),
    "git_trees": ("git",),
    "git_files": ("errors", "model", "sources", "files", "git", "git_trees", "commits"),
    "engine": ("", "digests"),
    "cache": ("errors", "digests", "engine", "files"),
    "remote": (
        "errors",
        "model",
        "sources",
        "words",
        "files",
        "git",
        "git_files",
        "gotemplate",
        "charts",
        "expression",
    ),
    **dict.fromkeys(STAGES, FLOOR),
    "definitions": (*FLOOR, "gotemplate"),
    "charts": (*FLOOR, "files", "gotemplate"),
    "jsonnet": FLOOR,
    "natives": (*FLOOR, "parse", "emit", "gotemplate"),
    "post_rendering": ("model", "sources", "parse", "charts"),
    "charted": (*FLOOR, "files", "parse", "emit", "charts", "post_rendering"),
    "targets": (*FLOOR, "parse", "resolve", "definitions", "emit", "gotemplate", "jsonnet"),
    "pipeline": (
        *FLOOR,
        "files",
        "parse",
        "resolve",
        "definitions",
        "graph",
        "validate",
        "emit",
        "charted",
        "jsonnet",
        "natives",
        "targets",
    ),
    "together": (*FLOOR, "pipeline", "parse", "resolve", "graph", "validate", "targets"),
    "rendered_branches": (*FLOOR, "parse", "resolve", "emit"),
    "changes": ("model",),
    "closures": ("errors", "model", "sources", "digests"),
    "ledger": ("errors", "model", "sources", "plain_findings", "closures"),
    "incremental": (
        *FLOOR,
        "closures",
        "ledger",
        "parse",
        "resolve",
        "definitions",
        "graph",
        "emit",
        "pipeline",
        "targets",
    ),
    "affected": (*FLOOR, "closures", "ledger", "incremental", "definitions", "parse"),
    "removals": FLOOR,
    "explain": (*FLOOR, "parse", "removals"),
    "images": (*FLOOR, "explain", "parse"),
    "image_edits": (*FLOOR, "explain", "images", "parse"),
    "changed_lines": (*FLOOR, "affected", "explain"),
    "differences": (*FLOOR, "affected", "changed_lines", "compare", "resolve"),
    "cli": (
        "",
        *FLOOR,
        "files",
        "git",
        "commits",
        "git_files",
        "cache",
        "remote",
        *STAGES,
        "pipeline",
        "together",
        "rendered_branches",
        "charts",
        "jsonnet",
        "charted",
        "post_rendering",
        "targets",
        *MEMORY,
    ),
    "start": ("cache", "files", "cli"),
    "__main__": ("start",),
}
"""By part (a folder or file of the package; the empty one is `__init__`): the other parts that it may import."""

STEPS = (
    "parse.discover",
    "resolve.build",
    "resolve.objects",
    "graph.link",
    "validate.check",
    "emit.branch",
    "emit.layout",
)
"""The modules whose functions are the steps of `pipeline`."""

CALLS_A_STEP = {
    "emit.layout": ("cli.building",),  # the finding about an object that cannot be printed
    "resolve.build": ("cli.kustomization_file",),  # what counts as an address
    "resolve.objects": ("cli.create",),  # which files hold objects; there is no project yet
}
"""The commands that need a step for something else than to take it."""

ONE_HOME = {
    "kubernetes": ("identify", "group_kind", "CLUSTER_SCOPED", "POD_TEMPLATES"),
    "words": ("dotted", "quoted", "one_of", "nearest", "did_you_mean", "shortened"),
}
"""What every stage shares, by the module of the floor that alone defines it."""

INSIDE: dict[str, tuple[tuple[str, ...], ...]] = {
    "resolve": (
        ("codes", "addresses", "finding", "meant_paths", "options"),
        ("tables", "waiting"),
        ("accumulation", "merging"),
        ("selecting",),
        ("level",),
        ("definition_files", "documents", "openapi_types"),
        ("objects", "outcome", "remote", "openapi", "configurations", "spelling", "subjects"),
        ("writing",),
        ("generators", "replacing", "names", "variables"),
        ("finish", "transformers", "function_answers", "function_configs"),
        ("functions",),
        ("plugins",),
        ("validators",),
        ("build",),
    ),
    "targets": (
        ("elsewhere", "landing", "fleets", "listings", "naming", "written_values"),
        ("chart",),
        ("flux", "argo", "plain", "installed", "ksonnet"),
        ("repository", "beside"),
        ("open_questions", "unbuilt"),
    ),
}
"""The inner order of a part: a row may import the rows above it, and a folder may import itself."""

WORLD = frozenset(
    ("os", "pathlib", "subprocess", "socket", "urllib", "urllib3", "http", "ssl", "sys", "io", "shutil", "tempfile")
)
EDGES = (
    "penstock.__main__",
    "penstock.start",
    "penstock.files",
    "penstock.git",
    "penstock.commits",
    "penstock.git_files",
    "penstock.engine",
    "penstock.cache",
    "penstock.parse.libyaml",  # the modules of Python, for the time of one import
    "penstock.remote.commit",
    "penstock.remote.credentials",
    "penstock.remote.signatures",
    "penstock.remote.git",
    "penstock.remote.http",
    "penstock.remote.request",
    "penstock.remote.store",
    "penstock.remote.transport",
    "penstock.emit.debris",
    "penstock.jsonnet.child",
    "penstock.jsonnet.sandbox",
    "penstock.jsonnet.worker",
    "penstock.emit.git",
    "penstock.apply.client",
    "penstock.apply.login",
    "penstock.apply.direct",
    "penstock.apply.proxied",
    "penstock.apply.wire",
    "penstock.apply.kubeconfig",
    "penstock.apply.rulebook",
    "penstock.apply.plugin",
    "penstock.cli",
)
"""The modules that may import the world; all of a folder where a folder is named."""

HARMLESS = ("urllib.parse",)
"""A part of the world that is only words."""

HEAVY = (
    "argparse",
    "contextlib",
    "dataclasses",
    "enum",
    "hashlib",
    "inspect",
    "json",
    "jsonschema",
    "networkx",
    "re",
    "re2",
    "signal",
    "subprocess",
    "typing",
    "urllib3",
)
"""What `penstock build` does without: its start is most of its time."""


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, anywhere in it."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from _from(node.module or "", [name.name for name in node.names])


def _from(module: str, names: list[str]) -> Iterator[str]:
    """`from penstock.emit import git` imports penstock.emit.git."""
    submodules = [f"{module}.{name}" for name in names if f"{module}.{name}" in MODULES]
    yield from submodules or [module]


def part(module: str) -> str:
    return [*module.split("."), ""][1]


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "penstock"


def test_a_part_imports_only_what_it_may() -> None:
    assert {part(module) for module in MODULES} - set(MAY_IMPORT) == set(), "say what a new part may import"
    wrong = [
        f"{module} imports {other}"
        for module, path in MODULES.items()
        for other in imported(path)
        if is_ours(other) and part(other) not in (part(module), *LANGUAGE, *MAY_IMPORT[part(module)])
    ]
    assert wrong == []


@pytest.mark.parametrize("outer", INSIDE)
def test_inside_of_a_part_a_module_imports_only_what_is_below_it(outer: str) -> None:
    row_of = {name: number for number, row in enumerate(INSIDE[outer]) for name in row}
    wrong = []
    for module in (name for name in MODULES if part(name) == outer and name.count(".") > 1):
        own = module.split(".")[2]
        others = [other for other in imported(MODULES[module]) if other.startswith(f"penstock.{outer}.")]
        parts = {other.split(".")[2] for other in others} - {own}
        wrong += [f"{module} imports {each}" for each in sorted(parts) if row_of[each] >= row_of[own]]
    assert wrong == []


def test_only_the_edges_touch_the_world() -> None:
    inside = [module for module in MODULES if not f"{module}.".startswith(tuple(f"{edge}." for edge in EDGES))]
    touching = [
        f"{module} imports {name}"
        for module in inside
        for name in imported(MODULES[module])
        if name not in HARMLESS and name.partition(".")[0] in WORLD
    ]
    assert touching == []


def test_no_import_goes_in_a_circle() -> None:
    needs = {module: {other for other in imported(path) if is_ours(other)} for module, path in MODULES.items()}
    TopologicalSorter({module: others - {module} for module, others in needs.items()}).prepare()


@pytest.mark.parametrize("step", STEPS)
def test_no_command_takes_a_step_of_the_pipeline(step: str) -> None:
    commands = [module for module in MODULES if part(module) == "cli"]
    taken = [module for module in commands if f"penstock.{step}" in imported(MODULES[module])]
    assert taken == [f"penstock.{module}" for module in CALLS_A_STEP.get(step, ())]


@pytest.mark.parametrize("home", ONE_HOME)
def test_what_stages_share_is_defined_once(home: str) -> None:
    names = frozenset(ONE_HOME[home])
    assert {module for module, path in MODULES.items() if names & set(defined(path))} == {f"penstock.{home}"}


def test_misspelt_names_are_looked_up_in_one_place() -> None:
    users = {module for module, path in MODULES.items() if "difflib" in imported(path)}
    by_lines = {"penstock.edit.changes", "penstock.report.diff_texts", "penstock.report.diff_patch"}
    assert users == {"penstock.words"} | by_lines


def defined(path: Path) -> Iterator[str]:
    """The functions and constants of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_only_tree_changes_the_body_of_a_resource() -> None:
    """So that whoever changes a value is logged as its writer, or says that it has none (`tree.respell`)."""
    others = sorted(set(MODULES) - {"penstock.tree", "penstock.model"})
    found = ((module, target) for module in others for target in changed(MODULES[module]))
    assert [f"{module}: {ast.unparse(target)}" for module, target in found if is_part_of_a_resource(target)] == []


def is_part_of_a_resource(target: ast.expr) -> bool:
    """`resource.body` and `resource.log`, and what is inside of these.

    A `log` of `self` is that of a merge under way.
    """
    while isinstance(target, ast.Subscript):
        target = target.value
    if not isinstance(target, ast.Attribute):
        return False
    is_own = isinstance(target.value, ast.Name) and target.value.id == "self"
    return target.attr == "body" or (target.attr == "log" and not is_own)


def changed(path: Path) -> Iterator[ast.expr]:
    """Everything that a module assigns to or deletes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign | ast.Delete):
            for target in node.targets:
                yield from target.elts if isinstance(target, ast.Tuple) else [target]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            yield node.target


@pytest.mark.parametrize(
    ("folder", "table", "protocol"), [("generators", GENERATORS, Generator), ("transformers", ORDER, Transformer)]
)
def test_a_module_of_a_table_is_what_the_recursion_calls(
    folder: str, table: tuple[tuple[str, tuple[str, ...]], ...], protocol: type
) -> None:
    """mypy cannot see modules that are imported by name, so this compares their functions with the protocol's."""
    (wanted,) = (member for name, member in vars(protocol).items() if inspect.isfunction(member) and name[0] != "_")
    for name, fields in table:
        found = getattr(import_module(f"penstock.resolve.{folder}.{name}"), wanted.__name__)
        own = inspect.signature(found, eval_str=True)
        assert list(own.parameters) == list(inspect.signature(wanted).parameters)[1:], name
        assert (own.parameters["level"].annotation, own.return_annotation) == (Level, None), name
        assert set(fields) <= set(kustomization.FIELDS), name


def test_an_edge_is_still_there() -> None:
    assert set(EDGES) <= set(MODULES)


def test_build_starts_without_anything_heavy() -> None:
    """Told from the text of the modules: what a function imports is imported when it is needed."""
    by_name = [f"penstock.resolve.transformers.{name}" for name, _ in ORDER]
    by_name += [f"penstock.resolve.generators.{name}" for name, _ in GENERATORS]
    always = ("penstock.cli.main", "penstock.cli.build", "penstock.pipeline", "penstock.emit.yaml")
    assert imported_with(*always, *by_name) & set(HEAVY) == set()


def test_a_cached_build_starts_with_next_to_nothing() -> None:
    """`typing`, `re` or `enum` take as long to import as all of it."""
    light = {"collections", "errno", "gc", "os", "posixpath", "stat", "sys", "_blake2"}
    assert imported_with("penstock.start") - light == {"penstock"}


def imported_with(*modules: str) -> set[str]:
    """The top-level packages that importing some modules brings in, by our own modules."""
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += at_import(MODULES[module]) if module in MODULES else ()
    return {module.partition(".")[0] for module in seen}


def at_import(path: Path) -> list[str]:
    """What the module itself imports: not what functions do, nor type checkers, nor in place of what is missing."""
    found: list[str] = []
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or "", *_from(node.module or "", [name.name for name in node.names])]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.ExceptHandler)):
            waiting += ast.iter_child_nodes(node)
    return found
