"""The text of a kustomization file goes in, and its text with one change comes out. Comments, order and layout survive.

Every command is a function from fields to fields (`images.py`, `patches.py`, …). Only `rewrite.py` knows how to change
the text accordingly.
"""
