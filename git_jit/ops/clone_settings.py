"""Settings of one clone: git configuration `jit.*`, as opposed to the rules that everybody shares.

Looked up and changed through git, so that `-c`, includes and every other source count; checked before they are written,
because one that cannot be meant stops every command.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from git_jit.config import OFF, REVIEWS, ConfigInvalid
from git_jit.model import ACTOR_PATTERN
from git_jit.store import UnusableSetting
from git_jit.store.backend import Durability
from git_jit.store.budgets import TABLE, Row, parse, spell
from git_jit.store.gitconfig import DEFAULT_REF, PROPOSALS, is_ref_name
from git_jit.store.remote import NAME
from git_jit.store.runs import ACCEPT, ANY, ISOLATE, NONE
from git_jit.store.tracking import LOCAL, PUBLISH

PREFIX: Final = "jit."


class GitConfig(Protocol):
    """Git's configuration as it is in force here."""

    def config(self, key: str) -> str | None: ...

    def set_config(self, key: str, value: str | None) -> None:
        """Set the repository's own value, in place of all it has; None removes it."""
        ...


class Setting(NamedTuple):
    """One setting. `check` raises `UnusableSetting` for what it cannot be. No default: something else decides."""

    key: str
    default: str
    meaning: str
    check: Callable[[str], object]


class Change(NamedTuple):
    """A setting before and after, as in force: another source than this clone's file may have the last word."""

    key: str
    old: str
    new: str


def _refuse(key: str, text: str, rule: str) -> UnusableSetting:
    return UnusableSetting(
        f"'{text}' in the setting '{key}' is {rule}",
        hint=f"'git jit config unset {key}' goes back to the default",
        details={"key": key},
    )


def _ref(text: str) -> None:
    if not is_ref_name(text):
        raise _refuse("jit.ref", text, "not a reference")


def _durability(text: str) -> None:
    if text not in set(Durability):
        raise _refuse("jit.durability", text, "neither 'full' nor 'fast'")


def _actor(text: str) -> None:
    import re

    if not re.fullmatch(ACTOR_PATTERN, text if ":" in text else f"human:{text}"):
        raise _refuse("jit.actor", text, "not an actor, like human:ada or agent:worker-1")


def _review(text: str) -> None:
    if text not in REVIEWS:
        raise _refuse("jit.review", text, f"none of {', '.join(REVIEWS)}")


def _prefix(text: str) -> None:
    if not is_ref_name(f"refs/heads/{text}/a"):
        raise _refuse("jit.proposals", text, "not the beginning of the name of a branch")


def _switch(text: str) -> None:
    if text.lower() not in {"true", "false", "yes", "no", "on", "off", "1", "0"}:
        raise _refuse("jit.hooks.strict", text, "neither 'true' nor 'false'")


def _publish(text: str) -> None:
    if not is_ref_name(text):
        raise _refuse("jit.publishRef", text, "not a reference")


def _remote(text: str) -> None:
    if not NAME.fullmatch(text):
        raise _refuse("jit.remote", text, "not the name of a remote")


def _authority(text: str) -> None:
    kind, _, remote = text.partition(":")
    if text != LOCAL and not (kind == "remote" and NAME.fullmatch(remote)):
        raise _refuse("jit.claim.authority", text, "neither 'local' nor 'remote:NAME'")


def _flag(text: str) -> None:
    if text not in {"true", "false"}:
        raise _refuse("jit.autoMerge", text, "neither 'true' nor 'false'")


def _accept(text: str) -> None:
    if text not in {NONE, ANY}:
        raise _refuse(ACCEPT, text, f"neither '{NONE}' nor '{ANY}'")


def _isolate(text: str) -> None:
    if text not in {"true", "false"}:
        raise _refuse(ISOLATE, text, "neither 'true' nor 'false'")


def _budget(row: Row) -> Setting:
    return Setting(row.key, spell(row.default), f"limit of {row.bounds}", lambda text: parse(row, text))


SETTINGS: Final = (
    Setting("jit.ref", DEFAULT_REF, "the reference that holds the issues", _ref),
    Setting(
        "jit.durability",
        Durability.FULL.value,
        "`full` survives a power cut, `fast` does not wait",
        _durability,
    ),
    Setting("jit.actor", "", "who acts, unless `--actor` or `JIT_ACTOR` says so; else the person git knows", _actor),
    Setting("jit.review", OFF, "how changes are published: `off`, `propose` (with a hint) or `required`", _review),
    Setting("jit.proposals", PROPOSALS, "the beginning of the names of branches that hold proposals", _prefix),
    Setting("jit.hooks.strict", "false", "whether a hook refuses what it could not check, instead of warning", _switch),
    Setting("jit.publishRef", PUBLISH, "the reference that holds the issues on remotes", _publish),
    Setting("jit.remote", "", "the remote to sync with; else the only one, or `origin`", _remote),
    Setting("jit.autoMerge", "true", "whether the next command brings in what git fetched", _flag),
    Setting(
        "jit.claim.authority", LOCAL, "who decides about claims: `local`, this clone, or `remote:NAME`", _authority
    ),
    Setting(
        ACCEPT, NONE, "whose word counts on a gate that is a command: `none` but this clone's own, or `any`", _accept
    ),
    Setting(
        ISOLATE, "false", "whether commands of gates run in a box of their own, by `bwrap`, or not at all", _isolate
    ),
    *(_budget(row) for row in TABLE),
)


def is_setting(key: str) -> bool:
    """Whether `key` can only mean a setting of the clone; no rule of a repository begins like that."""
    return key.lower().startswith(PREFIX)


def listed(git: GitConfig) -> list[tuple[str, str]]:
    """Every setting with the value in force, in order."""
    return [(setting.key, _value(git, setting)) for setting in SETTINGS]


def get(git: GitConfig, key: str) -> str:
    """The value in force. Raises `ConfigInvalid` for a key that does not exist."""
    return _value(git, _setting(key))


def set_value(git: GitConfig, key: str, text: str, *, dry_run: bool = False) -> Change:
    """Set it for this clone. Raises `ConfigInvalid`, or `UnusableSetting` for a value that cannot be meant."""
    setting = _setting(key)
    setting.check(text)
    return _change(git, setting, text, dry_run=dry_run)


def unset(git: GitConfig, key: str, *, dry_run: bool = False) -> Change:
    """Take this clone's own value away. Raises `ConfigInvalid`."""
    return _change(git, _setting(key), None, dry_run=dry_run)


def _change(git: GitConfig, setting: Setting, text: str | None, *, dry_run: bool) -> Change:
    old = _value(git, setting)
    if dry_run:
        return Change(setting.key, old, setting.default if text is None else text)
    git.set_config(setting.key, text)
    return Change(setting.key, old, _value(git, setting))


def _value(git: GitConfig, setting: Setting) -> str:
    said = git.config(setting.key)
    return setting.default if said is None else said


def _setting(key: str) -> Setting:
    for setting in SETTINGS:
        if setting.key.lower() == key.lower():
            return setting
    raise ConfigInvalid(key, "is no setting of a clone")
