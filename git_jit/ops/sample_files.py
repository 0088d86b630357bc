"""A sample as files that the importers read: a `.jit` directory, or one issue a line as beads writes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from git_jit.model import Gate, Issue, LinkType, Priority, State
from git_jit.ops.sample import Dice, Sample

ZONES: Final = ("Z", "+00:00", "-08:00", "-07:00", "+11:00", "+05:30")
STATUSES: Final = {State.IN_PROGRESS: "in_progress", State.GATED: "in_progress"}
EDGES: Final = {
    LinkType.PARENT: "parent-child",
    LinkType.RELATES_TO: "related",
    LinkType.DUPLICATES: "duplicates",
    LinkType.DISCOVERED_FROM: "discovered-from",
    LinkType.SUPERSEDES: "supersedes",
}


def write_workspace(made: Sample, path: str) -> None:
    """Write a `.jit` directory below `path`, which must not have one: issues, gates, rules, index and events."""
    root = Path(path, ".jit")
    (root / "issues").mkdir(parents=True)
    for issue in made.issues:
        (root / "issues" / f"{_uuid(issue.id)}.json").write_text(_pretty(_jit_issue(issue)), encoding="utf-8")
    gates = {gate.key: _jit_gate(gate) for gate in made.gates}
    (root / "gates.json").write_text(_pretty({"gates": gates}), encoding="utf-8")
    ids = [_uuid(issue.id) for issue in made.issues]
    (root / "index.json").write_text(
        _pretty({"schema_version": 2, "all_ids": ids, "deleted_ids": []}), encoding="utf-8"
    )
    (root / "config.toml").write_text(_toml(made), encoding="utf-8")
    (root / "events.jsonl").write_text("".join(f"{_line(event)}\n" for event in _events(made)), encoding="utf-8")


def _jit_issue(issue: Issue) -> dict[str, Any]:
    return {
        "id": _uuid(issue.id),
        "title": issue.title,
        "description": issue.description,
        "state": issue.state,
        "priority": issue.priority,
        "assignee": issue.assignee,
        "dependencies": [_uuid(id) for id in issue.dependencies],
        "gates_required": list(issue.gates),
        "gates_status": {
            key: {"status": status.status, "updated_by": status.by, "updated_at": status.at}
            for key, status in issue.gates.items()
            if status.at
        },
        "context": dict(issue.context),
        "documents": [{"path": d.path, "commit": None, "label": d.label, "doc_type": None} for d in issue.documents],
        "labels": list(issue.labels),
        "created_at": f"{issue.created_at[:-1]}000+00:00",
        "updated_at": f"{(issue.closed_at or issue.created_at)[:-1]}000Z",
    }


def _jit_gate(gate: Gate) -> dict[str, Any]:
    told = {"version": 1, "key": gate.key, "title": gate.title, "description": "", "stage": gate.stage, "priority": 100}
    if not gate.argv:
        return {**told, "mode": "manual"}
    checker = {"type": "exec", "command": gate.argv[-1], "timeout_seconds": gate.timeout_s, "env": {}}
    return {**told, "mode": "auto", "checker": checker}


def _events(made: Sample) -> Iterator[dict[str, Any]]:
    for issue in made.issues:
        id = _uuid(issue.id)
        yield {"type": "issue_created", "issue_id": id, "timestamp": issue.created_at, "title": issue.title}
        if issue.closed_at:
            change = {"issue_id": id, "timestamp": issue.closed_at, "from": "in_progress", "to": issue.state}
            yield {"type": "issue_state_changed", **change}


def _toml(made: Sample) -> str:
    types = ", ".join(f"{name} = {level}" for name, level in made.config.types.items())
    strategic = ", ".join(f'"{name}"' for name in made.config.strategic_types)
    lines = [
        "[version]",
        "schema = 2",
        "[type_hierarchy]",
        f"types = {{ {types} }}",
        f"strategic_types = [{strategic}]",
        "[type_hierarchy.label_associations]",
        *(f'{name} = "{namespace}"' for name, namespace in made.config.membership.items()),
        "[validation]",
        f'default_type = "{made.config.default_type}"',
    ]
    for name, rule in made.config.namespaces.items():
        unique = "true" if rule.unique else "false"
        lines += [f"[namespaces.{name}]", f'description = "{rule.description}"', f"unique = {unique}"]
    return "\n".join(lines) + "\n"


def beads_lines(made: Sample) -> Iterator[str]:
    """One line an issue, in mixed time zones. With dirt: repeated ids, odd titles and priorities, tombstones."""
    dice = Dice(made.profile.seed + 1)
    names = {issue.id: f"bd-{number:x}" for number, issue in enumerate(made.issues)}
    for number, issue in enumerate(made.issues):
        record = _beads_issue(issue, names, dice)
        if made.profile.dirt:
            _soil(record, number)
        yield _line(record) + "\n"
        if made.profile.dirt and number % 200 == 11:
            yield _line({**record, "title": "An older copy", "updated_at": "2020-01-01T00:00:00Z"}) + "\n"


def _beads_issue(issue: Issue, names: dict[Any, str], dice: Dice) -> dict[str, Any]:
    id = names[issue.id]
    zone = dice.pick(ZONES)
    edges = [("blocks", target) for target in issue.dependencies]
    edges += [(EDGES[LinkType(link.type)], link.target) for link in issue.links]  # type: ignore[misc]
    record = {
        "id": id,
        "title": issue.title,
        "description": issue.description,
        "status": "closed" if issue.state.terminal else STATUSES.get(issue.state, "open"),
        "priority": 3 - issue.priority.rank if issue.priority is not Priority.LOW else 3,
        "issue_type": next((label[5:] for label in issue.labels if label.startswith("type:")), "task"),
        "created_at": _zoned(issue.created_at, zone),
        "updated_at": _zoned(issue.closed_at or issue.created_at, zone),
        "labels": [label for label in issue.labels if not label.startswith("type:")],
        "dependencies": [
            {"issue_id": id, "depends_on_id": names.get(target, f"external:{target[:8]}"), "type": type_}
            for type_, target in edges
        ],
    }
    if issue.closed_at:
        record |= {"closed_at": _zoned(issue.closed_at, zone), "close_reason": issue.close_reason or "done"}
    if issue.assignee:
        record["assignee"] = issue.assignee.partition(":")[2]
    return record


def _soil(record: dict[str, Any], number: int) -> None:
    match number % 100:
        case 3:
            record["title"] = f"{record['title']}\nwith a second line"
        case 13:
            record["title"] = f"{record['title']} " * 12
        case 23:
            record["description"] += "\x1b[31mred\x07"
        case 33:
            record["priority"] = 4
        case 43:
            record["status"] = "someday"
        case 53:
            record["labels"] = [*record["labels"], "needs review!", "Ünïcode"]
        case 63:
            record |= {"status": "tombstone", "deleted_at": record["updated_at"], "delete_reason": "delete"}
        case _:
            pass


def _zoned(stamp: str, zone: str) -> str:
    """The same digits with another offset: what matters is that offsets are mixed."""
    return stamp[:-1] + zone


def _uuid(id: str) -> str:
    return f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pretty(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
