"""Commits made again, commits that no reference names, and branches on a remote."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from git_jit.model import Actor, Message, Oid, Timestamp
from git_jit.store import commits
from git_jit.store.proposals import NothingPublished, was_taken
from git_jit.store.remote import RemoteUnknown
from git_jit.store.repository import Repository
from git_jit.store.settings import Identity
from tests.program import REF, Repo, ids

MESSAGE = Message(
    op="check", subject="check", actor=Actor("ci:check"), request="r", at=Timestamp("2026-11-21T09:00:00.000000Z")
)
BRANCH = "jit/proposals/ada/x"


@pytest.fixture
def home(repo: Repo) -> Iterator[Repository]:
    repo.works("update", ids(repo)["A"], "-p", "high")
    opened = Repository.open(str(repo.path), repo.env)
    yield opened
    opened.close()


@pytest.fixture
def host(repo: Repo, tmp_path: Path) -> Repo:
    repo.git("init", "-q", "--bare", str(tmp_path / "host"))
    repo.git("remote", "add", "origin", str(tmp_path / "host"))
    return replace(repo, path=tmp_path / "host")


def test_a_commit_made_again_is_the_same_every_time_and_says_the_same(home: Repository, repo: Repo) -> None:
    git = home.proposals()
    tip, parent = home.resolve(REF), home.resolve(f"{REF}~2")
    path = repo.path_of(ids(repo)["A"])
    blob = Oid(repo.git("rev-parse", f"{tip}:{path}"))
    made = git.again(tip, parent, {path: blob})
    again = home.read_commit(made)
    before = home.read_commit(tip)
    assert git.again(tip, parent, {path: blob}) == made != tip
    assert again.parents == (parent,)
    assert (again.author, again.time, again.subject, again.trailers) == (
        before.author, before.time, before.subject, before.trailers,
    )  # fmt: skip
    assert repo.git("diff", "--name-only", parent, made) == path
    assert git.again(tip, parent, {}) == parent


def test_a_commit_made_again_is_later_than_what_it_stands_on(home: Repository, repo: Repo) -> None:
    old, tip = home.resolve(f"{REF}~1"), home.resolve(REF)
    made = home.proposals().again(old, tip, {"notes.md": b"x\n"})
    assert commits.clock_of(home.read_commit(made))[:2] > commits.clock_of(home.read_commit(tip))[:2]


def test_a_draft_has_its_parents_and_no_name(home: Repository, repo: Repo) -> None:
    old, tip = home.resolve(f"{REF}~1"), home.resolve(REF)
    who = Identity("Nobody <n@example.org>", "Nobody <n@example.org>")
    made = home.proposals().draft({"notes.md": b"x\n"}, start=tip, parents=[old, tip], message=MESSAGE, who=who)
    commit = home.read_commit(made)
    assert (commit.parents, commit.author) == ((old, tip), "Nobody <n@example.org>")
    assert repo.git("diff", "--name-only", tip, made) == "notes.md"
    assert repo.git("for-each-ref", "--points-at", made) == ""


def test_what_lies_between_is_told_oldest_first(home: Repository) -> None:
    tip, old = home.resolve(REF), home.resolve(f"{REF}~2")
    found = home.proposals().between(old, tip)
    assert [commit.oid for commit in found] == [home.resolve(f"{REF}~1"), tip]
    assert home.proposals().between(tip, old) == []


def test_a_branch_is_put_up_moved_forward_and_taken_back(home: Repository, host: Repo, repo: Repo) -> None:
    opened = Repository.open(str(repo.path), repo.env)  # it knows the remote
    git, old, tip = opened.proposals(), home.resolve(f"{REF}~1"), home.resolve(REF)
    remote = git.exchange.remote()
    assert was_taken(git.push(remote, old, BRANCH, request="1"))
    assert was_taken(git.push(remote, tip, BRANCH, request="2"))
    assert not was_taken(git.push(remote, old, BRANCH, request="3"))
    assert git.on(remote) == git.on(remote, "ada") == {BRANCH: tip}
    assert (git.on(remote, "eve"), git.fetch(remote, BRANCH), git.fetch(remote, f"{BRANCH}y")) == ({}, tip, None)
    assert not git.withdraw(remote, BRANCH, old, request="4")  # somebody moved it
    assert git.withdraw(remote, BRANCH, tip, request="5")
    assert host.git("for-each-ref") == ""
    opened.close()


def test_nothing_is_published_without_a_remote_or_a_fetch(home: Repository, repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(RemoteUnknown):
        home.proposals().published()
    repo.git("remote", "add", "origin", str(tmp_path))
    opened = Repository.open(str(repo.path), repo.env)
    with pytest.raises(NothingPublished, match="nothing that the remote 'origin' publishes is known here"):
        opened.proposals().published()
    repo.git("update-ref", "refs/remotes/origin/jit/issues", REF)
    assert opened.proposals().published() == ("origin", "jit/issues", home.resolve(REF))
    opened.close()


def test_the_place_of_proposals_can_be_chosen(home: Repository, repo: Repo) -> None:
    assert home.proposals().prefix == "jit/proposals"
    repo.git("config", "jit.proposals", "users/")
    opened = Repository.open(str(repo.path), repo.env)
    assert opened.proposals().prefix == "users"
    opened.close()
