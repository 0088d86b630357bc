"""Everything that is wrong with a tracker, found in one pass. Nothing is changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from git_jit import codec, graph
from git_jit.canonical import loads
from git_jit.model import Comment, Issue, IssueId, LinkType, Oid, Progress, State, ignore, short
from git_jit.record import record
from git_jit.store import Store, comment_path, gate_path, issue_path
from git_jit.store.backend import Kind
from git_jit.store.tree import object_id
from git_jit.validate import Finding, Severity, check_issue
from git_jit.view import View, rules_to_read_by

CONFIG: Final = "config.json"
REFUSED: Final = 4
"""Exit status when a rule is broken, as of every refusal by validation."""
SHA256_DIGITS: Final = 64

_BY_WEIGHT: Final = (Severity.ERROR, Severity.WARNING)


@record(kw_only=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    base: Oid | None
    issues: int
    comments: int
    gates: int
    findings: tuple[Finding, ...]
    """Errors first, then in order of subject."""

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def status(self) -> int:
        """0, or 4 when a rule is broken; warnings alone are no failure."""
        return REFUSED if self.count(Severity.ERROR) else 0


def validate(store: Store, *, at: str | None = None, progress: Callable[[Progress], None] = ignore) -> Verdict:
    """Judge every document as of now, or of `at`: readable, spelled canonically, fit for its schema and for the
    rules of the repository, and whole as a graph.

    Comments of issues that are not there are not looked at.
    """
    with store.view(at) as view:
        judge = _Judge(store, view)
        findings = [*judge.broken(), *judge.definitions(), *judge.issues(progress), *judge.cycles()]
        return Verdict(
            base=view.base,
            issues=len(view.ids()),
            comments=judge.comments_seen,
            gates=len(judge.gates),
            findings=tuple(sorted(findings, key=lambda f: (_BY_WEIGHT.index(f.severity), f.subject, f.code))),
        )


class _Judge:
    """One pass over one view."""

    def __init__(self, store: Store, view: View) -> None:
        self.store = store
        self.view = view
        self.gates = view.gates()
        self.config = rules_to_read_by(view)
        self.unreadable = {blob.path for blob in view.broken()}
        self.comments_seen = 0
        self.parents: dict[IssueId, tuple[IssueId, ...]] = {}

    def broken(self) -> Iterator[Finding]:
        """Blobs that cannot be read, among them documents that are not what their path says."""
        for blob in self.view.broken():
            yield _error("unreadable", blob.path, f"cannot be read: {blob.cause}", _way_back(blob.path))

    def definitions(self) -> Iterator[Finding]:
        """The rules and the gates."""
        yield from self._document("config", CONFIG)
        for key in self.gates:
            yield from self._document("gate", gate_path(key))

    def issues(self, progress: Callable[[Progress], None]) -> Iterator[Finding]:
        """Each issue by itself, with its comments, and what it refers to."""
        ids = self.view.ids()
        for number, id in enumerate(ids):
            progress(Progress("validating", number, len(ids)))
            issue = self.view.issue(id)
            if issue is not None:
                self.parents[id] = tuple(IssueId(link.target) for link in issue.links if link.type == LinkType.PARENT)
                yield from self._issue(issue)
                yield from self._comments(self.view.comments(id))

    def cycles(self) -> Iterator[Finding]:
        """Issues that wait for each other, and parents that are below themselves."""
        for path in _disjoint_cycles(self.view.edges()):
            hint = (
                f"'git jit dep rm {short(path[0])} --on {short(path[1])}' would open it; so would any other edge of it"
            )
            yield _error("cycle", path[0], f"wait for each other: {_arrows(path)}", hint)
        for path in _disjoint_cycles(self.parents):
            hint = f"'git jit update {short(path[0])} --parent none' would open it"
            yield _error("parent_cycle", path[0], f"are parts of each other: {_arrows(path)}", hint)

    def _issue(self, issue: Issue) -> Iterator[Finding]:
        wrong = check_issue(issue, self.config)
        yield from wrong
        if not wrong:  # the words of our own rules are better; this is the second judge
            yield from self._schema("issue", issue.id, codec.issue_document(issue))
        version = self.view.version(issue.id)
        algorithm = "sha256" if version and len(version) == SHA256_DIGITS else "sha1"
        if not wrong and object_id(Kind.BLOB, codec.encode_issue(issue), algorithm) != version:
            yield _not_canonical(issue_path(issue.id))
        yield from self._references(issue)

    def _references(self, issue: Issue) -> Iterator[Finding]:
        for target in issue.dependencies:
            if self._is_missing(target):
                hint = f"'git jit issue restore {short(target)}' brings it back if it was deleted"
                yield _error("dependency_missing", issue.id, f"waits for '{short(target)}', which is not here", hint)
        open_blockers = [id for id in issue.dependencies if not _finished(self.view.state_of(id))]
        if issue.state is State.READY and open_blockers:
            hint = f"'git jit dep why {short(issue.id)}' shows what to do first"
            yield _warning("ready_but_blocked", issue.id, f"is ready, but waits for '{short(open_blockers[0])}'", hint)
        for link in issue.links:
            if self._is_missing(IssueId(link.target)):
                yield _warning("link_missing", issue.id, f"has a link '{link.type}' to '{short(link.target)}', gone")
        for link in issue.unresolved:
            yield _warning("unresolved", issue.id, f"refers to '{link.target}' ({link.type}), which is not here")
        for key in issue.gates:
            if key not in self.gates:
                yield _warning("gate_missing", issue.id, f"requires the gate '{key}', which is not defined")

    def _is_missing(self, id: IssueId) -> bool:
        """Not there at all; one that is there and cannot be read has its own finding."""
        return self.view.version(id) is None

    def _comments(self, comments: Iterable[Comment]) -> Iterator[Finding]:
        for comment in comments:
            self.comments_seen += 1
            yield from self._document("comment", comment_path(comment.issue, comment.id))

    def _document(self, kind: codec.Kind, path: str) -> Iterator[Finding]:
        data = self.store.blob_at(self.view.base, path) if self.view.base else None
        if data is None or path in self.unreadable:
            return
        yield from self._schema(kind, path, loads(data))
        if not codec.is_canonical(data, kind):
            yield _not_canonical(path)

    def _schema(self, kind: codec.Kind, subject: str, document: object) -> Iterator[Finding]:
        from git_jit.validate import schema  # imports jsonschema

        for where, message in schema.errors(kind, document):  # type: ignore[arg-type]
            hint = f"'git jit schema {kind}' prints what it may hold"
            yield _error("schema_invalid", subject, f"'{where}' does not fit the schema: {message}", hint)


def _finished(state: State | None) -> bool:
    return state is not None and state.terminal


def _disjoint_cycles(edges: Mapping[IssueId, tuple[IssueId, ...]]) -> Iterator[tuple[IssueId, ...]]:
    """Cycles until none is left among the issues that are in none yet: each knot is told at least once."""
    rest = dict(edges)
    while path := graph.find_cycle(rest):
        yield path
        for id in path:
            rest.pop(id, None)


def _arrows(path: Iterable[IssueId]) -> str:
    return " -> ".join(map(short, path))


def _way_back(path: str) -> str:
    """What brings a readable version back."""
    if path.startswith("issues/"):
        id = short(path.rpartition("/")[2])
        return f"'git jit issue history {id}' lists its versions, 'git jit issue restore {id} --at COMMIT' takes one"
    return "'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back"


def _not_canonical(path: str) -> Finding:
    hint = "every reader understands it; the next change of it by git jit spells it canonically"
    return _warning("not_canonical", path, "is not spelled canonically", hint)


def _error(code: str, subject: str, message: str, hint: str | None = None) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, subject=subject, message=message, hint=hint)


def _warning(code: str, subject: str, message: str, hint: str | None = None) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, subject=subject, message=message, hint=hint)
