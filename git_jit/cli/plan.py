"""`create-many`: the issues of a plan file, and what a plan says it has done."""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, choice, text
from git_jit.cli.reporting import changes_line, show_notes
from git_jit.cli.sanitize import block, one_line
from git_jit.cli.texts import STDIN, read_text
from git_jit.errors import UsageError
from git_jit.model import MAX_ISSUE, short
from git_jit.ops import plans
from git_jit.ops.plan_report import Line
from git_jit.ops.plans import Made
from git_jit.plans import WorkPlan, as_json, is_name, outline, printing
from git_jit.record import replace
from git_jit.text import counted

FORMS = {"json": as_json.parse, "outline": outline.parse}
PRINTED = {"json": as_json.dump, "outline": printing.dump}
NONE = "-"
"""In a column: there is none."""

key = text("--key", metavar="NAME", help="The name of the plan: under it every issue is created once.")


@command(
    "create-many",
    examples=["git jit issue create-many plan.md --dry-run", "git jit issue create-many - < plan.json"],
)
@Argument(dest="file", metavar="FILE", required=False)
@key
@choice("--from", FORMS, "The form of the plan; by default what it looks like.", dest="form")
@choice("--print", PRINTED, "Print the plan in this form, and create nothing.", dest="to")
@options.dry_run
@options.acting
def create_many(app: App, file: str | None, key: str | None, form: str | None, to: str | None, dry_run: bool) -> int:
    """Create the issues of a plan, all or none.

    A plan is a Markdown outline, in which every heading and every task ('- [ ] ...') is an issue, or JSON:
    {"plan": NAME, "issues": [{"key": "a", "title": "...", "depends_on": ["b"]}, ...]}. Keys name issues of the same
    plan. Running a plan of the same name again creates only what is new in it.
    """
    said = read_text(app, file or STDIN, limit=MAX_ISSUE, instead="make two plans of it")
    plan = named(FORMS[form or _form_of(said)](said), key)
    if to is None:
        return show_made(app, plans.create_many(app.store, app.caller(), plan, dry_run=dry_run))
    printed = PRINTED[to](plan)
    if app.json:
        app.stdout.write(envelope({"form": to, "plan": printed}))
    else:
        app.stdout.write(block(printed) if app.on_screen else printed)
    return 0


def named(plan: WorkPlan, key: str | None) -> WorkPlan:
    """The plan under another name, if one is said."""
    if key is None:
        return plan
    if not is_name(key):
        raise UsageError(f"'{key}' cannot be the name of a plan", hint="give one line without '/'")
    return replace(plan, name=key)


def _form_of(text: str) -> str:
    """JSON begins with a brace, which no outline does."""
    return "json" if text.lstrip().startswith(("{", "[")) else "outline"


def show_made(app: App, made: Made) -> int:
    """Print what came of a plan, the same whether it was a dry run or not; the exit status."""
    if app.json:
        app.stdout.write(
            envelope(made_value(made), total=len(made.created), returned=len(made.created), warnings=made.notes)
        )
        return 0
    for line in made.lines:
        app.stdout.write(_text(line, dry_run=made.dry_run) + "\n")
    show_notes(app, made.notes)
    count, changed = len(made.created), sum(1 for line in made.lines if line.key is None)
    if made.dry_run:
        app.note(f"would create {counted(count, 'issue')} and change {changed}")
    if made.existing:
        app.note(f"{len(made.existing)} of the plan exist already")
    return 0


def made_value(made: Made) -> dict[str, object]:
    """The `data` of the JSON envelope. In a dry run new issues have no id yet."""
    return {
        "plan": made.name,
        "created": {key: None if made.dry_run else id for key, id in made.created.items()},
        "existing": dict(made.existing),
        "diff": [line.to_json(dry_run=made.dry_run) for line in made.lines],
        "kept": {key: list(fields) for key, fields in made.kept.items()},
        "gone": dict(made.gone),
        "commit": made.commit,
        "dry_run": made.dry_run,
    }


def _text(line: Line, *, dry_run: bool) -> str:
    """Key, id, state, title, and what else is said of a new issue; of another one what changes."""
    id = NONE if dry_run and line.key else short(line.id)
    said = one_line(line.summary) if line.key else changes_line(line.changes)
    return "\t".join([one_line(line.key or NONE), id, line.state, one_line(line.title), said]).rstrip("\t")
