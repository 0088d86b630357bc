"""Links follow, and nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.markdown.addresses import target
from git_jit.markdown.reading import read
from git_jit.markdown.rewriting import rewrite

HIDDEN = "<i title='`'>[a](b.md)</i title='`'>"
"""A link that stands in code, as far as the search for its place can tell."""
PAGE = """\
# Plan `[no](x.md)`

See [x](x.md "t"), [y](<../y y.md#part>), ![i](img/a%20b.png) and [top](#plan).
[ref] <img src="img/c.png"> [out](../../o) [site](https://example.org/x.md)

```
[no](x.md)
```

[ref]: x.md?a=1#b
"""


def same(path: str) -> str:
    return path


def test_a_page_that_goes_elsewhere() -> None:
    moved = {"docs/img/c.png": "docs/old/img/c.png"}
    done = rewrite(PAGE, "docs/plan.md", "docs/old/plan.md", lambda path: moved.get(path, path))
    assert (
        done.text
        == """\
# Plan `[no](x.md)`

See [x](../x.md "t"), [y](<../../y%20y.md#part>), ![i](../img/a%20b.png) and [top](#plan).
[ref] <img src="img/c.png"> [out](../../o) [site](https://example.org/x.md)

```
[no](x.md)
```

[ref]: ../x.md?a=1#b
"""
    )
    assert (done.changed, done.left) == (4, ())


def test_a_page_that_stays_while_another_goes() -> None:
    done = rewrite("[p](docs/plan.md#a) [q](/docs/plan.md) [r](docs/x.md)", "README.md", "README.md",
                   lambda path: "old/plan.md" if path == "docs/plan.md" else path)  # fmt: skip
    assert done.text == "[p](old/plan.md#a) [q](/old/plan.md) [r](docs/x.md)"


def test_bytes_that_are_no_text_and_ends_of_lines_stay() -> None:
    text = b"\xff [a](x.md)\r\n\0\r[b](y.md)".decode("utf-8", "surrogateescape")
    done = rewrite(text, "a.md", "b/a.md", same)
    assert done.text.encode("utf-8", "surrogateescape") == b"\xff [a](../x.md)\r\n\0\r[b](../y.md)"


def test_a_link_whose_address_is_no_text_stays_what_it_is() -> None:
    text = b"[a](\xff.md)".decode("utf-8", "surrogateescape")
    assert rewrite(text, "p.md", "old/p.md", same).text == "[a](../%FF.md)"


def test_a_link_across_lines_of_a_quotation_follows() -> None:
    done = rewrite("> [a](\n> b.md) [c](\r\n>  <d.md>)", "p.md", "old/p.md", same)
    assert (done.text, done.left) == ("> [a](\n> ../b.md) [c](\r\n>  <../d.md>)", ())


def test_what_cannot_be_spelled_anew_is_told() -> None:
    done = rewrite(f"one [x](x.md)\n{HIDDEN}", "p.md", "old/p.md", same)
    assert done.text == f"one [x](../x.md)\n{HIDDEN}"
    assert [link.href for link in done.left] == ["b.md"]


def test_what_stays_behind_is_told_although_another_link_leads_there_already() -> None:
    done = rewrite(f"[x](/b.md)\n{HIDDEN}", "p.md", "old/p.md", same)
    assert [link.href for link in done.left] == ["b.md"]


NAMES = ["a.md", "b c.md", "img/d(1).png", "../e.md", "/f.md", "#g", "https://h.i"]
WAYS = ("[t]({bare})", "![t](<{name}> 'x')", '<img src="{name}">', "\n\n[r]: <{name}>\n\n[r]\n", "`[t]({bare})`",
        "\n\n| a |\n|---|\n| [x](<{name}>) |\n")  # fmt: skip
PIECES = st.sampled_from(
    [
        *(way.format(name=name, bare=name.replace(" ", "%20")) for name in NAMES for way in WAYS),
        *("text ", "\n", "\n\n# H\n\n", "> ", "- ", "*em* "),
    ]
)


def test_of_two_links_to_one_page_the_one_that_stays_behind_is_told() -> None:
    done = rewrite(f"{HIDDEN} and [c](b.md)", "p.md", "old/p.md", same)
    assert done.text == f"{HIDDEN} and [c](../b.md)"
    assert [(link.href, link.span) for link in done.left] == [("b.md", None)]


@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["docs/p.md", "p.md", "x/y/p.md"]))
def test_every_link_leads_where_it_led_from_another_place(text: str, new: str) -> None:
    """Or is told: and going back gives pages that mean the same as before."""
    old = "docs/deep/p.md"
    done = rewrite(text, old, new, same)
    before = [target(old, link.href) for link in read(text).links if not link.href.startswith("#")]
    after = [target(new, link.href) for link in read(done.text).links if not link.href.startswith("#")]
    if not done.left:
        assert [two for one, two in zip(before, after, strict=True) if one is None or one.path is not None] == [
            one for one in before if one is None or one.path is not None
        ]
    back = rewrite(done.text, new, old, same)
    again = [target(old, link.href) for link in read(back.text).links if not link.href.startswith("#")]
    if not (done.left or back.left):
        assert again == before


@pytest.mark.parametrize("text", ["", "no links", PAGE])
def test_what_stays_where_it_is_does_not_change(text: str) -> None:
    assert rewrite(text, "docs/plan.md", "docs/plan.md", same).text == text
