"""Targets from definitions of Flux: where they begin, and what each of them builds."""
