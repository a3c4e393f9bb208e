"""`penstock completion bash|zsh|fish`: print a script that lets the shell complete commands, options and values.

For bash: `source <(penstock completion bash)` in ~/.bashrc. For zsh: `source <(penstock completion zsh)` in ~/.zshrc,
after `compinit`. For fish: `penstock completion fish >~/.config/fish/completions/penstock.fish`. The script is made of
the options that the commands have, so print it anew after an upgrade.

Exit status: 0 printed, 2 wrong usage.
"""

from collections.abc import Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.completions import bash, fish, zsh
from penstock.cli.completions.words import commands
from penstock.cli.streams import CLEAN, Streams

SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def run(argv: Sequence[str], streams: Streams) -> int:
    from penstock.cli.main import COMMANDS

    parser = Arguments("completion", streams, __doc__ or "")
    parser.add_argument("shell", metavar="SHELL", choices=tuple(SHELLS), help="bash, zsh or fish")
    shell = parser.parse_args(argv).shell
    streams.out.write(SHELLS[shell](commands(COMMANDS, streams)))
    return CLEAN
