"""Resources → Diagnostics: schemas, rules past the schema, and kinds that no schema knows. Read `check.py` first."""
