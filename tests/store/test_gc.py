"""When a running gc is dangerous, and when it is time to ask for one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_jit.store import gc

HOST = os.uname().nodename


@pytest.fixture
def common(tmp_path: Path) -> Path:
    (tmp_path / "jit").mkdir()
    (tmp_path / "objects" / "17").mkdir(parents=True)
    return tmp_path


class Stand:
    """A process that waits, under any command line and environment: `git gc …` in the process table."""

    def __init__(self, *words: str, **environ: str) -> None:
        self._process = subprocess.Popen(
            [*words, "-c", "import sys; print('up', flush=True); sys.stdin.read()"],
            executable=sys.executable,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONHOME": sys.base_prefix, **environ},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "up\n"
        self.pid = self._process.pid

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture
def gone() -> int:
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def running(common: Path, text: str, *, age: float = 0) -> bool:
    path = common / "gc.pid"
    path.write_text(text)
    if age:
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))
    return gc.is_dangerous(str(common))


def test_no_gc_is_no_danger(common: Path) -> None:
    assert gc.is_dangerous(str(common)) is False


def test_a_process_that_is_gone_is_no_danger(common: Path, gone: int) -> None:
    assert running(common, f"{gone} {HOST}") is False


def test_an_unknown_process_is_a_danger(common: Path) -> None:
    assert running(common, f"{os.getpid()} {HOST}") is True


def test_another_machine_cannot_be_asked(common: Path, gone: int) -> None:
    assert running(common, f"{gone} elsewhere") is True


def test_a_lock_of_yesterday_is_not_believed_by_git_either(common: Path) -> None:
    assert running(common, f"{os.getpid()} elsewhere", age=gc.STALE_S + 60) is False


@pytest.mark.parametrize("text", ["", "x", f"x {HOST}", f"-1 {HOST}", "\0"])
def test_an_unreadable_lock_is_a_danger(common: Path, text: str) -> None:
    assert running(common, text) is True


COMMANDS = [
    (("git", "-I", "gc"), {}, False),
    (("git", "-I", "gc", "--auto"), {}, False),
    (("git", "-I", "gc", "--prune=now"), {}, True),
    (("git", "-I", "gc"), {"GIT_CONFIG_PARAMETERS": "'gc.pruneExpire'='now'"}, True),
    (("git", "-I", "other"), {}, True),
]


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    words, environ = request.param
    # python reads options up to its -c; the words of git stand behind a harmless -X
    shown = [words[0], *(part for word in words[2:] for part in ("-X", word))]
    stand = Stand(*shown, **environ)
    yield stand
    stand.end()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="only Linux shows command lines")
@pytest.mark.parametrize(
    ("stand", "dangerous"), [((words, env), bad) for words, env, bad in COMMANDS], indirect=["stand"]
)
def test_only_a_gc_that_prunes_is_dangerous(common: Path, stand: Stand, dangerous: bool) -> None:
    assert running(common, f"{stand.pid} {HOST}") is dangerous
    assert gc.is_dangerous(str(common), grace=False) is True


def fill(common: Path, count: int) -> None:
    for n in range(count):
        (common / "objects" / "17" / str(n)).touch()


def due(common: Path) -> bool:
    return gc.is_due(str(common), str(common / "objects"))


def test_maintenance_is_due_by_gits_own_estimate(common: Path) -> None:
    fill(common, gc.LOOSE_IN_17)
    assert due(common) is False
    fill(common, gc.LOOSE_IN_17 + 1)
    assert due(common) is True


def test_and_then_not_again_at_once(common: Path) -> None:
    fill(common, gc.LOOSE_IN_17 + 1)
    assert [due(common), due(common)] == [True, False]
    mark = common / "jit" / "maintenance"
    before = mark.stat().st_mtime - gc.PAUSE_S
    os.utime(mark, (before, before))
    assert due(common) is True


def test_nothing_is_due_where_nothing_can_be_noted(tmp_path: Path) -> None:
    (tmp_path / "objects" / "17").mkdir(parents=True)
    fill(tmp_path, gc.LOOSE_IN_17 + 1)
    assert due(tmp_path) is False
