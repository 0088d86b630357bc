"""Hypothesis strategies for filters: trees of any spelling, and trees that every repository understands."""

from hypothesis import strategies as st

from git_jit.model import Actor, Date, Timestamp
from git_jit.query import And, BindContext, Expr, Not, Or, Term, Word
from git_jit.query.ast import OPS
from git_jit.query.fields import FIELDS

CONTEXT = BindContext(now=Timestamp("2026-11-21T10:00:01.000000Z"), today=Date("2026-11-21"), me=Actor("human:ada"))

_CHARS = st.characters(exclude_categories=("Cc", "Cs"))
_COMMON = st.sampled_from("ab-*?,=<>!.:_ß漢\u0301\\'")


def _text(forbidden: str, *, min_size: int = 1) -> st.SearchStrategy[str]:
    chars = (_COMMON | _CHARS).filter(lambda c: not c.isspace() and c not in forbidden)
    return st.text(chars, min_size=min_size, max_size=8)


def _is_search_word(text: str) -> bool:
    """Not a keyword, not an exclusion, and not a term that lacks its colon."""
    operator = min((at for at in map(text.find, "<>=!") if at >= 0), default=None)
    before = text[:operator].lower().replace("_", "-")
    return not (
        text.upper() in {"AND", "OR", "NOT"}
        or text.startswith("-")
        or operator == 0
        or (operator is not None and before in {*FIELDS, "status"})
    )


_QUOTED = st.text((_COMMON | _CHARS | st.sampled_from(' ()"\n\t')), max_size=8).map(
    lambda text: Word(text, quoted=True)
)
_BARE_VALUES = _text('(),"').filter(lambda text: text[0] not in "<>=!").map(Word)
_BARE_WORDS = _text('():"').filter(_is_search_word).map(Word)
_NAMES = st.sampled_from(FIELDS) | _text('():"').map(lambda name: f"field.{name}")
_ANY_TERM = st.builds(
    Term, _NAMES, st.sampled_from(OPS), st.lists(_BARE_VALUES | _QUOTED, min_size=1, max_size=3).map(tuple)
)


def _trees(leaves: st.SearchStrategy[Expr], max_leaves: int) -> st.SearchStrategy[Expr]:
    def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return inner.map(Not) | parts.map(And) | parts.map(Or)

    return st.recursive(leaves, grown, max_leaves=max_leaves)


TREES = _trees(_ANY_TERM | _BARE_WORDS | _QUOTED, 12)
"""Every tree that can be spelled, whether or not it means something."""

MEANINGS: dict[str, tuple[str, ...]] = {
    "id": (":01af*", ":!=0?*", f":{'dead':0<32}"),
    "state": (":ready", ":Done,IN-PROGRESS", ":!=backlog"),
    "priority": (":>=high", ":<normal", ":low,critical", ":!=low"),
    "assignee": (":none", ":me", ":agent:*", ":human:bo,none", ":!=@me"),
    "label": (":epic:*", ":type:bug,component:core", ':"epic:b*"', ":*:?", ":none"),
    "type": (":bug", ":none", ":!=task", ":*a*"),
    "epic": (":a", ":none", ":b*"),
    "milestone": (":v1", ":!=v1*"),
    "title": (":ab", ":b*", ":=?*", ':="ab c"', ":!=*a*"),
    "text": (":ab", ':"c ab"', ":b*"),
    "depends-on": (":none", ":dead*", ":!=01*"),
    "blocks": (":none",),
    "parent": (":none", ":dead*"),
    "link": (":none", ":relates-to", ":parent:dead*", ":*:dead*"),
    "gate": (":tests", ":tests=failed", ":*=passed,none", ":a.?"),
    "doc": (":docs/*", ":README", ":none"),
    "due": (":<7d", ":>=today", ":2026-11", ":none,tomorrow", ":!=2026", ":<-1m", ":1d"),
    "defer": (":>today", ":none", ":2026-11-22"),
    "created": (":<7d", ":>2026-06-15", ":2026-11", ":<=2026-11-21T10:00Z", ":!=today", ":5m", ":>-160d"),
    "updated": (":>=2026", ":today"),
    "closed": (":none", ":<1y", ":2026-11-21T10:00:01Z"),
    "created-by": (":me", ":none", ":agent:w-1"),
    "claimed-by": (":me", ":none", ":!=human:*"),
    "estimate": (":>2h", ":<=90m", ":none,0", ":!=1h30m"),
    "field.points": (":2", ":>a", ":<=10", ":none", ':""', ":!=*b*"),
    "is": (":open", ":ready,overdue", ":!=closed", ":claimed", ":orphan", ":root", ":leaf", ":blocked"),
    "has": (":document", ":comment,label", ":!=claimed-by", ":field.points"),
    "no": (":label", ":due,defer", ":!=gate"),
}
"""For each field some values of every kind it takes; `test_query` checks that no field is missing."""


def _understood() -> st.SearchStrategy[Expr]:
    from git_jit.query import parse

    spelled = [f"{name}{rest}" for name, values in MEANINGS.items() for rest in values]
    return st.sampled_from([parse(text) for text in [*spelled, "ab", "b*", '"ab c"', "漢"]])


MEANT = _trees(_understood(), 6)
"""Trees that bind in `CONTEXT`."""
