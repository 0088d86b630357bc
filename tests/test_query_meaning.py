"""What each term asks of an issue: one condition for one filter."""

import pytest

from git_jit import condition as c
from git_jit.condition import Condition, Flag
from git_jit.config import Config
from git_jit.model import Date, Timestamp
from git_jit.query import BindContext, condition_for
from git_jit.query.fields import FIELDS
from git_jit.query.terms import _MEANINGS
from tests.exprs import CONTEXT, MEANINGS

FULL = "0123456789abcdef" * 2


def one_of(field: str, *values: str | int) -> Condition:
    return c.OneOf(field, values)


def without(field: str) -> Condition:
    return c.Not(c.Present(field))


def between(field: str, first: str, last: str) -> Condition:
    return c.All((c.Compare(field, ">=", first), c.Compare(field, "<=", last)))


IN_PROGRESS = one_of("state", "in_progress")
STALE_BEFORE = "2026-11-07T10:00:01.000000Z"
RULES = BindContext(
    now=CONTEXT.now,
    today=CONTEXT.today,
    me=CONTEXT.me,
    config=Config(
        types={"Epic": 1, "task": 2},
        queries={
            "mine": "assignee:me -is:closed",
            "hot": "query:mine priority:critical",
            "loop": "x OR query:pool",
            "pool": "query:loop",
            "bad": "state:redy",
            "void": " ",
            "open end": "(",
            **{f"double{n}": f"query:double{n + 1} query:double{n + 1}" for n in range(12)},
            "double12": "a",
            **{f"deep{n}": f"-query:deep{n + 1}" for n in range(70)},
            "deep70": "a",
        },
    ),
    resolve_id=lambda prefix: [id for id in (FULL, "0123" + "f" * 28, "dead" * 8) if id.startswith(prefix)],
)

MEANING_OF: dict[str, Condition] = {
    "crash": c.Words("text", ("crash",)),
    "crash*": c.Words("text", ("crash",), prefix=True),
    '"Naïve Größe"': c.Words("text", ("naive", "grosse")),
    "foo-ba*": c.Words("text", ("foo", "ba"), prefix=True),
    '"crash*"': c.Words("text", ("crash",)),
    "text:a,b": c.Some((c.Words("text", ("a",)), c.Words("text", ("b",)))),
    "title:log*": c.Words("title", ("log",), prefix=True),
    "title:=log*in?": c.Glob("title", ("log", None, "in", 1)),
    'title:="Log in*"': one_of("title", "Log in*"),
    "title:!=x": c.Not(one_of("title", "x")),
    f"id:{FULL}": one_of("id", FULL),
    "id:01234567-89ABCDEF-0123456789abcdef": one_of("id", FULL),
    "id:dead": one_of("id", "dead" * 8),
    "id:0123*": c.Glob("id", ("0123", None)),
    "id:dead,01234": one_of("id", "dead" * 8, FULL),
    "depends-on:none": without("depends-on"),
    "blocks:dead": one_of("blocks", "dead" * 8),
    "parent:*": c.Glob("parent", (None,)),
    "state:In-Progress": IN_PROGRESS,
    "state:inprogress": IN_PROGRESS,
    "state:done,REJECTED,done": one_of("state", "done", "rejected"),
    "state:!=done,rejected": c.Not(one_of("state", "done", "rejected")),
    "priority:high": one_of("priority", 2),
    "priority:>=High": c.Compare("priority", ">=", 2),
    "assignee:none": without("assignee"),
    "assignee:me": one_of("assignee", "human:ada"),
    "assignee:@ME,none": c.Some((one_of("assignee", "human:ada"), without("assignee"))),
    "assignee:agent:*,ci:x,ci:y": c.Some((one_of("assignee", "ci:x", "ci:y"), c.Glob("assignee", ("agent:", None)))),
    'assignee:"agent:*"': one_of("assignee", "agent:*"),
    "created-by:human:bo": one_of("created-by", "human:bo"),
    "claimed-by:me": c.All((IN_PROGRESS, one_of("assignee", "human:ada"))),
    "claimed-by:none": c.Not(c.All((IN_PROGRESS, c.Present("assignee")))),
    "label:component:*": c.Glob("label", ("component:", None)),
    "label:epic:phase5.2": one_of("label", "epic:phase5.2"),
    "label:**a??b**": c.Glob("label", (None, "a", 1, 1, "b", None)),
    'label:"c:[*]"': one_of("label", "c:[*]"),
    "type:EPIC": one_of("type", "Epic"),
    "type:ta*": c.Glob("type", ("ta", None)),
    "epic:Phase5": one_of("epic", "Phase5"),
    "milestone:none,v1": c.Some((without("milestone"), one_of("milestone", "v1"))),
    'epic:"none"': one_of("epic", "none"),
    "doc:docs/*.md": c.Glob("doc", ("docs/", None, ".md")),
    "link:parent": c.Glob("link", ("parent:", None)),
    "link:Relates_To:dead": one_of("link", "relates-to:" + "dead" * 8),
    "link:parent:01*": c.Glob("link", ("parent:01", None)),
    "link:*:dead": c.Glob("link", (None, ":" + "dead" * 8)),
    "link:none": without("link"),
    "gate:tests": one_of("gate", "tests"),
    "gate:tests=FAILED": one_of("gate", "tests=failed"),
    "gate:tests=needs_approval": one_of("gate", "tests=needs-approval"),
    "gate:*ed": c.Glob("gate", (None, "ed=", None)),
    "gate:*=failed,none": c.Some((c.Glob("gate", (None, "=failed")), without("gate"))),
    "due:none": without("due"),
    "due:2026-11-21": one_of("due", "2026-11-21"),
    "due:=today": one_of("due", "2026-11-21"),
    "due:now": one_of("due", "2026-11-21"),
    "due:tomorrow,yesterday": one_of("due", "2026-11-22", "2026-11-20"),
    "due:2024-02": between("due", "2024-02-01", "2024-02-29"),
    "due:!=2026": c.Not(between("due", "2026-01-01", "2026-12-31")),
    "due:<2026-11": c.Compare("due", "<", "2026-11-01"),
    "due:<=2026-11": c.Compare("due", "<=", "2026-11-30"),
    "due:>2026-11": c.Compare("due", ">", "2026-11-30"),
    "due:>=2026-11": c.Compare("due", ">=", "2026-11-01"),
    "due:<7d": c.Compare("due", "<", "2026-11-28"),
    "due:>=1W": c.Compare("due", ">=", "2026-11-28"),
    "due:3m": one_of("due", "2027-02-21"),
    "due:<-1y": c.Compare("due", "<", "2025-11-21"),
    "defer:>+2d": c.Compare("defer", ">", "2026-11-23"),
    "created:today": between("created", "2026-11-21T00:00:00.000000Z", "2026-11-21T23:59:59.999999Z"),
    "created:2d": between("created", "2026-11-19T00:00:00.000000Z", "2026-11-19T23:59:59.999999Z"),
    "created:>2026-01-01": c.Compare("created", ">", "2026-01-01T23:59:59.999999Z"),
    "created:>=2026-01-01": c.Compare("created", ">=", "2026-01-01T00:00:00.000000Z"),
    "created:<now": c.Compare("created", "<", "2026-11-21T10:00:01.000000Z"),
    "updated:<7d": c.Compare("updated", ">", "2026-11-14T10:00:01.000000Z"),
    "updated:<=3h": c.Compare("updated", ">=", "2026-11-21T07:00:01.000000Z"),
    "updated:>1m": c.Compare("updated", "<", "2026-10-21T10:00:01.000000Z"),
    "updated:>-7d": c.Compare("updated", ">", "2026-11-14T10:00:01.000000Z"),
    "closed:none": without("closed"),
    "closed:2026-11-21T10:00Z": between("closed", "2026-11-21T10:00:00.000000Z", "2026-11-21T10:00:59.999999Z"),
    "closed:2026-11-21t10:00:01": between("closed", "2026-11-21T10:00:01.000000Z", "2026-11-21T10:00:01.999999Z"),
    "closed:2026-11-21T10:00:01.5+02:00": one_of("closed", "2026-11-21T08:00:01.500000Z"),
    "estimate:90,1h30m,1h,0,none": c.Some((one_of("estimate", 90, 60, 0), without("estimate"))),
    "estimate:>2h": c.Compare("estimate", ">", 120),
    "estimate:<=90m": c.Compare("estimate", "<=", 90),
    "field.Size:XL,none": c.Some((one_of("field.Size", "XL"), without("field.Size"))),
    "field.size:>=M": c.Compare("field.size", ">=", "M"),
    'field.size:>"9"': c.Compare("field.size", ">", "9"),
    'field.size:""': one_of("field.size", ""),
    "field.size:>=-12": c.Compare("field.size", ">=", -12),
    "field.size:9x,-12,05": one_of("field.size", "9x", "-12", -12, "05"),
    'field.size:!="5"': c.Not(one_of("field.size", "5", 5)),
    "field.size:5*": c.Glob("field.size", ("5", None)),
    "field.size:12345678901234567": one_of("field.size", "12345678901234567"),
    "is:open,Blocked": c.Some((c.Is(Flag.OPEN, "2026-11-21", ""), c.Is(Flag.BLOCKED, "2026-11-21", ""))),
    "is:stale": c.Is(Flag.STALE, "2026-11-21", STALE_BEFORE),
    "is:!=root": c.Not(c.Is(Flag.ROOT, "2026-11-21", "")),
    "has:document": c.Present("doc"),
    "has:comment": c.Present("comment"),
    "has:depends_on,field.x": c.Some((c.Present("depends-on"), c.Present("field.x"))),
    "has:claimed-by": c.All((IN_PROGRESS, c.Present("assignee"))),
    "no:label": without("label"),
    "no:due,defer": c.Some((without("due"), without("defer"))),
    "query:mine": c.All((one_of("assignee", "human:ada"), c.Not(c.Is(Flag.CLOSED, "2026-11-21", "")))),
    'query:"hot"': c.All(
        (c.All((one_of("assignee", "human:ada"), c.Not(c.Is(Flag.CLOSED, "2026-11-21", "")))), one_of("priority", 3))
    ),
    "query:!=double12": c.Not(c.Words("text", ("a",))),
    "a -(b OR c)": c.All((c.Words("text", ("a",)), c.Not(c.Some((c.Words("text", ("b",)), c.Words("text", ("c",))))))),
}


@pytest.mark.parametrize("text", MEANING_OF)
def test_a_filter_has_one_meaning(text: str) -> None:
    assert condition_for(text, RULES) == MEANING_OF[text]


def test_a_prefix_stays_a_prefix_where_nobody_resolves_it() -> None:
    assert condition_for("id:0123", CONTEXT) == c.Glob("id", ("0123", None))
    assert condition_for("type:anything", CONTEXT) == one_of("type", "anything")


@pytest.mark.parametrize(
    ("today", "text", "day"),
    [
        ("2026-01-31", "due:1m", "2026-02-28"),
        ("2028-02-29", "due:1y", "2029-02-28"),
        ("2028-02-29", "due:4y", "2032-02-29"),
        ("2026-12-31", "due:tomorrow", "2027-01-01"),
        ("2026-03-01", "due:-1d", "2026-02-28"),
        ("0999-12-15", "due:1m", "1000-01-15"),
        ("2026-01-31", "due:-11m", "2025-02-28"),
    ],
)
def test_lengths_follow_the_calendar(today: str, text: str, day: str) -> None:
    clock = BindContext(now=Timestamp(f"{today}T00:00:00.000000Z"), today=Date(today))
    assert condition_for(text, clock) == one_of("due", day)


def test_every_field_has_a_meaning_and_a_sample() -> None:
    assert {*_MEANINGS, "query"} == set(FIELDS)
    assert set(MEANINGS) == {*_MEANINGS, "field.points"}
