"""Where commits are found that the reference could name, and how they relate; whole answers on one repository."""

from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.rescue import Candidate, Closure, Trouble
from git_jit.store.ancestry import Ancestry
from git_jit.store.candidates import Survey, read_all_commits
from tests.faults.kit.damage import truncate
from tests.store.damage import common
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.trackers import by_hand, opened, put, started


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A start and three writes."""
    place = ordinary(tmp_path)
    store = started(place)
    for number, title in enumerate(("one", "two", "three"), 1):
        put(store, title, number)
    store.close()
    return place


def at(place: Place, back: int = 0) -> Oid:
    return Oid(place.git("rev-parse", f"{REF}~{back}"))


def look(place: Place) -> tuple[Trouble, dict[str, tuple[str, ...]]]:
    """What is wrong, and the sources of each candidate, best first."""
    survey = Survey(opened(place))
    found = survey.with_candidates(survey.situation())
    return found.trouble, {one.oid: one.sources for one in found.candidates}


def forget(place: Place, *what: str) -> None:
    for name in what:
        (common(place) / name).unlink()


LOG, MARK = f"logs/{REF}", "jit/high-water"


def test_of_a_sound_tracker_the_present_leads_to_all_others(place: Place) -> None:
    first, tip = at(place, 3), at(place)
    survey = Survey(opened(place))
    situation = survey.situation()
    assert (situation.trouble, situation.present, situation.published, situation.issues, situation.readable) == (
        Trouble.NONE,
        tip,
        tip,
        1,
        1,
    )
    assert situation.candidates == ()
    best, start = survey.with_candidates(situation).candidates
    assert best == Candidate(
        oid=tip,
        sources=(REF, "high-water", "reflog @{0}"),
        witnessed=True,
        time=best.time,
        clock=best.clock,
        subject=best.subject,
        issues=1,
        readable=1,
        commits=4,
        closure=Closure.WHOLE,
        support=best.clock,
    )
    assert (start.oid, start.sources, start.issues, start.commits) == (
        first,
        ("reflog @{3}", "refs/jit/backup/anchor-0"),
        0,
        1,
    )
    assert (start.ahead, start.behind, start.beyond_best, start.depth) == (0, 3, 0, 1)


def test_every_place_is_looked_at(place: Place) -> None:
    start, one, two, tip = (at(place, back) for back in (3, 2, 1, 0))
    for name, oid in (("refs/remotes/hub/jit/issues", one), ("refs/heads/jit/issues", two), ("refs/jit/lost/x", one)):
        place.git("update-ref", name, oid)
    place.git("update-ref", "refs/remotes/hub/main", start)
    (common(place) / REF).unlink()
    assert look(place) == (
        Trouble.MISSING,
        {
            tip: ("high-water", "reflog @{0}"),
            two: ("reflog @{1}", "refs/heads/jit/issues"),
            one: ("reflog @{2}", "refs/remotes/hub/jit/issues", "refs/jit/lost/x"),
            start: ("reflog @{3}", "refs/jit/backup/anchor-0"),
        },
    )


def test_what_nothing_leads_to_is_found_by_its_trailer(place: Place) -> None:
    start, tip = at(place, 3), at(place)
    by_hand(place)  # nobody of us made this one, and nothing names it afterwards
    (common(place) / REF).unlink()
    forget(place, LOG, MARK)
    assert look(place) == (Trouble.MISSING, {tip: ("unreachable",), start: ("refs/jit/backup/anchor-0",)})


def test_a_record_that_names_what_is_not_there_is_told(place: Place) -> None:
    (common(place) / MARK).write_text(f"{'1' * 40} 1 0 {REF}\n")
    survey = Survey(opened(place))
    found = survey.with_candidates(survey.situation())
    assert found.notes == ("'high-water' names '1111111111', which cannot be read",)


def test_before_a_broken_head_the_nearest_whole_commit_is_offered(place: Place) -> None:
    before, tip = at(place, 1), at(place)
    place.loose(Oid(place.git("rev-parse", f"{tip}:issues"))).unlink()
    trouble, found = look(place)
    assert trouble is Trouble.BROKEN
    assert next(iter(found.items())) == (before, ("reflog @{1}", f"before {tip[:10]}"))
    assert tip in found


def test_a_hole_in_history_is_told_and_the_present_stays_best(place: Place) -> None:
    tip = at(place)
    place.loose(at(place, 2)).unlink()
    trouble, found = look(place)
    assert (trouble, next(iter(found))) == (Trouble.HISTORY, tip)


def test_what_was_set_aside_is_no_better_than_what_is_here(place: Place) -> None:
    tip, one = at(place), at(place, 2)
    place.git("update-ref", f"refs/jit/lost/{tip}", tip)
    place.git("update-ref", REF, one)
    forget(place, MARK)
    survey = Survey(opened(place))
    found = survey.with_candidates(survey.situation()).candidates
    assert [(each.oid, each.set_aside) for each in found if each.oid in {tip, one}] == [(one, False), (tip, True)]


def test_every_commit_is_read_packed_or_not_and_a_damaged_one_hides_none_of_the_rest(place: Place) -> None:
    place.git("repack", "-q")
    line = set(place.git("rev-list", REF, "HEAD").split())
    put(store := opened(place), "four", 4)
    store.close()
    truncate(place.loose(at(place)))
    ancestry = Ancestry(opened(place).backend)
    found = read_all_commits(opened(place), ancestry)
    ancestry.load(found)
    assert ancestry.nodes.keys() == line
