"""Options and arguments that several commands share, so that the same word means the same everywhere."""

from collections.abc import Callable
from typing import TypeVar

import click

from git_jit.cli import App

Function = TypeVar("Function", bound=Callable[..., object])

LIST_LIMIT = 50
"""Issues that a list shows by itself: a screen or two; how many more there are is always said."""


def _set_actor(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_object(App).actor_name = value  # type: ignore[union-attr]


def _set_color(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_object(App).color = value  # type: ignore[union-attr]


ids = click.argument("ids", metavar="ID...", nargs=-1, required=True)
id = click.argument("id", metavar="ID")
actor = click.option("--actor", metavar="KIND:NAME", expose_value=False, callback=_set_actor, help="Act as this actor.")
color = click.option(
    "--color",
    type=click.Choice(["always", "never", "auto"]),
    is_flag=False,
    flag_value="always",
    expose_value=False,
    callback=_set_color,
    help="When to use colours.",
)
if_version = click.option(
    "--if-version", metavar="OID", help="Refuse when the issue is no longer this version (see 'show --json')."
)
dry_run = click.option("--dry-run/--no-dry-run", "-n", default=False, help="Say what would happen, and do nothing.")
reason = click.option("--reason", "-r", metavar="TEXT", help="Why; kept in history.")
force = click.option("--force/--no-force", default=False, help="Overrule rules that allow it; needs --reason.")
at = click.option("--at", metavar="REVISION", help="As of this commit of the issues.")
limit = click.option(
    "--limit", "-L", type=click.IntRange(min=0), metavar="N", help="At most this many; 0 for no limit."
)
offset = click.option(
    "--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out so many first ('next' of --json)."
)
sort = click.option("--sort", metavar="FIELD,...", help="Order, like '-priority,created'; '-' is descending.")
