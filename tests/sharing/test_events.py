"""Listening in a real clone: what comes by sync, by hand, through gc and packing is told once each."""

import contextlib
import subprocess
from pathlib import Path

import pytest

from git_jit.ops.events import Teller, events
from git_jit.ops.history import Event, EventQuery
from tests.gates import Clone as Gated
from tests.gates import start
from tests.sharing.team import REF, Clone, started


def listen(clone: Clone) -> Teller:
    return Teller(clone.store, EventQuery)


def heard(teller: Teller) -> list[str]:
    return [event.id for event, _ in teller.news()]


def of_git(clone: Clone, *words: str) -> list[str]:
    """Commits as git lists them, oldest first."""
    return clone.git("rev-list", "--reverse", *words).split()


def test_what_a_sync_brings_is_told_once(tmp_path: Path) -> None:
    _, (alice, bob) = started(tmp_path, "alice", "bob")
    teller = listen(bob)
    told = [event.id for event, _ in teller.past()]
    assert sorted(told) == sorted(of_git(bob, REF))
    for turn in range(3):
        one = alice.create(f"alice {turn}")
        alice.update(one, title=f"alice changes {turn}")
        alice.sync()
        bob.create(f"bob {turn}")
        told += heard(teller)
        bob.sync()
        told += heard(teller)
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(of_git(bob, REF))
    merges = list(events(bob.store, EventQuery(kinds={"merged"})))
    assert len(merges) == len(of_git(bob, "--merges", REF)) > 2
    assert all(event.taken and not event.changes for event in merges)
    again = [event.id for event, _ in listen(bob).past()]
    assert sorted(again) == sorted(told)
    assert all(again.index(parent) < again.index(one.id) for one in merges for parent in one.parents)


def test_a_reference_that_is_packed_moved_back_and_collected_repeats_nothing(tmp_path: Path) -> None:
    _, (alice,) = started(tmp_path, "alice")
    teller, told = listen(alice), list[str]()
    for turn in range(4):
        alice.create(f"issue {turn}")
        told += heard(teller)
        alice.git("pack-refs", "--all")
        assert heard(teller) == []
        alice.git("-c", "gc.pruneExpire=now", "gc", "-q")
        alice.create(f"further issue {turn}")
        told += heard(teller)
    tip = alice.tip
    alice.git("update-ref", REF, f"{tip}~3")
    assert heard(teller) == []
    alice.git("update-ref", REF, tip)
    assert heard(teller) == []
    assert told == of_git(alice, REF)[-8:]


@pytest.fixture
def ada(tmp_path: Path) -> Gated:
    return start(tmp_path / "ada", tmp_path / "home")


def told_by(clone: Gated) -> list[Event]:
    store = clone.open()
    with contextlib.closing(store):
        return [event for event, _ in Teller(store, EventQuery).past()]


def test_claims_and_runs_are_events_between_the_others(ada: Gated) -> None:
    one = ada.ok("create", "A").strip()
    ada.ok("gate", "define", "tests", "--", "true")
    ada.ok("gate", "add", one, "tests")
    ada.ok("claim", one)
    ada.approve("tests")
    ada.ok("gate", "run", one)
    ada.ok("claim", "release", one)
    found = [(event.source, event.op, sorted(event.every_kind)) for event in told_by(ada)]
    assert found == [
        ("issues", "init", ["config_changed", "file_added", "initialised"]),
        ("issues", "create", ["issue_created"]),
        ("issues", "gate-define", ["gate_defined"]),
        ("issues", "gate-add", ["gate_required", "gates_changed"]),
        ("claims", "claim", ["claimed", "claims_begun"]),
        ("issues", "claim", ["assigned", "state_changed"]),
        ("runs", "gate-run", ["gate_ran", "run_passed"]),
        ("issues", "gate-run", ["gate_passed", "gates_changed"]),
        ("claims", "claim-release", ["claim_released"]),
        ("issues", "claim-release", ["assigned", "state_changed", "unassigned"]),
    ]


def test_from_every_cursor_the_rest_is_told(ada: Gated) -> None:
    ada.ok("gate", "define", "tests", "--", "true")
    ada.approve("tests")
    for name in ("A", "B"):
        one = ada.ok("create", name).strip()
        ada.ok("gate", "add", one, "tests")
        ada.ok("claim", one)
        ada.ok("gate", "run", one)
    with contextlib.closing(ada.open()) as store:
        told = list(Teller(store, EventQuery).past())
        for place, (_, cursor) in enumerate(told):
            rest = [event.id for event, _ in Teller(store, EventQuery).after(cursor)]
            assert rest == [event.id for event, _ in told[place + 1 :]], told[place]


def test_proposals_are_events(tmp_path: Path) -> None:
    from git_jit.ops.proposing import propose

    _, (alice, bob) = started(tmp_path, "alice", "bob")
    alice.create("A proposal")
    propose(alice.store, alice.caller(), "A good idea")
    teller = listen(bob)
    bob.git("fetch", "-q", "origin")
    (found,) = [event for event, _ in teller.news() if event.source == "proposals"]
    assert (found.kinds, found.subject) == (("proposed",), "proposed: origin/jit/proposals/human-alice/a-good-idea")
    assert heard(teller) == []


def test_a_repository_that_only_git_can_read(tmp_path: Path) -> None:
    from tests.store.gitrepo import has_reftable

    if not has_reftable():
        pytest.skip("git is too old")
    home = tmp_path / "home"
    clone = Gated(tmp_path / "r", home)
    clone.path.mkdir()
    subprocess.run(["git", "init", "-q", "--ref-format=reftable", "."], cwd=clone.path, env=clone.environ, check=True)
    clone.git("config", "user.name", "ada")
    clone.git("config", "user.email", "ada@example.org")
    clone.ok("init", "--template", "minimal")
    with contextlib.closing(clone.open()) as store:
        teller = Teller(store, EventQuery)
        clone.ok("claim", clone.ok("create", "A").strip())
        assert [event.op for event, _ in teller.news()] == ["create", "claim", "claim"]
        assert list(teller.news()) == []
