"""What a destination means in a repository, and how another one is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.markdown import Link, Spelling
from git_jit.markdown.addresses import Target, address, spelled, target
from git_jit.markdown.reading import read


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("x.md", Target("docs/x.md")),
        ("./x.md", Target("docs/x.md")),
        ("../x.md", Target("x.md")),
        ("..", Target("")),
        ("../../x.md", Target(None)),
        ("/x.md", Target("x.md")),
        ("//x.md", None),
        ("/../x.md", Target(None)),
        ("a%20b.md", Target("docs/a b.md")),
        ("a%2Fb.md", Target("docs/a/b.md")),
        ("%2e%2e/%2e%2e/x", Target(None)),
        ("x.md#A%20b", Target("docs/x.md", "A b")),
        ("x.md?raw=1#a", Target("docs/x.md", "a")),
        ("#a", Target("docs/plan.md", "a")),
        ("?a", Target("docs/plan.md")),
        ("sub/", Target("docs/sub")),
        ("https://x.y/z", None),
        ("mailto:a@b", None),
        ("C:\\x", None),
        ("javascript:alert(1)", None),
        ("%FF.md", Target("docs/\udcff.md")),
    ],
)
def test_what_a_destination_means(href: str, found: Target | None) -> None:
    assert target("docs/plan.md", href) == found


def test_a_page_at_the_top() -> None:
    assert target("README.md", "docs/x.md") == Target("docs/x.md")
    assert target("README.md", "../x.md") == Target(None)


@pytest.mark.parametrize(
    ("href", "spelling", "text"),
    [
        ("x.md", "bare", "../new/a%20b%28%29.md"),
        ("x.md?q#f", "bare", "../new/a%20b%28%29.md?q#f"),
        ("x.md#f(", "bare", "../new/a%20b%28%29.md#f%28"),
        ("/docs/x.md", "bare", "/new/a%20b%28%29.md"),
        ("x.md", "angle", "<../new/a%20b%28%29.md>"),
        ("x.md", "attribute", "../new/a%20b%28%29.md"),
    ],
)
def test_spelling_another_destination(href: str, spelling: Spelling, text: str) -> None:
    assert address("docs/plan.md", "new/a b().md", Link(href=href, line=1, spelling=spelling)) == text


def test_a_name_with_a_colon_is_no_scheme() -> None:
    assert address("plan.md", "a:b.md", Link(href="x.md", line=1)) == "./a:b.md"


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@given(PATHS, PATHS, st.sampled_from(["bare", "angle", "attribute"]))
def test_what_is_spelled_leads_where_it_should(page: str, path: str, spelling: Spelling) -> None:
    text = address(page, path, Link(href="x.md", line=1, spelling=spelling))
    whole = f"<a href='{text}'>" if spelling == "attribute" else f"[a]({text})"
    (link,) = read(whole).links
    assert target(page, link.href) == Target(path)


@given(PATHS)
def test_letters_of_every_script_stay_and_what_means_something_does_not(path: str) -> None:
    assert not set(spelled(path)) & set(" ()<>[]\"'`\\#?&\n")
    assert spelled("caf\u00e9/\u6587.md") == "caf\u00e9/\u6587.md"
