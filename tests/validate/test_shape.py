"""The small interpreter and `jsonschema` say the same, on right documents and on wrong ones."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import schemas
from git_jit.codec import issue_document, issue_from_document
from git_jit.model import Json
from git_jit.validate import schema, shape
from tests.strategies import issues

STORED = sorted((Path(__file__).parents[1] / "cases" / "stored").glob("*.json"))
EXPORT: Json = {
    "schema": 1,
    "generator": "git-jit 0.1.0",
    "base": "0" * 40,
    "filter": None,
    "config": None,
    "gates": [{"key": "tests"}],
    "issues": [{"id": "0" * 32, "title": "x"}],
    "comments": [],
}
DOCUMENTS: list[tuple[str, Json]] = [
    *((path.stem.partition("-")[0], json.loads(path.read_bytes())) for path in STORED),
    ("export", EXPORT),
]
NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, 1, 2, -1, 1 << 60, "", "x", "x\n", "x" * 129, "x" * 201, "x" * 300,
        "type:bug", "type:bug\n", "Type:bug", "human:ada", "ada", "done", "0" * 32, "0" * 32 + "\n", "0" * 40,
        "2026-11-21", "2026-11-21T09:00:00.000000Z", "2026-11-21T09:00:00Z", "2026-13-21", "parent", "passed",
        [], [[]], ["a", "a"], [1, True], [0, False], ["type:bug", "type:bug"], ["a:b"] * 2, [{"type": "parent"}],
        [{"a": 1}, {"a": True}], [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
        {}, {"a": 1}, {"type": "parent", "target": "0" * 32}, {"x y": {}}, {"unknown": True}, {"tests": {"status": "ok"}},
    ]
).map(copy.deepcopy)  # fmt: skip


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Any]:
    """A good document with up to three places replaced, removed or added."""
    generated = st.tuples(st.just("issue"), issues().map(issue_document))
    kind, document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS) | generated))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = document
        while True:
            keys = sorted(place) if isinstance(place, dict) else [*range(len(place))]
            adding = not keys or draw(st.integers(0, 5)) == 0
            if adding:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.booleans()):
                break
            place = place[key]
        if adding and isinstance(place, dict):
            place[draw(st.sampled_from(["x", "x-y", "status", "labels", "pattern", "X y"]))] = draw(NASTY)
        elif adding:
            place.append(draw(NASTY))
        elif draw(st.booleans()):
            place[key] = draw(NASTY)
        else:
            del place[key]
    return kind, document


@given(mutants())
def test_both_judges_agree_on_every_place(case: tuple[str, Any]) -> None:
    kind, document = case
    ours = {path for path, _ in shape.errors(kind, document)}
    theirs = {path for path, _ in schema.errors(kind, document)}
    assert ours == theirs


@given(st.sampled_from(schemas.KINDS), NASTY)
def test_both_judges_agree_on_what_is_no_document(kind: str, value: Any) -> None:
    assert {path for path, _ in shape.errors(kind, value)} == {path for path, _ in schema.errors(kind, value)}


@given(mutants())
def test_what_fits_the_schema_can_be_read(case: tuple[str, Any]) -> None:
    kind, document = case
    if kind == "issue" and not shape.errors(kind, document):
        assert issue_from_document(document).title == document["title"]


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS)
def test_stored_examples_fit(kind: str, document: Json) -> None:
    assert shape.errors(kind, document) == []
    assert schema.errors(kind, document) == []


def test_findings_name_the_place_and_the_rule() -> None:
    document: Any = {
        "schema": 2,
        "id": "0" * 31,
        "labels": ["Type:bug", "a:b", "a:b"],
        "gates": {"tests": {"status": "green"}, "X": {}},
        "estimate": -1,
        "due": 3,
        "links": [{"type": "parent"}],
    }
    assert [tuple(finding) for finding in shape.errors("issue", document)] == [
        ("$", "must have 'title'"),
        ("$", "must have 'created_at'"),
        ("$.schema", "must be 1"),
        ("$.id", "must match ^[0-9a-f]{32}$"),
        ("$.labels[0]", "must match ^[a-z][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9._/-]*$"),
        ("$.labels", "must not have the same member twice"),
        ("$.links[0]", "must have 'target'"),
        ("$.gates", "must match ^[a-z0-9][a-z0-9._-]*$"),
        (
            "$.gates.tests.status",
            "must be one of pending, passed, failed, error, timeout, needs-approval, skipped",
        ),
        ("$.due", "must be string or null"),
        ("$.estimate", "must be at least 0"),
    ]


def test_a_keyword_that_is_not_understood_is_refused_not_ignored() -> None:
    with pytest.raises(KeyError, match="oneOf"):
        shape.compile_schema({"type": "object", "oneOf": []}, {})
