"""Answers that are not lists of issues: pairs, rows, one value; each as text, table or JSON."""

from collections.abc import Callable, Mapping, Sequence

from git_jit.cli import App
from git_jit.cli.json_out import envelope
from git_jit.cli.sanitize import one_line


def answer(app: App, data: object, text: Callable[[], str], *, total: int = 1, warnings: Sequence[str] = ()) -> None:
    """The data of a command: JSON when asked for, else the lines of `text` (already sanitised) and the warnings."""
    if app.json:
        app.stdout.write(envelope(data, total=total, returned=total, warnings=warnings))
        return
    app.stdout.write(text())
    for warning in warnings:
        app.note(f"note: {one_line(warning)}")


def show_rows(
    app: App,
    data: object,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    empty: str,
    warnings: Sequence[str] = (),
) -> int:
    """A small table: tab-separated in a pipe, aligned on a terminal."""
    if app.json:
        app.stdout.write(envelope(data, total=len(rows), returned=len(rows), warnings=warnings))
        return 0
    if not rows:
        app.note(empty)
    elif app.on_screen:
        from git_jit.cli.terminal import plain_table

        plain_table(app, head, rows)
    else:
        app.stdout.writelines("\t".join(map(one_line, row)) + "\n" for row in rows)
    for warning in warnings:
        app.note(f"note: {one_line(warning)}")
    return 0


def show_pairs(app: App, found: Mapping[str, str], *, head: tuple[str, str], empty: str) -> int:
    return show_rows(app, dict(found), head, list(found.items()), empty=empty)
