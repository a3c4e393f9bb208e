"""The parsing of a YAML text with its comments, and its printing, as Kustomize does it where a replacement changes a
value inside a string.

`text` is the entry point, `comments` and `reading` parse, `printer` and `pen` print.
"""
