"""Claims: one test for each row of the fault catalogue's part 2.11 (docs/reliability.md)."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.leases import Way
from git_jit.model import Actor, Timestamp
from git_jit.ops import claims as ops
from git_jit.ops import holding, issues
from git_jit.ops.choosing import Asked
from git_jit.ops.doctor import examine
from git_jit.record import replace
from git_jit.store import WriteFailed
from git_jit.store.repository import Repository
from tests.faults.claims import Worker, caller, repository, run, tracker
from tests.ops.test_claims import test_one_place_gives_and_takes_leases as one_place


@pytest.fixture
def store(tmp_path: Path) -> Repository:
    tracker(tmp_path / "one", 2)
    return repository(tmp_path / "one")


def first(store: Repository) -> str:
    with store.view() as view:
        return view.ids()[0]


def test_Q1_of_many_that_claim_at_once_one_gets_it(tmp_path: Path) -> None:
    """1,000 rounds of 16: `python -m tests.faults.claims local`; clones: `… remote`."""
    race = run(["local", "--rounds=4", "--claimers=4"], tmp_path)
    assert race.good, race
    assert (race.winners, race.refused) == (4, 12)


def test_Q2_choosing_and_claiming_is_one_step(tmp_path: Path) -> None:
    ids = tracker(tmp_path / "one", 6)
    command = [sys.executable, "-m", "git_jit", "claim", "--next"]
    running = [
        subprocess.Popen(
            command,
            cwd=tmp_path / "one",
            env={**os.environ, "JIT_ACTOR": f"agent:w{n}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(6)
    ]
    said = [one.communicate(timeout=60) for one in running]
    assert [one.returncode for one in running] == [0] * 6, said
    tokens = [out.split("\t")[1] for out, _ in said]
    assert sorted(token.split("/")[1] for token in tokens) == sorted(ids)


def test_Q3_there_is_one_way_to_claim() -> None:
    one_place()


def test_Q4_a_dead_holder_is_succeeded_at_once(store: Repository) -> None:
    id = first(store)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ops.claim(store, caller("ada"), Asked(id=id, pid=process.pid))
    with pytest.raises(JitError, match="is claimed by 'agent:ada'"):
        ops.claim(store, caller("bob"), Asked(id=id))
    process.kill()
    process.communicate()
    taken = ops.claim(store, caller("bob"), Asked(id=id))
    assert (taken.way, taken.before, taken.token.epoch) == (Way.DEAD, "agent:ada", 2)
    store.close()


def test_Q5_who_slept_through_its_time_writes_nothing_more(tmp_path: Path) -> None:
    """500 rounds: `python -m tests.faults.claims paused`."""
    race = run(["paused", "--rounds=2"], tmp_path)
    assert race.good, race
    assert (race.winners, race.refused) == (2, 2)


def test_Q6_a_stale_holder_releases_nothing(store: Repository) -> None:
    id = first(store)
    old = ops.claim(store, caller("ada"), Asked(id=id)).token
    holding.release_all(store, caller("ada", str(old)), [id])
    new = ops.claim(store, caller("bob"), Asked(id=id)).token
    with pytest.raises(JitError) as lost:
        holding.release_all(store, caller("ada", str(old)), [id])
    assert (lost.value.code, lost.value.status) == ("claim_lost", 6)
    assert holding.check(store, caller("bob", str(new)), [id])[0].lease.epoch == 2
    store.close()


def test_Q7_nothing_after_the_decision_fails_the_command(store: Repository) -> None:
    class Broken(Repository):
        def commit(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise WriteFailed("the disk is full")

    id = first(store)
    store.__class__ = Broken
    done = ops.claim(store, caller("ada"), Asked(id=id))
    assert "the same command again completes it" in done.notes[0]
    store.__class__ = Repository
    again = ops.claim(store, caller("ada"), Asked(id=id))
    assert (again.token, again.notes, again.issue.assignee) == (done.token, (), "agent:ada")
    store.close()


def test_Q7_a_claimer_that_is_killed_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (id,) = tracker(tmp_path / "one", 1)
    for n in range(6):
        worker = Worker(tmp_path / "one", "ada")
        assert worker.hear() == ["ready"]
        worker.ask("claim", id)
        signal.sigtimedwait([], 0.004 * n)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.end()
    store = repository(tmp_path / "one")
    done = ops.claim(store, caller("ada"), Asked(id=id))
    assert (done.token.epoch, done.notes, done.issue.assignee) == (1, (), "agent:ada")
    issues.close(store, caller("ada", str(done.token)), [id])
    store.close()


def test_Q8_a_lease_without_end_has_a_reason_and_a_way_out(store: Repository) -> None:
    id = first(store)
    with pytest.raises(JitError, match="needs a reason"):
        ops.claim(store, caller("ada"), Asked(id=id, ttl_s=0))
    ops.claim(store, caller("ada"), Asked(id=id, ttl_s=0, reason="a long study"))
    (one,) = holding.listed(store, caller("bob"))
    assert (one.takeover_s, one.lease.reason) == (None, "a long study")
    person = caller("bob")
    with pytest.raises(JitError, match="may not take claims away"):
        holding.evict_all(store, person, [id], reason="mine")
    holding.evict_all(store, replace(person, actor=Actor("human:eve")), [id], reason="left the team")
    tip = store.claims().tip()
    assert tip is not None
    said = store.read_commit(tip).trailers
    assert (said["Jit-Op"], said["Jit-Actor"], said["Jit-Reason"]) == ("claim-evict", "human:eve", "left the team")
    store.close()


def test_Q9_who_acts_and_who_commits_are_on_record_apart(store: Repository) -> None:
    """A name is only said (`--actor bob`); beside it stands the person whom git knows."""
    ops.claim(store, caller("bob"), Asked(id=first(store)))
    tip = store.claims().tip()
    assert tip is not None
    commit = store.read_commit(tip)
    assert (commit.trailers["Jit-Actor"], commit.author) == ("agent:bob", "Ada <ada@example.org>")
    store.close()


def test_Q10_a_claim_that_nobody_confirmed_gives_way(tmp_path: Path) -> None:
    """Where the remote cannot be asked: nothing is promised, and when it answers again one claim is decided there."""
    one, two = _clones(tmp_path)
    (tmp_path / "hub.git").rename(tmp_path / "gone.git")
    id = first(one)
    with pytest.raises(JitError) as refused:
        ops.claim(one, caller("ada"), Asked(id=id))
    assert (refused.value.code, refused.value.status) == ("authority_unreachable", 9)
    tentative = ops.claim(one, caller("ada"), Asked(id=id, tentative=True))
    assert (tentative.lease.state, tentative.token.epoch) == ("tentative", 0)
    assert [one.lease.state for one in holding.listed(one, caller("ada"))] == ["tentative"]
    (tmp_path / "gone.git").rename(tmp_path / "hub.git")
    won = ops.claim(two, caller("bob"), Asked(id=id))
    assert won.token.epoch == 1
    with pytest.raises(JitError, match="is claimed by 'agent:bob'"):
        ops.claim(one, caller("ada"), Asked(id=id))
    for store in (one, two):
        store.close()


def test_Q10_a_remote_that_lost_claims_is_not_believed(tmp_path: Path) -> None:
    one, two = _clones(tmp_path)
    id = first(one)
    ops.claim(one, caller("ada"), Asked(id=id))
    subprocess.run(["git", "-C", str(tmp_path / "hub.git"), "update-ref", "-d", "refs/jit/claims"], check=True)
    with pytest.raises(JitError) as lost:
        ops.claim(one, caller("ada"), Asked(id=id))
    assert lost.value.code == "ref_rewound"
    for store in (one, two):
        store.close()


def test_Q11_a_clock_that_is_wrong_by_years_lets_nobody_in(store: Repository) -> None:
    """Observers count seconds of their own; offsets and rates of 0.5 to 2 are simulated in `tests/test_leases.py`."""
    id = first(store)
    for year in ("2016", "2036"):
        done = ops.claim(store, replace(caller("ada"), now=Timestamp(f"{year}-11-21T09:00:00.000000Z")), Asked(id=id))
        with pytest.raises(JitError) as refused:
            ops.claim(store, replace(caller("bob"), now=done.lease.wall_hint or Timestamp("")), Asked(id=id))
        assert refused.value.code == "claim_held"
    store.close()


def _clones(directory: Path) -> tuple[Repository, Repository]:
    """Two clones of one remote, which decides about claims."""
    tracker(directory / "seed", 1)
    hub = directory / "hub.git"
    subprocess.run(["git", "init", "-q", "--bare", str(hub)], check=True)
    push = ["git", "-C", str(directory / "seed"), "push", "-q", str(hub), "refs/jit/issues:refs/heads/jit/issues"]
    subprocess.run(push, check=True)
    found = []
    for name in ("a", "b"):
        clone = directory / name
        subprocess.run(["git", "clone", "-q", str(hub), str(clone)], check=True, capture_output=True)
        for words in (
            ["config", "user.name", "Ada"],
            ["config", "user.email", "ada@example.org"],
            ["config", "jit.claim.authority", "remote:origin"],
            ["config", "jit.timeout.remote", "5s"],
            ["update-ref", "refs/jit/issues", "origin/jit/issues"],
        ):
            subprocess.run(["git", "-C", str(clone), *words], check=True)
        found.append(repository(clone))
    return found[0], found[1]


def test_Q8_doctor_tells_age_and_reason_and_changes_nothing(store: Repository) -> None:
    id = first(store)
    assert [part.name for part in examine(store).judgement.parts].count("claims") == 0
    begun = replace(caller("ada"), now=Timestamp("2020-11-21T09:00:00.000000Z"))
    ops.claim(store, begun, Asked(id=id, ttl_s=0, reason="a long study"))
    before = sorted((str(path), path.stat().st_mtime_ns) for path in Path(store.layout.common_dir).rglob("*"))
    (part,) = [part for part in examine(store).judgement.parts if part.name == "claims"]
    (item,) = part.items
    assert item.finding.code == "lease_indefinite"
    assert re.fullmatch(r"is held by 'agent:ada' for \d{4} days, without end: a long study", item.finding.message)
    after = sorted((str(path), path.stat().st_mtime_ns) for path in Path(store.layout.common_dir).rglob("*"))
    assert after == before
    store.close()
