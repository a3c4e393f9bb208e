"""`penstock explain`: cases, and the law that a line which sets a field is found from both ends."""

import random
import shlex
from itertools import islice
from pathlib import Path

import pytest
from tests.conftest import Apart, Golden
from tests.test_targets import run, tree_of, write

from penstock import tree
from penstock.definitions.flux.variables import Variables
from penstock.explain.fields import shown_at
from penstock.explain.lines import settings_of
from penstock.explain.writers import explained
from penstock.files import Disk
from penstock.model import Origin, Resource, ResourceId, Target
from penstock.parse.project import Project
from penstock.removals import removals
from penstock.resolve.build import resolve
from penstock.resolve.options import Options
from penstock.tree import MISSING, leaves

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted((FIXTURES / "explain").iterdir())
BUILDS = sorted(path for path in (FIXTURES / "build").iterdir() if (path / "input" / "kustomization.yaml").exists())
MANY = 8
"""Fields of one object that are followed to their lines and back."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    write(tree_of(case), tmp_path / "repository")
    commands = (case / "commands.txt").read_text().splitlines()
    golden(case / "expected.txt", "\n".join(run(tmp_path / "repository", *shlex.split(each)) for each in commands))


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_a_line_sets_what_names_it(build: Path, apart: Apart) -> None:
    """The line that is said to set a field says that it sets this field."""
    project = Project(Disk(str(apart(build / "input"))))
    resources, _ = resolve(project, ".", Options())
    target = Target(".", "default")
    for resource in resources:
        fields = list(leaves(resource.body))
        for at, _value in fields[:: max(1, len(fields) // MANY)]:
            place = explained(project, resource, at).writers[0].place
            if place.line:
                settings = settings_of(project, place.path, place.line, [(target, [resource])])
                assert any(each.at == shown_at(resource.body, at) and not each.overridden_by for each in settings)
        for removal in islice(removals(resource), MANY):
            place = project.place(removal.origins[0])
            settings = settings_of(project, place.path, place.line, [(target, [resource])])
            assert any(each.value is MISSING for each in settings), f"{place} removes nothing"


def test_an_index_of_the_write_log_finds_what_the_log_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long log is not walked for each value: what is asked for the second time is found by an index."""
    monkeypatch.setattr(tree, "_SHORT", 0)
    chance = random.Random(11)
    resource = Resource({"a": [0, 1], "b": {"c": 1}}, Origin("a.yaml"), ResourceId("", "X", "", "x"))
    for number in range(300):
        size, origin = len(resource.body["a"]), Origin("p.yaml", number)
        index = chance.randrange(size)
        match chance.randrange(4):
            case 0:
                elements = [*resource.body["a"][:index], {"n": number}, *resource.body["a"][index:]]
                tree.rearrange(resource, ("a",), elements, tree.Spliced(size, index, origin))
            case 1:
                tree.put(resource, ("a", index), {"n": number, "m": number}, origin)
            case 2:
                tree.put(resource, ("b", f"k{chance.randrange(20)}", "x"), number, origin)
            case _:
                rest = resource.body["a"][1:] + resource.body["a"][:1]
                tree.rearrange(resource, ("a",), rest, [*range(1, size), 0])
    for at, _ in tree.leaves(resource.body):
        resource.index = None
        walked = list(tree.origins_of(resource, at))
        assert resource.index is not None
        assert list(tree.origins_of(resource, at)) == walked


@pytest.mark.parametrize(("text", "names"), [("$${HOST}", []), ("${HOST}", ["HOST"]), ("$$${HOST}", ["HOST"])])
def test_an_expression_that_is_written_as_a_text_names_no_variable(text: str, names: list[str]) -> None:
    variables = Variables({"HOST": "a"}, (), True, places={"HOST": Origin("settings.yaml")})
    assert [name for _, name in variables.named_in(text)] == names
