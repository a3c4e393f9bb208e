"""The errors that stop an ApplicationSet or a generator."""


class Failed(Exception):  # noqa: N818  # becomes a finding
    """Argo CD refuses the set; the message says why. `steps` is the path of the place in the spec."""

    def __init__(self, message: str, *steps: str | int) -> None:
        super().__init__(message)
        self.steps = steps


class Unsupported(Exception):  # noqa: N818  # becomes a finding
    """A generator needs something that is not in the repository; the message names it."""
