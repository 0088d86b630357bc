"""The graph in the languages of other tools. Nothing in a title can act in them."""

from collections.abc import Sequence

from git_jit.drawing.drawn import Drawn, Edges, drawn_edges, one_line


def to_dot(drawn: Sequence[Drawn], edges: Edges) -> str:
    """Graphviz: an arrow points from a node to what it waits for. Edges to nodes that are not drawn are left out."""
    lines = ["digraph issues {", "  rankdir=LR;", "  node [shape=box];"]
    for node in drawn:
        group = f", class={_dot_quote(node.group)}" if node.group else ""
        lines.append(f"  {_dot_quote(node.id)} [label={_dot_quote(node.label)}{group}];")
    lines += [f"  {_dot_quote(source)} -> {_dot_quote(target)};" for source, target in drawn_edges(drawn, edges)]
    return "\n".join([*lines, "}", ""])


def to_mermaid(drawn: Sequence[Drawn], edges: Edges) -> str:
    """A Mermaid flow chart. Nodes are called `n0`, `n1`, … because an id may be a word of the language."""
    name = {node.id: f"n{index}" for index, node in enumerate(drawn)}
    lines = ["graph LR"]
    for node in drawn:
        group = f":::{node.group}" if node.group else ""
        lines.append(f'  {name[node.id]}["{_mermaid_escape(node.label)}"]{group}')
    lines += [f"  {name[source]} --> {name[target]}" for source, target in drawn_edges(drawn, edges)]
    return "\n".join([*lines, ""])


def to_json(drawn: Sequence[Drawn], edges: Edges) -> dict[str, object]:
    """`{"nodes": [{id, label, group}], "edges": [{from, to}]}`; `from` waits for `to`."""
    return {
        "nodes": [{"id": node.id, "label": node.label, "group": node.group} for node in drawn],
        "edges": [{"from": source, "to": target} for source, target in drawn_edges(drawn, edges)],
    }


def _dot_quote(text: str) -> str:
    """A double-quoted string of the DOT language; a backslash begins an escape there, so it is doubled."""
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _mermaid_escape(text: str) -> str:
    """Mermaid spells special characters as `#code;`; letters, digits, spaces and harmless marks stay."""
    return "".join(c if c.isalnum() or c in " .,:/_-" else f"#{ord(c)};" for c in one_line(text))
