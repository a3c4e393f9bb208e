"""Which objects of two targets are one object, by their identities alone."""

import pytest

from penstock.graph.homes import may_clash
from penstock.model import ResourceId


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (ResourceId("", "Namespace", "", "a"), ResourceId("", "Namespace", "b", "a"), True),
        (ResourceId("", "ConfigMap", "b", "a"), ResourceId("", "ConfigMap", "b", "a"), True),
        (ResourceId("", "ConfigMap", "", "a"), ResourceId("", "ConfigMap", "b", "a"), False),
        (ResourceId("apps", "Namespace", "", "a"), ResourceId("apps", "Namespace", "b", "a"), False),
    ],
)
def test_a_namespace_counts_only_for_kinds_that_have_one(one: ResourceId, other: ResourceId, *, is_same: bool) -> None:
    assert may_clash([[(one, "1")], [(other, "2")]]) is is_same
    assert not may_clash([[(one, "1")], [(other, "1")]])
