"""Resources → Targets: what the definitions of Argo CD and Flux among the objects say about what goes where."""
