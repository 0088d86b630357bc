"""The picture: well-formed whatever the titles say, the same twice, legible on light and dark."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.drawing import Drawn, svg, to_svg
from git_jit.drawing.svg import LOOKS
from git_jit.model import State

SVG = "{http://www.w3.org/2000/svg}"
HOUSE = [
    Drawn("w", "02abcde", "Paint the wall", "backlog"),
    Drawn("d", "01abcde", "Repair the door", "ready"),
]
WAITS = {"w": ["d", "gone"]}

ELEMENTS = {
    "svg": {"class", "role", "aria-label", "width", "height", "viewBox"},
    "style": set(),
    "defs": set(),
    "marker": {"id", "viewBox", "refX", "refY", "markerWidth", "markerHeight", "markerUnits", "orient"},
    "path": {"class", "d", "marker-end"},
    "rect": {"class", "x", "y", "width", "height", "rx"},
    "g": {"class"},
    "title": set(),
    "text": {"class", "x", "y"},
}
"""Every element a picture may have, with its attributes: none that acts or loads."""


def test_the_whole_picture() -> None:
    picture = re.sub(r"(?s)<style>.*</style>", "<style/>", to_svg(HOUSE, WAITS))
    assert (
        picture
        == """\
<svg xmlns="http://www.w3.org/2000/svg" class="jit-graph" role="img" aria-label="2 issues and what they wait for" width="560" height="108" viewBox="0 0 560 108">
<style/>
<defs><marker id="jit-graph-head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>
<rect class="paper" width="560" height="108"/>
<path class="edge" marker-end="url(#jit-graph-head)" d="M320,54 C280,54 280,54 240,54"></path>
<g class="node backlog"><title>02abcde Paint the wall (backlog)</title><rect x="320" y="31" width="216" height="46" rx="6"/><text class="name" x="330" y="48">02abcde · backlog</text><text x="330" y="67">Paint the wall</text></g>
<g class="node ready"><title>01abcde Repair the door (ready)</title><rect x="24" y="31" width="216" height="46" rx="6"/><text class="name" x="34" y="48">01abcde · ready</text><text x="34" y="67">Repair the door</text></g>
</svg>
"""
    )


@given(st.lists(st.tuples(st.text(), st.text(), st.sampled_from(["", "ready", "x y", '"><b>'])), max_size=5))
def test_nothing_in_a_title_becomes_markup(texts: list[tuple[str, str, str]]) -> None:
    drawn = [Drawn(f"i{n}", name, title, group) for n, (name, title, group) in enumerate(texts)]
    root = ET.fromstring(to_svg(drawn, {"i0": ["i1"], "i1": ["i0"]}))
    for element in root.iter():
        assert set(element.attrib) <= ELEMENTS[element.tag.removeprefix(SVG)]
    assert len(root.findall(f"{SVG}g")) == len(drawn)


@pytest.mark.parametrize(
    "title",
    [
        "</text><script>alert(1)</script>",
        "&lt;&#0;&nbsp;",
        "]]>",
        "<!--",
        '" onload="x',
        "\x00\x0b\ud800\ufffe\u202e",
        "<?x",
    ],
)
def test_a_hostile_title_is_shown_as_it_is(title: str) -> None:
    root = ET.fromstring(to_svg([Drawn("a", "a", title)], {}))
    shown = "".join(c if c.isprintable() else " " for c in title)
    assert root.findtext(f"{SVG}g/{SVG}title") == f"a {shown}"
    assert svg._cut(shown) in [text.text for text in root.iter(f"{SVG}text")]


def test_a_long_title_is_cut_and_whole_on_hover() -> None:
    title = "Paint the wall with two coats of the paint from the cellar"
    root = ET.fromstring(to_svg([Drawn("a", "a1", title)], {}))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["a1", "Paint the wall with two coa…"]
    assert root.findtext(f"{SVG}g/{SVG}title") == f"a1 {title}"
    wide = ET.fromstring(to_svg([Drawn("a", "a1", "日本語" * 10)], {}))
    assert [text.text for text in wide.iter(f"{SVG}text")][1] == "日本語日本語日本語日本語日…"


def test_an_edge_that_closes_a_cycle_is_marked_and_said() -> None:
    nodes = [Drawn(id, id, id) for id in "abc"]
    root = ET.fromstring(to_svg(nodes, {"a": ["b"], "b": ["c"], "c": ["a", "c"]}))
    marked = [path for path in root.findall(f"{SVG}path") if path.get("class") == "edge cycle"]
    assert [path.findtext(f"{SVG}title") for path in marked] == [
        "c waits for a, which closes a cycle",
        "c waits for c, which closes a cycle",
    ]
    assert len(root.findall(f"{SVG}path")) == 4


def test_the_same_twice_without_dates_or_random_names() -> None:
    assert to_svg(HOUSE, WAITS) == to_svg(list(HOUSE), dict(WAITS))


def test_nothing_is_an_empty_picture() -> None:
    root = ET.fromstring(to_svg([], {}))
    assert root.attrib["aria-label"] == "0 issues and what they wait for"
    assert root.findall(f"{SVG}g") == []


def test_every_state_has_a_look() -> None:
    assert set(LOOKS) == {str(state) for state in State}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("group", LOOKS)
def test_text_and_borders_stand_out(group: str) -> None:
    look = LOOKS[group]
    assert contrast(svg.INK, look.fill) >= 7
    assert contrast(svg.DARK_INK, look.dark_fill) >= 7
    assert contrast(look.border, svg.PAPER) >= 3
    assert contrast(look.dark_border, svg.DARK_PAPER) >= 3


def test_dark_mode_is_asked_of_the_reader_not_of_a_script() -> None:
    style = ET.fromstring(to_svg(HOUSE, WAITS)).findtext(f"{SVG}style")
    assert style is not None
    light, dark = style.split("@media (prefers-color-scheme:dark){")
    assert ".jit-graph .ready rect{fill:#dafbe1;stroke:#1a7f37}" in light
    assert ".jit-graph .ready rect{fill:#12311d;stroke:#3fb950}" in dark
    assert style.count("{") == style.count("}")
