"""What counts as a link, where it stands, and what a link may name."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.markdown import Link, is_markdown
from git_jit.markdown.reading import read


def places(text: str) -> list[tuple[int, str, str | None]]:
    """Line, destination and how it is written, of every link."""
    return [(link.line, link.href, text[slice(*link.span)] if link.span else None) for link in read(text).links]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](b.md)", [(1, "b.md", "b.md")]),
        ("x\n\n[a](<b c.md> 't')", [(3, "b%20c.md", "<b c.md>")]),
        ("![a](img/(1).png)", [(1, "img/(1).png", "img/(1).png")]),
        ("[![a](i.png)](b.md)", [(1, "i.png", "i.png"), (1, "b.md", "b.md")]),
        ("one\n[a](b.md)\nthree [c](d.md)", [(2, "b.md", "b.md"), (3, "d.md", "d.md")]),
        ("[a][x] [x] [b][X]\n\n[x]: ../y.md 'T'\n", [(3, "../y.md", "../y.md")]),
        ("[x]:\n  y.md\n\n[x]", [(2, "y.md", "y.md")]),
        ("> [z](q.md)\n> more", [(1, "q.md", "q.md")]),
        ("> [z](\n> q.md)", [(2, "q.md", "q.md")]),
        ("[z](>q.md) [a](\udcff.md)", [(1, "%3Eq.md", ">q.md"), (1, "%FF.md", "\udcff.md")]),
        ("- [a](b.md)\n  - [c](d.md)", [(1, "b.md", "b.md"), (2, "d.md", "d.md")]),
        ("| a |\n|---|\n| [c](t.md) |", [(3, "t.md", "t.md")]),
        ("# [a](b.md)", [(1, "b.md", "b.md")]),
        ("<img src='a b.png' alt=x>", [(1, "a%20b.png", "a b.png")]),
        ("x <a href=y.md>y</a>", [(1, "y.md", "y.md")]),
        ("<video poster='p.png'><source src=\"v.mp4\"></video>", [(1, "p.png", "p.png"), (1, "v.mp4", "v.mp4")]),
        ("[a](b.md\\)c)", [(1, "b.md)c", "b.md\\)c")]),
        ("[a](b&amp;c.md)", [(1, "b&c.md", "b&amp;c.md")]),
        ("\u00fc [a](\u00fc.md)", [(1, "%C3%BC.md", "\u00fc.md")]),
        ("a\r\n\r\n[a](b.md)\r\n", [(3, "b.md", "b.md")]),
        ("[a](b.md", []),
        ("`[a](b.md)`", []),
        ("``` \n[a](b.md)\n```", []),
        ("    [a](b.md)", []),
        ("~~~md\n[a](b.md)\n~~~\n[c](d.md)", [(4, "d.md", "d.md")]),
        ("<!-- [a](b.md) <img src='x.png'> -->", []),
        ("<div>\n<!-- <img src='x.png'>\n\n[a](b.md)", [(4, "b.md", "b.md")]),
        ("<div><script>'<img src=x.png>'</SCRIPT><IMG SRC=y.png></div>", [(1, "y.png", "y.png")]),
        ("<div><style><img src=x.png>", []),
        ("<div title=\"<img src='x.png'>\"><img alt='>' src=y.png>", [(1, "y.png", "y.png")]),
        ("x <a href='b&amp;c.md'>", [(1, "b&c.md", "b&amp;c.md")]),
        ("\\[a](b.md)", []),
        ("[a]()", []),
        ("[a][nowhere] and a[0](1)", [(1, "1", "1")]),
        ("`[a](b.md)` [c](b.md)", [(1, "b.md", "b.md")]),
    ],
)
def test_links(text: str, found: list[tuple[int, str, str | None]]) -> None:
    assert places(text) == found


def test_what_is_shown_is_told_from_what_is_linked() -> None:
    assert read("![a](b.png) [c](d.png)").links == (
        Link(href="b.png", line=1, span=(5, 10), embedded=True),
        Link(href="d.png", line=1, span=(16, 21)),
    )


def test_a_link_whose_place_cannot_be_told_is_at_its_paragraph() -> None:
    text = "one\n<i title='`'>[a](b.md)</i title='`'>"
    assert read(text).links == (Link(href="b.md", line=1),)


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("# One\n\nTwo\n---\n", {"one", "two"}),
        ("# Hi *there* `x`, you!", {"hi-there-x-you"}),
        ("# A\n# A\n## A", {"a", "a-1", "a-2"}),
        ("# Gr\u00f6\u00dfe & _more_", {"gr\u00f6\u00dfe--more"}),
        ("# snake_case [link](x.md)", {"snake_case-link"}),
        ("```\n# no\n```\n<a name='Old'></a>\n\n<h2 id=new>x</h2>", {"old", "new"}),
        ("no headings", set()),
    ],
)
def test_anchors(text: str, anchors: set[str]) -> None:
    assert read(text).anchors == anchors


@given(st.text(st.sampled_from("[]()<>`!#\\ab.&:|-~*_ \n\r\t'\"=/%\0\udcff"), max_size=200))
def test_any_text_can_be_read_and_every_place_is_in_it(text: str) -> None:
    for link in read(text).links:
        assert 1 <= link.line <= text.count("\n") + text.count("\r") + 1
        if link.span is not None:
            assert 0 <= link.span[0] < link.span[1] <= len(text)


@pytest.mark.parametrize("before", ["", "<div>\n"], ids=["text", "html"])
@pytest.mark.parametrize(
    "piece",
    ["[", "![", "[a](<", "` `` ", "<a ", "[a](", "[a](\n", "[a]: ", " src=", "&", "# a\n", "](", "*a **a ", "<!--",
     "<a x=", "<?", "</", "<script>", "<a 'x=\""],
)  # fmt: skip
def test_the_time_for_hostile_text_grows_with_its_length(piece: str, before: str) -> None:
    """Twice the text, at most four times the time, which leaves room for a busy machine; what is
    quadratic takes minutes.
    """
    begun = time.process_time()
    read(before + piece * (5_000 // len(piece)))
    once = time.process_time() - begun
    read(before + piece * (10_000 // len(piece)))
    assert time.process_time() - begun - once < max(1.0, 5 * once)


def test_suffixes() -> None:
    assert [name for name in ("a.md", "A.MD", "b.markdown", "c.txt", "md", "d.md.txt") if is_markdown(name)] == [
        "a.md", "A.MD", "b.markdown",
    ]  # fmt: skip
