"""Small values for tests of stores, and a git of dictionaries to index."""

from collections.abc import Iterable, Iterator, Mapping

from git_jit.clock import Clock
from git_jit.model import Actor, Issue, IssueId, Message, Oid, Timestamp
from git_jit.store import MissingObject, commits, places
from git_jit.store.backend import Kind, Object
from git_jit.store.tree import make, splice
from git_jit.view import Plan

ID = IssueId("a" * 32)
NOWHERE = "/dev/null/nowhere"
"""For an index without a file: no directory can be made there, not even by root."""
CREATED = Timestamp("2026-11-21T09:00:00.000000Z")


def issue(*, id: IssueId = ID, title: str = "one", **rest: object) -> Issue:
    return Issue(id=id, title=title, created_at=CREATED, **rest)  # type: ignore[arg-type]


def message(*, subject: str = "create: one", second: int = 0, reason: str | None = None) -> Message:
    return Message(
        op="create",
        subject=subject,
        actor=Actor("human:ada"),
        request=f"request-{second}",
        at=Timestamp(f"2026-11-21T09:{second // 60:02}:{second % 60:02}.000000Z"),
        reason=reason,
    )


class Objects:
    """`Backend`, as far as indexing needs one, in a dictionary; remembers what was read."""

    object_format = "sha1"

    def __init__(self) -> None:
        self.stored: dict[Oid, Object] = {}
        self.reads: list[Oid] = []
        self.tip: Oid | None = None

    def read(self, oid: Oid) -> Object:
        self.reads.append(oid)
        if oid not in self.stored:
            raise MissingObject(f"object '{oid}' is missing")
        return self.stored[oid]

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        for oid in oids:
            self.reads.append(oid)
            yield self.stored.get(oid, oid)

    def commit(
        self, edits: Plan | Mapping[str, bytes | None], *, parents: tuple[Oid, ...] | None = None, second: int = 0
    ) -> dict[Oid, Object]:
        """Put a commit on top of the tip (or of `parents`), make it the tip, return the objects it brought."""
        before = parents if parents is not None else ((self.tip,) if self.tip else ())
        old = commits.parse(self.stored[before[0]]).tree if before else None
        blobs = places.edits_of(edits) if isinstance(edits, Plan) else edits
        root, objects = splice(self, old, blobs)
        content = commits.encode(
            tree=root,
            parents=before,
            author="Ada <ada@example.org>",
            committer="Ada <ada@example.org>",
            message=message(second=second),
            clock=Clock(second, len(self.stored), "0"),
        )
        made = make(Kind.COMMIT, content, "sha1")
        new = {object.oid: object for object in (*objects, made)}
        self.stored |= new
        self.tip = made.oid
        self.reads.clear()
        return new
