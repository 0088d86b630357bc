"""Who signed a commit: what git says, where there is a signature that git can check. A name in a trailer is only said.

`git jit` signs nothing by itself; a chain is signed where a host or another program does it. So the newest commit is
looked at first, and where that has no signature no process is started.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from git_jit.model import Oid
from git_jit.store import commits
from git_jit.store.process import run

if TYPE_CHECKING:  # which asks
    from git_jit.store.repository import Repository

SIGNED: Final = b"\ngpgsig"
MOST: Final = 1_000
"""Commits looked through for those that are asked about."""
GOOD: Final = frozenset("GU")
"""What `%G?` says of a signature that is right; U is one whose key nobody vouched for."""


def signers(repository: "Repository", tip: Oid, requests: Collection[str]) -> dict[str, str]:
    """Of the commits of these requests those that are signed, each with its signer as git names it."""
    wanted, found, here = set(requests), list[tuple[str, Oid]](), tip
    for _ in range(MOST):
        data = repository.backend.read(here)
        if here == tip and SIGNED not in data.data.partition(b"\n\n")[0]:
            return {}
        commit = commits.parse(data)
        request = commit.trailers.get(commits.REQUEST)
        if request in wanted:
            found.append((request, here))
            wanted.discard(request)
        if not wanted or not commit.parents:
            break
        here = commit.parents[0]
    return {request: signer for request, oid in found if (signer := _signer(repository, oid))}


def _signer(repository: "Repository", oid: Oid) -> str | None:
    """The signer; None where git cannot tell."""
    done = run(repository.layout, ["show", "-s", "--format=%G?%x00%GS", oid], environ=repository.environ)
    verdict, _, signer = done.out.decode("utf-8", "replace").rstrip("\n").partition("\0")
    return commits.one_line(signer) if not done.status and verdict in GOOD and signer else None
