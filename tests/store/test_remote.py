"""The door to other repositories: real git, a treacherous ssh, and nothing that waits, asks, runs or stays behind."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from git_jit.errors import NetworkError
from git_jit.store.breaker import Breaker, RemoteResting, breaker_states
from git_jit.store.budgets import Limits
from git_jit.store.gitconfig import read_entries
from git_jit.store.remote import (
    Remote,
    RemoteRefused,
    RemoteTimeout,
    RemoteUnknown,
    RemoteUnreachable,
    ls_remote,
    named,
    probe,
    talk,
)
from git_jit.store.repository import Repository
from git_jit.store.retrying import Applied, NotApplied, Reading, Settled, World, Writing, at_remote
from tests.store.gitrepo import Place, ordinary

AMPLE = Limits(60, 60)
SERVE = 'eval "exec $last"'
"""What a true ssh does: run the command that git asks for. `last` is set by the frame below."""


@pytest.fixture
def far(tmp_path: Path) -> Place:
    (tmp_path / "far").mkdir()
    place = ordinary(tmp_path / "far")
    place.git("update-ref", "refs/jit/issues", "HEAD")
    return place


@pytest.fixture
def near(tmp_path: Path, far: Place) -> Place:
    (tmp_path / "near").mkdir()
    place = ordinary(tmp_path / "near")
    place.git("remote", "add", "origin", str(far.cwd))
    return place


class Ssh:
    """An ssh of our own making. It notes how often, with which words and as which processes it ran."""

    def __init__(self, place: Place, far: Place, directory: Path) -> None:
        directory.mkdir()
        self.place, self.directory, self.program = place, directory, directory / "ssh"
        place.env["GIT_SSH_COMMAND"] = str(self.program)
        place.git("remote", "add", "ssh", f"ssh://host.invalid{far.cwd}")

    def does(self, script: str) -> Remote:
        frame = f'#!/bin/sh\ncd {self.directory}\necho "$@" >> words\necho $$ >> pids\nfor last; do :; done\n'
        self.program.write_text(f"{frame}{script}\n")
        self.program.chmod(0o755)
        return remote(self.place, "ssh")

    def calls(self) -> list[str]:
        return (self.directory / "words").read_text().splitlines()

    def pids(self) -> list[int]:
        return [int(line) for line in (self.directory / "pids").read_text().split()]


@pytest.fixture
def ssh(near: Place, far: Place, tmp_path: Path) -> Ssh:
    return Ssh(near, far, tmp_path / "bin")


def remote(place: Place, name: str = "origin") -> Remote:
    """As a command gets it: from a repository that has read its configuration."""
    repository = Repository.open(str(place.cwd), place.environ)
    return named(name, repository.layout, place.environ, read_entries(repository.layout, place.environ))


def is_gone(pid: int) -> bool:
    """Whether the process has ended; nobody need have collected what is left of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # it was gone, or went while its entry was read
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            return False
        return True


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while not all(map(is_gone, pids)):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.01)


# --- the ordinary ---------------------------------------------------------------------------------------


def test_a_path_is_a_remote_like_any_other(near: Place, far: Place) -> None:
    head = far.git("rev-parse", "HEAD")
    assert ls_remote(remote(near), ["refs/jit/*"]) == {"refs/jit/issues": head}
    assert set(ls_remote(remote(near)).values()) == {head}
    assert probe(remote(near), "refs/jit/issues") == head
    assert probe(remote(near), "issues") is None
    assert probe(remote(near), "refs/jit/none") is None


def test_a_relative_path_counts_from_the_top_of_the_working_tree(near: Place, far: Place) -> None:
    below = near.cwd / "below"
    below.mkdir()
    near.git("remote", "set-url", "origin", os.path.relpath(far.cwd, near.cwd))
    assert ls_remote(remote(Place(below, near.env))) == ls_remote(remote(near)) != {}


def test_data_moves_through_the_same_door(near: Place, far: Place) -> None:
    talk(remote(near), "fetch", ("--quiet", "--progress", "--no-tags"), ["refs/jit/issues:refs/jit/in"])
    assert near.git("rev-parse", "refs/jit/in") == far.git("rev-parse", "HEAD")
    talk(remote(near), "push", ("--quiet", "--progress"), ["refs/jit/in:refs/jit/out"])
    assert far.git("rev-parse", "refs/jit/out") == far.git("rev-parse", "HEAD")


def test_ssh_is_told_to_ask_nothing(ssh: Ssh) -> None:
    assert "refs/jit/issues" in ls_remote(ssh.does(SERVE))
    assert [("-oBatchMode=yes" in call.split(), "host.invalid" in call) for call in ssh.calls()] == [(True, True)]


@pytest.mark.parametrize(
    ("environ", "config", "expected"),
    [
        ({}, {}, "ssh -oBatchMode=yes"),
        ({"GIT_SSH_COMMAND": "/opt/ssh -i key"}, {}, "/opt/ssh -i key -oBatchMode=yes"),
        ({}, {"core.sshcommand": ("ssh -v",)}, "ssh -v -oBatchMode=yes"),
        ({"GIT_SSH_COMMAND": "plink"}, {}, None),
        ({"GIT_SSH_COMMAND": "wrapped", "GIT_SSH_VARIANT": "ssh"}, {}, "wrapped -oBatchMode=yes"),
        ({"GIT_SSH_COMMAND": "ssh"}, {"ssh.variant": ("simple",)}, None),
        ({"GIT_SSH_COMMAND": "'unfinished"}, {}, None),
        ({"GIT_SSH": "plink"}, {}, None),
    ],
)
def test_the_users_own_ssh_stays(
    environ: dict[str, str], config: dict[str, tuple[str, ...]], expected: str | None, near: Place
) -> None:
    assert named("origin", near.layout, environ, {"remote.origin.url": ("x",), **config}).ssh == expected


# --- names and transports -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["--upload-pack=x", "-o", "", ".", "../far", "/etc", "a b", "a\n", "a/b", "ext::sh -c x", "https://x", "ä", "a\0"],
)
def test_what_cannot_be_a_name_is_no_remote(name: str, near: Place) -> None:
    with pytest.raises(RemoteUnknown) as refused:
        named(name, near.layout, near.environ, {f"remote.{name}.url": ("x",)})
    assert refused.value.message == f"'{name}' cannot be the name of a remote"
    assert refused.value.hint == "'git remote' lists those of this clone"


def test_a_remote_that_is_not_configured(near: Place) -> None:
    with pytest.raises(RemoteUnknown, match="no remote 'upstream'"):
        remote(near, "upstream")


@pytest.mark.parametrize("allowed", [None, "ext:file:fd", "ext"])
@pytest.mark.parametrize("by", ["url", "insteadOf"])
def test_an_address_never_runs_a_command(by: str, allowed: str | None, near: Place, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    command = f"ext::touch {canary}"
    if by == "url":
        near.git("remote", "add", "bad", command)
    else:
        near.git("remote", "add", "bad", "nice:x")
        near.git("config", f"url.{command}#.insteadOf", "nice:")
    near.git("config", "protocol.ext.allow", "always")
    if allowed is not None:
        near.env["GIT_ALLOW_PROTOCOL"] = allowed
    with pytest.raises(RemoteRefused) as refused:
        ls_remote(remote(near, "bad"), limits=AMPLE)
    assert refused.value.message == "the remote 'bad' uses the transport 'ext', which is not allowed"
    assert not refused.value.retryable
    assert not canary.exists()


# --- a remote that behaves badly ------------------------------------------------------------------------


def test_a_remote_that_hangs_is_ended_with_all_it_started(ssh: Ssh) -> None:
    ssh.place.git("config", "jit.timeout.idle", "1s")
    slow = ssh.does("sleep 1000 & echo $! >> pids; wait")
    with pytest.raises(RemoteTimeout) as late:
        ls_remote(slow)
    assert late.value.message == "the remote 'ssh' was silent for 1 s"
    assert late.value.details == {"remote": "ssh", "verb": "ls-remote", "limit": "idle", "seconds": 1}
    assert (late.value.status, late.value.retryable, len(ssh.calls())) == (9, True, 1)
    assert_gone(ssh.pids())
    assert len(ssh.pids()) == 2


def test_one_that_will_not_die_politely(ssh: Ssh) -> None:
    deaf = ssh.does("trap '' TERM; sh -c 'echo $$ >> pids; while :; do sleep 0.05; done' & wait; wait")
    with pytest.raises(RemoteTimeout):
        ls_remote(deaf, limits=Limits(1, 60))
    assert_gone(ssh.pids())


def test_one_that_talks_for_ever_has_a_limit_too(ssh: Ssh) -> None:
    ssh.place.git("config", "jit.timeout.remote", "1s")
    with pytest.raises(RemoteTimeout) as late:
        ls_remote(ssh.does("while :; do printf . >&2; sleep 0.01; done"))
    assert late.value.message == "the remote 'ssh' did not finish within 1 s"
    assert late.value.details["limit"] == "total"
    assert_gone(ssh.pids())


def test_one_that_is_slow_but_alive_is_waited_for(ssh: Ssh) -> None:
    """Together the pauses are longer than a silence may be."""
    dribble = "i=0; while [ $i -lt 60 ]; do printf . >&2; sleep 0.03; i=$((i+1)); done; echo >&2;"
    assert "refs/jit/issues" in ls_remote(ssh.does(dribble + SERVE), limits=Limits(60, 1.5))


@pytest.mark.parametrize("size", [0, 1, 30, 200])
def test_one_that_dies_in_the_middle(size: int, ssh: Ssh) -> None:
    with pytest.raises(RemoteUnreachable) as gone:
        ls_remote(ssh.does(f'eval "$last" < /dev/null | head -c {size}'), limits=AMPLE)
    assert (gone.value.status, gone.value.retryable, len(ssh.calls())) == (9, True, 1)
    assert gone.value.message.startswith("the remote 'ssh' did not answer: ")


def test_one_that_asks_for_a_password_has_nobody_to_ask(ssh: Ssh) -> None:
    asking = "if (: < /dev/tty) 2>/dev/null; then sleep 1000; fi; echo 'ada@host: Permission denied (publickey).' >&2; exit 255"
    with pytest.raises(RemoteRefused) as refused:
        ls_remote(ssh.does(asking), limits=AMPLE)
    assert refused.value.message == "the remote 'ssh' does not let us in: ada@host: Permission denied (publickey)"
    assert not refused.value.retryable


def test_what_stays_behind_on_purpose_is_not_waited_for(ssh: Ssh) -> None:
    """OpenSSH with ControlPersist leaves a process that keeps the standard error of git open."""
    persistent = ssh.does(f"sleep 1000 & echo $! >> pids; {SERVE}")
    assert "refs/jit/issues" in ls_remote(persistent, limits=AMPLE)
    assert not is_gone(ssh.pids()[1])
    os.kill(ssh.pids()[1], signal.SIGKILL)


def test_a_repository_that_is_not_there(near: Place, tmp_path: Path) -> None:
    near.git("remote", "add", "gone", str(tmp_path / "nowhere"))
    with pytest.raises(RemoteUnreachable) as gone:
        probe(remote(near, "gone"), "refs/jit/issues")
    assert gone.value.message == (
        f"the remote 'gone' did not answer: '{tmp_path}/nowhere' does not appear to be a git repository"
    )


def test_no_password_is_told(near: Place) -> None:
    near.git("remote", "add", "web", "http://ada:s3cr3t@127.0.0.1:1/x.git")  # nobody listens on port 1
    web = remote(near, "web")
    with pytest.raises(NetworkError) as failed:
        ls_remote(web, limits=AMPLE)
    assert "s3cr3t" not in f"{failed.value.message}{failed.value.hint}{failed.value.details}{web.address}"
    assert web.address == "http://***@127.0.0.1:1/x.git"


# --- with what stands around the door -------------------------------------------------------------------


class Still:
    """A world in which only sleeping takes time, and no pause is drawn short."""

    def __init__(self) -> None:
        self.now = 0.0
        self.world = World(lambda: self.now, self.sleep, lambda _, high: high)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_remote_that_comes_back_is_asked_as_often_as_it_takes(ssh: Ssh) -> None:
    flaky = ssh.does(f"[ $(wc -l < words) -lt 3 ] && exit 255\n{SERVE}")
    still = Still()
    found = at_remote(flaky, lambda limits: ls_remote(flaky, limits=limits), Reading(), world=still.world)
    assert "refs/jit/issues" in found
    assert (len(ssh.calls()), still.now) == (3, 1.5)


def test_a_remote_that_rests_costs_no_process(ssh: Ssh) -> None:
    dead = ssh.does("exit 255")
    breaker = Breaker(dead, clock=lambda: 1000.0)
    for _ in range(3):
        with pytest.raises((RemoteUnreachable, RemoteResting)):
            at_remote(
                dead, lambda limits: ls_remote(dead, limits=limits), Reading(), breaker=breaker, world=Still().world
            )
    assert len(ssh.calls()) == 5
    states = breaker_states(dead.layout.common_dir, clock=lambda: 1000.0)
    assert [(state.name, state.state, state.retry_at) for state in states] == [("ssh", "open", 1060.0)]


def test_a_push_whose_answer_was_lost_is_found_to_have_happened(ssh: Ssh, near: Place, far: Place) -> None:
    """The remote moves, and then the connection ends badly: git says that the push failed."""
    near.git("commit", "--allow-empty", "-q", "-m", "more")
    tip = near.git("rev-parse", "HEAD")
    lossy = ssh.does('eval "$last"; exit 255')
    told = remote(near)

    def push(limits: Limits) -> str:
        talk(lossy, "push", ("--progress",), ["HEAD:refs/jit/new"], limits=limits)
        return "told"

    def settle() -> Settled[str]:
        return Applied("found") if probe(told, "refs/jit/new") == tip else NotApplied()

    assert at_remote(lossy, push, Writing("01REQUEST", settle), world=Still().world) == "found"
    assert far.git("rev-parse", "refs/jit/new") == tip
    assert len(ssh.calls()) == 1
