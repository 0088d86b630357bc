"""Proposals: commits that grow from what is published, on branches of their own, for others to look at first.

What is here is git's side of it: where published issues are, how commits hang together, commits that no reference names
yet, and the branches on a remote. What goes into a proposal is decided in `ops.proposing`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from git_jit.errors import NotFound
from git_jit.model import Commit, Message, Oid
from git_jit.store import UnknownRevision, commits, tree
from git_jit.store.backend import Kind
from git_jit.store.budgets import Limits
from git_jit.store.exchange import Exchange
from git_jit.store.fetching import OPTIONS as FETCH_OPTIONS
from git_jit.store.joining import Home, near
from git_jit.store.process import run
from git_jit.store.pushing import OPTIONS as PUSH_OPTIONS
from git_jit.store.pushing import Answer, Pushed, push
from git_jit.store.remote import Remote, ls_remote, talk
from git_jit.store.retrying import Applied, NotApplied, Reading, Settled, Writing, at_remote
from git_jit.store.settings import Identity, identity
from git_jit.store.tracking import Sharing, sharing

PREFIX: Final = "jit/proposals"
"""Below it each actor has a directory, and in that each proposal its branch (data.md "Refs")."""
HEADS: Final = "refs/heads/"
_KEPT: Final = (b"author ", b"committer ", b"encoding ")
"""Headers of a commit that stay when it is made again; a signature would not be one of the new commit."""


class NothingPublished(NotFound):
    """This clone knows of no published issues that a proposal could grow from."""

    code = "nothing_published"


class Published(NamedTuple):
    """Issues that everybody has, as far as this clone knows."""

    remote: str
    branch: str
    """On the remote, without `refs/heads/`."""
    tip: Oid


class Proposals:
    """Where proposals go and come from. Use `Repository.proposals`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._shared: Sharing = sharing(home.config)
        self.exchange = Exchange(home)
        """What is shared with remotes otherwise."""

    # --- what is published ------------------------------------------------------------------------------

    def published(self, name: str | None = None) -> Published:
        """Where the published issues are by the last fetch. Raises `RemoteUnknown`, `NothingPublished`."""
        remote = self.exchange.remote(name).name
        tip = self.exchange.tracked(remote)[0].tip
        if tip is None:
            raise NothingPublished(
                f"nothing that the remote '{remote}' publishes is known here",
                hint="'git jit sync' fetches it, or publishes the issues for the first time",
                details={"remote": remote},
            )
        return Published(remote, self.exchange.publish_ref.removeprefix(HEADS), tip)

    @property
    def prefix(self) -> str:
        """The beginning of the names of branches that hold proposals (`jit.proposals`)."""
        return self._home.config.get("jit.proposals", (PREFIX,))[-1].strip("/") or PREFIX

    # --- commits ------------------------------------------------------------------------------------------

    def between(self, old: Oid, new: Oid) -> list[Commit]:
        """The commits that `new` has and `old` has not, oldest first."""
        words = ["rev-list", "--reverse", "--topo-order", new, f"^{old}", "--"]
        done = run(self._home.layout, words, environ=self._home.environ)
        if done.status:
            raise UnknownRevision(f"'{old[:10]}..{new[:10]}' is not all here", hint="fetch the whole history first")
        return [commits.parse(self._home.backend.read(Oid(line))) for line in done.out.decode().splitlines()]

    def raw(self, commit: Oid) -> bytes:
        """A commit as it is stored."""
        return self._home.backend.read(commit).data

    def again(self, commit: Oid, parent: Oid, edits: Mapping[str, bytes | Oid | None]) -> Oid:
        """The commit once more: with its author, its times and its message, but on `parent` and with these edits of it.

        The same input gives the same commit, so that a proposal can be made again. It counts from its own time on, or
        from that of its parent if that is later. `parent` itself if the edits change nothing.
        """
        backend = self._home.backend
        before = commits.parse(backend.read(parent))
        root, objects = tree.splice(backend, before.tree, edits)
        if root == before.tree:
            return parent
        data = backend.read(commit).data
        head, _, message = data.partition(b"\n\n")
        headers = [line for line in head.split(b"\n") if line.startswith(_KEPT)]
        clock = commits.clock_of(commits.parse(backend.read(commit)))
        later = commits.tick(clock.ms, [commits.clock_of(before)], clock.node)
        message = message.replace(f"{commits.CLOCK}: {clock}".encode(), f"{commits.CLOCK}: {later}".encode(), 1)
        lines = [f"tree {root}".encode(), f"parent {parent}".encode(), *headers, b"", message]
        made = tree.make(Kind.COMMIT, b"\n".join(lines), backend.object_format)
        backend.write([*objects, made], self._home.durability)
        return made.oid

    def draft(
        self,
        edits: Mapping[str, bytes | Oid | None],
        *,
        start: Oid | None,
        parents: Sequence[Oid],
        message: Message,
        who: Identity | None = None,
    ) -> Oid:
        """A commit like that of `joining.join`, which no reference names; by the user, unless it is said `who` by.

        Raises `NoIdentity` and storage errors.
        """
        home, read = self._home, self._home.backend.read
        behind = [commits.parse(read(parent)) for parent in parents]
        root, objects = tree.splice(home.backend, commits.parse(read(start)).tree if start else None, edits)
        who = who or identity(home.layout, home.environ, home.config)
        now = commits.unix_ms(message.at)
        data = commits.encode(
            tree=root,
            parents=parents,
            author=who.author,
            committer=who.committer,
            message=message,
            clock=commits.tick(
                now, [near(commits.clock_of(one), now) for one in behind], commits.node_name(home.layout.common_dir)
            ),
        )
        made = tree.make(Kind.COMMIT, data, home.backend.object_format)
        home.backend.write([*objects, made], home.durability)
        return made.oid

    def seen(self) -> dict[str, Oid]:
        """The proposals that this clone has seen on remotes, by remote and branch; some may be gone by now."""
        found: dict[str, Oid] = {}
        for remote in self._shared.remotes:
            for below in (f"refs/jit-in/{remote}/", f"refs/remotes/{remote}/"):
                refs = self._home.backend.refs(f"{below}{self.prefix}/")
                found |= {f"{remote}/{ref.removeprefix(below)}": oid for ref, oid in refs.items()}
        return found

    # --- branches on a remote -----------------------------------------------------------------------------

    def on(self, remote: Remote, directory: str = "") -> dict[str, Oid]:
        """The proposals that the remote has now, by branch; `directory` narrows to those of one actor."""
        below = f"{HEADS}{self.prefix}/{directory}/".replace("//", "/")
        found = ls_remote(remote, (f"{below}*",))
        return {ref.removeprefix(HEADS): oid for ref, oid in found.items() if ref.startswith(below)}

    def fetch(self, remote: Remote, branch: str) -> Oid | None:
        """Fetch one proposal into a reference of its own; where it is, None if the remote has none."""
        incoming = f"refs/jit-in/{remote.name}/{branch}"

        def attempt(limits: Limits) -> Oid | None:
            words = [f"+{HEADS}{branch}:{incoming}"]
            done = talk(
                remote,
                "fetch",
                FETCH_OPTIONS,
                words,
                limits=limits,
                answers=lambda d: "couldn't find remote ref" in d.err,
            )
            return None if done.status else self._home.backend.ref(incoming)

        return at_remote(remote, attempt, Reading())

    def push(self, remote: Remote, commit: Oid, branch: str, *, request: str) -> Pushed:
        """Put a proposal on its branch, which must be new or lead to the commit."""
        return push(self._home, self._shared, remote, commit, request=request, ref=f"{HEADS}{branch}")

    def withdraw(self, remote: Remote, branch: str, there: Oid, *, request: str) -> bool:
        """Take the branch from the remote, if it still is where it was seen. False: somebody moved it meanwhile."""
        ref = f"{HEADS}{branch}"

        def attempt(limits: Limits) -> bool:
            options = [*PUSH_OPTIONS, f"--force-with-lease={ref}:{there}"]
            no_mirror = f"remote.{remote.name}.mirror=false"
            done = talk(
                remote,
                "push",
                options,
                [f":{ref}"],
                limits=limits,
                settings=[no_mirror],
                answers=lambda d: b"!\t" in d.out,
            )
            return done.status == 0

        def look() -> Settled[bool]:
            return NotApplied() if ref in ls_remote(remote, (ref,)) else Applied(value=True)

        return at_remote(remote, attempt, Writing(request, look))


def was_taken(pushed: Pushed) -> bool:
    """Whether the remote has the proposal now."""
    return pushed.answer is Answer.DONE
