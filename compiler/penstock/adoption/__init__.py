"""Findings → the findings that a team wants to hear of. What is settled, known or not asked for is left out and
counted.

`adopt.py` has the order of the steps; each step is a file.
"""
