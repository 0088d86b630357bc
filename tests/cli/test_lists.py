"""Whole outputs of everything that lists issues."""

import json

import pytest

from git_jit.model import Actor, IssueId, Message, Timestamp
from git_jit.ops.sample import Profile, sample
from git_jit.store import issue_path
from git_jit.store.memory import MemoryStore
from git_jit.view import Plan
from tests.cli.console import Console

DOOR = "01abcdef000000000000000000000000"
WALL = "02abcdef000000000000000000000000"
ROOF = "03abcdef000000000000000000000000"
BY_HAND = Message(
    op="x", subject="by hand", actor=Actor("human:x"), request="x", at=Timestamp("2026-11-21T12:00:00.000000Z")
)
DOOR_LINE = "01abcde\tready\thigh\tagent:worker-1\tRepair the door\tpart:door\n"
WALL_LINE = "02abcde\tbacklog\tnormal\t\tPaint the wall\t\n"
ROOF_LINE = "03abcde\tdone\tnormal\t\tMend the roof\t\n"


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ("list", WALL_LINE + DOOR_LINE),
        ("ls", WALL_LINE + DOOR_LINE),
        ("issue list", WALL_LINE + DOOR_LINE),
        ("ready", DOOR_LINE),
        ("query ready", DOOR_LINE),
        ("query available", DOOR_LINE),
        ("blocked", WALL_LINE),
        ("query all", ROOF_LINE + WALL_LINE + DOOR_LINE),
        ("query closed", ROOF_LINE),
        ("list --state done", ROOF_LINE),
        ("list --filter state:done", ROOF_LINE),
        ("list --filter is:closed", ROOF_LINE),
        ("list -l part:*", DOOR_LINE),
        ("list -a agent:worker-1", DOOR_LINE),
        ("list -a none", WALL_LINE),
        ("list -A human:ada-lovelace -p >=high", DOOR_LINE),
        ("list -p high -p low", ""),
        ("list -s ready,backlog", WALL_LINE + DOOR_LINE),
        ("search coats", WALL_LINE),
        ("search roof", ROOF_LINE),
        ("search roof -s ready", ""),
        ("search WALL paint", WALL_LINE),
        ("search pai wal", WALL_LINE),
        ("list --sort created", DOOR_LINE + WALL_LINE),
        ("list --sort -priority", DOOR_LINE + WALL_LINE),
        ("query all --sort title", ROOF_LINE + WALL_LINE + DOOR_LINE),
        ("list --fields id,title", "02abcde\tPaint the wall\n01abcde\tRepair the door\n"),
        ("list --fields blocked,labels,due", "yes\t\t\nno\tpart:door\t\n"),
        ("ready --fields dependencies,blocks,links", f"\t{WALL}\t\n"),
        ("ready -z", DOOR_LINE[:-1] + "\0"),
        ("query closed --fields due,closed_at", "2026-12-24\t2026-11-21T09:00:04.000000Z\n"),
        ("graph deps 02ab", DOOR_LINE),
        ("graph upstream 02ab", DOOR_LINE),
        ("graph rdeps 01ab", WALL_LINE),
        ("graph downstream 01ab --depth 1", WALL_LINE),
        ("graph roots", WALL_LINE),
        ("graph order", DOOR_LINE + WALL_LINE),
        ("graph critical-path", DOOR_LINE + WALL_LINE),
        ("query strategic", ""),
        ("query stale", ""),
    ],
)
def test_lines(house: Console, words: str, out: str) -> None:
    result = house(*words.split())
    assert (result.status, result.out) == (0, out)
    assert result.err == ("no issues\n" if not out else "2 issues\n" if "critical" in words else "")


def test_a_format_is_filled_for_each_issue(house: Console) -> None:
    assert house.ok("list", "--format", "{id}: {title} {{{priority}}}\\t{labels}") == (
        "02abcde: Paint the wall {normal}\t\n01abcde: Repair the door {high}\tpart:door\n"
    )


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{id", "bad_format"),
        ("id}", "bad_format"),
        ("{nothing}", "unknown_field"),
        ("{id.__class__}", "unknown_field"),
        ("{}", "unknown_field"),
    ],
)
def test_a_format_that_cannot_be_read(house: Console, template: str, code: str) -> None:
    assert house("list", "--format", template, "--json").error["code"] == code
    assert house("list", "--format", template).status == 129


def test_fields_of_issues_that_are_named(house: Console) -> None:
    assert (
        house.ok("show", "02ab", "01ab", "--fields", "title,id")
        == "Paint the wall\t02abcde\nRepair the door\t01abcde\n"
    )
    assert house("show", "01ab", "--json", "--fields", "id,blocks").data == {"id": DOOR, "blocks": [WALL]}
    assert house("show", "01ab", "02ab", "--json", "--fields", "state").data == [
        {"state": "ready"},
        {"state": "backlog"},
    ]
    assert house("show", "01ab", "--fields", "titel").status == 129
    assert house("show", "04ab", "--fields", "title").status == 3


def test_compact_lines_say_what_is_unusual(house: Console) -> None:
    house.created("The quick brown fox jumps over the lazy dög and over all that follows", "-p", "critical")
    assert house.ok("query", "all", "--compact") == (
        "04abcde [critical] The quick brown fox jumps over the laz…\n"
        "03abcde [done] Mend the roof\n"
        "02abcde [backlog blocked] Paint the wall\n"
        "01abcde [high] Repair the door\n"
    )
    assert house.ok("ready", "--compact", "-z", "-p", "high") == "01abcde [high] Repair the door\0"


@pytest.mark.parametrize("words", ["--json", "--fields id", "--format {id}"])
def test_compact_is_a_shape_of_its_own(house: Console, words: str) -> None:
    result = house("ready", "--compact", *words.split())
    assert result.status == 129
    assert "'--compact' is a shape of its own, for text" in result.out + result.err


def test_fifty_ready_issues_are_less_than_three_kilobytes(jit: Console) -> None:
    """Whatever their titles, here the longest there may be; and with the titles of a tracker that looks real."""
    for number in range(50):
        jit.created(f"{number} " + "ü" * 197, "-p", "critical")
    shown = jit.ok("ready", "--compact")
    assert shown.count("\n") == 50
    assert len(shown.encode()) <= 50 * 61 < 3 * 1024
    jit.store = MemoryStore()
    jit.store.commit(sample(Profile(issues=1_000, seed=1)).plan(), base=None, message=BY_HAND)
    for words, most in (
        (["--compact"], 3 * 1024),
        (["--fields", "id"], 1024),
        (["--json", "--fields", "id"], 3 * 1024),
        (["--json", "--fields", "id,title"], 6 * 1024),
    ):
        shown = jit.ok("query", "ready", "--limit", "50", *words)
        assert len(shown.encode()) < most, words


def stale_lines(jit: Console, *words: str) -> list[str]:
    return [line.split("\t")[0] for line in jit.ok("query", "stale", *words).splitlines()]


def test_stale_is_what_was_begun_and_left(house: Console) -> None:
    house.ok("update", "01ab", "--state", "in_progress")
    house.ok("gate", "define", "review")
    house.created("Varnish the floor", "--gate", "review", "--state", "in_progress")
    assert house("close", "04ab").status == 7
    assert stale_lines(house) == []
    house.days = 13
    assert stale_lines(house) == []
    assert stale_lines(house, "--days", "13") == ["01abcde", "04abcde"]
    house.days = 14
    assert stale_lines(house) == ["01abcde", "04abcde"]
    assert stale_lines(house, "--sort", "-updated", "--limit", "1") == ["04abcde"]
    assert stale_lines(house, "--filter", "assignee:agent:*") == ["01abcde"]
    assert stale_lines(house, "--days", "15") == stale_lines(house, "--days", "9" * 18) == []
    assert house.ok("list", "--filter", "is:stale", "--sort", "created", "--fields", "id") == "01abcde\n04abcde\n"
    assert house.ok("query", "stale", "--limit", "1").endswith(
        "Repair the door\tpart:door\t2026-11-21T09:00:05.000000Z\n"
    )
    assert house("query", "stale", "--limit", "1", "--json").data == [
        {
            "id": DOOR, "title": "Repair the door", "state": "in_progress", "priority": "high",
            "assignee": "agent:worker-1", "labels": ["part:door"], "blocked": False,
            "updated_at": "2026-11-21T09:00:05.000000Z",
        }
    ]  # fmt: skip
    house.ok("config", "set", "stale_days", "20")
    assert stale_lines(house) == []
    house.days = 21
    assert stale_lines(house) == ["01abcde", "04abcde"]
    house.ok("update", "01ab", "-p", "low")
    assert stale_lines(house) == ["04abcde"]
    assert house("query", "stale", "--days", "0").status == 129


def test_an_unknown_field_names_the_known_ones(house: Console) -> None:
    result = house("list", "--fields", "id,wontfind")
    assert result.status == 129
    assert result.err.startswith("error: unknown field 'wontfind'\nhint: known: id, title, description,")


def test_an_unknown_sort_names_the_known_ones(house: Console) -> None:
    result = house("list", "--sort", "size")
    assert result.status == 129
    assert result.err.startswith("error: cannot sort by 'size'\nhint: known: id, title,")


def test_a_search_for_nothing_is_refused(house: Console) -> None:
    assert house("search", "!?", "--json").error["code"] == "nothing_to_search"


def test_a_filter_that_cannot_be_read_is_drawn(house: Console) -> None:
    result = house("list", "--filter", "stat:open")
    assert result.status == 129
    assert result.err == (
        "error: unknown field 'stat'\nhint: stat:open\nhint: ^^^^\nhint: did you mean 'state:'? to search for the text, quote it\n"
    )


def test_json_is_short_unless_asked_for_more(house: Console) -> None:
    short = {
        "id": DOOR,
        "title": "Repair the door",
        "state": "ready",
        "priority": "high",
        "assignee": "agent:worker-1",
        "labels": ["part:door"],
        "blocked": False,
    }
    assert house("ready", "--json").data == [short]
    assert house("ready", "--json", "--fields", "title,due").data == [{"title": "Repair the door", "due": None}]
    assert house("ready", "--json", "--full").data == [
        {
            **short,
            "description": "",
            "dependencies": [],
            "links": [],
            "gates": {},
            "documents": [],
            "context": {},
            "due": None,
            "defer_until": None,
            "estimate": None,
            "fields": {},
            "unresolved": [],
            "external": {},
            "created_at": "2026-11-21T09:00:01.000000Z",
            "created_by": "human:ada-lovelace",
            "closed_at": None,
            "close_reason": None,
            "blocks": [WALL],
            "updated_at": "2026-11-21T09:00:01.000000Z",
            "version": house("show", "01ab", "--json").data["version"],
        }
    ]


def test_a_limit_says_what_it_left_out(house: Console) -> None:
    result = house("query", "all", "--limit", "2")
    assert result == (0, ROOF_LINE + WALL_LINE, "… 1 more (--limit 0 shows all)\n")


def test_a_cursor_leads_through_all_pages(house: Console) -> None:
    import json

    first = json.loads(house.ok("query", "all", "--json", "--limit", "2", "--fields", "id"))
    assert (first["total"], first["returned"], first["next"]) == (3, 2, "2")
    second = json.loads(house.ok("query", "all", "--json", "--limit", "2", "--offset", first["next"], "--fields", "id"))
    assert (second["total"], second["returned"], second["next"]) == (3, 1, None)
    assert [issue["id"] for issue in first["data"] + second["data"]] == [ROOF, WALL, DOOR]


def test_an_offset_behind_the_end_ends(house: Console) -> None:
    result = house("query", "all", "--json", "--offset", "9")
    assert (result.status, result.data) == (0, [])
    assert '"total":3,"returned":0,"next":null' in result.out


def test_list_shows_fifty_and_limit_0_all(jit: Console) -> None:
    for number in range(60):
        jit.created(f"Issue {number}")
    result = jit("list")
    assert result.out.count("\n") == 50
    assert result.err == "… 10 more (--limit 0 shows all)\n"
    assert jit.ok("list", "--limit", "0").count("\n") == jit.ok("query", "all").count("\n") == 60


def test_an_empty_list_is_no_error_unless_asked(jit: Console) -> None:
    assert jit("list") == (0, "", "no issues\n")
    assert jit("list", "--exit-code") == (1, "", "no issues\n")
    assert jit("list", "--exit-code", "--json").status == 1


def test_ids_are_as_long_as_they_must_be(jit: Console) -> None:
    """Two ids that share 31 digits, and one that shares none."""
    ids = ["17abcdef" + "0" * 24, "17abcdef" + "0" * 23 + "1", "18abcdef" + "0" * 24]
    jit.ids = iter(ids)
    for _ in ids:
        jit.created("x")
    assert jit.ok("query", "all", "--fields", "id", "--sort", "id").splitlines() == [ids[0], ids[1], "18abcde"]


def test_saved_queries(house: Console) -> None:
    house.ok("config", "set", "queries.doors", "label:part:door")
    assert house.ok("query", "saved") == "doors\tlabel:part:door\n"
    assert house.ok("query", "saved", "doors") == DOOR_LINE
    assert house.ok("list", "--filter", "query:doors") == DOOR_LINE
    result = house("query", "saved", "walls")
    assert result == (3, "", "error: no saved query 'walls'\nhint: saved queries: doors\n")


def test_me_is_whoever_asks(house: Console) -> None:
    house.environ["JIT_ACTOR"] = "agent:worker-1"
    assert house.ok("list", "-a", "me") == DOOR_LINE
    assert house.ok("list", "--filter", "assignee:ME") == DOOR_LINE


def test_nobody_needs_to_be_known_to_look(house: Console) -> None:
    house.git.person = None
    assert house.ok("list") == WALL_LINE + DOOR_LINE
    assert house("list", "-a", "me").status == 129


def test_waves(house: Console) -> None:
    assert house.ok("graph", "waves") == ("1\t01abcde\tready\tRepair the door\n2\t02abcde\tbacklog\tPaint the wall\n")
    assert house("graph", "waves", "--json").data == [[DOOR], [WALL]]


def test_graph_export(house: Console) -> None:
    assert house.ok("graph", "export") == (
        "digraph issues {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        f'  "{WALL}" [label="02abcde Paint the wall", class="backlog"];\n'
        f'  "{DOOR}" [label="01abcde Repair the door", class="ready"];\n'
        f'  "{WALL}" -> "{DOOR}";\n'
        "}\n"
    )
    assert house.ok("graph", "export", "--format", "mermaid") == (
        'graph LR\n  n0["02abcde Paint the wall"]:::backlog\n  n1["01abcde Repair the door"]:::ready\n  n0 --> n1\n'
    )
    nodes = [
        {"id": WALL, "label": "02abcde Paint the wall", "group": "backlog"},
        {"id": DOOR, "label": "01abcde Repair the door", "group": "ready"},
    ]
    assert house("graph", "export", "--json").data == {"nodes": nodes, "edges": [{"from": WALL, "to": DOOR}]}
    assert "03abcde" in house.ok("graph", "export", "--closed")


def test_the_critical_path_by_estimate(house: Console) -> None:
    house.ok("update", "01ab", "--estimate", "2h")
    house.ok("update", "02ab", "--estimate", "1h30m")
    assert house("graph", "critical-path", "--by", "estimate").err == "210 minutes\n"


BROKEN_NOTE = "1 file cannot be read; 'git jit validate' names it"


def plant(house: Console, path: str) -> None:
    """A file that cannot be read, put there by hand."""
    with house.store.view() as view:
        base = view.base
    house.store.commit(Plan(raw={path: b"{"}), base=base, message=BY_HAND)


def test_what_cannot_be_read_is_said_beside_every_list(house: Console) -> None:
    plant(house, issue_path(IssueId(DOOR)))
    assert house("list") == (0, WALL_LINE, f"note: {BROKEN_NOTE}\n")
    assert json.loads(house("list", "--json").out)["warnings"] == [BROKEN_NOTE]
    assert house("list", "--filter", "is:broken").out == "01abcde\tbacklog\tnormal\t\t(cannot be read)\t\n"
    assert house("status").err == f"note: {BROKEN_NOTE}\n"


def test_rules_that_cannot_be_read_hide_no_issue(house: Console) -> None:
    plant(house, "config.json")
    for words in (
        "list",
        "ready",
        "blocked",
        "query all",
        "query stale",
        "query strategic",
        "label list",
        "search wall",
    ):
        assert house(*words.split()).status == 0
    assert house("list", "--filter", "is:open").out == WALL_LINE + DOOR_LINE
    refused = house("create", "Another")
    assert refused.status == 128
    assert "hint: 'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back" in refused.err
