"""edit: the text of a kustomization file in, its text with one change out; comments, order and layout survive.

Every command is a function from fields to fields (`images.py`, `patches.py`, …); `rewrite.py` alone knows how to bring
the text there.
"""
