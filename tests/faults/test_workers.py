"""A fleet of workers in small; `python -m tests.faults.workers` has the size that promises are made of."""

import json
import os
from pathlib import Path

import pytest

from git_jit.model import Issue, IssueId, State, Timestamp
from tests.faults.claims import tracker
from tests.faults.workers import run
from tests.faults.workers_judge import Life, faults
from tests.program import Repo


def test_workers_finish_a_plan_though_one_is_killed(tmp_path: Path) -> None:
    verdict = run(["--workers=4", "--issues=16", "--kill=1"], tmp_path)
    assert verdict.good, verdict
    found = verdict.summary
    assert (found["closed_once"], found["worked_twice"], found["left"]) == (16, 0, 0), verdict
    assert (found["killed"], found["taken_over"], found["lost_writes"]) == (["worker-1"], 1, 0), verdict


def test_no_two_processes_claim_the_same_of_what_is_ready(tmp_path: Path) -> None:
    ids = tracker(tmp_path / "one", 4)
    repo = Repo(tmp_path / "one", {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"})
    claimers = [repo.start("ready", "--claim", "--json", "--actor", f"agent:{n}") for n in range(6)]
    answers = [(claimer.communicate()[0], claimer.returncode) for claimer in claimers]
    assert sorted(json.loads(out)["data"]["id"] for out, status in answers if status == 0) == sorted(ids)
    refused = [json.loads(out)["error"] for out, status in answers if status]
    assert [error["code"] for error in refused] == ["nothing_to_claim"] * 2, refused


NOW = Timestamp("2026-11-21T09:00:00.000000Z")
ONE, OTHER = IssueId("0" * 32), IssueId("1" * 32)


def life(claims: list[tuple[int, str]], closings: list[tuple[int, str]], state: State = State.DONE) -> Life:
    return Life(claims, closings, Issue(id=ONE, title="x", state=state, dependencies=(OTHER,), created_at=NOW))


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (life([(5, "a")], [(6, "a")]), None),
        (life([(5, "a"), (7, "b")], [(8, "b")]), None),
        (life([(5, "a")], [(6, "a"), (7, "b")]), "closed 2 times"),
        (life([(5, "a")], []), "closed 0 times"),
        (life([(5, "a")], [(6, "b")]), "closed by [(6, 'b')], claimed by [(5, 'a')]"),
        (life([], [(6, "b")]), "closed by [(6, 'b')], claimed by []"),
        (life([(5, "a")], [(6, "a")], State.READY), "is ready in the end"),
        (life([(3, "a")], [(6, "a")]), "begun before '1111111' was done"),
    ],
)
def test_the_judge_itself(one: Life, fault: str | None) -> None:
    wrong = faults(one, {ONE: one, OTHER: Life(closings=[(4, "c")])})
    assert [fault in found for found in wrong if fault] == ([True] if fault else []), wrong
