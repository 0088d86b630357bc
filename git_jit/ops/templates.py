"""Templates for small graphs of issues: which there are, and applying one to a new issue or to one that is there."""

from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.errors import Refused
from git_jit.model import Caller, Issue, IssueId, short
from git_jit.ops import IssueNotFound, resolve
from git_jit.ops.plans import Made, create_many, created_by
from git_jit.plans import WorkPlan, ready_made
from git_jit.plans.templates import Container, Template, TemplateInvalid, instantiate
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import View

TYPE: Final = "type:"


class NotApplicable(Refused):
    """The template is not made for this issue. `details` has `applies_to`."""

    code = "template_not_applicable"


@record(kw_only=True)
class Known:
    """One template, and whether it is the repository's own."""

    template: Template
    own: bool


def known(store: Store) -> tuple[list[Known], list[TemplateInvalid]]:
    """Every template there is, by name, and what is wrong with those of the repository that cannot be used."""
    found, faults = [], []
    with store.view() as view:
        own = view.config.templates
        for name in ready_made.names(own):
            try:
                found.append(Known(template=ready_made.find(name, own), own=name in own))
            except TemplateInvalid as error:
                faults.append(error)
    return found, faults


def find(store: Store, name: str) -> Known:
    """One template. Raises `NoTemplate`, `TemplateInvalid`."""
    with store.view() as view:
        own = view.config.templates
        return Known(template=ready_made.find(name, own), own=name in own)


def apply(
    store: Store,
    caller: Caller,
    name: str,
    given: Mapping[str, Sequence[str]],
    *,
    container: str | None = None,
    key: str | None = None,
    take_over: bool = True,
    dry_run: bool = False,
) -> Made:
    """Make the issues of a template, in one commit, or none.

    `container` names the issue that the template is applied to; without one it creates that too. `key` is the
    idempotency key; by default a template is applied once to an issue, and anew each time without one. Raises
    `NoTemplate`, `BadParameter`, `NotApplicable`, `PlanInvalid`, `IssueNotFound`.
    """
    new = caller.new_id()
    ids: dict[str, IssueId] = {}

    def plan(view: View) -> WorkPlan:
        template = ready_made.find(name, view.config.templates)
        anchor = _anchor(view, template, container) if container is not None else None
        called = key if key is not None or anchor is None else f"{template.name}-{anchor.id}"
        if template.container is not None:
            ids[template.container] = new
        earlier = dict(reversed(created_by(view, called))) if called is not None else {}
        return instantiate(
            template,
            given,
            Container(id=anchor.id, title=anchor.title) if anchor else None,
            new_id=earlier.get(template.container or "", new),
            name=called,
            take_over=take_over,
        )

    return create_many(store, caller, plan, ids=ids, dry_run=dry_run)


def _anchor(view: View, template: Template, text: str) -> Issue:
    id = resolve(view, text)
    issue = view.issue(id)
    if issue is None:
        raise IssueNotFound(f"no issue '{text}'", hint="'git jit query all' lists every issue")
    if template.container is None:
        raise NotApplicable(
            f"the template '{template.name}' has no place for '{short(id)}'", hint="apply it without an issue"
        )
    types = [label.removeprefix(TYPE) for label in issue.labels if label.startswith(TYPE)]
    if template.applies_to and not set(types) & set(template.applies_to):
        raise NotApplicable(
            f"the template '{template.name}' is for {' and '.join(template.applies_to)}, "
            f"and '{short(id)}' is {', '.join(types) or 'of no type'}",
            hint=f"'git jit template show {template.name}' shows it; without an id it creates an issue of its own",
            details={"applies_to": list(template.applies_to)},
        )
    return issue
