"""Parses tokens to trees, by the grammar of text/template/parse and with its error messages."""

from collections.abc import Callable, Container

from penstock.gotemplate import nodes
from penstock.gotemplate.bounds import Meter
from penstock.gotemplate.failures import Exceeded, ParseError
from penstock.gotemplate.lexer import KEYWORDS, Token, tokens
from penstock.gotemplate.literals import number_of
from penstock.gotemplate.nodes import Node, Source, Tree
from penstock.gotemplate.quoting import quote, unquote
from penstock.gotemplate.variables import Variables

MAX_NESTING = 400
"""How deeply actions and parentheses may be nested. Go accepts more, but nobody writes more."""

STEPS_OF_A_TOKEN = 5
"""The steps that parsing a token costs."""

OPERANDS = frozenset(
    (
        "bool",
        "charconst",
        "complex",
        "dot",
        "field",
        "identifier",
        "number",
        "nil",
        "raw",
        "string",
        "variable",
        "lparen",
    )
)

LITERALS = (nodes.Bool, nodes.Dot, nodes.Nil, nodes.Number, nodes.String)


def parse(name: str, text: str, functions: Container[str], meter: Meter | None = None) -> dict[str, Tree]:
    """Return the templates of a text by name: the text's own, and those that it defines. Raises `ParseError`."""
    parser = _Parser(Source(name, text), functions)
    try:
        if meter is not None:
            meter.spend(STEPS_OF_A_TOKEN * parser.count)
    except Exceeded as problem:
        error = parser.error(str(problem))
        error.failed = problem
        raise error from None
    return parser.run()


class _Parser:
    def __init__(self, source: Source, functions: Container[str]) -> None:
        self.source = source
        self.functions = functions
        self.tokens = tokens(source.text)
        self.at = 0
        self.count = len(self.tokens)
        self.trees: dict[str, Tree] = {}
        self.scope = Variables()
        self.ranges = 0
        self.nesting = 0
        self.action_at = -1
        self.looked_at = 0
        """The furthest token that was looked at to distinguish a declaration from an operand."""

    def next(self) -> Token:
        """Consume and return the next token. The last token is returned again and again."""
        at = self.at
        self.at = at + 1
        return self.tokens[at] if at < self.count else self.tokens[-1]

    def peek(self) -> Token:
        """Return the next token without consuming it."""
        return self.tokens[self.at] if self.at < self.count else self.tokens[-1]

    def error(self, message: str, ahead: int = 0) -> ParseError:
        """Return an error at the line of the last token that was looked at, as in Go. `ahead` counts tokens from the
        one consumed last.
        """
        token = self.tokens[min(max(self.at - 1 + ahead, self.looked_at), self.count - 1)]
        return ParseError(message, self.source.name, self.source.line(token[1]))

    def unexpected(self, token: Token, context: str) -> ParseError:
        if token[0] != "error":
            return self.error(f"unexpected {_described(token)} in {context}")
        message = token[2]
        started_at = self.source.line(self.action_at) if self.action_at >= 0 else 0
        if started_at not in (0, self.source.line(token[1])):
            started = f" in action started at {self.source.name}:{started_at}"
            message += started.removeprefix(" in action") if message.endswith(" action") else started
        return self.error(message)

    def expect(self, kinds: tuple[str, ...], context: str) -> Token:
        token = self.next()
        if token[0] not in kinds:
            raise self.unexpected(token, context)
        return token

    # The grammar.

    def run(self) -> dict[str, Tree]:
        root = nodes.List(self.peek()[1])
        while self.peek()[0] != "EOF":
            if self.peek()[0] == "left":
                start = self.at
                self.next()
                if self.next()[0] == "define":
                    self.definition()
                    continue
                self.at = start
            node = self.text_or_action()
            if isinstance(node, nodes.End | nodes.Else):
                raise self.error(f"unexpected {node}")
            root.nodes.append(node)
        self.add(Tree(self.source.name, self.source, root))
        return self.trees

    def add(self, tree: Tree) -> None:
        known = self.trees.get(tree.name)
        if known is None or known.is_empty():
            self.trees[tree.name] = tree
        elif not tree.is_empty():
            raise self.error(f"template: multiple definition of template {quote(tree.name)}")

    def definition(self) -> None:
        context = "define clause"
        name = self.unquoted(self.expect(("string", "raw"), context))
        self.expect(("right",), context)
        self.add(Tree(name, self.source, self.separate(context)))

    def separate(self, context: str, opened: int = -1) -> nodes.List:
        """Return the body of a template that is defined inside another and sees none of its variables.

        Where the body ends with a wrong token, the error is at the token that opened it, if `opened` is given.
        """
        kept = self.scope, self.ranges
        self.scope, self.ranges = Variables(), 0
        body, end = self.items()
        if not isinstance(end, nodes.End):
            if opened >= 0:
                self.at, self.looked_at = opened + 1, 0
            raise self.error(f"unexpected {end} in {context}")
        self.scope, self.ranges = kept
        return body

    def unquoted(self, token: Token) -> str:
        text = unquote(token[2])
        if text is None:
            raise self.error("invalid syntax")
        return text

    def items(self) -> tuple[nodes.List, Node]:
        """Return the nodes up to an `end` or `else`, and that node."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error(f"actions are nested more than {MAX_NESTING} levels deep")
        found = nodes.List(self.peek()[1])
        while self.peek()[0] != "EOF":
            node = self.text_or_action()
            if isinstance(node, nodes.End | nodes.Else):
                self.nesting -= 1
                return found, node
            found.nodes.append(node)
        raise self.error("unexpected EOF", ahead=1)

    def text_or_action(self) -> Node:
        token = self.next()
        if token[0] == "text":
            return nodes.Text(token[1], token[2])
        if token[0] != "left":
            raise self.unexpected(token, "input")
        self.action_at = token[1]
        action = self.action()
        self.action_at = -1
        return action

    def action(self) -> Node:
        token = self.next()
        control = _CONTROLS.get(token[0])
        if control is not None:
            return control(self, token)
        self.at -= 1
        return nodes.Action(token[1], self.pipeline("command", "right"))

    def break_(self, token: Token) -> Node:
        return self.out_of_range(token, nodes.Break(token[1]))

    def continue_(self, token: Token) -> Node:
        return self.out_of_range(token, nodes.Continue(token[1]))

    def out_of_range(self, token: Token, node: Node) -> Node:
        following = self.next()
        if following[0] != "right":
            raise self.unexpected(following, str(node))
        if not self.ranges:
            raise self.error(f"{node} outside {{{{range}}}}")
        return node

    def end(self, token: Token) -> Node:
        return nodes.End(self.expect(("right",), "end")[1])

    def else_(self, token: Token) -> Node:
        following = self.peek()
        if following[0] in ("if", "with"):
            return nodes.Else(following[1])
        return nodes.Else(self.expect(("right",), "else")[1])

    def if_(self, token: Token) -> Node:
        return nodes.If(*self.branch("if"))

    def with_(self, token: Token) -> Node:
        return nodes.With(*self.branch("with"))

    def range_(self, token: Token) -> Node:
        return nodes.Range(*self.branch("range"))

    def branch(self, word: str) -> tuple[int, nodes.Pipe, nodes.List, nodes.List | None]:
        known = len(self.scope)
        pipe = self.pipeline(word, "right")
        self.ranges += word == "range"
        body, end = self.items()
        self.ranges -= word == "range"
        otherwise = self.otherwise(word, end) if isinstance(end, nodes.Else) else None
        self.scope.leave(known)
        return pipe.pos, pipe, body, otherwise

    def otherwise(self, word: str, else_: Node) -> nodes.List:
        """Return what follows an `else`: a body, or another condition, whose `end` also closes the first one."""
        following = self.peek()
        if word in ("if", "with") and following[0] == word:
            self.nesting += 1
            if self.nesting > MAX_NESTING:
                raise self.error(f"actions are nested more than {MAX_NESTING} levels deep")
            self.next()
            found = nodes.List(else_.pos)
            found.nodes.append(self.if_(following) if word == "if" else self.with_(following))
            self.nesting -= 1
            return found
        found, end = self.items()
        if not isinstance(end, nodes.End):
            raise self.error(f"expected end; found {end}")
        return found

    def block(self, token: Token) -> Node:
        context = "block clause"
        token = self.next()
        name = self.template_name(token, context)
        pipe = self.pipeline(context, "right")
        opened, self.action_at = self.action_at, -1
        self.add(Tree(name, self.source, self.separate(context, self.at - 1)))
        self.action_at = opened
        return nodes.Template(token[1], name, pipe)

    def template(self, token: Token) -> Node:
        context = "template clause"
        token = self.next()
        name = self.template_name(token, context)
        if self.next()[0] == "right":
            return nodes.Template(token[1], name, None)
        self.at -= 1
        return nodes.Template(token[1], name, self.pipeline(context, "right"))

    def template_name(self, token: Token, context: str) -> str:
        if token[0] not in ("string", "raw"):
            raise self.unexpected(token, context)
        return self.unquoted(token)

    def pipeline(self, context: str, end: str) -> nodes.Pipe:
        pipe = nodes.Pipe(self.peek()[1])
        if self.tokens[self.at][0] == "variable":
            self.declarations(pipe, context)
        while True:
            token = self.next()
            if token[0] in OPERANDS:
                self.at -= 1
                pipe.commands.append(self.command())
            elif token[0] == end:
                self.check(pipe, context)
                return pipe
            else:
                raise self.unexpected(token, context)

    def declarations(self, pipe: nodes.Pipe, context: str) -> None:
        """Parse `$x :=`, `$x =` and, for `range`, `$k, $v :=`. Do nothing where the variable is an operand."""
        while self.peek()[0] == "variable":
            start = self.at
            variable = self.next()
            following = self.peek()
            self.looked_at = self.at
            if following[0] in ("assign", "declare"):
                pipe.assigns = following[0] == "assign"
                self.next()
                self.declare(pipe, variable)
                return
            if following[0] != "char" or following[2] != ",":
                self.at = start
                return
            self.next()
            self.declare(pipe, variable)
            if context != "range" or len(pipe.variables) >= 2:
                raise self.error(f"too many declarations in {context}")
            if self.peek()[0] not in ("variable", "right", "rparen"):
                raise self.error("range can only initialize variables", ahead=1)

    def declare(self, pipe: nodes.Pipe, variable: Token) -> None:
        pipe.variables.append(nodes.Variable(variable[1], [variable[2]]))
        self.scope.declare(variable[2])

    def check(self, pipe: nodes.Pipe, context: str) -> None:
        if not pipe.commands:
            raise self.error(f"missing value for {context}")
        for number, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], LITERALS):
                raise self.error(f"non executable command in pipeline stage {number}")

    def command(self) -> nodes.Command:
        command = nodes.Command(self.peek()[1])
        while True:
            operand = self.operand()
            if operand is not None:
                command.args.append(operand)
            kind, _, _, after_space = token = self.peek()
            if kind == "right" or kind == "rparen":
                break
            self.at += 1
            if kind == "pipe":
                break
            if not after_space or operand is None:
                raise self.unexpected(token, "operand")
            self.at -= 1
        if not command.args:
            raise self.error("empty command", ahead=1)
        return command

    def operand(self) -> Node | None:
        node = self.term()
        kind, pos, _, after_space = self.peek()
        if node is None or kind != "field" or after_space:
            return node
        names = []
        while kind == "field" and not after_space:
            names.append(self.next()[2][1:])
            kind, _, _, after_space = self.peek()
        if isinstance(node, nodes.Field):
            return nodes.Field(pos, node.names + names)
        if isinstance(node, nodes.Variable):
            return nodes.Variable(pos, node.names + names)
        if isinstance(node, LITERALS):
            raise self.error(f"unexpected . after term {quote(str(node))}", ahead=1)
        return nodes.Chain(pos, node, names)

    def term(self) -> Node | None:
        token = self.next()
        kind, pos, text, _ = token
        if kind == "identifier":
            if text not in self.functions:
                raise self.error(f"function {quote(text)} not defined")
            return nodes.Identifier(pos, text)
        if kind == "field":
            return nodes.Field(pos, [text[1:]])
        if kind == "string" or kind == "raw":
            return nodes.String(pos, text, self.unquoted(token))
        if kind == "variable":
            if self.scope.find(text) is None:
                raise self.error(f"undefined variable {quote(text)}")
            return nodes.Variable(pos, [text])
        if kind == "lparen":
            return self.parenthesized()
        if kind in _SIMPLE:
            return _SIMPLE[kind](pos, text)
        if kind in ("number", "charconst", "complex"):
            return self.number(token)
        self.at -= 1
        return None

    def parenthesized(self) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error("max expression depth exceeded")
        pipe = self.pipeline("parenthesized pipeline", "rparen")
        self.nesting -= 1
        return pipe

    def number(self, token: Token) -> Node:
        try:
            return number_of(*token[:3])
        except ValueError as problem:
            raise self.error(str(problem)) from None


_CONTROLS = {
    "block": _Parser.block,
    "break": _Parser.break_,
    "continue": _Parser.continue_,
    "else": _Parser.else_,
    "end": _Parser.end,
    "if": _Parser.if_,
    "range": _Parser.range_,
    "template": _Parser.template,
    "with": _Parser.with_,
}

_SIMPLE: dict[str, Callable[[int, str], Node]] = {
    "dot": lambda pos, text: nodes.Dot(pos),
    "nil": lambda pos, text: nodes.Nil(pos),
    "bool": lambda pos, text: nodes.Bool(pos, text == "true"),
}


def _described(token: Token) -> str:
    """Return a token as Go's error messages print it."""
    kind, _, text, _ = token
    if kind == "EOF":
        return "EOF"
    if kind in KEYWORDS or kind == "dot":
        return f"<{text}>"
    if len(text) > 10:
        return f"{quote(text[:10])}..."
    return quote(text)
