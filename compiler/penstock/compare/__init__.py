"""Two lots of objects → what differs: object by object, field by field, and what of it is dangerous. Pure."""
