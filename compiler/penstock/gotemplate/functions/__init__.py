"""All functions that Helm offers: those of text/template, Sprig's and Helm's own, one table from a file for each group.

Where two groups have a function of one name, the later one counts: Sprig's `slice` takes the place of Go's. Groups that
few charts use are imported when one of their functions is compiled: to import all takes as long as a small chart.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from penstock.gotemplate import builtins
from penstock.gotemplate.calls import Function
from penstock.gotemplate.functions import (
    defaults,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    regexes,
    strings,
    templates,
    versions,
)

RARE = {
    "crypto": (
        *("bcrypt", "buildCustomCert", "decryptAES", "derivePassword", "encryptAES", "genCA", "genCAWithKey"),
        *("genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey"),
        "htpasswd",
    ),
    "dates": (
        *("ago", "date", "dateInZone", "dateModify", "date_in_zone", "date_modify", "duration", "durationDays"),
        *("durationHours", "durationMicroseconds", "durationMilliseconds", "durationMinutes", "durationNanoseconds"),
        *("durationRound", "durationRoundTo", "durationSeconds", "durationTruncateTo", "durationWeeks", "htmlDate"),
        *("htmlDateInZone", "mustDateModify", "mustToDate", "mustToDuration", "must_date_modify", "now", "toDate"),
        "unixEpoch",
    ),
    "randomness": (
        *("randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric", "shuffle", "uuidv4"),
    ),
    "toml": ("fromToml", "mustToToml", "toToml"),
    "urls": ("urlJoin", "urlParse"),
}
"""What modules of this package have that are imported when they are needed. No other group has such a name."""


class Table(Mapping[str, Function]):
    """Functions by name, with groups that are imported when a function of theirs is asked for."""

    def __init__(self, known: Mapping[str, Function], groups: Mapping[str, tuple[str, ...]]) -> None:
        self._known = dict(known)
        self._group_of = {name: group for group, names in groups.items() for name in names}

    def __getitem__(self, name: str) -> Function:
        found = self._known.get(name)
        if found is None:
            self._known.update(import_module(f"{__name__}.{self._group_of[name]}").FUNCTIONS)
            found = self._known[name]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._group_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._known | self._group_of)

    def __len__(self) -> int:
        return len(self._known | self._group_of)


BUILTINS: dict[str, Function] = builtins.FUNCTIONS

HELM: Mapping[str, Function] = Table(
    {
        **builtins.FUNCTIONS,
        **defaults.FUNCTIONS,
        **dicts.FUNCTIONS,
        **encoding.FUNCTIONS,
        **lists.FUNCTIONS,
        **numbers.FUNCTIONS,
        **paths.FUNCTIONS,
        **regexes.FUNCTIONS,
        **strings.FUNCTIONS,
        **templates.FUNCTIONS,
        **versions.FUNCTIONS,
    },
    RARE,
)
