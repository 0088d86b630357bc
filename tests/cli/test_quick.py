"""Reading without click gives what click would give, or gives way to it."""

import shlex
from collections.abc import Sequence

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.cli.clicked import Verb
from git_jit.cli.command import Command, load
from git_jit.cli.parameters import Argument, Option, flag, number, text
from git_jit.cli.quick import parse
from git_jit.cli.table import NOUNS, TOP, find
from tests.cli.console import Console

HOT = (
    "list", "ready", "blocked", "search", "show", "status", "create", "update", "close", "comment", "label add",
    "issue assign", "issue bulk-update", "issue bulk-delete",
)  # fmt: skip
HOT_QUERIES = tuple(f"query {name}" for name in NOUNS["query"].entries)

EVERYTHING = Command(
    name="everything",
    help="Has each kind of parameter.",
    examples=(),
    parameters=(
        flag("--json", "As JSON.", short="-j"),
        flag("-z", "With NUL.", dest="nul"),
        flag("--closed", "Closed ones.", off="--no-closed"),
        text("--filter", "-f", metavar="EXPR", help="A filter."),
        text("--template", metavar="NAME", default="default", help="With a default."),
        text("--label", "-l", metavar="L", many=True, help="Several."),
        number("--limit", "-L", help="A number."),
        number("--depth", least=1, default=7, help="A number above 0."),
        Option(
            names=("--color",),
            dest="color",
            help="A choice.",
            kind="choice",
            choices=("always", "never"),
            bare="always",
        ),
        Option(
            names=("--state",),
            dest="state",
            help="A word, typed forgivingly.",
            kind="word",
            noun="state",
            choices=("always", "almost", "in_progress"),
            synonyms={"3": "always"},
        ),
        Option(names=("--by", "-b"), dest="by", help="A choice that needs a word.", kind="choice", choices=("a", "b")),
        Argument(dest="first", required=False),
        Argument(dest="others", many=True, required=False),
    ),
    function=print,
)


def loaded(path: str) -> Command:
    entry, _ = find(path.split())
    assert entry is not None
    return load(entry)


COMMANDS = [*(loaded(path) for path in (*HOT, *HOT_QUERIES)), EVERYTHING]


def by_click(command: Command, words: Sequence[str]) -> dict[str, object] | None:
    """What click makes of the words; None when it complains or shows help."""
    app = Console().app_for_parsing()
    try:
        return Verb(command).make_context(command.name, list(words), obj=app).params
    except (click.ClickException, click.exceptions.Exit):
        return None


def chain_of(pieces: list[list[str]]) -> list[str]:
    return [word for piece in pieces for word in piece]


NAMES = sorted({name for one in EVERYTHING.parameters if isinstance(one, Option) for name in one.every_name})
VALUES = st.sampled_from(
    ["", "3", "0", "-1", "+3", " 3", "1_0", "٣", "²", "9" * 5000, "a", "b", "always", "auto", "AL", "alm", "In-Progress", "x=y", "=", ">=high", "-", "-a", "--"]
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from([*NAMES, "-h", "--help", "--lim", "--color=", "--nothing", "-x", "---", "--=", "-zj", "-zL3"]),
    st.builds("{}={}".format, st.sampled_from(NAMES), VALUES),
    st.builds("{}{}".format, st.sampled_from([name for name in NAMES if len(name) == 2]), VALUES),
    VALUES,
    st.text(max_size=4),
)


PLAIN = [
    "--state=alw",
    "--state 3",
    "--json",
    "-z",
    "--limit 3",
    "-L0",
    "--filter=a",
    "-f b",
    "-l c",
    "--label -d",
    "--color=never",
    "word",
    "--",
]
LINES = st.lists(st.one_of(st.sampled_from(PLAIN).map(str.split), WORDS.map(lambda word: [word])), max_size=6)


@given(st.sampled_from(COMMANDS), st.one_of(LINES, st.lists(st.sampled_from(PLAIN).map(str.split))).map(chain_of))
def test_what_is_read_is_what_click_reads(command: Command, words: Sequence[str]) -> None:
    quick = parse(command.parameters, words)
    assert quick is None or quick == by_click(command, words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "one two three",
        "--json -z --closed -L3 -f is:open -l a --label=b --depth 2 --color=never -bb one",
        "--closed --no-closed --filter= --limit 0",
        "one -- --json -z",
        "--color always one",
        "--filter -x --filter --json -",
    ],
)
def test_plain_words_are_read(words: str) -> None:
    quick = parse(EVERYTHING.parameters, shlex.split(words))
    assert quick is not None
    assert quick == by_click(EVERYTHING, shlex.split(words))


@pytest.mark.parametrize(
    "words",
    ["-h", "--help", "--filter", "--limit x", "--limit ²", "--limit -1", "--depth 0", "--json=1", "-zj", "--by c", "--state al", "--state=", "--color", "--color -z", "--lim 3"],
)  # fmt: skip
def test_what_is_not_plainly_right_is_left_to_click(words: str) -> None:
    assert parse(EVERYTHING.parameters, words.split()) is None


@pytest.mark.parametrize("path", [*HOT, *HOT_QUERIES])
def test_the_examples_of_hot_commands_are_read(path: str) -> None:
    for example in loaded(path).examples:
        _, words = find(shlex.split(example.partition(" < ")[0])[2:])  # what stands behind it is the shell's
        assert parse(loaded(path).parameters, words) is not None, example


def test_a_command_with_options_that_only_click_knows_is_left_to_it() -> None:
    assert parse((*EVERYTHING.parameters, click.Option(["--other"])), []) is None


def test_too_many_and_too_few_words() -> None:
    assert parse(loaded("show").parameters, []) is None
    assert parse(loaded("list").parameters, ["word"]) is None
    assert parse(loaded("query saved").parameters, ["one", "two"]) is None


def test_find() -> None:
    assert find(["ls", "--json"]) == (TOP["list"], ["--json"])
    assert find(["query", "available", "-z"]) == (NOUNS["query"].entries["ready"], ["-z"])
    assert find(["issue", "list", "show"]) == (TOP["list"], ["show"])
    for nothing in ([], ["query"], ["nothing"], ["--json", "list"], ["query", "--json", "all"]):
        assert find(nothing)[0] is None


def test_a_command_read_without_click_complains_without_it() -> None:
    """Only `clicked` turns click's complaints into ours, so a function that raises them must come through there."""
    import inspect

    entries = [*TOP.values(), *(entry for noun in NOUNS.values() for entry in noun.entries.values())]
    quick = [one for one in map(load, entries) if all(isinstance(p, Option | Argument) for p in one.parameters)]
    assert len(quick) > len(HOT)
    assert [one.name for one in quick if "click." in inspect.getsource(inspect.unwrap(one.function))] == []
