"""All facts about a clone, in one value. Each part is looked at by itself: what is broken hides nothing else."""

import os
import time
from collections.abc import Mapping
from typing import Final

from git_jit.clone import Clone, Reference, RefState, Shape, Tip
from git_jit.record import replace
from git_jit.store.configfile import Entries
from git_jit.store.keeps import dead_keeps
from git_jit.store.layout import Layout
from git_jit.store.survey.disk import look_at_disk
from git_jit.store.survey.index import look_at_index
from git_jit.store.survey.leftovers import look_at_leftovers
from git_jit.store.survey.locks import look_at_locks, standing_by
from git_jit.store.survey.reference import (
    Home,
    look_at_anchors,
    look_at_reference,
    look_at_reflog,
    look_at_tip,
    shallow_ends,
)
from git_jit.store.survey.remotes import with_breakers, with_left_out
from git_jit.store.survey.settings import is_protected, look_at_remotes, unreached_hooks

FANS: Final = 256
"""Directories of loose objects; git estimates all by one of them."""


def survey(
    home: Home,
    config: Entries,
    environ: Mapping[str, str],
    *,
    deep: bool = False,
    ask: bool = False,
    now: float | None = None,
) -> Clone:
    """What there is around the issues at this moment. Reads only; the one lock it takes is shared and not waited for.

    `ask` lets programs be asked for their versions; `deep` also reads everything that the references lead to, and asks
    the remotes whether they answer.
    """
    now = time.time() if now is None else now
    layout = home.layout
    common = layout.common_dir
    disk = look_at_disk(layout)
    with standing_by(common) as turn:
        reference = look_at_reference(home)
        reflog, log = look_at_reflog(home, protected=is_protected(config, home.ref))
        locks = look_at_locks(common, home.ref, turn, now)
        local = disk is not None and not disk.network
        temporary = look_at_leftovers(layout, idle=turn.all_dead, local=local, now=now, deep=deep)
        keeps = tuple(os.path.relpath(path, common) for path in dead_keeps(layout))
    tip = look_at_tip(home.backend, reference.tip, shallow_ends(common)) if reference.tip else None
    clone = Clone(
        taken_at=now,
        directory=common,
        ref=_judged(reference, tip),
        tip=tip,
        reflog=replace(reflog, settled=turn.free and not any(lock.path == f"{home.ref}.lock" for lock in locks)),
        anchors=look_at_anchors(home.backend),
        locks=locks,
        temporary=temporary,
        keeps=keeps,
        index=look_at_index(home, reference.tip, deep=False),
        hooks_unreached=unreached_hooks(layout, config, environ),
        durability=config.get("jit.durability", ("full",))[-1],
        disk=disk,
        remotes=with_left_out(
            layout, with_breakers(layout, look_at_remotes(home.backend, config, home.ref, reference.tip, log), now)
        ),
        shape=_shape(layout, home.backend.name),
    )
    if ask or deep:
        from git_jit.store.survey.versions import versions

        clone = replace(clone, versions=versions(layout, environ))
    return _deeper(clone, home, config, environ) if deep else clone


def _judged(reference: Reference, tip: Tip | None) -> Reference:
    """A reference to a commit that is not here, or is none, is worse than one whose files are damaged."""
    if tip is not None and any(damage.oid == tip.oid for damage in tip.damaged):
        return replace(reference, state=RefState.BROKEN, cause="the commit that it names cannot be read")
    return reference


def _deeper(clone: Clone, home: Home, config: Entries, environ: Mapping[str, str]) -> Clone:
    from git_jit.store.survey.history import look_at_history, own_tips
    from git_jit.store.survey.remotes import with_answers

    tips = list(dict.fromkeys(own_tips(home.backend, home.ref)))
    history = look_at_history(home.layout, environ, home.backend, tips)
    # An index that still holds what is damaged in the commits differs from one made anew, and is no worse for it.
    index = clone.index if history else look_at_index(home, clone.ref.tip, deep=True)
    remotes = with_answers(home.layout, environ, config, clone.remotes, home.ref)
    return replace(clone, history=history, index=index, remotes=remotes, deep=True)


def _shape(layout: Layout, backend: str) -> Shape:
    common = layout.common_dir
    return Shape(
        worktrees=len(_names(f"{common}/worktrees")),
        bare=layout.bare,
        shallow=os.path.exists(f"{common}/shallow"),
        partial=layout.partial,
        object_format=layout.object_format,
        ref_format=layout.ref_format,
        backend=backend,
        loose_objects=FANS * len(_names(f"{layout.objects_dir}/17")),
        packs=sum(name.endswith(".pack") for name in _names(f"{layout.objects_dir}/pack")),
    )


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
