"""States after a merge: what became free, what became blocked, and what a person had put off."""

from collections.abc import Mapping
from typing import Any

import pytest

from git_jit.merge import Around, Merged, Note, Row, follow
from git_jit.model import IssueId
from git_jit.paths import issue_path

X, Y, Z = (IssueId(letter * 32) for letter in "abc")
Tree = Mapping[IssueId, dict[str, Any]]


def issue(state: str, *waits_for: str) -> dict[str, Any]:
    return {"state": state, "dependencies": list(waits_for)}


def followed(base: Tree, one: Tree, other: Tree) -> tuple[Any, Merged]:
    """The states after a merge in which each side's changes stand; both directions are tried."""
    outcomes = []
    for left, right in ((one, other), (other, one)):
        trees = [{**base, **side} for side in (left, right)]
        edits = {issue_path(id): document for id, document in {**left, **right}.items()}
        whole = {**base, **left, **right}

        def read(tree: Mapping[Any, Any]) -> Any:
            return lambda path: tree.get(path.rpartition("/")[2].removesuffix(".json"))

        merged = follow(
            Merged(edits=edits),
            Around(
                one=read(trees[0]),
                other=read(trees[1]),
                state=lambda issue: base.get(IssueId(issue), {}).get("state"),
                document=read(base),
                dependents=lambda issue: [n for n, d in whole.items() if issue in d.get("dependencies", ())],  # noqa: B023
            ),
        )
        after = {id: merged.edits.get(issue_path(id), whole[id]) for id in whole}
        outcomes.append(({id: document["state"] for id, document in after.items()}, merged))  # type: ignore[index]
    assert outcomes[0][0] == outcomes[1][0]
    return outcomes[0]


WAITING: Tree = {X: issue("ready"), Y: issue("ready"), Z: issue("backlog", X, Y)}


def test_each_side_finishes_one_of_two_blockers() -> None:
    states, merged = followed(WAITING, {X: issue("done")}, {Y: issue("done")})
    assert states == {X: "done", Y: "done", Z: "ready"}
    assert merged.rows == (Row(issue_path(Z), ("state",), None, "backlog", "backlog", "ready", "follows"),)
    assert merged.notes == ()


@pytest.mark.parametrize("state", ["in_progress", "gated"])
def test_while_one_of_them_is_open_nothing_follows(state: str) -> None:
    states, merged = followed(WAITING, {X: issue("done")}, {Y: issue(state)})
    assert states == {X: "done", Y: state, Z: "backlog"}
    assert merged.rows == ()


def test_one_side_finishes_what_the_other_began_to_wait_for() -> None:
    base = {X: issue("ready")}
    states, _ = followed(base, {X: issue("done")}, {Z: issue("backlog", X)})
    assert states == {X: "done", Z: "ready"}


def test_what_a_side_had_put_off_though_it_was_free_stays_put_off() -> None:
    base = {X: issue("ready"), Z: issue("ready")}
    states, _ = followed(base, {X: issue("done")}, {Z: issue("backlog")})
    assert states == {X: "done", Z: "backlog"}


def test_an_edge_to_what_the_other_side_took_up_again_blocks() -> None:
    base = {X: issue("done"), Z: issue("ready")}
    states, merged = followed(base, {X: issue("ready")}, {Z: issue("ready", X)})
    assert states == {X: "ready", Z: "backlog"}
    assert merged.notes == (Note(issue_path(Z), ("state",), "'ccccccc' waits for others now; it is in backlog"),)


def test_a_blocker_that_a_side_deleted_counts_as_open() -> None:
    states, _ = followed(WAITING, {X: issue("done")}, {Y: {"state": None}})
    assert states[Z] == "backlog"


@pytest.mark.parametrize("state", ["in_progress", "gated", "done", "rejected", "archived"])
def test_what_somebody_works_on_or_has_finished_is_left_alone(state: str) -> None:
    base = {X: issue("done"), Z: issue(state)}
    states, _ = followed(base, {X: issue("ready")}, {Z: issue(state, X)})
    assert states == {X: "ready", Z: state}
