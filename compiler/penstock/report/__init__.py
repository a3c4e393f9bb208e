"""Findings, graphs and states → text for people and documents for programs; each format has a file."""
