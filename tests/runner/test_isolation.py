"""What a command can reach out of its box. Without bubblewrap only its absence is tested."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.runner import Bounds, Ended, Ending, Job, survivors
from git_jit.runner.isolation import Box, boxed, obstacle
from git_jit.runner.running import run

ENVIRON = {"PATH": os.environ["PATH"]}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A working tree with its repository in it, and a home with a secret."""
    for name in ("home", "tree/.git"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/secret").write_text("secret\n")
    (tmp_path / "tree/.git/config").write_text("config\n")
    git = str(tmp_path / "tree/.git")
    return Box(writable=str(tmp_path / "tree"), readable=(git, str(tmp_path / "gone")), home=str(tmp_path / "home"))


@pytest.fixture
def opened(box: Box) -> Box:
    if why := obstacle(box, ENVIRON):
        pytest.skip(why)
    return box


def inside(box: Box, *argv: str, seconds: float = 20, memory: int | None = None) -> Ended:
    return run(
        Job(
            argv=argv,
            cwd=box.writable,
            environ={**ENVIRON, "HOME": box.home or ""},
            output=f"{box.writable}/../out",
            cookie=f"{os.getpid()}-{Path(box.writable).parent.name}",
            box=box,
            bounds=Bounds(seconds=seconds, grace=0.2, memory=memory),
        )
    )


def shell(box: Box, script: str) -> tuple[Ending, str]:
    ended = inside(box, "sh", "-c", script)
    return ended.ending, ended.last.decode()


def test_the_working_tree_can_be_changed_and_nothing_else(opened: Box, tmp_path: Path) -> None:
    assert shell(opened, "echo built > built && cat .git/config") == (Ending.PASSED, "config\n")
    assert (tmp_path / "tree/built").read_text() == "built\n"
    for path in (".git/config", ".git/hooks", "/etc/x", "/usr/x", str(Path(sys.executable))):
        ending, said = shell(opened, f"echo evil > {path}")
        assert ending is not Ending.PASSED, (path, said)
    assert (tmp_path / "tree/.git/config").read_text() == "config\n"


def test_home_and_temporary_files_of_others_are_not_there(opened: Box, tmp_path: Path) -> None:
    ending, said = shell(opened, 'cat "$HOME/secret"')
    assert (ending, said == "secret\n") == (Ending.FAILED, False)
    assert shell(opened, 'echo mine > "$HOME/mine" && cat "$HOME/mine"') == (Ending.PASSED, "mine\n")
    assert not (tmp_path / "home/mine").exists()


def test_there_is_no_network_and_no_service_of_this_machine(opened: Box) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        python = str(Path(sys.executable).resolve())  # a link to it may lie in what is hidden
        assert subprocess.run([python, "-I", "-c", script], check=False).returncode == 0  # outside it can
        assert inside(opened, python, "-I", "-c", script).ending is Ending.FAILED
    assert shell(opened, "ls -A /run; ls -A /dev/shm; cat /proc/1/comm") == (Ending.PASSED, "bwrap\n")


@pytest.mark.parametrize(
    ("argv", "ending", "status"),
    [
        (("true",), Ending.PASSED, 0),
        (("sh", "-c", "exit 3"), Ending.FAILED, 3),
        (("no-such-command",), Ending.ERROR, 127),
        (("./.git/config",), Ending.ERROR, 126),
        (("sh", "-c", "kill -SEGV $$"), Ending.ERROR, -11),
    ],
)
def test_the_answer_is_that_of_the_command(opened: Box, argv: tuple[str, ...], ending: Ending, status: int) -> None:
    ended = inside(opened, *argv)
    assert (ended.ending, ended.status) == (ending, status), ended


def test_it_ends_with_its_time_and_with_all_that_it_started(opened: Box) -> None:
    before = survivors.children()
    ended = inside(opened, "sh", "-c", "setsid sleep 60 & env -i setsid sleep 60 & sleep 60", seconds=0.5)
    assert ended.ending is Ending.TIMEOUT
    assert survivors.children() == before
    assert survivors.with_cookie(f"{os.getpid()}-{Path(opened.writable).parent.name}", survivors.every_process()) == []


def test_the_limit_of_memory_is_there_from_the_beginning(opened: Box) -> None:
    ended = inside(opened, "sh", "-c", "ulimit -v", memory=512 << 20)
    assert ended.last == b"524288\n"


def test_what_is_not_there_is_not_bound(box: Box) -> None:
    words = boxed(box, ["true"], box.writable)
    assert (words[0], words[-2:], f"{box.writable}/../gone" in words) == ("bwrap", ("--", "true"), False)
    assert words[words.index("--chdir") + 1] == box.writable


def test_a_machine_without_bubblewrap_says_so(box: Box, tmp_path: Path) -> None:
    assert obstacle(box, {"PATH": str(tmp_path)}) == "'bwrap' is not installed"
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'no namespaces for you' >&2\nexit 1\n")
    fake.chmod(0o755)
    assert obstacle(box, {"PATH": f"{tmp_path}:/usr/bin:/bin"}) == "'bwrap' refuses: no namespaces for you"
