"""Gates that misbehave: one test for each row of the fault catalogue's part 2.10 (docs/reliability.md).

Whatever a command does, its verdict is right, nothing of it is left, and nobody waits for it longer than was said.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from git_jit.runner import survivors
from tests.gates import Clone, start
from tests.program import PROGRAM, alive

DEADLINE_S = 30
"""A test that waits longer has found something."""


@pytest.fixture
def jit(tmp_path: Path) -> Clone:
    clone = start(tmp_path / "clone", tmp_path / "home")
    clone.ok("create", "A")
    return clone


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """K6: no child of ours outlives its gate, dead or alive."""
    before = survivors.children()
    yield
    assert survivors.children() == before


def id_of(jit: Clone) -> str:
    return str(jit("query", "all", "--json").data[0]["id"])


def require(jit: Clone, key: str, *argv: str, options: tuple[str, ...] = ()) -> str:
    """Define a gate and let the issue require it; the id."""
    jit.ok("gate", "define", key, *options, "--", *argv)
    id = id_of(jit)
    jit.ok("gate", "add", id, key)
    return id


def gate(jit: Clone, *argv: str, options: tuple[str, ...] = ("--timeout", "20")) -> dict[str, Any]:
    """What one run of this command comes to."""
    id = require(jit, "g", *argv, options=options)
    (found,) = jit("gate", "run", id, "--json").data["gates"]
    return {**(found["run"] or {}), **found}


def python(script: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-S", "-c", script


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists() or not path.stat().st_size:
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.01)


def begin(jit: Clone, *words: str) -> "subprocess.Popen[bytes]":
    """The program as a process of its own."""
    return subprocess.Popen(
        [*PROGRAM, *words], cwd=jit.path, env=jit.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_K1_a_gate_that_hangs_is_a_timeout_and_no_failure(jit: Clone) -> None:
    found = gate(jit, "sleep", "1000000000", options=("--timeout", "1"))
    assert (found["verdict"], found["cause"]) == ("timeout", "it ran longer than 1 s")
    assert jit("show", id_of(jit), "--json").data["gates"]["g"]["status"] == "timeout"


ESCAPES = {
    "session": "setsid sleep 60 & echo $! > child; sleep 0.1",
    "deaf": "setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > child; while :; do sleep 60; done' & while [ ! -s child ]; do sleep 0.01; done",
    "daemon": "(setsid sh -c 'echo $$ > child; exec sleep 60' >/dev/null 2>&1 &)\nwhile [ ! -s child ]; do sleep 0.01; done",
    "hidden": "(env -i /usr/bin/setsid /bin/sh -c 'echo $$ > child; exec sleep 60' &)\nwhile [ ! -s child ]; do sleep 0.01; done",
}


@pytest.mark.parametrize("escape", ESCAPES)
def test_K2_what_escapes_from_its_group_is_found_and_ended(jit: Clone, escape: str) -> None:
    found = gate(jit, "sh", "-c", ESCAPES[escape])
    assert (found["verdict"], found["leaked"] >= 1) == ("passed", True)
    assert not alive(int((jit.path / "child").read_text()))


def test_K3_the_exit_status_of_the_command_itself_decides(jit: Clone) -> None:
    begun = time.monotonic()
    found = gate(jit, "sh", "-c", "setsid sleep 60 & exit 0")
    assert (found["verdict"], found["exit"], found["leaked"]) == ("passed", 0, 1)
    assert time.monotonic() - begun < DEADLINE_S


def test_K4_a_flood_is_capped_and_ends_with_its_time(jit: Clone) -> None:
    found = gate(jit, "yes", options=("--timeout", "1"))
    assert (found["verdict"], found["left_out"] > 0) == ("timeout", True)
    assert Path(found["output"]).stat().st_size < (2 << 20) + 100


def test_K5_output_is_whole_here_and_harmless_elsewhere(jit: Clone) -> None:
    token = "ghp_" + "a1" * 20
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "QUJD\n" * 2000 + "-----END RSA PRIVATE KEY-----\n"
    raw = key.encode() + b"\x1b]0;owned\x07\x00\xff\xfe token " + token.encode() + b"\n"
    (jit.path / "raw").write_bytes(raw)
    found = gate(jit, "sh", "-c", "cat raw; exit 1")
    kept = Path(found["output"])
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (raw, 0o600)
    (record,) = jit.git("ls-tree", "-r", "--name-only", "refs/jit/runs").splitlines()
    stored = jit.git("cat-file", "blob", f"refs/jit/runs:{record}")
    assert token not in stored
    assert "QUJD" not in stored
    assert len(json.loads(stored)["excerpt"].encode()) <= 4096
    shown = jit("gate", "history", id_of(jit), "--output")
    again = jit("gate", "run", id_of(jit))
    for text in (shown.out, again.out + again.err):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "token" in text


def test_K6_nothing_defunct_is_left(jit: Clone) -> None:
    found = gate(jit, "sh", "-c", "for n in 1 2 3 4 5; do (sleep 0.0$n &) ; done; exit 3")
    assert (found["verdict"], found["exit"]) == ("failed", 3)  # the fixture counts


def test_K7_code_that_changes_while_it_is_checked_is_not_what_was_checked(jit: Clone) -> None:
    id = require(jit, "g", "sh", "-c", "echo two > code.txt")
    jit.ok("update", id, "-s", "in_progress")
    ran = jit("gate", "run", id, "--json").data
    assert (ran["gates"][0]["verdict"], ran["gates"][0]["run"]["changed"]) == ("passed", True)
    assert jit("close", id).status == 7
    assert jit("gate", "run", id).status == 0  # now it writes what is there already: passed, and the issue is done
    assert jit("show", id, "--json").data["state"] == "done"


@pytest.mark.parametrize("change", ["tracked", "untracked", "definition"])
def test_K7_a_verdict_is_stale_when_code_or_definition_changed(jit: Clone, change: str) -> None:
    id = require(jit, "g", "true")
    jit.ok("gate", "run", id)
    if change == "tracked":
        (jit.path / "code.txt").write_text("two\n")
    elif change == "untracked":
        (jit.path / "new.txt").write_text("new\n")
    else:
        jit.ok("gate", "update", "g", "--", "true", "again")
    assert jit("close", id).status == 7
    assert jit("show", id, "--json").data["state"] == "gated"
    if change != "definition":
        jit.ok("gate", "run", id)
        jit.commit()  # of what was tested: that is still the same code
        assert jit("show", id, "--json").data["state"] == "done"


def test_K7_a_verdict_stands_under_the_claim_it_was_earned_under(jit: Clone, tmp_path: Path) -> None:
    """Somebody takes the issue over while its gate runs: the run is recorded, and its verdict does not count."""
    began, go = tmp_path / "began", tmp_path / "go"
    id = require(jit, "g", "sh", "-c", f"echo > {began}; while [ ! -e {go} ]; do sleep 0.02; done")
    token = jit("claim", id, "--json").data["token"]
    runner = begin(jit, "gate", "run", id, "--json")
    wait_for(began)
    jit.ok("claim", "evict", id, "--reason", "gone")
    jit.ok("claim", id, "--actor", "human:bob")
    go.touch()
    out, _ = runner.communicate(timeout=DEADLINE_S)
    assert (runner.returncode, json.loads(out)["error"]["code"]) == (6, "claim_lost")
    assert jit("show", id, "--json").data["gates"]["g"]["status"] == "pending"
    (run,) = jit("gate", "history", id, "--json").data
    assert (run["verdict"], run["token"]) == ("passed", token)
    assert jit("gate", "run", id, "--token", token, "--json").error["code"] == "claim_lost"
    assert len(jit("gate", "history", id, "--json").data) == 1  # that one did not even begin
    ran = jit("gate", "run", id, "--actor", "human:bob", "--json")
    assert (ran.status, ran.data["gates"][0]["run"]["token"] != token) == (0, True)
    assert f"Jit-Claim: {ran.data['gates'][0]['run']['token']}" in jit.git(
        "log", "-1", "--format=%B", "refs/jit/issues"
    )


def test_K8_one_gate_of_one_issue_on_one_tree_runs_once_at_a_time(jit: Clone, tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    id = require(jit, "g", "sh", "-c", f"echo run >> {log}; while [ ! -e {go} ]; do sleep 0.02; done")
    first = begin(jit, "gate", "run", id)
    wait_for(log)
    second = jit("gate", "run", id, "--json")
    assert (second.status, second.data["gates"][0]["error"]["code"]) == (6, "gate_running")
    assert jit("gate", "wait", id, "--timeout", "0").status == 1
    go.touch()
    assert jit("gate", "wait", id, "--timeout", str(DEADLINE_S)).status == 0
    out, err = first.communicate(timeout=DEADLINE_S)
    assert (first.returncode, log.read_text()) == (0, "run\n"), out + err


@pytest.mark.parametrize(
    ("argv", "verdict", "exit"),
    [
        (("no-such-command",), "error", None),
        (("./code.txt",), "error", None),
        (("sh", "-c", "exit 126"), "error", 126),
        (("sh", "-c", "exit 127"), "error", 127),
        (("sh", "-c", "kill -SEGV $$"), "error", -11),
        (("sh", "-c", "exit 1"), "failed", 1),
        (("sh", "-c", "exit 255"), "failed", 255),
    ],
)
def test_K9_an_error_is_no_failure(jit: Clone, argv: tuple[str, ...], verdict: str, exit: int | None) -> None:
    found = gate(jit, *argv)
    assert (found["verdict"], found["exit"]) == (verdict, exit)
    assert found["cause"]


def test_K10_a_gate_may_call_git_jit_and_nobody_waits_for_anybody(jit: Clone) -> None:
    """It writes to the very tracker, so no lock of it is held; the same gate within itself is told that it runs."""
    program = [*PROGRAM]
    script = (
        "import os, subprocess, sys; id = os.environ['JIT_ISSUE_ID']; "
        f"jit = lambda *w: subprocess.run([*{program!r}, *w], timeout={DEADLINE_S}).returncode; "
        "sys.exit(0 if (jit('comment', id, 'from within'), jit('gate', 'run', id, 'g')) == (0, 6) else 1)"
    )
    environ = ("--env", "PYTHONPATH", "--env", "JIT_ACTOR", "--env", "XDG_STATE_HOME")
    jit.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    found = gate(jit, sys.executable, "-c", script, options=environ)
    assert found["verdict"] == "passed", found
    assert "from within" in jit.ok("show", id_of(jit))


def test_K10_gates_within_gates_have_a_depth(jit: Clone) -> None:
    id = require(jit, "g", "sh", "-c", "test $JIT_GATE_DEPTH = 3")
    jit.environ["JIT_GATE_DEPTH"] = "2"
    assert jit("gate", "run", id).status == 0
    jit.environ["JIT_GATE_DEPTH"] = "3"
    assert jit("gate", "run", id, "--json").error["code"] == "gate_depth"


def test_K11_a_run_whose_runner_died_is_told_and_its_processes_are_ended(jit: Clone, tmp_path: Path) -> None:
    pid, ours = tmp_path / "pid", survivors.children()
    id = require(jit, "g", "sh", "-c", f"setsid sleep 60 & echo $! > {pid}.0; mv {pid}.0 {pid}; sleep 60")
    runner = begin(jit, "gate", "run", id)
    wait_for(pid)
    runner.send_signal(signal.SIGKILL)
    runner.communicate()
    child = int(pid.read_text())
    assert alive(child)
    (told,) = jit("gate", "history", id, "--json").data
    assert (told["verdict"], told["cause"], told["leaked"] >= 2) == ("error", "abandoned: its runner died", True)
    orphans = survivors.children() - ours  # of the dead runner; another process than ours would not have inherited them
    deadline = time.monotonic() + DEADLINE_S
    while any(map(alive, {child, *orphans})):
        assert time.monotonic() < deadline, "something of it lives on"
        time.sleep(0.01)
    survivors.end(orphans)
    assert [path.suffix for path in jit.runs() if path.suffix != ".out"] == []
    assert jit("show", id, "--json").data["gates"]["g"]["status"] == "pending"


@pytest.mark.timeout(60)
def test_K12_a_bounded_bomb_is_defused(jit: Clone) -> None:
    """200 processes at once, each deaf. Limits are limits and no sandbox."""
    bomb = "import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nfor _ in range(200):\n if not os.fork(): time.sleep(60); os._exit(0)\ntime.sleep(60)"
    found = gate(jit, *python(bomb), options=("--timeout", "2"))
    assert found["verdict"] == "timeout"  # the fixture sees that none is left
    jit.ok("gate", "update", "g", "--timeout", "20", "--processes", "50")
    (stopped,) = jit("gate", "run", id_of(jit), "--json").data["gates"]
    assert (stopped["verdict"], stopped["cause"]) == ("error", "it started more than 50 processes")


def test_K12_a_hog_gets_no_more_memory_than_its_share(jit: Clone) -> None:
    hog = python("bytearray(1 << 28)")
    assert gate(jit, *hog, options=("--memory", "128"))["verdict"] == "failed"
    jit.ok("gate", "update", "g", "--memory", "1024")
    assert jit("gate", "run", id_of(jit)).status == 0


def test_K12_gates_are_nicer_than_whoever_waits_for_them(jit: Clone) -> None:
    nicer = min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)
    found = gate(jit, "sh", "-c", f"until [ $(nice) -ge {nicer} ]; do sleep 0.01; done; nice")
    assert found["verdict"] == "passed"
    assert int(Path(found["output"]).read_text()) == nicer


def test_K13_a_definition_that_a_fetch_changed_does_not_run(jit: Clone) -> None:
    """The whole matrix is tests/sharing/test_gate_trust.py."""
    id = require(jit, "g", "true")
    document = {"schema": 1, "key": "g", "title": "G", "mode": "auto", "argv": ["touch", str(jit.path / "canary")]}
    jit.plant("gates/g.json", json.dumps(document).encode())
    result = jit("gate", "run", id, "--json")
    assert (result.status, result.data["gates"][0]["verdict"]) == (8, "needs-approval")
    assert not (jit.path / "canary").exists()


def test_K13_a_pinned_file_that_changed_while_its_gate_waited_does_not_run(jit: Clone) -> None:
    jit.commit(**{"check.sh": "exit 0\n"})
    jit.ok("gate", "define", "b", "--pin", "check.sh", "--", "sh", "check.sh")
    jit.ok("gate", "define", "a", "--", "sh", "-c", "echo 'touch canary' > check.sh")
    id = id_of(jit)
    jit.ok("gate", "add", id, "a", "b")
    ran = jit("gate", "run-all", id, "-j", "1", "--json")
    a, b = ran.data["gates"]
    cause = "a file that it pins changed while it waited for its turn"
    assert (ran.status, a["verdict"], b["verdict"], b["cause"], b["run"]) == (
        8,
        "passed",
        "needs-approval",
        cause,
        None,
    )
    assert not (jit.path / "canary").exists()
    assert jit("show", id, "--json").data["gates"]["b"]["status"] == "pending"


def test_K14_a_gate_that_checked_nothing_does_not_pass(jit: Clone) -> None:
    found = gate(jit, "echo", "0 tests ran", options=("--expect", "tests passed"))
    assert (found["verdict"], found["exit"]) == ("failed", 0)
    assert found["argv"] == ["echo", "0 tests ran"]
    assert isinstance(found["ms"], int)
    jit.ok("gate", "update", "g", "--", "echo", "12 tests passed")
    assert jit("gate", "run", id_of(jit)).status == 0


def test_K10_a_gate_sees_no_credentials_and_nothing_of_git(jit: Clone) -> None:
    """reliability.md 3.2, point 9."""
    jit.environ |= {
        "GITHUB_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "SSH_AUTH_SOCK": "/s", "GIT_SSH_COMMAND": "x",
        "LC_TIME": "C", "WANTED_TOKEN": "w",
    }  # fmt: skip
    found = gate(jit, "env", options=("--env", "WANTED_TOKEN"))
    seen = {line.partition("=")[0] for line in Path(found["output"]).read_text().splitlines()}
    assert seen - {"PWD", "LANG", "TERM", "TMPDIR", "LC_ALL"} == {
        "PATH", "HOME", "LC_TIME", "WANTED_TOKEN", "JIT_ISSUE_ID", "JIT_ISSUE_FILE", "JIT_GATE", "JIT_GATE_DEPTH",
        "JIT_GATE_PROMPT", "JIT_RUN_COOKIE",
    }  # fmt: skip
    assert Path(found["output"]).name == f"{found['run']['run']}.out"
