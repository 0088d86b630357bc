"""Leases: what each request leads to, and what holds whatever the clocks say."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.leases import (
    MARGIN_S,
    MAX_TTL_S,
    MIN_TTL_S,
    RATE_ERROR,
    ClaimLost,
    Held,
    Holder,
    Lease,
    LeaseRefused,
    LeaseState,
    Moment,
    Sighting,
    Token,
    Way,
    Wish,
    acquire,
    check,
    confirm,
    evict,
    lose,
    release,
    renew,
    safe_until,
    watch,
    way_in,
)
from git_jit.model import Actor, IssueId, Timestamp
from git_jit.record import replace

ISSUE = IssueId("0123456789abcdef0123456789abcdef")
START = datetime(2026, 11, 21, 9, tzinfo=UTC)


def at(seconds: float, *, boot: str = "b1", skew: float = 0.0) -> Moment:
    wall = (START + timedelta(seconds=seconds + skew)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Moment(Timestamp(wall), 1000.0 + seconds, boot)


def worker(name: str, session: str = "") -> Holder:
    return Holder(actor=Actor(f"agent:{name}"), clone="c1", session=session)


def wish(name: str, op: str, seconds: float = 0, **more: object) -> Wish:
    return replace(Wish(issue=ISSUE, holder=worker(name), op_id=op, now=at(seconds), ttl_s=600), **more)


FREE = Lease(issue=ISSUE)
ADAS = acquire(FREE, wish("ada", "op1"), None)


def test_a_free_lease_is_given() -> None:
    assert (
        Lease(
            issue=ISSUE,
            state=LeaseState.HELD,
            holder=worker("ada"),
            epoch=1,
            renew=0,
            ttl_s=600,
            op_id="op1",
            wall_hint=at(0).wall,
        )
        == ADAS
    )


def test_a_retry_finds_its_answer_and_the_holder_renews() -> None:
    assert acquire(ADAS, wish("ada", "op1", 99), None) is ADAS
    again = acquire(ADAS, wish("ada", "op2", 60), None)
    assert again == replace(ADAS, renew=1, op_id="op2", wall_hint=at(60).wall)


def test_a_refusal_says_who_and_how_long() -> None:
    with pytest.raises(Held) as found:
        acquire(ADAS, wish("bob", "op2", 100), Sighting(1, 0, 1000.0, "b1"))
    assert found.value.message == "'0123456' is claimed by 'agent:ada', and may be taken over in 8 min if not renewed"
    assert found.value.details == {"issue": ISSUE, "holder": "agent:ada", "epoch": 1, "wait_s": 535, "reason": None}
    endless = replace(ADAS, ttl_s=0, reason="on leave")
    with pytest.raises(Held, match="does not end by itself"):
        acquire(endless, wish("bob", "op2", 1e9), Sighting(1, 0, 1000.0, "b1"))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ttl_s": -1}, "a lease of -1 seconds is not given; from 10 to 604800 (7 days)"),
        ({"ttl_s": 9}, "a lease of 9 seconds is not given; from 10 to 604800 (7 days)"),
        ({"ttl_s": 604801}, "a lease of 604801 seconds is not given; from 10 to 604800 (7 days)"),
        ({"ttl_s": 0}, "a lease without end needs a reason"),
    ],
)
def test_terms_that_may_not_be_given(terms: dict[str, int], message: str) -> None:
    with pytest.raises(LeaseRefused) as found:
        acquire(FREE, wish("ada", "op1", **terms), None)
    assert found.value.message == message


FULL = 600 * (1 + RATE_ERROR) + MARGIN_S


@pytest.mark.parametrize(
    ("name", "now", "seen", "dead", "way"),
    [
        ("ada", at(0), None, False, Way.OWN),
        ("bob", at(FULL - 1), Sighting(1, 0, 1000.0, "b1"), False, None),
        ("bob", at(FULL), Sighting(1, 0, 1000.0, "b1"), False, Way.WATCHED),
        ("bob", at(FULL), Sighting(1, 1, 1000.0, "b1"), False, None),  # it was renewed since
        ("bob", at(FULL), Sighting(0, 0, 1000.0, "b1"), False, None),  # it changed hands since
        ("bob", at(FULL), Sighting(1, 0, 1000.0, "b0"), False, None),  # this machine was restarted since
        ("bob", at(FULL), None, False, None),
        ("bob", at(1), None, True, Way.DEAD),
        ("bob", at(600 + 15 * 60), None, False, None),
        ("bob", at(601 + 15 * 60), None, False, Way.FORGOTTEN),
        ("bob", at(0, skew=-1e8), None, False, None),  # the holder's clock is in the future: unknown
    ],
)
def test_who_may_have_a_held_lease(name: str, now: Moment, seen: Sighting | None, dead: bool, way: Way | None) -> None:
    assert way_in(ADAS, worker(name), now, seen, holder_is_dead=dead) == way


def test_two_workers_of_one_name_are_told_apart_by_their_session() -> None:
    one = acquire(FREE, wish("ada", "op1", holder=worker("ada", "1")), None)
    with pytest.raises(Held):
        acquire(one, wish("ada", "op2", holder=worker("ada", "2")), None)


@pytest.mark.parametrize(
    ("me", "where"),
    [
        (worker("bob"), ""),
        (worker("ada", "2"), " in another session"),
        (replace(worker("ada"), clone="c2"), " in another clone"),
    ],
)
def test_a_refusal_tells_a_holder_of_the_same_name_from_oneself(me: Holder, where: str) -> None:
    with pytest.raises(Held, match=f"is claimed by 'agent:ada'{where}, and may"):
        acquire(ADAS, wish("x", "op9", 1, holder=me), None)


def test_a_takeover_fences_the_old_holder_for_good() -> None:
    mine = Token("local", ISSUE, ADAS.epoch)
    check(ADAS, mine)
    taken = acquire(ADAS, wish("bob", "op2", 5), None, holder_is_dead=True)
    assert (taken.epoch, taken.holder) == (2, worker("bob"))
    for step in (
        lambda: check(taken, mine),
        lambda: renew(taken, mine, "op3", at(6)),
        lambda: release(taken, mine, "op3", at(6)),
    ):
        with pytest.raises(ClaimLost) as lost:
            step()
        assert lost.value.message == "the claim on '0123456' is lost: 'agent:bob' holds it since"


def test_release_and_evict() -> None:
    free = release(ADAS, Token("local", ISSUE, 1), "op2", at(9))
    assert (free.is_free, free.epoch, free.holder) == (True, 1, worker("ada"))
    assert release(free, Token("local", ISSUE, 1), "op2", at(10)) is free
    with pytest.raises(ClaimLost, match="it is free"):
        check(free, Token("local", ISSUE, 1))
    assert acquire(free, wish("ada", "op3", 20), None).epoch == 2
    out = evict(ADAS, "op2", at(9), "on leave")
    assert (out.is_free, out.epoch, out.reason) == (True, 2, "on leave")
    assert evict(out, "op2", at(10), "on leave") is out


def test_a_tentative_claim_promises_nothing() -> None:
    hoped = acquire(FREE, wish("ada", "op1", tentative=True), None)
    assert (hoped.state, hoped.epoch) == (LeaseState.TENTATIVE, 0)
    with pytest.raises(ClaimLost, match="held by nobody that could be asked"):
        check(hoped, Token("local", ISSUE, 0))
    assert acquire(hoped, wish("bob", "op2", 1), None).epoch == 1
    assert acquire(hoped, wish("ada", "op2", 1), None).epoch == 1


def test_a_token_is_spelled_in_one_way() -> None:
    token = Token("local", ISSUE, 7)
    assert Token.parse(str(token)) == token
    for text in ("", "local", "local/1/2", f"local/{ISSUE}/x", f"/{ISSUE}/1", f"local/{ISSUE}/-1"):
        assert Token.parse(text) is None


def test_a_holder_stops_before_others_begin() -> None:
    """If both clocks keep their rates to within the allowance, an observer that begins to watch at the very moment
    of the renewal takes over only after the holder has stopped.
    """
    holder = safe_until(0.0, 600)
    assert holder is not None
    assert safe_until(0.0, 0) is None
    for holder_rate in (1 - RATE_ERROR / 2, 1.0, 1 + RATE_ERROR / 2):
        for observer_rate in (1 - RATE_ERROR / 2, 1.0, 1 + RATE_ERROR / 2):
            assert holder / holder_rate < FULL / observer_rate


@given(st.integers(MIN_TTL_S, MAX_TTL_S))
def test_no_lease_is_given_that_its_holder_could_not_rely_on(ttl_s: int) -> None:
    until = safe_until(0.0, ttl_s)
    assert until is not None
    assert until > ttl_s / 3


def test_a_lost_lease_names_who_has_the_issue() -> None:
    lost = lose(ADAS, "op9", at(9), Actor("agent:bob"), "clones met")
    assert (lost.is_free, lost.epoch, lost.lost_to, lost.reason) == (True, 2, "agent:bob", "clones met")
    assert lose(lost, "op9", at(10), None, "") is lost
    with pytest.raises(ClaimLost, match="'agent:bob' has it") as error:
        check(lost, Token("local", ISSUE, 1))
    assert error.value.details["winner"] == "agent:bob"
    assert acquire(lost, wish("ada", "op10", 20), None).lost_to is None


def test_of_two_tentative_claims_in_one_clone_the_first_counts() -> None:
    hoped = acquire(FREE, wish("ada", "op1", tentative=True), None)
    with pytest.raises(Held):
        acquire(hoped, wish("bob", "op2", 1, tentative=True), None)
    assert acquire(hoped, wish("bob", "op2", 1, tentative=True), None, holder_is_dead=True).holder == worker("bob")
    done = confirm(replace(hoped, order=3), "op3", at(2))
    assert (done.is_free, done.lost_to, done.order, done.epoch) == (True, None, 0, 0)


# --- clocks ----------------------------------------------------------------------------------------------


class Machine:
    """A worker whose clocks are wrong by `skew` seconds and run at `rate`."""

    def __init__(self, name: str, rate: float, skew: float) -> None:
        self.me, self.rate, self.skew = worker(name), rate, skew
        self.seen: Sighting | None = None
        self.token: Token | None = None

    def now(self, true_s: float) -> Moment:
        wall = (START + timedelta(seconds=true_s * self.rate + self.skew)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return Moment(Timestamp(wall.rjust(27, "0")), true_s * self.rate, self.me.actor)


@pytest.mark.parametrize("seed", range(20))
def test_no_stale_write_is_accepted_whatever_the_clocks_say(seed: int) -> None:
    """Offsets of ten years, rates from half to double, and workers that pause: epochs decide, and only they."""
    random = Random(seed)
    years = 10 * 365 * 86400
    machines = [Machine(f"w{n}", random.uniform(0.5, 2), random.uniform(-years, years)) for n in range(5)]
    lease, now, taken, stale = FREE, 0.0, 0, 0
    epochs: list[int] = []
    for step in range(600):
        now += random.expovariate(1 / 60)
        one = random.choice(machines)
        moment = one.now(now)
        one.seen = watch(lease, one.seen, moment)
        try:
            match random.choice("awwrrx"):
                case "a":
                    before = lease.epoch
                    lease = acquire(
                        lease, Wish(issue=ISSUE, holder=one.me, op_id=str(step), now=moment, ttl_s=120), one.seen
                    )
                    one.token = Token("local", ISSUE, lease.epoch)
                    taken += lease.epoch != before
                    epochs.append(lease.epoch)
                case "w" if one.token:
                    check(lease, one.token)
                    assert lease.holder == one.me
                    assert one.token.epoch == lease.epoch
                case "r" if one.token:
                    lease = renew(lease, one.token, str(step), moment)
                    assert lease.holder == one.me
                case "x" if one.token and random.random() < 0.2:
                    lease = release(lease, one.token, str(step), moment)
        except ClaimLost:
            stale += 1
            one.token = None
        except Held:
            continue
    assert epochs == sorted(epochs)
    assert (taken > 5, stale > 0) == (True, True)  # else nothing was tried


YEARS = 10 * 365 * 86400


@pytest.mark.parametrize("rate", [0.5, 1 - RATE_ERROR, 1.0, 1 + RATE_ERROR, 2.0])
@pytest.mark.parametrize("skew", [-YEARS, -3600.0, 0.0, YEARS])
def test_no_claim_lasts_for_ever_and_none_ends_early_by_watching(rate: float, skew: float) -> None:
    """A holder that is gone is succeeded after its time on the watcher's own clock, whatever that says; and while rates
    differ by no more than is allowed for, never before the holder itself has stopped.
    """
    observer = Machine("bob", rate, skew)
    observer.seen = watch(ADAS, None, observer.now(0))
    before, after = (FULL - 1) / rate, (FULL + 1) / rate
    early = way_in(ADAS, observer.me, observer.now(before), observer.seen)
    assert early in ({None, Way.FORGOTTEN} if skew > 0 else {None})
    assert way_in(ADAS, observer.me, observer.now(after), observer.seen) is Way.WATCHED
    assert 2 * ADAS.ttl_s >= FULL
    stops = safe_until(0.0, ADAS.ttl_s)
    assert stops is not None
    if abs(rate - 1) <= RATE_ERROR:
        assert stops < FULL / rate
