"""The commits and names of one file."""

from itertools import pairwise
from pathlib import Path

import pytest

from git_jit.store.codehistory import MAX_RENAMES, difference, follow, mentioning, versions
from tests.store.coded import coded, tree_of, written
from tests.store.gitrepo import Place

TEXT = "".join(f"line {number}\n" for number in range(20))


def renamed(place: Place, *names: str) -> None:
    for old, new in pairwise(names):
        (place.cwd / new).parent.mkdir(parents=True, exist_ok=True)
        place.git("mv", "--", old, new)
        place.git("commit", "-q", "-m", f"rename {old} to {new}")


def test_versions_go_through_renames(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT})
    renamed(place, "a.md", "docs/b\tc.md")
    written(place, {"docs/b\tc.md": f"{TEXT}more\n", "other": "x"}, "change")
    written(place, {"other": "y"}, "other")
    code = tree_of(place)
    head = code.resolve("HEAD")
    found = versions(code, "docs/b\tc.md", head, None)
    assert [(each.subject, each.path, each.old) for each in found] == [
        ("change", "docs/b\tc.md", None),
        ("rename a.md to docs/b\tc.md", "docs/b\tc.md", "a.md"),
        ("files", "a.md", None),
    ]
    assert [each.commit for each in found] == [code.resolve(f"HEAD~{back}") for back in (1, 2, 3)]
    assert found[0].author == "Ada Lovelace"
    assert versions(code, "docs/b\tc.md", head, 1) == found[:1]
    assert versions(code, "nowhere", head, None) == []


def test_odd_authors_and_subjects(tmp_path: Path) -> None:
    place = coded(tmp_path, {"x": "1"})
    place.git("commit", "-q", "--allow-empty-message", "--amend", "-m", "")
    written(place, {"x": "2"}, "\n  tab\there\n\nbody")
    place.git("mv", "--", "x", "-- y")
    place.git("-c", "user.name=A \u202eB", "commit", "-q", "-m", "rename")
    code = tree_of(place)
    found = versions(code, "-- y", code.resolve("HEAD"), None)
    assert [(each.author, each.subject) for each in found[1:]] == [
        ("Ada Lovelace", "  tab\there"),
        ("Ada Lovelace", ""),
    ]
    assert (found[0].author, found[0].old) == ("A \u202eB", "x")


@pytest.mark.parametrize(
    ("names", "now"),
    [
        (["a.md", "b.md"], "b.md"),
        (["a.md", "b.md", "c/d.md", "e [*].md"], "e [*].md"),
        (["a.md", "b.md", "a.md", "c.md"], "c.md"),
    ],
)
def test_where_a_file_went(names: list[str], now: str, tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT, "stays.md": "x"})
    renamed(place, *names)
    assert follow(tree_of(place), "a.md") == now


def test_a_rename_that_is_staged(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT, "stays.md": "x"})
    renamed(place, "a.md", "b.md")
    place.git("mv", "--", "b.md", "c.md")
    assert [follow(tree_of(place), path) for path in ("a.md", "b.md")] == ["c.md", "c.md"]


def test_what_is_deleted_or_never_was_went_nowhere(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT, "b.md": "b"})
    place.git("rm", "-q", "a.md")
    place.git("commit", "-q", "-m", "delete")
    code = tree_of(place)
    assert [follow(code, path) for path in ("a.md", "never.md", "../x", "*")] == [None, None, None, None]


def test_a_rename_on_a_branch_that_was_merged(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT})
    place.git("checkout", "-q", "-b", "topic")
    renamed(place, "a.md", "b.md")
    place.git("checkout", "-q", "-")
    written(place, {"other": "x"})
    place.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    assert follow(tree_of(place), "a.md") == "b.md"


def test_a_way_without_end_has_one(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a": TEXT})
    renamed(place, "a", "b", "a", "b", "a", "b")
    place.git("rm", "-q", "b")
    place.git("commit", "-q", "-m", "delete")
    assert follow(tree_of(place), "a") is None
    assert MAX_RENAMES > 2


def test_differences(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": TEXT, "other": "x"})
    renamed(place, "a.md", "b.md")
    written(place, {"b.md": f"{TEXT}more\n", "other": "y"})
    code = tree_of(place)
    shown = difference(code, ["a.md", "b.md"], code.resolve("HEAD~2"), None).decode()
    assert "rename from a.md\nrename to b.md\n" in shown
    assert shown.endswith("+more\n")
    assert "other" not in shown
    assert difference(code, ["b.md"], code.resolve("HEAD"), None) == b""
    (tmp_path / "b.md").write_text("now\n")
    assert b"+now\n" in difference(code, ["b.md"], code.resolve("HEAD"), None)
    assert b"+now\n" not in difference(code, ["b.md"], code.resolve("HEAD~1"), code.resolve("HEAD"))


def test_no_program_of_the_configuration_runs(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": "a\n", ".gitattributes": "*.md diff=evil\n"})
    place.git("config", "diff.external", "touch ran; false")
    place.git("config", "diff.evil.textconv", "touch ran; cat")
    written(place, {"a.md": "b\n"})
    code = tree_of(place)
    assert b"+b" in difference(code, ["a.md"], code.resolve("HEAD~1"), code.resolve("HEAD"))
    assert not list(tmp_path.rglob("ran"))


def test_who_mentions_a_name(tmp_path: Path) -> None:
    place = coded(tmp_path, {"a.md": "see my%20plan.md", "b:c.md": "my plan.md", "d": b"\0my plan.md", "e": "plan.md"})
    code = tree_of(place)
    assert mentioning(code, ["my plan.md", "my%20plan.md"], code.resolve("HEAD")) == ["a.md", "b:c.md"]
    assert mentioning(code, ["nowhere", "-x", ".*"], code.resolve("HEAD")) == []
