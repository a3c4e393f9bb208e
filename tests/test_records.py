"""`records.NamedTuple` makes the classes that `typing.NamedTuple` makes."""

import inspect
import pickle
import typing

import pytest

from penstock import records


class Ours(records.NamedTuple):
    """A place."""

    path: str
    at: "tuple[str, ...]" = ()
    """Where."""
    line: int | None = None

    @property
    def shown(self) -> str:
        return f"{self.path}:{self.line}"

    def __str__(self) -> str:
        return self.shown

    @classmethod
    def of(cls, path: str) -> "Ours":
        return cls(path)


class Theirs(typing.NamedTuple):
    """A place."""

    path: str
    at: "tuple[str, ...]" = ()
    """Where."""
    line: int | None = None


PARTS = ("_fields", "_field_defaults", "__doc__", "__module__", "__slots__", "__match_args__")


@pytest.mark.parametrize("part", PARTS)
def test_a_class_has_what_one_of_typing_has(part: str) -> None:
    assert getattr(Ours, part) == getattr(Theirs, part)


def test_an_object_is_a_tuple_with_names_and_defaults() -> None:
    ours = Ours("a.yaml", line=3)
    assert tuple(ours) == tuple(Theirs("a.yaml", line=3))
    assert repr(ours).replace("Ours", "Theirs") == repr(Theirs("a.yaml", line=3))
    assert ours._replace(line=4).line == 4
    assert Ours._make(["a", (), 1]) == Ours("a", (), 1)
    assert ours._asdict() == Theirs("a.yaml", line=3)._asdict()


def test_a_field_that_is_not_there_is_not_replaced() -> None:
    other: dict[str, typing.Any] = {"other": 1}
    with pytest.raises((TypeError, ValueError)):
        Ours("a.yaml")._replace(**other)


def test_a_class_may_have_many_fields() -> None:
    class Wide(records.NamedTuple):
        a: int
        b: int
        c: int = 3
        d: int = 4
        e: int = 5

    assert tuple(Wide(1, 2, d=0)) == (1, 2, 3, 0, 5)
    assert Wide(1, 2).e == 5
    assert [*inspect.signature(Wide).parameters] == ["a", "b", "c", "d", "e"]


def test_a_class_has_its_methods() -> None:
    assert str(Ours.of("a.yaml")) == Ours("a.yaml").shown == "a.yaml:None"


def test_an_object_goes_from_one_process_to_another() -> None:
    ours = pickle.loads(pickle.dumps(Ours("a.yaml")))
    assert ours == Ours("a.yaml")
    assert type(ours) is Ours


@pytest.mark.parametrize("given", [{}, {"path": "a", "other": 1}])
def test_wrong_fields_are_refused(given: dict[str, typing.Any]) -> None:
    with pytest.raises(TypeError):
        Ours(**given)


def test_a_class_may_have_no_fields() -> None:
    class Nothing(records.NamedTuple):
        """There is nothing to say."""

    assert Nothing() == ()
    assert repr(Nothing()).endswith("Nothing()")
