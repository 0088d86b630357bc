"""What every command promises, asked of every command there is."""

import json
import re
from collections.abc import Sequence
from tempfile import mkdtemp

import click
import pytest

from git_jit.cli.clicked import Verb
from git_jit.cli.table import ALIASES, NOUNS, SECTIONS, TOP, Entry
from git_jit.model import Actor, Comment, CommentId, Issue, IssueId, Message, Timestamp
from git_jit.record import replace
from git_jit.view import Plan
from tests.cli.console import Console, Result
from tests.cli.sharing import prepared
from tests.cli.test_sanitize import acting
from tests.cli.tree import PLAN, SAMPLES, commands

COMMANDS = list(commands())
HOSTILE = "x\x1b[31m\x1b]0;owned\x07\x9b2J\u202edlrow\u2028\x7f\t\r\n:bug: [red][/red][/x] end"
STYLE = re.compile(r"\x1b\[[0-9;]*m")

each_command = pytest.mark.parametrize(("path", "entry", "command"), COMMANDS, ids=[path for path, _, _ in COMMANDS])


def run(console: Console, path: str, *more: str) -> Result:
    """The command with the words of its sample."""
    if path == "init":
        console = replace(console, store=Console().store)
    if path.startswith("errors "):
        console.local = mkdtemp()
        for _ in range(3):  # so often, and it is kept
            console("show", "ffff")
    if path == "redo":
        console.ok("undo")
    if path.startswith("claim ") and path != "claim take":
        console("claim", *SAMPLES["claim take"])
    if path == "issue restore":
        console.ok("issue", "delete", "03ab")
    console = prepared(console, path)
    console.environ["GIT_EDITOR"] = "sed"
    console.git.changes = lambda page: page.replace("priority: normal", "priority: high")
    return console(*path.split(), *SAMPLES[path], *more, stdin=PLAN)


def test_every_command_has_a_sample() -> None:
    assert sorted(path for path, _, _ in COMMANDS) == sorted(SAMPLES)


def test_the_overview_names_every_top_name_once() -> None:
    listed = [name for _, names in SECTIONS for name in names]
    assert sorted(listed) == sorted([*NOUNS, *TOP])


def test_aliases_lead_to_commands_and_hide_none() -> None:
    for aliases, names in [(ALIASES, {*TOP, *NOUNS}), *((noun.aliases, set(noun.entries)) for noun in NOUNS.values())]:
        assert set(aliases.values()) <= names
        assert not set(aliases) & names


@each_command
def test_help(path: str, entry: Entry, command: Verb) -> None:
    first = (command.help or "").strip().split("\n\n")[0]
    assert " ".join(first.split()) == entry.help, "the line in the table and the docstring must be the same"
    assert re.match(r"[A-Z][a-z]+ .*\.$", entry.help)
    shown = Console()(*path.split(), "-h")
    assert shown == Console()("help", *path.split())
    assert shown.status == 0
    assert shown.err == ""
    assert entry.help.split()[0] in shown.out
    assert "--json" in shown.out
    assert "Example" in shown.out
    assert all(f"  {example}\n" in shown.out for example in command.examples)
    assert max(map(len, shown.out.splitlines())) <= 100


@each_command
def test_examples_parse(path: str, entry: Entry, command: Verb) -> None:
    """Each example is a command line that click accepts for this very command."""
    import shlex

    names = {path, *(f"{noun} {name}" for noun in NOUNS for name, e in NOUNS[noun].entries.items() if e == entry)}
    names |= {f"{noun} {alias}" for noun in NOUNS for alias, n in NOUNS[noun].aliases.items() if f"{noun} {n}" in names}
    names |= {noun for noun, group in NOUNS.items() if group.default and group.entries[group.default] == entry}
    assert command.examples
    for example in command.examples:
        words = shlex.split(example.split(" | ")[0].split(" < ")[0].split(" > ")[0].split(" >> ")[0])
        assert words[:2] == ["git", "jit"]
        words = words[2:]
        known = next((name for name in sorted(names, reverse=True) if words[: len(name.split())] == name.split()), None)
        assert known, f"{example} is no example of {path}"
        command.make_context(path, words[len(known.split()) :], obj=Console().app_for_parsing())


@each_command
def test_what_need_not_be_said_stands_in_brackets(path: str, entry: Entry, command: Verb) -> None:
    synopsis = command.get_usage(
        command.make_context(path, [], resilient_parsing=True, obj=Console().app_for_parsing())
    )
    words = synopsis.split("[OPTIONS]")[1].replace("...", "").strip()
    optional = [one for one in command.params if isinstance(one, click.Argument) and not one.required]
    needed = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    assert words.count("[") >= len(optional), synopsis
    assert bool(re.sub(r"\[[^]]*\]", "", words).strip()) == bool(needed), synopsis


@each_command
def test_options_have_help_and_are_hyphenated(path: str, entry: Entry, command: Verb) -> None:
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), f"{parameter.name} of {path} has no help"
            assert str(parameter.help).endswith("."), parameter.help
            assert all(re.fullmatch(r"--[a-z][a-z-]*|-[a-zA-Z]", name) for name in parameter.opts)


def test_a_letter_means_the_same_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for _, _, command in COMMANDS:
        for parameter in command.params:
            names = [name for name in parameter.opts if isinstance(parameter, click.Option)]
            for letter in (name for name in names if re.fullmatch("-[a-zA-Z]", name)):
                meanings.setdefault(letter, set()).update(name for name in names if name.startswith("--"))
    several = {letter: names for letter, names in meanings.items() if len(names) > 1}
    body = {"--description", "--desc", "--body"}
    assert several == {"-b": body, "-d": body, "-l": {"--label", "--add-label"}}


@each_command
def test_json_is_one_envelope_and_nothing_else(house: Console, path: str, entry: Entry, command: Verb) -> None:
    result = run(house, path, "--json")
    assert result.err == ""
    answer = json.loads(result.out)
    assert result.status == 0, answer
    assert result.out.count("\n") == 1
    assert list(answer) == ["schema", "ok", "data", "total", "returned", "next", "warnings"]
    assert answer["ok"] is True
    assert answer["returned"] <= answer["total"]


@each_command
def test_without_a_terminal_there_is_no_colour_pager_or_question(
    house: Console, path: str, entry: Entry, command: Verb
) -> None:
    result = run(house, path)
    assert result.status == 0, result.err
    assert "\x1b" not in result.out + result.err
    assert house.git.paged == []


def hostile_house() -> Console:
    """The three issues with text that no honest client would write, as a push could bring it."""
    console = Console()
    console.ok("init", "--template", "minimal")
    at = Timestamp("2026-11-20T09:00:00.000000Z")
    ids = [IssueId(f"{n:02d}abcdef{'0' * 24}") for n in (1, 2, 3)]
    actor = Actor(f"human:{HOSTILE}")
    issues = {
        id: Issue(
            id=id,
            title=f"coats {HOSTILE}",
            created_at=at,
            created_by=actor,
            assignee=actor,
            description=f"# {HOSTILE}\n\n[link](javascript:alert)\n",
            labels=("part:door", f"part:{HOSTILE}"),
            context={"k": HOSTILE, HOSTILE: "v"},
            dependencies=(ids[0],) if id == ids[1] else (),
            close_reason=HOSTILE,
        )
        for id in ids
    }
    ulid = CommentId("01JD0000000000000000000000")
    said = Comment(id=ulid, issue=ids[1], author=actor, created_at=at, body=HOSTILE)
    message = Message(op="import", subject=f"import {HOSTILE!r}", actor=Actor("human:ada-lovelace"), request="r", at=at)
    with console.store.view() as view:
        base = view.base
    console.store.commit(Plan(issues=issues, comments={(ids[1], ulid): said}), base=base, message=message)
    return console


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
@each_command
def test_hostile_text_never_acts_in_a_pipe(path: str, entry: Entry, command: Verb, words: Sequence[str]) -> None:
    result = run(hostile_house(), path, *words)
    assert "Traceback" not in result.err
    assert result.status != 70, result.err
    assert acting(result.out, "\n\t") == []
    assert acting(result.err, "\n") == []


@each_command
def test_hostile_text_never_acts_on_a_terminal(path: str, entry: Entry, command: Verb) -> None:
    console = hostile_house()
    console.terminal = True
    console.git.has_pager = False
    result = run(console, path)
    assert result.status != 70, result.err
    assert acting(STYLE.sub("", result.out), "\n\t") == []
    assert acting(STYLE.sub("", result.err), "\n") == []
    if path in {"list", "show", "search"}:
        assert "[red][/red][/x]" in result.out.replace("\n", "") or "…" in result.out


def test_every_line_of_a_list_is_one_issue_however_hostile() -> None:
    assert hostile_house().ok("query", "all").count("\n") == 3
