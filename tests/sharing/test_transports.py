"""The same exchange over every transport that git has and we allow."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from git_jit.ops import sync
from git_jit.store.remote import RemoteRefused
from tests.faults.kit.network import Fate, lossy
from tests.sharing.hosts import http, ssh
from tests.sharing.team import Team, team

Way = Callable[[Team], AbstractContextManager[str]]


@contextmanager
def by_path(made: Team) -> Iterator[str]:
    yield str(made.hub)


@contextmanager
def by_file(made: Team) -> Iterator[str]:
    yield made.hub.as_uri()


@contextmanager
def by_ssh(made: Team) -> Iterator[str]:
    made.env["GIT_SSH_COMMAND"] = ssh(made.base)
    yield f"ssh://ada@host.invalid{made.hub}"


@contextmanager
def by_http(made: Team) -> Iterator[str]:
    made.hub_git("config", "http.receivepack", "true")
    with http(made.base) as address:
        yield f"{address}/hub.git"


@pytest.mark.parametrize("way", [by_path, by_file, by_ssh, by_http])
def test_two_clones_diverge_and_come_together(way: Way, tmp_path: Path) -> None:
    made = team(tmp_path)
    with way(made) as url:
        ada = made.clone("ada", url)
        ada.init()
        door = ada.create("Door")
        assert ada.sync().pushed == ada.tip == made.published
        eve = made.clone("eve", url)
        assert sync.take_up(eve.store, eve.caller()) is not None
        ada.update(door, title="The door")
        eve.create("Wall", door)
        assert ada.sync().pushed == ada.tip
        assert eve.sync().pushed == eve.tip == made.published
        ada.sync()
        assert ada.tip == eve.tip
        assert ada.titles() == ["The door", "Wall"]


def test_a_host_that_lets_one_read_only(tmp_path: Path) -> None:
    made = team(tmp_path)
    ada = made.clone("ada")
    ada.init()
    ada.sync()
    with http(made.base, read_only=True) as address:
        eve = made.clone("eve", f"{address}/hub.git")
        eve.sync()
        assert eve.tip == ada.tip
        eve.create("Wall")
        with pytest.raises(RemoteRefused):
            eve.sync()
        assert eve.titles() == ["Wall"]
        ada.create("Door")
        ada.sync()
        assert sync.pull(eve.store, eve.caller()).taken is not None
        assert eve.titles() == ["Door", "Wall"]


def test_an_answer_that_breaks_off_is_not_taken_for_a_loss(tmp_path: Path) -> None:
    """Of one that ends within its head git says that the remote has nothing at all."""
    made = team(tmp_path)
    ada = made.clone("ada")
    ada.init()
    ada.sync()
    with by_http(made) as url, lossy(url.removesuffix("/hub.git"), [Fate.ANSWER_CUT]) as (address, met):
        ada.git("remote", "set-url", "origin", f"{address}/hub.git")
        ada.create("Door")
        assert ada.sync().pushed == ada.tip == made.published
    assert met == {Fate.ANSWER_CUT: 1}
