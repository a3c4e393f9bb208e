"""Generators make objects from files and literals: one file per field of the kustomization."""

from penstock.resolve.generators.config_map import generate as _config_maps
from penstock.resolve.generators.secret import generate as _secrets

GENERATORS = (_config_maps, _secrets)
"""In Kustomize's order."""
