"""Resources → what the definitions of Argo CD and Flux among them ask for: sources, how these are changed, and where
they go.
"""
