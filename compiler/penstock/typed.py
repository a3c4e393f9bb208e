"""The names of `typing` that the modules of a build use, for a process that never asks what a type means.

Type checkers see those of `typing` itself. To import that, with all that it imports, takes a fifth of the time in which
a small overlay is built, and at run time an annotation is only ever read by people.
"""

TYPE_CHECKING = False
"""True for type checkers, which know this name."""

if TYPE_CHECKING:
    from typing import Any as Any
    from typing import ClassVar as ClassVar
    from typing import Literal as Literal
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TextIO as TextIO
    from typing import TypedDict as TypedDict
    from typing import TypeGuard as TypeGuard
    from typing import TypeVar as TypeVar
    from typing import Unpack as Unpack
    from typing import cast as cast
else:

    class Any:
        """Stands for each type. What is written in brackets behind it, or behind `class`, is for type checkers."""

        def __init_subclass__(cls, **details):
            pass

        def __class_getitem__(cls, details):
            return cls

    class Protocol(Any):
        """The base of classes that say what is asked of others."""

    class TypedDict(Any):
        """The base of classes that say which keys a mapping has."""

    ClassVar = Literal = NoReturn = Self = TextIO = TypeGuard = Unpack = Any

    def TypeVar(name, *bounds, **details):  # noqa: N802 - a class in `typing`
        return Any

    def cast(kind, value):
        return value
