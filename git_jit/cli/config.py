"""`config`: the rules of a repository, shared by everybody, and the settings of this clone, which are git's `jit.*`."""

from typing import Final

from git_jit import config_keys
from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.fields import field_text
from git_jit.cli.json_out import minified
from git_jit.cli.parameters import Argument
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import Json
from git_jit.ops import clone_settings, settings

SHARED: Final = "repository"
OWN: Final = "clone"
"""The scopes: rules lie with the issues, settings in git's configuration."""

_KEY: Final = Argument(dest="key", metavar="KEY")


@command("list", examples=["git jit config list", "git jit config list --at ~3"])
@options.at
@options.color
def list_(app: App, at: str | None) -> int:
    """List every rule and setting with its value.

    Rules belong to the repository and are shared with the issues; settings (jit.*) belong to this clone, and have no
    past to show with --at.
    """
    with app.store.view(at) as view:
        found: list[tuple[str, Json, str]] = [(key, value, SHARED) for key, value in config_keys.entries(view.config)]
    if at is None:
        found += [(key, value, OWN) for key, value in clone_settings.listed(app.git)]
    data = [{"key": key, "value": value, "scope": scope} for key, value, scope in found]
    rows = [(key, _text(value), scope) for key, value, scope in found]
    return show_rows(app, data, ("KEY", "VALUE", "SCOPE"), rows, empty="none")


@command("get", examples=["git jit config get stale_days", "git jit config get namespaces.epic --json"])
@_KEY
@options.at
def get(app: App, key: str, at: str | None) -> None:
    """Print the value of a rule, or of a setting (jit.*)."""
    if clone_settings.is_setting(key):
        if at is not None:
            raise UsageError("a setting of this clone has no past to look at", hint="leave out '--at'")
        said = clone_settings.get(app.git, key)
        answer(app, said, lambda: f"{one_line(said)}\n")
        return
    with app.store.view(at) as view:
        value = config_keys.get(view.config, key)
    answer(app, value, lambda: f"{_text(value)}\n")


@command(
    "set",
    examples=[
        "git jit config set stale_days 30",
        "git jit config set jit.timeout.queue 30s",
        "git jit config set queries.urgent 'priority:>=high is:open'",
    ],
)
@_KEY
@Argument(dest="value", metavar="VALUE")
@options.dry_run
@options.actor
def set_(app: App, key: str, value: str, dry_run: bool) -> None:
    """Change a rule, for everybody, or a setting (jit.*) of this clone.

    Flags are true or false, lists are separated by commas, 'none' empties; tables are JSON. Issues that do not
    meet a new rule stay as they are: 'git jit validate' names them. Times are like 500ms, 30s or 2m.
    """
    if clone_settings.is_setting(key):
        _tell_own(app, clone_settings.set_value(app.git, key, value, dry_run=dry_run))
        return
    _tell(app, settings.set_value(app.store, app.caller(), key, value, dry_run=dry_run))


@command("unset", examples=["git jit config unset queries.urgent"])
@_KEY
@options.dry_run
@options.actor
def unset(app: App, key: str, dry_run: bool) -> None:
    """Take a rule, or a setting (jit.*) of this clone, back to its default."""
    if clone_settings.is_setting(key):
        _tell_own(app, clone_settings.unset(app.git, key, dry_run=dry_run))
        return
    _tell(app, settings.unset(app.store, app.caller(), key, dry_run=dry_run))


def _tell(app: App, changed: settings.Changed) -> None:
    data = {"key": changed.key, "old": changed.old, "new": changed.new, "commit": changed.commit, "scope": SHARED}
    answer(app, data, lambda: f"{one_line(changed.key)}\t{_text(changed.old)} → {_text(changed.new)}\n")


def _tell_own(app: App, changed: clone_settings.Change) -> None:
    data = {"key": changed.key, "old": changed.old, "new": changed.new, "commit": None, "scope": OWN}
    old, new = (one_line(value) or config_keys.NONE for value in (changed.old, changed.new))
    answer(app, data, lambda: f"{changed.key}\t{old} → {new}\n")


def _text(value: Json) -> str:
    """A rule's value on one line, as `config set` takes it; tables as JSON."""
    if value is None:
        return config_keys.NONE
    return minified(value).rstrip("\n") if isinstance(value, dict) else field_text(value)
