"""The graph as text for others (dot, Mermaid, JSON) and as a picture (SVG). Equal input, equal output."""

from git_jit.drawing.drawn import Drawn
from git_jit.drawing.languages import to_dot, to_json, to_mermaid
from git_jit.drawing.svg import to_svg

__all__ = ["Drawn", "to_dot", "to_json", "to_mermaid", "to_svg"]
