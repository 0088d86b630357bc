"""Whole outputs of `claim`."""

import re

import pytest

from git_jit.cli.claim import BadDuration, seconds
from tests.cli.console import Console, Result

DOOR = "01abcdef000000000000000000000000"
WALL = "02abcdef000000000000000000000000"


@pytest.fixture
def two(jit: Console) -> Console:
    """Two issues that anybody may claim, and agent:ada at the keyboard."""
    jit.created("Repair the door", "-p", "high")
    jit.created("Paint the wall")
    jit.environ["JIT_ACTOR"] = "agent:ada"
    return jit


def plain(result: Result) -> Result:
    """Tokens begin with a random name."""
    return Result(result.status, re.sub(r"\b[0-9a-f]{16}/", "AUTHORITY/", result.out), result.err)


def test_claiming_prints_id_token_and_title(two: Console) -> None:
    assert plain(two("claim", "--next")) == (0, f"01abcde\tAUTHORITY/{DOOR}/1\tRepair the door\n", "")
    assert plain(two("claim", "01ab")) == (
        0, f"01abcde\tAUTHORITY/{DOOR}/1\tRepair the door\n", "note: it is yours already\n",
    )  # fmt: skip
    assert plain(two("claim", "take", "02ab")) == (0, f"02abcde\tAUTHORITY/{WALL}/1\tPaint the wall\n", "")


def test_claiming_answers_programs(two: Console) -> None:
    data = two("claim", "--next", "--ttl", "2h", "--json").data
    assert {**data, "token": "T", "commit": "C"} == {
        "id": DOOR, "title": "Repair the door", "state": "in_progress", "assignee": "agent:ada", "token": "T",
        "epoch": 1, "ttl_s": 7200, "tentative": False, "way": "free", "taken_from": None, "commit": "C",
    }  # fmt: skip
    error = two("claim", "01ab", "--actor", "agent:bob", "--json")
    assert (error.status, error.error["code"], error.error["retryable"]) == (6, "claim_held", True)
    assert {**error.error["details"], "wait_s": 0} == {
        "issue": DOOR, "holder": "agent:ada", "epoch": 1, "wait_s": 0, "reason": None,
    }  # fmt: skip


def test_the_list_the_check_and_the_way_back(two: Console) -> None:
    two.ok("claim", "01ab", "--ttl", "0", "--reason", "a long study")
    two.ok("claim", "02ab", "--actor", "agent:bob")
    assert two("claim", "list") == (
        0, "01abcde\tagent:ada\tdoes not end\tRepair the door\ta long study\n02abcde\tagent:bob\t47 min\tPaint the wall\n", "",
    )  # fmt: skip
    assert two("claim", "list", "--mine").out.count("\n") == 1
    assert two("claim", "check", "01ab") == (0, "01abcde\theld\tdoes not end\n", "")
    assert two("claim", "renew", "02ab", "--actor", "agent:bob") == (0, "02abcde\trenewed\t47 min\n", "")
    assert two("claim", "check", "02ab").status == 6
    assert two("claim", "release", "01ab", "--reason", "not today") == (0, "01abcde\tfree\n", "")
    assert two("claim", "check", "01ab").status == 3
    assert two("claim", "evict", "02ab", "--reason", "gone").status == 4
    assert two("claim", "evict", "02ab", "--reason", "gone", "--actor", "human:eve") == (0, "02abcde\tfree\n", "")
    assert two("claim", "list") == (0, "", "no claims\n")


def test_the_token_comes_from_the_option_or_the_environment(two: Console) -> None:
    token = two("claim", "01ab", "--json").data["token"]
    two.ok("claim", "evict", "01ab", "--reason", "gone", "--actor", "human:eve")
    assert two("close", "01ab", "--token", token).status == 6
    two.environ["JIT_CLAIM_TOKEN"] = f"{token},other/{WALL}/1"
    assert two("close", "01ab", "--json").error["code"] == "claim_lost"
    assert two("comment", "01ab", "What I found so far.").status == 0
    assert two("claim", "check").status == 6
    del two.environ["JIT_CLAIM_TOKEN"]
    assert two("close", "01ab").status == 0


@pytest.mark.parametrize(
    "token", ["garbage", "a/01abcdef/1", f"a/{DOOR}/x", f"/{DOOR}/1", f"a/{DOOR}/1 garbage", "\x1b[31m"]
)
def test_what_is_no_token_does_not_pass_for_none(two: Console, token: str) -> None:
    """A worker that cut the wrong column would write without a fence."""
    two.ok("claim", "01ab")
    for result in (
        two("update", "01ab", "--title", "New", "--token", token),
        two("claim", "check", "--token", token),
    ):
        assert (result.status, result.out) == (129, "")
        assert "is no token of a claim" in result.err
        assert "\x1b" not in result.err
    two.environ["JIT_CLAIM_TOKEN"] = token
    assert two("update", "01ab", "--title", "New", "--json").error["code"] == "bad_token"
    two.environ["JIT_CLAIM_TOKEN"] = " "
    assert two("update", "01ab", "--title", "New").status == 0


@pytest.mark.parametrize(("pid", "said"), [(1 << 22, f"no process {1 << 22} runs here, so its end will"), (1, "")])
def test_a_process_that_does_not_run_stands_for_nobody(two: Console, pid: int, said: str) -> None:
    result = two("claim", "01ab", "--pid", str(pid))
    assert result.status == 0
    assert said in result.err
    assert bool(result.err) is bool(said)


def test_what_somebody_holds_needs_an_override(two: Console) -> None:
    two.ok("claim", "01ab")
    assert two("close", "01ab", "--actor", "agent:bob") == (
        6, "",
        ("error: '01abcde' is claimed by 'agent:ada', who alone may change its state and its assignee\n"
         "hint: 'git jit claim list' shows who holds what; a comment is always possible\n"),
    )  # fmt: skip
    assert two("update", "01ab", "-p", "low", "--actor", "agent:bob").status == 0
    assert two("close", "01ab", "--actor", "agent:bob", "--override").status == 0
    assert two("claim", "list").out == ""


def test_words_that_make_no_sense(two: Console) -> None:
    for words in (["01ab", "--next"], ["01ab", "--filter", "x"], ["--next", "--ttl", "soon"], ["--ttl", "1h"]):
        assert two("claim", *words).status == 129, words
    assert two("claim", "01ab", "--ttl", "8d").status == 4
    assert two("claim", "01ab", "--ttl", "0").status == 4
    assert two("claim", "renew").status == 3
    assert two("claim", "ffff").status == 3
    assert two("claim").out.startswith("Usage: git jit claim")


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("90", 90), ("45m", 2700), ("2H", 7200), ("1d", 86400)])
def test_times(text: str, value: int) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "m", "-1", "1.5h", "1w", "1 h", "9" * 10, "٣m"])
def test_no_times(text: str) -> None:
    with pytest.raises(BadDuration):
        seconds(text)


def test_ready_claims_what_it_would_list_first(two: Console) -> None:
    assert plain(two("ready", "--claim", "-f", "title:paint")) == (
        0, f"02abcde\tAUTHORITY/{WALL}/1\tPaint the wall\n", "",
    )  # fmt: skip
    data = two("query", "ready", "--claim", "--limit", "1", "--json", "--actor", "agent:bob").data
    assert (data["id"], data["assignee"], data["way"]) == (DOOR, "agent:bob", "free")
    assert plain(two("ready", "--claim")).err == "note: it is yours already\n"
    assert two("ready", "--claim", "--actor", "agent:eve") == (
        1, "",
        ("error: nothing that fits can be claimed now; others hold 2\n"
         "hint: 'git jit claim list' shows who holds what, 'git jit blocked' what waits\n"),
    )  # fmt: skip


def test_a_worker_learns_whether_to_wait_or_to_end(two: Console) -> None:
    two.ok("claim", "01ab")
    details = two("claim", "--next", "--actor", "agent:bob", "-f", "title:door", "--json").error["details"]
    assert details == {"held": 1, "open": 1, "unchecked": []}
    two.ok("close", "01ab")
    result = two("claim", "--next", "-f", "title:door")
    assert result == (1, "", "error: nothing is left that fits\nhint: 'git jit ready' lists what else there is\n")
    assert two("ready", "--claim", "-f", "title:door", "--json").error["details"] == {
        "held": 0,
        "open": 0,
        "unchecked": [],
    }


def test_a_worker_learns_which_prechecks_are_in_the_way(two: Console) -> None:
    two.ok("gate", "define", "design", "--stage", "precheck")
    two.ok("gate", "add", "01ab", "design")
    assert two("ready", "--claim", "-f", "title:door") == (
        1, "",
        ("error: nothing that fits can be claimed now; prechecks of 1 have not passed\n"
         "hint: 'git jit gate run-all 01abcde --stage precheck' checks what must be before work begins\n"),
    )  # fmt: skip
    assert two("claim", "--next", "-f", "title:door", "--json").error["details"] == {
        "held": 0, "open": 1, "unchecked": [DOOR],
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    ["--limit 2", "--limit 0", "--offset 1", "--sort title", "--at HEAD~1", "--fields id", "--full", "--compact", "-z",
     "--exit-code", "--format {id}"],
)  # fmt: skip
def test_ready_claims_one_issue_and_prints_it_in_one_way(two: Console, words: str) -> None:
    result = two("ready", "--claim", *words.split())
    assert (result.status, result.err.splitlines()[-1]) == (129, "hint: 'git jit ready' lists what could be claimed")
    assert two("claim", "list").out == ""
