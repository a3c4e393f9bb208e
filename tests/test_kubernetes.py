"""Who an object is: one answer for every stage."""

from typing import Any

import pytest

from penstock.kubernetes import group_kind, identify
from penstock.model import ResourceId


@pytest.mark.parametrize(
    ("namespace", "read"),
    [("shop", "shop"), (None, ""), ("", ""), (False, "false"), (True, "true"), (7, "7"), ({"a": 1}, ""), (["a"], "")],
)
def test_a_namespace_that_is_no_text_is_read_as_yaml_writes_it(namespace: Any, read: str) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace}}
    assert identify(body) == (ResourceId("apps", "Deployment", read, "web"), "v1")


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": "a"}, {"apiVersion": [], "kind": {}}])
def test_what_is_not_there_is_empty(body: dict[str, Any]) -> None:
    assert identify(body) == (ResourceId("", "", "", ""), "")


@pytest.mark.parametrize(("api_version", "group"), [("v1", ""), ("apps/v1", "apps"), ("a/b/c", "a"), (None, "")])
def test_the_group_is_what_is_before_the_first_slash(api_version: str | None, group: str) -> None:
    assert group_kind({"apiVersion": api_version, "kind": "Thing"}) == (group, "Thing")
