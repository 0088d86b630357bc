"""What a benchmark finds: figures with their reference, as JSON, as Markdown, compared with an earlier run."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

NOTEWORTHY = 0.10
"""A ratio that changed by more than this part is reported."""


SLOWER = 1.25
"""A figure of ours that became worse by more than this factor is a regression. Two runs of the same code differ by a
tenth in many figures, by a quarter in few."""
RATE = "/s"
"""The unit of which more is better."""
REFERENCES = (
    *("bare interpreter", "git --version", "git log", "git cat-file"),
    *("import click", "Taskwarrior", "reference"),
)
"""How the names begin of what is measured beside ours."""
COMPUTING = "import click"
"""The reference that computes, as ours do; the bare interpreter mostly waits for files. Where the ratio of the two is
another one, so is the machine, and ratios of two runs mislead."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `ratio` is `value` over that of the reference of the same run, and what two runs are compared by; a figure
    without one (a count, a size) is compared by value. `target` is an upper limit for the ratio if there is
    one, unless `absolute`.
    """

    bench: str
    name: str
    value: float
    unit: str
    size: int | None = None
    ratio: float | None = None
    target: float | None = None
    absolute: bool = False

    @property
    def key(self) -> tuple[str, str, int | None]:
        return self.bench, self.name, self.size

    @property
    def judged(self) -> float:
        return self.value if self.absolute or self.ratio is None else self.ratio

    @property
    def missed(self) -> bool:
        return self.target is not None and self.judged > self.target

    @property
    def shown(self) -> str:
        text = _number(self.value) + ("" if self.unit == "ms" else f" {self.unit}".rstrip())
        if self.ratio is not None:
            text += f" ({self.ratio:.{2 if self.missed else 1}f}×)"
        if self.missed:
            text = f"**{text}, not ≤ {self.target:g}**"
        return text


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one run, and what the machine was like."""

    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)

    def save(self, path: Path) -> None:
        told = {"machine": self.machine, "figures": [_brief(figure) for figure in self.figures]}
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Report":
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(told["machine"], [Figure(**figure) for figure in told["figures"]])


def _brief(figure: Figure) -> dict[str, Any]:
    rounded = {"value": round(figure.value, 4), "ratio": figure.ratio and round(figure.ratio, 3)}
    return {
        name: value for name, value in (asdict(figure) | rounded).items() if value is not None and value is not False
    }


def machine(python: str) -> dict[str, Any]:
    """What figures depend on. No names, no paths."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    return {
        "cpus": os.cpu_count(),
        "system": platform.system(),
        "python": version,
        "git": git,
        "taskwarrior": _taskwarrior(),
    }


def _taskwarrior() -> str:
    if shutil.which("task") is None:
        return "not installed"
    return subprocess.run(["task", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def tables(figures: Sequence[Figure]) -> str:
    """One Markdown table for each benchmark: a row a name, a column a size."""
    benches = dict.fromkeys(figure.bench for figure in figures)
    return "\n".join(f"### {name}\n\n{_table([f for f in figures if f.bench == name])}" for name in benches)


def _table(figures: Sequence[Figure]) -> str:
    sizes = sorted({figure.size for figure in figures}, key=lambda size: size or 0)
    columns = ["" if size is None else f"{size:,}" for size in sizes]
    lines = [f"| | {' | '.join(columns)} | target |", "|---" * (len(sizes) + 2) + "|"]
    for name in dict.fromkeys(figure.name for figure in figures):
        row = {figure.size: figure for figure in figures if figure.name == name}
        cells = [row[size].shown if size in row else "" for size in sizes]
        lines.append(f"| {name} | {' | '.join(cells)} | {_targets(row.values())} |")
    return "\n".join(lines) + "\n"


def _targets(row: Iterable[Figure]) -> str:
    told = dict.fromkeys(
        f"{figure.target:g}{'×' if not figure.absolute and figure.ratio is not None else ''}"
        for figure in row
        if figure.target is not None
    )
    return f"≤ {' / '.join(told)}" if told else ""


def misses(figures: Iterable[Figure]) -> list[str]:
    return [
        f"{figure.name}{f' at {figure.size:,}' if figure.size else ''}: {figure.shown.strip('*')}"
        for figure in figures
        if figure.missed
    ]


def changes(before: Report, now: Report) -> list[str]:
    """What differs by more than `NOTEWORTHY`, in words; and what was measured only once."""
    old = {figure.key: figure for figure in before.figures}
    found = []
    for figure in now.figures:
        earlier = old.get(figure.key)
        if earlier is None:
            found.append(f"{_name(figure)}: new, {figure.shown}")
        elif earlier.judged and abs(change := figure.judged / earlier.judged - 1) > NOTEWORTHY:
            found.append(f"{_name(figure)}: {earlier.judged:.2f} → {figure.judged:.2f} ({change:+.0%})")
    return found


def regressions(before: Report, now: Report, factor: float = SLOWER) -> list[tuple[str, float, float, float]]:
    """What of ours became worse by more than `factor`: name, then, now, and by which factor; the worst first."""
    old = {figure.key: figure for figure in before.figures}
    found = []
    for figure in now.figures:
        earlier = old.get(figure.key)
        if earlier is None or figure.name.startswith(REFERENCES) or not (earlier.judged > 0 < figure.judged):
            continue
        worse = earlier.judged / figure.judged if figure.unit == RATE else figure.judged / earlier.judged
        if worse > factor:
            found.append((_name(figure), earlier.judged, figure.judged, worse))
    return sorted(found, key=lambda one: -one[-1])


def told(found: Sequence[tuple[str, float, float, float]], factor: float) -> str:
    """Regressions as a table."""
    if not found:
        return f"nothing became slower by more than {factor:g} ×"
    rows = [f"| {name} | {then:.2f} | {now:.2f} | {worse:.2f} × |" for name, then, now, worse in found]
    head = ["", "| | then | now | worse by |", "|---|---|---|---|"]
    return "\n".join([f"{len(found)} became slower by more than {factor:g} ×", *head, *rows])


def another_machine(before: Report, now: Report) -> str | None:
    """Why the two runs should not be compared; None where the references agree."""
    ratios = [
        {figure.size: figure.ratio for figure in report.figures if figure.name == COMPUTING and figure.ratio}
        for report in (before, now)
    ]
    moved = [ratios[1][size] / ratios[0][size] for size in ratios[0].keys() & ratios[1].keys()]
    if not moved or all(abs(one - 1) <= NOTEWORTHY for one in moved):
        return None
    most = max(moved, key=lambda one: abs(one - 1))
    return (
        f"another machine, or a busy one: '{COMPUTING}' itself is {most:.2f} × what it was; measure the older commit "
        "here and now before you believe the table"
    )


def _name(figure: Figure) -> str:
    return f"{figure.bench}, {figure.name}{f', {figure.size:,}' if figure.size else ''}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
