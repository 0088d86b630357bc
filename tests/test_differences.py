"""What a reviewer is told of two versions."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from git_jit.changes import FieldChange
from git_jit.differences import (
    Differences,
    Fate,
    FileDifference,
    Remark,
    Step,
    Verb,
    differences,
    grouped,
    summary,
)
from git_jit.model import FileChange, IssueId
from git_jit.paths import comment_path, issue_path

PLAIN: dict[str, Any] = {"schema": 1, "title": "Door", "state": "ready", "priority": "normal", "labels": []}


def id_of(number: int) -> IssueId:
    return IssueId(f"{number:04x}" + "0" * 28)


def blob(**fields: Any) -> bytes:
    return json.dumps({**PLAIN, **fields}).encode()


def changed(number: int, old: bytes | None, new: bytes | None) -> FileChange:
    return FileChange(path=issue_path(id_of(number)), old=old, new=new)


def steps(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, object, object]]:
    (issue,) = differences([changed(1, blob(**old), blob(**new))]).issues
    return [(step.field, step.verb.value, step.old, step.new) for step in issue.steps]


def test_a_value_is_set_and_members_come_and_go_the_main_thing_first() -> None:
    old = {"labels": ["a:1", "b:2"], "dependencies": []}
    new = {"labels": ["b:2", "c:3"], "dependencies": ["77"], "state": "done", "closed_at": "2026-01-01T00:00:00Z"}
    assert steps(old, new) == [
        ("state", "set", "ready", "done"),
        ("labels", "add", None, "c:3"),
        ("labels", "remove", "a:1", None),
        ("dependencies", "add", None, "77"),
    ]


def test_maps_are_told_by_key_and_descriptions_by_lines() -> None:
    old = {"gates": {"a": {"status": "pending"}, "b": {}}, "fields": {"x": 1}, "description": ["one", "two"]}
    new = {"gates": {"a": {"status": "passed"}, "c": {}}, "fields": {"x": 2}, "description": ["one", "2", "3"]}
    assert steps(old, new) == [
        ("gates.a", "set", {"status": "pending"}, {"status": "passed"}),
        ("gates.b", "remove", {}, None),
        ("gates.c", "add", None, {}),
        ("description", "rewrite", 1, 2),
        ("fields.x", "set", 1, 2),
    ]


def test_keys_that_nobody_knows_are_told_too() -> None:
    assert steps({}, {"zeal": [1]}) == [("zeal", "set", None, [1])]


def test_closing_time_is_told_where_the_state_is_not() -> None:
    assert steps({}, {"closed_at": "x"}) == [("closed_at", "set", None, "x")]


def test_a_new_issue_tells_what_is_unusual_about_it() -> None:
    found = differences([changed(1, None, blob(labels=["a:1"])), changed(2, None, blob(priority="high"))])
    assert [(issue.title, issue.fate) for issue in found.issues] == [("Door", Fate.CREATED)] * 2
    assert [[step.field for step in issue.steps] for issue in found.issues] == [
        ["state", "labels"],
        ["state", "priority"],
    ]


def test_a_deleted_issue_keeps_its_last_title_and_fields() -> None:
    (issue,) = differences([changed(1, blob(), None)]).issues
    assert (issue.title, issue.fate, issue.steps) == ("Door", Fate.DELETED, ())
    assert FieldChange("state", "ready", None) in issue.fields


def test_what_cannot_be_read_is_said_to_be_so() -> None:
    for old, new in ((b"{", blob()), (blob(), b"[]"), (None, b"")):
        (issue,) = differences([changed(1, old, new)]).issues
        assert (issue.unreadable, issue.fields) == (True, ())


def test_comments_belong_to_their_issue() -> None:
    said = json.dumps({"author": "human:ada", "replaces": "01A"}).encode()
    files = [
        FileChange(path=comment_path(id_of(2), "01C"), old=None, new=said),
        FileChange(path=comment_path(id_of(2), "01B"), old=said, new=None),
        changed(1, blob(), blob(title="Gate")),
    ]
    found = differences(files)
    assert [(issue.id, issue.title) for issue in found.issues] == [(id_of(1), "Gate"), (id_of(2), None)]
    assert found.issues[1].remarks == (
        Remark("01B", Fate.DELETED, "human:ada", "01A"),
        Remark("01C", Fate.CREATED, "human:ada", "01A"),
    )
    assert (found.remarks, found.count(Fate.UPDATED)) == (2, 2)


def test_other_files_are_told_in_order() -> None:
    files = [
        FileChange(path="gates/t.json", old=None, new=b"{}"),
        FileChange(path=".github/workflows/x.yml", old=b"a", new=b"b"),
        FileChange(path="config.json", old=b'{"stale_days": 14}', new=b'{"stale_days": 7}'),
    ]
    assert differences(files).files == (
        FileDifference(path=".github/workflows/x.yml", fate=Fate.UPDATED),
        FileDifference(
            path="config.json",
            fate=Fate.UPDATED,
            fields=(FieldChange("stale_days", 14, 7),),
            steps=(Step("stale_days", Verb.SET, 14, 7),),
        ),
        FileDifference(path="gates/t.json", fate=Fate.CREATED),
    )


def bulk() -> Differences:
    files = [changed(n, blob(), blob(priority="high")) for n in range(500)]
    files += [changed(n, blob(), blob(title=f"T{n}")) for n in range(500, 504)]
    files += [changed(600, None, blob()), changed(601, blob(), None), changed(602, blob(), blob(state="done"))]
    return differences(files)


def test_a_bulk_change_is_one_group() -> None:
    sizes = [len(group.issues) for group in grouped(bulk().issues)]
    assert sizes == [500, 1, 1, 1, 1, 1, 1, 1]


def test_the_summary_carries_the_review() -> None:
    told = [(len(t.ids), t.fate.value, t.field, t.step and t.step.new, t.ways) for t in summary(bulk())]
    assert told == [
        (1, "created", "", None, 1),
        (1, "deleted", "", None, 1),
        (500, "updated", "priority", "high", 1),
        (4, "updated", "title", None, 4),
        (1, "updated", "state", "done", 1),
    ]


states = st.sampled_from(["ready", "done"])
labels = st.lists(st.sampled_from(["a:1", "b:2", "c:3"]), unique=True).map(sorted)
issues = st.none() | st.builds(lambda state, members: blob(state=state, labels=members), states, labels)


@given(st.lists(st.tuples(issues, issues), max_size=12))
def test_every_difference_is_in_one_group_and_every_step_in_the_summary(
    pairs: list[tuple[bytes | None, bytes | None]],
) -> None:
    found = differences(changed(n, old, new) for n, (old, new) in enumerate(pairs) if old != new)
    members = [issue for group in grouped(found.issues) for issue in group.issues]
    assert sorted(issue.id for issue in members) == [issue.id for issue in found.issues]
    updated = [issue for issue in found.issues if issue.fate is Fate.UPDATED]
    told = [tally for tally in summary(found) if tally.fate is Fate.UPDATED]
    assert sum(tally.ways if tally.step is None else len(tally.ids) for tally in told) == sum(
        len(i.steps) for i in updated
    )
    assert {id for tally in told for id in tally.ids} == {issue.id for issue in updated if issue.steps}


@given(issues, issues)
def test_the_way_back_undoes_every_step(old: bytes | None, new: bytes | None) -> None:
    there, back = differences([changed(1, old, new)]), differences([changed(1, new, old)])
    swapped = [FieldChange(f.field, f.new, f.old) for issue in back.issues for f in issue.fields]
    assert [f for issue in there.issues for f in issue.fields] == swapped
