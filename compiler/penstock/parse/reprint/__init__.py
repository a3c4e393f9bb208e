"""A YAML text read with its comments and printed anew, as Kustomize does it where a replacement goes on inside a
string: `text` is the way in, `comments` and `reading` read, `printer` and `pen` write.
"""
