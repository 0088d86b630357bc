"""beads, rule by rule: what each kind of record becomes, and what the report says about it."""

import json
from typing import Any

import pytest

from git_jit.model import Issue, Link, Priority, State
from git_jit.ops.imports import ImportStrict, MalformedInput
from git_jit.ops.imports.record import stable_id
from tests.ops.moving import bring, by_origin, counts, numbers
from tests.ops.world import World

AT = "2025-10-28T03:31:19.5-08:00"


def record(id: str, **rest: object) -> dict[str, Any]:
    usual = {"title": id.upper(), "status": "open", "priority": 2, "issue_type": "task", "created_at": AT}
    return {"id": id, **usual, **rest}


def edge(source: str, target: str, type: str = "blocks") -> dict[str, str]:
    return {"issue_id": source, "depends_on_id": target, "type": type}


def text(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in records)


def only(world: World) -> Issue:
    (issue,) = by_origin(world, "beads").values()
    return issue


def test_one_record_whole() -> None:
    world = World()
    report = bring(
        world,
        "beads",
        text(
            record(
                "bd-29f",
                title="Centralize logging",
                description="One\r\ntwo",
                design="As before.",
                status="closed",
                priority=1,
                issue_type="bug",
                assignee="beads/crew/dave",
                created_by="Steve Y",
                labels=["release", "area:cli", "needs review!"],
                updated_at="2025-11-01T00:00:00Z",
                closed_at="2025-11-01T10:00:00.123456789+11:00",
                close_reason="Fixed in d7a67ad6",
                estimated_minutes=90,
                owner="s@example.org",
                ephemeral=True,
                timeout=1.5,
                comments=[{"id": 7, "issue_id": "bd-29f", "author": "stevey", "text": "ok", "created_at": AT}],
            )
        ),
    )
    issue = only(world)
    assert issue == Issue(
        id=stable_id("beads", "bd-29f"),
        title="Centralize logging",
        created_at="2025-10-28T11:31:19.500000Z",  # type: ignore[arg-type]
        created_by="human:steve-y",  # type: ignore[arg-type]
        description="One\ntwo\n\n## Design\n\nAs before.",
        state=State.DONE,
        priority=Priority.HIGH,
        assignee="human:beads/crew/dave",  # type: ignore[arg-type]
        labels=("area:cli", "tag:needs-review", "tag:release", "type:bug"),
        context={"beads.created_by": "Steve Y", "beads.labels": "needs review!"},
        estimate=90,
        fields={"beads": {"ephemeral": True, "owner": "s@example.org", "timeout": "1.5"}},
        external={"beads": "bd-29f", "beads:seen": issue.external["beads:seen"]},
        closed_at="2025-10-31T23:00:00.123456Z",  # type: ignore[arg-type]
        close_reason="Fixed in d7a67ad6",
    )
    with world.store.view() as view:
        (comment,) = view.comments(issue.id)
    assert (comment.author, comment.body, comment.created_at) == ("human:stevey", "ok", "2025-10-28T11:31:19.500000Z")
    assert counts(report) == {
        "label-namespaced": 1,
        "label-rewritten": 1,
        "actor-kind": 2,
        "actor-rewritten": 1,
        "number-as-text": 1,
        "unknown-key": 3,
    }


@pytest.mark.parametrize(
    ("said", "becomes", "label", "rule"),
    [
        ({"status": "open"}, State.READY, None, "state-derived"),
        ({"status": "blocked"}, State.READY, None, "state-derived"),
        ({"status": "in_progress"}, State.IN_PROGRESS, None, None),
        ({"status": "hooked"}, State.IN_PROGRESS, None, "state-kept"),
        ({"status": "deferred"}, State.BACKLOG, "status:deferred", "state-as-label"),
        ({"status": "deferred", "defer_until": AT}, State.BACKLOG, None, None),
        ({"status": "pinned"}, State.READY, "status:pinned", "state-as-label"),
        ({"status": "closed", "closed_at": AT}, State.DONE, None, None),
        ({"status": "Some day!"}, State.READY, "status:Some-day", "unknown-state"),
        ({"status": None}, State.READY, None, "missing-field"),
    ],
)
def test_states(said: dict[str, Any], becomes: State, label: str | None, rule: str | None) -> None:
    world = World()
    report = bring(world, "beads", text(record("bd-1", **said)))
    assert only(world).state == becomes
    assert set(only(world).labels) == {"type:task", *([label] if label else [])}
    assert set(counts(report)) - {"state-derived"} == {rule} - {"state-derived", None}


@pytest.mark.parametrize(
    ("said", "becomes", "rules"),
    [
        (0, Priority.CRITICAL, {}),
        (1, Priority.HIGH, {}),
        (2, Priority.NORMAL, {}),
        (3, Priority.LOW, {}),
        (4, Priority.LOW, {"unknown-priority": 1}),
        (None, Priority.NORMAL, {}),
        (9, Priority.NORMAL, {"unknown-priority": 1}),
        ("urgent", Priority.NORMAL, {"unknown-priority": 1}),
    ],
)
def test_priorities(said: object, becomes: Priority, rules: dict[str, int]) -> None:
    world = World()
    report = bring(world, "beads", text(record("bd-1", priority=said, status="in_progress")))
    assert only(world).priority == becomes
    assert counts(report) == rules
    if said in (9, "urgent"):
        assert only(world).fields == {"beads": {"priority": said}}


def test_edges_of_every_type() -> None:
    world = World()
    types = [
        "blocks",
        "conditional-blocks",
        "waits-for",
        "parent-child",
        "parent_child",
        "related",
        "relates-to",
        "duplicates",
        "discovered-from",
        "supersedes",
        "tracks",
    ]
    targets = [record(f"t-{number}", status="in_progress") for number in range(len(types))]
    edges = [edge("bd-1", f"t-{number}", type) for number, type in enumerate(types)]
    report = bring(world, "beads", text(record("bd-1", dependencies=edges, status="in_progress"), *targets))
    issue = by_origin(world, "beads")["bd-1"]
    ids = [stable_id("beads", f"t-{number}") for number in range(len(types))]
    assert issue.dependencies == tuple(sorted(ids[:3]))
    kinds = [
        "parent",
        "parent",
        "relates-to",
        "relates-to",
        "duplicates",
        "discovered-from",
        "supersedes",
        "relates-to",
    ]
    assert issue.links == tuple(sorted(Link(kind, id) for kind, id in zip(kinds, ids[3:], strict=True)))
    assert counts(report) == {"two-parents": 1, "unknown-reference": 1, "reference-details": 11}


def test_blocked_by_runs_the_other_way_round() -> None:
    world = World()
    edges = [edge("a", "b", "blocked-by"), edge("a", "gone", "blocked-by")]
    report = bring(world, "beads", text(record("a", dependencies=edges), record("b")))
    found = by_origin(world, "beads")
    assert found["a"].dependencies == ()
    assert found["a"].fields == {"beads": {"blocks": ["gone"]}}
    assert found["b"].dependencies == (found["a"].id,)
    assert (found["a"].state, found["b"].state) == (State.READY, State.BACKLOG)
    assert counts(report)["unresolved-reference"] == 1


def test_a_dangling_target_is_kept_and_resolves_itself_when_it_arrives() -> None:
    world = World()
    first = text(record("a", dependencies=[edge("a", "external:rig:z"), edge("a", "p", "parent-child")]))
    report = bring(world, "beads", first)
    assert by_origin(world, "beads")["a"].unresolved == (Link("depends-on", "external:rig:z"), Link("parent", "p"))
    assert by_origin(world, "beads")["a"].state is State.BACKLOG
    assert counts(report)["unresolved-reference"] == 2
    report = bring(world, "beads", text(record("p"), record("external:rig:z", status="closed", closed_at=AT)))
    assert counts(report) == {"resolved-reference": 2, "state-derived": 2}
    issue = by_origin(world, "beads")["a"]
    assert issue.unresolved == ()
    assert issue.dependencies == (stable_id("beads", "external:rig:z"),)
    assert issue.links == (Link("parent", stable_id("beads", "p")),)
    assert issue.state is State.READY, "freed by what arrived"
    assert numbers(bring(world, "beads", first)) == (0, 0, 1)


def test_tombstones_are_left_out_or_rejected() -> None:
    dead = record(
        "dead",
        status="tombstone",
        original_type="epic",
        deleted_at=AT,
        delete_reason="batch",
        dependencies=[edge("dead", "x")],
    )
    data = text(dead, record("a", dependencies=[edge("a", "dead")]))
    world = World()
    report = bring(world, "beads", data)
    assert list(by_origin(world, "beads")) == ["a"]
    assert report.left_out == 1
    assert counts(report) == {
        "tombstone": 1,
        "tombstone-reference": 1,
        "unresolved-reference": 1,
        "reference-details": 1,
        "state-derived": 1,
    }
    report = bring(world, "beads", data, with_tombstones=True)
    found = by_origin(world, "beads")
    assert (found["dead"].state, found["dead"].close_reason) == (State.REJECTED, "batch")
    assert found["dead"].labels == ("type:epic",)
    assert found["dead"].closed_at == "2025-10-28T11:31:19.500000Z"
    assert found["a"].dependencies == (found["dead"].id,)
    assert found["a"].state is State.READY


@pytest.mark.parametrize(("second", "wins"), [("2025-11-02T00:00:00Z", "New"), ("2025-10-01T00:00:00Z", "Old")])
def test_a_repeated_id_is_decided_by_time_of_update(second: str, wins: str) -> None:
    world = World()
    one = record("a", title="Old", updated_at="2025-11-01T00:00:00Z")
    two = record("a", title="New", updated_at=second)
    report = bring(world, "beads", text(one, two))
    assert only(world).title == wins
    kept, lost = ("in:2", "in:1") if wins == "New" else ("in:1", "in:2")
    assert report.remarks.tallies()["repeated-id"].examples == [("in:2", f"'a': {kept} is kept, {lost} is not")]


def test_a_cycle_loses_the_edge_that_closes_it_and_nothing_else() -> None:
    world = World()
    report = bring(
        world,
        "beads",
        text(
            record("a", dependencies=[edge("a", "b")]),
            record("b", dependencies=[edge("b", "c"), edge("b", "b")]),
            record("c", dependencies=[edge("c", "a")]),
        ),
    )
    found = by_origin(world, "beads")
    assert found["a"].dependencies == (found["b"].id,)
    assert found["b"].dependencies == (found["c"].id,)
    assert found["c"].dependencies == ()
    assert found["c"].links == (Link("relates-to", found["a"].id),)
    assert counts(report) == {
        "self-reference": 1,
        "dependency-cycle": 1,
        "reference-details": 4,
        "state-derived": 3,
    }


def test_odd_titles() -> None:
    world = World()
    long = "word " * 60
    report = bring(
        world,
        "beads",
        text(
            record("a", title="two\nlines\tand \x1b tabs", status="in_progress"),
            record("b", title=long, description="Body.", status="in_progress"),
            record("c", title=" \n ", status="in_progress"),
        ),
    )
    found = by_origin(world, "beads")
    assert found["a"].title == "two lines and \\x1b tabs"
    assert found["b"].title == ("word " * 39).strip() + "…"
    assert found["b"].description == f"{long.strip()}\n\nBody."
    assert found["c"].title == "(no title)"
    assert counts(report) == {"title-rewritten": 2, "title-too-long": 1, "control-characters": 1}


def test_strict_refuses_what_is_in_doubt_and_writes_nothing() -> None:
    world = World()
    with pytest.raises(ImportStrict) as caught:
        bring(world, "beads", text(record("a", dependencies=[edge("a", "gone")], priority=4)), strict=True)
    assert caught.value.message == "'--strict' refuses this import: unresolved-reference 1, unknown-priority 1"
    assert world.store.view().base is None
    assert numbers(bring(world, "beads", text(record("a", labels=["x"])), strict=True)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "'in' line 1 is not JSON: expecting property name enclosed in double quotes (column 2)"),
        ('{"id":"a","title":"x",}', "'in' line 1 is not JSON: "),
        ("\n\n[]", "'in' line 3 is a list where an object should be"),
        ("null", "'in' line 1 is null where an object should be"),
        ('{"title":"x"}', "'in' line 1 has no 'id'"),
        ('{"id":"a"}', "'in' line 1 has no 'title'"),
        ('{"id":"  ","title":"x"}', "'in' line 1 has an empty 'id'"),
        ('{"id":["a"],"title":"x"}', "'in' line 1 has a 'id' that is a list"),
        ('{"id":"a","title":{}}', "'in' line 1 has a 'title' that is an object"),
        ('{"id":"a","title":NaN}', "'in' line 1 is not JSON: NaN is no number"),
        ("<<<<<<< HEAD\n{}", "'in' line 1 holds a conflict marker of a merge"),
        ('{"id":"a","title":"x"}\n=======\n', "'in' line 2 holds a conflict marker of a merge"),
        ("[" * 100_000, "'in' line 1 is nested too deeply to be read"),
        (b"\xff\xfea\0", "'in' line 1 is not UTF-8 but UTF-16"),
        (b'{"id":"a","title":"x"}\n{"id":"\xe9"}', "'in' line 2 is not UTF-8: byte 0xe9"),
    ],
)
def test_malformed_input_stops_before_anything_is_written(data: str | bytes, message: str) -> None:
    world = World()
    with pytest.raises(MalformedInput) as caught:
        bring(world, "beads", data)
    assert caught.value.message.startswith(message)
    assert world.store.view().base is None


def test_every_broken_line_is_named() -> None:
    with pytest.raises(MalformedInput) as caught:
        bring(World(), "beads", '{"id":"a","title":"x"}\nnope\n\n7\n')
    assert caught.value.details == {
        "problems": [
            {"file": "in", "line": 2, "message": "is not JSON: expecting value (column 1)"},
            {"file": "in", "line": 4, "message": "is a number where an object should be"},
        ],
        "count": 2,
    }


def test_byte_order_mark_line_ends_and_blank_lines_are_taken() -> None:
    world = World()
    report = bring(world, "beads", b"\xef\xbb\xbf" + text(record("a"), record("b")).replace("\n", "\r\n\r\n").encode())
    assert numbers(report) == (2, 0, 0)


def test_line_separators_inside_strings_are_no_line_ends() -> None:
    world = World()
    bring(world, "beads", json.dumps(record("a", description="x\u2028y\x85z"), ensure_ascii=False))
    assert only(world).description == "x\u2028y\\x85z"


def test_an_empty_file_is_an_empty_import() -> None:
    report = bring(World(), "beads", "")
    assert (numbers(report), counts(report), report.commit) == ((0, 0, 0), {"empty-input": 1}, None)


def test_a_repeated_key_keeps_both_values() -> None:
    world = World()
    usual = '"status":"in_progress","issue_type":"task"'
    data = f'{{"id":"a","title":"first","title":"second",{usual},"created_at":"{AT}"}}'
    report = bring(world, "beads", data)
    assert (only(world).title, only(world).fields) == ("second", {"beads": {"title#1": "first"}})
    assert counts(report) == {"repeated-key": 1}


def test_text_beyond_the_limit_continues_in_comments() -> None:
    world = World()
    lines = "\n".join(f"{number:07d}" for number in range(150_000))
    report = bring(world, "beads", text(record("a", description=lines, status="in_progress", notes_x="n" * 70_000)))
    issue = only(world)
    with world.store.view() as view:
        bodies = [comment.body for comment in view.comments(issue.id)]
    assert issue.description + "\n" + next(body for body in bodies if body[0] != "n") == lines
    assert "n" * 70_000 in bodies
    assert counts(report) == {"text-too-long": 2, "unknown-key": 1}


def test_values_of_the_wrong_type_are_kept() -> None:
    world = World()
    report = bring(
        world,
        "beads",
        text(
            record(
                "a",
                status="in_progress",
                description=["a"],
                labels={"x": 1},
                dependencies="b",
                assignee=7,
                estimated_minutes=-3,
                created_at=12,
                updated_at="yesterday",
                comments=["plain"],
            )
        ),
    )
    assert only(world).fields == {
        "beads": {
            "description": ["a"],
            "labels": {"x": 1},
            "dependencies": ["b"],
            "estimated_minutes": -3,
            "created_at": 12,
            "updated_at": "yesterday",
            "comments": ["plain"],
        }
    }
    assert only(world).assignee == "human:7"
    assert only(world).created_at == "2026-11-21T00:00:00.000000Z", "the time of the import"
    assert counts(report) == {"actor-kind": 1, "bad-time": 2, "missing-field": 1, "wrong-type": 5}
