"""`label`: what labels there are, and changing them on issues."""

from collections.abc import Sequence

from git_jit.cli import App, options, words
from git_jit.cli.command import command
from git_jit.cli.parameters import Argument, text
from git_jit.cli.render import show_rows
from git_jit.cli.reporting import show_report
from git_jit.cli.sanitize import one_line
from git_jit.errors import NotFound, UsageError
from git_jit.ops import labels
from git_jit.ops.labels import NamespaceUse

_labels = text("--label", "-l", many=True, metavar="L", help="Labels, 'namespace:value'.")
_words = Argument(dest="ids", metavar="ID... [LABEL...]", many=True)


class UnknownNamespace(NotFound):
    """No rule and no label names it."""

    code = "namespace_not_found"


@command("list", examples=["git jit label list", "git jit label list --json"])
@options.at
@options.color
def list_(app: App, at: str | None) -> int:
    """List the namespaces of labels and how much they are used."""
    with app.store.view(at) as view:
        found = labels.namespaces(view)
    data = [_namespace_value(use) for use in found]
    rows = [(use.name, str(use.total), _rule(use), use.rule.description if use.rule else "") for use in found]
    return show_rows(app, data, ("NAMESPACE", "USES", "RULE", "DESCRIPTION"), rows, empty="no labels")


def _namespace_value(use: NamespaceUse) -> dict[str, object]:
    rule = use.rule
    declared = rule and {
        "description": rule.description,
        "unique": rule.unique,
        "required": rule.required,
        "pattern": rule.pattern,
        "values": rule.values,
    }
    return {"namespace": use.name, "total": use.total, "values": dict(use.values), "rule": declared}


def _rule(use: NamespaceUse) -> str:
    if use.rule is None:
        return ""
    said = {"unique": use.rule.unique, "required": use.rule.required, "fixed values": bool(use.rule.values)}
    return ", ".join(word for word, holds in said.items() if holds) or "declared"


@command("values", examples=["git jit label values", "git jit label values component"])
@Argument(dest="namespace", required=False)
@options.at
@options.color
def values(app: App, namespace: str | None, at: str | None) -> int:
    """List the labels of a namespace and how many issues have each; without one, of all."""
    with app.store.view(at) as view:
        found = labels.namespaces(view)
    if namespace is not None:
        name = namespace.removesuffix("*").removesuffix(":")
        found = tuple(use for use in found if use.name == name)
        if not found:
            raise UnknownNamespace(f"no label of '{name}'", hint="'git jit label list' shows the namespaces")
    uses = {f"{use.name}:{value}": count for use in found for value, count in use.values.items()}
    data = [{"label": label, "issues": count} for label, count in uses.items()]
    rows = [(label, str(count)) for label, count in uses.items()]
    return show_rows(app, data, ("LABEL", "ISSUES"), rows, empty="no labels")


@command("add", examples=["git jit label add 3f9c2a1 component:door", "git jit label add 3f9c2a1 77ab012 -l a:b,c:d"])
@_words
@_labels
@options.if_version
@options.actor
def add(app: App, ids: Sequence[str], label: Sequence[str], if_version: str | None) -> int:
    """Add labels to issues."""
    named, come = _ids_and_labels(ids, label)
    return show_report(app, labels.add(app.store, app.caller(), named, come, if_version=words.version(if_version)))


@command("rm", examples=["git jit label rm 3f9c2a1 component:door"])
@_words
@_labels
@options.if_version
@options.actor
def remove(app: App, ids: Sequence[str], label: Sequence[str], if_version: str | None) -> int:
    """Remove labels from issues."""
    named, gone = _ids_and_labels(ids, label)
    return show_report(app, labels.remove(app.store, app.caller(), named, gone, if_version=words.version(if_version)))


def _ids_and_labels(given: Sequence[str], labels: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Labels may stand behind the ids: only they have a colon."""
    ids = [word for word in given if ":" not in word]
    found = words.several([*(word for word in given if ":" in word), *labels])
    if not ids or not found:
        missing = "a label" if ids else "an id"
        raise UsageError(f"{missing} is missing", hint="like this: 'git jit label add 3f9c2a1 component:door'")
    return ids, found


@command(
    "rename", examples=["git jit label rename component:ui component:web", "git jit label rename 'ui:*' 'area:*' -n"]
)
@Argument(dest="old")
@Argument(dest="new")
@options.dry_run
@options.actor
def rename(app: App, old: str, new: str, dry_run: bool) -> int:
    """Rename a label, or a namespace ('ui:*'), on every issue."""
    report = labels.rename(app.store, app.caller(), old, new, dry_run=dry_run)
    if not report.outcomes:
        app.note(f"no issue has a label '{one_line(old)}'")
    return show_report(app, report)
