"""The options that change an issue, and the `Patch` they make. `update` and `bulk-update` share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from git_jit.cli import App, words
from git_jit.model import Link
from git_jit.ops.edit import LEAVE, Patch

Function = TypeVar("Function", bound=Callable[..., object])

CHANGES: Sequence[Callable[[Any], Any]] = (
    click.option("--state", "-s", type=words.VERB, help="New state: 'ready', 'done', 'reopen' and so on."),
    click.option("--priority", "-p", type=words.PRIORITY, help="low, normal, high or critical."),
    click.option("--assignee", "-a", metavar="WHO", help="'me', 'none' or 'kind:name'."),
    click.option("--add-label", "--label", "-l", "add_label", multiple=True, metavar="L", help="Add labels."),
    click.option("--remove-label", multiple=True, metavar="L", help="Remove labels."),
    click.option("--type", "type_", metavar="T", help="Set the label 'type:T'; 'none' removes it."),
    click.option("--epic", metavar="E", help="Set the label 'epic:E'; 'none' removes it."),
    click.option("--milestone", "-m", metavar="M", help="Set the label 'milestone:M'; 'none' removes it."),
    click.option("--parent", metavar="ID", help="Belongs to this issue; 'none' for no parent."),
    click.option("--depends-on", multiple=True, metavar="ID", help="Wait for these issues too."),
    click.option("--no-longer-depends-on", multiple=True, metavar="ID", help="Wait for these no longer."),
    click.option("--link", multiple=True, metavar="TYPE:ID", help="Link, like 'relates-to:3f9c2a1'."),
    click.option("--unlink", multiple=True, metavar="TYPE:ID", help="Remove a link."),
    click.option("--add-gate", multiple=True, metavar="KEY", help="Require these gates."),
    click.option("--remove-gate", multiple=True, metavar="KEY", help="Require these gates no longer."),
    click.option("--due", metavar="DATE", help="Due on this day ('2026-12-24', '7d'); 'none' for none."),
    click.option("--defer", metavar="DATE", help="Not ready before this day; 'none' for none."),
    click.option("--estimate", metavar="TIME", help="Like '90', '2h30m', '1d' (8 h); 'none' for none."),
    click.option("--context", multiple=True, metavar="KEY=TEXT", help="Remember a text; 'KEY=' forgets it."),
    click.option("--field", multiple=True, metavar="NAME=VALUE", help="Set a custom field; JSON or text."),
)


def change_options(function: Function) -> Function:
    """Adds `CHANGES`; they arrive as one mapping `changes`."""
    names: set[str] = set()

    def changed(*args: Any, **kwargs: Any) -> object:
        changes = {name: kwargs.pop(name) for name in names}
        return function(*args, changes=changes, **kwargs)

    decorated: Any = changed
    changed.__doc__ = function.__doc__
    changed.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined]
    before = len(changed.__click_params__)  # type: ignore[attr-defined]
    for option in reversed(CHANGES):
        decorated = option(decorated)
    names.update(parameter.name for parameter in decorated.__click_params__[before:])
    return decorated  # type: ignore[no-any-return]


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
