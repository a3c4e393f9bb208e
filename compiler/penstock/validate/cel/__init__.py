"""CEL as the API server uses it: parsing, type checking, cost estimation and evaluation of expressions.

Read `syntax.py` first, then `types.py`. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md and
apiserver pkg/cel, as of Kubernetes 1.37.
"""
