from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Issue, IssueId
from git_jit.record import replace
from git_jit.validate.census import Census, census_of
from git_jit.validate.census_rules import check_census
from tests.strategies import Tracker, issues, trackers
from tests.validate.tree import Tree, blobs_of, comment, gate, id_of, issue, link, said, tree


def census_of_issues(found: dict[IssueId, Issue]) -> Census:
    made = Tree(blobs_of(*found.values()))
    return census_of(made.view(), made.blobs)


@given(trackers(broken=False), st.data())
def test_a_census_that_is_changed_is_that_of_the_changed_issues(tracker: Tracker, data: st.DataObject) -> None:
    before = dict(tracker.issues)
    changes: dict[IssueId, Issue | None] = {
        id: data.draw(st.none() | issues(id=id, others=tuple(before)))
        for id in data.draw(st.sets(st.sampled_from([*before, id_of(7)]), max_size=3))
    }
    after = {id: each for id, each in (before | changes).items() if each is not None}
    assert census_of_issues(before).with_issues(changes) == census_of_issues(after)


def test_one_issue_is_put_or_removed_and_the_census_before_stays() -> None:
    before = census_of_issues({id_of(1): issue(1), id_of(2): issue(2, 1)})
    assert before.remove(id_of(2)) == census_of_issues({id_of(1): issue(1)})
    assert before.remove(id_of(2)).put(issue(2, 1)) == before
    assert before.with_issues({}) is before


def test_nothing_but_the_index_is_asked() -> None:
    made = tree(issue(1), issue(2, 1, links=(link("parent", 1),)), gate("tests"), comment(1), comment(1, 2), comment(9))
    view = made.view()

    class Indexed:
        """A view that decodes nothing."""

        def __getattr__(self, name: str) -> object:
            assert name not in {"issue", "comments"}
            return getattr(view, name)

    found = census_of(Indexed(), made.blobs)  # type: ignore[arg-type]
    assert found.edges == {id_of(1): (), id_of(2): (id_of(1),)}
    assert found.links == {id_of(2): (f"parent:{id_of(1)}",)}
    assert list(found.definitions) == ["tests"]
    assert found.commented == {id_of(1): 2, id_of(9): 1}


def test_findings_come_in_the_order_of_rules_and_weighed() -> None:
    found = census_of_issues({id_of(1): issue(1, 2, 9), id_of(2): issue(2, 1, links=(link("parent", 9),))})
    assert [code for code, *_ in said(check_census(found))] == ["cycle", "dependency_missing", "link_missing"]
    quiet = replace(found, config=replace(found.config, severities={"link_missing": "off", "cycle": "off"}))
    assert [code for code, *_ in said(check_census(quiet))] == ["cycle", "dependency_missing"]
