"""Go's text/template with the functions of Helm v4: templates in, text out. It knows nothing of Kubernetes.

    from penstock.gotemplate.environment import Environment
    from penstock.gotemplate.functions import BUILTINS, HELM

    environment = Environment(HELM, missing_key="zero", services=Services(yaml=..., lookup=..., seed="..."))
    environment.parse("chart/templates/_helpers.tpl", text)       # raises ParseError
    environment.parse("chart/templates/service.yaml", text)
    environment.execute("chart/templates/service.yaml", data)     # raises ExecError

Data is made of dict, list, str, bool, int, float and None, and of what `values` adds: `Int64`, maps with a type of
their own (`named`), and `Object`s, whose fields and methods are declared one by one. No attribute of a Python object
can be reached from a template.

The order of the modules: `lexer`, `parser` (text to `nodes`), `evaluator` with `fields`, `loops` and `invocations`
(nodes to closures), `environment` (sets of templates, execution), `functions` (a file for each group), `formatting` and
`quoting` (Go's `fmt` and `strconv`), `bounds` (what a template may cost), `stored` (parsed templates as bytes),
`tracing` (which place wrote which line, and what it read), `failures`.
"""
