"""The findings about suppressions and baselines (PS470 and following)."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS470",
        "unused-suppression",
        """Every suppression is needed by a finding.

Bad:
```yaml
spec:
  replicas: 2 # penstock: ignore=PS401 the number is quoted by a patch
```
Good:
```yaml
spec:
  replicas: 2
```
Why: a suppression that nothing needs hides the next mistake in its place. It is said only where everything is checked:
at the top of the repository, without names of targets and with all codes.
Source: Penstock's own rule, as that of linters with such comments.
""",
    ),
    (
        "PS471",
        "suppression-without-reason",
        """A suppression names codes that there are, and says why.

Bad:
```yaml
spec:
  replicas: "2" # penstock: ignore=PS401
```
Good:
```yaml
spec:
  replicas: "2" # penstock: ignore=PS401 an operator reads this as text
```
Why: whoever reads it later has to tell whether the reason still holds. A name that is no code hides nothing.
Source: Penstock's own rule.
""",
    ),
    (
        "PS472",
        "stale-baseline",
        """The baseline has only findings that are still there.

Bad:   an entry of penstock-baseline.json whose mistake somebody has mended
Good:  a baseline that `penstock check --write-baseline` has written since

Why: an entry that nothing needs lets the same mistake come back unseen. It is said only where everything is checked: at
the top of the repository, without names of targets and with all codes.
Source: Penstock's own rule.
""",
    ),
)
"""Code, name, page."""
