"""Diagnostics → text and JSON. `findings` puts together what several targets share; each format has a file."""
