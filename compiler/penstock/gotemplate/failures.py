"""What goes wrong with a template, in the words of Go's text/template and with the place in its text."""

from penstock.gotemplate.nodes import Node, Tree
from penstock.gotemplate.quoting import quote


class TemplateError(Exception):
    """A template that cannot be parsed or executed. `str` gives the text that Go's error has.

    `name` is that of the text that holds the place, `line` counts from 1 and `column` from 0, in bytes, as in Go;
    `column` is None where Go names none (parse errors).
    """

    def __init__(self, message: str, name: str, line: int, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.line = line
        self.column = column

    @property
    def location(self) -> str:
        """`NAME:LINE` or `NAME:LINE:COLUMN`."""
        place = f"{self.name}:{self.line}"
        return place if self.column is None else f"{place}:{self.column}"


class ParseError(TemplateError):
    """The text is not a template. The message is what Go says after the location."""

    def __str__(self) -> str:
        return f"template: {self.location}: {self.message}"


class ExecError(TemplateError):
    """A template cannot be executed with this data.

    `executed` is the name of the template (that of its `define`), `context` the expression at the place, `failed` the
    error of a function that was called there, which is another `ExecError` for `include` and `tpl`.
    """

    def __init__(self, message: str, tree: Tree, node: Node, failed: "Exception | None" = None) -> None:
        line, column = tree.source.place(node.pos)
        super().__init__(message, tree.source.name, line, column)
        self.executed = tree.name
        self.context = str(node)
        self.failed = failed

    def __str__(self) -> str:
        """All errors of the chain in one line, the outermost first."""
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
        """The error at the place where it all began, inside of `include` and `tpl`."""
        error: ExecError = self
        while True:
            inner = error.failed.failed if isinstance(error.failed, Wrapped) else error.failed
            if not isinstance(inner, ExecError):
                return error
            error = inner


class Failure(Exception):  # noqa: N818  # becomes an error where it is known at which place
    """A function that cannot do what it is asked for. The evaluator makes an `ExecError` of it."""


class Wrapped(Failure):
    """An error of a template inside of a function, with the function's own words before it."""

    def __init__(self, before: str, failed: Exception) -> None:
        super().__init__(before)
        self.before = before
        self.failed = failed

    def __str__(self) -> str:
        return f"{self.before}{self.failed}"


class Refused(Failure):
    """The message of `fail` and `required`, which Helm prints without the rest."""


class Exceeded(Failure):
    """A bound is crossed: the template would take too much time or memory."""
