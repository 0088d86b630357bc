"""Everything that is wrong with a tracker, found in one pass. Nothing is changed.

Findings come from three places: each document by itself (remembered until it changes, see `examining`), the issues
together (from the index alone), and this clone around them (always looked at afresh).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final

from git_jit.config import Config
from git_jit.errors import JitError, UsageError
from git_jit.model import IssueId, Oid, Progress, ignore, short
from git_jit.ops import resolve
from git_jit.ops.beside import check_beside
from git_jit.ops.examining import Examined, Memory, examine, recall, remember, version_of_rules
from git_jit.paths import place_of
from git_jit.record import record, replace
from git_jit.store import NotInitialised, Store, comment_path, issue_path
from git_jit.text import suggestion
from git_jit.times import as_timestamp
from git_jit.validate import Finding, Severity
from git_jit.validate.catalogue import CATALOGUE, weigh
from git_jit.validate.clone_rules import check_clone
from git_jit.validate.document_rules import NOT_READ, check_document, is_read
from git_jit.validate.repair import Documents, LastGood, check
from git_jit.validate.rule_ground import Moment
from git_jit.view import View, rules_to_read_by

REFUSED: Final = 4
"""Exit status when a rule is broken, as of every refusal by validation."""
CIRCLES: Final = frozenset({"cycle", "parent_cycle"})
"""Findings about several issues alike, told once, with one of them as the subject."""

_BY_WEIGHT: Final = (Severity.ERROR, Severity.WARNING)


class UnknownCode(UsageError):
    """No finding has this code."""

    code = "unknown_finding"


@record(kw_only=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    base: Oid | None
    issues: int
    comments: int
    gates: int
    findings: tuple[Finding, ...]
    """Errors first, then in order of subject."""
    read: int = 0
    """Documents that had to be read for it."""

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def status(self) -> int:
        """0, or 4 when a rule is broken; warnings alone are no failure."""
        return REFUSED if self.count(Severity.ERROR) else 0


def validate(
    store: Store,
    *,
    at: str | None = None,
    id: str | None = None,
    only: Collection[str] = (),
    moment: Moment | None = None,
    progress: Callable[[Progress], None] = ignore,
) -> Verdict:
    """Judge the tracker as of now, or of `at`, and with the latter nothing of this clone.

    With `id`, only that issue, its comments and what it refers to. With `only`, findings of these codes. `moment` is
    for rules that depend on the day or on the code; without one, or in the past, they are not asked. Raises
    `UnknownCode`, `IssueNotFound`, `UnknownRevision`.
    """
    check_codes(only)
    moment = moment if at is None else None
    with store.view(at) as view:
        if id is not None:
            verdict = _of_one(store, view, resolve(view, id), moment)
        else:
            verdict = _of_all(store, view, moment, is_present=at is None, progress=progress)
    return replace(verdict, findings=in_order(chosen(verdict.findings, only)))


def check_codes(codes: Collection[str]) -> None:
    """Raises `UnknownCode`."""
    for code in codes:
        if code not in CATALOGUE:
            hint = suggestion(code, sorted(CATALOGUE), known="codes are")
            raise UnknownCode(f"no finding has the code '{code}'", hint=hint)


def chosen(findings: Sequence[Finding], only: Collection[str]) -> list[Finding]:
    """Those of the codes asked for; without any, all."""
    return [finding for finding in findings if not only or finding.code in only]


def in_order(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by subject."""
    return tuple(sorted(findings, key=lambda f: (_BY_WEIGHT.index(f.severity), f.subject, f.code, f.message)))


# --- all issues -----------------------------------------------------------------------------------------


def _of_all(
    store: Store, view: View, moment: Moment | None, *, is_present: bool, progress: Callable[[Progress], None]
) -> Verdict:
    known = recall(store)
    memory, read = _stands(store, view, known, moment), 0
    if memory is None:
        memory, read = _look(store, view, known, moment, progress)
        if is_present:
            remember(store, memory)
    around = clone_findings(store, view) if is_present else []
    return Verdict(base=view.base, findings=(*memory.findings, *around), read=read, **memory.counts)


def _stands(store: Store, view: View, known: Memory | None, moment: Moment | None) -> Memory | None:
    """What is known, if it is about this commit and the code still says the same."""
    if known is None or known.commit != view.base or known.counts.keys() != {"issues", "comments", "gates"}:
        return None
    if known.moment != _moment_of_rules(rules_to_read_by(view), moment):
        return None
    code = CodeAnswers(store, {path for path, _ in known.answers})
    return known if all(code(*question) is answer for question, answer in known.answers.items()) else None


def _moment_of_rules(config: Config, moment: Moment | None) -> str:
    """What of the moment the rules depend on."""
    if moment is None or not config.rules:
        return ""
    from git_jit.validate.rules import dependence  # the language of filters

    by_day, by_code = dependence(config)
    return f"{moment.day if by_day else ''} {moment.tree() if by_code else ''}".strip()


def _look(
    store: Store, view: View, known: Memory | None, moment: Moment | None, progress: Callable[[Progress], None]
) -> tuple[Memory, int]:
    examined = documents_of(store, view, known, progress)
    code = code_of(store, view)
    findings = check(view, examined.documents, code=code, last_good=last_good(store, view), moment=moment)
    memory = Memory(
        version=version_of_rules(),
        commit=base_of(view),
        unsound=frozenset(examined.documents.findings),
        counts=counts_of(view, examined),
        findings=findings,
        answers=code.answers,
        moment=_moment_of_rules(rules_to_read_by(view), moment),
    )
    return memory, examined.read


def documents_of(
    store: Store, view: View, known: Memory | None, progress: Callable[[Progress], None] = ignore
) -> Examined:
    """Every document of the view, judged by itself."""
    config = rules_to_read_by(view)
    examined = examine(store, base_of(view), lambda path, data: check_document(path, data, config), known, progress)
    return replace(examined, documents=_as_the_view_reads(examined.documents, view, config))


def _as_the_view_reads(documents: Documents, view: View, config: Config) -> Documents:
    """With what the bytes alone do not tell: a document whose entry in the tree is no plain file is read by nobody."""
    lost = {
        blob.path: tuple(
            replace(finding, message=f"cannot be read: {blob.cause}")
            for finding in check_document(blob.path, None, config)
        )
        for blob in view.broken()
        if blob.path in documents.paths and is_read(documents.findings.get(blob.path, ()))
    }
    if not lost:
        return documents
    return replace(
        documents,
        findings={**documents.findings, **lost},
        read=lambda path: None if path in lost else documents.read(path),
        read_many=None,  # a rare case: the tree has an entry that is no plain file
    )


def counts_of(view: View, examined: Examined) -> dict[str, int]:
    """How much was judged: what can be read."""
    lost = {blob.path for blob in view.broken()}
    comments = sum(place_of(path).comment is not None for path in examined.listing if path not in lost)
    return {"issues": len(view.ids()), "comments": comments, "gates": len(view.gates())}


def clone_findings(store: Store, view: View) -> list[Finding]:
    """What lies around and beside the issues in this clone; looked at afresh, for anything may change it."""
    clone = store.survey()
    if clone is None:
        return []
    found = [*check_clone(clone), *check_beside(store, view, as_timestamp(clone.taken_at))]
    return weigh(found, rules_to_read_by(view))


def base_of(view: View) -> Oid:
    """The commit of a view. Raises `NotInitialised` before the first one."""
    if view.base is None:
        raise NotInitialised
    return view.base


# --- one issue ------------------------------------------------------------------------------------------


def _of_one(store: Store, view: View, id: IssueId, moment: Moment | None) -> Verdict:
    """The findings about one issue, its comments, and what it refers to."""
    paths = paths_of_one(view, id)
    documents = documents_of_one(store, view, paths)
    found = check(view, documents, code=code_of(store, view), last_good=last_good(store, view), moment=moment)
    return Verdict(
        base=view.base,
        issues=1,
        comments=len(paths) - 1,
        gates=0,
        findings=tuple(finding for finding in found if is_about(finding, id, paths)),
        read=len(paths),
    )


def paths_of_one(view: View, id: IssueId) -> list[str]:
    """An issue's file and those of its comments, readable or not."""
    lost = (place_of(blob.path) for blob in view.broken())
    names = {place.comment for place in lost if place.issue == id and place.comment}
    names.update(comment.id for comment in view.comments(id))
    return [issue_path(id), *(comment_path(id, name) for name in sorted(names))]


def documents_of_one(store: Store, view: View, paths: Collection[str]) -> Documents:
    """Some documents of the view, judged by themselves, as if there were no others."""
    config, base = rules_to_read_by(view), base_of(view)

    def read(path: str) -> bytes | None:
        try:
            return store.blob_at(base, path)
        except JitError:  # the object is missing or damaged
            return None

    found = {path: tuple(check_document(path, read(path), config)) for path in paths}
    documents = Documents(paths=paths, findings={path: some for path, some in found.items() if some}, read=read)
    return _as_the_view_reads(documents, view, config)


def is_about(finding: Finding, id: IssueId, paths: Collection[str]) -> bool:
    """Whether it belongs to the issue. A circle is told once, by one of its issues, and belongs to all of them."""
    return (
        finding.subject == id or finding.subject in paths or (finding.code in CIRCLES and short(id) in finding.message)
    )


# --- what rules may ask ---------------------------------------------------------------------------------


class CodeAnswers:
    """`Code` over a store: asks git once a commit, about all files that issues name, and only if a rule asks."""

    def __init__(self, store: Store, paths: Collection[str]) -> None:
        self._store = store
        self._paths = frozenset(paths)
        self._found: dict[str | None, frozenset[str] | None] = {}
        self.answers: dict[tuple[str, str | None], bool | None] = {}
        """Every question so far, with the answer."""

    def __call__(self, path: str, commit: str | None) -> bool | None:
        question = (path, commit)
        if question not in self.answers:
            self.answers[question] = self._ask(path, commit)
        return self.answers[question]

    def _ask(self, path: str, commit: str | None) -> bool | None:
        if path not in self._paths:
            self._paths |= {path}
            self._found.clear()
        if commit not in self._found:
            self._found[commit] = self._store.in_code(commit, self._paths)
        found = self._found[commit]
        return None if found is None else path in found


def code_of(store: Store, view: View) -> CodeAnswers:
    """What the issues of a view may ask the code."""
    return CodeAnswers(store, {path for paths in view.members("doc").values() for path in paths})


def last_good(store: Store, view: View) -> LastGood:
    """The newest version of a document in history that nothing is wrong with; else the newest that can be read."""
    config = rules_to_read_by(view)

    def find(path: str) -> bytes | None:
        readable: bytes | None = None
        for data in _versions(store, view, path):
            worst = [f for f in check_document(path, data, config) if f.severity is Severity.ERROR]
            if not worst:
                return data
            if readable is None and not any(f.code in NOT_READ for f in worst):
                readable = data
        return readable

    return find


def _versions(store: Store, view: View, path: str) -> Iterator[bytes]:
    """What history has of a path, newest first. Where history is damaged it ends."""
    try:
        for commit in store.history(view.base, path=path):
            with suppress(JitError):
                data = store.blob_at(commit.oid, path)
                if data is not None:
                    yield data
    except JitError:
        return
