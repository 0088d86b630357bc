"""The filter language: what a filter means, and how it says that it does not understand."""

from typing import Any

import lark
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from git_jit.facts import Facts, facts_of, matches
from git_jit.query import (
    And,
    Expr,
    Not,
    Or,
    QuerySyntax,
    Term,
    Word,
    bind,
    condition_for,
    parse,
    unparse,
)
from tests.exprs import CONTEXT, MEANINGS, MEANT, TREES
from tests.strategies import DAYS, issues

FULL = "0123456789abcdef" * 2


def term(field: str, *values: str, op: str = "") -> Term:
    return Term(field, op, tuple(map(Word, values)))


def quoted(text: str) -> Word:
    return Word(text, quoted=True)


# --- syntax -------------------------------------------------------------------------------------------------

TREE_OF = {
    "crash": Word("crash"),
    "  crash\n": Word("crash"),
    '"crash"': quoted("crash"),
    '"say \\"hi\\" \\\\ (now)"': quoted('say "hi" \\ (now)'),
    '"and"': quoted("and"),
    "foo-bar": Word("foo-bar"),
    "a,b": Word("a,b"),
    "c++ a=b": And((Word("c++"), Word("a=b"))),
    "state:ready": term("state", "ready"),
    "STATE:Ready": term("state", "Ready"),
    "status:done": term("state", "done"),
    "Depends_On:none": term("depends-on", "none"),
    "field.Points:3": term("field.Points", "3"),
    "label:epic:phase5.2": term("label", "epic:phase5.2"),
    "label:a:b,c:*": term("label", "a:b", "c:*"),
    'label:"a:b","c d",e': Term("label", "", (quoted("a:b"), quoted("c d"), Word("e"))),
    "due:<7d": term("due", "7d", op="<"),
    "priority:>=high": term("priority", "high", op=">="),
    "state:!=done": term("state", "done", op="!="),
    "title:=x": term("title", "x", op="="),
    'title:=">x"': Term("title", "=", (quoted(">x"),)),
    "gate:tests=failed": term("gate", "tests=failed"),
    "field.a=b:c": term("field.a=b", "c"),
    "a b": And((Word("a"), Word("b"))),
    "a AND b and c": And((Word("a"), Word("b"), Word("c"))),
    "a OR b or c": Or((Word("a"), Word("b"), Word("c"))),
    "a b OR c d": Or((And((Word("a"), Word("b"))), And((Word("c"), Word("d"))))),
    "a (b OR c) d": And((Word("a"), Or((Word("b"), Word("c"))), Word("d"))),
    "(a b) c": And((And((Word("a"), Word("b"))), Word("c"))),
    "((a))": Word("a"),
    "-a b": And((Not(Word("a")), Word("b"))),
    "NOT a OR b": Or((Not(Word("a")), Word("b"))),
    "--a": Not(Not(Word("a"))),
    "not -not a": Not(Not(Not(Word("a")))),
    "-(a b)": Not(And((Word("a"), Word("b")))),
    "NOT(a)": Not(Word("a")),
    "(a)OR(b)": Or((Word("a"), Word("b"))),
    "(a)(b)": And((Word("a"), Word("b"))),
    "-state:done": Not(term("state", "done")),
    "label:-x:y": term("label", "-x:y"),
    "漢字 type:バグ": And((Word("漢字"), term("type", "バグ"))),
    "e\u0301te\u0301": Word("e\u0301te\u0301"),
}


@pytest.mark.parametrize("text", TREE_OF)
def test_a_filter_has_one_tree(text: str) -> None:
    assert parse(text) == TREE_OF[text]


NORMAL_FORM = {
    "  STATUS:ready   and NOT(a or b) ": "state:ready -(a OR b)",
    "((a) AND (b AND c))": "a (b c)",
    "a OR (b OR c)": "a OR (b OR c)",
    "(a b) OR -(-c)": "a b OR --c",
    '"plain" label:"x y",z': '"plain" label:"x y",z',
}


@pytest.mark.parametrize("text", NORMAL_FORM)
def test_printing_is_a_normal_form(text: str) -> None:
    printed = unparse(parse(text))
    assert printed == NORMAL_FORM[text]
    assert unparse(parse(printed)) == printed


@given(TREES)
def test_what_is_printed_parses_to_the_same_tree(tree: Expr) -> None:
    assert parse(unparse(tree)) == tree


def pieces_used(text: str, expr: Expr) -> set[int]:
    """The positions of `text` that the spans of the tree cover."""
    match expr:
        case Or(parts) | And(parts):
            return set().union(*(pieces_used(text, part) for part in parts))
        case Not(part):
            return pieces_used(text, part)
        case Term(span=span) | Word(span=span):
            return set(range(span.start, span.end))


@given(TREES)
def test_spans_cover_everything_but_structure(tree: Expr) -> None:
    text = unparse(tree)
    used = pieces_used(text, parse(text))
    rest = "".join(char for at, char in enumerate(text) if at not in used)
    assert rest.replace("OR", "").strip(" ()-") == ""


def differs(text: str, tree: Expr) -> bool:
    try:
        return parse(text) != tree
    except QuerySyntax:
        return True


@given(TREES, st.data())
def test_no_character_goes_unused(tree: Expr, data: st.DataObject) -> None:
    text = unparse(tree)
    at = data.draw(st.sampled_from([at for at, char in enumerate(text) if not char.isspace()]))
    assert differs(text[:at] + text[at + 1 :], tree)


@given(TREES, st.sampled_from('ax-:,()"*<=!\\漢'), st.data())
def test_no_added_character_is_ignored(tree: Expr, char: str, data: st.DataObject) -> None:
    text = unparse(tree)
    at = data.draw(st.integers(0, len(text)))
    assert differs(text[:at] + char + text[at:], tree)


TOKENS = ("(", ")", "-", "OR", "NOT", "x", '"x y"', "state:ready", "label:a:b,c:d", "due:<7d")


@given(TREES, st.sampled_from(TOKENS), st.data())
def test_no_added_token_is_ignored(tree: Expr, token: str, data: st.DataObject) -> None:
    """AND is the one token that may be there or not: it is what a space means."""
    text = unparse(tree)
    at = data.draw(st.sampled_from([0, len(text), *(at for at, char in enumerate(text) if char == " ")]))
    added = "-" if token == "-" else f" {token} "
    assert differs(f"{text[:at]}{added}{text[at:]}" if token != "-" else f"{text[:at]} -{text[at:].lstrip()}", tree)


@pytest.mark.parametrize(
    "tree",
    [
        Word("a b"),
        Word(""),
        Word("or"),
        Word("-a"),
        Word("a:b"),
        term("state", "a,b"),
        term("state", ">a"),
        term("state", ""),
    ],
)
def test_a_bare_word_that_cannot_be_spelled_is_not_printed(tree: Expr) -> None:
    with pytest.raises(ValueError, match="cannot be written bare"):
        unparse(tree)


# --- structure, against a generated parser --------------------------------------------------------------------

ORACLE = lark.Lark(
    r"""
    start: or
    or: and (OR and)*
    and: unary (AND? unary)*
    unary: (NOT | MINUS) unary -> not
         | "(" or ")"          -> group
         | TERM                -> leaf
         | WORD                -> leaf
         | QUOTED              -> leaf
    AND.3: /AND(?=[\s()]|$)/i
    OR.3: /OR(?=[\s()]|$)/i
    NOT.3: /NOT(?=[\s()]|$)/i
    MINUS.3: /-(?=[^\s)])/
    TERM.2: /(state|title|label|due):(>=|<=|!=|[<>=])?("([^"\\]|\\["\\])*"|[^\s(),"<>=!][^\s(),"]*)(,("([^"\\]|\\["\\])*"|[^\s(),"<>=!][^\s(),"]*))*(?=[\s)]|$)/
    QUOTED.2: /"([^"\\]|\\["\\])*"(?=[\s)]|$)/
    WORD.1: /(?!(AND|OR|NOT)([\s()]|$))[^\s():"\-][^\s():"]*(?=[\s)]|$)/i
    %ignore /\s+/
    """,
    parser="lalr",
)
SOUP = (
    "(",
    ")",
    "-",
    " AND ",
    " or ",
    "NOT ",
    " ",
    "x",
    "y,z",
    '"q"',
    '"\\""',
    "state:a",
    "label:a:b,c",
    'title:="t u"',
    "due:<7d",
    ",",
    ",<",
    ":",
    '"',
    "AND",
    "not",
)


def oracle(text: str) -> object:
    try:
        return shape(ORACLE.parse(text).children[0])
    except lark.exceptions.UnexpectedInput:
        return None


def shape(node: Any) -> object:
    match node:
        case lark.Tree(data="leaf", children=[token]):
            return str(token)
        case lark.Tree(data="group", children=[inner]):
            return shape(inner)
        case lark.Tree(data="not", children=[_, inner]):
            return ("not", shape(inner))
        case lark.Tree(data=kind, children=children):
            parts = [shape(child) for child in children if isinstance(child, lark.Tree)]
            return parts[0] if len(parts) == 1 else (str(kind), *parts)
    raise AssertionError(node)


def ours(text: str) -> object:
    def of(expr: Expr) -> object:
        match expr:
            case Or(parts):
                return ("or", *map(of, parts))
            case And(parts):
                return ("and", *map(of, parts))
            case Not(part):
                return ("not", of(part))
            case Term(span=span) | Word(span=span):
                return text[span.start : span.end]

    try:
        return of(parse(text))
    except QuerySyntax:
        return None


@given(st.lists(st.sampled_from(SOUP), max_size=12).map("".join))
def test_structure_agrees_with_a_generated_parser(text: str) -> None:
    assert ours(text) == oracle(text)


@given(TREES)
def test_the_oracle_is_awake(tree: Expr) -> None:
    """Printed trees of the fields it knows parse in both."""
    text = unparse(tree)
    assume(oracle(text) is not None)
    assert ours(text) == oracle(text)


# --- logic --------------------------------------------------------------------------------------------------

FACTS = st.builds(
    lambda issue, updated, blocked: facts_of(issue, updated=updated, blocked=blocked),
    issues(),
    DAYS.map(lambda day: f"{day}T10:00:00.000000Z"),
    st.booleans(),
)


def same(left: Expr, right: Expr, facts: Facts) -> bool:
    return matches(bind(left, CONTEXT), facts) == matches(bind(right, CONTEXT), facts)


@given(MEANT, MEANT, FACTS)
def test_de_morgan(a: Expr, b: Expr, facts: Facts) -> None:
    assert same(Not(And((a, b))), Or((Not(a), Not(b))), facts)
    assert same(Not(Or((a, b))), And((Not(a), Not(b))), facts)


@given(MEANT, FACTS)
def test_double_negation_and_excluded_middle(a: Expr, facts: Facts) -> None:
    assert same(Not(Not(a)), a, facts)
    assert matches(bind(Or((a, Not(a))), CONTEXT), facts)
    assert not matches(bind(And((a, Not(a))), CONTEXT), facts)


@given(MEANT, MEANT, MEANT, FACTS)
def test_order_and_grouping_do_not_matter(a: Expr, b: Expr, d: Expr, facts: Facts) -> None:
    assert same(And((a, b)), And((b, a)), facts)
    assert same(Or((a, b)), Or((b, a)), facts)
    assert same(And((a, And((b, d)))), And((And((a, b)), d)), facts)
    assert same(Or((a, Or((b, d)))), Or((a, b, d)), facts)


@given(MEANT, MEANT, MEANT, FACTS)
def test_distribution(a: Expr, b: Expr, d: Expr, facts: Facts) -> None:
    assert same(And((a, Or((b, d)))), Or((And((a, b)), And((a, d)))), facts)
    assert same(Or((a, And((b, d)))), And((Or((a, b)), Or((a, d)))), facts)


@given(MEANT, FACTS)
def test_printing_keeps_the_meaning(a: Expr, facts: Facts) -> None:
    assert same(parse(unparse(a)), a, facts)


PARTED = [(name, rest) for name, values in MEANINGS.items() for rest in values if rest[1] not in "<>"]


@given(st.sampled_from(PARTED), FACTS)
def test_alternatives_are_or_and_unequal_is_not(sample: tuple[str, str], facts: Facts) -> None:
    name, rest = sample
    tree = parse(name + rest)
    assert isinstance(tree, Term)
    separate: list[Expr] = [Term(tree.field, "" if tree.op == "!=" else tree.op, (value,)) for value in tree.values]
    joined: Expr = separate[0] if len(separate) == 1 else Or(tuple(separate))
    if tree.field == "title" and tree.op == "!=":
        joined = Term("title", "=", tree.values)
    assert same(tree, Not(joined) if tree.op == "!=" else joined, facts)


@given(
    st.sampled_from(["due", "defer", "created", "updated", "closed"]),
    st.sampled_from(["2026-11-21", "2026-11", "2026", "today", "2026-11-21T10:00Z"]),
    FACTS,
)
def test_before_in_and_after_are_the_three_cases(field: str, moment: str, facts: Facts) -> None:
    assume("T" not in moment or field not in {"due", "defer"})
    answers = [matches(condition_for(f"{field}:{op}{moment}", CONTEXT), facts) for op in ("<", "=", ">")]
    assert sum(answers) == len(facts.values(field))
    assert matches(condition_for(f"{field}:<={moment}", CONTEXT), facts) == (answers[0] or answers[1])
    assert matches(condition_for(f"{field}:>={moment}", CONTEXT), facts) == (answers[1] or answers[2])
