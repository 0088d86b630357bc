"""Commands that change issues that are there: `update`, `edit`, `close`, `assign`, `delete` and their like."""

from collections.abc import Sequence
from typing import Any

from git_jit.cli import App, options, words
from git_jit.cli.command import command
from git_jit.cli.parameters import switch, text
from git_jit.cli.patching import change_options, patch_of
from git_jit.cli.reporting import show_report
from git_jit.cli.texts import body_of, body_options, edited
from git_jit.errors import UsageError
from git_jit.ops import IssueNotFound, form, issues, resolve
from git_jit.ops.edit import Patch
from git_jit.record import replace


@command(
    "update",
    examples=["git jit update 3f9c2a1 --state done", "git jit update 3f9c2a1 77ab012 -p high --add-label sprint:7"],
)
@options.ids
@text("--title", "-t", metavar="TEXT", help="New title.")
@body_options
@change_options
@options.reason
@switch("--reopen", "Take a finished issue up again.")
@options.force
@options.if_version
@options.dry_run
@options.acting
def update(
    app: App,
    ids: Sequence[str],
    title: str | None,
    body: str | None,
    body_file: str | None,
    changes: dict[str, Any],
    if_version: str | None,
    **how: Any,
) -> int:
    """Change fields of issues."""
    patch = patch_of(app, changes, title=title, body=body_of(app, body, body_file))
    if patch == Patch():
        raise UsageError("nothing to change was given", hint="'git jit update -h' lists what can be changed")
    version = words.version(if_version)
    return show_report(
        app, issues.update(app.store, app.caller(), ids, patch, if_version=version, tree=app.tree, **how)
    )


@command("edit", examples=["git jit edit 3f9c2a1"])
@options.id
@options.if_version
@options.acting
def edit(app: App, id: str, if_version: str | None) -> int:
    """Edit an issue in git's editor."""
    with app.store.view() as view:
        found = resolve(view, id)
        issue, version = view.issue(found), view.version(found)
    if issue is None:
        raise IssueNotFound(f"no issue '{id}'", hint="'git jit query all' lists every issue")
    before = form.print_form(issue)
    with edited(app, before, "Lines below this one are not read. An empty text changes nothing.") as after:
        if after.strip() == before.strip():
            app.note("nothing was changed")
            return 0
        wanted = words.version(if_version) or version
        return show_report(app, issues.edit(app.store, app.caller(), found, after, if_version=wanted))


@command("close", examples=["git jit close 3f9c2a1", "git jit close 3f9c2a1 77ab012 --reason 'shipped in 1.2'"])
@options.ids
@options.reason
@options.force
@options.if_version
@options.acting
def close(app: App, ids: Sequence[str], reason: str | None, force: bool, if_version: str | None) -> int:
    """Finish issues; one whose gates have not passed becomes 'gated'."""
    report = issues.close(
        app.store,
        app.caller(),
        ids,
        reason=reason,
        force=force,
        if_version=words.version(if_version),
        tree=app.tree,
    )
    return show_report(app, report)


@command("reject", examples=["git jit issue reject 3f9c2a1 --reason 'works as designed'"])
@options.ids
@options.reason
@options.if_version
@options.acting
def reject(app: App, ids: Sequence[str], reason: str | None, if_version: str | None) -> int:
    """Finish issues without doing them; needs --reason."""
    report = issues.reject(app.store, app.caller(), ids, reason=reason, if_version=words.version(if_version))
    return show_report(app, report)


@command("reopen", examples=["git jit reopen 3f9c2a1"])
@options.ids
@options.reason
@options.if_version
@options.acting
def reopen(app: App, ids: Sequence[str], reason: str | None, if_version: str | None) -> int:
    """Take finished issues up again."""
    report = issues.reopen(app.store, app.caller(), ids, reason=reason, if_version=words.version(if_version))
    return show_report(app, report)


@command("archive", examples=["git jit issue archive 3f9c2a1"])
@options.ids
@options.if_version
@options.acting
def archive(app: App, ids: Sequence[str], if_version: str | None) -> int:
    """Put finished issues out of sight."""
    return show_report(app, issues.archive(app.store, app.caller(), ids, if_version=words.version(if_version)))


@command(
    "assign", examples=["git jit issue assign 3f9c2a1 --to me", "git jit issue assign 3f9c2a1 --to agent:worker-1"]
)
@options.ids
@replace(text("--to", dest="who", metavar="WHO", help="'me' or 'kind:name'."), required=True)
@options.if_version
@options.acting
def assign(app: App, ids: Sequence[str], who: str, if_version: str | None) -> int:
    """Give issues to somebody."""
    actor = words.or_none(words.assignee(app, who))
    if actor is None:
        raise UsageError("nobody to assign to", hint="'git jit issue unassign' takes an assignee away")
    return show_report(app, issues.assign(app.store, app.caller(), ids, actor, if_version=words.version(if_version)))


@command("unassign", examples=["git jit issue unassign 3f9c2a1"])
@options.ids
@options.if_version
@options.acting
def unassign(app: App, ids: Sequence[str], if_version: str | None) -> int:
    """Take issues from whoever has them."""
    return show_report(app, issues.unassign(app.store, app.caller(), ids, if_version=words.version(if_version)))


@command("delete", examples=["git jit issue delete 3f9c2a1 --dry-run", "git jit issue delete 3f9c2a1"])
@options.ids
@options.reason
@options.force
@options.if_version
@options.dry_run
@options.acting
def delete(app: App, ids: Sequence[str], if_version: str | None, **how: Any) -> int:
    """Remove issues and their comments; history keeps them, 'issue restore' brings them back."""
    return show_report(app, issues.delete(app.store, app.caller(), ids, if_version=words.version(if_version), **how))


@command("restore", examples=["git jit issue restore 3f9c2a1", "git jit issue restore 3f9c2a1 --at 1b2c3d4e5f"])
@options.id
@options.at
@options.acting
def restore(app: App, id: str, at: str | None) -> int:
    """Bring back a deleted issue or, with --at, an issue as it was then."""
    return show_report(app, issues.restore(app.store, app.caller(), id, at=at))
