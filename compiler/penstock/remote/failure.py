"""The reason why something remote cannot be had. It travels up to `Remotes`, which makes a finding of it."""

from penstock.model import Diagnostic, Origin, Pos

NOT_LOCKED, REFUSED, UNAVAILABLE, UNPINNED, NOT_AS_LOCKED = "PS130", "PS131", "PS132", "PS133", "PS134"
NO_SUCH_CHART, NOT_VERIFIED = "PS135", "PS136"


class Failure(Exception):  # noqa: N818  # a state of the world, not an error of the program
    """Something remote cannot be had. `where` is empty if the entry of the kustomization is to blame."""

    def __init__(self, code: str, message: str, hint: str = "", where: Pos | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where

    def diagnostic(self, entry: Origin) -> Diagnostic:
        where = self.where or entry
        if self.code == UNAVAILABLE:
            return unavailable(self.message, where, self.hint)
        return Diagnostic(self.code, "error", self.message, where, hint=self.hint)


class NotFollowed(Failure):
    """A redirect of a web server leads to a place from which nothing is fetched."""


def unavailable(message: str, where: Origin | Pos, hint: str = "") -> Diagnostic:
    """Return the finding that something cannot be fetched. The sources may well be right."""
    return Diagnostic(UNAVAILABLE, "error", message, where, hint=hint, blame="world")
