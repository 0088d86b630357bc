"""The shell that leads to our hooks: what it is, where it can stand, and that it comes out again without a trace."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.hooks import blocks
from git_jit.hooks.running import HOOKS

ROOT = Path(__file__).parent.parent.parent
FIRST = st.sampled_from([b"#!/bin/sh", b"#!/bin/bash -eu", b"#!/usr/bin/env -S zsh -f", b"#! /bin/dash"])
names = pytest.mark.parametrize("name", sorted(HOOKS))


@given(FIRST, st.one_of(st.just(b""), st.binary().map(lambda rest: b"\n" + rest)), st.sampled_from(sorted(HOOKS)))
def test_what_is_put_in_comes_out_without_a_trace(first: bytes, rest: bytes, name: str) -> None:
    script = first + rest
    inside = blocks.insert(script, name)
    assert blocks.has_block(inside)
    assert blocks.comes_first(inside)
    assert blocks.remove(inside) == script
    assert blocks.is_shell(inside) == blocks.is_shell(script)


@given(st.binary())
def test_what_has_no_block_is_left_as_it_is(data: bytes) -> None:
    assert blocks.has_block(data) or blocks.remove(data) == data


def test_a_block_that_was_moved_comes_out_where_it_is() -> None:
    moved = b"#!/bin/sh\necho mine\n" + blocks.block("pre-commit") + b"echo more\n"
    assert not blocks.comes_first(moved)
    assert blocks.remove(moved) == b"#!/bin/sh\necho mine\necho more\n"


@pytest.mark.parametrize(
    ("first", "shell"),
    [
        (b"#!/bin/sh\n", True),
        (b"#!/bin/sh -e\n", True),
        (b"#!/usr/bin/env bash\n", True),
        (b"#!/usr/bin/env -S bash -e\n", True),
        (b"#!/usr/bin/env A=b dash\n", True),
        (b"#!/bin/busybox sh\n", True),
        (b"#!/usr/bin/env python3\n", False),
        (b"#!/usr/bin/python3\n", False),
        (b"#!/usr/bin/env node\n", False),
        (b"#!/usr/bin/fish\n", False),
        (b"#!/bin/sh\r\n", False),
        (b"#!\n", False),
        (b"echo no first line\n", False),
        (b"", False),
        (b"\x7fELF", False),
    ],
)
def test_a_shell_is_told_from_other_languages(first: bytes, shell: bool) -> None:
    assert blocks.is_shell(first) is shell


@names
def test_the_scripts_that_are_shipped_are_those_that_are_installed(name: str) -> None:
    shipped = ROOT / "hooks" / name
    assert shipped.read_text() == f"#!/bin/sh\n{blocks.script(name)}"
    assert shipped.stat().st_mode & 0o111
    assert len(shipped.read_text().splitlines()) <= 15


@names
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_shells_can_read_them(name: str, shell: str, tmp_path: Path) -> None:
    for text in (blocks.script(name), blocks.line(name), f'{blocks.command(name)} "$@"'):
        done = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def fake(directory: Path, status: int) -> dict[str, str]:
    """A PATH with a `git-jit` that says what it was called with and what it read, and ends with `status`."""
    program = directory / "git-jit"
    program.write_text(f'#!/bin/sh\necho "jit: $*: $(cat)" >&2\nexit {status}\n')
    program.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def run(script: str, *words: str, env: dict[str, str], stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(["/bin/sh", "-eu", "-c", script, "hook", *words], env=env, input=stdin, capture_output=True, text=True, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


LINES = "refs/heads/a 1 refs/heads/a 0\nrefs/heads/b 2 refs/heads/b 0\n"


@pytest.mark.parametrize(("status", "after"), [(0, 0), (4, 1), (1, 0), (2, 0), (70, 0), (126, 0), (130, 0)])
def test_only_a_no_stops_git(status: int, after: int, tmp_path: Path) -> None:
    env = fake(tmp_path, status)
    told = run(blocks.script("post-merge") + "echo mine\n", "0", env=env)
    assert told == (after, "" if after else "mine\n", "jit: hook run post-merge 0: \n")
    assert run(f"{blocks.line('post-merge')}\n", "0", env=env)[0] == after
    command = f'{blocks.command("post-merge")} "$@"\n'
    assert run(command, "0", env=env) == (after, "", "jit: hook run post-merge 0: \n")


def test_a_message_that_names_no_issue_starts_no_program(tmp_path: Path) -> None:
    env, message = fake(tmp_path, 4), tmp_path / "message"
    for text, status in [("work\n", 0), ("work\n\njit: ffff\n", 1), ("work\n\nCLOSES-JIT: ffff\n", 1), ("", 0)]:
        message.write_text(text)
        assert run(blocks.script("commit-msg"), str(message), env=env)[0] == status


def test_standard_input_goes_to_us_and_then_to_the_rest(tmp_path: Path) -> None:
    env = fake(tmp_path, 0)
    script = blocks.script("pre-push") + "cat\n"
    told = run(script, "origin", env=env, stdin=LINES)
    assert told == (0, LINES, f"jit: hook run pre-push origin: {LINES}")
    assert run(script, "origin", env=env)[:2] == (0, "")
    large = "".join(f"refs/heads/{number} 1 refs/heads/{number} $(x) `y` \\ 0\n" for number in range(20_000))
    assert run(script, "origin", env=env, stdin=large)[1] == large


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg", "post-merge", "pre-push"])
def test_without_the_program_nobody_is_stopped_and_one_line_says_so(name: str, tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    said = f"git jit is not on the PATH, so {name} checked nothing\n"
    message = tmp_path / "message"
    message.write_text("work\n\nJit: ffff\n")
    assert run(f"{blocks.script(name)}echo mine", str(message), env=env) == (0, "mine\n", said)
    assert run(f'{blocks.command(name)} "$@"', env=env) == (0, "", said)


def test_a_variable_switches_the_hooks_of_a_clone_off_and_not_those_of_a_server(tmp_path: Path) -> None:
    env = {**fake(tmp_path, 4), "JIT_HOOKS": "0"}
    assert run(blocks.script("pre-commit"), env=env) == (0, "", "")
    assert run(f'{blocks.command("pre-commit")} "$@"', env=env) == (0, "", "")
    assert run(blocks.script("pre-receive"), env=env, stdin=LINES)[0] == 1


@pytest.mark.parametrize("status", [1, 70, 127, 129])
def test_a_server_that_cannot_judge_lets_code_in_and_no_issues(status: int, tmp_path: Path) -> None:
    env = fake(tmp_path, status) if status != 127 else {"PATH": "/usr/bin:/bin"}
    assert run(f"{blocks.script('pre-receive')}cat", env=env, stdin=LINES)[:2] == (0, LINES)
    for ref in ("refs/heads/jit/issues", "refs/jit/claims"):
        refused, _, said = run(blocks.script("pre-receive"), env=env, stdin=f"{LINES}0 1 {ref}\n")
        assert refused == 1
        assert f"git jit cannot judge issues here (status {status}): refused" in said
        assert run(blocks.script("update"), ref, "0", "1", env=env)[0] == 1
    assert run(blocks.script("update"), "refs/heads/main", "0", "1", env=env)[0] == 0


def test_git_reads_the_settings_as_they_are_meant(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(b"[gc]\n\tauto = 0\n" + blocks.settings(("pre-commit", "pre-push")))

    def config(*words: str) -> str:
        words = ("git", "config", "-f", str(file), *words)
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    for name in ("pre-commit", "pre-push"):
        assert config("--get", f"hook.jit-{name}.event") == f"{name}\n"
        assert config("--get", f"hook.jit-{name}.command") == f"{blocks.command(name)}\n"
    assert blocks.remove(file.read_bytes()) == b"[gc]\n\tauto = 0\n"
