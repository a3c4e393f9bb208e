"""Who has set which field, read from the write logs of objects."""
