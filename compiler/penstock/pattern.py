"""Regular expressions of strangers (selectors, CRDs), matched in time proportional to the text whatever the expression.

A pull request brings both the pattern and the value, so a backtracking matcher could be made to run for years. This
is the syntax of RE2, which the API server uses, compiled to a nondeterministic automaton that is followed in all its
states at once (R. Cox, "Regular Expression Matching Can Be Simple And Fast").
"""

from penstock.pattern_syntax import automaton

MAX_STEPS = 20_000_000
"""States times characters of all matches of one expression in a run: some ten seconds at worst."""


class TooMuch(Exception):  # noqa: N818  # not an error of the program
    """The matches of an expression have cost more than MAX_STEPS."""


class Pattern:
    """A compiled expression. Raises Unsupported."""

    __slots__ = ("_start", "_states", "_steps_left", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._states, self._start = automaton(text)
        self._steps_left = MAX_STEPS

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in the text. Raises TooMuch."""
        self._steps_left -= len(text) * len(self._states)
        if self._steps_left < 0:
            raise TooMuch
        after: set[int] = set()
        for position, character in enumerate((*text, "")):
            reached: set[int] = set()
            if self._follow([*after, self._start], position == 0, not character, reached):
                return True
            after = self._step(reached, character)
        return False

    def _follow(self, todo: list[int], first: bool, last: bool, reached: set[int]) -> bool:
        """Add to `reached` every state that needs no further character; True where the end is among them."""
        while todo:
            index = todo.pop()
            if index in reached:
                continue
            reached.add(index)
            state = self._states[index]
            if state.test is None:
                if not state.next:
                    return True
                if not state.edge or (first if state.edge == "^" else last):
                    todo += state.next
        return False

    def _step(self, reached: set[int], character: str) -> set[int]:
        states = self._states
        return {states[i].next[0] for i in reached if (test := states[i].test) is not None and test(character)}
