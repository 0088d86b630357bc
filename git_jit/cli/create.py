"""`create`: a new issue."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from git_jit.cli import App, options, words
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, switch, text
from git_jit.cli.patching import link
from git_jit.cli.reporting import issue_record, show_notes
from git_jit.cli.sanitize import one_line
from git_jit.cli.texts import body_of, body_options, edited
from git_jit.errors import UsageError
from git_jit.model import Priority, short
from git_jit.ops import issues
from git_jit.ops.issues import Draft
from git_jit.workflow import Verb

ADVICE = "The first line above is the title, the rest the description in Markdown. An empty text creates nothing."


class NoTitle(UsageError):
    code = "title_missing"


@command(
    "create",
    examples=[
        "git jit create 'Repair the door'",
        "git jit create 'Paint the wall' -d 'Two coats.' -p high -l type:task --depends-on 3f9c2a1",
    ],
)
@Argument(dest="title", required=False)
@text("--title", "-t", dest="title_option", metavar="TEXT", help="The title; also for one that begins with '-'.")
@body_options
@switch("--editor", "Write title and description in git's editor.", short="-e")
@words.state_option("Begin in 'backlog' instead of 'ready'.")
@words.priority_option("low, normal, high or critical.", default="normal")
@text("--assignee", "-a", metavar="WHO", help="'me' or 'kind:name'.")
@text("--label", "-l", many=True, metavar="L", help="Labels, 'namespace:value'.")
@text("--type", dest="type_", metavar="T", help="Short for --label type:T.")
@text("--epic", metavar="E", help="Short for --label epic:E.")
@text("--milestone", "-m", metavar="M", help="Short for --label milestone:M.")
@text("--depends-on", many=True, metavar="ID", help="Wait for these issues.")
@text("--blocks", many=True, metavar="ID", help="Let these issues wait for the new one.")
@text("--parent", metavar="ID", help="Belongs to this issue.")
@text("--link", many=True, metavar="TYPE:ID", help="Link, like 'discovered-from:3f9c2a1'.")
@text("--gate", many=True, metavar="KEY", help="Require these gates.")
@text("--due", metavar="DATE", help="Due on this day ('2026-12-24', '7d').")
@text("--defer", metavar="DATE", help="Not ready before this day.")
@text("--estimate", metavar="TIME", help="Like '90', '2h30m', '1d' (8 h).")
@text("--context", many=True, metavar="KEY=TEXT", help="Remember a text.")
@text("--field", many=True, metavar="NAME=VALUE", help="Set a custom field; JSON or text.")
@options.dry_run
@options.actor
def create(app: App, title: str | None, title_option: str | None, dry_run: bool, **said: Any) -> int:
    """Create an issue and print its id."""
    if title is not None and title_option is not None:
        raise UsageError("the title was given twice", hint="give it once, as a word or with --title")
    with _written(app, title or title_option, said) as (said_title, body):
        draft = _draft(app, said_title, body, said)
        report = issues.create(app.store, app.caller(), draft, dry_run=dry_run)
    made = report.outcomes[0]
    if app.json:
        app.stdout.write(envelope(issue_record(made), warnings=report.notes))
        return report.status
    if dry_run:
        app.note(f"would create '{one_line(draft.title)}' in state '{made.issue.state if made.issue else ''}'")
    else:
        app.stdout.write(f"{short(made.id)}\n")
    show_notes(app, report.notes)
    return report.status


@contextmanager
def _written(app: App, title: str | None, said: dict[str, Any]) -> Iterator[tuple[str | None, str | None]]:
    """Title and description, from the options or from the editor. An edited text is kept if it cannot be used."""
    body = body_of(app, said["body"], said["body_file"])
    if not said["editor"]:
        yield title, body
        return
    with edited(app, f"{title or ''}\n\n{body or ''}", ADVICE) as text:
        first, _, rest = text.partition("\n")
        yield first.removeprefix("# ").strip(), rest.strip("\n")


def _draft(app: App, title: str | None, body: str | None, said: dict[str, Any]) -> Draft:
    if not title:
        raise NoTitle("the title is missing", hint="git jit create 'Repair the door'")
    named = {"type": said["type_"], "epic": said["epic"], "milestone": said["milestone"]}
    return Draft(
        title=title,
        description=body or "",
        state=Verb(said["state"]) if said["state"] else None,
        priority=Priority(said["priority"]),
        assignee=words.or_none(words.assignee(app, said["assignee"])),
        labels=(*words.several(said["label"]), *(f"{name}:{value}" for name, value in named.items() if value)),
        depends_on=words.several(said["depends_on"]),
        blocks=words.several(said["blocks"]),
        parent=said["parent"],
        links=tuple(link(text) for text in words.several(said["link"])),
        gates=words.several(said["gate"]),
        due=words.or_none(words.optional(said["due"], words.date(app))),
        defer_until=words.or_none(words.optional(said["defer"], words.date(app))),
        estimate=words.or_none(words.optional(said["estimate"], words.minutes)),
        context=words.pairs(said["context"], "context"),
        fields={name: words.json_or_text(text) for name, text in words.pairs(said["field"], "field").items()},
    )
