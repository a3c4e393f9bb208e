"""Resources → targets: the definitions of Argo CD, Flux and ksonnet say what is built and where it goes.

`definitions` parses them. This package runs the stages of `pipeline.py` again for everything that they name, until no
new definition appears.
"""
