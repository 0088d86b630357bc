"""Commands that behave, and commands that do everything else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.record import replace
from git_jit.runner import Bounds, Ended, Ending, Job, survivors
from git_jit.runner.running import run, run_all
from tests import program

QUICK = Bounds(seconds=20, grace=0.2)
ROOT = Path(__file__).parents[2]
Handler = signal.Handlers | Callable[..., object]


def job(at: Path, *argv: str, name: str = "out", bounds: Bounds = QUICK, stdin: bytes = b"") -> Job:
    environ = {"PATH": os.environ["PATH"]}
    cookie = f"{os.getpid()}-{at.name}-{name}"
    return Job(
        argv=argv, cwd=str(at), environ=environ, output=str(at / name), cookie=cookie, bounds=bounds, stdin=stdin
    )


def shell(at: Path, script: str, *, name: str = "out", bounds: Bounds = QUICK, stdin: bytes = b"") -> Job:
    return job(at, "sh", "-c", script, name=name, bounds=bounds, stdin=stdin)


def python(at: Path, script: str, *, bounds: Bounds = QUICK) -> Job:
    return job(at, sys.executable, "-I", "-S", "-c", script, bounds=bounds)


def timeless(ended: Ended) -> Ended:
    return replace(ended, seconds=0.0)


def alive(path: Path) -> bool:
    """Whether the process that wrote its number there still runs."""
    return program.alive(int(path.read_text()))


def test_a_command_that_behaves(tmp_path: Path) -> None:
    ended = run(shell(tmp_path, 'cat; echo "$JIT_RUN_COOKIE $HOME" >&2; pwd', stdin=b"given\n"))
    said = f"given\n{os.getpid()}-{tmp_path.name}-out \n{tmp_path}\n".encode()
    assert timeless(ended) == Ended(ending=Ending.PASSED, status=0, seconds=0.0, written=len(said), last=said)
    assert (tmp_path / "out").read_bytes() == said
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_nothing_is_run_whose_end_nobody_would_hear_of(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        ended = run(job(tmp_path, "false"))
    finally:
        signal.signal(signal.SIGCHLD, before)
    cause = "'false' cannot be started: SIGCHLD is ignored, so nobody would hear how it ended"
    assert ended == Ended(ending=Ending.ERROR, status=None, seconds=0.0, cause=cause)


@pytest.mark.parametrize(
    ("script", "ending", "status", "cause"),
    [
        ("exit 3", Ending.FAILED, 3, "it ended with 3"),
        ("exit 126", Ending.ERROR, 126, "it ended with 126: a command was not found or may not be run"),
        ("no-such-command 2>/dev/null", Ending.ERROR, 127, "it ended with 127: a command was not found or may not be run"),
        ("kill -SEGV $$", Ending.ERROR, -11, "it was killed by the signal SIGSEGV"),
        ("kill -KILL $$", Ending.ERROR, -9, "it was killed by the signal SIGKILL"),
    ],
)  # fmt: skip
def test_how_a_command_ended(tmp_path: Path, script: str, ending: Ending, status: int, cause: str) -> None:
    assert timeless(run(shell(tmp_path, script))) == Ended(ending=ending, status=status, seconds=0.0, cause=cause)


def test_what_cannot_be_started_is_an_error_and_no_failure(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    gone = replace(job(tmp_path, "true"), cwd=str(tmp_path / "gone"))
    jobs = [job(tmp_path, "no-such-command"), job(tmp_path, str(plain)), gone, job(tmp_path, "a\0b")]
    assert [(ended.ending, ended.status, ended.cause) for ended in run_all(jobs)] == [
        (Ending.ERROR, None, "'no-such-command' cannot be started: no such file or directory"),
        (Ending.ERROR, None, f"'{plain}' cannot be started: permission denied"),
        (Ending.ERROR, None, f"'{tmp_path}/gone' cannot be entered: no such file or directory"),
        (Ending.ERROR, None, "'a\0b' cannot be started: embedded null byte"),
    ]


def test_a_command_that_hangs_is_asked_and_then_ended(tmp_path: Path) -> None:
    soon = Bounds(seconds=0.3, grace=0.3)
    gentle = run(shell(tmp_path, 'trap "echo bye; exit 0" TERM; sleep 60 & wait', bounds=soon))
    assert (gentle.ending, gentle.last, gentle.cause) == (Ending.TIMEOUT, b"bye\n", "it ran longer than 0.3 s")
    deaf = run(shell(tmp_path, 'trap "" TERM; while :; do sleep 60; done', bounds=soon))
    assert (deaf.ending, deaf.status) == (Ending.TIMEOUT, -signal.SIGKILL)


ESCAPES = {
    "background": "sleep 60 & echo $! > child",
    "no-hangup": "nohup sleep 60 >/dev/null 2>&1 & echo $! > child",
    "session": "setsid sleep 60 & echo $! > child; sleep 0.1",
    "daemon": "(setsid sh -c 'echo $$ > child; exec sleep 60' >/dev/null 2>&1 &)\nwhile [ ! -s child ]; do sleep 0.01; done",
    "deaf": "setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > child; while :; do sleep 60; done' & while [ ! -s child ]; do sleep 0.01; done",
    "hidden": "(env -i /usr/bin/setsid /bin/sh -c 'echo $$ > child; exec sleep 60' &)\nwhile [ ! -s child ]; do sleep 0.01; done",
}  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="without /proc only the group is ended")
@pytest.mark.parametrize("escape", ESCAPES)
def test_what_a_command_left_behind_is_ended_and_its_answer_counts(tmp_path: Path, escape: str) -> None:
    before = survivors.children()
    ended = run(shell(tmp_path, f"{ESCAPES[escape]}\nexit 0"))
    assert (ended.ending, ended.status) == (Ending.PASSED, 0)
    assert ended.leaked >= (escape not in {"background", "no-hangup"})  # those are in the group, and end with it
    assert ended.seconds < QUICK.seconds
    assert not alive(tmp_path / "child")
    assert survivors.children() == before


def test_a_flood_is_kept_at_both_ends_and_stalls_nobody(tmp_path: Path) -> None:
    bounds = replace(QUICK, head=1000, tail=500)
    total = 3_000_000
    ended = run(
        python(tmp_path, f"import sys; sys.stdout.write('a'*1000 + 'b'*{total - 1500} + 'c'*500)", bounds=bounds)
    )
    assert (ended.ending, ended.written, ended.left_out) == (Ending.PASSED, total, total - 1500)
    kept = (tmp_path / "out").read_text()
    assert kept == "a" * 1000 + f"\n[… {total - 1500} bytes left out …]\n" + "c" * 500
    assert ended.last == b"b" * (4096 - 500) + b"c" * 500


def test_a_flood_without_end_ends_with_its_time(tmp_path: Path) -> None:
    ended = run(job(tmp_path, "yes", bounds=Bounds(seconds=0.3, grace=0.2, head=1000, tail=1000)))
    assert (ended.ending, ended.left_out) == (Ending.TIMEOUT, ended.written - 2000)
    assert (tmp_path / "out").stat().st_size < 3000


def test_output_is_kept_as_it_is(tmp_path: Path) -> None:
    bytes_ = bytes(range(256)) + b"\x1b]0;title\x07"
    (tmp_path / "in").write_bytes(bytes_)
    assert run(shell(tmp_path, "cat in")).last == bytes_
    assert (tmp_path / "out").read_bytes() == bytes_


def test_output_that_cannot_be_kept_changes_no_answer(tmp_path: Path) -> None:
    for path in ("/dev/full", str(tmp_path / "no" / "such" / "directory")):
        ended = run(replace(shell(tmp_path, "echo told; exit 4"), output=path))
        assert (ended.ending, ended.status, ended.last) == (Ending.FAILED, 4, b"told\n")


def test_a_link_in_the_place_of_the_output_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "out").symlink_to(tmp_path / "precious")
    assert run(shell(tmp_path, "echo told")).last == b"told\n"
    assert (tmp_path / "precious").read_text() == "kept"


def test_input_that_nobody_reads_hangs_nobody(tmp_path: Path) -> None:
    assert run(shell(tmp_path, "exit 0", stdin=b"x" * 1_000_000)).ending == Ending.PASSED
    assert run(shell(tmp_path, "wc -c", stdin=b"x" * 1_000_000)).last.strip() == b"1000000"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are counted in /proc")
@pytest.mark.parametrize("orphans", [False, True])
def test_a_bomb_is_over_soon(tmp_path: Path, orphans: bool) -> None:
    """Also one whose processes have no parent any more."""
    child = "os.fork() and os._exit(0); os.setsid(); " if orphans else ""
    script = (
        f"import os,time\nfor _ in range(60):\n    if not os.fork(): {child}time.sleep(60); os._exit(0)\ntime.sleep(60)"
    )
    ended = run(python(tmp_path, script, bounds=Bounds(seconds=20, grace=0.2, processes=20)))
    assert (ended.ending, ended.cause) == (Ending.ERROR, "it started more than 20 processes")
    assert survivors.with_cookie(f"{os.getpid()}-{tmp_path.name}-out", survivors.every_process()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prlimit is Linux's")
def test_a_hog_gets_no_more_than_its_share(tmp_path: Path) -> None:
    script = "import time; time.sleep(0.1); bytearray(1 << 28)"
    assert run(python(tmp_path, script, bounds=replace(QUICK, memory=128 << 20))).status == 1
    assert run(python(tmp_path, script, bounds=replace(QUICK, memory=1 << 30))).status == 0


def test_jobs_run_side_by_side_and_answer_in_their_order(tmp_path: Path) -> None:
    """Each waits for the other, so one after the other would never end."""
    scripts = [
        "touch a; while [ ! -e b ]; do sleep 0.01; done",
        "touch b; while [ ! -e a ]; do sleep 0.01; done; exit 2",
    ]
    begun: list[int] = []

    def note(index: int) -> bool:
        begun.append(index)
        return True

    jobs = [shell(tmp_path, script, name=str(n)) for n, script in enumerate(scripts)]
    assert [ended.status for ended in run_all(jobs, at_once=2, begun=note)] == [0, 2]
    assert begun == [0, 1]


def test_never_more_at_once_than_asked_for(tmp_path: Path) -> None:
    script = "n=$(ls running.* 2>/dev/null | wc -l); echo $n; touch running.$$; sleep 0.05; rm running.$$"
    ended = run_all([shell(tmp_path, script, name=str(n)) for n in range(6)], at_once=2)
    assert {int(one.last) for one in ended} <= {0, 1}


def test_the_first_bad_answer_can_be_enough(tmp_path: Path) -> None:
    jobs = [
        shell(tmp_path, "sleep 60", name="long"),
        shell(tmp_path, "exit 1", name="bad"),
        shell(tmp_path, "touch never", name="late"),
    ]
    ended = run_all(jobs, at_once=2, enough=lambda _, one: one.ending is not Ending.PASSED)
    assert [one.ending for one in ended] == [Ending.STOPPED, Ending.FAILED, Ending.STOPPED]
    assert not (tmp_path / "never").exists()


def test_what_a_neighbour_left_running_is_the_neighbours(tmp_path: Path) -> None:
    """Both are below us once they are orphans; the one that ends first takes away only its own."""
    script = (
        "(setsid sh -c 'echo $$ > child.new; mv child.new child; exec sleep 60' &)\n"
        "while [ ! -e first-is-over ]; do sleep 0.01; done; kill -0 $(cat child)"
    )
    jobs = [shell(tmp_path, script, name="a"), shell(tmp_path, "while [ ! -e child ]; do sleep 0.01; done", name="b")]

    def over(_index: int, _ended: Ended) -> bool:
        (tmp_path / "first-is-over").touch()
        return False

    first, other = run_all(jobs, at_once=2, enough=over)
    assert (first.ending, first.leaked, other.leaked) == (Ending.PASSED, 1, 0)


def test_who_watches_hears_that_it_goes_on(tmp_path: Path) -> None:
    """This command ends because it was heard of."""
    waits = shell(tmp_path, "while [ ! -e heard ]; do sleep 0.01; done")
    (ended,) = run_all([waits], goes_on=(tmp_path / "heard").touch)
    assert ended.ending is Ending.PASSED


def test_an_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def interrupt(index: int) -> bool:
        if index == 1:
            while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().endswith("\n"):
                time.sleep(0.01)
            raise Stop
        return True

    jobs = [shell(tmp_path, "echo $$ > child; sleep 60", name="one"), shell(tmp_path, "exit 0", name="two")]
    with pytest.raises(Stop):
        run_all(jobs, at_once=2, begun=interrupt)
    assert not alive(tmp_path / "child")


def test_other_children_are_left_alone(tmp_path: Path) -> None:
    pid = os.posix_spawnp("sleep", ["sleep", "60"], {"PATH": os.environ["PATH"]})
    try:
        assert run(shell(tmp_path, "exit 0")).leaked == 0
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_asked_to_end_ends_what_they_started_first(tmp_path: Path, number: signal.Signals) -> None:
    """A supervisor, or the terminal that was closed; then it ends by that very signal."""
    script = (
        "import signal, sys\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # whatever ignores it around the tests
        "from git_jit.runner import Job\nfrom git_jit.runner.running import run\n"
        "run(Job(argv=('sh', '-c', 'setsid sleep 60 & echo $! > child; sleep 60'), cwd='.',"
        " environ={'PATH': sys.argv[1]}, output='out', cookie=sys.argv[2]))"
    )
    words = [sys.executable, "-c", script, os.environ["PATH"], f"{os.getpid()}-{tmp_path.name}"]
    with subprocess.Popen(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}) as runner:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").stat().st_size:
            time.sleep(0.01)
        runner.send_signal(number)
        assert runner.wait(20) == -number
    assert not alive(tmp_path / "child")


@pytest.mark.parametrize("answer", [signal.SIG_IGN, lambda *_: None])
def test_an_answer_of_somebody_else_to_a_signal_is_left_alone(tmp_path: Path, answer: "Handler") -> None:
    before = signal.signal(signal.SIGHUP, answer)
    try:
        ended = run(shell(tmp_path, f"kill -HUP {os.getpid()}"))
        assert signal.getsignal(signal.SIGHUP) == answer
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (ended.ending, signal.getsignal(signal.SIGTERM)) == (Ending.PASSED, signal.SIG_DFL)
