"""What stops an ApplicationSet."""


class Failed(Exception):  # noqa: N818  # becomes a finding
    """A set that Argo CD refuses; the text says why. `steps` lead to the place within the object."""

    def __init__(self, message: str, *steps: str | int) -> None:
        super().__init__(message)
        self.steps = steps


class Unsupported(Exception):  # noqa: N818  # becomes a finding
    """A generator that asks something which is not in the repository; the text names it."""
