"""Judging a change before it is published: what continuous integration runs on a pull request, and on what was pushed.

What counts is the result: head itself where it leads on from base, else what the semantic merge makes of the two. Two
changes that are right by themselves can be wrong together, and this is where it shows. What was wrong before is told,
but is not the newcomer's fault.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer, decode_issue, encode_issue
from git_jit.differences import Differences, Fate, IssueDifference, Verb
from git_jit.merge import REASONS, Conflict
from git_jit.model import ID_LENGTH, Actor, IssueId, Json, Message, Oid, Timestamp
from git_jit.ops.differing import Differing, commit_of, differ, proposals_of
from git_jit.ops.examining import remember
from git_jit.ops.incoming import ALWAYS, JUDGED, OF_THE_CODE, commit_objections, survey_tree
from git_jit.ops.objection import Objection
from git_jit.paths import comment_path, issue_path, place_of
from git_jit.record import record
from git_jit.store import Store
from git_jit.store.commits import unix_ms
from git_jit.store.settings import Identity
from git_jit.validate.finding import Finding, Severity
from git_jit.validate.lines import line_of, places

if TYPE_CHECKING:
    from git_jit.store.proposals import Proposals

REFUSED: Final = 4
GRAPH: Final = 5
"""Exit statuses, as of every refusal: a rule, or the graph of dependencies."""
OF_THE_GRAPH: Final = frozenset({"cycle", "parent_cycle", "self_reference", "dependency_missing"})
FIXED: Final = ("created_at", "created_by", "id")
"""What an issue says about its beginning, which no command changes."""
KNOWN: Final = frozenset({"README.md", ".gitattributes", "config.json"})
OF_THE_HOST: Final = (".github/", ".gitea/", ".forgejo/", ".gitlab-ci.yml")
"""Where hosts look for what they shall run. Whoever may change it may run anything."""
CIRCLES: Final = frozenset({"cycle", "parent_cycle"})
JUDGE: Final = Actor("ci:check")
NOBODY: Final = Identity("git jit <jit@localhost>", "git jit <jit@localhost>")
"""Who makes a merge that is only judged: where that is done, git may know nobody."""
CODES: Final[Mapping[str, str]] = {
    "clock_ahead": "a commit is dated more than a day ahead, so that it would win every merge",
    "comment_altered": "a comment says something else than it said",
    "comment_removed": "a comment is gone, and its issue is not",
    "commit_forged": "a commit says one of our trailers twice, or holds control characters",
    "created_changed": "an issue says something else about who made it, when, or under which id",
    "history_rewritten": "something that was published is taken back, or the history was begun anew",
    "tree_invalid": "an entry of the tree is no plain file or directory, or has a name that leads elsewhere",
    "file_unexpected": "a file is none of the tracker's (a warning)",
    "merge_undecided": "both sides changed the same thing, so somebody will have to decide (a warning)",
    "workflow_changed": "a file is changed that tells the host what to run (a warning)",
}
"""What only a check finds; all else is in the catalogue of `validate`."""
MAX_ODD: Final = 50
"""Entries of a tree that are told; a tree can have millions, all wrong."""


@record(kw_only=True)
class Complaint:
    """One thing that is wrong, and where."""

    severity: Severity
    code: str
    subject: str
    """An issue, a path in the tree or a commit."""
    message: str
    hint: str | None = None
    path: str | None = None
    """The file that a host can show it at; None where there is none."""
    line: int = 1
    """In that file, from 1."""


@record(kw_only=True)
class Checked:
    """What came of a check."""

    base: Oid
    head: Oid
    result: Oid
    """What was judged: `head`, or the commit that merges both. No reference names the latter."""
    complaints: tuple[Complaint, ...]
    """Errors first, then in order of subject."""
    before: int
    """Errors that base has already, and the result still has. They do not count."""
    differences: Differences
    """Between base and the result."""

    def count(self, severity: Severity) -> int:
        return sum(one.severity is severity for one in self.complaints)

    @property
    def status(self) -> int:
        """0; 5 if nothing is wrong but the graph; 4 for anything else. Warnings alone are no failure."""
        codes = {one.code for one in self.complaints if one.severity is Severity.ERROR}
        if not codes:
            return 0
        return GRAPH if codes <= OF_THE_GRAPH else REFUSED


def check(store: Store, base: str, head: str, *, now: Timestamp, published: bool = False) -> Checked:
    """Judge what `head` would make of `base`. With `published`, `head` is there already and must lead on from `base`.

    Raises `UnknownRevision`, and errors of the storage.
    """
    git = proposals_of(store)
    old, new = commit_of(store, base), commit_of(store, head)
    bases = git.exchange.bases([old], [new])
    complaints = list(_history(git, old, new, bases, unix_ms(now), published=published))
    complaints += _entries(git, bases[0] if bases else None, new)
    if not bases or any(one.code == "tree_invalid" for one in complaints):
        return _without_result(old, new, complaints)
    complaints += _forbidden(store, differ(store, bases[0], new))
    result = new
    if old not in bases:
        result, disputed = _merged(store, git, old, new, now)
        complaints += disputed
        complaints += (_placed(store, new, each, Differences()) for each in _judge(store, bases[0], new)[1])
    found = differ(store, old, result)
    standing, fresh = _judge(store, old, result)
    complaints += (_placed(store, result, finding, found.differences) for finding in fresh)
    return Checked(
        base=old,
        head=new,
        result=result,
        complaints=_in_order(complaints),
        before=standing,
        differences=found.differences,
    )


def _merged(store: Store, git: "Proposals", base: Oid, head: Oid, now: Timestamp) -> tuple[Oid, list[Complaint]]:
    """The commit that merges both as `sync` would, which no reference names, and what it could not decide.

    A merge opens a circle by setting an edge aside; of a proposal, it is better not made.
    """
    from git_jit.ops.merging import How, prepare  # most proposals lead on from what is published

    prepared = prepare(store, git.exchange, base, head, now_ms=unix_ms(now))
    conflicts = prepared.merged.conflicts if prepared.merged else ()
    disputed = [_disputed(store, head, conflict) for conflict in conflicts]
    if prepared.how is How.NOTHING:
        return base, disputed
    if prepared.how is not How.MERGED:
        return head, disputed
    message = Message(op="check", subject="check: a merge to be judged", actor=JUDGE, request="check", at=now)
    made = git.draft(prepared.edits, start=prepared.start, parents=[base, head], message=message, who=NOBODY)
    return made, disputed


def _disputed(store: Store, head: Oid, conflict: Conflict) -> Complaint:
    field, subject = ".".join(conflict.field) or "document", conflict.subject
    if conflict.reason in CIRCLES:
        ends = ", ".join(f"'{str(_target(entry.value))[:7]}'" for entry in conflict.lost)
        message = f"together with what is published, '{field}' to {ends} closes a circle"
        hint = f"'git jit dep tree {subject[:7]}' shows what is there; leave one of its edges out"
        found = Finding(code=conflict.reason, severity=Severity.ERROR, subject=subject, message=message, hint=hint)
    else:
        message = f"'{field}' will have to be decided after the merge: {REASONS.get(conflict.reason, conflict.reason)}"
        hint = "'git jit propose --update' merges here, where it can be decided first"
        found = Finding(code="merge_undecided", severity=Severity.WARNING, subject=subject, message=message, hint=hint)
    data = store.blob_at(head, conflict.path)
    return Complaint(
        severity=found.severity,
        code=found.code,
        subject=subject,
        message=message,
        hint=hint,
        path=None if data is None else conflict.path,
        line=1 if data is None else line_of(data, found),
    )


def _target(value: Json) -> Json:
    return value.get("target") if isinstance(value, dict) else value


def _without_result(base: Oid, head: Oid, complaints: list[Complaint]) -> Checked:
    """What has a shape that no tree may have is not read any further."""
    return Checked(
        base=base, head=head, result=head, complaints=_in_order(complaints), before=0, differences=Differences()
    )


def _in_order(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    rank = {Severity.ERROR: 0, Severity.WARNING: 1}
    return tuple(
        sorted(dict.fromkeys(complaints), key=lambda one: (rank[one.severity], one.subject, one.code, one.message))
    )


# --- commits and entries --------------------------------------------------------------------------------


def _history(
    git: "Proposals", old: Oid, new: Oid, bases: list[Oid], now_ms: int, *, published: bool
) -> Iterator[Complaint]:
    if not bases:
        message = f"has no commit in common with '{old[:10]}': it was begun anew"
        hint = "'git jit propose' makes a proposal that grows from what is published"
        yield _error("history_rewritten", f"commit {new[:10]}", message, hint)
    elif published and old not in bases:
        message = f"does not lead on from '{old[:10]}', which was published before: something published was taken back"
        hint = "'git jit sync' in a clone that still has it shows what is missing"
        yield _error("history_rewritten", f"commit {new[:10]}", message, hint)
    for commit in git.between(old, new):
        for objection in commit_objections(commit.oid, git.raw(commit.oid), now_ms):
            yield _of(objection)


def _entries(git: "Proposals", base: Oid | None, head: Oid) -> Iterator[Complaint]:
    for number, misfit in enumerate(git.exchange.misfits(base, head)):
        if number == MAX_ODD:
            return
        yield _error("tree_invalid", misfit.path, misfit.why)


def _of(objection: Objection) -> Complaint:
    return _error(objection.code, objection.subject, objection.message, objection.hint)


def _error(
    code: str, subject: str, message: str, hint: str | None = None, *, path: str | None = None, line: int = 1
) -> Complaint:
    return Complaint(
        severity=Severity.ERROR, code=code, subject=subject, message=message, hint=hint, path=path, line=line
    )


# --- what nobody may change -----------------------------------------------------------------------------


def _forbidden(store: Store, own: Differing) -> Iterator[Complaint]:
    """What a change did since it began that no command does."""
    for issue in own.differences.issues:
        if issue.fate is Fate.UPDATED:
            yield from _beginnings(store, own.new, issue)
        yield from _remarks(issue)
    for file in own.differences.files:
        if file.path.startswith(OF_THE_HOST):
            message = f"is {file.fate}, and the host may run what it says"
            yield _warning("workflow_changed", file.path, message, gone=file.fate is Fate.DELETED)
        elif not place_of(file.path).area and file.path not in KNOWN and not file.path.startswith("conflicts/"):
            message = f"is {file.fate}, and no file of the tracker"
            yield _warning("file_unexpected", file.path, message, gone=file.fate is Fate.DELETED)


def _beginnings(store: Store, head: Oid, issue: IssueDifference) -> Iterator[Complaint]:
    path = issue_path(issue.id)
    for change in issue.fields:
        if change.field in FIXED:
            data = store.blob_at(head, path) or b""
            line = places(data.decode("utf-8", "replace")).get((change.field,), 1)
            message = f"has another '{change.field}' than it had: who made an issue, and when, stays as it is"
            hint = f"'git jit issue history {issue.id[:7]}' shows what it was"
            yield _error("created_changed", issue.id, message, hint, path=path, line=line)


def _remarks(issue: IssueDifference) -> Iterator[Complaint]:
    """Comments that go with their issue are no loss of their own."""
    for remark in issue.remarks:
        path = comment_path(issue.id, remark.comment)
        if remark.fate is Fate.UPDATED:
            hint = f"'git jit comment {issue.id[:7]}' adds another one"
            yield _error("comment_altered", path, "was altered: a comment stays as it was written", hint, path=path)
        elif remark.fate is Fate.DELETED and issue.fate is not Fate.DELETED:
            hint = "'git jit log' names the commit that did it"
            yield _error("comment_removed", path, "was removed, and its issue was not", hint)


def _warning(code: str, path: str, message: str, *, gone: bool) -> Complaint:
    return Complaint(severity=Severity.WARNING, code=code, subject=path, message=message, path=None if gone else path)


# --- the result -----------------------------------------------------------------------------------------


def _judge(store: Store, old: Oid, result: Oid) -> tuple[int, list[Finding]]:
    """How many errors there were before and still are, and every finding that is new."""
    before = survey_tree(store, old)
    remember(store, before, JUDGED)  # the next look reads what changed and nothing else
    after = survey_tree(store, result)
    known = {_key(finding) for finding in before.findings}
    fresh = [finding for finding in after.findings if _key(finding) not in known and finding.code not in OF_THE_CODE]
    standing = sum(_is_error(finding) and _key(finding) in known for finding in after.findings)
    return standing, fresh


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.code, finding.subject, finding.message)


def _is_error(finding: Finding) -> bool:
    """Whoever writes by other means than git jit can still spell as it does."""
    return finding.severity is Severity.ERROR or finding.code in ALWAYS


def _placed(store: Store, result: Oid, finding: Finding, found: Differences) -> Complaint:
    subject, path = _home(finding, found)
    data = store.blob_at(result, path)
    line = 1
    if data is not None:
        line = _first_misspelled(path, data) if finding.code == "not_canonical" else line_of(data, finding)
    return Complaint(
        severity=Severity.ERROR if _is_error(finding) else Severity.WARNING,
        code=finding.code,
        subject=subject,
        message=finding.message,
        hint=finding.hint,
        path=None if data is None else path,
        line=line,
    )


def _home(finding: Finding, found: Differences) -> tuple[str, str]:
    """The subject and its file. Of a circle it is the issue whose new edge closed it, not just any of them."""
    subject = finding.subject
    if finding.code in CIRCLES:
        subject = _closing(finding.message, found) or subject
    is_id = len(subject) == ID_LENGTH and "/" not in subject
    return subject, issue_path(IssueId(subject)) if is_id else subject


def _closing(message: str, found: Differences) -> str | None:
    ring = message.rpartition(": ")[2].split(" -> ")
    edges = set(pairwise(ring))
    for issue in found.issues:
        for step in issue.steps:
            if step.verb is Verb.ADD and step.field in {"dependencies", "links"}:
                target = step.new.get("target") if isinstance(step.new, dict) else step.new
                if any(issue.id.startswith(one) and str(target).startswith(other) for one, other in edges):
                    return issue.id
    return None


def _first_misspelled(path: str, data: bytes) -> int:
    """The first line that would be another one, spelled canonically."""
    try:
        wanted = encode_issue(decode_issue(data)) if path.startswith("issues/") else data
    except (Malformed, SchemaNewer):
        return 1
    pairs = zip(data.split(b"\n"), wanted.split(b"\n"), strict=False)
    return next((number for number, (is_, shall) in enumerate(pairs, 1) if is_ != shall), 1)
