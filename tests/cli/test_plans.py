"""`issue create-many` and `template`, as they are typed and what they print."""

import json
from pathlib import Path

import pytest

from git_jit.model import Actor, Message, Timestamp
from git_jit.record import replace
from git_jit.view import Plan
from tests.cli.console import Console
from tests.program import Repo

NOW = Timestamp("2026-11-21T09:00:00.000000Z")
OUTLINE = b"""\
---
plan: wall
---
# The wall #wall (needs: paint)
- [ ] Brush #brush !high
- [ ] Paint #paint (needs: brush, 02ab)
  Two coats.
"""


def test_an_outline_is_tried_then_made_then_left(house: Console) -> None:
    tried = house("issue", "create-many", "-n", stdin=OUTLINE)
    made = house("issue", "create-many", "-", stdin=OUTLINE)
    assert tried == (
        0,
        (
            "wall\t-\tbacklog\tThe wall\t(needs: paint)\n"
            "brush\t-\tready\tBrush\t!high (parent: wall)\n"
            "paint\t-\tbacklog\tPaint\t(needs: 02abcde, brush) (parent: wall) (description)\n"
        ),
        "would create 3 issues and change 0\n",
    )
    ids = ("07abcde", "08abcde", "09abcde")
    lines = tried.out.splitlines(keepends=True)
    assert made == (0, "".join(line.replace("\t-\t", f"\t{id}\t", 1) for line, id in zip(lines, ids, strict=True)), "")
    assert house("issue", "create-many", stdin=OUTLINE) == (0, "", "3 of the plan exist already\n")


def test_json_is_the_same_tried_and_made_but_for_ids(house: Console) -> None:
    tried = house("issue", "create-many", "-n", "--json", stdin=OUTLINE).data
    made = house("issue", "create-many", "--json", stdin=OUTLINE).data
    assert tried["created"] == {"wall": None, "brush": None, "paint": None}
    assert [id[:4] for id in made["created"].values()] == ["07ab", "08ab", "09ab"]
    assert [line["id"] for line in made["diff"]] == list(made["created"].values())
    differing = {"created", "commit", "dry_run", "diff"}
    assert {k: v for k, v in tried.items() if k not in differing} == {
        k: v for k, v in made.items() if k not in differing
    }
    assert tried["diff"] == [{**line, "id": None} for line in made["diff"]]
    assert made["diff"][2] == {
        "key": "paint", "id": made["created"]["paint"], "title": "Paint", "state": "backlog",
        "changes": {
            "dependencies": {"old": None, "new": ["02abcdef" + "0" * 24, "brush"]},
            "description": {"old": None, "new": "Two coats."},
            "links": {"old": None, "new": [{"target": "wall", "type": "parent"}]},
            "priority": {"old": None, "new": "normal"},
            "state": {"old": None, "new": "backlog"},
            "title": {"old": None, "new": "Paint"},
        },
    }  # fmt: skip


def test_a_plan_in_the_other_form(jit: Console) -> None:
    before = jit.ok("log")
    printed = jit.ok("issue", "create-many", "--print", "json", stdin=OUTLINE)
    assert json.loads(printed)["issues"][2]["depends_on"] == ["brush", "02ab"]
    again = jit.ok("issue", "create-many", "--print", "outline", "--key", "roof", stdin=printed.encode())
    assert again == OUTLINE.decode().replace("plan: wall\n---\n", "plan: roof\n---\n\n").replace(
        " #wall (needs: paint)\n", " #wall (needs: paint)\n\n"
    ).replace(" #brush", "").replace(" #paint", "")
    assert jit("issue", "create-many", "--print", "outline", "--json", stdin=printed.encode()).data["form"] == "outline"
    assert jit.ok("log") == before
    assert jit("issue", "create-many", "--from", "json", stdin=OUTLINE).status == 4
    assert jit("issue", "create-many", "--key", "a/b", stdin=OUTLINE).status == 129


def test_a_key_makes_any_plan_one_that_is_made_once(jit: Console) -> None:
    text = b"- [ ] One\n"
    assert jit("issue", "create-many", "--key", "k", stdin=text).err == ""
    assert jit("issue", "create-many", "--key", "k", stdin=text).err == "1 of the plan exist already\n"
    assert jit("issue", "create-many", "--key", "l", stdin=text).out.startswith("one\t")


@pytest.mark.parametrize(
    "text", [b"- [ ] a\x1b[2Jb\n", b"# x !lo\x1bw\n", b"\x1b]0;x\x07\n", "- [~\u202e] a\n".encode()]
)
def test_nothing_of_a_plan_acts_on_the_screen(jit: Console, text: bytes) -> None:
    done = jit("issue", "create-many", stdin=text)
    shown = done.out + done.err
    assert done.status == 4
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\x07" not in shown


def test_what_is_printed_for_a_screen_is_harmless_and_in_a_pipe_exact(jit: Console) -> None:
    text = b"# x\nred \x1b[31m\n"
    assert jit.ok("issue", "create-many", "--print", "outline", stdin=text) == "- [ ] x\n  red \x1b[31m\n"


def test_templates(house: Console) -> None:
    assert (
        house("template", "list").out.split("\n")[0]
        == "bug\tready-made\tOne step after the other: reproduce, fix, verify"
    )
    assert [one["name"] for one in house("template", "ls", "--json").data] == ["bug", "epic", "release"]
    house.ok(
        "config", "set", "templates.bug", '{"parameters": {"x": {}}, "issues": [{"title": "Own {x}", "each": null}]}'
    )
    assert house.ok("template", "list").split("\n")[0] == "bug\town\t"
    assert house.ok("template", "show", "bug") == "bug\n\n--set x=…\tneeded\n\nown-x\tOwn {x}\n"
    assert house("template", "apply", "bug", "--set", "x=1").out == "own-1\t05abcde\tready\tOwn 1\n"
    refused = house("template", "apply", "bug", "01ab", "--set", "x=1", "--json")
    assert refused.error["code"] == "template_not_applicable"
    assert house("template", "show", "bug", "--json").data["own"] is True


def test_a_template_is_for_issues_of_its_types(house: Console) -> None:
    template = {"container": "a", "applies_to": ["bug", "task"], "issues": [{"key": "a", "title": "A"}, {"title": "B"}]}
    house.ok("config", "set", "templates.t", json.dumps(template))
    refused = house("template", "apply", "t", "02ab")
    assert refused.err.split("\n")[0] == "error: the template 't' is for bug and task, and '02abcde' is of no type"
    house.ok("label", "add", "02ab", "type:task")
    assert house("template", "apply", "t", "02ab").status == 0


def test_a_template_that_cannot_be_used_hides_no_other(house: Console) -> None:
    """As a merge, or a newer git jit, may bring it; nobody can set one here."""
    assert house("config", "set", "templates.t", "null").err.startswith("error: 'templates.t' must be an object\n")
    with house.store.view() as view:
        rules = replace(view.config, templates={"release": {"issues": [{"title": "{what}"}]}, "t": None})
        message = Message(op="config", subject="x", actor=Actor("human:x"), request="r", at=NOW)
        house.store.commit(Plan(config=rules), base=view.base, message=message)
    listed = house("template", "list")
    assert [line.split("\t")[0] for line in listed.out.splitlines()] == ["bug", "epic"]
    assert [line[: len("note: cannot be used: 'templates.t'")] for line in listed.err.splitlines()] == [
        "note: cannot be used: 'templates.re",
        "note: cannot be used: 'templates.t'",
    ]
    assert json.loads(house("template", "list", "--json").out)["warnings"] == [
        line.removeprefix("note: ") for line in listed.err.splitlines()
    ]
    assert house("template", "apply", "epic", "--set", "title=x", "--set", "task=y").status == 0
    assert house("template", "apply", "t").status == 4


def test_a_template_around_an_issue_is_made_once(house: Console) -> None:
    tried = house("template", "apply", "epic", "02ab", "--set", "task=One", "-n")
    made = house("template", "apply", "epic", "02ab", "--set", "task=One")
    assert (tried.status, made.status) == (0, 0)
    assert (
        tried.out.splitlines()[-1]
        == made.out.splitlines()[-1]
        == ("-\t02abcde\tbacklog\tPaint the wall\tdependencies: +review -01abcde")
    )
    assert house("template", "apply", "epic", "02ab", "--set", "task=One") == (0, "", "3 of the plan exist already\n")
    kept = house("template", "apply", "epic", "01ab", "--no-take-over", "-n").out
    assert kept.splitlines()[0].split("\t")[2:4] == ["ready", "Plan: Repair the door"]


def test_a_template_that_speaks_of_its_own_issue_is_the_same_the_second_time(jit: Console) -> None:
    issues = '[{"key": "a", "title": "{x}"}, {"title": "B", "description": "For {container.short_id}.", "parent": "a"}]'
    jit.ok("config", "set", "templates.t", f'{{"parameters": {{"x": {{}}}}, "container": "a", "issues": {issues}}}')
    made = jit("template", "apply", "t", "--set", "x=A", "--key", "k")
    id = made.out.split("\t")[1]
    assert jit("show", made.out.split("\n")[1].split("\t")[1], "--json").data["description"] == f"For {id}."
    assert jit("template", "apply", "t", "--set", "x=A", "--key", "k") == (0, "", "2 of the plan exist already\n")


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (["nope"], 3, "error: no template 'nope'\nhint: templates are bug, epic, release\n"),
        (["epic"], 129, "error: the template 'epic' needs 'title'\nhint: add --set title='…'\n"),
        (["epic", "--set", "x"], 129, "error: --set needs name=value, not 'x'\nhint: write --set 'x=…'\n"),
        (["bug", "ffff"], 3, "error: no issue 'ffff'\nhint: 'git jit query all' lists every issue\n"),
        (["bug", "--set", "title=a\nb"], 4, None),
    ],
)
def test_templates_that_cannot_be_applied(house: Console, words: list[str], status: int, error: str | None) -> None:
    done = house("template", "apply", *words)
    assert done.status == status
    assert error in {None, done.err}


def test_processes_that_run_one_plan_at_once_create_it_once(repo: Repo, tmp_path: Path) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text("---\nplan: p\n---\n" + "".join(f"- [ ] Task {n}\n" for n in range(20)))
    running = [repo.start("issue", "create-many", str(plan), "--json") for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=60)[0])["data"] for process in running]
    assert sorted(len(answer["created"]) for answer in answers) == [0, 0, 0, 20]
    assert len(repo.works("query", "all", "-f", "title:Task", "--json").data) == 20
