"""The demo as a newcomer runs it: by git, without configuration, without a repository, without a terminal."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.cli.demo import SHOWN, Done, Step, _cut, _shown
from tests.cli.console import Console

COMMANDS = [
    "git init --quiet -b main",
    "git jit init",
    "git jit import --from jit .",
    "git jit list --filter 'type:bug priority:>=high'",
    "git jit query ready",
    "git jit graph critical-path --fields id,state,title",
    "git jit dep add … --on …",
    "git jit issue bulk-update --filter 'label:component:cli state:ready,backlog' --state in_progress -n",
    "git jit issue bulk-update --filter 'label:component:cli state:ready,backlog' --state in_progress",
    "git jit …",
    "git jit undo",
    "git jit log",
]
CHECKING = {"git jit validate", "git jit status"}


def demo(where: Path, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`git jit demo` in a home without any configuration; `where/tmp` is where scratch directories are made."""
    (where / "tmp").mkdir(parents=True, exist_ok=True)
    (where / "home").mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["git", "jit", "demo", "--issues", "60", *options],
        cwd=where,
        env={"PATH": path, "HOME": str(where / "home"), "TMPDIR": str(where / "tmp"), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def masked(command: str) -> str:
    command = re.sub(r"(?<=dep add )\w+ --on \w+", "… --on …", command)
    return "git jit …" if command in CHECKING else command


def test_it_shows_every_command_with_its_time_and_leaves_nothing(tmp_path: Path) -> None:
    # The variables of a hook or of another repository must not lead the demo astray.
    astray = {"GIT_DIR": str(tmp_path / "nowhere"), "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "JIT_ACTOR": "?"}

    done = demo(tmp_path, **astray)

    assert (done.returncode, done.stderr) == (0, "")
    assert [masked(line) for line in re.findall(r"^\$ (.*)$", done.stdout, re.MULTILINE)] == COMMANDS
    times = re.findall(r"^  \[(?:exit (\d+), )?\d+ ms\]$", done.stdout, re.MULTILINE)
    assert len(times) == len(COMMANDS)
    assert times[6] == "5", "the circle is refused"
    assert "created\t60\n" in done.stdout
    assert re.search(r"error: '(\w+)' cannot wait for '(\w+)': \1 -> \2 -> (\w+ -> )*\1\n", done.stdout)
    assert re.search(r"^\w{10}\t\S+\thuman:demo\tundo: bulk-update: .+$", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("is removed; --keep DIR leaves one to play with.\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "home").iterdir()) == []


def test_a_kept_repository_can_be_used_and_is_not_overwritten(tmp_path: Path) -> None:
    done = demo(tmp_path, "--keep", "play ground", "--json")

    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr, answer["ok"]) == (0, "", True)
    assert [masked(step["command"]) for step in answer["data"]["steps"]] == COMMANDS
    assert all(step["as_promised"] for step in answer["data"]["steps"])
    place = tmp_path / "play ground"
    assert answer["data"]["directory"] == str(place)
    count = subprocess.run(
        ["git", "rev-list", "--count", "refs/jit/issues"], cwd=place, capture_output=True, check=True
    )
    assert count.stdout == b"4\n", "init, import, bulk update, undo"
    before = sorted(place.rglob("*"))

    again = demo(tmp_path, "--keep", "play ground")

    assert again.returncode == 129
    assert again.stderr == "error: 'play ground' is not empty\nhint: name a directory that does not exist yet\n"
    assert sorted(place.rglob("*")) == before


def test_a_place_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = Console()("demo", "--keep", str(tmp_path / "file" / "below"))
    assert (done.status, done.out) == (129, "")
    assert done.err == f"error: '{tmp_path}/file/below' cannot be used: not a directory\n"


@pytest.mark.parametrize("number", ["49", "100001", "many"])
def test_the_number_of_issues_has_limits(number: str) -> None:
    done = Console()("demo", "--issues", number)
    assert (done.status, done.out) == (129, "")


def test_a_surprise_is_shown() -> None:
    step = Step("Why", ("jit", "dep", "add", "a b", "--on", "c"), frozenset({5}))
    done = Done(step, 70, 12, "", "error: this is a bug")
    assert not done.kept_promise
    assert _shown(done) == (
        "\n# Why\n$ git jit dep add 'a b' --on c\nerror: this is a bug\n"
        "  [exit 70, 12 ms]   <- this is not what was promised\n"
    )


def test_long_output_is_cut_where_one_can_see_it() -> None:
    lines = [str(number) for number in range(SHOWN + 1)]
    assert _cut(lines, ending=0) == lines, "a line that says '1 more' would hide what it has room for"
    assert _cut([*lines, "last"], ending=0) == [*lines[:SHOWN], "… 2 more lines"]
    assert _cut([*lines, "last"], ending=1) == [*lines[: SHOWN - 1], "… 2 more lines", "last"]
