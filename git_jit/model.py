"""The nouns of the tracker, as frozen values. Nothing here knows the clock, JSON, files or git.

Times are canonical text so that they compare, sort and store without conversion: a `Timestamp` is
RFC 3339 in UTC with exactly six fractional digits (``2026-11-21T09:00:00.000000Z``), a `Date` is
``2026-11-21``.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NewType, TypeAlias

from git_jit.record import field, record

IssueId = NewType("IssueId", str)
"""32 lower-case hexadecimal digits."""
Oid = NewType("Oid", str)
"""The name of a git object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits."""
GateKey = NewType("GateKey", str)
CommentId = NewType("CommentId", str)
"""A ULID: 26 characters, ordered by time of creation."""
Actor = NewType("Actor", str)
"""`kind:name`, for example `human:ada` or `agent:worker-1`."""
Timestamp = NewType("Timestamp", str)
Date = NewType("Date", str)

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""What a stored document may hold. No floats: they have no single spelling."""

ID_LENGTH: Final = 32
MIN_PREFIX: Final = 4
"""The shortest id prefix taken from a user; shorter ones are more likely typos than names."""
SHORT_ID: Final = 7
"""Digits of an id in a sentence, as git abbreviates. If they fit several issues, a command given them refuses."""

MAX_TITLE: Final = 200
"""Characters. One line of a terminal list, generously."""
MAX_BODY: Final = 1 << 20
"""Bytes of UTF-8 in a description or a comment; larger text belongs into a document."""
MAX_ISSUE: Final = 2 << 20
"""Bytes of one stored issue."""
MAX_LABELS: Final = 64
MAX_LABEL: Final = 128

LABEL_PATTERN: Final = r"^[a-z][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9._/-]*$"
ACTOR_PATTERN: Final = r"^[a-z][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9._@/+-]*$"
GATE_KEY_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]*$"


def short(id: str) -> str:
    """The id as a sentence shows it; data always has the whole one."""
    return id[:SHORT_ID]


class State(StrEnum):
    BACKLOG = "backlog"
    READY = "ready"
    IN_PROGRESS = "in_progress"
    GATED = "gated"
    DONE = "done"
    REJECTED = "rejected"
    ARCHIVED = "archived"

    @property
    def terminal(self) -> bool:
        """Whether work on the issue is over, so that it blocks nothing."""
        return self in TERMINAL


TERMINAL: Final = frozenset({State.DONE, State.REJECTED, State.ARCHIVED})
WORKING: Final = frozenset({State.IN_PROGRESS, State.GATED})
"""States in which an issue is in somebody's hands: begun, and not finished."""


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical, so that priorities compare."""
        return PRIORITIES.index(self)


PRIORITIES: Final = tuple(Priority)


class LinkType(StrEnum):
    """How one issue refers to another without waiting for it."""

    PARENT = "parent"
    RELATES_TO = "relates-to"
    DUPLICATES = "duplicates"
    DISCOVERED_FROM = "discovered-from"
    SUPERSEDES = "supersedes"


class GateVerdict(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    NEEDS_APPROVAL = "needs-approval"
    SKIPPED = "skipped"


class GateStage(StrEnum):
    PRECHECK = "precheck"
    POSTCHECK = "postcheck"


class GateMode(StrEnum):
    MANUAL = "manual"
    AUTO = "auto"


class GateInput(StrEnum):
    """What a command reads on its standard input."""

    NONE = "none"
    ISSUE = "issue"
    """The document of the issue, as in `JIT_ISSUE_FILE`."""


@record(order=True)
class Link:
    """A typed reference to another issue; never blocks. In `Issue.unresolved` the target is foreign text."""

    type: str
    target: str


@record(kw_only=True)
class GateStatus:
    """The latest verdict of one required gate, and the code tree it was earned on."""

    status: GateVerdict = GateVerdict.PENDING
    run: str | None = None
    tree: Oid | None = None
    at: Timestamp | None = None
    by: Actor | None = None
    definition: str | None = None
    """Which version of the definition it was earned under (`trust.definition_hash`); None: it does not say."""


@record(kw_only=True, order=True)
class Document:
    """A file of the code tree that an issue names; `commit` None means wherever HEAD is."""

    path: str
    commit: str | None = None
    label: str | None = None
    type: str | None = None


@record(kw_only=True)
class Issue:
    """One unit of work. Fields and their rules: `docs/reference/storage-format.md`."""

    id: IssueId
    title: str
    created_at: Timestamp
    created_by: Actor | None = None
    description: str = ""
    state: State = State.BACKLOG
    priority: Priority = Priority.NORMAL
    assignee: Actor | None = None
    labels: tuple[str, ...] = ()
    dependencies: tuple[IssueId, ...] = ()
    links: tuple[Link, ...] = ()
    gates: Mapping[GateKey, GateStatus] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    due: Date | None = None
    defer_until: Date | None = None
    estimate: int | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    unresolved: tuple[Link, ...] = ()
    external: Mapping[str, str] = field(default_factory=dict)
    closed_at: Timestamp | None = None
    close_reason: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    """Keys this version does not know, kept for the one that does."""

    @property
    def parents(self) -> tuple[IssueId, ...]:
        """The issues that it is part of: one at most, where nothing is wrong."""
        return tuple(IssueId(link.target) for link in self.links if link.type == LinkType.PARENT)


@record(kw_only=True)
class Comment:
    """One remark on an issue. Immutable: an edit or a redaction is another record that `replaces` it."""

    id: CommentId
    issue: IssueId
    author: Actor | None
    created_at: Timestamp
    body: str
    replaces: CommentId | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)


@record(kw_only=True)
class Gate:
    """A definition of a quality gate. `argv` empty means a person (or an outside system) decides."""

    key: GateKey
    title: str
    description: str = ""
    stage: GateStage = GateStage.POSTCHECK
    mode: GateMode = GateMode.MANUAL
    argv: tuple[str, ...] = ()
    timeout_s: int = 300
    cwd: str | None = None
    env_allow: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    stdin: GateInput = GateInput.NONE
    memory_mb: int | None = None
    """MiB of address space that each of its processes may have; None: as much as the user."""
    processes: int | None = None
    """Processes at once; None: as many as the runner allows to any."""
    expect_output: str | None = None
    """Text at the end of its output, without which it has checked nothing."""
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def stipulations(self) -> dict[str, Json]:
        """The keys of a definition that are there only where they say something: those without keep their spelling,
        and the hash by which they were approved.
        """
        said: dict[str, Json] = {
            "stdin": None if self.stdin is GateInput.NONE else self.stdin.value,
            "memory_mb": self.memory_mb,
            "processes": self.processes,
            "expect_output": self.expect_output,
        }
        return {name: value for name, value in said.items() if value is not None}


@record(kw_only=True)
class Broken:
    """A blob that cannot be read as what its path says: shown, never hidden, never rewritten by guess."""

    path: str
    oid: Oid
    cause: str


@record(kw_only=True)
class Caller:
    """Who asks, when, and where fresh ids come from. Use cases take it; only `cli` (and its like) makes it."""

    actor: Actor
    now: Timestamp
    new_id: Callable[[], IssueId]
    new_ulid: Callable[[], str]
    new_request: Callable[[], str]
    """The request id of the next commit: see `Message`."""
    session: str = ""
    """Tells workers apart that go by one name in one clone."""
    tokens: tuple[str, ...] = ()
    """The claims that the caller acts under: see `leases.Token`."""
    override: bool = False
    """Changes issues that somebody else holds all the same; that is recorded."""


@record(kw_only=True)
class Message:
    """What a commit says: a subject for people and trailers for programs.

    `request` is unique to one attempt of one user to do one thing; a write whose outcome is in doubt is
    settled by looking for it in the history. It is the correlation id of the command, which its log and the record
    of its error carry too; of a command that commits more than once, the later ones end in `.2`, `.3` and so on.
    """

    op: str
    subject: str
    actor: Actor
    request: str
    at: Timestamp
    filter: str | None = None
    reason: str | None = None
    trailers: Mapping[str, str] = field(default_factory=dict)


@record(kw_only=True)
class Commit:
    """One published change, as history tells it."""

    oid: Oid
    tree: Oid
    parents: tuple[Oid, ...]
    author: str
    time: int
    """Seconds since 1970 of the committer."""
    subject: str
    trailers: Mapping[str, str]


@record(kw_only=True)
class FileChange:
    """One path that a commit changed, against its first parent. None is absence."""

    path: str
    old: bytes | None
    new: bytes | None


@record(kw_only=True)
class PathChange:
    """One path in which two commits differ, by the names of the blobs. None is absence."""

    path: str
    old: Oid | None
    new: Oid | None


@record
class Progress:
    """How far long work is; `total` None while that is not known."""

    what: str
    done: int
    total: int | None = None


def ignore(_: Progress) -> None:
    """The listener that does not listen."""
