"""Both forms of a plan say the same: what is printed reads back as the same plan, and any text is read or refused."""

import json
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_jit.plans import MAX_DEPTH, PlanInvalid, WorkPlan, as_json, notation, outline, printing
from tests.plans.making import PIECES, TITLES, plans

READERS = {"json": as_json.parse, "outline": outline.parse}
NOISE = (
    *PIECES, "\n", "\n  ", "\n    ", "\n\t", "\n- [ ] ", "\n- [x] ", "\n# ", "\n---\n", "---\nplan: p\n---\n", "\n```\n", "\n```jit\n{}\n```\n",
    "\x00", "\x1b[31m", "\ud800", "\u202e", "\ufeff", "{", "}", '"issues": [', '{"title": "x"}', "null", "9" * 30, "(issue: abcd)", "(estimate: 2h)",
)  # fmt: skip
EXAMPLES = 3_000


@given(plans())
def test_a_plan_reads_back_from_both_forms(plan: WorkPlan) -> None:
    page = printing.dump(plan)
    assert outline.parse(page) == plan
    assert as_json.parse(as_json.dump(plan)) == plan
    assert printing.dump(outline.parse(page)) == page


def test_a_chain_that_is_deeper_than_an_outline_may_be_reads_back() -> None:
    issues = [{"title": f"a{n}", **({"parent": f"a{n - 1}"} if n else {})} for n in range(MAX_DEPTH * 2)]
    plan = as_json.parse(json.dumps({"issues": issues}))
    assert outline.parse(printing.dump(plan)) == plan


@given(TITLES.map(str.strip))
@example("\\")
@example("x \\\\(needs: a b)")
def test_a_title_is_never_taken_for_a_notation(title: str) -> None:
    line = notation.parse(f"{notation.written(title)} #key (needs: a)", lambda _, message: pytest.fail(message))
    assert (line.title, line.fields) == (title, {"key": "key", "depends_on": ["a"]})


def look_at(error: PlanInvalid) -> None:
    """A refusal is fit to be shown: it names every mistake, and where."""
    assert error.message.isprintable() or not error.message.isascii()
    problems = error.details["problems"]
    assert isinstance(problems, list)
    assert problems
    for problem in problems:
        assert problem["place"]
        assert problem["message"]
    json.dumps(error.details)


@pytest.mark.parametrize("form", READERS)
def test_any_text_is_read_or_refused(form: str) -> None:
    dice = Random(4)
    read = 0
    for _ in range(EXAMPLES):
        text = "".join(dice.choices(NOISE, k=dice.randint(0, 20)))
        try:
            plan = READERS[form](text)
        except PlanInvalid as error:
            look_at(error)
            continue
        read += 1
        assert outline.parse(printing.dump(plan)) == plan
    assert read > 10 or form == "json"


@given(st.text() | st.binary().map(lambda data: data.decode(errors="replace")))
def test_nothing_else_is_raised(text: str) -> None:
    for read in READERS.values():
        try:
            read(text)
        except PlanInvalid as error:
            look_at(error)


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] " + "(a: " * 20_000,
        "- [ ] x " + "#a " * 50_000,
        "- [ ] x " + "\\#a " * 50_000,
        "- [ ] x" + " " * 200_000 + "y",
        "# " + "(" * 100_000 + ")" * 100_000,
        "".join(f"{' ' * n}- [ ] a{n}\n" for n in range(0, 1000, 2)),
        "```\n" * 20_001,
        "- [ ] a\n" + "  > x\n" * 100_000 + "x",
        "---\n" + "x: y\n" * 100_000,
        "text\n\n" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_long_line_or_many_lines_take_no_long_time(text: str) -> None:
    """Every one of them would take minutes if anything were quadratic; the limit of the suite would end it."""
    with pytest.raises(PlanInvalid) as caught:
        outline.parse(text)
    look_at(caught.value)
