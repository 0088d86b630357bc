"""What commits of the code say about issues: `Closes-Jit: 3f9c2a1` and `Jit: 3f9c2a1`.

They count wherever they stand in the message: squash merges put messages one below the other, so that a trailer is
seldom last. `Jit:` needs a paragraph of trailers, though, for sentences and subjects begin like that too. Closing is
idempotent: an issue remembers in `close_reason`, and after it was reopened in its history, which commit closed it, so
the same commit never does it twice, in whichever clone.
"""

import re
from collections.abc import Sequence
from typing import Final

from git_jit import codec
from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer
from git_jit.errors import JitError
from git_jit.model import TERMINAL, Caller, IssueId, Oid
from git_jit.ops import resolve
from git_jit.ops.batch import Sheet, publish, work_through
from git_jit.ops.desk import Desk, Terms, Tree, no_tree
from git_jit.ops.edit import Patch
from git_jit.ops.report import Report
from git_jit.ops.verdicts import earned
from git_jit.record import record, replace
from git_jit.store import Store, issue_path
from git_jit.store.codelog import CodeCommit
from git_jit.view import View
from git_jit.workflow import Verb

CLOSES: Final = "Closes-Jit"
MENTIONS: Final = "Jit"
LINE: Final = re.compile(r"(closes-)?jit:[ \t]*(.*)", re.IGNORECASE)
TRAILER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*:|[ \t]+\S")
"""How a line of a paragraph of trailers begins, or one that goes on with the line above."""
SCISSORS: Final = re.compile(r"^. -{8,} >8 -{8,}$", re.MULTILINE)
"""Below it, `git commit -v` shows the changes (git-commit(1), "--cleanup=scissors")."""
CODE_DIGITS: Final = 12
"""Of the name of a commit of the code, in the reason why an issue was closed: unique for millions of commits."""
SUBJECT: Final = 60
"""Characters of the commit's subject that the reason repeats."""


@record
class Mention:
    """One issue as a message names it."""

    text: str
    """The id as it was typed: a prefix, perhaps."""
    closes: bool

    @property
    def trailer(self) -> str:
        return f"{CLOSES if self.closes else MENTIONS}: {self.text}"


@record
class Unsettled:
    """A mention that came to nothing, and why."""

    commit: CodeCommit
    mention: Mention
    error: JitError


@record(kw_only=True)
class Applied:
    """What came of the trailers of some commits."""

    report: Report
    unsettled: tuple[Unsettled, ...] = ()
    """Closing trailers that name no issue."""


def mentions(message: str, *, comment: str = "") -> tuple[Mention, ...]:
    r"""Every issue that a commit message names, in order, each once. `comment` begins lines that git leaves out.

    >>> [one.trailer for one in mentions("Fix it\n\nCloses-Jit: 3f9c2a1, 77ab\njit: 3f9c2a1 # the parser\n")]
    ['Closes-Jit: 3f9c2a1', 'Closes-Jit: 77ab']
    """
    text = message.replace("\r\n", "\n")
    if comment:
        text = SCISSORS.split(text, maxsplit=1)[0]
        text = "\n".join(line for line in text.split("\n") if not line.startswith(comment))
    found: dict[str, bool] = {}
    for number, paragraph in enumerate(re.split(r"\n[ \t]*\n", text.strip())):
        lines = paragraph.split("\n")
        trailers = number > 0 and all(TRAILER.match(line) for line in lines)
        for closes, rest in (line.groups() for line in map(LINE.match, lines) if line):
            for word in rest.partition("#")[0].replace(",", " ").split() if closes or trailers else ():
                found[word] = found.get(word, False) or bool(closes)
    return tuple(Mention(word, closes) for word, closes in found.items())


def check(view: View, message: str, *, comment: str = "") -> list[tuple[Mention, JitError]]:
    """The mentions of a message that name no issue, or several, with the reason."""
    wrong = []
    for mention in mentions(message, comment=comment):
        try:
            resolve(view, mention.text)
        except JitError as error:
            wrong.append((mention, error))
    return wrong


def apply_trailers(
    store: Store, caller: Caller, commits: Sequence[CodeCommit], *, tree: Tree = no_tree, dry_run: bool = False
) -> Applied:
    """Close what the commits say they close, in one commit of the issues; none if nothing is left to close.

    An issue that may not be closed (it waits for another one) is an outcome with its error, and the others go on.
    """
    unsettled: list[Unsettled] = []

    def work(view: View) -> Sheet:
        unsettled.clear()
        closing = _closing(store, view, commits, unsettled)

        def step(desk: Desk, id: IssueId) -> JitError | None:
            desk.terms = replace(desk.terms, reason=reason_of(closing[id]))
            return desk.change(desk.issue(id), Patch(state=Verb.DONE))

        return work_through(view, tuple(closing), step, Terms(now=caller.now, tree=tree, earned=earned(store)))

    report = publish(store, caller, "close", work, dry_run=dry_run)
    return Applied(report=report, unsettled=tuple(unsettled))


def reason_of(commit: CodeCommit) -> str:
    r"""Why an issue was closed, for people; and for us, which commit did it.

    >>> reason_of(CodeCommit(Oid("4f" * 20), "Fix the parser\n\nCloses-Jit: 3f9c2a1"))
    'closed by commit 4f4f4f4f4f4f: Fix the parser'
    """
    subject = commit.subject if len(commit.subject) <= SUBJECT else f"{commit.subject[: SUBJECT - 1].rstrip()}…"
    clean = "".join(c if c.isprintable() else " " for c in subject)
    return f"{_mark(commit.oid)}: {' '.join(clean.split())}"


def _mark(oid: Oid) -> str:
    return f"closed by commit {oid[:CODE_DIGITS]}"


def _closing(
    store: Store, view: View, commits: Sequence[CodeCommit], unsettled: list[Unsettled]
) -> dict[IssueId, CodeCommit]:
    """The open issues that the commits close, each with the last commit that does and never did before."""
    found: dict[IssueId, list[CodeCommit]] = {}
    for commit in commits:
        for mention in mentions(commit.message):
            if not mention.closes:
                continue
            try:
                found.setdefault(resolve(view, mention.text), []).append(commit)
            except JitError as error:
                unsettled.append(Unsettled(commit, mention, error))
    closing = {}
    for id, named_by in found.items():
        if view.state_of(id) in TERMINAL:
            continue
        before = _closed_before(store, view, id)
        fresh = [commit for commit in named_by if not any(reason.startswith(_mark(commit.oid)) for reason in before)]
        if fresh:
            closing[id] = fresh[-1]
    return closing


def _closed_before(store: Store, view: View, id: IssueId) -> set[str]:
    """Every reason for which the issue was ever closed: what was reopened since shall stay open."""
    reasons: set[str] = set()
    path = issue_path(id)
    try:
        for commit in store.history(view.base, path=path):
            data = store.blob_at(commit.oid, path)
            if data is not None and b"closed by commit" in data:
                reasons.add(codec.decode_issue(data).close_reason or "")
    except (JitError, Malformed, SchemaNewer):
        return reasons  # where history cannot be read it ends
    return reasons
