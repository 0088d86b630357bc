"""git's merge driver, as a function."""

import json

from git_jit.canonical import dumps
from git_jit.merge import FileMerge, merge_file

PATH = f"issues/aa/{'a' * 32}.json"
BASE = {"id": "a" * 32, "labels": ["c:a"], "schema": 1, "title": "x"}


def test_changes_of_different_fields_merge_to_canonical_bytes() -> None:
    ours, theirs = dumps(BASE | {"title": "y"}), json.dumps(BASE | {"labels": ["c:b", "c:a"]}).encode()
    expected = FileMerge(data=dumps(BASE | {"labels": ["c:a", "c:b"], "title": "y"}))
    assert merge_file(dumps(BASE), ours, theirs, PATH) == expected


def test_what_is_undecided_has_a_value_and_is_reported() -> None:
    merged = merge_file(dumps(BASE), dumps(BASE | {"title": "y"}), dumps(BASE | {"title": "z"}), PATH)
    assert merged.data == dumps(BASE | {"title": "z"})
    assert [(conflict.field, conflict.lost[0].value) for conflict in merged.conflicts] == [(("title",), "y")]
    assert not merged.clean


def test_a_file_that_both_sides_made_has_an_empty_base() -> None:
    merged = merge_file(b"", dumps(BASE), dumps(BASE | {"labels": ["c:b"]}), PATH)
    assert merged == FileMerge(data=dumps(BASE | {"labels": ["c:a", "c:b"]}))


def test_two_issues_in_one_file_are_left_alone() -> None:
    sides = [dumps(BASE | {"created_at": f"2026-11-2{n}T00:00:00.000000Z"}) for n in (0, 1)]
    merged = merge_file(b"", sides[0], sides[1], PATH)
    assert merged == FileMerge(data=None, problem="is two documents under one name")


def test_what_cannot_be_read_is_said() -> None:
    assert merge_file(dumps(BASE), b"<<<<<<< ours", dumps(BASE), PATH).problem == (
        "cannot be read: '$' is not JSON: expecting value (line 1, column 1)"
    )
    assert merge_file(dumps(BASE), b"[]", dumps(BASE), PATH).problem == "is no JSON object"


def test_a_newer_format_is_not_guessed_at() -> None:
    newer = dumps(BASE | {"schema": 2, "title": "y"})
    merged = merge_file(dumps(BASE), newer, dumps(BASE | {"title": "z"}), PATH)
    assert merged.data is None
    assert merged.problem == "'schema' 2 is newer than this version of git jit, which knows 1"
