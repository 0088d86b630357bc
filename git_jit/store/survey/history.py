"""Every object that our references lead to, read and compared with its name: what only `deep` pays for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from git_jit.clone import Damage
from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import MissingObject
from git_jit.store.backend import Backend, Object
from git_jit.store.layout import Layout
from git_jit.store.process import run

MAX_DAMAGED: Final = 100
"""Damaged objects that are told about one by one."""
BATCH: Final = 1_000
DEEP_TIMEOUT_S: Final = 600.0
"""For git to list what is reachable; 10⁶ commits with their trees take minutes on a slow disk."""
_OID: Final = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")


def look_at_history(
    layout: Layout, environ: Mapping[str, str], backend: Backend, tips: Sequence[Oid]
) -> tuple[Damage, ...]:
    """What is missing or damaged anywhere below `tips`, as far as git can follow the way there."""
    if not tips:
        return ()
    listed, stopped = _reachable(layout, environ, tips)
    found = dict.fromkeys(stopped)
    oids = iter(listed)
    while len(found) < MAX_DAMAGED and (batch := list(islice(oids, BATCH))):
        for oid, object in zip(batch, backend.read_many(batch), strict=True):
            if not isinstance(object, Object):
                found.setdefault(oid)
    damaged = tuple(each for oid in islice(found, MAX_DAMAGED) if (each := _damage(backend, oid)))
    if stopped and not damaged:  # git cannot go on, and we cannot see why
        return tuple(Damage(oid=oid, missing=False, where="the history") for oid in stopped)
    return damaged


def _reachable(layout: Layout, environ: Mapping[str, str], tips: Sequence[Oid]) -> tuple[list[Oid], list[Oid]]:
    """What git lists, and the objects at which it had to stop. A partial clone lacks objects with good reason."""
    how = "--exclude-promisor-objects" if layout.partial else "--missing=print"
    command = ["rev-list", "--objects", "--no-object-names", how, "--stdin"]
    text = "".join(f"{tip}\n" for tip in tips).encode()
    done = run(layout, command, environ=environ, input=text, timeout=DEEP_TIMEOUT_S)
    lines = done.out.decode("ascii", "replace").split()
    listed = [Oid(line) for line in lines if not line.startswith("?")]
    missing = [Oid(line[1:]) for line in lines if line.startswith("?")]
    named = [Oid(found) for found in _OID.findall(done.err)] if done.status else []
    return listed, list(dict.fromkeys([*missing, *named, *(tips if done.status and not (named or missing) else ())]))


def _damage(backend: Backend, oid: Oid) -> Damage | None:
    """None for an object that is sound: git names the commit, too, whose parent it did not find."""
    try:
        backend.read(oid)
    except JitError as error:
        return Damage(oid=oid, missing=isinstance(error, MissingObject), where="the history")
    return None


def own_tips(backend: Backend, ref: str) -> Iterator[Oid]:
    """The reference of the issues, and everything else below `refs/jit/`."""
    try:
        tip = backend.ref(ref)
    except JitError:
        tip = None
    if tip is not None:
        yield tip
    yield from backend.refs("refs/jit/").values()
