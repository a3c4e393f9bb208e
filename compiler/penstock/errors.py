"""What an edge raises when it cannot go on. Findings are values (`model.Diagnostic`); these are not findings.

A module of its own, since the cache answers before anything larger is imported.
"""


class Unreadable(Exception):  # noqa: N818  # the state of a file, not an error of the program
    """A file is there and cannot be used: too large, not a regular file, no permission. `parse` makes it a finding."""


class Refusal(Exception):  # noqa: N818  # what we say, not what went wrong
    """An edge cannot go on and says why: usage (exit status 2) or the world (4). Caught in `cli/main.py` alone."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
