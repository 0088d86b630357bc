"""The log: off by default, one short line of JSON a record, a file that stays small, and never in the way."""

import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from git_jit import log
from git_jit.logfile import MAX_BYTES, MAX_RECORD, File, open_sink


def command(tmp_path: Path, said: str | None = None, **more: Any) -> log.Command:
    values: dict[str, Any] = {
        "name": lambda: "issue create", "request": lambda: "R1", "directory": lambda: str(tmp_path / "log"), "version": "1",
        "environ": {"HOME": "/home/ada", "USER": "ada"} | ({} if said is None else {"JIT_LOG": said}),
        "stderr": io.StringIO(), "complain": lambda _: None, "sink": open_sink,
    }  # fmt: skip
    return log.Command(**(values | more))


def run(what: log.Command, *events: Callable[[], None], level: str | None = None) -> None:
    before = log.begin(what, level=level)
    for event in events:
        event()
    log.end(before, 0)


def records(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "log/git-jit.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def one_of_each() -> None:
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")


@pytest.mark.parametrize("said", [None, "", "off", "nonsense", "OFF"])
def test_nothing_is_written_unless_asked_for(said: str | None, tmp_path: Path) -> None:
    run(command(tmp_path, said), one_of_each)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("debug", ["command.start", "a", "b", "c", "d", "command.end"]),
        ("info", ["command.start", "b", "c", "d", "command.end"]),
        ("warning", ["c", "d"]),
        ("error", ["d"]),
    ],
)
def test_a_level_lets_through_what_is_as_important(level: str, events: list[str], tmp_path: Path) -> None:
    run(command(tmp_path, level), one_of_each)
    run(command(tmp_path, "off"), one_of_each, level=level)
    assert [one["event"] for one in records(tmp_path)] == events * 2


def test_a_record_has_always_the_same_keys(tmp_path: Path) -> None:
    run(command(tmp_path, "info"), lambda: log.warning("write.lost", ms=1.23456, code="ref_conflict", base="b"))
    first, one, last = records(tmp_path)
    assert one.pop("time").endswith("Z")
    assert one == {
        "level": "warning", "event": "write.lost", "request": "R1", "pid": os.getpid(), "command": "issue create",
        "version": "1", "ms": 1.235, "code": "ref_conflict", "attrs": {"base": "b"},
    }  # fmt: skip
    assert set(first["attrs"]) == {"python", "platform"}
    assert last["attrs"] == {"status": 0}
    assert last["ms"] >= 0


def test_secrets_are_taken_out_of_every_value(tmp_path: Path) -> None:
    secret = "https://ada:geheim@example.org"
    attrs: dict[str, Any] = {"text": secret, "deep": {"x": [secret, ("a", secret)]}, "error": ValueError(secret)}
    argv = ["fetch", "--token", "geheim", "/home/ada/x", "two\nlines"]
    run(command(tmp_path, "info"), lambda: log.info("process", argv=argv, **attrs))
    written = (tmp_path / "log/git-jit.log").read_text()
    assert "geheim" not in written
    assert records(tmp_path)[1]["attrs"]["argv"] == ["fetch", "--token", "***", "~/x", "two lines"]


def test_a_record_is_one_short_line_whatever_is_in_it(tmp_path: Path) -> None:
    many: dict[str, Any] = {f"name{number}": "wörd \x1b[31m\n" * 1000 for number in range(30)}
    run(command(tmp_path, "info"), lambda: log.info("big", **many), lambda: log.info("next"))
    lines = (tmp_path / "log/git-jit.log").read_bytes().splitlines(keepends=True)
    assert [json.loads(line)["event"] for line in lines] == ["command.start", "big", "next", "command.end"]
    assert max(map(len, lines)) <= MAX_RECORD
    assert all(line.isascii() and b"\x1b" not in line for line in lines)


def test_the_setting_decides_where_nothing_else_has(tmp_path: Path) -> None:
    run(command(tmp_path), lambda: log.setting("info"), one_of_each)
    assert [one["event"] for one in records(tmp_path)] == ["command.start", "b", "c", "d", "command.end"]
    for said, level in (("off", None), (None, "off")):
        run(command(tmp_path, said), lambda: log.setting("debug"), one_of_each, level=level)
    log.setting("debug")  # between commands
    assert len(records(tmp_path)) == 5


def test_other_places(tmp_path: Path) -> None:
    to_stderr = command(tmp_path, "warning,stderr")
    run(to_stderr, one_of_each)
    assert [json.loads(line)["event"] for line in to_stderr.stderr.getvalue().splitlines()] == ["c", "d"]  # type: ignore[attr-defined]
    run(command(tmp_path, str(tmp_path / "mine")), one_of_each)
    assert [json.loads(line)["event"] for line in (tmp_path / "mine").read_text().splitlines()][1:-1] == ["b", "c", "d"]
    assert records(tmp_path) == []


def test_a_word_that_is_not_understood_is_complained_about(tmp_path: Path) -> None:
    complaints: list[str] = []
    run(command(tmp_path, "verbose", complain=complaints.append))
    assert complaints == ["'verbose' in JIT_LOG or 'jit.log' is neither a level, 'stderr' nor an absolute path"]


def test_a_log_inside_another_leaves_the_outer_one_on(tmp_path: Path) -> None:
    inner = command(tmp_path, "off")
    run(command(tmp_path, "info"), lambda: run(inner, lambda: log.info("inner")), lambda: log.info("outer"))
    assert [one["event"] for one in records(tmp_path)] == ["command.start", "outer", "command.end"]


def test_file_and_directory_are_the_owners(tmp_path: Path) -> None:
    run(command(tmp_path, "info"))
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "log/git-jit.log").stat().st_mode) == 0o600


def raises() -> str:
    raise RuntimeError


@pytest.mark.parametrize("place", ["/dev/full", "/nowhere/at/all", "/", "{pipe}", "/dev/null/x"])
def test_a_log_that_cannot_be_written_is_not_noticed(place: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    complaints: list[str] = []
    run(command(tmp_path, place.format(pipe=tmp_path / "pipe"), complain=complaints.append), one_of_each)
    run(command(tmp_path, "debug", directory=raises), one_of_each)
    run(command(tmp_path, "debug", request=raises), one_of_each)
    assert complaints == []


def test_two_files_hold_all_there_is(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    here, there = File(str(path)), File(str(path))
    line = b"x" * (MAX_BYTES // 4 - 1) + b"\n"
    for number in range(11):
        (here if number % 2 else there).put(line)  # two processes take turns, and both see that it was renamed
    old, new = (tmp_path / "x.log.1").stat().st_size, path.stat().st_size
    assert (old, new) == (MAX_BYTES, 3 * len(line))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["x.log", "x.log.1"]
