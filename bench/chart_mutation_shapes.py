"""Random small charts for `chart_mutations.py`, by family: each family is a function of a source of chance."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import template_grammar

from penstock.gotemplate.functions import HELM

META = "apiVersion: v2\nname: chart\nversion: 1.2.3\n"


class Case(NamedTuple):
    """The files below the folder of a case, whose chart is in `chart/`, and the words after `template`."""

    files: Mapping[str, str]
    words: Sequence[str] = ("r", "chart")


def chart(template: str, values: str = "{}\n", words: Sequence[str] = (), **more: str) -> Case:
    files = {
        "chart/Chart.yaml": META,
        "chart/values.yaml": values,
        "chart/templates/t.yaml": template,
        **{f"chart/{path}": text for path, text in more.items()},
    }
    return Case(files, ("r", "chart", *words))


def printed(*actions: str) -> str:
    """A template that prints each action as a text of YAML, whatever it is."""
    parts = [f'{{{{- define "e{n}" }}}}{action}{{{{ end }}}}' for n, action in enumerate(actions)]
    return (
        "\n".join(parts)
        + "\n"
        + "".join(f'e{n}: |{{{{ include "e{n}" . | nindent 2 }}}}\n' for n in range(len(actions)))
    )


# --- functions --------------------------------------------------------------------------------------------------------

BY_CHANCE = {
    name
    for name in HELM
    if name.startswith(("rand", "gen", "bcrypt", "htpasswd", "uuid", "shuffle", "now", "ago", "buildCustom", "encrypt"))
} | {
    "keys",
    "values",
    "getHostByName",
    "fail",
    "lookup",
    "derivePassword",
    "htmlDate",
    "htmlDateInZone",
    "unixEpoch",
    "duration",
    "call",
}
"""Functions whose results differ between two runs, and those that have fixtures enough or take long."""

NAMES = sorted(set(HELM) - BY_CHANCE)

TEXTS = (
    *('""', '"a"', '"abc"', '"a,b,c"', '" a b "', '"1"', '"-1"', '"1.5"', '"0x10"', '"010"', '"1e3"', '"true"'),
    *('"null"', '"é"', '"日本"', '"a\\nb"', '"a\\tb"', '"<&>"', "`\\`", '"\\""', '"%d"', '"{{ 1 }}"', '"a: 1"'),
    *('"[1, 2]"', '"{"', '"- a\\n- b"', '"1.2.3"', '"v1.2.3-a+b"', '">=1.0"', '"2006-01-02"', '"2020-02-30"'),
    *('"1h30m"', '"http://u:p@h:1/p?q#f"', '"/a/../b/c.txt"', '"YWJj"', '"MFRGG==="', '"(a)(b)?"', '"["'),
    *('"$1"', '"UTC"', '"99999999999999999999"', '(repeat 70 "ab ")', '"\\x00"', '"\\xff"', '"\\u2028"'),
    *('"a-b_c d"', '"HelloWorld2Go"', '"ÀÉ"', '"ß"', '"ǆ"'),
)
NUMBERS = (
    *("0", "1", "-1", "2", "3", "10", "64", "-7", "1.5", "-0.0", "0.1", "1e6", "1e20", "1e21", "1e-7"),
    *("9223372036854775807", "-9223372036854775808", "(int64 5)", "(float64 5)", "(int 7)", "2147483648"),
    *("0x1F", "0b11", "1_000", "'a'", "3.0"),
)
OTHERS = (
    *("true", "false", "nil", "(list)", '(list 1 "a" nil 2.5)', '(list "b" "a")', "(list 3 1 2)"),
    *('(list (list 1) (dict "a" 1))', "(dict)", '(dict "a" 1 "b" "x")', '(dict "a" (dict "b" (dict "c" 1)))'),
    *('(dict "a" nil)', "(until 3)", '(splitList "," "a,b")', '(split "," "a,b")', '(semver "1.2.3")'),
    *('(urlParse "http://a/b")', '(toDate "2006-01-02" "2020-02-03")', ".Values", ".Values.m", ".Values.l"),
    *(".Values.i", ".Values.f", ".Values.s", ".Values.n", ".Values.t", ".Values.missing", ".Chart", ".Release"),
    *(".Capabilities", ".Files", ".Template", ".Subcharts", ".", "$", ".Capabilities.KubeVersion"),
    *(".Capabilities.APIVersions", ".Capabilities.HelmVersion", ".Chart.Maintainers", ".Chart.Annotations"),
    *(".Release.Name", '(index "abc" 1)', '(index "abc" 1 | toString)', "(tuple 1 2)", "(chunk 2 (until 5))"),
    *('(regexSplit "," "a,b" -1)', "(toStrings (list 1 2))", '(b64enc "a")', '(fromYaml "a: 1")'),
    *('(fromJson "{\\"a\\": 1}")', '(fromYamlArray "[1]")', '(fromToml "a = 1")', "(max 1 2)", "(add 1 2)"),
    *("(mulf 1.5 2)", "(ternary 1 2 true)", "(slice (list 1 2) 1)", "(print 1)"),
)
VALUES = (
    "m: {a: 1, b: {c: x}, y: yes, z: ~}\nl: [1, a, {b: 2}, [3], null]\ni: 7\nf: 1.5\ns: text\nn: null\nt: true\n"
    "big: 12345678901234567890\nlarge: 1000000\nempty: ''\nmulti: |\n  a\n  b\n"
)
BY_WORD = {
    "string": TEXTS,
    "int": NUMBERS,
    "float": NUMBERS,
    "uint32": NUMBERS,
    "bool": ("true", "false"),
    "map": tuple(each for each in OTHERS if each.startswith("(dict") or "Values" in each),
    "list": tuple(each for each in OTHERS if each.startswith(("(list", "(until"))),
    "time": ('(toDate "2006-01-02" "2020-02-03")',),
    "certificate": (),
}
ANYTHING = (*(*TEXTS, *NUMBERS, *OTHERS),)


def argument(word: str, chance: random.Random, depth: int) -> str:
    if depth and chance.random() < 0.15:
        return f"({call(chance, depth - 1)})"
    fitting = BY_WORD.get(word, ())
    if word == "time":
        return BY_WORD["time"][0]
    return chance.choice(fitting if fitting and chance.random() < 0.8 else ANYTHING)


def call(chance: random.Random, depth: int = 2) -> str:
    name = chance.choice(NAMES)
    words = [*HELM[name].parameters]
    if HELM[name].rest:
        words += [str(HELM[name].rest)] * chance.choice((0, 1, 1, 2, 2, 3))
    if chance.random() < 0.03:
        words = words[:-1] if chance.random() < 0.5 else [*words, "any"]
    if "date" in name.lower():
        words = [*words[:1], "time", *words[2:]]  # anything else is now
    arguments = [argument(word, chance, depth) for word in words]
    if name in ("repeat", "indent", "nindent", "until", "untilStep", "seq") and arguments:
        arguments = [each if len(each) < 4 else "3" for each in arguments[:-1]] + arguments[-1:]
        if name not in ("repeat", "indent", "nindent"):
            arguments = [chance.choice(("0", "1", "-2", "5", "10")) for _ in arguments]
    if name in ("include", "tpl") and len(arguments) == 2:
        arguments[1] = chance.choice((".", "$", "nil", "1", ".Values"))
    if arguments and chance.random() < 0.3:
        return f"{arguments[-1]} | {name} {' '.join(arguments[:-1])}".rstrip()
    return f"{name} {' '.join(arguments)}".rstrip()


SINKS = (
    *("{{ %s }}", "{{ %s | toJson }}", "{{ %s | toYaml }}", "{{ typeOf (%s) }}", "{{ kindOf (%s) }}"),
    *("{{ %s | quote }}", '{{ printf "%%#v" (%s) }}', '{{ printf "%%+v" (%s) }}', '{{ printf "%%T" (%s) }}'),
    *("{{ %s | toString }}", "{{ %s | int }}", "{{ %s | float64 }}", "{{ %s | len }}"),
    *("{{ if %s }}y{{ else }}n{{ end }}", "{{ range %s }}[{{ . }}]{{ end }}"),
    *("{{ with %s }}{{ . }}{{ else }}none{{ end }}", "{{ %s | toRawJson }}", "{{ %s | toPrettyJson }}"),
    *("{{ %s | toToml }}", "{{ range $k, $v := %s }}{{ $k }}={{ $v }},{{ end }}", "{{ eq (%s) 1 }}"),
    *("{{ %s | toYamlPretty }}", "{{ %s | mustToJson }}"),
)


def functions(chance: random.Random) -> Case:
    """A call, and what becomes of its result."""
    return chart(printed(chance.choice(SINKS) % call(chance)), VALUES)


# --- the objects of helm ----------------------------------------------------------------------------------------------

RICH = (
    "apiVersion: v2\nname: chart\nversion: 1.2.3\nappVersion: '4.5'\ndescription: a\ntype: application\nhome: http://h\n"
    "icon: http://i\nkeywords: [a, b]\nsources: [http://s]\nkubeVersion: '>=1.20.0-0'\n"
    "maintainers:\n- {name: n, email: e@x, url: http://u}\n- {name: m}\nannotations: {a/b: c, d: e}\n"
    "dependencies:\n- {name: sub, version: 0.1.0, condition: sub.enabled, tags: [t], alias: other,"
    " import-values: [data]}\n"
)
SUB = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
OBJECTS = (
    *("$", ".Chart", ".Release", ".Capabilities", ".Files", ".Template", ".Subcharts", ".Values"),
    *(".Subcharts.other", ".Chart.Maintainers", ".Chart.Dependencies", ".Chart.Annotations", ".Chart.Keywords"),
    *(".Chart.Sources", ".Chart.Name", "(index .Chart.Maintainers 0)", "(index .Chart.Dependencies 0)"),
    *(".Capabilities.KubeVersion", ".Capabilities.HelmVersion", ".Capabilities.APIVersions"),
    *(".Release.Service", ".Release.Revision", ".Release.IsInstall", ".Template.Name", ".Template.BasePath"),
    *('(.Files.Glob "conf/*")', '(.Files.Get "conf/a.txt")', '(.Files.GetBytes "conf/a.txt")'),
    *('(.Files.Lines "conf/a.txt")', '(.Files.Glob "conf/*").AsConfig', '(.Files.Glob "conf/*").AsSecrets'),
    *(".Files.conf", ".Chart.IsRoot", ".Chart.Type", ".Chart.AppVersion", ".Chart.Deprecated"),
    *(".Chart.Metadata", ".Subcharts.other.Values", ".Subcharts.other.Chart", ".Subcharts.other.Files"),
    *(".Capabilities.KubeVersion.Major", ".Capabilities.KubeVersion.GitVersion"),
    *('(.Capabilities.APIVersions.Has "v1")', '(.Capabilities.APIVersions.Has "apps/v1/Deployment")'),
    *(".Capabilities.KubeVersion.Minor", ".Subcharts.other.Release", ".Subcharts.other.Capabilities"),
    *(".Subcharts.other.Template", ".Values.global"),
)
UNARY = (
    *("toJson", "toYaml", "toToml", "toRawJson", "toPrettyJson", "mustToJson", "mustToRawJson"),
    *("mustToPrettyJson", "mustToYaml", "toYamlPretty", "deepCopy", "mustDeepCopy", "quote", "squote"),
    *("toString", "typeOf", "kindOf", "len", "print", 'printf "%v"', 'printf "%#v"', 'printf "%+v"'),
    *('printf "%T"', 'printf "%s"', 'printf "%d"', 'printf "%q"', "not", "empty", "default 1", "list"),
    *('dict "a"', "deepCopy | toJson", "toJson | fromJson | toYaml", "toYaml | fromYaml | toJson"),
    *("keys | sortAlpha", "first", "last", "toStrings", 'join ","', "sortAlpha", "uniq", "compact", "reverse"),
    *("has 1", "hasKey", "html", "js", "urlquery", "b64enc", "int", "float64", "int64", "toDecimal"),
    *('typeIs "string"', 'kindIs "map"', 'typeIsLike "map"', "index", "all", "any", "coalesce", "merge (dict)"),
    *("mergeOverwrite (dict)", 'merge (dict "Name" "x")', "eq 1", "eq nil", "ne nil", "deepEqual (dict)"),
    *("cat", "println", 'dig "Name" "x"', "concat", "append (list)", "rest", "initial", "slice", "until"),
    *("toStrings | toJson", "ternary 1 2", "max", "add 1", 'get "Name"', "pick", "omit", 'pluck "Name"'),
    *('set "a" 1', "mustToToml", "mustUniq", "mustCompact", "mustLast", "semver"),
)


def objects(chance: random.Random) -> Case:
    """A function of one of helm's objects; some functions take a key after a map."""
    subject, name = chance.choice(OBJECTS), chance.choice(UNARY)
    first, _, rest = name.partition(" ")
    if first in ("hasKey", "get", "pick", "omit", "set"):
        text = f"{first} {subject} {rest or chance.choice(TEXTS[1:3])}"
    elif first == "index":
        key = chance.choice(("0", "1", '"Name"', '"a"'))
        text = f"index {subject} {key}"
    else:
        text = f"{subject} | {name}"
    action = f"{{{{ {text} }}}}"
    if chance.random() < 0.3:
        action = chance.choice(SINKS) % text
    files = {
        "Chart.yaml": RICH,
        "conf/a.txt": "a\nb\n",
        "conf/b.bin": "é",
        "README.md": "x",
        "charts/sub/Chart.yaml": SUB,
        "charts/sub/values.yaml": "exports: {data: {x: 1}}\nenabled: true\nv: [1]\n",
        "charts/sub/README.md": "y",
    }
    return chart(printed(action), VALUES, **files)


# --- statements -------------------------------------------------------------------------------------------------------

OPERANDS = (
    *(".", "$", "$x", "$y", ".Values", ".Values.m", ".Values.l", ".Values.i", ".Values.f", ".Values.s"),
    *(".Values.n", ".Values.t", "$.Values.m", "$.Values.l", "$.Values.missing", "$x.a", "$x.a.b", ".a", ".b.c"),
    *("$y.b", '(dict "a" (list 1 2))', "(list 1 2 3)", '"text"', "1", "1.5", "true", "false", "nil"),
    *("(until 3)", "3", "0", '(list (dict "a" 1) (dict "a" 2))', "(dict)", '(dict "z" 1 "a" 2)', "(.Values)"),
    *("(.Values).m", "($).Values.i", "(index .Values.l 2).b", "(.Values.m).b.c", "(1)", "((.))"),
    *("$.Values.m.b.c", "$.Chart.Name", ".Values.l.x", ".Values.s.x", ".Values.m.b.c.d", ".Values.missing.x"),
    *("$x.Values", ".Values.big", ".Values.large", "$.Release"),
)
PIPES = (
    *("", "", "", " | quote", " | default 5", " | toJson", " | len", " | int", " | not", " | print"),
    *(" | toString", " | first", " | $x"),
)


def operand(chance: random.Random) -> str:
    return chance.choice(OPERANDS)


def pipeline(chance: random.Random) -> str:
    if chance.random() < 0.15:
        test = chance.choice(
            ("eq", "ne", "lt", "gt", "le", "ge", "and", "or", "index", "slice", "print", "list", "not")
        )
        return f"{test} {operand(chance)} {operand(chance)}"
    return operand(chance) + chance.choice(PIPES)


def braces(text: str, chance: random.Random) -> str:
    left, right = chance.choice(("{{", "{{", "{{-")), chance.choice(("}}", "}}", "-}}"))
    return f"{left} {text} {right}"


def statement(chance: random.Random, depth: int) -> str:
    def inner() -> str:
        return statements(chance, depth - 1)

    def do(text: str) -> str:
        return braces(text, chance)

    kind = chance.randrange(14 if depth else 5)
    if kind < 2:
        return do(pipeline(chance))
    if kind == 2:
        return chance.choice((" a ", "\n", "  \n  x\n", "t", "\t"))
    if kind == 3:
        return do(f"{chance.choice(('$x', '$y', '$z'))} {chance.choice((':=', '='))} {pipeline(chance)}")
    if kind == 4:
        return chance.choice(
            (do("/* c */"), "{{- /* c */ -}}", do("break"), do("continue"), do('template "t" .'), do('include "t" $'))
        )
    if kind < 7:
        middle = chance.choice(
            ("", do("else") + inner(), do(f"else if {pipeline(chance)}") + inner() + do("else") + inner())
        )
        return do(f"if {pipeline(chance)}") + inner() + middle + do("end")
    if kind < 9:
        head = chance.choice(("", "", "$x := ", "$z := ", "$x = "))
        middle = chance.choice(
            ("", do("else") + inner(), do(f"else with {pipeline(chance)}") + inner() + do("else") + inner())
        )
        return do(f"with {head}{pipeline(chance)}") + inner() + middle + do("end")
    if kind < 13:
        head = chance.choice(("", "", "$y := ", "$k, $y := ", "$x, $y := ", "$x = ", "$x, $y = ", "$_, $e := "))
        return do(f"range {head}{pipeline(chance)}") + inner() + chance.choice(("", do("else") + inner())) + do("end")
    return do(f'block "b{chance.randrange(3)}" {operand(chance)}') + inner() + do("end")


def statements(chance: random.Random, depth: int) -> str:
    return "".join(statement(chance, depth) for _ in range(chance.choice((1, 1, 2, 2, 3))))


def programs(chance: random.Random) -> Case:
    """Statements in one another."""
    body = f"{{{{ $x := .Values.m }}}}{{{{ $y := 1 }}}}{statements(chance, 3)}"
    return chart('{{ define "t" }}[{{ . }}]{{ end }}' + printed(body), VALUES)


# --- values -----------------------------------------------------------------------------------------------------------

SCALARS = (
    *("1", "0", "-1", "+1", "1.0", "1.50", "1e3", "1E3", "1e+06", "1.5e-9", ".5", "5.", "1_000", "0x1F"),
    *("0o17", "017", "08", "0b101", "-0", "-0.0", ".inf", "-.inf", ".nan", "1000000", "999999", "123456789"),
    *("1234567890123456789", "12345678901234567890", "1e400", "true", "True", "TRUE", "yes", "Yes", "no", "on"),
    *("off", "y", "n", "Y", "N", "null", "~", "Null", "NULL", "''", '""', "'1'", '"true"', "2020-01-01"),
    *("2020-01-01T00:00:00Z", "2020-01-01 10:00:00", "12:30:45", "1:30", "190:20:30", "=", "<<", "a: "),
    *("!!str 1", "!!int '1'", "!!float 1", "!!binary YWJj", "!!null x", "!!bool 'yes'", "!custom x"),
    *("|\n  a\n  b", ">\n  a\n  b\n", "|-\n  a", "|+\n  a\n\n", "|2\n   a", '"a\\tb"', '"\\u00e9"', "'it''s'"),
    *('"\\x41"', "a # b", "a#b", "-", "- a", "[]", "{}", "[1, 2.0, 'x']", "{a: 1, 1: b}", "[a, , b]", "{a, b}"),
    *("&x 1", "0.1", "1e21", "1e20", "123456.789", "1e-7", "0.000001", "100000000000000000000"),
    *("9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("-9223372036854775809", "18446744073709551615", "18446744073709551616", "1.", "+.5", "0.", "00", "1e"),
    *("e3", "0x", "0xG", "1__0", "_1", "+0x1F", "-0b1", "0.1.2", "1,000", "@a", "`a`", "%a", "a%", "!", "&"),
    *("*", "?", ":", "::", "a:b", "a :b"),
)
KEYS = (
    *("k", "y", "n", "on", "1", "1.5", "true", "null", "~", "'a.b'", "a b", "2020-01-01", "0x10", "-1", "1e3"),
    *("? k\n", "'1'", "'true'", "="),
)
PRINTS = (
    *("{{ .Values.k }}", "{{ toYaml .Values }}", "{{ toJson .Values }}", "{{ .Values }}"),
    *("{{ typeOf .Values.k }}", "{{ .Values.k | quote }}", "{{ .Values.k | int }}"),
    *("{{ .Values.k | toString }}", '{{ printf "%d" .Values.k }}', '{{ printf "%v" .Values.k }}'),
    *("{{ .Values.k | float64 }}", "{{ range $k, $v := .Values }}{{ $k }}:{{ $v }}:{{ typeOf $v }},{{ end }}"),
    *("{{ .Values.k | int64 }}", "{{ add .Values.k 1 }}", "{{ mul .Values.k 2 }}", "{{ eq .Values.k 1 }}"),
    *("{{ eq .Values.k 1.0 }}", '{{ eq .Values.k "1" }}', "{{ toToml .Values }}", "{{ toYamlPretty .Values }}"),
    *("{{ .Values.k | b64enc }}", "{{ default 5 .Values.k }}", "{{ kindOf .Values.k }}"),
    *("{{ if .Values.k }}y{{ else }}n{{ end }}", "{{ .Values.k | toDecimal }}", "{{ .Values.k | len }}"),
    *("{{ toPrettyJson .Values }}", "{{ round .Values.k 1 }}", "{{ floor .Values.k }}"),
    *("{{ ternary 1 2 .Values.k }}", "{{ .Values.k | trunc 3 }}"),
)


def values(chance: random.Random) -> Case:
    """Odd scalars in files of values, and what is printed of them."""
    lines = [f"{chance.choice(KEYS)}: {chance.choice(SCALARS)}" for _ in range(chance.choice((0, 0, 1, 2)))]
    own = "\n".join([f"k: {chance.choice(SCALARS)}", *lines]) + "\n"
    words: list[str] = []
    more: dict[str, str] = {}
    for number in range(chance.choice((0, 0, 1, 2))):
        more[f"v{number}.yaml"] = f"{chance.choice(KEYS)}: {chance.choice(SCALARS)}\n"
        words += ["-f", f"chart/v{number}.yaml"]
    return chart(printed(chance.choice(PRINTS), chance.choice(PRINTS)), own, words, **more)


PATHS = (
    *("k", "a.b", "l[0]", "l[1].a", "m.b", "m", "l", "l[5]", "i.x", "s[0]", "a\\.b", "k[0][1]", "m.b.c", ""),
    *(".", "a.", "l[", "l[-1]", "l[x]", "n", "m.a.x"),
)
SETTINGS = (
    *("1", "x", "", "null", "true", "1.5", "1e3", "{a,b}", "{}", "{1,null,}", "a\\,b", "007", "0", "-5"),
    *("99999999999999999999", "{a", "a=b", "[1]", "{{1}}", " 1", "1 ", "'1'", '"x"', '{"a": 1}', "[1, 2]", "~"),
    *("TRUE", "nil", "{{ .Values }}", "a\nb", "é", ",", "x,", "x,y=1", "x,y", "{a,b},k2=3", "\\", "a\\"),
)


def settings(chance: random.Random) -> Case:
    """Settings of the command line over values."""
    words: list[str] = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        flag = chance.choice(("--set", "--set", "--set", "--set-string", "--set-json", "--set-literal", "--set-file"))
        path, value = chance.choice(PATHS), chance.choice(SETTINGS)
        if flag == "--set-file":
            value = chance.choice(("chart/v.txt", "missing", "", "chart/v.txt,b=chart/v.txt"))
        joint = chance.choice(("=", "=", "=", "=", "", "=="))
        words += [
            flag,
            chance.choice(('{"a": 1}', "{}", "[1]"))
            if flag == "--set-json" and chance.random() < 0.1
            else f"{path}{joint}{value}",
        ]
    return chart(printed("{{ toYaml .Values }}", chance.choice(PRINTS)), VALUES, words, **{"v.txt": "content\n"})


# --- subcharts --------------------------------------------------------------------------------------------------------

TREES = (
    *("{}", "{a: 1}", "{a: {b: 1}}", "{a: null}", "{a: [1]}", "{a: {b: null, c: 2}}", "null", "x", "[1]"),
    *("{global: {g: 1}}", "{global: {g: {h: 2}}}", "{enabled: false}", "{enabled: true}", "{global: null}"),
    *("{global: x}", "{a: {b: {c: 3}}}", "{exports: {data: {x: 1}}}", "{data: {y: 2}}"),
)


def subcharts(chance: random.Random) -> Case:
    """Values of a parent, of its subcharts and of users, in all combinations."""

    def tree() -> str:
        return chance.choice(TREES)

    more = "".join(
        f", {each}"
        for each in (
            *("condition: sub.enabled", "condition: 'x.y,sub.enabled'", "tags: [t]", "alias: other"),
            *(
                "import-values: [data]",
                "import-values: [{child: a, parent: p}]",
                "import-values: [{child: data, parent: .}]",
            ),
        )
        if chance.random() < 0.25
    )
    more = more if more.count("import-values") < 2 else ""
    dependencies = (
        f"dependencies:\n- {{name: sub, version: '{chance.choice(('0.1.0', '0.1.0', '>=0.1', '1.x', '*'))}'{more}}}\n"
    )
    if chance.random() < 0.2:
        dependencies += "- {name: sub, version: 0.1.0, alias: second}\n"
    own = f"sub: {tree()}\nother: {tree()}\n" + chance.choice(
        ("", "global: {g: 9, k: 1}\n", "tags: {t: false}\n", "p: {q: 1}\n", "a: 5\n", "second: {a: 2}\n")
    )
    words = ["-f", "chart/u.yaml"] if chance.random() < 0.6 else []
    if chance.random() < 0.3:
        words += [
            "--set",
            chance.choice(
                (
                    "sub.a=7",
                    "sub.a.b=null",
                    "sub=null",
                    "global.g=3",
                    "sub.a=null",
                    "other.a.b=1",
                    "tags.t=true",
                    "sub.enabled=false",
                )
            ),
        ]
    return chart(
        printed("{{ toYaml .Values }}", '{{ .Subcharts | keys | sortAlpha | join "," }}'),
        own,
        words,
        **{
            "Chart.yaml": META + dependencies,
            "charts/sub/Chart.yaml": SUB,
            "charts/sub/values.yaml": f"{chance.choice(('', 'd: 1'))}\n"
            + "".join(f"{k}: {tree()}\n" for k in ("a", "data", "exports") if chance.random() < 0.6)
            + chance.choice(("", "global: {g: 0, s: 1}\n")),
            "charts/sub/templates/t.yaml": printed("{{ toYaml .Values }}"),
            "u.yaml": f"sub: {tree()}\n"
            + chance.choice(("", f"other: {tree()}\n", "global: {u: 1}\n", "global: null\n", "a: null\n", "p: null\n")),
        },
    )


# --- documents and their order ----------------------------------------------------------------------------------------

SEPARATORS = (
    *("---\n", "---", "--- \n", "---\n---\n", "--- # c\n", " ---\n", "----\n", "\n---\n", "...\n---\n"),
    *("---\r\n", "--- a: 1\n", ""),
)
HEADS = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n",
    *("apiVersion: v1\nkind: Secret\nmetadata:\n  name: NAME\n", "kind: Pod\n", "# c\n", "", "\n"),
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME, annotations: {helm.sh/hook: pre-install}}\n",
    *("a: [\n", "x\n", "- a\n", "kind: [a]\n"),
    "kind: Pod\nmetadata: {name: NAME, annotations: {helm.sh/hook: 'test, post-install', helm.sh/hook-weight: '-2'}}\n",
    *("kind: Namespace\n", "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\n\n\n"),
    *("kind: Job\nmetadata: {name: NAME, annotations: {helm.sh/hook: unknown}}\n", "a: &x 1\nb: *x\n"),
    *("apiVersion: v1\nkind: List\nitems: []\n", "KIND: Pod\nMetadata: {Name: x}\n"),
    *("kind: Custom\nmetadata: {name: 5}\n", "a: 1\na: 2\n", "kind: Role\nmetadata: null\n"),
    "kind: Pod\nmetadata: {name: NAME, annotations: {helm.sh/hook: test-success, helm.sh/hook-weight: x}}\n",
    "kind: ClusterRole\nmetadata: {annotations: null}\n",
)


def documents(chance: random.Random) -> Case:
    """What templates print, cut into documents and sorted."""

    def text() -> str:
        parts = [
            chance.choice(SEPARATORS) + chance.choice(HEADS).replace("NAME", chance.choice("abc"))
            for _ in range(chance.randrange(1, 4))
        ]
        return "".join(parts)

    words = [flag for flag in ("--no-hooks", "--skip-tests", "--include-crds") if chance.random() < 0.2]
    if chance.random() < 0.2:
        words += [
            "-s",
            chance.choice(("templates/t.yaml", "templates/*.yaml", "templates/u.yaml", "t.yaml", "templates/sub/*")),
        ]
    names = chance.sample(
        (
            "templates/u.yaml",
            "templates/sub/v.yaml",
            "templates/w.txt",
            "templates/_x.yaml",
            "templates/NOTES.txt",
            "crds/c.yaml",
        ),
        3,
    )
    return chart(text(), VALUES, words, **{name: text() for name in names})


# --- flags ------------------------------------------------------------------------------------------------------------

FLAGS: tuple[tuple[str, ...], ...] = (
    *(("--is-upgrade",), ("--no-hooks",), ("--skip-tests",), ("--include-crds",), ("--skip-crds",)),
    *(("--generate-name",), ("-g",), ("--namespace", "ns"), ("-n", "Not_Valid"), ("-n", "")),
    *(("--namespace=a b",), ("--kube-version", "1.20"), ("--kube-version", "v1.30.1"), ("--kube-version", "1")),
    *(("--kube-version", "x"), ("--kube-version", "1.2.3-a+b"), ("--kube-version", "")),
    *(("--kube-version", "01.2.3"), ("--api-versions", "a/v1"), ("-a", "a/v1,b/v1/Kind"), ("-a", "")),
    *(("--api-versions", '"x,y"'), ("--api-versions", 'a"b'), ("--name-template", "n-{{ 1 }}")),
    *(("--name-template", "{{"), ("--name-template", "{{ randAlpha }}"), ("--name-template", "A_B")),
    *(("--name-template", '{{ fail "x" }}'), ("--show-only", "templates/t.yaml")),
    *(("-s", "templates/none.yaml"), ("-s", "["), ("-s", "templates/*"), ("-s", "chart/templates/t.yaml")),
    *(("-s", ""), ("--set", "a=1"), ("--set", "a"), ("--set-string", "a=1"), ("--set-json", "a={")),
    *(("--set-json", "a=[1]"), ("--set-literal", "a=,"), ("--set-file", "a=none"), ("-f", "chart/values.yaml")),
    *(("-f", "none.yaml"), ("-f", "chart/values.yaml,chart/Chart.yaml"), ("-f", "chart"), ("-f", "")),
    *(("--values", "chart/bad.yaml"), ("--output-dir", "out"), ("--output-dir", "out", "--release-name")),
    *(("--release-name",), ("--validate",), ("--dry-run",), ("--dry-run=client",), ("--dry-run=none",)),
    *(("--dry-run=x",), ("--skip-schema-validation",), ("--atomic",), ("--wait",), ("--wait=watcher",)),
    *(("--wait=x",), ("--timeout", "5m"), ("--timeout", "x"), ("--no-such-flag",), ("--description", "d")),
    *(("--create-namespace",), ("--dependency-update",), ("--devel",), ("--version", "1.x"), ("--verify",)),
    *(("--disable-openapi-validation",), ("--enable-dns",), ("--force-replace",), ("--labels", "a=b")),
    *(("-l", "a"), ("--replace",), ("--render-subchart-notes",), ("--hide-notes",), ("--take-ownership",)),
    *(("--debug",), ("--burst-limit", "x"), ("--qps", "1"), ("--post-renderer", "none")),
    *(("--post-renderer-args", "x"), ("--server-side=false",), ("--server-side=x",), ("--wait-for-jobs",)),
    *(("--rollback-on-failure",), ("--username", "u"), ("--kube-context", "c"), ("--kubeconfig", "none")),
    *(("--registry-config", "x"), ("--repository-cache", "x"), ("--plain-http",), ("--pass-credentials",)),
    *(("--color", "never"), ("--color=x",), ("--", "x"), ("extra",), ("extra", "more")),
    *(("--is-upgrade=false",), ("--is-upgrade=x",), ("--no-hooks=false",), ("--include-crds=true",)),
    *(("-gn", "ns"), ("-nns",), ("-s=templates/t.yaml",), ("--set=a=1",), ("--namespace",), ("-f",)),
    *(("--show-only=templates/t.yaml",), ("--skip-tests=0",), ("--skip-tests=T",), ("--dry-run=server",)),
    *(("--ca-file", "x"), ("--force-conflicts",)),
)
NOTED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: {{ .Release.Namespace }}}\n"
    'data: {{ toJson (dict "r" .Release "k" .Capabilities.KubeVersion "a" .Values.a) }}\n'
    'known: {{ .Capabilities.APIVersions.Has "a/v1" }}\n'
    "---\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n"
    "---\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n"
)


def flags(chance: random.Random) -> Case:
    """Flags of `helm template` in all combinations."""
    more = [word for _ in range(chance.choice((1, 1, 2, 2, 3))) for word in chance.choice(FLAGS)]
    files = {
        "crds/c.yaml": "kind: CustomResourceDefinition\n",
        "templates/NOTES.txt": "n",
        "bad.yaml": "a: [",
        "values.schema.json": json.dumps({"properties": {"a": {"type": ["string", "integer", "array", "null"]}}}),
    }
    case = chart(NOTED, "a: x\n", (), **files)
    operands = chance.choice(
        (
            ["r", "chart"],
            ["r", "chart"],
            ["r", "chart"],
            ["chart"],
            ["r", "none"],
            ["R_", "chart"],
            ["r", "./chart"],
            ["none"],
            [],
            ["r", "chart/"],
            ["a" * 60, "chart"],
        )
    )
    return case._replace(words=[*operands, *more] if chance.random() < 0.7 else [*more, *operands])


# --- metadata ---------------------------------------------------------------------------------------------------------

FIELDS = (
    *("apiVersion", "name", "version", "appVersion", "description", "type", "keywords", "maintainers"),
    *("annotations", "kubeVersion", "deprecated", "dependencies", "home", "icon", "sources", "tags"),
    *("condition", "unknown"),
)
META_VALUES = (
    *(*SCALARS[:60], "v1", "v2", "application", "library", "1.2.3", "1.2", "v1.2.3", "1.2.3-a+b", ">=1.20"),
    *(">=9.0", "[a]", "[1]", "{a: b}", "{a: 1}", "[{name: sub, version: 0.1.0}]", "[{name: none}]", "[{}]"),
    *("[null]", "a b", "../x", "UPPER"),
)


def metadata(chance: random.Random) -> Case:
    """Odd values of Chart.yaml."""
    lines = {"apiVersion": "v2", "name": "chart", "version": "1.2.3"}
    for _ in range(chance.choice((1, 1, 2))):
        field = chance.choice(FIELDS)
        if chance.random() < 0.1:
            lines.pop(field, None)
        else:
            lines[field] = chance.choice(META_VALUES)
    text = "".join(f"{field}: {value}\n" for field, value in lines.items())
    return chart(
        printed("{{ toYaml .Chart }}", "{{ .Chart.Name }}{{ .Chart.Version }}{{ .Chart.AppVersion }}", "{{ .Chart }}"),
        VALUES,
        **{"Chart.yaml": text},
    )


COMMON = (META, VALUES, RICH, SUB)
"""Files that are not worth showing."""

# --- a grammar --------------------------------------------------------------------------------------------------------


def grammar(chance: random.Random) -> Case:
    return chart(template_grammar.template(chance), template_grammar.VALUES)


FAMILIES: dict[str, Callable[[random.Random], Case]] = {
    "functions": functions,
    "objects": objects,
    "programs": programs,
    "values": values,
    "settings": settings,
    "subcharts": subcharts,
    "documents": documents,
    "flags": flags,
    "metadata": metadata,
    "grammar": grammar,
}
