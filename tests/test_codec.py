import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.codec import (
    Kind,
    Malformed,
    SchemaNewer,
    decode_comment,
    decode_config,
    decode_gate,
    decode_issue,
    encode_comment,
    encode_config,
    encode_gate,
    encode_issue,
    is_canonical,
    issue_document,
    issue_from_document,
)
from git_jit.config import ConfigInvalid
from git_jit.model import Comment, Document, Gate, GateKey, GateStatus, Issue, IssueId, Json, Link, State, Timestamp
from git_jit.record import replace
from git_jit.templates import TEMPLATES
from tests.strategies import Tracker, issues, trackers

STORED = Path(__file__).parent / "cases" / "stored"
ID = IssueId("4f9c2d7a61e84b0d0000000000000000")
OTHER = IssueId("0a1b0000000000000000000000000000")
NOW = Timestamp("2026-11-21T09:00:00.000000Z")
BARE = Issue(id=ID, title="x", created_at=NOW)

RESPELL = {
    "issue": lambda data: encode_issue(decode_issue(data)),
    "comment": lambda data: encode_comment(decode_comment(data)),
    "gate": lambda data: encode_gate(decode_gate(data)),
    "config": lambda data: encode_config(decode_config(data)),
}


def stored() -> list[Path]:
    found = sorted(STORED.glob("*.json"))
    assert len(found) >= 9
    return found


def kind_of(path: Path) -> Kind:
    kind = path.stem.partition("-")[0]
    assert kind in {"issue", "comment", "gate", "config"}
    return kind  # type: ignore[return-value]


@pytest.mark.parametrize("path", stored(), ids=lambda path: path.stem)
def test_stored_examples_survive_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    assert RESPELL[kind_of(path)](data) == data
    assert is_canonical(data, kind_of(path))


def test_an_issue_looks_like_this() -> None:
    issue = Issue(
        id=ID,
        title="Cache the map",
        created_at=NOW,
        description="one\n\nthree\n",
        labels=("type:task", "epic:a", "epic:a"),
        dependencies=(OTHER,),
        links=(Link("relates-to", OTHER), Link("parent", OTHER)),
        gates={GateKey("tests"): GateStatus()},
        documents=(Document(path="b.md"), Document(path="a.md")),
    )
    assert encode_issue(issue).decode() == (
        """\
{
  "assignee": null,
  "close_reason": null,
  "closed_at": null,
  "context": {},
  "created_at": "2026-11-21T09:00:00.000000Z",
  "created_by": null,
  "defer_until": null,
  "dependencies": [
    "0a1b0000000000000000000000000000"
  ],
  "description": [
    "one",
    "",
    "three",
    ""
  ],
  "documents": [
    {
      "commit": null,
      "label": null,
      "path": "b.md",
      "type": null
    },
    {
      "commit": null,
      "label": null,
      "path": "a.md",
      "type": null
    }
  ],
  "due": null,
  "estimate": null,
  "external": {},
  "fields": {},
  "gates": {
    "tests": {
      "at": null,
      "by": null,
      "run": null,
      "status": "pending",
      "tree": null
    }
  },
  "id": "4f9c2d7a61e84b0d0000000000000000",
  "labels": [
    "epic:a",
    "type:task"
  ],
  "links": [
    {
      "target": "0a1b0000000000000000000000000000",
      "type": "parent"
    },
    {
      "target": "0a1b0000000000000000000000000000",
      "type": "relates-to"
    }
  ],
  "priority": "normal",
  "schema": 1,
  "state": "backlog",
  "title": "Cache the map",
  "unresolved": []
}
"""
    )


@given(issues())
def test_issues_round_trip(issue: Issue) -> None:
    data = encode_issue(issue)
    assert decode_issue(data) == issue
    assert is_canonical(data)
    assert issue_from_document(issue_document(issue)) == issue


@given(trackers(max_issues=2, broken=False))
def test_comments_and_gates_round_trip(tracker: Tracker) -> None:
    for comment in tracker.comments.values():
        assert decode_comment(encode_comment(comment)) == comment
    for gate in tracker.gates.values():
        assert decode_gate(encode_gate(gate)) == gate


@pytest.mark.parametrize("name", TEMPLATES)
def test_configurations_round_trip(name: str) -> None:
    data = encode_config(TEMPLATES[name])
    assert decode_config(data) == TEMPLATES[name]
    assert is_canonical(data, "config")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_bodies_keep_every_line(body: str) -> None:
    assert decode_issue(encode_issue(replace(BARE, description=body))).description == body


def test_any_spelling_of_a_document_is_read() -> None:
    document = {"title": "x", "schema": 1, "created_at": "2026-11-21t11:00:00.0000009+02:00", "id": ID}
    document["labels"] = ["b:b", "a:a", "b:b"]
    issue = decode_issue(json.dumps(document).encode())
    assert issue == replace(BARE, labels=("a:a", "b:b"))
    assert not is_canonical(json.dumps(document).encode())


def test_unsorted_sets_are_not_canonical() -> None:
    data = encode_issue(replace(BARE, labels=("a:a", "b:b")))
    swapped = data.replace(b'"a:a"', b'"?"').replace(b'"b:b"', b'"a:a"').replace(b'"?"', b'"b:b"')
    assert decode_issue(swapped) == decode_issue(data)
    assert (is_canonical(data), is_canonical(swapped)) == (True, False)


def test_unknown_keys_survive_read_modify_write() -> None:
    before = json.loads((STORED / "issue-from-the-future.json").read_bytes())
    issue = decode_issue(json.dumps(before).encode())
    after = json.loads(encode_issue(replace(issue, title="Renamed", state=State.READY)))
    assert after == {**before, "title": "Renamed", "state": "ready"}


def test_unknown_keys_go_with_the_member_they_belong_to() -> None:
    issue = decode_issue((STORED / "issue-from-the-future.json").read_bytes())
    bare = replace(issue, gates={}, links=(), documents=(), unresolved=())
    document = issue_document(bare)
    assert [document[key] for key in ("gates", "links", "documents", "unresolved")] == [{}, [], [], []]
    assert document["votes"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "'$.id' must be a string"),
        ({"id": "4F9C" + ID[4:]}, "'$.id' must be 32 lower-case hexadecimal digits"),
        ({"id": ID[1:]}, "'$.id' must be 32 lower-case hexadecimal digits"),
        ({"title": ["x"]}, "'$.title' must be a string"),
        ({"created_at": None}, "'$.created_at' must be a string"),
        ({"created_at": "yesterday"}, "'$.created_at' must be a time like 2026-11-21T09:00:00Z, not 'yesterday'"),
        ({"closed_at": 3}, "'$.closed_at' must be a string"),
        ({"created_by": 1}, "'$.created_by' must be a string or null"),
        ({"description": "text"}, "'$.description' must be an array"),
        ({"description": ["a", None]}, "'$.description[1]' must be a string"),
        (
            {"state": "open"},
            "'$.state' must be one of backlog, ready, in_progress, gated, done, rejected, archived",
        ),
        ({"state": ["done"]}, "'$.state' must be one of backlog, ready, in_progress, gated, done, rejected, archived"),
        ({"priority": None}, "'$.priority' must be one of low, normal, high, critical"),
        ({"labels": None}, "'$.labels' must be an array"),
        ({"labels": {"a": 1}}, "'$.labels' must be an array"),
        ({"dependencies": ["../../etc"]}, "'$.dependencies[0]' must be 32 lower-case hexadecimal digits"),
        ({"links": ["x"]}, "'$.links[0]' must be an object"),
        ({"links": [{"type": "parent"}]}, "'$.links[0].target' must be a string"),
        ({"gates": []}, "'$.gates' must be an object"),
        ({"gates": {"t": None}}, "'$.gates.t' must be an object"),
        ({"gates": {"t": {"tree": 1}}}, "'$.gates.t.tree' must be a string or null"),
        ({"documents": [{}]}, "'$.documents[0].path' must be a string"),
        ({"context": {"a": 1}}, "'$.context.a' must be a string"),
        ({"external": {"a": None}}, "'$.external.a' must be a string"),
        ({"due": "2026-02-29"}, "'$.due' must be a date like 2026-11-21, not '2026-02-29'"),
        ({"due": 20260229}, "'$.due' must be a string or null"),
        ({"estimate": True}, "'$.estimate' must be an integer or null"),
        ({"estimate": "90"}, "'$.estimate' must be an integer or null"),
        ({"fields": None}, "'$.fields' must be an object"),
        ({"schema": 0}, "'$.schema' must be a positive integer"),
        ({"schema": "1"}, "'$.schema' must be an integer"),
        ({"schema": True}, "'$.schema' must be an integer"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(change: dict[str, Json], message: str) -> None:
    document = {**issue_document(BARE), **change}
    with pytest.raises(Malformed) as caught:
        decode_issue(json.dumps(document).encode())
    assert caught.value.message == message
    assert not is_canonical(json.dumps(document).encode())


@pytest.mark.parametrize("key", ["id", "title", "created_at", "schema"])
def test_keys_without_a_default_must_be_there(key: str) -> None:
    document = issue_document(BARE)
    del document[key]
    with pytest.raises(Malformed, match=rf"^'\$\.{key}' must be"):
        issue_from_document(document)


def test_every_other_key_has_a_default() -> None:
    document: dict[str, Any] = {"schema": 1, "id": ID, "title": "x", "created_at": NOW}
    assert issue_from_document(document) == BARE


@pytest.mark.parametrize("decode", [decode_issue, decode_comment, decode_gate, decode_config])
def test_a_newer_format_says_upgrade(decode: Any) -> None:
    with pytest.raises(SchemaNewer) as caught:
        decode(b'{"schema": 2, "anything": []}')
    assert caught.value.message == "'schema' 2 is newer than this version of git jit, which knows 1"
    assert (caught.value.code, caught.value.details) == ("schema_newer", {"schema": 2, "supported": 1})


@pytest.mark.parametrize("data", [b"[]", b"null", b'"x"', b"1"])
@pytest.mark.parametrize("decode", [decode_issue, decode_comment, decode_gate, decode_config])
def test_only_objects_are_documents(decode: Any, data: bytes) -> None:
    with pytest.raises(Malformed, match="must be an object"):
        decode(data)


def test_an_unknown_key_of_the_configuration_is_an_error() -> None:
    with pytest.raises(ConfigInvalid, match="configuration 'namespace' is not a key"):
        decode_config(b'{"schema": 1, "namespace": {}}')


def test_an_issue_that_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(Malformed, match="would be larger"):
        encode_issue(replace(BARE, description="x" * (2 << 20)))


JSON_LIKE: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", ID, NOW, "2026-11-21", "done", "\x1b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "target", "path", "x"]), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(issue_document(BARE))), JSON_LIKE, max_size=4))
def test_any_document_is_read_or_refused_and_then_stable(change: dict[str, Json]) -> None:
    document = {**issue_document(BARE), **change}
    try:
        issue = issue_from_document(document)
    except (Malformed, SchemaNewer):
        return
    data = encode_issue(issue)
    assert decode_issue(data) == issue
    assert is_canonical(data)


def test_gates_and_comments_keep_unknown_keys() -> None:
    gate = Gate(key=GateKey("t"), title="T", extra={"retries": 2})
    comment = decode_comment((STORED / "comment-redaction.json").read_bytes())
    assert decode_gate(encode_gate(gate)) == gate
    assert isinstance(comment, Comment)
    assert comment.extra == {"reason": "a secret"}
