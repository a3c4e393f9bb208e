"""The functions and operators that an expression may call, each with the types that it takes and gives.

A line is one overload: `string.startsWith(string) bool` is a method, `quantity(string) quantity` a function,
`sets::contains(list<A>, list<A>) bool` a function that is called as `sets.contains`, and `+(int, int) int` an operator.
A and B stand for any type, the same at each place of the line.

Source: cel-spec doc/langdef.md; cel-go ext (strings 2, sets, lists 3, optional types, two-variable comprehensions);
apiserver pkg/cel/library, pkg/cel/environment, Kubernetes 1.37 for expressions that are new.
"""

import re
from collections import defaultdict
from functools import cache

from penstock.records import NamedTuple
from penstock.validate.cel.named_formats import NAMED
from penstock.validate.cel.types import Type

_TABLE = """
!(bool) bool
&&(bool, bool) bool
||(bool, bool) bool
?:(bool, A, A) A
==(A, A) bool
!=(A, A) bool
in(A, list<A>) bool
in(A, map<A, B>) bool
[](list<A>, int) A
[](map<A, B>, A) B
-(int) int
-(double) double
+(int, int) int
+(uint, uint) uint
+(double, double) double
+(string, string) string
+(bytes, bytes) bytes
+(list<A>, list<A>) list<A>
+(duration, duration) duration
+(timestamp, duration) timestamp
+(duration, timestamp) timestamp
-(int, int) int
-(uint, uint) uint
-(double, double) double
-(duration, duration) duration
-(timestamp, duration) timestamp
-(timestamp, timestamp) duration
*(int, int) int
*(uint, uint) uint
*(double, double) double
/(int, int) int
/(uint, uint) uint
/(double, double) double
%(int, int) int
%(uint, uint) uint
size(string) int
size(bytes) int
size(list<A>) int
size(map<A, B>) int
string.size() int
bytes.size() int
list<A>.size() int
map<A, B>.size() int
int(int) int
int(uint) int
int(double) int
int(string) int
int(timestamp) int
int(duration) int
uint(uint) uint
uint(int) uint
uint(double) uint
uint(string) uint
double(double) double
double(int) double
double(uint) double
double(string) double
bool(bool) bool
bool(string) bool
bytes(bytes) bytes
bytes(string) bytes
string(string) string
string(bool) string
string(int) string
string(uint) string
string(double) string
string(bytes) string
string(timestamp) string
string(duration) string
string(ip) string
string(cidr) string
timestamp(timestamp) timestamp
timestamp(string) timestamp
timestamp(int) timestamp
duration(duration) duration
duration(string) duration
type(A) type
dyn(A) dyn
matches(string, string) bool
string.matches(string) bool
string.contains(string) bool
string.startsWith(string) bool
string.endsWith(string) bool
string.charAt(int) string
string.indexOf(string) int
string.indexOf(string, int) int
string.lastIndexOf(string) int
string.lastIndexOf(string, int) int
string.lowerAscii() string
string.upperAscii() string
string.replace(string, string) string
string.replace(string, string, int) string
string.split(string) list<string>
string.split(string, int) list<string>
string.substring(int) string
string.substring(int, int) string
string.trim() string
string.format(list<dyn>) string
strings::quote(string) string
list<string>.join() string
list<string>.join(string) string
string.find(string) string
string.findAll(string) list<string>
string.findAll(string, int) list<string>
list<A>.indexOf(A) int
list<A>.lastIndexOf(A) int
list<A>.distinct() list<A>
list<list<A>>.flatten() list<A>
list<A>.flatten(int) list<dyn>
list<A>.slice(int, int) list<A>
list<A>.reverse() list<A>
list<A>.first() optional<A>
list<A>.last() optional<A>
lists::range(int) list<int>
sets::contains(list<A>, list<A>) bool
sets::equivalent(list<A>, list<A>) bool
sets::intersects(list<A>, list<A>) bool
timestamp.getFullYear() int
timestamp.getFullYear(string) int
timestamp.getMonth() int
timestamp.getMonth(string) int
timestamp.getDate() int
timestamp.getDate(string) int
timestamp.getDayOfMonth() int
timestamp.getDayOfMonth(string) int
timestamp.getDayOfWeek() int
timestamp.getDayOfWeek(string) int
timestamp.getDayOfYear() int
timestamp.getDayOfYear(string) int
timestamp.getHours() int
timestamp.getHours(string) int
timestamp.getMinutes() int
timestamp.getMinutes(string) int
timestamp.getSeconds() int
timestamp.getSeconds(string) int
timestamp.getMilliseconds() int
timestamp.getMilliseconds(string) int
duration.getHours() int
duration.getMinutes() int
duration.getSeconds() int
duration.getMilliseconds() int
optional::of(A) optional<A>
optional::ofNonZeroValue(A) optional<A>
optional::none() optional<A>
optional<A>.hasValue() bool
optional<A>.value() A
optional<A>.orValue(A) A
optional<A>.or(optional<A>) optional<A>
optional::unwrap(list<optional<A>>) list<A>
list<optional<A>>.unwrapOpt() list<A>
quantity(string) quantity
isQuantity(string) bool
sign(quantity) int
quantity.isGreaterThan(quantity) bool
quantity.isLessThan(quantity) bool
quantity.compareTo(quantity) int
quantity.asApproximateFloat() double
quantity.asInteger() int
quantity.isInteger() bool
quantity.add(quantity) quantity
quantity.add(int) quantity
quantity.sub(quantity) quantity
quantity.sub(int) quantity
url(string) url
isURL(string) bool
url.getScheme() string
url.getHost() string
url.getHostname() string
url.getPort() string
url.getEscapedPath() string
url.getQuery() map<string, list<string>>
ip(string) ip
isIP(string) bool
ip::isCanonical(string) bool
ip.family() int
ip.isUnspecified() bool
ip.isLoopback() bool
ip.isLinkLocalMulticast() bool
ip.isLinkLocalUnicast() bool
ip.isGlobalUnicast() bool
cidr(string) cidr
isCIDR(string) bool
cidr.containsIP(string) bool
cidr.containsIP(ip) bool
cidr.containsCIDR(string) bool
cidr.containsCIDR(cidr) bool
cidr.ip() ip
cidr.prefixLength() int
cidr.masked() cidr
format::named(string) optional<format>
format.validate(string) optional<list<string>>
semver(string) semver
semver(string, bool) semver
isSemver(string) bool
isSemver(string, bool) bool
semver.isGreaterThan(semver) bool
semver.isLessThan(semver) bool
semver.compareTo(semver) int
semver.major() int
semver.minor() int
semver.patch() int
jsonpatch::escapeKey(string) string
authorizer.path(string) pathCheck
authorizer.group(string) groupCheck
authorizer.serviceAccount(string, string) authorizer
groupCheck.resource(string) resourceCheck
resourceCheck.subresource(string) resourceCheck
resourceCheck.namespace(string) resourceCheck
resourceCheck.name(string) resourceCheck
resourceCheck.fieldSelector(string) resourceCheck
resourceCheck.labelSelector(string) resourceCheck
resourceCheck.check(string) decision
pathCheck.check(string) decision
decision.allowed() bool
decision.errored() bool
decision.error() string
decision.reason() string
"""

COMPARED = ("bool", "string", "bytes", "timestamp", "duration")
NUMBERS = ("int", "uint", "double")

SORTABLE = (*NUMBERS, *COMPARED)
SUMMED = (*NUMBERS, "duration")

_LINE = re.compile(r"(?:(?P<owner>[^(]+)\.)?(?P<name>[^.(]+)\((?P<given>.*)\) (?P<result>[^()]+)")
_TYPE = re.compile(r"\w+|[<>,]")


class Overload(NamedTuple):
    """One overload of a function: the types of its parameters and of its result.

    The first parameter of a method is its receiver. `name` is the line of the table, which identifies the overload.
    """

    name: str
    given: tuple[Type, ...]
    result: Type


Overloads = dict[tuple[str, bool], list[Overload]]
"""Overloads by the name of a function, and whether it is a method."""


@cache
def overloads() -> Overloads:
    """Return all overloads, by the name of the function and whether it is a method."""
    found: Overloads = defaultdict(list)
    for line in (*_TABLE.split("\n"), *_derived()):
        if line:
            (name, is_method), overload = _read(line)
            found[name, is_method].append(overload)
    return dict(found)


def _derived() -> list[str]:
    """Return the lines of the overloads that follow one pattern for many types."""
    pairs = [(one, one) for one in COMPARED] + [(one, two) for one in NUMBERS for two in NUMBERS]
    lines = [f"{sign}({one}, {two}) bool" for sign in ("<", "<=", ">", ">=") for one, two in pairs]
    lines += [f"format::{name}() format" for name in NAMED]
    lines += [f"list<{each}>.{name}() {each}" for each in SORTABLE for name in ("min", "max")]
    lines += [f"list<{each}>.isSorted() bool" for each in SORTABLE]
    lines += [f"list<{each}>.sort() list<{each}>" for each in SORTABLE]
    return lines + [f"list<{each}>.sum() {each}" for each in SUMMED]


def _read(line: str) -> tuple[tuple[str, bool], Overload]:
    match = _LINE.fullmatch(line)
    assert match is not None, line
    given, result = _types(match["given"]), _types(match["result"])[0]
    if match["owner"] is None:
        return (match["name"].replace("::", "."), False), Overload(line, given, result)
    return (match["name"], True), Overload(line, (*_types(match["owner"]), *given), result)


def _types(text: str) -> tuple[Type, ...]:
    """Return the types in a list such as `list<A>, int`."""
    tokens = _TYPE.findall(text)
    found = []
    while tokens:
        found.append(_type(tokens))
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    return tuple(found)


def _type(tokens: list[str]) -> Type:
    name = tokens.pop(0)
    if not tokens or tokens[0] != "<":
        return ("any", name) if len(name) == 1 else name
    inner = []
    while tokens.pop(0) != ">":
        inner.append(_type(tokens))
    return (name, *inner)
