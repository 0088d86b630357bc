"""The options that change an issue, and the `Patch` they make. `update` and `bulk-update` share them."""

from collections.abc import Mapping, Sequence
from functools import wraps
from typing import Any, Final, cast

from git_jit.cli import App, words
from git_jit.cli.parameters import Function, Option, add, text
from git_jit.model import Link
from git_jit.ops.edit import LEAVE, Patch

CHANGES: Final[Sequence[Option]] = (
    words.state_option("New state: 'ready', 'done', 'reopen' and so on."),
    words.priority_option("low, normal, high or critical."),
    text("--assignee", "-a", metavar="WHO", help="'me', 'none' or 'kind:name'."),
    text("--add-label", "--label", "-l", dest="add_label", many=True, metavar="L", help="Add labels."),
    text("--remove-label", many=True, metavar="L", help="Remove labels."),
    text("--type", dest="type_", metavar="T", help="Set the label 'type:T'; 'none' removes it."),
    text("--epic", metavar="E", help="Set the label 'epic:E'; 'none' removes it."),
    text("--milestone", "-m", metavar="M", help="Set the label 'milestone:M'; 'none' removes it."),
    text("--parent", metavar="ID", help="Belongs to this issue; 'none' for no parent."),
    text("--depends-on", many=True, metavar="ID", help="Wait for these issues too."),
    text("--no-longer-depends-on", many=True, metavar="ID", help="Wait for these no longer."),
    text("--link", many=True, metavar="TYPE:ID", help="Link, like 'relates-to:3f9c2a1'."),
    text("--unlink", many=True, metavar="TYPE:ID", help="Remove a link."),
    text("--add-gate", many=True, metavar="KEY", help="Require these gates."),
    text("--remove-gate", many=True, metavar="KEY", help="Require these gates no longer."),
    text("--due", metavar="DATE", help="Due on this day ('2026-12-24', '7d'); 'none' for none."),
    text("--defer", metavar="DATE", help="Not ready before this day; 'none' for none."),
    text("--estimate", metavar="TIME", help="Like '90', '2h30m', '1d' (8 h); 'none' for none."),
    text("--context", many=True, metavar="KEY=TEXT", help="Remember a text; 'KEY=' forgets it."),
    text("--field", many=True, metavar="NAME=VALUE", help="Set a custom field; JSON or text."),
)


def change_options(function: Function) -> Function:
    """Adds `CHANGES`; they arrive as one mapping `changes`."""

    @wraps(function)
    def changed(*args: Any, **kwargs: Any) -> object:
        changes = {option.dest: kwargs.pop(option.dest) for option in CHANGES}
        return function(*args, changes=changes, **kwargs)

    return add(CHANGES, cast("Function", changed))


def patch_of(app: App, changes: Mapping[str, Any], *, title: str | None = None, body: str | None = None) -> Patch:
    """The patch that the options ask for."""
    return Patch(
        title=title if title is not None else LEAVE,
        description=body if body is not None else LEAVE,
        state=words.verb(changes["state"]),
        priority=words.priority(changes["priority"]),
        assignee=words.assignee(app, changes["assignee"]),
        due=words.optional(changes["due"], words.date(app)),
        defer_until=words.optional(changes["defer"], words.date(app)),
        estimate=words.optional(changes["estimate"], words.minutes),
        add_labels=words.several(changes["add_label"]),
        remove_labels=words.several(changes["remove_label"]),
        set_labels=_set_labels(changes),
        add_dependencies=words.several(changes["depends_on"]),
        remove_dependencies=words.several(changes["no_longer_depends_on"]),
        parent=words.optional(changes["parent"], str),
        add_links=tuple(link(text) for text in words.several(changes["link"])),
        remove_links=tuple(link(text) for text in words.several(changes["unlink"])),
        add_gates=words.several(changes["add_gate"]),
        remove_gates=words.several(changes["remove_gate"]),
        context={key: text or None for key, text in words.pairs(changes["context"], "context").items()},
        fields={name: words.json_or_text(text) for name, text in words.pairs(changes["field"], "field").items()},
    )


def link(text: str) -> Link:
    """Reads `relates-to:3f9c2a1`; without a type it is `relates-to`."""
    type, colon, target = text.rpartition(":")
    return Link(type if colon else "relates-to", target)


def _set_labels(changes: Mapping[str, Any]) -> dict[str, str | None]:
    said = {"type": changes["type_"], "epic": changes["epic"], "milestone": changes["milestone"]}
    return {name: None if value.lower() == words.NONE else value for name, value in said.items() if value is not None}
