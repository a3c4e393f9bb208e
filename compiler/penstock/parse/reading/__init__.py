"""libyaml's events, read into documents: open containers, what scalars and keys mean, what is wrong and where."""
