from collections.abc import Iterator, Mapping

import pytest

from git_jit.config import Config
from git_jit.model import Comment, Document, Gate, GateKey, GateStatus, GateVerdict, Issue
from git_jit.paths import issue_path
from git_jit.record import replace
from git_jit.validate import reference_rules
from git_jit.validate.census import Census, census_of
from git_jit.validate.finding import Finding
from tests.validate.tree import census, comment, gate, id_of, issue, link, said, tree


def all_of(made: Census) -> Iterator[Finding]:
    for rule in (
        reference_rules.dependencies,
        reference_rules.links,
        reference_rules.parents,
        reference_rules.gates,
        reference_rules.comments,
    ):
        yield from rule(made)


def gated(number: int, key: str) -> Issue:
    return issue(number, gates={GateKey(key): GateStatus(status=GateVerdict.PASSED)})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        (
            [issue(1), issue(2, 1, links=(link("parent", 1),)), gated(3, "tests"), gate("tests"), comment(1)],
            [],
        ),
        ([issue(1, 2)], [("dependency_missing", "#1", "waits for '0000002', which is not here")]),
        (
            [issue(1, links=(link("relates-to", 2),))],
            [("link_missing", "#1", "has a link 'relates-to' to '0000002', which is not here")],
        ),
        (
            [issue(1), issue(2), issue(3, links=(link("parent", 1), link("parent", 2)))],
            [("parent_twice", "#3", "has 2 parents: '0000001', '0000002'")],
        ),
        ([gated(1, "tests")], [("gate_missing", "#1", "requires the gate 'tests', which is not defined")]),
        ([comment(1)], [("comment_orphaned", "#1", "a comment lies here, but there is no such issue")]),
        (
            [comment(1), comment(1, 2)],
            [("comment_orphaned", "#1", "2 comments lie here, but there is no such issue")],
        ),
    ],
)
def test_each_rule_names_what_is_not_there(
    values: list[Issue | Gate | Comment], expected: list[tuple[str, str, str]]
) -> None:
    assert said(all_of(census(*values))) == expected


def test_what_is_there_and_cannot_be_read_is_not_missing() -> None:
    made = tree(issue(1, 2, links=(link("parent", 2),)), comment(2), **{issue_path(id_of(2)): b"{"})
    found = census_of(made.view(), made.blobs)
    assert found.unreadable == {id_of(2)}
    assert list(all_of(found)) == []


@pytest.mark.parametrize(
    ("before", "kind", "summary", "after"),
    [
        (
            issue(1, 2, 3),
            "dependency_set_aside",
            "set aside the edge to '0000002'",
            replace(issue(1, 3), unresolved=(link("depends-on", 2),)),
        ),
        (
            issue(1, links=(link("duplicates", 2), link("parent", 3))),
            "link_set_aside",
            "set aside the link 'duplicates' to '0000002'",
            issue(1, links=(link("parent", 3),), unresolved=(link("duplicates", 2),)),
        ),
        (
            issue(1, 2, unresolved=(link("depends-on", 2),)),
            "dependency_set_aside",
            "set aside the edge to '0000002'",
            issue(1, unresolved=(link("depends-on", 2),)),
        ),
    ],
)
def test_a_reference_to_nothing_is_set_aside_and_not_forgotten(
    before: Issue, kind: str, summary: str, after: Issue
) -> None:
    (found,) = all_of(census(before, issue(3)))
    assert found.fix is not None
    assert found.fix.change is not None
    assert (found.fix.kind, found.fix.summary) == (kind, summary)
    assert found.fix.change(before) == after
    assert found.fix.change(after) == after


def test_a_requirement_without_a_definition_is_not_taken_away() -> None:
    assert [each.fix for each in all_of(census(gated(1, "tests"), comment(2)))] == [None, None]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (("tests", "tests=passed"), [("tests", "passed")]),
        (("a=b", "a=b=pending"), [("a=b", "pending")]),
        (("a", "a=b", "a=b=failed", "a=passed"), [("a=b", "failed"), ("a", "passed")]),
    ],
)
def test_gates_are_told_from_their_verdicts(members: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert list(reference_rules.required_gates(members)) == expected


# --- files of the code ------------------------------------------------------------------------------------

PINNED = "a" * 40


def missing(documents: tuple[Document, ...], code: Mapping[tuple[str, str | None], bool | None]) -> list[str]:
    one = issue(1, documents=documents)
    asked: list[str] = []

    def read(id: str) -> Issue:
        asked.append(id)
        return one

    found = list(reference_rules.documents(census(one), lambda path, commit: code[path, commit], read))
    assert not found or asked
    return [each.message for each in found]


@pytest.mark.parametrize(
    ("documents", "code", "expected"),
    [
        ((), {}, []),
        ((Document(path="a.md"),), {("a.md", None): True}, []),
        ((Document(path="a.md"),), {("a.md", None): None}, []),
        ((Document(path="a.md"),), {("a.md", None): False}, ["names 'a.md', which is not in the code"]),
        (
            (Document(path="a.md", commit=PINNED),),
            {("a.md", None): False, ("a.md", PINNED): False},
            ["names 'a.md', which is not at commit 'aaaaaaaaaa'"],
        ),
        ((Document(path="a.md", commit=PINNED),), {("a.md", None): False, ("a.md", PINNED): True}, []),
        ((Document(path="a.md", commit=PINNED),), {("a.md", None): False, ("a.md", PINNED): None}, []),
    ],
)
def test_a_file_is_missing_only_where_that_is_certain(
    documents: tuple[Document, ...], code: dict[tuple[str, str | None], bool | None], expected: list[str]
) -> None:
    assert missing(documents, code) == expected


def test_an_issue_whose_files_are_all_there_is_not_read() -> None:
    def read(_: str) -> Issue:
        raise AssertionError

    made = census(issue(1, documents=(Document(path="a.md"),)), Config())
    assert list(reference_rules.documents(made, lambda *_: True, read)) == []
