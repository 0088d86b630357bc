"""The promise every store keeps: views of one commit, and publication by compare-and-swap.

Three of them: `memory.MemoryStore` (a variable), and `repository.Repository` over one of the back ends
`files` (our own file access: what a short command uses), `git` (libgit2: long-lived processes and bulk
reading) and `plumbing` (git's own commands: every repository the other two cannot open). One contract
suite, `tests/store/test_contract.py`, runs against them all.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from git_jit.errors import Contention, Fatal, NotFound, UsageError
from git_jit.model import Commit, FileChange, Message, Oid, PathChange, Timestamp
from git_jit.paths import comment_path as comment_path
from git_jit.paths import gate_path as gate_path
from git_jit.paths import issue_path as issue_path
from git_jit.view import Plan, View

if TYPE_CHECKING:  # values of commands that are seldom run
    from git_jit.clone import Clone
    from git_jit.rescue import Bundle, Candidate, Outcome, Situation
    from git_jit.store.backend import Still
    from git_jit.store.claims import Claims
    from git_jit.store.codelog import CodeCommit
    from git_jit.store.exchange import Exchange
    from git_jit.store.proposals import Proposals
    from git_jit.store.runs import Runs


class RefConflict(Contention):
    """The ref is no longer where the plan was made. Every shape of a lost race becomes this error."""

    code = "ref_conflict"


class RefLocked(Contention):
    """Another process holds the ref's lock, and cannot be proved dead."""

    code = "ref_locked"


class LockTimeout(Contention):
    """The queue of writers did not move within the budget."""

    code = "lock_timeout"


class NoRepository(Fatal):
    code = "no_repository"


class NotInitialised(Fatal):
    """The repository is there, but holds no issues yet."""

    code = "not_initialised"

    def __init__(self) -> None:
        super().__init__(
            "there are no issues in this repository yet",
            hint="begin with 'git jit init'; where others have published theirs, 'git jit pull' fetches them",
        )


class FormatUnsupported(Fatal):
    """This back end cannot open the repository; another one may."""

    code = "repo_format_unsupported"


class MissingObject(Fatal):
    code = "object_missing"


class CorruptObject(Fatal):
    code = "object_corrupt"


class RefCorrupt(Fatal):
    code = "ref_corrupt"


class RefMissing(Fatal):
    """The reference is gone, although there are signs that issues were here. Never a new, empty tracker."""

    code = "ref_missing"


class RefRewound(Fatal):
    """The reference lost history that was published here. Nothing is built on it until somebody has looked."""

    code = "ref_rewound"


class DiskFull(Fatal):
    code = "disk_full"


class NotWritable(Fatal):
    code = "not_writable"


class WriteFailed(Fatal):
    """The operating system refused a write; nothing was published."""

    code = "write_failed"


class LockIo(WriteFailed):
    """The file of a lock could not be opened or locked, for a reason other than a full disk or permissions."""

    code = "lock_io"


class UnusableSetting(UsageError):
    """A git setting of ours has a value that cannot be meant."""

    code = "unusable_setting"


class NoIdentity(Fatal):
    """git does not know who commits."""

    code = "no_identity"


class UnknownRevision(NotFound):
    code = "unknown_revision"


class IndexInconsistency(Contention):
    """The derived index contradicted itself in the middle of an answer. It has been made anew."""

    code = "index_inconsistency"


class CorruptIssue(Fatal):
    """One issue's blob cannot be read. The others can."""

    code = "issue_corrupt"
    status: ClassVar[int] = 128


class Rescue(Protocol):
    """What brings back the reference of a clone when it is lost or damaged."""

    def look(self, *, search: bool = False, path: str | None = None) -> "Situation":
        """What is wrong with the reference, and, if anything is or with `search`, all that could take its place.

        `path` is a bundle to look into.
        """
        ...

    def apply(self, candidate: "Candidate", situation: "Situation", *, path: str | None = None) -> "Outcome":
        """Let the reference name the candidate. What it named is kept; nothing of the history is removed."""
        ...

    def accept(self) -> "Outcome":
        """Take the reference as it is for right, although it was moved back."""
        ...

    def bundles(self) -> "list[Bundle]":
        """The bundles made in this clone, newest first."""
        ...

    def write_bundle(self, path: str | None, at: Timestamp) -> "Bundle":
        """Write the issues into one file; without a path at the default place, which keeps the newest four."""
        ...


class Store(Protocol):
    """Where issues live."""

    def view(self, at: str | None = None) -> View:
        """The state as of now, or as of the commit that `at` names (raises `UnknownRevision`)."""
        ...

    def commit(self, plan: Plan, *, base: Oid | None, message: Message, still: "Still | None" = None) -> Oid:
        """Publish all edits at once if `base` is still the tip, else raise `RefConflict`.

        `still` names another reference that must be where it was read until then: `RefConflict` if it moved.

        When it returns, the commit is durable (as `jit.durability` says) and reachable. Any other error
        means that nothing was published, except `OutcomeUnknown`.
        """
        ...

    def history(
        self, start: str | None = None, *, path: str | None = None, without: Collection[Oid] = ()
    ) -> Iterator[Commit]:
        """Commits from `start` (the tip) and all behind it, newest first; with `path` only those
        that changed something at or below it, else none that a commit of `without` leads to.
        """
        ...

    def changes(self, commit: Commit) -> list[FileChange]:
        """What the commit changed, by path, against its first parent; of a merge, what differs from every parent."""
        ...

    def taken_over(self, commit: Commit) -> Mapping[str, int]:
        """Of a merge, the paths at which it has what another parent has and the first has not, with the number of that
        parent, from 2: with `changes`, all that it changed against its first parent.
        """
        ...

    def pulse(self) -> object:
        """A value that is another one when a reference may have moved since; costs a few `stat`s."""
        ...

    def blob_at(self, rev: str, path: str) -> bytes | None:
        """The bytes at `path` as of `rev`; None if there are none."""
        ...

    def compare(self, old: str | None, new: str) -> list[PathChange]:
        """Every path in which two commits differ, in order of path; all paths of `new` if `old` is None."""
        ...

    def files(self, directory: str, at: str) -> Mapping[str, Oid]:
        """Every file at or below a directory of the tree, as of a revision, by its path."""
        ...

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        """The contents in the order asked for; None for one that is missing, damaged or too large."""
        ...

    def beside(self, ref: str) -> Oid | None:
        """The commit of a reference that lies beside the issues, as `RUNS` and `CLAIMS`; None if there is none."""
        ...

    def in_code(self, commit: str | None, paths: Collection[str]) -> frozenset[str] | None:
        """Those of `paths` that exist in the code at `commit` (None: what is checked out); None if that cannot be
        known, as where there is no code.
        """
        ...

    def code_commits(self, revisions: str) -> "list[CodeCommit]":
        """The commits of the code in `revisions` (`a..b`) that may speak of issues, oldest first; none where there is
        no code. Raises `UnknownRevision`.
        """
        ...

    def recall(self, name: str) -> bytes | None:
        """The note `name` of this clone; None if there is none."""
        ...

    def remember(self, name: str, note: bytes) -> None:
        """Keep a note for later commands in this clone. It is derived: it may be gone or old at any time, and
        what cannot be kept (a full disk) is forgotten without a word.
        """
        ...

    def survey(self, *, deep: bool = False, ask: bool = False) -> "Clone | None":
        """What lies around the issues in this clone; works whatever is broken, and changes nothing. None where
        there is no clone. `ask` also asks programs for their versions, `deep` reads every object of the history too.
        """
        ...

    def mend(self, name: str) -> str | None:
        """Do the mend that a finding's `Fix.local` names; says what was done, None if nothing was left to do."""
        ...

    @property
    def retry_budget(self) -> float:
        """Seconds for which a write that loses races may be repeated (`jit.timeout.retry`)."""
        ...

    def rescue(self) -> Rescue | None:
        """What can bring back a lost reference; works whatever is broken. None where there is no clone."""
        ...

    def has_news(self) -> bool:
        """Whether git has fetched issues that were not brought in yet, and may be (`jit.autoMerge`). One file read."""
        ...

    def has_claims(self) -> bool:
        """Whether anything was ever claimed here. One file read."""
        ...

    def decides_elsewhere(self) -> bool:
        """Whether a remote decides about claims (`jit.claim.authority`). Reads nothing."""
        ...

    def claims(self) -> "Claims":
        """Who holds what."""
        ...

    def runs(self) -> "Runs | None":
        """What gates came to in this clone. None where there is no clone."""
        ...

    def upstream(self) -> "tuple[str, Oid] | None":
        """The remote that is synced with, and where its issues were when last seen. A file or two are read."""
        ...

    def exchange(self) -> "Exchange | None":
        """What this clone shares with remotes. None where there is no clone."""
        ...

    def proposals(self) -> "Proposals | None":
        """Where proposals go, and what is published. None where there is no clone."""
        ...

    def close(self) -> None: ...
