"""A `.jit` directory, part by part."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from git_jit.config import Config, Namespace
from git_jit.model import Document, Gate, GateMode, GateStage, GateStatus, GateVerdict, Issue, Priority, State
from git_jit.ops.imports import MalformedInput, SourceMissing
from git_jit.rules import Coverage, Hierarchy, Labels, Rule, Sections
from git_jit.view import Plan
from tests.ops.making import publish
from tests.ops.moving import bring_path, by_origin, counts, numbers
from tests.ops.world import World

A = "0587a73a-be52-465c-a2f2-dcac1cb4ebe6"
B = "1587a73a-be52-465c-a2f2-dcac1cb4ebe6"
GONE = "2587a73a-be52-465c-a2f2-dcac1cb4ebe6"
AT = "2026-06-21T23:17:25.662247878Z"
USUAL: dict[str, Any] = {
    "description": "",
    "state": "done",
    "priority": "normal",
    "assignee": None,
    "dependencies": [],
    "gates_required": [],
    "gates_status": {},
    "context": {},
    "documents": [],
    "labels": [],
    "created_at": "2026-06-21T23:17:25.662247878+00:00",
    "updated_at": AT,
}


class Workspace:
    """Writes the parts of a `.jit` directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".jit" / "issues").mkdir(parents=True)

    def issue(self, id: str, **rest: object) -> None:
        self.write(f"issues/{id}.json", {"id": id, "title": f"Issue {id[0]}", **USUAL, **rest})

    def write(self, name: str, value: Any) -> None:
        path = self.root / ".jit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))

    def run(self, id: str, **rest: object) -> None:
        self.write(f"gate-runs/{id}/result.json", {"run_id": id, "by": "auto:executor", **rest})

    def events(self, *events: dict[str, object]) -> None:
        self.write("events.jsonl", "".join(json.dumps(event) + "\n" for event in events))


@pytest.fixture
def jit(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


ABSENT = {"file-absent": 4}


def test_one_issue_whole(jit: Workspace) -> None:
    jit.issue(B, state="backlog")
    jit.issue(
        A,
        title="Support short ids",
        description="One\ntwo",
        priority="high",
        assignee="agent:copilot-cli",
        dependencies=[B, GONE],
        gates_required=["tests", "Code Review"],
        gates_status={
            "tests": {"status": "passed", "updated_by": "auto:executor", "updated_at": AT},
            "old": {"status": "failed", "updated_by": None, "updated_at": AT},
        },
        context={"plan": "see §2", "tries": 2},
        documents=[
            {"path": "dev/plan.md", "commit": None, "label": "Plan", "doc_type": "design", "format": "markdown"},
            {"path": "dev/notes.md", "commit": "abc", "label": None, "doc_type": None, "assets": []},
        ],
        labels=["type:task", "epic:agent-friendly"],
        version=3,
    )
    world = World()
    report = bring_path(world, "jit", jit.root)
    issue = by_origin(world, "jit")[A]
    assert issue == Issue(
        id=A.replace("-", ""),  # type: ignore[arg-type]
        title="Support short ids",
        created_at="2026-06-21T23:17:25.662247Z",  # type: ignore[arg-type]
        description="One\ntwo",
        state=State.DONE,
        priority=Priority.HIGH,
        assignee="agent:copilot-cli",  # type: ignore[arg-type]
        labels=("epic:agent-friendly", "type:task"),
        dependencies=(B.replace("-", ""),),  # type: ignore[arg-type]
        unresolved=issue.unresolved,
        gates={
            "tests": GateStatus(status=GateVerdict.PASSED, at="2026-06-21T23:17:25.662247Z", by="auto:executor"),  # type: ignore[arg-type, dict-item]
            "code-review": GateStatus(),  # type: ignore[dict-item]
        },
        documents=(
            Document(path="dev/notes.md", commit="abc"),
            Document(path="dev/plan.md", label="Plan", type="design"),
        ),
        context={"plan": "see §2", "tries": "2"},
        fields={
            "jit": {"gates_status": {"old": {"status": "failed", "updated_by": None, "updated_at": AT}}, "version": 3}
        },
        external={"jit": A, "jit:seen": issue.external["jit:seen"]},
        closed_at="2026-06-21T23:17:25.662247Z",  # type: ignore[arg-type]
        extra={"documents": {"dev/plan.md": {"format": "markdown"}}},
    )
    assert [(link.type, link.target) for link in issue.unresolved] == [("depends-on", GONE)]
    assert counts(report) == {
        **ABSENT,
        "unresolved-reference": 1,
        "closed-before-blocker": 1,
        "unknown-key": 1,
        "closed-at-guessed": 1,
        "updated-at-derived": 2,
        "gate-key-rewritten": 1,
        "gate-undefined": 2,
        "gate-not-required": 1,
        "document-details": 1,
    }


def test_history_gives_closing_times_reasons_and_archived_documents(jit: Workspace) -> None:
    jit.issue(A, documents=[{"path": "archive/plan.md"}])
    jit.issue(B, state="ready")
    early, late, last = (f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3))
    jit.events(  # out of order, as a merge of two logs leaves them
        {"type": "issue_completed", "issue_id": A, "timestamp": late},
        {"type": "issue_state_changed", "issue_id": A, "timestamp": late, "from": "ready", "to": "done"},
        {"type": "issue_state_changed", "issue_id": A, "timestamp": early, "from": "done", "to": "ready"},
        {"type": "issue_state_changed", "issue_id": B, "timestamp": early, "from": "ready", "to": "done"},
        {"type": "issue_state_changed", "issue_id": B, "timestamp": late, "from": "done", "to": "ready"},
        {"type": "issue_released", "issue_id": B, "timestamp": last, "assignee": "agent:w", "reason": "too large"},
        {"type": "document_archived", "timestamp": last, "source": "dev/plan.md", "destination": "archive/plan.md"},
        {"type": "gate_passed", "issue_id": A, "timestamp": last},
        {"type": "issue_created", "issue_id": GONE, "timestamp": last},
        {"type": "comet_seen", "issue_id": A, "timestamp": last},
        {"type": "issue_updated", "issue_id": A, "timestamp": "noon"},
    )
    world = World()
    report = bring_path(world, "jit", jit.root)
    found = by_origin(world, "jit")
    assert (found[A].closed_at, found[B].closed_at) == ("2026-02-01T00:00:00.000000Z", None)
    with world.store.view() as view:
        said = [(c.author, c.created_at, c.body) for id in (A, B) for c in view.comments(found[id].id)]
    assert said == [
        (None, "2026-03-01T00:00:00.000000Z", "Archived document `dev/plan.md` as `archive/plan.md`."),
        ("agent:w", "2026-03-01T00:00:00.000000Z", "Released: too large"),
    ]
    assert counts(report) == {
        "file-absent": 3,
        "updated-at-derived": 2,
        "event-used": 5,
        "event-derived": 3,
        "event-unknown": 3,
    }
    assert numbers(bring_path(world, "jit", jit.root)) == (0, 0, 2)


def test_the_latest_run_of_a_required_gate_gives_its_verdict(jit: Workspace) -> None:
    passed = {"status": "passed", "updated_by": None, "updated_at": "2026-01-02T00:00:00Z"}
    jit.issue(A, gates_required=["tests", "lint"], gates_status={"tests": passed, "lint": passed})
    jit.run("r1", issue_id=A, gate_key="tests", status="failed", completed_at="2026-01-03T00:00:00Z", stdout="no")
    jit.run("r2", issue_id=A, gate_key="tests", status="error", completed_at="2026-01-02T12:00:00Z")
    jit.run("r3", issue_id=A, gate_key="lint", status="failed", completed_at="2026-01-01T00:00:00Z")
    jit.run("r4", issue_id=GONE, gate_key="lint", status="failed", completed_at="2026-01-01T00:00:00Z")
    jit.run("r5", issue_id=A, gate_key="lint", status="exploded", completed_at="2026-01-01T00:00:00Z")
    (jit.root / ".jit/gate-runs/empty").mkdir()
    world = World()
    report = bring_path(world, "jit", jit.root)
    gates = by_origin(world, "jit")[A].gates
    assert gates == {
        "lint": GateStatus(status=GateVerdict.PASSED, at="2026-01-02T00:00:00.000000Z"),  # type: ignore[arg-type]
        "tests": GateStatus(status=GateVerdict.FAILED, at="2026-01-03T00:00:00.000000Z", by="auto:executor"),  # type: ignore[arg-type]
    }
    ours = {rule: count for rule, count in counts(report).items() if rule.startswith(("gate-run", "file-not"))}
    assert ours == {"file-not-read": 1, "gate-run-used": 2, "gate-run-older": 1, "gate-run-unused": 2}


def test_gates_become_argument_lists(jit: Workspace) -> None:
    jit.issue(A)
    checker = {"type": "exec", "command": "cd web && npm test", "timeout_seconds": 0, "env": {"B": "x y", "A": "1"}}
    jit.write(
        "gates.json",
        {
            "gates": {
                "npm": {
                    "version": 1,
                    "key": "npm",
                    "title": "NPM",
                    "stage": "postcheck",
                    "mode": "auto",
                    "checker": {**checker, "pass_context": True, "prompt_file": "p.md", "working_dir": "web"},
                    "priority": 100,
                    "reserved": {},
                    "auto": True,
                },
                "Read It": {"title": "", "stage": "precheck", "auto": False, "priority": 5},
                "odd": 7,
            }
        },
    )
    world = World()
    report = bring_path(world, "jit", jit.root)
    with world.store.view() as view:
        assert view.gates() == {
            "npm": Gate(
                key="npm",  # type: ignore[arg-type]
                title="NPM",
                mode=GateMode.AUTO,
                argv=("env", "A=1", "B=x y", "sh", "-c", "cd web && npm test"),
                timeout_s=1,
                cwd="web",
                extra={"jit": {"pass_context": True, "prompt_file": "p.md"}},
            ),
            "read-it": Gate(
                key="read-it",  # type: ignore[arg-type]
                title="read-it",
                stage=GateStage.PRECHECK,
                extra={"jit": {"priority": 5}},
            ),
        }
    assert counts(report)["gate-context"] == counts(report)["gate-environment"] == counts(report)["wrong-type"] == 1


RULES = """
[[rules]]
name = "default:namespace-registry"
enforce = true
assert = { json-schema = "x" }
[[rules]]
name = "one-team"
enforce = true
assert = { require-label = { label = "team:*", min = 1, max = 1 } }
[[rules]]
name = "bracket"
enforce = true
when = { type = "breakdown" }
assert = { label-coverage = { marker = "x" } }
"""
CONFIG = """
[version]
schema = 2
[type_hierarchy]
types = { epic = 1, task = 2 }
strategic_types = ["epic", "saga"]
[type_hierarchy.label_associations]
epic = "epic"
[validation]
strictness = "loose"
default_type = "task"
[namespaces.type]
description = "Kind"
unique = true
[item_kinds.risk]
section = "risks"
"""


def test_rules_become_configuration(jit: Workspace) -> None:
    jit.issue(A)
    jit.write("config.toml", CONFIG)
    jit.write("rules.toml", RULES)
    jit.write("templates.toml", "[[template]]\nname = 'a'\n[[template]]\nname = 'b'\n")
    world = World()
    report = bring_path(world, "jit", jit.root)
    assert report.config
    assert world.store.view().config == Config(
        namespaces={
            "team": Namespace(unique=True, required=True),
            "type": Namespace(description="Kind", unique=True),
        },
        closed_namespaces=True,
        types={"epic": 1, "task": 2},
        strategic_types=("epic",),
        membership={"epic": "epic"},
        default_type="task",
    )
    assert report.remarks.tallies()["rules-not-mapped"].count == 5
    assert not bring_path(world, "jit", jit.root).config


ASSERTIONS = """
[[rules]]
name = "bracket:coverage"
when = { type = "breakdown", state = ["in_progress", "done"] }
severity = "error"
enforce = true
assert = { label-coverage = { criteria-section = "success_criteria", marker = "[hard]", id-pattern = "REQ-[0-9]+", \
satisfies-namespace = "satisfies", container-from-label = "brackets", child-link = "dependencies", \
child-type-exclude = ["breakdown"] } }
[[rules]]
name = "default:orphan-leaf"
severity = "warn"
assert = { type-hierarchy = { kind = "orphan-leaf" } }
[[rules]]
name = "default:strategic-consistency"
severity = "warn"
enforce = true
assert = { type-hierarchy = { kind = "strategic-consistency" } }
[[rules]]
name = "a team, please"
when = { label = "area: web" }
message = "who\\nis it?"
assert = { require-label = { label = "team:*" } }
[[rules]]
name = "a,team please"
assert = { require-label = { label = "x:*", max = 1 } }
[[rules]]
name = "steps"
when = { type = "task" }
assert = { require-section = { heading = "Steps" } }
[[rules]]
name = "finished"
assert = { label-coverage = { criteria-section = "Goals", id-pattern = "G-[0-9]+", child-link = "dependencies", \
child-state = ["done"] } }
"""
NOT_OURS = """
[[rules]]
name = "unknown-type"
when = { type = "saga" }
assert = { require-label = { label = "a:*" } }
[[rules]]
name = "unknown-question"
when = { age = "3d" }
assert = { require-label = { label = "a:*" } }
[[rules]]
name = "unknown-word"
assert = { require-label = { label = "a:*", unless = "b:*" } }
[[rules]]
name = "unknown-kind"
assert = { json-schema = "x.json" }
[[rules]]
name = "two-kinds"
assert = { require-label = { label = "a:*" }, type-hierarchy = { kind = "orphan-leaf" } }
[[rules]]
name = "backlog-children-do-not-count"
assert = { label-coverage = { criteria-section = "Goals", id-pattern = "G", child-link = "dependencies", \
child-state = ["in_progress"] } }
[[rules]]
name = "by-label"
assert = { label-coverage = { criteria-section = "Goals", id-pattern = "G", child-link = "label" } }
[[rules]]
name = "refers back"
assert = { label-coverage = { criteria-section = "Goals", id-pattern = '(a)\\1', child-link = "dependencies" } }
[[rules]]
name = "wrong"
when = "type = bug"
assert = { require-label = { label = 5 } }
"""


def test_rules_are_taken_over_whole(jit: Workspace) -> None:
    jit.issue(A)
    jit.write("config.toml", CONFIG.replace("task = 2", "task = 2, breakdown = 2"))
    jit.write("rules.toml", ASSERTIONS)
    world = World()
    report = bring_path(world, "jit", jit.root)
    assert "rules-not-mapped" not in {k for k, v in counts(report).items() if v > 2}
    coverage = Coverage(
        section="Success Criteria",
        id_pattern="REQ-[0-9]+",
        marker="[hard]",
        among="dependencies",
        without_types=("breakdown",),
        container="brackets",
    )
    assert world.store.view().config.rules == {
        "bracket-coverage": Rule(when="type:breakdown state:in_progress,done", enforce=True, requires=coverage),
        "default-orphan-leaf": Rule(severity="warning", requires=Hierarchy(kind="orphan_leaf")),
        "default-strategic-consistency": Rule(severity="warning", requires=Hierarchy(kind="strategic_consistency")),
        "a-team-please": Rule(when='label:"area: web"', message="who is it?", requires=Labels(pattern="team:*")),
        "a-team-please-2": Rule(requires=Labels(pattern="x:*", min=0, max=1)),
        "steps": Rule(when="type:task", requires=Sections(headings=("Steps",), not_empty=True)),
        "finished": Rule(
            requires=Coverage(section="Goals", id_pattern="G-[0-9]+", among="dependencies", finished=True)
        ),
    }


def test_rules_that_ours_cannot_say_are_reported_one_by_one(jit: Workspace) -> None:
    jit.issue(A)
    jit.write("config.toml", "[type_hierarchy]\ntypes = { epic = 1, task = 2 }\n")
    jit.write("rules.toml", NOT_OURS)
    world = World()
    report = bring_path(world, "jit", jit.root)
    assert world.store.view().config.rules == {}
    assert counts(report)["rules-not-mapped"] == NOT_OURS.count("[[rules]]")


def test_rules_of_our_own_are_kept(jit: Workspace) -> None:
    jit.issue(A)
    jit.write("config.toml", CONFIG)
    world = World()
    publish(world, Plan(config=Config(stale_days=3)))
    report = bring_path(world, "jit", jit.root)
    assert world.store.view().config == Config(stale_days=3)
    assert counts(report)["rules-kept"] == 1


def test_where_documents_are_archived(jit: Workspace) -> None:
    jit.issue(A)
    said = """[documentation]
development_root = "dev"
archive_root = "dev/archive"
permanent_paths = ["docs/", "/etc"]
[documentation.categories]
design = "features"
escape = "../../x"
"""
    jit.write("config.toml", said)
    world = World()
    report = bring_path(world, "jit", jit.root)
    rules = world.store.view().config
    assert (rules.archive_directory, rules.archive_categories, rules.archive_never) == (
        "dev/archive",
        {"design": "features"},
        ("docs/",),
    )
    assert counts(report)["rules-not-mapped"] == 3


def test_the_index_tells_lost_from_deleted(jit: Workspace) -> None:
    jit.issue(A)
    jit.write("index.json", {"all_ids": [A, B], "deleted_ids": [GONE]})
    report = bring_path(World(), "jit", jit.root)
    assert counts(report)["listed-but-absent"] == 1
    assert counts(report)["deleted-in-source"] == 1


def test_odd_files_are_named_and_not_followed(jit: Workspace, tmp_path: Path) -> None:
    jit.issue(A)
    issues = jit.root / ".jit/issues"
    (issues / "x.tmp").write_text("")
    (issues / "dir.json").mkdir()
    (issues / "link.json").symlink_to("/etc/passwd")
    os.mkfifo(issues / "pipe.json")
    (issues / f"{B}.json").write_text((issues / f"{A}.json").read_text().replace("1587", "9"))
    report = bring_path(World(), "jit", jit.root)
    assert counts(report)["file-not-read"] == 4
    assert counts(report)["name-differs"] == counts(report)["repeated-id"] == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("issues/x.json", "", "'issues/x.json' line 1 is not JSON: expecting value (column 1)"),
        ("issues/x.json", "{\n<<<<<<< HEAD\n}", "'issues/x.json' line 2 holds a conflict marker of a merge"),
        ("issues/x.json", "[]", "'issues/x.json' is a list where an object should be"),
        ("issues/x.json", '{"title": "x"}', "'issues/x.json' has no 'id'"),
        ("issues/x.json", "[" * 5000, "'issues/x.json' line 1 is nested too deeply to be read"),
        ("events.jsonl", "{}\n{,}\n", "'events.jsonl' line 2 is not JSON: "),
        ("gates.json", '{"gates": []}', "'gates.json' has 'gates' that is not an object"),
        ("config.toml", "a = 1\na = 2\n", "'config.toml' line 2 is not TOML: "),
        ("config.toml", "[namespaces.Bad]\n", "'config.toml' configuration 'namespaces.Bad' must be named"),
        ("gate-runs/r/result.json", "nope", "'gate-runs/r/result.json' line 1 is not JSON: "),
        ("index.json", "\x00", "'index.json' line 1 is not JSON: "),
    ],
)
def test_malformed_files_stop_the_import(jit: Workspace, name: str, text: str, message: str) -> None:
    jit.issue(A)
    jit.write(name, text)
    world = World()
    with pytest.raises(MalformedInput) as caught:
        bring_path(world, "jit", jit.root)
    assert caught.value.message.startswith(message)
    assert world.store.view().base is None


def test_a_folder_without_issues(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="holds no 'issues' directory"):
        bring_path(World(), "jit", tmp_path)
