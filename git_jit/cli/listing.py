"""Lists of issues, in the shape that was asked for: lines, a table, a format, or JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar

import click

from git_jit.cli import App
from git_jit.cli.fields import ALL, SHORT, Record, check_field, parse_fields, records
from git_jit.cli.json_out import envelope, minified
from git_jit.cli.names import short_names
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.view import Selection, View

LINE_FIELDS: Final = ("id", "state", "priority", "assignee", "title", "labels")
"""A line in a pipe, separated by tabs."""


class BadFormat(UsageError):
    """The text of `--format` is not a template."""

    code = "bad_format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the issues of a list shall look."""

    fields: tuple[str, ...] | None = None
    full: bool = False
    template: str | None = None
    nul: bool = False
    exit_code: bool = False


Function = TypeVar("Function", bound=Callable[..., object])


def shape_options(function: Function) -> Function:
    """The options of every command that lists issues; they arrive as one `shape`."""

    @wraps(function)
    def shaped(*args: Any, **kwargs: Any) -> object:
        fields = kwargs.pop("fields")
        shape = Shape(
            fields=parse_fields(fields) if fields is not None else None,
            full=kwargs.pop("full"),
            template=kwargs.pop("template"),
            nul=kwargs.pop("nul"),
            exit_code=kwargs.pop("exit_code"),
        )
        return function(*args, shape=shape, **kwargs)

    for option in (
        click.option("--exit-code", is_flag=True, help="Exit with 1 when the list is empty."),
        click.option("-z", "nul", is_flag=True, help="End records with NUL instead of a line break."),
        click.option("--format", "template", metavar="TEXT", help="One line an issue, like '{id} {title}'."),
        click.option("--fields", metavar="A,B", help="Only these fields, in this order."),
        click.option("--full", is_flag=True, help="Whole issues (with --json)."),
    ):
        option(shaped)
    return shaped  # type: ignore[return-value]


def show_list(
    app: App, view: View, selection: Selection, shape: Shape, *, offset: int = 0, order: str = "--limit 0"
) -> int:
    """Print the selected issues; the exit status. What a limit left out is said, never silent."""
    returned = len(selection.ids)
    following = offset + returned
    left = selection.total - following
    if app.json:
        names = ALL if shape.full else shape.fields or SHORT
        found = records(view, selection.ids, names)
        next = str(following) if left > 0 and returned else None
        app.stdout.write(envelope(found, total=selection.total, returned=returned, next=next))
    else:
        if returned:
            _write_text(app, view, selection, shape)
        if left > 0:
            app.note(f"… {left} more ({order} shows all)")
        elif not selection.total:
            app.note("no issues")
    return 1 if shape.exit_code and not selection.total else 0


def _write_text(app: App, view: View, selection: Selection, shape: Shape) -> None:
    end = "\0" if shape.nul else "\n"
    if shape.template is not None:
        pieces = parse_template(shape.template)
        found = _abbreviated(view, records(view, selection.ids, pieces.names))
        app.stdout.writelines(pieces.fill(record) + end for record in found)
        return
    if shape.fields is None and not shape.nul and app.on_screen:
        from git_jit.cli.terminal import issue_table

        issue_table(app, view, selection)
        return
    found = _abbreviated(view, records(view, selection.ids, shape.fields or LINE_FIELDS))
    app.stdout.writelines("\t".join(map(field_text, record.values())) + end for record in found)


def _abbreviated(view: View, found: list[Record]) -> list[Record]:
    """Text names issues by short ids; JSON keeps them whole."""
    ids = [record["id"] for record in found if "id" in record]
    names: Mapping[object, str] = short_names(view, ids)  # type: ignore[arg-type,assignment]
    return [{**record, "id": names[record["id"]]} if "id" in record else record for record in found]


def field_text(value: object) -> str:
    """One field as a piece of one line."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return one_line(value)
        case tuple() | list() if all(isinstance(member, str) for member in value):
            return one_line(",".join(value))
        case tuple() | list() | dict():
            return minified(value).rstrip("\n") if value else ""
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes: `pieces` are literal texts and, at odd places, the names of fields."""

    pieces: Sequence[str]

    @property
    def names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(self.pieces[1::2]))

    def fill(self, record: Record) -> str:
        return "".join(field_text(record[piece]) if at % 2 else piece for at, piece in enumerate(self.pieces))


def parse_template(text: str) -> Template:
    r"""Read `'{id} {title}'`; `{{` and `}}` are braces, `\t` and `\n` what they are in most languages.

    Raises `BadFormat`, or `UnknownField`.
    """
    text = text.replace("\\t", "\t").replace("\\n", "\n")
    pieces = [""]
    at = 0
    while at < len(text):
        if text[at : at + 2] in {"{{", "}}"}:
            pieces[-1] += text[at]
            at += 2
        elif text[at] == "{":
            end = text.find("}", at)
            if end < 0:
                raise BadFormat(f"'{{' is never closed in '{text}'", hint="write '{{' for a brace")
            name = text[at + 1 : end].strip().lower().replace("-", "_")
            check_field(name)
            pieces += [name, ""]
            at = end + 1
        elif text[at] == "}":
            raise BadFormat(f"'}}' closes nothing in '{text}'", hint="write '}}' for a brace")
        else:
            pieces[-1] += text[at]
            at += 1
    return Template(tuple(pieces))
