"""The races for claims in small; `tests.faults.claims` has the sizes that promises are made of."""

from pathlib import Path

import pytest

from tests.faults.claims import Race, chain_faults, run
from tests.faults.kit.network import Fate
from tests.faults.wgl import NEVER, Event, is_linearizable


def assert_good(race: Race, rounds: int) -> None:
    assert race.good, race
    assert (race.rounds, race.winners) == (rounds, rounds), race


def test_one_winner_among_many_in_one_repository(tmp_path: Path) -> None:
    race = run(["local", "--rounds=8", "--claimers=4"], tmp_path)
    assert_good(race, 8)
    assert race.refused == 24, race


def test_one_winner_among_clones(tmp_path: Path) -> None:
    race = run(["remote", "--rounds=3", "--claimers=3"], tmp_path)
    assert_good(race, 3)
    assert race.refused == 6, race


def test_one_winner_though_the_host_dies_in_the_middle_of_pushes(tmp_path: Path) -> None:
    """Two of three pushes: the reply is lost, or the host is killed between the lock and the rename."""
    race = run(["remote", "--rounds=3", "--claimers=3", "--troubles=0.6"], tmp_path)
    assert_good(race, 3)
    deaths = race.more["deaths"]
    assert isinstance(deaths, int)
    assert deaths >= 2, race


def test_one_winner_over_a_network_that_loses_requests_and_answers(tmp_path: Path) -> None:
    """By this seed the first connections are cut, swallowed and late, and no client waits a second in silence."""
    race = run(["remote", "--rounds=1", "--claimers=2", "--network=0.35", "--seed=19"], tmp_path)
    assert_good(race, 1)
    assert race.refused == 1, race
    assert {Fate.REQUEST_CUT, Fate.SWALLOWED, Fate.REQUEST_LATE} <= race.met.keys(), race


def test_a_holder_that_was_stopped_writes_nothing_after_the_takeover(tmp_path: Path) -> None:
    race = run(["paused", "--rounds=3"], tmp_path)
    assert_good(race, 3)
    assert race.refused == 3, race


def test_answers_fit_one_order_though_workers_die(tmp_path: Path) -> None:
    race = run(["history", "--rounds=12", "--claimers=3", "--issues=2", "--kills=0.2"], tmp_path)
    assert race.good, race
    assert race.winners > 2, race


WON = Event(0, 1, "acquire", "a", 0, 1)


@pytest.mark.parametrize(
    ("history", "fits"),
    [
        ([WON], True),
        ([WON, Event(0, 1, "acquire", "b", 0, 0)], True),
        ([WON, Event(0, 1, "acquire", "b", 0, 1)], False),  # two winners
        ([WON, Event(2, 3, "acquire", "b", 0, 2)], False),  # nobody gave it back
        (
            [WON, Event(2, 3, "release", "a", 1, True), Event(4, 5, "acquire", "b", 0, 1)],
            False,
        ),  # the epoch stood still
        ([WON, Event(2, 3, "release", "a", 1, True), Event(4, 5, "acquire", "b", 0, 2)], True),
        ([WON, Event(2, NEVER, "release", "a", 1, None), Event(4, 5, "acquire", "b", 0, 2)], True),
        (
            [
                WON,
                Event(2, 3, "release", "a", 1, True),
                Event(4, 5, "acquire", "b", 0, 2),
                Event(6, 7, "write", "a", 1, True),  # with a stale token
            ],
            False,
        ),
        ([Event(2, 3, "acquire", "b", 0, 0), WON], True),
        ([Event(2, 3, "acquire", "b", 0, 0), Event(4, 5, "acquire", "a", 0, 1)], False),  # held by nobody
    ],
)
def test_the_search_itself(history: list[Event], fits: bool) -> None:
    assert is_linearizable(history) is fits


def test_the_judge_of_chains_itself(tmp_path: Path) -> None:
    from git_jit.leases import Lease, LeaseState
    from git_jit.model import IssueId
    from tests.faults.claims import repository, tracker
    from tests.store.making import message

    tracker(tmp_path / "one", 1)
    claims = repository(tmp_path / "one").claims()
    base = None
    for n, epoch in enumerate((1, 2, 2)):
        lease = Lease(issue=IssueId("a" * 32), state=LeaseState.HELD, epoch=epoch, op_id=str(n))
        base = claims.publish([lease], base=base, message=message(second=n))
    assert chain_faults(tmp_path / "one") == []
    claims.publish([Lease(issue=IssueId("a" * 32), epoch=1)], base=base, message=message(second=9))
    assert len(chain_faults(tmp_path / "one")) == 1
