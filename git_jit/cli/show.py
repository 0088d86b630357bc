"""`show`: one issue or several, whole."""

from collections.abc import Mapping, Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.fields import field_text, full_record, parse_fields, records
from git_jit.cli.json_out import envelope
from git_jit.cli.listing import TENTATIVE, abbreviated, line_of, tentative
from git_jit.cli.names import short_names
from git_jit.cli.parameters import text
from git_jit.cli.sanitize import block, one_line
from git_jit.model import SHORT_ID, GateKey, GateVerdict, Issue, IssueId
from git_jit.ops import IssueNotFound, comments, resolve
from git_jit.ops.comments import Remark
from git_jit.view import View


@command(
    "show",
    examples=[
        "git jit show 3f9c2a1",
        "git jit show 3f9c2a1 --json --fields title,description",
        "git jit show 3f9c2a1 --at ~5",
    ],
)
@options.ids
@options.at
@text("--fields", metavar="A,B", help="Only these fields, in this order, as in a list.")
@options.color
def show(app: App, ids: Sequence[str], at: str | None, fields: str | None) -> None:
    """Show issues whole, with what they wait for and their comments."""
    names = None if fields is None else parse_fields(fields)
    with app.store.view(at) as view:
        issues = [_issue(view, said) for said in ids]
        if names is not None:
            _write_fields(app, view, issues, names)
            return
        if app.json:
            found = [_record(app, view, issue) for issue in issues]
            app.stdout.write(envelope(found[0] if len(ids) == 1 else found, total=len(found), returned=len(found)))
            return
        for number, issue in enumerate(issues):
            if number:
                app.stdout.write("\n")
            _write(app, view, issue)


def _write_fields(app: App, view: View, issues: Sequence[Issue], names: Sequence[str]) -> None:
    found = records(view, [issue.id for issue in issues], names)
    if app.json:
        app.stdout.write(envelope(found[0] if len(found) == 1 else found, total=len(found), returned=len(found)))
        return
    app.stdout.writelines(line_of(record) + "\n" for record in abbreviated(view, found))


def _record(app: App, view: View, issue: Issue) -> dict[str, object]:
    doubts: dict[str, object] = {"gates_stale": _stale(app, view, issue)} if issue.gates else {}
    hoped = tentative(app).get(issue.id)
    doubts |= {"tentative": hoped} if hoped else {}
    return {**full_record(view, issue), **doubts, "comments": _remarks_json(comments.thread(view, issue.id))}


def _issue(view: View, text: str) -> Issue:
    id = resolve(view, text)
    issue = view.issue(id)
    if issue is None:
        raise IssueNotFound(f"no issue '{text}'", hint="'git jit query all' lists every issue")
    return issue


def _write(app: App, view: View, issue: Issue) -> None:
    thread = comments.thread(view, issue.id)
    head = _head(app, view, issue)
    if app.on_screen:
        from git_jit.cli.terminal import page_of, relative

        now = app.now()
        said = [(f"{r.author or 'somebody'}, {relative(r.created_at, now)}{_mark(r)}", r.body) for r in thread]
        page_of(app, head, issue.title, issue.description, said)
        return
    lines = [f"{name}:\t{one_line(value)}\n" for name, value in [("title", issue.title), *head]]
    body = f"--\n{_closed(block(issue.description))}" if issue.description else ""
    said_plainly = [
        f"--\ncomment {r.id} by {one_line(r.author or 'somebody')} at {r.created_at}{_mark(r)}\n"
        f"{_closed(block(r.body))}"
        for r in thread
    ]
    app.stdout.write("".join([*lines, body, *said_plainly]))


def _closed(text: str) -> str:
    """`text` ending with a line break."""
    return text if text.endswith("\n") or not text else text + "\n"


def _mark(remark: Remark) -> str:
    if remark.redacted:
        return " (redacted)"
    return " (edited)" if remark.edited_at else ""


def _stale(app: App, view: View, issue: Issue) -> Mapping[GateKey, tuple[str, ...]]:
    """What changed since the verdicts on its gates were earned. Looking at the code costs processes: only if needed."""
    if all(gate.status is GateVerdict.PENDING for gate in issue.gates.values()):
        return {}
    from git_jit.ops.verdicts import stale

    return stale(app.store, issue, view.gates(), app.tree())


def _doubt(changed: tuple[str, ...] | None) -> str:
    """Why a verdict does not count any more."""
    if not changed:
        return ""
    return " (earned in another clone)" if changed == ("clone",) else f" (stale: {' and '.join(changed)} changed)"


def _head(app: App, view: View, issue: Issue) -> list[tuple[str, str]]:
    """The fields that say something, as name and text."""
    blocks = view.dependents(issue.id)
    linked = [IssueId(link.target) for link in issue.links]
    names = short_names(view, [issue.id, *issue.dependencies, *blocks, *linked])
    blocked = view.rows([issue.id])[0].blocked
    stale = _stale(app, view, issue)
    hoped = tentative(app).get(issue.id)
    values: Mapping[str, object] = {
        "id": names[issue.id],
        "state": f"{issue.state} (blocked)" if blocked else issue.state,
        "priority": issue.priority,
        "assignee": issue.assignee,
        "claimed": f"{TENTATIVE} by {hoped}: nobody was asked" if hoped else None,
        "labels": issue.labels,
        "depends on": [_named(view, names, id) for id in issue.dependencies],
        "blocks": [_named(view, names, id) for id in blocks],
        "links": [f"{link.type} {names[IssueId(link.target)]}" for link in issue.links],
        "unresolved": [f"{link.type} {link.target}" for link in issue.unresolved],
        "gates": [f"{key} {gate.status}{_doubt(stale.get(key))}" for key, gate in sorted(issue.gates.items())],
        "documents": [
            f"{each.path}@{each.commit[:SHORT_ID]}" if each.commit else each.path for each in issue.documents
        ],
        "due": issue.due,
        "deferred until": issue.defer_until,
        "estimate": f"{issue.estimate} min" if issue.estimate is not None else None,
        "fields": dict(issue.fields),
        "context": dict(issue.context),
        "external": dict(issue.external),
        "created": f"{issue.created_at} by {issue.created_by or 'somebody'}",
        "closed": issue.closed_at,
        "close reason": issue.close_reason,
    }
    return [(name, field_text(value)) for name, value in values.items() if value not in (None, (), [], {})]


def _named(view: View, names: Mapping[IssueId, str], id: IssueId) -> str:
    return f"{names[id]} ({view.state_of(id) or 'missing'})"


def _remarks_json(thread: Sequence[Remark]) -> list[dict[str, object]]:
    return [
        {
            "id": r.id,
            "author": r.author,
            "created_at": r.created_at,
            "body": r.body,
            "edited_at": r.edited_at,
            "edited_by": r.edited_by,
            "redacted": r.redacted,
        }
        for r in thread
    ]
