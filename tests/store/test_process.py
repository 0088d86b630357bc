"""Starting processes: nothing is lost, nothing hangs, nothing leaks, and every failure has a type."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from git_jit.errors import Fatal
from git_jit.record import replace
from git_jit.store import DiskFull, FormatUnsupported, NotWritable, WriteFailed
from git_jit.store.backend import Durability
from git_jit.store.budgets import DEFAULTS, UNLIMITED
from git_jit.store.process import (
    Finished,
    GitFailed,
    GitMissing,
    GitTimeout,
    execute,
    failure,
    git_argv,
    git_environ,
    run,
    spawn,
    stop,
    wait,
)
from tests.store.gitrepo import Place, ordinary

FAST = {"PATH": os.environ["PATH"]}


def sh(script: str, input: bytes = b"", timeout: float = 20) -> Finished:
    return execute(["sh", "-c", script], FAST, input=input, timeout=timeout)


def open_files() -> int:
    table = Path("/proc/self/fd")
    return len(list(table.iterdir())) if table.is_dir() else 0


def test_everything_goes_through() -> None:
    """More than any pipe holds, in both directions at once."""
    data = os.urandom(1 << 20)
    before = open_files()
    done = sh("cat; echo to stderr >&2; exit 3", data)
    assert (done.status, done.out == data, done.err) == (3, True, "to stderr")
    assert open_files() == before


def test_a_child_that_speaks_before_it_listens() -> None:
    """Whoever wrote all it has before reading would wait for the child, which waits for its reader."""
    script = "dd bs=8192 count=1 of=/dev/null 2>/dev/null; head -c 300000 /dev/zero; cat > /dev/null"
    assert len(sh(script, bytes(1 << 20), timeout=10).out) == 300_000


def test_a_reader_that_loses_interest() -> None:
    assert sh("exec 0<&-; echo enough", bytes(1 << 20)) == Finished(0, b"enough\n", "")


def test_a_signal_is_told() -> None:
    assert sh("kill -9 $$").status == -9


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_signals_are_as_at_login() -> None:
    """Python ignores SIGPIPE, and we SIGINT while an editor runs; a git that did too would not end when it should."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ignored = int(sh("grep SigIgn /proc/self/status").out.split()[1], 16)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [ignored & 1 << (number - 1) for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ)] == [0, 0, 0]


def test_nothing_hangs() -> None:
    began, before = time.monotonic(), open_files()
    with pytest.raises(GitFailed) as late:
        sh("sleep 30", timeout=0.05)
    assert time.monotonic() - began < 25
    assert late.value.details["argv"] == ["sh", "-c", "sleep 30"]
    assert open_files() == before


def test_stop_is_polite_first() -> None:
    """git removes its lock files when it is told to stop; killed, it leaves them."""
    read, write = os.pipe()
    pid = spawn(["sh", "-c", "trap 'echo clean; exit' TERM; echo up; while :; do sleep 0.01; done"], FAST, stdout=write)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        assert said.readline() == b"up\n"
        stop(pid)
        assert said.read() == b"clean\n"


def test_no_git() -> None:
    before = open_files()
    with pytest.raises(GitMissing) as missing:
        execute(["no-such-git"], FAST, input=b"", timeout=1)
    assert missing.value.hint == "install git 2.34 or newer"
    assert open_files() == before


def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "git").touch()
    with pytest.raises(GitFailed):
        execute([str(tmp_path / "git")], FAST, input=b"", timeout=1)


CLOSED = """
import os
for low in (0, 1, 2):
    os.close(low)
from git_jit.store.process import execute
done = execute(["sh", "-c", "cat; echo err >&2"], {"PATH": os.environ["PATH"]}, input=b"in", timeout=9)
os._exit(0 if done == (0, b"in", "err") else 1)
"""


def test_without_standard_streams() -> None:
    """Daemons start hooks with 0, 1 and 2 closed; new pipes then get these numbers."""
    assert wait(spawn([sys.executable, "-c", CLOSED], {**os.environ})) == 0


@pytest.mark.parametrize(
    ("err", "expected"),
    [
        ("fatal: write error: No space left on device", DiskFull),
        ("error: unable to write file x: Disk quota exceeded", DiskFull),
        ("error: insufficient permission for adding an object", NotWritable),
        ("fatal: Unable to create 'x.lock': Read-only file system", NotWritable),
        ("fatal: Unable to create 'x.lock': Permission denied", NotWritable),
        ("fatal: unknown repository extension found:\n\tnewthing", FormatUnsupported),
        ("fatal: Expected git repo version <= 1, found 2", FormatUnsupported),
        ("fatal: something else", WriteFailed),
    ],
)
def test_failure(err: str, expected: type[Fatal]) -> None:
    error = failure(Finished(128, b"", err), "storing a pack", WriteFailed)
    assert type(error) is expected
    assert error.details == {"status": 128, "stderr": err}
    assert not error.message.endswith(".")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("[extensions]\n\tnewThing = 1\n[core]\n\trepositoryformatversion = 1\n", "newthing"),
        ("[core]\n\trepositoryformatversion = 9\n", "9"),
    ],
)
def test_what_git_really_says_about_formats(config: str, says: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    (tmp_path / ".git" / "config").write_text(config)
    done = run(place.layout, ["cat-file", "-e", "HEAD"], environ=place.environ)
    assert isinstance(failure(done, "reading"), FormatUnsupported)
    assert says in done.err


def test_the_environment(tmp_path: Path) -> None:
    """Nothing leads to another repository; what the user said stays; relative paths keep their meaning."""
    place = ordinary(tmp_path)
    (tmp_path / "store").mkdir()
    hostile = {
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "x",
        "GIT_PREFIX": "a/",
        "GIT_NAMESPACE": "n",
        "LC_ALL": "de_DE.UTF-8",
        "LANGUAGE": "de",
        "GIT_CONFIG_PARAMETERS": "'a.b'='c'",
        "GIT_OBJECT_DIRECTORY": "store",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": ".git/objects",
    }
    there = Place(tmp_path, hostile)
    env = git_environ(there.layout, there.environ)
    assert {name: env.get(name) for name in hostile} == {
        "GIT_WORK_TREE": None,
        "GIT_INDEX_FILE": None,
        "GIT_PREFIX": None,
        "GIT_NAMESPACE": None,
        "LC_ALL": "C",
        "LANGUAGE": None,
        "GIT_CONFIG_PARAMETERS": "'a.b'='c'",
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "store"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(tmp_path / ".git/objects"),
    }
    assert run(there.layout, ["rev-parse", "--verify", "HEAD^{commit}"], environ=there.environ).status == 0
    assert place.git("status", "--porcelain") == ""


def test_from_a_directory_that_is_gone(tmp_path: Path) -> None:
    """Worktrees are removed under running agents; the repository is still there."""
    place = ordinary(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, sys; os.rmdir(os.getcwd())\n"
        "from git_jit.store.layout import discover\n"
        "from git_jit.store.process import run\n"
        "print(run(discover(sys.argv[1], os.environ), ['rev-parse', 'HEAD'], environ=os.environ).out.decode())"
    )
    said = subprocess.check_output([sys.executable, "-c", code, str(tmp_path)], cwd=gone, env=place.environ)
    assert said.decode().strip() == place.git("rev-parse", "HEAD")


def test_a_repository_that_git_must_judge_is_not_named(tmp_path: Path) -> None:
    """`--git-dir` would switch git's check of the owner off."""
    place = ordinary(tmp_path)
    assert any(word.startswith("--git-dir=") for word in git_argv(place.layout, []))
    foreign = Place(tmp_path, {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert not any(word.startswith("--git-dir=") for word in git_argv(foreign.layout, []))
    done = run(foreign.layout, ["rev-parse", "HEAD"], environ=foreign.environ)
    assert done.status == 128
    assert "ownership" in done.err


@pytest.mark.parametrize("durability", list(Durability))
def test_every_durability_is_valid_configuration(durability: Durability, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    done = run(place.layout, ["hash-object", "-w", "--stdin"], environ=place.environ, input=b"x", durability=durability)
    assert (done.status, done.err) == (0, "")


# --- limits ---------------------------------------------------------------------------------------------


def group(script: str, input: bytes = b"", *, total: float = 60, idle: float = 60) -> Finished:
    return execute(["sh", "-c", script], FAST, input=input, timeout=total, idle=idle, group=True)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((0.2, 60), ("total", 0.2, '"sh" did not finish within 0.2 seconds')),
        ((60, 0.2), ("idle", 0.2, '"sh" said nothing for 0.2 seconds')),
    ],
)
def test_which_limit_was_reached_is_told(limits: tuple[float, float], said: tuple[str, float, str]) -> None:
    before = open_files()
    with pytest.raises(GitTimeout) as late:
        group("sleep 1000", total=limits[0], idle=limits[1])
    assert (late.value.details["limit"], late.value.details["seconds"], late.value.message) == said
    assert (late.value.code, late.value.status) == ("git_timeout", 128)
    assert open_files() == before


def test_taking_input_is_a_sign_of_life_too() -> None:
    """It says nothing for longer than a silence may be, but eats."""
    slow = (
        "i=0; while [ $i -lt 20 ]; do head -c 65536 >/dev/null; sleep 0.1; i=$((i+1)); done; cat >/dev/null; echo full"
    )
    assert group(slow, bytes(40 << 16), idle=1.5).out == b"full\n"


def test_everything_it_started_ends_with_it() -> None:
    read, write = os.pipe()
    os.set_inheritable(write, True)
    code = (
        "import os, sys\nfrom git_jit.store.process import GitTimeout, execute\n"
        "try:\n    execute(['sh', '-c', 'sleep 1000 & sleep 1000'], dict(os.environ), input=b'', timeout=0.2, group=True)\n"
        "except GitTimeout:\n    print('late', flush=True)"
    )
    watcher = subprocess.Popen([sys.executable, "-c", code], stdout=write, stderr=write)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        assert said.read() == b"late\n", "the pipe ends when its last holder does"
    assert watcher.wait() == 0


def test_its_own_end_counts_and_nothing_it_said_is_lost() -> None:
    """What it left behind keeps the pipes open."""
    began = time.monotonic()
    done = group("sleep 30 & head -c 200000 /dev/zero; echo err >&2; exit 3")
    assert (done.status, len(done.out), done.err) == (3, 200_000, "err")
    assert time.monotonic() - began < 25


def test_no_limit_is_no_limit() -> None:
    assert group("echo done", total=UNLIMITED, idle=UNLIMITED).out == b"done\n"
    assert execute(["echo", "done"], FAST, input=b"", timeout=UNLIMITED).out == b"done\n"


def test_the_limit_of_a_git_command_is_a_setting(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    layout = replace(place.layout, budgets=replace(DEFAULTS, git=0.2))
    place.git("config", "alias.hang", "!sleep 2")
    with pytest.raises(GitTimeout, match=r"within 0.2 seconds"):
        run(layout, ["hang"], environ=place.environ)
