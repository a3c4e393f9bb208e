"""A grammar of templates for `chart_mutations.py`: every expression may stand in every other.

A rule is a kind of expression, with its simple forms and with those that hold others in angle brackets: `<text>` is any
expression that should be a text, `<any>` may be one of any type. Each template has the variables `$v` and `$w`, so that
the grammar needs to know nothing of what is visible where.
"""

import random
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

HOLE = re.compile(r"<(\w+)>")

VALUES = """\
m: {a: 1, b: {c: x, d: [1, 2]}, y: yes, z: ~, e: {}}
l: [1, a, {b: 2}, [3], null]
ln: [3, 1, 2]
ls: [b, a, c, a]
i: 7
f: 1.5
s: text
n: null
t: true
big: 12345678901234567890
large: 1000000
empty: ''
multi: |
  a
  b
tp: '{{ .Values.i }}'
ver: 1.2.3
"""


class Rule(NamedTuple):
    """The forms without holes, those with holes, and how often one of the first is taken where both may be."""

    simple: Sequence[str]
    composed: Sequence[str] = ()
    simplicity: float = 0.4


def calls(names: str, arguments: str) -> list[str]:
    """A call of each function with the same arguments."""
    return [f"({name} {arguments})" for name in names.split()]


TEXTS = (
    *('""', '"a"', '"abc"', '"a,b,c"', '" a b "', '"1"', '"-1"', '"1.5"', '"0x1f"', '"010"', '"true"', '"é日本"'),
    *('"a\\nb\\n"', '"<&>\'"', "`\\d+`", '"a: 1"', '"[1, 2]"', '"{\\"k\\": [1, null]}"', '"1.2.3"', '"v1.2.3-rc.1+b"'),
    *('"2006-01-02"', '"2020-02-29"', '"1h30m"', '"https://u:p@h:1/p/q?x=y#f"', '"/a/../b/c.txt"', '"YWJj"', '"ß"'),
    *('"HelloWorld_x-Y z"', '"%s|%d"', '"UTC"', '"Europe/Berlin"', '"\\t\\x00"', '(repeat 30 "ab ")', '"ümläut ñ"'),
    *('"%"', '"a=b&c=d"', '"10Mi"', '"0b101"', '"0o17"', '"1_000"', '"+Inf"', '"NaN"', '"  in\\n    more"', '"k"'),
    *(".Values.s", ".Values.multi", ".Values.empty", ".Values.ver", ".Release.Name", ".Chart.Name", ".Values.m.b.c"),
)
ONE_TEXT = (
    "upper lower title untitle trim nospace swapcase initials snakecase camelcase kebabcase quote squote b64enc b64dec "
    "b32enc b32dec sha256sum sha1sum md5sum sha512sum adler32sum base dir clean ext osBase osDir osClean osExt "
    "toString html js urlquery regexQuoteMeta"
)
PRINTERS = "toJson toYaml toPrettyJson toRawJson toToml mustToJson toYamlPretty typeOf kindOf mustToYaml print println"
PIPED = (
    *("quote", "toString", "upper", 'default "d"', "toJson", "toYaml", "indent 2", "nindent 2", "len", 'printf "%v"'),
    *('printf "%q"', 'printf "%T"', 'printf "%#v"', "b64enc", "trunc 5", "int", "int64", "float64", "first", "last"),
    *("typeOf", "kindOf", "not", "sha256sum", "trim", "squote", 'join "-"', "toPrettyJson", "ternary 1 2", "fromYaml"),
    *(
        "fromJson",
        "has 1",
        "eq 1",
        "gt 1",
        "empty",
        "sortAlpha",
        "uniq",
        "keys | sortAlpha",
        'replace "a" "b"',
        "cat 1",
    ),
    *('required "r"', "toRawJson", "toToml", "reverse", "html", "js", "print", "list", 'dict "k"', "until", "add 1"),
    *("mul 2", 'splitList ","', "lower"),
)

RULES: Mapping[str, Rule] = {
    "text": Rule(
        TEXTS,
        (
            *calls(ONE_TEXT, "<text>"),
            *calls(ONE_TEXT, "<any>")[::4],
            *calls("trunc abbrev indent nindent repeat wrap", "<size> <text>"),
            *calls("trimPrefix trimSuffix trimAll cat default coalesce", "<text> <text>"),
            *calls(PRINTERS, "<any>"),
            *("(printf <format> <any>)", "(printf <format> <any> <any>)", "(printf <format>)", "(print <any> <any>)"),
            *(
                "(abbrevboth <size> <size> <text>)",
                "(wrapWith <size> <text> <text>)",
                "(plural <text> <text> <number>)",
            ),
            *("(join <text> <list>)", "(replace <text> <text> <text>)", "(substr <size> <size> <text>)"),
            *("(regexReplaceAll <pattern> <text> <replacement>)", "(regexReplaceAllLiteral <pattern> <text> <text>)"),
            *("(regexFind <pattern> <text>)", "(ternary <text> <text> <truth>)", '(tpl "{{ . }}" <any>)'),
            *("(tpl .Values.tp <any>)", "(tpl `{{ range . }}{{ . }},{{ end }}` <any>)", '(include "d" <any>)'),
            *('(date "2006-01-02T15:04:05 Mon Jan _2 pm .000" <time>)', '(dateInZone <text> <time> "Asia/Tokyo")'),
            *("(duration <any>)", "(durationRound <any>)", "(urlJoin <dict>)", '(get (urlParse <text>) "host")'),
            *("(seq <size> <size>)", "(first <list>)", '(required "need" <any>)', "(semver <text>).Major"),
            *("(semver <text>).Original", "(slice <text> <size> <size>)", "(index <dict> <text>)"),
        ),
    ),
    "size": Rule(("0", "1", "2", "3", "5", "-1", "-2", "10")),
    "number": Rule(
        (
            *("0", "1", "-1", "2", "3", "10", "64", "-7", "1e6", "9223372036854775807", "-9223372036854775808", "'a'"),
            *(".Values.i", "(int .Values.i)", "(int64 5)", "0x1F", "1_000", "(len .Values.l)", ".Values.large"),
        ),
        (
            *calls("add sub mul div mod max min", "<number> <number>"),
            *calls("len int int64 floor ceil add1 atoi toDecimal", "<any>"),
            *("(round <float> <size>)", "(ternary <number> <number> <truth>)", "(add <number> <any> <number>)"),
        ),
    ),
    "float": Rule(
        ("1.5", "-0.0", "0.1", "1e20", "1e21", "1e-7", "3.0", ".Values.f", "(float64 2)", "2.5", "1e100"),
        (
            *calls("addf subf mulf divf maxf minf", "<float> <float>"),
            *calls("float64 floor ceil", "<any>"),
            *("(round <any> <size>)", "(round <any> <size> .5)", "(addf <any> <float>)"),
        ),
    ),
    "truth": Rule(
        ("true", "false", ".Values.t", ".Release.IsInstall", "(not .Values.n)"),
        (
            *calls("eq ne lt le gt ge and or deepEqual", "<any> <any>"),
            *calls("eq ne lt le gt ge", "<number> <number>"),
            *calls("not empty all any", "<any>"),
            *calls("contains hasPrefix hasSuffix", "<text> <text>"),
            *(
                "(eq <text> <text> <text>)",
                "(has <any> <list>)",
                "(hasKey <dict> <text>)",
                "(regexMatch <pattern> <text>)",
            ),
            *(
                "(semverCompare <range> <text>)",
                "(kindIs <type> <any>)",
                "(typeIs <type> <any>)",
                "(typeIsLike <type> <any>)",
            ),
            "(.Capabilities.APIVersions.Has <text>)",
        ),
        0.3,
    ),
    "list": Rule(
        (
            *(
                "(list)",
                '(list 1 "a" nil 2.5)',
                ".Values.l",
                ".Values.ln",
                ".Values.ls",
                '(list "b" "a")',
                "(list 3 1 2)",
            ),
            *("(until 3)", "(untilStep 1 9 3)", "(tuple 1 2)", ".Chart.Maintainers", ".Values.m.b.d"),
        ),
        (
            *("(list <any>)", "(list <any> <any>)", "(list <any> <any> <any>)", "(concat <list> <list>)"),
            *calls("rest initial reverse uniq compact sortAlpha toStrings mustUniq mustRest mustCompact", "<list>"),
            *calls("rest initial reverse uniq compact sortAlpha", "<any>"),
            *calls("append prepend without mustAppend push", "<list> <any>"),
            *("(slice <list>)", "(slice <list> <size>)", "(slice <list> <size> <size>)", "(chunk <size> <list>)"),
            *("(splitList <text> <text>)", "(keys <dict> | sortAlpha)", "(pluck <text> <dict> <dict>)"),
            *("(regexFindAll <pattern> <text> <size>)", "(regexSplit <pattern> <text> <size>)"),
            *("(fromJsonArray <text>)", "(fromYamlArray <text>)", '(.Files.Lines "x")'),
        ),
    ),
    "dict": Rule(
        (
            *("(dict)", '(dict "a" 1 "b" "x")', '(dict "a" (dict "b" (dict "c" 1)))', '(dict "a" nil)', ".Values.m"),
            *(".Values.m.b", ".Values.m.e", "(deepCopy .Values.m)", '(fromYaml "a: 1\\nb: [x]")'),
        ),
        (
            *("(dict <text> <any>)", "(dict <text> <any> <text> <any>)", "(dict <any> <any>)", "(fromYaml <text>)"),
            *calls("merge mergeOverwrite mustMerge mustMergeOverwrite", "(deepCopy <dict>) <dict>"),
            *(
                "(pick <dict> <text>)",
                "(omit <dict> <text>)",
                "(set (deepCopy <dict>) <text> <any>)",
                "(fromJson <text>)",
            ),
            *("(unset (deepCopy <dict>) <text>)", "(split <text> <text>)", "(splitn <text> <size> <text>)"),
            *(
                "(urlParse <text>)",
                "(toJson <dict> | fromJson)",
                "(toYaml <dict> | fromYaml)",
                "(ternary <dict> <dict> <truth>)",
            ),
        ),
    ),
    "any": Rule(
        (
            *("nil", ".Values.n", ".Values.missing", ".", "$", ".Values.big", '(semver "1.2.3")', "$v", "$w", "$v.a"),
            *('(toDate "2006-01-02" "2020-02-03")', ".Capabilities.KubeVersion", ".Release.Revision", "$w.b.c"),
        ),
        (
            *["<text>"] * 6,
            *["<number>"] * 4,
            *["<list>"] * 4,
            *["<dict>", "<float>", "<truth>"] * 2,
            *("(dig <text> <text> <any> <dict>)", "(index <list> <any>)", "(index <dict> <any>)", "(first <list>)"),
            *("(default <any> <any>)", "(coalesce <any> <any> <any>)", "(get <dict> <text>)", "(and <any> <any>)"),
            *("(or <any> <any>)", "(last <list>)", "<dict>.a", "<dict>.b", "<dict>.missing", "<dict>.b.c"),
        ),
        0.12,
    ),
    "time": Rule(
        (
            *(
                '(toDate "2006-01-02" "2020-02-03")',
                '(mustToDate "2006-01-02" "2020-13-03")',
                "0",
                "(int64 1580000000)",
            ),
            *('(toDate "2006-01-02 15:04:05 -0700" "1999-12-31 23:59:59 +0530")', "1580000000"),
            '(dateModify "36h" (toDate "2006-01-02" "2020-02-29"))',
        )
    ),
    "pattern": Rule(
        (
            *(
                "`a(x*)b?`",
                "`(?i)[a-z]+`",
                "`\\s+`",
                "`^a`",
                "`(\\w)(\\w*)`",
                "`\\d+$`",
                "`[`",
                "`[^a-c,]`",
                "`\\p{L}`",
            ),
            *("`(?s).*`", "`\\bt`", "`[[:upper:]]`", "`a*?`", "`\\Q.\\E`", "`(?m)^b`", "`(?P<n>a)`", "`a{2,}`", "`$`"),
        )
    ),
    "replacement": Rule(tuple(f'"{text}"' for text in ("${1}x", "$1", "$n", "$$", "-", "$0", "${n}", "$1_", "\\\\1"))),
    "range": Rule(('"^1.2"', '">=1.0.0-0"', '"~1"', '"1.x"', '"<2 || >3"', '"!=1"', '"1.0 - 2.0"', '"*"', '""')),
    "type": Rule(('"string"', '"int"', '"map"', '"slice"', '"float64"', '"[]interface {}"', '"int64"', '"invalid"')),
    "format": Rule((), ('"<verb>"', '"a<verb> <verb>"', '"<verb>%%<verb>"'), 0.0),
    "verb": Rule(
        ("%v", "%s", "%d", "%q", "%5.1f", "%-8s|", "%08.3f"),
        ("%<flag><width><letter>", "%<flag><flag><width><letter>", "%<width><letter>"),
    ),
    "flag": Rule(("+", "-", "#", "0", " ")),
    "width": Rule(("", "", "5", "8", "08", ".2", "8.3", ".0", "*", "[1]", "[2]")),
    "letter": Rule(tuple("vvvsdqxXTtfgeGcUobOEF")),
    "pipe": Rule(
        (), ("<any>", "<any>", "<any> | <function>", "<any> | <function>", "<any> | <function> | <function>"), 0.0
    ),
    "function": Rule(PIPED),
    "open": Rule(("{{ ", "{{ ", "{{ ", "{{- ")),
    "close": Rule((" }}", " }}", " }}", " -}}")),
    "space": Rule(("", " ", "x", "\n", "[", "a: ", "]\n")),
    "statement": Rule(
        ("{{/* c */}}", "{{- /* c */ -}}", '{{ template "d" . }}'),
        (
            *["<open><pipe><close>"] * 8,
            *["<open>$v = <pipe><close>", "<open>$w := <pipe><close>"],
            *["<open>if <truth><close><body>{{ end }}", "<open>if <any><close><body><open>else<close><body>{{ end }}"],
            "<open>if <truth><close><body>{{ else if <truth> }}<body>{{ else }}<body>{{ end }}",
            *["<open>with <any><close><body>{{ end }}", "<open>with $v := <any><close><body>{{ else }}<body>{{ end }}"],
            "<open>with <any><close><body>{{ else with <any> }}<body>{{ end }}",
            *["<open>range <list><close><body>{{ end }}", "<open>range $v, $w := <dict><close><body>{{ end }}"],
            "<open>range $w := <any><close><body><open>else<close><body>{{ end }}",
            "<open>range $v, $w := <list><close><body>{{ if <truth> }}{{ break }}{{ end }}<body>{{ end }}",
            "<open>range <number><close><body>{{ if <truth> }}{{ continue }}{{ end }}<body>{{ end }}",
            '<open>template "d" <any><close>',
            '<open>block "b<size>" <any><close>{{ $v := . }}{{ $w := 1 }}<body>{{ end }}',
        ),
        0.05,
    ),
    "body": Rule(("x",), ("<space><statement><space>", "<statement><space><statement>"), 0.1),
    "lines": Rule((), ("x<open><pipe><close>\nx<open><pipe><close>\n",), 0.0),
    "template": Rule((), ("<body>", "<body><body>", "<lines>", "<lines>"), 0.0),
}

DEEPEST = 7
"""How many expressions stand in one another at most, from the template down."""


def expanded(rule: str, chance: random.Random, depth: int = DEEPEST) -> str:
    """A text of a rule. Below the deepest level only simple forms are taken, where there are some."""
    simple, composed, simplicity = RULES[rule]
    is_simple = simple and (not composed or depth <= 0 or chance.random() < simplicity)
    form = chance.choice(simple if is_simple else composed)
    return HOLE.sub(lambda hole: expanded(hole[1], chance, depth - 1) if hole[1] in RULES else hole[0], form)


def template(chance: random.Random) -> str:
    """A template that prints a text of the grammar as one of YAML, whatever it is."""
    shown = f"{{{{- $v := {expanded('any', chance, 2)} }}}}{{{{- $w := 1 }}}}{expanded('template', chance)}"
    return (
        '{{- define "d" }}<{{ . }}>{{ end }}'
        f'{{{{- define "e" }}}}{shown}{{{{ end }}}}\ne: |{{{{ include "e" . | nindent 2 }}}}\n'
    )
