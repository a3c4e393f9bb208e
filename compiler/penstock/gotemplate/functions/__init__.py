"""All functions that Helm offers: those of text/template, of Sprig and of Helm itself, in one table that is built from
a file for each group.

Sprig's `slice` replaces Go's. Groups that a small chart may do without are imported when one of their functions is
compiled, since importing all of them takes as long as rendering such a chart.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from penstock.gotemplate import builtins
from penstock.gotemplate.calls import Function
from penstock.gotemplate.functions import defaults, dicts, encoding, strings, templates

RARE = {
    "casing": ("camelcase", "kebabcase", "lower", "snakecase", "swapcase", "title", "untitle", "upper"),
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
    "json_texts": (
        *("fromJson", "fromJsonArray", "mustFromJson", "mustToJson", "mustToPrettyJson", "mustToRawJson", "toJson"),
        *("toPrettyJson", "toRawJson"),
    ),
    "lists": (
        *("append", "chunk", "compact", "concat", "first", "has", "initial", "last", "list", "mustAppend", "mustChunk"),
        *("mustCompact", "mustFirst", "mustHas", "mustInitial", "mustLast", "mustPrepend", "mustPush", "mustRest"),
        *("mustReverse", "mustSlice", "mustUniq", "mustWithout", "prepend", "push", "rest", "reverse", "slice"),
        *("sortAlpha", "tuple", "uniq", "without"),
    ),
    "numbers": (
        *("add", "add1", "add1f", "addf", "atoi", "biggest", "ceil", "div", "divf", "float64", "floor", "int", "int64"),
        *("max", "maxf", "min", "minf", "mod", "mul", "mulf", "round", "seq", "sub", "subf", "toDecimal", "until"),
        "untilStep",
    ),
    "paths": ("base", "clean", "dir", "ext", "isAbs", "osBase", "osClean", "osDir", "osExt", "osIsAbs"),
    "randomness": (
        *("randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric", "shuffle", "uuidv4"),
    ),
    "regexes": (
        *("mustRegexFind", "mustRegexFindAll", "mustRegexMatch", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral"),
        *("mustRegexSplit", "regexFind", "regexFindAll", "regexMatch", "regexQuoteMeta", "regexReplaceAll"),
        *("regexReplaceAllLiteral", "regexSplit"),
    ),
    "toml": ("fromToml", "mustToToml", "toToml"),
    "urls": ("urlJoin", "urlParse"),
    "versions": ("semver", "semverCompare"),
}
"""The functions of the modules that are imported when needed. No other group has a function of such a name."""


class Table(Mapping[str, Function]):
    """Functions by name. Some groups are imported when one of their functions is looked up."""

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
        **{name: each for name, each in builtins.FUNCTIONS.items() if name != "slice"},
        **defaults.FUNCTIONS,
        **dicts.FUNCTIONS,
        **encoding.FUNCTIONS,
        **strings.FUNCTIONS,
        **templates.FUNCTIONS,
    },
    RARE,
)
