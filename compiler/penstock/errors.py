"""The exceptions that an edge raises when it cannot go on. They are not findings: those are values
(`model.Diagnostic`).

This is a module of its own, since the cache answers before anything larger is imported.
"""


class Unreadable(Exception):  # noqa: N818  # the state of a file, not an error of the program
    """A file exists and cannot be used: it is too large, or not a regular file, or may not be read. `parse` turns this
    into a finding.
    """


class Refusal(Exception):  # noqa: N818  # what we say, not what went wrong
    """An edge cannot go on and says why. Its exit status is 2 for wrong usage and 4 where the world failed.
    `cli/main.py` catches it; whoever else does can go on without an answer.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class NothingHere(Refusal):
    """There is no target, so there is nothing to do. This is wrong usage, except under a hook: the first commits of a
    repository may have no targets yet, and the last one may take them away.
    """
