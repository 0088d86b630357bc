"""Time against the number of issues, as SVG: the same figures give the same bytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.harness import BARE

PLOTS = {
    "reads": [
        "list",
        "filter by state and label",
        "ready",
        "show",
        "search",
        "completion of an id",
        "list all as JSON",
    ],
    "writes": ["create", "update", "bulk-update of a tenth"],
}
REFERENCES = {
    "reads": ["Taskwarrior: list", "git cat-file --batch of all issues"],
    "writes": ["Taskwarrior: create", "Taskwarrior: update"],
}


def draw(figures: Sequence[Figure], directory: Path) -> list[Path]:
    """One plot for each group of commands. Nothing where there are not two sizes to join."""
    measured = [figure for figure in figures if figure.bench == "commands" and figure.ratio is not None]
    if len({figure.size for figure in measured}) < 2:
        return []
    directory.mkdir(parents=True, exist_ok=True)
    return [_plot(measured, name, directory / f"{name}.svg") for name in PLOTS]


def _plot(figures: Sequence[Figure], name: str, path: Path) -> Path:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    settings = {"svg.hashsalt": "git-jit", "svg.fonttype": "none", "font.size": 9}
    with plt.rc_context(settings):
        canvas, axes = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
        for line in PLOTS[name]:
            _line(axes, figures, line, "-")
        for line in REFERENCES[name]:
            _line(axes, figures, line, "--")
        axes.axhline(1, color="black", linewidth=0.8, label=BARE)
        axes.set(xscale="log", yscale="log", xlabel="issues", ylabel="× bare interpreter (whole process)")
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend(fontsize=7)
        plt.savefig(path, metadata={"Date": None})
        plt.close(canvas)
    return path


def _line(axes: Any, figures: Sequence[Figure], name: str, style: str) -> None:
    points = sorted((figure.size or 0, figure.ratio or 0.0) for figure in figures if figure.name == name)
    if points:
        axes.plot(*zip(*points, strict=True), style, marker="o", markersize=3, linewidth=1, label=name)
