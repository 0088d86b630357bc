"""The line that somebody has to look at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.canonical import dumps
from git_jit.model import Json
from git_jit.validate.catalogue import CATALOGUE
from git_jit.validate.finding import Finding, Severity
from git_jit.validate.lines import FIELDS, line_of, places

DOCUMENT = dumps(
    {
        "created_by": "human:ada",
        "dependencies": ["a" * 32, "b" * 32],
        "labels": ["Part:door", "part:wall"],
        "links": [{"target": "c" * 32, "type": "parent"}],
        "title": "Door",
    }
)


def found(code: str, message: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, subject="a" * 32, message=message)


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("cycle", "wait for each other: 1111111 -> bbbbbbb -> 1111111", '    "bbbb'),
        ("cycle", "wait for each other", '  "dependencies": ['),
        ("dependency_missing", "waits for 'aaaaaaa', which is not here", '    "aaaa'),
        ("label_invalid", "label 'Part:door' is not namespace:value", '    "Part:door"'),
        ("schema_invalid", "'$.labels[1]' does not fit the schema", '    "part:wall"'),
        ("schema_invalid", "'$.links[0].type' does not fit the schema", '      "type"'),
        ("shape_invalid", "'title' must be a string", '  "title"'),
        ("link_missing", "has a link 'parent' to 'ccccccc', which is not here", '      "target"'),
        ("actor_invalid", "'ada' is not an actor", '  "created_by"'),
        ("misplaced", "is not where anything is", "{"),
    ],
)
def test_a_finding_is_where_its_cause_is(code: str, message: str, line: str) -> None:
    assert DOCUMENT.decode().split("\n")[line_of(DOCUMENT, found(code, message)) - 1].startswith(line)


def test_what_is_no_json_says_its_line_itself() -> None:
    assert line_of(b"{\n\n x", found("unreadable", "'$' is not JSON: expecting a name (line 3, column 2)")) == 3
    assert line_of(b"{", found("unreadable", "'$' is not JSON: expecting a name (line 9, column 2)")) == 1


def test_fields_belong_to_codes_that_exist() -> None:
    assert FIELDS.keys() <= CATALOGUE.keys()


plain = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=6)
NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters='"\\'), min_size=1, max_size=4
)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.integers(0, 9) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, values))
def test_every_key_at_the_top_is_found_where_it_is_written(document: dict[str, Json]) -> None:
    data = dumps(document)
    where, lines = places(data.decode()), data.decode().split("\n")
    for key in document:
        assert lines[where[(key,)] - 1].startswith(f'  "{key}": ')


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_any_text_has_a_line(text: str) -> None:
    assert 1 <= line_of(text.encode("utf-8", "replace"), found("cycle", "'$.a[0]' and 'b'")) <= text.count("\n") + 1
