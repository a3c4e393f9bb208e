"""The arguments that say which cluster a command is about; apart from what connects, which not every command needs."""

from penstock.cli.arguments import Arguments


def add_arguments(parser: Arguments, *, several: bool = False) -> None:
    """Add the operand for the environment, or for `several` of them, and the options for its cluster and branch."""
    what = "what the branch rendered/ENVIRONMENT is for"
    if several:
        parts = f"{what}; or a target of it, such as prod/shop, or a directory"
        parser.add_argument("environments", metavar="ENVIRONMENT", nargs="+", help=parts)
    else:
        parser.add_argument("environment", metavar="ENVIRONMENT", help=what)
    parser.add_argument(
        "--branch",
        default="",
        metavar="NAME",
        help="the branch to read (default: that of penstock.yaml, or rendered/ENVIRONMENT)",
    )
    add_options(parser)


def add_options(parser: Arguments) -> None:
    """Add the options for the cluster, and for the name of the environment there."""
    parser.add_argument(
        "--context",
        default="",
        metavar="NAME",
        help="the context of the kubeconfig that names the cluster (default: that of penstock.yaml)",
    )
    parser.add_argument(
        "--kubeconfig", default="", metavar="FILE", help="the file; without --context: its current context"
    )
    parser.add_argument(
        "--on",
        action="append",
        default=[],
        metavar="CLUSTER",
        help="where penstock.yaml gives the environment several clusters: one of them; may be repeated",
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
