"""`events` at the command line: what it prints, what it refuses, and how it ends."""

import io
import json
import signal
import subprocess
from typing import Any

import pytest

from git_jit.cli.program import run
from tests.cli.console import Console
from tests.program import REF, Repo


def lines(console: Console, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in console.ok("events", "--jsonl", *words).splitlines()]


def subjects(text: str) -> list[str]:
    return [line.split("\t")[3] for line in text.splitlines() if "\t" in line]


def test_a_line_an_event_and_one_a_field(house: Console) -> None:
    house.ok("update", "01ab", "-p", "low", "--add-label", "part:wall", "--remove-label", "part:door")
    shown = house.ok("events", "-L", "2", "--color", "never").splitlines()
    assert [line.partition("\t")[2] for line in shown if "\t" in line] == [
        "2026-11-21T09:00:05Z\thuman:ada-lovelace\tupdate: 01abcde Repair the door",
        "2026-11-21T09:00:04Z\thuman:ada-lovelace\tclose: 03abcde Mend the roof",
    ]
    assert [line for line in shown if line.startswith(" ")] == [
        "    01abcde  labels: -part:door +part:wall",
        "    01abcde  priority: high → low",
        "    03abcde  closed_at: none → 2026-11-21T09:00:04.000000Z",
        "    03abcde  state: ready → done",
    ]


def test_gates_are_told_by_their_verdicts(house: Console) -> None:
    house.ok("gate", "define", "review")
    house.ok("gate", "add", "01ab", "review")
    house.ok("gate", "pass", "01ab", "review")
    house.ok("gate", "fail", "01ab", "review")
    house.ok("gate", "rm", "01ab", "review")
    shown = house.ok("events", "--kind", "gates_changed", "--reverse").splitlines()
    assert [line.strip() for line in shown if line.startswith(" ")] == [
        "01abcde  gates: +review",
        "01abcde  gates: review pending → passed",
        "01abcde  gates: review passed → failed",
        "01abcde  gates: -review",
    ]


def test_a_line_of_json_has_everything(house: Console) -> None:
    first, *_, last = lines(house, "--limit", "0", "--reverse")
    assert list(last) == [
        "id", "source", "commit", "parents", "at", "actor", "op", "subject", "request", "filter", "reason", "kinds",
        "changes", "taken", "cursor",
    ]  # fmt: skip
    assert (first["kinds"], first["parents"]) == (["initialised"], [])
    assert [change["fate"] for change in last["changes"]] == ["updated"]
    assert [event["id"] for event in lines(house, "--since-commit", first["cursor"])][-1] == last["id"]
    assert [event["id"] for event in lines(house, "--since-commit", "HEAD~1")] == [last["id"]]
    assert [event["id"] for event in lines(house)][::-1] == [event["id"] for event in lines(house, "--reverse")]
    assert house("events", "--since-commit", first["cursor"], "-L", "2", "--json").data[0]["cursor"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--by", "me"], 5),
        (["--by", "human:*"], 5),
        (["--actor", "agent:*"], 0),
        (["--op", "create", "--op", "cl*"], 4),
        (["--kind", "issue_created,state_changed"], 4),
        (["--kind", "issue_*", "--issue", "03ab"], 2),
        (["--filter", "priority:high"], 1),
        (["--filter", "is:closed"], 2),
        (["--until", "2026-11-20"], 0),
        (["--since", "2026-11-21T09:00:03Z"], 2),
        (["--since", "2026-11-21", "--until", "2026-11-21T09:00:01Z"], 2),
    ],
)
def test_options_narrow(house: Console, words: list[str], wanted: int) -> None:
    assert len(lines(house, *words)) == wanted
    assert len(lines(house, *words, "--reverse")) == wanted
    assert len(house("events", *words, "--json").data) == wanted


def test_what_is_left_out_is_said(house: Console) -> None:
    for words in ([], ["--jsonl"], ["--since-commit", "HEAD~3"]):
        assert house("events", "-L", "2", *words).err == "… more (--limit 0 shows all)\n"
    assert house("events", "--since-commit", "HEAD~3").err == ""
    assert house("events", "--kind", "claimed").err == "nothing happened that fits\n"


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (["--json", "--jsonl"], "usage", 129),
        (["--json", "--follow"], "usage", 129),
        (["--kind", "state_chnged"], "event_kind_unknown", 129),
        (["--since-commit", "i=00"], "event_cursor_unknown", 3),
        (["--since-commit", "nothing"], "unknown_revision", 3),
        (["--filter", "colour:red"], "query_syntax", 129),
        (["--issue", "ffff"], "issue_not_found", 3),
        (["--since", "yesterday-ish"], "invalid_value", 4),
    ],
)
def test_what_cannot_be_meant_is_refused(house: Console, words: list[str], code: str, status: int) -> None:
    result = house("events", *words)
    assert (result.status, "" if "--json" in words else result.out) == (status, "")
    words = words if "--json" in words else [*words, "--json"]
    assert house("events", *words).error["code"] == code


def test_the_kinds_are_listed(house: Console) -> None:
    shown = house.ok("events", "--kinds").splitlines()
    assert shown[0] == "issue_created\tissues\tan issue is there that was not; the event has all of its fields"
    assert len(shown) == len(house("events", "--kinds", "--json").data)


def test_what_comes_is_printed_at_once(house: Console) -> None:
    out, err = io.StringIO(), io.StringIO()
    app = house.app(out, err)
    seen: list[str] = []

    def wait(seconds: float) -> None:
        seen.append(out.getvalue())
        if len(seen) == 3:
            raise KeyboardInterrupt
        house.ok("comment", "01ab", f"number {len(seen)}")

    app.wait = wait
    assert run(["events", "--follow", "--limit", "1"], app) == 130
    assert [len(subjects(text)) for text in seen] == [1, 2, 3]
    assert subjects(out.getvalue()) == ["close: 03abcde Mend the roof", "comment: 01abcde", "comment: 01abcde"]
    assert err.getvalue() == ""


def test_nobody_reads_any_more(house: Console) -> None:
    app = house.app(io.StringIO(), io.StringIO())

    def wait(seconds: float) -> None:
        raise BrokenPipeError

    app.wait = wait
    assert run(["events", "--follow", "--jsonl"], app) == 141


@pytest.mark.parametrize("end", ["interrupt", "close"])
def test_a_listener_ends_when_it_is_told_to_or_nobody_listens(repo: Repo, end: str) -> None:
    with repo.start("events", "--follow", "--jsonl", "--limit", "1") as listener:
        assert listener.stdout
        first = json.loads(listener.stdout.readline())
        repo.works("create", "While somebody listens")
        second = json.loads(listener.stdout.readline())
        assert (second["op"], second["parents"]) == ("create", [first["commit"]])
        if end == "interrupt":
            listener.send_signal(signal.SIGINT)
        else:
            listener.stdout.close()
        try:
            status = listener.wait(timeout=20)
        except subprocess.TimeoutExpired:
            listener.kill()
            raise
        assert listener.stderr
        assert listener.stderr.read() == b""
    assert status == (130 if end == "interrupt" else 141)


def test_a_commit_of_others_with_an_old_date_hides_nothing_behind_it(repo: Repo) -> None:
    repo.works("create", "Before")
    old = {**repo.env, "GIT_COMMITTER_DATE": "1990-01-01T00:00:00Z"}
    odd = Repo(repo.path, old).git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "old", stdin=b"")
    repo.git("update-ref", REF, odd)
    repo.works("create", "After")
    shown = subjects(repo.works("events", "--since", "2020-01-01", "--op", "create").out)
    assert [subject.split()[-1] for subject in shown] == ["After", "Before"]


@pytest.mark.parametrize(("option", "status"), [("--issue", 3), ("--since-commit", 3), ("--since", 4)])
def test_an_empty_word_is_not_taken_for_none(option: str, status: int, house: Console) -> None:
    """A script that lost its cursor would be told the last events instead."""
    assert house("events", option, "").status == status


def test_text_of_others_acts_on_nothing(house: Console) -> None:
    house.ok("comment", "01ab", "\x1b[31mred\u202e")
    house.ok("update", "01ab", "--title", "plain")
    for words in ([], ["--jsonl"], ["--json"]):
        shown = house.ok("events", "--reverse", *words)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
