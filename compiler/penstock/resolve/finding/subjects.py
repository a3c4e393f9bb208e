"""The subjects of RoleBindings: ServiceAccounts among them let a RoleBinding name objects of their namespaces."""

from collections import Counter
from collections.abc import Set
from itertools import compress, count
from operator import is_not

from penstock.typed import Any


class Subjects:
    """The namespaces of the ServiceAccounts among the subjects of a RoleBinding, of which one after the other gets
    another name: only those that have changed since the last question are looked at.
    """

    def __init__(self) -> None:
        self._subjects: list[Any] = []
        self._counts: Counter[str] = Counter()

    def namespaces_of(self, subjects: list[Any]) -> Set[str]:
        if len(subjects) != len(self._subjects):
            self._subjects = [None] * len(subjects)
            self._counts.clear()
        for index in compress(count(), map(is_not, subjects, self._subjects)):
            self._add(self._subjects[index], -1)
            self._add(subjects[index], 1)
        self._subjects = subjects
        return self._counts.keys()

    def _add(self, subject: Any, number: int) -> None:
        if not isinstance(subject, dict) or subject.get("kind") != "ServiceAccount":
            return
        namespace = subject.get("namespace")
        if isinstance(namespace, str):
            self._counts[namespace] += number
            if not self._counts[namespace]:
                del self._counts[namespace]
