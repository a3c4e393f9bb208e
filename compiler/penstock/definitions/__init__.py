"""Resources → what the definitions of Argo CD and Flux among them ask for: which sources, changed how, and going where."""
