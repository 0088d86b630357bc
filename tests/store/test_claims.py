"""Leases on a reference of a real repository, and changes of the issues that hold only while it stands still."""

import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from git_jit import schemas
from git_jit.canonical import is_canonical, loads
from git_jit.leases import Holder, Lease, LeaseState, Sighting
from git_jit.model import Actor, IssueId, Message, Oid, Timestamp
from git_jit.paths import CLAIMS
from git_jit.record import replace
from git_jit.store import RefConflict, RefLocked
from git_jit.store.backend import Still
from git_jit.store.backends import BackendName
from git_jit.store.chain import GitChain
from git_jit.store.claims import Claims, lease_path
from git_jit.store.leaserecords import decode, encode
from git_jit.store.repository import Repository
from git_jit.validate.run_rules import check_leases
from git_jit.view import Plan
from tests.faults.claims import tracker
from tests.store.making import issue, message

NOW = Timestamp("2026-11-21T09:00:00.000000Z")
LEASE = Lease(
    issue=IssueId("a" * 32),
    state=LeaseState.HELD,
    holder=Holder(actor=Actor("agent:ada"), clone="c1", session="s", host="h", pid=7, pid_start="1", boot_id="b"),
    epoch=3,
    ttl_s=600,
    op_id="op",
    wall_hint=NOW,
    reason="why",
    extra={"x": 1},
)


def said(n: int) -> Message:
    return replace(message(second=n), request=f"request-{n}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tracker(tmp_path / "one", 1)
    return tmp_path / "one"


def opened(path: Path, backend: BackendName = "files") -> Repository:
    return Repository.open(str(path), os.environ, backend=backend)


def test_a_lease_is_stored_canonically_by_its_schema() -> None:
    data = encode(LEASE)
    assert decode(data) == LEASE
    assert is_canonical(data)
    assert list(Draft202012Validator(schemas.schema("lease")).iter_errors(loads(data))) == []
    assert check_leases({lease_path(LEASE.issue): loads(data)}, NOW, {LEASE.issue}) == []
    assert decode(encode(replace(LEASE, holder=None, state=LeaseState.FREE))).holder is None


@pytest.mark.parametrize("backend", ["files", "libgit2", "plumbing"])
def test_the_chain_moves_by_compare_and_swap_only(home: Path, backend: BackendName) -> None:
    store = opened(home, backend)
    claims = store.claims()
    assert (claims.tip(), store.has_claims(), claims.authority(None)) == (None, False, "")
    first = claims.publish([LEASE], base=None, message=said(1))
    assert (claims.tip(), store.has_claims()) == (first, True)
    authority = claims.authority(first)
    assert len(authority) == 16
    for base in (None, Oid("0" * 40)):
        with pytest.raises(RefConflict):
            claims.publish([LEASE], base=base, message=said(2))
    second = claims.publish([replace(LEASE, epoch=4)], base=first, message=said(3))
    assert (claims.lease(LEASE.issue, second).epoch, claims.lease(LEASE.issue, first).epoch) == (4, 3)
    assert claims.authority(second) == authority
    assert store.read_commit(second).trailers["Jit-Request"] == "request-3"
    store.close()


@pytest.mark.parametrize("backend", ["files", "libgit2", "plumbing"])
def test_a_change_holds_only_while_the_claims_stand_still(home: Path, backend: BackendName) -> None:
    store = opened(home, backend)
    claims = store.claims()
    first = claims.publish([LEASE], base=None, message=said(1))
    base = store.commit(
        Plan(issues={issue().id: issue()}), base=store.tip(), message=said(2), still=Still(CLAIMS, first)
    )
    claims.publish([replace(LEASE, epoch=4)], base=first, message=said(3))
    plan = Plan(issues={issue().id: issue(title="two")})
    with pytest.raises(RefConflict) as conflict:
        store.commit(plan, base=base, message=said(4), still=Still(CLAIMS, first))
    assert conflict.value.details["ref"] == CLAIMS
    assert store.tip() == base
    assert [path.name for path in (home / ".git/refs/jit").glob("*.lock")] == []
    store.close()


def test_nobody_can_move_the_claims_while_a_change_is_published(home: Path) -> None:
    """Without the queue too: the lock of the claims is held until the issues have moved."""
    store = opened(home)
    first = store.claims().publish([LEASE], base=None, message=said(1))
    tip = store.tip()
    (home / ".git" / f"{CLAIMS}.lock").write_text("a foreign git\n")
    with pytest.raises(RefLocked):
        store.commit(Plan(issues={issue().id: issue()}), base=tip, message=said(2), still=Still(CLAIMS, first))
    assert store.tip() == tip
    store.close()


def test_renewals_and_sightings_are_kept_beside_history(home: Path) -> None:
    store = opened(home)
    claims = store.claims()
    tip = claims.publish([LEASE], base=None, message=said(1))
    claims.clock = lambda: (50.5, "boot")
    later = Timestamp("2026-11-21T10:00:00.000000Z")
    claims.renew(replace(LEASE, renew=5, wall_hint=later))
    claims.remember({LEASE.issue: Sighting(3, 5, 12.25, "boot")})
    again = Claims(GitChain(store))
    assert again.lease(LEASE.issue, tip) == replace(LEASE, renew=5, wall_hint=later)
    assert again.sighting(LEASE) == Sighting(3, 5, 12.25, "boot")
    found = again.renewal(LEASE)
    assert found is not None
    assert (found.boot_ms, found.boot_id) == (50500, "boot")
    assert claims.tip() == tip
    newer = claims.publish([replace(LEASE, epoch=4)], base=tip, message=said(2))
    assert again.lease(LEASE.issue, newer).renew == 0, "a renewal of an older epoch says nothing"
    again.forget([LEASE.issue])
    assert again.sighting(LEASE) is None
    store.close()


@pytest.mark.parametrize("notes", [b"", b"{", b"[]", b'{"renewed": 1, "seen": {"x": 2}, "clone": 3}'])
def test_damaged_notes_are_no_notes(home: Path, notes: bytes) -> None:
    store = opened(home)
    claims = store.claims()
    tip = claims.publish([LEASE], base=None, message=said(1))
    (home / ".git/jit/claims").mkdir()
    for name in (LEASE.issue, "clone"):
        (home / f".git/jit/claims/{name}.json").write_bytes(notes)
    assert claims.lease(LEASE.issue, tip) == LEASE
    assert claims.leases(tip) == {LEASE.issue: LEASE}
    assert claims.sighting(LEASE) is None
    claims.renew(replace(LEASE, renew=1))
    assert claims.lease(LEASE.issue, tip).renew == 1
    assert claims.clone() == claims.clone()
    store.close()


def test_a_copy_of_a_clone_is_another_one(home: Path, tmp_path: Path) -> None:
    import shutil

    store = opened(home)
    name = store.claims().clone()
    shutil.copytree(home, tmp_path / "two")
    other = opened(tmp_path / "two")
    assert other.claims().clone() != name
    assert store.claims().clone() == name
    store.close()
    other.close()


def test_few_and_many_leases_are_found_alike(home: Path) -> None:
    store = opened(home)
    claims = store.claims()
    many = [replace(LEASE, issue=IssueId(f"{n:032x}")) for n in range(40)]
    free = replace(LEASE, issue=IssueId("f" * 32), state=LeaseState.FREE)
    tip = claims.publish([*many, free], base=None, message=said(1))
    assert list(claims.leases(tip).values()) == many
    assert list(claims.leases(tip, [many[3].issue, free.issue]).values()) == [many[3]]
    assert list(claims.leases(tip, [lease.issue for lease in (*many[:35], free)]).values()) == many[:35]
    store.close()


def test_a_clone_has_one_name_though_two_begin_at_once(home: Path) -> None:
    """Or the claims of the one that was overwritten would be nobody's."""
    ada, bob = opened(home).claims(), opened(home).claims()
    load, names = bob.chain.load, list[str]()

    def late(name: str) -> bytes | None:
        found = load(name)
        names[:] = names or [ada.clone()]
        return found

    bob.chain.load = late  # type: ignore[method-assign]
    assert bob.clone() == names[0] == ada.clone()
    assert [path.name for path in (home / ".git/jit/claims").iterdir()] == ["clone.json"]


@pytest.mark.parametrize("damage", ["", "[]", '{"clone": 7}'])
def test_a_damaged_name_of_a_clone_is_replaced(home: Path, damage: str) -> None:
    claims = opened(home).claims()
    claims.clone()
    (home / ".git/jit/claims/clone.json").write_text(damage)
    assert claims.clone() == opened(home).claims().clone()
