"""What is drawn: nodes as they shall look, and the edges between them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from git_jit.record import record

Edges: TypeAlias = Mapping[str, Iterable[str]]
"""Each node with those it waits for."""


@record
class Drawn:
    """How one node is shown. `group` (a state, say) becomes a class; it must be one plain word."""

    id: str
    name: str
    """A short id."""
    title: str
    group: str = ""

    @property
    def label(self) -> str:
        return f"{self.name} {self.title}"


def drawn_edges(drawn: Sequence[Drawn], edges: Edges) -> list[tuple[str, str]]:
    """Each edge between drawn nodes once, in their order; the first waits for the second."""
    shown = {node.id for node in drawn}
    return [(n.id, target) for n in drawn for target in dict.fromkeys(edges.get(n.id, ())) if target in shown]


def one_line(text: str) -> str:
    """`text` with a space for whatever cannot be seen: line breaks, controls, lone surrogates, what XML forbids."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
