"""How Kustomize finds objects and fields: identities, selectors, field specs and field paths."""
