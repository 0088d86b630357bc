"""Naming files of the code, listing them, and following them."""

import pytest

from git_jit.condition import OneOf
from git_jit.model import Document, IssueId, Oid, State
from git_jit.ops import documents, issues
from git_jit.ops.documents import DocumentNotFound, Naming
from git_jit.ops.issues import Draft
from tests.ops.world import World

PLAN = Document(path="docs/plan.md")
PINNED = Document(path="docs/plan.md", commit="a" * 40)
OLD = Document(path="docs/plan.md", commit="b" * 40, label="before")
DESIGN = Document(path="docs/design.md", label="The design", type="design")


def made(world: World, *given: Document, close: bool = False) -> IssueId:
    """An issue that names these documents."""
    report = issues.create(world.store, world.caller(), Draft(title="Follow the plan"))
    id = report.outcomes[0].id
    if given:
        documents.add(world.store, world.caller(), id, given)
    if close:
        issues.close(world.store, world.caller(), [id])
    return id


def of(world: World, id: IssueId) -> tuple[Document, ...]:
    issue = world.store.view().issue(id)
    assert issue is not None
    return issue.documents


def test_adding_is_one_commit_and_again_is_none() -> None:
    world = World()
    id = made(world)
    report = documents.add(world.store, world.caller(), id, [PLAN, DESIGN])
    assert of(world, id) == (DESIGN, PLAN)
    assert report.commit is not None
    assert documents.add(world.store, world.caller(), id, [PLAN]).commit is None


def test_a_file_may_be_named_as_of_several_commits() -> None:
    world = World()
    id = made(world, PLAN, PINNED, OLD)
    assert of(world, id) == (PLAN, PINNED, OLD)


def test_label_and_type_of_the_new_count() -> None:
    world = World()
    id = made(world, PLAN)
    new = Document(path="docs/plan.md", label="x", type="notes")
    documents.add(world.store, world.caller(), id, [new])
    assert of(world, id) == (new,)


def test_removing_takes_every_version_or_the_one_that_is_said() -> None:
    world = World()
    id = made(world, PLAN, PINNED, OLD, DESIGN)
    documents.remove(world.store, world.caller(), id, ["docs/plan.md"], commit="bbbb")
    assert of(world, id) == (DESIGN, PLAN, PINNED)
    documents.remove(world.store, world.caller(), id, ["docs/plan.md"])
    assert of(world, id) == (DESIGN,)


def test_what_is_not_named_cannot_be_removed() -> None:
    world = World()
    id = made(world, DESIGN)
    for paths, commit in ((["docs/plan.md"], None), (["docs/design.md"], "c"), (["docs/design.md", "x"], None)):
        with pytest.raises(DocumentNotFound):
            documents.remove(world.store, world.caller(), id, paths, commit=commit)
    assert of(world, id) == (DESIGN,)


def test_listing_by_issue_file_directory_and_filter() -> None:
    world = World()
    one, two = made(world, PLAN, DESIGN), made(world, PINNED, close=True)
    view = world.store.view()

    def found(**narrow: object) -> list[tuple[IssueId, Document]]:
        return [(each.id, each.document) for each in documents.listed(view, **narrow)]  # type: ignore[arg-type]

    every = [(one, DESIGN), (one, PLAN), (two, PINNED)]
    assert found() == every
    assert found(ids=[two]) == [(two, PINNED)]
    assert found(paths=["docs/plan.md"]) == every[1:]
    assert found(paths=["docs"]) == found(paths=["docs/"]) == found(paths=[""]) == every
    assert found(paths=["doc"]) == found(ids=[]) == []
    condition = OneOf("state", (State.DONE.value,))
    assert found(condition=condition) == [(two, PINNED)]


def test_files_with_who_names_them() -> None:
    world = World()
    one, two = made(world, PLAN), made(world, PLAN, PINNED)
    grouped = documents.by_file(documents.listed(world.store.view()))
    assert {file: [each.id for each in named] for file, named in grouped.items()} == {
        ("docs/plan.md", None): [one, two],
        ("docs/plan.md", "a" * 40): [two],
    }
    assert grouped["docs/plan.md", None][0] == Naming(id=one, title="Follow the plan", state=State.READY, document=PLAN)


def test_hooks_let_open_issues_follow_and_pin_what_is_deleted() -> None:
    world = World()
    one, two = made(world, PLAN, PINNED, DESIGN), made(world, PLAN, close=True)
    head = Oid("c" * 40)
    report = documents.follow(world.store, world.caller(), {"docs/plan.md": "road.md", "docs/design.md": None}, head)
    pinned = Document(path="docs/design.md", commit=head, label="The design", type="design")
    assert of(world, one) == (pinned, PINNED, Document(path="road.md"))
    assert of(world, two) == (PLAN,)
    assert [outcome.id for outcome in report.outcomes] == [one]


def test_repointing_is_for_finished_issues_too_in_one_commit() -> None:
    world = World()
    one, two, three = made(world, PLAN), made(world, PLAN, PINNED, close=True), made(world, DESIGN)
    before = len(list(world.store.history()))
    report = documents.repoint(world.store, world.caller(), {"docs/plan.md": "road.md"})
    assert len(list(world.store.history())) == before + 1
    assert of(world, one) == (Document(path="road.md"),)
    assert of(world, two) == (PINNED, Document(path="road.md"))
    assert of(world, three) == (DESIGN,)
    assert {outcome.id for outcome in report.outcomes} == {one, two}


def test_looking_what_would_follow_changes_nothing() -> None:
    world = World()
    id = made(world, PLAN)
    report = documents.repoint(world.store, world.caller(), {"docs/plan.md": "road.md"}, dry_run=True)
    assert report.outcomes[0].changed
    assert report.commit is None
    assert of(world, id) == (PLAN,)


def test_a_swap_of_two_names() -> None:
    world = World()
    id = made(world, PLAN, DESIGN)
    documents.repoint(world.store, world.caller(), {"docs/plan.md": "docs/design.md", "docs/design.md": "docs/plan.md"})
    assert of(world, id) == (
        Document(path="docs/design.md"),
        Document(path="docs/plan.md", label="The design", type="design"),
    )
