"""Use cases of a repository's own rules: begin with a template, look a rule up, change it."""

from collections.abc import Callable

from git_jit import config_keys
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Caller, Date, IssueId, Json, Message, Oid
from git_jit.ops import transact
from git_jit.record import record
from git_jit.store import Store
from git_jit.templates import template
from git_jit.view import Plan, View


@record(kw_only=True)
class Changed:
    """One rule before and after; None is also "not set"."""

    key: str
    old: Json
    new: Json
    commit: Oid | None
    """None: nothing changed, or a dry run."""


def begin(init: Callable[[Config, Message], Oid], caller: Caller, template_name: str) -> Oid:
    """Make the first commit, with the rules of a template. Raises `UnknownTemplate`, `AlreadyInitialised`."""
    message = Message(
        op="init",
        subject=f"init: keep issues here, by the template '{template_name}'",
        actor=caller.actor,
        request=caller.new_request(),
        at=caller.now,
    )
    return init(template(template_name), message)


def set_value(store: Store, caller: Caller, key: str, text: str, *, dry_run: bool = False) -> Changed:
    """Set a rule to what `text` spells. Raises `ConfigInvalid`; `QuerySyntax` for a saved query."""

    def change(rules: Config) -> Config:
        after = config_keys.set_value(rules, key, text)
        check(rules, after, caller)
        return after

    return _change(store, caller, key, "set", change, dry_run=dry_run)


def check(before: Config, after: Config, caller: Caller) -> None:
    """Refuse rules that every later command would stumble over. What was there already is nobody's fault now.

    Raises `ConfigInvalid`; `QuerySyntax` for a saved query.
    """
    _check_rules(before, after)
    if after.severities != before.severities:
        from git_jit.validate.catalogue import check_severities

        check_severities(after)
    if after.fields is not None and after.fields != before.fields:
        from git_jit.validate.schema import check_field_schema

        check_field_schema(after.fields)
    if changed := [one for one in after.templates.items() if one not in before.templates.items()]:
        from git_jit.plans.templates import parse

        for name, document in changed:
            parse(name, document)
    if new := [text for name, text in after.queries.items() if before.queries.get(name) != text]:
        from git_jit.query import BindContext, condition_for

        today = Date(caller.now[:10])
        context = BindContext(
            now=caller.now, today=today, me=caller.actor, config=after, resolve_id=lambda prefix: (IssueId(prefix),)
        )
        for text in new:
            condition_for(text, context)


def _check_rules(before: Config, after: Config) -> None:
    """Refuse what makes a rule about issues one that cannot be understood: a filter may name types and saved queries,
    so it can break by a change of either.
    """
    if not after.rules:
        return
    from git_jit.query.rules import objections

    wrong, known = objections(after), objections(before)
    for name, error in wrong.items():
        if name not in known or after.rules[name] != before.rules.get(name):
            raise error


def unset(store: Store, caller: Caller, key: str, *, dry_run: bool = False) -> Changed:
    """Take a rule back to its default. Raises `ConfigInvalid`."""
    return _change(store, caller, key, "unset", lambda rules: config_keys.unset(rules, key), dry_run=dry_run)


def _change(
    store: Store, caller: Caller, key: str, verb: str, change: Callable[[Config], Config], *, dry_run: bool
) -> Changed:
    request = caller.new_request()
    values: list[Json] = [None, None]

    def plan(view: View) -> Plan:
        after = change(view.config)
        _check_rules(view.config, after)
        values[:] = [_value(view.config, key), _value(after, key)]
        return Plan(config=after if after != view.config else None)

    def message(_: Plan) -> Message:
        subject = f"config: {verb} {key}"
        return Message(op=f"config-{verb}", subject=subject, actor=caller.actor, request=request, at=caller.now)

    published = transact(store, plan, message, dry_run=dry_run)
    return Changed(key=key, old=values[0], new=values[1], commit=published.commit)


def _value(rules: Config, key: str) -> Json:
    try:
        return config_keys.get(rules, key)
    except ConfigInvalid:
        return None
