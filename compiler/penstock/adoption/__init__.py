"""Findings → the findings that a team wants to see. Those that are settled, known or not asked for are left out and
counted.

`adopt.py` has the order of the steps, and each step is a file.
"""
