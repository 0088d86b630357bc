"""Records of gate runs in the order they were made: what `refs/jit/runs` became, step by step.

Its commits have no parents, so that git lets go of what is dropped; the steps are told by the reference's log, as far
as that and its commits are here. What was there before that is one step, without an order but that of the runs' names.
"""

from collections.abc import Iterator
from typing import NamedTuple

from git_jit.model import GateKey, IssueId, Oid
from git_jit.paths import RUNS
from git_jit.reader import is_id
from git_jit.store import MissingObject, commits, tree
from git_jit.store.backend import Backend


class Recorded(NamedTuple):
    """One record, and what had been recorded before and with it."""

    issue: IssueId
    gate: GateKey
    run: str
    blob: Oid
    before: Oid | None
    """The commit of the records before its step; None if there were none."""
    told: Oid | None
    """The same once it is told: after the last one of a step, the step's own commit."""


def newest_first(backend: Backend, tip: Oid) -> Iterator[Recorded]:
    """Every record from `tip` back. One that was dropped since is told as long as its step is here."""
    here: Oid | None = tip
    for entry in reversed(backend.reflog(RUNS)):
        if entry.new != here or here is None:
            continue  # the log tells of a tip that came later, or of an attempt that failed
        try:
            step = added(backend, entry.old, here)
        except MissingObject:
            break
        yield from reversed(step)
        here = entry.old
    if here is not None:
        yield from reversed(added(backend, None, here))


def added(backend: Backend, old: Oid | None, new: Oid) -> list[Recorded]:
    """The records that `new` has and `old` has not, in order of run. Raises `MissingObject`."""
    before = None if old is None else commits.parse(backend.read(old)).tree
    found = []
    for change in tree.diff(backend, before, commits.parse(backend.read(new)).tree):
        parts = change.path.removesuffix(".json").split("/")
        if change.new is not None and change.old is None and len(parts) == 4 and is_id(parts[1]):
            found.append(Recorded(IssueId(parts[1]), GateKey(parts[2]), parts[3], change.new, old, old))
    found.sort(key=lambda one: (one.run, one.issue, one.gate))
    return [*found[:-1], *(one._replace(told=new) for one in found[-1:])]
