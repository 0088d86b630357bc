"""`validate`: is everything as it should be? And `--fix`: make it so, as far as that is safe."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, Option, flag, text
from git_jit.cli.progress import Meter
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import ID_LENGTH, Date, Json, short
from git_jit.text import counted
from git_jit.validate.finding import Finding, Severity

if TYPE_CHECKING:
    from git_jit.ops.explaining import RuleSaid
    from git_jit.ops.repair import Change, Mended
    from git_jit.ops.validation import Verdict
    from git_jit.validate.rule_ground import Moment

FOUND: Final = "found"
"""What `--explain` without a code explains: the codes that were found."""
COMMIT_DIGITS: Final = 10


@command(
    "validate",
    examples=[
        "git jit validate",
        "git jit validate --fix --dry-run",
        "git jit validate --only dependency_missing --json",
        "git jit validate --explain cycle",
        "git jit validate 3f9c2a1 --explain bugs-have-steps",
    ],
)
@Argument(dest="id", metavar="ID", required=False)
@flag("--fix", "Mend what can be mended, in one commit that 'undo' takes back.")
@options.dry_run
@Option(
    names=("--explain",),
    dest="explain",
    metavar="[NAME]",
    bare=FOUND,
    help="Say what everything found means, or only this code; or what this rule says of the issue, and why.",
)
@text("--only", metavar="CODE", many=True, help="Only findings of this code; may be said several times.")
@text("--rev", "--at", dest="at", metavar="REVISION", help="As of this commit of the issues.")
@options.actor
def validate(
    app: App, id: str | None, fix: bool, dry_run: bool, explain: str | None, only: Sequence[str], at: str | None
) -> int:
    """Check every document, the graph and this clone, and list what is wrong.

    Documents that cannot be read, are misspelled or break a rule of this repository, references to what is not
    there, cycles, and what surrounds the issues in this clone. With an id, only that issue. Exit status 4 when there
    is an error left. Without --fix nothing is changed; --dry-run says what --fix would do.
    """
    if explain not in {None, FOUND}:
        return _explain_one(app, str(explain), id, at)
    if (fix or dry_run) and at is not None:
        raise UsageError("the past cannot be mended", hint="leave --rev out, or --fix")
    if fix or dry_run:
        return _mend(app, id, only, dry_run=dry_run, explain=explain is not None)
    return _look(app, id, only, at, explain=explain is not None)


def _look(app: App, id: str | None, only: Sequence[str], at: str | None, *, explain: bool) -> int:
    from git_jit.ops import validation

    with Meter(app, wanted=None) as meter:
        verdict = validation.validate(app.store, at=at, id=id, only=only, moment=_moment(app), progress=meter)
    rules = _rules_said(app, verdict.findings, at) if explain else []
    if app.json:
        data = {**_value(verdict), **_nothing_mended(verdict), "explained": _explanations(verdict.findings, explain)}
        return _answer(app, verdict, {**data, **({"rules": _rule_values(rules)} if explain else {})})
    lines = [line for finding in verdict.findings for line in _lines(finding, with_fix=app.on_screen)]
    app.stdout.writelines(line + "\n" for line in lines)
    _tell_meaning(app, _explanations(verdict.findings, explain))
    _tell_rules(app, rules)
    _hints(app, verdict.findings)
    if fixable := sum(finding.fix is not None for finding in verdict.findings):
        app.note(f"hint: 'git jit validate --fix --dry-run' shows how {fixable} of them can be mended")
    app.note(_summary(verdict, ""))
    return verdict.status


def _mend(app: App, id: str | None, only: Sequence[str], *, dry_run: bool, explain: bool) -> int:
    from git_jit.ops import repair

    with Meter(app, wanted=None) as meter:
        mended = repair.fix(
            app.store, app.caller(), id=id, only=only, moment=_moment(app), dry_run=dry_run, progress=meter
        )
    verdict, every = mended.verdict, (*mended.fixed, *mended.verdict.findings)
    if app.json:
        return _answer(app, verdict, {**_mended_value(mended), "explained": _explanations(every, explain)})
    lines = [line for finding in mended.fixed for line in _lines(finding, with_fix=True)]
    lines += [line for finding in verdict.findings for line in _lines(finding, with_fix=False)]
    app.stdout.writelines(line + "\n" for line in lines)
    if dry_run:
        app.stdout.writelines(_change_line(change) + "\n" for change in mended.changes)
    _tell_meaning(app, _explanations(every, explain))
    for note in mended.notes:
        app.note(f"note: {one_line(note)}")
    _hints(app, verdict.findings)
    app.note(_deed(mended))
    app.note(_summary(verdict, " left" if mended.fixed else ""))
    return verdict.status


def _moment(app: App) -> "Moment":
    from git_jit.validate.rule_ground import Moment

    return Moment(day=Date(app.now()[:10]), tree=app.tree)


def _explain_one(app: App, name: str, id: str | None, at: str | None) -> int:
    from git_jit.validate.catalogue import CATALOGUE

    rules: Sequence[RuleSaid] = ()
    if name not in CATALOGUE:
        from git_jit.ops import explaining

        if explaining.is_rule(app.store, name, at):
            rules = [explaining.explain_rule(app.store, name, id=id, at=at, moment=_moment(app))]
    told = {} if rules else _explained([name])
    if app.json:
        app.stdout.write(envelope({"explained": told, **({"rules": _rule_values(rules)} if rules else {})}))
    else:
        _tell_meaning(app, told)
        _tell_rules(app, rules)
    return 0


def _rules_said(app: App, findings: Collection[Finding], at: str | None) -> "Sequence[RuleSaid]":
    if not any(finding.rule for finding in findings):
        return []
    from git_jit.ops.explaining import explain_findings

    return explain_findings(app.store, findings, at=at, moment=_moment(app))


def _rule_values(rules: "Sequence[RuleSaid]") -> list[Json]:
    if not rules:
        return []
    from git_jit.cli.explaining import values_of

    return values_of(rules)


def _tell_rules(app: App, rules: "Sequence[RuleSaid]") -> None:
    if rules:
        from git_jit.cli.explaining import lines_of

        app.stdout.writelines(line + "\n" for line in lines_of(rules))


# --- text -----------------------------------------------------------------------------------------------


def _lines(finding: Finding, *, with_fix: bool) -> Iterator[str]:
    subject = short(finding.subject) if len(finding.subject) == ID_LENGTH else finding.subject
    yield "\t".join(map(one_line, (finding.severity, finding.code, subject, finding.message)))
    if with_fix and finding.fix is not None:
        yield f"    fix: {one_line(finding.fix.summary)}"


def _hints(app: App, findings: Collection[Finding]) -> None:
    for hint in dict.fromkeys(finding.hint for finding in findings if finding.hint):
        app.note(f"hint: {one_line(hint)}")


def _summary(verdict: "Verdict", left: str) -> str:
    errors, warnings = verdict.count(Severity.ERROR), verdict.count(Severity.WARNING)
    counts = ", ".join((counted(errors, "error"), counted(warnings, "warning")))
    seen = (counted(verdict.issues, "issue"), counted(verdict.comments, "comment"), counted(verdict.gates, "gate"))
    return f"{seen[0]}, {seen[1]} and {seen[2]}: {counts}{left}"


def _deed(mended: "Mended") -> str:
    if not mended.fixed:
        return "nothing to fix"
    kinds = ", ".join(f"{kind} {number}" for kind, number in mended.applied.items())
    what = f"{counted(len(mended.fixed), 'finding')} ({kinds})"
    if mended.dry_run:
        return f"would mend {what}"
    if mended.commit is None:
        return f"mended {what}, in this clone only"
    return f"mended {what} in commit {mended.commit[:COMMIT_DIGITS]}; 'git jit undo' takes it back"


def _change_line(change: "Change") -> str:
    """`8f3c21a<TAB>labels: -Team:a +team:a`, or what becomes of a file as a whole."""
    from git_jit.cli.reporting import changes_line

    if change.fields:
        said = changes_line(change.fields)
    elif change.old == change.new:
        said = "spelled canonically"
    else:
        said = f"{_WORDS[change.old]} → {_WORDS[change.new]}"
    return f"{one_line(change.path)}\t{said}"


_WORDS: Final[Mapping[str, str]] = {"document": "readable", "unreadable": "unreadable", "nothing": "nothing there"}


def _tell_meaning(app: App, told: Mapping[str, Mapping[str, object]]) -> None:
    for code, kind in told.items():
        severity = f"{kind['severity']}{', off until chosen' if kind['by_choice'] else ''}"
        app.stdout.write(f"{code} ({severity}): {kind['meaning']}\n    why it matters: {kind['reason']}\n")
        fix = f"--fix {kind['fix']}" if kind["fix"] else "a person has to decide"
        app.stdout.write(f"    what can be done: {fix}\n")


# --- JSON -----------------------------------------------------------------------------------------------


def _answer(app: App, verdict: "Verdict", data: Mapping[str, object]) -> int:
    count = len(verdict.findings)
    app.stdout.write(envelope(data, total=count, returned=count, ok=verdict.status == 0))
    return verdict.status


def _value(verdict: "Verdict") -> dict[str, object]:
    return {
        "base": verdict.base,
        "issues": verdict.issues,
        "comments": verdict.comments,
        "gates": verdict.gates,
        "errors": verdict.count(Severity.ERROR),
        "warnings": verdict.count(Severity.WARNING),
        "findings": [_finding_value(finding) for finding in verdict.findings],
    }


def _nothing_mended(verdict: "Verdict") -> dict[str, object]:
    left = len(verdict.findings)
    return {"fixes_applied": {}, "fixed": [], "left": left, "changes": [], "commit": None, "dry_run": False}


def _mended_value(mended: "Mended") -> dict[str, object]:
    return {
        **_value(mended.verdict),
        "fixes_applied": dict(mended.applied),
        "fixed": [_finding_value(finding) for finding in mended.fixed],
        "left": len(mended.verdict.findings),
        "changes": [_change_value(change) for change in mended.changes],
        "commit": mended.commit,
        "dry_run": mended.dry_run,
    }


def _finding_value(finding: Finding) -> dict[str, object]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "subject": finding.subject,
        "rule": finding.rule,
        "message": finding.message,
        "hint": finding.hint,
        "fixable": finding.fix is not None,
        "fix": {"kind": finding.fix.kind, "summary": finding.fix.summary} if finding.fix else None,
    }


def _change_value(change: "Change") -> dict[str, object]:
    from git_jit.ops.report import change_json

    return {"path": change.path, "old": change.old, "new": change.new, "fields": change_json(change.fields)}


def _explanations(findings: Collection[Finding], explain: bool) -> dict[str, dict[str, object]]:
    return _explained(dict.fromkeys(finding.code for finding in findings)) if explain else {}


def _explained(codes: Collection[str]) -> dict[str, dict[str, object]]:
    from git_jit.validate.catalogue import CATALOGUE

    kinds = {code: CATALOGUE[code] for code in codes if code in CATALOGUE}
    return {
        code: {
            "severity": kind.severity,
            "by_choice": kind.by_choice,
            "meaning": kind.meaning,
            "reason": kind.reason,
            "fix": kind.fix,
        }
        for code, kind in kinds.items()
    }
