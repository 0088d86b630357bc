"""Differences, and taking them back."""

from hypothesis import given
from hypothesis import strategies as st

from git_jit.changes import SETS, FieldChange, field_changes, take_back
from git_jit.model import Json

DOCUMENTS = st.dictionaries(
    st.sampled_from(["title", "due", "assignee", "unknown"]), st.none() | st.text(max_size=3), max_size=4
)


def test_absent_and_null_are_the_same() -> None:
    assert field_changes({"due": None}, {}) == []
    assert field_changes(None, {"title": "a"}) == [FieldChange("title", None, "a")]


def test_members_of_a_list_are_told_apart() -> None:
    change = FieldChange("labels", ["a:1", "b:2"], ["b:2", "c:3"])
    assert change.added == ["c:3"]
    assert change.removed == ["a:1"]


def test_a_field_changed_since_is_later_work() -> None:
    old: dict[str, Json] = {"title": "a", "state": "ready"}
    new: dict[str, Json] = {"title": "b", "state": "done"}
    now: dict[str, Json] = {"title": "c", "state": "done"}

    assert take_back(old, new, now) == ({"title": "c", "state": "ready"}, [FieldChange("title", "b", "c")])


def test_later_members_of_a_set_survive() -> None:
    old: dict[str, Json] = {"labels": ["a:1", "b:2"]}
    new: dict[str, Json] = {"labels": ["b:2", "c:3"]}
    now: dict[str, Json] = {"labels": ["b:2", "c:3", "d:4"]}

    result, later = take_back(old, new, now)

    assert (sorted(str(m) for m in result["labels"] or []), later) == (["a:1", "b:2", "d:4"], [])  # type: ignore[union-attr]
    assert "labels" in SETS


@given(DOCUMENTS, DOCUMENTS)
def test_taking_back_the_last_step_restores_what_was(old: dict[str, Json], new: dict[str, Json]) -> None:
    result, later = take_back(old, new, new)
    assert later == []
    assert field_changes(old, result) == []


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_later_work_is_never_overwritten(old: dict[str, Json], new: dict[str, Json], now: dict[str, Json]) -> None:
    result, later = take_back(old, new, now)
    touched = {change.field for change in field_changes(new, now)}
    for name in touched:
        assert result.get(name) == now.get(name)
    assert {change.field for change in later} <= touched
