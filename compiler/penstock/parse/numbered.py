"""Folders of environments with a number in front that tells their order: `01-dev`, `02-stage`, `03-prod`."""

from collections.abc import Mapping, Set

from penstock.regex import regex

_NUMBER = regex(r"(?:^|/)[0-9]+[-_.](?=[A-Za-z])")


class Numbered:
    """An index of the folders along some paths, by what their names are without a number in front.

    Such a name is that of an environment if it is a usual one, or if two usual ones with numbers stand beside it. The
    numbers stay where two folders would have one name without them (`01-prod`, `02-prod`): they tell these apart.
    """

    def __init__(self, paths: Set[str], usual: Set[str], shared: Set[str]) -> None:
        """`usual` are the usual names of environments, and `shared` those of folders that hold what these share."""
        self._usual = usual
        self._shared = shared
        self._beside: dict[tuple[str, ...], dict[str, set[str]]] = {}
        for path in paths if any(map(_NUMBER.search, paths)) else ():
            names = tuple(path.split("/"))
            for index, name in enumerate(names):
                beside = self._beside.setdefault(names[:index], {})
                beside.setdefault(without_number(name) or name, set()).add(name)

    def environment(self, above: tuple[str, ...], name: str) -> str:
        """Return the name of the environment that a folder with a number stands for, or "" if it is none."""
        rest = without_number(name)
        beside = self._beside.get(above, {})
        if not rest or rest in self._shared or name not in beside.get(rest, ()) or _are_apart(beside):
            return ""
        return rest if rest in self._usual or self._usual_with_number(beside) > 1 else ""

    def _usual_with_number(self, beside: Mapping[str, Set[str]]) -> int:
        return sum(word in self._usual and word not in names for word, names in beside.items())

    def plain(self, path: str) -> str:
        """Return a path with the environments in it by their names without numbers."""
        names = tuple(path.split("/"))
        return "/".join(self.environment(names[:index], name) or name for index, name in enumerate(names))


def _are_apart(beside: Mapping[str, Set[str]]) -> bool:
    """Return whether numbers alone tell some folders apart."""
    return any(len(names) > 1 for names in beside.values())


def without_number(name: str) -> str:
    """Return what follows the number in front of a name, or "" if there is no number or no letter behind it."""
    found = _NUMBER.match(name)
    return name[found.end() :] if found else ""
