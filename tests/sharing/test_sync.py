"""Sharing issues through a host: every case that must work, with real git and several clones."""

from pathlib import Path

import pytest

from git_jit.model import Priority
from git_jit.ops import sync
from git_jit.ops.sync import How, Lost, NoIssuesThere, PushRejected, RemoteLost, SyncContended, Unpublished
from git_jit.store import NotInitialised, RefMissing
from git_jit.store.pushing import BranchInTheWay, NotThere, PublishRefused
from git_jit.store.remote import RemoteUnknown, RemoteUnreachable
from git_jit.workflow import Verb
from tests.sharing.team import BRANCH, REF, Clone, Team, run, started, team

FREE = "env -u GIT_QUARANTINE_PATH git update-ref"
"""What a hook may not do: it stands for another push at that moment."""


def hook(hub: Path, name: str, script: str) -> None:
    path = hub / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def alike(*clones: Clone) -> None:
    """Every clone has the very same commit."""
    assert len({clone.tip for clone in clones}) == 1


# --- the beginning --------------------------------------------------------------------------------------


def test_the_first_publication_goes_to_an_empty_remote(tmp_path: Path) -> None:
    made = team(tmp_path)
    ada = made.clone("ada")
    ada.init()
    done = ada.sync()
    assert (done.pushed, done.rounds, done.taken) == (ada.tip, 1, None)
    assert made.published == ada.tip
    assert ada.git("rev-parse", "refs/remotes/origin/jit/issues") == ada.tip
    again = ada.sync()
    assert (again.pushed, again.rounds) == (None, 1)
    assert again.taken is not None
    assert again.taken.how is How.NOTHING


def test_a_fresh_clone_begins_with_what_is_published(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    ada.sync()
    eve = made.clone("eve")
    taken = sync.take_up(eve.store, eve.caller())
    assert taken is not None
    assert (taken.how, taken.line) == (How.ADOPTED, "began with 1 issue from 'origin'")
    assert eve.titles() == ["Door"]
    alike(ada, eve)
    assert sync.take_up(eve.store, eve.caller()) is None


def test_a_clone_without_issues_and_without_a_remote_that_has_any(tmp_path: Path) -> None:
    ada = team(tmp_path).clone("ada")
    with pytest.raises(NotInitialised):
        ada.sync()
    with pytest.raises(NoIssuesThere) as none:
        sync.fetch(ada.store)
    assert none.value.message == "the remote 'origin' has no issues"
    assert sync.take_up(ada.store, ada.caller()) is None


def test_two_people_who_both_began_are_brought_together(tmp_path: Path) -> None:
    made = team(tmp_path)
    ada, eve = made.clone("ada"), made.clone("eve")
    for clone, title in ((ada, "Door"), (eve, "Wall")):
        clone.init()
        clone.create(title)
    ada.sync()
    done = eve.sync()
    assert done.taken is not None
    assert (done.taken.how, done.taken.decisions) == (How.MERGED, ())
    ada.sync()
    alike(ada, eve)
    assert ada.titles() == ["Door", "Wall"]
    assert len(ada.git("rev-list", "--max-parents=0", REF).split()) == 2


# --- every day ------------------------------------------------------------------------------------------


def test_three_clones_diverge_and_come_together(tmp_path: Path) -> None:
    made, (ada, bob, eve) = started(tmp_path, "ada", "bob", "eve")
    door = ada.create("Door")
    ada.sync()
    for clone in (bob, eve):
        clone.sync()
    ada.update(door, title="The door")
    bob.update(door, priority=Priority.HIGH)
    bob.comment(door, "It squeaks.")
    eve.update(door, title="Front door")
    wall = eve.create("Wall", door)
    assert [clone.sync().rounds for clone in (ada, bob, eve)] == [1, 1, 1]
    done = ada.sync()
    assert done.taken is not None
    assert done.taken.how is How.FORWARDED
    bob.sync()
    alike(ada, bob, eve)
    assert made.published == ada.tip
    found = ada.issue(door)
    assert (found.title, found.priority) == ("Front door", Priority.HIGH)
    assert ada.issue(wall).dependencies == (door,)
    waiting = [path for path in ada.git("ls-tree", "-r", "--name-only", REF).splitlines() if "conflicts/" in path]
    assert waiting == [f"conflicts/{door}/title.json"]


def test_what_two_clones_freed_together_can_be_worked_on_in_both(tmp_path: Path) -> None:
    """Each finished one of the two things that the third waits for."""
    _, (ada, bob) = started(tmp_path, "ada", "bob")
    door, wall = ada.create("Door"), ada.create("Wall")
    house = ada.create("House", door, wall)
    ada.sync()
    bob.sync()
    ada.update(door, state=Verb.DONE)
    bob.update(wall, state=Verb.DONE)
    bob.update(door, title="Oak door")
    ada.sync()
    taken = bob.sync().taken
    ada.sync()
    alike(ada, bob)
    assert taken is not None
    assert (taken.how, taken.warnings) == (How.MERGED, ())
    assert [clone.issue(house).state.value for clone in (ada, bob)] == ["ready", "ready"]


def test_what_was_merged_says_so_in_one_line(tmp_path: Path) -> None:
    _, (ada, eve) = started(tmp_path, "ada", "eve")
    door = ada.create("Door")
    ada.sync()
    eve.sync()
    ada.update(door, title="Ada's door")
    eve.update(door, title="Eve's door")
    ada.sync()
    done = eve.sync()
    assert done.taken is not None
    assert done.taken.line == f"merged 1 issue from 'origin', 1 decision needs you: {door[:7]} Eve's door"
    assert eve.subjects()[0] == "merge origin: 1 issue, 1 to decide"
    assert eve.git("log", "-1", "--format=%P", REF).split()[0] == ada.tip, "the remote's side is the first parent"


def test_the_parts_of_a_sync(tmp_path: Path) -> None:
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    ada.create("Door")
    ada.sync()
    eve.create("Wall")
    with pytest.raises(PushRejected):
        sync.push(eve.store, eve.caller())
    before = eve.tip
    assert sync.fetch(eve.store).fetched == ("origin", ada.tip, ada.git("rev-parse", f"{REF}~1"), False, None)
    assert eve.tip == before
    assert sync.pull(eve.store, eve.caller()).taken is not None
    assert eve.titles() == ["Door", "Wall"]
    assert made.published == ada.tip
    assert sync.push(eve.store, eve.caller()).pushed == eve.tip == made.published


def test_a_plain_git_pull_is_enough(tmp_path: Path) -> None:
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    ada.create("Door")
    ada.sync()
    assert not eve.store.has_news()
    eve.git("fetch", "-q")
    assert eve.store.has_news()
    taken = sync.take_up(eve.store, eve.caller())
    assert taken is not None
    assert taken.line == "took over 1 issue from 'origin'"
    alike(ada, eve)
    assert not eve.store.has_news()
    del made


def test_nothing_is_taken_up_where_it_was_switched_off(tmp_path: Path) -> None:
    _, (ada, eve) = started(tmp_path, "ada", "eve")
    ada.create("Door")
    ada.sync()
    eve.git("config", "jit.autoMerge", "false")
    eve.git("fetch", "-q")
    assert not eve.store.has_news()
    assert sync.take_up(eve.store, eve.caller()) is None
    assert eve.titles() == []
    eve.sync()
    assert eve.titles() == ["Door"]


def test_another_name_on_the_remote(tmp_path: Path) -> None:
    made = team(tmp_path)
    ada, eve = made.clone("ada"), made.clone("eve")
    for clone in (ada, eve):
        clone.git("config", "jit.publishRef", "refs/jit/issues")
    ada.init()
    ada.create("Door")
    ada.sync()
    assert made.hub_git("for-each-ref", "--format=%(refname)") == "refs/jit/issues"
    eve.sync()
    alike(ada, eve)


def test_several_remotes(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    run(tmp_path, "init", "-q", "--bare", "second.git", env=made.env)
    ada.git("remote", "add", "second", str(tmp_path / "second.git"))
    ada.create("Door")
    assert ada.sync("second").pushed == ada.tip
    assert made.published != ada.tip, "it is not what is synced with by itself"
    ada.git("remote", "rename", "origin", "upstream")
    with pytest.raises(RemoteUnknown) as unsaid:
        ada.sync()
    assert unsaid.value.message == "it is not said which remote: there are second, upstream"
    ada.git("config", "jit.remote", "upstream")
    assert ada.sync().pushed == ada.tip == made.published


# --- races and doubts -----------------------------------------------------------------------------------


def test_a_lost_race_is_fetched_merged_and_tried_again(tmp_path: Path) -> None:
    """The other push comes in between our fetch and our push: the hook of the host makes it."""
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    eve.create("Wall")
    eve.git("push", "-q", "origin", f"{REF}:refs/heads/elsewhere")
    ada.create("Door")
    once = (
        f"if test -e once; then exit 0; fi; touch once\n{FREE} {BRANCH} refs/heads/elsewhere; cat > /dev/null; exit 0"
    )
    hook(made.hub, "pre-receive", once)
    done = ada.sync()
    assert (done.rounds, done.pushed) == (2, ada.tip)
    assert ada.titles() == ["Door", "Wall"]


def test_a_remote_that_takes_it_and_does_not_keep_it(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    before = made.published
    hook(made.hub, "post-receive", f"git update-ref {BRANCH} {before}")
    ada.git("config", "jit.timeout.remote", "1s")
    ada.create("Door")
    with pytest.raises(NotThere) as lied:
        ada.sync()
    assert (lied.value.code, lied.value.status) == ("publish_not_there", 9)


def test_a_connection_that_breaks_after_the_host_moved_is_no_failure(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    hook(made.hub, "post-receive", "kill -9 $PPID")
    ada.create("Door")
    done = ada.sync()
    assert done.pushed == ada.tip == made.published


def test_no_remote_and_no_network(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    made.hub.rename(tmp_path / "gone.git")
    ada.git("config", "jit.timeout.remote", "1s")
    with pytest.raises(RemoteUnreachable):
        ada.sync()
    assert ada.titles() == ["Door"]
    ada.git("remote", "remove", "origin")
    with pytest.raises(RemoteUnknown) as none:
        ada.sync()
    assert none.value.message == "this clone has no remote"


# --- hosts with rules -----------------------------------------------------------------------------------


def test_a_host_that_takes_some_names_only_says_so(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    hook(made.hub, "update", 'case "$1" in refs/heads/team/*) exit 0;; *) echo "only team/* here" >&2; exit 1;; esac')
    ada.create("Door")
    with pytest.raises(PublishRefused) as refused:
        ada.sync()
    assert refused.value.message == (
        "the remote 'origin' refuses 'refs/heads/jit/issues': hook declined (only team/* here)"
    )
    ada.git("config", "jit.publishRef", "refs/heads/team/issues")
    assert ada.sync().pushed == ada.tip


def test_a_branch_named_jit_is_in_the_way(tmp_path: Path) -> None:
    made = team(tmp_path)
    ada = made.clone("ada")
    ada.git("commit", "-q", "--allow-empty", "-m", "code")
    ada.git("push", "-q", "origin", "HEAD:refs/heads/jit")
    ada.init()
    with pytest.raises(BranchInTheWay) as blocked:
        ada.sync()
    assert blocked.value.message == (
        "the remote 'origin' has a branch 'jit', so 'refs/heads/jit/issues' cannot be there"
    )


def test_a_read_only_remote_can_be_pulled_from(tmp_path: Path) -> None:
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    ada.create("Door")
    ada.sync()
    hook(made.hub, "pre-receive", "echo 'you may only read' >&2; exit 1")
    assert sync.pull(eve.store, eve.caller()).taken is not None
    assert eve.sync().pushed is None, "there is nothing to publish, so nothing is refused"
    eve.create("Wall")
    with pytest.raises(PublishRefused, match="you may only read"):
        eve.sync()
    assert eve.titles() == ["Door", "Wall"]


# --- what was lost on the other side ----------------------------------------------------------------------


def rewound(made: Team, back: int = 1) -> None:
    made.hub_git("update-ref", BRANCH, f"{BRANCH}~{back}")


@pytest.mark.parametrize("by", ["sync", "git"])
def test_a_remote_that_was_rewound_is_an_alarm(by: str, tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    ada.sync()
    had = ada.tip
    rewound(made)
    if by == "git":
        ada.git("fetch", "-q", "origin")
        with pytest.raises(RemoteLost):
            sync.take_up(ada.store, ada.caller())
        assert not ada.store.has_news(), "it is said once, not at every command"
    with pytest.raises(RemoteLost) as lost:
        ada.sync()
    kept = f"refs/jit/backup/origin-{had[:10]}"
    assert lost.value.details == {"remote": "origin", "had": had, "has": made.published, "kept": kept}
    assert ada.git("rev-parse", kept) == had == ada.tip
    assert ada.sync(lost=Lost.REJOIN).pushed == had == made.published
    assert ada.sync().pushed is None


def test_a_reference_that_vanished_is_an_alarm(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    ada.sync()
    made.hub_git("update-ref", "-d", BRANCH)
    for _ in range(2):
        with pytest.raises(RemoteLost, match="has no issues any more"):
            ada.sync()
    assert ada.sync(lost=Lost.REJOIN).pushed == ada.tip == made.published


def test_a_history_that_was_rewritten_can_be_adopted(tmp_path: Path) -> None:
    """Somebody took a secret out of it: going on with ours would bring it back."""
    _, (ada, eve) = started(tmp_path, "ada", "eve")
    ada.create("Door")
    ada.sync()
    eve.sync()
    tree = ada.git("rev-parse", f"{REF}^{{tree}}")
    clean = ada.git("commit-tree", tree, "-m", "everything, anew")
    ada.git("push", "-q", "--force", "origin", f"{clean}:{BRANCH}")
    had = eve.tip
    with pytest.raises(RemoteLost):
        eve.sync()
    done = eve.sync(lost=Lost.ADOPT)
    assert (eve.tip, done.pushed) == (clean, None)
    assert eve.git("rev-parse", f"refs/jit/lost/{had}") == had
    eve.create("Wall")
    assert eve.sync().pushed == eve.tip


def test_what_is_nowhere_else_is_not_dropped(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    ada.sync()
    rewound(made)
    ada.create("Wall")
    with pytest.raises(Unpublished):
        ada.sync(lost=Lost.ADOPT)
    assert ada.titles() == ["Door", "Wall"]
    ada.sync(lost=Lost.REJOIN)
    assert made.published == ada.tip


def test_a_lost_reference_of_our_own_is_not_a_beginning(tmp_path: Path) -> None:
    _, (ada,) = started(tmp_path, "ada")
    ada.create("Door")
    ada.git("update-ref", "-d", REF)
    ada.git("fetch", "-q", "origin")
    with pytest.raises(RefMissing):
        ada.sync()


# --- squash and rebase ------------------------------------------------------------------------------------


def test_what_the_host_squashed_replaces_our_commits(tmp_path: Path) -> None:
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    door = ada.create("Door")
    ada.update(door, title="The door")
    had = ada.tip
    tree = ada.git("rev-parse", f"{REF}^{{tree}}")
    squashed = ada.git("commit-tree", tree, "-p", f"{REF}~2", "-m", "two in one")
    ada.git("push", "-q", "origin", f"{squashed}:{BRANCH}")
    done = ada.sync()
    assert done.taken is not None
    assert (done.taken.how, done.pushed, ada.tip) == (How.REPLACED, None, squashed)
    assert ada.git("rev-parse", f"refs/jit/lost/{had}") == had
    eve.sync()
    alike(ada, eve)
    ada.create("Wall")
    assert ada.sync().pushed == ada.tip
    del made


def test_what_another_remote_has_seen_stays_in_history(tmp_path: Path) -> None:
    """A label came and went: the content is as before, but who saw it must learn that it went."""
    made, (ada, eve, bob) = started(tmp_path, "ada", "eve", "bob")
    run(tmp_path, "init", "-q", "--bare", "second.git", env=made.env)
    for clone in (ada, eve):
        clone.git("remote", "add", "second", str(tmp_path / "second.git"))
    door = ada.create("Door")
    ada.sync()
    bob.sync()
    ada.update(door, add_labels=("part:door",))
    ada.sync("second")
    eve.sync("second")
    ada.update(door, remove_labels=("part:door",))
    bob.create("Roof")
    bob.sync()
    done = ada.sync()
    assert done.taken is not None
    assert done.taken.how is How.MERGED
    eve.sync()
    ada.sync()
    alike(ada, eve)
    assert ada.issue(door).labels == ()
    assert ada.titles() == ["Door", "Roof"]


def test_work_on_top_of_a_squash_argues_with_nobody(tmp_path: Path) -> None:
    """Both went on after the squash, and changed what was squashed: one change, made twice, is no conflict."""
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    door = ada.create("Door")
    ada.update(door, title="The door")
    tree = ada.git("rev-parse", f"{REF}^{{tree}}")
    squashed = ada.git("commit-tree", tree, "-p", f"{REF}~2", "-m", "two in one")
    ada.git("push", "-q", "origin", f"{squashed}:{BRANCH}")
    eve.sync()
    eve.update(door, title="The front door")
    eve.sync()
    ada.update(door, priority=Priority.HIGH)
    done = ada.sync()
    assert done.taken is not None
    assert done.taken.decisions == ()
    found = ada.issue(door)
    assert (found.title, found.priority) == ("The front door", Priority.HIGH)
    eve.sync()
    alike(ada, eve)
    del made


# --- shallow ----------------------------------------------------------------------------------------------


def test_a_shallow_clone_is_deepened_when_it_must(tmp_path: Path) -> None:
    made, (ada,) = started(tmp_path, "ada")
    for number in range(3):
        ada.create(f"Issue {number}")
    ada.sync()
    eve = made.clone("eve", made.hub.as_uri(), "--depth", "1", "--no-single-branch")
    assert sync.take_up(eve.store, eve.caller()) is not None
    eve.create("Wall")
    ada.create("Door")
    ada.sync()
    assert eve.sync().pushed == eve.tip == made.published
    assert "Door" in eve.titles()
    assert "Wall" in eve.titles()


def test_rounds_end(tmp_path: Path) -> None:
    """The host moves its branch at each push, before it looks at ours."""
    made, (ada, eve) = started(tmp_path, "ada", "eve")
    for number in range(8):
        eve.create(f"Wall {number}")
        eve.git("push", "-q", "origin", f"{REF}:refs/heads/w{number}")
    ada.create("Door")
    moving = (
        "n=$(cat count 2>/dev/null || echo 0); echo $((n+1)) > count\n"
        f"{FREE} {BRANCH} refs/heads/w$n; cat > /dev/null; exit 0"
    )
    hook(made.hub, "pre-receive", moving)
    with pytest.raises(SyncContended) as contended:
        ada.sync()
    assert (contended.value.status, contended.value.retryable) == (6, True)
    (made.hub / "hooks" / "pre-receive").unlink()
    assert ada.sync().pushed == ada.tip
