"""CEL as far as it is judged here: whether an expression can be read, whether its names exist, what type it has.

Nothing is evaluated. Read `syntax.py`, then `types.py`.
Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md and apiserver pkg/cel, as of Kubernetes 1.37.
"""
