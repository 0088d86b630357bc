"""For people: aligned tables, colours, relative times, git's pager. Imported only when one is watching.

The only importer of rich. Every piece of foreign text enters as `Text(one_line(…))`, never as markup: with
rich's defaults a label `label:bug:foo` becomes an emoji and `[/path]` an exception.
"""

import io
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.console import Console, RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from git_jit.cli import App
from git_jit.cli.names import short_names
from git_jit.cli.paging import write_long
from git_jit.cli.sanitize import block, one_line
from git_jit.model import State, Timestamp
from git_jit.view import Row, Selection, View

STATE_STYLES: Final = {
    State.BACKLOG: "dim",
    State.READY: "green",
    State.IN_PROGRESS: "cyan",
    State.GATED: "magenta",
    State.DONE: "blue",
    State.REJECTED: "dim",
    State.ARCHIVED: "dim",
}
PRIORITY_STYLES: Final = {"critical": "bold red", "high": "yellow", "normal": "", "low": "dim"}
ID_STYLE: Final = "yellow"
"""As git shows the name of a commit."""
BLOCKED_STYLE: Final = "red"
HEADS: Final = ("ID", "STATE", "PRIORITY", "ASSIGNEE", "TITLE", "LABELS", "AGE")
DROPPED_FIRST: Final = ("AGE", "LABELS", "ASSIGNEE", "PRIORITY")
"""Columns that a narrow screen does without, in this order."""
MIN_FLEXIBLE: Final = 30
"""Columns of a title that still tell issues apart."""
MIN_WIDTH: Final = 20
"""Columns below which nothing is laid out: the terminal breaks the lines, and all of them can be read."""
GAP: Final = 2
MAX_LABELS_WIDTH: Final = 30
UNITS: Final = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
)
"""Seconds of each; months and years as git's relative dates round them."""


def issue_table(app: App, view: View, selection: Selection, hoped: Container[object] = ()) -> None:
    """A list of issues as an aligned table. `hoped`: those that are claimed tentatively here."""
    names = short_names(view, selection.ids)
    now = app.now()
    columns: dict[str, list[Text]] = {head: [] for head in HEADS}
    for row in view.rows(selection.ids):
        columns["ID"].append(Text(names[row.id], ID_STYLE))
        state = state_text(row.state, blocked=row.blocked)
        columns["STATE"].append(state.append(" ~claimed", "dim") if row.id in hoped else state)
        columns["PRIORITY"].append(Text(row.priority, PRIORITY_STYLES.get(row.priority, "")))
        columns["ASSIGNEE"].append(Text(one_line(row.assignee or "")))
        columns["TITLE"].append(Text(one_line(row.title)))
        columns["LABELS"].append(_labels(row))
        columns["AGE"].append(Text(relative(row.created_at, now), "dim"))
    show(app, [_table(columns, max(app.size()[0], MIN_WIDTH), flexible="TITLE", droppable=DROPPED_FIRST)])


def _labels(row: Row) -> Text:
    text = Text(one_line(" ".join(row.labels)), "dim")
    text.truncate(MAX_LABELS_WIDTH, overflow="ellipsis")
    return text


def state_text(state: State | None, *, blocked: bool) -> Text:
    """A state in its colour, with a word about what it waits for."""
    if state is None:
        return Text("missing", BLOCKED_STYLE)
    text = Text(state, STATE_STYLES[state])
    return text.append(" blocked", BLOCKED_STYLE) if blocked else text


def plain_table(app: App, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Any other table; the last column takes the room that is left."""
    columns = {name: [Text(one_line(row[at])) for row in rows] for at, name in enumerate(head)}
    show(app, [_table(columns, max(app.size()[0], MIN_WIDTH), flexible=head[-1])])


def page_of(
    app: App, head: Sequence[tuple[str, str]], title: str, body: str, remarks: Iterable[tuple[str, str]]
) -> None:
    """One issue as a page: title, fields, the description as Markdown, then the comments."""
    fields = Table.grid(padding=(0, GAP, 0, 0))
    fields.add_column(no_wrap=True)
    fields.add_column(overflow="fold")
    for name, value in head:
        fields.add_row(Text(name, "dim"), Text(one_line(value)))
    parts: list[RenderableType] = [Text(one_line(title), "bold"), fields]
    if body:
        parts += [Text(), Markdown(block(body), hyperlinks=False)]
    for said_by, text in remarks:
        parts += [Text(), Text(one_line(said_by), "dim"), Markdown(block(text), hyperlinks=False)]
    show(app, parts)


def show(app: App, parts: Sequence[RenderableType]) -> None:
    """Print, through git's pager when it is more than a screen."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=max(app.size()[0], MIN_WIDTH),
        force_terminal=True,
        no_color=not wants_color(app),
        color_system="standard" if wants_color(app) else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    text = "\n".join(line.rstrip() for line in buffer.getvalue().split("\n"))
    write_long(app, text)


def wants_color(app: App) -> bool:
    """`--color`, else `NO_COLOR`, else `color.jit`, else `color.ui`: git's order."""
    said = app.color
    if said is None and app.environ.get("NO_COLOR"):
        return False
    if said is None:
        said = app.git.config("color.jit") or app.git.config("color.ui") or "auto"
    if said == "always":
        return True
    return said not in {"never", "false", "no", "off", "0"} and app.environ.get("TERM") != "dumb"


def relative(then: Timestamp, now: Timestamp) -> str:
    """How long ago, in the largest unit that fits, as git says it.

    >>> relative(Timestamp("2026-11-18T09:00:00.000000Z"), Timestamp("2026-11-21T09:00:00.000000Z"))
    '3 days ago'
    """
    seconds = int((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in UNITS:
        count = seconds // length
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _table(columns: Mapping[str, Sequence[Text]], width: int, *, flexible: str, droppable: Sequence[str] = ()) -> Table:
    """A table as wide as it must be. When the screen is too narrow, the flexible column is cut with an ellipsis,
    and `droppable` ones go before it gets narrower than `MIN_FLEXIBLE`.
    """
    widths = {head: max(len(head), *(text.cell_len for text in texts)) for head, texts in columns.items()}

    def room() -> int:
        return width - sum(n + GAP for head, n in widths.items() if head != flexible)

    for head in droppable:
        if room() < min(widths[flexible], MIN_FLEXIBLE):
            del widths[head]
    widths[flexible] = max(1, min(widths[flexible], room()))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for head, n in widths.items():
        table.add_column(head, width=n, no_wrap=True, overflow="ellipsis")
    for cells in zip(*(columns[head] for head in widths), strict=True):
        table.add_row(*cells)
    return table
