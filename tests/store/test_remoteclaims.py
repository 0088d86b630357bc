"""Claims that a remote decides about: what it takes, what it refuses, and what is believed after a broken connection."""

import shutil
import subprocess
from pathlib import Path

import pytest

from git_jit.errors import OutcomeUnknown
from git_jit.ops.choosing import Asked
from git_jit.ops.claims import claim
from git_jit.ops.holding import ClaimLapsed, check
from git_jit.record import replace
from git_jit.store import RefConflict, RefRewound
from git_jit.store.claims import Claims
from git_jit.store.remoteclaims import AuthorityUnreachable
from git_jit.store.repository import Repository
from tests.faults.claims import caller
from tests.faults.kit.network import Fate, lossy
from tests.faults.test_catalogue_claims import _clones as clones
from tests.sharing.hosts import http
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


@pytest.mark.parametrize("is_first", [True, False])
def test_an_answer_that_breaks_off_is_not_taken_for_a_loss(
    two: tuple[Repository, Repository], tmp_path: Path, *, is_first: bool
) -> None:
    """Of one that ends within its head git says that the remote has nothing at all."""
    a, b = both(two)
    first = a.publish([LEASE], base=None, message=said(1))
    with http(tmp_path) as host, lossy(host, [Fate.ANSWER_CUT]) as (address, met):
        for repository in two:
            set_url(repository, f"{address}/hub.git")
        assert (b if is_first else a).prepare() == (None if is_first else first)
        assert (met[Fate.ANSWER_CUT], a.suspended) == (1, False)
        if is_first:  # it knew of nothing, so nothing is lost; and what is decided on nothing is not taken
            with pytest.raises(RefConflict):
                b.publish([replace(LEASE, op_id="b")], base=None, message=said(2))


def test_claims_of_a_remote_that_was_emptied_are_lost(two: tuple[Repository, Repository], tmp_path: Path) -> None:
    a, _ = both(two)
    a.publish([LEASE], base=None, message=said(1))
    shutil.rmtree(tmp_path / "hub.git")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "hub.git")], check=True)
    with pytest.raises(RefRewound):
        a.prepare()


def test_a_remote_hears_of_a_renewal_as_often_as_a_holder_should_renew(two: tuple[Repository, Repository]) -> None:
    """What it does not hear of, other clones do not see, and the holder may not rely on."""
    ada, bob = two
    seconds, boot = [1000.0], ada.claims().clock()[1]
    ada.claims().clock = lambda: (seconds[0], boot)
    first = claim(ada, caller("ada"), Asked(ttl_s=3600))
    for passed, renewals in ((600, 0), (500, 0), (200, 1), (1100, 1), (200, 2)):
        seconds[0] += passed
        assert claim(ada, caller("ada"), Asked()).token == first.token
        assert bob.claims().lease(first.issue.id, bob.claims().prepare()).renew == renewals
    seconds[0] += 3500
    with pytest.raises(ClaimLapsed):
        check(ada, caller("ada"), [first.issue.id])


def set_url(repository: Repository, url: str) -> None:
    git = ["git", "-C", repository.layout.common_dir, "config", "remote.origin.url", url]
    subprocess.run(git, check=True)


def test_a_remote_that_was_moved_back_is_not_followed(two: tuple[Repository, Repository], tmp_path: Path) -> None:
    a, b = both(two)
    first = a.publish([LEASE], base=None, message=said(1))
    second = a.publish([replace(LEASE, epoch=4)], base=first, message=said(2))
    hub = str(tmp_path / "hub.git")
    subprocess.run(["git", "-C", hub, "update-ref", "refs/jit/claims", first], check=True)
    with pytest.raises(RefRewound):
        a.prepare()
    assert (a.tip(), b.prepare()) == (second, first)
