"""How grave each finding is, for the manual: most are errors."""

from penstock.charts import codes as chart_codes
from penstock.parse import codes as parse_codes
from penstock.resolve import codes as resolve_codes

LOSSES = parse_codes.LOSSES | resolve_codes.LOSSES | chart_codes.LOSSES
"""The codes for everything that Kustomize loses in silence: warnings of `build`, which prints the same, and errors of
`check`.
"""

OTHERS: dict[str, tuple[str, ...]] = {
    "PS101": ("error", "warning", "info"),
    "PS103": ("error", "warning", "info"),
    "PS117": ("error", "warning"),
    "PS118": ("error", "warning"),
    "PS133": ("warning",),
    "PS137": ("info",),
    "PS138": ("info",),
    "PS139": ("info",),
    "PS190": ("info",),
    "PS191": ("warning",),
    "PS192": ("info",),
    "PS193": ("info",),
    "PS194": ("error", "info"),
    "PS196": ("error", "warning", "info"),
    "PS197": ("error", "warning", "info"),
    "PS198": ("info",),
    "PS161": ("error", "warning"),
    "PS171": ("error", "warning"),
    "PS172": ("info",),
    "PS173": ("info",),
    "PS202": ("error", "warning"),
    "PS210": ("info",),
    "PS212": ("warning", "info"),
    "PS222": ("error", "warning"),
    "PS235": ("info",),
    "PS237": ("warning",),
    "PS239": ("warning",),
    "PS247": ("error", "info"),
    "PS248": ("warning",),
    "PS257": ("error", "info"),
    "PS261": ("error", "info"),
    "PS264": ("warning",),
    "PS272": ("info",),
    "PS301": ("error", "warning", "info"),
    "PS302": ("warning", "info"),
    "PS303": ("warning", "info"),
    "PS304": ("error", "warning"),
    "PS307": ("warning",),
    "PS308": ("error", "warning", "info"),
    "PS401": ("error", "warning"),
    "PS402": ("error", "info"),
    "PS404": ("error", "warning"),
    "PS405": ("info",),
    "PS406": ("error", "info"),
    "PS409": ("info",),
    "PS410": ("error", "info"),
    "PS431": ("error", "info"),
    "PS454": ("error", "warning"),
    "PS456": ("warning",),
    "PS465": ("error", "warning"),
    "PS470": ("warning", "info"),
    "PS472": ("warning", "info"),
    "PS481": ("error", "warning"),
    "PS483": ("warning",),
    "PS484": ("warning",),
    "PS485": ("error", "warning"),
    "PS486": ("info",),
    "PS514": ("warning",),
    "PS619": ("error", "warning"),
    "PS621": ("error", "warning"),
    "PS622": ("warning",),
    "PS624": ("warning",),
    "PS625": ("warning",),
    "PS627": ("warning",),
    "PS628": ("info",),
    "PS630": ("error", "warning"),
    "PS631": ("info",),
    "PS632": ("warning", "info"),
    "PS634": ("info",),
    "PS635": ("warning",),
    "PS636": ("error", "warning", "info"),
    "PS637": ("error", "info"),
    "PS643": ("warning",),
    "PS648": ("warning",),
    "PS652": ("warning",),
    "PS664": ("info",),
    "PS666": ("warning",),
    "PS667": ("warning",),
    "PS707": ("warning",),
    "PS708": ("warning",),
    "PS709": ("warning",),
    "PS713": ("warning",),
    "PS715": ("info",),
    "PS716": ("info",),
    "PS718": ("warning",),
    "PS719": ("warning",),
    "PS723": ("info",),
    "PS724": ("info",),
    "PS726": ("warning",),
    "PS727": ("warning", "info"),
    "PS731": ("info",),
    "PS736": ("warning",),
}
"""The severities of codes that are not always errors."""

WORDS = {"error": "an error", "warning": "a warning", "info": "an info"}


def severities_of(code: str) -> tuple[str, ...]:
    """Return the severities that a finding may have in a report of `check`, the most severe first."""
    return OTHERS.get(code, ("error",))


def said(code: str) -> str:
    """Return the severities of a code as a phrase."""
    words = " or ".join(WORDS[each] for each in severities_of(code))
    return f"{words} (of `penstock build` a warning)" if code in LOSSES else words


def how_to_live_with(code: str) -> str:
    """Return the manual's advice on living with a finding of `check`; empty for those of other commands."""
    if code >= "PS5":
        return ""
    if code < "PS3" and severities_of(code)[0] == "error" and code not in LOSSES:
        rules = "- `rules:` in penstock.yaml and options do not hide it: it keeps a target from being compiled.\n"
    else:
        rules = f'- Everywhere or below some paths: `rules: {{{code}: "off"}}` in penstock.yaml, or another severity.\n'
    return (
        "To live with it (docs/adopting.md):\n"
        f"- Here: the comment `# penstock: ignore={code} the reason` on the line or above it, or the annotation\n"
        f'  `penstock.dev/ignore: "{code} the reason"` on the object.\n'
        f"{rules}"
        "- With all that there is today: `penstock check --write-baseline`.\n"
    )
