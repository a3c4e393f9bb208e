"""The completion for zsh, in the words of `_arguments`: with what each command and option is for."""

from collections.abc import Iterator, Sequence

from penstock.cli.completions.words import Command, Option, Value, codes

ENVIRONMENTS = (
    "_penstock_environments() {",
    "    local -a names",
    "    names=(${(f)\"$(git for-each-ref --format='%(refname:lstrip=3)' refs/heads/rendered 2>/dev/null)\"})",
    "    compadd -a names",
    "}",
)


def script(commands: Sequence[Command]) -> str:
    """Return the script: a file `_penstock` on the `fpath`, or the input of `source <(penstock completion zsh)`."""
    summaries = dict.fromkeys((command.words.split()[0], command.help) for command in commands)
    described = " ".join(_quoted(f"{name}:{summary}") for name, summary in summaries)
    return "\n".join(
        (
            "#compdef penstock",
            "# Completion of penstock for zsh: source <(penstock completion zsh)",
            *ENVIRONMENTS,
            "_penstock() {",
            "    local -a commands edits",
            f"    commands=({described})",
            "    if ((CURRENT == 2)); then _describe command commands; return; fi",
            *_edits(commands),
            '    case "$words[2]" in',
            *(line for command in commands if " " not in command.words for line in _case(command.words, 1, command)),
            "    esac",
            "}",
            'if [[ ${funcstack[1]} == _penstock ]]; then _penstock "$@"; else compdef _penstock penstock; fi',
            "",
        )
    )


def _edits(commands: Sequence[Command]) -> Iterator[str]:
    edits = [command for command in commands if command.words.startswith("edit ")]
    second = " ".join(dict.fromkeys(command.words.split()[1] for command in edits))
    third: dict[str, list[str]] = {}
    for command in edits:
        third.setdefault(command.words.split()[1], []).extend(command.words.split()[2:])
    yield "    if [[ $words[2] == edit ]]; then"
    yield f"        if ((CURRENT == 3)); then compadd {second}; return; fi"
    yield "        if ((CURRENT == 4)) && [[ $words[3] != fix ]]; then"
    yield '            case "$words[3]" in'
    yield from (f"            {name}) compadd {' '.join(words)} ;;" for name, words in third.items() if words)
    yield "            esac"
    yield "            return"
    yield "        fi"
    yield '        case "$words[3] $words[4]" in'
    for command in edits:
        _, *rest = command.words.split()
        pattern = f'"{" ".join(rest)}"' if len(rest) == 2 else f"{rest[0]}\\ *"
        yield from _case(pattern, len(rest) + 1, command)
    yield "        esac"
    yield "        return"
    yield "    fi"


def _case(pattern: str, words: int, command: Command) -> Iterator[str]:
    specs = [spec for option in command.options for spec in _specs(option)]
    if command.operand != Value():  # without a proposal, zsh would print a message and insert nothing
        specs.append(_quoted(f"*:operand:{_action(command.operand)}"))
    yield f"        {pattern}) shift {words} words; ((CURRENT -= {words})); _arguments -S {' '.join(specs)} ;;"


def _specs(option: Option) -> Iterator[str]:
    what = _escaped(option.help)
    for name in option.names:
        if option.value is None:
            yield _quoted(f"{name}[{what}]")
        else:
            takes = f"{name}=" if name.startswith("--") else f"{name}+"
            yield _quoted(f"*{takes}[{what}]:value:{_action(option.value)}")


def _action(value: Value) -> str:
    if value.words:
        return f"({' '.join(value.words)})"
    match value.kind:
        case "directory":
            return "_directories"
        case "file":
            return "_files"
        case "environment":
            return "_penstock_environments"
        case "code":
            return f"({' '.join(codes())})"
    return " "


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "[]:\\" else c for c in text)


def _quoted(text: str) -> str:
    inner = text.replace("'", "'\\''")
    return f"'{inner}'"
