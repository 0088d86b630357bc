"""Small changes that mend an issue: each a function from an issue to an issue, and none guesses.

They compose, in any order, and each leaves an issue as it is that has nothing to mend.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from git_jit.model import Actor, Issue, IssueId, Json, Link, State
from git_jit.record import replace
from git_jit.validate.finding import Fix

Change: TypeAlias = Callable[[Issue], Issue]

DEPENDS_ON: Final = "depends-on"
"""The type of a dependency in `Issue.unresolved`, as imports write it."""


def respell() -> Fix:
    """Writing the document anew is the whole mend."""
    return Fix(kind="respelled", summary="spell it canonically", change=lambda issue: issue)


def lower_namespace(label: str) -> Fix:
    namespace, _, value = label.partition(":")
    better = f"{namespace.lower()}:{value}"

    def change(issue: Issue) -> Issue:
        labels = {better if each == label else each for each in issue.labels}
        return replace(issue, labels=tuple(sorted(labels)))

    return Fix(kind="namespace_lowercased", summary=f"make it '{better}'", change=change)


def lower_actor(field: str, actor: str) -> Fix:
    """`field` is `assignee` or `created_by`."""
    kind, _, name = actor.partition(":")
    better = Actor(f"{kind.lower()}:{name}")

    def change(issue: Issue) -> Issue:
        return replace(issue, **{field: better}) if getattr(issue, field) == actor else issue

    return Fix(kind="actor_lowercased", summary=f"make it '{better}'", change=change)


def add_label(label: str) -> Fix:
    def change(issue: Issue) -> Issue:
        return replace(issue, labels=tuple(sorted({*issue.labels, label})))

    return Fix(kind="type_added", summary=f"add the label '{label}'", change=change)


def clear_closing() -> Fix:
    def change(issue: Issue) -> Issue:
        return replace(issue, closed_at=None, close_reason=None)

    return Fix(kind="closing_cleared", summary="clear when and why it was closed", change=change)


def set_aside_dependency(target: IssueId, *, kind: str, summary: str) -> Fix:
    """The edge moves to `unresolved`, where it is remembered and blocks nothing."""

    def change(issue: Issue) -> Issue:
        if target not in issue.dependencies:
            return issue
        kept = tuple(id for id in issue.dependencies if id != target)
        return replace(issue, dependencies=kept, unresolved=_with(issue.unresolved, Link(DEPENDS_ON, target)))

    return Fix(kind=kind, summary=summary, change=change)


def set_aside_link(link: Link, *, kind: str, summary: str) -> Fix:
    """The link moves to `unresolved`, with what newer programs may have noted on it."""

    def change(issue: Issue) -> Issue:
        if link not in issue.links:
            return issue
        links = tuple(each for each in issue.links if each != link)
        extra = _moved(issue.extra, f"{link.type} {link.target}")
        return replace(issue, links=links, unresolved=_with(issue.unresolved, link), extra=extra)

    return Fix(kind=kind, summary=summary, change=change)


def drop_dependency(target: IssueId, *, kind: str, summary: str) -> Fix:
    def change(issue: Issue) -> Issue:
        return replace(issue, dependencies=tuple(id for id in issue.dependencies if id != target))

    return Fix(kind=kind, summary=summary, change=change)


def drop_link(link: Link, *, kind: str, summary: str) -> Fix:
    def change(issue: Issue) -> Issue:
        return replace(issue, links=tuple(each for each in issue.links if each != link))

    return Fix(kind=kind, summary=summary, change=change)


def demote() -> Fix:
    def change(issue: Issue) -> Issue:
        return replace(issue, state=State.BACKLOG) if issue.state is State.READY else issue

    return Fix(kind="demoted", summary="move it to backlog", change=change)


def _with(links: tuple[Link, ...], link: Link) -> tuple[Link, ...]:
    return links if link in links else (*links, link)


def _moved(extra: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """Unknown keys of the link `name` go where the link goes."""
    links, unresolved = extra.get("links"), extra.get("unresolved", {})
    if not isinstance(links, dict) or not isinstance(unresolved, dict) or name not in links:
        return extra
    rest = {each: kept for each, kept in links.items() if each != name}
    return {**extra, "links": rest, "unresolved": {name: links[name], **unresolved}}
