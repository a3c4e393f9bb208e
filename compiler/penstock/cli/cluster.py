"""What `sync` and `status` have in common: their arguments, and the task that these make."""

import argparse
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence

from penstock import __version__
from penstock.apply.client import Client
from penstock.apply.inventory import parent_of
from penstock.apply.kubeconfig import Access, choose
from penstock.apply.prepare import Branch, Options, Task
from penstock.cli.arguments import Arguments
from penstock.cli.rendered import Rendered
from penstock.cli.streams import Output, Streams
from penstock.model import Diagnostic, Pos
from penstock.pipeline import order
from penstock.words import printable

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def add_arguments(parser: Arguments) -> None:
    parser.add_argument("environment", metavar="ENVIRONMENT", help="what the branch rendered/ENVIRONMENT is for")
    parser.add_argument(
        "--context", default="", metavar="NAME", help="the context of the kubeconfig that names the cluster"
    )
    parser.add_argument(
        "--kubeconfig", default="", metavar="FILE", help="the file; without --context: its current context"
    )
    parser.add_argument(
        "--branch", default="", metavar="NAME", help="the branch to read (default: rendered/ENVIRONMENT)"
    )
    parser.add_argument(
        "--name", default="", metavar="NAME", help="the environment's name in the cluster (default: ENVIRONMENT)"
    )
    parser.add_argument(
        "--inventory-namespace",
        default="penstock-system",
        metavar="NAMESPACE",
        help="where the inventory and the lease are kept (default: penstock-system; made if it is missing)",
    )
    parser.add_argument(
        "--namespace",
        default="",
        metavar="NAMESPACE",
        help="where objects go that the branch gives none (default: where they went before, at first `default`)",
    )


def make_task(arguments: argparse.Namespace, rendered: Rendered, options: Options, streams: Streams) -> Task:
    """Connect; what is done will be said on standard output, what is waited for on standard error.

    Raises `Refusal` where the cluster is not named, or its kubeconfig not usable.
    """
    access = choose(streams.environ, streams.cwd, arguments.kubeconfig, arguments.context)
    for doubt in _doubts(access):
        print(f"penstock: {doubt}", file=streams.err)
    client = Client(access, streams.environ, f"penstock/{__version__}")
    branch = Branch(rendered.branch, rendered.revision, rendered.resources, rendered.follows)
    parent = parent_of(arguments.name or arguments.environment, arguments.inventory_namespace)
    say, progress = _printer(streams.out), _printer(streams.err)
    client.progress = progress
    return Task(client, branch, parent, order, options, __version__, say, progress)


def _doubts(access: Access) -> Iterator[str]:
    """What the user should know of a connection that others can read or take over."""
    if access.server.startswith("http://"):
        yield f"warning: {access.server} is asked without encryption: whoever is on the way reads the credentials"
    elif access.insecure:
        yield f"warning: nobody checks that {access.server} is the right server (insecure-skip-tls-verify)"


def _printer(stream: Output) -> Callable[[str], None]:
    """Line by line and at once, so that a log shows where a sync is; and nothing in it speaks to the terminal."""
    return lambda line: print(printable(line), file=stream, flush=True)


def print_findings(findings: Sequence[Diagnostic], rendered: Rendered, streams: Streams) -> None:
    """On standard error, each at its place on the branch: `rendered/prod:apps/shop/service_shop_web.yaml:1:1`."""
    if findings:
        from penstock.parse.locate import Locator
        from penstock.report.text import text

        locator = Locator(rendered.files.read)

        told = [finding._replace(resource=None) for finding in findings]  # the messages name the object themselves
        streams.err.write(text(told, lambda where: _on_branch(locator.place(where), rendered)))


def _on_branch(pos: Pos, rendered: Rendered) -> Pos:
    return pos if pos.path == rendered.branch else pos._replace(path=f"{rendered.branch}:{pos.path}")


def branch_of(arguments: argparse.Namespace) -> str:
    return str(arguments.branch or f"rendered/{arguments.environment}")


def holder() -> str:
    """Who we are in the lease: readable, and unique to this run."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def seconds(text: str) -> float:
    """`90`, `90s`, `5m` or `1h`."""
    number, unit = (text[:-1], text[-1]) if text and text[-1] in UNITS else (text, "s")
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no duration like 90s, 5m or 1h")
    return int(number) * UNITS[unit]
