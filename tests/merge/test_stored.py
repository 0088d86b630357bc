"""Conflicts as documents: they fit, they come back, they are settled one by one."""

from typing import Any

import pytest

from git_jit import canonical
from git_jit.merge import MISSING, Conflict, Entry, Stamp, conflict_path, decode, stored, without
from git_jit.model import MAX_ISSUE

PATH = f"issues/aa/{'a' * 32}.json"


def conflict(kept: Any, lost: Any, base: Any = MISSING) -> Conflict:
    return Conflict(
        path=PATH,
        field=("description",),
        reason="overlap",
        base=base,
        kept=Entry(kept, Stamp(2, 0, "b")),
        lost=(Entry(lost, Stamp(1, 0, "a")),),
    )


def test_a_conflict_comes_back_as_it_was() -> None:
    before = conflict(["a"], ["b"], ["c"])
    assert decode(stored(before)) == before


def test_values_are_settled_one_by_one() -> None:
    document = stored(conflict(["a"], ["c"]), stored(conflict(["a"], ["b"])))
    found = decode(document)
    assert found is not None
    assert [entry.value for entry in found.lost] == [["b"], ["c"]]
    rest = without(document, [found.lost[0]])
    assert rest is not None
    assert [entry["value"] for entry in rest["lost"]] == [["c"]]
    assert without(rest, found.lost) is None


def test_what_became_the_value_does_not_wait_any_more() -> None:
    document = stored(conflict(["b"], ["c"]), stored(conflict(["a"], ["b"])))
    assert [entry["value"] for entry in document["lost"]] == [["c"]]


def test_large_texts_are_kept_in_less_space() -> None:
    text = ["x" * 700_000]
    document = stored(conflict([*text, "1"], [*text, "2"], [*text, "3"]))
    assert "base" not in document
    assert document["lost"] == [{"stamp": "1.0.a", "value": [*text, "2"]}]


def test_many_short_lines_are_kept_as_text() -> None:
    lines = ["xx"] * 150_000
    document = stored(conflict([*lines, "1"], lines))
    assert len(canonical.dumps(document)) <= MAX_ISSUE
    found = decode(document)
    assert found is not None
    assert found.lost[0].value == lines


def test_what_fits_in_no_way_is_named() -> None:
    document = stored(conflict(["1"], ["\\" * 1_500_000]))
    assert document["lost"] == [{"stamp": "1.0.a"}]


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        (PATH, ("title",), f"{'a' * 32}/title"),
        (PATH, (), f"{'a' * 32}/document"),
        (PATH, ("fields", "points"), f"{'a' * 32}/fields.points"),
        (f"comments/aa/{'a' * 32}/01J.json", (), f"{'a' * 32}/comment.01J"),
        ("config.json", ("types", "bug"), "config/types.bug"),
        ("gates/unit.json", ("argv",), "gate-unit/argv"),
    ],
)
def test_plain_names_are_plain_paths(path: str, field: tuple[str, ...], expected: str) -> None:
    assert conflict_path(path, field) == f"conflicts/{expected}.json"


@pytest.mark.parametrize("key", ["..", "a/b", "", "ä", "x" * 500, "\x1b[31m", ".git", "a.b", "CON:"])
def test_no_key_makes_a_path_that_does_harm(key: str) -> None:
    path = conflict_path(PATH, ("fields", key))
    assert path.startswith(f"conflicts/{'a' * 32}/fields.")
    name = path.rpartition("/")[2]
    assert name.isascii()
    assert len(name) < 60
    assert path != conflict_path(PATH, ("fields", f"{key}2"))
