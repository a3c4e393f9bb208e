"""Errors of templates, in the words of Go's text/template and with their place in the text."""

from penstock.gotemplate.nodes import TPL, Node, Tree
from penstock.gotemplate.quoting import quote


class TemplateError(Exception):
    """A template that cannot be parsed or executed. `str` gives the text of Go's error.

    `name` is the name of the text that contains the place. As in Go, `line` counts from 1, and `column` from 0 in
    bytes; `column` is None where Go gives none (parse errors).
    """

    def __init__(self, message: str, name: str, line: int, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.line = line
        self.column = column

    @property
    def location(self) -> str:
        """The place as `NAME:LINE` or `NAME:LINE:COLUMN`."""
        place = f"{self.name}:{self.line}"
        return place if self.column is None else f"{place}:{self.column}"


class ParseError(TemplateError):
    """A text that is not a template. The message is what Go says after the location.

    `failed` is the bound that parsing the text has crossed, if that is what is wrong.
    """

    failed: "Exceeded | None" = None

    def __str__(self) -> str:
        return f"template: {self.location}: {self.message}"


class ExecError(TemplateError):
    """A template that cannot be executed with the given data.

    `executed` is the name of the template (of its `define`), `context` the expression at the place, and `failed` the
    error of the function that was called there: another `ExecError` for `include` and `tpl`.
    """

    def __init__(self, message: str, tree: Tree, node: Node, failed: "Exception | None" = None) -> None:
        line, column = tree.source.place(node.pos)
        super().__init__(message, tree.source.name, line, column)
        self.executed = tree.name
        self.context = str(node)
        self.failed = failed
        self._has_left = False

    def leave(self, tree: Tree) -> None:
        """Name the template that was executed, when the error leaves it. Its code may have been compiled for another
        text with the same content (`Namesake`).
        """
        if not self._has_left:
            self._has_left = True
            self.name, self.executed = tree.source.name, tree.name

    def __str__(self) -> str:
        """Return all errors of the chain in one line, the outermost first."""
        parts = []
        error: Exception | None = self
        while isinstance(error, ExecError):
            parts.append(f"template: {error.location}: executing {quote(error.executed)} at <{error.context}>: ")
            parts.append(error.message)
            error = error.failed
            if isinstance(error, Wrapped):
                parts.append(error.before)
                error = error.failed
        if error is not None:
            parts.append(str(error))
        return "".join(parts)

    def innermost(self) -> "ExecError":
        """Return the error at the original place, inside any `include` and `tpl`. For a place in a text given to
        `tpl`, which is no file, that is the call of `tpl`.
        """
        error = found = self
        while True:
            inner = error.failed.failed if isinstance(error.failed, Wrapped) else error.failed
            if not isinstance(inner, ExecError):
                return found
            error = inner
            found = found if error.name == TPL else error


class Failure(Exception):  # noqa: N818  # becomes an error once its place is known
    """A function that cannot do what a template asks of it. The evaluator turns it into an `ExecError`."""


class Wrapped(Failure):
    """An error of a template inside a function, preceded by the function's own words."""

    def __init__(self, before: str, failed: Exception) -> None:
        super().__init__(before)
        self.before = before
        self.failed = failed

    def __str__(self) -> str:
        return f"{self.before}{self.failed}"


class Refused(Failure):
    """The message of `fail` and `required`, which Helm prints without the rest of the error."""


class Exceeded(Failure):
    """A bound that is crossed: the template would take too much time or memory."""
