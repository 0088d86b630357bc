"""A tracker in a real repository: started, written to, and told to fail at one step."""

from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path

from git_jit.config import Config
from git_jit.model import IssueId, Oid
from git_jit.store.backend import Backend, Durability, Keep, Object, Still
from git_jit.store.backends import BackendName
from git_jit.store.repository import Repository
from git_jit.view import Plan
from tests.store.gitrepo import REF, Place
from tests.store.making import issue, message

A = IssueId("a" * 32)

OPEN: list[Repository] = []
"""What `conftest` closes after the test."""


def opened(place: Place, backend: BackendName = "auto", *, loaded: Container[str] = ()) -> Repository:
    """`loaded`: other tests may have imported libgit2, which must make no difference here."""
    OPEN.append(Repository.open(str(place.cwd), place.environ, backend=backend, loaded=loaded))
    return OPEN[-1]


def started(place: Place, backend: BackendName = "auto") -> Repository:
    store = opened(place, backend)
    store.init(Config(), message(subject="init"))
    return store


def put(store: Repository, title: str, second: int = 1) -> Oid:
    return store.commit(Plan(issues={A: issue(title=title)}), base=store.tip(), message=message(second=second))


def title(store: Repository) -> str:
    with store.view() as view:
        found = view.issue(A)
        assert found is not None
        return found.title


def packs(place: Place) -> list[str]:
    return sorted(path.suffix for path in Path(place.layout.objects_dir, "pack").iterdir())


class Odd:
    """A back end that does something unexpected at one step of a write."""

    def __init__(
        self,
        backend: Backend,
        *,
        before_swap: Callable[[], None] = lambda: None,
        after_swap: Callable[[], None] = lambda: None,
        forgets: bool = False,
    ) -> None:
        self._backend = backend
        self.name = backend.name
        self.object_format = backend.object_format
        self.ref, self.refs, self.exists = backend.ref, backend.refs, backend.exists
        self.reflog, self.close = backend.reflog, backend.close
        self.before, self.after, self._forgets = before_swap, after_swap, forgets
        self.packs = 0
        self.asked: set[str] = set()
        """Objects that were read."""

    def read(self, oid: Oid) -> Object:
        self.asked.add(oid)
        return self._backend.read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        wanted = list(oids)
        self.asked.update(wanted)
        return self._backend.read_many(wanted)

    def write(self, objects: list[Object], durability: Durability) -> None:
        self._backend.write(objects[:-1] if self._forgets else objects, durability)

    def write_pack(self, objects: list[Object], durability: Durability) -> Keep:
        self.packs += 1
        return self._backend.write_pack(objects, durability)

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        self.before()
        self._backend.swap(name, new, old, committer=committer, message=message, still=still)
        self.after()


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def odd(store: Repository, **steps: object) -> Odd:
    store.backend = Odd(store.backend, **steps)  # type: ignore[arg-type, assignment]
    return store.backend  # type: ignore[return-value]


def by_hand(place: Place, trailer: str = "") -> Oid:
    """A commit that a person made with git: nothing of our locks or trailers."""
    made = place.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", f"by hand\n\n{trailer}")
    place.git("update-ref", REF, made)
    return Oid(made)
