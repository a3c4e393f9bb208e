"""The findings about suppressions and baselines (PS470 and following)."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS470",
        "unused-suppression",
        """Every suppression hides a finding.

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
Why: an unused suppression hides the next mistake in its place. Penstock reports it only where it checks everything: at
the top of the repository, without names of targets and with all codes. While a target does not compile, its other
findings are not known; then the finding is an info.
Source: Penstock's own rule, like that of linters with such comments.
""",
    ),
    (
        "PS471",
        "suppression-without-reason",
        """A suppression names existing codes, and gives a reason.

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
Why: a later reader has to judge whether the reason still holds. A name that is not a code hides nothing.
Source: Penstock's own rule.
""",
    ),
    (
        "PS472",
        "stale-baseline",
        """The baseline lists only findings that still exist.

Bad:   an entry of penstock-baseline.json whose mistake somebody has mended
Good:  a baseline that `penstock check --write-baseline` has written since

Why: an unused entry lets the same mistake come back unseen. Penstock reports it only where it checks everything: at the
top of the repository, without names of targets and with all codes. While a target does not compile, its other findings
are not known; then the finding is an info, and no entry should be removed.
Source: Penstock's own rule.
""",
    ),
)
"""Code, name, page."""
