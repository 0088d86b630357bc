"""Moving in: other trackers' data to issues, in one commit, again and again with the same result.

`read` understands files and raises before anything is written; `import_issues` plans and publishes. What an
import changes, guesses or leaves out is counted in its report, by rule (`rules.RULES`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from git_jit.canonical import Malformed
from git_jit.errors import Refused, UsageError
from git_jit.model import Caller, IssueId, Message, Oid, Progress, ignore
from git_jit.ops import transact
from git_jit.ops.imports import backlog, beads, jit, jsonl
from git_jit.ops.imports.checking import misfits, unwritable
from git_jit.ops.imports.directory import read_directory
from git_jit.ops.imports.planning import Planned, plan_import
from git_jit.ops.imports.record import MalformedInput, Parsed, Problem, Remarks, SourceMissing
from git_jit.ops.imports.rules import RULES
from git_jit.record import record
from git_jit.store import Store
from git_jit.text import counted
from git_jit.view import Plan, View

__all__ = [
    "RULES",
    "SOURCES",
    "ImportReport",
    "ImportStrict",
    "MalformedInput",
    "Parsed",
    "SourceMissing",
    "import_issues",
    "read",
]

SOURCES: Final = ("jit", "beads", "backlog", "jsonl")


class ImportStrict(Refused):
    """`--strict` met something that would have been guessed, altered or left out. Nothing was written."""

    code = "import_strict"


class UnknownSource(UsageError):
    code = "import_unknown_source"


@record(kw_only=True)
class ImportReport:
    """What came of an import."""

    source: str
    origin: str
    records: int
    """How many records were read; those left out on purpose included."""
    created: tuple[IssueId, ...]
    updated: tuple[IssueId, ...]
    unchanged: tuple[IssueId, ...]
    left_out: int
    comments: int
    gates: int
    config: bool
    remarks: Remarks
    commit: Oid | None
    dry_run: bool

    def to_json(self) -> dict[str, object]:
        """The report as JSON data: counts, and each rule that applied with its count and first examples."""
        rules = [
            {
                "rule": rule,
                "strict": RULES[rule].strict,
                "meaning": RULES[rule].meaning,
                "count": tally.count,
                "examples": [{"where": e.where, "text": e.text} for e in tally.examples],
            }
            for rule, tally in self.remarks.tallies().items()
        ]
        return {
            "source": self.source,
            "origin": self.origin,
            "records": self.records,
            "created": len(self.created),
            "updated": len(self.updated),
            "unchanged": len(self.unchanged),
            "left_out": self.left_out,
            "comments": self.comments,
            "gates": self.gates,
            "config": self.config,
            "rules": rules,
            "commit": self.commit,
            "dry_run": self.dry_run,
        }


def read(source: str, path: str, *, data: bytes | None = None, with_tombstones: bool = False) -> Parsed:
    """Understand the files at `path`, or `data` in their stead. Raises `SourceMissing` or `MalformedInput`."""
    match source:
        case "jit":
            return jit.read(path)
        case "beads":
            return beads.read(path, data=data, with_tombstones=with_tombstones)
        case "backlog":
            return backlog.read(path)
        case "jsonl":
            if data is None and Path(path).is_dir():
                return read_directory(path)
            return jsonl.read(path, data=data)
        case _:
            raise UnknownSource(f"'{source}' is not a source git jit knows", hint=f"one of: {', '.join(SOURCES)}")


def import_issues(
    store: Store,
    caller: Caller,
    source: Parsed,
    *,
    dry_run: bool = False,
    strict: bool = False,
    prefer_source: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> ImportReport:
    """Publish what `source` says as one commit; a second import of the same input publishes nothing.

    An aspect of an issue that changed in the source *and* here stays as it is here (`edited-here` in the
    report), unless `prefer_source`. Raises `ImportStrict` when `strict` and a rule in doubt applied.
    """
    planned: list[Planned] = []
    request = caller.new_request()  # once: a second attempt is the same operation

    def attempt(view: View) -> Plan:
        planned[:] = [plan_import(view, source, now=caller.now, prefer_source=prefer_source, progress=progress)]
        plan = planned[0].plan
        if strict:
            _refuse_doubt(planned[0].remarks)
        _refuse(misfits(plan, source))
        if dry_run:
            _refuse(unwritable(plan, source))
        return plan

    def message(plan: Plan) -> Message:
        subject = f"import: {counted(len(plan.issues), 'issue')} from {source.system}"
        return Message(op="import", subject=subject, actor=caller.actor, request=request, at=caller.now)

    try:
        published = transact(store, attempt, message, dry_run=dry_run)
    except Malformed:  # the store says what cannot be written, but not where it came from
        _refuse(unwritable(planned[0].plan, source))
        raise
    return _report(source, planned[0], published.commit, dry_run=dry_run)


def _report(source: Parsed, planned: Planned, commit: Oid | None, *, dry_run: bool) -> ImportReport:
    plan = planned.plan
    return ImportReport(
        source=source.system,
        origin=source.origin,
        records=len(source.records) + len(source.left_out),
        created=planned.created,
        updated=planned.updated,
        unchanged=planned.unchanged,
        left_out=len(source.left_out),
        comments=len(plan.comments),
        gates=len(plan.gates),
        config=plan.config is not None,
        remarks=planned.remarks,
        commit=commit,
        dry_run=dry_run,
    )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise MalformedInput(problems)


def _refuse_doubt(remarks: Remarks) -> None:
    doubts = {rule: tally.count for rule, tally in remarks.tallies().items() if RULES[rule].strict}
    if doubts:
        named = ", ".join(f"{rule} {count}" for rule, count in doubts.items())
        raise ImportStrict(
            f"'--strict' refuses this import: {named}",
            hint="the same command with '--dry-run' instead of '--strict' shows each case",
            details={"rules": doubts},
        )
