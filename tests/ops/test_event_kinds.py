"""The kinds of events: a closed list, each of them told by something, and a page that lists them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from git_jit.canonical import dumps
from git_jit.leases import Holder, Lease, LeaseState
from git_jit.model import Actor, FileChange, GateVerdict, IssueId
from git_jit.ops.event_kinds import (
    OF_RUNS,
    PROPOSED,
    SOURCES,
    UnknownKind,
    chosen,
    claim_kinds,
    commit_kinds,
    run_kinds,
)
from git_jit.ops.history import change_of
from git_jit.store.leaserecords import encode

PAGE = Path(__file__).parents[2] / "docs/reference/events.md"
ACCEPTING = "JIT_ACCEPT" in os.environ  # asked here, because tests run in an environment without such variables
ID = IssueId("a" * 32)
BEGIN, END = "<!-- kinds -->\n", "<!-- end of kinds -->\n"
TITLES = {
    "issues": "Commits of the issues",
    "claims": "Claims",
    "runs": "Runs of gates",
    "proposals": "Proposals",
}


def page() -> Iterator[str]:
    for source, kinds in SOURCES.items():
        yield f"\n### {TITLES[source]}\n\nSource `{source}`.\n\n| kind | meaning |\n|---|---|\n"
        yield from (f"| `{kind}` | {meaning} |\n" for kind, meaning in kinds.items())
    yield "\n"


def test_the_page_lists_the_kinds_and_nothing_else() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    wanted = before + BEGIN + "".join(page()) + END + after
    if ACCEPTING:
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted


def lease(state: LeaseState = LeaseState.HELD, *, epoch: int = 1, renew: int = 0, lost_to: str | None = None) -> bytes:
    holder, winner = Holder(actor=Actor("agent:a"), clone="c"), Actor(lost_to) if lost_to else None
    return encode(Lease(issue=ID, state=state, holder=holder, epoch=epoch, renew=renew, lost_to=winner))


CLAIMS: list[tuple[bytes | None, bytes | None, str]] = [
    (None, lease(), "claimed"),
    (lease(LeaseState.FREE), lease(epoch=2), "claimed"),
    (lease(LeaseState.TENTATIVE), lease(epoch=2), "claimed"),
    (None, lease(LeaseState.TENTATIVE), "claimed_tentatively"),
    (lease(), lease(renew=1), "claim_renewed"),
    (lease(), lease(LeaseState.FREE), "claim_released"),
    (lease(), lease(epoch=2), "claim_taken_over"),
    (lease(), lease(LeaseState.FREE, epoch=2), "claim_evicted"),
    (lease(), lease(LeaseState.FREE, epoch=2, lost_to="agent:b"), "claim_lost"),
    (lease(LeaseState.TENTATIVE), lease(LeaseState.FREE, lost_to="agent:b"), "claim_lost"),
    (lease(LeaseState.TENTATIVE), lease(LeaseState.FREE), "claim_confirmed"),
    (lease(), b"{", "claim_rewritten"),
    (lease(), None, "claim_rewritten"),
]


@pytest.mark.parametrize(("old", "new", "kind"), CLAIMS)
def test_what_becomes_of_a_lease_has_a_name(old: bytes | None, new: bytes | None, kind: str) -> None:
    assert claim_kinds(FileChange(path=f"claims/aa/{ID}.json", old=old, new=new)) == (kind,)


GATE = {"status": "pending"}
ISSUES: list[tuple[dict[str, Any] | None, dict[str, Any] | None, str, str]] = [
    (None, {}, "", "issue_created"),
    (None, {}, "restore", "issue_created issue_restored"),
    (None, {}, "undo", "issue_created issue_restored"),
    ({}, None, "", "issue_deleted"),
    ({}, {}, "", "issue_rewritten"),
    *(({}, {name: "x"}, "", f"issue_updated {name}_changed") for name in ("title", "priority", "due", "defer_until")),
    *(({}, {name: ["x"]}, "", f"{name}_changed issue_updated") for name in ("description", "estimate", "fields", "context")),
    ({}, {"closed_at": "x"}, "", "issue_updated"),
    ({}, {"of_tomorrow": 1}, "", "issue_updated"),
    ({"state": "a"}, {"state": "b"}, "", "state_changed"),
    ({}, {"assignee": "x:y"}, "", "assigned"),
    ({"assignee": "x:y"}, {"assignee": None}, "", "assigned unassigned"),
    ({"labels": ["a"]}, {"labels": ["b"]}, "", "label_added label_removed labels_changed"),
    ({"dependencies": []}, {"dependencies": ["b"]}, "", "dependencies_changed dependency_added"),
    ({"dependencies": ["b"]}, {"dependencies": []}, "", "dependencies_changed dependency_removed"),
    ({"links": []}, {"links": [{"type": "parent"}]}, "", "link_added links_changed"),
    ({"links": [{"type": "parent"}]}, {"links": []}, "", "link_removed links_changed"),
    ({"documents": []}, {"documents": [{"path": "x"}]}, "", "document_added documents_changed"),
    ({"documents": [{"path": "x"}]}, {"documents": []}, "", "document_removed documents_changed"),
    ({"gates": {}}, {"gates": {"t": GATE}}, "", "gate_required gates_changed"),
    ({"gates": {"t": GATE}}, {"gates": {}}, "", "gate_not_required gates_changed"),
    ({"gates": {"t": {"status": "failed"}}}, {"gates": {"t": GATE}}, "", "gate_pending gates_changed"),
    *(
        ({"gates": {"t": GATE}}, {"gates": {"t": {"status": verdict}}}, "", f"gate_{verdict.replace('-', '_')} gates_changed")
        for verdict in GateVerdict
        if verdict is not GateVerdict.PENDING
    ),
    ({"gates": {"t": {"status": "passed"}}}, {"gates": {"t": {"status": "passed", "at": "x"}}}, "", "gate_passed gates_changed"),
    ({"gates": {"t": 1}}, {"gates": {"t": 2}}, "", "gates_changed"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "op", "kinds"), ISSUES)
def test_what_becomes_of_an_issue_has_names(
    old: dict[str, Any] | None, new: dict[str, Any] | None, op: str, kinds: str
) -> None:
    data = [None if one is None else dumps(one) for one in (old, new)]
    change = change_of(FileChange(path=f"issues/aa/{ID}.json", old=data[0], new=data[1]), op)
    assert (" ".join(change.kinds), change.issue) == (" ".join(sorted(kinds.split())), ID)


FILES = [
    (f"comments/aa/{ID}/01.json", None, b"{}", "comment_added", ID),
    (f"comments/aa/{ID}/01.json", None, b'{"replaces": "00"}', "comment_edited", ID),
    (f"comments/aa/{ID}/01.json", b"{}", None, "comment_removed", ID),
    ("gates/t.json", None, b"{}", "gate_defined", None),
    ("gates/t.json", b"{}", b"[]", "gate_updated", None),
    ("gates/t.json", b"{}", None, "gate_removed", None),
    (f"conflicts/{ID}/title.json", None, b"{}", "conflict_appeared", ID),
    (f"conflicts/{ID}/title.json", b"{}", b"[]", "conflict_changed", ID),
    ("conflicts/config/types.json", b"{}", None, "conflict_resolved", None),
    ("config.json", b"{}", b'{"stale_days": 3}', "config_changed", None),
    ("README.md", None, b"", "file_added", None),
    ("README.md", b"", b"x", "file_changed", None),
    ("claims/aa/x.json", b"{}", None, "file_removed", None),
]


@pytest.mark.parametrize(("path", "old", "new", "kind", "issue"), FILES)
def test_what_becomes_of_a_file_has_a_name(
    path: str, old: bytes | None, new: bytes | None, kind: str, issue: str | None
) -> None:
    change = change_of(FileChange(path=path, old=old, new=new))
    assert (change.kinds, change.issue) == ((kind,), issue)


OPS = {
    "init": "initialised",
    "create-many": "plan_created",
    "import": "imported",
    "undo": "undone",
    "redo": "redone",
    "validate-fix": "repaired",
    "stale-claim": "stale_claim",
}


def test_every_kind_is_told_by_something() -> None:
    """The cases above are all there is; nothing of the list is a name without a thing."""
    told = {kind for *_, kinds in ISSUES for kind in kinds.split()} | {case[3] for case in FILES}
    told |= {kind for *_, kind in CLAIMS}
    told |= {kind for op, kind in OPS.items() if commit_kinds(op, merges=False, own=True) == (kind,)}
    told |= {*commit_kinds("", merges=True, own=False)}
    told |= {kind for verdict in GateVerdict for kind in run_kinds(verdict)}
    told |= {PROPOSED, *claim_kinds(FileChange(path="authority.json", old=None, new=b"{}"))}
    assert told == {kind for kinds in SOURCES.values() for kind in kinds}


def test_kinds_are_chosen_by_name_list_and_pattern() -> None:
    assert chosen([]) == frozenset()
    assert chosen(["state_changed", "Comment-Added, claimed"]) == {"state_changed", "comment_added", "claimed"}
    assert chosen(["run_*", "gate_ran"]) == set(OF_RUNS)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("state_chnged", "did you mean 'state_changed'? 'git jit events --kinds' lists all of them"),
        ("zz*", "'git jit events --kinds' lists all of them"),
        ("", "'git jit events --kinds' lists all of them"),
    ],
)
def test_a_kind_that_is_none_is_refused(word: str, hint: str) -> None:
    with pytest.raises(UnknownKind) as caught:
        chosen([word])
    assert caught.value.hint == hint


def test_the_kinds_that_were_there_first_still_are() -> None:
    assert chosen(
        [
            "issue_created,issue_updated,issue_deleted,issue_rewritten,state_changed,assigned,labels_changed",
            "dependencies_changed,links_changed,gates_changed,documents_changed,comment_added,comment_edited",
            "comment_removed,gate_defined,gate_updated,gate_removed,config_changed,file_added,file_changed,file_removed",
        ]
    )
