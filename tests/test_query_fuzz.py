"""Whatever is typed: an answer, or a `QuerySyntax` that is fit to be shown. Seeded, so that a failure stays one."""

from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_jit.condition import Condition
from git_jit.facts import Facts, facts_of, leaves, matches
from git_jit.model import Issue, IssueId, Timestamp
from git_jit.query import QuerySyntax, condition_for, parse, unparse
from git_jit.query.ast import MAX_DEPTH, MAX_TERMS
from git_jit.query.errors import WIDTH
from git_jit.query.fields import FIELDS
from tests.exprs import MEANINGS
from tests.test_query_meaning import MEANING_OF, RULES

EXAMPLES = 20_000
SAMPLES = (*MEANING_OF, *(f"{name}{rest}" for name, values in MEANINGS.items() for rest in values))
PIECES = (
    *"()\"'\\,:*?<>=!-+. \t\n\x00\x1b\x85\xa0\u200b\u202e\ud800漢e\u0301🙂0179az", *(f"{name}:" for name in FIELDS),
    " AND ", " or ", "NOT ", "--", "field.", "none", "me", "today", "7d", "99999y", "2026-01", "T10:00Z", "dead", "status:", '""', "<=",
)  # fmt: skip


def issue() -> Facts:
    return facts_of(Issue(id=IssueId("0" * 32), title="a", created_at=Timestamp("2026-01-01T00:00:00.000000Z")))


ONE = issue()


def condition_of(text: str) -> Condition | None:
    """The meaning of `text`; None when it is refused, and then the refusal is looked at."""
    try:
        return condition_for(text, RULES)
    except QuerySyntax as error:
        check_refusal(error)
        return None


def check_refusal(error: QuerySyntax) -> None:
    column, length, text = (error.details[key] for key in ("column", "length", "text"))
    assert isinstance(column, int)
    assert isinstance(length, int)
    assert isinstance(text, str)
    assert 1 <= column <= column + length <= len(text) + 1
    assert error.message.isprintable() or not text.isprintable()
    assert len(error.message) < 200
    assert not error.message.endswith(".")
    lines = (error.hint or "").split("\n")
    assert all(len(line) <= 2 * WIDTH for line in lines), lines
    assert "\x1b" not in error.message + (error.hint or "")
    assert "\x00" not in error.message + (error.hint or "")


def check(text: str) -> None:
    """What is understood is finite, is answered, and survives printing."""
    condition = condition_of(text)
    if condition is None:
        return
    tree = parse(text)
    assert parse(unparse(tree)) == tree
    assert sum(1 for _ in leaves(condition)) <= 3 * MAX_TERMS
    assert matches(condition, ONE) in {True, False}


def test_random_pieces_are_answered_or_refused() -> None:
    random = Random(20_261_121)
    for _ in range(EXAMPLES):
        check("".join(random.choices(PIECES, k=random.randint(0, 12))))


def test_random_characters_are_answered_or_refused() -> None:
    random = Random(42)
    for _ in range(EXAMPLES // 4):
        check("".join(chr(random.randrange(0x110000)) for _ in range(random.randint(1, 20))))
        check(random.randbytes(random.randint(1, 30)).decode("utf-8", "surrogateescape"))


def mutated(random: Random, text: str) -> str:
    """One to three characters or pieces deleted, doubled, inserted or exchanged."""
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        match random.randrange(5):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + text[at : at + 3] * 2 + text[at + 3 :]
            case 2:
                text = text[:at] + random.choice(PIECES) + text[at:]
            case 3:
                text = text[at:] + text[:at]
            case _:
                text = text + random.choice((" ", " OR ", ",", "")) + random.choice(SAMPLES)
    return text


def test_filters_with_slips_of_the_pen_are_answered_or_refused() -> None:
    random = Random(7)
    understood = 0
    for _ in range(EXAMPLES // 2):
        text = mutated(random, random.choice(SAMPLES))
        check(text)
        understood += condition_of(text) is not None
    assert EXAMPLES // 20 < understood < EXAMPLES // 2  # else the mutations are too wild, or too tame


@given(st.text())
@example("\ud800")
@example("(" * 4096)
@example("-" * 4096)
@example('"' * 4096)
@example("\\" * 4096)
@example('"' + "\\\\" * 2047 + '"')
@example("a:" * 2048)
@example("label:" + "a:*," * 1022)
@example("title:=" + "*a" * 2000)
@example("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}:x")
@example("due:\N{ARABIC-INDIC DIGIT SEVEN}d")
@example("estimate:²")
@example("field.:x")
def test_any_text_is_answered_or_refused(text: str) -> None:
    check(text)


def test_the_deepest_filter_fits_the_stack_of_a_deep_caller() -> None:
    """A filter needs less than 300 frames: a caller may be 600 deep below Python's default limit of 1000."""

    def deep(levels: int) -> None:
        if levels:
            return deep(levels - 1)
        tree = parse("(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH)
        assert condition_for(unparse(tree), RULES) is not None
        return check("-" * MAX_DEPTH + "x")

    deep(550)


@pytest.mark.parametrize("text", ["label:\x00", "\x1b[31mx", "a\x9b"])
def test_control_characters_never_reach_a_terminal(text: str) -> None:
    with pytest.raises(QuerySyntax) as caught:
        parse(text)
    assert f"{caught.value.message}{caught.value.hint}".replace("\n", "").isprintable()
