"""The time of a hook, and what becomes of what goes wrong in it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from git_jit.hooks import Answer, Scene
from git_jit.hooks.running import HOOKS, UnknownHook, run
from git_jit.model import Caller
from tests.hooks.conftest import Hooked


def scene(repo: Hooked, *arguments: str, environ: Mapping[str, str] | None = None, now: object = None) -> Scene:
    def nobody() -> Caller:
        raise AssertionError("this hook does not write")

    return Scene(
        arguments=arguments,
        environ={**repo.env, **(environ or {})},
        cwd=str(repo.path),
        read_input=lambda: b"",
        caller=nobody,
        now_ms=lambda: 0,
    )


def over(seconds: float) -> None:
    """A clock whose time is over at once."""
    import os
    import signal

    if seconds:
        os.kill(os.getpid(), signal.SIGALRM)


def test_a_hook_that_takes_too_long_warns_and_lets_git_go_on(hooked: Hooked) -> None:
    given: list[float] = []

    def clock(seconds: float) -> None:
        given.append(seconds)
        over(seconds)

    late = run("pre-commit", scene(hooked), clock=clock)
    assert late == Answer(notes=("'pre-commit' took longer than it may (jit.timeout.hook); nothing was checked",))
    assert given == [2.0]
    hooked.git("config", "jit.hooks.strict", "yes")
    late = run("pre-commit", scene(hooked), clock=over)
    assert [o.code for o in late.objections] == ["not_judged"]


def test_a_server_refuses_what_it_has_no_time_for(hooked: Hooked) -> None:
    late = run("update", scene(hooked, "refs/heads/main", "0" * 40, "1" * 40), clock=over)
    assert [(o.code, o.message) for o in late.objections] == [
        ("not_judged", "'update' took longer than it may (jit.timeout.hook)")
    ]


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_the_timer_is_set_back_and_its_limit_comes_from_the_settings(name: str, hooked: Hooked) -> None:
    hooked.git("config", "jit.timeout.hook", "3s")
    given: list[float] = []
    run(name, scene(hooked, "refs/heads/main", "0" * 40, "0" * 40), clock=given.append)
    assert given == [3.0 * HOOKS[name].patience, 0]
    hooked.git("config", "jit.timeout.hook", "0")
    run(name, scene(hooked, "refs/heads/main", "0" * 40, "0" * 40), clock=given.append)
    assert given[2:] == [0, 0], "0 is no limit"


def test_a_hook_inside_a_hook_says_nothing(hooked: Hooked) -> None:
    (hooked.path / ".git/refs/jit/issues").write_text("nonsense\n")
    assert run("pre-commit", scene(hooked)) != Answer()
    assert run("pre-commit", scene(hooked, environ={"JIT_HOOK_DEPTH": "1"})) == Answer()
    assert run("pre-commit", scene(hooked, environ={"JIT_HOOKS": "0"})) == Answer()


def test_a_hook_nobody_knows_is_named(hooked: Hooked, tmp_path: Path) -> None:
    with pytest.raises(UnknownHook, match="no hook 'pre-lunch'"):
        run("pre-lunch", scene(hooked))
