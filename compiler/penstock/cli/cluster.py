"""What `sync` and `status` have in common: their arguments, and the task that these make."""

import argparse
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import inf

from penstock import __version__
from penstock.apply.client import Client
from penstock.apply.events import Event
from penstock.apply.inventory import parent_of
from penstock.apply.kubeconfig import Access, acting_as, choose, inside
from penstock.apply.task import Branch, Options, Task
from penstock.cli.places import Place
from penstock.cli.rendered import Rendered, Where
from penstock.cli.streams import Output, Streams
from penstock.cluster import Change
from penstock.model import Diagnostic, Pos, Refusal
from penstock.parse.project_file.settings import Binding, EnvironmentEntry
from penstock.pipeline import order
from penstock.words import printable

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def make_task(
    client: Client, arguments: argparse.Namespace, branch: Branch, options: Options, streams: Streams
) -> Task:
    """Return the task of a sync, which reports actions on standard output, and waiting on standard error."""
    parent = parent_of(arguments.name or arguments.environment, arguments.inventory_namespace)
    tell = json_printer(streams) if getattr(arguments, "format", "") == "json" else text_printer(streams)
    return Task(client, branch, parent, order, options, __version__, tell, client.progress, _described)


def _described(change: Change) -> list[str]:
    """Return lines about the effect of a change on an object. They are needed only if a sync changes something."""
    return _describer()(change)


@cache
def _describer() -> Callable[[Change], list[str]]:
    from penstock.cli.describe import describer

    return describer()


def as_branch(rendered: Rendered, newer: Callable[[], str] = str) -> Branch:
    """Return a rendered branch in the form that a sync takes. `newer` returns the commit that the branch has meanwhile
    got.
    """
    known = (rendered.branch, rendered.revision, rendered.resources)
    return Branch(*known, follows=rendered.follows, newer=newer, history=rendered.history)


def connect(place: Place, streams: Streams) -> Client:
    """Connect to the cluster that the command line or penstock.yaml names.

    Raises `Refusal` if neither does, if the kubeconfig is not usable, or if the environment is bound to another
    cluster.
    """
    arguments, binding = place.arguments, place.binding
    access = acting_as(_access(arguments, binding, streams), binding.user, binding.groups)
    check_binding(arguments.environment, binding, access)
    for doubt in _doubts(access):
        print(f"penstock: {doubt}", file=streams.err)
    deadline = time.monotonic() + getattr(arguments, "timeout", inf)
    client = Client(access, streams.environ, f"penstock/{__version__}", deadline=deadline)
    client.progress = _printer(streams.err)
    place.clients.add(client)
    return client


def _access(arguments: argparse.Namespace, binding: Binding, streams: Streams) -> Access:
    if binding.inside and not (arguments.context or arguments.kubeconfig):
        return inside(streams.environ)
    own = "" if arguments.kubeconfig and not binding.name else binding.context
    return choose(streams.environ, streams.cwd, arguments.kubeconfig, arguments.context or own)


def check_binding(environment: str, binding: Binding, access: Access) -> None:
    """Raise `Refusal` if the environment belongs to another cluster than the chosen one."""
    if binding.server and binding.server.rstrip("/") != access.server:
        raise Refusal(
            f"penstock.yaml says that {environment} is on {binding.server}; the context {access.context!r} is "
            f"{access.server}"
        )
    if binding.digest and binding.digest != digest_of(access):
        raise Refusal(
            f"penstock.yaml says by `caDigest` whose cluster {environment} is on; the authority of the context "
            f"{access.context!r} is another one: {digest_of(access) or 'none'}"
        )


def digest_of(access: Access) -> str:
    """Return the SHA-256 of the first certificate of the cluster's authority; empty if the kubeconfig has none."""
    import hashlib
    import ssl

    start, end = access.authority.find("-----BEGIN CERTIFICATE"), access.authority.find("-----END CERTIFICATE-----")
    if start < 0 or end < 0:
        return ""
    certificate = access.authority[start : end + len("-----END CERTIFICATE-----")]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def text_printer(streams: Streams) -> Callable[[Event], None]:
    """Return a function that prints events for people."""
    say = _printer(streams.out)

    def tell(event: Event) -> None:
        for line in event.line.split("\n") if event.line else ():
            say(line)

    return tell


def json_printer(streams: Streams) -> Callable[[Event], None]:
    """Return a function that prints events for programs: each is a JSON document on one line."""
    from penstock.report.event_json import event_json

    def tell(event: Event) -> None:
        print(event_json(event.word, event.id, event.text, event.facts), file=streams.out, flush=True)

    return tell


def _doubts(access: Access) -> Iterator[str]:
    """Yield warnings about a connection that others can read or take over."""
    if access.server.startswith("http://"):
        yield f"warning: {access.server} is asked without encryption: anybody on the network can read the credentials"
    elif access.insecure:
        yield f"warning: nobody checks that {access.server} is the right server (insecure-skip-tls-verify)"


def _printer(stream: Output) -> Callable[[str], None]:
    """Return a function that prints a line at once, so that a log shows the progress of a sync, and without control
    characters.
    """
    return lambda line: print(printable(line), file=stream, flush=True)


def print_findings(findings: Sequence[Diagnostic], rendered: Rendered, streams: Streams) -> None:
    """Print findings on standard error, each at its place on the branch:
    `rendered/prod:apps/shop/service_shop_web.yaml:1:1`.
    """
    if findings:
        from penstock.parse.locate import Locator
        from penstock.report.text import text

        locator = Locator(rendered.files.read)

        told = [finding._replace(resource=None) for finding in findings]  # the messages already name the object
        streams.err.write(text(told, lambda where: _on_branch(locator.place(where), rendered)))


def tell_findings(findings: Sequence[Diagnostic], rendered: Rendered, form: str, streams: Streams) -> None:
    """Print findings like `print_findings`, or as events if the format is JSON."""
    if form != "json":
        print_findings(findings, rendered, streams)
        return
    from penstock.parse.locate import Locator
    from penstock.report.event_json import finding_json

    locator = Locator(rendered.files.read)
    for finding in findings:
        print(finding_json(finding, _on_branch(locator.place(finding.where), rendered)), file=streams.out)


def _on_branch(pos: Pos, rendered: Rendered) -> Pos:
    return pos if pos.path == rendered.branch else pos._replace(path=f"{rendered.branch}:{pos.path}")


def where_of(arguments: argparse.Namespace, settings: EnvironmentEntry) -> Where:
    """Return the branch and folder of an environment: those of the command line, or of penstock.yaml, or `rendered/`
    with the environment's name.

    Raises `Refusal` if the branch is in another repository.
    """
    branch, _, folder = str(arguments.branch or "").partition(":")
    said = settings.destination
    if said.repository and not branch:
        raise Refusal(
            f"{arguments.environment} is rendered to another repository, {said.repository}: run this in a clone of "
            "it, with --branch"
        )
    return Where(branch or said.branch or f"rendered/{arguments.environment}", folder or said.folder)


def holder() -> str:
    """Return the name of this run in the lease, which is readable and unique."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def who(environ: Mapping[str, str]) -> str:
    """Return who runs this, for the record in the cluster: the user of the CI system, or else the user and the
    machine.
    """
    import getpass

    actor = next((environ[name] for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN") if environ.get(name)), "")
    try:
        return actor or f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # in a container, the user id may have no name
        return f"{os.getuid()}@{socket.gethostname()}"


def seconds(text: str) -> float:
    """Parse a duration: `90`, `90s`, `5m` or `1h`."""
    number, unit = (text[:-1], text[-1]) if text and text[-1] in UNITS else (text, "s")
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no duration like 90s, 5m or 1h")
    return int(number) * UNITS[unit]
