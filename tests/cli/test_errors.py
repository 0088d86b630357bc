"""What is kept of failures, that keeping it changes nothing, and the commands that show it."""

import json
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.cli.tracking import operation, state_dir
from git_jit.errors import Contention, Fatal, OutcomeUnknown
from git_jit.store import DiskFull, NotInitialised
from tests.cli.console import Console
from tests.cli.test_program import failing
from tests.program import REF, Repo
from tests.test_bad_places import without_privileges


def keeping(tmp_path: Path, error: BaseException) -> Console:
    console = failing(error)
    console.local = str(tmp_path)
    return console


def after(console: Console) -> Console:
    """Another console on the same clone, whose store is sound."""
    return Console(local=console.local, seconds=console.seconds)


def test_a_failure_is_kept_with_all_there_is_to_know(tmp_path: Path) -> None:
    console = keeping(tmp_path, DiskFull("no space for ada@example.org"))
    assert console("issue", "new", "My secret plan", "-l", "a:b").status == 128
    shown = after(console)("errors", "show", "1", "--json").data
    assert shown.pop("versions")["git_jit"]
    assert re.fullmatch(r"[0-9a-f]{12}", shown.pop("fingerprint"))
    moment, request = "2026-11-21T09:00:00.000000Z", f"01{1:024d}"
    assert shown == {
        "number": 1, "severity": "storage", "code": "disk_full", "operation": "issue create",
        "message": "no space for <email>", "count": 1, "first_seen": moment, "last_seen": moment, "request": request,
        "resolved_at": None, "traceback": None, "events": [{"at": moment, "request": request}],
    }  # fmt: skip


def test_a_bug_is_kept_with_its_traceback_and_reported_under_the_same_request(tmp_path: Path) -> None:
    console = keeping(tmp_path, ZeroDivisionError("password=geheim"))
    error = console("list", "--json").error
    shown = after(console)("errors", "show", "1", "--json").data
    assert (shown["code"], shown["message"]) == ("bug", "ZeroDivisionError: password=***")
    assert "Traceback (most recent call last)" in shown["traceback"]
    report = Path(error["details"]["log"]).read_text()
    assert error["details"]["request"] == shown["request"]
    assert f"request {shown['request']}\ncommand list --json\n" in report
    assert "geheim" not in report + shown["traceback"]


def test_mistakes_are_kept_when_they_repeat(house: Console, tmp_path: Path) -> None:
    house.local = str(tmp_path)
    for _ in range(2):
        house("show", "ffff")
    assert house.ok("errors", "list") == ""
    house("show", "ffff")
    assert house.ok("errors", "list") == "1\t2026-11-21T09:00:08Z\trefusal\t3\tissue_not_found\tshow\tno issue 'ffff'\n"


@pytest.mark.parametrize("error", [NotInitialised(), KeyboardInterrupt()])
def test_what_is_no_incident_leaves_no_file(error: BaseException, tmp_path: Path) -> None:
    keeping(tmp_path, error)("list")
    assert list(tmp_path.iterdir()) == []


def test_outside_of_a_repository_it_is_the_users_own_file(tmp_path: Path) -> None:
    console = failing(OutcomeUnknown("x"))
    console("list")
    console.environ["HOME"] = str(tmp_path)
    console("show", "zz", "--limit")  # a mistake is no reason to make a directory
    assert list(tmp_path.iterdir()) == []
    console("list")
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.sqlite")] == [".local/state/git-jit/errors.sqlite"]
    assert "outcome_unknown" in console.ok("errors", "list")
    assert state_dir({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == "/s/git-jit"
    assert state_dir({"XDG_STATE_HOME": "relative"}) is None


def seeded(tmp_path: Path) -> Console:
    """A disk full twice, and a contention."""
    console = keeping(tmp_path, DiskFull("full"))
    console("list")
    console("list")
    busy = Console(store=failing(Contention("busy")).store, local=console.local, seconds=console.seconds)
    busy("create", "x")
    return after(console)


def test_list(tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    assert jit.ok("errors", "list") == (
        "2\t2026-11-21T09:00:02Z\tcontention\t1\tbusy\tcreate\tbusy\n"
        "1\t2026-11-21T09:00:01Z\tstorage\t2\tdisk_full\tlist\tfull\n"
    )
    for words, numbers in {
        ("--severity", "storage"): [1],
        ("--severity", "contention"): [2, 1],
        ("--code", "busy"): [2],
        ("--since", "2026-11-21T09:00:02Z"): [2],
        ("--since", "2026-11-21"): [2, 1],
        ("--offset", "1"): [1],
    }.items():
        assert [one["number"] for one in jit("errors", "ls", *words, "--json").data] == numbers
    answer = json.loads(jit("errors", "list", "--limit", "1", "--json").out)
    assert (answer["total"], answer["returned"], answer["next"]) == (2, 1, "1")
    assert jit("errors", "list", "-L", "1").err == "… 1 more (--limit 0 shows all)\n"


def test_show(tmp_path: Path) -> None:
    text = seeded(tmp_path).ok("errors", "show", "1")
    assert "times\t2\n" in text
    assert len(re.findall(r"^happened\t.*\trequest 0", text, re.MULTILINE)) == 2


def test_stats(tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    assert jit("errors", "stats", "--json").data == {
        "total": 3,
        "severities": {"storage": 2, "contention": 1},
        "codes": {"disk_full": 2, "busy": 1},
        "days": {"2026-11-21": 3},
    }
    assert jit.ok("errors", "stats").splitlines()[-2:] == ["day\t2026-11-21\t3", "total\t\t3"]


def test_resolve(tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    assert jit.ok("errors", "resolve", "1") == "1 error resolved\n"
    assert [one["number"] for one in jit("errors", "list", "--json").data] == [2]
    assert [one["number"] for one in jit("errors", "list", "--all", "--json").data] == [2, 1]
    assert jit("errors", "resolve", "--all", "--json").data == {"resolved": [2]}
    assert jit.ok("errors", "resolve", "--all") == "0 errors resolved\n"


def test_clear(tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    assert jit.ok("errors", "clear", "--before", "2026-11-21T09:00:02Z", "-n") == "1 error would be forgotten\n"
    assert jit.ok("errors", "clear", "--before", "2026-11-21T09:00:02Z") == "1 error forgotten\n"
    assert jit.ok("errors", "clear", "--all") == "1 error forgotten\n"
    assert jit.ok("errors", "list", "--all") == ""


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["show", "7"], 3, "error_not_found"),
        (["show", "x"], 3, "error_not_found"),
        (["resolve", "1", "7"], 3, "error_not_found"),
        (["resolve"], 129, "say_which"),
        (["resolve", "1", "--all"], 129, "say_which"),
        (["clear"], 129, "say_which"),
        (["clear", "--all", "--before", "2026-11-21"], 129, "say_which"),
        (["clear", "--before", "yesterday"], 4, "invalid_value"),
    ],
)
def test_mistakes(words: list[str], status: int, code: str, tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    result = jit("errors", *words, "--json")
    assert (result.status, result.error["code"]) == (status, code)
    assert len(jit("errors", "list", "--json").data) == 2


def test_a_file_that_cannot_be_read_is_said_and_begun_anew(tmp_path: Path) -> None:
    jit = seeded(tmp_path)
    (tmp_path / "errors.sqlite").write_bytes(b"rubbish " * 1000)
    result = jit("errors", "list")
    assert (result.status, result.out) == (0, "")
    assert "cannot be read" in result.err
    assert "cannot be read" in json.loads(jit("errors", "stats", "--json").out)["warnings"][0]
    keeping(tmp_path, Fatal("new"))("list")
    assert [one["message"] for one in jit("errors", "list", "--json").data] == ["new"]


def test_the_name_of_a_command_holds_no_value() -> None:
    named = {
        ("issue", "new", "list"): "issue create",
        ("ls", "--filter", "x"): "list",
        ("ghp_secret",): "",
        ("dep", "secret"): "dep",
        (): "",
    }
    assert {words: operation(words) for words in named} == named


# --- the real program in bad places ---------------------------------------------------------------------------


def nothing(_: Path) -> None:
    pass


def lock(path: Path) -> None:
    holder = sqlite3.connect(path, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    HOLDERS.append(holder)


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


HOLDERS: list[sqlite3.Connection] = []
OBSTACLES: dict[str, Callable[[Path], object]] = {
    "nothing": nothing,
    "locked": lock,
    "damaged": lambda path: path.write_bytes(b"rubbish " * 1000),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "a directory": as_directory,
    "a link to nowhere": as_link,
    "unreadable": lambda path: path.chmod(0),
    "in a place that is read-only": lambda path: subprocess.run(["chmod", "-R", "a-w", path.parent], check=True),
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", OBSTACLES)
def test_whatever_is_wrong_with_the_store_the_failure_is_told_as_ever(name: str, form: str, repo: Repo) -> None:
    words = ["list"] if form == "text" else ["list", "--json"]
    (repo.path / ".git" / REF).write_text("garbage\n")
    expected = repo.jit(*words)
    assert expected.status == 128
    OBSTACLES[name](repo.path / ".git/jit/errors.sqlite")
    try:
        program = without_privileges("sh", "-c", 'exec "$0" -m git_jit "$@"', sys.executable, *words)
        done = subprocess.run(program, cwd=repo.path, env=repo.env, capture_output=True, text=True, check=False)
    finally:
        while HOLDERS:
            HOLDERS.pop().close()
        subprocess.run(["chmod", "-R", "u+w", repo.path / ".git/jit"], check=True)
    assert (done.returncode, done.stdout, done.stderr) == tuple(expected)


def test_a_disk_that_is_full_changes_nothing_of_the_answer(repo: Repo) -> None:
    (repo.path / ".git" / REF).write_text("garbage\n")
    expected = repo.jit("list")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # noqa: E731 — the kernel's word for it
    assert repo.jit("list", preexec_fn=limit) == expected


def test_commit_log_and_error_carry_the_same_request(repo: Repo) -> None:
    repo.env["JIT_LOG"] = "info"
    repo.works("create", "X")
    records = [json.loads(line) for line in (repo.path / ".git/jit/log/git-jit.log").read_text().splitlines()]
    (request,) = {record["request"] for record in records}
    assert repo.git("log", "-1", "--format=%(trailers:key=Jit-Request,valueonly)", REF) == request
    (repo.path / ".git" / REF).write_text("garbage\n")
    repo.jit("list")
    last = json.loads((repo.path / ".git/jit/log/git-jit.log").read_text().splitlines()[-1])
    assert repo.works("errors", "show", "1", "--json").data["request"] == last["request"] != request


def test_a_command_that_commits_twice_has_two_requests() -> None:
    app = Console().app_for_parsing()
    caller = [app.new_request() for _ in range(3)]
    assert caller == [app.request, f"{app.request}.2", f"{app.request}.3"]
