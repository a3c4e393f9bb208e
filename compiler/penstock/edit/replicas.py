"""`set replicas NAME=COUNT …`: how many copies of a workload run."""

import re

from penstock.edit.fields import Edited, with_named
from penstock.model import Refusal, Tree

_FORM = re.compile(r"([^=]*)=([-+]?[0-9]{1,19})")


def set_replicas(fields: Tree, arguments: list[str]) -> Edited:
    if not arguments:
        raise Refusal("name a workload and a count, such as web=3")
    wanted = {}
    for argument in arguments:
        match = _FORM.fullmatch(argument)
        if not match or not -(2**63) <= int(match[2]) < 2**63:
            raise Refusal(f"invalid replicas {argument!r}: write NAME=COUNT, such as web=3")
        wanted[match[1]] = {"name": match[1], "count": int(match[2])}
    return with_named(fields, "replicas", wanted), []
