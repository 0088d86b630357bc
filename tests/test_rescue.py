"""Which candidate is the best, and when nobody may choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.record import replace
from git_jit.rescue import Candidate, Closure, Situation, Trouble, loses_issues, ranked, rivals


def candidate(name: str, **rest: object) -> Candidate:
    values: dict[str, object] = {
        "oid": Oid(name * 40),
        "sources": (name,),
        "witnessed": True,
        "time": 0,
        "clock": (0, 0),
        "subject": name,
        "issues": 1,
        "readable": 1,
        "commits": 1,
        "closure": Closure.WHOLE,
    }
    return Candidate(**{**values, **rest})  # type: ignore[arg-type]


WORSE: list[dict[str, object]] = [
    {"set_aside": True, "clock": (9, 0)},
    {"closure": Closure.BROKEN, "clock": (9, 0)},
    {"depth": 1, "clock": (9, 0)},
    {"support": (4, 0), "clock": (9, 0)},
    {"clock": (4, 0)},
]


@pytest.mark.parametrize("worse", WORSE, ids=[next(iter(one)) for one in WORSE])
def test_what_comes_first(worse: dict[str, object]) -> None:
    best = candidate("a", clock=(5, 0), support=(5, 0))
    other = candidate("b", **{"support": (5, 0), **worse})
    assert [one.oid for one in ranked([other, best], lambda *_: 1)] == [best.oid, other.oid]


def test_damage_of_former_times_does_not_make_an_ancestor_better() -> None:
    tip = candidate("a", closure=Closure.TIP, clock=(5, 0))
    anchor = candidate("b", depth=1)
    assert ranked([anchor, tip], lambda *_: 0)[0].oid == tip.oid


@given(st.permutations([candidate(c, clock=(n, 0)) for n, c in enumerate("abcde")]))
def test_the_order_of_discovery_does_not_matter(found: list[Candidate]) -> None:
    assert [one.sources for one in ranked(found, lambda *_: 0)] == [(c,) for c in "edcba"]


def test_rivals_hold_something_of_their_own_that_may_have_been_published() -> None:
    best, other = candidate("a"), candidate("b", beyond_best=2)
    assert rivals(()) == ()
    assert rivals((best, other)) == (other,)
    for harmless in (
        {"beyond_best": 0},
        {"set_aside": True},
        {"closure": Closure.BROKEN},
        {"witnessed": False},
    ):
        assert rivals((best, replace(other, **harmless))) == (), harmless
    unrecorded = replace(other, witnessed=False)
    assert rivals((replace(best, witnessed=False), unrecorded)) == (unrecorded,)


def test_fewer_readable_issues_are_a_loss_unless_later_commits_deleted_them() -> None:
    now = Situation(trouble=Trouble.REWOUND, ref="r", present=Oid("c" * 40), published=None, issues=3, readable=3)
    assert not loses_issues(candidate("a", issues=3, readable=3), now)
    assert loses_issues(candidate("a", issues=2, readable=2), now)
    assert loses_issues(candidate("a", issues=2, readable=2, ahead=1, behind=1), now)
    assert not loses_issues(candidate("a", issues=2, readable=2, ahead=1), now)
    assert loses_issues(candidate("a", issues=3, readable=2, ahead=1), now)
