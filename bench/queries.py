"""Scenario 2: filters on 500 issues with many labels, step by step: parse, bind, SQL, answer.

Run by `python -m bench queries`, or `python -m pytest bench/queries.py` for pytest-benchmark's own tables.
The reference of the same run is reading one issue's JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.environment import ROOT
from bench.figures import Figure
from bench.workspaces import empty, fill
from git_jit import codec
from git_jit.condition import Condition
from git_jit.config import Config
from git_jit.facts import MEMBERSHIPS
from git_jit.model import Actor, Date, Timestamp
from git_jit.ops.sample import Profile, sample
from git_jit.query import BindContext, bind, parse
from git_jit.store import sql
from git_jit.store.repository import Repository
from git_jit.view import View

ISSUES = 500
FILTERS = {
    "one label": "label:type:bug",
    "wildcard": "label:epic:*-1*",
    "several labels": "label:component:cli (label:type:task OR label:type:bug) -label:milestone:v0.1",
    "strategic": "(label:type:epic OR label:type:milestone OR label:type:story) is:open priority:>=high",
    "words": "crash",
    "everything": "(state:ready,backlog label:component:* OR is:blocked due:<30d)"
    " -assignee:none priority:>=normal crash",
}
REFERENCE = "reference: one issue from JSON"


@pytest.fixture(scope="session")
def view() -> Iterator[View]:
    with tempfile.TemporaryDirectory() as scratch:
        workspace = fill(empty(Path(scratch, "issues")), sample(Profile(issues=ISSUES)), dict(os.environ))
        store = Repository.open(str(workspace.path), os.environ)
        with store.view() as opened:
            yield opened
        store.close()


def context(config: Config) -> BindContext:
    now = Timestamp("2026-06-01T09:00:00.000000Z")
    return BindContext(now=now, today=Date("2026-06-01"), me=Actor("human:ada"), config=config)


def condition(text: str, config: Config) -> Condition:
    return bind(parse(text), context(config))


def test_reference(benchmark: BenchmarkFixture, view: View) -> None:
    issue = view.issue(view.ids()[0])
    assert issue is not None
    blob = codec.encode_issue(issue)
    assert benchmark(json.loads, blob)["id"] == issue.id


@pytest.mark.parametrize("name", FILTERS)
def test_parse(benchmark: BenchmarkFixture, name: str) -> None:
    assert benchmark(parse, FILTERS[name])


@pytest.mark.parametrize("name", FILTERS)
def test_bind(benchmark: BenchmarkFixture, view: View, name: str) -> None:
    assert benchmark(bind, parse(FILTERS[name]), context(view.config))


@pytest.mark.parametrize("name", FILTERS)
def test_sql(benchmark: BenchmarkFixture, view: View, name: str) -> None:
    asked = condition(FILTERS[name], view.config)
    assert benchmark(sql.where, asked, memberships=MEMBERSHIPS).text


@pytest.mark.parametrize("name", FILTERS)
def test_select(benchmark: BenchmarkFixture, view: View, name: str) -> None:
    asked = condition(FILTERS[name], view.config)
    assert benchmark(view.select, asked, limit=50).total <= ISSUES


@pytest.mark.parametrize("name", FILTERS)
def test_rows(benchmark: BenchmarkFixture, view: View, name: str) -> None:
    ids = view.select(condition(FILTERS[name], view.config), limit=50).ids
    assert len(benchmark(view.rows, ids)) == len(ids)


def run(*, quick: bool = False) -> list[Figure]:
    """All of the above in a pytest of their own; medians."""
    with tempfile.TemporaryDirectory() as scratch:
        found = Path(scratch, "found.json")
        options = ["--benchmark-warmup=on"]
        if quick:
            options = ["--benchmark-max-time=0.01", "--benchmark-min-rounds=1"]
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            __file__,
            f"--benchmark-json={found}",
            *options,
        ]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout[-3_000:])
        measured = json.loads(found.read_text())["benchmarks"]
    medians = {one["name"]: one["stats"]["median"] * 1e6 for one in measured}
    unit = medians["test_reference"]
    return [_figure(name, median, unit) for name, median in medians.items()]


def _figure(name: str, median: float, unit: float) -> Figure:
    step, _, filter = name.removeprefix("test_").removesuffix("]").partition("[")
    if not filter:
        return Figure("queries", REFERENCE, median, "µs", ISSUES, 1.0)
    return Figure("queries", f"{step}: {filter}", median, "µs", ISSUES, median / unit)
