"""The one door to other repositories: the user's own git, which knows their credentials, proxies and hooks.

Nothing comes through it that could run a command here (reliability.md I6): a remote is named, never given as a URL; its
name cannot be an option; transports that start programs are off. Nothing waits for ever: git runs without a terminal to
ask on, in a process group of its own that ends when it takes too long or is silent for too long. Whatever goes wrong
has a type, and neither message nor details hold a password.

An attempt that failed may still have happened: whoever writes through the door settles that (`retrying`).
"""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from git_jit.errors import NetworkError, NotFound
from git_jit.model import Oid
from git_jit.record import record
from git_jit.scrub import credentials
from git_jit.store.budgets import UNLIMITED, Limits
from git_jit.store.configfile import Entries
from git_jit.store.layout import Layout
from git_jit.store.process import MAX_STDERR, Finished, GitTimeout, execute, git_argv, git_environ

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a remote may be called: never an option, a path or a URL (reliability.md I6)."""
NEVER: Final = ("ext", "fd")
"""Transports that run a command or use a descriptor named in a URL (git-remote-ext(1), git-remote-fd(1))."""
LOW_SPEED_BYTES: Final = 1
"""Bytes a second below which curl counts silence: any sign of life counts, as it does for the pipes."""
SSH: Final = ("ssh", "ssh.exe")
BATCH: Final = " -oBatchMode=yes"
"""OpenSSH then asks for nothing, not even through a window; and only OpenSSH understands it."""

_REFUSED: Final = (
    "Authentication failed",
    "Permission denied",
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "Host key verification failed",
    "The requested URL returned error: 401",
    "The requested URL returned error: 403",
)
"""What git, curl and OpenSSH say in the C locale where the other side does not let us in."""
_NOT_ALLOWED: Final = re.compile(r"transport '([^']*)' not allowed")
_ADVERTISED: Final = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(\S+)")


class RemoteUnknown(NotFound):
    """No remote of that name is configured in this clone."""

    code = "remote_unknown"


class RemoteTimeout(NetworkError):
    """The remote took too long, or fell silent. `details.limit` is `total` or `idle`."""

    code = "remote_timeout"


class RemoteUnreachable(NetworkError):
    """The remote did not answer, or not to the end."""

    code = "remote_unreachable"


class RemoteRefused(NetworkError):
    """The other side, or a rule of this one, does not let us in; trying again will not help."""

    code = "remote_refused"
    retryable = False


@record
class Remote:
    """A configured remote, and the clone and environment from which it is reached. Use `named`."""

    name: str
    url: str
    """As configured: it may hold a password. `address` is for people."""
    layout: Layout
    environ: Mapping[str, str]
    ssh: str | None
    """The shell command for ssh, where it may be given; None leaves it to git."""

    @property
    def address(self) -> str:
        """The URL without its secrets."""
        return credentials(self.url)

    @property
    def limits(self) -> Limits:
        """The clone's budgets for one attempt."""
        return Limits(self.layout.budgets.remote, self.layout.budgets.idle)


def named(name: str, layout: Layout, environ: Mapping[str, str], entries: Entries) -> Remote:
    """The remote of that name in the configuration. Raises `RemoteUnknown`."""
    urls = entries.get(f"remote.{name}.url", ()) if NAME.fullmatch(name) else ()
    if not urls:
        raise RemoteUnknown(
            f"no remote '{name}'" if NAME.fullmatch(name) else f"'{name}' cannot be the name of a remote",
            hint="'git remote' lists those of this clone",
            details={"remote": name},
        )
    return Remote(name, urls[0], layout, environ, _ssh(environ, entries))


def ls_remote(remote: Remote, patterns: Sequence[str] = (), *, limits: Limits | None = None) -> dict[str, Oid]:
    """The references that the remote has now, and what they point at; only those that match, if patterns are given.

    Raises `RemoteTimeout`, `RemoteUnreachable`, `RemoteRefused`.
    """
    done = talk(remote, "ls-remote", ("--quiet", "--refs"), patterns, limits=limits)
    return dict(_advertised(done.out.decode("utf-8", "surrogateescape")))


def probe(remote: Remote, ref: str, *, limits: Limits | None = None) -> Oid | None:
    """Where the remote's `ref` is; None if it has none. It answers, or this raises as `ls_remote` does."""
    return ls_remote(remote, (ref,), limits=limits).get(ref)


def talk(
    remote: Remote,
    verb: str,
    options: Sequence[str] = (),
    words: Sequence[str] = (),
    *,
    limits: Limits | None = None,
    input: bytes = b"",
    settings: Sequence[str] = (),
    answers: Callable[[Finished], bool] = lambda _: False,
) -> Finished:
    """Run `git <verb> <options> <remote> <words>`; a bad exit status is an error here, unless it `answers`.

    A verb that moves data should get `--progress`, which is the sign of life that `limits.idle` waits for.
    `settings` are `key=value`, for this run alone.
    """
    limits = limits or remote.limits
    before = [*_standing(remote.layout), *_transport(limits)]
    before += [word for setting in settings for word in ("-c", setting)]
    command = [*before, verb, *options, "--end-of-options", remote.name, *words]
    argv = git_argv(remote.layout, command)
    try:
        done = execute(argv, _environ(remote), input=input, timeout=limits.total, idle=limits.idle, group=True)
    except GitTimeout as late:
        raise _late(remote, verb, late) from None
    if done.status and not answers(done):
        raise _failed(remote, verb, done)
    return done


def _standing(layout: Layout) -> Iterator[str]:
    """Where git stands: an address that is a relative path counts from the top of the working tree, as for git."""
    if layout.worktree is not None and os.path.isdir(layout.worktree):
        yield from ("-C", layout.worktree)


def _transport(limits: Limits) -> Iterator[str]:
    for scheme in NEVER:
        yield from ("-c", f"protocol.{scheme}.allow=never")
    if limits.idle < UNLIMITED:
        yield from ("-c", f"http.lowSpeedLimit={LOW_SPEED_BYTES}")
        yield from ("-c", f"http.lowSpeedTime={max(1, round(limits.idle))}")


def _environ(remote: Remote) -> dict[str, str]:
    environ = git_environ(remote.layout, remote.environ)  # which switches git's own prompt off
    if remote.ssh is not None:
        environ["GIT_SSH_COMMAND"] = remote.ssh
    if "GIT_ALLOW_PROTOCOL" in environ:  # it would overrule protocol.<name>.allow
        allowed = environ["GIT_ALLOW_PROTOCOL"].split(":")
        environ["GIT_ALLOW_PROTOCOL"] = ":".join(scheme for scheme in allowed if scheme not in NEVER)
    return environ


def _ssh(environ: Mapping[str, str], entries: Entries) -> str | None:
    """The user's ssh, told to ask nothing if it is OpenSSH; None where git must find out what it is."""
    said = environ.get("GIT_SSH_COMMAND") or entries.get("core.sshcommand", ("",))[-1]
    if not said and "GIT_SSH" in environ:
        return None
    said = said or "ssh"
    variant = environ.get("GIT_SSH_VARIANT") or entries.get("ssh.variant", ("auto",))[-1]
    try:
        program = shlex.split(said)[0].rpartition("/")[2]
    except (ValueError, IndexError):
        return None
    return said + BATCH if variant == "ssh" or (variant == "auto" and program in SSH) else None


def _advertised(text: str) -> Iterator[tuple[str, Oid]]:
    for line in text.split("\n"):  # not splitlines: see `Files`
        found = _ADVERTISED.fullmatch(line)
        if found:
            yield found[2], Oid(found[1])


def _late(remote: Remote, verb: str, late: GitTimeout) -> RemoteTimeout:
    limit, seconds = late.details["limit"], late.details["seconds"]
    did = "did not finish within" if limit == "total" else "was silent for"
    key = "jit.timeout.remote" if limit == "total" else "jit.timeout.idle"
    return RemoteTimeout(
        f"the remote '{remote.name}' {did} {seconds:g} s",
        hint=f"check the connection; '{key}' allows more ('git jit config get {key}')",
        details={"remote": remote.name, "verb": verb, "limit": limit, "seconds": seconds},
    )


def _failed(remote: Remote, verb: str, done: Finished) -> NetworkError:
    said = credentials(done.err)
    details = {"remote": remote.name, "verb": verb, "status": done.status, "stderr": said[:MAX_STDERR]}
    forbidden = _NOT_ALLOWED.search(said)
    if forbidden:
        return RemoteRefused(
            f"the remote '{remote.name}' uses the transport '{forbidden[1]}', which is not allowed",
            hint=f"'git remote get-url {remote.name}' shows its address; https, ssh and paths are allowed",
            details=details,
        )
    if any(text in said for text in _REFUSED):
        return RemoteRefused(
            f"the remote '{remote.name}' does not let us in: {_reason(said)}",
            hint=f"'git ls-remote {remote.name}' asks for what is missing; nothing is ever asked from here",
            details=details,
        )
    return RemoteUnreachable(
        f"the remote '{remote.name}' did not answer: {_reason(said) or f'git ended with status {done.status}'}",
        hint=f"'git remote get-url {remote.name}' shows its address; check the connection",
        details=details,
    )


def _reason(said: str) -> str:
    """The first line that says something; ssh's own words come before git's."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = next((line for line in lines if any(text in line for text in _REFUSED)), lines[0] if lines else "")
    return first.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")
