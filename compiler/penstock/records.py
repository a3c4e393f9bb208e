"""A `NamedTuple` with the interface of `typing.NamedTuple`, whose classes are created ten times as fast.

Penstock has several hundred such classes, and creating those that `build` needs took longer than building a small
overlay. `typing` inspects every annotation, which nobody here needs. `collections` compiles a constructor for each
class, although it is the same for all classes with as many fields. Type checkers see the class of `typing`.
"""

from types import CodeType, FunctionType

from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter  # what `collections.namedtuple` reads a field with

    class _Record(tuple):
        """The methods of all records, which are those of `collections.namedtuple`."""

        __slots__ = ()
        _fields: tuple[str, ...]

        @classmethod
        def _make(cls, values: Any) -> Any:
            return cls(*values)

        def _replace(self, /, **changes: Any) -> Any:
            made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"{type(self).__name__} has no field {', '.join(changes)}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            values = (f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(values)})"

    class _Meta(type):
        """Creates a record class from each class statement whose base is `NamedTuple`."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(_annotations(body))
            defaults = {field: body[field] for field in fields if field in body}
            body["__new__"] = _constructor(fields, tuple(defaults.values()))
            body |= {field: _tuplegetter(index, "") for index, field in enumerate(fields)}
            body |= {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
            return type(name, (_Record,), body)

    class NamedTuple(metaclass=_Meta):
        """The base of a class statement that lists the fields of a tuple, some of them with defaults."""

    def _annotations(body: dict[str, Any]) -> dict[str, Any]:
        """Return the annotations of a class body. From Python 3.14 on it has a function that evaluates them instead."""
        annotate = body.get("__annotate_func__") or body.get("__annotate__")
        return annotate(_VALUES) if annotate else body.get("__annotations__", {})

    _VALUES = 1
    """What `annotationlib.Format.VALUE` is, without importing that."""

    def _constructor(fields: tuple[str, ...], defaults: tuple[Any, ...]) -> FunctionType:
        """Return the `__new__` of a class. Classes with as many fields share its code, under other names of its
        parameters.
        """
        code = _CONSTRUCTORS.get(len(fields)) or _compiled(len(fields))
        named = code.replace(co_varnames=("_cls", *fields), co_name="__new__", co_qualname="__new__")
        return FunctionType(named, {"_tuple": tuple.__new__}, "__new__", defaults)

    def _compiled(count: int) -> CodeType:
        parameters = "".join(f"_{number}, " for number in range(count))
        made = eval(f"lambda _cls, {parameters}: _tuple(_cls, ({parameters}))", {}).__code__
        return _CONSTRUCTORS.setdefault(count, made)

    _CONSTRUCTORS: dict[int, CodeType] = {}
    """The code that makes a tuple, by the number of its fields."""
