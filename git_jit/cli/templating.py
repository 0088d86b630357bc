"""`template`: small graphs of issues, ready to be made."""

from collections.abc import Mapping, Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, switch, text
from git_jit.cli.plan import key as plan_key
from git_jit.cli.plan import show_made
from git_jit.cli.reporting import show_notes
from git_jit.cli.sanitize import block, one_line
from git_jit.errors import UsageError
from git_jit.model import Json
from git_jit.ops import templates
from git_jit.ops.templates import Known
from git_jit.plans import is_name
from git_jit.plans.templates import EACH, Parameter, dump, key_of
from git_jit.record import replace


@command("list", examples=["git jit template list"])
def list_(app: App) -> int:
    """List the templates: ready-made ones, and the repository's own."""
    found, faults = templates.known(app.store)
    notes = [f"cannot be used: {fault.message}" for fault in faults]
    if app.json:
        values = [_value(one) for one in found]
        app.stdout.write(envelope(values, total=len(found), returned=len(found), warnings=notes))
        return 0
    for one in found:
        of = "own" if one.own else "ready-made"
        app.stdout.write(f"{one.template.name}\t{of}\t{one_line(one.template.description)}\n")
    show_notes(app, notes)
    return 0


@command("show", examples=["git jit template show epic"])
@Argument(dest="name", metavar="NAME")
def show(app: App, name: str) -> int:
    """Show a template whole: its parameters and its issues."""
    found = templates.find(app.store, name)
    if app.json:
        app.stdout.write(envelope(_value(found)))
        return 0
    lines = [f"{found.template.name}: {one_line(found.template.description)}".rstrip(": ")]
    if found.template.applies_to:
        lines.append(f"applies to: {', '.join(found.template.applies_to)}")
    if found.template.parameters:
        lines += ["", *(_parameter(name, one) for name, one in found.template.parameters.items())]
    lines += ["", *(line for issue in found.template.issues for line in _issue(issue, found.template.container))]
    app.stdout.write(block("\n".join(lines)) + "\n")
    return 0


@command(
    "apply",
    examples=[
        "git jit template apply epic --set title=Search --set task='Build the index' --dry-run",
        "git jit template apply bug 3f9c2a1",
    ],
)
@Argument(dest="name", metavar="NAME")
@Argument(dest="id", metavar="ID", required=False)
@text("--set", dest="said", many=True, metavar="NAME=VALUE", help="Fill a parameter; again for each value.")
@plan_key
@replace(switch("--take-over", "Let the first step wait for what the issue waits for."), default=True)
@options.dry_run
@options.acting
def apply(
    app: App, name: str, id: str | None, said: Sequence[str], key: str | None, take_over: bool, dry_run: bool
) -> int:
    """Make the issues of a template, around the issue ID or around a new one, in one commit.

    Applied to an issue a second time, it creates only what is missing. --key NAME does the same for any application.
    """
    if key is not None and not is_name(key):
        raise UsageError(f"'{key}' cannot be the name of a plan", hint="give one line without '/'")
    given = _given(said)
    made = templates.apply(
        app.store, app.caller(), name, given, container=id, key=key, take_over=take_over, dry_run=dry_run
    )
    return show_made(app, made)


def _given(said: Sequence[str]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set needs name=value, not '{pair}'", hint=f"write --set '{name.strip() or 'title'}=…'")
        given.setdefault(name.strip(), []).append(value)
    return given


def _value(known: Known) -> dict[str, object]:
    return {"name": known.template.name, "own": known.own, **dump(known.template)}


def _parameter(name: str, one: Parameter) -> str:
    how = "may be said several times" if one.many else "needed" if one.default is None else f"'{one.default}'"
    return f"--set {name}=…\t{how}\t{one_line(one.description)}".rstrip("\t")


def _issue(issue: Mapping[str, Json], container: str | None) -> list[str]:
    """An issue of a template as people read it: title, what it waits for, and the rest as JSON would say it."""
    words = [str(issue.get("title", ""))]
    if issue.get(EACH):
        words.append(f"(for each {issue[EACH]})")
    for name in ("depends_on", "blocks", "takes_over", "parent"):
        value = issue.get(name)
        if value:
            words.append(
                f"({name.replace('_', ' ')}: {', '.join(map(str, value)) if isinstance(value, list) else value})"
            )
    mark = " (the issue it is applied to)" if container and key_of(issue) == container else ""
    described = [f"    {line}" for line in str(issue.get("description") or "").split("\n") if line]
    return [f"{key_of(issue)}\t{' '.join(words)}{mark}", *described]
