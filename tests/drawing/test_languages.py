"""The graph in other tools' languages: whole outputs, with titles that would like to act."""

from git_jit.drawing import Drawn, to_dot, to_json, to_mermaid

NODES = [
    Drawn("a1", "Say", '"hi" \\N to <b>', "ready"),
    Drawn("end", "two\nlines;", "#hash", "done"),
    Drawn("c", "c", "`größe`"),
]
WAITS = {"a1": ["end", "c", "not-drawn"], "end": ["c", "c"]}


def test_dot() -> None:
    expected = r"""digraph issues {
  rankdir=LR;
  node [shape=box];
  "a1" [label="Say \"hi\" \\N to <b>", class="ready"];
  "end" [label="two lines; #hash", class="done"];
  "c" [label="c `größe`"];
  "a1" -> "end";
  "a1" -> "c";
  "end" -> "c";
}
"""
    assert to_dot(NODES, WAITS) == expected


def test_mermaid() -> None:
    expected = """graph LR
  n0["Say #34;hi#34; #92;N to #60;b#62;"]:::ready
  n1["two lines#59; #35;hash"]:::done
  n2["c #96;größe#96;"]
  n0 --> n1
  n0 --> n2
  n1 --> n2
"""
    assert to_mermaid(NODES, WAITS) == expected


def test_json() -> None:
    assert to_json(NODES[1:], WAITS) == {
        "nodes": [
            {"id": "end", "label": "two\nlines; #hash", "group": "done"},
            {"id": "c", "label": "c `größe`", "group": ""},
        ],
        "edges": [{"from": "end", "to": "c"}],
    }
