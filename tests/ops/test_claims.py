"""Claiming: what each request leads to, on a store in memory with clocks that the test moves."""

import ast
import json
import os
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

import git_jit
from git_jit.canonical import Malformed
from git_jit.errors import JitError, NotFound
from git_jit.leases import ClaimLost, Held, Lease, LeaseRefused, LeaseState, Token, Way
from git_jit.model import Actor, Caller, IssueId, Oid, Priority, State
from git_jit.ops import choosing, claims, comments, holding, issues
from git_jit.ops.bulk import bulk_update
from git_jit.ops.edit import Patch
from git_jit.ops.undo import undo
from git_jit.record import replace
from git_jit.store import LockTimeout, RefConflict, WriteFailed
from git_jit.store.claims import lease_path
from git_jit.store.holder import of_process
from git_jit.view import View
from git_jit.workflow import Blocked, Verb
from tests.faults.claims import caller, configure, repository, tracker
from tests.ops.world import World
from tests.store.making import message

PACKAGE = Path(git_jit.__file__).parent


@dataclass
class Site(World):
    """A world with a clock for leases, that stands still until it is moved."""

    def __post_init__(self) -> None:
        self.seconds = 1000.0
        self.store.claims().clock = lambda: (self.seconds, "boot")
        issues.create(self.store, self.caller(), issues.Draft(title="init"))

    def issue(self, title: str, **more: object) -> IssueId:
        done = issues.create(self.store, self.caller(), issues.Draft(title=title, **more))  # type: ignore[arg-type]
        return done.outcomes[0].id

    def claim(self, who: str, id: str | None = None, **more: object) -> claims.Claimed:
        return claims.claim(self.store, self.worker(who), choosing.Asked(id=id, **more))  # type: ignore[arg-type]

    def worker(self, who: str, *tokens: object, **more: object) -> Caller:
        return replace(self.caller(f"agent:{who}"), tokens=tuple(map(str, tokens)), **more)

    def state(self, id: IssueId) -> tuple[State, str | None]:
        with self.store.view() as view:
            issue = view.issue(id)
            assert issue is not None
            return issue.state, issue.assignee

    def lease(self, id: IssueId) -> Lease:
        return self.store.claims().lease(id, self.store.claims().tip())


@pytest.fixture
def site() -> Site:
    return Site()


ONE = "0001"


def test_a_claim_is_lease_assignee_and_state(site: Site) -> None:
    done = site.claim("ada", ONE)
    assert site.state(done.issue.id) == (State.IN_PROGRESS, "agent:ada")
    assert site.lease(done.issue.id) == replace(done.lease, renew=0)
    assert (done.lease.state, done.token.epoch, done.way, done.notes) == (LeaseState.HELD, 1, Way.FREE, ())
    assert Token.parse(str(done.token)) == done.token


def test_asking_again_changes_nothing_but_the_time(site: Site) -> None:
    first = site.claim("ada", ONE)
    tips = site.store.view().base, site.store.claims().tip()
    site.seconds += 600
    again = site.claim("ada", ONE)
    assert (again.token, again.way) == (first.token, Way.OWN)
    assert (site.store.view().base, site.store.claims().tip()) == tips
    assert site.claim("ada").token == first.token, "'--next' gives what one is at already"


def test_a_refusal_names_holder_and_time(site: Site) -> None:
    site.claim("ada", ONE, ttl_s=600)
    with pytest.raises(Held, match="'agent:ada', and may be taken over in 10 min if not renewed") as refused:
        site.claim("bob", ONE)
    assert (refused.value.status, refused.value.details["holder"], refused.value.details["wait_s"]) == (
        6, "agent:ada", 635,
    )  # fmt: skip
    site.seconds += 300
    with pytest.raises(Held) as later:
        site.claim("bob", ONE)
    assert later.value.details["wait_s"] == 335


def test_it_may_be_taken_over_by_who_watched_it_unchanged(site: Site) -> None:
    first = site.claim("ada", ONE, ttl_s=600)
    for _ in range(2):
        with pytest.raises(Held):
            site.claim("bob", ONE)
        site.seconds += 400
        issues.update(site.store, site.worker("ada", first.token), [ONE], Patch(title=f"At {site.seconds}"))
    with pytest.raises(Held):  # every write of its holder renews
        site.claim("bob", ONE)
    site.seconds += 640
    taken = site.claim("bob", ONE)
    assert (taken.way, taken.before, taken.token.epoch) == (Way.WATCHED, "agent:ada", 2)
    assert site.state(taken.issue.id) == (State.IN_PROGRESS, "agent:bob")
    with pytest.raises(ClaimLost, match="'agent:bob' holds it since"):
        issues.close(site.store, site.worker("ada", first.token), [ONE])
    with pytest.raises(Held):
        issues.close(site.store, site.worker("ada"), [ONE])
    assert site.state(taken.issue.id) == (State.IN_PROGRESS, "agent:bob")


def test_a_dead_process_is_succeeded_at_once(site: Site) -> None:
    site.claim("ada", ONE, pid=1 << 22)
    with pytest.raises(Held):  # it never ran, so its death proves nothing
        site.claim("bob", ONE)
    me = of_process(1)
    lease = site.lease(site.store.view().starting_with(ONE)[0])
    assert lease.holder is not None
    dead = replace(lease.holder, pid=1 << 22, pid_start="1", host=me.host)
    assert site.store.claims().is_dead(dead)
    assert not site.store.claims().is_dead(replace(dead, pid_start="")), "never by the number alone"
    assert not site.store.claims().is_dead(replace(dead, boot_id="another")), "nor across a restart"
    assert not site.store.claims().is_dead(replace(dead, space="another"))
    assert not site.store.claims().is_dead(replace(dead, pid=0))


def test_the_next_is_the_most_urgent_that_fits_and_is_free(site: Site) -> None:
    urgent = issues.update(site.store, site.caller(), [site.issue("urgent")], Patch(set_labels={"area": "ui"}))
    issues.update(site.store, site.caller(), [urgent.outcomes[0].id], Patch(priority="high"))  # type: ignore[arg-type]
    other = site.issue("for somebody", assignee=Actor("human:eve"))
    assert site.claim("ada").issue.id == urgent.outcomes[0].id
    assert site.claim("bob", filters=["-label:area:ui"]).issue.title == "init"
    with pytest.raises(choosing.NothingToClaim) as none:
        site.claim("cyd")
    assert (none.value.status, none.value.details) == (1, {"held": 2, "open": 3, "unchecked": []})
    with pytest.raises(choosing.Assigned):
        site.claim("cyd", other)


def count_turns(site: Site) -> list[None]:
    """Grows by one with each turn that a claim takes."""
    chain, turns = site.store.claims().chain, list[None]()
    turn = chain.turn

    def counted() -> AbstractContextManager[object]:
        turns.append(None)
        return turn()

    chain.turn = counted  # type: ignore[method-assign]
    return turns


def test_who_asks_in_vain_takes_no_turn_from_those_who_write(site: Site) -> None:
    turns = count_turns(site)
    site.claim("ada", ONE)
    assert len(turns) == 1
    with pytest.raises(choosing.NothingToClaim) as first:
        site.claim("bob")
    assert len(turns) == 2, "the watch begins with the first refusal, which is written"
    for _ in range(8):
        site.seconds += 60
        with pytest.raises(choosing.NothingToClaim) as again:
            site.claim("bob")
        with pytest.raises(Held):
            site.claim("eve", ONE)
        with pytest.raises(NotFound):
            site.claim("eve", "f00d")
    assert (len(turns), again.value.details) == (2, first.value.details)
    issues.create(site.store, site.caller(), issues.Draft(title="more"))
    before = len(turns)
    site.claim("bob")
    assert len(turns) == before + 1, "a candidate is had in one"


def test_what_is_answered_before_the_turn_was_true_at_one_moment(site: Site) -> None:
    """While the issues are read somebody claims one: they name an assignee whose claim the first look did not see."""
    site.claim("eve", site.issue("other"))
    view, moved = site.store.view, list[bool]()

    def late(at: str | None = None) -> View:
        if not moved:
            moved.append(True)
            site.claim("ada", ONE)
        return view(at)

    site.store.view = late  # type: ignore[method-assign, assignment]
    with pytest.raises(Held, match="'agent:ada'"):
        site.claim("bob", ONE)


def test_there_is_an_answer_while_a_writer_has_the_queue(tmp_path: Path) -> None:
    (id,) = tracker(tmp_path / "one", 1)
    configure(tmp_path / "one", {"jit.timeout.queue": "0"})
    ada, bob = repository(tmp_path / "one"), repository(tmp_path / "one")
    claims.claim(ada, caller("ada"), choosing.Asked())
    with pytest.raises(choosing.NothingToClaim):
        claims.claim(bob, caller("bob"), choosing.Asked())
    with ada.queue:
        for asked, answer in ((choosing.Asked(), choosing.NothingToClaim), (choosing.Asked(id=id), Held)):
            with pytest.raises(answer):
                claims.claim(bob, caller("bob"), asked)
        issues.create(ada, caller("ada"), issues.Draft(title="more"))
        with pytest.raises(LockTimeout):
            claims.claim(bob, caller("bob"), choosing.Asked())
    assert claims.claim(bob, caller("bob"), choosing.Asked()).issue.title == "more"


def test_asking_again_keeps_the_terms_that_it_says_nothing_about(site: Site) -> None:
    site.claim("ada", ONE, ttl_s=7200, reason="a long study", pid=os.getpid())
    before = site.lease(site.store.view().starting_with(ONE)[0])
    site.claim("ada")
    after = site.lease(before.issue)
    assert after == replace(before, renew=1, wall_hint=after.wall_hint)
    site.claim("ada", ONE, ttl_s=0)
    assert (site.lease(before.issue).ttl_s, site.lease(before.issue).reason) == (0, "a long study")


@pytest.mark.parametrize(("ttl_s", "why"), [(8 * 86400, "to 604800"), (-1, "of -1 seconds"), (0, "needs a reason")])
def test_terms_that_are_not_given_are_not_given_for_the_next_either(site: Site, ttl_s: int, why: str) -> None:
    for id in (ONE, None):
        with pytest.raises(LeaseRefused, match=why):
            site.claim("ada", id, ttl_s=ttl_s)
    assert site.store.claims().tip() is None


def test_the_next_is_what_one_is_at_though_the_claim_ended_with_the_work(site: Site) -> None:
    """Closed by mistake, and taken back: the issue is in progress again, and the lease is not."""
    first = site.claim("ada", ONE)
    site.issue("other")
    issues.close(site.store, site.worker("ada"), [ONE])
    undo(site.store, site.worker("ada"), request=site.new_ulid())
    assert (site.state(first.issue.id), site.lease(first.issue.id).is_free) == ((State.IN_PROGRESS, "agent:ada"), True)
    assert site.claim("bob").issue.title == "other"
    again = site.claim("ada")
    assert (again.issue.id, again.token.epoch, again.commit) == (first.issue.id, 2, None)


def test_of_what_others_left_the_most_urgent_comes_first(site: Site) -> None:
    for n, priority in enumerate((Priority.LOW, Priority.HIGH, Priority.NORMAL)):
        site.claim(f"w{n}", site.issue(priority.value, priority=priority), ttl_s=600)
    site.claim("ada", ONE)
    with pytest.raises(choosing.NothingToClaim):
        site.claim("bob")
    site.seconds += 1000
    assert [site.claim(name).issue.title for name in ("bob", "eve", "kim")] == ["high", "normal", "low"]


def test_a_lease_that_cannot_be_read_keeps_nobody_from_the_next(site: Site) -> None:
    id = site.store.view().starting_with(ONE)[0]
    site.issue("other")
    site.claim("eve", site.issue("third"))
    chain = site.store.claims().chain
    chain.publish({lease_path(id): b"no lease"}, chain.tip(), message(second=1))
    assert site.claim("ada").issue.title == "other"
    with pytest.raises(choosing.NothingToClaim):
        site.claim("bob")
    with pytest.raises(Malformed):
        site.claim("bob", ONE)


def test_what_is_blocked_cannot_be_claimed_and_leaves_no_lease(site: Site) -> None:
    blocked = site.issue("later", depends_on=(ONE,))
    with pytest.raises(Blocked):
        site.claim("ada", blocked)
    assert site.store.claims().tip() is None


def test_release_gives_back_and_only_its_holder_can(site: Site) -> None:
    first = site.claim("ada", ONE)
    with pytest.raises(ClaimLost, match="is claimed by 'agent:ada', not by you"):
        holding.release_all(site.store, site.worker("bob"), [ONE])
    holding.release_all(site.store, site.worker("bob", first.token), [ONE])  # whoever has the token is its holder
    assert site.state(first.issue.id) == (State.READY, None)
    with pytest.raises(ClaimLost):
        holding.release_all(site.store, site.worker("ada", first.token), [ONE])
    second = site.claim("ada", ONE)
    assert second.token.epoch == 2
    with pytest.raises(ClaimLost):
        holding.renew_all(site.store, site.worker("ada", first.token), [])


def test_evicting_needs_a_person_and_a_reason(site: Site) -> None:
    first = site.claim("ada", ONE)
    with pytest.raises(holding.EvictRefused):
        holding.evict_all(site.store, site.caller(), [ONE], reason=None)
    with pytest.raises(holding.EvictRefused):
        holding.evict_all(site.store, site.worker("bob"), [ONE], reason="mine now")
    holding.evict_all(site.store, site.caller(), [ONE], reason="gone")
    assert site.state(first.issue.id) == (State.READY, None)
    lease = site.lease(first.issue.id)
    assert (lease.state, lease.epoch, lease.reason) == (LeaseState.FREE, 2, "gone")
    with pytest.raises(ClaimLost):
        issues.close(site.store, site.worker("ada", first.token), [ONE])


def test_finishing_ends_the_claim(site: Site) -> None:
    first = site.claim("ada", ONE)
    issues.close(site.store, site.worker("ada", first.token), [ONE])
    assert site.lease(first.issue.id).is_free
    with pytest.raises(ClaimLost):
        issues.reopen(site.store, site.worker("ada", first.token), [ONE])


def test_others_may_comment_and_edit_but_not_move_it(site: Site) -> None:
    id = site.claim("ada", ONE).issue.id
    bob = site.worker("bob")
    comments.add(site.store, bob, ONE, "Seen.")
    issues.update(site.store, bob, [ONE], Patch(add_labels=("area:ui",)))
    for wrong in (Patch(state=Verb.DONE), Patch(assignee=Actor("agent:bob"))):
        with pytest.raises(Held, match="who alone may change its state and its assignee"):
            issues.update(site.store, bob, [ONE], wrong)
    with pytest.raises(Held):
        issues.delete(site.store, bob, [ONE])
    issues.close(site.store, replace(site.worker("bob"), override=True), [ONE])
    assert site.state(id)[0] is State.DONE
    assert next(iter(site.store.history())).trailers["Jit-Override"] == f"agent:ada {id[:7]}/1"
    assert (site.lease(id).is_free, site.lease(id).epoch) == (True, 2)


def test_a_stale_token_hears_no_even_if_nothing_would_change(site: Site) -> None:
    first = site.claim("ada", ONE)
    issues.close(site.store, site.worker("ada", first.token), [ONE])
    with pytest.raises(ClaimLost):
        issues.close(site.store, site.worker("ada", first.token), [ONE])
    comments.add(site.store, site.worker("ada", first.token), ONE, "What I found.")


def test_a_token_of_another_authority_is_worth_nothing(site: Site) -> None:
    first = site.claim("ada", ONE)
    with pytest.raises(ClaimLost):
        issues.close(site.store, site.worker("ada", replace(first.token, authority="f" * 16)), [ONE])


def test_sessions_tell_workers_of_one_name_apart(site: Site) -> None:
    site.issue("two")
    one = claims.claim(site.store, site.worker("w", session="1"), choosing.Asked())
    two = claims.claim(site.store, site.worker("w", session="2"), choosing.Asked())
    assert one.issue.id != two.issue.id
    with pytest.raises(Held):
        issues.close(site.store, site.worker("w", session="2"), [one.issue.id])


def test_a_lease_without_end_needs_a_reason_and_there_are_few(site: Site) -> None:
    ids = [site.issue(f"n{n}") for n in range(choosing.MAX_INDEFINITE + 1)]
    with pytest.raises(LeaseRefused, match="needs a reason"):
        site.claim("ada", ids[0], ttl_s=0)
    for id in ids[:-1]:
        site.claim("ada", id, ttl_s=0, reason="a study")
    with pytest.raises(LeaseRefused, match="holds 3 issues without end already"):
        site.claim("ada", ids[-1], ttl_s=0, reason="one more")
    site.seconds += 1e9
    with pytest.raises(Held, match="does not end by itself"):
        site.claim("bob", ids[0])


def test_a_check_fails_when_the_holder_slept_through_its_time(site: Site) -> None:
    first = site.claim("ada", ONE, ttl_s=600)
    ada = site.worker("ada", first.token)
    assert [one.mine for one in holding.check(site.store, ada, [])] == [True]
    site.seconds += 560
    holding.check(site.store, ada, [])
    site.seconds += 10
    with pytest.raises(holding.ClaimLapsed):
        holding.check(site.store, ada, [])
    holding.renew_all(site.store, ada, [])
    holding.check(site.store, ada, [])


def test_the_list_tells_all_and_begins_to_watch(site: Site) -> None:
    site.claim("ada", ONE, ttl_s=600)
    (one,) = holding.listed(site.store, site.worker("bob"))
    assert (one.mine, one.takeover_s, one.title) == (False, 635.0, "init")
    site.seconds += 640
    (one,) = holding.listed(site.store, site.worker("bob"))
    assert one.takeover_s is not None
    assert one.takeover_s < 0
    assert site.claim("bob", ONE).way is Way.WATCHED
    assert holding.listed(site.store, site.worker("ada"), mine=True) == []
    json.dumps(one.to_json())


def test_many_claims_cost_one_note_or_two_each_and_nothing_more(site: Site) -> None:
    many = 40
    for n in range(many):
        site.claim(f"w{n}", site.issue(f"n{n}"))
    everything = holding.listed(site.store, site.worker("ada"))
    assert len(everything) == many
    chain, read = site.store.claims().chain, Counter[str]()

    def counted(name: str) -> None:
        method = getattr(chain, name)

        def call(*words: object) -> object:
            read[name] += 1
            return method(*words)

        setattr(chain, name, call)

    for name in ("read", "load", "save"):
        counted(name)
    assert holding.listed(site.store, site.worker("ada")) == everything
    assert read.pop("load") <= 2 * many + 1
    assert read == {"read": 1}, "the authority"
    read.clear()
    assert site.claim("ada").issue.title == "init"
    assert read["load"] <= 2 * many + 10, "what was found without a turn is not searched for again in it"
    assert read["read"] <= 10


def test_what_is_assigned_by_hand_is_passed_over_unread(site: Site) -> None:
    for n in range(40):
        site.issue(f"n{n}", assignee=Actor("human:eve"), priority=Priority.HIGH)
    mine = site.issue("mine", assignee=Actor("agent:ada"))
    ours = site.issue("ours", assignee=Actor("team:doors"))
    chain, read = site.store.claims().chain, list[str]()
    original = chain.read

    def counted(tip: Oid, path: str) -> bytes | None:
        read.append(path)
        return original(tip, path)

    site.claim("kim", ONE)
    chain.read = counted  # type: ignore[method-assign]
    assert {site.claim("ada").issue.id, site.claim("bob").issue.id} == {mine, ours}
    assert len(read) <= 20
    with pytest.raises(choosing.NothingToClaim) as none:
        site.claim("joe")
    assert (none.value.details["held"], none.value.details["open"]) == (3, 43)


def test_a_twin_that_runs_is_counted_among_those_who_hold(site: Site) -> None:
    site.claim("ada", pid=os.getppid())
    with pytest.raises(choosing.NothingToClaim, match="others hold 1"):
        site.claim("ada", pid=os.getpid())


def test_bulk_leaves_out_what_others_hold(site: Site) -> None:
    two = site.issue("two")
    one = site.claim("ada", ONE).issue.id
    done = bulk_update(site.store, site.worker("bob"), "is:open", Patch(state=Verb.DONE))
    assert ([refusal.id for refusal in done.errors], done.modified) == ([one], (two,))
    assert done.errors[0].error.code == "claim_held"
    assert (site.state(one)[0], site.state(two)[0]) == (State.IN_PROGRESS, State.DONE)
    assert bulk_update(site.store, site.worker("bob"), "is:open", Patch(add_labels=("a:b",))).errors == ()
    issues.close(site.store, site.worker("ada"), [ONE])
    two = site.issue("three")
    site.claim("ada", two)
    closed = issues.close(site.store, site.worker("bob"), [two, site.issue("four")])
    assert [outcome.error is not None for outcome in closed.outcomes] == [True, False]


def test_losing_the_race_for_the_claims_is_another_try(site: Site) -> None:
    """Between reading and writing the claims move: the second look finds the issue held."""
    chain = site.store.claims().chain
    publish = chain.publish
    raced: list[object] = []

    def rival(*args: object, **more: object) -> object:
        if not raced:
            raced.append(True)
            site.claim("bob", ONE)
        return publish(*args, **more)  # type: ignore[arg-type]

    chain.publish = rival  # type: ignore[method-assign, assignment]
    with pytest.raises(Held, match="'agent:bob'"):
        site.claim("ada", ONE)
    assert site.lease(site.store.view().starting_with(ONE)[0]).epoch == 1


def test_the_fence_holds_when_the_claim_goes_while_the_change_is_made(site: Site) -> None:
    first = site.claim("ada", ONE)
    commit = site.store.commit
    raced: list[object] = []

    def rival(*args: object, **more: object) -> object:
        if not raced:
            raced.append(more.get("still"))
            holding.evict_all(site.store, site.caller(), [ONE], reason="gone")
        return commit(*args, **more)  # type: ignore[arg-type]

    site.store.commit = rival  # type: ignore[method-assign, assignment]
    with pytest.raises(ClaimLost):
        issues.update(site.store, site.worker("ada", first.token), [ONE], Patch(title="stale"))
    assert raced[0] is not None, "the claims must stand still until the change is published"


@pytest.mark.parametrize("error", [WriteFailed("no space"), OSError(28, "no space")])
def test_nothing_after_the_decision_fails_the_claim(site: Site, error: Exception) -> None:
    commit = site.store.commit

    def fail(*_: object, **__: object) -> object:
        raise error

    site.store.commit = fail  # type: ignore[method-assign, assignment]
    done = site.claim("ada", ONE)
    assert (
        done.notes == ("claimed, but the issue does not say so yet (no space); the same command again completes it",)
        or "no space" in done.notes[0]
    )
    assert site.state(done.issue.id) == (State.READY, None)
    site.store.commit = commit  # type: ignore[method-assign]
    again = site.claim("ada", ONE)
    assert (again.token, again.notes) == (done.token, ())
    assert site.state(done.issue.id) == (State.IN_PROGRESS, "agent:ada")


def test_a_rule_that_came_to_apply_meanwhile_gives_the_lease_back(site: Site) -> None:
    commit = site.store.commit
    raced: list[object] = []
    id = site.store.view().starting_with(ONE)[0]

    def rival(*args: object, **more: object) -> object:
        if not raced:
            raced.append(True)
            site.store.commit = commit  # type: ignore[method-assign]
            blocker = site.issue("first this")
            issues.update(site.store, site.caller(), [id], Patch(add_dependencies=(blocker,)))
            raise RefConflict("moved")
        return commit(*args, **more)  # type: ignore[arg-type]

    site.store.commit = rival  # type: ignore[method-assign, assignment]
    with pytest.raises(Blocked):
        site.claim("ada", ONE)
    assert site.lease(id).is_free


def test_one_place_gives_and_takes_leases() -> None:
    """Q3: command line, agents, hooks and bulk have no way of their own."""
    moving = {"acquire", "evict", "release"}
    callers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "git_jit.leases":
                callers |= {str(path.relative_to(PACKAGE)) for name in node.names if name.name in moving}
    assert callers == {"ops/choosing.py", "ops/claims.py", "ops/holding.py", "ops/fencing.py"}


def test_errors_say_what_to_do(site: Site) -> None:
    site.claim("ada", ONE)
    for wrong in (
        lambda: holding.renew_all(site.store, site.worker("bob"), [ONE]),
        lambda: holding.release_all(site.store, site.worker("bob"), []),
        lambda: site.claim("bob", ONE),
    ):
        with pytest.raises(JitError) as error:
            wrong()
        assert error.value.hint
