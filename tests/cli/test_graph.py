"""`graph` and `dep why`: whole outputs on three issues, and on data with a cycle."""

from xml.etree import ElementTree as ET

import pytest

from git_jit.model import Actor, IssueId, Message, State, Timestamp
from git_jit.record import replace
from git_jit.view import Plan
from tests.cli.console import Console

DOOR, WALL, ROOF = (f"{n:02d}abcdef{'0' * 24}" for n in (1, 2, 3))
DOOR_LINE = "01abcde\tready\thigh\tagent:worker-1\tRepair the door\tpart:door\n"
WALL_LINE = "02abcde\tbacklog\tnormal\t\tPaint the wall\t\n"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def knot(house: Console) -> Console:
    """Door and wall wait for each other, as a merge or a stranger could leave it; the shed waits for nobody."""
    house.created("Build the shed")
    with house.store.view() as view:
        door = view.issue(IssueId(DOOR))
        assert door is not None
        base = view.base
    at = Timestamp("2026-11-21T12:00:00.000000Z")
    message = Message(op="x", subject="by hand", actor=Actor("human:x"), request="x", at=at)
    tied = replace(door, dependencies=(IssueId(WALL),), state=State.BACKLOG)
    house.store.commit(Plan(issues={door.id: tied}), base=base, message=message)
    return house


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("graph leaves", DOOR_LINE),
        ("graph leaves --filter priority:low", ""),
        ("graph roots --filter state:backlog", WALL_LINE),
        ("graph deps 02ab --filter is:open", DOOR_LINE),
        ("graph deps 02ab -p low", ""),
        ("graph rdeps 01ab --depth 1 -s backlog", WALL_LINE),
        ("graph rdeps 01ab -s ready", ""),
        ("graph order --filter label:roof:*", ""),
        ("graph order -l part:door", DOOR_LINE),
        ("graph critical-path -s backlog", WALL_LINE),
        ("graph waves -s backlog", "1\t02abcde\tbacklog\tPaint the wall\n"),
    ],
)
def test_every_question_takes_filters(house: Console, words: str, expected: str) -> None:
    result = house(*words.split())
    assert (result.status, result.out) == (0, expected)


def test_an_unknown_filter_is_refused_everywhere(house: Console) -> None:
    for verb in ("deps 01ab", "rdeps 01ab", "roots", "leaves", "order", "waves", "critical-path", "export"):
        assert house("graph", *verb.split(), "--filter", "epik:x").status == 129


def test_why_is_the_same_by_both_names(house: Console) -> None:
    assert house("graph", "why", "02ab") == house("dep", "why", "02ab")
    assert house("graph", "why", "02ab").out == (
        "02abcde [backlog] Paint the wall\nwaits for 01abcde [ready] Repair the door\n"
        "do first  01abcde [ready] Repair the door\n"
    )
    assert house("graph", "why", "02ab", "--json").data == {
        "id": WALL,
        "blocked": True,
        "chain": [WALL, DOOR],
        "actionable": [DOOR],
        "missing": [],
        "cycle": [],
    }


def test_a_picture(house: Console) -> None:
    picture = house.ok("graph", "export", "--format", "svg")
    assert picture == house.ok("graph", "export", "--format", "svg")
    assert [title.text for title in ET.fromstring(picture).iter(f"{SVG}title")] == [
        "02abcde Paint the wall (backlog)",
        "01abcde Repair the door (ready)",
    ]
    only = ET.fromstring(house.ok("graph", "export", "--format", "svg", "--closed", "--filter", "is:closed"))
    assert [title.text for title in only.iter(f"{SVG}title")] == ["03abcde Mend the roof (done)"]


def test_json_is_an_envelope_whatever_the_format(house: Console) -> None:
    assert house("graph", "export", "--json") == house("graph", "export", "--format", "svg", "--json")
    bare = house.ok("graph", "export", "--format", "json")
    assert bare.startswith('{"nodes":[{"id":"02abcdef')


CYCLE = "left out 2 issues behind a cycle (02abcde -> 01abcde -> 02abcde); 'git jit validate' shows what to mend"


def test_what_a_cycle_leaves_is_told_and_the_rest_is_said(knot: Console) -> None:
    for words in (["order"], ["critical-path"]):
        result = knot("graph", *words, "--format", "{title}")
        assert (result.status, result.out) == (1, "Build the shed\n")
        assert result.err.endswith(f"note: {CYCLE}\n")
    waves = knot("graph", "waves")
    assert waves == (1, "1\t04abcde\tready\tBuild the shed\n", f"note: {CYCLE}\n")
    assert knot("graph", "order", "--filter", "title:shed").status == 0


def test_what_a_cycle_leaves_is_told_in_json_too(knot: Console) -> None:
    import json

    for words in ("order", "waves", "critical-path"):
        result = knot("graph", words, "--json")
        assert (result.status, result.err) == (1, "")
        assert json.loads(result.out)["warnings"] == [CYCLE]


def test_a_cycle_is_walked_and_drawn(knot: Console) -> None:
    assert knot.ok("graph", "deps", "01ab", "--fields", "title") == "Paint the wall\n"
    assert knot.ok("graph", "rdeps", "01ab", "--fields", "title") == "Paint the wall\n"
    assert knot.ok("graph", "leaves", "--fields", "title") == "Build the shed\n"
    assert "01abcde waits for 02abcde, which closes a cycle" in knot.ok("graph", "export", "--format", "svg")
    assert "waits in a circle" in knot.ok("graph", "why", "01ab")
