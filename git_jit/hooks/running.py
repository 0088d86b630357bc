"""From the name of a hook to its answer, within its time, whatever happens.

A hook of a clone is a courtesy: what goes wrong in it is told in one line and git goes on, unless `jit.hooks.strict`
says otherwise. A hook of a server is a gate: what it cannot judge it does not let in.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Final, NamedTuple, cast

from git_jit.errors import JitError, UsageError
from git_jit.hooks import Answer, Ground, Scene, is_strict
from git_jit.ops.objection import Objection

OFF: Final = "JIT_HOOKS"
"""The variable that switches the hooks of a clone off: `JIT_HOOKS=0 git commit`."""
DEPTH: Final = "JIT_HOOK_DEPTH"
"""How many hooks of ours a process runs in; a hook inside a hook has nothing to add."""


class UnknownHook(UsageError):
    """There is no hook of this name."""

    code = "unknown_hook"


class OutOfTime(BaseException):
    """Not an `Exception`, so that nothing on the way takes it for a failure of its own."""


class Hook(NamedTuple):
    """Where the function of a hook is, and how it is treated."""

    module: str
    patience: float
    """By which its time is longer than `jit.timeout.hook`."""
    gate: bool = False
    """A server's: it refuses what it cannot judge, and nobody who pushes can switch it off."""
    stdin: bool = False
    """Whether git says something on standard input."""
    args: str = "none"
    """What the arguments are, for who writes a hook by hand."""


HOOKS: Final = {
    "pre-commit": Hook("pre_commit", 1),
    "commit-msg": Hook("commit_msg", 1, args="the file with the message"),
    "post-merge": Hook("post_merge", 5, args="1 for a squash, else 0"),
    "pre-push": Hook("pre_push", 5, stdin=True, args="the remote and its address"),
    "pre-receive": Hook("receiving", 15, gate=True, stdin=True),
    "update": Hook("updating", 15, gate=True, args="reference, old and new commit"),
}
"""By git's names, in the order of a change's life."""
CLIENT: Final = ("pre-commit", "commit-msg", "post-merge", "pre-push")
SERVER: Final = ("pre-receive",)
"""What is installed where others push to; `update` says the same a reference at a time, for who cannot have both."""


def run(name: str, scene: Scene, *, clock: Callable[[float], object] | None = None) -> Answer:
    """The answer of the hook `name`. Raises `UnknownHook`, nothing else.

    `clock` starts the time limit of so many seconds; it is the process's own timer unless a test brings another.
    """
    hook = HOOKS.get(name)
    if hook is None:
        raise UnknownHook(f"git jit has no hook '{name}'", hint=f"hooks are {', '.join(HOOKS)}")
    if not hook.gate and (scene.environ.get(OFF) == "0" or scene.environ.get(DEPTH, "0") != "0"):
        return Answer()
    ground = Ground(scene)
    try:
        with limited(ground, hook, clock or _alarm):
            module = import_module(f"git_jit.hooks.{hook.module}")
            return cast("Answer", module.judge(scene, ground))
    except OutOfTime:
        return _unjudged(ground, hook, f"'{name}' took longer than it may (jit.timeout.hook)")
    except JitError as error:
        return _unjudged(ground, hook, f"'{name}' could not look at the issues: {error.message}")
    except Exception as error:  # noqa: BLE001 — a bug of ours must not cost somebody a commit
        return _unjudged(ground, hook, f"'{name}' failed: {type(error).__name__}: {error}")
    finally:
        ground.close()


def _unjudged(ground: Ground, hook: Hook, why: str) -> Answer:
    try:
        strict = hook.gate or is_strict(ground.entries)
    except JitError:
        strict = hook.gate
    if not strict:
        return Answer(notes=(f"{why}; nothing was checked",))
    hint = "'git jit doctor' examines this clone"
    return Answer(objections=(Objection(code="not_judged", subject="the issues", message=why, hint=hint),))


# --- time -------------------------------------------------------------------------------------------------


@contextmanager
def limited(ground: Ground, hook: Hook, clock: Callable[[float], object]) -> Iterator[None]:
    """Raise `OutOfTime` inside when the time of the hook is over."""
    seconds = _seconds(ground) * hook.patience
    before = signal.signal(signal.SIGALRM, _over)
    clock(seconds if seconds < _FOREVER else 0)
    try:
        yield
    finally:
        clock(0)
        signal.signal(signal.SIGALRM, before)


_FOREVER: Final = float("inf")


def _seconds(ground: Ground) -> float:
    from git_jit.store.budgets import DEFAULTS, budgets

    try:
        return budgets(ground.entries).hook
    except JitError:
        return DEFAULTS.hook


def _alarm(seconds: float) -> object:
    return signal.setitimer(signal.ITIMER_REAL, seconds)


def _over(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 — as signal wants it
    raise OutOfTime
