"""Go's text/template with the functions of Helm v4: templates in, text out. The package knows nothing of Kubernetes.

    from penstock.gotemplate.environment import Environment
    from penstock.gotemplate.functions import BUILTINS, HELM

    environment = Environment(HELM, missing_key="zero", services=Services(yaml=..., lookup=..., seed="..."))
    environment.parse("chart/templates/_helpers.tpl", text)       # raises ParseError
    environment.parse("chart/templates/service.yaml", text)
    environment.execute("chart/templates/service.yaml", data)     # raises ExecError

Data consists of dict, list, str, bool, int, float and None, and of the types that `values` adds: `Int64`, maps with a
type of their own (`named`), and `Object`s, which declare each of their fields and methods. A template cannot reach any
attribute of a Python object.

The modules in their order: `lexer`, `parser` (text to `nodes`), `evaluator` with `fields`, `loops` and `invocations`
(nodes to closures), `environment` (sets of templates, execution), `functions` (a file for each group), `formatting` and
`quoting` (Go's `fmt` and `strconv`), `bounds` (what a template may cost), `stored` (parsed templates as bytes),
`tracing` (which place wrote which line, and which values it read), `failures`.
"""
