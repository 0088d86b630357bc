"""A machine that does not play along: no space, no permission, a wrong clock, a process that stands still."""

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SMALL_KIB: Final = 1024
"""The 1 MiB file system of measurement E19."""


def fast_place() -> str | None:
    """A file system in memory to make many repositories on; None where there is none."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def mount_command() -> list[str] | None:
    """What gives a process mounts of its own, as root or as root of a user namespace; None where nothing does."""
    isolate = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]
    try:
        tried = subprocess.run([*isolate, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return isolate if tried.returncode == 0 else None


def on_a_small_disk(
    directory: Path, script: str, environ: dict[str, str], kib: int = SMALL_KIB
) -> "subprocess.CompletedProcess[bytes]":
    """Run a shell script in `directory`, whose content lies on a tmpfs of `kib`. Needs `mount_command`."""
    isolate = mount_command()
    assert isolate is not None
    whole = f"cp -a . /proc/$$/cwd/../copy.$$; mount -t tmpfs -o size={kib}k tmpfs '{directory}'; cp -a ../copy.$$/. '{directory}'"
    return subprocess.run(
        [*isolate, "sh", "-ec", f"{whole}; cd '{directory}'; {script}"],
        cwd=directory,
        env=environ,
        capture_output=True,
        check=False,
    )


def limited(size: int) -> Callable[[], None]:
    """For `preexec_fn`: every file of the process ends after `size` bytes. Needs no privileges."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def few_descriptors(most: int) -> Callable[[], None]:
    """For `preexec_fn`: at most so many open files (EMFILE)."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    return limit


def little_memory(mib: int) -> Callable[[], None]:
    """For `preexec_fn`: at most so much address space (ENOMEM)."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))

    return limit


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nobody may write below `directory`. root may all the same: run what is tested with `unprivileged`."""
    modes = [(path, path.stat().st_mode) for path in (directory, *directory.rglob("*")) if not path.is_symlink()]
    for path, mode in reversed(modes):
        path.chmod(mode & 0o555)
    try:
        yield
    finally:
        for path, mode in modes:
            path.chmod(mode)


def unprivileged(*words: str) -> list[str]:
    """The command, for root without the right to ignore modes and owners; for others as it is."""
    if os.geteuid() != 0:
        return list(words)
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all", *words]


@contextmanager
def stopped(process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> Iterator[None]:
    """SIGSTOP, and SIGCONT at the end: a paused laptop, a debugger, a full terminal."""
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def at_another_time(when: str, words: Sequence[str]) -> list[str] | None:
    """The command with its clock at `when` (`2001-01-01`, `-f -2h`); None where there is no faketime.

    Inside one process give an `App` or a `Message` another time instead: all time comes in as a value.
    """
    found = shutil.which("faketime")
    return [found, *when.split(), *words] if found else None
