"""Draw the grammar of the filter language as railroad tracks.

    python docs/railroad.py

reads `docs/reference/filter-language.ebnf` (the EBNF of ISO 14977: `[ ]` once or not, `{ }` any number of times, `? ?`
in words) and writes the `.svg` beside it. A test compares the two, so the picture cannot fall behind.
"""  # noqa: INP001

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias, assert_never

GRAMMAR: Final = Path(__file__).parent / "reference" / "filter-language.ebnf"

# --- the grammar as values ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Literal:
    text: str


@dataclass(frozen=True)
class Rule:
    name: str


@dataclass(frozen=True)
class Prose:
    text: str


@dataclass(frozen=True)
class Sequence:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Choice:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Maybe:
    part: "Node"


@dataclass(frozen=True)
class Many:
    part: "Node"


Node: TypeAlias = Literal | Rule | Prose | Sequence | Choice | Maybe | Many

_TOKEN: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|\?.*?\?(?=\s)|[a-z-]+|[=|;(){}\[\]])""")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


def read(text: str) -> dict[str, Node]:
    """The rules of a grammar by name, in order."""
    tokens = _TOKEN.findall(text)
    rules: dict[str, Node] = {}
    while tokens:
        name, equals = tokens.pop(0), tokens.pop(0)
        rules[name] = _choice(tokens)
        if equals != "=" or tokens.pop(0) != ";":
            raise ValueError(f"rule '{name}' is not 'name = … ;'")
    return rules


def _choice(tokens: list[str]) -> Node:
    parts = [_sequence(tokens)]
    while tokens[0] == "|":
        tokens.pop(0)
        parts.append(_sequence(tokens))
    return parts[0] if len(parts) == 1 else Choice(tuple(parts))


def _sequence(tokens: list[str]) -> Node:
    parts = []
    while tokens[0] not in {"|", ";", ")", "]", "}"}:
        parts.append(_item(tokens))
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _item(tokens: list[str]) -> Node:
    token = tokens.pop(0)
    if token in _CLOSING:
        inside = _choice(tokens)
        if tokens.pop(0) != _CLOSING[token]:
            raise ValueError(f"'{token}' is not closed")
        return {"(": inside, "[": Maybe(inside), "{": Many(inside)}[token]
    if token[0] in "\"'":
        return Literal(token[1:-1])
    return Prose(token.strip("? ")) if token[0] == "?" else Rule(token)


# --- the tracks -----------------------------------------------------------------------------------------------

RADIUS: Final = 10
GAP: Final = 12
HALF: Final = 13
LETTER: Final = 8


@dataclass(frozen=True)
class Track:
    """A piece of track from (x, y) to (x + width, y); `draw` gives its SVG elements."""

    width: int
    above: int
    below: int
    draw: Callable[[int, int], list[str]]


def _line(x: int, y: int, path: str) -> str:
    return f'<path d="M{x} {y}{path}"/>'


def _station(text: str, kind: str) -> Track:
    width = LETTER * len(text) + 2 * RADIUS

    def draw(x: int, y: int) -> list[str]:
        corner = f' rx="{HALF}"' if kind == "literal" else ""
        box = f'<rect class="{kind}" x="{x}" y="{y - HALF}" width="{width}" height="{2 * HALF}"{corner}/>'
        return [box, f'<text class="{kind}" x="{x + width // 2}" y="{y + 5}">{escape(text, quote=False)}</text>']

    return Track(width, HALF, HALF, draw)


_SKIP: Final = Track(2 * GAP, 0, 0, lambda x, y: [_line(x, y, f"h{2 * GAP}")])


def _joined(tracks: list[Track]) -> Track:
    def draw(x: int, y: int) -> list[str]:
        found = tracks[0].draw(x, y)
        x += tracks[0].width
        for track in tracks[1:]:
            found += [_line(x, y, f"h{GAP}"), *track.draw(x + GAP, y)]
            x += GAP + track.width
        return found

    width = sum(track.width for track in tracks) + GAP * (len(tracks) - 1)
    return Track(width, max(track.above for track in tracks), max(track.below for track in tracks), draw)


def _switched(tracks: list[Track]) -> Track:
    """One of several; the first goes straight on, the others turn off below it."""
    inner = max(track.width for track in tracks)
    drops = [0]
    for before, track in pairwise(tracks):
        drops.append(drops[-1] + max(2 * RADIUS, before.below + GAP // 2 + track.above))

    def draw(x: int, y: int) -> list[str]:
        found: list[str] = []
        for track, drop in zip(tracks, drops, strict=True):
            rest = inner - track.width
            turn_off = f"q{RADIUS} 0 {RADIUS} {RADIUS}v{drop - 2 * RADIUS}q0 {RADIUS} {RADIUS} {RADIUS}"
            turn_in = f"q{RADIUS} 0 {RADIUS} -{RADIUS}v{2 * RADIUS - drop}q0 -{RADIUS} {RADIUS} -{RADIUS}"
            found.append(_line(x, y, turn_off if drop else f"h{2 * RADIUS}"))
            found += track.draw(x + 2 * RADIUS, y + drop)
            end = f"h{rest}" + (turn_in if drop else f"h{2 * RADIUS}")
            found.append(_line(x + 2 * RADIUS + track.width, y + drop, end))
        return found

    return Track(inner + 4 * RADIUS, tracks[0].above, drops[-1] + tracks[-1].below, draw)


def _looped(forth: Track, back: Track) -> Track:
    """`forth`, and again after going `back` below it."""
    inner = max(forth.width, back.width)
    drop = max(2 * RADIUS, forth.below + GAP // 2 + back.above)

    def draw(x: int, y: int) -> list[str]:
        left, right = x + RADIUS, x + RADIUS + inner
        space = (inner - forth.width) // 2
        side = (inner - back.width) // 2
        up = f"q-{RADIUS} 0 -{RADIUS} -{RADIUS}v{2 * RADIUS - drop}q0 -{RADIUS} {RADIUS} -{RADIUS}"
        return [
            _line(x, y, f"h{RADIUS + space}"),
            *forth.draw(left + space, y),
            _line(left + space + forth.width, y, f"h{right - left - space - forth.width + RADIUS}"),
            _line(left, y + drop, up),
            _line(left, y + drop, f"h{side}"),
            *back.draw(left + side, y + drop),
            _line(left + side + back.width, y + drop, f"h{inner - side - back.width}"),
            _line(right, y, f"q{RADIUS} 0 {RADIUS} {RADIUS}v{drop - 2 * RADIUS}q0 {RADIUS} -{RADIUS} {RADIUS}"),
        ]

    return Track(inner + 2 * RADIUS, forth.above, drop + back.below, draw)


def track(node: Node) -> Track:  # noqa: PLR0911 - one for each kind of node
    match node:
        case Literal(text):
            return _station(text, "literal")
        case Rule(name):
            return _station(name, "rule")
        case Prose(text):
            return _station(text, "prose")
        case Sequence(parts):
            return _joined(_with_loops(parts))
        case Choice(parts):
            return _switched([track(part) for part in parts])
        case Maybe(part):
            return _switched([_SKIP, track(part)])
        case Many(part):
            return _looped(_SKIP, track(part))
        case _:
            assert_never(node)


def _with_loops(parts: tuple[Node, ...]) -> list[Track]:
    """`x { y x }` is one loop: there through x, back through y."""
    found: list[Track] = []
    for before, part in zip((None, *parts), parts, strict=False):
        match part:
            case Many(Sequence((*between, last))) if last == before:
                found[-1] = _looped(found[-1], _joined([track(node) for node in between]))
            case _:
                found.append(track(part))
    return found


STYLE: Final = (
    "svg{background:#fff}path{fill:none;stroke:#555;stroke-width:2}text{font:14px monospace;text-anchor:middle}"
    "text.name{font-weight:bold;text-anchor:start}rect{fill:#fff;stroke:#555}rect.literal{fill:#e7f3e4}"
    "rect.rule{fill:#e4ecf7}rect.prose{stroke-dasharray:4 3}"
)


def svg(rules: dict[str, Node]) -> str:
    """All rules, one below the other."""
    lines: list[str] = []
    width, y = 0, GAP
    for name, node in rules.items():
        drawn = track(node)
        lines.append(f'<text class="name" x="{GAP}" y="{y + HALF}">{name}</text>')
        y += 2 * HALF + drawn.above
        lines.append(f'<g id="{name}">')
        lines += [_line(GAP, y, f"v{-RADIUS // 2}v{RADIUS}v{-RADIUS // 2}h{GAP}"), *drawn.draw(2 * GAP, y)]
        end = 2 * GAP + drawn.width
        lines += [_line(end, y, f"h{GAP}v{-RADIUS // 2}v{RADIUS}"), "</g>"]
        y += drawn.below + 2 * GAP
        width = max(width, end + 2 * GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}">'
    title = "<title>The grammar of the filter language</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *lines, "</svg>", ""])


if __name__ == "__main__":
    GRAMMAR.with_suffix(".svg").write_text(svg(read(GRAMMAR.read_text(encoding="utf-8"))), encoding="utf-8")
