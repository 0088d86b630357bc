"""A store in memory with a caller whose clock and ids are fixed: one second and one id a call."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from git_jit.model import Actor, Caller, IssueId, Timestamp
from git_jit.store.memory import MemoryStore


@dataclass
class World:
    """Everything a use case asks for, and nothing that changes between two runs."""

    store: MemoryStore = field(default_factory=MemoryStore)
    ticks: Iterator[int] = field(default_factory=count)
    issues: Iterator[int] = field(default_factory=lambda: count(1))
    ulids: Iterator[int] = field(default_factory=lambda: count(1))

    def caller(self, actor: str = "human:ada") -> Caller:
        tick = next(self.ticks)
        now = Timestamp(f"2026-11-21T{tick // 3600:02d}:{tick // 60 % 60:02d}:{tick % 60:02d}.000000Z")
        return Caller(
            actor=Actor(actor), now=now, new_id=self.new_id, new_ulid=self.new_ulid, new_request=self.new_ulid
        )

    def new_id(self) -> IssueId:
        # The first digits differ, so that short prefixes name one issue.
        return IssueId(f"{next(self.issues):04x}{'0' * 28}")

    def new_ulid(self) -> str:
        return f"01{next(self.ulids):024d}"
