"""Every case of `tests/cases/merge/`, whole outputs, from both sides."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from git_jit import canonical, schemas
from git_jit.merge import MISSING, Entry, Merged, Opaque, Rules, Side, Stamp, Value, merge
from git_jit.merge.collisions import _identity, _new_id
from git_jit.merge.issues import rules_of
from git_jit.model import IssueId
from git_jit.paths import issue_path
from git_jit.validate.schema import errors
from git_jit.workflow import FURTHER

CASES = Path(__file__).parents[1] / "cases" / "merge"
ACCEPT = bool(os.environ.get("JIT_ACCEPT"))
FILES = sorted(CASES.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_case(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    merged = _merge(case, "one", "other")
    result = _told(merged)
    if ACCEPT:
        file.write_text(json.dumps({**case, "result": result}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        assert result == case["result"]
    back = _told(_merge(case, "other", "one"))
    for row in back["rows"]:
        row["one"], row["other"] = row["other"], row["one"]
    assert back == result
    for path, document in merged.edits.items():
        if path.startswith("conflicts/") and document is not None:
            assert errors("conflict", json.loads(canonical.dumps(document))) == []


def test_cases_are_numbered_without_a_gap() -> None:
    assert [int(file.stem[:2]) for file in FILES] == [*range(1, len(FILES) + 1)]


def test_every_reason_of_a_conflict_is_in_the_schema() -> None:
    from git_jit.merge import REASONS

    assert schemas.schema("conflict")["properties"]["reason"]["enum"] == [*REASONS]


def _merge(case: Mapping[str, Any], one: str, other: str) -> Merged:
    unchanged = case.get("unchanged", {})
    rules = Rules(further=FURTHER, unchanged=unchanged.get, latest_ms=case.get("latest_ms"))
    if config := rules_of(case.get("rules")):
        rules = Rules(further=FURTHER, unchanged=unchanged.get, latest_ms=case.get("latest_ms"), config=config)
    return merge(_tree(case["base"]), _side(case, one), _side(case, other), rules)


def _side(case: Mapping[str, Any], name: str) -> Side:
    stamp = Stamp.parse(case["stamps"][name])
    assert stamp is not None
    paths = {path for tree in ("base", "one", "other") for path in _tree(case[tree])}
    documents = dict.fromkeys(sorted(paths)) | _tree(case[name])  # absence is spelled out, as a history does
    return Side(documents=documents, stamp=lambda _path, _field: stamp)


def _tree(documents: Mapping[str, Any]) -> dict[str, Value]:
    tree: dict[str, Value] = {}
    for path, document in documents.items():
        if path == "@moved":
            id = IssueId(_new_id(document["id"], _identity(document)))
            tree[issue_path(id)] = {**document, "id": id}
        else:
            tree[path] = Opaque(document["opaque"]) if document and "opaque" in document else document
    return tree


def _told(merged: Merged) -> dict[str, Any]:
    return {
        "edits": {
            path: {"opaque": value.oid} if isinstance(value, Opaque) else value
            for path, value in sorted(merged.edits.items())
        },
        "notes": [[note.path, [*note.field], note.text] for note in merged.notes],
        "rows": [
            {
                "path": row.path,
                "field": [*row.field],
                "one": _value(row.one),
                "other": _value(row.other),
                "merged": _value(row.merged),
                "rule": row.rule,
            }
            for row in merged.rows
        ],
        "renamed": dict(merged.renamed),
        "clamped": [str(stamp) for stamp in merged.clamped],
        "merged": merged.statistics.merged,
        "taken": merged.statistics.taken,
        "decisions": merged.statistics.decisions,
    }


def _value(value: Any) -> Any:
    return "(missing)" if value is MISSING else value.value if isinstance(value, Entry) else value
