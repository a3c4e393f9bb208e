"""The completion for bash 3.2 and later: a function with a case for each command and each option with a value."""

from collections.abc import Sequence

from penstock.cli.completions.words import Command, Value, codes

ENVIRONMENTS = "git for-each-ref --format='%(refname:lstrip=3)' refs/heads/rendered 2>/dev/null"


def script(commands: Sequence[Command]) -> str:
    """Return the script for `source <(penstock completion bash)`."""
    first = " ".join(dict.fromkeys(command.words.split()[0] for command in commands))
    second = " ".join(dict.fromkeys(c.words.split()[1] for c in commands if c.words.startswith("edit ")))
    values = [
        f"        {_pattern(command.words, name)}) {_complete(option.value)} ;;"
        for command in commands
        for option in command.options
        if option.value
        for name in option.names
    ]
    options = [
        f'        "{command.words}") options="{" ".join(name for o in command.options for name in o.names)}" ;;'
        for command in commands
    ]
    operands = [f'        "{command.words}") {_complete(command.operand)} ;;' for command in commands]
    thirds = [f'        "edit {name}") _penstock_words "{words}" ;;' for name, words in _third(commands).items()]
    return "\n".join(
        (
            *_HEAD,
            f'    if ((COMP_CWORD == 1)); then _penstock_words "{first} --help --version"; return; fi',
            "    command=${COMP_WORDS[1]}",
            "    if [[ $command == edit ]]; then",
            f'        if ((COMP_CWORD == 2)); then _penstock_words "{second}"; return; fi',
            '        command="edit ${COMP_WORDS[2]}"',
            "        if [[ $command != 'edit fix' ]]; then",
            "            if ((COMP_CWORD == 3)); then",
            '                case "$command" in',
            *(f"        {line}" for line in thirds),
            "                esac",
            "                return",
            "            fi",
            '            command="$command ${COMP_WORDS[3]}"',
            "        fi",
            "    fi",
            '    case "$command $previous" in',
            *values,
            "        *) false ;;",
            "    esac && return",
            '    case "$command" in',
            *options,
            "        *) return ;;",
            "    esac",
            '    if [[ $current == -* ]]; then _penstock_words "$options"; return; fi',
            '    case "$command" in',
            *operands,
            "    esac",
            "}",
            "complete -F _penstock penstock",
            "",
        )
    )


_HEAD = (
    "# Completion of penstock for bash: source <(penstock completion bash)",
    "_penstock_words() {",
    "    local IFS=$' \\n'",
    '    COMPREPLY=($(compgen -W "$1" -- "$current"))',
    "}",
    "_penstock_files() {",
    "    local IFS=$'\\n'",
    "    compopt -o filenames 2>/dev/null",
    '    COMPREPLY=($(compgen "$1" -- "$current"))',
    "}",
    "_penstock() {",
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command options",
    "    COMPREPLY=()",
    "    # bash takes --format=json for three words",
    "    if [[ $current == = ]]; then current=",
    "    elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi",
)


def _third(commands: Sequence[Command]) -> dict[str, str]:
    """Return the words that may follow `edit set`, `edit add` and so on, by the word before them."""
    found: dict[str, list[str]] = {}
    for command in commands:
        words = command.words.split()
        if words[0] == "edit" and len(words) == 3:
            found.setdefault(words[1], []).append(words[2])
    return {name: " ".join(words) for name, words in found.items()}


def _pattern(words: str, name: str) -> str:
    return f'"{words} {name}"'


def _complete(value: Value) -> str:
    if value.words:
        return f'_penstock_words "{" ".join(value.words)}"'
    match value.kind:
        case "directory":
            return "_penstock_files -d"
        case "file":
            return "_penstock_files -f"
        case "environment":
            return f'_penstock_words "$({ENVIRONMENTS})"'
        case "code":
            return f'_penstock_words "{" ".join(codes())}"'
    return "true"
