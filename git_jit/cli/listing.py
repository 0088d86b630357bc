"""Lists of issues, in the shape that was asked for: lines, a table, a format, or JSON."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final, TypeVar

from git_jit.cli import App, options
from git_jit.cli.fields import ALL, SHORT, Record, field_text, parse_fields, records
from git_jit.cli.json_out import envelope
from git_jit.cli.names import short_names
from git_jit.cli.parameters import add, flag, text
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import Priority, State
from git_jit.ops.queries import doubts
from git_jit.record import record
from git_jit.text import cut
from git_jit.view import Row, Selection, View

LINE_FIELDS: Final = ("id", "state", "priority", "assignee", "title", "labels")
"""A line in a pipe, separated by tabs."""
TENTATIVE: Final = "~claimed"
"""Stands beside the state of what was claimed here where nobody could be asked."""
COMPACT: Final = 60
"""Bytes of a line of `--compact` without its end: 50 issues are less than 3 KiB (interface.md, "Agents")."""

OPTIONS: Final = (
    flag("--full", "Whole issues (with --json)."),
    text("--fields", metavar="A,B", help="Only these fields, in this order."),
    flag("--compact", "A short line an issue, for readers that pay by the word; long titles end in '…'."),
    text("--format", dest="template", metavar="TEXT", help="One line an issue, like '{id} {title}'."),
    flag("-z", "End records with NUL instead of a line break.", dest="nul"),
    flag("--exit-code", "Exit with 1 when the list is empty."),
)


@record(kw_only=True)
class Shape:
    """How the issues of a list shall look."""

    fields: tuple[str, ...] | None = None
    full: bool = False
    compact: bool = False
    template: str | None = None
    nul: bool = False
    exit_code: bool = False
    also: tuple[str, ...] = ()
    """Fields that the question is about, behind those that every list has."""


Function = TypeVar("Function", bound=Callable[..., object])


def shape_options(function: Function) -> Function:
    """The options of every command that lists issues; they arrive as one `shape`."""

    @wraps(function)
    def shaped(*args: Any, **kwargs: Any) -> object:
        if kwargs["template"] is not None:
            check_template(kwargs["template"])
        fields, compact = kwargs.pop("fields"), kwargs.pop("compact")
        if compact:
            check_compact(args[0], fields, kwargs["template"])
        shape = Shape(
            fields=parse_fields(fields) if fields is not None else None,
            full=kwargs.pop("full"),
            compact=compact,
            template=kwargs.pop("template"),
            nul=kwargs.pop("nul"),
            exit_code=kwargs.pop("exit_code"),
        )
        return function(*args, shape=shape, **kwargs)

    return add(OPTIONS, shaped)  # type: ignore[return-value]


def list_options(function: Function) -> Function:
    """What every question takes: an order, a part of the answer, a revision, and a shape."""
    for option in (options.color, shape_options, options.at, options.offset, options.limit, options.sort):
        function = option(function)
    return function


def show_list(
    app: App,
    view: View,
    selection: Selection,
    shape: Shape,
    *,
    offset: int = 0,
    order: str = "--limit 0",
    warnings: Sequence[str] = (),
) -> int:
    """Print the selected issues; the exit status. What a limit left out is said, never silent."""
    returned = len(selection.ids)
    following = offset + returned
    left = selection.total - following
    warnings, hoped = (*doubts(view), *warnings), tentative(app)
    if app.json:
        names = ALL if shape.full else shape.fields or (*SHORT, *shape.also)
        found = records(view, selection.ids, names)
        if shape.fields is None:
            found = [{**one, "tentative": hoped[one["id"]]} if one["id"] in hoped else one for one in found]
        next = str(following) if left > 0 and returned else None
        app.stdout.write(envelope(found, total=selection.total, returned=returned, next=next, warnings=warnings))
    else:
        if returned:
            _write_text(app, view, selection, shape, hoped)
        if left > 0:
            app.note(f"… {left} more ({order} shows all)")
        elif not selection.total:
            app.note("no issues")
        for warning in warnings:
            app.note(f"note: {warning}")
    return 1 if shape.exit_code and not selection.total else 0


def check_compact(app: App, *others: str | None) -> None:
    """Refuse `--compact` beside another shape: it is one, and JSON never holds less than what there is."""
    if app.json or any(other is not None for other in others):
        raise UsageError(
            "'--compact' is a shape of its own, for text", hint="with '--json' choose with '--fields id,title'"
        )


def check_template(text: str) -> None:
    """Refuse a format that cannot be read before anything else happens, with `--json` too."""
    from git_jit.cli.template import parse_template

    parse_template(text)


def tentative(app: App) -> Mapping[object, str]:
    """Who claimed what tentatively in this clone, by issue. Costs nothing where no remote decides about claims."""
    if not app.store.decides_elsewhere():
        return {}
    from git_jit.ops.tentative import noted

    return {id: lease.holder.actor for id, lease in noted(app.store).items() if lease.holder}


def _write_text(app: App, view: View, selection: Selection, shape: Shape, hoped: Mapping[object, str]) -> None:
    end = "\0" if shape.nul else "\n"
    if shape.template is not None:
        from git_jit.cli.template import parse_template

        pieces = parse_template(shape.template)
        found = abbreviated(view, records(view, selection.ids, pieces.names))
        app.stdout.writelines(pieces.fill(record) + end for record in found)
        return
    if shape.compact:
        names = short_names(view, selection.ids)
        rows = view.rows(selection.ids)
        app.stdout.writelines(compact_line(row, names[row.id], claimed=row.id in hoped) + end for row in rows)
        return
    if shape.fields is None and not shape.nul and app.on_screen:
        from git_jit.cli.terminal import issue_table

        issue_table(app, view, selection, hoped)
        return
    plain = records(view, selection.ids, shape.fields or (*LINE_FIELDS, *shape.also))
    if hoped and shape.fields is None:
        plain = [{**one, "state": f"{one['state']} {TENTATIVE}"} if one["id"] in hoped else one for one in plain]
    found = abbreviated(view, plain)
    app.stdout.writelines(line_of(record) + end for record in found)


def line_of(record: Record) -> str:
    """The fields of an issue on one line, separated by tabs."""
    return "\t".join(map(field_text, record.values()))


def compact_line(row: Row, name: str, *, claimed: bool = False) -> str:
    """`3f9c2a1 [high] Repair the door`, in `COMPACT` bytes at most: in brackets is only what is unusual."""
    unusual = [*([row.state] if row.state is not State.READY else []), *(["blocked"] if row.blocked else [])]
    unusual += [TENTATIVE] if claimed else []
    unusual += [row.priority] if row.priority != Priority.NORMAL else []
    marks = f"[{' '.join(unusual)}] " if unusual else ""
    return cut(one_line(f"{name} {marks}{row.title}"), COMPACT)


def abbreviated(view: View, found: list[Record]) -> list[Record]:
    """Text names issues by short ids; JSON keeps them whole."""
    ids = [record["id"] for record in found if "id" in record]
    names: Mapping[object, str] = short_names(view, ids)  # type: ignore[arg-type,assignment]
    return [{**record, "id": names[record["id"]]} if "id" in record else record for record in found]
