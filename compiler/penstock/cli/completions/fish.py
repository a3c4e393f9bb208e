"""The completion for fish: a line for each command, option and operand, with what it is for."""

from collections.abc import Iterator, Sequence

from penstock.cli.completions.words import Command, Option, Value, codes

_HEAD = (
    "# Completion of penstock for fish: penstock completion fish | source",
    "function __penstock_is",
    "    set -l words (commandline -opc)",
    "    set -e words[1]",
    '    string match -q -- "$argv *" "$words "',
    "end",
    "function __penstock_is_exactly",
    "    set -l words (commandline -opc)",
    "    set -e words[1]",
    '    test "$words" = "$argv"',
    "end",
    "function __penstock_environments",
    "    git for-each-ref --format='%(refname:lstrip=3)' refs/heads/rendered 2>/dev/null",
    "end",
    "complete -c penstock -e",
    "complete -c penstock -f",
)


def script(commands: Sequence[Command]) -> str:
    """Return the script for `penstock completion fish | source`, or for a file in `~/.config/fish/completions`."""
    return "\n".join((*_HEAD, *_words(commands), *(line for command in commands for line in _lines(command)), ""))


def _words(commands: Sequence[Command]) -> Iterator[str]:
    """Yield the completions of the words after `penstock`, `penstock edit`, `penstock edit set` and so on."""
    seen = set()
    for command in commands:
        words = command.words.split()
        for depth, word in enumerate(words):
            before = " ".join(words[:depth])
            if (before, word) not in seen:
                seen.add((before, word))
                condition = f"__penstock_is_exactly {before}".rstrip()
                yield f"complete -c penstock -n {_quoted(condition)} -a {word} -d {_quoted(command.help)}"


def _lines(command: Command) -> Iterator[str]:
    head = f"complete -c penstock -n {_quoted(f'__penstock_is {_quoted(command.words)}')}"
    for option in command.options:
        yield f"{head} {_option(option)} -d {_quoted(option.help)}"
    if command.operand.kind or command.operand.words:
        yield f"{head} {_value(command.operand)}"


def _option(option: Option) -> str:
    names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
    if option.value is None:
        return names
    return f"{names} -x {_value(option.value)}" if option.value.kind != "file" else f"{names} -r -F"


def _value(value: Value) -> str:
    if value.words:
        return f"-a {_quoted(' '.join(value.words))}"
    match value.kind:
        case "directory":
            return "-a '(__fish_complete_directories)'"
        case "file":
            return "-F"
        case "environment":
            return "-a '(__penstock_environments)'"
        case "code":
            return f"-a {_quoted(' '.join(codes()))}"
    return ""


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{inner}'"
