"""`NamedTuple` as `typing` has it, whose classes are made in a third of the time.

Penstock has some hundred of them, and making those that `build` needs took longer than building a small overlay: what
`typing` does to each annotation, nobody asks for. Type checkers see that of `typing`.
"""

import sys
from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 14):  # there, a class body has no annotations yet
    from typing import NamedTuple as NamedTuple
else:

    class _Meta(type):
        """Makes a class of `collections.namedtuple` of each class statement whose base is `NamedTuple`."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made: Any = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in ("__annotations__", "__module__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Meta):
        """The base of a class statement that lists the fields of a tuple, some of them with defaults."""
