"""The queue and the healing lock: real processes, real deaths, no sleeps, and no matter how slow the machine is."""

import _thread
import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from git_jit.errors import Fatal
from git_jit.model import Oid
from git_jit.store import DiskFull, LockIo, LockTimeout, NotWritable, RefLocked
from git_jit.store.holder import Holder, this_process
from git_jit.store.locks import Queue, RefLock
from git_jit.store.publish import HELD_BACK
from git_jit.store.system import System

NEW = Oid("1" * 40)
NAME = "refs/jit/issues"
TASKS = Path("/proc/self/task")
PATIENCE_S = 600.0
"""Where waiting is not what is tested: a loaded machine must not decide the outcome."""

HOLD = """
import sys
from git_jit.model import Oid
from git_jit.store.locks import Queue, RefLock
from git_jit.store.system import System
common, oid = sys.argv[1:]
queue = Queue(common)
with queue:
    if oid:
        RefLock(queue, f"{common}/refs/jit/issues", "refs/jit/issues", system=System()).take(Oid(oid))
    print("holding", flush=True)
    sys.stdin.read()
"""


class Other:
    """Another process that holds the queue, and with `oid` the reference's lock too, until told to end."""

    def __init__(self, common: Path, oid: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(common), oid], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "holding\n"

    def end(self) -> None:
        self.process.communicate("")

    def die(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def common(tmp_path: Path) -> Path:
    (tmp_path / "refs").mkdir()
    return tmp_path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def ref_lock(queue: Queue, system: System | None = None, budget: float = PATIENCE_S) -> RefLock:
    common = queue.directory.removesuffix("/jit")
    return RefLock(queue, f"{common}/{NAME}", NAME, system=system or System(), budget=budget)


# --- the queue ---


def test_the_holder_is_on_record_while_it_holds(common: Path) -> None:
    queue = Queue(str(common))
    record = common / "jit" / "lock"
    with queue:
        assert Holder.parse(record.read_bytes()) == this_process()
        with queue:
            assert queue.proven
        assert queue.proven
    assert (record.read_bytes(), queue.proven) == (b"", False)


def test_whoever_waits_too_long_is_told_for_whom(common: Path) -> None:
    other = Other(common)
    with pytest.raises(LockTimeout, match=f"longer than 0.05 s: process {other.process.pid} on ") as caught:
        Queue(str(common), budget=0.05).__enter__()
    assert caught.value.details["holder"] == Holder.parse((common / "jit" / "lock").read_bytes())._asdict()  # type: ignore[union-attr]
    other.end()
    with Queue(str(common), budget=PATIENCE_S):
        pass


def test_who_does_not_wait_leaves_nobody_waiting(common: Path) -> None:
    """A helper that was left behind would hold the lock for a moment as soon as it is free."""
    with Queue(str(common), budget=PATIENCE_S):
        before = _thread._count()
        for _ in range(20):
            with pytest.raises(LockTimeout):
                Queue(str(common), budget=0).__enter__()
        assert _thread._count() == before
    with Queue(str(common), budget=0) as queue:
        assert queue.proven


def test_the_abandoned_wait_never_takes_the_lock(common: Path) -> None:
    """Its helper thread gets the lock when the holder ends, and must let go of it at once."""
    other = Other(common)
    late = Queue(str(common), budget=0.01)
    for _ in range(5):
        with pytest.raises(LockTimeout):
            late.__enter__()
    other.end()
    with Queue(str(common), budget=PATIENCE_S) as queue:
        assert queue.proven


@pytest.mark.skipif(not TASKS.is_dir(), reason="what threads hold back is told by /proc only")
def test_who_was_left_waiting_hears_no_signal_that_others_hold_back(common: Path) -> None:
    """The kernel gives a signal of the process to any thread that takes it, and Python then handles it in the first."""
    other, before = Other(common), set(TASKS.iterdir())
    with pytest.raises(LockTimeout):
        Queue(str(common), budget=0.01).__enter__()
    (left,) = set(TASKS.iterdir()) - before
    (mask,) = (line.split()[1] for line in (left / "status").read_text().splitlines() if line.startswith("SigBlk:"))
    other.end()
    assert all(int(mask, 16) >> number - 1 & 1 for number in HELD_BACK)


def test_waiting_ends_when_the_holder_dies(common: Path) -> None:
    other = Other(common)
    opened: SimpleQueue[str] = SimpleQueue()

    def kill() -> None:
        opened.get()
        other.die()

    killer = threading.Thread(target=kill)
    killer.start()
    with Queue(str(common), budget=PATIENCE_S, system=Telling(opened)) as queue:
        assert queue.predecessor is not None
        assert queue.predecessor.pid == other.process.pid
    killer.join()


class Telling(System):
    """Tells whenever it has opened a file."""

    def __init__(self, heard: "SimpleQueue[str]") -> None:
        self.heard = heard

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        fd = super().open(path, flags, mode)
        self.heard.put("opened")
        return fd


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EIO, LockIo),
        (errno.EMFILE, LockIo),
        (errno.ENOSPC, DiskFull),
        (errno.EACCES, NotWritable),
        (errno.EROFS, NotWritable),
    ],
)
def test_a_lock_file_that_cannot_be_opened_has_a_type(common: Path, number: int, expected: type[Fatal]) -> None:
    class Broken(System):
        def open(self, path: str, flags: int, mode: int = 0o666) -> int:
            raise OSError(number, os.strerror(number), path)

    with pytest.raises(expected) as failed, Queue(str(common), system=Broken()):
        pass
    assert type(failed.value) is expected
    assert failed.value.details == {"errno": errno.errorcode[number], "path": f"{common}/jit/lock"}


def test_threads_take_turns_too(common: Path) -> None:
    queue = Queue(str(common), budget=PATIENCE_S)
    counter = 0

    def count() -> None:
        nonlocal counter
        for _ in range(50):
            with queue:
                before = counter
                common.stat()  # gives other threads their chance
                counter = before + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter == 200


def test_a_lock_file_that_was_removed_meanwhile_is_not_believed(common: Path) -> None:
    """A waiter on the removed file and a newcomer on the new one must not both be inside."""
    other = Other(common)
    heard: SimpleQueue[str] = SimpleQueue()

    def wait() -> None:
        with Queue(str(common), budget=PATIENCE_S, system=Telling(heard)):
            heard.put("inside")

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert heard.get() == "opened"
    (common / "jit" / "lock").unlink()
    with Queue(str(common), budget=PATIENCE_S):
        other.end()
        assert heard.get() == "opened", "what it waited for is no lock any more"
    assert heard.get() == "inside"
    waiter.join()


def test_a_glance_tells_whether_somebody_is_inside(common: Path) -> None:
    queue = Queue(str(common))
    assert queue.is_busy() is False
    other = Other(common)
    assert queue.is_busy() is True
    other.end()
    assert queue.is_busy() is False


def test_no_descriptor_is_left_open(common: Path) -> None:
    queue = Queue(str(common))
    with queue:
        pass
    before = len(names(Path("/dev/fd")))
    for _ in range(20):
        with queue:
            pass
    assert len(names(Path("/dev/fd"))) <= before, "abandoned waits of other tests may end meanwhile"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_flock_everything_goes_on(common: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(fd: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)  # the kernel's part; no argument reaches it
    with Queue(str(common)) as queue:
        assert not queue.proven
        lock = ref_lock(queue)
        lock.heal()
        lock.take(NEW)
        lock.publish()
        lock.drop()
    assert (common / NAME).read_text() == f"{NEW}\n"
    assert names(common / "jit") == ["lock"]


# --- the reference's lock ---


def test_publishing_leaves_nothing_but_the_reference(common: Path) -> None:
    with Queue(str(common)) as queue:
        lock = ref_lock(queue)
        assert lock.heal() is False
        lock.take(NEW)
        assert (common / f"{NAME}.lock").stat().st_ino == (common / "jit" / "intent.refs%2Fjit%2Fissues").stat().st_ino
        lock.publish()
        lock.drop()
    assert (common / NAME).read_text() == f"{NEW}\n"
    assert names(common / "refs" / "jit") == ["issues"]
    assert names(common / "jit") == ["lock"]


def test_the_lock_of_a_dead_writer_is_removed(common: Path) -> None:
    Other(common, NEW).die()
    assert (common / f"{NAME}.lock").exists()
    with Queue(str(common)) as queue:
        assert ref_lock(queue).heal() is True
        assert ref_lock(queue).heal() is False
    assert not (common / f"{NAME}.lock").exists()


def test_the_lock_of_a_living_git_is_never_removed(common: Path) -> None:
    """Even when a dead writer of ours left its intent beside it: the inodes differ."""
    Other(common, NEW).die()
    foreign = common / f"{NAME}.lock"
    foreign.unlink()
    foreign.write_text("git's")
    with Queue(str(common)) as queue:
        lock = ref_lock(queue, budget=0.02)
        assert lock.heal() is False
        with pytest.raises(RefLocked, match="'refs/jit/issues' is locked by another git process"):
            lock.take(NEW)
    assert foreign.read_text() == "git's"
    assert names(common / "jit") == ["lock"]


def test_the_intent_of_a_writer_that_lives_is_left_alone(common: Path) -> None:
    """It lost the queue (its file was removed and put back by hand) but may still be about to publish."""
    other = Other(common, NEW)
    record = common / "jit" / "lock"
    copy = record.read_bytes()
    record.unlink()
    record.write_bytes(copy)
    with Queue(str(common)) as queue, pytest.raises(RefLocked, match=f"locked by process {other.process.pid} on "):
        ref_lock(queue).heal()
    assert (common / f"{NAME}.lock").exists()
    other.die()


def test_a_lock_that_was_replaced_by_hand_is_not_published(common: Path) -> None:
    """Renaming it would publish somebody else's value and tell both a lie (age-based breaking does this)."""
    with Queue(str(common)) as queue:
        lock = ref_lock(queue)
        lock.take(NEW)
        theirs = common / f"{NAME}.lock"
        theirs.unlink()
        theirs.write_text("theirs")
        with pytest.raises(RefLocked):
            lock.publish()
    assert not (common / NAME).exists()


def test_no_hard_links_then_a_plain_lock(common: Path) -> None:
    class NoLinks(System):
        def link(self, source: str, target: str) -> None:
            raise OSError(errno.EPERM, "Operation not permitted", source)

    with Queue(str(common)) as queue:
        lock = ref_lock(queue, NoLinks())
        lock.take(NEW)
        lock.publish()
        lock.drop()
    assert (common / NAME).read_text() == f"{NEW}\n"


@pytest.mark.parametrize("call", ["open", "write", "link", "mkdir"])
def test_after_a_failure_nothing_is_locked(common: Path, call: str) -> None:
    class Failing(System):
        pass

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    system = Failing()
    setattr(system, call, fail)
    with Queue(str(common)) as queue:
        with pytest.raises(OSError, match="Input/output error"):
            ref_lock(queue, system).take(NEW)
        assert names(common / "jit") == ["lock"]
        assert not (common / f"{NAME}.lock").exists()


def test_empty_directories_in_the_way_are_cleared_and_full_ones_are_not(common: Path) -> None:
    (common / NAME / "a" / "b").mkdir(parents=True)
    with Queue(str(common)) as queue:
        lock = ref_lock(queue)
        lock.take(NEW)
        lock.publish()
        lock.drop()
        assert (common / NAME).read_text() == f"{NEW}\n"
        (common / NAME).unlink()
        (common / NAME).mkdir()
        (common / NAME / "below").write_text("another reference")
        lock = ref_lock(queue)
        lock.take(NEW)
        with pytest.raises(OSError, match="not empty"):
            lock.publish()
        lock.drop()
    assert not (common / f"{NAME}.lock").exists()


def test_directories_that_pack_refs_removes_are_made_again(common: Path) -> None:
    class Racing(System):
        raced = 0

        def link(self, source: str, target: str) -> None:
            if self.raced < 3:
                self.raced += 1
                Path(target).parent.rmdir()
            super().link(source, target)

    with Queue(str(common)) as queue:
        lock = ref_lock(queue, Racing())
        lock.take(NEW)
        lock.publish()
        lock.drop()
    assert (common / NAME).read_text() == f"{NEW}\n"
