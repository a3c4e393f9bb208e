"""Targets from definitions of Argo CD: Applications, the Applications that ApplicationSets generate, and the sources of
each.
"""
