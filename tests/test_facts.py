"""What is extracted from an issue, and what conditions say about it."""

import pytest
from hypothesis import given

from git_jit import condition as c
from git_jit import facts
from git_jit.config import Config
from git_jit.facts import Facts, facts_of, facts_of_broken, fields_of, matches, ordered
from git_jit.model import (
    Actor,
    Comment,
    CommentId,
    Date,
    Document,
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
from tests import strategies

ID, OTHER = IssueId("a" * 32), IssueId("b" * 32)
NOW = Timestamp("2026-11-21T09:00:00.000000Z")
FULL = Issue(
    id=ID,
    title="Größe: 12-fach",
    created_at=NOW,
    created_by=Actor("human:ada"),
    description="one two",
    state=State.READY,
    priority=Priority.HIGH,
    assignee=Actor("agent:w"),
    labels=("epic:a", "type:bug"),
    dependencies=(OTHER,),
    links=(Link("parent", OTHER), Link("relates-to", OTHER)),
    gates={GateKey("tests"): GateStatus(status=GateVerdict.FAILED)},
    documents=(Document(path="docs/plan.md"),),
    due=Date("2026-11-20"),
    estimate=0,
    external={"plan": "house/roof", "jit": "7"},
    fields={"points": 3, "tags": ["x", 1], "on": True, "off": None, "deep": {"k": [1, "é"]}, "empty": []},
)


def comment(id: str, body: str, replaces: str | None = None) -> Comment:
    return Comment(
        id=CommentId(id),
        issue=ID,
        author=None,
        created_at=NOW,
        body=body,
        replaces=None if replaces is None else CommentId(replaces),
    )


def is_(flag: c.Flag, issue: Issue, **around: object) -> bool:
    return matches(c.Is(flag, "2026-11-21", "2026-11-01"), facts_of(issue, **around))  # type: ignore[arg-type]


def with_(**changes: object) -> Issue:
    return Issue(**{"id": ID, "title": "t", "created_at": NOW, **changes})  # type: ignore[arg-type]


def test_every_field_of_an_issue() -> None:
    assert fields_of(FULL) == {
        "id": (ID,),
        "title": ("Größe: 12-fach",),
        "state": ("ready",),
        "priority": (2,),
        "assignee": ("agent:w",),
        "created": (NOW,),
        "created-by": ("human:ada",),
        "closed": (),
        "due": ("2026-11-20",),
        "defer": (),
        "estimate": (0,),
        "label": ("epic:a", "type:bug"),
        "depends-on": (OTHER,),
        "link": (f"parent:{OTHER}", f"relates-to:{OTHER}"),
        "parent": (OTHER,),
        "doc": ("docs/plan.md",),
        "plan": ("house/roof",),
        "gate": ("tests", "tests=failed"),
        "field.points": (3,),
        "field.tags": ("x", 1),
        "field.on": ("true",),
        "field.off": (),
        "field.deep": ('{"k":[1,"é"]}',),
        "field.empty": (),
    }


def test_what_the_view_adds() -> None:
    found = facts_of(FULL, comments=[comment("1", "x")], blocks=[OTHER], updated=NOW)
    assert (found.values("comment"), found.values("blocks"), found.values("updated")) == (("1",), (OTHER,), (NOW,))
    assert (found.values("type"), found.values("epic"), found.values("milestone")) == (("bug",), ("a",), ())


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no field 'colour'"):
        facts_of(FULL).values("colour")


def test_text_is_tokens_of_what_still_stands() -> None:
    comments = [comment("1", "secret"), comment("2", "[redacted]", replaces="1"), comment("3", "Three")]
    assert facts.title_tokens(FULL) == "grosse 12 fach"
    assert facts.text_tokens(FULL, comments) == "one two ¶ redacted ¶ three"


@pytest.mark.parametrize(
    ("where", "words", "prefix", "answer"),
    [
        ("text", ("one", "two"), False, True),
        ("text", ("two", "one"), False, False),
        ("text", ("two", "three"), False, False),  # not across two texts
        ("text", ("fach", "one"), False, False),
        ("text", ("gro",), False, False),
        ("text", ("gro",), True, True),
        ("text", ("12", "fa"), True, True),
        ("text", ("ross",), True, False),
        ("title", ("one",), False, False),
        ("title", ("grosse", "12", "fach"), False, True),
        ("text", (), True, False),
    ],
)
def test_words(where: str, words: tuple[str, ...], prefix: bool, answer: bool) -> None:
    assert matches(c.Words(where, words, prefix), facts_of(FULL, comments=[comment("1", "three")])) is answer


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        (("a", None), "abc", True),
        (("a", None), "a", True),
        (("a", 1), "a", False),
        ((1, 1), "é漢", True),
        (("a.c",), "abc", False),
        (("[ab]",), "a", False),
        (("A",), "a", False),
        ((), "a", False),
        ((None, "\n", None), "a\nb", True),
    ],
)
def test_globs(pattern: tuple[str | int | None, ...], text: str, answer: bool) -> None:
    assert matches(c.Glob("title", pattern), facts_of(with_(title=text))) is answer


def test_values_of_another_kind_are_neither_equal_nor_less_nor_more() -> None:
    found = facts_of(FULL)
    assert not matches(c.OneOf("priority", ("2",)), found)
    assert not matches(c.Compare("priority", "<", "9"), found)
    assert not matches(c.OneOf("field.points", ("3",)), found)
    assert not matches(c.Compare("title", ">", 0), found)
    assert not matches(c.Glob("priority", (None,)), found)


@pytest.mark.parametrize(
    ("op", "value", "answer"),
    [(">", 9, True), ("<", 10, False), ("<=", 10, True), (">", "9", True), ("<", "a", False), ("<", "y", True)],
)
def test_custom_fields_compare_numbers_with_numbers_and_texts_with_texts(
    op: str, value: c.Scalar, answer: bool
) -> None:
    found = facts_of(with_(fields={"n": [10, "x"]}))
    assert matches(c.Compare("field.n", op, value), found) is answer


def test_numbers_come_before_texts() -> None:
    found = [facts_of(with_(id=IssueId(id * 32), fields={"n": n})) for id, n in {"a": "1", "b": 10, "c": 9}.items()]
    assert "".join(known.id[0] for known in ordered(found, [c.Sort("field.n")])) == "cba"
    assert "".join(known.id[0] for known in ordered(found, [c.Sort("field.n", descending=True)])) == "abc"


@pytest.mark.parametrize(
    ("flag", "yes", "no"),
    [
        (c.Flag.OPEN, with_(state=State.GATED), with_(state=State.REJECTED)),
        (c.Flag.CLOSED, with_(state=State.ARCHIVED), with_()),
        (c.Flag.READY, with_(state=State.READY), with_()),
        (c.Flag.READY, with_(state=State.READY, defer_until="2026-11-21"), with_(state=State.READY, defer_until="2026-11-22")),
        (c.Flag.CLAIMED, with_(state=State.IN_PROGRESS, assignee="human:a"), with_(state=State.IN_PROGRESS)),
        (c.Flag.CLAIMED, with_(state=State.IN_PROGRESS, assignee="human:a"), with_(state=State.READY, assignee="human:a")),
        (c.Flag.OVERDUE, with_(due="2026-11-20"), with_(due="2026-11-21")),
        (c.Flag.OVERDUE, with_(due="2026-11-20"), with_(due="2026-11-20", state=State.DONE)),
        (c.Flag.ORPHAN, with_(labels=("type:bug",)), with_(labels=("epic:a",))),
        (c.Flag.ORPHAN, with_(links=(Link("relates-to", OTHER),)), with_(links=(Link("parent", OTHER),))),
        (c.Flag.LEAF, with_(), with_(dependencies=(OTHER,))),
    ],
)  # fmt: skip
def test_flags_of_the_issue_itself(flag: c.Flag, yes: Issue, no: Issue) -> None:
    assert (is_(flag, yes), is_(flag, no)) == (True, False)


def test_flags_that_need_the_view() -> None:
    working = with_(state=State.IN_PROGRESS)
    assert is_(c.Flag.STALE, working, updated="2026-10-31T00:00:00.000000Z")
    assert not is_(c.Flag.STALE, working, updated="2026-11-02T00:00:00.000000Z")
    assert not is_(c.Flag.STALE, working)
    assert not is_(c.Flag.STALE, with_(), updated="2026-10-31T00:00:00.000000Z")
    assert is_(c.Flag.ROOT, with_())
    assert not is_(c.Flag.ROOT, with_(), blocks=[OTHER])
    assert is_(c.Flag.BLOCKED, with_(), blocked=True)
    assert not is_(c.Flag.READY, with_(state=State.READY), blocked=True)


def test_the_rules_say_what_makes_a_member() -> None:
    rules = Config(membership={"theme": "theme"})
    assert is_(c.Flag.ORPHAN, with_(labels=("epic:a",)), config=rules)
    assert not is_(c.Flag.ORPHAN, with_(labels=("theme:a",)), config=rules)


BROKEN = c.Is(c.Flag.BROKEN, "", "")


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (BROKEN, True),
        (c.All((BROKEN, c.OneOf("id", (ID,)))), True),
        (c.All((BROKEN, c.OneOf("id", (OTHER,)))), False),
        (c.Some((BROKEN, c.Is(c.Flag.OPEN, "", ""))), True),
        (c.All((BROKEN, c.Not(c.Is(c.Flag.OPEN, "", "")))), False),  # unknown is not "no"
        (c.Not(BROKEN), False),
        (c.All(()), False),
        (c.Not(c.OneOf("state", ("done",))), False),
        (c.OneOf("id", (ID,)), False),
    ],
)
def test_a_broken_issue_is_found_only_by_asking_for_it(condition: c.Condition, answer: bool) -> None:
    assert matches(condition, facts_of_broken(ID)) is answer


def test_order_has_missing_values_last_and_ties_by_id() -> None:
    def made(id: str, due: str | None) -> Facts:
        return facts_of(with_(id=IssueId(id * 32), due=due))

    found = [
        made("d", None),
        made("c", "2026-01-02"),
        made("b", "2026-01-01"),
        made("a", None),
        made("e", "2026-01-01"),
    ]
    assert "".join(known.id[0] for known in ordered(found, [c.Sort("due")])) == "becad"
    assert "".join(known.id[0] for known in ordered(found, [c.Sort("due", descending=True)])) == "cbead"
    assert "".join(known.id[0] for known in ordered(found, [c.Sort("due"), c.Sort("id", descending=True)])) == "ebcda"
    assert "".join(known.id[0] for known in ordered(found, [])) == "abcde"


@given(strategies.issues(), strategies.conditions(), strategies.conditions())
def test_the_algebra(issue: Issue, one: c.Condition, other: c.Condition) -> None:
    found = facts_of(issue, updated=NOW)
    a, b = matches(one, found), matches(other, found)
    assert matches(c.All((one, other)), found) is (a and b)
    assert matches(c.Some((one, other)), found) is (a or b)
    assert matches(c.Not(one), found) is not a
    assert matches(c.All(()), found)
    assert not matches(c.Some(()), found)
