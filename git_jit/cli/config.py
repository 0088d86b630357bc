"""`config`: the rules of a repository, kept with the issues and shared by everybody."""

import click

from git_jit import config_keys
from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.fields import field_text
from git_jit.cli.json_out import minified
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import one_line
from git_jit.model import Json
from git_jit.ops import settings


@command("list", examples=["git jit config list", "git jit config list --at ~3"])
@options.at
@options.color
def list_(app: App, at: str | None) -> int:
    """List every rule with its value."""
    with app.store.view(at) as view:
        found = config_keys.entries(view.config)
    return show_rows(app, dict(found), ("RULE", "VALUE"), [(key, _text(value)) for key, value in found], empty="none")


@command("get", examples=["git jit config get stale_days", "git jit config get namespaces.epic --json"])
@click.argument("key")
@options.at
def get(app: App, key: str, at: str | None) -> None:
    """Print the value of a rule."""
    with app.store.view(at) as view:
        value = config_keys.get(view.config, key)
    answer(app, value, lambda: f"{_text(value)}\n")


@command(
    "set", examples=["git jit config set stale_days 30", "git jit config set queries.urgent 'priority:>=high is:open'"]
)
@click.argument("key")
@click.argument("value")
@options.dry_run
@options.actor
def set_(app: App, key: str, value: str, dry_run: bool) -> None:
    """Change a rule, for everybody.

    Flags are true or false, lists are separated by commas, 'none' empties; tables are JSON. Issues that do not
    meet a new rule stay as they are: 'git jit validate' names them.
    """
    _tell(app, settings.set_value(app.store, app.caller(), key, value, dry_run=dry_run))


@command("unset", examples=["git jit config unset queries.urgent"])
@click.argument("key")
@options.dry_run
@options.actor
def unset(app: App, key: str, dry_run: bool) -> None:
    """Take a rule back to its default."""
    _tell(app, settings.unset(app.store, app.caller(), key, dry_run=dry_run))


def _tell(app: App, changed: settings.Changed) -> None:
    data = {"key": changed.key, "old": changed.old, "new": changed.new, "commit": changed.commit}
    answer(app, data, lambda: f"{one_line(changed.key)}\t{_text(changed.old)} → {_text(changed.new)}\n")


def _text(value: Json) -> str:
    """A rule's value on one line, as `config set` takes it; tables as JSON."""
    if value is None:
        return config_keys.NONE
    return minified(value).rstrip("\n") if isinstance(value, dict) else field_text(value)
