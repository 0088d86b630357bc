"""The registry, and where verdicts lead: in real clones, through the program."""

from pathlib import Path

import pytest

from git_jit.model import Gate, GateKey
from git_jit.ops.gate_jobs import environment
from git_jit.ops.gates import check
from git_jit.ops.presets import PRESETS
from git_jit.ops.verdicts import excerpt, recorded
from git_jit.runner.isolation import Box, obstacle
from git_jit.store import flights
from git_jit.trust import objections
from tests.canaries import Canary, canaries
from tests.gates import Clone, start


@pytest.fixture
def jit(tmp_path: Path) -> Clone:
    return start(tmp_path / "clone", tmp_path / "home")


def created(jit: Clone, *words: str) -> str:
    return jit.ok("create", "A", *words).strip()


def state(jit: Clone, id: str) -> str:
    return str(jit("show", id, "--json").data["state"])


def test_what_cannot_be_meant_is_refused_and_changes_nothing(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "true")
    before = jit.git("rev-parse", "refs/jit/issues")
    for words, code in (
        (("define", "tests"), "gate_exists"),
        (("define", "Unit Tests"), "invalid_value"),
        (("define", "x", "--cwd", "../up", "--", "true"), "invalid_value"),
        (("define", "x", "--pin", "/etc/passwd", "--", "true"), "invalid_value"),
        (("define", "x", "--env", "GIT_DIR", "--", "true"), "invalid_value"),
        (("define", "x", "--env", "A=B", "--", "true"), "invalid_value"),
        (("define", "x", "--timeout", "999999999", "--", "true"), "invalid_value"),
        (("define", "x", "--memory", "99999999", "--", "true"), "invalid_value"),
        (("define", "x", "--processes", "99999999", "--", "true"), "invalid_value"),
        (("define", "x", "--processes", "0", "--", "true"), "usage"),
        (("define", "x", "--stdin", "plan", "--", "true"), "usage"),
        (("update", "none", "--title", "x"), "gate_not_found"),
        (("remove", "none"), "gate_not_found"),
        (("show", "none"), "gate_not_found"),
        (("trust", "none"), "gate_not_found"),
        (("preset", "none"), "usage"),
    ):
        where = words.index("--") if "--" in words else len(words)
        result = jit("gate", *words[:where], "--json", *words[where:])
        assert result.error["code"] == code, (words, result)
    assert jit.git("rev-parse", "refs/jit/issues") == before


def test_a_definition_is_kept_as_it_was_said(jit: Clone) -> None:
    jit.commit(**{"check.sh": "exit 0\n"})
    jit.ok(
        "gate", "define", "tests", "-t", "Tests", "--prompt", "Look.", "--stage", "precheck", "--timeout", "9",
        "--cwd", ".", "--env", "A", "--env", "B", "--pin", "check.sh", "--expect", "ok",
        "--stdin", "issue", "--memory", "512", "--processes", "9", "--", "sh", "check.sh", "a b",
    )  # fmt: skip
    shown = jit("gate", "show", "tests", "--json").data
    assert {key: shown[key] for key in shown if key != "hash"} == {
        "argv": ["sh", "check.sh", "a b"], "cwd": ".", "description": "Look.", "env_allow": ["A", "B"],
        "expect_output": "ok", "stdin": "issue", "memory_mb": 512, "processes": 9, "here": "approved", "key": "tests", "mode": "auto", "objections": [],
        "pins": ["check.sh"], "schema": 1, "stage": "precheck", "timeout_s": 9, "title": "Tests",
    }  # fmt: skip
    jit.ok("gate", "update", "tests", "--manual")
    assert jit.ok("gate", "list") == "tests\tprecheck\tmanual\t0\t(a person)\tTests\n"
    jit.ok("undo")
    assert jit("gate", "show", "tests", "--json").data["argv"] == ["sh", "check.sh", "a b"]


def test_presets_are_defined_and_can_be_written_and_read_again(jit: Clone) -> None:
    assert [line.split("\t")[0] for line in jit.ok("gate", "preset").splitlines()] == [
        "python", "node", "rust", "go", "maven", "gradle", "dotnet", "ruby", "cmake", "shell", "make", "review",
    ]  # fmt: skip
    jit.ok("gate", "preset", "go")
    first = jit("gate", "list", "--json")
    (jit.path / "gates.json").write_text(first.out)
    for key in ("tests", "lint"):
        jit.ok("gate", "remove", key)
    made = jit("gate", "preset", "--file", "gates.json")
    assert (made.status, made.err.count("git jit gate trust")) == (0, 0)  # the very same, so still approved
    assert jit("gate", "list", "--json").data == first.data
    (jit.path / "bad.json").write_text('{"gates": [1]}')
    assert jit("gate", "preset", "--file", "bad.json").status == 129


@pytest.mark.parametrize("name", PRESETS)
def test_every_ready_made_gate_can_be_meant(name: str) -> None:
    for gate in PRESETS[name].gates:
        check(gate)
        assert gate.title != gate.key
        assert objections(gate) == (() if gate.argv else ("names no command",))
    assert len({gate.key for gate in PRESETS[name].gates}) == len(PRESETS[name].gates)


def test_some_gates_of_a_preset(jit: Clone) -> None:
    assert jit.ok("gate", "preset", "rust", "format").startswith("format\tpostcheck\tapproved\tcargo fmt")
    assert [line.split("\t")[0] for line in jit.ok("gate", "list").splitlines()] == ["format"]
    assert jit("gate", "preset", "rust", "none").status == 129


def test_presets_of_ones_own_are_for_all_repositories_and_approve_nothing(jit: Clone, tmp_path: Path) -> None:
    jit.ok("gate", "define", "tests", "-t", "All tests", "--pin", "check.sh", "--memory", "512", "--", "sh", "check.sh")
    jit.ok("gate", "define", "review", "--prompt", "Look.\nTwice.")
    jit.ok("gate", "define", "lint", "--", "true")
    path = jit.home / ".config/git-jit/presets/house.json"
    assert jit.ok("gate", "preset", "house", "--save", "tests", "review") == f"house\ttests review\t{path}\n"
    jit.ok("gate", "preset", "go", "--save")  # hides the ready-made one of that name
    other = start(tmp_path / "other", jit.home)
    listed = other("gate", "preset", "--json").data
    assert [(one["name"], one["whose"], one["gates"]) for one in listed][:3] == [
        ("go", "own", ["lint", "review", "tests"]), ("house", "own", ["tests", "review"]),
        ("python", "ready-made", ["tests", "lint", "types"]),
    ]  # fmt: skip
    made = other("gate", "preset", "house")
    assert [line.split("\t")[:3] for line in made.out.splitlines()] == [
        ["tests", "postcheck", "not approved"], ["review", "postcheck", "manual"],
    ]  # fmt: skip
    for key in ("tests", "review"):
        one, same = (clone("gate", "show", key, "--json").data for clone in (jit, other))
        assert {**one, "here": ""} == {**same, "here": ""}


@pytest.mark.parametrize(
    "words", [("--save",), ("house", "--file", "x"), ("../x", "--save"), ("", "--save"), ("none",)]
)
def test_what_is_no_preset(jit: Clone, words: tuple[str, ...]) -> None:
    jit.ok("gate", "define", "lint", "--", "true")
    assert jit("gate", "preset", *words).status in {4, 129}
    assert not (jit.home / ".config/git-jit").exists()


def test_a_preset_that_cannot_be_read_hides_no_other(jit: Clone) -> None:
    place = jit.home / ".config/git-jit/presets"
    place.mkdir(parents=True)
    (place / "broken.json").write_text('{"gates": [{"key": 1}]}')
    (place / "\x1b[31m.json").write_text("[]")
    (place / "dir.json").mkdir()
    listed = jit("gate", "preset")
    assert (listed.status, listed.out.count("\n"), "\x1b" in listed.out + listed.err) == (0, 13, False)
    assert "note: 'the preset broken' holds no gates" in listed.err
    assert jit("gate", "preset", "broken").status == 129
    assert jit("gate", "preset", "dir").status == 129


def test_a_gate_that_is_required_stays(jit: Clone) -> None:
    jit.ok("gate", "define", "review")
    id = created(jit, "--gate", "review")
    refused = jit("gate", "remove", "review", "--json").error
    assert (refused["code"], refused["details"]["total"]) == ("gate_required", 1)
    jit.ok("gate", "rm", id, "review")
    assert jit("gate", "rm", id, "review", "--json").error["code"] == "gate_not_found"
    jit.ok("gate", "remove", "review")


def test_prechecks_stand_before_work_and_postchecks_before_its_end(jit: Clone) -> None:
    jit.ok("gate", "define", "before", "--stage", "precheck", "--", "true")
    jit.ok("gate", "define", "after", "--", "true")
    id = created(jit, "--gate", "before", "--gate", "after")
    assert jit("update", id, "-s", "in_progress", "--json").error["code"] == "gate_pending"
    ran = jit("gate", "run-all", id, "--stage", "precheck", "--json").data
    assert [(one["gate"], one["verdict"]) for one in ran["gates"]] == [("before", "passed")]
    jit.ok("update", id, "-s", "in_progress")
    assert jit("close", id).status == 7
    assert state(jit, id) == "gated"
    assert f"{id}\tstate: gated → done" in jit.ok("gate", "run-all", id, "--missing")
    assert state(jit, id) == "done"


def test_the_last_gate_that_passes_finishes_an_issue_unless_it_waits(jit: Clone) -> None:
    jit.ok("gate", "define", "review")
    jit.ok("gate", "define", "other")
    id = created(jit, "--gate", "review", "--gate", "other")
    jit("close", id)
    jit.ok("gate", "pass", id, "review")
    assert state(jit, id) == "gated"
    jit.ok("gate", "fail", id, "other", "--reason", "no")
    assert state(jit, id) == "gated"
    first = jit.ok("create", "First").strip()
    jit.ok("dep", "add", id, first)
    blocked = jit("gate", "pass", id, "other")
    assert (blocked.status, "waits for" in blocked.err, state(jit, id)) == (0, True, "gated")
    jit.ok("close", first)
    jit.ok("gate", "pass", id, "other")
    assert state(jit, id) == "done"


def test_nobody_s_word_stands_for_a_command_without_a_reason(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "false")
    id = created(jit, "--gate", "tests")
    for words in ((), ("--force",), ("--reason", "ran on the device")):
        assert jit("gate", "pass", id, "tests", *words, "--json").error["code"] == "gate_is_automatic"
    assert jit("gate", "run", id).status == 7
    jit.ok("gate", "pass", id, "tests", "--force", "--reason", "ran on the device")
    assert "Jit-Force: gate_is_automatic" in jit.git("log", "-1", "--format=%B", "refs/jit/issues")
    jit.ok("close", id)
    assert [one["reason"] for one in jit("gate", "history", id, "--json").data] == ["ran on the device", None]
    took = [line.split("\t")[3] for line in jit.ok("gate", "history", id).splitlines()]
    assert (took[0], took[1].endswith(" ms")) == ("", True)  # a word takes no time


def test_a_record_that_cannot_be_kept_is_told_and_the_verdict_stands(jit: Clone) -> None:
    jit.ok("gate", "define", "review")
    id = created(jit, "--gate", "review")
    jit.git("config", "jit.timeout.ref", "20ms")
    lock = jit.path / ".git/refs/jit/runs.lock"
    lock.touch()
    passed = jit("gate", "pass", id, "review")
    told = "the verdict stands, but its record could not be kept: another git holds 'refs/jit/runs'"
    assert (passed.status, told in passed.err) == (0, True), passed
    assert jit("gate", "history", id, "--json").data == []
    jit.ok("close", id)
    assert state(jit, id) == "done"


def test_fail_fast_ends_the_others_and_says_so(jit: Clone) -> None:
    for key, argv in (("a", ("false",)), ("b", ("sleep", "60")), ("c", ("true",))):
        jit.ok("gate", "define", key, "--", *argv)
    id = created(jit, "--gate", "a", "--gate", "b", "--gate", "c")
    ran = jit("gate", "run-all", id, "--fail-fast", "-j", "2", "--json")
    assert ran.status == 7
    assert [(one["gate"], one["verdict"]) for one in ran.data["gates"]] == [
        ("a", "failed"), ("b", "skipped"), ("c", "skipped"),
    ]  # fmt: skip
    gates = jit("show", id, "--json").data["gates"]
    assert {key: gate["status"] for key, gate in gates.items()} == {"a": "failed", "b": "pending", "c": "pending"}


def test_a_verdict_of_another_clone_counts_only_where_that_is_wanted(jit: Clone, tmp_path: Path) -> None:
    jit.ok("gate", "define", "tests", "--", "true")
    jit.ok("gate", "define", "review")
    id = created(jit, "--gate", "tests", "--gate", "review")
    jit.ok("gate", "run", id, "tests")
    jit.ok("gate", "pass", id, "review")
    jit.git("clone", "-q", ".", "../other")
    other = Clone(tmp_path / "other", tmp_path / "home", "bob")
    other.git("config", "user.name", "bob")
    other.git("config", "user.email", "bob@example.org")
    other.git("fetch", "-q", "origin", "+refs/jit/*:refs/jit/*")  # even with the records of its runs
    assert "gates:\treview passed,tests passed (earned in another clone)\n" in other.ok("show", id)
    refused = other("close", id, "--json").data["outcomes"][0]["error"]
    assert refused["details"]["gates"] == ["tests"]
    missing = other("gate", "run-all", id, "--missing", "--json").data["gates"]
    assert [(one["gate"], one["verdict"]) for one in missing] == [("tests", "needs-approval")]
    other.ok("config", "set", "jit.gate.acceptRemote", "any")
    assert other("gate", "run-all", id, "--missing", "--json").data["gates"] == []
    other.ok("close", id)
    assert state(other, id) == "done"


def test_a_run_of_ours_counts_for_the_code_that_it_was_about(jit: Clone) -> None:
    """Who writes the issue can name any run; what it came to says its record."""
    jit.ok("gate", "define", "tests", "--", "sh", "-c", "test ! -e bad")
    id = created(jit, "--gate", "tests")
    jit.ok("gate", "run", id)
    before = jit.git("rev-parse", "HEAD^{tree}")
    jit.commit(bad="")
    whole = jit("show", id, "--json").data["id"]
    path = f"issues/{whole[:2]}/{whole}.json"
    document = jit.git("show", f"refs/jit/issues:{path}")
    jit.plant(path, document.replace(before, jit.git("rev-parse", "HEAD^{tree}")).encode())
    assert "gates:\ttests passed (earned in another clone)\n" in jit.ok("show", id)
    assert jit("close", id).status == 7


def test_a_command_reads_the_issue_where_it_asked_for_it(jit: Clone) -> None:
    jit.ok("gate", "define", "reads", "--stdin", "issue", "--", "sh", "-c", 'cmp - "$JIT_ISSUE_FILE"')
    jit.ok("gate", "define", "gets-nothing", "--", "sh", "-c", "! read line")
    id = created(jit, "--gate", "reads", "--gate", "gets-nothing")
    ran = jit("gate", "run-all", id, "--json").data["gates"]
    assert [(one["gate"], one["verdict"]) for one in ran] == [("gets-nothing", "passed"), ("reads", "passed")]


def test_nothing_runs_outside_of_a_box_that_does_not_open(jit: Clone, tmp_path: Path) -> None:
    jit.ok("gate", "define", "tests", "--", "touch", "canary")
    id = created(jit, "--gate", "tests")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tools / "bwrap").chmod(0o755)
    path = jit.environ["PATH"]
    jit.environ["PATH"] = f"{tools}:{path}"
    refused = jit("gate", "run", id, "--isolate", "--json").error
    assert (refused["code"], refused["message"]) == (
        "isolation_unavailable", "commands cannot be isolated here: 'bwrap' refuses: status 1",
    )  # fmt: skip
    jit.ok("config", "set", "jit.gate.isolate", "true")
    assert jit("gate", "run-all", id).status == 4
    assert not (jit.path / "canary").exists()
    ran = jit("gate", "run", id, "--no-isolate", "--json").data["gates"][0]["run"]
    assert (ran["verdict"], ran["isolated"], (jit.path / "canary").exists()) == ("passed", False, True)
    assert jit("config", "set", "jit.gate.isolate", "maybe").status == 129


def test_a_gate_in_a_box_writes_the_tree_and_not_the_repository(jit: Clone) -> None:
    """What else is out of reach: tests/runner/test_isolation.py."""
    box = Box(writable=str(jit.path), home=jit.environ["HOME"])
    if why := obstacle(box, jit.environ):
        pytest.skip(why)
    jit.ok("gate", "define", "build", "--", "sh", "-c", 'echo built > built; ! touch .git/x; ! test -e "$HOME/secret"')
    (jit.home / "secret").write_text("s")
    id = created(jit, "--gate", "build")
    ran = jit("gate", "run", id, "--isolate", "--json")
    assert (ran.status, ran.data["gates"][0]["run"]["isolated"]) == (0, True), ran
    assert ((jit.path / "built").read_text(), (jit.path / ".git/x").exists()) == ("built\n", False)


def test_a_gate_that_fails_after_the_end_is_told_and_undoes_nothing(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "sh", "-c", "test ! -e bad")
    id = created(jit, "--gate", "tests")
    jit.ok("gate", "run", id)
    jit.ok("close", id)
    again = jit("gate", "run-all", id, "--missing")
    assert (again.status, again.out, again.err) == (0, "", "note: every gate has passed already, on this code\n")
    (jit.path / "bad").touch()
    assert jit("gate", "run-all", id, "--missing").status == 7  # on this code it has not
    assert state(jit, id) == "done"
    assert "done_but_gates_open" in jit.ok("validate")
    jit.ok("reopen", id)
    assert jit("close", id).status == 7
    (jit.path / "bad").unlink()
    jit.ok("gate", "run", id)
    assert state(jit, id) == "done"


def test_runs_of_a_gate_that_there_never_was_are_not_none(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "true")
    id = created(jit, "--gate", "tests")
    assert jit.ok("gate", "history", id, "tests") == ""
    assert jit("gate", "history", id, "test", "--json").error["code"] == "gate_not_found"
    jit.ok("gate", "run", id)
    jit.ok("gate", "rm", id, "tests")
    assert jit.ok("gate", "history", id, "tests").count("\n") == 1  # required no longer, and told as long as it is kept


def test_code_that_a_gate_changed_is_not_what_it_finishes_an_issue_for(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "sh", "-c", "test -e made || touch made")
    id = created(jit, "--gate", "tests")
    jit("close", id)
    assert "note: the code changed while gates ran" in jit("gate", "run", id).err
    assert state(jit, id) == "gated"
    jit.ok("gate", "run", id)
    assert state(jit, id) == "done"


def test_nothing_of_git_is_handed_on_whatever_a_definition_says() -> None:
    gate = Gate(key=GateKey("g"), title="G", env_allow=("GIT_DIR", "WANTED"))
    said = {"GIT_DIR": "/x", "GIT_SSH_COMMAND": "x", "WANTED": "w", "TOKEN": "t", "LC_ALL": "C", "HOME": "/h"}
    assert environment(said, gate) == {"WANTED": "w", "LC_ALL": "C", "HOME": "/h"}


def test_who_waits_for_one_issue_does_not_wait_for_another(jit: Clone) -> None:
    jit.ok("gate", "define", "tests", "--", "true")
    id, other = (str(jit("show", created(jit, "--gate", "tests"), "--json").data["id"]) for _ in range(2))
    jit.ok("gate", "run", id)
    directory = f"{jit.path}/.git/jit/runs"
    with flights.begin(directory, other, "tests", "tree") or pytest.fail("nothing runs") as flight:
        flight.note({"issue": other, "gate": "tests"})
        assert jit.ok("gate", "wait", id, "--timeout", "0") == "tests\tpassed\n"
    with flights.begin(directory, id, "tests", "tree") or pytest.fail("nothing runs") as flight:
        flight.note({"issue": id, "gate": "tests"})
        assert jit("gate", "wait", id, "--timeout", "0", "--json").error["code"] == "wait_over"


@pytest.mark.parametrize("canary", canaries(), ids=lambda canary: canary.name)
def test_secrets_in_an_output_stay_in_the_file_of_this_clone(canary: Canary) -> None:
    """What goes into the record, of which `refs/jit/runs` is made (the whole way: K5 of the fault catalogue)."""
    clean = recorded({"HOME": "/home/adalovelace", "USER": "adalovelace"})
    kept = excerpt(f"before\n{canary.text}\nafter\n".encode(), 0, clean)
    assert canary.secret not in kept
    assert kept.startswith("before\n")
