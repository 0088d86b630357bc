"""System calls of a whole process, its children included: recorded, and made to fail, with strace(1)."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[3]
CHANGING: Final = (
    *("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "ftruncate", "truncate", "close", "flock", "chmod"),
)
"""Calls that change files, or end a change of one. `openat` counts where it may write."""
LIMIT_S: Final = 60
"""A command that takes longer than this under strace hangs, on a busy machine too."""
HUNG: Final = 254
"""The status of one that had to be ended."""

_LINE: Final = re.compile(r"^(?:\d+ +)?(\d+\.\d+) (\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?(.*)$")
_ARGUMENT: Final = re.compile(r'\s*"((?:\\x[0-9a-f]{2})*)"|\s*(-?\w+)<((?:\\x[0-9a-f]{2}|[^>])*)>|([^,]+)')


class Call(NamedTuple):
    """One system call: of process `pid`, the `nth` of its name in that process."""

    at: float
    pid: int
    name: str
    nth: int
    args: tuple[str | bytes, ...]
    """Strings as bytes; descriptors as numbers, their paths in `paths`."""
    paths: tuple[str, ...]
    """What it is about: of descriptors what they stand for, of names the name, made absolute."""
    result: int
    injected: bool

    def is_below(self, directory: str) -> bool:
        return any(path.startswith(f"{directory}/") for path in self.paths)

    def changes(self) -> bool:
        """Whether it may change a file; looking at one does not."""
        return self.name != "openat" or any(flag in str(self.args[2]) for flag in ("O_WRONLY", "O_RDWR", "O_CREAT"))


def available() -> bool:
    """Whether there is a strace that may trace."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def package(directory: Path) -> Path:
    """A compiled copy of the program: edits of the sources meanwhile do not matter, and starting it is the same always."""
    target = directory / "program"
    shutil.copytree(ROOT / "git_jit", target / "git_jit", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(target)], check=True)
    return target


def environment(base: Mapping[str, str], program: Path) -> dict[str, str]:
    """For a run of that copy, with an editor that changes the title."""
    more = {"PYTHONPATH": str(program), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    return {**base, **more, "GIT_EDITOR": "sed -i 's/^title: /title: New /'"}


def command_line(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "git_jit", *words]


def record(words: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: bytes = b"") -> list[Call]:
    """Run the program and return every changing call of it and of its children, in order. It must succeed."""
    with tempfile.TemporaryDirectory(prefix="jit-trace-") as directory:
        trace = f"{directory}/trace"
        options = ["-ff", "-ttt", "-xx", "-y", "-s", "100000000", "-o", trace, "-e", f"trace={','.join(CHANGING)}"]
        done = subprocess.run(
            ["strace", *options, *command_line(words)],
            cwd=cwd,
            env=environ,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        files = sorted(Path(directory).iterdir())
        calls = [call for file in files for call in parse(file.read_text(), int(file.suffix[1:]), str(cwd))]
    return sorted(calls)


def parse(text: str, pid: int, cwd: str) -> Iterator[Call]:
    """What strace wrote about one process."""
    count: dict[str, int] = {}
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue  # signals, the end, a call that a kill cut off
        at, name, words, result, opened, rest = found.groups()
        count[name] = count.get(name, 0) + 1
        args: list[str | bytes] = []
        paths: list[str] = []
        for string, fd, path, other in _ARGUMENT.findall(words):
            args.append(fd or other.strip() or _bytes(string))
            if fd and fd != "AT_FDCWD":
                paths.append(_text(path))
            elif not fd and not other and name not in {"write", "pwrite64"}:
                paths.append(str(Path(cwd, _text(string))))
        paths += [_text(opened)] if opened else []
        yield Call(float(at), pid, name, count[name], tuple(args), tuple(paths), int(result), "INJECTED" in rest)


def _bytes(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


def _text(path: str) -> str:
    if "\\x" not in path:
        return path
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), path.encode())
    return raw.decode("utf-8", "surrogateescape")


class Injection(NamedTuple):
    """`name` number `nth` fails with `error`, or with `error` KILL the process dies there."""

    name: str
    nth: int
    error: str
    for_ever: bool = False
    inside_git: bool = False
    """Counted in the git that is started, not in the program itself."""

    def option(self) -> str:
        fault = "signal=KILL" if self.error == "KILL" else f"error={self.error}"
        return f"inject={self.name}:{fault}:when={self.nth}{'+' * self.for_ever}"

    def speed(self) -> tuple[str, ...]:
        """What spares stops at other calls: seccomp, with which a signal is never sent (strace 6.1)."""
        return () if self.error == "KILL" else ("--seccomp-bpf",)

    def __str__(self) -> str:
        where = "git's " if self.inside_git else ""
        return f"{self.error} at {where}{self.name} {self.nth}{' and on' * self.for_ever}"


class Struck(NamedTuple):
    """A run with an injection: how it ended, and where it was hit (nothing: it never came so far)."""

    status: int
    out: bytes
    err: bytes
    hit: tuple[str, ...]


def strike(
    injection: Injection, words: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: bytes = b""
) -> Struck:
    """Run the program with the injection. A negative status is the signal that ended it."""
    with tempfile.TemporaryDirectory(prefix="jit-strike-", dir=cwd.parent) as directory:
        trace = Path(directory, "trace")
        options = ["-f", "-ttt", "-y", "-s", "0", "-o", str(trace)]
        options += ["-e", f"trace={injection.name}", "-e", injection.option()]
        if injection.inside_git:
            wrapped = _wrapped_git(Path(directory), [*injection.speed(), "-A", *options])  # several gits, one file
            environ = {**environ, "PATH": f"{wrapped}:{environ['PATH']}"}
            argv = command_line(words)
        else:
            argv = ["strace", *injection.speed(), *options, *command_line(words)]
        with subprocess.Popen(
            argv,
            cwd=cwd,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(stdin, timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
                return Struck(HUNG, out, err, ("it hangs",))
        text = trace.read_text() if trace.exists() else ""
    hits = [line for line in text.splitlines() if "INJECTED" in line or (injection.error == "KILL" and "= ?" in line)]
    return Struck(process.returncode, out, err, tuple(hits))


def _wrapped_git(directory: Path, options: Sequence[str]) -> str:
    """A directory whose `git` is the real one under strace."""
    quoted = " ".join(f"'{option}'" for option in options)
    script = directory / "bin" / "git"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\nexec strace {quoted} '{shutil.which('git')}' \"$@\"\n")
    script.chmod(0o755)
    return str(script.parent)
