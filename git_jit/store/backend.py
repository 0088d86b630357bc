"""The narrow waist below `Repository`: objects and references, however they are reached.

A back end knows nothing of issues. `files`, `git` and `plumbing` implement it; everything above (trees,
commits, the queue, settling, the index) exists once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, TypeAlias

from git_jit.model import MAX_ISSUE, Issue, IssueId, Oid
from git_jit.record import record

MAX_BLOB: Final = MAX_ISSUE
"""Bytes of a blob that is read at all: nothing of ours is larger, and a hostile one must not fill the memory. Its
size stands in front of it, so it need not be unpacked to know."""
MAX_OBJECT: Final = 64 << 20
"""Bytes of any object that is read: a tree of a million entries. Larger ones are taken for damaged."""


class Kind(StrEnum):
    BLOB = "blob"
    TREE = "tree"
    COMMIT = "commit"


def is_too_large(kind: Kind | None, size: int) -> bool:
    """Whether no reader may unpack an object of this kind (None: nothing of ours) and size in bytes."""
    return size > (MAX_BLOB if kind is Kind.BLOB else MAX_OBJECT)


class Object(NamedTuple):
    """One git object: its name, its kind and its content without the header."""

    oid: Oid
    kind: Kind
    data: bytes


Encoded: TypeAlias = Mapping[IssueId, tuple[bytes, Issue]]
"""Issues with the bytes they were encoded to."""


class Durability(StrEnum):
    """What an acknowledged write has survived: `full` a power cut, `fast` the death of the process."""

    FULL = "full"
    FAST = "fast"


class Still(NamedTuple):
    """A condition of a change: this other reference is where it was read, until the change has happened."""

    ref: str
    oid: Oid


@record
class ReflogEntry:
    old: Oid | None
    new: Oid | None
    committer: str
    message: str


class ObjectReader(Protocol):
    """All that a reader of trees needs."""

    def read(self, oid: Oid) -> Object: ...

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        """Objects in the order asked for; a bare oid stands for one that is missing, corrupt or too large."""
        ...


class Backend(ObjectReader, Protocol):
    """Objects and references of one repository.

    Errors, the same in all: `MissingObject`, `CorruptObject`, `RefCorrupt`, `RefConflict`, `RefLocked`,
    `DiskFull`, `NotWritable`, `WriteFailed`, `FormatUnsupported`.
    """

    name: str
    """`files`, `libgit2` or `plumbing`."""
    object_format: str
    """`sha1` or `sha256`: how the repository names its objects."""

    def ref(self, name: str) -> Oid | None:
        """Where the reference points; None if it does not exist. `RefCorrupt` if it is not an oid."""
        ...

    def refs(self, prefix: str) -> dict[str, Oid]:
        """Every reference below `prefix`."""
        ...

    def exists(self, oid: Oid) -> bool: ...

    def write(self, objects: Sequence[Object], durability: Durability) -> None:
        """Store loose objects. When it returns they are readable, and durable as asked."""
        ...

    def write_pack(self, objects: Sequence[Object], durability: Durability) -> "Keep":
        """Store them as one pack with a `.keep`, which no concurrent gc can take before `release`."""
        ...

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        """Move the reference from `old` (None: must not exist) to `new`, with a reflog line, else raise
        `RefConflict` (it is elsewhere) or `RefLocked` (somebody else holds it for longer than ~1 s).

        With `still` another reference is locked meanwhile, and `RefConflict` is raised if that one has moved.

        `committer` is as in a commit object: `Name <mail> seconds +0000`.
        """
        ...

    def reflog(self, name: str) -> list[ReflogEntry]:
        """Oldest first; empty if there is none."""
        ...

    def close(self) -> None: ...


class Keep(Protocol):
    """A pack that is protected from gc until released."""

    def release(self) -> None: ...
