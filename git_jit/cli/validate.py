"""`validate`: is everything as it should be?"""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.progress import Meter
from git_jit.cli.sanitize import one_line
from git_jit.model import ID_LENGTH, short
from git_jit.ops.validation import Verdict
from git_jit.validate import Finding, Severity


@command("validate", examples=["git jit validate", "git jit validate --json"])
@options.at
def validate(app: App, at: str | None) -> int:
    """Check every document and the graph, and list what is wrong.

    Blobs that cannot be read or are not spelled canonically, documents that break their schema or a rule of this
    repository, references to what is not there, and cycles. Exit status 4 when there is an error; nothing is
    changed.
    """
    from git_jit.ops import validation

    with Meter(app, wanted=None) as meter:
        verdict = validation.validate(app.store, at=at, progress=meter)
    count = len(verdict.findings)
    if app.json:
        ok = verdict.status == 0
        app.stdout.write(envelope(_value(verdict), total=count, returned=count, ok=ok))
        return verdict.status
    app.stdout.writelines(_line(finding) + "\n" for finding in verdict.findings)
    for hint in dict.fromkeys(finding.hint for finding in verdict.findings if finding.hint):
        app.note(f"hint: {one_line(hint)}")
    app.note(
        f"{verdict.issues} issues, {verdict.comments} comments and {verdict.gates} gates: "
        f"{verdict.count(Severity.ERROR)} errors, {verdict.count(Severity.WARNING)} warnings"
    )
    return verdict.status


def _line(finding: Finding) -> str:
    subject = short(finding.subject) if len(finding.subject) == ID_LENGTH else finding.subject
    return "\t".join(map(one_line, (finding.severity, finding.code, subject, finding.message)))


def _value(verdict: Verdict) -> dict[str, object]:
    return {
        "base": verdict.base,
        "issues": verdict.issues,
        "comments": verdict.comments,
        "gates": verdict.gates,
        "errors": verdict.count(Severity.ERROR),
        "warnings": verdict.count(Severity.WARNING),
        "findings": [
            {"severity": f.severity, "code": f.code, "subject": f.subject, "message": f.message, "hint": f.hint}
            for f in verdict.findings
        ],
    }
