"""The graph as a picture: one self-contained SVG without scripts, fonts, dates or random names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from unicodedata import east_asian_width

from git_jit.drawing.drawn import Drawn, Edges, drawn_edges, one_line
from git_jit.drawing.layers import Edge, Layout, Place, lay_out

BOX_WIDTH: Final = 216
BOX_HEIGHT: Final = 46
COLUMN: Final = 296
"""Pixels from one layer to the next; what is left beside the box is room for the curves."""
ROW: Final = 60
MARGIN: Final = 24
"""Around all of it; below also the room for edges that close a cycle."""
SAG: Final = 36
"""How far such an edge hangs below the boxes that it connects."""
INSET: Final = 10
TITLE_COLUMNS: Final = 28
"""Characters of a title that fit into a box at 13 pixels; the wide ones of East Asia count twice."""


class Look(NamedTuple):
    """Colours of a state: fill and border on light paper, then on dark."""

    fill: str
    border: str
    dark_fill: str
    dark_border: str


LOOKS: Final[Mapping[str, Look]] = {
    "backlog": Look("#f6f8fa", "#6e7781", "#21262d", "#8b949e"),
    "ready": Look("#dafbe1", "#1a7f37", "#12311d", "#3fb950"),
    "in_progress": Look("#ddf4ff", "#0969da", "#0c2d6b", "#58a6ff"),
    "gated": Look("#fff8c5", "#9a6700", "#3b2e06", "#d29922"),
    "done": Look("#fbefff", "#8250df", "#271052", "#a371f7"),
    "rejected": Look("#ffebe9", "#cf222e", "#4b1113", "#f85149"),
    "archived": Look("#eaeef2", "#8c959f", "#161b22", "#6e7681"),
}
"""By group. Text of the two papers' ink stands out from every fill by 7:1 or more (WCAG 2.2, 1.4.6)."""

INK, PAPER, LINE = "#1f2328", "#ffffff", "#6e7781"
DARK_INK, DARK_PAPER, DARK_LINE = "#f0f3f6", "#0d1117", "#8b949e"
ALARM, DARK_ALARM = "#cf222e", "#f85149"

NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
HEAD: Final = """\
<defs><marker id="jit-graph-head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" \
markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>"""
FRAME: Final = """\
.jit-graph text{{font:13px system-ui,sans-serif;fill:{ink}}}
.jit-graph .name{{font:11px ui-monospace,monospace}}
.jit-graph .paper{{fill:{paper}}}
.jit-graph .node rect{{fill:{paper};stroke:{line};stroke-width:1.5}}
.jit-graph .edge{{fill:none;stroke:{line};stroke-width:1.5}}
.jit-graph .cycle{{stroke:{alarm};stroke-dasharray:6 4}}
.jit-graph .head{{fill:{line}}}
"""


def to_svg(drawn: Sequence[Drawn], edges: Edges) -> str:
    """Boxes in columns: at the left what can be begun first; arrows point to what a node waits for.

    A box has the name, the group and the beginning of the title, the whole of it on hover and for screen readers.
    Edges that close a cycle are dashed. Edges to nodes that are not drawn are left out.
    """
    pairs = drawn_edges(drawn, edges)
    layout = lay_out([node.id for node in drawn], pairs)
    width = 2 * MARGIN + max(layout.layers * COLUMN - (COLUMN - BOX_WIDTH), 0)
    height = 2 * MARGIN + round(layout.rows * ROW) + (SAG if layout.closing else 0)
    about = f"{len(drawn)} issues and what they wait for" if len(drawn) != 1 else "1 issue"
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg {NAMESPACE} class="jit-graph" role="img" aria-label="{about}" {size} viewBox="0 0 {width} {height}">',
        f"<style>\n{_style()}</style>",
        HEAD,
        f'<rect class="paper" {size}/>',
        *_edges(pairs, layout, {node.id: node.name for node in drawn}),
        *(_node(node, layout.places[node.id]) for node in drawn),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    light = FRAME.format(ink=INK, paper=PAPER, line=LINE, alarm=ALARM)
    light += "".join(_rule(group, look.fill, look.border) for group, look in LOOKS.items())
    dark = FRAME.format(ink=DARK_INK, paper=DARK_PAPER, line=DARK_LINE, alarm=DARK_ALARM)
    dark += "".join(_rule(group, look.dark_fill, look.dark_border) for group, look in LOOKS.items())
    return f"{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


def _rule(group: str, fill: str, border: str) -> str:
    return f".jit-graph .{group} rect{{fill:{fill};stroke:{border}}}\n"


def _node(node: Drawn, place: Place) -> str:
    x, y = _left(place), _middle(place) - BOX_HEIGHT // 2
    group = f" {node.group}" if node.group in LOOKS else ""
    state = f" · {node.group}" if node.group else ""
    whole = f"{node.label} ({node.group})" if node.group else node.label
    return (
        f'<g class="node{group}"><title>{_escape(whole)}</title>'
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<text class="name" x="{x + INSET}" y="{y + 17}">{_escape(node.name + state)}</text>'
        f'<text x="{x + INSET}" y="{y + 36}">{_escape(_cut(node.title))}</text></g>'
    )


def _edges(pairs: Sequence[Edge], layout: Layout, names: Mapping[str, str]) -> Iterator[str]:
    for source, target in pairs:
        start, end = layout.places[source], layout.places[target]
        if (source, target) in layout.closing:
            about = _escape(f"{names[source]} waits for {names[target]}, which closes a cycle")
            way, kind, title = _hanging(start, end), "edge cycle", f"<title>{about}</title>"
        else:
            way, kind, title = _curve(start, layout.bends.get((source, target), ()), end), "edge", ""
        yield f'<path class="{kind}" marker-end="url(#jit-graph-head)" d="{way}">{title}</path>'


def _curve(start: Place, bends: Sequence[Place], end: Place) -> str:
    """From the left side of one box to the right side of the other, level where it passes between boxes."""
    x, y = _left(start), _middle(start)
    way = [f"M{x},{y}"]
    for place in (*bends, end):
        right, middle = _left(place) + BOX_WIDTH, _middle(place)
        half = (x + right) // 2
        way.append(f"C{half},{y} {half},{middle} {right},{middle}")
        x, y = _left(place), middle
        if place is not end:
            way.append(f"H{x}")
    return " ".join(way)


def _hanging(start: Place, end: Place) -> str:
    """From bottom to bottom; from one box to itself it is a loop."""
    x, y = _left(start) + BOX_WIDTH // 3, _middle(start) + BOX_HEIGHT // 2
    to_x, to_y = _left(end) + BOX_WIDTH * 2 // 3, _middle(end) + BOX_HEIGHT // 2
    return f"M{x},{y} C{x},{y + SAG} {to_x},{to_y + SAG} {to_x},{to_y}"


def _left(place: Place) -> int:
    return MARGIN + place.layer * COLUMN


def _middle(place: Place) -> int:
    return MARGIN + round(place.row * ROW)


def _cut(title: str) -> str:
    """The beginning of a title that fits into a box."""
    line = one_line(title)
    used = 0
    for index, character in enumerate(line):
        used += 2 if east_asian_width(character) in "WF" else 1
        if used > TITLE_COLUMNS:
            return line[: index - 1].rstrip() + "…"
    return line


def _escape(text: str) -> str:
    """Text for XML, in attributes too; what XML cannot hold is not printable and becomes a space."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace('"', "&quot;").replace("'", "&#39;")
