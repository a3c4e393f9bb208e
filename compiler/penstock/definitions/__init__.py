"""Resources → what the definitions of Argo CD, Flux and ksonnet among them ask for: sources, how these are changed, and
where the result goes.
"""
