"""Whole outputs of everything that changes issues."""

import json
from itertools import count
from pathlib import Path

import pytest

from git_jit.cli.texts import SCISSORS
from git_jit.model import Actor, IssueId, Message
from git_jit.record import replace
from git_jit.view import Plan
from tests.cli.console import DRAFT, Console

DOOR = "01abcdef000000000000000000000000"
WALL = "02abcdef000000000000000000000000"


def test_create_prints_the_id_and_nothing_else(jit: Console) -> None:
    assert jit("create", "Repair the door") == (0, "01abcde\n", "")
    assert jit("new", "--title=-x") == (0, "02abcde\n", "")
    assert jit("create", "--", "-y") == (0, "03abcde\n", "")
    assert jit.ok("query", "all", "--format", "{title}", "--sort", "id") == "Repair the door\n-x\n-y\n"


def test_create_takes_every_field(house: Console) -> None:
    result = house(
        "create", "New", "-d", "Text", "-s", "backlog", "-p", "CRIT", "-a", "me", "-l", "a:b,c:d", "--type", "bug",
        "--epic", "E", "-m", "v1", "--depends-on", "02ab", "--parent", "03ab", "--link", "discovered-from:01ab",
        "--due", "7d", "--defer", "tomorrow", "--estimate", "2h30m", "--context", "k=v=w", "--field", "n=3",
        "--field", "s=three", "--json",
    )  # fmt: skip
    assert result.status == 0, result.out
    issue = result.data
    assert {name: issue[name] for name in ("title", "description", "state", "priority", "assignee")} == {
        "title": "New",
        "description": "Text",
        "state": "backlog",
        "priority": "critical",
        "assignee": "human:ada-lovelace",
    }
    assert issue["labels"] == ["a:b", "c:d", "epic:E", "milestone:v1", "type:bug"]
    assert issue["dependencies"] == [WALL]
    assert {(link["type"], link["target"][:4]) for link in issue["links"]} == {
        ("parent", "03ab"),
        ("discovered-from", "01ab"),
    }
    assert (issue["due"], issue["defer_until"], issue["estimate"]) == ("2026-11-28", "2026-11-22", 150)
    assert (issue["context"], issue["fields"]) == ({"k": "v=w"}, {"n": 3, "s": "three"})


def test_a_dry_run_creates_nothing(jit: Console) -> None:
    assert jit("create", "x", "--dry-run") == (0, "", "would create 'x' in state 'ready'\n")
    assert jit.ok("query", "all") == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "title_missing"),
        ([""], "title_missing"),
        (["a", "--title", "b"], "usage"),
        (["a", "-d", "b", "-F", "c"], "usage"),
        (["a", "-F", "/does/not/exist"], "file_unreadable"),
        (["a", "-p", "urgentest"], "usage"),
        (["a", "-s", "opened"], "usage"),
        (["a", "-a", "Some One"], "bad_actor"),
        (["a", "--due", "someday"], "invalid_value"),
        (["a", "--estimate", "long"], "invalid_value"),
        (["a", "--estimate", "h"], "invalid_value"),
        (["a", "--context", "k"], "usage"),
        (["a", "-e"], "no_terminal"),
        (["a", "--depends-on", "ffff"], "issue_not_found"),
    ],
)  # fmt: skip
def test_what_cannot_be_created(jit: Console, words: list[str], code: str) -> None:
    assert jit("create", *words, "--json").error["code"] == code
    assert jit.ok("query", "all") == ""


def test_the_description_comes_from_a_file_or_standard_input(jit: Console, tmp_path: Path) -> None:
    (tmp_path / "body.md").write_bytes("\ufeffGrün\r\nzwei\n".encode())
    jit.created("a", "-F", str(tmp_path / "body.md"))
    jit.ok("create", "b", "--body-file", "-", stdin=b"from a pipe\n")
    assert jit("show", "01ab", "--json").data["description"].rstrip("\n") == "Grün\nzwei"
    assert jit("show", "02ab", "--json").data["description"].rstrip("\n") == "from a pipe"


def test_empty_input_erases_nothing(house: Console) -> None:
    result = house("update", "02ab", "--body-file", "-", stdin=b" \n")
    assert result == (
        129,
        "",
        "error: nothing came from standard input\nhint: to empty a text say --description=''\n",
    )
    assert house("show", "02ab", "--json").data["description"] == "Two coats.\nOf *paint*."
    house.ok("update", "02ab", "--description=")
    assert house("show", "02ab", "--json").data["description"] == ""


def test_a_text_beyond_the_limit_names_it(jit: Console) -> None:
    assert jit("create", "x", "-F", "-", stdin=b"x" * (1 << 20)).status == 0
    result = jit("create", "x", "-F", "-", "--json", stdin=b"x" * ((1 << 20) + 1))
    assert (result.status, result.error["code"]) == (129, "text_too_large")


def test_create_in_the_editor(jit: Console) -> None:
    jit.terminal = True
    jit.git.changes = lambda page: "# Title\n\n## Part\n\nText\n" + page
    assert jit("create", "-e").out == "01abcde\n"
    made = jit("show", "01ab", "--json").data
    assert (made["title"], made["description"]) == ("Title", "## Part\n\nText")
    assert "# ------------------------ >8 ------------------------" in jit.git.offered[0]


def test_an_emptied_editor_creates_nothing(jit: Console) -> None:
    jit.terminal = True
    jit.git.changes = lambda page: "\n" + page[page.index("# ---") :]
    result = jit("create", "x", "-e")
    assert (result.status, result.err) == (
        129,
        "error: the text is empty, nothing was done\nhint: write something above the scissors line\n",
    )
    assert jit("query", "all", "--json").data == []


def test_update_says_what_it_changed(house: Console) -> None:
    result = house(
        "update", "01ab", "-p", "low", "--add-label", "a:b", "--remove-label", "part:door", "-a", "none", "-t", "T"
    )
    assert result == (
        0,
        "01abcde\tassignee: agent:worker-1 → none; labels: +a:b -part:door; priority: high → low; title: Repair the door → T\n",
        "",
    )


def test_updating_to_the_same_changes_nothing(house: Console) -> None:
    assert house("update", "01ab", "-p", "high") == (0, "", "01abcde: nothing to change\n")


def test_several_issues_are_changed_at_once_and_the_rest_goes_through(house: Console) -> None:
    result = house("update", "01ab", "02ab", "--state", "ready", "-p", "low")
    assert result.status == 1
    assert result.out == "01abcde\tpriority: high → low\n"
    assert result.err.startswith("error: '02abcde' ")


def test_an_update_in_json(house: Console) -> None:
    answer = json.loads(house.ok("update", "01ab", "--state", "done", "--json"))
    assert answer["warnings"] == ["'02abcde' can be worked on now"]
    commit = answer["data"].pop("commit")
    assert len(commit) == 40
    assert answer["data"] == {
        "outcomes": [
            {
                "id": DOOR,
                "changed": True,
                "changes": {
                    "closed_at": {"old": None, "new": "2026-11-21T09:00:05.000000Z"},
                    "state": {"old": "ready", "new": "done"},
                },
                "error": None,
                "issue": {
                    "id": DOOR,
                    "title": "Repair the door",
                    "state": "done",
                    "priority": "high",
                    "assignee": "agent:worker-1",
                    "labels": ["part:door"],
                },
            }
        ],
        "consequences": [
            {
                "id": WALL,
                "changed": True,
                "changes": {"state": {"old": "backlog", "new": "ready"}},
                "error": None,
                "issue": {
                    "id": WALL,
                    "title": "Paint the wall",
                    "state": "ready",
                    "priority": "normal",
                    "assignee": None,
                    "labels": [],
                },
            }
        ],
        "dry_run": False,
    }


def test_a_version_that_moved_on_is_refused(house: Console) -> None:
    version = house("show", "01ab", "--json").data["version"]
    house.ok("update", "01ab", "-p", "low", "--if-version", version)
    result = house("close", "01ab", "--if-version", version, "--json")
    assert (result.status, result.error["code"], result.error["retryable"]) == (6, "version_conflict", False)


def test_closing_a_blocked_issue_is_refused(house: Console) -> None:
    result = house("close", "02ab", "--json")
    assert (result.status, result.error["code"], result.error["details"]["blockers"]) == (4, "blocked", [DOOR])


def test_closing_reopening_rejecting_archiving(house: Console) -> None:
    assert house("close", "01ab", "--reason", "fixed") == (
        0,
        "01abcde\tclose_reason: none → fixed; state: ready → done\n",
        "note: '02abcde' can be worked on now\n",
    )
    assert house("reopen", "01ab").out == "01abcde\tclose_reason: fixed → none; state: done → ready\n"
    assert house("issue", "reject", "01ab", "--json").error["code"] == "reason_required"
    assert house("issue", "reject", "01ab", "--reason", "no").out == (
        "01abcde\tclose_reason: none → no; state: ready → rejected\n"
    )
    assert house("issue", "archive", "01ab").out == "01abcde\tstate: rejected → archived\n"


def test_assigning(house: Console) -> None:
    assert house("issue", "assign", "02ab", "--to", "bob").out == "02abcde\tassignee: none → human:bob\n"
    assert house("issue", "unassign", "02ab").out == "02abcde\tassignee: human:bob → none\n"
    assert house("issue", "assign", "02ab", "--to", "none").status == 129


def test_deleting_and_restoring(house: Console) -> None:
    assert house("issue", "delete", "01ab", "--json").error["code"] == "has_dependents"
    assert house("issue", "rm", "02ab", "--dry-run") == (0, "02abcde\twould be deleted\n", "")
    assert house("issue", "delete", "02ab") == (0, "02abcde\tdeleted\n", "")
    assert house("show", "02ab") == (3, "", "error: no issue '02ab'\nhint: 'git jit query all' lists every issue\n")
    assert house("issue", "restore", "02ab").status == 0
    assert house("show", "02ab", "--json").data["title"] == "Paint the wall"


def test_editing(house: Console) -> None:
    house.terminal = True
    house.git.changes = lambda page: page.replace("Paint the wall", "Paint it")
    assert house("edit", "02ab").out == "02abcde\ttitle: Paint the wall → Paint it\n"
    house.git.changes = str
    assert house("edit", "02ab") == (0, "", "nothing was changed\n")
    assert house.git.kept == []


def test_a_text_that_cannot_be_used_is_kept(house: Console) -> None:
    house.terminal = True
    kept = f"hint: your text is kept in '{DRAFT}'\n"
    house.git.changes = lambda page: page.replace("priority: normal", "priority: hihg")
    assert house("edit", "02ab").err.endswith(f"hint: nothing was changed\n{kept}")
    house.git.changes = lambda page: page.replace("Paint", "Pa\udcffint")
    assert house("edit", "02ab").err == (
        f"error: line 2 of the text is not valid UTF-8\nhint: convert it to UTF-8\n{kept}"
    )
    house.git.changes = lambda page: "x" * 201 + page
    assert house("create", "-e").err.endswith(kept)
    assert house("comment", "ffff", "-e").err.endswith(kept)
    house.git.changes = lambda page: (house.ok("update", "02ab", "-p", "low"), page.replace("Paint", "Draw"))[1]
    assert house("edit", "02ab").err.endswith(f"shows it as it is now\n{kept}")
    assert house.git.kept == [DRAFT] * 5


def test_scissors_in_a_description_cut_nothing(house: Console) -> None:
    house.terminal = True
    house.ok("update", "02ab", "-d", f"one\n{SCISSORS}\ntwo")
    house.git.changes = lambda page: page.replace("one", "1")
    house.ok("edit", "02ab")
    assert house("show", "02ab", "--json").data["description"] == f"1\n{SCISSORS}\ntwo"


def test_comments(house: Console) -> None:
    first = house.ok("comment", "01ab", "one").strip()
    assert len(first) == 26
    house.ok("comment", "01ab", "--body-file", "-", stdin=b"two\n")
    assert house("comment", "01ab", "--replace", first, "One").status == 0
    said = house("show", "01ab", "--json").data["comments"]
    assert [comment["body"].strip() for comment in said] == ["One", "two"]
    assert house("comment", "01ab", "--redact", first, "--reason", "secret").status == 0
    assert house("show", "01ab", "--json").data["comments"][0]["redacted"] is True
    assert house("comment", "01ab", "--json").error["code"] == "empty_text"


def test_show_in_a_pipe(house: Console) -> None:
    house.ok(
        "update", "02ab", "--link", "relates-to:03ab", "--context", "k=v", "--estimate", "90", "--due", "2026-12-01"
    )
    said = house.ok("comment", "02ab", "Blue?").strip()
    assert house.ok("show", "02ab") == (
        "title:\tPaint the wall\n"
        "id:\t02abcde\n"
        "state:\tbacklog (blocked)\n"
        "priority:\tnormal\n"
        "depends on:\t01abcde (ready)\n"
        "links:\trelates-to 03abcde\n"
        "due:\t2026-12-01\n"
        "estimate:\t90 min\n"
        'context:\t{"k":"v"}\n'
        "created:\t2026-11-21T09:00:02.000000Z by human:ada-lovelace\n"
        "--\n"
        "Two coats.\nOf *paint*.\n"
        "--\n"
        f"comment {said} by human:ada-lovelace at 2026-11-21T09:00:06.000000Z\n"
        "Blue?\n"
    )


def test_show_several(house: Console) -> None:
    assert house.ok("view", "01ab", "03ab").count("title:\t") == 2
    assert [issue["id"][:2] for issue in house("show", "01ab", "03ab", "--json").data] == ["01", "03"]
    assert house("show", "01ab", "--json").data["id"] == DOOR


def test_show_as_it_was(house: Console) -> None:
    before = house("status", "--json").data["base"]
    house.ok("update", "01ab", "-t", "Later")
    assert house("show", "01ab", "--at", before, "--json").data["title"] == "Repair the door"


@pytest.mark.parametrize(
    ("id", "status", "err"),
    [
        ("01", 3, "error: '01' is too short for an issue id\nhint: give at least 4 digits\n"),
        ("zzzz", 3, "error: 'zzzz' is not an issue id\nhint: ids are hexadecimal; 'git jit list' shows them\n"),
        ("ffff", 3, "error: no issue 'ffff'\nhint: 'git jit query all' lists every issue\n"),
    ],
)
def test_ids_that_name_nothing(house: Console, id: str, status: int, err: str) -> None:
    assert house("show", id) == (status, "", err)


def test_dependencies(house: Console) -> None:
    assert house("dep", "add", "01ab", "--on", "02ab", "--json").status == 5
    assert house("dep", "add", "03ab", "--on", "01ab").out.startswith("03abcde\tdependencies: +")
    assert (
        house("dep", "tree", "02ab").out
        == "02abcde [backlog] Paint the wall (blocked)\n  01abcde [ready] Repair the door\n"
    )
    assert house("dep", "tree", "01ab", "--reverse", "--depth", "0").out == "01abcde [ready] Repair the door (…)\n"
    assert house("dep", "why", "02ab").out == (
        "02abcde [backlog] Paint the wall\n"
        "waits for 01abcde [ready] Repair the door\n"
        "do first  01abcde [ready] Repair the door\n"
    )
    assert house("dep", "rm", "02ab", "01ab").status == 0
    nothing = house("dep", "add", "02ab")
    assert (nothing.status, nothing.err) == (
        129,
        "error: '02ab' shall wait for what?\nhint: name it: 'git jit dep add ID BLOCKER'\n",
    )
    assert house("dep", "why", "02ab").out == "02abcde [ready] Paint the wall\nis not blocked\n"


def test_labels(house: Console) -> None:
    assert house("label", "add", "02ab", "03ab", "-l", "part:wall").status == 0
    assert house("label", "values").out == "part:door\t1\npart:wall\t2\n"
    assert house("label", "values", "part:*", "--json").data == [
        {"label": "part:door", "issues": 1},
        {"label": "part:wall", "issues": 2},
    ]
    assert house("label", "values", "none").status == 3
    assert house("label", "list").out == "part\t3\t\t\n"
    assert house("label", "rename", "part:*", "area:*", "--dry-run").out.count("\n") == 3
    assert house("label", "rename", "part:*", "area:*").status == 0
    assert house("label", "rm", "02ab", "-l", "area:wall").out == "02abcde\tlabels: -area:wall\n"


def test_bulk_update(house: Console) -> None:
    result = house("issue", "bulk-update", "--filter", "is:open", "-p", "low", "--state", "ready")
    assert result.status == 1
    assert result.out == "01abcde\tpriority: high → low\n"
    assert result.err.splitlines()[-1] == "2 matched, 1 changed, 0 unchanged, 1 refused"


def test_bulk_update_in_json_is_what_the_interface_says(house: Console) -> None:
    result = house("issue", "bulk-update", "--filter", "is:open", "-p", "high", "--json", "--dry-run")
    assert result.status == 0
    data = result.data
    assert (data["operation"], data["filter"], data["dry_run"]) == ("bulk-update", "is:open", True)
    assert (data["matched"], data["modified"], data["skipped"], data["errors"]) == (2, 1, 1, [])
    assert data["issue_ids"] == [WALL]
    assert data["changes"] == {"priority": "high"}


def test_bulk_without_a_filter_needs_all(house: Console) -> None:
    assert house("issue", "bulk-update", "-p", "low", "--json").error["code"] == "filter_required"
    assert house("issue", "bulk-update", "--all", "-p", "low").status == 0
    assert house("issue", "bulk-update", "--all").status == 129


def test_bulk_delete_wants_the_number_named(house: Console) -> None:
    refused = house("issue", "bulk-delete", "--filter", "is:open")
    assert refused == (
        4,
        "",
        (
            "error: 2 issues meet the filter, and no number was named\n"
            "hint: look at them with --dry-run, then name their number with --expect\n"
        ),
    )
    assert house("issue", "bulk-delete", "--filter", "is:open", "--expect", "3").status == 4
    planned = house("issue", "bulk-delete", "--filter", "is:open", "--dry-run")
    assert planned.out == "02abcde\twould be deleted\n01abcde\twould be deleted\n"
    done = house("issue", "bulk-delete", "--filter", "is:open", "--expect", "2")
    assert (done.status, done.out) == (0, "02abcde\tdeleted\n01abcde\tdeleted\n")
    assert house.ok("list") == ""


def test_create_many(jit: Console) -> None:
    plan = json.dumps(
        {"plan": "p", "issues": [{"key": "a", "title": "A"}, {"key": "b", "title": "B", "depends_on": ["a"]}]}
    ).encode()
    assert jit("issue", "create-many", "-n", stdin=plan) == (
        0,
        "a\t-\tready\tA\nb\t-\tbacklog\tB\t(needs: a)\n",
        "would create 2 issues and change 0\n",
    )
    assert jit("issue", "create-many", stdin=plan) == (
        0,
        "a\t03abcde\tready\tA\nb\t04abcde\tbacklog\tB\t(needs: a)\n",
        "",
    )
    assert jit("issue", "create-many", "-", stdin=plan) == (0, "", "2 of the plan exist already\n")
    assert jit("issue", "create-many", "--json", stdin=b"{").error["code"] == "plan_invalid"


def test_config(jit: Console) -> None:
    assert jit("config", "get", "stale_days") == (0, "14\n", "")
    assert jit("config", "set", "stale_days", "30") == (0, "stale_days\t14 → 30\n", "")
    assert jit("config", "get", "stale_days", "--json").data == 30
    assert jit("config", "set", "closed_namespaces", "yes", "-n").out == "closed_namespaces\tno → yes\n"
    assert jit("config", "get", "closed_namespaces").out == "no\n"
    assert jit("config", "set", "namespaces.part.unique", "true").out == "namespaces.part.unique\tnone → yes\n"
    assert jit("config", "unset", "stale_days").out == "stale_days\t30 → 14\n"
    assert jit("config", "set", "stale", "3").status == 4


def test_status(house: Console) -> None:
    result = house("status", "--json")
    assert result.data["states"]["ready"] == 1
    assert result.data["flags"] == {"ready": 1, "blocked": 1, "overdue": 0, "broken": 0}
    base = result.data["base"][:10]
    assert house.ok("status") == (f"3 issues at {base}\nbacklog\t1\nready\t1\ndone\t1\nis:ready\t1\nis:blocked\t1\n")


def test_init_says_what_comes_next() -> None:
    console = Console()
    result = console("init")
    assert (result.status, result.err) == (
        0,
        "hint: create the first issue with: git jit create 'What is to be done'\n",
    )
    assert console("init", "--template", "nothing", "--json").error["code"] == "unknown_template"


def test_the_code_is_looked_at_only_where_gates_are(house: Console) -> None:
    house.ok("close", "01ab")
    house.ok("update", "02ab", "--state", "done")
    assert house.git.asked_for_tree == 0


def test_the_code_is_looked_at_once_however_many_issues_have_gates(house: Console) -> None:
    house.ok("gate", "define", "tests")
    ids = [house.ok("create", f"Gated {n}", "--gate", "tests").strip() for n in range(3)]
    for words in (["close", *ids], ["issue", "bulk-update", "--filter", "gate:tests", "--state", "done"]):
        house.git.asked_for_tree = 0
        house(*words)
        assert house.git.asked_for_tree == 1, words
    for one in ids:
        house.ok("gate", "fail", one, "tests", "--reason", "no")
    house.git.asked_for_tree = 0
    house.ok("show", *ids)
    assert house.git.asked_for_tree == 1


def test_a_version_must_look_like_one(house: Console) -> None:
    for words in ("update 02ab -p low", "close 02ab", "label add 02ab a:b", "dep rm 02ab 01ab"):
        result = house(*words.split(), "--if-version", "v1")
        assert (result.status, result.err.splitlines()[0]) == (
            129,
            "error: 'v1' is not a version",
        )


@pytest.mark.parametrize(
    "words", ["01ab 02ab -l a:b,c:d", "01ab 02ab a:b c:d", "01ab 02ab a:b,c:d", "01ab a:b 02ab -l c:d"]
)
def test_labels_may_stand_behind_the_ids(words: str, house: Console) -> None:
    out = "01abcde\tlabels: +a:b +c:d\n02abcde\tlabels: +a:b +c:d\n"
    assert house("label", "add", *words.split()).out == out
    assert house("label", "rm", *words.split()).out == out.replace("+", "-")


@pytest.mark.parametrize(("words", "missing"), [("01ab", "a label"), ("a:b", "an id")])
def test_a_label_and_an_id_are_needed(words: str, missing: str, house: Console) -> None:
    result = house("label", "add", *words.split())
    assert (result.status, result.err.splitlines()[0]) == (
        129,
        f"error: {missing} is missing",
    )


def test_renaming_a_label_that_is_nowhere_says_so(house: Console) -> None:
    assert house("label", "rename", "no:such", "other:name") == (0, "", "no issue has a label 'no:such'\n")


def test_a_filter_that_matches_nothing_says_so(house: Console) -> None:
    result = house("issue", "bulk-update", "--filter", "label:no:such", "-p", "low")
    assert result == (0, "", "no issue meets the filter\n")


def test_changes_are_told_as_they_were_asked_for(house: Console) -> None:
    words = ("--milestone", "1.0", "--epic", "none", "--add-label", "a:b", "--due", "2026-12-24", "--json")
    changes = house("issue", "bulk-update", "--filter", "is:open", *words).data["changes"]
    assert changes == {"add_labels": ["a:b"], "due": "2026-12-24", "epic": None, "milestone": "1.0"}


def test_the_number_to_delete_must_be_named(house: Console) -> None:
    def said(*words: str) -> str:
        return house("issue", "bulk-delete", "--filter", *words).err.splitlines()[0]

    assert said("is:closed") == "error: 1 issue meets the filter, and no number was named"
    assert said("is:open", "--expect", "3") == "error: 2 issues meet the filter, not 3"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("queries.mine", "is:opne", "query_syntax"),
        ("queries.mine", "(a OR", "query_syntax"),
        ("fields", '{"$ref": "https://example.org"}', "config_invalid"),
        ("fields", '{"type": 3}', "config_invalid"),
    ],
)
def test_rules_that_later_commands_would_stumble_over_are_refused(
    key: str, value: str, code: str, house: Console
) -> None:
    assert house("config", "set", key, value, "--json").error["code"] == code


def test_a_saved_query_may_name_another_and_me(house: Console) -> None:
    house.ok("config", "set", "queries.mine", "assignee:me is:open")
    house.ok("config", "set", "queries.urgent", "priority:>=high depends-on:01ab")
    assert house("query", "saved", "urgent").status == 0


def test_a_plan_may_be_as_large_as_can_be_read(jit: Console) -> None:
    jit.ids = (f"{number:032x}" for number in count(1))
    issues = [{"key": f"k{number}", "title": "x" * 190} for number in range(6000)]
    plan = json.dumps({"issues": issues}).encode()
    assert len(plan) > 1 << 20
    assert jit("issue", "create-many", "-", "--dry-run", "--json", stdin=plan).status == 0
    assert jit("issue", "create-many", "-", stdin=b" " * (2 << 20) + plan).err == (
        "error: standard input is larger than 2097152 bytes\nhint: make two plans of it\n"
    )


def test_what_waits_in_a_circle_says_so(house: Console) -> None:
    with house.store.view() as view:
        door, base = view.issue(IssueId(f"01abcdef{'0' * 24}")), view.base
    assert door is not None
    knot = replace(door, dependencies=(IssueId(f"02abcdef{'0' * 24}"),))
    message = Message(op="x", subject="by hand", actor=Actor("human:x"), request="x", at=door.created_at)
    house.store.commit(Plan(issues={door.id: knot}), base=base, message=message)
    assert house.ok("dep", "why", "02ab") == (
        "02abcde [backlog] Paint the wall\nwaits in a circle: 02abcde -> 01abcde -> 02abcde\n"
    )
