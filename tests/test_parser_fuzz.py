"""Whatever a file holds, parsing gives documents and findings in bounded time, and what is printed reads back."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.emit.yaml import dump
from penstock.files import Memory
from penstock.model import Origin
from penstock.parse.document import CONFIG, RESOURCES, Dialect, load
from penstock.parse.locate import locate
from penstock.tree import leaves

PIECES = st.sampled_from(
    [
        *("a", "b:", ": ", "- ", "\n", "  ", "\t", "{", "}", "[", "]", ",", "'", '"', "|", ">", "&x ", "*x", "<<: "),
        *("---\n", "...\n", "# c", "!!str ", "!!binary ", "? ", "%YAML 1.1\n", "null", "~", "0x1F", "1e3", "é"),
        *("\ufeff", "\r\n", "\0"),
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)


@pytest.mark.parametrize("dialect", [RESOURCES, CONFIG], ids=["resources", "config"])
@given(text=TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_gives_documents_and_located_findings(dialect: Dialect, text: str) -> None:
    data = text.encode()
    documents, findings = load(data, "f.yaml", dialect)
    files = Memory({"f.yaml": data})
    for finding in findings:
        assert locate(files, finding.where).line > 0
        assert finding.message.isprintable()
    for document in documents:
        for at, _ in leaves(document.body):
            assert locate(files, Origin("f.yaml", document.origin.doc, at)).line > 0


@given(data=st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_documents_or_findings(data: bytes) -> None:
    documents, findings = load(data, "f.yaml", RESOURCES)
    assert documents == [] or not any(finding.severity == "error" for finding in findings)
    assert all(finding.message.isprintable() for finding in findings)


NOT_PRINTED = "\x7f\x80\x81\x82\x83\x84\x85\ufffe\uffff"
"""Characters that Kustomize refuses, or makes another one of (U+0085), and the others to U+009F."""

KEYS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=NOT_PRINTED), min_size=1, max_size=12
).filter(lambda k: k != "<<")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=NOT_PRINTED), max_size=40).filter(
        lambda text: not any(0x86 <= ord(c) <= 0x9F for c in text)
    ),
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
    ),
    max_size=5,
)


def same(a: Any, b: Any) -> bool:
    """Equal as JSON is: 1.0 is printed as 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return not isinstance(a, bool) and math.isclose(float(a), float(b), rel_tol=1e-15)
    return bool(a == b) and type(a) is type(b)


@given(tree=TREES)
@settings(max_examples=600, deadline=None)
def test_what_is_printed_reads_back(tree: dict[str, Any]) -> None:
    documents, findings = load(dump(tree).encode(), "f.yaml", RESOURCES)
    assert findings == []
    assert same(documents[0].body, tree)
