"""Validation of resources: schemas, rules that schemas cannot express, and kinds without a schema.

Read `check.py` first.
"""
