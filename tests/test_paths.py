import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import CommentId, GateKey, IssueId
from git_jit.paths import Place, comment_path, gate_path, issue_path, place_of, shown

ID = IssueId("4f9c2d7a61e84b0d0000000000000000")
IDS = st.integers(0, 16**32 - 1).map(lambda number: IssueId(f"{number:032x}"))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (f"issues/4f/{ID}.json", Place("issues", issue=ID)),
        (f"comments/4f/{ID}/01J.json", Place("comments", issue=ID, comment=CommentId("01J"))),
        ("gates/unit-tests.json", Place("gates", gate=GateKey("unit-tests"))),
        ("config.json", Place("config")),
        ("README.md", Place("")),
        ("conflicts/x/title.json", Place("")),
    ],
)
def test_a_path_says_what_lies_there(path: str, place: Place) -> None:
    assert place_of(path) == place
    assert not place_of(path).odd


@pytest.mark.parametrize(
    "path",
    [
        f"issues/{ID}.json",
        f"issues/00/{ID}.json",
        f"issues/4f/{ID}",
        f"issues/4f/{ID.upper()}.json",
        f"issues/4f/{ID}.json/x",
        f"comments/4f/{ID}.json",
        f"comments/4f/{ID}/a/b.json",
        "gates/.json",
        "gates/a/b.json",
        "issues/README",
        "issues",
        "issues/\udcff.json",
    ],
)
def test_where_nothing_of_ours_can_be_is_odd(path: str) -> None:
    assert place_of(path).odd


@given(IDS, st.text("01JABC", min_size=1), st.text("ab.-_", min_size=1))
def test_what_lies_at_a_path_is_what_the_path_was_made_for(id: IssueId, comment: str, key: str) -> None:
    assert place_of(issue_path(id)) == Place("issues", issue=id)
    assert place_of(comment_path(id, comment)) == Place("comments", issue=id, comment=CommentId(comment))
    assert place_of(gate_path(GateKey(key))) == Place("gates", gate=GateKey(key))


def test_a_path_that_is_no_text_is_spelled_out() -> None:
    assert shown("issues/\udcff.json") == "issues/\\udcff.json"
    assert shown("gates/é.json") == "gates/é.json"
