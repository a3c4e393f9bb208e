"""Targets from definitions of Flux: the entries of clusters, and what each definition builds."""
