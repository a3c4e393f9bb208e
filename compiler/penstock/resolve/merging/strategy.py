"""What every strategy of merging patches takes and gives: that of Kustomize, and that of Kubernetes."""

from collections.abc import Callable, Mapping

from penstock.model import Log, Origin, Pointer, Tree
from penstock.records import NamedTuple
from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.resolve.merging.plain_lists import PlainLists
from penstock.typed import Any

DELETED: Any = object()
"""The result where a patch deletes the value that it is merged into."""

Schemas = Mapping[tuple[str, str], Schema]

NO_SCHEMA: FieldSchema = (None, None)
"""The schema of a field that no schema knows."""


class Written(NamedTuple):
    """How values are written, which their trees do not tell."""

    is_blank: Callable[[Pointer], bool]
    """Whether a null of the body is written as an empty value (`key:`), which Kustomize drops."""
    in_quotes: Callable[[Pointer, Pointer, Any], Any]
    """Returns the value that a scalar of the patch which is not a string has in the place of a string of the body.
    Kustomize keeps the quotes of the body, which make the scalar a string, too. Arguments: the pointer into the body,
    the pointer into the patch, the scalar.
    """
    own: Callable[[Pointer, Any], str]
    """Returns how a scalar of the body is spelled."""
    others: Callable[[Origin, Any], str]
    """Returns how a scalar of the patch is spelled."""
    lists: PlainLists
    """The plain lists of bodies."""
    is_unquoted: Callable[[Pointer | None, Origin], bool] = lambda at, origin: False
    """Whether a scalar is written without quotes. Arguments: the pointer into the body, or None for a scalar of the
    patch; the place in the patch.
    """
    untag: Callable[[], None] = lambda: None
    """Notes that there is a scalar now that has lost its tag."""
    over_text: Callable[[Pointer, Pointer, str], None] = lambda at, patch_at, text: None
    """Notes that a text of the patch takes the place of a text of the body. Arguments: the pointer into the body, the
    pointer into the patch, the text of the body.
    """
    is_plain_key: Callable[[Origin], bool] = lambda origin: False
    """Whether a key of the patch is written without quotes."""
    appends: bool = False
    """Whether new elements of a list come after those of the body; otherwise the elements of the patch come first."""


Merge = Callable[[Tree, Tree, Origin, Schemas, Written, Log | None], tuple[Any, Log | None]]
"""`merge`, or another strategy with the same arguments and result."""


def kind_of(value: Any) -> str:
    """Return the kind of a value, for messages."""
    return "a mapping" if value.__class__ is dict else "a list" if value.__class__ is list else "a scalar"
