"""Charts that a stranger could send, by family: each is small to write and large to render, or breaks a rule.

A shape is a function that returns a `Chart`; `hostile_charts.py` runs them. `FAMILIES` is the whole list.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Content = str | bytes


class Chart(NamedTuple):
    """The files of a case by path, with the chart in `chart/` unless `name` says otherwise, and the options of
    `penstock template`. A value of `links` is the target of a symlink.
    """

    files: Mapping[str, Content]
    options: tuple[str, ...] = ()
    name: str = "chart"
    links: Mapping[str, str] = {}


Shape = Callable[[], Chart]

META = "apiVersion: v2\nname: NAME\nversion: 1.0.0\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
ENDLESS = 1_000_000_000


def meta(name: str = "chart", more: str = "") -> str:
    return META.replace("NAME", name) + more


def chart(template: str = MAP, values: Content = "{}\n", options: Sequence[str] = ()) -> Chart:
    """A chart with one template."""
    files: dict[str, Content] = {
        "chart/Chart.yaml": meta(),
        "chart/values.yaml": values,
        "chart/templates/t.yaml": template,
    }
    return Chart(files, tuple(options))


def with_files(files: Mapping[str, Content], template: str = MAP, values: str = "{}\n") -> Chart:
    made = chart(template, values)
    return made._replace(files={**made.files, **{f"chart/{path}": content for path, content in files.items()}})


def looped(body: str, before: str = "", times: int = ENDLESS) -> Shape:
    """A loop of an action."""
    return lambda: chart(
        f"{before}{{{{- range $i := until1 }}}}".replace("until1", str(times)) + f"{body}{{{{ end }}}}"
    )


def assigned(expression: str, before: str = "", times: int = ENDLESS) -> Shape:
    """A loop of an expression, whose value is thrown away."""
    return looped(f"{{{{- $x := {expression} }}}}", before, times)


def grown(expression: str, start: str, times: int = ENDLESS) -> Shape:
    """A loop in which `$x` becomes what an expression makes of it."""
    return looped(f"{{{{- $x = {expression} }}}}", f"{{{{- $x := {start} }}}}", times)


def expressions(table: Mapping[str, str], before: str = "") -> dict[str, Shape]:
    return {name: assigned(text, before) for name, text in table.items()}


LETTERS = '{{- $a := repeat 100000 "a" }}{{- $s := repeat 20000 "ab, " }}'
"""Long texts."""

# --- regular expressions ----------------------------------------------------------------------------------------------

REGEXES = {
    "match nested stars": 'regexMatch "(a*)*b" $a',
    "match alternatives": 'regexMatch "(a|aa|aaa)+$" $s',
    "match counted in counted": 'regexMatch "((a{1,30}){1,30})b" $a',
    "match a new pattern each time": 'regexMatch (printf "^x%d(a|b)*$" $i) "xa"',
    "match a new large pattern each time": 'regexMatch (printf "(a|b){1,500}%d" $i) "xa"',
    "match classes": 'regexMatch "[\\\\p{L}\\\\p{N}]{1,200}x" $a',
    "match folded": 'regexMatch "(?i)(straße|ſ|k){1,50}z" $a',
    "find all": 'regexFindAll "a" $a -1',
    "find all empty": 'regexFindAll "" $a -1',
    "find all lazily": 'regexFindAll "a*?" $a -1',
    "find all of nothing to find": 'regexFindAll "a.*b.*c" $a -1',
    "find": 'regexFind "a.*z" $a',
    "replace": 'regexReplaceAll "a" $a "bb"',
    "replace with many groups": 'regexReplaceAll "(a)" $a "$1$1$1$1$1$1$1$1"',
    "replace literally": 'regexReplaceAllLiteral "a" $a "$1"',
    "replace empty": 'regexReplaceAll "" $a "xxxxxxxxxx"',
    "split": 'regexSplit "a" $a -1',
    "split on nothing": 'regexSplit "" $a -1',
    "quote": "regexQuoteMeta $s",
    "many groups": 'regexReplaceAll (repeat 500 "(a)?") $a "x"',
    "deep groups": 'regexMatch (printf "%sa%s" (repeat 900 "(") (repeat 900 ")")) $a',
    "too deep groups": 'regexMatch (printf "%sa%s" (repeat 5000 "(") (repeat 5000 ")")) $a',
    "unbalanced": 'regexMatch (repeat 100000 "(") $a',
    "must match wrong": 'mustRegexMatch "(" $a',
    "match many stars": 'regexMatch (printf "%sb" (repeat 300 "a*")) $a',
    "match many dots": 'regexMatch (printf "%sb" (repeat 100 ".*")) $s',
}

# --- cryptography -----------------------------------------------------------------------------------------------------

CRYPTO = {
    "authorities": 'genCA "a" 365',
    "self signed certificates": 'genSelfSignedCert "a" nil (list "b") 365',
    "keys of rsa": 'genPrivateKey "rsa"',
    "keys of dsa": 'genPrivateKey "dsa"',
    "keys of ecdsa": 'genPrivateKey "ecdsa"',
    "keys of ed25519": 'genPrivateKey "ed25519"',
    "authorities with a key": 'genCAWithKey "a" 365 $k',
    "self signed certificates with a key": 'genSelfSignedCertWithKey "a" nil (list "b") 365 $k',
    "signed certificates with a key": 'genSignedCertWithKey "a" nil (list "b") 365 $ca $k',
    "signed certificates": 'genSignedCert "a" nil (list "b") 365 $ca',
    "certificates with many names": 'genSelfSignedCertWithKey "a" nil $names 365 $k',
    "password hashes": 'htpasswd "a" "b"',
    "bcrypt": 'bcrypt "a"',
    "derived passwords": 'derivePassword 1 "long" "p" "u" "s"',
    "encryption": 'encryptAES "key" $a',
    "encryption of little": 'encryptAES "key" "a"',
    "decryption": 'decryptAES "key" $e',
    "checksums of sha 1": "sha1sum $a",
    "checksums of sha 256": "sha256sum $a",
    "checksums of sha 512": "sha512sum $a",
    "checksums of adler": "adler32sum $a",
    "custom certificates": "buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key)",
    "certificates from garbage": "buildCustomCert $a $a",
    "random letters": "randAlphaNum 100000",
    "random bytes": "randBytes 100000",
    "universally unique": "uuidv4",
}

KEYS = (
    LETTERS + '{{- $k := genPrivateKey "ecdsa" }}{{- $ca := genCAWithKey "ca" 365 $k }}'
    '{{- $e := encryptAES "key" $a }}{{- $names := list }}{{- range $i := until 2000 }}'
    '{{- $names = append $names (printf "n%d.example.com" $i) }}{{ end }}'
)

# --- maps -------------------------------------------------------------------------------------------------------------

MAPS = {
    "merge": "merge (dict) $m",
    "merge overwrite": "mergeOverwrite (dict) $m $m",
    "must merge": "mustMerge (dict) $m $m $m",
    "pick": 'pick $m "k1" "k2"',
    "omit": 'omit $m "k1" "k2"',
    "keys": "keys $m",
    "keys of many": "keys $m $m $m $m $m $m $m $m",
    "keys, sorted": "keys $m | sortAlpha",
    "values": "values $m",
    "pluck": 'pluck "k1" $m $m $m',
    "dig": 'dig "a" "b" "c" "d" $m',
    "deep copy": "deepCopy $m",
    "equal": "deepEqual $m $n",
    "unset": 'unset $m (printf "k%d" $i)',
    "set": 'set $m (printf "x%d" $i) $i',
    "to json": "toJson $m",
    "to pretty json": "toPrettyJson $m",
    "to yaml": "toYaml $m",
    "to pretty yaml": "toYamlPretty $m",
    "to toml": "toToml $m",
    "printed": 'printf "%v" $m',
    "printed in detail": 'printf "%#v" $m',
    "made into text": "toString $m",
    "there and back": "$m | toYaml | fromYaml",
    "there and back by json": "$m | toJson | fromJson",
    "has a key": 'hasKey $m "k1"',
    "made": 'dict "a" $m "b" $m',
}
A_MAP = (
    '{{- $m := dict }}{{- $n := dict }}{{- range $i := until 20000 }}{{- $_ := set $m (printf "k%d" $i) (list $i) }}'
    + ('{{- $_ := set $n (printf "k%d" $i) (list $i) }}{{ end }}')
)

GROWN = {
    "merge itself": ("merge (dict (toString $i) $x) $x", "dict"),
    "a map in a map": ('dict "a" $x', "dict"),
    "a map twice in a map": ('dict "a" $x "b" $x', "dict"),
    "a list twice in a list": ("list $x $x", "list"),
    "set in itself": ('set $x "a" $x', "dict"),
    "append": ("append $x $i", "list"),
    "prepend": ("prepend $x $i", "list"),
    "concat": ("concat $x (list $i)", "list"),
    "concat itself": ("concat $x $x", "list 1"),
    "uniq": ("append $x $i | uniq", "list"),
    "without": ("without (append $x $i) -1", "list"),
    "reverse": ("append $x $i | reverse", "list"),
    "sorted": ("append $x (toString $i) | sortAlpha", "list"),
    "compact": ("append $x $i | compact", "list"),
    "initial": ("append $x $i | append $i | initial", "list"),
    "joined": ('list (append (splitList "," $x) "a" | join ",")  | first', '"a"'),
    "printed": ('printf "%s%d" $x $i', '""'),
    "printed twice": ('printf "%s%s" $x $x', '"a"'),
    "quoted": ("quote $x", '"a"'),
    "quoted in json": ("toJson $x", '"a"'),
    "indented": ('indent 2 (printf "a\\n%s" $x)', '"a"'),
    "base 64": ("b64enc $x", '"a"'),
    "base 32": ("b32enc $x", '"a"'),
    "replaced": ('replace "a" "aa" $x', '"a"'),
    "replaced by a pattern": ('regexReplaceAll "a" $x "aa"', '"a"'),
    "templates": ('tpl (printf "%sa" $x) $', '""'),
    "templates of templates": ('printf "{{ tpl %q $ }}" $x', '"a"'),
    "a deep copy": ('dict "a" (deepCopy $x)', "dict"),
    "chunks": ("chunk 1 (list $x $x)", "list"),
    "integers": ("mul $x 10", "1"),
    "floats": ("mulf $x 1e100", "1.5"),
    "wide": ('printf "%*d" $x 1 | len', "1"),
    "escaped html": ("html $x", '"&"'),
    "escaped for addresses": ("urlquery $x", '"%"'),
    "escaped for scripts": ("js $x", '"\'"'),
}

# --- lists and texts --------------------------------------------------------------------------------------------------

LISTS = {
    "append": "append $l 1",
    "prepend": "prepend $l 1",
    "concat": "concat $l $l $l $l",
    "uniq": "uniq $l",
    "uniq of maps": "uniq $maps",
    "uniq of floats": "uniq $floats",
    "without": "without $l 1 2 3",
    "without a map": "without $maps (dict)",
    "has": "has -1 $l",
    "has a map": "has (dict) $maps",
    "has a list in maps": "has $l $maps",
    "sort": "sortAlpha $l",
    "reverse": "reverse $l",
    "rest": "rest $l",
    "slice": "slice $l 1",
    "chunk": "chunk 1 $l",
    "join": 'join "," $l',
    "texts": "toStrings $l",
    "compact": "compact $l",
    "shuffled": 'shuffle "abcdefghijklmnop"',
    "until": "until 100000",
    "until step": "untilStep 0 1000000 1",
    "seq": "seq 1 100000",
    "seq backwards": "seq 100000 -1 1",
    "made": "list $l $l $l",
    "tuple": "tuple $l $l",
    "max": "max 1 2 3 4 5 6 7 8 9",
    "sum": "add 1 2 3 4 5 6 7 8 9",
    "printed": 'printf "%v" $l',
    "equal": "eq $l $l",
    "deep equal": "deepEqual $l (rest $l)",
}
SOME_LISTS = (
    "{{- $l := until 20000 }}{{- $maps := list }}{{- $floats := list }}{{- range $i := until 3000 }}"
    '{{- $maps = append $maps (dict "a" $i) }}{{- $floats = append $floats (mulf $i 1.5) }}{{ end }}'
)

TEXTS = {
    "printf with a width": 'printf "%1000000d" 1',
    "printf with many widths": 'printf "%100000d%100000d%100000d%100000d" 1 2 3 4',
    "printf with a precision": 'printf "%.1000000f" 1.5',
    "printf of a huge width": 'printf "%99999999999999d" 1',
    "printf of many verbs": 'printf (repeat 10000 "%v") 1',
    "printf in hexadecimals": 'printf "%x" $a',
    "printf quoted": 'printf "%q" $s',
    "indent": "indent 4 $lines",
    "indent widely": "indent 1000000 $s",
    "nindent": "nindent 4 $lines",
    "repeat": 'repeat 1000000 "a"',
    "repeat a lot": 'repeat 4000000000 "a"',
    "repeat negatively": 'repeat -1 "a"',
    "wrap": "wrap 1 $s",
    "wrap with": 'wrapWith 1 "xxxxxxxxxxxxxxxxxxxx" $s',
    "camel case": "camelcase $s",
    "snake case": "snakecase $s",
    "title": "title $s",
    "swap case": "swapcase $s",
    "initials": "initials $s",
    "no space": "nospace $s",
    "trim": "trimAll $s $s",
    "trim with a long cutset": 'trimAll $a "b"',
    "split": 'split "," $s',
    "split list": 'splitList "" $a',
    "split n": 'splitn "," 100000 $s',
    "contains": 'contains "aaaaaaaaaaaaaaab" $a',
    "replace": 'replace "a" "aaaaaaaaaa" $a',
    "replace nothing": 'replace "" "x" $a',
    "cat": "cat $a $a $a $a",
    "abbreviated": "abbrev 1000 $a",
    "substr": "substr 1 99999 $a",
    "base 32": "b32enc $a",
    "base 32 back": "b32dec $b32",
    "base 64": "b64enc $a",
    "base 64 back": "b64dec $a",
    "html": "html $s",
    "addresses": 'urlParse (printf "http://%s/?%s#%s" $a $a $a)',
    "addresses joined": 'urlJoin (dict "host" $a "path" $a "scheme" "http")',
    "base names": 'base (repeat 30000 "a/b/")',
    "clean names": 'clean (repeat 30000 "a/../")',
    "versions": 'semver "1.2.3-a.b.c+d"',
    "comparisons of versions": 'semverCompare ">=1.2.3 <2 || ^3.1 || ~4.2 || 5.x" "1.2.3"',
    "comparisons of long versions": 'semverCompare (repeat 1000 ">=1.2.3 || ") "1.2.3"',
    "dates": 'date "2006-01-02T15:04:05Z07:00" now',
    "dates of long layouts": 'date (repeat 5000 "2006-01-02 ") now',
    "dates parsed": 'toDate "2006-01-02" "2020-02-03"',
    "dates in zones": 'dateInZone "2006-01-02" now "Europe/Berlin"',
    "dates moved": 'dateModify "-1000h" now',
    "durations": 'durationRound "100000h"',
    "ago": "ago now",
    "hosts": 'getHostByName "example.com"',
    "integers of long texts": 'int (repeat 100000 "9")',
    "floats of long texts": 'float64 (repeat 100000 "9")',
    "decimals of long texts": 'toDecimal (repeat 20 "7")',
    "deep arithmetic": "addf 0.1 0.2 0.3 0.4 0.5 0.6 0.7",
    "from yaml": "fromYaml $yaml",
    "from yaml lists": "fromYamlArray $items",
    "from json": "fromJson $json",
    "from toml": "fromToml $toml",
    "from yaml of aliases": "fromYaml $laughs",
    "from deep json": 'fromJsonArray (printf "%s%s" (repeat 9000 "[") (repeat 9000 "]"))',
    "from very deep json": 'fromJsonArray (repeat 100000 "[")',
    "from deep yaml": 'fromYaml (printf "a: %s" (repeat 20000 "["))',
    "from deep yaml blocks": 'fromYaml (repeat 5000 "- ")',
    "from toml of tables": 'fromToml (repeat 3000 "[a.b.c.d.e.f]\\n")',
    "from yaml with a long key": 'fromYaml (printf "? %s\\n: b" $a)',
    "from yaml with tags": 'fromYaml (repeat 5000 "- !!binary aaaa\\n")',
    "from yaml with dates": 'fromYamlArray (repeat 5000 "- 2020-01-01T00:00:00Z\\n")',
    "tpl": 'tpl "{{ .Values }}" $',
    "tpl of new texts": 'tpl (printf "{{ %d }}" $i) $',
    "tpl of new long texts": 'tpl (printf "{{ %d }}%s" $i $a) $',
    "tpl of many actions": 'tpl (repeat 5000 "{{ 1 }}") $',
    "tpl of many definitions": 'tpl (repeat 2000 "{{ define \\"a\\" }}{{ end }}") $',
    "tpl of a comment": 'tpl (printf "{{/* %s */}}" $a) $',
    "tpl of open braces": 'tpl (repeat 50000 "{{") $',
    "tpl of deep parentheses": 'tpl (printf "{{ %s1%s }}" (repeat 3000 "(") (repeat 3000 ")")) $',
    "tpl of deep ifs": 'tpl (printf "%s%s" (repeat 3000 "{{ if 1 }}") (repeat 3000 "{{ end }}")) $',
    "required": 'required "a" $a',
    "ternary": "ternary $a $s true",
    "coalesce": 'coalesce "" "" "" $a',
}
SOME_TEXTS = (
    LETTERS + '{{- $lines := repeat 20000 "a\\n" }}{{- $b32 := b32enc $a }}{{- $yaml := "" }}'
    '{{- $items := repeat 20000 "- a\\n" }}{{- $json := printf "{\\"a\\": [%s1]}" (repeat 20000 "1,") }}'
    '{{- $toml := printf "a = [%s1]\\n" (repeat 20000 "1,") }}'
    '{{- range $i := until 1500 }}{{- $yaml = printf "%sk%d: {a: [b]}\\n" $yaml $i }}{{ end }}'
    '{{- $laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x]\\n" }}{{- range $i := until 12 }}'
    '{{- $laughs = printf "%sa%d: &a%d [%s]\\n" $laughs (add1 $i) (add1 $i) (repeat 9 (printf "*a%d, " $i)) }}{{ end }}'
)

# --- files ------------------------------------------------------------------------------------------------------------


def many_files(count: int, size: int) -> dict[str, Content]:
    return {f"conf/f{number}.txt": "x\n" * (size // 2) for number in range(count)}


FILES: dict[str, Shape] = {
    "glob over many": lambda: with_files(
        many_files(10_000, 10), '{{- range $i := 100000 }}{{- $x := $.Files.Glob "conf/*" }}{{ end }}'
    ),
    "glob of stars": lambda: with_files(
        many_files(5_000, 10), f'{{{{- $x := .Files.Glob "{"**/" * 50}{"*" * 50}b" }}}}'
    ),
    "glob of braces": lambda: with_files(many_files(5_000, 10), f'{{{{- $x := .Files.Glob "{"{a,b}" * 30}" }}}}'),
    "glob of nested braces": lambda: with_files(
        many_files(50, 10), f'{{{{- $x := .Files.Glob "{"{a," * 500}{"}" * 500}" }}}}'
    ),
    "glob of many patterns": lambda: with_files(
        many_files(5_000, 10), '{{- range $i := 100000 }}{{- $x := $.Files.Glob (printf "conf/%d*" $i) }}{{ end }}'
    ),
    "read in a loop": lambda: with_files(
        many_files(10, 100_000), '{{- range $i := 10000000 }}{{- $x := $.Files.Get "conf/f1.txt" }}{{ end }}'
    ),
    "printed in a loop": lambda: with_files(
        many_files(1, 1_000_000), '{{- range $i := 10000000 }}{{ $.Files.Get "conf/f0.txt" }}{{ end }}'
    ),
    "lines in a loop": lambda: with_files(
        many_files(1, 1_000_000), '{{- range $i := 10000000 }}{{- $x := $.Files.Lines "conf/f0.txt" }}{{ end }}'
    ),
    "as config": lambda: with_files(many_files(10_000, 1_000), 'a: {{ (.Files.Glob "conf/*").AsConfig | quote }}'),
    "as config in a loop": lambda: with_files(
        many_files(1_000, 1_000),
        '{{- range $i := 100000 }}{{- $x := ($.Files.Glob "conf/*").AsConfig }}{{ end }}',
    ),
    "as secrets": lambda: with_files(
        many_files(1_000, 10_000),
        '{{- range $i := 100000 }}{{- $x := ($.Files.Glob "conf/*").AsSecrets }}{{ end }}',
    ),
    "a file of 60 MB": lambda: with_files({"conf/f": b"x" * 60_000_000}, 'a: {{ .Files.Get "conf/f" | sha256sum }}'),
    "a file of 6 MB": lambda: with_files({"conf/f": b"x" * 6_000_000}, 'a: {{ .Files.Get "conf/f" | sha256sum }}'),
    "20 files of 4 MB": lambda: with_files({f"f{n}": bytes([n]) * 4_000_000 for n in range(20)}, "a: {{ .Files }}"),
    "files as json": lambda: with_files({f"f{n}": b"\xff" * 1_000_000 for n in range(20)}, "a: {{ toJson .Files }}"),
    "25,000 files": lambda: with_files(many_files(25_000, 2)),
    "10,000 files in deep folders": lambda: with_files(
        {f"{'d/' * (n % 100)}f{n}": "" for n in range(10_000)}, 'a: {{ .Files.Glob "**" | len }}'
    ),
    "a name out of the chart": lambda: chart('a: {{ .Files.Get "../../etc/passwd" | quote }}'),
    "an absolute name": lambda: chart('a: {{ .Files.Get "/etc/passwd" | quote }}'),
    "a link to /etc": lambda: chart('a: {{ .Files.Get "etc/passwd" | quote }}')._replace(links={"chart/etc": "/etc"}),
    "a link to itself": lambda: chart()._replace(links={"chart/a": "a"}),
    "a link to the chart": lambda: chart()._replace(links={"chart/a": "."}),
    "links that double": lambda: chart()._replace(
        links={
            **{f"chart/d{n}/a": f"../d{n + 1}" for n in range(25)},
            **{f"chart/d{n}/b": f"../d{n + 1}" for n in range(25)},
        }
    ),
    "a link to a device": lambda: chart()._replace(links={"chart/zero": "/dev/zero"}),
    "values that are a link out": lambda: chart()._replace(links={"chart/values.schema.json": "/etc/passwd"}),
}

# --- patterns of .helmignore ------------------------------------------------------------------------------------------

IGNORED = {f"conf/{'a' * 60}{number}.txt": "" for number in range(3_000)}

IGNORE: dict[str, Shape] = {
    "stars": lambda: with_files({".helmignore": f"{'*a' * 40}b\n", **IGNORED}),
    "stars and questions": lambda: with_files({".helmignore": f"{'*?' * 200}b\n", **IGNORED}),
    "many patterns": lambda: with_files({".helmignore": "".join(f"*x{n}*y\n" for n in range(4_000)), **IGNORED}),
    "too many patterns": lambda: with_files({".helmignore": "*.a\n" * 200_000, **IGNORED}),
    "a long pattern": lambda: with_files({".helmignore": "a" * 5_000_000, **IGNORED}),
    "long classes": lambda: with_files({".helmignore": f"[{'a-z' * 100_000}]*b\n", **IGNORED}),
    "open classes": lambda: with_files({".helmignore": "[a\n" * 1_000, **IGNORED}),
    "negated": lambda: with_files({".helmignore": "!*\n" * 4_000, **IGNORED}),
    "bytes": lambda: with_files({".helmignore": bytes(range(256)) * 1_000, **IGNORED}),
}

# --- values -----------------------------------------------------------------------------------------------------------

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)

VALUES: dict[str, Shape] = {
    "aliases that multiply": lambda: chart("a: {{ .Values.a11 | len }}", LAUGHS),
    "aliases that multiply, printed": lambda: chart("a: {{ toJson .Values }}", LAUGHS),
    "an alias to itself": lambda: chart("a: {{ .Values }}", "a: &a {b: *a}\n"),
    "merge keys that multiply": lambda: chart(
        "a: {{ .Values }}",
        "m0: &m0 {a: 1}\n" + "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 60)),
    ),
    "300,000 keys": lambda: chart(values="".join(f"k{n}: {n}\n" for n in range(300_000))),
    "a list of a million": lambda: chart(values=f"a: [{'1,' * 1_000_000}1]\n"),
    "a text of 60 MB": lambda: chart(values=f"a: {'x' * 60_000_000}\n"),
    "a text of 20 MB, printed": lambda: chart("a: {{ .Values.a }}", f"a: {'x' * 20_000_000}\n"),
    "nested flow": lambda: chart("a: {{ .Values }}", f"a: {'[' * 20_000}{']' * 20_000}\n"),
    "nested blocks": lambda: chart("a: {{ .Values }}", "".join(f"{' ' * n}a:\n" for n in range(3_000))),
    "nested, within bounds": lambda: chart("a: {{ toYaml .Values }}", "".join(f"{' ' * n}a:\n" for n in range(400))),
    "comments": lambda: chart(values="# a\n" * 5_000_000),
    "documents": lambda: chart(values="---\n" * 1_000_000),
    "documents of values": lambda: chart(values="---\na: 1\n" * 50_000),
    "a long key": lambda: chart(values=f"{'k' * 2_000_000}: 1\n"),
    "quotes": lambda: chart(values='a: "' + "\\x41" * 3_000_000 + '"\n'),
    "folded lines": lambda: chart(values="a: >\n" + "  b\n" * 2_000_000),
    "tags": lambda: chart(values="a:\n" + "- !!binary aaaa\n" * 100_000),
    "anchors": lambda: chart(values="".join(f"k{n}: &a{n} 1\n" for n in range(100_000))),
    "dates": lambda: chart(values="a:\n" + "- 2020-01-01T00:00:00Z\n" * 100_000),
    "numbers of many digits": lambda: chart(values="a: [" + ", ".join(["9" * 5_000] * 2_000) + "]\n"),
    "a number of 2 million digits": lambda: chart("a: {{ .Values.a }}", f"a: {'9' * 2_000_000}\n"),
    "numbers in base 60": lambda: chart(values="a:\n" + f"- {':'.join(['59'] * 500)}\n" * 2_000),
    "control characters": lambda: chart(values=b"a: \x00\x01\xff\xfe\n"),
    "another encoding": lambda: chart(values="a: 1\n".encode("utf-16")),
    "null bytes": lambda: chart(values=b"\x00" * 10_000_000),
    "tabs": lambda: chart(values="\t" * 10_000_000),
    "percent signs": lambda: chart(values="%YAML 1.1\n" * 500_000),
}


def settings(flag: str, texts: Sequence[str]) -> Shape:
    words = [word for text in texts for word in (flag, text)]
    return lambda: chart("a: {{ len .Values }}", options=words)


SETTINGS: dict[str, Shape] = {
    "commas": settings("--set", [",".join(f"k{n}.{m}=x" for m in range(1_000)) for n in range(80)]),
    "commas in lists": settings("--set", ["a[0].b={" + ",".join(["x"] * 40_000) + "}"] * 10),
    "many": settings("--set", [f"k{n}=x" for n in range(4_900)]),
    "too many": settings("--set", [f"k{n}=x" for n in range(30_000)]),
    "many of one": settings("--set", ["a.b.c=x"] * 4_900),
    "large indexes": settings("--set", [f"a{n}[65535]=x" for n in range(1_000)]),
    "elements of one list": settings("--set", [f"a[{n}]=x" for n in range(5_000)]),
    "elements of a large list": settings("--set", ["a[65000]=x", *[f"a[{n}].b=x" for n in range(3_000)]]),
    "lists in lists": settings("--set", [f"a{'[1000]' * 20}=x"]),
    "escapes": settings("--set", ["a=" + "\\," * 50_000] * 10),
    "dots": settings("--set", ["a." * 60_000 + "b=x"]),
    "an open brace": settings("--set", ["a={" + "x," * 60_000] * 10),
    "null": settings("--set", ["a=null," * 10_000 + "b=1"] * 5),
    "brackets": settings("--set", ["a" + "[" * 100_000]),
    "a huge index": settings("--set", ["a[99999999999999999999]=x"]),
    "a huge number": settings("--set", [f"a={'9' * 100_000}"]),
    "json": settings("--set-json", [f"k{n}=[1,2,3]" for n in range(4_900)]),
    "json mappings": settings("--set-json", [json.dumps({f"k{m}": {"a": [1]} for m in range(2_000)})] * 30),
    "json, deep": settings("--set-json", ["a=" + "[" * 100_000]),
    "json, many in one": settings("--set-json", [",".join(f"k{n}=[1,2]" for n in range(10_000))] * 8),
    "json, a huge list": settings("--set-json", ["a=[" + "1," * 60_000 + "1]"] * 10),
    "literals": settings("--set-literal", [f"k{n}=[1,2,3]" for n in range(4_900)]),
    "texts": settings("--set-string", [f"k{n}=[1,2,3]" for n in range(4_900)]),
    "files": settings("--set-file", [f"k{n}=chart/values.yaml" for n in range(4_900)]),
    "a device": settings("--set-file", ["k=/dev/zero"]),
    "a device of values": settings("--values", ["/dev/zero"]),
    "files of values": settings("--values", ["chart/values.yaml"] * 4_900),
    "api versions": settings("--api-versions", [",".join(f"a{n}/v1" for n in range(9_000))]),
    "patterns of files": settings("--show-only", ["templates/" + "*" * 100 + "b"] * 1_000),
}

# --- subcharts --------------------------------------------------------------------------------------------------------


def dependency(name: str, more: str = "") -> str:
    return f"- {{name: {name}, version: 1.0.0{more}}}\n"


def chain(depth: int) -> Chart:
    """A chart in a chart, as deep as paths may be."""
    files: dict[str, Content] = {"chart/Chart.yaml": meta(), "chart/templates/t.yaml": MAP}
    path = "chart/"
    for number in range(depth):
        files[f"{path}Chart.yaml"] = meta(f"c{number}", f"dependencies:\n{dependency(f'c{number + 1}')}")
        path += f"charts/c{number + 1}/"
    files[f"{path}Chart.yaml"] = meta(f"c{depth}")
    return Chart(files)


def wide(count: int, more: str = "", values: str = "a: 1\n") -> Chart:
    files: dict[str, Content] = {"chart/templates/t.yaml": MAP}
    files["chart/Chart.yaml"] = meta(
        "chart", "dependencies:\n" + "".join(dependency(f"s{n}", more) for n in range(count))
    )
    for number in range(count):
        files[f"chart/charts/s{number}/Chart.yaml"] = meta(f"s{number}")
        files[f"chart/charts/s{number}/values.yaml"] = values
        files[f"chart/charts/s{number}/templates/t.yaml"] = MAP
    return Chart(files)


def aliased(count: int, values: str = "a: 1\n", more: str = "") -> Chart:
    listed = "".join(dependency("sub", f", alias: a{n}{more}") for n in range(count))
    return with_files(
        {
            "Chart.yaml": meta("chart", f"dependencies:\n{listed}"),
            "charts/sub/Chart.yaml": meta("sub"),
            "charts/sub/values.yaml": values,
            "charts/sub/templates/t.yaml": MAP,
        }
    )


def imports(levels: int, keys: int) -> Chart:
    """Each chart imports what the one below exports, and exports it under another name."""
    files: dict[str, Content] = {}
    path = "chart/"
    for level in range(levels):
        twice = ", import-values: [{child: a, parent: a.b}, {child: a, parent: a.c}]"
        more = f"dependencies:\n{dependency(f'c{level + 1}', twice)}"
        files[f"{path}Chart.yaml"] = meta(f"c{level}" if level else "chart", more)
        path += f"charts/c{level + 1}/"
    files[f"{path}Chart.yaml"] = meta(f"c{levels}")
    files[f"{path}values.yaml"] = "a:\n" + "".join(f"  k{n}: {n}\n" for n in range(keys))
    files["chart/templates/t.yaml"] = "a: {{ .Values | toJson | len }}"
    return Chart(files)


def doubled(levels: int) -> Chart:
    """Two aliases of one chart at each level."""
    files: dict[str, Content] = {"chart/templates/t.yaml": MAP}
    path = "chart/"
    for level in range(levels):
        name = f"c{level + 1}"
        more = f"dependencies:\n{dependency(name, ', alias: a')}{dependency(name, ', alias: b')}"
        files[f"{path}Chart.yaml"] = meta(f"c{level}" if level else "chart", more)
        path += f"charts/{name}/"
    files[f"{path}Chart.yaml"] = meta(f"c{levels}")
    files[f"{path}templates/t.yaml"] = MAP
    return Chart(files)


SUBCHARTS: dict[str, Shape] = {
    "a chain of 15": lambda: chain(15),
    "a chain of 40": lambda: chain(40),
    "a chain of 300": lambda: chain(300),
    "1,500 beside one another": lambda: wide(1_500),
    "3,000 beside one another": lambda: wide(3_000),
    "1,500 with conditions": lambda: wide(1_500, ", condition: 'a.b,c.d,e.f,g.h'"),
    "1,500 with tags": lambda: wide(1_500, ", tags: [a, b, c, d]"),
    "500 with large values": lambda: wide(500, values="".join(f"k{n}: {n}\n" for n in range(1_500))),
    "1,000 aliases": lambda: aliased(1_000),
    "1,900 aliases with values": lambda: aliased(1_900, "".join(f"k{n}: {n}\n" for n in range(500))),
    "1,000 aliases with imports": lambda: aliased(
        1_000, "a: {b: {c: 1}}\n", ", import-values: [{child: a, parent: .}]"
    ),
    "aliases of aliases": lambda: doubled(19),
    "imports through 18 levels": lambda: imports(18, 10),
    "imports of many values": lambda: imports(12, 500),
    "10,000 dependencies that are missing": lambda: with_files(
        {"Chart.yaml": meta("chart", "dependencies:\n" + "".join(dependency(f"s{n}") for n in range(10_000)))}
    ),
    "a dependency with a long range": lambda: with_files(
        {
            "Chart.yaml": meta("chart", f"dependencies:\n- {{name: s, version: '{'>=1.0.0 || ' * 20_000}1'}}\n"),
            "charts/s/Chart.yaml": meta("s"),
        }
    ),
    "a dependency upon itself": lambda: with_files(
        {"Chart.yaml": meta("chart", f"dependencies:\n{dependency('chart')}"), "charts/chart/Chart.yaml": meta("chart")}
    ),
    "a long condition": lambda: wide(20, f", condition: '{'a.b,' * 20_000}c'"),
    "a deep condition": lambda: wide(20, f", condition: '{'a.' * 20_000}c'"),
    "a lock file of 200,000 lines": lambda: with_files(
        {
            "Chart.lock": "dependencies:\n"
            + "- {name: a, version: 1.0.0}\n" * 200_000
            + "generated: '2020-01-01T00:00:00Z'\n"
        }
    ),
    "a long description": lambda: with_files({"Chart.yaml": meta("chart", f"description: {'x' * 10_000_000}\n")}),
    "many maintainers": lambda: with_files({"Chart.yaml": meta("chart", "maintainers:\n" + "- {name: a}\n" * 100_000)}),
    "many annotations": lambda: with_files(
        {"Chart.yaml": meta("chart", "annotations:\n" + "".join(f"  k{n}: v\n" for n in range(100_000)))}
    ),
    "a version of many parts": lambda: with_files(
        {"Chart.yaml": meta().replace("1.0.0", "1.0.0-" + "a." * 100_000 + "b")}
    ),
    "a range of kubernetes of many parts": lambda: with_files(
        {"Chart.yaml": meta("chart", f"kubeVersion: '{'>=1.0.0 || ' * 50_000}1'\n")}
    ),
    "a chart of aliases of yaml": lambda: with_files({"Chart.yaml": meta("chart", LAUGHS)}),
}

# --- archives ---------------------------------------------------------------------------------------------------------


def member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info.tobuf(tarfile.GNU_FORMAT)


def tar(files: Mapping[str, bytes], more: bytes = b"") -> bytes:
    out = io.BytesIO()
    for name, data in files.items():
        out.write(member(name, len(data)) + data + bytes(-len(data) % 512))
    return out.getvalue() + more + bytes(1024)


PLAIN = {"chart/Chart.yaml": meta().encode(), "chart/templates/t.yaml": MAP.encode()}


def packed(more: bytes, level: int = 1) -> Chart:
    return Chart({"chart.tgz": gzip.compress(tar(PLAIN, more), level)}, name="chart.tgz")


def subchart(data: bytes) -> Chart:
    return with_files({"charts/sub-1.0.0.tgz": data})


def russian(depth: int) -> bytes:
    """A packed chart that has a packed chart, and so on."""
    data = gzip.compress(tar({"sub/Chart.yaml": meta("sub").encode()}))
    for _ in range(depth):
        data = gzip.compress(tar({"sub/Chart.yaml": meta("sub").encode(), "sub/charts/sub-1.0.0.tgz": data}))
    return data


ARCHIVES: dict[str, Shape] = {
    "zeros": lambda: packed(member("chart/zeros", 1 << 30) + bytes(300 << 20)),
    "zeros of bytes that are there": lambda: packed(member("chart/zeros", 90 << 20) + bytes(90 << 20)),
    "a size of nothing": lambda: packed(member("chart/zeros", (8 << 30) - 1)),
    "many small entries": lambda: packed(b"".join(member(f"chart/f{n}") for n in range(100_000))),
    "many folders": lambda: packed(b"".join(member(f"chart/f{n}/", kind=tarfile.DIRTYPE) for n in range(200_000))),
    "long names": lambda: packed(b"".join(member("chart/" + "d/" * 2_000 + f"f{n}") for n in range(3_000))),
    "a name of 50 MB": lambda: packed(
        member("././@LongLink", 50 << 20, tarfile.GNUTYPE_LONGNAME) + b"a" * (50 << 20) + member("chart/x")
    ),
    "headers of 50 MB": lambda: packed(
        member("chart/pax", 50 << 20, tarfile.XHDTYPE)
        + b"9 path=a\n" * ((50 << 20) // 9)
        + bytes(8)
        + member("chart/x")
    ),
    "a global header": lambda: packed(
        member("chart/pax", 512, tarfile.XGLTYPE) + b"19 path=../../etc\n".ljust(512, b"\0") + member("chart/x")
    ),
    "hard links": lambda: packed(
        b"".join(member(f"chart/l{n}", kind=tarfile.LNKTYPE, link="chart/Chart.yaml") for n in range(10))
    ),
    "a hard link out": lambda: packed(member("chart/templates/p.yaml", kind=tarfile.LNKTYPE, link="/etc/passwd")),
    "a link out": lambda: packed(member("chart/templates/p.yaml", kind=tarfile.SYMTYPE, link="/etc/passwd")),
    "a device": lambda: packed(member("chart/templates/p.yaml", kind=tarfile.CHRTYPE)),
    "a pipe": lambda: packed(member("chart/templates/p.yaml", kind=tarfile.FIFOTYPE)),
    "a sparse file": lambda: packed(member("chart/sparse", 512, tarfile.GNUTYPE_SPARSE) + bytes(512)),
    "an unknown kind": lambda: packed(member("chart/x", kind=b"Z")),
    "a name that leads up": lambda: packed(member("chart/../../x")),
    "an absolute name": lambda: packed(member("/etc/x")),
    "a drive": lambda: packed(member("chart/c:/x")),
    "names twice": lambda: packed(b"".join(member("chart/values.yaml") for _ in range(10_000))),
    "half of it": lambda: Chart({"chart.tgz": gzip.compress(tar(PLAIN))[:100]}, name="chart.tgz"),
    "no gzip": lambda: Chart({"chart.tgz": tar(PLAIN)}, name="chart.tgz"),
    "nothing": lambda: Chart({"chart.tgz": b""}, name="chart.tgz"),
    "100,000 streams": lambda: Chart(
        {"chart.tgz": gzip.compress(tar(PLAIN)) + gzip.compress(b"") * 100_000}, name="chart.tgz"
    ),
    "garbage behind it": lambda: Chart({"chart.tgz": gzip.compress(tar(PLAIN)) + b"x" * 10_000_000}, name="chart.tgz"),
    "a wrong sum": lambda: packed(member("chart/x").replace(b"0", b"1", 3)),
    "negative sizes": lambda: packed(member("chart/x")[:124] + b"-0000000001\0" + member("chart/x")[136:]),
    "sizes in base 256": lambda: packed(member("chart/x")[:124] + b"\x80" + b"\xff" * 11 + member("chart/x")[136:]),
    "an archive in an archive 15 times": lambda: subchart(russian(15)),
    "an archive in an archive 60 times": lambda: subchart(russian(60)),
    "100 subcharts of 900 KB": lambda: with_files(
        {
            f"charts/s{n}-1.0.0.tgz": gzip.compress(
                tar({f"s{n}/Chart.yaml": meta(f"s{n}").encode(), f"s{n}/f": bytes(900_000)}), 1
            )
            for n in range(100)
        }
    ),
}

# --- values.schema.json -----------------------------------------------------------------------------------------------


def schema(tree: object, values: str = "a: 1\n") -> Shape:
    return lambda: with_files(
        {"values.schema.json": tree if isinstance(tree, str) else json.dumps(tree)}, values=values
    )


def tower(word: str, levels: int = 25, width: int = 2) -> dict[str, object]:
    """Definitions of which each asks for the next one several times."""
    found: dict[str, object] = {
        f"d{level}": {word: [{"$ref": f"#/definitions/d{level + 1}"}] * width} for level in range(levels)
    }
    return {"definitions": {**found, f"d{levels}": {"type": "object"}}, "$ref": "#/definitions/d0"}


MANY_A = "a: '" + "a" * 50_000 + "'\n"
MANY_KEYS = "".join(f"k{n}: {n}\n" for n in range(20_000))

SCHEMAS: dict[str, Shape] = {
    "a pattern that explodes": schema({"properties": {"a": {"pattern": "^(a+)+$"}}}, MANY_A + "b: 1\n"),
    "a pattern that explodes, unmet": schema({"properties": {"a": {"pattern": "^(a|a?)+b$"}}}, MANY_A),
    "counted patterns": schema({"properties": {"a": {"pattern": "((a{1,100}){1,100}){1,100}b"}}}, MANY_A),
    "many patterns of keys": schema({"patternProperties": {f"^k{n}.*x$": {} for n in range(5_000)}}, MANY_KEYS),
    "names by a pattern": schema({"propertyNames": {"pattern": "^(k|k?)+[0-9]+z$"}}, MANY_KEYS),
    "allOf of allOf": schema(tower("allOf")),
    "anyOf of anyOf": schema(tower("anyOf")),
    "oneOf of oneOf": schema(tower("oneOf")),
    "wide anyOf": schema({"anyOf": [{"required": [f"x{n}"]} for n in range(100_000)]}),
    "not of not": schema('{"not": ' * 2_000 + "{}" + "}" * 2_000),
    "deep properties": schema('{"properties": {"a": ' * 1_500 + "{}" + "}}" * 1_500),
    "if then else": schema(
        {
            "definitions": {
                f"d{n}": {
                    "if": {"$ref": f"#/definitions/d{n + 1}"},
                    "then": {"$ref": f"#/definitions/d{n + 1}"},
                    "else": {"$ref": f"#/definitions/d{n + 1}"},
                }
                for n in range(30)
            }
            | {"d30": {}},
            "$ref": "#/definitions/d0",
        }
    ),
    "a circle": schema({"$ref": "#"}),
    "a circle of two": schema(
        {"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"}
    ),
    "a circle through allOf": schema({"allOf": [{"$ref": "#"}]}),
    "a circle through not": schema({"not": {"$ref": "#"}}),
    "a circle of dynamic references": schema(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicAnchor": "a", "$dynamicRef": "#a"}
    ),
    "a reference by http": schema({"$ref": "http://169.254.169.254/latest"}),
    "a reference to a file": schema({"$ref": "file:///etc/passwd"}),
    "a reference to a device": schema({"$ref": "file:///dev/zero"}),
    "a long reference": schema({"$ref": "#" + "/a" * 100_000}),
    "an id elsewhere": schema({"$id": "http://example.com/a", "$ref": "b"}),
    "unique items": schema(
        {"properties": {"a": {"uniqueItems": True}}}, "a:\n" + "".join(f"- {{b: {n}}}\n" for n in range(30_000))
    ),
    "unique floats": schema(
        {"properties": {"a": {"uniqueItems": True}}}, "a:\n" + "".join(f"- {n}.5\n" for n in range(50_000))
    ),
    "contains": schema(
        {"properties": {"a": {"contains": {"allOf": [{"const": n} for n in range(300)]}}}},
        "a: [" + "1," * 20_000 + "1]\n",
    ),
    "a large enum": schema(
        {"properties": {"a": {"items": {"enum": [{"x": n} for n in range(5_000)]}}}}, "a: [" + "1," * 20_000 + "1]\n"
    ),
    "many errors": schema({"properties": {"a": {"items": {"type": "object"}}}}, "a: [" + "1," * 50_000 + "1]\n"),
    "many required": schema({"required": [f"x{n}" for n in range(100_000)]}),
    "many dependencies": schema(
        {"dependentRequired": {f"k{n}": [f"x{m}" for m in range(50)] for n in range(2_000)}}, MANY_KEYS
    ),
    "formats": schema(
        {"properties": {"a": {"format": "email"}, "b": {"format": "ipv6"}}}, MANY_A + "b: '" + "1:" * 50_000 + "'\n"
    ),
    "a multiple of very little": schema({"properties": {"a": {"multipleOf": 1e-300}}}, "a: 1e300\n"),
    "numbers of many digits": schema('{"properties": {"a": {"maximum": ' + "9" * 100_000 + "}}}"),
    "no json": schema("{" * 100_000),
    "a list": schema("[" * 100_000 + "]" * 100_000),
    "a number": schema("1"),
    "a text of 20 MB": schema({"description": "x" * 20_000_000}),
    "unevaluated": schema(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [{"properties": {f"k{n}": {}}} for n in range(2_000)],
            "unevaluatedProperties": False,
        },
        MANY_KEYS,
    ),
    "one for each of 500 subcharts": lambda: Chart(
        {
            **wide(500).files,
            **{
                f"chart/charts/s{n}/values.schema.json": json.dumps(
                    {"$ref": "#/definitions/a", "definitions": {"a": {"properties": {f"k{m}": {} for m in range(100)}}}}
                )
                for n in range(500)
            },
        }
    ),
}

# --- what a chart prints ----------------------------------------------------------------------------------------------

DOCUMENTS = (
    "{{- range $i := until %d }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a{{ $i }}}\n{{- end }}\n"
)

OUTPUT: dict[str, Shape] = {
    "40,000 documents": lambda: chart(DOCUMENTS % 40_000),
    "300,000 documents": lambda: chart(DOCUMENTS % 300_000),
    "a million empty documents": lambda: chart('{{ repeat 1000000 "\\n---\\n" }}'),
    "60 MB of text": lambda: chart('a: {{ repeat 60000000 "x" }}'),
    "60 MB of lines": lambda: chart('a: |\n{{ repeat 15000000 "  x\\n" }}'),
    "60 MB of comments": lambda: chart('{{ repeat 15000000 "# x\\n" }}'),
    "deep flow": lambda: chart('a: {{ repeat 50000 "[" }}'),
    "deep blocks": lambda: chart('{{ repeat 20000 "- " }}a'),
    "aliases that multiply": lambda: chart(f"kind: A\napiVersion: v1\nmetadata: {{name: a}}\n{LAUGHS}"),
    "an alias to itself": lambda: chart("kind: A\napiVersion: v1\nmetadata: &a {name: a, b: *a}\n"),
    "a long line": lambda: chart('a: "{{ repeat 10000000 "\\\\" }}"'),
    "tags": lambda: chart('a:\n{{ repeat 100000 "- !!python/object/apply:os.system [id]\\n" }}'),
    "a long name": lambda: chart('kind: A\napiVersion: v1\nmetadata:\n  name: {{ repeat 5000000 "x" }}\n'),
    "many hooks": lambda: chart(
        "{{- range $i := until 20000 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a{{ $i }}\n"
        '  annotations: {helm.sh/hook: "pre-install,post-install,pre-upgrade"}\n{{- end }}\n'
    ),
    "hooks of many words": lambda: chart(
        'kind: A\nmetadata: {name: a, annotations: {helm.sh/hook: "{{ repeat 200000 "pre-install," }}"}}\n'
    ),
    "a weight of many digits": lambda: chart(
        "kind: A\nmetadata:\n  name: a\n"
        '  annotations: {helm.sh/hook: test, helm.sh/hook-weight: "{{ repeat 100000 "9" }}"}\n'
    ),
    "many kinds": lambda: chart(
        "{{- range $i := until 30000 }}\n---\napiVersion: v1\nkind: K{{ $i }}\nmetadata: {name: a}\n{{- end }}\n"
    ),
    "notes without end": lambda: with_files({"templates/NOTES.txt": "{{ range 1000000000 }}a{{ end }}"}),
    "notes that fail": lambda: with_files({"templates/NOTES.txt": "{{ fail (repeat 1000000 .Release.Name) }}"}),
    "a long refusal": lambda: chart('{{ fail (repeat 5000000 "x\\n") }}'),
    "a refusal with control characters": lambda: chart('{{ fail "\\x1b[31mred\\x07" }}'),
    "crds of 60 MB": lambda: Chart(
        {**chart().files, "chart/crds/a.yaml": "a: " + "x" * 60_000_000}, ("--include-crds",)
    ),
    "crds of 300,000 documents": lambda: Chart(
        {**chart().files, "chart/crds/a.yaml": "---\na: 1\n" * 300_000}, ("--include-crds",)
    ),
    "10,000 crds": lambda: Chart(
        {**chart().files, **{f"chart/crds/a{n}.yaml": "a: 1\n" for n in range(10_000)}}, ("--include-crds",)
    ),
    "10,000 templates": lambda: with_files({f"templates/a{n}.yaml": "{{ .Values.a }}" for n in range(10_000)}),
    "templates of 20 MB": lambda: chart("x" * 20_000_000),
    "templates of many actions": lambda: chart("{{ 1 }}" * 500_000),
    "templates of many definitions": lambda: chart(
        "".join(f'{{{{ define "d{n}" }}}}a{{{{ end }}}}' for n in range(100_000))
    ),
    "templates of many variables": lambda: chart("".join(f"{{{{ $v{n} := 1 }}}}" for n in range(50_000))),
    "templates of deep ifs": lambda: chart("{{ if 1 }}" * 20_000 + "{{ end }}" * 20_000),
    "templates of deep parentheses": lambda: chart("{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}"),
    "templates of long pipes": lambda: chart("{{ 1 " + "| add 1 " * 100_000 + "}}"),
    "templates of long fields": lambda: chart("{{ ." + "a." * 200_000 + "a }}"),
    "templates of many arguments": lambda: chart("{{ list " + "1 " * 500_000 + " }}"),
    "templates of many else ifs": lambda: chart("{{ if 0 }}" + "{{ else if 0 }}" * 20_000 + "{{ end }}"),
    "templates of comments": lambda: chart("{{/* a */}}" * 500_000),
    "templates of trims": lambda: chart("{{- 1 -}}   \n" * 300_000),
    "templates of open actions": lambda: chart("{{" * 500_000),
    "templates of large numbers": lambda: chart("{{ " + "9" * 200_000 + " }}"),
    "templates of large exponents": lambda: chart("{{ 1e999999999 }}"),
    "templates of bytes": lambda: with_files({"templates/b.yaml": bytes(range(256)) * 10_000}),
}

# --- calls of templates -----------------------------------------------------------------------------------------------

CALLS: dict[str, Shape] = {
    "include itself": lambda: chart('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
    "include one another": lambda: chart(
        '{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'
    ),
    "template itself": lambda: chart('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}'),
    "template itself twice": lambda: chart(
        '{{ define "a" }}{{ template "a" . }}{{ template "a" . }}{{ end }}{{ template "a" . }}'
    ),
    "tpl of itself": lambda: chart('{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t "Template" .Template) }}'),
    "tpl of itself twice": lambda: chart(
        '{{ $t := "{{ tpl .t . }}{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t "Template" .Template) }}'
    ),
    "includes that double": lambda: chart(
        "".join(
            f'{{{{ define "d{n}" }}}}{{{{ include "d{n + 1}" . }}}}{{{{ include "d{n + 1}" . }}}}{{{{ end }}}}'
            for n in range(40)
        )
        + '{{ define "d40" }}x{{ end }}{{ include "d0" . }}'
    ),
    "templates that double": lambda: chart(
        "".join(
            f'{{{{ define "d{n}" }}}}{{{{ template "d{n + 1}" . }}}}{{{{ template "d{n + 1}" . }}}}{{{{ end }}}}'
            for n in range(40)
        )
        + '{{ define "d40" }}x{{ end }}{{ template "d0" . }}'
    ),
    "includes of 1,000 levels": lambda: chart(
        "".join(f'{{{{ define "d{n}" }}}}{{{{ include "d{n + 1}" . }}}}{{{{ end }}}}' for n in range(1_000))
        + '{{ define "d1000" }}x{{ end }}{{ include "d0" . }}'
    ),
    "includes of 5,000 levels": lambda: chart(
        "".join(f'{{{{ define "d{n}" }}}}{{{{ include "d{n + 1}" . }}}}{{{{ end }}}}' for n in range(5_000))
        + '{{ define "d5000" }}x{{ end }}{{ include "d0" . }}'
    ),
    "loops in loops": lambda: chart("{{ range 1000 }}" * 10 + "a" + "{{ end }}" * 10),
    "loops over maps that grow": lambda: chart(
        '{{ $d := dict "a" 1 }}{{ range $k, $v := $d }}{{ $_ := set $d (printf "%sx" $k) 1 }}{{ end }}'
    ),
    "a dictionary in itself": lambda: chart('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d }}'),
    "a dictionary in itself as json": lambda: chart('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ toJson $d }}'),
    "a dictionary in itself as toml": lambda: chart('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ toToml $d }}'),
    "a dictionary in itself, copied": lambda: chart('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $x := deepCopy $d }}'),
    "a dictionary in itself, merged": lambda: chart('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $x := merge $d $d }}'),
    "a dictionary in itself, compared": lambda: chart(
        '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $e := dict }}{{ $_ := set $e "a" $e }}{{ deepEqual $d $e }}'
    ),
    "values in themselves": lambda: chart('{{ $_ := set .Values "a" .Values }}{{ .Values }}'),
    "the context in values": lambda: chart('{{ $_ := set .Values "a" $ }}{{ toYaml .Values }}'),
    "break and continue": lambda: chart("{{ range 1000000000 }}{{ if 1 }}{{ continue }}{{ end }}{{ break }}{{ end }}"),
    "attributes of python": lambda: chart("{{ .Values.__class__.__mro__ }}{{ .Files.__init__ }}{{ .Chart.__dict__ }}"),
    "lookup in a loop": assigned('lookup "v1" "Pod" "a" "b"'),
    "methods in a loop": assigned('$.Capabilities.APIVersions.Has "a/v1"'),
    "printed scopes": looped("{{ $ }}", times=100_000),
    "scopes as json": looped("{{ $x := toJson $ }}", times=100_000),
    "scopes, copied": looped("{{ $x := deepCopy $ }}", times=100_000),
}

FAMILIES: dict[str, dict[str, Shape]] = {
    "regular expressions": expressions(REGEXES, LETTERS),
    "cryptography": expressions(CRYPTO, KEYS),
    "maps": expressions(MAPS, A_MAP),
    "growth": {name: grown(*both) for name, both in GROWN.items()},
    "lists": expressions(LISTS, SOME_LISTS),
    "texts": expressions(TEXTS, SOME_TEXTS),
    "files": FILES,
    "helmignore": IGNORE,
    "values": VALUES,
    "settings": SETTINGS,
    "subcharts": SUBCHARTS,
    "archives": ARCHIVES,
    "schemas": SCHEMAS,
    "output": OUTPUT,
    "calls": CALLS,
}
