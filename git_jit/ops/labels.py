"""Use cases of labels: `namespace:value` on issues, and what there is of them."""

from collections.abc import Callable, Mapping, Sequence

from git_jit.condition import Condition, Glob, OneOf
from git_jit.config import Namespace
from git_jit.errors import JitError, UsageError
from git_jit.model import Caller, IssueId, Oid
from git_jit.ops.batch import Sheet, publish, run, work_through
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.issues import patching
from git_jit.ops.queries import doubts
from git_jit.ops.report import Report
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import View, rules_to_read_by


@record(kw_only=True)
class NamespaceUse:
    """One namespace, its rule if the repository declares one, and how many issues have each value."""

    name: str
    rule: Namespace | None
    values: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.values.values())


def add(
    store: Store, caller: Caller, ids: Sequence[str], labels: Sequence[str], *, if_version: Oid | None = None
) -> Report:
    step = patching(Patch(add_labels=tuple(labels)))
    return run(store, caller, "label-add", ids, step, Terms(now=caller.now), if_version=if_version)


def remove(
    store: Store, caller: Caller, ids: Sequence[str], labels: Sequence[str], *, if_version: Oid | None = None
) -> Report:
    step = patching(Patch(remove_labels=tuple(labels)))
    return run(store, caller, "label-rm", ids, step, Terms(now=caller.now), if_version=if_version)


def rename(store: Store, caller: Caller, old: str, new: str, *, dry_run: bool = False) -> Report:
    """On every issue, finished ones too: `ui:old` to `ui:new`, or a whole namespace, `ui:*` to `area:*`."""
    condition, renamed = _renaming(old, new)

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        names = {label: name for label in issue.labels if (name := renamed(label))}
        return desk.change(issue, Patch(remove_labels=tuple(names), add_labels=tuple(names.values())))

    def work(view: View) -> Sheet:
        chosen = view.select(condition).ids
        return work_through(view, chosen, step, Terms(now=caller.now), notes=doubts(view))

    return publish(store, caller, "label-rename", work, dry_run=dry_run)


def _renaming(old: str, new: str) -> tuple[Condition, Callable[[str], str | None]]:
    """Which issues are meant, and what a label of theirs becomes; None: it is not meant."""
    whole = old.endswith(":*")
    if whole != new.endswith(":*") or ":" not in old or ":" not in new:
        raise UsageError(
            f"'{old}' cannot be renamed to '{new}'",
            hint="give two labels, 'component:ui' and 'area:ui', or two namespaces, 'component:*' and 'area:*'",
        )
    if not whole:
        return OneOf("label", (old,)), lambda label: new if label == old else None
    before, after = old.removesuffix("*"), new.removesuffix("*")
    return Glob(
        "label", (before, None)
    ), lambda label: after + label.removeprefix(before) if label.startswith(before) else None


def namespaces(view: View) -> tuple[NamespaceUse, ...]:
    """Every namespace that is declared or used, in order of name; values in order of name."""
    rules = rules_to_read_by(view).namespaces
    used: dict[str, dict[str, int]] = {name: {} for name in rules}
    for label, count in view.values("label").items():
        namespace, _, value = label.partition(":")
        used.setdefault(namespace, {})[value] = count
    return tuple(
        NamespaceUse(name=name, rule=rules.get(name), values=dict(sorted(used[name].items()))) for name in sorted(used)
    )
