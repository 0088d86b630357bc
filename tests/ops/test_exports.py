"""Exports: what each format says, and that three of them can be read back as what they were."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_jit.codec import encode_comment, encode_config, encode_gate, encode_issue
from git_jit.condition import OneOf
from git_jit.config import Config
from git_jit.model import (
    PRIORITIES,
    Actor,
    Comment,
    CommentId,
    Document,
    Gate,
    GateKey,
    GateStatus,
    GateVerdict,
    Issue,
    IssueId,
    Link,
    Priority,
    State,
    Timestamp,
)
from git_jit.ops.exports import (
    COLUMNS,
    Format,
    TargetExists,
    TargetNotWritable,
    escape_cell,
    export,
    export_directory,
    unescape_cell,
)
from git_jit.ops.sample import Profile, sample
from git_jit.validate import schema
from git_jit.view import Plan, View
from tests.ops.making import publish
from tests.ops.moving import bring, bring_path, counts, numbers
from tests.ops.world import World

T1 = Timestamp("2026-01-02T03:04:05.000006Z")
T2 = Timestamp("2026-01-03T03:04:05.000000Z")
ONE = Issue(
    id=IssueId("a" * 32),
    title="Paint the *wall* | <now>",
    created_at=T1,
    created_by=Actor("human:ada"),
    description="# Plan\n\n```\n# no heading\n```\n- two coats",
    state=State.DONE,
    priority=Priority.HIGH,
    labels=("part:wall", "type:task"),
    gates={GateKey("tests"): GateStatus(status=GateVerdict.PASSED)},
    documents=(Document(path="docs/wall.md"),),
    closed_at=T2,
    close_reason="dry",
)
TWO = Issue(
    id=IssueId("b" * 32),
    title="=HYPERLINK(1)",
    created_at=T2,
    assignee=Actor("agent:w"),
    dependencies=(ONE.id, IssueId("f" * 32)),
    links=(Link("parent", ONE.id),),
    unresolved=(Link("depends-on", "bd-9"),),
    external={"beads": "bd-1"},
)
SAID = Comment(id=CommentId(f"01{0:024}"), issue=ONE.id, author=None, created_at=T1, body="Seen.")
AGAIN = Comment(
    id=CommentId(f"01{1:024}"),
    issue=ONE.id,
    author=Actor("human:bo"),
    created_at=T2,
    body="Read.\n\nYes.",
    replaces=SAID.id,
)
PLAN = Plan(
    issues={ONE.id: ONE, TWO.id: TWO},
    comments={(ONE.id, SAID.id): SAID, (ONE.id, AGAIN.id): AGAIN},
    gates={GateKey("tests"): Gate(key=GateKey("tests"), title="Tests", description="All\nof them")},
    config=Config(stale_days=3),
)


@pytest.fixture
def view() -> Iterator[View]:
    world = World()
    publish(world, PLAN)
    with world.store.view() as found:
        yield found


def text(view: View, format: Format, **rest: object) -> str:
    return "".join(export(view, format, **rest))  # type: ignore[arg-type]


def test_json_is_one_document_by_its_schema(view: View) -> None:
    document = json.loads(text(view, Format.JSON, filter="x"))
    assert schema.errors("export", document) == []
    assert (document["base"], document["filter"]) == (view.base, "x")
    assert [issue["id"] for issue in document["issues"]] == [ONE.id, TWO.id]
    assert document["issues"][0]["description"] == ONE.description
    assert [comment["body"] for comment in document["comments"]] == ["Seen.", "Read.\n\nYes."]
    assert document["gates"][0]["description"] == "All\nof them"
    assert document["config"]["stale_days"] == 3


def test_jsonl_is_an_issue_a_line(view: View) -> None:
    lines = [json.loads(line) for line in text(view, Format.JSONL).splitlines()]
    assert [(line["id"], len(line["comments"])) for line in lines] == [(ONE.id, 2), (TWO.id, 0)]


def test_line_separators_do_not_break_lines() -> None:
    world = World()
    publish(world, Plan(issues={ONE.id: Issue(id=ONE.id, title="x", created_at=T1, description="a\u2028b\x85c")}))
    with world.store.view() as found:
        assert len(text(found, Format.JSONL).splitlines()) == 1


def test_markdown_whole(view: View) -> None:
    assert text(view, Format.MARKDOWN) == (
        """\
# Issues

## Paint the \\*wall\\* \\| \\<now\\>

- Id: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
- State: done
- Priority: high
- Labels: `part:wall`, `type:task`
- Gates: tests: passed
- Documents: docs/wall.md
- Created: 2026-01-02T03:04:05Z
- Closed: 2026-01-03T03:04:05Z
- Reason: dry

### Plan

```
# no heading
```
- two coats

> **human:bo**, 2026-01-03T03:04:05Z
>
> Read.
>
> Yes.

## =HYPERLINK(1)

- Id: `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
- State: backlog
- Priority: normal
- Assignee: agent:w
- Waits for: Paint the \\*wall\\* \\| \\<now\\> (`aaaaaaa`), `ffffffffffffffffffffffffffffffff` (not here)
- Parent: Paint the \\*wall\\* \\| \\<now\\> (`aaaaaaa`)
- Depends-on (not here): bd-9
- Created: 2026-01-03T03:04:05Z
"""
    )


def test_csv_whole(view: View) -> None:
    written = text(view, Format.CSV)
    assert written.count("\r\n") == 3
    head, one, two = csv.reader(io.StringIO(written, newline=""))
    assert tuple(head) == COLUMNS
    assert dict(zip(head, one, strict=True)) == {
        **dict.fromkeys(COLUMNS, ""),
        "id": ONE.id,
        "title": ONE.title,
        "state": "done",
        "priority": "high",
        "labels": "part:wall type:task",
        "created_at": T1,
        "created_by": "human:ada",
        "closed_at": T2,
        "close_reason": "dry",
        "comments": "1",
        "description": ONE.description,
    }
    assert two[1] == "'=HYPERLINK(1)"


@given(st.text("=+-@\t\r'\"a,\n", max_size=5))
def test_cells_can_be_unescaped_and_never_begin_a_formula(value: str) -> None:
    escaped = escape_cell(value)
    assert unescape_cell(escaped) == value
    assert not escaped.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("format", [Format.JSON, Format.JSONL, Format.MARKDOWN, Format.CSV])
def test_a_condition_chooses(view: View, format: Format) -> None:
    written = text(view, format, condition=OneOf("state", ("done",)))
    assert ONE.id in written
    assert TWO.id not in written


def test_directory_holds_the_stored_documents(view: View, tmp_path: Path) -> None:
    assert export_directory(view, str(tmp_path / "out")) == 2
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in (tmp_path / "out").rglob("*.json")
    }
    assert {name: data for name, data in files.items() if name != "config.json"} == {
        f"issues/aa/{ONE.id}.json": encode_issue(ONE),
        f"issues/bb/{TWO.id}.json": encode_issue(TWO),
        f"comments/aa/{ONE.id}/{SAID.id}.json": encode_comment(SAID),
        f"comments/aa/{ONE.id}/{AGAIN.id}.json": encode_comment(AGAIN),
        "gates/tests.json": encode_gate(PLAN.gates[GateKey("tests")]),  # type: ignore[arg-type]
    }


def test_a_directory_is_never_written_over(view: View, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(TargetExists):
            export_directory(view, str(place))
    with pytest.raises(TargetNotWritable):
        export_directory(view, str(tmp_path / "file" / "below"))
    (tmp_path / "empty").mkdir()
    assert export_directory(view, str(tmp_path / "empty")) == 2


# There and back again

NASTY = st.text("ab #\\\"'\t,=é漢🙂\u2028", max_size=12)
LINES = st.lists(NASTY, max_size=3).map("\n".join)
KEYS = st.sampled_from(["x", "zz", "näh"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**53 - 1) | NASTY,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)
NUMBERS = st.integers(0, 16**32 - 1).map(lambda number: IssueId(f"{number:032x}"))
TIMES = st.integers(0, 10**6 - 1).map(lambda micro: Timestamp(f"2026-01-02T03:04:05.{micro:06d}Z"))
ACTORS = st.sampled_from(["human:ada", "agent:w/1", "ci:x@y"]).map(Actor)


@st.composite
def valid_issue(draw: st.DrawFn, id: IssueId, earlier: tuple[IssueId, ...]) -> Issue:
    targets = st.sampled_from([*earlier, IssueId("d" * 32)])
    links = st.builds(Link, st.sampled_from(["parent", "relates-to", "duplicates"]), targets)
    foreign = st.builds(Link, st.sampled_from(["depends-on", "parent"]), st.sampled_from(["bd-1", "x:y", "ü"]))
    state = draw(st.sampled_from(State))
    return Issue(
        id=id,
        title=draw(st.text("ab #é漢🙂'\"", min_size=1, max_size=9)),
        created_at=draw(TIMES),
        created_by=draw(st.none() | ACTORS),
        description=draw(LINES),
        state=state,
        priority=draw(st.sampled_from(PRIORITIES)),
        assignee=draw(st.none() | ACTORS),
        labels=tuple(sorted(draw(st.sets(st.sampled_from(["a:b", "type:task", "x-y:Z/1._-"]))))),
        dependencies=tuple(sorted(draw(st.sets(targets, max_size=3)))),
        links=tuple(sorted(draw(st.sets(links, max_size=3)))),
        gates=draw(
            st.dictionaries(
                st.sampled_from(["t", "a.b"]).map(GateKey), st.builds(GateStatus, at=st.none() | TIMES), max_size=2
            )
        ),
        documents=tuple(draw(st.lists(st.builds(Document, path=st.sampled_from(["p", "q"])), max_size=1))),
        context=draw(st.dictionaries(KEYS, NASTY, max_size=2)),
        estimate=draw(st.none() | st.integers(0, 500)),
        fields=draw(st.dictionaries(KEYS, VALUES, max_size=2)),
        unresolved=tuple(sorted(draw(st.sets(foreign, max_size=2)))),
        external=draw(st.dictionaries(st.sampled_from(["beads", "beads:seen"]), NASTY, max_size=2)),
        closed_at=draw(TIMES) if state.terminal else None,
        close_reason=draw(st.none() | LINES),
        extra=draw(st.dictionaries(st.sampled_from(["new_key", "x"]), VALUES, max_size=2)),
    )


@st.composite
def valid_plans(draw: st.DrawFn) -> Plan:
    ids = draw(st.lists(NUMBERS, unique=True, min_size=1, max_size=5))
    found: dict[IssueId, Issue | None] = {id: draw(valid_issue(id, tuple(ids[:at]))) for at, id in enumerate(ids)}
    comments: dict[tuple[IssueId, CommentId], Comment | None] = {}
    for number in range(draw(st.integers(0, 3))):
        issue, id = draw(st.sampled_from(ids)), CommentId(f"01J{number:023}")
        extra = draw(st.dictionaries(KEYS, VALUES, max_size=1))
        body, at, by = draw(LINES), draw(TIMES), draw(st.none() | ACTORS)
        comments[issue, id] = Comment(id=id, issue=issue, author=by, created_at=at, body=body, extra=extra)
    gates: dict[GateKey, Gate | None] = {}
    if draw(st.booleans()):
        title, description = draw(st.text("aé", min_size=1, max_size=3)), draw(LINES)
        argv = tuple(draw(st.lists(NASTY, max_size=2)))
        extra = draw(st.dictionaries(KEYS, VALUES, max_size=1))
        gates[GateKey("t")] = Gate(key=GateKey("t"), title=title, description=description, argv=argv, extra=extra)
    return Plan(
        issues=found, comments=comments, gates=gates, config=draw(st.sampled_from([None, Config(stale_days=3)]))
    )


def everything(world: World, *, rules: bool) -> dict[str, bytes]:
    """All that a view holds, as stored bytes."""
    with world.store.view() as view:
        found = {f"issue {id}": encode_issue(issue) for id in view.ids() if (issue := view.issue(id))}
        for id in view.ids():
            found |= {f"comment {c.id}": encode_comment(c) for c in view.comments(id)}
        if rules:
            found |= {f"gate {key}": encode_gate(gate) for key, gate in view.gates().items()}
            found["config"] = encode_config(view.config)
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("format", [Format.JSON, Format.JSONL, Format.DIRECTORY])
@given(plan=valid_plans())
def test_import_of_an_export_is_the_same(format: Format, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> None:
    one, two = World(), World()
    publish(one, plan)
    with one.store.view() as view:
        if format is Format.DIRECTORY:
            place = tmp_path_factory.mktemp("export") / "out"
            export_directory(view, str(place))
            report = bring_path(two, "jsonl", place)
        else:
            written = text(view, format)
            assert text(view, format) == written
            report = bring(two, "jsonl", written)
    rules = format is not Format.JSONL
    assert everything(two, rules=rules) == everything(one, rules=rules)
    assert counts(report) == {}


def test_importing_an_export_over_changed_issues_keeps_them_and_says_so(view: View) -> None:
    written = text(view, Format.JSONL)
    world = World()
    publish(world, Plan(issues={ONE.id: Issue(id=ONE.id, title="Changed here", created_at=T1)}))
    report = bring(world, "jsonl", written)
    assert (numbers(report), counts(report)) == ((1, 0, 1), {"differs-here": 1})
    report = bring(world, "jsonl", written, prefer_source=True)
    assert numbers(report) == (0, 1, 1)
    assert everything(world, rules=False)[f"issue {ONE.id}"] == encode_issue(ONE)


def test_a_whole_tracker_goes_out_and_in_again() -> None:
    one, two = World(), World()
    publish(one, sample(Profile(issues=200, seed=3)).plan())
    with one.store.view() as found:
        bring(two, "jsonl", text(found, Format.JSON))
    assert everything(two, rules=True) == everything(one, rules=True)
