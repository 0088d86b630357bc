"""What an outline means, and what is told about one that means nothing."""

from typing import Any

import pytest

from git_jit.model import Date, Document, Link, Priority
from git_jit.plans import (
    DERIVED_KEY,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_PROBLEMS,
    SHOWN_PROBLEMS,
    Entry,
    PlanInvalid,
    WorkPlan,
)
from git_jit.plans.front import KNOWN
from git_jit.plans.outline import parse
from git_jit.workflow import Verb

WHOLE = """\
---
plan: search
labels: area:search
type: task
Assignee: @bo
defer: 2026-12-01
---

# Search type:epic #search

People cannot find

- what they wrote

## Index (due: 2026-12-24)
1. [ ] Design it #design !HIGH @agent:w (estimate: 2h30m)
   Look at others.

   ```md
   # Nothing here is an issue
- [ ] nor here
   ```
2. [ ] Build it (docs: a.md, b/c.md) (gates: tests)
    * [X] Tokenizer
\t+ [ ] Writer (needs: Tokenizer, 3f9c2a1) (relates-to: design) (duplicates: abcd)
\t  > - [ ] criteria
\t  >
\t  >  more
- [ ] Fix \\#12 (see: it) now \\(again: x)

# (issue: 4d5e6f) #old (needs: Build it)
# Rest (blocks: 4d5e6f) (takes-over: old) (parent: 77aa) (state: backlog)
```jit
{"context": {"why": "so"}, "fields": {"points": 3}, "documents": [{"path": "x", "commit": "HEAD"}]}
```

Text of it
"""


def test_everything_that_an_outline_can_say() -> None:
    common: dict[str, Any] = {
        "assignee": "human:bo",
        "defer_until": "2026-12-01",
        "labels": ("area:search", "type:task"),
    }
    code = "```md\n# Nothing here is an issue\n```"
    with pytest.raises(PlanInvalid) as caught:
        parse(WHOLE)
    assert caught.value.message.startswith("line 21, column 1: belongs to no issue")
    assert parse(WHOLE.replace("- [ ] nor here\n", "")) == WorkPlan(
        name="search",
        entries=(
            Entry(
                key="search", title="Search", description="People cannot find\n\n- what they wrote",
                **{**common, "labels": ("area:search", "type:epic")},
            ),
            Entry(key="index", title="Index", due=Date("2026-12-24"), parent="search", **common),
            Entry(
                key="design", title="Design it", parent="index", priority=Priority.HIGH, estimate=150,
                description=f"Look at others.\n\n{code}", **{**common, "assignee": "agent:w"},
            ),
            Entry(
                key="build-it", title="Build it", parent="index", gates=("tests",), depends_on=("design",),
                documents=(Document(path="a.md"), Document(path="b/c.md")), **common,
            ),
            Entry(key="tokenizer", title="Tokenizer", parent="build-it", state=Verb.DONE, **common),
            Entry(
                key="writer", title="Writer", parent="build-it", depends_on=("tokenizer", "3f9c2a1"),
                links=(Link("relates-to", "design"), Link("duplicates", "abcd")),
                description="- [ ] criteria\n\n more", **common,
            ),
            Entry(key="fix-12-see-it-now-again-x", title="Fix #12 (see: it) now (again: x)", parent="index", **common),
            Entry(key="old", issue="4d5e6f", depends_on=("build-it",)),
            Entry(
                key="rest", title="Rest", blocks=("4d5e6f",), takes_over=("old",), parent="77aa", state=Verb.BACKLOG,
                description="Text of it", context={"why": "so"}, fields={"points": 3},
                documents=(Document(path="x", commit="HEAD"),), **common,
            ),
        ),
    )  # fmt: skip


def mistakes(text: str) -> list[str]:
    with pytest.raises(PlanInvalid) as caught:
        parse(text)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    assert all(one["place"] == f"line {one['line']}, column {one['column']}" for one in found)
    return [f"{one['line']}:{one['column']} {one['message']}" for one in found]


HOMELESS = "is text before the first issue; an issue is a heading '# …' or an item '- [ ] …'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 must not be empty: a plan has issues"]),
        ("Hello\nthere\n\nyou", [f"1:1 {HOMELESS}", f"4:1 {HOMELESS}"]),
        ("- plain\n", [f"1:1 {HOMELESS}"]),
        ("# \n#\n", ["1:3 'title' must not be empty", "2:2 'title' must not be empty"]),
        ("- [ ]\n", ["1:6 'title' must not be empty"]),
        ("- [ ] !!!\n", ["1:7 'title' has no letters to make a key of; give the issue a key"]),
        ("- [~] a\n", ["1:4 '[~]' is neither '[ ]' nor '[x]'"]),
        ("- [ ] a\nb\n", ["2:1 belongs to no issue; text below an item is indented as far as its words, here by 2 or more"]),
        ("- [ ] a\n - [ ] b\n", ["2:1 is indented by 1, where 0 or at least 2 would do"]),
        (
            "- [ ] a\n    - [ ] b\n  - [ ] c\n",
            ["3:1 is indented by 2, where 0, 4 or at least 6 would do"],
        ),
        ("# a\n    - [ ] b\n", ["2:1 is indented by 4, below no item that it could belong to"]),
        ("- [ ] a\n- [ ] A\n", ["2:7 'key' repeats 'a', which line 1, column 7 has; give it another key"]),
        ("- [ ] a #k #l !low !high\n", ["1:12 says 'key' a second time", "1:20 says 'priority' a second time"]),
        ("- [ ] a !urgent\n", ["1:9 'priority' must be one of low, normal, high, critical"]),
        ("- [ ] a (due: soon)\n", ["1:9 'due' must be a date like 2026-11-21, not 'soon'"]),
        ("- [ ] a (estimate: long)\n", ["1:9 must be minutes, or like 2h30m, not 'long'"]),
        ("- [ ] a (needs: b,, c)\n", ["1:9 '(needs: b,, c)' has a place without a name between its commas"]),
        ("- [ ] a (due:)\n", ["1:9 '(due: …)' says nothing"]),
        ("- [ ] a (nedes: b)\n", ["1:9 '(nedes: …)' is not known; did you mean 'needs'?; '\\(' begins a word of the title"]),
        ("- [ ] a (needs: b)\n- [ ] b (needs: a)\n", ["1:9 'depends_on' closes a cycle: a -> b -> a"]),
        ("- [ ] a (parent: b)\n- [ ] b (parent: a)\n", ["1:9 'parent' closes a cycle: a -> b -> a"]),
        ("# a\n- [ ] b (parent: c)\n", ["2:7 is nested below 'a', and says another parent"]),
        ("- [x] a (state: ready)\n", ["1:7 is checked, and '(state: ready)' says otherwise"]),
        ("- [ ] (issue: abcd) !low (due: 2026-01-01)\n", [
            "1:21 'priority' cannot be given for 'abcd', an issue there is already",
            "1:26 'due' cannot be given for 'abcd', an issue there is already",
        ]),
        ("- [ ] T (issue: abcd)\n", ["1:7 'title' cannot be given for 'abcd', an issue there is already"]),
        ("# a\n```\n- [ ] b\n", ["2:1 begins a block of code that is never closed"]),
        ("# a\n```jit\n{\n```\n", ["2:1 holds fields: '$' is not JSON: expecting property name enclosed in double quotes (line 3, column 2)"]),
        ("# a\n```jit\n[]\n```\n", ["2:1 must hold the fields as a JSON object"]),
        ('# a !low\n```jit\n{"priority": "high", "due": 1, "colour": 1}\n```\n', [
            "2:1 says 'priority' a second time",
            "2:1 'due' must be a string or null",
            "2:1 'colour' is not a field of an issue",
        ]),
        ("---\nplan: x\n", ["1:1 begins the front matter, which no other '---' ends"]),
        ("---\nplan: a/b\nfoo: bar\nplan: c\nnothing\ndue: soon\nestimate: x\n---\n# a\n", [
            "2:1 'plan' must be a name of one line without '/', at most 100 characters",
            f"3:1 'foo' is not known here; known are {', '.join(KNOWN)}",
            "4:1 says 'plan' a second time",
            "5:1 is not 'name: value'",
            "6:1 'due' must be a date like 2026-11-21, not 'soon'",
            "7:1 must be minutes, or like 2h30m, not 'x'",
        ]),
        ("# a #a,b\n", []),
        ("# a\u202eb\n", ["1:3 'title' must be one line without invisible characters, not with U+202E"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_line_and_column(text: str, expected: list[str]) -> None:
    if not expected:
        assert parse(text).entries[0].title == text[2:].strip()
        return
    assert mistakes(text) == expected


def test_all_mistakes_are_told_but_a_screen_of_them_is_enough() -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse("text\n\n" * 2000)
    error = caught.value
    assert error.message == f"line 1, column 1: {HOMELESS} (and 1999 more)"
    assert error.hint is not None
    assert error.hint.count("\n") == SHOWN_PROBLEMS
    assert "and 1980 more; --json has all" in error.hint
    assert len(error.details["problems"]) == MAX_PROBLEMS  # type: ignore[arg-type]
    assert error.details["count"] == 2000


def test_how_deep_and_how_many() -> None:
    nested = "".join(f"{'  ' * n}- [ ] a{n}\n" for n in range(MAX_DEPTH))
    assert len(parse(nested).entries) == MAX_DEPTH
    assert mistakes(f"{nested}{'  ' * MAX_DEPTH}- [ ] b\n") == [f"17:1 is nested deeper than {MAX_DEPTH} levels"]
    many = "".join(f"- [ ] a{n}\n" for n in range(MAX_ENTRIES + 1))
    assert mistakes(many) == [f"1:1 are {MAX_ENTRIES + 1}; make plans of at most {MAX_ENTRIES}"]


def test_a_key_is_made_of_as_many_words_as_fit() -> None:
    entry = parse("- [ ] " + "word " * 30 + "\n").entries[0]
    assert len(entry.key) <= DERIVED_KEY
    assert entry.key == "-".join(["word"] * 12)


def test_numbered_tasks_wait_for_the_one_before_on_their_level() -> None:
    plan = parse("1. [ ] a\n   1. [ ] x\n   2) [ ] y\n7. [ ] b (needs: x)\n- [ ] c\n1. [ ] d\n")
    assert {entry.key: entry.depends_on for entry in plan.entries} == {
        "a": (), "x": (), "y": ("x",), "b": ("x", "a"), "c": (), "d": (),
    }  # fmt: skip


def test_text_may_be_indented_further_than_it_must() -> None:
    assert parse("- [ ] a\n      one\n        two\n\n    three\n").entries[0].description == "  one\n    two\n\nthree"
    assert parse("# a\n  one\n two\n").entries[0].description == "  one\n two"
