"""Claims that a remote decides about: what it takes, what it refuses, and what is believed after a broken connection."""

import subprocess
from pathlib import Path

import pytest

from git_jit.errors import OutcomeUnknown
from git_jit.record import replace
from git_jit.store import RefConflict, RefRewound
from git_jit.store.claims import Claims
from git_jit.store.remoteclaims import AuthorityUnreachable
from git_jit.store.repository import Repository
from tests.faults.test_catalogue_claims import _clones as clones
from tests.store.test_claims import LEASE, said


@pytest.fixture
def two(tmp_path: Path) -> tuple[Repository, Repository]:
    return clones(tmp_path)


def both(two: tuple[Repository, Repository]) -> tuple[Claims, Claims]:
    return two[0].claims(), two[1].claims()


def test_of_two_first_claims_one_is_taken(two: tuple[Repository, Repository]) -> None:
    a, b = both(two)
    assert (a.prepare(), b.prepare()) == (None, None)
    first = a.publish([LEASE], base=None, message=said(1))
    with pytest.raises(RefConflict):
        b.publish([replace(LEASE, op_id="b")], base=None, message=said(2))
    assert b.prepare() == first == a.tip()
    assert b.authority(first) == a.authority(first)


def test_nothing_is_taken_that_was_built_on_an_older_tip(two: tuple[Repository, Repository]) -> None:
    a, b = both(two)
    first = a.publish([LEASE], base=None, message=said(1))
    assert b.prepare() == first
    second = a.publish([replace(LEASE, epoch=4)], base=first, message=said(2))
    with pytest.raises(RefConflict):
        b.publish([replace(LEASE, epoch=4, op_id="b")], base=first, message=said(3))
    assert b.prepare() == second


def test_a_push_whose_answer_is_lost_is_looked_up(two: tuple[Repository, Repository], tmp_path: Path) -> None:
    hook = tmp_path / "hub.git" / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    a, b = both(two)
    first = a.publish([LEASE], base=None, message=said(1))
    assert a.tip() == first == b.prepare()


def test_a_remote_that_is_away_decides_nothing(two: tuple[Repository, Repository], tmp_path: Path) -> None:
    a, _ = both(two)
    (tmp_path / "hub.git").rename(tmp_path / "away")
    with pytest.raises(AuthorityUnreachable):
        a.prepare()
    with pytest.raises(OutcomeUnknown):  # it went away between look and push: what it took cannot be asked
        a.publish([LEASE], base=None, message=said(1))
    assert a.tip() is None


def test_a_remote_that_was_moved_back_is_not_followed(two: tuple[Repository, Repository], tmp_path: Path) -> None:
    a, b = both(two)
    first = a.publish([LEASE], base=None, message=said(1))
    second = a.publish([replace(LEASE, epoch=4)], base=first, message=said(2))
    hub = str(tmp_path / "hub.git")
    subprocess.run(["git", "-C", hub, "update-ref", "refs/jit/claims", first], check=True)
    with pytest.raises(RefRewound):
        a.prepare()
    assert (a.tip(), b.prepare()) == (second, first)
