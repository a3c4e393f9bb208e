"""`set|add|remove buildmetadata OPTION,OPTION`: what Kustomize notes on the objects that it makes."""

from penstock.edit.fields import Edited, with_field
from penstock.model import Refusal, Tree

OPTIONS = ("originAnnotations", "transformerAnnotations", "managedByLabel")


def set_options(fields: Tree, argument: str) -> Edited:
    return with_field(fields, "buildMetadata", _options(argument)), []


def add_options(fields: Tree, argument: str) -> Edited:
    options = list(fields.get("buildMetadata", ()))
    for option in _options(argument):
        if option in options:
            raise Refusal(f"buildMetadata option {option} is in the kustomization file already")
        options.append(option)
    return with_field(fields, "buildMetadata", options), []


def remove_options(fields: Tree, argument: str) -> Edited:
    gone = _options(argument)
    return with_field(fields, "buildMetadata", [o for o in fields.get("buildMetadata", ()) if o not in gone]), []


def _options(argument: str) -> list[str]:
    options = argument.split(",")
    for option in options:
        if option not in OPTIONS:
            raise Refusal(f"invalid buildMetadata option {option!r}: it is one of {', '.join(OPTIONS)}")
    return options
