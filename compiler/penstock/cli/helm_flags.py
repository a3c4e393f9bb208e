"""The flags of `helm template` that change nothing that is printed.

They are taken as Helm takes them, so that a command line for Helm is one for Penstock, and refused where Helm refuses
them, or where they ask for what is not done here.
"""

from collections.abc import Callable, Sequence

from penstock.cli.flags import many, single, switch
from penstock.errors import Refusal
from penstock.regex import regex
from penstock.typed import Any

SWITCHES = (
    *("--create-namespace", "--force-replace", "--force", "--force-conflicts", "--replace", "--wait-for-jobs"),
    *("--disable-openapi-validation", "--rollback-on-failure", "--atomic", "--skip-crds", "--render-subchart-notes"),
    *("--hide-notes", "--take-ownership", "--enable-dns", "--debug", "--release-name", "--plain-http"),
    *("--insecure-skip-tls-verify", "--kube-insecure-skip-tls-verify", "--pass-credentials"),
)
"""Flags without a value. Of these, `--release-name` matters for `--output-dir`."""

WITH_VALUE = (
    *("--timeout", "--description", "--keyring", "--kube-context", "--kubeconfig", "--kube-apiserver"),
    *("--kube-as-group", "--kube-as-user", "--kube-ca-file", "--kube-tls-server-name", "--kube-token"),
    *("--burst-limit", "--qps", "--color", "--colour", "--content-cache", "--registry-config"),
    *("--repository-cache", "--repository-config"),
)

CREDENTIALS = ("--ca-file", "--cert-file", "--key-file", "--username", "--password")
"""Flags that matter if a chart lies elsewhere. There, the credentials are those in Helm's and Docker's files."""

ASKING = {"--verify": "ask for keys", "--validate": "ask a cluster"}
"""Switches that need more than files, each with what they would do."""

OWN_SWITCHES = ("--include-crds", "--no-hooks", "--skip-tests", "--is-upgrade", "--skip-schema-validation")
OTHER_SWITCHES = ("--devel", "--dependency-update", "--generate-name")
TRUE = ("1", "t", "T", "TRUE", "true", "True")
FALSE = ("0", "f", "F", "FALSE", "false", "False")

COLORS = ("never", "auto", "always")
DRY_RUNS = ("client", "unset", "true")
WAITS = ("watcher", "hookOnly", "legacy")

DURATION = regex(r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)")
"""The texts that Go parses as durations."""

WHOLE = regex("[-+]?[0-9]+")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


VALUES: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("--wait", lambda text: text in (*WAITS, *TRUE, *FALSE), f"one of {', '.join(WAITS)}"),
    ("--color", lambda text: text in COLORS, f"one of {', '.join(COLORS)}"),
    ("--colour", lambda text: text in COLORS, f"one of {', '.join(COLORS)}"),
    ("--timeout", lambda text: DURATION.fullmatch(text), "a duration, such as 5m0s"),
    ("--burst-limit", lambda text: WHOLE.fullmatch(text), "a whole number"),
    ("--qps", _is_number, "a number"),
)
"""(flag, whether Helm accepts a value, what the value must be)."""


_ALONE = {"--wait": "watcher", "--server-side": "true", "--dry-run": "unset"}
"""Flags whose value can only follow an equals sign, with the value that they have without one."""


def settled(argv: Sequence[str]) -> list[str]:
    """Return a command line on which switches have no value: `--no-hooks=true` becomes `--no-hooks`, and
    `--no-hooks=false` is removed. Flags that take no word as their value have one: `--wait` becomes `--wait=watcher`.

    Raises `Refusal` for another value.
    """
    switches = {*SWITCHES, *OWN_SWITCHES, *OTHER_SWITCHES, *ASKING}
    words: list[str] = []
    for at, word in enumerate(argv):
        flag, equals, value = word.partition("=")
        if word == "--":
            return [*words, *argv[at:]]
        if not equals or flag not in switches:
            words.append(f"{word}={_ALONE[word]}" if word in _ALONE else word)
            continue
        words = [each for each in words if each != flag]
        words += [flag] if _boolean(flag, value) else []
    return words


def _boolean(flag: str, value: str) -> bool:
    if value not in (*TRUE, *FALSE):
        raise _invalid(flag, value, f'strconv.ParseBool: parsing "{value}": invalid syntax')
    return value in TRUE


FLAGS = (
    *(switch(name, help="without effect") for name in SWITCHES),
    *(single(name, metavar="VALUE", help="without effect", default=None) for name in WITH_VALUE),
    *(
        single(name, metavar="VALUE", help="without effect for charts that are here", default=None)
        for name in CREDENTIALS
    ),
    many("-l", "--labels", metavar="KEY=VALUE", help="without effect"),
    single("--dry-run", metavar="WHERE", help="without effect", default=None, nargs="?", const="unset"),
    *(
        single(name, metavar="VALUE", help="without effect", default=None, nargs="?")
        for name in ("--wait", "--server-side")
    ),
    *(switch(name, help="refused: no keys and no cluster are asked for") for name in ASKING),
)
"""All these flags, as options of a parser."""


def check(arguments: Any, is_elsewhere: bool) -> None:
    """Raise `Refusal` for values that Helm refuses, and for requests that Penstock does not support."""
    for flag, what in ASKING.items():
        if _given(arguments, flag):
            raise Refusal(f"{flag} would {what}; nothing of that is done here")
    if is_elsewhere:
        _refuse_credentials(arguments)
    _check_dry_run(arguments.dry_run)
    if arguments.server_side is not None:
        _boolean("--server-side", arguments.server_side)
    for flag, is_fit, wanted in VALUES:
        value = _given(arguments, flag)
        if value is not None and not is_fit(value):
            raise Refusal(f'invalid argument "{value}" for "{flag}" flag: it must be {wanted}')
    for label in arguments.labels:
        _check_label(label)


def _check_dry_run(given: str | None) -> None:
    if given == "server":
        raise Refusal("--dry-run=server would ask a cluster; nothing of that is done here")
    if given not in (None, *DRY_RUNS):
        raise Refusal(f'invalid dry-run value ("{given}"). Must be "server" or "client"')


def _check_label(label: str) -> None:
    # A single value may have commas in it.
    pairs = label.split(",") if label.count("=") > 1 else [label]
    if not all("=" in pair for pair in pairs):
        raise _invalid("-l, --labels", label, f"{label} must be formatted as key=value")


def _refuse_credentials(arguments: Any) -> None:
    for flag in CREDENTIALS:
        if _given(arguments, flag):
            raise Refusal(f"{flag} is not read: credentials are those of `helm registry login` and `helm repo add`")


def _given(arguments: Any, flag: str) -> Any:
    return getattr(arguments, flag[2:].replace("-", "_"))


def _invalid(flag: str, value: str, reason: str) -> Refusal:
    return Refusal(f'invalid argument "{value}" for "{flag}" flag: {reason}')
