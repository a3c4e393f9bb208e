"""Two lots of objects → their differences, object by object and field by field, with the dangers of each. This stage is
pure.
"""
