"""Plans by hypothesis: every field, references into the plan and out of it, nasty texts."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from git_jit.errors import InvalidValue
from git_jit.model import Actor, Date, Document, Link, Priority
from git_jit.plans import Entry, WorkPlan
from git_jit.text import clean_body, clean_title
from git_jit.workflow import Verb
from tests.strategies import ACTORS, CUSTOM_VALUES, DAYS, LABELS

PIECES = (
    *"ab \\`>#@!()[],:-*é漢🙂", "  ", "x", "#key", "!high", "@ada", "a:b", "(needs: a)", "\\#k", "\\\\!low", "(see: x)",
    "- [ ] ", "- ", "1. [x] ", "## ", "```", "```jit", "~~~", "> ", "---", "{t}",
)  # fmt: skip
LINE = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
TITLES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
BODIES = st.lists(LINE | st.sampled_from(["", " ", "\t", "\t# x", "a\r", "\x0b", "    x"]), max_size=6).map("\n".join)
KEYS = st.sampled_from(["a", "b", "a-b", "#x", "!low", "é", "3f9c", "a:b", "1.", "[x]", "x\\y"[:1]])
IDS = st.sampled_from(["3f9c2a1", "ABCD-1234", "0" * 32])
DOCUMENTS = st.builds(
    Document,
    path=st.sampled_from(["a.md", "b/c d.md", "x, y", "(z)", "#"]),
    commit=st.none() | st.just("HEAD"),
    label=st.none() | st.just("l"),
    type=st.none(),
)


def fits(clean: Callable[[str], str]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return clean(text) == text
        except InvalidValue:
            return False

    return check


@st.composite
def entries(draw: st.DrawFn, keys: list[str], index: int) -> Entry:
    key = keys[index]
    others = st.sampled_from([*keys[:index], "3f9c2a1", "ABCD-1234"])
    """Only what comes before, so that nothing closes a cycle."""
    references = st.lists(others, max_size=3, unique=True).map(tuple)
    links = st.lists(
        st.builds(Link, st.sampled_from(["relates-to", "duplicates", "odd one"]), others), max_size=3, unique=True
    )
    common: dict[str, Any] = {
        "key": key,
        "depends_on": draw(references),
        "blocks": draw(st.lists(IDS, max_size=1).map(tuple)),
        "parent": draw(st.none() | others),
        "links": draw(links.map(tuple)),
        "labels": draw(st.lists(LABELS | st.sampled_from(["odd", "x, y"]), max_size=3, unique=True).map(tuple)),
        "gates": draw(st.lists(st.sampled_from(["tests", "re view"]), max_size=2, unique=True).map(tuple)),
    }
    if draw(st.integers(0, 5)) == 0:
        return Entry(issue=draw(IDS), **common)
    return Entry(
        title=draw(TITLES.map(str.strip).filter(fits(clean_title))),
        description=draw(BODIES.filter(fits(clean_body))),
        state=draw(st.none() | st.sampled_from([Verb.DONE, Verb.BACKLOG, Verb.READY])),
        priority=draw(st.sampled_from(Priority)),
        assignee=draw(st.none() | ACTORS | st.just(Actor("human:a b"))),
        takes_over=draw(st.lists(IDS, max_size=1).map(tuple)),
        documents=draw(st.lists(DOCUMENTS, max_size=2, unique=True).map(tuple)),
        context=draw(st.dictionaries(st.sampled_from(["k", "l"]), LINE, max_size=1)),
        due=draw(st.none() | DAYS),
        defer_until=draw(st.none() | st.just(Date("2026-12-24"))),
        estimate=draw(st.none() | st.integers(0, 999)),
        fields=draw(st.dictionaries(st.sampled_from(["points", "on"]), CUSTOM_VALUES, max_size=2)),
        **common,
    )


@st.composite
def plans(draw: st.DrawFn) -> WorkPlan:
    keys = draw(st.lists(KEYS, min_size=1, max_size=5, unique=True))
    found = tuple(draw(entries(keys, index)) for index in range(len(keys)))
    return WorkPlan(name=draw(st.none() | st.sampled_from(["p", "release 2", "{x", '"q"', "a: b"])), entries=found)
