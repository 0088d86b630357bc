"""What a person sees: aligned, cut to the screen, coloured only where wanted, paged only when long."""

import re

import pytest

from git_jit.cli.terminal import relative
from git_jit.model import Timestamp
from tests.cli.console import Console

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def screen(house: Console) -> Console:
    house.terminal = True
    return house


def test_a_list_is_a_table_with_a_head_and_ages(screen: Console) -> None:
    screen.environ["NO_COLOR"] = "1"
    assert STYLE.sub("", screen.ok("list")) == (
        "ID       STATE            PRIORITY  ASSIGNEE        TITLE            LABELS     AGE\n"
        "02abcde  backlog blocked  normal                    Paint the wall              just now\n"
        "01abcde  ready            high      agent:worker-1  Repair the door  part:door  just now\n"
    )


def test_a_narrow_screen_cuts_with_an_ellipsis(screen: Console) -> None:
    screen.size = (60, 24)
    screen.ok("update", "01ab", "-t", "A title that is much too long for a line of this screen")
    lines = STYLE.sub("", screen.ok("list")).splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert lines[2] == "01abcde  ready            A title that is much too long for…"


@pytest.mark.parametrize(
    ("environ", "settings", "words", "coloured"),
    [
        ({}, {}, [], True),
        ({"NO_COLOR": "1"}, {}, [], False),
        ({"NO_COLOR": ""}, {}, [], True),
        ({"NO_COLOR": "1"}, {}, ["--color=always"], True),
        ({}, {"color.ui": "false"}, [], False),
        ({}, {"color.ui": "never", "color.jit": "auto"}, [], True),
        ({}, {"color.jit": "never"}, [], False),
        ({}, {}, ["--color=never"], False),
        ({}, {"color.ui": "never"}, ["--color"], True),
        ({"TERM": "dumb"}, {}, [], False),
        ({"TERM": "dumb"}, {"color.ui": "always"}, [], True),
    ],
)
def test_colours(
    screen: Console, environ: dict[str, str], settings: dict[str, str], words: list[str], *, coloured: bool
) -> None:
    screen.environ = environ
    screen.git.settings = settings
    shown = screen.ok("list", *words)
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)) is coloured
    assert bool(STYLE.search(shown)) is coloured


def test_a_pipe_has_no_colour_whatever_is_configured_but_the_option_wins(house: Console) -> None:
    house.git.settings = {"color.ui": "always"}
    assert "\x1b" not in house.ok("list")
    assert "\x1b[33m01abcde\x1b[0m" in house.ok("list", "--color=always")


def test_the_pager_that_git_started_is_a_screen(house: Console) -> None:
    house.environ["GIT_PAGER_IN_USE"] = "true"
    assert house.ok("list").startswith("\x1b[1mID")
    assert house.git.paged == []


def test_a_long_list_is_paged_and_a_short_one_is_not(screen: Console) -> None:
    assert screen.ok("list")
    assert screen.git.paged == []
    screen.size = (80, 3)
    assert screen.ok("list") == ""
    assert len(screen.git.paged) == 1
    screen.git.has_pager = False
    assert screen.ok("list")


def test_markup_in_a_title_is_just_text(screen: Console) -> None:
    screen.size = (120, 24)
    screen.ok("update", "01ab", "-t", ":bug: [bold]x[/bold] [/y] https://example.org")
    assert ":bug: [bold]x[/bold] [/y] https://example.org" in STYLE.sub("", screen.ok("list"))


def test_wide_characters_stay_aligned(screen: Console) -> None:
    screen.environ["NO_COLOR"] = "1"
    screen.ok("update", "01ab", "-t", "漢字")
    wall, door = STYLE.sub("", screen.ok("list")).splitlines()[1:]
    assert wall.index("just") == door.index("just") + len("漢字")


def test_show_is_a_page(screen: Console) -> None:
    screen.ok("comment", "02ab", "Blue, please.")
    screen.environ["NO_COLOR"] = "1"
    assert STYLE.sub("", screen.ok("show", "02ab")) == (
        "Paint the wall\n"
        "id          02abcde\n"
        "state       backlog (blocked)\n"
        "priority    normal\n"
        "depends on  01abcde (ready)\n"
        "created     2026-11-21T09:00:02.000000Z by human:ada-lovelace\n"
        "\n"
        "Two coats. Of paint.\n"
        "\n"
        "human:ada-lovelace, just now\n"
        "Blue, please.\n"
    )


def test_a_page_on_a_narrow_screen_leaves_nothing_out(screen: Console) -> None:
    screen.environ["NO_COLOR"] = "1"
    screen.size = (20, 24)
    shown = STYLE.sub("", screen.ok("show", "02ab"))
    assert all(len(line) <= 20 for line in shown.splitlines())
    assert "…" not in shown
    assert "2026-11-21T09:00:02.000000Z" in "".join(shown.split())


@pytest.mark.parametrize("columns", [0, 1, 5])
def test_what_is_no_width_of_a_screen_is_taken_for_a_narrow_one(screen: Console, columns: int) -> None:
    screen.environ["NO_COLOR"] = "1"
    wide = (screen.size[0], 24)
    screen.size = (20, 24)
    narrow = screen.ok("list")
    screen.size = (columns, 24)
    assert wide[0] > 20
    assert screen.ok("list") == narrow != ""


def test_other_tables_have_a_head_too(screen: Console) -> None:
    screen.environ["NO_COLOR"] = "1"
    assert STYLE.sub("", screen.ok("label", "values")) == "LABEL      ISSUES\npart:door  1\n"


def test_lines_that_were_asked_for_stay_lines(screen: Console) -> None:
    assert screen.ok("list", "--fields", "id") == "02abcde\n01abcde\n"
    assert screen.ok("list", "--format", "{id}") == "02abcde\n01abcde\n"
    assert screen.ok("list", "-z").count("\0") == 2


NOW = Timestamp("2026-11-21T09:00:00.000000Z")


@pytest.mark.parametrize(
    ("then", "shown"),
    [
        ("2026-11-21T09:00:00.000000Z", "just now"),
        ("2026-11-21T08:59:00.000001Z", "just now"),
        ("2026-11-21T08:59:00.000000Z", "1 minute ago"),
        ("2026-11-21T07:00:00.000000Z", "2 hours ago"),
        ("2026-11-20T09:00:00.000000Z", "1 day ago"),
        ("2026-11-07T09:00:00.000000Z", "2 weeks ago"),
        ("2026-09-07T09:00:00.000000Z", "2 months ago"),
        ("2024-11-07T09:00:00.000000Z", "2 years ago"),
        ("2026-11-21T09:00:01.000000Z", "in the future"),
    ],
)
def test_relative_times(then: str, shown: str) -> None:
    assert relative(Timestamp(then), NOW) == shown


@pytest.mark.parametrize("words", ["log", "events", "dep tree 02ab"])
def test_long_text_goes_through_the_pager(screen: Console, words: str) -> None:
    screen.size = (100, 2)
    assert screen.ok(*words.split()) == ""
    assert len(screen.git.paged) == 1
    screen.size = (100, 50)
    assert screen.ok(*words.split()) == screen.git.paged[0]
