"""The parsing of libyaml's events into documents: open containers, the meaning of scalars and keys, errors and their
places.
"""
