"""Why something remote cannot be had, as it travels to `Remotes`, which makes it a finding."""

from penstock.model import Diagnostic, Origin, Pos

NOT_LOCKED, REFUSED, UNAVAILABLE, UNPINNED, NOT_AS_LOCKED = "PS130", "PS131", "PS132", "PS133", "PS134"
NO_SUCH_CHART, NOT_VERIFIED = "PS135", "PS136"


class Failure(Exception):  # noqa: N818  # a state of the world, not an error of the program
    """`where` is empty where it is the entry of the kustomization that is at fault."""

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
    """A redirect of a web server leads where nothing is fetched."""


def unavailable(message: str, where: Origin | Pos, hint: str = "") -> Diagnostic:
    """The finding for what cannot be fetched: the sources may well be right."""
    return Diagnostic(UNAVAILABLE, "error", message, where, hint=hint, blame="world")
