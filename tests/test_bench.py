"""The benchmarks run: smallest size, one round, this environment. What they measure is not looked at here."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import parser, tell
from bench.figures import Figure, Report, changes, misses, tables
from bench.plot import draw

ROOT = Path(__file__).parent.parent


def figure(name: str, value: float, ratio: float | None = None, **rest: object) -> Figure:
    return Figure("commands", name, value, "ms", ratio=ratio, **rest)  # type: ignore[arg-type]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}  # what the harness has to undo
    command = [sys.executable, "-m", "bench", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_commands_are_measured_beside_the_interpreter(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    done = bench(
        "commands", "validation", "hooks", "imports", "--here", "--sizes", "10", "--rounds", "1", "--json", str(kept)
    )
    assert done.returncode == 0, done.stderr
    assert "| bare interpreter |" in done.stdout
    report = Report.load(kept)
    found = {figure.name: figure for figure in report.figures if figure.bench == "commands"}
    assert found["bare interpreter"].ratio == 1
    assert {"--version", "list", "ready", "show", "search", "create", "update", "graph export"} <= found.keys()
    assert all(figure.value > 0 for figure in found.values())
    known = {figure.name: figure for figure in report.figures if figure.bench == "validation"}
    assert {"health", "validate again", "validate after one change", "validate, the first time"} <= known.keys()
    hooked = {figure.name: figure for figure in report.figures if figure.bench == "hooks"}
    assert {"pre-commit, nothing to say", "git commit with hooks", "git commit without hooks"} <= hooked.keys()
    assert not any(".pyc" in complaint for complaint in report.machine["complaints"])


def test_a_wrong_name_is_refused() -> None:
    done = bench("comands")
    assert (done.returncode, done.stderr) == (2, "no benchmark is called comands\n")


def test_a_miss_is_judged_by_its_ratio_or_absolutely() -> None:
    slow = figure("slow", 10, 6.0, target=5.5)
    quick = figure("quick", 10, 5.0, target=5.5)
    heavy = figure("heavy", 10, 1.0, target=9, absolute=True, size=1_000)
    assert misses([slow, quick, heavy]) == [
        "slow: 10 (6.00×), not ≤ 5.5",
        "heavy at 1,000: 10 (1.00×), not ≤ 9",
    ]


def test_a_change_of_more_than_a_tenth_is_told() -> None:
    before = Report({}, [figure("same", 10, 1.0), figure("slower", 10, 1.0), figure("count", 100)])
    now = Report({}, [figure("same", 20, 1.09), figure("slower", 10, 1.11), figure("count", 80), figure("new", 1)])
    assert changes(before, now) == [
        "commands, slower: 1.00 → 1.11 (+11%)",
        "commands, count: 100.00 → 80.00 (-20%)",
        "commands, new: new, 1",
    ]


def test_a_regression_is_a_row_of_a_table_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate = Figure("writers", "writes a second", 270, "/s")
    before = Report({}, [figure("list", 30, 3.0), figure("show", 30, 3.0), figure("import click", 38, 3.8), rate])
    now = Report(
        {},
        [figure("list", 40, 4.0), figure("show", 35, 3.7), figure("import click", 60, 5.7), replace(rate, value=90)],
    )
    kept = tmp_path / "before.json"
    before.save(kept)
    options = parser().parse_args(["--compare", str(kept)])
    assert tell(now, options) == 1
    assert capsys.readouterr().out.partition("2 became")[2] == (
        " slower by more than 1.25 ×\n\n"
        "| | then | now | worse by |\n"
        "|---|---|---|---|\n"
        "| writers, writes a second | 270.00 | 90.00 | 3.00 × |\n"
        "| commands, list | 3.00 | 4.00 | 1.33 × |\n"
        "warning: another machine, or a busy one: 'import click' itself is 1.50 × what it was; measure the older commit "
        "here and now before you believe the table\n"
    )
    assert tell(before, options) == 0
    assert capsys.readouterr().out.endswith("\nnothing became slower by more than 1.25 ×\n")
    assert tell(now, parser().parse_args(["--compare", str(kept), "--slower", "4"])) == 0


def test_a_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    report = Report({"cpus": 2}, [figure("list", 24.5, 2.5, target=5.5, size=10), figure("rss", 30, absolute=True)])
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report
    assert json.loads((tmp_path / "report.json").read_text())["machine"] == {"cpus": 2}


def test_a_table_has_a_row_a_name_and_a_column_a_size() -> None:
    figures = [figure("list", 24.5, 2.5, size=10), figure("list", 60, 6.0, size=1_000, target=5.5)]
    assert tables(figures) == (
        "### commands\n\n"
        "| | 10 | 1,000 | target |\n"
        "|---|---|---|---|\n"
        "| list | 24.5 (2.5×) | **60 (6.00×), not ≤ 5.5** | ≤ 5.5× |\n"
    )


def test_one_size_is_not_drawn(tmp_path: Path) -> None:
    assert draw([figure("list", 24.5, 2.5, size=10)], tmp_path) == []
